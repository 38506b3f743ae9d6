"""What nginx hands on, and what it makes of programs that answer badly: its configuration, with
programs that write down what they see and say what a test wants."""

import socket

import pytest

from support.fastcgi import END, STDOUT, record
from support.front import FINE, Front
from support.http2 import exchange as exchange2
from support.sizes import BODY_MOST
from support.wire import Wire, compose, exchange

# All that a program ever sees, and the header of the client that it comes from.
PARAMS = {
    "GATEWAY_INTERFACE", "SERVER_PROTOCOL", "REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING",
    "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR", "REQUEST_ID", "HTTPS",
}
OF_CLIENTS = {
    "Accept": "HTTP_ACCEPT", "Authorization": "HTTP_AUTHORIZATION", "Cookie": "HTTP_COOKIE",
    "Content-Encoding": "HTTP_CONTENT_ENCODING", "Idempotency-Key": "HTTP_IDEMPOTENCY_KEY",
    "If-Match": "HTTP_IF_MATCH", "If-None-Match": "HTTP_IF_NONE_MATCH",
    "Last-Event-ID": "HTTP_LAST_EVENT_ID", "Origin": "HTTP_ORIGIN",
    "Sec-Fetch-Site": "HTTP_SEC_FETCH_SITE", "User-Agent": "HTTP_USER_AGENT",
}
# What clients may say to be believed somewhere. No program hears of it.
OF_NOBODY = [
    "Proxy", "Proxy-Authorization", "Proxy-Connection", "Forwarded", "Via", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
    "X-Forwarded-Prefix", "X-Forwarded-User", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP",
    "True-Client-IP", "CF-Connecting-IP", "Client-IP", "X-Remote-User", "Remote-User",
    "X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "X-Host", "X-HTTP-Method",
    "X-HTTP-Method-Override", "X-Method-Override", "X-Accel-Redirect", "X-Accel-Expires",
    "X-Accel-Buffering", "X-Accel-Internal", "X-Sendfile", "X-Purser-Route", "X-Purser-Tenant",
    "X-Tenant", "X-Tenant-Id", "X-User-Id", "X-SSL-Client-Verify", "SSL-Client-Cert", "Status",
    "HTTPS", "Http-Proxy", "HTTP_PROXY", "HTTP_AUTHORIZATION", "REMOTE_ADDR", "REMOTE_USER",
    "REQUEST_ID", "REQUEST_METHOD", "SCRIPT_FILENAME", "SCRIPT-NAME", "PATH_INFO", "Path-Info",
    "PHP_VALUE", "CONTENT_LENGTH", "DOCUMENT_ROOT", "FCGI_ROLE", "LD_PRELOAD", "PURSER_CONF",
    "Range", "If-Range", "If-Modified-Since", "If-Unmodified-Since", "TE", "Trailer", "Upgrade",
    "HTTP2-Settings", "Referer", "Accept-Encoding", "Accept-Charset", "Accept-Language",
    "Early-Data", "Destination", "Depth", "Translate", "Max-Forwards", "Expect",
]


@pytest.fixture(scope="module")
def front(stack):
    statuses = "".join(f"location = /test/{n} {{ return {n}; }}\n" for n in REFUSALS)
    with Front(stack, locations=statuses) as front:
        yield front


@pytest.fixture(scope="module")
def impatient(stack):
    """One whose patience is over in no time, for those who go on for ever."""
    with Front(stack, {f"{name} {long}": f"{name} 200ms" for name, long in (
            ("fastcgi_read_timeout", "20s"), ("client_header_timeout", "10s"),
            ("client_body_timeout", "10s"))}) as front:
        yield front


@pytest.fixture(autouse=True)
def afresh(front):
    front.answer, front.seen = FINE, []


# ---- what reaches a program

def test_only_these_params_reach_a_program(front):
    """One value each; and where the client sends none, none."""
    headers = [*((name, f"it's {name}") for name in OF_CLIENTS if name != "Content-Encoding"),
               ("Content-Encoding", "identity"), ("Content-Type", "application/json"),
               ("X-Request-Id", "a-sane-one"),
               *((name, "http://evil.example") for name in OF_NOBODY)]
    target = "/api/v1/products/a%2Fb?c=d&c=%20"
    assert exchange(front.client, compose("PUT", target, headers, b"{}")).status == 200
    seen = front.last()
    assert seen.program == "products" and seen.body == b"{}"
    assert seen.names == PARAMS | set(OF_CLIENTS.values())
    assert not [value for _, value in seen.pairs if b"evil" in value]
    assert {name: seen[name].decode() for name in seen.names if name in PARAMS} == {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "PUT",
        "REQUEST_URI": target, "QUERY_STRING": "c=d&c=%20", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "2", "REMOTE_ADDR": "127.0.0.1", "REQUEST_ID": "a-sane-one",
        "HTTPS": "on"}
    for name, param in OF_CLIENTS.items():
        if name != "Content-Encoding":
            assert seen[param].decode() == f"it's {name}"
    assert exchange(front.client, compose("GET", "/api/v1/products")).status == 200
    assert front.last().names == PARAMS


