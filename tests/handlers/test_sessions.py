"""sessions: logging in and out."""

import datetime
import uuid

import pytest

from support.database import Database
from support.shop import unique
from support.stack import wait_until


@pytest.fixture
def person(shop):
    """(user id, e-mail) of somebody new."""
    return shop.user("staff")


@pytest.fixture
def client(stack, shop, person):
    return stack.login(person[1], shop.password)


def log_in(anonymous, shop, email, **more):
    return anonymous.post("sessions", {"email": email, "password": shop.password, **more})


# ---- logging in

def test_login(anonymous, shop, person):
    answer = log_in(anonymous, shop, person[1])
    assert answer.status == 201
    data = answer.data
    assert data["user"] == {"id": person[0], "name": "Staff", "email": person[1], "role": "staff"}
    assert data["tenant"] == {"id": shop.id, "slug": shop.slug, "name": shop.slug,
                              "currency": "EUR"}
    assert data["token"].startswith("ps_") and len(data["token"]) == 67
    expires = datetime.datetime.fromisoformat(data["expires_at"].replace("Z", "+00:00"))
    assert expires > datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    assert set(data) == {"token", "id", "expires_at", "user", "tenant"}
    assert answer.headers["Location"] == f"/api/v1/sessions/{data['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert anonymous.bearing(data["token"]).get("products").status == 200


def test_every_login_has_a_token_of_its_own(anonymous, shop, person):
    tokens = {log_in(anonymous, shop, person[1]).data["token"] for _ in range(3)}
    assert len(tokens) == 3


def test_only_a_hash_of_the_token_is_kept(anonymous, shop, db, person):
    data = log_in(anonymous, shop, person[1]).data
    row = db.value("SELECT s::text || encode(token_hash, 'escape') FROM sessions s"
                   " WHERE tenant_id = %s AND id = %s", shop.id, data["id"])
    assert data["token"] not in row and data["token"][25:] not in row


def test_an_address_is_the_same_in_any_case(anonymous, shop, person):
    assert log_in(anonymous, shop, person[1].upper()).status == 201


def test_a_login_in_one_tenant_by_name(anonymous, shop, rival, person):
    assert log_in(anonymous, shop, person[1], tenant=shop.slug).status == 201
    for elsewhere in (rival.slug, "no-such-tenant"):
        assert log_in(anonymous, shop, person[1], tenant=elsewhere).refused(401, "unauthorized")


def test_whoever_belongs_to_several_has_to_say_which(anonymous, shop, rival):
    email = f"{unique('both')}@example.org"
    shop.join(str(uuid.uuid4()), email, "viewer")
    rival.join(str(uuid.uuid4()), email, "admin")
    assert log_in(anonymous, shop, email).refused(409, "tenant_required")
    nobody = anonymous.post("sessions", {"email": f"{unique('nobody')}@example.org",
                                         "password": "wrong-password-1"})
    wrong = anonymous.post("sessions", {"email": email, "password": "wrong-password-1"})
    assert wrong.refused(401, "unauthorized"), "that there are several is for who knows the password"
    assert wrong.bytes_but_ids() == nobody.bytes_but_ids()
    for there, role in ((shop, "viewer"), (rival, "admin")):
        data = log_in(anonymous, shop, email, tenant=there.slug).data
        assert (data["tenant"]["id"], data["user"]["role"]) == (there.id, role)


def test_who_it_is_not_stays_untold(anonymous, shop, rival, person):
    """A wrong password, an unknown address and a wrong tenant are answered in the same bytes."""
    tries = [{"email": person[1], "password": "wrong-password-1"},
             {"email": f"{unique('nobody')}@example.org", "password": shop.password},
             {"email": person[1], "password": shop.password, "tenant": rival.slug},
             {"email": person[1], "password": "x"}]
    answers = [anonymous.post("sessions", t) for t in tries]
    assert answers[0].refused(401, "unauthorized")
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    assert len({str(a.bytes_but_ids()) for a in answers}) == 1


def test_whoever_left_cannot_log_in(anonymous, shop, db, client, person):
    assert client.get("sessions").status == 200
    db.all("UPDATE users SET active = false, deleted_at = now() WHERE tenant_id = %s AND id = %s",
           shop.id, person[0])
    assert client.get("sessions").refused(401, "unauthorized")
    assert log_in(anonymous, shop, person[1]).refused(401, "unauthorized")


def test_all_faults_at_once(anonymous):
    answer = anonymous.post("sessions",
                            {"email": "no address", "password": "x" * 129, "tenant": "A B",
                                         "cookie": "yes", "otp_": 1})
    assert answer.refused(400, "validation_failed")
    assert answer.json["message"] == "Session could not be created"
    assert answer.faults == {
        "email": "Must be an e-mail address",
        "password": "Must have at most 128 characters",
        "tenant": "Must be a-z, 0-9 and '-', and not look like an id",
        "cookie": "Must be true or false", "otp_": "Unknown field"}


