"""clients: those a tenant knows by name, and the lists of their orders."""

import re

import pytest

from support.routes import MISSING
from support.shop import Shop, unique

SLUG = "Must be a-z, 0-9 and '-', and not look like an id"
ALL = {"name": "Äcme & Söhne", "slug": "acme", "email": "Buy@Acme.example", "phone": "+49 30 1234",
       "address": "Hauptstraße 1\n10115 Berlin", "notes": "Pays late.", "tags": ["b2b", "berlin"]}


def changed(before, after):
    """The fields that differ, with what they have become."""
    return {k: after[k] for k in before if before[k] != after[k] and k != "updated_at"}


# ---- one client

def test_create_with_everything(fresh):
    before = fresh.last_event()
    answer = fresh.owner.post("clients", ALL)
    assert answer.status == 201 and answer.etag == '"1"'
    made = answer.data
    assert made == {**made, **ALL, "active": True, "deleted_at": None}
    assert answer.headers["Location"] == f"/api/v1/clients/{made['id']}"
    there = fresh.owner.get("clients/acme")
    assert (there.status, there.data, there.etag) == (200, made, '"1"')
    assert fresh.owner.get(f"clients/{made['id']}").body == there.body
    (_, kind, thing, actor, fields, _), = fresh.events(after=before)
    assert (kind, thing, actor) == ("client.created", made["id"], fresh.users["owner"])
    assert sorted(fields) == sorted(ALL)


def test_defaults(shop):
    made = shop.owner.post("clients", {"name": "Plain Joe"}).data
    assert made == {**made, "slug": "plain-joe", "email": None, "phone": None, "address": None,
                    "notes": None, "tags": []}


def test_what_is_personal_stays_in_its_row(shop):
    """Neither events nor stored keys' routes, only the row and its stored answer have it."""
    secret = unique("Confidential")
    answer = shop.owner.post("clients", {**ALL, "slug": unique("c"), "name": secret,
                                         "notes": secret, "address": secret})
    assert answer.status == 201
    assert shop.db.value("SELECT count(*) FROM events e WHERE e::text LIKE %s", f"%{secret}%") == 0


def test_slugs(shop, rival):
    taken = unique("taken")
    shop.customer(slug=taken)
    answer = shop.owner.post("clients", {"name": "x", "slug": taken})
    assert answer.refused(409, "duplicate") and answer.faults == {"slug": "Is taken"}
    other = shop.customer()
    for change in (shop.owner.patch(f"clients/{other['id']}", {"slug": taken}),
                   shop.owner.put(f"clients/{other['id']}", {"name": "x", "slug": taken})):
        assert change.refused(409, "duplicate") and change.faults == {"slug": "Is taken"}
    assert rival.customer(slug=taken)["slug"] == taken
    name = unique("Twin").title()
    first, second = shop.customer(name=name), shop.customer(name=name)
    assert first["slug"] == name.lower()
    assert re.fullmatch(f"{first['slug']}-[0-9a-f]{{8}}", second["slug"])


@pytest.mark.parametrize("change,faults", [
    ({"name": ""}, {"name": "Must not be empty"}),
    ({"name": "x" * 201}, {"name": "Must have at most 200 characters"}),
    ({"slug": "No Slug"}, {"slug": SLUG}), ({"slug": MISSING}, {"slug": SLUG}),
    ({"email": "nobody"}, {"email": "Must be an e-mail address"}),
    ({"phone": "1" * 51}, {"phone": "Must have at most 50 characters"}),
    ({"address": "x" * 1001}, {"address": "Must have at most 1000 characters"}),
    ({"notes": "x" * 10001}, {"notes": "Must have at most 10000 characters"}),
    ({"tags": "b2b"}, {"tags": "Must be a list of strings"}),
    ({"tags": ["x"] * 21}, {"tags": "Must have at most 20 items"}),
    ({"id": MISSING, "active": False, "created_at": "x", "updated_at": "x", "deleted_at": None,
      "tenant_id": MISSING, "revision": 7},
     {**dict.fromkeys(["id", "active", "created_at", "updated_at", "deleted_at"], "Read-only"),
      **dict.fromkeys(["tenant_id", "revision"], "Unknown field")})])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_faults(shop, method, change, faults):
    path = "clients" if method == "POST" else f"clients/{shop.customer()['id']}"
    before = shop.footprint()
    answer = shop.owner.request(method, path, json={"name": "x", **change})
    assert answer.refused(400, "validation_failed")
    done = "created" if method == "POST" else "changed"
    assert answer.json["message"] == f"Client could not be {done}"
    assert answer.faults == faults
    assert shop.footprint() == before


