"""orders: PATCH before production; stock, money and slot follow, or nothing does."""

import pytest

from support.routes import MISSING
from support.shop import in_days

OPEN = ["pending", "approved"]


def lines(*wanted):
    return [{"product_id": product["id"], "quantity": quantity} for product, quantity in wanted]


def change(shop, order, body=None, headers=None, **fields):
    return shop.owner.patch(f"orders/{order['id']}", {**(body or {}), **fields}, headers=headers)


def differences(before, after):
    return {k: after[k] for k in before if before[k] != after[k] and k != "updated_at"}


def held(shop, product, status):
    """What orders have of a product that began with 20: reserved while pending, else taken."""
    on_hand, reserved = shop.stock(product)
    return reserved if status == "pending" else 20 - on_hand


def movements(shop, order):
    return shop.db.all("SELECT delta, kind FROM stock_movements WHERE tenant_id = %s AND"
                       " order_id = %s ORDER BY id", shop.id, order["id"])


# ---- what isn't stock

@pytest.mark.parametrize("status", OPEN)
def test_fields(shop, status):
    cake, client = shop.product(stock=5), shop.customer()
    order = shop.order_in(status, (cake, 2), customer_email="a@b.example", notes="Old.")
    before, stock = shop.last_event(), shop.stock(cake)
    body = {"customer_name": "Grace", "customer_email": None, "customer_phone": "+49 1",
            "client_id": client["id"], "notes": "New."}
    answer = shop.owner.patch(f"orders/{order['number']}", body,
                              content_type="application/merge-patch+json")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert differences(order, answer.data) == body
    assert shop.owner.get(f"orders/{order['id']}").data == answer.data
    assert shop.stock(cake) == stock
    (_, kind, thing, _, fields, _), = shop.events(after=before)
    assert (kind, thing, sorted(fields)) == ("order.updated", order["id"], sorted(body))


def test_an_empty_change_changes_nothing(shop):
    order = shop.order((shop.product(stock=5), 2))
    answer = change(shop, order)
    assert answer.status == 200 and differences(order, answer.data) == {}


@pytest.mark.parametrize("body,faults", [
    ({"customer_name": None}, {"customer_name": "Must not be null"}),
    ({"customer_name": ""}, {"customer_name": "Must not be empty"}),
    ({"customer_email": "x"}, {"customer_email": "Must be an e-mail address"}),
    ({"pickup_date": None}, {"pickup_date": "Must not be null"}),
    ({"pickup_date": "2020-01-01T00:00:00Z"}, {"pickup_date": "Must be in the future"}),
    ({"lines": None}, {"lines": "Must not be null"}),
    ({"lines": []}, {"lines": "Must have at least 1"}),
    ({"lines": [{"quantity": 1}]}, {"lines[0].product_id": "Is required"}),
    ({"lines": [{"product_id": MISSING, "quantity": 1, "unit_price": 1}]},
     {"lines[0].unit_price": "Read-only"}),
    ({"client_id": MISSING}, {"client_id": "No such client"}),
    ({"status": "approved", "total": 1, "number": 7, "currency": "USD", "reason": "x"},
     dict.fromkeys(["status", "total", "number", "currency", "reason"], "Read-only")),
    ({"client": {}, "tip": 1}, {"client": "Read-only", "tip": "Unknown field"})])
def test_faults(shop, body, faults):
    order = shop.order((shop.product(stock=5), 2))
    before = shop.footprint()
    answer = change(shop, order, body)
    assert answer.refused(400, "validation_failed")
    assert answer.json["message"] == "Order could not be changed"
    assert answer.faults == faults
    assert shop.footprint() == before


# ---- lines

@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("quantities", [[5], [1], [3], [2, 2], [1, 1, 1], [20]])
def test_more_and_less_of_the_same(shop, status, quantities):
    cake = shop.product(stock=20, unit_price=500, tax_rate=700)
    order = shop.order_in(status, (cake, 3))
    answer = change(shop, order, lines=lines(*((cake, q) for q in quantities)))
    assert answer.status == 200, answer
    assert [line["quantity"] for line in answer.data["lines"]] == quantities
    assert answer.data["total"] == 500 * sum(quantities)
    assert held(shop, cake, status) == sum(quantities)
    on_hand, reserved = shop.stock(cake)
    assert (on_hand == 20) if status == "pending" else (reserved == 0)
    more = sum(quantities) - 3
    expected = [(-3, "sale")] + ([(-more, "sale" if more > 0 else "return")] if more else [])
    assert movements(shop, order) == ([] if status == "pending" else expected)
    assert shop.owner.get(f"orders/{order['id']}").data == answer.data


