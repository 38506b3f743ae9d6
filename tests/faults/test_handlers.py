"""Handlers are killed, again and again, in the midst of whatever they do."""

import time
from collections import Counter

from support.killer import Killer, kill
from support.parallel import Ledger, spread
from support.shop import Shop
from support.sizes import BUYERS, BUYERS_AT_ONCE, CAKES, KILL_EVERY, KILL_SECONDS
from support.stack import wait_until

KILLS = True


def test_kill_9_of_handlers_loses_nothing(stack, busy, note):
    with busy, Killer(stack, KILL_EVERY) as killer:
        time.sleep(KILL_SECONDS)
    note(f"{killer.kills} kills, {len(busy.ledger.writes)} writes; tries: {busy.ledger.tries}")
    assert killer.kills >= KILL_SECONDS / KILL_EVERY / 2
    assert len(busy.ledger.acknowledged) > 100
    assert 500 not in busy.ledger.tries


def test_no_oversell_while_handlers_die(stack, note):
    shop = Shop(stack)
    cake = shop.product(stock=CAKES)
    before, ledger = shop.last_event(), Ledger(shop)
    body = shop.order_body((cake, 1), customer_name="Load")
    with Killer(stack, KILL_EVERY / 4, "orders") as killer:
        answers = spread(BUYERS, BUYERS_AT_ONCE, lambda _: ledger.write(shop.owner, "orders", body))
    note(f"{killer.kills} kills; tries: {ledger.tries}")
    assert killer.kills > 10
    assert Counter(a.status for a in answers) == {201: CAKES, 422: BUYERS - CAKES}
    assert shop.stock(cake) == (CAKES, CAKES)
    ledger.check(before)


def test_a_killed_handler_is_replaced(stack, within):
    for program in stack.programs:
        old = stack.handlers(program)
        began = time.monotonic()
        assert kill(old[0])
        wait_until(lambda p=program, o=old: len(set(stack.handlers(p)) - {o[0]}) == len(o),
                   "a new one runs", pause=0.005)
        within(0.25, time.monotonic() - began, f"{program} is replaced")
        assert set(stack.handlers(program)) >= set(old[1:]), "the others stay"
    stack.wait_until_ready()