@pytest.mark.parametrize("tag", [1, None, "", "x" * 101, ["a"], {}, True], ids=repr)
def test_every_tag_is_judged(shop, tag):
    answer = shop.owner.post("clients", {"name": "x", "tags": ["fine", tag]})
    assert answer.refused(400, "validation_failed")
    assert set(answer.faults) == {"tags[1]"}


def test_tags_come_back_as_they_went(shop):
    tags = ["a,b", "\"quoted\"", "{}", "NULL", "back\\slash", "ü 🍰", " spaces ", "same", "same"]
    made = shop.customer(tags=tags)
    assert made["tags"] == tags
    assert shop.owner.get(f"clients/{made['id']}").data["tags"] == tags
    assert shop.owner.patch(f"clients/{made['id']}", {"tags": []}).data["tags"] == []


def test_put_replaces_and_patch_merges(shop):
    made = shop.customer(**{**ALL, "slug": unique("both")})
    path = f"clients/{made['id']}"
    patched = shop.owner.patch(path, {"email": "new@acme.example", "phone": None, "tags": None},
                               content_type="application/merge-patch+json")
    assert patched.status == 200 and patched.etag == '"2"'
    assert changed(made, patched.data) == {"email": "new@acme.example", "phone": None, "tags": []}
    put = shop.owner.put(path, {"name": "Only a name"})
    assert put.status == 200 and put.etag == '"3"'
    assert put.data == {**made, "name": "Only a name", "email": None, "phone": None,
                        "address": None, "notes": None, "tags": [],
                        "updated_at": put.data["updated_at"]}
    assert shop.owner.put(path, {"email": "a@b.example"}).faults == {"name": "Is required"}


def test_what_get_gave_can_be_put(shop):
    made = shop.customer(**{**ALL, "slug": unique("again")})
    got = shop.owner.get(f"clients/{made['id']}")
    again = shop.owner.put(f"clients/{made['slug']}", got.data, headers={"If-Match": got.etag})
    assert again.status == 200 and changed(got.data, again.data) == {}


@pytest.mark.parametrize("method,body", [("PUT", {"name": "x"}), ("PATCH", {"notes": "x"}),
                                         ("DELETE", None)])
def test_if_match(shop, method, body):
    path = f"clients/{shop.customer()['id']}"
    stale = shop.owner.request(method, path, json=body, headers={"If-Match": '"2"'})
    assert stale.refused(412, "precondition_failed")
    assert shop.owner.request(method, path, json=body, headers={"If-Match": 'W/"1"'}).status == 200


# ---- gone, and back

def test_delete_and_restore(shop):
    made = shop.customer()
    total = shop.owner.get("clients").json["total"]
    before = shop.last_event()
    gone = shop.owner.delete(f"clients/{made['slug']}")
    assert gone.status == 200
    assert (gone.data["id"], gone.data["active"]) == (made["id"], False)
    assert gone.data["deleted_at"] is not None
    assert shop.owner.get("clients").json["total"] == total - 1
    for ref in (made["id"], made["slug"]):
        path = f"clients/{ref}"
        for refused in (shop.owner.get(path), shop.owner.delete(path),
                        shop.owner.patch(path, {"name": "x"}), shop.owner.put(path, {"name": "x"}),
                        shop.owner.get(f"{path}/orders")):
            assert refused.refused(404, "not_found"), refused
    back = shop.owner.post(f"clients/{made['id']}/restore")
    assert back.status == 200 and changed(made, back.data) == {}
    assert shop.owner.get("clients").json["total"] == total
    assert shop.owner.post(f"clients/{made['id']}/restore").refused(404, "not_found")
    assert [e[1] for e in shop.events(after=before)] == ["client.deleted", "client.restored"]


