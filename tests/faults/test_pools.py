"""What takes long has processes of its own: while they are held up, all else goes on."""

import contextlib
import json
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

from support.fastcgi import Connection, record, records
from support.killer import kill
from support.programs import OwnPrograms
from support.shop import Shop
from support.stack import wait_until
from support.wire import Wire

FILE = {"Accept": "application/x-ndjson"}


@contextlib.contextmanager
def held(pids):
    """Stops processes in the midst of what they do."""
    for pid in pids:
        assert kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            assert kill(pid, signal.SIGCONT)


def test_files_and_logins_hold_nobody_up(stack):
    shop = Shop(stack)
    made = [shop.customer()["id"] for _ in range(3)]
    owner = (stack.facts["PURSER_OWNER_EMAIL"], stack.facts["PURSER_OWNER_PASSWORD"])
    pids = stack.pool("clients-slow") + stack.pool("sessions-slow")
    assert len(pids) == 3
    with ThreadPoolExecutor() as pool:
        with held(pids):
            file = pool.submit(shop.owner.get, "clients", headers=FILE)
            login = pool.submit(stack.login, *owner)
            for _ in range(20):
                assert shop.owner.get("clients").status == 200
                assert shop.owner.get("sessions").status == 200
            assert not file.done() and not login.done()
        rows = [json.loads(line) for line in file.result().body.splitlines()]
        assert login.result().get("users/me").status == 200
    assert {row["id"] for row in rows} >= set(made)


def statuses(stack, program, request):
    """What a program has answered to a request, by the log."""
    return [entry["status"] for entry in map(json.loads, open(stack.log / "purser.log"))
            if (entry.get("request"), entry["program"]) == (request, program)]


def test_a_client_that_leaves_ends_its_file(stack, fresh):
    """It is found out where one stretch ends and the next would begin."""
    fresh.happen(2500)
    name = f"gone-{uuid.uuid4()}"
    head = [("Authorization", fresh.owner.headers["Authorization"]), *FILE.items()]
    request = b"".join(records("GET", "/api/v1/events", head, request_id=name))
    with OwnPrograms(stack, ["events"]) as own, Connection(own.sockets["events"]) as c:
        c.send(request)
        c.close()
        wait_until(lambda: statuses(stack, "events", name), "the request is in the log")
        assert statuses(stack, "events", name) == [503]


def test_nginx_hangs_up_for_a_client_that_left(stack, fresh):
    fresh.happen(2500)
    name = f"left-{uuid.uuid4()}"
    [pid] = stack.pool("events-slow")
    with held([pid]):
        with Wire(stack.anonymous) as wire:
            wire.send(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {name}\r\n"
                      f"Accept: {FILE['Accept']}\r\n"
                      f"Authorization: {fresh.owner.headers['Authorization']}\r\n\r\n".encode())
        wait_until(lambda: statuses(stack, "nginx", name), "nginx has given the request up")
    wait_until(lambda: statuses(stack, "events", name), "the program has met the request")
    assert statuses(stack, "events", name) == [503]


def test_who_reads_a_file_slowly_holds_no_process(stack, fresh):
    """nginx takes the file at once, whole, and the only process goes on with the next one's."""
    rows = 20_000
    fresh.many_clients(rows, notes="repeat('x', 150)")
    assert len(stack.pool("clients-slow")) == 1
    with Wire(stack.anonymous) as slow:
        slow.send(f"GET /api/v1/clients HTTP/1.1\r\nHost: localhost\r\nAccept: {FILE['Accept']}\r\n"
                  f"Authorization: {fresh.owner.headers['Authorization']}\r\n\r\n".encode())
        assert fresh.owner.get("clients", headers=FILE).body.count(b"\n") == rows
        assert slow.answer().body.count(b"\n") == rows
