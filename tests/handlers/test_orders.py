"""orders: from pending to approved or out; stock, money and numbers on the way."""

from fractions import Fraction

import pytest

from support.routes import MISSING
from support.shop import Shop, in_days, unique
from support.stories import order_story


def movements(shop, order):
    return shop.db.all("SELECT product_id::text, delta, kind FROM stock_movements"
                       " WHERE tenant_id = %s AND order_id = %s ORDER BY id", shop.id, order["id"])


def test_the_story(stack):
    order_story(Shop(stack))


# ---- placing

def test_place(fresh):
    cake, bread = fresh.product(stock=10, unit_price=1999), fresh.product(stock=10, unit_price=350)
    before = fresh.last_event()
    body = fresh.order_body({"product_id": cake["id"], "quantity": 2, "note": "no nuts"},
                            (bread, 1),
                            customer_email="ada@example.org", customer_phone="+49 30 1234",
                            notes="Ring twice.")
    answer = fresh.owner.post("orders", body)
    assert answer.status == 201
    order = answer.data
    assert order == {
        **order, "number": 1, "status": "pending",
        "allowed_actions": ["approve", "reject", "cancel"],
        "customer_name": "Ada Customer", "customer_email": "ada@example.org",
        "customer_phone": "+49 30 1234", "pickup_date": body["pickup_date"], "notes": "Ring twice.",
        "reason": None, "currency": "EUR", "subtotal": 4348, "tax_total": 0, "total": 4348,
        "payment_status": "none", "placed_by": fresh.users["owner"], "lines": [
            {"product_id": cake["id"], "name": cake["name"], "quantity": 2, "unit_price": 1999,
             "tax_rate": 0, "tax": 0, "total": 3998, "note": "no nuts"},
            {"product_id": bread["id"], "name": bread["name"], "quantity": 1, "unit_price": 350,
             "tax_rate": 0, "tax": 0, "total": 350, "note": None}]}
    assert answer.headers["Location"] == f"/api/v1/orders/{order['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert fresh.owner.get(f"orders/{order['id']}").data == order
    assert fresh.owner.get("orders/1").data == order
    assert (fresh.stock(cake), fresh.stock(bread)) == ((10, 2), (10, 1))
    assert movements(fresh, order) == []
    (_, kind, thing, actor, fields, _), = fresh.events(after=before)
    assert (kind, thing, actor) == ("order.placed", order["id"], fresh.users["owner"])
    assert sorted(fields) == sorted(body)


def test_an_event_names_fields_and_never_their_values(shop):
    secret = unique("Confidential")
    shop.order((shop.product(stock=1), 1), customer_name=secret, customer_phone=secret,
               notes=secret)
    assert shop.db.value("SELECT count(*) FROM events e WHERE e::text LIKE %s", f"%{secret}%") == 0


def test_numbers_are_each_tenants_own_and_have_no_gap(fresh, rival):
    cake = fresh.product(stock=2)
    theirs = rival.order((rival.product(stock=1), 1))["number"]
    first = fresh.order((cake, 1))
    refused = fresh.owner.post("orders", fresh.order_body((cake, 5)))
    assert refused.status == 422
    second = fresh.order((cake, 1))
    assert (first["number"], second["number"]) == (1, 2)
    assert fresh.owner.get(f"orders/{theirs + 1000}").refused(404, "not_found")


def test_prices_are_those_of_the_moment(shop):
    cake = shop.product(stock=5, unit_price=1000, tax_rate=700, name="Old name")
    order = shop.order((cake, 1))
    shop.owner.patch(f"products/{cake['id']}",
                     {"unit_price": 2000, "tax_rate": 1900, "name": "New name"})
    kept = shop.owner.get(f"orders/{order['id']}").data
    assert kept == order
    assert (kept["total"], kept["lines"][0]["name"]) == (1000, "Old name")
    assert shop.order((cake, 1))["total"] == 2000


@pytest.mark.parametrize("pickup,taken", [
    ("2999-12-31T23:59:59Z", "2999-12-31T23:59:59Z"),
    ("2999-06-01T12:00:00+02:00", "2999-06-01T10:00:00Z"),
    ("2999-06-01T12:00:00.25Z", "2999-06-01T12:00:00.25Z")])
