"""api-keys: keys for programs, with scopes, an end, and a new secret on demand."""

import base64
import hashlib
import re
import uuid

import pytest

from support.routes import MISSING, all_routes
from support.shop import Shop, in_days, unique
from support.stack import ROOT, wait_until

KEY = re.compile(r"pk_(live|test)_[A-Za-z0-9_-]{70}")
AUDITED = ROOT / "tests" / "security" / "routes.audit"  # which permission a route takes
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def made(shop, *scopes, **fields):
    """A new key's data, by its owner."""
    answer = shop.owner.post("api-keys", {"name": unique("key"), "scopes": list(scopes), **fields})
    assert answer.status == 201, answer
    return answer.data


def program(shop, *scopes, **fields):
    """A client that bears a new key."""
    return shop.stack.anonymous.bearing(made(shop, *scopes, **fields)["key"])


def short(key):
    """What is shown of a key ever after: all of a tenant's begin alike, so how it ends too."""
    return f"{key[:8]}...{key[-4:]}"


def checksum(text):
    """What stands behind prefix and body of a key, computed anew."""
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=16).digest()[:4]
                                    ).decode().rstrip("=")


def with_checksum(text):
    return text + checksum(text)


def other(letter):
    """One whose four highest bits differ, so that no base64 hides the change."""
    return LETTERS[(LETTERS.index(letter) + 32) % 64]


# ---- made, listed, ended

def test_create(fresh):
    before, until = fresh.last_event(), in_days(30)
    answer = fresh.owner.post("api-keys", {"name": "The till", "scopes": ["orders:read"],
                                           "expires_at": until})
    assert answer.status == 201 and answer.etag == '"1"'
    assert answer.headers["Cache-Control"] == "no-store"
    key = answer.data
    assert answer.headers["Location"] == f"/api/v1/api-keys/{key['id']}"
    assert KEY.fullmatch(key["key"]) and key["key"].startswith("pk_live_")
    assert key == {**key, "name": "The till", "scopes": ["orders:read"], "test": False,
                   "expires_at": until, "prefix": short(key["key"]), "last_used_at": None,
                   "created_by": fresh.users["owner"], "active": True, "deleted_at": None}
    (_, kind, thing, who, fields, _), = fresh.events(after=before)
    assert (kind, thing, who) == ("api_key.created", key["id"], fresh.users["owner"])
    assert sorted(fields) == ["expires_at", "name", "scopes"]
    assert made(fresh, "orders:read", test=True)["key"].startswith("pk_test_")


def test_a_key_is_its_tenant_a_secret_and_a_checksum(fresh):
    keys = [made(fresh, "orders:read")["key"] for _ in range(3)]
    for key in keys:
        raw = base64.urlsafe_b64decode(key[8:72])
        assert (len(raw), raw[:16]) == (48, uuid.UUID(fresh.id).bytes)
        assert key[72:] == checksum(key[:72])
    assert len({key[32:72] for key in keys}) == len(keys)


def test_shown_once_and_kept_as_a_hash(fresh):
    key = made(fresh, "orders:read")
    for path in ("api-keys", f"api-keys/{key['id']}", "events?perPage=100", "audit?perPage=100"):
        for headers in ({}, {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}):
            body = fresh.owner.get(path, headers=headers).body.decode()
            assert key["key"] not in body and key["key"][12:] not in body, path
    assert "key" not in fresh.owner.get(f"api-keys/{key['id']}").data
    assert "key" not in fresh.owner.get("api-keys").data[0]
    row = fresh.db.value("SELECT k::text FROM api_keys k WHERE id = %s", key["id"])
    assert key["key"][12:40] not in row
    assert bytes(fresh.db.value("SELECT key_hash FROM api_keys WHERE id = %s", key["id"])) == \
        hashlib.blake2b(key["key"].encode(), digest_size=32).digest()
    gone = fresh.owner.delete(f"api-keys/{key['id']}")
    assert gone.status == 200 and "key" not in gone.data


