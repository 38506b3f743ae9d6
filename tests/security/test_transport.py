"""HTTP/1 by the raw bytes: what a front end and a program could understand differently must be
refused or be understood in one way; and what nginx refuses by itself is said in the contract's
words. Behind each request a second one lies in wait: it is answered once, for itself, or never."""

import gzip

import pytest

from support.routes import MISSING, all_routes, plain_creator
from support.sizes import BODY_MOST, HUGE_BODY
from support.wire import Wire, compose, exchange, volley

CALM = True

SECOND = b"GET /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: the-second-one\r\n\r\n"
HEADERS = ("X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy",
           "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy")
OF_NGINX = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# What a case ends with: a status and error code, and whether the connection lives on.
LIVE = (200, None, True)
MISJUDGED = (400, "validation_failed", True)  # a body {} was read, and lacks everything
INVALID = (400, "invalid_input", False)
NO_JSON = (400, "invalid_json", True)
TOO_LARGE = (413, "too_large", False)
ELSEWHERE = (421, "misdirected_request", True)
NOT_FOUND = (404, "not_found", True)


def check(answer, status, error):
    """One answer in the contract's words, with the headers that all have."""
    assert answer is not None and answer.status == status, answer
    for name in HEADERS:
        assert len(answer.headers.get_all(name) or []) == 1, (name, answer)
    if error:
        assert answer.refused(status, error), answer
    if status == 405:
        assert answer.headers["Allow"], answer


def play(client, data, status, error, lives):
    """Sends a case and the second request behind it."""
    with Wire(client) as wire:
        wire.send(data + SECOND)
        answer = wire.answer()
        while answer is not None and answer.status == 100:
            answer = wire.answer()
        check(answer, status, error)
        assert answer.headers["X-Request-Id"] != "the-second-one"
        assert (answer.headers["Connection"] != "close") == lives, answer
        if lives:
            second = wire.answer()
            check(second, 404, "not_found")
            assert second.headers["X-Request-Id"] == "the-second-one", "a third request in between"
        else:
            assert wire.ended() == b"", "more than one answer"


def table(cases):
    return pytest.mark.parametrize("case", [pytest.param(case, id=name.replace("\0", "NUL"))
                                            for name, case in cases.items()])


def get(target=b"/livez", headers=b"", version=b"HTTP/1.1", host=b"Host: localhost\r\n",
        method=b"GET"):
    return method + b" " + target + b" " + version + b"\r\n" + host + headers + b"\r\n"


# ---- where a body begins and ends

@pytest.fixture(scope="module")
def poster(shop):
    """(target, credential) of a route that takes a body and refuses {}."""
    route = plain_creator()
    token = shop.owner.headers["Authorization"].encode()
    return route.path.encode(), b"Authorization: %b\r\n" % token


JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
FRAMES = {
    "Content-Length and chunked": (b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n", INVALID),
    "chunked and Content-Length": (CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n", INVALID),
    "the same length twice": (b"Content-Length: 2\r\n" * 2, b"{}", INVALID),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 0\r\n", b"{}", INVALID),
    "lengths in a list": (b"Content-Length: 2, 2\r\n", b"{}", INVALID),
    "+2": (b"Content-Length: +2\r\n", b"{}", INVALID),
    "-1": (b"Content-Length: -1\r\n", b"{}", INVALID),
    "0x2": (b"Content-Length: 0x2\r\n", b"{}", INVALID),
    "2.0": (b"Content-Length: 2.0\r\n", b"{}", INVALID),
    "an empty length": (b"Content-Length: \r\n", b"{}", INVALID),
    "a length past int64": (b"Content-Length: 18446744073709551618\r\n", b"{}", INVALID),
    "02": (b"Content-Length: 02\r\n", b"{}", MISJUDGED),
    "space behind": (b"Content-Length: 2 \r\n", b"{}", MISJUDGED),
    "space before the colon": (b"Content-Length : 2\r\n", b"{}", INVALID),
    "tab before the colon": (b"Content-Length\t: 2\r\n", b"{}", INVALID),
    "a length folded": (b"Content-Length:\r\n 2\r\n", b"{}", INVALID),
    "a length that isn't one": (b"Content_Length: 2\r\n", b"", MISJUDGED),
    "chunked twice": (CHUNKED * 2, b"0\r\n\r\n", INVALID),
    "chunked in chunked": (b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n", INVALID),
    "chunked, then identity": (CHUNKED + b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n", INVALID),
    "identity": (b"Transfer-Encoding: identity\r\n", b"", INVALID),
    "gzip": (b"Transfer-Encoding: gzip\r\n", b"", INVALID),
    "gzip, chunked": (b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", INVALID),
    "xchunked": (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n", INVALID),
    "VT chunked": (b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n", INVALID),
    "quoted": (b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n", INVALID),
    "chunked, folded": (b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n", INVALID),
    "Chunked": (b"Transfer-Encoding: Chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n", MISJUDGED),
    "chunks": (CHUNKED, b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", MISJUDGED),
    "capital and leading zeros": (CHUNKED, b"000A\r\n{}        \r\n0\r\n\r\n", MISJUDGED),
    "an extension": (CHUNKED, b'2;a="b"\r\n{}\r\n0;c\r\n\r\n', MISJUDGED),
    "a trailer": (CHUNKED, b"2\r\n{}\r\n0\r\nContent-Length: 9\r\nX-Evil: 1\r\n\r\n", MISJUDGED),
    "zz": (CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n", INVALID),
    "0x2 as a size": (CHUNKED, b"0x2\r\n{}\r\n0\r\n\r\n", INVALID),
    "-2 as a size": (CHUNKED, b"-2\r\n{}\r\n0\r\n\r\n", INVALID),
    "+2 as a size": (CHUNKED, b"+2\r\n{}\r\n0\r\n\r\n", INVALID),
    "space before a size": (CHUNKED, b" 2\r\n{}\r\n0\r\n\r\n", INVALID),
    "no size": (CHUNKED, b"\r\n{}\r\n0\r\n\r\n", INVALID),
    "a size past int64": (CHUNKED, b"10000000000000002\r\n{}\r\n0\r\n\r\n", INVALID),
    "more than its size": (CHUNKED, b"1\r\n{}\r\n0\r\n\r\n", INVALID),
    "NUL as a size": (CHUNKED, b"\0\r\n{}\r\n0\r\n\r\n", INVALID),
    "a chunk too large": (CHUNKED, b"40001\r\n" + b" " * 0x40001 + b"\r\n0\r\n\r\n", TOO_LARGE),
    "too many chunks": (CHUNKED, (b"400\r\n" + b" " * 0x400 + b"\r\n") * 257 + b"0\r\n\r\n",
                        TOO_LARGE),
    "too long by one": (b"Content-Length: %d\r\n" % (BODY_MOST + 1), b" " * (BODY_MOST + 1),
                        TOO_LARGE),
    "as long as can be": (b"Content-Length: %d\r\n" % BODY_MOST, b"{}".ljust(BODY_MOST), MISJUDGED),
    "as many chunks as can be": (CHUNKED, b"40000\r\n" + b"{}".ljust(BODY_MOST) + b"\r\n0\r\n\r\n",
                                 MISJUDGED),
    "only space": (b"Content-Length: 4\r\n", b" \t\r\n", NO_JSON),
    "expected": (b"Content-Length: 2\r\nExpect: 100-continue\r\n", b"{}", MISJUDGED),
    "expected otherwise": (b"Content-Length: 2\r\nExpect: 200-ok\r\n", b"{}", MISJUDGED),
}


@table(FRAMES)
def test_where_a_body_ends(shop, poster, case):
    headers, body, ends = case
    target, own = poster
    play(shop.owner, get(target, own + JSON + headers, method=b"POST") + body, *ends)


@pytest.mark.parametrize("target", [b"/livez", b"/nowhere", b"/api/v1/products"])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"DELETE", b"HACK", b"TRACE"])
@pytest.mark.parametrize("host", [b"localhost", b"evil.example"])
def test_a_broken_body_of_a_request_that_is_refused_anyway(anonymous, target, method, host):
    """Whichever refusal comes first, it is one of the contract's; the connection ends."""
    for body in (b"zz\r\n", b"1\r\n{}\r\n", b"7fffffffffffffff\r\n", b"fffffffffffffffff\r\n"):
        answer = exchange(anonymous, get(target, CHUNKED, method=method,
                                         host=b"Host: %s\r\n" % host) + body)
        check(answer, 400, "invalid_input")


def test_two_faults_at_once(anonymous):
    """A length that is too much, and clashes besides: refused once, and not by a page of nginx."""
    answer = exchange(anonymous, get(headers=b"Content-Length: 9999999\r\n" + CHUNKED))
    check(answer, 413, "too_large")


def test_an_expectation_is_met_only_where_the_body_may_come(shop, poster):
    """100 before the body; a refusal at once where its length is too much already."""
    target, own = poster
    with Wire(shop.owner) as wire:
        wire.send(get(target, own + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\n",
                      method=b"POST"))
        assert wire.answer().status == 100
        wire.send(b"{}")
        check(wire.answer(), 400, "validation_failed")
    with Wire(shop.owner) as wire:
        wire.send(get(target, own + JSON + b"Content-Length: 9999999\r\nExpect: 100-continue\r\n",
                      method=b"POST"))
        check(wire.answer(), 413, "too_large")


@pytest.mark.routes(lambda r: True)
def test_huge_bodies(shop, route):
    """10 MB to every route, announced and in chunks; they are read off, so that the client hears
    the refusal, and the connection ends."""
    body = b" " * HUGE_BODY
    headers = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    play(shop.owner, compose(route.method, route.at(MISSING), headers, body), *TOO_LARGE)
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    answer = exchange(shop.owner, compose(route.method, route.at(MISSING), [
        *headers, ("Transfer-Encoding", "chunked")], None) + chunk)
    check(answer, 413, "too_large")


@pytest.mark.routes(lambda r: not r.writes)
def test_a_body_that_a_read_does_not_want(shop, route):
    """It is read off and forgotten, and is not the next request."""
    path = route.at(MISSING)
    headers = list(shop.owner.headers.items())
    bodies = (SECOND, b"\0" * 5000, b"GET /livez HTTP/1.1\r\n\r\n", b"{")
    requests = [("GET", compose("GET", path, headers, body)) for body in bodies]
    requests += [("GET", compose("GET", path, headers))] * 2
    answers = list(volley(shop.owner, requests))
    expected = 404 if route.parts else 200
    assert [a.status for a in answers] == [expected] * len(requests), answers


# ---- lines and headers

HEAD_LINES = {
    "folded": (b"X-A: b\r\n c\r\n", INVALID),
    "folded by a tab": (b"X-A: b\r\n\tc\r\n", INVALID),
    "NUL in a value": (b"X-A: b\0c\r\n", INVALID),
    "NUL in a name": (b"X\0A: b\r\n", INVALID),
    "CR in a value": (b"X-A: b\rc\r\n", INVALID),
    "CR in a name": (b"X\rA: b\r\n", INVALID),
    "space in a name": (b"X A: b\r\n", INVALID),
    "space behind a name": (b"X-A : b\r\n", INVALID),
    "no name": (b": b\r\n", INVALID),
    "a control in a name": (b"X\x01A: b\r\n", INVALID),
    "DEL in a name": (b"X\x7fA: b\r\n", INVALID),
    # What no header of ours can be is passed over.
    "a line without a colon": (b"X-A\r\n", LIVE),
    "bytes in a name": (b"X\xffA: b\r\n", LIVE),
    "an underscore in a name": (b"X_A: b\r\n", LIVE),
    "controls in a value": (b"X-A: \x01\x1b[31m\x7f\r\n", LIVE),
    "bytes in a value": (b"X-A: \xff\xfe\xc0\xaf\r\n", LIVE),
    "100 headers": (b"".join(b"X-%d: y\r\n" % i for i in range(100)), LIVE),
    "5000 headers": (b"".join(b"X-%d: y\r\n" % i for i in range(5000)), INVALID),
    "64 KiB in a value": (b"X-A: " + b"x" * 65536 + b"\r\n", INVALID),
    "64 KiB of a name": (b"X" * 65536 + b": y\r\n", INVALID),
    "64 KiB of space": (b"X-A:" + b" " * 65536 + b"y\r\n", INVALID),
    "an upgrade": (b"Connection: upgrade\r\nUpgrade: websocket\r\n", LIVE),
    "an upgrade to HTTP/2": (b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
                             b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", LIVE),
    "a range": (b"Range: bytes=0-1\r\n", LIVE),
    "conditions on time": (b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                           b"If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT\r\n", LIVE),
    "Connection takes headers away": (b"Connection: keep-alive, host, authorization\r\n", LIVE),
    "another method": (b"X-HTTP-Method-Override: DELETE\r\nX-Method-Override: PUT\r\n", LIVE),
}


@table(HEAD_LINES)
def test_lines_of_headers(anonymous, case):
    headers, ends = case
    play(anonymous, get(headers=headers), *ends)


START_LINES = {
    "lower case": (get(method=b"get"), INVALID),
    "mixed case": (get(method=b"GeT"), INVALID),
    "digits": (get(method=b"G3T"), INVALID),
    "no method": (get(method=b""), INVALID),
    "a method in quotes": (get(method=b'"GET"'), INVALID),
    "NUL in the method": (get(method=b"GE\0T"), INVALID),
    "TRACE": (get(method=b"TRACE"), (405, "method_not_allowed", False)),
    "CONNECT": (get(method=b"CONNECT"), (405, "method_not_allowed", False)),
    "CONNECT as it is meant": (get(b"localhost:443", method=b"CONNECT"), INVALID),
    "TRACK": (get(method=b"TRACK"), (405, "method_not_allowed", True)),
    "PROPFIND": (get(method=b"PROPFIND"), (405, "method_not_allowed", True)),
    "G-T": (get(method=b"G-T"), (405, "method_not_allowed", True)),
    "5000 letters": (get(method=b"X" * 5000), (405, "method_not_allowed", True)),
    "40000 letters": (get(method=b"X" * 40000), (414, "uri_too_long", False)),
    "HTTP/1.2": (get(version=b"HTTP/1.2"), LIVE),
    "HTTP/2.0": (get(version=b"HTTP/2.0"), INVALID),
    "HTTP/9.9": (get(version=b"HTTP/9.9"), INVALID),
    "HTTP/0.9": (get(version=b"HTTP/0.9"), INVALID),
    "HTTP/1": (get(version=b"HTTP/1"), INVALID),
    "HTTP/1.1.1": (get(version=b"HTTP/1.1.1"), INVALID),
    "HTTP/01.1": (get(version=b"HTTP/01.1"), INVALID),
    "http/1.1": (get(version=b"http/1.1"), INVALID),
    "HTTPS/1.1": (get(version=b"HTTPS/1.1"), INVALID),
    "more behind the version": (get(version=b"HTTP/1.1 x"), INVALID),
    "a tab between": (b"GET\t/livez\tHTTP/1.1\r\nHost: localhost\r\n\r\n", INVALID),
    "a space in the path": (get(b"/liv ez"), INVALID),
    "a control in the path": (get(b"/livez\x01"), INVALID),
    "a bare CR": (b"GET /livez HTTP/1.1\rHost: localhost\r\n\r\n", INVALID),
    "a header where the line should be": (b"Host: localhost\r\n\r\n", INVALID),
    "space before the line": (b" " + get(), INVALID),
    "TLS in TLS": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", INVALID),
    "HTTP/2 without ALPN": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", INVALID),
    "*": (get(b"*"), INVALID),
    "OPTIONS *": (get(b"*", method=b"OPTIONS"), INVALID),
    "a path without slash": (get(b"livez"), INVALID),
    "another scheme": (get(b"ftp://localhost/livez"), LIVE),
    "an absolute URI": (get(b"https://localhost/livez"), LIVE),
    "an absolute URI with a user": (get(b"https://a:b@localhost/livez"), INVALID),
    "an absolute URI, and no host": (get(b"https://localhost/livez", host=b""), INVALID),
    "an absolute URI of another host": (get(b"https://evil.example/livez"), ELSEWHERE),
    "an absolute URI, which wins over Host": (
        get(b"https://localhost/livez", host=b"Host: evil.example\r\n"), LIVE),
    "64 KiB of path": (get(b"/" + b"x" * 65536), (414, "uri_too_long", False)),
    "64 KiB of query": (get(b"/livez?" + b"x" * 65536), (414, "uri_too_long", False)),
    "8 KiB of path": (get(b"/" + b"x" * 8000), NOT_FOUND),
    # A line may end in LF alone (RFC 9112, 2.2), and empty ones may come before the first.
    "bare LF": (get().replace(b"\r\n", b"\n"), LIVE),
    "empty lines before": (b"\r\n\r\n" + get(), LIVE),
}


@table(START_LINES)
def test_start_lines(anonymous, case):
    data, ends = case
    play(anonymous, data, *ends)


def test_allow_of_methods_that_nginx_refuses(anonymous):
    """What it knows at all; where a program answers, it is what the path allows."""
    for target in (b"/livez", b"/nowhere", b"/api/v1/products"):
        answer = exchange(anonymous, get(target, method=b"TRACE"))
        assert tuple(answer.headers["Allow"].split(", ")) == OF_NGINX
    assert exchange(anonymous, get(method=b"HACK")).headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.routes(lambda r: True)
def test_methods_of_every_route(shop, route):
    """405 names what is allowed there: the methods of that path's routes, and OPTIONS."""
    path = route.at(MISSING)
    fits = {r.method for r in all_routes() if r.at(MISSING) == path}
    allowed = fits | ({"HEAD"} if "GET" in fits else set()) | {"OPTIONS"}
    others = ["HACK", "PROPFIND", "SEARCH", "LINK", "GETX", "POSTX", "G", "QUERY"]
    others += [m for m in OF_NGINX if m not in allowed]
    headers = list(shop.owner.headers.items())
    answers = volley(shop.owner, [(m, compose(m, path, headers)) for m in others])
    for method, answer in zip(others, answers):
        assert answer.status == 405 and set(answer.headers["Allow"].split(", ")) == allowed, answer
        assert method == "HEAD" or answer.refused(405, "method_not_allowed"), (method, answer)


HOSTS = {
    **dict.fromkeys((b"localhost", b"LOCALHOST", b"localhost.", b"localhost:443", b"localhost:1",
                     b"localhost:", b"127.0.0.1", b"[::1]"), LIVE),
    **dict.fromkeys((b"evil.example", b"localhost.evil.example", b"evil.localhost", b"localhost@x",
                     b"x@localhost", b"localhost,evil", b"127.1", b"0", b"2130706433", b"[::1",
                     b"[::ffff:127.0.0.1]", b"localhost#", b"localhost?x", b"\xff", b"*", b"_",
                     b"%6cocalhost", b"localhost%00.evil", b"<script>", b"a" * 300, b"${jndi:x}",
                     b"a\\b", b"xn--localhost"), ELSEWHERE),
    **dict.fromkeys((b"", b" ", b"localhost..", b"..", b"localhost/x", b"/", b"::1", b"local host",
                     b"local\thost", b"localhost\0", b"localhost\x01", b"localhost\x7f"), INVALID),
}


@table({name.decode("latin-1")[:40]: (name, ends) for name, ends in HOSTS.items()})
def test_hosts(anonymous, case):
    host, ends = case
    play(anonymous, get(host=b"Host: %b\r\n" % host), *ends)


@table({"none": (b"", INVALID), "two": (b"Host: localhost\r\n" * 2, INVALID),
        "ours and another": (b"Host: localhost\r\nHost: evil.example\r\n", INVALID),
        "another and ours": (b"Host: evil.example\r\nHost: localhost\r\n", INVALID),
        "folded": (b"Host:\r\n localhost\r\n", INVALID),
        "misspelt": (b"Host : localhost\r\n", INVALID),
        "forwarded": (b"X-Forwarded-Host: localhost\r\nHost: evil.example\r\n", ELSEWHERE),
        "forwarded otherwise": (b"Host: localhost\r\nX-Forwarded-Host: evil.example\r\n"
                                b"X-Host: evil.example\r\nForwarded: host=evil.example\r\n", LIVE)})
def test_numbers_of_hosts(anonymous, case):
    host, ends = case
    play(anonymous, get(host=host), *ends)


def test_old_versions(anonymous):
    """HTTP/1.0 needs no Host, but ours is served only where it is named; 0.9 cannot name it."""
    answer = exchange(anonymous, b"GET /livez HTTP/1.0\r\n\r\n")
    check(answer, 421, "misdirected_request")
    answer = exchange(anonymous, b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
    check(answer, 200, None)
    assert answer.headers["Connection"] == "close"
    for version in (b" HTTP/1.0\r\nHost: localhost\r\n" + CHUNKED, b" HTTP/1.0\r\n" + CHUNKED):
        answer = exchange(anonymous, b"POST /livez" + version + b"\r\n0\r\n\r\n")
        check(answer, 400, "invalid_input")
    with Wire(anonymous) as wire:
        wire.send(b"GET /livez\r\n")
        assert wire.ended().startswith(b'{"error":"misdirected_request",')  # it has no headers


# ---- headers that say twice, or what isn't so

TWICE = {
    # nginx refuses what must be one.
    "Authorization": (b"Authorization: Bearer x\r\n", b"Authorization: Bearer x\r\n", INVALID),
    "If-Match": (b'If-Match: "1"\r\n', b'If-Match: "2"\r\n', INVALID),
    "If-None-Match": (b'If-None-Match: "1"\r\n', b'If-None-Match: "2"\r\n', INVALID),
    # Elsewhere the first counts.
    "Content-Type, a wrong one first": (b"Content-Type: text/plain\r\n",
                                        b"Content-Type: application/json\r\n",
                                        (415, "unsupported_media_type", True)),
    "Content-Type, a wrong one second": (b"Content-Type: application/json\r\n",
                                         b"Content-Type: text/plain\r\n", MISJUDGED),
    "Idempotency-Key, a wrong one first": (b"Idempotency-Key: a b\r\n", b"Idempotency-Key: a\r\n",
                                           (400, "invalid_input", True)),
    "Idempotency-Key, a wrong one second": (b"Idempotency-Key: a\r\n", b"Idempotency-Key: a b\r\n",
                                            MISJUDGED),
    "Content-Encoding": (b"Content-Encoding: gzip\r\n", b"Content-Encoding: identity\r\n",
                         (415, "unsupported_media_type", True)),
    "Accept": (b"Accept: text/html\r\n", b"Accept: application/json\r\n",
               (406, "not_acceptable", True)),
}


@table(TWICE)
def test_headers_twice(shop, poster, case):
    first, second, ends = case
    target, own = poster
    headers = own + first + second + JSON + b"Content-Length: 2\r\n"
    play(shop.owner, get(target, headers, method=b"POST") + b"{}", *ends)


def test_two_ids_of_a_request(anonymous):
    answer = exchange(anonymous, get(headers=b"X-Request-Id: the-first-id\r\n"
                                             b"X-Request-Id: another-id\r\n"))
    assert answer.headers.get_all("X-Request-Id") == ["the-first-id"]


# Content-Type -> whether it is JSON. RFC 8259 knows no charset: what it says changes nothing.
MEDIA = {
    "application/json": True, "Application/JSON": True, "application/json;charset=utf-8": True,
    "application/json; charset=UTF-16": True, 'application/json ; charset="x"': True,
    "application/json;": True, "\tapplication/json\t": True,
    "": False, "json": False, "*/*": False, "application/*": False, "text/json": False,
    "text/plain": False, "text/html": False, "application/jsonx": False, "application/jso": False,
    "application/json-patch+json": False, "application/vnd.api+json": False,
    "application/problem+json": False, "application/vnd.purser.v2+json": False,
    "application/x-ndjson": False, "application/xml": False, "text/csv": False,
    "application/x-www-form-urlencoded": False, "multipart/form-data; boundary=x": False,
    "application/octet-stream": False, "application/json, application/json": False,
    "application/json text/plain": False, "application / json": False, "application\\json": False,
    '"application/json"': False, "application/json\xa0": False,
}
PATCHES = {"application/merge-patch+json": True, "application/merge-patch+json;charset=utf-8": True,
           "application/merge-patch+xml": False, "application/json-patch+json": False}


@pytest.mark.routes(lambda r: r.writes)
def test_media_types(shop, route):
    """415 for whatever isn't JSON, on each route that a body can be sent to."""
    merges = dict.fromkeys(PATCHES, False) if route.method != "PATCH" else PATCHES
    cases = MEDIA | merges
    own = list(shop.owner.headers.items())
    answers = volley(shop.owner, [(route.method, compose(
        route.method, route.at(MISSING), [*own, ("Content-Type", kind.encode("latin-1"))], b"[]"))
        for kind in cases])
    for (kind, right), answer in zip(cases.items(), answers):
        expected = (400, "validation_failed") if right else (415, "unsupported_media_type")
        assert answer.refused(*expected), (kind, answer)


@pytest.mark.routes(lambda r: r.writes)
def test_compressed_bodies(shop, route):
    """No content coding is undone here: 415, whatever is in the body."""
    own = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    codings = {"gzip": 415, "GZIP": 415, "deflate": 415, "br": 415, "zstd": 415, "x": 415, "*": 415,
               "identity, gzip": 415, "identity": 400, "Identity": 400, "": 400}
    for body in (b"[]", gzip.compress(b"[]"), gzip.compress(b" " * HUGE_BODY)):
        answers = volley(shop.owner, [(route.method, compose(
            route.method, route.at(MISSING), [*own, ("Content-Encoding", coding)], body))
            for coding in codings])
        for (coding, status), answer in zip(codings.items(), answers):
            assert answer.status == status, (coding, answer)
            if status == 415:
                assert answer.refused(415, "unsupported_media_type"), (coding, answer)
