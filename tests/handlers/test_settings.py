"""settings: how a shop runs. What the pick-up rules make of them stands in test_orders_pickup."""

import pytest

from support.shop import Shop, in_days

DEFAULTS = {
    "currency": "EUR", "locale": "en", "time_zone": "UTC", "prices_include_tax": True,
    "tax_number": None, "opening_hours": [], "closed_days": [], "lead_time_hours": 0,
    "pickup_days_ahead": None, "pickup_slot_minutes": 15, "pickup_slot_capacity": None,
    "contact_email": None, "contact_phone": None, "address": None, "brand_color": None,
    "cors_origins": []}
ALL = {
    "currency": "CHF", "locale": "de-CH", "time_zone": "Europe/Zurich",
    "prices_include_tax": False, "tax_number": "CHE-123.456.789",
    "opening_hours": [{"day": 1, "opens": "08:00", "closes": "12:00"},
                      {"day": 1, "opens": "13:30", "closes": "18:00"},
                      {"day": 7, "opens": "00:00", "closes": "24:00"}],
    "closed_days": [{"date": "2999-12-25", "note": "Christmas"}, {"date": "2999-12-26",
                                                                 "note": None}],
    "lead_time_hours": 24, "pickup_days_ahead": 60, "pickup_slot_minutes": 30,
    "pickup_slot_capacity": 4, "contact_email": "shop@example.ch", "contact_phone": "+41 44 1",
    "address": "Bahnhofstrasse 1\nZürich", "brand_color": "#d2691e",
    "cors_origins": ["https://backerei.example.ch", "http://localhost:5173"]}
CLOCK = "Must be a time of day like 08:30"


def test_get(fresh):
    answer = fresh.owner.get("settings")
    assert answer.status == 200 and answer.etag == '"1"'
    assert answer.data == {**DEFAULTS, "created_at": answer.data["created_at"],
                           "updated_at": answer.data["updated_at"]}
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_patch_with_everything(fresh):
    before = fresh.last_event()
    answer = fresh.owner.patch("settings", ALL, headers={"If-Match": '"1"'})
    assert answer.status == 200 and answer.etag == '"2"'
    assert {k: answer.data[k] for k in ALL} == ALL
    assert fresh.owner.get("settings").data == answer.data
    (_, kind, thing, actor, fields, _), = fresh.events(after=before)
    assert (kind, thing, actor) == ("settings.updated", fresh.id, fresh.users["owner"])
    assert sorted(fields) == sorted(ALL)


def test_patch_merges(fresh):
    fresh.settings(**ALL)
    before = fresh.owner.get("settings").data
    answer = fresh.owner.patch("settings", {
        "brand_color": "#000000", "closed_days": [], "pickup_slot_capacity": None},
        content_type="application/merge-patch+json")
    assert answer.status == 200
    assert {k: v for k, v in answer.data.items() if before[k] != v and k != "updated_at"} == {
        "brand_color": "#000000", "closed_days": [], "pickup_slot_capacity": None}
    assert fresh.owner.patch("settings", {}).status == 200
    stale = fresh.owner.patch("settings", {"locale": "fr"}, headers={"If-Match": '"2"'})
    assert stale.refused(412, "precondition_failed")
    assert fresh.owner.get("settings").data["locale"] == "de-CH"


@pytest.mark.parametrize("field", [k for k, v in DEFAULTS.items() if v is None])
def test_what_can_be_taken_back(fresh, field):
    fresh.settings(**{field: ALL[field]})
    answer = fresh.owner.patch("settings", {field: None})
    assert answer.status == 200 and answer.data[field] is None


@pytest.mark.parametrize("field", [k for k, v in DEFAULTS.items() if v is not None])
def test_what_cant(shop, field):
    answer = shop.owner.patch("settings", {field: None})
    assert answer.refused(400, "validation_failed")
    assert answer.faults == {field: "Must not be null"}


def hours(**change):
    return {"opening_hours": [{"day": 1, "opens": "08:00", "closes": "12:00"},
                              {"day": 2, "opens": "08:00", "closes": "12:00", **change}]}


def without(name):
    whole = {"day": 2, "opens": "08:00", "closes": "12:00"}
    return {"opening_hours": [{k: v for k, v in whole.items() if k != name}]}


