"""A day in the shop, by the API alone: from signing up to stock-taking. Several people work at
once; each writes down what it was told; in the evening everything must agree with that."""

import random
import threading
from collections import Counter, defaultdict

import pytest

from support import books
from support.parallel import at_once
from support.shop import in_days, unique
from support.sizes import DAY_ORDERS, DAY_STAFF

SECRET = "shop-secret-of-the-day"
SLOT_CAPACITY = DAY_ORDERS // 16
DAYS = [in_days(n)[:10] for n in (2, 3)]
SLOTS = [f"{day}T{hour:02}:{minute}:00Z" for day in DAYS for hour in range(8, 18)
         for minute in ("00", "30")]

# What becomes of orders: each way as often as it comes in a shop.
WAYS = [way.split() for way in (
    "", "reject", "cancel", "change cancel", "approve", "change approve", "approve change",
    "approve cancel", "approve start", "approve start cancel", "approve start ready",
    "approve start ready cancel", "approve start ready no-show",
    "approve start ready complete", "approve start ready complete",
    "change approve change start ready complete", "change change", "move approve move start")]
HOLDS = {"pending", "approved", "in_production", "ready", "completed"}
TAKEN = HOLDS - {"pending"}
KIND = {"approve": "approved", "reject": "rejected", "cancel": "cancelled", "start": "started",
        "ready": "ready", "complete": "completed", "no-show": "no_show"}


class Diary:
    """What the shop was told: every write that was acknowledged, and each thing as it is now."""

    def __init__(self):
        self.lock = threading.Lock()
        self.writes = {}  # request id -> kind of event
        self.orders = {}  # id -> as the last answer had it
        self.delivered = Counter()  # product -> by hand
        self.stories = defaultdict(list)  # order -> kinds of its events
        self.refused = Counter()

    def did(self, kind, client, method, path, json=None, **kw):
        """A write that is noted when it was done. Returns the answer."""
        request = unique("day")
        answer = client.request(method, path, json=json,
                                headers={"X-Request-Id": request, **kw})
        with self.lock:
            if answer.status in (200, 201):
                self.writes[request] = kind
                if kind.startswith("order."):
                    self.orders[answer.data["id"]] = answer.data
                    self.stories[answer.data["id"]].append(kind)
            else:
                self.refused[answer.error] += 1
        return answer

    def done(self, *args, **kw):
        answer = self.did(*args, **kw)
        assert answer.status in (200, 201), (args, answer)
        return answer.data


