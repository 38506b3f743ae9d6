"""Numbers at and beyond every boundary, wherever a client can put one: taken and given back as the
same integer, or refused by name. What isn't a JSON number at all is no JSON."""

import copy
import json
import re
from urllib.parse import quote_plus

import pytest

from support.judge import INTEGER_MOST, takes_filter, takes_number
from support.routes import all_routes, with_query
from support.wire import compose, volley

CALM = True

POWERS = (31, 32, 53, 63, 64)
INTEGERS = sorted({str(sign * (2 ** n) + more) for n in POWERS for sign in (1, -1)
                   for more in (-1, 0, 1)} | {str(n) for n in (
                       -1, 0, 1, INTEGER_MOST - 1, INTEGER_MOST, INTEGER_MOST + 1)})
INTEGERS += ["-0", "1" * 400, "-" + "9" * 400, "1" + "0" * 4000]
NUMBERS = ["1.0", "-1.0", "0.0", "-0.0", "1.5", "0.1", "1e0", "1E0", "1e2", "1E+2", "1e-2", "10e-1",
           "0e0", "0.1e1", "1e18", "1e400", "-1e400", "1e-400", "1e99999999999999999999",
           "1.0000000000000000000000001", "9223372036854775807.0", "4.9e-324"]
OTHERS = ['"1"', '"1.0"', '"-1"', '"1e2"', '""', '" 1"', '"NaN"', "true", "false", "[]", "[1]",
          "{}", '{"amount":1}', '{"amount":1,"currency":"EUR","x":1}']
NO_JSON = ["01", "-01", "00", "-00", "+1", "++1", "--1", "-", "+", ".5", "-.5", "1.", "-1.", "1.e1",
           "1e", "1e+", "1e-", "1e1.5", "0x1", "0X1F", "0b1", "0o7", "1_000", "1 000", "1'000",
           "1,5", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "1n", "1f", "1L", "$1", "1%",
           "\uff11", "\u0661", "1\u00a0", "\u22121", "1;", "(1)", "1/2", "1-1"]

SPOT = '"@here@"'


def numbers_of(fields, path=""):
    """(name as details have it, field, what to put there) for each number that can be written."""
    for f in fields:
        name = f"{path}{f['name']}"
        if f.get("read_only"):
            continue
        if f["type"] in ("integer", "money"):
            yield name, f
        elif f["type"] == "rows":
            yield from numbers_of(f["of"], f"{name}[0].")


with_numbers = pytest.mark.routes(lambda r: any(True for _ in numbers_of(r.writable)))


def bodies(things, route, name):
    """A body that is right but for the spot that stands for this number."""
    body = spot = copy.deepcopy(things.body(route, all_of_them=True))
    keys = re.findall(r"\w+", name)
    for key in keys[:-1]:
        spot = spot[int(key) if key.isdigit() else key]
    spot[keys[-1]] = json.loads(SPOT)
    return json.dumps(body)


def asked(shop, route, path, body):
    headers = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    return route.method, compose(route.method, f"{path}?dry_run=true", headers, body.encode())


def given_back(data, name):
    for key in re.findall(r"\w+", name):
        data = data[int(key)] if key.isdigit() else data.get(key)
    return data


def bounds(f):
    """Literals around a field's own bounds."""
    least, most = f.get("min", 0), f.get("max") or INTEGER_MOST
    return [str(n) for n in (least - 1, least, least + 1, most - 1, most, most + 1)]


@with_numbers
def test_fields(shop, things, route):
    path = route.at(things.refs(route)) if route.parts else route.path
    for name, f in numbers_of(route.writable):
        body, before = bodies(things, route, name), shop.footprint()
        cases = INTEGERS + bounds(f) + NUMBERS + OTHERS + NO_JSON
        answers = volley(shop.owner, [asked(shop, route, path, body.replace(SPOT, text))
                                      for text in cases])
        taken = 0
        for text, answer in zip(cases, answers):
            if text in NO_JSON:
                assert answer.refused(400, "invalid_json"), (name, text, answer)
            elif takes_number(f, text) and answer.status in (200, 201):
                taken += 1
                back = given_back(answer.data, name)
                assert back == int(text) or back is None and f not in route.all_fields, (
                    name, text, answer)
            elif takes_number(f, text) and int(text) != 0:
                assert answer.status == 422, (name, text, answer)  # well-formed, but not that many
            else:
                assert answer.refused(400, "validation_failed"), (name, text, answer)
                assert set(answer.faults) == {name}, (name, text, answer)
        assert taken > 1, name
        assert shop.footprint() == before


