"""inventory: stock, and the ledger that it is the sum of."""

import pytest

from support.routes import MISSING
from support.shop import Shop


def adjust(shop, product, delta, reason="counted", **kw):
    return shop.owner.post(f"inventory/{product['id']}/adjust", {"delta": delta, "reason": reason},
                           **kw)


def ledger(shop, product):
    return shop.db.all(
        "SELECT delta, kind, reason, on_hand, actor_id::text FROM stock_movements"
        " WHERE tenant_id = %s AND product_id = %s ORDER BY created_at, id", shop.id, product["id"])


def test_get(shop):
    product = shop.product(stock=10, sku="GET-1")
    answer = shop.owner.get(f"inventory/{product['slug']}")
    assert answer.status == 200
    assert answer.data == {
        "product_id": product["id"], "name": product["name"], "slug": product["slug"],
        "sku": "GET-1",
        "track_stock": True, "on_hand": 10, "reserved": 0, "available": 10,
        "updated_at": answer.data["updated_at"]}
    assert shop.owner.get(f"inventory/{product['id']}").body == answer.body
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_orders_hold_is_reserved(shop):
    product = shop.product(stock=10)
    shop.order((product, 4))
    data = shop.owner.get(f"inventory/{product['id']}").data
    assert (data["on_hand"], data["reserved"], data["available"]) == (10, 4, 6)


def test_adjust(shop):
    product = shop.product()
    before = shop.last_event()
    answer = adjust(shop, product, 12, "delivery")
    assert answer.status == 200
    assert (answer.data["on_hand"], answer.data["available"]) == (12, 12)
    assert adjust(shop, product, -5, "broken").data["on_hand"] == 7
    owner = shop.users["owner"]
    assert ledger(shop, product) == [(12, "adjustment", "delivery", 12, owner),
                                     (-5, "adjustment", "broken", 7, owner)]
    assert [(e[1], e[2], sorted(e[4])) for e in shop.events(after=before)] == \
        [("stock.adjusted", product["id"], ["delta", "reason"])] * 2


def test_each_change_is_another_revision(shop):
    product = shop.product()
    path = f"inventory/{product['id']}"
    etag = shop.owner.get(path).etag
    assert adjust(shop, product, 1, headers={"If-Match": etag}).status == 200
    assert adjust(shop, product, 1, headers={"If-Match": etag}).refused(412, "precondition_failed")
    assert shop.owner.get(path).etag != etag and shop.stock(product) == (1, 0)


@pytest.mark.parametrize("delta", [-1, -11, -1000000])
def test_never_below_nothing(shop, delta):
    product = shop.product(stock=10)
    shop.order((product, 10))
    before = shop.footprint()
    answer = adjust(shop, product, delta)
    assert answer.refused(422, "insufficient_stock") and set(answer.faults) == {"delta"}
    assert shop.footprint() == before


def test_down_to_what_is_reserved(shop):
    product = shop.product(stock=10)
    shop.order((product, 4))
    assert adjust(shop, product, -7).refused(422, "insufficient_stock")
    assert adjust(shop, product, -6).data["available"] == 0


@pytest.mark.parametrize("body,faults", [
    ({}, {"delta": "Is required", "reason": "Is required"}),
    ({"delta": 0, "reason": "x"}, {"delta": "Must not be 0"}),
    ({"delta": 1.5, "reason": ""}, {"delta": "Must be an integer", "reason": "Must not be empty"}),
    ({"delta": 1000001, "reason": "x" * 501}, {"delta": "Must be at most 1000000",
                                               "reason": "Must have at most 500 characters"}),
    ({"delta": -1000001, "reason": "x"}, {"delta": "Must be at least -1000000"}),
    ({"delta": 1, "reason": "x", "on_hand": 5}, {"on_hand": "Unknown field"}),
    ({"delta": "1", "reason": 5}, {"delta": "Must be an integer", "reason": "Must be text"})])
def test_faults(shop, body, faults):
    product = shop.product()
    before = shop.footprint()
    answer = shop.owner.post(f"inventory/{product['id']}/adjust", body)
    assert answer.refused(400, "validation_failed")
    assert answer.faults == faults
    assert shop.footprint() == before


def test_faults_of_the_input_go_before_404(shop):
    assert shop.owner.post(f"inventory/{MISSING}/adjust", {"delta": 0.5}).status == 400
    assert shop.owner.post(f"inventory/{MISSING}/adjust", {"delta": 1, "reason": "x"}).status == 404


def test_list(fresh):
    plenty, some, none = (fresh.product(name=n, stock=s) for n, s in
                          (("C plenty", 50), ("A some", 5), ("B none", 0)))
    fresh.order((some, 5))
    answer = fresh.owner.get("inventory")
    assert [i["name"] for i in answer.data] == ["A some", "B none", "C plenty"]
    assert answer.json["total"] == 3

    def found(query):
        answer = fresh.owner.get(f"inventory?{query}")
        assert answer.json["total"] == len(answer.data)
        return [i["product_id"] for i in answer.data]

    assert found("available=0") == [some["id"], none["id"]]
    assert found("available[lte]=0&on_hand[gt]=0") == [some["id"]]
    assert found("reserved[gte]=1") == [some["id"]]
    assert found("on_hand[in]=0,50&sort=-name") == [plenty["id"], none["id"]]
    assert found(f"slug={none['slug']}") == [none["id"]]
    assert found("track_stock=false") == []
    fresh.owner.delete(f"products/{plenty['id']}")
    assert plenty["id"] not in found("perPage=100")


