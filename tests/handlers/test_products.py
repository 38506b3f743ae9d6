"""products: what a tenant sells."""

import json

import pytest

from support.routes import MISSING
from support.shop import Shop, unique

SLUG = "Must be a-z, 0-9 and '-', and not look like an id"
PRICE = "Must be an integer in minor units"


def test_create_with_everything(shop):
    category = shop.category()
    body = {"name": "Black Forest cake", "slug": unique("forest"), "sku": unique("SKU"),
            "description": "Cherries.\nMany.", "category_id": category["id"], "unit_price": 3490,
            "tax_rate": 700, "lead_time_hours": 24, "track_stock": False, "published": False}
    answer = shop.owner.post("products", body)
    assert answer.status == 201
    assert {k: answer.data[k] for k in body} == body
    assert answer.headers["Location"] == f"/api/v1/products/{answer.data['id']}"
    assert shop.owner.get(f"products/{body['slug']}").data == answer.data


def test_defaults(shop):
    made = shop.product(name="Simple")
    assert made == {**made, "slug": "simple", "sku": None, "description": None, "category_id": None,
                    "tax_rate": 0, "lead_time_hours": 0, "track_stock": True, "published": True,
                    "active": True, "deleted_at": None}
    assert shop.stock(made) == (0, 0)


def test_all_faults_at_once(shop):
    answer = shop.owner.post("products", {
        "name": "", "slug": "No", "sku": "", "description": 1, "category_id": "x", "unit_price": -1,
        "tax_rate": 10001, "lead_time_hours": 8761, "track_stock": 1, "published": "yes",
        "active": True,
        "stock": 5})
    assert answer.refused(400, "validation_failed")
    assert answer.faults == {
        "name": "Must not be empty", "slug": SLUG, "sku": "Must not be empty",
        "description": "Must be text", "category_id": "Must be an id (UUID)",
        "unit_price": "Must not be negative", "tax_rate": "Must be at most 10000",
        "lead_time_hours": "Must be at most 8760", "track_stock": "Must be true or false",
        "published": "Must be true or false", "active": "Read-only", "stock": "Unknown field"}


@pytest.mark.parametrize("price", ["12.5", "12.0", "1e3", "-0.0", '"1250"', "true", "[]", "{}",
                                   "9223372036854775808", "-9223372036854775809", "1" * 40,
                                   "1000000000000", "-1"])
def test_prices_that_are_none(shop, price):
    answer = shop.owner.request("POST", "products",
                                body=f'{{"name":"x","unit_price":{price}}}'.encode())
    assert answer.refused(400, "validation_failed")
    assert set(answer.faults) == {"unit_price"}


@pytest.mark.parametrize("price", [0, 1, 999999999999])
def test_prices_that_are(shop, price):
    assert shop.product(unit_price=price)["unit_price"] == price


def test_a_sku_is_unique_among_what_is_there(shop, rival):
    sku = unique("SKU")
    first = shop.product(sku=sku)
    answer = shop.owner.post("products", {"name": "x", "unit_price": 1, "sku": sku})
    assert answer.refused(409, "duplicate") and answer.faults == {"sku": "Is taken"}
    other = shop.owner.patch(f"products/{shop.product()['id']}", {"sku": sku})
    assert other.refused(409, "duplicate")
    rival.product(sku=sku)
    shop.owner.delete(f"products/{first['id']}")
    second = shop.product(sku=sku)
    assert shop.owner.post(f"products/{first['id']}/restore").refused(409, "duplicate")
    assert shop.owner.patch(f"products/{second['id']}", {"sku": None}).data["sku"] is None
    assert shop.owner.post(f"products/{first['id']}/restore").status == 200


def test_a_category_of_anothers_is_like_one_that_never_was(shop, rival):
    theirs = rival.category()["id"]
    for product in (None, shop.product()):
        answers = []
        for category in (theirs, MISSING):
            body = {"name": "x", "unit_price": 1, "category_id": category}
            answers.append(shop.owner.patch(f"products/{product['id']}", body) if product
                           else shop.owner.post("products", body))
        assert answers[0].refused(400, "validation_failed")
        assert answers[0].faults == {"category_id": "No such category"}
        assert answers[0].bytes_but_ids() == answers[1].bytes_but_ids()


def test_products_of_a_category(shop, rival):
    category = shop.category()["id"]
    inside = {shop.product(category_id=category)["id"] for _ in range(3)}
    answer = shop.owner.get(f"products?category_id={category}")
    assert {p["id"] for p in answer.data} == inside and answer.json["total"] == 3
    for nothing in (MISSING, rival.category()["id"]):
        assert shop.owner.get(f"products?category_id={nothing}").json["total"] == 0


