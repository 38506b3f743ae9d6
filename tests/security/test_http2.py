"""HTTP/2: what only it can get wrong, and what it must not get past HTTP/1's refusals."""

import re

import pytest

from support.client import Answer
from support.http2 import exchange
from support.routes import MISSING, plain_creator
from support.sizes import BODY_MOST, HUGE_BODY

CALM = True

PROTOCOL_ERROR, TOO_MUCH = 1, 11  # RFC 9113, section 7; 11 is ENHANCE_YOUR_CALM

INVALID = (400, "invalid_input")
LIVE = (200, None)


def request(path=b"/livez", method=b"GET", scheme=b"https", authority=b"localhost", more=()):
    return [(b":method", method), (b":scheme", scheme), (b":authority", authority),
            (b":path", path), *more]


def without(name):
    return [pair for pair in request() if pair[0] != name]


def twice(name):
    return [pair for pair in request() for _ in range(1 + (pair[0] == name))]


PSEUDO = (b":method", b":scheme", b":authority", b":path")
ODD = {
    **{f"no {name.decode()}": (without(name), INVALID) for name in PSEUDO},
    **{f"{name.decode()} twice": (twice(name), INVALID) for name in PSEUDO},
    "an empty method": (request(method=b""), INVALID),
    "an empty scheme": (request(scheme=b""), INVALID),
    "an empty authority": (request(authority=b""), INVALID),
    "an empty path": (request(path=b""), INVALID),
    "host alone": ([*without(b":authority"), (b"host", b"localhost")], LIVE),
    "host too": (request(more=[(b"host", b"localhost")]), INVALID),
    "another host too": (request(more=[(b"host", b"evil.example")]), INVALID),
    "another authority": (request(authority=b"evil.example"), (421, "misdirected_request")),
    "another authority, our host": (request(authority=b"evil", more=[(b"host", b"localhost")]),
                                    INVALID),
    "a user": (request(authority=b"a@localhost"), (421, "misdirected_request")),
    "a pseudo-header that is none": (request(more=[(b":evil", b"x")]), INVALID),
    "a status": (request(more=[(b":status", b"200")]), INVALID),
    "a protocol": (request(method=b"CONNECT", more=[(b":protocol", b"websocket")]), INVALID),
    "TRACE": (request(method=b"TRACE"), (405, "method_not_allowed")),
    "CONNECT": (request(method=b"CONNECT"), (405, "method_not_allowed")),
    "HACK": (request(method=b"HACK"), (405, "method_not_allowed")),
    "get": (request(method=b"get"), INVALID),
    "G T": (request(method=b"G T"), INVALID),
    "a path without slash": (request(b"livez"), INVALID),
    "a URI": (request(b"https://localhost/livez"), INVALID),
    "*": (request(b"*", b"OPTIONS"), INVALID),
    "%00": (request(b"/%00"), INVALID),
    "%zz": (request(b"/%zz"), INVALID),
    "a space in the path": (request(b"/liv ez"), INVALID),
    "out of the root": (request(b"/../etc/passwd"), INVALID),
    "two slashes": (request(b"//livez"), (404, "not_found")),
    "a fragment": (request(b"/livez#x"), (404, "not_found")),
    "bytes in the path": (request(b"/\xff"), (404, "not_found")),
    "bytes in a value": (request(more=[(b"a", b"\xff")]), LIVE),
    "an underscore": (request(more=[(b"a_b", b"c")]), LIVE),
    # What means something to HTTP/1 alone means nothing here.
    "connection": (request(more=[(b"connection", b"close")]), LIVE),
    "transfer-encoding": (request(more=[(b"transfer-encoding", b"chunked")]), LIVE),
    "upgrade": (request(more=[(b"upgrade", b"websocket")]), LIVE),
    "expect": (request(more=[(b"expect", b"100-continue")]), LIVE),
    "a length without a body": (request(more=[(b"content-length", b"5")]), INVALID),
    "3000 headers": (request(more=[(b"x-%d" % i, b"yyyyyyyyyy") for i in range(3000)]), INVALID),
    # No request at all: it could become another one where HTTP/1 is spoken.
    **{f"{name!r}: {value!r}"[:40]: (request(more=[(name, value)]), PROTOCOL_ERROR)
       for name, value in ((b"X-Upper", b"a"), (b"a", b"b\r\nc: d"), (b"a", b"b\nc"), (b"a", b"\0"),
                           (b"a\0", b"b"), (b"a b", b"c"), (b"a:b", b"c"), (b"a\r\nb", b"c"),
                           (b"", b"a"))},
    "lines in the method": (request(method=b"GET / HTTP/1.1\r\nA: b"), PROTOCOL_ERROR),
    "lines in the path": (request(b"/livez HTTP/1.1\r\nHost: evil\r\n\r\n"), PROTOCOL_ERROR),
    "lines in the authority": (request(authority=b"localhost\r\nA: b"), PROTOCOL_ERROR),
    "NUL in the path": (request(b"/\0"), PROTOCOL_ERROR),
    "NUL in the scheme": (request(scheme=b"\0"), PROTOCOL_ERROR),
    "64 KiB of path": (request(b"/" + b"x" * 65536), TOO_MUCH),
    "64 KiB of value": (request(more=[(b"a", b"x" * 65536)]), TOO_MUCH),
    "64 KiB of name": (request(more=[(b"x" * 65536, b"a")]), TOO_MUCH),
}


