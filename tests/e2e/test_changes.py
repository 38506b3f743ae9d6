"""Races for pick-up slots, and of changes with all that may happen to an order meanwhile."""

import itertools
import random

import pytest

from support.parallel import at_once, outcomes, spread
from support.shop import in_days
from support.sizes import (BUYERS_AT_ONCE, CHANGE_ROUNDS, PARALLEL_WRITERS, SLOT_BUYERS,
                           SLOT_CAPACITY, WRITES_EACH)

DAY = in_days(10)[:10]
TEN, ELEVEN = f"{DAY}T10:00:00Z", f"{DAY}T11:00:00Z"


def taken(shop):
    return sorted(shop.db.column("SELECT taken FROM pickup_slots WHERE tenant_id = %s AND"
                                 " taken > 0", shop.id))


def lines(*wanted):
    return {"lines": [{"product_id": p["id"], "quantity": n} for p, n in wanted]}


# ---- slots

def test_a_slot_is_never_overbooked(fresh, owner):
    fresh.settings(pickup_slot_minutes=60, pickup_slot_capacity=SLOT_CAPACITY)
    cake = fresh.product(stock=SLOT_BUYERS)
    bodies = [fresh.order_body((cake, 1), pickup_date=f"{DAY}T10:{minute:02}:00Z")
              for minute in range(60)]
    answers = spread(SLOT_BUYERS, BUYERS_AT_ONCE, lambda i: owner.post("orders", bodies[i % 60]))
    assert outcomes(answers) == {(201, None): SLOT_CAPACITY,
                                 (422, "pickup_unavailable"): SLOT_BUYERS - SLOT_CAPACITY}
    assert taken(fresh) == [SLOT_CAPACITY]
    assert fresh.stock(cake) == (SLOT_BUYERS, SLOT_CAPACITY)


def test_who_leaves_makes_room_for_one(fresh, owner):
    """Leaving and coming at once: never more than fit, and none lost."""
    fresh.settings(pickup_slot_minutes=60, pickup_slot_capacity=SLOT_CAPACITY)
    cake = fresh.product(track_stock=False)
    body = fresh.order_body((cake, 1), pickup_date=TEN)
    there = [fresh.order((cake, 1), pickup_date=TEN) for _ in range(SLOT_CAPACITY)]

    def leave_or_come(i):
        if i % 2:
            return owner.post("orders", body)
        return owner.post(f"orders/{there[i // 2]['id']}/cancel")

    answers = spread(2 * SLOT_CAPACITY, BUYERS_AT_ONCE, leave_or_come)
    came = [a for a in answers[1::2] if a.status == 201]
    assert outcomes(answers[::2]) == {(200, None): SLOT_CAPACITY}
    assert all(a.status == 201 or a.refused(422, "pickup_unavailable") for a in answers[1::2])
    assert taken(fresh) == ([len(came)] if came else [])


def test_orders_that_change_places(fresh, owner):
    """From ten to eleven and back, all at once: locks are taken in one order, so all get there."""
    fresh.settings(pickup_slot_minutes=60, pickup_slot_capacity=100)
    cake = fresh.product(track_stock=False)
    orders = [fresh.order((cake, 1), pickup_date=(TEN, ELEVEN)[n % 2]) for n in range(12)]

    def move(i):
        path = f"orders/{orders[i]['id']}"
        return [owner.patch(path, {"pickup_date": when}) for when in
                ((ELEVEN, TEN) if i % 2 == 0 else (TEN, ELEVEN)) * 4]

    answers = sum(at_once(len(orders), move), [])
    assert outcomes(answers) == {(200, None): len(orders) * 8}
    assert taken(fresh) == [6, 6]


def test_capacity_changes_while_orders_come(fresh, owner):
    """Slots are counted anew by each change; no order is missed or counted twice."""
    cake = fresh.product(track_stock=False)
    changes = itertools.cycle([{"pickup_slot_capacity": 1000}, {"pickup_slot_minutes": 30},
                               {"pickup_slot_capacity": None}, {"pickup_slot_minutes": 60}])
    changing = 2

    def act(i):
        luck = random.Random(i)
        if i < changing:
            return [owner.patch("settings", next(changes)) for _ in range(WRITES_EACH)]
        answers = []
        for n in range(WRITES_EACH):
            when = f"{DAY}T{luck.randint(8, 11):02}:{luck.choice('025')}5:00Z"
            answers.append(owner.post("orders", fresh.order_body((cake, 1), pickup_date=when)))
            if answers[-1].status == 201 and n % 3 == 0:
                path = f"orders/{answers[-1].data['id']}"
                answers.append(owner.patch(path, {"pickup_date": TEN}))
                answers.append(owner.post(f"{path}/cancel"))
        return answers

    answers = sum(at_once(changing + PARALLEL_WRITERS, act), [])
    assert {a.status for a in answers} <= {200, 201}, outcomes(answers)
    fresh.settings(pickup_slot_capacity=1000)
    fresh.check_books()