def test_a_secret_answer_takes_no_idempotency_key(anonymous, shop, person):
    before = shop.last_event()
    answer = anonymous.post("sessions", {"email": person[1], "password": shop.password},
                            headers={"Idempotency-Key": "login-1"})
    assert answer.refused(400, "invalid_input") and "Idempotency-Key" in answer.faults
    assert shop.last_event() == before


def test_a_rehearsed_login_logs_nobody_in(anonymous, shop, person):
    before = shop.footprint()
    answer = anonymous.post("sessions?dry_run=true",
                            {"email": person[1], "password": shop.password})
    assert answer.status == 201
    assert shop.footprint() == before
    assert anonymous.bearing(answer.data["token"]).get("sessions").refused(401, "unauthorized")


def test_a_login_is_an_event_without_values(anonymous, shop, person):
    before = shop.last_event()
    session = log_in(anonymous, shop, person[1]).data["id"]
    (_, kind, thing, actor, fields, _), = shop.events(after=before)
    assert (kind, thing, actor) == ("session.created", session, person[0])
    assert sorted(fields) == ["email", "password"]


def test_a_refused_login_leaves_nothing(anonymous, shop, person):
    before = shop.footprint()
    anonymous.post("sessions", {"email": person[1], "password": "wrong-password-1"})
    assert shop.footprint() == before


# ---- cookies

@pytest.fixture
def browser(anonymous, shop, person):
    """Somebody who logged in with a cookie, and bears nothing else."""
    answer = log_in(anonymous, shop, person[1], cookie=True)
    cookie = answer.headers["Set-Cookie"]
    return anonymous.with_headers(Cookie=f"other=1; {cookie.split(';')[0]}; more=2"), cookie


def test_the_cookie(stack, browser):
    name = next(line.split("=")[1].strip() for line in stack.conf.read_text().splitlines()
                if line.startswith("cookie_name"))
    value, *rules = browser[1].split("; ")
    assert value.startswith(f"{name}=ps_") and name.startswith("__Host-")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(rules)
    assert any(r.startswith("Max-Age=") and int(r[8:]) > 3600 for r in rules)
    assert not any(r.startswith("Domain") for r in rules)


def test_a_cookie_reads(browser):
    assert browser[0].get("products").status == 200


@pytest.mark.parametrize("headers,allowed", [
    ({}, False),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "none"}, False),
    ({"Origin": "SELF"}, True),
    ({"Origin": "null"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "SELF.evil.example"}, False),
    ({"Origin": "https://localhost"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "SELF"}, False),
    ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, True),
])
def test_a_write_by_cookie_comes_from_our_own_pages(stack, shop, browser, headers, allowed):
    headers = {k: v.replace("SELF", stack.url) for k, v in headers.items()}
    product = shop.product()
    answer = browser[0].post(f"inventory/{product['id']}/adjust", {"delta": 1, "reason": "x"},
                             headers=headers)
    assert answer.status == 200 if allowed else answer.refused(403, "forbidden")
    assert shop.stock(product) == (1 if allowed else 0, 0)


def test_a_token_goes_before_a_cookie(browser, rival):
    both = browser[0].bearing(rival.owner.token)
    assert both.get("users/me").data["id"] == rival.users["owner"]
    assert both.bearing("garbage").get("sessions").refused(401, "unauthorized")


