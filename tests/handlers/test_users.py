"""users: who works in a tenant, in which role, and that the last owner stays."""

import uuid

import pytest

from support.parallel import at_once
from support.routes import MISSING
from support.shop import ROLES, Shop, unique

SECRET, OTHER_SECRET = "first-password-1", "second-password-2"
OWNERS_ONLY = "Only an owner makes, changes or deletes an owner"


def email_of(word="new"):
    return f"{unique(word)}@example.org"


def log_in(stack, email, password, **more):
    return stack.anonymous.post("sessions", {"email": email, "password": password, **more})


def changed(before, after):
    return {k: after[k] for k in before if before[k] != after[k] and k != "updated_at"}


# ---- one user

def test_create(stack, shop):
    before, email = shop.last_event(), f"Ada.{unique('x')}@Example.org"
    answer = shop.owner.post("users", {"name": "Ada", "email": email, "role": "staff",
                                       "password": SECRET})
    assert answer.status == 201 and answer.etag == '"1"'
    made = answer.data
    assert made == {"id": made["id"], "name": "Ada", "email": email, "role": "staff",
                    "accepted": False, "active": True, "created_at": made["created_at"],
                    "updated_at": made["updated_at"], "deleted_at": None}
    assert answer.headers["Location"] == f"/api/v1/users/{made['id']}"
    assert shop.owner.get(f"users/{made['id']}").data == made
    (_, kind, thing, _, fields, _), = shop.events(after=before)
    assert (kind, thing, sorted(fields)) == ("user.created", made["id"],
                                             ["email", "name", "password", "role"])
    login = log_in(stack, email.lower(), SECRET)
    assert login.status == 201 and login.data["user"]["id"] == made["id"]
    assert login.data["user"]["role"] == "staff"


def test_without_a_password_nobody_can_log_in_yet(stack, shop):
    made = shop.member()
    for password in (SECRET, "", " "):
        assert log_in(stack, made["email"], password).status in (400, 401)
    assert shop.db.value("SELECT password_hash FROM accounts WHERE email_key = %s",
                         made["email"].lower()) is None


def test_passwords_are_kept_as_argon2id_and_never_told(shop):
    email = email_of()
    made = shop.owner.post("users", {"name": "x", "email": email, "role": "viewer",
                                     "password": SECRET}, headers={"Idempotency-Key": unique("k")})
    assert made.status == 201 and SECRET.encode() not in made.body
    assert b"password" not in shop.owner.get(f"users/{made.data['id']}").body
    assert shop.db.value("SELECT password_hash FROM users WHERE tenant_id = %s AND id = %s",
                         shop.id, made.data["id"]).startswith("$argon2id$")
    everything = repr(shop.footprint().rows)
    assert SECRET not in everything


@pytest.mark.parametrize("change,faults", [
    ({"name": None, "email": None, "role": None},
     dict.fromkeys(["name", "email", "role"], "Must not be null")),
    ({"name": "x" * 201}, {"name": "Must have at most 200 characters"}),
    ({"email": "nobody"}, {"email": "Must be an e-mail address"}),
    ({"role": "god"}, {"role": "Must be one of owner, admin, manager, staff, accountant, viewer"}),
    ({"role": ["owner"]}, {"role": "Must be a string"}),
    ({"password": "x" * 11}, {"password": "Must have at least 12 characters"}),
    ({"password": "x" * 129}, {"password": "Must have at most 128 characters"}),
    ({"id": MISSING, "active": True, "account_id": MISSING},
     {"id": "Read-only", "active": "Read-only", "account_id": "Unknown field"})])
def test_faults(shop, change, faults):
    before = shop.footprint()
    answer = shop.owner.post("users", {"name": "x", "email": email_of(), "role": "staff", **change})
    assert answer.refused(400, "validation_failed")
    assert answer.json["message"] == "User could not be created"
    assert answer.faults == faults
    assert shop.footprint() == before


def test_an_address_is_one_user_of_a_tenant(shop):
    made = shop.member()
    for email in (made["email"], made["email"].upper()):
        before = shop.footprint()
        again = shop.owner.post("users", {"name": "x", "email": email, "role": "staff"})
        assert again.refused(409, "duplicate")
        assert again.faults == {"email": "Is a user already"}
        assert shop.footprint() == before


