"""nginx's workers are killed, and its master, and what it passes on breaks off."""

import http.client
import random
import socket
import threading
import time

from support.fastcgi import STDOUT, record
from support.killer import kill
from support.shop import Shop
from support.sizes import DATABASE_SECONDS
from support.stack import is_alive, wait_until


def test_kill_9_of_nginx_workers_loses_nothing(stack, busy, note):
    """Clients lose their connections; what was acknowledged is there, the rest is sent again."""
    before, killed = len(stack.nginx()[1:]), 0
    with busy:
        until = time.monotonic() + DATABASE_SECONDS
        while time.monotonic() < until:
            time.sleep(0.3)
            killed += kill(random.choice(stack.nginx()[1:] or [2 ** 22 + 1]))
        wait_until(lambda: len(stack.nginx()[1:]) == before, "the workers are back")
        busy.wait_for_writes(20)
    note(f"{killed} workers killed; tries: {busy.ledger.tries}")
    assert killed > 3 and 500 not in busy.ledger.tries


def test_kill_9_of_nginx_itself_is_mended_by_dev_up(stack, busy, within):
    """Its workers live on and keep the port, with nobody to tell them anything."""
    master, *orphans = stack.nginx()
    with busy:
        busy.wait_for_writes(20)
        assert kill(master)
        wait_until(lambda: not is_alive(master), "the master is dead")
        stack.start_nginx()
        began = time.monotonic()
        assert not any(is_alive(pid) for pid in orphans)
        busy.wait_for_writes(20)
        within(2, time.monotonic() - began, "20 writes after nginx's start")
    assert 500 not in busy.ledger.tries


HALF = b"Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def test_half_an_answer_never_looks_like_a_whole_one(stack):
    """A program that dies while it answers: in its place stands one that does just that."""
    pieces = [b"", HALF[:20], HALF % (100, b""), HALF % (100, b'{"data":'),
              HALF % (2000000, b'{"data":"' + b"x" * 1000000)]
    shop, path = Shop(stack), stack.run / "categories.sock"
    aside = path.with_suffix(".aside")
    broken = []
    with socket.socket(socket.AF_UNIX) as listener:
        path.rename(aside)
        try:
            listener.bind(str(path))
            path.chmod(0o666)
            listener.listen()
            dying = threading.Thread(target=answer_half, args=(listener, pieces), daemon=True)
            dying.start()
            while dying.is_alive():
                outcome = ask(shop.owner)
                if outcome != 200:  # that is by a connection which nginx still keeps
                    broken.append(outcome)
        finally:
            aside.rename(path)
    assert broken == [503, 503, "IncompleteRead", "IncompleteRead", "IncompleteRead"]
    assert ask(shop.owner) == 200


def answer_half(listener, pieces):
    for said in pieces:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for i in range(0, len(said), 32768):
                connection.sendall(record(STDOUT, said[i:i + 32768]))


def ask(client):
    """The status of a whole answer, or how it broke off."""
    try:
        answer = client.get("categories")
    except (http.client.IncompleteRead, ConnectionError) as why:
        return type(why).__name__
    assert answer.status == 200 or answer.refused(503, "unavailable"), answer
    return answer.status
