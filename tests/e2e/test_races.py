"""Races: one winner, no oversell, no gap, one effect. Through the real nginx; and, where more than
the stack's two processes of a program shall collide, past it into many."""

from support.parallel import at_once, outcomes, spread
from support.sizes import (APPROVAL_ROUNDS, APPROVERS, BUYERS, BUYERS_AT_ONCE, CAKES,
                           PARALLEL_WRITERS, SAME_KEY, WRITES_EACH)


def test_one_of_many_approvals_wins(fresh, owner):
    cake = fresh.product(stock=APPROVAL_ROUNDS * 2)
    orders = [fresh.order((cake, 2)) for _ in range(APPROVAL_ROUNDS)]

    def approve_all(_):
        owner.get("orders/1")  # so that every thread has its connection
        return [owner.post(f"orders/{order['id']}/approve") for order in orders]

    before = fresh.last_event()
    rounds = zip(*at_once(APPROVERS, approve_all))
    for answers in rounds:
        assert outcomes(answers) == {(200, None): 1, (409, "invalid_transition"): APPROVERS - 1}
        assert all(a.json["status"] == "approved" for a in answers if a.status == 409)
    happened = fresh.events(after=before)
    approved = sorted(e[2] for e in happened if e[1] == "order.approved")
    assert approved == sorted(o["id"] for o in orders)
    assert len(happened) == len(orders)
    assert fresh.stock(cake) == (0, 0)


def test_approve_reject_and_cancel_at_once_have_one_winner_each(fresh, owner):
    cake = fresh.product(stock=100)
    for _ in range(APPROVAL_ROUNDS):
        order = fresh.order((cake, 1))
        actions = ["approve", "reject"] * 8
        path = f"orders/{order['id']}"
        answers = at_once(len(actions), lambda i, p=path: owner.post(f"{p}/{actions[i]}"))
        assert outcomes(answers) == {(200, None): 1, (409, "invalid_transition"): len(actions) - 1}


def test_nothing_is_oversold(fresh, owner):
    cake = fresh.product(stock=CAKES)
    body = fresh.order_body((cake, 1))
    answers = spread(BUYERS, BUYERS_AT_ONCE, lambda _: owner.post("orders", body))
    assert outcomes(answers) == {(201, None): CAKES, (422, "insufficient_stock"): BUYERS - CAKES}
    assert fresh.stock(cake) == (CAKES, CAKES)
    assert sorted(a.data["number"] for a in answers if a.status == 201) == list(range(1, CAKES + 1))
    assert fresh.owner.get("orders?status=pending").json["total"] == CAKES


def test_two_products_in_either_order_do_not_deadlock(fresh, owner):
    one, two = fresh.product(stock=1000), fresh.product(stock=1000)
    bodies = [fresh.order_body((one, 1), (two, 1)), fresh.order_body((two, 1), (one, 1))]
    answers = spread(160, 16, lambda i: owner.post("orders", bodies[i % 2]))
    assert outcomes(answers) == {(201, None): 160}
    assert fresh.stock(one) == fresh.stock(two) == (1000, 160)


def test_the_same_key_at_once_has_one_effect(fresh, owner):
    cake = fresh.product(stock=SAME_KEY)
    body, key = fresh.order_body((cake, 1)), {"Idempotency-Key": "all-the-same"}
    before = fresh.last_event()
    answers = at_once(SAME_KEY, lambda _: owner.post("orders", body, headers=key))
    done = [a for a in answers if a.status == 201]
    late = [a for a in answers if a.status != 201]
    assert all(a.refused(409, "idempotency_in_progress") for a in late), outcomes(late)
    assert len([a for a in done if "Idempotent-Replayed" not in a.headers]) == 1
    assert len({(a.body, a.etag, a.headers["Location"]) for a in done}) == 1
    for _ in late:
        assert fresh.owner.post("orders", body, headers=key).body == done[0].body
    assert len(fresh.events(after=before)) == 1 and fresh.stock(cake) == (SAME_KEY, 1)


