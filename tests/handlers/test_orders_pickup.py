"""orders: when something can be picked up; hours, days, time zones, lead times, full slots."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from support.shop import Shop, in_days, unique

UTC = datetime.timezone.utc
FULL = {"pickup_date": "No more can be picked up then"}
CLOSED = {"pickup_date": "The shop is closed then"}


def instant(when):
    """A datetime as the API takes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_hours(hours):
    return instant(datetime.datetime.now(UTC) + datetime.timedelta(hours=hours))


def next_day(weekday, zone="UTC"):
    """The next but one such day (1 is Monday), at least a week ahead."""
    day = datetime.datetime.now(ZoneInfo(zone)).date() + datetime.timedelta(days=8)
    return day + datetime.timedelta(days=(weekday - day.isoweekday()) % 7)


def at(day, clock, zone="UTC"):
    """The instant of a local time."""
    time = datetime.time.fromisoformat(clock)
    return instant(datetime.datetime.combine(day, time, ZoneInfo(zone)))


def clock_change(zone, spring):
    """The next day, at least two ahead, on which the clocks go forward (or back)."""
    tz, day = ZoneInfo(zone), datetime.date.today() + datetime.timedelta(days=2)
    while True:
        offset = [datetime.datetime.combine(day + datetime.timedelta(days=n), datetime.time(),
                                            tz).utcoffset() for n in (0, 1)]
        if offset[0] != offset[1] and (offset[1] > offset[0]) == spring:
            return day
        day += datetime.timedelta(days=1)


class Counter:
    """A shop, a product that never sells out, and orders for a moment."""

    def __init__(self, shop):
        self.shop, self.owner = shop, shop.owner
        self.cake = shop.product(track_stock=False)

    def body(self, pickup, *products):
        return self.shop.order_body(*((p, 1) for p in products or [self.cake]), pickup_date=pickup)

    def order(self, pickup, *products):
        return self.owner.post("orders", self.body(pickup, *products))

    def takes(self, pickup, *products):
        """Whether an order is accepted; the rehearsal leaves no trace."""
        answer = self.owner.post("orders?dry_run=true", self.body(pickup, *products))
        assert answer.status == 201 or answer.refused(422, "pickup_unavailable"), answer
        return answer.status == 201

    def why_not(self, pickup, *products):
        """The faults of a refused order, which must have left nothing behind."""
        before = self.shop.footprint()
        answer = self.order(pickup, *products)
        assert answer.refused(422, "pickup_unavailable"), answer
        assert self.shop.footprint() == before
        return answer.faults

    def taken(self):
        """Slot -> orders in it, where there are any."""
        return {str(slot): n for slot, n in self.shop.db.all(
            "SELECT slot, taken FROM pickup_slots WHERE tenant_id = %s AND taken > 0",
            self.shop.id)}


@pytest.fixture
def counter(fresh):
    return Counter(fresh)


# ---- opening hours

def test_always_open_where_no_hours_are_set(counter):
    for hours in (1, 100, 5000):
        assert counter.takes(in_hours(hours))


def test_hours_of_a_day(counter):
    """From the minute it opens to just before it closes; with a break; on no other day."""
    day = next_day(2)
    counter.shop.settings(opening_hours=[{"day": 2, "opens": "08:00", "closes": "12:00"},
                                         {"day": 2, "opens": "13:30", "closes": "18:00"}])
    for clock in ("08:00", "11:59:59", "13:30", "17:59:59"):
        assert counter.takes(at(day, clock)), clock
    for clock in ("00:00", "07:59:59", "12:00", "13:29:59", "18:00", "23:59:59"):
        assert counter.why_not(at(day, clock)) == CLOSED, clock
    for offset in (-1, 1, 3):
        assert counter.why_not(at(day + datetime.timedelta(days=offset), "10:00")) == CLOSED
    for weeks in (1, 10, 60):
        assert counter.takes(at(day + datetime.timedelta(weeks=weeks), "10:00"))