def test_what_is_fixed(shop):
    """An address and a first password are taken when a user is made and never after."""
    made = shop.member()
    path = f"users/{made['id']}"
    for field in ("email", "password"):
        answer = shop.owner.patch(path, {field: email_of()})
        assert answer.refused(400, "validation_failed") and answer.faults == {field: "Read-only"}
    put = shop.owner.put(path, {**made, "email": email_of(), "password": SECRET, "name": "New"})
    assert put.status == 200 and changed(made, put.data) == {"name": "New"}
    assert shop.db.value("SELECT password_hash FROM accounts WHERE email_key = %s",
                         made["email"].lower()) is None


def test_put_and_patch(shop):
    made = shop.member("viewer")
    path = f"users/{made['id']}"
    patched = shop.owner.patch(path, {"role": "manager"})
    assert patched.status == 200 and changed(made, patched.data) == {"role": "manager"}
    assert shop.owner.patch(path, {"name": None}).faults == {"name": "Must not be null"}
    assert shop.owner.put(path, {"name": "x"}).faults == {"role": "Is required"}
    got = shop.owner.get(path)
    again = shop.owner.put(path, got.data, headers={"If-Match": got.etag})
    assert again.status == 200 and changed(got.data, again.data) == {}
    stale = shop.owner.patch(path, {"name": "y"}, headers={"If-Match": got.etag})
    assert stale.refused(412, "precondition_failed")
    assert shop.owner.delete(path, headers={"If-Match": got.etag}).status == 412


def test_a_name_is_no_reference(shop):
    made = shop.member()
    for ref in (made["email"], made["name"], "owner", "Me", "me%20"):
        assert shop.owner.get(f"users/{ref}").refused(404, "not_found"), ref


# ---- an address that is known already

def test_a_password_opens_the_tenant_that_gave_it(stack, shop, rival):
    """And no other: whoever adds somebody first could else get into where they work next."""
    email = email_of("both")
    there = rival.owner.post("users", {"name": "Bo", "email": email, "role": "admin",
                                       "password": SECRET})
    here = shop.owner.post("users", {"name": "Bob", "email": email, "role": "viewer",
                                     "password": OTHER_SECRET})
    assert (there.status, here.status) == (201, 201)
    for secret, wrong, slug, name, role in (
            (SECRET, OTHER_SECRET, rival.slug, "Bo", "admin"),
            (OTHER_SECRET, SECRET, shop.slug, "Bob", "viewer")):
        assert log_in(stack, email, wrong, tenant=slug).refused(401, "unauthorized")
        user = log_in(stack, email, secret).data["user"]
        assert (user["name"], user["role"]) == (name, role)
    # What is changed of one membership is no business of the other's.
    shop.owner.patch(f"users/{here.data['id']}", {"name": "Rob", "role": "staff"})
    assert rival.owner.get(f"users/{there.data['id']}").data["name"] == "Bo"
    shop.owner.delete(f"users/{here.data['id']}")
    assert log_in(stack, email, SECRET).data["tenant"]["slug"] == rival.slug


def test_a_known_and_a_new_address_are_answered_alike(shop, rival):
    """Whether somebody works elsewhere can't be learned here."""
    known = rival.member()["email"]
    answers = [shop.owner.post("users", {"name": "x", "email": email, "role": "viewer",
                                         "password": SECRET}) for email in (known, email_of())]
    assert [a.status for a in answers] == [201, 201]
    one, two = (a.data for a in answers)
    same = ("name", "role", "active", "deleted_at")
    assert [one[k] for k in same] == [two[k] for k in same] and set(one) == set(two)


# ---- who may

