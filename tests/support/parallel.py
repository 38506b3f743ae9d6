"""parallel: many at once, and a ledger of what each was promised."""

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from support.client import BROKEN
from support.shop import WAYS
from support.sizes import PATIENCE
from support.stack import wait_until


def at_once(n, act):
    """Runs act(0) .. act(n - 1), each in a thread, all let go at the same moment. Returns what
    they returned; raises what one of them raised."""
    gate = threading.Barrier(n)

    def run(i):
        gate.wait()
        return act(i)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(run, range(n)))


def spread(n, threads, act):
    """Runs act(0) .. act(n - 1) by so many threads. Returns and raises as at_once()."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(act, range(n)))


def outcomes(answers):
    """(status, error code or None) -> how often."""
    return Counter((a.status, a.error if a.status >= 400 else None) for a in answers)


class Ledger:
    """Every write bears a key, and is sent again with it until its outcome is known. What was
    acknowledged must then be in the database, exactly once."""

    def __init__(self, shop):
        self.shop = shop
        self.lock = threading.Lock()
        self.writes = []  # (path, key, the final answer)
        self.tries = {}  # what a try ended with -> how often
        self.last = {}  # status -> the last answer that had it

    def count(self, outcome):
        with self.lock:
            self.tries[outcome] = self.tries.get(outcome, 0) + 1

    def take(self, answer):
        self.count(answer.status)
        self.last[answer.status] = answer

    @property
    def failed(self):
        """Of the tries those that a client would call failures."""
        return {k: n for k, n in self.tries.items() if not isinstance(k, int) or k >= 500}

    def write(self, client, path, json=None):
        key, until = str(uuid.uuid4()), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = client.post(path, json, headers={"Idempotency-Key": key})
            except BROKEN as why:
                self.count(type(why).__name__)
                time.sleep(0.02)
                continue
            self.take(answer)
            if answer.status in (503, 507) or (answer.status == 409 and
                                        answer.error == "idempotency_in_progress"):
                time.sleep(0.02)
                continue
            with self.lock:
                self.writes.append((path, key, answer))
            return answer
        raise AssertionError(f"POST {path} found no outcome in {PATIENCE} s")

    def read(self, client, path):
        """A read that may fail, but never with half an answer that looks whole."""
        try:
            answer = client.get(path)
        except BROKEN as why:
            self.count(type(why).__name__)
            return None
        self.take(answer)
        if answer.status == 200:
            assert int(answer.headers["Content-Length"]) == len(answer.body)
            assert answer.json["data"] is not None
        return answer

    @property
    def acknowledged(self):
        return [w for w in self.writes if w[2].status in (200, 201)]

    def check(self, events_before):
        """Holds the ledger against the database."""
        shop, db = self.shop, self.shop.db
        db.all("ANALYZE orders, order_lines, stock_movements")  # so much at once is news to it
        shop.check_books()
        # One event for each, so nothing was done twice and nothing that nobody asked for.
        assert len(shop.events(after=events_before)) == len(self.acknowledged)
        stored = {key: (status, body) for key, status, body in db.all(
            "SELECT key, status, body FROM idempotency_keys WHERE tenant_id = %s", shop.id)}
        assert len(stored) == len(self.acknowledged)
        for path, key, answer in self.acknowledged:
            assert stored[key] == (answer.status, answer.body.decode()), path
        self.check_orders(db)

    def check_orders(self, db):
        placed = sorted(a.data["id"] for p, _, a in self.acknowledged if p == "orders")
        kept = db.column("SELECT id::text FROM orders WHERE tenant_id = %s AND customer_name ="
                         " 'Load' ORDER BY 1", self.shop.id)
        assert placed == kept
        kinds = {"approve": "order.approved", "reject": "order.rejected",
                 "start": "order.started", "ready": "order.ready", "complete": "order.completed",
                 "no-show": "order.no_show", "cancel": "order.cancelled"}
        for action, kind in kinds.items():
            said = sorted(a.data["id"] for p, _, a in self.acknowledged if p.endswith(f"/{action}"))
            assert said == sorted(e[2] for e in self.shop.events() if e[1] == kind), action


# What becomes of an order, from its placing on.
FATES = [*WAYS.values(), "approve cancel"]


class Load:
    """Threads that do business in a shop until told to stop: with load: ..."""

    def __init__(self, shop, threads, products):
        self.shop, self.products = shop, products
        self.client = shop.owner
        shop.settings(pickup_slot_capacity=100000)  # slots are counted then
        self.ledger = Ledger(shop)
        self.events_before = shop.last_event()
        self.failures = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True)
                         for i in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *why):
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
            assert not thread.is_alive(), "the load does not end"
        if why[0] is None:
            assert self.failures == []

    def wait_for_writes(self, n):
        """Until so many more writes were acknowledged."""
        wanted = len(self.ledger.writes) + n
        wait_until(lambda: len(self.ledger.writes) >= wanted or self.failures, f"{n} more writes")

    def check(self):
        self.ledger.check(self.events_before)

    def _run(self, seed):
        luck = random.Random(seed)
        try:
            while not self._stop.is_set():
                self._round(luck)
        except Exception as why:  # told by the test's own thread
            self.failures.append(repr(why))
        finally:
            self.client.close()

    def _round(self, luck):
        """One order and what becomes of it; stock that comes in; looks at lists."""
        ledger, client = self.ledger, self.client
        chosen = luck.sample(self.products, 2)
        order = ledger.write(client, "orders", self.shop.order_body(
            *((p, luck.randint(1, 3)) for p in chosen), customer_name="Load"))
        if order.status == 201:
            for step in luck.choice(FATES).split():
                answer = ledger.write(client, f"orders/{order.data['id']}/{step}")
                self._expect(answer, 200)
        else:
            self._expect(order, 422)
        self._expect(ledger.write(client, f"inventory/{chosen[0]['id']}/adjust",
                                  {"delta": luck.randint(1, 5), "reason": "came in"}), 200)
        ledger.read(client, "products?perPage=50")
        ledger.read(client, "orders?sort=-number")

    def _expect(self, answer, status):
        if answer.status != status:
            self.failures.append(repr(answer))
