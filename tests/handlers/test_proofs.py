"""sessions, users, tenants: how often one may try a password, what a new one must not be, and
what asks for a fresh proof of who one is."""

import http.client
import json
import ssl
import uuid

import pytest

from support.parallel import at_once, outcomes
from support.routes import MISSING, routes
from support.shop import unique
from support.totp import App, wrong_code

WRONG = "not the password"


@pytest.fixture
def person(shop):
    """(user id, e-mail) of somebody new."""
    return shop.user("staff")


@pytest.fixture
def try_in(anonymous, person):
    """A try to log in, as that person where no other address is given."""
    return lambda password=WRONG, email=person[1], **more: anonymous.post(
        "sessions", {"email": email, "password": password, **more})


def tries(db, kind="account"):
    """(key, tries that are counted) of those that changed last."""
    leak = {"account": 3600, "network": 30}[kind]
    return db.all("SELECT key, round(extract(epoch FROM forget_at - now()) / %s)::int FROM"
                  " login_tries WHERE kind = %s ORDER BY updated_at DESC", leak, kind)


def let_pass(db):
    """As if whoever must wait had waited."""
    db.all("UPDATE login_tries SET blocked_until = now()")


# ---- how often one may try

@pytest.mark.parametrize("known", [True, False])
def test_tries_are_slowed_down(try_in, person, db, known):
    """An address that nobody has is told nothing else, so it tells nothing."""
    email = person[1] if known else f"{unique('nobody')}@example.org"
    for _ in range(5):
        assert try_in(email=email).refused(401, "unauthorized")
    for wait in (1, 2, 4, 8):
        refused = try_in(email=email.upper())
        assert refused.refused(429, "rate_limited"), refused
        assert refused.json["details"] == []
        assert 1 <= int(refused.headers["Retry-After"]) <= wait
        assert int(refused.headers["Retry-After"]) >= wait - 3 or wait > 2
        let_pass(db)
        assert try_in(email=email).refused(401, "unauthorized")
    assert tries(db)[0][1] == 9


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(try_in, db):
    waits = []
    for _ in range(18):
        let_pass(db)
        assert try_in().refused(401, "unauthorized")
        waits.append(db.value("SELECT round(extract(epoch FROM blocked_until - updated_at)) FROM"
                              " login_tries ORDER BY updated_at DESC LIMIT 1"))
    assert waits[:4] == [0] * 4
    assert waits[4:] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


def test_a_right_password_does_not_help_while_one_has_to_wait(try_in, shop, db):
    for _ in range(5):
        try_in()
    db.all("UPDATE login_tries SET blocked_until = blocked_until + interval '1 hour' WHERE"
           " blocked_until > now()")
    assert try_in(shop.password).refused(429, "rate_limited")
    let_pass(db)
    assert try_in(shop.password).status == 201


def test_a_refused_try_is_not_counted(try_in, db):
    """Whoever keeps on knocking keeps the owner out no longer for it."""
    for _ in range(5):
        try_in()
    db.all("UPDATE login_tries SET blocked_until = blocked_until + interval '1 hour' WHERE"
           " blocked_until > now()")
    before = tries(db)[0]
    for _ in range(5):
        assert try_in().refused(429, "rate_limited")
    assert dict(tries(db))[before[0]] == before[1] == 5


def test_a_right_password_wipes_the_slate(try_in, shop):
    for _ in range(3):
        for _ in range(4):
            assert try_in().refused(401, "unauthorized")
        assert try_in(shop.password).status == 201


def test_tries_at_once_are_all_counted(try_in, db):
    """None slips by another: as many are judged as are counted, and few are."""
    seen = outcomes(at_once(50, lambda _: try_in()))
    judged = seen[401, "unauthorized"]
    assert judged + seen[429, "rate_limited"] == 50
    assert 5 <= judged < 12
    assert tries(db)[0][1] == judged


def test_logins_at_once_are_all_let_in(try_in, shop):
    assert outcomes(at_once(20, lambda _: try_in(shop.password)))[201, None] == 20


def test_tries_are_kept_without_addresses(try_in, person, db):
    try_in()
    rows = str(db.all("SELECT t::text, encode(key, 'escape') FROM login_tries t"))
    assert person[1] not in rows and person[1].split("@")[0] not in rows
    assert "127.0.0" not in rows