def test_every_day_has_its_number(counter):
    for weekday in range(1, 8):
        counter.shop.settings(opening_hours=[{"day": weekday, "opens": "09:00",
                                              "closes": "10:00"}])
        open_days = [d for d in range(1, 8) if counter.takes(at(next_day(d), "09:30"))]
        assert open_days == [weekday]


def test_open_until_midnight(counter):
    counter.shop.settings(opening_hours=[{"day": 5, "opens": "00:00", "closes": "24:00"}])
    day = next_day(5)
    assert counter.takes(at(day, "00:00")) and counter.takes(at(day, "23:59:59"))
    assert counter.why_not(at(day + datetime.timedelta(days=1), "00:00")) == CLOSED


def test_closed_days(counter):
    """In the shop's own days: in Berlin one begins before it does in Greenwich."""
    zone, day = "Europe/Berlin", next_day(3, "Europe/Berlin")
    counter.shop.settings(time_zone=zone, closed_days=[{"date": str(day), "note": "Inventory"}])
    for clock in ("00:00", "12:00", "23:59:59"):
        assert counter.why_not(at(day, clock, zone)) == CLOSED
    for offset, clock in ((-1, "23:59:59"), (1, "00:00")):
        assert counter.takes(at(day + datetime.timedelta(days=offset), clock, zone))


def test_a_closed_day_closes_an_open_one(counter):
    days = [next_day(4), next_day(4) + datetime.timedelta(weeks=1)]
    counter.shop.settings(opening_hours=[{"day": 4, "opens": "08:00", "closes": "18:00"}],
                          closed_days=[{"date": str(days[0])}])
    assert [counter.takes(at(day, "10:00")) for day in days] == [False, True]


# ---- time zones

@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu",
                                  "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_hours_are_local(counter, zone):
    day = next_day(6, zone)
    counter.shop.settings(time_zone=zone,
                          opening_hours=[{"day": 6, "opens": "09:00", "closes": "17:00"}])
    for clock, open_then in (("08:59:59", False), ("09:00", True), ("16:59:59", True),
                             ("17:00", False)):
        assert counter.takes(at(day, clock, zone)) == open_then, clock


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("spring", [True, False], ids=["spring", "autumn"])
def test_hours_stay_when_the_clocks_change(counter, zone, spring):
    """Nine o'clock is nine o'clock, before, on and after the day."""
    change = clock_change(zone, spring)
    counter.shop.settings(time_zone=zone, opening_hours=[
        {"day": day, "opens": "09:00", "closes": "17:00"} for day in range(1, 8)])
    opens = []
    for offset in (-1, 0, 1):
        day = change + datetime.timedelta(days=offset)
        assert not counter.takes(at(day, "08:59:59", zone)), day
        assert counter.takes(at(day, "09:00", zone)), day
        assert counter.takes(at(day, "16:59:59", zone)), day
        assert not counter.takes(at(day, "17:00", zone)), day
        opens.append(at(day, "09:00", zone)[11:])
    assert opens[0] != opens[2]  # so the clocks did change between them


def test_the_hour_that_is_skipped_and_the_one_that_comes_twice(counter):
    zone = "Europe/Berlin"
    counter.shop.settings(time_zone=zone, pickup_slot_minutes=60, pickup_slot_capacity=1,
                          opening_hours=[{"day": 7, "opens": "02:00", "closes": "03:00"}])
    spring, autumn = clock_change(zone, True), clock_change(zone, False)
    assert [counter.takes(at(spring, clock)) for clock in ("00:59:59", "01:00", "01:59:59")] == \
        [False] * 3
    assert [counter.takes(at(autumn, clock)) for clock in
            ("00:00", "00:59:59", "01:00", "01:59:59")] == [True] * 4
    assert [counter.takes(at(autumn, clock)) for clock in ("02:00",)] == [False]
    assert counter.order(at(autumn, "00:30")).status == 201  # both hours are one slot
    assert counter.why_not(at(autumn, "01:30")) == FULL