def test_no_log_has_a_key(shop, stack):
    key = made(shop, "products:read")["key"]
    assert stack.anonymous.bearing(key).get("products").status == 200
    assert shop.stack.anonymous.bearing(key[:-1]).get("products").status == 401
    for file in stack.log.glob("*.log"):
        assert key[12:] not in file.read_text(errors="replace"), file


@pytest.mark.parametrize("change,faults", [
    ({"name": ""}, {"name": "Must not be empty"}),
    ({"name": "x" * 201}, {"name": "Must have at most 200 characters"}),
    ({"scopes": None}, {"scopes": "Must not be null"}),
    ({"scopes": "orders:read"}, {"scopes": "Must be a list of strings"}),
    ({"scopes": []}, {"scopes": "Must name at least one"}),
    ({"scopes": ["orders:read"] * 51}, {"scopes": "Must have at most 50 items"}),
    ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "Must be in the future"}),
    ({"prefix": "pk_live_abcd", "key": "x", "last_used_at": None, "created_by": MISSING},
     dict.fromkeys(["prefix", "key", "last_used_at", "created_by"], "Read-only")),
    *[({"scopes": ["orders:read", scope]}, {"scopes[1]": "Must be like orders:read"})
      for scope in ("orders", "orders:", ":read", "*:*", "*", "orders:read:all", "orders read",
                    "Orders:read", "orders:**", "orders:re*d", "any", "owner", "orders:réad")]],
    ids=str)
def test_faults(shop, change, faults):
    before = shop.footprint()
    answer = shop.owner.post("api-keys", {"name": "x", "scopes": ["orders:read"], **change})
    assert answer.refused(400, "validation_failed"), answer
    assert answer.json["message"] == "API key could not be created"
    assert answer.faults == faults
    assert shop.footprint() == before


def test_a_dry_run_makes_no_key(shop):
    before = shop.footprint()
    answer = shop.owner.post("api-keys?dry_run=true", {"name": "x", "scopes": ["orders:read"]})
    assert answer.status == 201 and shop.footprint() == before
    assert shop.stack.anonymous.bearing(answer.data["key"]).get("orders").refused(
        401, "unauthorized")


def test_the_header_for_repetition_is_refused(shop):
    """An answer that is kept would keep the key."""
    key = made(shop, "orders:read")
    for path, body in (("api-keys", {"name": "x", "scopes": ["orders:read"]}),
                       (f"api-keys/{key['id']}/rotate", None)):
        answer = shop.owner.post(path, body, headers={"Idempotency-Key": unique("k")})
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {"Idempotency-Key"}


def test_delete_ends_it_at_once(shop):
    key = made(shop, "products:read")
    bearer = shop.stack.anonymous.bearing(key["key"])
    assert bearer.get("products").status == 200
    assert shop.owner.delete(f"api-keys/{key['id']}").data["active"] is False
    assert bearer.get("products").refused(401, "unauthorized")
    assert shop.owner.delete(f"api-keys/{key['id']}").refused(404, "not_found")
    assert shop.owner.post(f"api-keys/{key['id']}/rotate").refused(404, "not_found")
    assert shop.owner.get(f"api-keys/{key['id']}").refused(404, "not_found")
    assert key["id"] in [k["id"] for k in
                         shop.owner.get("api-keys?deleted=true&perPage=100").data]


@pytest.mark.parametrize("test", [False, True])
def test_rotate(shop, test):
    key = made(shop, "products:read", test=test, expires_at=in_days(3))
    path, before = f"api-keys/{key['id']}", shop.last_event()
    stale = shop.owner.post(f"{path}/rotate", headers={"If-Match": '"7"'})
    assert stale.refused(412, "precondition_failed")
    assert shop.stack.anonymous.bearing(key["key"]).get("products").status == 200
    answer = shop.owner.post(f"{path}/rotate", headers={"If-Match": '"1"'})
    assert answer.status == 200 and answer.etag == '"2"'
    assert answer.headers["Cache-Control"] == "no-store"
    new = answer.data
    assert new["key"] != key["key"] and new["prefix"] == short(new["key"]) != key["prefix"]
    same = set(key) - {"key", "prefix", "updated_at", "last_used_at"}
    assert {k: new[k] for k in same} == {k: key[k] for k in same}
    assert shop.stack.anonymous.bearing(key["key"]).get("products").refused(401, "unauthorized")
    assert shop.stack.anonymous.bearing(new["key"]).get("products").status == 200
    assert [(e[1], e[2], e[4]) for e in shop.events(after=before)] == [
        ("api_key.rotated", key["id"], [])]