def test_over_http_2_it_is_the_same(front):
    headers = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"localhost"),
               (b":path", b"/api/v1/products")]
    headers += [(name.lower().encode(), b"x") for name in OF_CLIENTS]
    # What HTTP/2 itself refuses is tried elsewhere.
    headers += [(name.lower().encode(), b"evil") for name in OF_NOBODY if name != "Expect"]
    assert exchange2(front.client, headers).status == 200
    seen = front.last()
    assert seen.names == PARAMS | set(OF_CLIENTS.values())
    assert seen["SERVER_PROTOCOL"] == b"HTTP/2.0"
    assert not [value for _, value in seen.pairs if b"evil" in value]


def test_headers_that_come_twice(front):
    """The first counts; of cookies, which HTTP/2 splits, all."""
    lists = [(name, value) for name in OF_CLIENTS if name not in
             ("Authorization", "If-Match", "If-None-Match", "Cookie") for value in ("1st", "2nd")]
    headers = [*lists, ("Cookie", "a=1"), ("Cookie", "b=2")]
    assert exchange(front.client, compose("GET", "/api/v1/products", headers)).status == 200
    seen = front.last()
    for name, _ in lists:
        assert seen[OF_CLIENTS[name]] == b"1st", name
    assert seen["HTTP_COOKIE"] == b"a=1; b=2"


@pytest.mark.parametrize("body", [b"", b"{}", b"\0" * 1000, bytes(range(256)), b" " * BODY_MOST],
                         ids=["none", "short", "NULs", "all bytes", "longest"])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_arrive_whole_and_with_their_length(front, body, chunked):
    headers = [("Content-Type", "application/json")]
    data = compose("POST", "/api/v1/products", headers, body)
    if chunked:
        pieces = [body[i:i + 1000] for i in range(0, len(body), 1000)]
        data = compose("POST", "/api/v1/products", [*headers, ("Transfer-Encoding", "chunked")]) + \
            b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
    assert exchange(front.client, data).status == 200
    seen = front.last()
    assert seen.body == body and int(seen["CONTENT_LENGTH"] or 0) == len(body)
    assert seen["HTTP_TRANSFER_ENCODING"] is None


def test_what_is_refused_reaches_no_program(front):
    for data in (compose("POST", "/api/v1/products", [], b" " * (BODY_MOST + 1)),
                 compose("GET", "/api/v1/products", host="evil.example"),
                 compose("TRACE", "/api/v1/products"), compose("GET", "/api/v1/%00"),
                 compose("POST", "/api/v1/products", [("Content-Length", "2"),
                                                      ("Transfer-Encoding", "chunked")]) + b"{}"):
        assert exchange(front.client, data).status in (400, 405, 413, 421)
    assert front.seen == []


# ---- what programs answer

REFUSED = b'{"error":"x"}'