def test_tries_are_forgotten(try_in, person, db):
    """In time; and what has run out is removed by those that come later."""
    for _ in range(5):
        try_in()
    old = tries(db)[0][0]
    db.all("UPDATE login_tries SET forget_at = now() - interval '1 s', blocked_until = now()"
           " WHERE key = %s", old)
    assert try_in().refused(401, "unauthorized")
    assert tries(db)[0] == (old, 1)
    db.all("UPDATE login_tries SET forget_at = now() - interval '1 year' WHERE key = %s", old)
    try_in(email=f"{unique('nobody')}@example.org")
    assert old not in dict(tries(db))


def test_a_password_that_a_tenant_gave_wipes_no_slate(stack, try_in, rival, person, db):
    """Else its people could guess at the person's own for ever."""
    given = "given-by-the-rival-1"
    rival.owner.post("users", {"name": "x", "email": person[1], "role": "staff",
                               "password": given})
    for _ in range(4):
        try_in()
    assert try_in(given, tenant=rival.slug).status == 201
    assert tries(db)[0][1] == 4
    assert try_in().refused(401, "unauthorized")
    assert try_in().refused(429, "rate_limited")


def test_a_rehearsal_counts(try_in, anonymous, person, db):
    for _ in range(5):
        answer = anonymous.post("sessions?dry_run=true", {"email": person[1], "password": WRONG})
        assert answer.refused(401, "unauthorized")
    assert try_in().refused(429, "rate_limited")


def test_a_rehearsal_that_is_right_does_not(anonymous, shop, person):
    body = {"email": person[1], "password": shop.password}
    for _ in range(8):
        assert anonymous.post("sessions?dry_run=true", body).status == 201


def test_codes_count(stack, try_in, shop, person, db):
    app = App(stack.session(shop.id, person[0]), shop.password)
    for n in range(5):
        assert try_in(shop.password, otp=wrong_code(app.secret)).refused(401, "unauthorized")
        # To ask whether a code is needed takes nothing back.
        assert n == 4 or try_in(shop.password).faults == {"otp": "Is required"}
    assert try_in(shop.password, otp=app.code()).refused(429, "rate_limited")
    let_pass(db)
    assert try_in(shop.password, otp=app.code()).status == 201


def test_signing_up_is_no_way_round(anonymous, person, db):
    """A known address has to come with its password, and that is a try as well."""
    body = {"name": "Another", "owner_name": "x", "email": person[1], "password": WRONG}
    for _ in range(5):
        assert anonymous.post("tenants", body).refused(409, "duplicate")
    assert anonymous.post("tenants", body).refused(429, "rate_limited")


def test_neither_is_a_session(stack, shop, person, db):
    client = stack.session(shop.id, person[0])
    for path in ("sessions/current/step-up", "users/me/totp"):
        let_pass(db)
        db.all("DELETE FROM login_tries")
        for _ in range(5):
            assert client.post(path, {"password": WRONG}).refused(400, "validation_failed")
        refused = client.post(path, {"password": shop.password})
        assert refused.refused(429, "rate_limited") and int(refused.headers["Retry-After"]) >= 1