def test_patch_by_rfc_7396(shop):
    category = shop.category()
    made = shop.product(description="d", category_id=category["id"], sku=unique("s"), tax_rate=1900)
    path = f"products/{made['id']}"
    answer = shop.owner.patch(path, {"description": None, "category_id": None, "tax_rate": None,
                                     "published": False, "unit_price": 99})
    assert answer.status == 200
    changed = {k: answer.data[k] for k in made if made[k] != answer.data[k] and k != "updated_at"}
    assert changed == {"description": None, "category_id": None, "tax_rate": 0, "published": False,
                       "unit_price": 99}
    for required in ("name", "unit_price"):
        refused = shop.owner.patch(path, {required: None})
        assert refused.refused(400, "validation_failed")
        assert refused.json["message"] == "Product could not be changed"
        assert refused.faults == {required: "Must not be null"}
    assert shop.owner.patch(path, {"id": made["id"]}).faults == {"id": "Read-only"}


def test_an_empty_patch_changes_nothing_shown(shop):
    made = shop.product()
    answer = shop.owner.patch(f"products/{made['id']}", {})
    assert answer.status == 200
    assert {k for k in made if made[k] != answer.data[k]} <= {"updated_at"}


def test_put_replaces_what_is_absent_by_its_default(shop):
    made = shop.product(description="d", sku=unique("s"), tax_rate=1900, published=False,
                        track_stock=False)
    path = f"products/{made['id']}"
    answer = shop.owner.put(path, {"name": "New", "unit_price": 5})
    assert answer.status == 200
    assert {k: answer.data[k] for k in made if made[k] != answer.data[k] and k != "updated_at"} == {
        "name": "New", "unit_price": 5, "description": None, "sku": None, "tax_rate": 0,
        "published": True, "track_stock": True}
    got = shop.owner.get(path)
    again = shop.owner.put(path, got.data, headers={"If-Match": got.etag})
    assert again.status == 200
    assert {k for k in got.data if got.data[k] != again.data[k]} <= {"updated_at"}
    assert shop.owner.put(path, {"name": "New"}).faults == {"unit_price": "Is required"}


def test_delete_and_restore(shop):
    made = shop.product(stock=3)
    total = shop.owner.get("products").json["total"]
    assert shop.owner.delete(f"products/{made['slug']}").data["active"] is False
    assert shop.owner.get("products").json["total"] == total - 1
    for path in (f"products/{made['id']}", f"inventory/{made['id']}", f"inventory/{made['slug']}"):
        assert shop.owner.get(path).refused(404, "not_found"), path
    assert shop.owner.post(f"products/{made['slug']}/restore").data["id"] == made["id"]
    assert shop.owner.get(f"inventory/{made['id']}").data["on_hand"] == 3


def test_a_change_of_one_is_seen_by_if_match_of_another(shop):
    path = f"products/{shop.product()['id']}"
    etag = shop.owner.get(path).etag
    assert shop.client("manager").patch(path, {"unit_price": 2},
                                        headers={"If-Match": etag}).status == 200
    lost = shop.owner.patch(path, {"unit_price": 3}, headers={"If-Match": etag})
    assert lost.refused(412, "precondition_failed")
    assert shop.owner.get(path).data["unit_price"] == 2


def test_stock_leaves_the_product_alone(shop):
    made = shop.product()
    before = shop.owner.get(f"products/{made['id']}").etag
    shop.adjust(made, 5)
    assert shop.owner.get(f"products/{made['id']}").etag == before


def test_restore_where_the_slug_was_taken_since(shop):
    """The stock that it had comes back with it."""
    first = shop.product(slug=unique("again"), stock=7)
    shop.owner.delete(f"products/{first['id']}")
    second = shop.product(slug=first["slug"])
    for ref in (first["id"], first["slug"]):
        answer = shop.owner.post(f"products/{ref}/restore")
        assert answer.refused(409, "duplicate") and answer.faults == {"slug": "Is taken"}
    shop.owner.delete(f"products/{second['id']}")
    assert shop.owner.post(f"products/{first['slug']}/restore").data["id"] == second["id"]
    shop.owner.delete(f"products/{second['id']}")
    assert shop.owner.post(f"products/{first['id']}/restore").status == 200
    assert shop.stock(first) == (7, 0)


# ---- the category, included

def test_include_category(shop):
    shelf = shop.category(name="Cakes", position=3)
    cake, loose = shop.product(category_id=shelf["id"]), shop.product()
    there = {k: shelf[k] for k in ("id", "name", "slug")}
    assert "category" not in shop.owner.get(f"products/{cake['id']}").data
    one = shop.owner.get(f"products/{cake['slug']}?include=category")
    assert one.data == {**cake, "category": there}
    assert shop.owner.get(f"products/{loose['id']}?include=category").data["category"] is None
    query = f"products?name[in]={cake['name']},{loose['name']}&sort=created_at"
    rows = shop.owner.get(f"{query}&include=category")
    assert [r["category"] for r in rows.data] == [there, None] and rows.json["total"] == 2
    assert all("category" not in r for r in shop.owner.get(query).data)
    chosen = shop.owner.get(f"products/{cake['id']}?include=category&fields=category,id").data
    assert chosen == {"id": cake["id"], "category": there}