@pytest.mark.parametrize("body,faults", [
    ({"currency": "EURO"}, {"currency": "Must have at most 3 characters"}),
    ({"currency": "EU"}, {"currency": "Must have at least 3 characters"}),
    ({"currency": "eur"}, {"currency": "Must be three capitals, as EUR"}),
    ({"currency": "€€€"}, {"currency": "Must be three capitals, as EUR"}),
    ({"locale": "d"}, {"locale": "Must have at least 2 characters"}),
    ({"locale": "x" * 36}, {"locale": "Must have at most 35 characters"}),
    ({"time_zone": ""}, {"time_zone": "Must not be empty"}),
    ({"time_zone": "XYZ5"}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"time_zone": "Berlin"}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"time_zone": "Europe/Nowhere"}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"time_zone": "'; DROP--"}, {"time_zone": "Must be a time zone, as Europe/Berlin"}),
    ({"prices_include_tax": "yes"}, {"prices_include_tax": "Must be true or false"}),
    ({"tax_number": "x" * 51}, {"tax_number": "Must have at most 50 characters"}),
    ({"lead_time_hours": -1}, {"lead_time_hours": "Must not be negative"}),
    ({"lead_time_hours": 8761}, {"lead_time_hours": "Must be at most 8760"}),
    ({"lead_time_hours": 1.5}, {"lead_time_hours": "Must be an integer"}),
    ({"pickup_days_ahead": 0}, {"pickup_days_ahead": "Must be at least 1"}),
    ({"pickup_days_ahead": 3651}, {"pickup_days_ahead": "Must be at most 3650"}),
    ({"pickup_slot_minutes": 0}, {"pickup_slot_minutes": "Must be at least 1"}),
    ({"pickup_slot_minutes": 1441}, {"pickup_slot_minutes": "Must be at most 1440"}),
    ({"pickup_slot_capacity": 0}, {"pickup_slot_capacity": "Must be at least 1"}),
    ({"pickup_slot_capacity": 100001}, {"pickup_slot_capacity": "Must be at most 100000"}),
    ({"contact_email": "nobody"}, {"contact_email": "Must be an e-mail address"}),
    ({"contact_phone": "1" * 51}, {"contact_phone": "Must have at most 50 characters"}),
    ({"address": "x" * 1001}, {"address": "Must have at most 1000 characters"}),
    ({"brand_color": "red"}, {"brand_color": "Must be like #d2691e"}),
    ({"brand_color": "#D2691E"}, {"brand_color": "Must be like #d2691e"}),
    ({"brand_color": "#d2691ef"}, {"brand_color": "Must have at most 7 characters"}),
    ({"brand_color": "d2691e"}, {"brand_color": "Must be like #d2691e"}),
    ({"currency": "eur", "brand_color": "red", "locale": "zz_!", "cors_origins": ["*"]},
     {"currency": "Must be three capitals, as EUR", "brand_color": "Must be like #d2691e",
      "locale": "Must be a language and maybe a country, as de-CH",
      "cors_origins[0]": "Must be an origin like https://shop.example, in lower case and with"
                         " nothing behind it"}),
    ({"created_at": "x", "updated_at": "x", "revision": 1, "tenant_id": "x"},
     {"created_at": "Read-only", "updated_at": "Read-only", "revision": "Unknown field",
      "tenant_id": "Unknown field"}),
    ({"opening_hours": "always"}, {"opening_hours": "Must be a list"}),
    ({"opening_hours": [1]}, {"opening_hours[0]": "Must be an object"}),
    (hours(day=0), {"opening_hours[1].day": "Must be at least 1"}),
    (hours(day=8), {"opening_hours[1].day": "Must be at most 7"}),
    (hours(opens="8:00"), {"opening_hours[1].opens": CLOCK}),
    (hours(opens="08:60"), {"opening_hours[1].opens": CLOCK}),
    (hours(closes="24:01"), {"opening_hours[1].closes": CLOCK}),
    (hours(closes="12:00:00"), {"opening_hours[1].closes": CLOCK}),
    (hours(opens=8), {"opening_hours[1].opens": "Must be a string"}),
    (hours(opens="12:00"), {"opening_hours[1].closes": "Must be later than opens"}),
    (hours(opens="22:00", closes="02:00"), {"opening_hours[1].closes": "Must be later than opens"}),
    (hours(lunch=True), {"opening_hours[1].lunch": "Unknown field"}),
    *((without(name), {f"opening_hours[0].{name}": "Is required"})
      for name in ("day", "opens", "closes")),
    ({"opening_hours": hours()["opening_hours"] * 26}, {"opening_hours": "Must have at most 50"}),
    ({"closed_days": [{"note": "x" * 201}]},
     {"closed_days[0].date": "Is required",
      "closed_days[0].note": "Must have at most 200 characters"}),
    ({"closed_days": [{"date": "2999-02-29"}, {"date": "25.12."}]},
     {"closed_days[0].date": "Must be a date like 2026-05-01",
      "closed_days[1].date": "Must be a date like 2026-05-01"}),
    ({"closed_days": [{"date": "2999-12-25"}] * 401}, {"closed_days": "Must have at most 400"}),
])
def test_faults(shop, body, faults):
    before = shop.footprint()
    answer = shop.owner.patch("settings", body)
    assert answer.refused(400, "validation_failed"), answer
    assert answer.json["message"] == "Settings could not be changed"
    assert answer.faults == faults
    assert shop.footprint() == before


