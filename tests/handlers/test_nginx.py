"""What nginx refuses by itself is said in the contract's words."""

import socket
import ssl
from urllib.parse import urlsplit

import pytest

HEADERS = ("X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy",
           "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy")


def check(answer, status, error):
    assert answer.refused(status, error), answer
    assert answer.json["details"] == []
    for name in HEADERS:
        assert len(answer.headers.get_all(name) or []) == 1, name
    assert answer.headers["Server"] == "nginx"


@pytest.mark.parametrize("path", ["/", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing",
                                  "/api/v1/productsx", "/index.html", "/products",
                                  "/api/v0/products",
                                  "/api/v1/webhooks/../../etc/passwd", "/.git/config"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_paths_are_404(anonymous, method, path):
    answer = anonymous.request(method, path)
    check(answer, 404, "not_found")


def test_a_404_of_nginx_reads_like_one_of_a_program(shop, anonymous):
    ours = shop.owner.get("products/no-such-product")
    its = anonymous.get("/api/v1/nothing")
    assert its.body == ours.body


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "purser.example:443",
                                  "10.0.0.1", "api"])
def test_another_host_is_421(anonymous, host):
    check(anonymous.get("/livez", headers={"Host": host}), 421, "misdirected_request")
    check(anonymous.post("/api/v1/sessions", {}, headers={"Host": host}), 421,
          "misdirected_request")


def test_our_hosts(anonymous):
    port = urlsplit(anonymous.url).port
    for host in ("localhost", f"localhost:{port}", f"127.0.0.1:{port}"):
        assert anonymous.get("/livez", headers={"Host": host}).status == 200


def test_large_bodies_are_413(anonymous):
    for path in ("/api/v1/sessions", "/livez"):
        check(anonymous.request("POST", path, body=b"x" * (256 * 1024 + 1)), 413, "too_large")
    # Said and not sent: refused at once.
    answer = anonymous.raw(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Type: application/json\r\nContent-Length: 9999999999\r\n\r\n")
    check(answer, 413, "too_large")


def test_long_urls_are_414(anonymous):
    check(anonymous.get("/api/v1/products?x=" + "x" * 9000), 414, "uri_too_long")
    check(anonymous.get("/api/v1/products/" + "x" * 9000), 414, "uri_too_long")


def test_a_long_header_is_400(anonymous):
    check(anonymous.get("/livez", headers={"X-Long": "x" * 9000}), 400, "invalid_input")
    check(anonymous.get("/livez", headers=[(f"X-{i}", "x" * 4000) for i in range(20)]), 400,
          "invalid_input")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_nginx_will_not_have_are_405(anonymous, method):
    answer = anonymous.request(method, "/livez")
    check(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("request_line", [
    b"get /livez HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET nothing HTTP/1.1",
    b"GET /livez HTTP/9.9", b"GET /../../etc/passwd HTTP/1.1"])
def test_bad_request_lines_are_400(anonymous, request_line):
    answer = anonymous.raw(request_line + b"\r\nHost: localhost\r\n\r\n")
    check(answer, 400, "invalid_input")


@pytest.mark.parametrize("headers", [
    b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: local host\r\n",
    b"Host: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    b"Host: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    b"Host: localhost\r\nContent-Length: -1\r\n", b"Host: localhost\r\nContent-Length: 0x10\r\n"])
def test_games_with_headers_are_400(anonymous, headers):
    answer = anonymous.raw(b"POST /api/v1/sessions HTTP/1.1\r\n" + headers + b"\r\n0\r\n\r\n")
    check(answer, 400, "invalid_input")


def test_an_unknown_transfer_encoding_is_refused(anonymous):
    answer = anonymous.raw(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
                           b"Transfer-Encoding: gzip\r\n\r\n")
    check(answer, 400, "invalid_input")


def test_a_chunked_body_is_taken(anonymous):
    answer = anonymous.raw(b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                           b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert answer.refused(400, "validation_failed")
    assert set(answer.faults) == {"email", "password"}


def test_plain_http_on_the_tls_port_is_400(anonymous):
    address = urlsplit(anonymous.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as s:
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = s.makefile("rb").read()
    assert said.startswith(b"HTTP/1.1 400 ") and b'"error":"invalid_input"' in said


@pytest.mark.parametrize("given",
                         ["", "short", "x" * 65, "has space in it", "<script>alert(1)</script>",
                                   "a;b;c;d;e;f", "%0d%0aX-Evil: 1"])
def test_an_insane_request_id_is_replaced(anonymous, given):
    answer = anonymous.get("/livez", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given and len(answer.headers["X-Request-Id"]) == 32


def test_a_sane_request_id_is_kept_in_refusals_too(anonymous):
    mine = {"X-Request-Id": "0197c0de-0000-7000-8000-000000000001"}
    for path in ("/livez", "/nowhere", "/api/v1/products"):
        assert anonymous.get(path, headers=mine).headers["X-Request-Id"] == mine["X-Request-Id"]


def test_every_request_has_another_id(anonymous):
    ids = [anonymous.get("/livez").headers["X-Request-Id"] for _ in range(10)]
    assert len(set(ids)) == 10


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused(anonymous, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(anonymous.cacert)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    address = urlsplit(anonymous.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as s:
        with pytest.raises(OSError):
            context.wrap_socket(s, server_hostname="localhost")