@pytest.mark.parametrize("role", [r for r in ROLES if r != "owner"])
def test_only_owners_make_change_or_delete_owners(shop, role):
    client = shop.client(role)
    owner, _ = shop.person("owner")
    staff = shop.member("staff")["id"]
    deleted, _ = shop.person("owner")
    assert shop.owner.delete(f"users/{deleted}").status == 200
    before = shop.footprint()
    body = {"name": "x", "email": email_of(), "role": "owner"}
    tries = [client.post("users", body), client.patch(f"users/{owner}", {"name": "Taken over"}),
             client.patch(f"users/{owner}", {"role": "viewer"}), client.delete(f"users/{owner}"),
             client.put(f"users/{owner}", {"name": "x", "role": "viewer"}),
             client.patch(f"users/{staff}", {"role": "owner"}),
             client.put(f"users/{staff}", {"name": "x", "role": "owner"}),
             client.post(f"users/{deleted}/restore")]
    for n, answer in enumerate(tries):
        assert answer.refused(403, "forbidden"), (n, answer)
        if role == "admin":
            assert answer.json["message"] == OWNERS_ONLY, n
    assert shop.footprint() == before


def test_an_admin_rules_over_all_others(shop):
    admin = shop.client("admin")
    for role in ROLES[1:]:
        made = admin.post("users", {"name": "x", "email": email_of(), "role": role})
        assert made.status == 201
        path = f"users/{made.data['id']}"
        assert admin.patch(path, {"role": "viewer"}).data["role"] == "viewer"
        assert admin.put(path, {"name": "y", "role": role}).data["role"] == role
        assert admin.delete(path).status == 200
        assert admin.post(f"{path}/restore").status == 200


def test_an_admin_can_step_down_but_not_up(shop):
    user, admin = shop.person("admin")
    assert admin.patch(f"users/{user}", {"role": "owner"}).refused(403, "forbidden")
    assert admin.patch(f"users/{user}", {"role": "staff"}).status == 200
    staff = shop.stack.session(shop.id, user)
    assert staff.patch(f"users/{user}", {"role": "admin"}).refused(403, "forbidden")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_new_role_ends_the_sessions_of_the_old(stack, shop, rival, method):
    """All of that person's here, and of nobody else; what leaves the role as it is ends none."""
    user, email = shop.user("viewer")
    elsewhere = str(uuid.uuid4())
    rival.join(elsewhere, email, "viewer")
    clients = [stack.session(shop.id, user) for _ in range(2)]
    other = stack.session(rival.id, elsewhere)
    path = f"users/{user}"

    def change(role, client=shop.owner, query="", **kw):
        return client.request(method, path + query, json={"name": unique("x"), "role": role}, **kw)

    assert change("viewer").status == 200
    assert change("manager", headers={"If-Match": '"77"'}).refused(412, "precondition_failed")
    assert change("manager", query="?dry_run=true").status == 200
    assert change("owner", shop.client("admin")).refused(403, "forbidden")
    assert all(c.get("users/me").status == 200 for c in clients)
    assert change("manager").status == 200
    for client in clients:
        assert client.get("users/me").refused(401, "unauthorized")
    assert other.get("users/me").status == 200 and shop.owner.get("users/me").status == 200
    assert stack.session(shop.id, user).post("categories", {"name": "x"}).status == 201


# ---- the last owner

def test_the_last_owner_stays(fresh):
    path = f"users/{fresh.users['owner']}"
    before = fresh.footprint()
    for answer in (fresh.owner.delete(path), fresh.owner.patch(path, {"role": "admin"}),
                   fresh.owner.put(path, {"name": "x", "role": "viewer"}),
                   fresh.owner.delete(f"{path}?dry_run=true")):
        assert answer.refused(422, "last_owner"), answer
    assert fresh.footprint() == before
    assert fresh.owner.patch(path, {"name": "Still here", "role": "owner"}).status == 200


def test_an_owner_who_is_deleted_is_none(fresh):
    """Nor does the deleted one's row count when the next one goes."""
    other, client = fresh.person("owner")
    assert client.delete(f"users/{fresh.users['owner']}").status == 200
    assert client.delete(f"users/{other}").refused(422, "last_owner")
    assert client.post(f"users/{fresh.users['owner']}/restore").status == 200
    assert client.delete(f"users/{other}").status == 200


