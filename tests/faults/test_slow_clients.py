"""Clients that send and read as slowly as they may: nginx waits for them, and no program does."""

import time

from support.shop import Shop
from support.sizes import SLOW_EACH, SLOW_ROUNDS
from support.slow import SlowClient, SlowClients

LISTS = 30  # asked for at once by who reads slowly: more than the kernel's buffers take


def test_slow_clients_hold_nobody_up(stack, busy, note, within):
    slow = Shop(stack)
    for _ in range(100):  # a list of them is larger than what nginx keeps in memory
        slow.product(description="x" * 9000)
    with busy:
        before = [probe(stack, slow) for _ in range(200)]
        during = []
        for _ in range(SLOW_ROUNDS):
            clients = [client for _ in range(SLOW_EACH) for client in slow_clients(stack, slow)]
            with SlowClients(clients):
                while not all(client.is_gone() for client in clients):
                    during.append(probe(stack, slow))
                for client in clients:
                    assert client.reads or said_little(client.answer())
    note(f"{len(clients)} slow clients; tries: {busy.ledger.tries}")
    assert busy.ledger.failed == {}
    within(2, p99(during) / p99(before), "others' p99 beside what it was", "times")


def slow_clients(stack, shop):
    """One of each kind. nginx ends all of them within some seconds."""
    common = (f"Host: {stack.url.rpartition('/')[2]}\r\nAuthorization: Bearer {shop.owner.token}\r\n"
              "Content-Type: application/json\r\n").encode()
    yield SlowClient(stack, tls=False)  # half open
    yield SlowClient(stack)
    yield SlowClient(stack, b"GET /api/v1/products HTTP/1.1\r\n" + common + b"X-Slow: ",
                     drip=b"x" * 1000)
    yield SlowClient(stack, b"POST /api/v1/products HTTP/1.1\r\n" + common +
                     b"Content-Length: 1000\r\n\r\n", drip=b'{"name": ')
    yield SlowClient(stack, LISTS * (b"GET /api/v1/products?perPage=100 HTTP/1.1\r\n" + common +
                                     b"\r\n"), reads=True)


def said_little(answer):
    """nginx hangs up on those who don't end their request. No program has heard of them."""
    return answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


def probe(stack, shop):
    """Seconds for one answer that somebody else waits for, from the program that is asked most."""
    began = time.monotonic()
    assert shop.owner.get("products?perPage=5").status == 200
    return time.monotonic() - began


def p99(times):
    return sorted(times)[len(times) * 99 // 100]
