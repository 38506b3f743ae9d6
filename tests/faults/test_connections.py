"""Whoever talks to a program's socket, as nginx does or as it never would: nobody else waits."""

import time

from support.fastcgi import Connection, chunks, records
from support.parallel import spread
from support.shop import Shop
from support.sizes import IDLE_CONNECTIONS


def test_half_a_request_keeps_nobody_waiting(stack):
    """Whoever connects and says nothing, or half of a request, is waited for while others are
    served, and may end it after them."""
    shop = Shop(stack)
    headers = [("Authorization", shop.owner.headers["Authorization"]),
               ("Content-Type", "application/json")]
    request = b"".join(records("POST", "/api/v1/categories", headers, b'{"name":"Half"}'))
    for length in (0, 1, 7, 8, 20, 100, len(request) - 40, len(request) - 8, len(request) - 1):
        with Connection(stack.run / "categories.sock") as slow:
            slow.send(request[:length])
            for _ in range(20):
                assert shop.owner.get("categories").status == 200, length
            slow.send(request[length:])
            assert slow.answer().status == 201, f"{length} bytes, and the rest later"


def test_a_request_that_comes_in_many_pieces_is_served(stack):
    shop = Shop(stack)
    headers = [("Authorization", shop.owner.headers["Authorization"])]
    with Connection(stack.run / "categories.sock") as slow:
        for _ in range(2):
            for piece in chunks(b"".join(records("GET", "/api/v1/categories", headers)), 7):
                slow.send(piece)
            assert slow.answer().status == 200


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