@pytest.mark.parametrize("status", OPEN)
def test_another_product(shop, status):
    cake, bread = (shop.product(stock=20, unit_price=p) for p in (1000, 300))
    loose = shop.product(track_stock=False, unit_price=50)
    order = shop.order_in(status, (cake, 3))
    answer = change(shop, order, lines=lines((bread, 4), (loose, 7)))
    assert answer.status == 200
    assert [(line["name"], line["quantity"], line["total"]) for line in answer.data["lines"]] == [
        (bread["name"], 4, 1200), (loose["name"], 7, 350)]
    assert (answer.data["subtotal"], answer.data["total"]) == (1550, 1550)
    assert (held(shop, cake, status), held(shop, bread, status)) == (0, 4)
    assert shop.stock(loose) == (0, 0)
    back = change(shop, order, lines=lines((cake, 3)))
    assert back.status == 200 and back.data["total"] == 3000
    assert (held(shop, cake, status), held(shop, bread, status)) == (3, 0)


@pytest.mark.parametrize("inclusive", [True, False])
def test_what_was_in_the_order_keeps_its_price_and_tax(fresh, inclusive):
    """What comes new has today's."""
    fresh.settings(prices_include_tax=inclusive)
    cake, bread = (fresh.product(stock=20, unit_price=1000, tax_rate=700) for _ in range(2))
    order = fresh.order((cake, 1))
    for product in (cake, bread):
        fresh.owner.patch(f"products/{product['id']}", {"unit_price": 9999, "tax_rate": 1900})
    data = change(fresh, order, lines=lines((cake, 2), (bread, 1), (cake, 1))).data
    assert [(x["unit_price"], x["tax_rate"]) for x in data["lines"]] == [
        (1000, 700), (9999, 1900), (1000, 700)]
    taxes = [131, 1596, 65] if inclusive else [140, 1900, 70]
    totals = [2000, 9999, 1000] if inclusive else [2140, 11899, 1070]
    assert [x["tax"] for x in data["lines"]] == taxes
    assert [x["total"] for x in data["lines"]] == totals
    assert (data["tax_total"], data["total"]) == (sum(taxes), sum(totals))
    assert data["subtotal"] == sum(totals) - sum(taxes)
    # What was taken out and comes back is new.
    change(fresh, order, lines=lines((bread, 1)))
    assert change(fresh, order, lines=lines((cake, 1))).data["lines"][0]["unit_price"] == 9999


def test_notes_of_lines(shop):
    cake = shop.product(stock=20)
    order = shop.order({"product_id": cake["id"], "quantity": 1, "note": "No nuts"})
    data = change(shop, order, lines=[{"product_id": cake["id"], "quantity": 1},
                                      {"product_id": cake["id"], "quantity": 1,
                                       "note": "With candles"}]).data
    assert [line["note"] for line in data["lines"]] == [None, "With candles"]


@pytest.mark.parametrize("status", OPEN)
def test_up_to_the_last_one_and_no_further(shop, status):
    """What the order holds itself is there for it; the details tell how much it could have."""
    cake, bread = shop.product(stock=20), shop.product(stock=20)
    order = shop.order_in(status, (cake, 6), (bread, 20))
    shop.order((cake, 4))
    before = shop.footprint()
    answer = change(shop, order, lines=lines((bread, 20), (cake, 17)), notes="Never kept.")
    assert answer.refused(422, "insufficient_stock")
    assert answer.faults == {"lines[1].quantity": "Only 16 available"}
    split = change(shop, order, lines=lines((cake, 9), (bread, 1), (cake, 8)))
    assert split.refused(422, "insufficient_stock")
    assert set(split.faults) == {"lines[0].quantity", "lines[2].quantity"}
    assert shop.footprint() == before
    assert change(shop, order, lines=lines((bread, 20), (cake, 16))).status == 200
    assert held(shop, cake, "pending") + (held(shop, cake, "approved")) == 20