def test_a_new_time_zone_judges_anew(counter):
    day = next_day(1)
    counter.shop.settings(opening_hours=[{"day": 1, "opens": "09:00", "closes": "10:00"}])
    assert counter.takes(at(day, "09:30"))
    counter.shop.settings(time_zone="Asia/Tokyo")
    assert not counter.takes(at(day, "09:30"))
    assert counter.takes(at(day, "09:30", "Asia/Tokyo"))


# ---- how long before, how far ahead

def test_the_shops_lead_time(counter):
    counter.shop.settings(lead_time_hours=48)
    assert counter.why_not(in_hours(47)) == {"pickup_date": "Must be at least 48 hours ahead"}
    assert counter.takes(in_hours(49))
    counter.shop.settings(lead_time_hours=0)
    assert counter.takes(in_hours(1))


def test_the_longest_lead_time_counts(counter):
    quick, slow, slowest = (counter.shop.product(lead_time_hours=h, track_stock=False)
                            for h in (0, 24, 72))
    assert counter.takes(in_hours(1), quick)
    assert counter.why_not(in_hours(23), quick, slow) == {
        "pickup_date": "Must be at least 24 hours ahead"}
    assert counter.takes(in_hours(25), quick, slow)
    assert counter.why_not(in_hours(71), slow, slowest, quick) == {
        "pickup_date": "Must be at least 72 hours ahead"}
    counter.shop.settings(lead_time_hours=48)
    assert counter.why_not(in_hours(47), slow) == {
        "pickup_date": "Must be at least 48 hours ahead"}
    assert counter.why_not(in_hours(71), slowest) == {
        "pickup_date": "Must be at least 72 hours ahead"}
    assert counter.takes(in_hours(73), slowest)


def test_how_far_ahead(counter):
    counter.shop.settings(pickup_days_ahead=30)
    assert counter.takes(in_hours(30 * 24 - 1))
    assert counter.why_not(in_hours(30 * 24 + 1)) == {
        "pickup_date": "Must be at most 30 days ahead"}
    counter.shop.settings(pickup_days_ahead=None)
    assert counter.takes("2999-12-31T12:00:00Z")


def test_all_that_stands_against_it_is_told(counter):
    answer = None
    for setting, faults in (
            ({"lead_time_hours": 100}, ["The shop is closed then",
                                        "Must be at least 100 hours ahead"]),
            ({"lead_time_hours": 0, "pickup_days_ahead": 1}, ["The shop is closed then",
                                                              "Must be at most 1 days ahead"])):
        day = datetime.date.today() + datetime.timedelta(days=3)
        counter.shop.settings(closed_days=[{"date": str(day)}], **setting)
        answer = counter.order(at(day, "12:00"))
        assert answer.refused(422, "pickup_unavailable")
        assert answer.json["details"] == [{"field": "pickup_date", "message": m} for m in faults]


def test_what_is_wrong_in_itself_goes_first(counter):
    """400 for the product that isn't there, though the shop is closed and stock is short too."""
    day = next_day(1)
    counter.shop.settings(closed_days=[{"date": str(day)}], pickup_slot_capacity=1)
    scarce = counter.shop.product(stock=1)
    body = counter.shop.order_body((scarce, 5), ({"id": counter.shop.id}, 1),
                                   pickup_date=at(day, "12:00"))
    answer = counter.owner.post("orders", body)
    assert answer.refused(400, "validation_failed"), answer
    assert answer.json["message"] == "Order could not be created"
    assert answer.faults == {"lines[1].product_id": "No such product"}


# ---- slots

DAY = next_day(2)


@pytest.fixture
def two(counter):
    """A counter that hands out two orders each half hour."""
    counter.shop.settings(pickup_slot_minutes=30, pickup_slot_capacity=2)
    return counter