def test_times(shop, pickup, taken):
    order = shop.order((shop.product(stock=1), 1), pickup_date=pickup)
    assert order["pickup_date"] == taken


TIME = "Must be a time like 2026-05-01T08:30:00Z"


@pytest.mark.parametrize("change,faults", [
    ({"customer_name": ""}, {"customer_name": "Must not be empty"}),
    ({"customer_name": "x" * 201}, {"customer_name": "Must have at most 200 characters"}),
    ({"customer_email": "nobody"}, {"customer_email": "Must be an e-mail address"}),
    ({"customer_email": "a@b.example\n"}, {"customer_email": "Must be an e-mail address"}),
    ({"customer_phone": "1" * 51}, {"customer_phone": "Must have at most 50 characters"}),
    ({"notes": "x" * 5001}, {"notes": "Must have at most 5000 characters"}),
    ({"pickup_date": "2020-01-01T00:00:00Z"}, {"pickup_date": "Must be in the future"}),
    ({"pickup_date": "tomorrow"}, {"pickup_date": TIME}),
    ({"pickup_date": "2999-01-01"}, {"pickup_date": TIME}),
    ({"pickup_date": "2999-02-30T00:00:00Z"}, {"pickup_date": TIME}),
    ({"pickup_date": "2999-01-01T00:00:00"}, {"pickup_date": TIME}),
    ({"pickup_date": 4102444800}, {"pickup_date": "Must be a string"}),
    ({"lines": []}, {"lines": "Must have at least 1"}),
    ({"lines": {}}, {"lines": "Must be a list"}),
    ({"lines": [1, None, []]}, {"lines[0]": "Must be an object", "lines[1]": "Must be an object",
                                "lines[2]": "Must be an object"}),
    ({"lines": [{}]}, {"lines[0].product_id": "Is required", "lines[0].quantity": "Is required"}),
    ({"lines": [{"product_id": MISSING, "quantity": 0}, {"product_id": "x", "quantity": 1.5},
                {"product_id": None, "quantity": 100001, "note": "x" * 501, "price": 1,
                 "total": 5}]},
     {"lines[0].quantity": "Must be at least 1", "lines[1].product_id": "Must be an id (UUID)",
      "lines[1].quantity": "Must be an integer", "lines[2].product_id": "Must not be null",
      "lines[2].quantity": "Must be at most 100000",
      "lines[2].note": "Must have at most 500 characters",
      "lines[2].price": "Unknown field", "lines[2].total": "Read-only"}),
    ({"status": "approved", "total": 1, "number": 5, "payment_status": "paid"}, {
        "status": "Read-only", "total": "Read-only", "number": "Read-only",
        "payment_status": "Read-only"}),
    ({"customer_name": None, "pickup_date": "x", "lines": None, "tip": 100}, {
        "customer_name": "Must not be null", "pickup_date": TIME, "lines": "Must not be null",
        "tip": "Unknown field"}),
])
def test_faults(shop, change, faults):
    before = shop.footprint()
    answer = shop.owner.post("orders", {"customer_name": "x", "pickup_date": in_days(1), "lines": [
        {"product_id": MISSING, "quantity": 1}], **change})
    assert answer.refused(400, "validation_failed")
    assert answer.json["message"] == "Order could not be created"
    assert answer.faults == faults
    assert shop.footprint() == before


def test_too_many_lines(shop):
    line = {"product_id": shop.product(stock=200)["id"], "quantity": 1}
    assert shop.owner.post("orders", shop.order_body(*[line] * 101)).faults == \
        {"lines": "Must have at most 100"}
    order = shop.order(*[line] * 100)
    assert len(order["lines"]) == 100 and order["total"] == 100 * 1250


def test_products_that_are_not_there(shop, rival):
    """Another tenant's is like one that never was; so is a deleted one."""
    cake, gone = shop.product(stock=5), shop.product(stock=5)
    shop.owner.delete(f"products/{gone['id']}")
    before = shop.footprint()
    answers = [shop.owner.post("orders", shop.order_body(
                   (cake, 1), ({"id": other}, 1), ({"id": MISSING}, 1)))
               for other in (MISSING, rival.product(stock=5)["id"], gone["id"])]
    assert answers[0].refused(400, "validation_failed")
    assert answers[0].json["message"] == "Order could not be created"
    assert answers[0].faults == {"lines[1].product_id": "No such product",
                                 "lines[2].product_id": "No such product"}
    for answer in answers[1:]:
        assert answer.bytes_but_ids() == answers[0].bytes_but_ids()
    assert shop.footprint() == before


