"""orders: every action in every status; what each does to stock, and what the history keeps."""

import pytest

from support.routes import MISSING
from support.shop import WAYS, in_days, unique

# What may be done in each status, and what becomes of the order: said once more, and independently
# of handlers/orders.c.
MAY = {
    "pending": {"approve": "approved", "reject": "rejected", "cancel": "cancelled"},
    "approved": {"start": "in_production", "cancel": "cancelled"},
    "in_production": {"ready": "ready", "cancel": "cancelled"},
    "ready": {"complete": "completed", "no-show": "no_show", "cancel": "cancelled"},
    "completed": {}, "rejected": {}, "expired": {}, "no_show": {}, "cancelled": {},
}
ACTIONS = ["approve", "reject", "start", "ready", "complete", "no-show", "cancel"]
KINDS = {"approve": "order.approved", "reject": "order.rejected", "start": "order.started",
         "ready": "order.ready", "complete": "order.completed", "no-show": "order.no_show",
         "cancel": "order.cancelled"}
GIVE_A_REASON = {"reject", "no-show", "cancel"}
ALLOWED = [(status, action) for status in MAY for action in MAY[status]]
REFUSED = [(status, action) for status in MAY for action in ACTIONS if action not in MAY[status]]


def movements(shop, order):
    return shop.db.all("SELECT product_id::text, delta, kind FROM stock_movements"
                       " WHERE tenant_id = %s AND order_id = %s ORDER BY id", shop.id, order["id"])


def act(shop, order, action, body=None, **kw):
    return shop.owner.post(f"orders/{order['id']}/{action}", body, **kw)


@pytest.fixture(scope="module")
def one_of_each(shop):
    """Status -> an order in it, which no test changes."""
    cake = shop.product(stock=100)
    return {status: shop.order_in(status, (cake, 2)) for status in WAYS}


# ---- the matrix

@pytest.mark.parametrize("status,action", ALLOWED)
def test_what_a_status_allows(shop, status, action):
    cake = shop.product(stock=10)
    order = shop.order_in(status, (cake, 3), notes="As it was.")
    before, revision = shop.last_event(), shop.owner.get(f"orders/{order['id']}").etag
    answer = act(shop, order, action, headers={"If-Match": revision})
    becomes = MAY[status][action]
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert answer.data == {**order, "status": becomes, "allowed_actions": list(MAY[becomes]),
                           "updated_at": answer.data["updated_at"]}
    assert int(answer.etag.strip('"')) == int(revision.strip('"')) + 1
    assert shop.owner.get(f"orders/{order['number']}").data == answer.data
    (_, kind, thing, actor, fields, _), = shop.events(after=before)
    assert (kind, thing, actor, fields) == (KINDS[action], order["id"], shop.users["owner"], [])


@pytest.mark.parametrize("status,action", REFUSED)
def test_what_a_status_does_not_allow(shop, one_of_each, status, action):
    order = one_of_each[status]
    before = shop.footprint()
    answer = act(shop, order, action)
    assert answer.refused(409, "invalid_transition")
    assert answer.json["status"] == status
    assert answer.json["allowed_actions"] == list(MAY[status])
    assert shop.footprint() == before


@pytest.mark.parametrize("status", [s for s in MAY if s not in ("pending", "approved")])
def test_what_can_no_longer_be_changed(shop, one_of_each, status):
    before = shop.footprint()
    path = f"orders/{one_of_each[status]['id']}"
    cake = one_of_each[status]["lines"][0]["product_id"]
    for change in ({}, {"notes": "x"}, {"pickup_date": in_days(9)},
                   {"lines": [{"product_id": cake, "quantity": 1}]},
                   {"lines": [{"product_id": cake, "quantity": 99999}]}):  # 409 wins over 422
        answer = shop.owner.patch(path, change)
        assert answer.refused(409, "invalid_transition"), (change, answer)
        assert answer.json["status"] == status
        assert answer.json["allowed_actions"] == list(MAY[status])
    assert shop.footprint() == before


@pytest.mark.parametrize("status", MAY)
def test_every_status_is_told_with_what_it_allows(shop, one_of_each, status):
    order = one_of_each[status]
    listed = shop.owner.get(f"orders?number={order['number']}").data[0]
    for data in (order, listed, shop.owner.get(f"orders/{order['id']}").data):
        assert (data["status"], data["allowed_actions"]) == (status, list(MAY[status]))


