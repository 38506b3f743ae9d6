"""No bad input gets a 5xx, kills a process, or is taken for good: on every route, from --describe.
(A fixture of tests/conftest.py sees to it that the same processes serve afterwards as before.)"""

import json

import pytest

from support.routes import KNOWN, MISSING, all_routes, with_query
from support.shop import ROLES, in_days
from support.wire import compose, volley

CALM = True

writes = pytest.mark.routes(lambda r: r.writes)

BAD_JSON = {
    "nothing but space": b" \n", "a word": b"hello", "cut off": b'{"a":',
    "trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}", "comment": b'{"a":1}//x', "two values": b"{}{}",
    "NaN": b'{"a":NaN}',
    "-NaN": b'{"a":-NaN}', "Infinity": b'{"a":Infinity}', "-Infinity": b'{"a":-Infinity}',
    "hexadecimal": b'{"a":0x10}', "leading zero": b'{"a":01}', "plus": b'{"a":+1}',
    "bare point": b'{"a":1.}',
    "no digits": b'{"a":.5}', "bare exponent": b'{"a":1e}', "True": b'{"a":True}',
    "bare key": b"{a:1}",
    "duplicate keys": b'{"name":"x","name":"x"}',
    "escaped duplicates": b'{"name":1,"n\\u0061me":2}',
    "nested duplicates": b'{"lines":[{"a":1,"a":1}]}', "raw NUL": b'{"a":"\0"}',
    "escaped NUL": b'{"a":"\\u0000"}',
    "NUL in a key": b'{"a\\u0000b":1}', "NUL behind": b"{}\0",
    "lone high surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'{"a":"\\udc00"}', "reversed surrogates": b'{"a":"\\udc00\\ud800"}',
    "surrogate in a key": b'{"\\ud800":1}', "raw surrogate": b'{"a":"\xed\xa0\x80"}',
    "latin-1": b'{"a":"\xe9"}',
    "overlong": b'{"a":"\xc0\xaf"}', "past U+10FFFF": b'{"a":"\xf4\x90\x80\x80"}',
    "cut UTF-8": b'{"a":"\xe2\x82"}',
    "byte order mark": b"\xef\xbb\xbf{}", "UTF-16": '{"a":1}'.encode("utf-16"),
    "raw newline": b'{"a":"\n"}',
    "raw control": b'{"a":"\x1f"}', "bad escape": b'{"a":"\\x41"}',
    "short escape": b'{"a":"\\u12"}',
    "depth 17": b'{"a":' * 17 + b"1" + b"}" * 17, "lists of depth 17": b"[" * 17 + b"]" * 17,
    "depth 100000": b"[" * 100000, "XML": b"<a/>", "form": b"a=1&b=2",
}
NO_OBJECT = {"list": b"[]", "null": b"null", "number": b"1", "text": b'"x"', "bool": b"true",
             "depth 16": b"[" * 16 + b"]" * 16, "huge number": b"1" + b"0" * 1000, "-0": b"-0",
             "1e400": b"1e400"}


@writes
def test_bad_json(shop, route):
    before = shop.footprint()
    for cases, error in ((BAD_JSON, "invalid_json"), (NO_OBJECT, "validation_failed")):
        for name, body in cases.items():
            answer = shop.owner.request(route.method, route.at(MISSING), body=body)
            assert answer.refused(400, error), (name, answer)
    assert shop.footprint() == before


NUMBERS = ("1.0", "1e2", "1E2", "0.5", "-1.0", "9223372036854775807", "9223372036854775808",
           "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" * 400,
           "1e400",
           "-1e400", '"1"', '""', "true", "false", "[]", "[1]", "{}", '{"a":1}')
WRONG = {
    "integer": NUMBERS, "money": NUMBERS,
    "text": ("1", "1.5", "true", "[]", "{}", '["x"]'),
    "slug": ("1", "true", "[]", '""', '"UPPER"', '"a b"', '"a_b"', '"\u00e9"', '"a/b"', '"../x"',
             '"a\\nb"',
             f'"{"x" * 101}"', f'"{MISSING}"'),
    "email": ("1", "[]", '""', '"x"', '"@"', '"a@"', '"@b.example"', '"a b@c.example"',
              '"a@b..example"',
              '"a@b.example\\r\\nBcc: x@y.example"', '"a@-b.example"', f'"{"x" * 250}@b.example"'),
    "boolean": ("0", "1", '"true"', '""', "[]", "{}"),
    "uuid": ("1", "[]", '""', '"x"', f'"{MISSING}0"', f'"{MISSING[:-1]}"', f'"{{{MISSING}}}"',
             f'"{MISSING.replace("-", "")}"', f'"{MISSING[:-1]}g"'),
    "time": ("1", "[]", '""', '"now"', '"2999-01-01"', '"2999-13-01T00:00:00Z"',
             '"2999-01-01T25:00:00Z"',
             '"2999-02-29T00:00:00Z"', '"2999-01-01T00:00:00"', '"2999-01-01 00:00"',
             '"99999-01-01T00:00:00Z"',
             '"0000-01-01T00:00:00Z"', '"2999-01-01T00:00:00+99:99"', '"infinity"', '"epoch"'),
    "date": ("1", '""', '"2999-02-30"', '"01.02.2999"'),
    "choice": ("1", '""', '"no such choice"'),
    "rows": ("1", '"x"', "{}", "[]", "[1]", "[null]", "[[]]", '["x"]', "[{}]",
             "[" + ",".join(["{}"] * 501) + "]", '[{"no_such":1}]'),
    "texts": ("1", "{}", "[1]", "[null]", '[""]', f'["{"x" * 101}"]'),
    "clock": ("1", '""', '"9:00"', '"09:0"', '"24:01"', '"25:00"', '"09:60"', '"09:00:00"',
              '"-9:00"', '"09.00"', '"0900"', '" 09:00"', '"09:00Z"', '"\uff10\uff19:00"'),
}