class Knocker:
    """Somebody at an address of their own, whom ./dev counts as any other."""

    def __init__(self, stack, address):
        port = int(stack.url.rpartition(":")[2])
        self.connection = http.client.HTTPSConnection(
            "localhost", port, timeout=60, source_address=(address, 0),
            context=ssl.create_default_context(cafile=stack.anonymous.cacert))

    def knock(self, email, password=WRONG):
        self.connection.request("POST", "/api/v1/sessions",
                                json.dumps({"email": email, "password": password}),
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return answer


def test_networks_are_counted_too(stack, shop, db, anonymous):
    """Many addresses tried from one network: 100 tries, and then each next one waits, whichever
    address it is for, and from whichever neighbour."""
    _, email = shop.user("staff")
    db.all("DELETE FROM login_tries")
    here, neighbour = Knocker(stack, "127.0.77.7"), Knocker(stack, "127.0.77.200")
    assert here.knock(f"{unique('nobody')}@example.org").status == 401
    (network, count), = tries(db, "network")
    assert count == 1
    assert neighbour.knock(f"{unique('nobody')}@example.org").status == 401
    assert tries(db, "network") == [(network, 2)]
    assert neighbour.knock(email, shop.password).status == 201
    assert tries(db, "network") == [(network, 2)]  # a right one doesn't count
    db.all("UPDATE login_tries SET forget_at = now() + 99 * interval '30 s' WHERE key = %s",
           network)
    assert here.knock(f"{unique('nobody')}@example.org").status == 401
    db.all("UPDATE login_tries SET blocked_until = now() + interval '1 hour' WHERE key = %s AND"
           " blocked_until > updated_at", network)
    for knocker in (here, neighbour):
        refused = knocker.knock(email, shop.password)
        assert refused.status == 429 and int(refused.headers["Retry-After"]) > 3000
    assert Knocker(stack, "127.0.78.7").knock(email, shop.password).status == 201
    # ./dev trusts 127.0.0.1, as an operator may trust an office: there accounts alone count.
    assert anonymous.post("sessions", {"email": email, "password": shop.password}).status == 201
    db.all("DELETE FROM login_tries")


# ---- what a password must not be

COMMON = ["password1234", "Password2024!", "passwordpassword", "p4ssw0rd!!!!", "123456789012",
          "aaaaaaaaaaaaaaaa", "abcabcabcabc", "sunshine1234", "iloveyou!!!!!!", "qwertyuiop123",
          "1234chocolate", "Trustno1Trustno1"]


@pytest.mark.parametrize("password", COMMON)
def test_a_password_that_many_have(stack, anonymous, shop, password):
    """Refused wherever one is set."""
    _, client = shop.person("staff")
    email = f"{unique('new')}@example.org"
    for answer in (
            shop.owner.post("users", {"name": "x", "email": email, "role": "viewer",
                                      "password": password}),
            anonymous.post("tenants", {"name": "Their Shop", "owner_name": "x", "email": email,
                                       "password": password}),
            client.post("users/me/password", {"current_password": shop.password,
                                              "password": password})):
        assert answer.refused(400, "validation_failed"), answer
        assert answer.faults["password"].startswith("Is too easy to guess")


def test_a_password_made_of_names(stack, anonymous, shop):
    user, client = shop.person("staff")
    mine = client.get("users/me").data["email"].split("@")[0]
    expected = {"password": "Must not contain your address or the name of the business"}
    for name in (mine, mine.upper(), shop.slug):
        answer = client.post("users/me/password", {"current_password": shop.password,
                                                   "password": f"xK7q{name}Zw93"})
        assert answer.refused(400, "validation_failed") and answer.faults == expected, name
    answer = shop.owner.post("users", {"name": "x", "email": "veronika@example.org",
                                       "role": "viewer", "password": "7zq-Veronika-83"})
    assert answer.faults == expected
    answer = anonymous.post("tenants", {"name": "Blumenhof", "owner_name": "x",
                                        "email": f"{unique('new')}@example.org",
                                        "password": "7zq-blumenhof-83"})
    assert answer.faults == expected


@pytest.mark.parametrize("password", [
    "correct horse battery", "tr0ub4dor&3xyzq", "9f8a7c6e5d4b3a21", "мой-первый-пароль-91",
    "chocolate teapot harbour", "48213-95027-chocolate"])
def test_a_password_of_ones_own(shop, stack, password):
    _, client = shop.person("staff")
    answer = client.post("users/me/password", {"current_password": shop.password,
                                               "password": password})
    assert answer.status == 200, answer
    assert stack.login(answer.data["email"], password).get("products").status == 200


# ---- hashes of old

@pytest.fixture
def old_hash(stack):
    """A hash of the demo owner's password with limits of old: 8 MiB, once."""
    import ctypes
    import ctypes.util
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    password = stack.facts["PURSER_OWNER_PASSWORD"].encode()
    out = ctypes.create_string_buffer(128)
    assert sodium.crypto_pwhash_str(out, password, ctypes.c_ulonglong(len(password)),
                                    ctypes.c_ulonglong(1), ctypes.c_size_t(8 << 20)) == 0
    return out.value.decode()


NEW = "$argon2id$v=19$m=65536,t=2,p=1$"


@pytest.mark.parametrize("table", ["accounts", "users"])
def test_a_hash_of_old_is_made_anew_at_a_login(try_in, shop, db, person, old_hash, table):
    where = ("id = (SELECT account_id FROM users WHERE id = %s)" if table == "accounts"
             else "id = %s")
    other = db.value("SELECT password_hash FROM accounts WHERE id = (SELECT account_id FROM users"
                     " WHERE id = %s)", person[0])
    db.all(f"UPDATE {table} SET password_hash = %s WHERE {where}", old_hash, person[0])
    look = f"SELECT password_hash FROM {table} WHERE {where}"
    assert try_in().refused(401, "unauthorized")
    assert db.value(look, person[0]) == old_hash
    assert try_in(shop.password).status == 201
    made = db.value(look, person[0])
    assert made.startswith(NEW) and not old_hash.startswith(NEW)
    assert try_in(shop.password).status == 201
    assert db.value(look, person[0]) == made  # and not every time
    if table == "users":  # the person's own is not touched by what a tenant gave
        assert db.value("SELECT password_hash FROM accounts WHERE id = (SELECT account_id FROM"
                        " users WHERE id = %s)", person[0]) == other


# ---- what asks for a fresh proof

@pytest.fixture
def stale(stack, shop):
    """(a client who logged in eleven minutes ago, what that makes of a session)"""
    _, email = shop.user("owner")
    client = stack.login(email, shop.password)

    def age():
        shop.db.all("UPDATE sessions SET proved_at = now() - interval '11 min' WHERE id = %s",
                    client.get("sessions").data[0]["id"])
    age()
    return client, age


def test_what_takes_a_fresh_proof():
    assert [str(r) for r in routes(step_up=True)] == ["DELETE /api-keys/{ref}",
                                                      "DELETE /users/{ref}"]


@pytest.mark.routes(lambda r: r.step_up)
def test_deleting_takes_a_fresh_proof(shop, things, stale, route):
    client, age = stale
    refs = things.refs(route)
    before = shop.footprint()
    for path in (route.at(refs), route.at(MISSING)):
        answer = client.delete(path)
        assert answer.refused(403, "step_up_required"), answer
        assert "step-up" in answer.json["message"]
    assert client.delete(route.at(refs) + "?dry_run=true").refused(403, "step_up_required")
    assert shop.footprint() == before
    proved = client.post("sessions/current/step-up", {"password": shop.password})
    assert proved.status == 200 and proved.headers["Cache-Control"] == "no-store"
    assert client.delete(route.at(refs)).status == 200
    age()
    assert client.delete(route.at(MISSING)).refused(403, "step_up_required")


@pytest.mark.routes(lambda r: r.step_up)
def test_a_login_is_a_fresh_proof(shop, stack, things, route):
    _, email = shop.user("admin")
    assert stack.login(email, shop.password).delete(route.at(things.refs(route))).status == 200


@pytest.mark.routes(lambda r: r.step_up)
def test_a_role_goes_before_a_proof(shop, stale, route):
    client, _ = stale
    shop.db.all("UPDATE users SET role = 'staff' WHERE tenant_id = %s AND id = %s", shop.id,
                client.get("users/me").data["id"])
    assert client.delete(route.at(MISSING)).refused(403, "forbidden")


def test_step_up(shop, stale):
    client, _ = stale
    before, last = client.get("sessions").data[0], shop.last_event()
    wrong = client.post("sessions/current/step-up", {"password": WRONG})
    assert wrong.refused(400, "validation_failed")
    assert wrong.faults == {"password": "Is not the one you have"}
    assert client.get("sessions").data[0]["proved_at"] == before["proved_at"]
    answer = client.post("sessions/current/step-up", {"password": shop.password})
    assert answer.data["id"] == before["id"]
    assert answer.data["proved_at"] > before["proved_at"]
    assert "token" not in answer.data
    (_, kind, thing, _, fields, _), = shop.events(after=last)
    assert (kind, thing, fields) == ("session.proved", before["id"], ["password"])


def test_a_proof_is_of_one_session(stack, shop, stale):
    client, _ = stale
    other = stack.login(client.get("users/me").data["email"], shop.password)
    assert other.post("sessions/current/step-up", {"password": shop.password}).status == 200
    assert client.delete(f"users/{MISSING}").refused(403, "step_up_required")


def test_a_step_up_takes_the_second_factor_too(shop, stale):
    client, age = stale
    app = App(client, shop.password)
    for body, said in (({}, "Is required"), ({"otp": wrong_code(app.secret)},
                                             "Is wrong, or was used before")):
        answer = client.post("sessions/current/step-up", {"password": shop.password, **body})
        assert answer.refused(400, "validation_failed") and answer.faults == {"otp": said}
    assert client.delete(f"users/{MISSING}").refused(403, "step_up_required")
    body = {"password": shop.password, "otp": app.code()}
    assert client.post("sessions/current/step-up", body).status == 200
    assert client.delete(f"users/{MISSING}").refused(404, "not_found")
    age()
    assert client.post("sessions/current/step-up", body).refused(400, "validation_failed")


def test_a_member_of_two_tenants_proves_it_in_one(stack, shop, rival, stale):
    client, _ = stale
    rival.join(str(uuid.uuid4()), client.get("users/me").data["email"], "owner")
    there = stack.login(client.get("users/me").data["email"], shop.password, tenant=rival.slug)
    assert there.delete(f"users/{MISSING}").refused(404, "not_found")
    assert client.delete(f"users/{MISSING}").refused(403, "step_up_required")