def test_the_described_states_are_the_tables():
    """A new action or status has to be written into this file too."""
    from support.routes import routes
    described = {(s, r.pattern.rsplit("/", 1)[1]): r.leads_to for r in routes(program="orders")
                 if r.leads_to and r.states for s in r.states}
    assert described == {(s, a): to for s in MAY for a, to in MAY[s].items()}


# ---- reasons

@pytest.mark.parametrize("status,action", [(s, a) for s, a in ALLOWED if a in GIVE_A_REASON])
def test_a_reason_is_kept(shop, status, action):
    order = shop.order_in(status, (shop.product(stock=1), 1))
    answer = act(shop, order, action, {"reason": "Oven broke."})
    assert answer.status == 200 and answer.data["reason"] == "Oven broke."
    assert shop.owner.get(f"orders/{order['id']}").data["reason"] == "Oven broke."
    assert shop.events()[-1][4] == ["reason"]


@pytest.mark.parametrize("action", GIVE_A_REASON)
def test_a_reason_has_a_length(shop, action):
    order = shop.order_in("pending" if action != "no-show" else "ready",
                          (shop.product(stock=1), 1))
    answer = act(shop, order, action, {"reason": "x" * 501})
    assert answer.refused(400, "validation_failed")
    assert answer.faults == {"reason": "Must have at most 500 characters"}
    assert act(shop, order, action, {"reason": None}).data["reason"] is None


@pytest.mark.parametrize("action", [a for a in ACTIONS if a not in GIVE_A_REASON])
def test_the_others_take_no_fields(shop, action):
    status = next(s for s in MAY if action in MAY[s])
    order = shop.order_in(status, (shop.product(stock=1), 1))
    answer = act(shop, order, action, {"reason": "x"})
    assert answer.refused(400, "validation_failed") and answer.faults == {"reason": "Unknown field"}
    assert act(shop, order, action, {}).status == 200


# ---- stock: placing reserves, approving takes, leaving gives back

@pytest.mark.parametrize("way,left,moved", [
    ("", (10, 4), []), ("reject", (10, 0), []), ("cancel", (10, 0), []),
    ("approve", (6, 0), [-4]), ("approve start ready complete", (6, 0), [-4]),
    ("approve cancel", (10, 0), [-4, 4]), ("approve start cancel", (10, 0), [-4, 4]),
    ("approve start ready cancel", (10, 0), [-4, 4]),
    ("approve start ready no-show", (10, 0), [-4, 4])])
def test_stock(shop, way, left, moved):
    """Of a product in two lines, and beside one that isn't tracked."""
    cake, loose = shop.product(stock=10), shop.product(track_stock=False)
    order = shop.order((cake, 3), (loose, 2), (cake, 1))
    for action in way.split():
        assert act(shop, order, action).status == 200
    assert shop.stock(cake) == left and shop.stock(loose) == (0, 0)
    assert movements(shop, order) == [(cake["id"], n, "sale" if n < 0 else "return")
                                      for n in moved]


def test_what_was_tracked_when_placed_stays_so(shop):
    cake, loose = shop.product(stock=5), shop.product(track_stock=False)
    order = shop.order((cake, 2), (loose, 2))
    shop.owner.patch(f"products/{cake['id']}", {"track_stock": False})
    shop.owner.patch(f"products/{loose['id']}", {"track_stock": True})
    assert act(shop, order, "approve").status == 200
    assert (shop.stock(cake), shop.stock(loose)) == ((3, 0), (0, 0))
    assert act(shop, order, "cancel").status == 200
    assert (shop.stock(cake), shop.stock(loose)) == ((5, 0), (0, 0))


@pytest.mark.parametrize("status,action", ALLOWED)
def test_an_order_of_a_product_that_is_gone_can_still_be_served(shop, status, action):
    cake = shop.product(stock=2)
    order = shop.order_in(status, (cake, 2))
    shop.owner.delete(f"products/{cake['id']}")
    assert act(shop, order, action).status == 200


# ---- which refusal wins