def literal(f):
    """JSON text that a field takes, without a look at the database."""
    if f["type"] == "rows" and f["name"] not in KNOWN:
        return f"[{obj(f['of'])}]"
    text = "Text" if f.get("min", 0) <= 4 else "x" * f["min"]
    plain = {"boolean": True, "integer": max(1, f.get("min", 0)), "money": 1, "text": text,
             "slug": "slug", "email": "a@b.example", "uuid": MISSING, "time": in_days(2),
             "date": "2999-01-01", "texts": ["x"], "clock": "09:00",
             "choice": f.get("choices", [""])[0]}
    return json.dumps(KNOWN.get(f["name"], plain.get(f["type"])))


def obj(fields, name=None, value=None):
    """An object of all fields that can be written, one of them with another value."""
    members = (f'"{f["name"]}":{value if f["name"] == name else literal(f)}' for f in fields
               if not f.get("read_only"))
    return "{" + ",".join(members) + "}"


@pytest.mark.routes(lambda r: r.writable)
def test_every_field_refuses_what_it_is_not(shop, route):
    """One field is wrong, all others are right: exactly that one is named."""
    before = shop.footprint()
    for f in route.writable:
        for value in wrong(f):
            answer = shop.owner.request(route.method, route.at(MISSING),
                                        body=obj(route.body, f["name"], value).encode())
            assert answer.refused(400, "validation_failed"), (f["name"], value, answer)
            assert {re_root(name) for name in answer.faults} == {f["name"]}, (value, answer)
        for inner in f.get("of", []):
            if inner.get("read_only"):
                continue
            for value in wrong(inner):
                body = obj(route.body, f["name"],
                           f"[{obj(f['of'])},{obj(f['of'], inner['name'], value)}]")
                answer = shop.owner.request(route.method, route.at(MISSING), body=body.encode())
                assert answer.refused(400, "validation_failed"), (inner["name"], value, answer)
                assert set(answer.faults) == {f"{f['name']}[1].{inner['name']}"}, (value, answer)
    assert shop.footprint() == before


def wrong(f):
    """What a field takes for wrong; of rows, none are right where none are needed."""
    if f["type"] == "text":
        return *WRONG["text"], json.dumps("x" * (f.get("max", 10000) + 1))
    return [value for value in WRONG[f["type"]] if value != "[]" or f["type"] != "rows" or
            f.get("min")]


def re_root(name):
    return name.split("[")[0].split(".")[0]


def test_every_type_of_field_has_wrong_values():
    """So that a new type doesn't slip through untested."""
    used = {f["type"] for r in all_routes() for f in r.writable}
    used |= {i["type"] for r in all_routes() for f in r.writable for i in f.get("of", [])}
    assert used <= set(WRONG)


BAD_QUERIES = ("%", "%zz", "a=%", "a=%f", "a=%00", "%00", "a=%ff", "a=%c0%af", "a=%ed%a0%80", "=",
               "=x", "a[b]=c",
               "a" * 4000, "&".join(f"a{i}=1" for i in range(200)), "page=%31%00", "fields=%ff",
               "dry_run",
               "dry_run=", "dry_run=1", "dry_run=TRUE", "'%20OR%201=1", "%2e%2e", "$where=1",
               "__proto__=1",
               "constructor[prototype]=1", "%F0%9F%8D%B0=1")


@pytest.mark.routes(lambda r: True)
def test_bad_queries(shop, route):
    for query in BAD_QUERIES:
        answer = shop.owner.request(route.method, with_query(route.at(MISSING), query))
        assert answer.refused(400, "invalid_input"), (query[:50], answer)


