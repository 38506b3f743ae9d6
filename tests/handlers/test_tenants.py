"""tenants: signing up, and what a tenant sees and changes of itself."""

import pytest

from support.parallel import at_once
from support.programs import OwnPrograms
from support.routes import MISSING
from support.shop import Shop, unique

SECRET = "sign-up-secret-1"
SLUG = "Must be a-z, 0-9 and '-', and not look like an id"


def signup(**fields):
    return {"name": unique("Bakery"), "owner_name": "Olga Owner", "password": SECRET,
            "email": f"{unique('olga')}@example.org", **fields}


def tenants_of(db, email):
    return db.value("SELECT count(*) FROM users u JOIN accounts a ON a.id = u.account_id"
                    " WHERE a.email_key = lower(%s)", email)


# ---- signing up

def test_sign_up_and_log_in(stack, anonymous, db):
    body = signup(name="Bäckerei Süß & Söhne " + unique("x"), currency="CHF", locale="de-CH",
                  time_zone="Europe/Zurich")
    answer = anonymous.post("tenants", body)
    assert answer.status == 201
    made = answer.data
    assert made == {"id": made["id"], "slug": made["slug"], "name": body["name"], "active": True,
                    "created_at": made["created_at"], "updated_at": made["updated_at"]}
    assert made["slug"].startswith("backerei-suss-sohne-x-")
    assert answer.headers["Location"] == f"/api/v1/tenants/{made['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert SECRET.encode() not in answer.body

    login = anonymous.post("sessions", {"email": body["email"], "password": SECRET})
    assert login.status == 201
    assert login.data["tenant"] == {"id": made["id"], "slug": made["slug"], "name": body["name"],
                                    "currency": "CHF"}
    assert (login.data["user"]["name"], login.data["user"]["role"]) == ("Olga Owner", "owner")
    owner = anonymous.bearing(login.data["token"])
    assert owner.get("tenant").data == made
    settings = owner.get("settings").data
    assert {k: settings[k] for k in ("currency", "locale", "time_zone")} == {
        "currency": "CHF", "locale": "de-CH", "time_zone": "Europe/Zurich"}
    assert [u["email"] for u in owner.get("users").data] == [body["email"]]
    for path in ("products", "categories", "clients", "orders", "inventory"):
        assert owner.get(path).json["total"] == 0, path
    first, second = owner.get("events").data
    assert (first["seq"], first["kind"], first["object_id"]) == (1, "tenant.created", made["id"])
    assert first["actor_id"] == login.data["user"]["id"] and first["actor"] == "Olga Owner"
    assert second["kind"] == "session.created"
    assert owner.post("products", {"name": "Brot", "unit_price": 450}).status == 201


def test_defaults(anonymous, stack):
    body = signup()
    made = anonymous.post("tenants", body).data
    assert made["slug"] == body["name"].lower()
    settings = stack.login(body["email"], SECRET).get("settings").data
    assert {k: settings[k] for k in ("currency", "locale", "time_zone")} == {
        "currency": "EUR", "locale": "en", "time_zone": "UTC"}


@pytest.mark.parametrize("name,slug", [
    ("Zoë's Crêpes ({x})", "zoe-s-crepes-{x}"), ("  {x}   &   Co.  ", "{x}-co"),
    ("Weiß-{x}", "weiss-{x}")])
def test_a_slug_is_made_from_the_name(anonymous, name, slug):
    x = unique("x")
    made = anonymous.post("tenants", signup(name=name.replace("{x}", x)))
    assert made.status == 201 and made.data["slug"] == slug.replace("{x}", x)


@pytest.mark.parametrize("name", ["日本", "!!!", MISSING])
def test_a_name_without_a_slug(anonymous, db, name):
    """Nothing is left of it, or it looks like an id: then one has to be given."""
    body = signup(name=name)
    answer = anonymous.post("tenants", body)
    assert answer.refused(400, "validation_failed"), answer
    assert answer.faults == {"slug": "Can't be made from this name; give one"}
    assert tenants_of(db, body["email"]) == 0
    assert anonymous.post("tenants", {**body, "slug": unique("given")}).status == 201


def test_a_slug_is_one_tenants(anonymous, db):
    """Of all tenants, since it is what one logs in by."""
    name = unique("Taken")
    assert anonymous.post("tenants", signup(name=name)).status == 201
    for body in (signup(slug=name.lower()), signup(name=name), signup(name=name.upper())):
        answer = anonymous.post("tenants", body)
        assert answer.refused(409, "duplicate") and answer.faults == {"slug": "Is taken"}, answer
        assert tenants_of(db, body["email"]) == 0
        assert db.value("SELECT count(*) FROM accounts WHERE email_key = lower(%s)",
                        body["email"]) == 0