def test_expiry(shop, stack):
    key = made(shop, "products:read", expires_at=in_days(2))
    bearer = stack.anonymous.bearing(key["key"])
    assert bearer.get("products").status == 200
    shop.db.all("UPDATE api_keys SET expires_at = now() + interval '1 second' WHERE id = %s",
                key["id"])
    wait_until(lambda: shop.db.value("SELECT expires_at <= now() FROM api_keys WHERE id = %s",
                                     key["id"]), "the key expires")
    assert bearer.get("products").refused(401, "unauthorized")
    assert shop.owner.get(f"api-keys/{key['id']}").status == 200


def test_last_used(shop, stack):
    key = made(shop, "products:read")
    path = f"api-keys/{key['id']}"
    stack.anonymous.bearing(key["key"]).get("products")
    wait_until(lambda: shop.owner.get(path).data["last_used_at"], "its use is noted")
    noted = shop.owner.get(path)
    assert noted.data["last_used_at"] > key["created_at"] and noted.etag == '"1"'
    stack.anonymous.bearing(key["key"]).get("products")
    assert shop.owner.get(path).data["last_used_at"] == noted.data["last_used_at"]
    shop.db.all("UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = %s",
                key["id"])
    stack.anonymous.bearing(key["key"]).get("products")
    wait_until(lambda: shop.owner.get(path).data["last_used_at"] > noted.data["last_used_at"],
               "its later use is noted")


# ---- what a key opens

def scopes_for(route):
    """(those that open a route, those that do not)"""
    permission = next(words[2] for words in map(str.split, AUDITED.read_text().splitlines())
                      if words[:2] == [route.method, route.pattern])
    if permission == "any":
        return [], ["sessions:*", "users:*", "tenant:*"]
    if "|" in permission:  # any of them will do
        return permission.split("|"), ["zzz:read", "sessions:*"]
    resource, verb = permission.split(":")
    alone = verb in ("read", "export", "erase")  # which to write doesn't include
    good = [permission, f"{resource}:*"] + ([] if alone else [f"{resource}:write"])
    bad = [f"{resource}:nothing", f"{resource}s:*", f"{resource}:{verb}s", f"x{resource}:{verb}"]
    bad += [f"{resource}:write"] if alone else [f"{resource}:read"]
    if verb not in ("read", "write"):
        bad.append(f"{resource}:deny")
    return good, bad


@pytest.mark.routes(lambda r: r.roles is not None)
def test_scopes(shop, stack, route):
    """Without one that does: 403, whatever else is wrong. With it one gets as far as the input."""
    good, bad = scopes_for(route)
    path, garbage = route.at(MISSING), b"{not json" if route.writes else None
    for scope in good:
        if route.step_up:  # for people, who can prove who they are
            bad = bad + good
            break
        answer = program(shop, "zzz:read", scope).request(route.method, path, body=garbage)
        assert answer.status in (200, 400, 404), (scope, answer)
    answer = program(shop, *bad).request(route.method, path, body=garbage)
    assert answer.refused(403, "forbidden"), answer


def test_what_is_deleted_is_for_people(shop):
    """However much a key may do: it is no owner and no admin."""
    every = program(shop, *(f"{r}:*" for r in ("clients", "products", "categories", "users",
                                               "api-keys")))
    lists = [r for r in all_routes() if r.deleted]
    assert lists
    for route in lists:
        assert every.get(route.path).status == 200
        for accept in ("application/json", "text/csv"):
            answer = every.get(f"{route.path}?deleted=true", headers={"Accept": accept})
            assert answer.refused(403, "forbidden"), (route, answer)