class Business:
    """A tenant that signed up; its people, shelves and products."""

    def __init__(self, stack):
        self.stack, self.diary = stack, Diary()
        self.open()
        self.hire()
        self.fill_shelves()

    def login(self, email):
        """A client whose login is in the diary, for it is an event too."""
        answer = self.diary.did("session.created", self.stack.anonymous, "POST", "sessions",
                                {"email": email, "password": SECRET})
        assert answer.status == 201, answer
        return self.stack.anonymous.bearing(answer.data["token"])

    def open(self):
        email = f"{unique('owner')}@example.org"
        self.id = self.diary.done("tenant.created", self.stack.anonymous, "POST", "tenants", {
            "name": unique("Day Bakery"), "owner_name": "Olga", "email": email,
            "password": SECRET, "currency": "EUR"})["id"]
        self.owner = self.login(email)
        self.diary.done("settings.updated", self.owner, "PATCH", "settings", {
            "opening_hours": [{"day": day, "opens": "08:00", "closes": "18:00"}
                              for day in range(1, 8)],
            "lead_time_hours": 12, "pickup_days_ahead": 30, "pickup_slot_minutes": 30,
            "pickup_slot_capacity": SLOT_CAPACITY})

    def hire(self):
        self.staff = []
        for role in ["admin", "manager"] + ["staff"] * (DAY_STAFF - 2) + ["accountant"]:
            email = f"{unique(role)}@example.org"
            self.diary.done("user.created", self.owner, "POST", "users", {
                "name": unique(role.title()), "email": email, "role": role, "password": SECRET})
            self.staff.append(self.login(email))
        self.accountant = self.staff.pop()
        self.manager = self.staff[1]

    def fill_shelves(self):
        diary, self.products = self.diary, {}
        shelves = [diary.done("category.created", self.manager, "POST", "categories",
                              {"name": name, "position": n})["id"]
                   for n, name in enumerate(("Cakes", "Bread", "Drinks"))]
        for n in range(12):
            made = diary.done("product.created", self.manager, "POST", "products", {
                "name": f"Product {n}", "unit_price": 199 + 37 * n, "sku": f"DAY-{n}",
                "tax_rate": (0, 700, 1900)[n % 3], "category_id": shelves[n % 3],
                "track_stock": n != 11})
            self.products[made["id"]] = made
            if made["track_stock"]:  # of two there is too little for the day
                self.deliver(self.staff[n % DAY_STAFF], made["id"],
                             DAY_ORDERS // 8 if n < 2 else DAY_ORDERS * 4)
        self.clients = [diary.done("client.created", self.staff[n % DAY_STAFF], "POST", "clients", {
            "name": f"Client {n}", "email": f"client{n}@example.org"})["id"] for n in range(10)]

    def deliver(self, who, product, units, reason="delivery"):
        answer = self.diary.did("stock.adjusted", who, "POST", f"inventory/{product}/adjust",
                                {"delta": units, "reason": reason})
        if answer.status == 200:
            with self.diary.lock:
                self.diary.delivered[product] += units
        else:
            assert units < 0 and answer.refused(422, "insufficient_stock"), answer

    # ---- one order's way

    def some_lines(self, luck):
        return [{"product_id": p, "quantity": luck.randint(1, 4)}
                for p in luck.choices(list(self.products), k=luck.randint(1, 3))]

    def serve(self, luck, way):
        """Places an order and leads it along a way, each step by somebody else."""
        diary, body = self.diary, {
            "customer_name": f"Customer {luck.randint(1, 50)}", "lines": self.some_lines(luck),
            "pickup_date": luck.choice(SLOTS)}
        if luck.random() < 0.5:
            body["client_id"] = luck.choice(self.clients)
        key = {"Idempotency-Key": unique("key")} if luck.random() < 0.3 else {}
        who = luck.choice(self.staff)
        placed = diary.did("order.placed", who, "POST", "orders", body, **key)
        if placed.status != 201:
            assert placed.refused(422, "insufficient_stock") or \
                placed.refused(422, "pickup_unavailable"), placed
            return
        path = f"orders/{placed.data['id']}"
        if key:  # whoever didn't hear the answer asks again
            again = who.post("orders", body, headers=key)
            assert again.body == placed.body and "Idempotent-Replayed" in again.headers
        for step in way:
            who = luck.choice(self.staff)
            if step in ("change", "move"):
                wish = {"lines": self.some_lines(luck)} if step == "change" else \
                    {"pickup_date": luck.choice(SLOTS)}
                answer = diary.did("order.updated", who, "PATCH", path, wish)
                assert answer.status == 200 or answer.refused(422, "insufficient_stock") or \
                    answer.refused(422, "pickup_unavailable"), answer
            else:
                diary.done(f"order.{KIND[step]}", who, "POST", f"{path}/{step}")


@pytest.fixture(scope="module")
def day(stack):
    """The shop in the evening."""
    shop = Business(stack)
    ways = [WAYS[n % len(WAYS)] for n in range(DAY_ORDERS)]
    random.Random(1).shuffle(ways)

    def work(i):
        luck = random.Random(i)
        for n, way in enumerate(ways[i::DAY_STAFF]):
            shop.serve(luck, way)
            product = luck.choice([p for p, x in shop.products.items() if x["track_stock"]])
            if n % 10 == 0:
                shop.deliver(shop.staff[i], product, luck.randint(1, 20))
            if n % 10 == 5:
                shop.deliver(shop.staff[i], product, -luck.randint(1, 20), "broken")
            if n % 15 == 7:  # a new price: for those who order from now on
                shop.diary.done("product.updated", shop.manager, "PATCH", f"products/{product}",
                                {"unit_price": luck.randint(100, 999)})

    at_once(DAY_STAFF, work)
    return shop


def everything(client, path, query=""):
    """All rows of a list, page by page."""
    rows, page = [], 1
    while True:
        answer = client.get(f"{path}?perPage=100&page={page}&{query}")
        assert answer.status == 200, answer
        rows += answer.data
        if len(rows) >= answer.json["total"] or not answer.data:
            assert len(rows) == answer.json["total"]
            return rows
        page += 1


def test_it_was_a_full_day(day):
    """Everything that was to happen did happen; or this test would say nothing."""
    kinds = Counter(day.diary.writes.values())
    assert min(kinds[f"order.{k}"] for k in [*KIND.values(), "placed", "updated"]) > 0, kinds
    assert {o["status"] for o in day.diary.orders.values()} == {
        "pending", "approved", "in_production", "ready", "completed", "rejected", "no_show",
        "cancelled"}
    assert len(day.diary.orders) > DAY_ORDERS // 2
    assert day.diary.refused["insufficient_stock"] > 0
    assert set(day.diary.refused) <= {"insufficient_stock", "pickup_unavailable"}


def test_every_order_is_as_its_last_answer_said(day):
    orders = {o["id"]: o for o in everything(day.owner, "orders", "include=lines&sort=number")}
    assert orders == day.diary.orders
    assert [o["number"] for o in orders.values()] == list(range(1, len(orders) + 1))
    for order in orders.values():
        assert order["total"] == sum(line["total"] for line in order["lines"])
        assert order["tax_total"] == sum(line["tax"] for line in order["lines"])
        assert order["subtotal"] == order["total"] - order["tax_total"]
        assert all(line["total"] == line["unit_price"] * line["quantity"]
                   for line in order["lines"])


def test_totals_are_what_was_counted(day):
    orders = list(day.diary.orders.values())
    for status, n in Counter(o["status"] for o in orders).items():
        assert day.owner.get(f"orders?status={status}").json["total"] == n, status
    assert day.owner.get("orders").json["total"] == len(orders)
    for client in day.clients:
        mine = [o["id"] for o in everything(day.owner, f"clients/{client}/orders")]
        assert sorted(mine) == sorted(o["id"] for o in orders if o["client_id"] == client)
    for path, n in (("products", 12), ("categories", 3), ("clients", 10), ("inventory", 12),
                    ("users", DAY_STAFF + 2)):
        assert day.owner.get(path).json["total"] == n, path


def test_stock_is_what_came_less_what_went(day):
    """By the diary, by the ledger and by the shelf."""
    sold, reserved = Counter(), Counter()
    for order in day.diary.orders.values():
        for line in order["lines"]:
            sold[line["product_id"]] += line["quantity"] * (order["status"] in TAKEN)
            reserved[line["product_id"]] += line["quantity"] * (order["status"] == "pending")
    for stock in everything(day.owner, "inventory"):
        product = stock["product_id"]
        ledger = everything(day.owner, f"inventory/{product}/movements", "sort=created_at")
        assert sum(m["delta"] for m in ledger) == stock["on_hand"]
        if not stock["track_stock"]:
            assert (stock["on_hand"], stock["reserved"], ledger) == (0, 0, [])
            continue
        assert stock["on_hand"] == day.diary.delivered[product] - sold[product]
        assert stock["reserved"] == reserved[product]
        assert stock["available"] == stock["on_hand"] - stock["reserved"] >= 0
        by_hand = [m["delta"] for m in ledger if m["kind"] == "adjustment"]
        assert sum(by_hand) == day.diary.delivered[product]
        of_orders = Counter()
        for m in ledger:
            of_orders[m["order_id"]] += m["delta"] if m["order_id"] else 0
        for order in day.diary.orders.values():
            quantity = sum(line["quantity"] for line in order["lines"]
                           if line["product_id"] == product)
            assert of_orders[order["id"]] == -quantity * (order["status"] in TAKEN)


def test_slots_have_the_orders_that_are_in_them(day):
    there = Counter(o["pickup_date"] for o in day.diary.orders.values() if o["status"] in HOLDS)
    assert max(there.values()) <= SLOT_CAPACITY
    product = next(iter(day.products))
    for slot in SLOTS:
        answer = day.owner.get(f"products/{product}/availability?at={slot}")
        assert answer.data["slot_left"] == SLOT_CAPACITY - there[slot], slot


def test_there_is_one_event_for_every_write(day):
    events, after = [], 0
    while page := day.owner.get(f"events?after={after}&perPage=100").data:
        events += page
        after = page[-1]["seq"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert {e["request_id"]: e["kind"] for e in events} == day.diary.writes
    assert len(events) == len(day.diary.writes)
    for order, story in random.Random(1).sample(sorted(day.diary.stories.items()), 10):
        history = day.owner.get(f"orders/{order}/history?perPage=100").data
        assert [e["kind"] for e in history] == story


def test_whoever_only_reads_has_changed_nothing(day):
    assert day.accountant.get("orders").status == 200
    refused = day.accountant.post("orders", {})
    assert refused.refused(403, "forbidden")
    assert day.accountant.post("inventory/x/adjust", {}).refused(403, "forbidden")


def test_stock_taking(day):
    """In the end somebody counts: one of each was eaten, wherever one is free."""
    for stock in everything(day.owner, "inventory", "track_stock=true&available[gt]=0"):
        day.deliver(day.staff[0], stock["product_id"], -1, "stock-taking")
        now = day.owner.get(f"inventory/{stock['product_id']}").data
        assert (now["on_hand"], now["reserved"]) == (stock["on_hand"] - 1, stock["reserved"])
        last = day.owner.get(f"inventory/{stock['product_id']}/movements?perPage=1").data[0]
        assert (last["delta"], last["reason"], last["on_hand"]) == (-1, "stock-taking",
                                                                    now["on_hand"])
    assert day.owner.get("inventory?track_stock=true&reserved[gt]=0").json["total"] > 0
    test_stock_is_what_came_less_what_went(day)


def test_the_books_balance(day, db):
    """What the API can't show: the chain of events, rows that nobody lists."""
    assert books.faults(db, day.id) == []