def placed(counter, clock, **fields):
    answer = counter.owner.post("orders", {**counter.body(at(DAY, clock)), **fields})
    assert answer.status == 201, answer
    return answer.data


def test_a_slot_takes_so_many(two):
    placed(two, "10:00"), placed(two, "10:29:59")
    for clock in ("10:00", "10:15", "10:29:59"):
        assert two.why_not(at(DAY, clock)) == FULL
    for clock in ("09:59:59", "10:30"):
        assert two.takes(at(DAY, clock))
    assert two.taken() == {f"{DAY} 10:00:00": 2}


@pytest.mark.parametrize("minutes,inside,outside", [
    (15, ["10:00", "10:14:59"], ["09:59:59", "10:15"]),
    (60, ["10:00", "10:59:59"], ["09:59:59", "11:00"]),
    (1440, ["00:00", "23:59:59"], []), (1, ["10:00", "10:00:59"], ["10:01"])])
def test_the_length_of_a_slot(counter, minutes, inside, outside):
    counter.shop.settings(pickup_slot_minutes=minutes, pickup_slot_capacity=1)
    placed(counter, inside[0])
    assert counter.why_not(at(DAY, inside[1])) == FULL
    assert all(counter.takes(at(DAY, clock)) for clock in outside)


def test_slots_are_local(counter):
    """A quarter to in Kathmandu is the full hour in Greenwich."""
    zone = "Asia/Kathmandu"
    counter.shop.settings(time_zone=zone, pickup_slot_minutes=60, pickup_slot_capacity=1)
    assert counter.order(at(DAY, "10:00", zone)).status == 201
    assert counter.why_not(at(DAY, "10:59", zone)) == FULL
    assert counter.takes(at(DAY, "09:59", zone)) and counter.takes(at(DAY, "11:00", zone))


def test_slots_are_each_tenants_own(stack, two):
    placed(two, "10:00"), placed(two, "10:00")
    other = Counter(Shop(stack))
    other.shop.settings(pickup_slot_minutes=30, pickup_slot_capacity=2)
    assert other.takes(at(DAY, "10:00"))


@pytest.mark.parametrize("way,frees", [
    ("reject", True), ("cancel", True), ("approve", False), ("approve cancel", True),
    ("approve start", False), ("approve start cancel", True), ("approve start ready", False),
    ("approve start ready cancel", True), ("approve start ready no-show", True),
    ("approve start ready complete", False)])
def test_who_leaves_frees_a_place(two, way, frees):
    order = placed(two, "10:00")
    placed(two, "10:00")
    for action in way.split():
        assert not two.takes(at(DAY, "10:15"))
        assert two.owner.post(f"orders/{order['id']}/{action}").status == 200
    assert two.takes(at(DAY, "10:15")) == frees
    assert two.taken() == {f"{DAY} 10:00:00": 1 if frees else 2}


def test_a_refused_order_takes_no_place(two):
    scarce = two.shop.product(stock=1)
    body = two.shop.order_body((scarce, 2), pickup_date=at(DAY, "10:00"))
    for _ in range(3):
        assert two.owner.post("orders", body).refused(422, "insufficient_stock")
        assert two.owner.post("orders?dry_run=true", two.body(at(DAY, "10:00"))).status == 201
    assert two.taken() == {}


def test_moving_frees_the_old_and_takes_the_new(two):
    order = placed(two, "10:00")
    path = f"orders/{order['id']}"
    answer = two.owner.patch(path, {"pickup_date": at(DAY, "11:10")})
    assert answer.status == 200 and answer.data["pickup_date"] == at(DAY, "11:10")
    assert two.taken() == {f"{DAY} 11:00:00": 1}
    assert two.owner.patch(path, {"pickup_date": at(DAY, "11:29")}).status == 200
    assert two.taken() == {f"{DAY} 11:00:00": 1}
    assert two.owner.patch(path, {"notes": "x"}).status == 200
    assert two.owner.post(f"{path}/approve").status == 200
    assert two.owner.patch(path, {"pickup_date": at(DAY, "10:00")}).status == 200
    assert two.taken() == {f"{DAY} 10:00:00": 1}