@pytest.mark.routes(lambda r: r.lists)
def test_bad_values_of_filters(shop, things, route):
    path = route.at(things.refs(route))
    good = {"boolean": "true", "integer": "1", "money": "1"}
    cases = [(f["name"], op, value) for f in route.all_fields if f.get("filter")
             for op in ("", "[in]", "[gt]", "[gte]", "[lt]", "[lte]")
             for value in ("", "x", "1.5", "1e2", "9223372036854775808", "-9223372036854775809",
                           "NaN", "null", "true", "%27", "%22%7D", "a" * 1001, "1,2", ",",
                           "%F0%9F%8D%B0", "infinity", good.get(f["type"], "x") + "%20")]
    headers = list(shop.owner.headers.items())
    answers = volley(shop.owner, [("GET", compose(
        "GET", with_query(path, f"{name}{op}={value}"), headers)) for name, op, value in cases])
    for (name, op, value), answer in zip(cases, answers):
        right = answer.status == 200 or (answer.refused(400, "invalid_input") and
                                         set(answer.faults) == {f"{name}{op}"})
        assert right, (name, op, value, answer)


@pytest.mark.routes(lambda r: r.parts and r.roles)
def test_refs_that_can_be_none(shop, things, route):
    """That there is no such thing needs no look into the database; who asks is judged first all the
    same. A path that cannot be decoded is no route, for anybody."""
    body = things.body(route)
    stranger = shop.owner.bearing(f"{shop.owner.token[:-4]}AAAA")
    asking = {role: shop.client(role) for role in ROLES} | {"stranger": stranger}
    before = shop.footprint()
    for ref in ("no!", "-", "x" * 101, "1e3", "99999999999999999999", "%ff", "%c3%28", "%00"):
        for who, client in asking.items():
            answer = client.request(route.method, route.at(ref), json=body)
            if ref == "%00":  # which nginx refuses, whatever it is for
                expected = 400, "invalid_input"
            elif ref.startswith("%") or who in route.roles:
                expected = 404, "not_found"
            else:
                expected = (403, "forbidden") if who in ROLES else (401, "unauthorized")
            assert answer.refused(*expected), (ref, who, answer)
    assert shop.footprint() == before


@pytest.mark.parametrize("path", sorted({r.collection for r in all_routes()}))
def test_long_urls_and_odd_methods(shop, path):
    assert shop.owner.get(f"{path}?x={'x' * 9000}").refused(414, "uri_too_long")
    for method in ("HACK", "PROPFIND", "GETX", "PATCHX", "SEARCH"):
        assert shop.owner.request(method, path).refused(405, "method_not_allowed"), method


@pytest.mark.routes(lambda r: True)
def test_odd_headers(shop, route):
    """Twice, empty, huge, in strange bytes, or names that a CGI program might believe."""
    token = shop.owner.headers["Authorization"]
    body = b"[]" if route.writes else None
    usual = 400 if route.writes else (404 if route.parts else 200)
    odd = [
        ([("Content-Type", "text/plain")], 415 if route.writes else usual),
        ([("Accept", "application/json"), ("Accept", "text/html")], usual),
        ([("Accept", "text/html"), ("Accept", "application/json")], 406),
        ([("Accept", ",,;;q=,\"")], 406), ([("Accept", "application/json;q=\xff")], usual),
        ([("Accept", "x" * 7000)], 406), ([("Accept", "*/*;q=0." + "9" * 500)], usual),
        ([("If-Match", "x" * 7000)], usual), ([("If-None-Match", '"' * 500)], usual),
        ([("If-None-Match", '"\xff"')], usual), ([("If-Match", '"')], usual),
        ([("Cookie", "; ".join(f"a{i}=b" for i in range(900)))], usual),
        ([("Cookie", "=;=;;;" * 100)], usual),
        ([("Proxy", "http://evil.example")], usual), ([("X-Forwarded-For", "1.2.3.4")], usual),
        ([("X-Forwarded-Host", "evil.example")], usual),
        ([("X-HTTP-Method-Override", "DELETE")], usual),
        ([("Transfer-Encoding", "identity")], 400), ([("Expect", "100-continue")], usual),
        ([("User-Agent", "\xff\xfe" * 300)], usual), ([("User-Agent", "")], usual),
        ([("Origin", "\xff")], 403 if route.roles else usual),
        ([("Last-Event-ID", "x\xff")], usual), ([("Range", "bytes=0-1")], usual),
        ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], usual),
        ([("Idempotency-Key", "\xff")], usual),
        ([("Authorization", token)], 400), ([("Authorization", "Bearer x")], 400),
    ]
    for headers, status in odd:
        if body and "Content-Type" not in dict(headers):
            headers = [*headers, ("Content-Type", "application/json")]
        answer = shop.owner.exchange(route.method, route.at(MISSING),
                                     [("Authorization", token), *headers], body)
        assert answer.status == status, (headers, answer)
        assert status < 400 or answer.json["error"], (headers, answer)


def test_a_body_where_none_belongs(shop):
    """GET and HEAD with a body: ignored, and the connection goes on as if nothing had been."""
    for _ in range(3):
        for body in (b"{}", b"x" * 50000, b"\0" * 9000):
            assert shop.owner.request("GET", "products", body=body).status == 200
            assert shop.owner.get("products").status == 200