def test_logging_out_makes_a_browser_forget(browser):
    answer = browser[0].delete("sessions/current", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 200
    assert "Max-Age=0" in answer.headers["Set-Cookie"].split("; ")
    assert browser[0].get("products").refused(401, "unauthorized")


# ---- one's own sessions

def test_list(stack, shop, person, client):
    second = stack.login(person[1], shop.password)
    third = stack.anonymous.with_headers(User_Agent="A Phone/1.0 " + "x" * 300).post(
        "sessions", {"email": person[1], "password": shop.password}).data["id"]
    answer = client.get("sessions")
    assert (answer.status, answer.json["total"], answer.json["page"]) == (200, 3, 1)
    assert sorted(s["current"] for s in answer.data) == [False, False, True]
    assert answer.data[0]["id"] == third  # newest first
    assert answer.data[0]["user_agent"] == ("A Phone/1.0 " + "x" * 300)[:200]
    assert answer.data[0]["address"] in ("127.0.0.1", "::1")
    assert set(answer.data[0]) == {"id", "address", "user_agent", "current", "created_at",
                                   "last_seen_at", "proved_at", "expires_at"}
    mine = next(s["id"] for s in second.get("sessions").data if s["current"])
    assert mine == next(s["id"] for s in answer.data if s["id"] not in
                        (third, next(s["id"] for s in answer.data if s["current"])))


def test_nobody_sees_anothers_sessions(shop, client):
    assert client.get("sessions").json["total"] == 1  # whoever else is logged in to this shop
    theirs = shop.owner.get("sessions").data[0]["id"]
    assert client.delete(f"sessions/{theirs}").refused(404, "not_found")
    assert shop.owner.get("sessions").status == 200


def test_logout(client):
    answer = client.delete("sessions/current")
    assert answer.status == 200 and "id" in answer.data
    assert client.get("sessions").refused(401, "unauthorized")
    assert client.delete("sessions/current").refused(401, "unauthorized")


def test_end_one(stack, shop, person, client):
    other = stack.login(person[1], shop.password)
    other_id = next(s["id"] for s in other.get("sessions").data if s["current"])
    answer = client.delete(f"sessions/{other_id}")
    assert (answer.status, answer.data["id"]) == (200, other_id)
    assert other.get("sessions").refused(401, "unauthorized")
    assert client.get("sessions").json["total"] == 1
    assert client.delete(f"sessions/{other_id}").refused(404, "not_found")


def test_end_all(stack, shop, person, client):
    other = stack.login(person[1], shop.password)
    assert client.delete("sessions").status == 200
    for ended in (client, other):
        assert ended.get("sessions").refused(401, "unauthorized")
    assert shop.owner.get("sessions").status == 200


@pytest.mark.parametrize("change", [
    "expires_at = now() - interval '1 s'",
    "last_seen_at = now() - idle_seconds * interval '1 s' - interval '1 s'"])
def test_a_session_ends_by_itself(shop, db, client, change):
    session = client.get("sessions").data[0]["id"]
    db.all(f"UPDATE sessions SET {change} WHERE tenant_id = %s AND id = %s", shop.id, session)
    assert client.get("sessions").refused(401, "unauthorized")


def test_use_keeps_a_session(shop, db, client):
    session = client.get("sessions").data[0]["id"]
    db.all("UPDATE sessions SET last_seen_at = now() - interval '10 min' WHERE tenant_id = %s AND"
           " id = %s", shop.id, session)
    client.get("products")
    # It is written down after the answer is out.
    wait_until(lambda: db.value("SELECT last_seen_at > now() - interval '1 min' FROM sessions"
                                " WHERE tenant_id = %s AND id = %s", shop.id, session),
               "the session was seen of late")


@pytest.mark.parametrize("change", [
    "expires_at = now() - interval '1 s'",
    "last_seen_at = now() - idle_seconds * interval '1 s' - interval '1 s'"])
def test_what_has_ended_is_not_listed(stack, shop, db, person, client, change):
    stack.session(shop.id, person[0])
    here = next(s["id"] for s in client.get("sessions").data if s["current"])
    assert client.get("sessions").json["total"] == 2
    db.all(f"UPDATE sessions SET {change} WHERE tenant_id = %s AND user_id = %s AND id <> %s",
           shop.id, person[0], here)
    assert [s["id"] for s in client.get("sessions").data] == [here]
    assert client.get("sessions").json["total"] == 1


SEEN = "SELECT last_seen_at FROM sessions WHERE tenant_id = %s AND id = %s"


def test_use_is_noted_once_a_minute(shop, db, client):
    """Whatever is asked within a minute of it leaves the row as it is."""
    session = client.get("sessions").data[0]["id"]
    db.all("UPDATE sessions SET last_seen_at = now() - interval '50 s' WHERE tenant_id = %s AND"
           " id = %s", shop.id, session)
    before = db.value(SEEN, shop.id, session)
    for _ in range(3):  # categories is one process: what it does after an answer, it has done
        assert client.get("categories").status == 200  # when it gives the next
    assert db.value(SEEN, shop.id, session) == before


def test_use_is_noted_after_the_answer(shop, db, client):
    """Who has the row locked keeps no answer waiting."""
    session = client.get("sessions").data[0]["id"]
    db.all("UPDATE sessions SET last_seen_at = now() - interval '10 min' WHERE tenant_id = %s AND"
           " id = %s", shop.id, session)
    before, locker = db.value(SEEN, shop.id, session), Database(db.conninfo)
    locker.all("BEGIN")
    locker.all("SELECT FROM sessions WHERE tenant_id = %s AND id = %s FOR UPDATE", shop.id, session)
    assert client.get("categories").status == 200
    xid = locker.value("SELECT pg_current_xact_id()::text")
    wait_until(lambda: db.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND"
                                " transactionid::text = %s", xid) == 1,
               "the program waits to note it")
    assert db.value(SEEN, shop.id, session) == before
    locker.all("COMMIT")
    locker.close()
    wait_until(lambda: client.get("categories").status == 200 and
               db.value(SEEN, shop.id, session) > before, "it is noted", patience=10)


def test_a_role_that_changes_counts_at_once(shop, db, client, person):
    assert client.post("categories", {"name": "x"}).refused(403, "forbidden")
    db.all("UPDATE users SET role = 'manager' WHERE tenant_id = %s AND id = %s", shop.id, person[0])
    assert client.post("categories", {"name": "x"}).status == 201


def test_a_closed_tenant_is_closed(stack, fresh, db):
    client = fresh.owner
    db.all("UPDATE tenants SET active = false, deleted_at = now() WHERE id = %s", fresh.id)
    assert client.get("sessions").refused(401, "unauthorized")