def test_restore_where_the_slug_was_taken_since(shop):
    """409 by id and by slug; of those that had the slug one after the other, the latest is back
    once it is free."""
    slug, had = unique("popular"), []
    for _ in range(3):
        had.append(shop.customer(slug=slug)["id"])
        assert shop.owner.delete(f"clients/{slug}").data["id"] == had[-1]
    now = shop.customer(slug=slug)["id"]
    before = shop.footprint()
    for ref in (*had, slug):
        answer = shop.owner.post(f"clients/{ref}/restore")
        assert answer.refused(409, "duplicate") and answer.faults == {"slug": "Is taken"}, ref
    assert shop.footprint() == before
    shop.owner.patch(f"clients/{now}", {"slug": unique("moved")})
    assert shop.owner.post(f"clients/{slug}/restore").data["id"] == had[2]
    assert shop.owner.post(f"clients/{had[0]}/restore").refused(409, "duplicate")
    assert shop.owner.get(f"clients/{slug}").data["id"] == had[2]


def test_a_deleted_client_leaves_its_orders_as_they_are(shop):
    client, cake = shop.customer(), shop.product(stock=5)
    order = shop.order((cake, 1), client_id=client["id"])
    shop.owner.delete(f"clients/{client['id']}")
    kept = shop.owner.get(f"orders/{order['id']}?include=client").data
    assert kept["client_id"] == client["id"] and kept["client"]["name"] == client["name"]
    refused = shop.owner.post("orders", shop.order_body((cake, 1), client_id=client["id"]))
    assert refused.refused(400, "validation_failed")
    assert refused.faults == {"client_id": "No such client"}


# ---- lists

@pytest.fixture(scope="module")
def book(stack):
    """A shop with clients Ann to Eve, of whom Dan and Eve are deleted."""
    shop = Shop(stack)
    for name in ("Ann", "Bob", "Cal", "Dan", "Eve"):
        shop.customer(name=name, email=f"{name.lower()}@example.org")
    for name in ("dan", "eve"):
        assert shop.owner.delete(f"clients/{name}").status == 200
    yield shop
    shop.check_books()


@pytest.mark.parametrize("query,found", [
    ("", "Ann Bob Cal"), ("sort=-name", "Cal Bob Ann"), ("sort=-created_at", "Cal Bob Ann"),
    ("sort=created_at", "Ann Bob Cal"), ("name=Bob", "Bob"), ("slug=ann", "Ann"),
    ("email=cal@example.org", "Cal"), ("email[in]=ann@example.org,eve@example.org", "Ann"),
    ("name[gt]=Ann&name[lte]=Dan", "Bob Cal"), ("deleted=false", "Ann Bob Cal"),
    ("deleted=true", "Dan Eve"), ("deleted=true&name=Eve", "Eve"), ("deleted=true&name=Ann", ""),
    ("deleted=true&sort=-name", "Eve Dan")])
def test_list(book, query, found):
    for client in (book.owner, book.client("admin")):
        answer = client.get(f"clients?{query}")
        assert [c["name"] for c in answer.data] == found.split()
        assert answer.json["total"] == len(found.split())
        assert all(c["active"] is ("deleted=true" not in query) for c in answer.data)


def test_pages_of_the_deleted(book):
    pages = [book.owner.get(f"clients?deleted=true&perPage=1&page={n}") for n in (1, 2, 3)]
    assert [[c["name"] for c in p.data] for p in pages] == [["Dan"], ["Eve"], []]
    assert [p.json["total"] for p in pages] == [2, 2, 2]
    assert "deleted=true" in pages[0].headers["Link"]


@pytest.mark.parametrize("role", ["manager", "staff", "accountant", "viewer"])
def test_only_owner_and_admin_see_the_deleted(book, role):
    client = book.client(role)
    assert client.get("clients?deleted=true").refused(403, "forbidden")
    assert client.get("clients?deleted=true&page=0").refused(403, "forbidden")
    assert client.get("clients?deleted=false").json["total"] == 3


@pytest.mark.parametrize("query,field", [
    ("deleted=yes", "deleted"), ("deleted=", "deleted"), ("deleted=1", "deleted"),
    ("include=orders", "include"), ("tags=b2b", "tags"), ("phone=1", "phone"),
    ("sort=phone", "sort")])
def test_bad_queries(book, query, field):
    answer = book.owner.get(f"clients?{query}")
    assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}