def test_what_is_not_tracked_has_stock_too_but_no_limit(shop):
    product = shop.product(track_stock=False)
    order = shop.approved((product, 500))
    assert order["status"] == "approved"
    assert shop.stock(product) == (0, 0) and ledger(shop, product) == []


# ---- movements: how the stock came to be

@pytest.fixture(scope="module")
def moved(stack):
    """A shop with a product whose stock has seen everything once."""
    shop = Shop(stack)
    cake = shop.product(sku="M-1")
    adjust(shop, cake, 10, "delivery")
    shop.client("staff").post(f"inventory/{cake['id']}/adjust", {"delta": -2, "reason": "broken"})
    kept, gone = shop.approved((cake, 3)), shop.approved((cake, 1), (cake, 1))
    assert shop.owner.post(f"orders/{gone['id']}/cancel").status == 200
    assert shop.owner.patch(f"orders/{kept['id']}", {
        "lines": [{"product_id": cake["id"], "quantity": 2}]}).status == 200
    shop.order((cake, 1))  # pending: it reserves, but nothing has moved
    shop.cake, shop.kept, shop.gone = cake, kept["id"], gone["id"]
    yield shop
    shop.check_books()


def test_movements(moved):
    for ref in (moved.cake["id"], moved.cake["slug"]):
        answer = moved.owner.get(f"inventory/{ref}/movements?sort=created_at")
        assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
        rows = answer.data
        assert [(m["delta"], m["kind"], m["reason"], m["order_id"], m["on_hand"]) for m in rows] \
            == [(10, "adjustment", "delivery", None, 10), (-2, "adjustment", "broken", None, 8),
                (-3, "sale", None, moved.kept, 5), (-2, "sale", None, moved.gone, 3),
                (2, "return", None, moved.gone, 5), (1, "return", None, moved.kept, 6)]
        assert answer.json["total"] == 6
    assert {m["product_id"] for m in rows} == {moved.cake["id"]}
    staff, owner = moved.users["staff"], moved.users["owner"]
    assert [m["actor_id"] for m in rows] == [owner, staff, owner, owner, owner, owner]
    stock = moved.owner.get(f"inventory/{moved.cake['id']}").data
    assert sum(m["delta"] for m in rows) == stock["on_hand"] == 6


@pytest.mark.parametrize("query,found", [
    ("", [5, 4, 3, 2, 1, 0]), ("kind=adjustment", [1, 0]), ("kind[in]=sale,return", [5, 4, 3, 2]),
    ("delta[gt]=0&sort=created_at", [0, 4, 5]), ("delta=-2", [3, 1]), ("order_id=GONE", [4, 3]),
    ("kind=sale&order_id=KEPT", [2]), ("created_at[lt]=2000-01-01T00:00:00Z", []),
    ("perPage=2&page=2", [3, 2]), ("perPage=4&page=2&sort=created_at", [4, 5])])
def test_movements_are_a_list(moved, query, found):
    path = f"inventory/{moved.cake['id']}/movements"
    ids = [m["id"] for m in moved.owner.get(f"{path}?sort=created_at").data]
    answer = moved.owner.get(
        f"{path}?{query.replace('GONE', moved.gone).replace('KEPT', moved.kept)}")
    assert [ids.index(m["id"]) for m in answer.data] == found
    assert answer.json["total"] == (6 if "perPage" in query else len(found))


@pytest.mark.parametrize("query,field", [
    ("kind=theft", "kind"), ("sort=delta", "sort"), ("reason=x", "reason"), ("delta=x", "delta"),
    ("deleted=true", "deleted"), ("include=product", "include"), ("fields=slug", "fields")])
def test_bad_queries_of_movements(moved, query, field):
    answer = moved.owner.get(f"inventory/{moved.cake['id']}/movements?{query}")
    assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}


def test_movements_of_nothing(moved, rival):
    nobody = moved.owner.get(f"inventory/{MISSING}/movements")
    assert nobody.refused(404, "not_found")
    deleted = moved.product(stock=1)
    moved.owner.delete(f"products/{deleted['id']}")
    for ref in (rival.product(stock=1)["id"], deleted["id"], deleted["slug"], "no-such"):
        assert moved.owner.get(f"inventory/{ref}/movements").bytes_but_ids() == \
            nobody.bytes_but_ids()


def test_a_product_that_never_moved(shop):
    answer = shop.owner.get(f"inventory/{shop.product()['id']}/movements")
    assert answer.json == {"data": [], "total": 0, "page": 1, "perPage": 20}