@pytest.mark.routes(lambda r: any(f["type"] == "money" for f in r.writable))
def test_money_of_v2(shop, things, route):
    """An object of an integer and a currency, and nothing else."""
    path = (route.at(things.refs(route)) if route.parts else route.path).replace("/v1/", "/v2/")
    for name, f in numbers_of(route.writable):
        if f["type"] != "money":
            continue
        body, before = bodies(things, route, name), shop.footprint()
        money = '{"amount":%s,"currency":"EUR"}'
        cases = [(money % text, takes_number(f, text)) for text in INTEGERS + NUMBERS]
        cases += [(money % text, False) for text in OTHERS] + [(text, False) for text in OTHERS]
        cases += [(text, False) for text in ("1", '{"amount":1}', '{"currency":"EUR"}', (
            '{"amount":1,"currency":"eur"}'), '{"amount":1,"currency":"USD"}', (
            '{"amount":1,"currency":""}'), '{"amount":1,"currency":978}', (
            '{"amount":1,"currency":null}'), '{"amount":1,"currency":"EURO"}', (
            '{"amount":1,"currency":"\\u20ac"}'))]
        answers = volley(shop.owner, [asked(shop, route, path, body.replace(SPOT, text))
                                      for text, _ in cases])
        for (text, right), answer in zip(cases, answers):
            if right:
                assert answer.status in (200, 201), (text, answer)
                assert given_back(answer.data, name) == {"amount": int(json.loads(text)["amount"]),
                                                         "currency": "EUR"}
            else:
                assert answer.refused(400, "validation_failed"), (text, answer)
                assert set(answer.faults) <= {name, "currency"} and answer.faults, (text, answer)
        assert shop.footprint() == before


@pytest.mark.routes(lambda r: r.lists)
def test_queries(shop, things, route):
    """Pages, filters and parameters of the route's own."""
    path = route.at(things.refs(route))
    texts = INTEGERS + NUMBERS + [json.loads(t) for t in OTHERS if t.startswith('"')] + NO_JSON
    fields = [f for f in route.all_fields if f.get("filter") and f["type"] in ("integer", "money")]
    asks = [("page", lambda s: takes_filter({"type": "integer"}, s) and 1 <= int(s) <= 1000000)]
    asks += [("perPage", lambda s: takes_filter({"type": "integer"}, s) and 1 <= int(s) <= 100)]
    asks += [(f["name"] + op, lambda s: takes_filter({"type": "integer"}, s)) for f in fields
             for op in ("", "[gte]", "[lt]")]
    asks += [(f["name"], lambda s, f=f: takes_filter(f, s) and
              f.get("min", 0) <= int(s) <= f.get("max", INTEGER_MOST))
             for f in route.params if f["type"] == "integer"]
    for name, takes in asks:
        answers = volley(shop.owner, [("GET", compose(
            "GET", with_query(path, f"{name}={quote_plus(text)}"), list(shop.owner.headers.items())))
            for text in texts])
        for text, answer in zip(texts, answers):
            if takes(text):
                assert answer.status == 200, (name, text, answer)
            else:
                assert answer.refused(400, "invalid_input"), (name, text, answer)
                assert set(answer.faults) == {name}, (name, text, answer)


def test_the_last_page_there_can_be(shop):
    page = shop.owner.get("products?page=1000000&perPage=100")
    assert page.status == 200 and page.data == []


@pytest.mark.routes(lambda r: r.parts)
def test_numbers_as_refs(fresh, things, route):
    """Where nothing has a number, none of them is found, whatever it overflows."""
    texts = [t for t in INTEGERS + NUMBERS + NO_JSON if "/" not in t]
    headers, body = list(fresh.owner.headers.items()), things.body(route)
    if body is not None:
        headers.append(("Content-Type", "application/json"))
        body = json.dumps(body).encode()
    answers = volley(fresh.owner, [(route.method, compose(
        route.method, route.at(quote_plus(t)), headers, body)) for t in texts])
    for text, answer in zip(texts, answers):
        assert answer.refused(404, "not_found"), (text, answer)


def test_revisions_in_if_match(shop, things):
    """A revision is a number as the ETag has it; whatever else stands there matches nothing."""
    route = next(r for r in all_routes() if r.method == "PATCH" and r.parts)
    path = route.at(things.refs(route))
    etag = shop.owner.get(path).etag
    assert etag == '"1"'
    for text in INTEGERS + NUMBERS + NO_JSON:
        if text == "1" or not text.isascii() or len(text) > 1000:
            continue
        answer = shop.owner.patch(path, {}, headers={"If-Match": f'"{text}"'})
        assert answer.refused(412, "precondition_failed"), (text, answer)
    assert shop.owner.patch(f"{path}?dry_run=true", {}, headers={"If-Match": etag}).status == 200


def test_sums_past_int64(shop):
    """Each number is in its bounds, but not what comes of them: refused, and nothing is left."""
    dear = shop.product(unit_price=INTEGER_MOST, tax_rate=10000, track_stock=False)
    before = shop.footprint()
    for n, quantity in ((1, 100000), (100, 100000)):
        answer = shop.owner.post("orders", shop.order_body(*([(dear, quantity)] * n)))
        assert answer.refused(400, "validation_failed"), answer
    assert shop.footprint() == before
    assert shop.owner.post("orders?dry_run=true", shop.order_body((dear, 1))).data[
        "total"] == INTEGER_MOST