def test_a_key_makes_no_keys(shop):
    """Nor does it end any, for which people have to prove who they are."""
    bearer, key = program(shop, "api-keys:*"), made(shop, "orders:read")
    before = shop.footprint()
    for path, body in (("api-keys", {"name": "x", "scopes": ["orders:read"]}),
                       (f"api-keys/{key['id']}/rotate", None)):
        assert bearer.post(path, body).refused(403, "forbidden")
    assert shop.footprint() == before
    assert bearer.get(f"api-keys/{key['id']}").data["name"] == key["name"]
    assert bearer.delete(f"api-keys/{key['id']}").refused(403, "forbidden")


def test_a_day_of_a_key(fresh):
    """All of an order, by a program that may do what orders take."""
    cake = fresh.product(stock=3)
    bearer = program(fresh, "orders:write", "products:read")
    order = bearer.post("orders", fresh.order_body((cake, 2)))
    assert order.status == 201, order
    for action in ("approve", "start", "ready", "complete"):
        assert bearer.post(f"orders/{order.data['id']}/{action}").status == 200
    assert bearer.get(f"orders/{order.data['id']}").refused(403, "forbidden")
    assert bearer.post("products", {"name": "x", "unit_price": 1}).refused(403, "forbidden")
    assert fresh.stock(cake) == (1, 0)


def test_events_tell_the_key(shop):
    key, request = made(shop, "categories:*"), unique("request")
    bearer, before = shop.stack.anonymous.bearing(key["key"]), shop.last_event()
    answer = bearer.post("categories", {"name": unique("x")}, headers={"X-Request-Id": request})
    assert answer.status == 201
    event, = shop.owner.get(f"audit?key_id={key['id']}").data
    assert event == {**event, "seq": before + 1, "kind": "category.created", "actor_id": None,
                     "actor": None, "key_id": key["id"], "object_id": answer.data["id"],
                     "request_id": request}
    assert bearer.patch(f"categories/{answer.data['id']}", {"name": "y"}).status == 200
    assert [e["key_id"] for e in shop.owner.get("audit?perPage=2").data] == [key["id"]] * 2
    shop.owner.patch("settings", {})
    assert shop.owner.get("audit?perPage=1").data[0]["key_id"] is None


def test_an_idempotency_key_is_an_api_keys_own(shop):
    one, two = program(shop, "categories:write"), program(shop, "categories:write")
    header, before = {"Idempotency-Key": unique("key")}, shop.last_event()
    body = {"name": unique("Shelf")}
    first, again, others, owners = (c.post("categories", body, headers=header)
                                    for c in (one, one, two, shop.owner))
    assert first.status == 201 and "Idempotent-Replayed" not in first.headers
    assert (again.status, again.body) == (201, first.body), again
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len({a.data["id"] for a in (first, others, owners)}) == 3
    assert one.post("categories", {"name": "z"}, headers=header).refused(
        422, "idempotency_mismatch")
    assert shop.last_event() == before + 3


def test_a_test_key_rehearses(shop):
    bearer = program(shop, "categories:*", "orders:*", test=True)
    cake, shelf = shop.product(stock=5), shop.category()
    order = shop.order((cake, 1))
    before = shop.footprint()
    answers = [bearer.post("categories", {"name": unique("x")}),
               bearer.post("categories?dry_run=false", {"name": unique("x")}),
               bearer.post("categories", {"name": "x"}, headers={"Idempotency-Key": unique("k")}),
               bearer.patch(f"categories/{shelf['id']}", {"name": unique("y")}),
               bearer.delete(f"categories/{shelf['id']}"),
               bearer.post(f"orders/{order['id']}/approve"),
               bearer.post("orders", shop.order_body((cake, 2)))]
    assert [a.status for a in answers] == [201, 201, 201, 200, 200, 200, 201]
    assert shop.footprint() == before
    assert bearer.get(f"categories/{shelf['id']}").data["name"] == shelf["name"]
    assert bearer.post("categories", {"name": ""}).refused(400, "validation_failed")