def test_moving_to_a_full_slot(two):
    order = placed(two, "10:00")
    placed(two, "11:00"), placed(two, "11:20")
    before = two.shop.footprint()
    path = f"orders/{order['id']}"
    answer = two.owner.patch(path, {"pickup_date": at(DAY, "11:15"), "notes": "Never kept."})
    assert answer.refused(422, "pickup_unavailable") and answer.faults == FULL
    stale = two.owner.patch(path, {"pickup_date": at(DAY, "11:15")}, headers={"If-Match": '"9"'})
    assert stale.refused(412, "precondition_failed")
    assert two.shop.footprint() == before


def test_within_a_full_slot_one_can_move(two):
    order = placed(two, "10:00")
    placed(two, "10:00")
    answer = two.owner.patch(f"orders/{order['id']}", {"pickup_date": at(DAY, "10:20")})
    assert answer.status == 200


def test_a_raised_capacity(two):
    placed(two, "10:00"), placed(two, "10:00")
    two.shop.settings(pickup_slot_capacity=3)
    placed(two, "10:00")
    assert two.why_not(at(DAY, "10:00")) == FULL


def test_a_lowered_capacity(counter):
    """Those that are there stay, can be changed and leave; until then nobody comes."""
    counter.shop.settings(pickup_slot_minutes=30, pickup_slot_capacity=3)
    orders = [placed(counter, "10:00") for _ in range(3)]
    counter.shop.settings(pickup_slot_capacity=1)
    assert counter.taken() == {f"{DAY} 10:00:00": 3}
    assert counter.owner.patch(f"orders/{orders[0]['id']}", {"notes": "x"}).status == 200
    assert counter.owner.post(f"orders/{orders[0]['id']}/approve").status == 200
    for order in orders:
        assert counter.why_not(at(DAY, "10:00")) == FULL
        assert counter.owner.post(f"orders/{order['id']}/cancel").status == 200
    placed(counter, "10:00")
    assert counter.why_not(at(DAY, "10:00")) == FULL


def test_capacity_off_and_on_again(two):
    """What was placed, moved and left meanwhile is counted when it matters again."""
    first = placed(two, "10:00")
    two.shop.settings(pickup_slot_capacity=None)
    assert two.taken() == {}
    more = [placed(two, "10:00") for _ in range(3)]
    two.owner.post(f"orders/{first['id']}/cancel")
    assert two.owner.patch(f"orders/{more[0]['id']}",
                           {"pickup_date": at(DAY, "12:00")}).status == 200
    two.shop.settings(pickup_slot_capacity=2)
    assert two.taken() == {f"{DAY} 10:00:00": 2, f"{DAY} 12:00:00": 1}
    assert two.why_not(at(DAY, "10:00")) == FULL


@pytest.mark.parametrize("change,taken", [
    ({"pickup_slot_minutes": 60}, {"10:00": 3}),
    ({"pickup_slot_minutes": 15}, {"10:00": 1, "10:15": 1, "10:45": 1}),
    ({"time_zone": "Asia/Kathmandu"}, {"15:30": 1, "16:00": 1, "16:30": 1})])
def test_slots_of_another_shape_are_counted_anew(two, change, taken):
    for clock in ("10:00", "10:20", "10:45"):
        placed(two, clock)
    left = placed(two, "10:50")
    assert two.owner.post(f"orders/{left['id']}/cancel").status == 200
    two.shop.settings(**change)
    assert two.taken() == {f"{DAY} {clock}:00": n for clock, n in taken.items()}


# ---- PATCH and the other rules