def check(outcome, expected):
    if isinstance(expected, int):
        assert outcome == expected, outcome
        return
    status, error = expected
    assert isinstance(outcome, Answer) and outcome.status == status, outcome
    assert len(outcome.headers.get_all("X-Request-Id")) == 1
    if error:
        assert outcome.refused(status, error), outcome


@pytest.mark.parametrize("name", ODD)
def test_odd_requests(anonymous, name):
    headers, expected = ODD[name]
    check(exchange(anonymous, headers), expected)


@pytest.fixture(scope="module")
def poster(shop):
    """Pairs of a POST that refuses {}."""
    route = plain_creator()
    return request(route.path.encode(), b"POST", more=[
        (b"content-type", b"application/json"),
        (b"authorization", shop.owner.headers["Authorization"].encode())])


@pytest.mark.parametrize("lengths, expected", [
    ([], (400, "validation_failed")), ([b"2"], (400, "validation_failed")),
    ([b"1"], INVALID), ([b"3"], INVALID), ([b"0"], INVALID), ([b"-2"], INVALID), ([b"x"], INVALID),
    ([b""], INVALID), ([b"2", b"2"], INVALID), ([b"2", b"3"], INVALID),
    ([b"18446744073709551618"], INVALID)])
def test_lengths(shop, poster, lengths, expected):
    """A length must be that of the body that comes."""
    check(exchange(shop.owner, poster + [(b"content-length", n) for n in lengths], b"{}"), expected)


@pytest.mark.parametrize("told", [True, False])
def test_huge_bodies(shop, poster, told):
    for size, expected in ((BODY_MOST, (400, "validation_failed")),
                           (BODY_MOST + 1, (413, "too_large")), (HUGE_BODY, (413, "too_large"))):
        length = [(b"content-length", b"%d" % size)] if told else []
        check(exchange(shop.owner, poster + length, b"{}".ljust(size)), expected)


@pytest.mark.routes(lambda r: True)
def test_every_route_answers_as_over_http_1(shop, route):
    """The same bytes, for the same request."""
    mine = {"X-Request-Id": "the-same-for-both"}
    pairs = [(k.lower().encode(), v.encode()) for k, v in {**mine, **shop.owner.headers}.items()]
    for path in (route.at(MISSING), f"{route.at(MISSING)}?no_such=1", f"{route.at(MISSING)}/x"):
        query = "" if "?" in path or not route.writes else "?dry_run=true"
        first = shop.owner.request(route.method, path + query, headers=mine)
        second = exchange(shop.owner, request((path + query).encode(), route.method.encode(),
                                              more=pairs))
        assert without_clock(second.bytes_but_ids()) == without_clock(first.bytes_but_ids()), path


def without_clock(answer):
    """Without what tells of the moment."""
    status, headers, body = answer
    return (status, [pair for pair in headers if pair[0] not in ("etag", "content-length")],
            re.sub(rb'"[0-9-]{10}T[0-9:.]+Z"', b'"a time"', body))