def test_too_little_stock(shop):
    much, little, none = shop.product(stock=10), shop.product(stock=2), shop.product()
    before = shop.footprint()
    answer = shop.owner.post("orders", shop.order_body((much, 10), (little, 3), (none, 1)))
    assert answer.refused(422, "insufficient_stock")
    assert answer.faults == {"lines[1].quantity": "Only 2 available",
                             "lines[2].quantity": "Only 0 available"}
    assert shop.footprint() == before
    split = shop.owner.post("orders", shop.order_body((much, 6), (much, 6)))  # together too many
    assert split.refused(422, "insufficient_stock")
    assert set(split.faults) == {"lines[0].quantity", "lines[1].quantity"}
    shop.order((much, 5), (much, 5))
    assert shop.stock(much) == (10, 10)


# ---- money

def tax_within(amount, rate):
    """The tax in an amount that includes it, half a cent and more rounded up."""
    return int(Fraction(amount * rate, 10000 + rate) + Fraction(1, 2))


def tax_upon(amount, rate):
    return int(Fraction(amount * rate, 10000) + Fraction(1, 2))


CASES = [[(1250, 0, 1)], [(1999, 1900, 3)], [(1, 1900, 1)], [(3, 1900, 1)], [(4, 700, 7)],
         [(0, 1900, 5)],
         [(11900, 1900, 1)], [(10000, 10000, 1)], [(999, 550, 13), (1, 10000, 1), (333, 1, 3)],
         [(2675, 700, 1), (2675, 1900, 1), (15, 2000, 1)],
         [(50, 100, 1), (150, 100, 1), (149, 100, 1)], [(99999, 9999, 999)],
         [(999999999999, 1900, 1)], [(123456789, 777, 100000)]]


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("lines", CASES, ids=str)
def test_taxes_are_right_to_the_cent(stores, inclusive, lines):
    shop = stores[inclusive]
    products = [shop.product(unit_price=price, tax_rate=rate, track_stock=False)
                for price, rate, _ in lines]
    order = shop.order(*((p, q) for p, (_, _, q) in zip(products, lines)))
    taxes, totals = [], []
    for line, (price, rate, quantity) in zip(order["lines"], lines):
        amount = price * quantity
        tax = tax_within(amount, rate) if inclusive else tax_upon(amount, rate)
        total = amount if inclusive else amount + tax
        assert line == {**line, "unit_price": price, "tax_rate": rate, "tax": tax, "total": total}
        taxes.append(tax)
        totals.append(total)
    assert (order["tax_total"], order["total"]) == (sum(taxes), sum(totals))
    assert order["subtotal"] == sum(totals) - sum(taxes)


@pytest.fixture(scope="module")
def stores(stack):
    """One whose prices include tax (as is the default), one whose don't."""
    both = {inclusive: Shop(stack, inclusive=inclusive) for inclusive in (True, False)}
    yield both
    for shop in both.values():
        shop.check_books()


def test_an_astronomic_order_is_refused(shop):
    gold = shop.product(unit_price=999999999999, tax_rate=10000, track_stock=False)
    before = shop.footprint()
    answer = shop.owner.post("orders", shop.order_body(*[(gold, 100000)] * 100))
    assert 400 <= answer.status < 500, answer
    assert shop.footprint() == before


def test_money_of_version_2(shop):
    cake = shop.product(stock=1, unit_price=1190, tax_rate=1900)
    answer = shop.owner.post("/api/v2/orders", shop.order_body((cake, 1)))
    eur = {name: {"amount": n, "currency": "EUR"} for name, n in
           {"subtotal": 1000, "tax_total": 190, "total": 1190}.items()}
    assert {k: answer.data[k] for k in eur} == eur
    line = answer.data["lines"][0]
    assert {k: line[k]["amount"] for k in ("unit_price", "tax", "total")} == \
        {"unit_price": 1190, "tax": 190, "total": 1190}
    assert line["tax_rate"] == 1900 and line["quantity"] == 1


# ---- one order

