"""PostgreSQL dies: one backend of it, and all of it."""

import time

from support.killer import kill
from support.sizes import DATABASE_KILLS, DATABASE_SECONDS
from support.stack import is_alive, wait_until


def a_backend(stack):
    """The process of a handler's connection, child of our own postmaster."""
    pid = stack.db.value("SELECT pid FROM pg_stat_activity WHERE usename IN ('purser_orders',"
                         " 'purser_inventory') ORDER BY random() LIMIT 1")
    status = open(f"/proc/{pid}/status").read()
    assert f"\nPPid:\t{stack.postmaster}\n" in status
    return pid


def test_kill_9_of_a_backend(stack, busy, note, within):
    """The server ends all its backends then, and recovers: 503 meanwhile, and nothing is lost."""
    handlers = stack.handlers()
    with busy:
        for _ in range(DATABASE_KILLS):
            busy.wait_for_writes(20)
            assert kill(a_backend(stack))
            began = time.monotonic()
            busy.wait_for_writes(50)
            within(10, time.monotonic() - began, "50 writes after the kill")
    note(f"tries: {busy.ledger.tries}")
    assert 500 not in busy.ledger.tries
    assert stack.handlers() == handlers, "handlers live through it"


def test_kill_9_of_the_postmaster(stack, busy, note, within):
    handlers, anonymous, shop = stack.handlers(), stack.anonymous, busy.shop
    with busy:
        busy.wait_for_writes(20)
        postmaster = stack.postmaster
        assert kill(postmaster)
        wait_until(lambda: not is_alive(postmaster), "the postmaster is dead")
        try:
            wait_until(lambda: anonymous.get("/readyz").status == 503, "the API knows")
            down(anonymous, shop)
            time.sleep(DATABASE_SECONDS / 2)
            down(anonymous, shop)
        finally:
            stack.start_database()
        began = time.monotonic()
        stack.wait_until_ready()
        busy.wait_for_writes(50)
        within(10, time.monotonic() - began, "50 writes after the server's start")
    note(f"tries: {busy.ledger.tries}")
    assert 500 not in busy.ledger.tries
    assert stack.handlers() == handlers, "no handler was restarted"


def down(anonymous, shop):
    """What the API says while there is no database."""
    assert anonymous.get("/livez").status == 200
    for answer in (anonymous.get("/readyz"), shop.owner.get("products"), shop.owner.get("orders/1"),
                   shop.owner.post("products", {"name": "x", "unit_price": 1}),
                   shop.owner.post("products", {"name": ""}),
                   anonymous.post("sessions", {"email": "a@b.example", "password": "x" * 20})):
        assert answer.refused(503, "unavailable"), answer
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Cache-Control"] == "no-store"
    # What needs no database is refused as ever.
    assert anonymous.get("/api/v1/products").refused(401, "unauthorized")
    assert anonymous.post("/api/v1/products/x").refused(405, "method_not_allowed")


def test_connections_that_idle_are_closed_by_the_server_and_come_back(stack, busy):
    """An administrator's pg_terminate_backend() between two requests is noticed in time: no request
    fails for it."""
    shop = busy.shop
    for _ in range(5):
        stack.superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ="
                        " 'purser_products'")
        wait_until(lambda: stack.db.value("SELECT count(*) FROM pg_stat_activity WHERE usename ="
                                          " 'purser_products'") == 0, "they are gone")
        answer = shop.owner.get("products")
        assert answer.status == 200, answer