@pytest.mark.parametrize("status", OPEN)
def test_a_product_that_is_not_there(shop, rival, status):
    cake, gone = shop.product(stock=5), shop.product(stock=5)
    order = shop.order_in(status, (cake, 2))
    shop.owner.delete(f"products/{gone['id']}")
    before = shop.footprint()
    answers = [change(shop, order, lines=lines((cake, 1), ({"id": other}, 1)))
               for other in (MISSING, rival.product(stock=5)["id"], gone["id"])]
    assert answers[0].refused(400, "validation_failed")
    assert answers[0].json["message"] == "Order could not be changed"
    assert answers[0].faults == {"lines[1].product_id": "No such product"}
    for answer in answers[1:]:
        assert answer.bytes_but_ids() == answers[0].bytes_but_ids()
    both = change(shop, order, lines=lines((cake, 99), ({"id": MISSING}, 1)))
    assert both.refused(400, "validation_failed")  # 400 wins over 422
    assert both.faults == {"lines[1].product_id": "No such product"}
    assert shop.footprint() == before


@pytest.mark.parametrize("status", OPEN)
def test_a_product_that_is_tracked_no_longer_or_only_now(shop, status):
    """A changed order follows what is so today; what it held is given back as it was taken."""
    cake, loose = shop.product(stock=20), shop.product(track_stock=False)
    order = shop.order_in(status, (cake, 5), (loose, 5))
    shop.owner.patch(f"products/{cake['id']}", {"track_stock": False})
    shop.owner.patch(f"products/{loose['id']}", {"track_stock": True})
    shop.adjust(loose, 20)
    assert change(shop, order, lines=lines((cake, 50), (loose, 2))).status == 200
    assert shop.stock(cake) == (20, 0)
    assert held(shop, loose, status) == 2
    assert shop.owner.post(f"orders/{order['id']}/cancel").status == 200
    assert (shop.stock(cake), shop.stock(loose)) == ((20, 0), (20, 0))


@pytest.mark.parametrize("status", OPEN)
def test_every_change_comes_back_when_the_order_leaves(shop, status):
    cake, bread = shop.product(stock=20), shop.product(stock=20)
    order = shop.order_in(status, (cake, 3))
    for wanted in (((cake, 7),), ((cake, 2), (bread, 5)), ((bread, 1),), ((bread, 9), (cake, 9))):
        assert change(shop, order, lines=lines(*wanted)).status == 200
    assert shop.owner.post(f"orders/{order['id']}/cancel").status == 200
    assert shop.stock(cake) == shop.stock(bread) == (20, 0)
    assert sum(delta for delta, _ in movements(shop, order)) == 0


def test_an_astronomic_change_is_refused(shop):
    gold = shop.product(unit_price=999999999999, tax_rate=10000, track_stock=False)
    order = shop.order((gold, 1))
    before = shop.footprint()
    answer = change(shop, order, lines=lines(*[(gold, 100000)] * 100))
    assert 400 <= answer.status < 500, answer
    assert shop.footprint() == before


# ---- which refusal wins

@pytest.mark.parametrize("body", [{"notes": "x"}, {"pickup_date": in_days(5)}, {"lines": "few"},
                                  {"lines": "many"}])
def test_404_then_412_then_422(shop, body):
    cake = shop.product(stock=5)
    order = shop.order((cake, 2))
    if "lines" in body:
        body = {"lines": lines((cake, 1 if body["lines"] == "few" else 99))}
    stale = {"If-Match": '"9"'}
    before = shop.footprint()
    nothing = change(shop, {"id": MISSING}, body, headers=stale)
    assert nothing.refused(404, "not_found"), nothing
    assert change(shop, order, body, headers=stale).refused(412, "precondition_failed")
    assert shop.footprint() == before
    answer = change(shop, order, body, headers={"If-Match": '"1"'})
    assert answer.status == (422 if body.get("lines", [{}])[0].get("quantity") == 99 else 200)