def test_a_refused_transition_as_a_problem(shop, one_of_each):
    answer = act(shop, one_of_each["approved"], "approve",
                 headers={"Accept": "application/problem+json"})
    assert answer.status == answer.json["status"] == 409
    assert answer.json["error"] == "invalid_transition"
    assert answer.json["allowed_actions"] == ["start", "cancel"]


@pytest.mark.parametrize("action", ACTIONS)
def test_404_then_412_then_409(shop, one_of_each, action):
    order = one_of_each["completed"]
    etag = shop.owner.get(f"orders/{order['id']}").etag
    stale = {"If-Match": '"1"'}
    nothing = shop.owner.post(f"orders/{MISSING}/{action}", headers=stale)
    assert nothing.refused(404, "not_found")
    assert act(shop, order, action, headers=stale).refused(412, "precondition_failed")
    assert act(shop, order, action, headers={"If-Match": etag}).refused(409, "invalid_transition")


def test_if_match_guards_an_action(shop):
    order = shop.order((shop.product(stock=1), 1))
    etag = shop.owner.get(f"orders/{order['id']}").etag
    for stale in ('"0"', '"2"', '"1x"'):
        assert act(shop, order, "approve", headers={"If-Match": stale}).status == 412
    assert act(shop, order, "approve", headers={"If-Match": etag}).status == 200


# ---- history

def test_history(fresh):
    """What happened to one order, oldest first; the other one's story is its own."""
    cake, staff = fresh.product(stock=10), fresh.client("staff")
    other = fresh.order((cake, 1))
    order = fresh.order((cake, 1))
    path = f"orders/{order['id']}"
    request = unique("request")
    for answer in (fresh.owner.patch(path, {"notes": "x", "customer_name": "Bo"}),
                   staff.post(f"{path}/approve", headers={"X-Request-Id": request}),
                   act(fresh, other, "reject"),
                   staff.post(f"{path}/start"), staff.post(f"{path}/ready"),
                   fresh.owner.post(f"{path}/no-show", {"reason": "Nobody came."})):
        assert answer.status == 200, answer
    for ref in (order["id"], order["number"]):
        answer = fresh.owner.get(f"orders/{ref}/history")
        assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
        events = answer.data
        assert answer.json["total"] == 6
        assert [e["kind"] for e in events] == [
            "order.placed", "order.updated", "order.approved", "order.started", "order.ready",
            "order.no_show"]
        assert [e["actor"] for e in events] == ["Owner", "Owner", "Staff", "Staff", "Staff",
                                                "Owner"]
        assert all(e["object_id"] == order["id"] for e in events)
        assert sorted(events[1]["fields"]) == ["customer_name", "notes"]
        assert events[2]["request_id"] == request and events[5]["fields"] == ["reason"]
        seqs = [e["seq"] for e in events]
        assert seqs == sorted(seqs)
    assert [e["kind"] for e in fresh.owner.get(f"orders/{other['id']}/history").data] == [
        "order.placed", "order.rejected"]
    assert b"Nobody came" not in answer.body


def test_history_is_a_list(shop, one_of_each):
    path = f"orders/{one_of_each['completed']['id']}/history"
    pages = [shop.owner.get(f"{path}?perPage=2&page={n}") for n in (1, 2, 3)]
    assert [p.json["total"] for p in pages] == [5, 5, 5]
    assert [e["kind"] for p in pages for e in p.data] == [
        "order.placed", "order.approved", "order.started", "order.ready", "order.completed"]
    assert [e["kind"] for e in shop.owner.get(f"{path}?sort=-seq&perPage=1").data] == [
        "order.completed"]
    assert shop.owner.get(f"{path}?kind=order.ready").json["total"] == 1
    assert shop.owner.get(f"{path}?sort=kind").refused(400, "invalid_input")


def test_history_of_nothing(shop, rival):
    theirs = rival.order((rival.product(stock=1), 1))
    nobody = shop.owner.get(f"orders/{MISSING}/history")
    assert nobody.refused(404, "not_found")
    for ref in (theirs["id"], "999999", "x", shop.product()["id"]):
        assert shop.owner.get(f"orders/{ref}/history").bytes_but_ids() == nobody.bytes_but_ids()