def test_one_thing_is_not_asked_for_among_the_deleted(book):
    answer = book.owner.get("clients/dan?deleted=true")
    assert answer.refused(400, "invalid_input")
    assert answer.faults == {"deleted": "Unknown parameter"}


# ---- a client's orders

@pytest.fixture(scope="module")
def orders(stack):
    """A shop where acme has orders 1 to 6 (2 and 4 approved), other has 7; of no client is 8."""
    shop = Shop(stack)
    cake = shop.product(stock=100, unit_price=100)
    acme, other = (shop.customer(slug=slug)["id"] for slug in ("acme", "other"))
    for n in range(1, 7):
        shop.order((cake, n), client_id=acme)
    shop.order((cake, 1), client_id=other)
    shop.order((cake, 1))
    for n in (2, 4):
        assert shop.owner.post(f"orders/{n}/approve").status == 200
    shop.acme = acme
    yield shop
    shop.check_books()


@pytest.mark.parametrize("query,found", [
    ("", [6, 5, 4, 3, 2, 1]), ("sort=number", [1, 2, 3, 4, 5, 6]),
    ("sort=-total", [6, 5, 4, 3, 2, 1]), ("status=approved", [4, 2]),
    ("status[in]=pending,cancelled", [6, 5, 3, 1]), ("total[gte]=300&status=pending", [6, 5, 3]),
    ("number=7", []), ("number[in]=1,7,8", [1])])
def test_orders_of_a_client(orders, query, found):
    for ref in (orders.acme, "acme"):
        answer = orders.owner.get(f"clients/{ref}/orders?{query}")
        assert [o["number"] for o in answer.data] == found
        assert answer.json["total"] == len(found)
        assert all(o["client_id"] == orders.acme for o in answer.data)


def test_a_clients_orders_are_orders(orders):
    """The same rows as in /orders: what one can do with them, and what can be included."""
    query = "number=1&include=client,lines"
    nested, plain = (orders.owner.get(f"{path}?{query}")
                     for path in ("clients/acme/orders", "orders"))
    assert nested.data == plain.data
    assert nested.data[0]["allowed_actions"] == ["approve", "reject", "cancel"]
    assert nested.data[0]["client"]["slug"] == "acme" and len(nested.data[0]["lines"]) == 1


def test_pages_of_a_clients_orders(orders):
    seen = []
    for page in (1, 2, 3, 4):
        answer = orders.owner.get(f"clients/acme/orders?perPage=2&page={page}&sort=number")
        assert (answer.json["total"], answer.json["page"], answer.json["perPage"]) == (6, page, 2)
        seen += [o["number"] for o in answer.data]
    assert seen == [1, 2, 3, 4, 5, 6]
    first = orders.owner.get("clients/acme/orders?perPage=2&sort=number")
    assert '</api/v1/clients/acme/orders?perPage=2&sort=number&page=2>; rel="next"' in \
        first.headers["Link"]
    assert orders.owner.get("clients/acme/orders?page=0").refused(400, "invalid_input")


def test_orders_of_nobody(orders, rival):
    theirs = rival.customer(slug=unique("theirs"))
    nobody = orders.owner.get(f"clients/{MISSING}/orders")
    assert nobody.refused(404, "not_found")
    for ref in (theirs["id"], theirs["slug"], "no-such-client", "1", orders.owner.get(
            "orders/1").data["id"]):
        assert orders.owner.get(f"clients/{ref}/orders").bytes_but_ids() == nobody.bytes_but_ids()


def test_a_client_without_orders(orders):
    new = orders.customer()
    assert orders.owner.get(f"clients/{new['id']}/orders").json == {
        "data": [], "total": 0, "page": 1, "perPage": 20}


def test_an_order_that_moves_to_another_client_moves_in_the_lists(shop):
    cake = shop.product(stock=9)
    one, two = shop.customer(), shop.customer()
    order = shop.order((cake, 1), client_id=one["id"])
    assert shop.owner.patch(f"orders/{order['id']}", {"client_id": two["id"]}).status == 200
    assert shop.owner.get(f"clients/{one['id']}/orders").data == []
    assert [o["id"] for o in shop.owner.get(f"clients/{two['id']}/orders").data] == [order["id"]]
    assert shop.owner.patch(f"orders/{order['id']}", {"client_id": None}).status == 200
    assert shop.owner.get(f"clients/{two['id']}/orders").json["total"] == 0