def test_the_same_key_of_others_is_another_key(fresh, rival):
    """Its scope: tenant, actor and route."""
    key = {"Idempotency-Key": "shared"}
    clients = [fresh.owner, fresh.client("manager"), rival.owner]
    answers = at_once(3, lambda i: clients[i].post("categories", {"name": "x"}, headers=key))
    assert [a.status for a in answers] == [201] * 3
    assert len({a.data["id"] for a in answers}) == 3
    assert not any("Idempotent-Replayed" in a.headers for a in answers)
    other_route = fresh.owner.post("products", {"name": "x", "unit_price": 1}, headers=key)
    assert other_route.status == 201


def test_a_refusal_is_not_stored(fresh):
    cake, key = fresh.product(), {"Idempotency-Key": "try-again"}
    body = fresh.order_body((cake, 1))
    assert fresh.owner.post("orders", body, headers=key).refused(422, "insufficient_stock")
    fresh.adjust(cake, 1)
    again = fresh.owner.post("orders", body, headers=key)
    assert again.status == 201 and "Idempotent-Replayed" not in again.headers


def test_parallel_writes_of_all_kinds_leave_no_gap(fresh):
    """Events and order numbers, while orders, products, stock and categories change at once."""
    cake = fresh.product(stock=10000)

    def work(i):
        for n in range(WRITES_EACH):
            kind = (i + n) % 4
            if kind == 0:
                answer = fresh.owner.post("orders", fresh.order_body((cake, 1)))
            elif kind == 1:
                answer = fresh.owner.post("products", {"name": f"{i}-{n}", "unit_price": n})
            elif kind == 2:
                answer = fresh.owner.post(f"inventory/{cake['id']}/adjust",
                                          {"delta": 1, "reason": "x"})
            else:
                answer = fresh.owner.post("categories", {"name": f"{i}-{n}"})
            assert answer.status in (200, 201), answer

    before = fresh.last_event()
    at_once(PARALLEL_WRITERS, work)
    events = fresh.events(after=before)
    written = PARALLEL_WRITERS * WRITES_EACH
    assert [e[0] for e in events] == list(range(before + 1, before + 1 + written))


def test_one_slug_goes_to_one(owner):
    answers = at_once(16, lambda _: owner.post("products", {"name": "x", "unit_price": 1,
                                                                  "slug": "the-one"}))
    assert outcomes(answers) == {(201, None): 1, (409, "duplicate"): 15}


def test_the_same_name_at_once(owner):
    """Slugs made from a name have to differ, whoever comes first: nobody gave one that is taken."""
    answers = spread(160, 16, lambda i: owner.post("products", {"name": f"Twin {i // 16}",
                                                                "unit_price": 1}))
    assert outcomes(answers) == {(201, None): 160}
    assert len({a.data["slug"] for a in answers}) == 160


def test_if_match_lets_one_through(fresh, owner):
    path = f"products/{fresh.product()['id']}"
    etag = fresh.owner.get(path).etag
    answers = at_once(16,
                      lambda i: owner.patch(path, {"unit_price": i}, headers={"If-Match": etag}))
    assert outcomes(answers) == {(200, None): 1, (412, "precondition_failed"): 15}


def test_stock_taken_by_hand_and_by_orders_at_once(fresh):
    cake = fresh.product(stock=50)
    body = fresh.order_body((cake, 1))

    def take(i):
        if i % 2:
            return fresh.owner.post("orders", body)
        return fresh.owner.post(f"inventory/{cake['id']}/adjust", {"delta": -1, "reason": "eaten"})

    answers = spread(100, 16, take)
    taken = [a for a in answers if a.status in (200, 201)]
    assert len(taken) == 50 and all(a.refused(422, "insufficient_stock") for a in answers
                                    if a not in taken)
    on_hand, reserved = fresh.stock(cake)
    assert on_hand == reserved