def test_what_a_program_tells_nginx_alone(front):
    front.answer = (b"Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                    b"X-Purser-Route: /x\r\nX-Purser-Tenant: y\r\nX-Request-Id: z\r\n"
                    b"X-Purser-Charge: y\r\nDeprecation: @1793491200\r\n"
                    b"X-Accel-Expires: 3600\r\nX-Accel-Limit-Rate: 1\r\nX-Accel-Buffering: no\r\n"
                    b"X-Accel-Charset: latin1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n{}")
    answer = exchange(front.client, compose("GET", "/api/v1/products"))
    assert answer.status == 200 and answer.body == b"{}"
    names = [name.lower() for name, _ in answer.headers.items()]
    assert not [name for name in names if name.startswith(("x-purser", "x-accel"))]
    assert answer.headers.get_all("X-Request-Id") != ["z"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Deprecation"] == "@1793491200", "what is for clients goes on"
    assert answer.headers.get_all("Set-Cookie") == ["a=b", "c=d"]


def test_no_program_redirects_within_nginx(front):
    """X-Accel-Redirect would open every location and program to whoever can set a header."""
    for target in ("/error/invalid_input", "/livez", "/test/500", "@unavailable"):
        front.answer = (b"Status: 200 OK\r\nContent-Type: application/json\r\nX-Accel-Redirect: %b"
                        b"\r\nContent-Length: 2\r\n\r\n{}" % target.encode())
        answer = exchange(front.client, compose("GET", "/api/v1/products"))
        assert (answer.status, answer.body) == (200, b"{}")
        assert front.last().program == "products"


def test_refusals_of_programs_stay_as_they_are(front):
    for status in (400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503, 507):
        front.answer = (b"Status: %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
                        b"\r\n%b" % (status, len(REFUSED), REFUSED))
        answer = exchange(front.client, compose("GET", "/api/v1/products"))
        assert (answer.status, answer.body) == (status, REFUSED)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def stream(data, end=True):
    """What a program sends that says data."""
    whole = b"".join(record(STDOUT, data[i:i + 60000]) for i in range(0, len(data), 60000))
    return whole + (record(STDOUT, b"") + record(END, b"\0" * 8) if end else b"")


def says(data):
    return lambda connection: connection.sendall(data)


def is_silent(connection):
    assert connection.recv(1) == b"", "nginx hangs up first"


BAD = {
    "nothing": says(b""), "an end and nothing else": says(record(END, b"\0" * 8)),
    "HTTP": says(b"HTTP/1.1 200 OK\r\n\r\nhello"), "zeros": says(b"\0" * 64),
    "bytes": says(b"\xff" * 64), "half a record": says(record(STDOUT, FINE)[:20]),
    "half a header": says(stream(b"Status: 200 O", end=False)),
    "no end of headers": says(stream(b"Status: 200 OK\r\nX: y\r\n")),
    "another version": says(b"\x02" + stream(FINE)[1:]),
    "another kind of record": says(record(99, b"x")),
    "another id": says(stream(FINE)[:3] + b"\x09" + stream(FINE)[4:]),
    "a status that is none": says(stream(b"Status: evil\r\n\r\n")),
    "64 KiB of headers": says(stream(b"Status: 200 OK\r\nX: " + b"y" * 65536 + b"\r\n\r\n{}")),
    "an error stream": says(record(7, b"segmentation fault\n")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_program_that_answers_badly(front, name):
    front.answer = BAD[name]
    refuses(front)


def test_a_program_that_does_not_answer(impatient):
    impatient.answer, impatient.seen = is_silent, []
    refuses(impatient)


def refuses(front):
    """503 in the contract's words: try again. The request is never given to another process."""
    answer = exchange(front.client, compose("GET", "/api/v1/products"))
    assert answer.refused(503, "unavailable"), answer
    assert answer.headers["Retry-After"] == "1" and answer.headers["X-Content-Type-Options"]
    assert len(front.seen) == 1, "asked once"
    answer = exchange(front.client, compose("HEAD", "/api/v1/products"), "HEAD")
    assert answer.status == 503 and answer.body == b""


def test_a_program_that_breaks_off(front):
    """Half an answer must not look like a whole one."""
    front.answer = says(stream(b"Status: 200 OK\r\nContent-Type: application/json\r\n"
                               b"Content-Length: 1000\r\n\r\n{", end=False))
    with Wire(front.client) as wire:
        wire.send(compose("GET", "/api/v1/products"))
        with pytest.raises(AssertionError, match="1000 bytes announced, 1 came"):
            wire.answer()


def test_a_program_that_is_not_there(front):
    front.listeners[front.stack.programs.index("products")].close()
    (front.folder / "products.sock").unlink()
    try:
        for method in ("GET", "POST", "DELETE"):
            answer = exchange(front.client, compose(method, "/api/v1/products"))
            assert answer.refused(503, "unavailable") and answer.headers["Retry-After"] == "1"
    finally:
        front.listen("products")
    assert exchange(front.client, compose("GET", "/api/v1/categories")).status == 200


# ---- what nginx answers

# Status that nginx comes to by itself -> what the client is told.
REFUSALS = {
    400: (400, "invalid_input"), 403: (404, "not_found"), 404: (404, "not_found"),
    405: (405, "method_not_allowed"), 413: (413, "too_large"), 414: (414, "uri_too_long"),
    421: (421, "misdirected_request"), 429: (429, "rate_limited"),
    494: (400, "invalid_input"), 495: (400, "invalid_input"), 496: (400, "invalid_input"),
    497: (400, "invalid_input"), 500: (500, "internal_error"), 501: (400, "invalid_input"),
    502: (503, "unavailable"), 503: (503, "unavailable"), 504: (503, "unavailable"),
    505: (400, "invalid_input"), 507: (500, "internal_error"),
}
TITLES = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
          413: "Content Too Large", 414: "URI Too Long", 421: "Misdirected Request",
          429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
UNHEARD = ("X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy")


@pytest.mark.parametrize("status", REFUSALS)
def test_every_refusal_of_nginx(front, status):
    """In the contract's envelope, for each method; never a page of its own."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HACK"):
        answer = exchange(front.client, compose(method, f"/test/{status}"))
        assert answer.refused(*REFUSALS[status]), (method, answer)
        assert answer.json["details"] == []
        assert [len(answer.headers.get_all(name) or []) for name in UNHEARD] == [1, 1, 1]
        assert answer.headers["Retry-After"] == ("1" if answer.status in (429, 503) else None)
        assert ("Allow" in answer.headers) == (answer.status == 405)
    answer = exchange(front.client, compose("HEAD", f"/test/{status}"), "HEAD")
    assert answer.status == REFUSALS[status][0]


@pytest.mark.parametrize("status", REFUSALS)
def test_every_refusal_of_nginx_as_a_problem(front, status):
    """RFC 9457, and every page may read it: no tenant had a say in it."""
    told, error = REFUSALS[status]
    plain = exchange(front.client, compose("GET", f"/test/{status}")).json
    answer = exchange(front.client, compose("GET", f"/test/{status}", [
        ("Accept", "application/problem+json"), ("Origin", "https://shop.example"),
        ("X-Request-Id", "0123456789")]))
    assert answer.status == told
    assert answer.headers.get_all("Content-Type") == ["application/problem+json"]
    assert answer.json == {
        "type": "about:blank", "title": TITLES[told], "status": told, "instance": "0123456789",
        "error": error, "detail": plain["message"], "details": []}
    assert answer.headers.get_all("Vary") == ["Accept, Origin"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("accept,problem", [
    ("application/json, application/problem+json", True),
    ("application/json;q=0.5, Application/Problem+JSON;q=0.5", True),
    ("application/json;q=0.9, application/problem+json;q=0.8", False),
    ("application/problem+json;q=0.8, */*;q=0.9", False),
    ("application/problem+json;q=0.8, */*;q=0.9, application/json;q=0.7", True),
    ("application/problem+json;q=0", False), ("application/problem+json; q=0.0, */*", False),
    ("application/problem+json;q=0.001", True), ("text/html, application/problem+json", True),
    ("application/*", False), ("*/*", False), ("", False), ("application/problem+jsonx", False),
    (",;=;q=x,,", False)])
def test_programs_and_nginx_read_accept_alike(front, stack, accept, problem):
    """A path that no program has, and a route that one refuses."""
    for client, path in ((front.client, "/test/404"), (stack.anonymous, "/api/v1/products/-/-")):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.status == 404
        assert (answer.headers["Content-Type"] == "application/problem+json") == problem, path


@pytest.mark.parametrize("origin", ["null", "x", "ftp://shop.example", "http://shop.example",
                                    "https://shop.example/", "https://", "https://Shop.example"])
def test_what_is_no_origin_is_not_said_again(front, origin):
    answer = exchange(front.client, compose("GET", "/test/404", [("Origin", origin)]))
    assert answer.status == 404 and "Access-Control-Allow-Origin" not in answer.headers


POST = b"POST /api/v1/products HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("data", [
    b"", b"G", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n",
    POST + b"Content-Length: 5\r\n\r\n{", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"],
    ids=["nothing", "a letter", "half a head", "half a body", "half a chunk"])
def test_who_does_not_go_on_is_hung_up_on(impatient, data):
    """nginx says no 408, which might be taken for the answer to something else; and no program
    knows of it."""
    impatient.seen = []
    with Wire(impatient.client) as wire:
        wire.send(data)
        assert wire.ended() == b""
    assert impatient.seen == []


def test_who_leaves_in_the_middle_is_forgotten(front):
    for data in (POST + b"Content-Length: 5\r\n\r\n{", b"GET /livez HTTP/1.1\r\nHost: lo"):
        with Wire(front.client) as wire:
            wire.send(data)
            wire.socket.unwrap().shutdown(socket.SHUT_RDWR)
    assert exchange(front.client, compose("GET", "/api/v1/products")).status == 200
    assert len(front.seen) == 1