# ---- what is no key

def test_what_was_tampered_with_is_no_key(shop, rival, anonymous):
    """All answered alike: the checksum, the tenant, the secret, the kind, and a key that is good
    in all its form."""
    key = made(shop, "products:read")["key"]
    nobody = anonymous.get("products").bytes_but_ids()
    body = base64.urlsafe_b64decode(key[8:72])

    def of(raw, kind="pk_live_"):
        return with_checksum(kind + base64.urlsafe_b64encode(raw).decode())

    bad = [key[:i] + other(key[i]) + key[i + 1:] for i in range(8, len(key))]
    bad += [key[:-1], key + "A", key[:72], key.upper(), f" {key[8:]}", key.replace("pk_", "ps_"),
            "pk_test_" + key[8:], of(body, "pk_test_"), of(uuid.UUID(rival.id).bytes + body[16:]),
            of(uuid.UUID(MISSING).bytes + body[16:]), of(body[:16] + bytes(32)), "pk_live_",
            "ps_" + key[8:72]]
    for token in bad:
        assert anonymous.bearing(token).get("products").bytes_but_ids() == nobody, token
    assert anonymous.bearing(of(body)).get("products").status == 200


def test_a_cookie_bears_no_key(shop, anonymous, stack):
    key = made(shop, "products:read")["key"]
    name = next(line.split("=", 1)[1].strip() for line in stack.conf.read_text().splitlines()
                if line.split("=", 1)[0].strip() == "cookie_name")
    cookie = anonymous.get("products", headers={"Cookie": f"{name}={key}"})
    assert cookie.refused(401, "unauthorized")
    session = anonymous.get("products", headers={"Cookie": f"{name}={shop.owner.token}"})
    assert session.status == 200  # it is that cookie


def test_keys_of_another_tenant(shop, rival):
    theirs = made(rival, "products:*")
    bearer, product = rival.stack.anonymous.bearing(theirs["key"]), shop.product()
    missing = bearer.get(f"products/{MISSING}")
    assert bearer.get(f"products/{product['id']}").bytes_but_ids() == missing.bytes_but_ids()
    assert theirs["id"] not in shop.owner.get("api-keys?perPage=100").body.decode()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer, absent = (shop.owner.request(method, f"api-keys/{ref}{path}")
                          for ref in (theirs["id"], MISSING))
        assert answer.refused(404, "not_found")
        assert answer.bytes_but_ids() == absent.bytes_but_ids()
    assert bearer.get("products").status == 200


@pytest.mark.parametrize("role", ["owner", "admin", "manager", "staff", "accountant", "viewer"])
def test_roles(shop, role):
    client, key = shop.client(role), made(shop, "orders:read")
    may = role in ("owner", "admin")
    for method, path, body in (("GET", "api-keys", None), ("GET", f"api-keys/{key['id']}", None),
                               ("POST", "api-keys", {"name": "x", "scopes": ["orders:read"]}),
                               ("POST", f"api-keys/{key['id']}/rotate", None),
                               ("DELETE", f"api-keys/{key['id']}", None)):
        answer = client.request(method, path, json=body)
        if may:
            assert answer.status in (200, 201), answer
        else:
            assert answer.refused(403, "forbidden"), answer


def test_a_key_outlives_the_session_of_whoever_made_it(stack):
    shop = Shop(stack)
    user, admin = shop.person("admin")
    key = admin.post("api-keys", {"name": "x", "scopes": ["products:read"]}).data
    assert key["created_by"] == user
    assert admin.delete("sessions").status == 200
    assert shop.owner.delete(f"users/{user}").status == 200
    assert stack.anonymous.bearing(key["key"]).get("products").status == 200
    shop.check_books()


def test_a_business_that_is_closed_has_no_keys(stack):
    shop = Shop(stack)
    bearer = program(shop, "products:read")
    assert bearer.get("products").status == 200
    shop.db.all("UPDATE tenants SET active = false, deleted_at = now() WHERE id = %s", shop.id)
    assert bearer.get("products").refused(401, "unauthorized")