def test_all_wrong_hours_are_told(shop):
    row = {"day": 1, "opens": "12:00", "closes": "08:00"}
    answer = shop.owner.patch("settings", {"opening_hours": [row, {**row, "closes": "13:00"}, row]})
    assert answer.faults == {f"opening_hours[{n}].closes": "Must be later than opens"
                             for n in (0, 2)}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu",
                                  "Pacific/Kiritimati", "Australia/Lord_Howe", "Etc/GMT+12"])
def test_time_zones(shop, zone):
    assert shop.settings(time_zone=zone)["time_zone"] == zone


# ---- the currency

def test_a_currency_can_change_while_nothing_has_a_price(stack):
    shop = Shop(stack)
    for currency in ("JPY", "USD"):
        assert shop.settings(currency=currency)["currency"] == currency
    made = shop.owner.post("/api/v2/products", {
        "name": "x", "unit_price": {"amount": 100, "currency": "USD"}})
    assert made.status == 201


def test_a_currency_is_fixed_once_there_are_prices(fresh):
    """Even of products that are deleted, for orders may be of them; but all else can change."""
    fresh.settings(currency="CHF")
    cake = fresh.product(stock=1)
    for _ in range(2):
        before = fresh.footprint()
        for body in ({"currency": "USD"}, {"currency": "USD", "locale": "fr"}):
            answer = fresh.owner.patch("settings", body)
            assert answer.refused(422, "rule_violated"), answer
            assert answer.faults == {"currency": "Can't change: there are prices in it"}
        assert fresh.footprint() == before
        fresh.owner.delete(f"products/{cake['id']}")
    answer = fresh.owner.patch("settings", {"currency": "CHF", "locale": "fr"})
    assert answer.status == 200 and answer.data["locale"] == "fr"


def test_prices_with_and_without_tax(fresh):
    cake = fresh.product(stock=9, unit_price=1190, tax_rate=1900)
    assert fresh.order((cake, 1))["tax_total"] == 190
    fresh.settings(prices_include_tax=False)
    order = fresh.order((cake, 1))
    assert (order["subtotal"], order["tax_total"], order["total"]) == (1190, 226, 1416)
    assert fresh.owner.get("orders/1").data["total"] == 1190  # as it was


# ---- who may

@pytest.mark.parametrize("role", ["manager", "staff", "accountant", "viewer"])
def test_everybody_reads_and_two_change_them(shop, role):
    client = shop.client(role)
    assert client.get("settings").status == 200
    assert client.patch("settings", {"locale": "fr"}).refused(403, "forbidden")
    assert client.patch("settings", {"locale": 1}).refused(403, "forbidden")
    assert shop.client("admin").patch("settings", {"locale": "nl"}).data["locale"] == "nl"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_there_is_one_of_it(shop, method):
    assert shop.owner.request(method, "settings").refused(405, "method_not_allowed")


def test_a_rehearsal_changes_nothing(fresh):
    fresh.settings(pickup_slot_capacity=2)
    fresh.order((fresh.product(stock=1), 1), pickup_date=in_days(2))
    before = fresh.footprint()
    answer = fresh.owner.patch("settings?dry_run=true", ALL | {"currency": "EUR"})
    assert answer.status == 200 and answer.data["pickup_slot_capacity"] == 4
    assert fresh.footprint() == before