# ---- changes

@pytest.mark.parametrize("status", ["pending", "approved"])
def test_a_change_and_a_move_at_once(fresh, owner, status):
    """Whoever comes first: stock and ledger are those of the lines that the order then has."""
    one, two = (fresh.product(stock=1000, unit_price=p) for p in (100, 300))
    moves = ["approve", "reject", "cancel"] if status == "pending" else ["start", "cancel"]
    for n in range(CHANGE_ROUNDS):
        order = fresh.order_in(status, (one, 5))
        path = f"orders/{order['id']}"
        wishes = [lines((one, 2)), lines((two, 7)), lines((two, 1), (one, 9)), {"notes": "x"}]

        def act(i, p=path, w=wishes, m=moves[n % len(moves)]):
            return owner.patch(p, w[i]) if i < len(w) else owner.post(f"{p}/{m}")

        answers = at_once(len(wishes) + 2, act)
        assert outcomes(answers[-2:]) == {(200, None): 1, (409, "invalid_transition"): 1}
        for answer in answers[:-2]:
            assert answer.status == 200 or answer.refused(409, "invalid_transition"), answer
        fresh.check_books()
    for product in (one, two):
        on_hand, reserved = fresh.stock(product)
        assert 0 <= reserved <= on_hand <= 1000


def test_changes_of_one_order_at_once(fresh, owner):
    """Without If-Match each is done, one after the other; with it, one."""
    one, two = fresh.product(stock=1000), fresh.product(stock=1000)
    order = fresh.approved((one, 5))
    path = f"orders/{order['id']}"
    wishes = [lines((one, n)) if n % 2 else lines((two, n), (one, 1)) for n in range(1, 13)]
    answers = at_once(len(wishes), lambda i: owner.patch(path, wishes[i]))
    assert outcomes(answers) == {(200, None): len(wishes)}
    fresh.check_books()
    etag = fresh.owner.get(path).etag
    answers = at_once(len(wishes),
                      lambda i: owner.patch(path, wishes[i], headers={"If-Match": etag}))
    assert outcomes(answers) == {(200, None): 1, (412, "precondition_failed"): len(wishes) - 1}


def test_changes_never_oversell(fresh, owner):
    """Ten orders of one each want ten of what there are fifty of."""
    cake = fresh.product(stock=50)
    orders = [fresh.order_in(("pending", "approved")[n % 2], (cake, 1)) for n in range(10)]
    answers = at_once(len(orders), lambda i: owner.patch(f"orders/{orders[i]['id']}",
                                                         lines((cake, 10))))
    done = [a for a in answers if a.status == 200]
    assert all(a.status == 200 or a.refused(422, "insufficient_stock") for a in answers)
    assert len(done) == 4  # 4 of ten, and six of one: a fifth would make 55
    on_hand, reserved = fresh.stock(cake)
    assert on_hand - reserved == 50 - 46


def test_placing_and_changing_in_either_order_do_not_deadlock(fresh, owner):
    """Several products and slots, by all ways that lock them."""
    fresh.settings(pickup_slot_minutes=60, pickup_slot_capacity=1000)
    products = [fresh.product(stock=100000) for _ in range(3)]
    orders = [fresh.order((products[n % 3], 1), pickup_date=TEN) for n in range(PARALLEL_WRITERS)]

    def act(i):
        luck, answers = random.Random(i), []
        for _ in range(WRITES_EACH):
            wanted = [(p, luck.randint(1, 3)) for p in luck.sample(products, 2)]
            when = luck.choice([TEN, ELEVEN])
            if luck.random() < 0.5:
                answers.append(owner.post("orders", fresh.order_body(*wanted, pickup_date=when)))
            else:
                answers.append(owner.patch(f"orders/{orders[i]['id']}",
                                           {**lines(*wanted), "pickup_date": when}))
        return answers

    answers = sum(at_once(PARALLEL_WRITERS, act), [])
    assert {a.status for a in answers} <= {200, 201}, outcomes(answers)
