"""inventory: stock, and the ledger that it is the sum of."""

import pytest

from support.routes import MISSING


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