def test_a_slug_at_once_goes_to_one(anonymous, db):
    slug = unique("wanted")
    bodies = [signup(slug=slug) for _ in range(4)]
    answers = at_once(len(bodies), lambda i: anonymous.post("tenants", bodies[i]))
    assert sorted(a.status for a in answers) == [201, 409, 409, 409]
    assert sum(tenants_of(db, body["email"]) for body in bodies) == 1


@pytest.mark.parametrize("change,faults", [
    ({"name": "", "owner_name": None, "email": "x", "password": "x" * 11},
     {"name": "Must not be empty", "owner_name": "Must not be null",
      "email": "Must be an e-mail address", "password": "Must have at least 12 characters"}),
    ({"slug": "Not A Slug"}, {"slug": SLUG}), ({"slug": MISSING}, {"slug": SLUG}),
    ({"password": "x" * 129}, {"password": "Must have at most 128 characters"}),
    ({"currency": "EURO"}, {"currency": "Must have at most 3 characters"}),
    ({"currency": "eur"}, {"currency": "Must be three capitals, as EUR"}),
    ({"currency": "E1R"}, {"currency": "Must be three capitals, as EUR"}),
    ({"time_zone": "Mars/Olympus"}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"time_zone": ""}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"locale": "x"}, {"locale": "Must have at least 2 characters"}),
    ({"id": MISSING, "active": True, "role": "owner"},
     {"id": "Unknown field", "active": "Unknown field", "role": "Unknown field"})])
def test_faults(anonymous, db, change, faults):
    body = signup(**change)
    answer = anonymous.post("tenants", body)
    assert answer.refused(400, "validation_failed"), answer
    assert answer.json["message"] == "Tenant could not be created"
    assert answer.faults == faults
    if "@" in body["email"]:
        assert tenants_of(db, body["email"]) == 0


def test_a_key_is_refused_since_a_password_is_given(anonymous):
    answer = anonymous.post("tenants", signup(), headers={"Idempotency-Key": "x"})
    assert answer.refused(400, "invalid_input") and "Idempotency-Key" in answer.faults


def test_a_rehearsal_leaves_nothing(anonymous, db):
    body = signup()
    answer = anonymous.post("tenants?dry_run=true", body)
    assert answer.status == 201 and answer.data["name"] == body["name"]
    assert tenants_of(db, body["email"]) == 0
    assert db.value("SELECT count(*) FROM tenants WHERE name = %s", body["name"]) == 0
    assert anonymous.post("tenants", body).data["slug"] == answer.data["slug"]


def test_whoever_is_logged_in_signs_up_like_anybody(shop):
    assert shop.client("viewer").post("tenants", signup()).status == 201


# ---- an address that is known

def test_a_known_address_with_its_password(anonymous, stack, db):
    """The person gets a second tenant, and keeps the password."""
    first = signup()
    assert anonymous.post("tenants", first).status == 201
    second = signup(email=first["email"].upper())
    made = anonymous.post("tenants", second)
    assert made.status == 201
    assert tenants_of(db, first["email"]) == 2
    assert anonymous.post("sessions", {"email": first["email"], "password": SECRET}).refused(
        409, "tenant_required")
    owner = stack.login(first["email"], SECRET, tenant=made.data["slug"])
    assert owner.get("tenant").data["id"] == made.data["id"]


def test_a_known_address_with_another_password(anonymous, stack, db):
    first = signup()
    assert anonymous.post("tenants", first).status == 201
    for password in ("another-secret-1", SECRET + "x", SECRET.upper()):
        second = signup(email=first["email"], password=password)
        answer = anonymous.post("tenants", second)
        assert answer.refused(409, "duplicate"), answer
        assert answer.faults == {"email": "Is known here: give its password"}
        assert db.value("SELECT count(*) FROM tenants WHERE name = %s", second["name"]) == 0
    assert tenants_of(db, first["email"]) == 1
    stack.login(first["email"], SECRET)  # the password it had


def test_who_signs_up_with_anothers_address_gets_into_no_tenant_of_theirs(anonymous, shop, db):
    """Whom a tenant has made a user without a password, before or after."""
    made = shop.member()
    wish = signup(email=made["email"])
    assert anonymous.post("tenants", wish).status == 201
    assert tenants_of(db, made["email"]) == 2
    login = {"email": made["email"], "password": wish["password"]}
    assert anonymous.post("sessions", {**login, "tenant": shop.slug}).refused(401, "unauthorized")
    assert anonymous.post("sessions", login).status == 201