@pytest.mark.parametrize("how", ["each other", "themselves", "by turns"])
def test_owners_who_remove_owners_at_once_leave_one(stack, how):
    """Whatever is refused, the tenant never is without an owner."""
    shop = Shop(stack)
    people = [shop.person("owner") for _ in range(4)]
    shop.db.all("UPDATE users SET active = false, deleted_at = now() WHERE tenant_id = %s AND"
                " id = %s", shop.id, shop.users["owner"])
    ids, clients = [p[0] for p in people], [p[1] for p in people]

    def remove(i):
        target = ids[i] if how == "themselves" else ids[(i + 1) % len(ids)]
        if how == "by turns" and i % 2:
            return clients[i].patch(f"users/{target}", {"role": "viewer"})
        return clients[i].delete(f"users/{target}")

    answers = at_once(len(ids), remove)
    left = shop.db.value("SELECT count(*) FROM users WHERE tenant_id = %s AND active AND"
                         " role = 'owner'", shop.id)
    done = [a for a in answers if a.status == 200]
    assert left == len(ids) - len(done) >= 1
    for answer in answers:
        # 401 and 403: who was removed or changed before can't remove any more.
        assert answer.status == 200 or answer.refused(422, "last_owner") or \
            answer.refused(401, "unauthorized") or answer.refused(403, "forbidden"), answer
    if how == "themselves":
        assert sorted(a.status for a in answers) == [200] * (len(ids) - 1) + [422]
    shop.check_books()


def test_two_owners_remove_each_other_at_once(stack):
    for _ in range(5):
        shop = Shop(stack)
        other, client = shop.person("owner")
        one, two = at_once(2, lambda i: (shop.owner, client)[i].delete(
            f"users/{(other, shop.users['owner'])[i]}"))
        assert sorted([one.status, two.status])[0] == 200
        assert max(one.status, two.status) in (401, 422)
        assert shop.db.value("SELECT count(*) FROM users WHERE tenant_id = %s AND active",
                             shop.id) == 1


# ---- deleted, and back

def test_whoever_is_deleted_is_out_at_once(stack, shop):
    email = email_of()
    made = shop.owner.post("users", {"name": "x", "email": email, "role": "admin",
                                     "password": SECRET}).data
    client = stack.login(email, SECRET)
    assert client.get("users/me").data["id"] == made["id"]
    gone = shop.owner.delete(f"users/{made['id']}")
    assert gone.status == 200 and gone.data["active"] is False
    for answer in (client.get("users/me"), client.get("products"),
                   client.post("categories", {"name": "x"}), client.delete("sessions/current")):
        assert answer.refused(401, "unauthorized")
    assert log_in(stack, email, SECRET).refused(401, "unauthorized")
    assert shop.owner.get(f"users/{made['id']}").refused(404, "not_found")
    assert shop.owner.patch(f"users/{made['id']}", {"name": "x"}).refused(404, "not_found")
    back = shop.owner.post(f"users/{made['id']}/restore")
    assert back.status == 200 and back.data["role"] == "admin"
    assert client.get("users/me").refused(401, "unauthorized"), "an old session is back"
    assert log_in(stack, email, SECRET).status == 201


def test_restore_where_the_address_is_a_user_again(shop):
    first = shop.member()
    assert shop.owner.delete(f"users/{first['id']}").status == 200
    second = shop.member(email=first["email"])
    answer = shop.owner.post(f"users/{first['id']}/restore")
    assert answer.refused(409, "duplicate") and answer.faults == {"email": "Is a user already"}
    shop.owner.delete(f"users/{second['id']}")
    assert shop.owner.post(f"users/{first['id']}/restore").status == 200
    assert shop.owner.post(f"users/{second['id']}/restore").refused(409, "duplicate")


# ---- oneself

@pytest.mark.parametrize("role", ROLES)
def test_me(shop, role):
    client = shop.client(role)
    answer = client.get("users/me")
    assert answer.status == 200
    assert (answer.data["id"], answer.data["role"]) == (shop.users[role], role)
    assert answer.data == shop.owner.get(f"users/{shop.users[role]}").data