def test_a_pick_up_that_stays_is_not_judged_again(counter):
    order = placed(counter, "10:00")
    path = f"orders/{order['id']}"
    counter.shop.settings(closed_days=[{"date": str(DAY)}], lead_time_hours=8760,
                          pickup_days_ahead=1)
    for body in ({"notes": "x"}, {"pickup_date": at(DAY, "10:00"), "notes": "y"},
                 {"lines": [{"product_id": counter.cake["id"], "quantity": 5}]}):
        assert counter.owner.patch(path, body).status == 200, body
    moved = counter.owner.patch(path, {"pickup_date": at(DAY, "10:01")})
    assert moved.refused(422, "pickup_unavailable")
    assert [d["message"] for d in moved.json["details"]] == [
        "The shop is closed then", "Must be at least 8760 hours ahead",
        "Must be at most 1 days ahead"]


def test_a_move_is_judged_by_the_lines_it_comes_with(counter):
    """Not by those that go."""
    slow, quick = (counter.shop.product(lead_time_hours=h, track_stock=False) for h in (72, 0))

    def one(product):
        return [{"product_id": product["id"], "quantity": 1}]

    path = f"orders/{counter.order(in_hours(100), slow).data['id']}"
    early = {"pickup_date": "Must be at least 72 hours ahead"}
    for body in ({"pickup_date": in_hours(48)},
                 {"pickup_date": in_hours(48), "lines": one(slow) + one(quick)}):
        refused = counter.owner.patch(path, body)
        assert refused.refused(422, "pickup_unavailable") and refused.faults == early, refused
    assert counter.owner.patch(path, {"pickup_date": in_hours(48),
                                      "lines": one(quick)}).status == 200
    before = counter.shop.footprint()
    for body in ({"pickup_date": in_hours(47), "lines": one(slow)},
                 {"lines": one(quick) + one(slow)}):
        refused = counter.owner.patch(path, body)
        assert refused.refused(422, "pickup_unavailable") and refused.faults == early, refused
    assert counter.shop.footprint() == before
    assert counter.owner.patch(path, {"pickup_date": in_hours(73),
                                      "lines": one(slow)}).status == 200


def test_what_comes_new_is_judged_and_what_is_there_is_not(counter):
    """Bread can be added to a cake that couldn't be ordered any more."""
    slow = counter.shop.product(track_stock=False)
    order = counter.order(in_hours(48), slow).data
    counter.shop.owner.patch(f"products/{slow['id']}", {"lead_time_hours": 72})
    body = {"lines": [{"product_id": p["id"], "quantity": 2} for p in (slow, counter.cake)]}
    assert counter.owner.patch(f"orders/{order['id']}", body).status == 200
    counter.shop.settings(lead_time_hours=60)
    new = counter.shop.product(track_stock=False)
    body["lines"].append({"product_id": new["id"], "quantity": 1})
    refused = counter.owner.patch(f"orders/{order['id']}", body)
    assert refused.refused(422, "pickup_unavailable")
    assert refused.faults == {"pickup_date": "Must be at least 60 hours ahead"}


# ---- availability says beforehand what an order would meet

def availability(counter, product, when=None):
    query = f"?at={when}" if when else ""
    answer = counter.owner.get(f"products/{product['id']}/availability{query}")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    return answer.data


def test_available_at_once(counter):
    cake = counter.shop.product(stock=3)
    data = availability(counter, cake)
    assert data == {"product_id": cake["id"], "at": data["at"], "orderable": True, "available": 3,
                    "open": True, "earliest": data["at"], "latest": None, "slot_left": None}
    assert data["at"] <= in_hours(0.01)
    by_slug = counter.owner.get(f"products/{cake['slug']}/availability?at={in_days(3)}").data
    assert by_slug == {**data, "at": by_slug["at"], "earliest": by_slug["earliest"]}


