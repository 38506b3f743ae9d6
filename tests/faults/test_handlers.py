"""Handlers are killed, asked to leave, and kept waiting."""

import signal
import time
from collections import Counter

from support.fastcgi import Connection, records
from support.killer import Killer, kill
from support.parallel import Ledger, spread
from support.shop import Shop
from support.sizes import BUYERS, BUYERS_AT_ONCE, CAKES, IDLE_CONNECTIONS, KILL_EVERY, KILL_SECONDS
from support.stack import is_alive, wait_until

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
    assert Counter(a.status for a in answers) == {201: CAKES, 422: BUYERS - CAKES}
    assert shop.stock(cake) == (CAKES, CAKES)
    ledger.check(before)


def test_a_killed_handler_is_replaced(stack):
    for program in stack.programs:
        old = stack.handlers(program)
        assert kill(old[0])
        wait_until(lambda p=program, o=old: len(set(stack.handlers(p)) - {o[0]}) == len(o),
                   "a new one runs")
        assert set(stack.handlers(program)) >= set(old[1:]), "the others stay"
    stack.wait_until_ready()


def test_handlers_leave_on_sigterm_without_a_failed_request(stack, busy, note):
    """One process of each program after another, under load: a restart that nobody notices."""
    with busy:
        rounds = max(stack.processes_of(p) for p in stack.programs)
        old = {p: stack.handlers(p) for p in stack.programs}
        for i in range(rounds):
            leaving = [pids[i] for pids in old.values() if i < len(pids)]
            began = time.monotonic()
            for pid in leaving:
                assert kill(pid, signal.SIGTERM)
            wait_until(lambda pids=leaving: not any(is_alive(p) for p in pids), "they have left")
            note(f"round {i + 1}: {len(leaving)} left in {time.monotonic() - began:.1f} s")
            stack.wait_for_handlers()
    failed = {k: n for k, n in busy.ledger.tries.items() if not isinstance(k, int) or k >= 500}
    note(f"{sum(failed.values())} of {sum(busy.ledger.tries.values())} requests failed: {failed}")
    assert failed == {}


def test_a_silent_connection_keeps_nobody_waiting_for_long(stack, note):
    """Whoever connects to a program's socket and says nothing, or half of a request. The others are
    served before nginx gives up on them, while the silent one is still there."""
    shop = Shop(stack)
    start = b"\1\1\0\1\0\x08\0\0\0\1\1\0\0\0\0\0"
    for what, piece in (("nothing", b""),
                        ("half a request", start + b"\1\4\0\1\0\x20\0\0\x0e\3REQ")):
        with Connection(stack.run / "categories.sock") as silent:
            silent.send(piece)
            time.sleep(0.1)
            began = time.monotonic()
            answer = shop.owner.get("categories")
            note(f"behind {what}: {answer.status} after {time.monotonic() - began:.1f} s")
            assert answer.status == 200, what


def test_kept_connections_that_are_idle_starve_nobody(stack):
    """However many there are: what is kept and idle gives way to what has something to say."""
    shop = Shop(stack)
    authorization = [("Authorization", shop.owner.headers["Authorization"])]
    kept = []
    try:
        for n in range(1, IDLE_CONNECTIONS + 1):
            kept.append(Connection(stack.run / "categories.sock", timeout=10))
            try:
                answer = kept[-1].request("GET", "/api/v1/categories", authorization)
            except TimeoutError:
                raise AssertionError(f"connection {n} gets no answer while {n - 1} idle") from None
            assert answer.status == 200
        for _ in range(20):
            assert shop.owner.get("categories").status == 200
    finally:
        for connection in kept:
            connection.close()


def test_a_request_whose_end_comes_late_keeps_its_connection(stack):
    """The empty record that ends a body may travel alone (nginx: at 8 KiB's end, or past the
    socket's buffer). It belongs to its request, not to the next one of that connection."""
    shop = Shop(stack)
    headers = [("Authorization", shop.owner.headers["Authorization"]),
               ("Content-Type", "application/json")]
    requests = [("GET", "/api/v1/categories", headers, b""),
                ("POST", "/api/v1/categories", headers, b'{"name":"Late"}'),
                ("POST", "/api/v1/categories", headers, b"{}".ljust(20000))]
    with Connection(stack.run / "categories.sock") as c:
        for request in requests * 2:
            *most, end = records(*request)
            c.send(b"".join(most))
            time.sleep(0.1)
            c.send(end)
            assert c.answer().status in (200, 201, 400)


def test_busy_connections_share_a_process(stack):
    """Ten connections that never rest: each gets its turns, whatever the others do."""
    shop = Shop(stack)
    authorization = [("Authorization", shop.owner.headers["Authorization"])]
    until = time.monotonic() + 2

    def ask(_):
        served = 0
        with Connection(stack.run / "categories.sock") as c:
            while time.monotonic() < until:
                assert c.request("GET", "/api/v1/categories", authorization).status == 200
                served += 1
        return served

    served = spread(10, 10, ask)
    assert min(served) > 0 and max(served) < 20 * min(served), served