@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_orders_are_cancelled_and_not_replaced_or_deleted(shop, method):
    order = shop.order((shop.product(stock=1), 1))
    answer = shop.owner.request(method, f"orders/{order['id']}")
    assert answer.refused(405, "method_not_allowed")
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))


def test_a_reference_is_an_id_or_a_number(shop):
    order = shop.order((shop.product(stock=1), 1))
    by_id = shop.owner.get(f"orders/{order['id']}")
    assert by_id.etag == '"1"'
    for ref in (order["number"], order["id"].upper()):
        assert shop.owner.get(f"orders/{ref}").body == by_id.body
    for bad in ("x", "-1", "0", "1.0", "1e0", "+1", "%201", "1%20", f"{order['number']}x", "9" * 25,
                order["id"][:-1], f"{order['id']}0", "{" + order["id"] + "}"):
        assert shop.owner.get(f"orders/{bad}").refused(404, "not_found"), bad


# ---- lists

@pytest.fixture(scope="module")
def till(stack):
    """Six orders: 1 and 2 pending, 3 and 4 approved, 5 rejected, 6 cancelled; n costs n euros."""
    shop = Shop(stack)
    cake = shop.product(stock=100, unit_price=100)
    for n in range(1, 7):
        shop.order((cake, n), customer_name=f"Customer {7 - n}",
                   pickup_date=f"2999-01-0{n}T12:00:00Z")
    for n, action in ((3, "approve"), (4, "approve"), (5, "reject"), (6, "cancel")):
        assert shop.owner.post(f"orders/{n}/{action}").status == 200
    yield shop
    shop.check_books()


@pytest.mark.parametrize("query,found", [
    ("", [6, 5, 4, 3, 2, 1]), ("sort=number", [1, 2, 3, 4, 5, 6]),
    ("sort=-total", [6, 5, 4, 3, 2, 1]),
    ("sort=customer_name", [6, 5, 4, 3, 2, 1]), ("sort=pickup_date", [1, 2, 3, 4, 5, 6]),
    ("status=pending", [2, 1]), ("status=approved", [4, 3]), ("status=completed", []),
    ("status[in]=rejected,cancelled", [6, 5]), ("status[in]=pending,pending,ready", [2, 1]),
    ("number=3", [3]), ("number[in]=2,4,9", [4, 2]), ("total[gte]=500", [6, 5]),
    ("customer_name=Customer+2", [5]), ("pickup_date[gte]=2999-01-05T00:00:00Z", [6, 5]),
    ("pickup_date[gte]=2999-01-02T00:00:00Z&pickup_date[lt]=2999-01-04T00:00:00Z", [3, 2]),
    ("status=approved&total[gt]=300&sort=number", [4]), ("status=pending&perPage=1&page=2", [1])])
def test_list(till, query, found):
    answer = till.owner.get(f"orders?{query}")
    assert [o["number"] for o in answer.data] == found
    assert answer.json["total"] == (2 if "page=2" in query else len(found))
    assert all("lines" not in o for o in answer.data)
    assert all(o["allowed_actions"] is not None for o in answer.data)


def test_totals_follow_every_move(fresh):
    """By status too, and whether or not an order was placed with a key."""
    cake = fresh.product(stock=9)
    for n in range(1, 7):
        headers = {"Idempotency-Key": f"order-{n}"} if n % 2 else {}
        assert fresh.owner.post("orders", fresh.order_body((cake, 1)),
                                headers=headers).status == 201
    for n, action in ((1, "approve"), (2, "approve"), (3, "reject"), (4, "cancel"), (2, "cancel")):
        answer = fresh.owner.post(f"orders/{n}/{action}")
        assert answer.status == 200, answer
    totals = {s: fresh.owner.get(f"orders?status={s}").json["total"] for s in
              ("pending", "approved", "rejected", "cancelled", "completed")}
    assert totals == {"pending": 2, "approved": 1, "rejected": 1, "cancelled": 2, "completed": 0}
    assert fresh.owner.get("orders").json["total"] == 6


@pytest.mark.parametrize("query", ["status=bogus", "status[in]=pending,bogus", "status=", "total=x",
                                   "customer_email=a@b.example", "sort=status",
                                   "pickup_date=2999-01-01"])
def test_bad_queries(till, query):
    answer = till.owner.get(f"orders?{query}")
    assert answer.refused(400, "invalid_input") and len(answer.faults) == 1
