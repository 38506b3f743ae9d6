"""nginx's workers are killed, and its master."""

import pathlib
import random
import time

from support.killer import kill
from support.sizes import DATABASE_SECONDS
from support.shop import Shop
from support.stack import is_alive, wait_until


def workers(stack):
    master = (stack.run / "nginx.pid").read_text().strip()
    children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text()
    return [int(pid) for pid in children.split()]


def test_kill_9_of_nginx_workers_loses_nothing(stack, busy, note):
    """Clients lose their connections; what was acknowledged is there, the rest is sent again."""
    before, killed = len(workers(stack)), 0
    with busy:
        until = time.monotonic() + DATABASE_SECONDS
        while time.monotonic() < until:
            time.sleep(0.3)
            killed += kill(random.choice(workers(stack) or [2 ** 22 + 1]))
        wait_until(lambda: len(workers(stack)) == before, "the workers are back")
        time.sleep(0.5)
    note(f"{killed} workers killed; tries: {busy.ledger.tries}")
    assert killed > 3 and 500 not in busy.ledger.tries


def test_kill_9_of_nginx_itself_is_mended_by_dev_up(stack):
    """Its workers live on and keep the port, with nobody to tell them anything."""
    shop = Shop(stack)
    orphans = workers(stack)
    assert kill(int((stack.run / "nginx.pid").read_text()))
    stack.start_nginx()
    assert not any(is_alive(pid) for pid in orphans)
    assert shop.owner.get("products").status == 200