def test_each_reason_not_to_be(counter):
    """And an order for then is refused, or taken, accordingly."""
    shop, day = counter.shop, next_day(3)
    cake, slow, gone = shop.product(stock=2), shop.product(stock=2, lead_time_hours=24 * 60), \
        shop.product()
    shop.settings(opening_hours=[{"day": 3, "opens": "08:00", "closes": "18:00"}],
                  closed_days=[{"date": str(day + datetime.timedelta(weeks=1))}],
                  pickup_days_ahead=30, pickup_slot_minutes=60, pickup_slot_capacity=2)
    weeks = [day + datetime.timedelta(weeks=n) for n in range(9)]
    placed_at = at(weeks[0], "10:00")
    for product, when, expected in (
            (cake, at(weeks[0], "12:00"), {"orderable": True}),
            (cake, at(weeks[0], "18:00"), {"orderable": False, "open": False}),
            (cake, at(weeks[1], "12:00"), {"orderable": False, "open": False}),
            (cake, at(weeks[8], "12:00"), {"orderable": False, "open": True}),
            (slow, at(weeks[0], "12:00"), {"orderable": False, "open": True}),
            (gone, at(weeks[0], "12:00"), {"orderable": False, "available": 0}),
            (counter.cake, placed_at, {"orderable": True, "available": None, "slot_left": 2}),
            (counter.cake, "2020-01-01T12:00:00Z", {"orderable": False})):
        data = availability(counter, product, when)
        assert {k: data[k] for k in expected} == expected, (when, data)
        order = counter.owner.post("orders?dry_run=true", counter.body(when, product))
        assert (order.status == 201) == data["orderable"], (when, order)
    for left in (1, 0):
        assert counter.order(placed_at).status == 201
        data = availability(counter, cake, at(weeks[0], "10:59"))
        assert (data["slot_left"], data["orderable"]) == (left, left > 0)
    shop.settings(pickup_slot_capacity=1)
    assert availability(counter, cake, placed_at)["slot_left"] <= 0


def test_how_early_and_how_late(counter):
    shop = counter.shop
    shop.settings(lead_time_hours=24, pickup_days_ahead=30)
    slow = shop.product(stock=1, lead_time_hours=48)
    for product, hours in ((counter.cake, 24), (slow, 48)):
        data = availability(counter, product)
        assert in_hours(hours - 0.1) < data["earliest"] < in_hours(hours + 0.1)
        assert data["at"] == data["earliest"] and data["orderable"] is True
        assert in_hours(30 * 24 - 0.1) < data["latest"] < in_hours(30 * 24 + 0.1)
        assert availability(counter, product, in_hours(hours - 1))["orderable"] is False
        assert availability(counter, product, in_hours(hours + 1))["orderable"] is True


def test_availability_follows_stock(counter):
    cake = counter.shop.product(stock=2)
    order = counter.shop.order((cake, 2))
    assert availability(counter, cake)["available"] == 0
    assert availability(counter, cake)["orderable"] is False
    counter.owner.post(f"orders/{order['id']}/reject")
    assert availability(counter, cake)["available"] == 2


def test_availability_of_nothing(counter, rival):
    deleted = counter.shop.product()
    counter.owner.delete(f"products/{deleted['id']}")
    nobody = counter.owner.get(f"products/{counter.shop.id}/availability")
    assert nobody.refused(404, "not_found")
    for ref in (deleted["id"], deleted["slug"], rival.product()["id"], unique("x")):
        assert counter.owner.get(f"products/{ref}/availability").bytes_but_ids() == \
            nobody.bytes_but_ids()


@pytest.mark.parametrize("query,field", [
    ("at=tomorrow", "at"), ("at=", "at"), ("at=2999-01-01", "at"),
    ("at=2999-02-30T00:00:00Z", "at"),
    ("page=1", "page"), ("deleted=true", "deleted"), ("fields=name", "fields")])
def test_bad_queries(counter, query, field):
    answer = counter.owner.get(f"products/{counter.cake['id']}/availability?{query}")
    assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}