def test_to_change_ones_name(shop):
    user, client = shop.person("viewer")
    before, etag = shop.last_event(), client.get("users/me").etag
    answer = client.patch("users/me", {"name": "New name"}, headers={"If-Match": etag})
    assert answer.status == 200 and answer.data["name"] == "New name"
    assert client.get("users/me").data == answer.data
    (_, kind, thing, actor, fields, _), = shop.events(after=before)
    assert (kind, thing, actor, fields) == ("user.updated", user, user, ["name"])
    stale = client.patch("users/me", {"name": "x"}, headers={"If-Match": etag})
    assert stale.refused(412, "precondition_failed")
    for body, faults in (({"role": "owner"}, {"role": "Unknown field"}),
                         ({"email": "a@b.example"}, {"email": "Unknown field"}),
                         ({"name": None}, {"name": "Must not be null"}),
                         ({"name": ""}, {"name": "Must not be empty"})):
        refused = client.patch("users/me", body)
        assert refused.refused(400, "validation_failed") and refused.faults == faults
    assert client.patch("users/me", {}).data["name"] == "New name"


def test_a_password_of_two_tenants_needs_a_tenant(stack, shop, rival):
    email = email_of("both")
    for business in (shop, rival):
        assert business.owner.post("users", {"name": "Bo", "email": email, "role": "viewer",
                                             "password": SECRET}).status == 201
    assert log_in(stack, email, SECRET).refused(409, "tenant_required")
    assert log_in(stack, email, SECRET, tenant=rival.slug).status == 201


def test_to_change_ones_password(stack, shop, rival):
    """It ends all other sessions of the person, in every tenant, and none of anybody else's."""
    email = email_of()
    for business in (shop, rival):
        business.join(str(uuid.uuid4()), email, "viewer")
    this = stack.login(email, shop.password, tenant=shop.slug)
    assert this.post("users/me/password", {"current_password": shop.password,
                                           "password": SECRET}).status == 200
    assert this.get("users/me").refused(401, "unauthorized"), "its token was replaced"
    this, other = (stack.login(email, SECRET, tenant=shop.slug) for _ in range(2))
    elsewhere = stack.login(email, SECRET, tenant=rival.slug)
    before = shop.last_event()
    answer = this.post("users/me/password", {"current_password": SECRET, "password": OTHER_SECRET})
    assert answer.status == 200 and answer.data["email"] == email
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers
    assert SECRET.encode() not in answer.body and OTHER_SECRET.encode() not in answer.body
    renewed = stack.anonymous.bearing(answer.data["token"])
    assert renewed.get("users/me").status == 200
    assert [s["current"] for s in renewed.get("sessions").data] == [True]
    for client in (this, other, elsewhere):
        assert client.get("users/me").refused(401, "unauthorized")
    assert shop.owner.get("users/me").status == 200
    assert log_in(stack, email, SECRET, tenant=shop.slug).refused(401, "unauthorized")
    assert log_in(stack, email, OTHER_SECRET, tenant=rival.slug).status == 201
    (_, kind, _, _, fields, _), = shop.events(after=before)[:1]
    assert kind == "user.password_changed"
    assert sorted(fields) == ["current_password", "password"]


def test_a_browser_gets_its_new_token_as_a_cookie(stack, anonymous, shop):
    """With what is left of the session's time; the page never sees it."""
    user, email = shop.user("staff")
    cookie = log_in(stack, email, shop.password, cookie=True).headers["Set-Cookie"].split(";")[0]
    browser = anonymous.with_headers(Cookie=cookie, Sec_Fetch_Site="same-origin")
    shop.db.all("UPDATE sessions SET expires_at = now() + interval '100 s' WHERE tenant_id = %s AND"
                " user_id = %s", shop.id, user)
    answer = browser.post("users/me/password", {"current_password": shop.password,
                                                "password": SECRET})
    assert answer.status == 200 and "token" not in answer.data
    new, *rules = answer.headers["Set-Cookie"].split("; ")
    left = next(int(r[8:]) for r in rules if r.startswith("Max-Age="))
    assert 0 < left <= 100 and new.split("=")[0] == cookie.split("=")[0]
    assert browser.get("users/me").refused(401, "unauthorized")
    assert anonymous.with_headers(Cookie=new).get("users/me").data["id"] == user