def test_an_included_category_changes_the_etag(shop):
    shelf = shop.category()
    path = f"products/{shop.product(category_id=shelf['id'])['id']}"
    listed = f"products?category_id={shelf['id']}"
    plain = [shop.owner.get(p).etag for p in (path, listed)]
    full = [shop.owner.get(p).etag for p in (f"{path}?include=category",
                                             f"{listed}&include=category")]
    assert len({*plain, *full}) == 4
    shop.owner.patch(f"categories/{shelf['id']}", {"name": "Renamed"})
    assert [shop.owner.get(p).etag for p in (path, listed)] == plain
    for p, old in zip((f"{path}?include=category", f"{listed}&include=category"), full):
        answer = shop.owner.get(p, headers={"If-None-Match": old})
        assert answer.status == 200 and b"Renamed" in answer.body
        assert shop.owner.get(p, headers={"If-None-Match": answer.etag}).status == 304


@pytest.mark.parametrize("include", ["no_such", "category,stock", "", "category.name", "name",
                                     "category_id"])
def test_bad_includes(shop, include):
    for path in ("products", f"products/{shop.product()['id']}"):
        answer = shop.owner.get(f"{path}?include={include}")
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {"include"}


def test_category_is_read_only(shop):
    answer = shop.owner.post("products", {"name": "x", "unit_price": 1, "category": None})
    assert answer.faults == {"category": "Read-only"}


# ---- the deleted

def test_list_of_the_deleted(fresh):
    kept, gone = fresh.product(name="Kept"), fresh.product(name="Gone")
    fresh.owner.delete(f"products/{gone['id']}")
    for role in ("owner", "admin"):
        answer = fresh.client(role).get("products?deleted=true&include=category")
        assert [p["id"] for p in answer.data] == [gone["id"]] and answer.json["total"] == 1
        assert answer.data[0]["active"] is False and answer.data[0]["deleted_at"]
    for role in ("manager", "staff", "accountant", "viewer"):
        assert fresh.client(role).get("products?deleted=true").refused(403, "forbidden")
        assert [p["id"] for p in fresh.client(role).get("products?deleted=false").data] == [
            kept["id"]]
    assert fresh.owner.get(f"products/{gone['id']}?deleted=true").refused(400, "invalid_input")
    assert fresh.owner.get("inventory?deleted=true").refused(400, "invalid_input")


# ---- money in version 2

V2 = "/api/v2/products"


def test_money_of_version_2(shop):
    answer = shop.owner.post(V2, {"name": "x", "unit_price": {"amount": 1250, "currency": "EUR"}})
    assert answer.status == 201
    assert answer.data["unit_price"] == {"amount": 1250, "currency": "EUR"}
    assert answer.headers["Location"] == f"{V2}/{answer.data['id']}"
    assert shop.owner.get(f"products/{answer.data['id']}").data["unit_price"] == 1250
    changed = shop.owner.patch(f"{V2}/{answer.data['id']}",
                               {"unit_price": {"amount": 7, "currency": "EUR"}})
    assert changed.data["unit_price"] == {"amount": 7, "currency": "EUR"}


@pytest.mark.parametrize("money", [
    1250, "1250", {"amount": 1250}, {"currency": "EUR"}, {"amount": 12.5, "currency": "EUR"},
    {"amount": "1", "currency": "EUR"}, {"amount": 1, "currency": "EURO"},
    {"amount": 1, "currency": 9},
    {"amount": 1, "currency": "EUR", "more": 1}, {"amount": None, "currency": "EUR"}, [], {}])
def test_money_that_version_2_refuses(shop, money):
    answer = shop.owner.post(V2, {"name": "x", "unit_price": money})
    assert answer.refused(400, "validation_failed")
    assert set(answer.faults) == {"unit_price"}


@pytest.mark.parametrize("currency", ["USD", "eur", "XXX"])
def test_another_currency_than_the_tenants(shop, currency):
    before = shop.footprint()
    body = {"name": "x", "unit_price": {"amount": 1, "currency": currency}}
    answer = shop.owner.post(V2, body)
    assert answer.refused(400, "validation_failed")
    made = shop.footprint()
    assert made == before
    path = f"{V2}/{shop.product()['id']}"
    assert shop.owner.put(path, body).refused(400, "validation_failed")
    assert shop.owner.get(path).data["unit_price"]["amount"] == 1250


def test_version_1_refuses_money_of_version_2(shop):
    answer = shop.owner.post("products",
                             {"name": "x", "unit_price": {"amount": 1, "currency": "EUR"}})
    assert answer.faults == {"unit_price": PRICE}


def test_a_currency_without_minor_units(stack):
    tokyo = Shop(stack, currency="JPY")
    made = tokyo.product(unit_price=1250)
    price = tokyo.owner.get(f"{V2}/{made['id']}").data["unit_price"]
    assert price == {"amount": 1250, "currency": "JPY"}
    tokyo.check_books()


def test_a_body_is_read_as_utf_8(shop):
    body = json.dumps({"name": "Käse \U0001f9c0", "unit_price": 1}).encode()  # as \u escapes
    answer = shop.owner.request("POST", "products", body=body)
    assert answer.data["name"] == "Käse \U0001f9c0"