def test_an_address_at_once(anonymous, stack, db):
    """The same person twice, with two passwords: there is one account, with one of them."""
    email = f"{unique('twice')}@example.org"
    passwords = ["first-password-1", "second-password-2"]
    answers = at_once(2, lambda i: anonymous.post("tenants", signup(email=email,
                                                                  password=passwords[i])))
    assert all(a.status == 201 or a.refused(409, "duplicate") for a in answers), answers
    tenant = next(a.data["slug"] for a in answers if a.status == 201)
    logins = [anonymous.post("sessions", {"email": email, "password": p, "tenant": tenant})
              for p in passwords]
    assert sorted(a.status for a in logins) == [201, 401]


# ---- where the operator lets nobody

def test_closed(stack, shop, db):
    with OwnPrograms(stack, ["tenants"], PURSER_SIGNUP="closed") as own:
        for body in (signup(), signup(email=shop.member()["email"])):
            answer = own.client().post("tenants", body)
            assert answer.refused(403, "forbidden"), answer
            assert answer.json["message"] == "Nobody can sign up here"
            assert db.value("SELECT count(*) FROM tenants WHERE name = %s", body["name"]) == 0
        owner = own.client(shop.owner.token)
        assert owner.get("tenant").data["id"] == shop.id
        assert owner.patch("tenant", {"name": "Renamed all the same"}).status == 200


# ---- one's own

def test_own_tenant(stack, shop, rival):
    for role in ("owner", "viewer"):
        data = shop.client(role).get("tenant").data
        assert data == {**data, "id": shop.id, "slug": shop.slug, "active": True}
    assert rival.owner.get("tenant").data["id"] == rival.id


def test_rename(anonymous, fresh):
    got = fresh.owner.get("tenant")
    assert got.etag == '"1"'
    before = fresh.last_event()
    answer = fresh.owner.patch("tenant", {"name": "Süße Ecke"}, headers={"If-Match": got.etag})
    assert answer.status == 200 and answer.etag == '"2"'
    assert answer.data == {**got.data, "name": "Süße Ecke",
                           "updated_at": answer.data["updated_at"]}
    assert fresh.owner.get("tenant").data == answer.data
    (_, kind, thing, _, fields, _), = fresh.events(after=before)
    assert (kind, thing, fields) == ("tenant.updated", fresh.id, ["name"])
    stale = fresh.owner.patch("tenant", {"name": "x"}, headers={"If-Match": got.etag})
    assert stale.refused(412, "precondition_failed")
    assert fresh.client("admin").patch("tenant", {"name": "By the admin"},
                                       headers={"If-Match": 'W/"2"'}).status == 200
    assert fresh.owner.get("tenant").data["slug"] == fresh.slug
    _, email = fresh.user("viewer")
    login = anonymous.post("sessions", {"email": email, "password": fresh.password})
    assert login.data["tenant"]["name"] == "By the admin"


@pytest.mark.parametrize("body,faults", [
    ({"name": ""}, {"name": "Must not be empty"}), ({"name": None}, {"name": "Must not be null"}),
    ({"name": "x" * 201}, {"name": "Must have at most 200 characters"}),
    ({"slug": "new"}, {"slug": "Read-only"}), ({"active": False}, {"active": "Read-only"}),
    ({"currency": "USD"}, {"currency": "Unknown field"})])
def test_faults_of_a_rename(shop, body, faults):
    before = shop.footprint()
    answer = shop.owner.patch("tenant", body)
    assert answer.refused(400, "validation_failed") and answer.faults == faults
    assert answer.json["message"] == "Tenant could not be changed"
    assert shop.footprint() == before


@pytest.mark.parametrize("role", ["manager", "staff", "accountant", "viewer"])
def test_others_dont_rename_it(shop, role):
    assert shop.client(role).patch("tenant", {"name": "x"}).refused(403, "forbidden")


def test_a_tenant_that_is_switched_off_lets_nobody_in(stack):
    shop = Shop(stack)
    shop.db.all("UPDATE tenants SET active = false, deleted_at = now() WHERE id = %s", shop.id)
    assert shop.owner.get("tenant").refused(401, "unauthorized")
    assert shop.owner.patch("tenant", {"name": "x"}).refused(401, "unauthorized")


def test_there_is_no_list_of_tenants(shop, anonymous):
    for client in (shop.owner, anonymous):
        assert client.get("tenants").refused(405, "method_not_allowed")
        assert client.get(f"tenants/{shop.id}").refused(404, "not_found")
        assert client.delete("tenant").refused(405, "method_not_allowed")