def test_who_has_a_session_cannot_guess_the_password(shop):
    """Tries are counted as those of a login; the right one is refused, too, until it is time."""
    _, client = shop.person("owner")
    body = {"current_password": OTHER_SECRET, "password": SECRET}
    answers = [client.post("users/me/password", body) for _ in range(6)]
    assert [a.status for a in answers] == [400] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert client.post("users/me/password", {**body, "current_password": shop.password}).refused(
        429, "rate_limited")


def test_a_password_is_changed_by_who_knows_it(stack, shop):
    user, client = shop.person("owner")
    second = stack.login(client.get("users/me").data["email"], shop.password)
    before = shop.footprint()
    wrong = client.post("users/me/password", {"current_password": OTHER_SECRET,
                                              "password": SECRET})
    assert wrong.refused(400, "validation_failed")
    assert wrong.faults == {"current_password": "Is not the one you have"}
    assert wrong.json["message"] == "User could not be changed"
    for body, faults in (
            ({}, dict.fromkeys(["current_password", "password"], "Is required")),
            ({"current_password": shop.password, "password": "short"},
             {"password": "Must have at least 12 characters"}),
            ({"current_password": "x" * 129, "password": SECRET},
             {"current_password": "Must have at most 128 characters"})):
        refused = client.post("users/me/password", body)
        assert refused.refused(400, "validation_failed") and refused.faults == faults
    keyed = client.post("users/me/password", {"current_password": shop.password,
                                              "password": SECRET},
                        headers={"Idempotency-Key": "x"})
    assert keyed.refused(400, "invalid_input")
    assert shop.footprint() == before
    assert second.get("users/me").status == 200


def test_the_length_of_a_password_is_that_of_its_characters(stack, shop):
    email, password = email_of(), "ñ🍰" + "".join(chr(0x4e00 + 7 * i) for i in range(126))
    shop.owner.post("users", {"name": "x", "email": email, "role": "viewer", "password": password})
    assert log_in(stack, email, password).status == 201
    assert log_in(stack, email, password[:-1]).refused(401, "unauthorized")


# ---- lists

@pytest.fixture(scope="module")
def staff(stack):
    """A shop with an owner, Ann and Bob of the staff, Cal the manager, and Dan, who is deleted."""
    shop = Shop(stack)
    for name, role in (("Ann", "staff"), ("Bob", "staff"), ("Cal", "manager"), ("Dan", "viewer")):
        made = shop.member(role, name=name, email=f"{name.lower()}@{shop.slug}.example")
    assert shop.owner.delete(f"users/{made['id']}").status == 200
    yield shop
    shop.check_books()


@pytest.mark.parametrize("query,found", [
    ("", "Ann Bob Cal Owner"), ("sort=-name", "Owner Cal Bob Ann"), ("role=staff", "Ann Bob"),
    ("role[in]=manager,owner", "Cal Owner"), ("name=Ann", "Ann"), ("sort=-created_at&perPage=1",
                                                                  "Cal"),
    ("email=bob@SLUG.example", "Bob"), ("deleted=true", "Dan")])
def test_list(staff, query, found):
    answer = staff.owner.get(f"users?{query.replace('SLUG', staff.slug)}")
    assert [u["name"] for u in answer.data] == found.split()
    assert answer.json["total"] == (4 if "perPage" in query else len(found.split()))


def test_who_may_read_them(staff):
    for role in ("admin", "manager"):
        assert staff.client(role).get("users?role=staff").json["total"] == 2
    assert staff.client("manager").get("users?deleted=true").refused(403, "forbidden")
    for role in ("staff", "accountant", "viewer"):
        assert staff.client(role).get("users").refused(403, "forbidden")


@pytest.mark.parametrize("query", ["role=god", "role[in]=owner,god", "password=x", "sort=email",
                                   "active=true", "include=tenant"])
def test_bad_queries(staff, query):
    answer = staff.owner.get(f"users?{query}")
    assert answer.refused(400, "invalid_input") and len(answer.faults) == 1