def test_if_match_sees_the_change_of_another(shop):
    cake = shop.product(stock=20)
    order = shop.order((cake, 2))
    etag = shop.owner.get(f"orders/{order['id']}").etag
    first = change(shop, order, lines=lines((cake, 3)), headers={"If-Match": etag})
    assert first.status == 200 and first.etag != etag
    lost = change(shop, order, lines=lines((cake, 4)), headers={"If-Match": etag})
    assert lost.refused(412, "precondition_failed")
    assert shop.stock(cake) == (20, 3)


def test_a_rehearsal(shop):
    cake = shop.product(stock=20)
    order = shop.approved((cake, 2))
    before = shop.footprint()
    answer = shop.owner.patch(f"orders/{order['id']}?dry_run=true", {"lines": lines((cake, 20))})
    assert answer.status == 200 and answer.data["lines"][0]["quantity"] == 20
    assert shop.owner.patch(f"orders/{order['id']}?dry_run=true",
                            {"lines": lines((cake, 21))}).refused(422, "insufficient_stock")
    assert shop.footprint() == before


def test_money_of_version_2(shop):
    cake = shop.product(stock=5, unit_price=1190, tax_rate=1900)
    order = shop.order((cake, 1))
    answer = shop.owner.patch(f"/api/v2/orders/{order['id']}", {"lines": lines((cake, 2))})
    assert answer.data["total"] == {"amount": 2380, "currency": "EUR"}
    assert answer.data["lines"][0]["tax"] == {"amount": 380, "currency": "EUR"}


# ---- includes

def test_include(shop):
    client = shop.customer(email="buy@acme.example", phone="1", notes="Private.")
    cake = shop.product(stock=9)
    order, plain = shop.order((cake, 1), client_id=client["id"]), shop.order((cake, 1))
    path = f"orders/{order['id']}"
    there = {k: client[k] for k in ("id", "name", "slug", "email", "phone")}
    assert "client" not in shop.owner.get(path).data
    one = shop.owner.get(f"{path}?include=client")
    assert one.data == {**order, "client": there}
    assert shop.owner.get(f"{path}?include=client,lines").data == one.data
    nobody = shop.owner.get(f"orders/{plain['id']}?include=client").data
    assert nobody["client"] is None and nobody["client_id"] is None
    query = f"number[in]={order['number']},{plain['number']}&sort=number"
    rows = shop.owner.get(f"orders?{query}&include=lines,client").data
    assert [(r["client"], r["lines"]) for r in rows] == [(there, order["lines"]),
                                                         (None, plain["lines"])]
    assert all("client" not in r and "lines" in r
               for r in shop.owner.get(f"orders?{query}&include=lines").data)
    chosen = shop.owner.get(f"{path}?include=client&fields=number,client").data
    assert chosen == {"number": order["number"], "client": there}


def test_an_included_client_changes_the_etag(shop):
    """The order's revision stays, but what one sees is another."""
    client = shop.customer()
    order = shop.order((shop.product(stock=1), 1), client_id=client["id"])
    path = f"orders/{order['id']}"
    plain, full = shop.owner.get(path).etag, shop.owner.get(f"{path}?include=client").etag
    assert plain != full
    for ref, tag in ((path, plain), (f"{path}?include=client", full)):
        assert shop.owner.get(ref, headers={"If-None-Match": tag}).status == 304
    shop.owner.patch(f"clients/{client['id']}", {"phone": "+49 1"})
    assert shop.owner.get(path).etag == plain
    changed = shop.owner.get(f"{path}?include=client", headers={"If-None-Match": full})
    assert changed.status == 200 and changed.data["client"]["phone"] == "+49 1"
    assert changed.etag != full
    shop.owner.patch(path, {"notes": "x"})
    assert shop.owner.get(f"{path}?include=client").etag != changed.etag


@pytest.mark.parametrize("include", ["no_such", "client,no_such", "", "client,", "status",
                                     "client.name", "lines.product", "Client"])
def test_bad_includes(shop, include):
    order = shop.order((shop.product(stock=1), 1))
    for path in ("orders", f"orders/{order['id']}"):
        answer = shop.owner.get(f"{path}?include={include}")
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {"include"}, answer
    answer = shop.owner.patch(f"orders/{order['id']}?include=client", {})
    assert answer.refused(400, "invalid_input")
