"""Tricks with paths: what nginx makes of a path to find the program, and what the program makes of
it to find the route, must never differ in the client's favour. A model of both says what comes."""

import re

import pytest

from support.routes import MISSING, all_routes, with_query
from support.wire import compose, volley

CALM = True

# {} is a route's path; what comes is in every case what the model says.
TRICKS = (
    "{}", "{}?", "{}/", "{}//", "/{}", "//{}", "{}/.", "{}/./", "{}/..", "{}/../", "/.{}", "/./{}",
    "/x/..{}", "/x/../{}", "/..{}", "/../..{}", "{}/x/..", "{}/x/../..", "{}/./x", "{}/../x",
    "{}/../../..", "{}/../../../..", "{}/../../../../../../../../etc/passwd",
    "{}/..;", "{}/..;/", "{}/..;/x", "{}/.;/", "{};", "{};x=1", "{};/x", "{}/;/", "/;{}",
    "{}%2f", "{}/%2f", "{}%2fx", "{}/%2e", "{}/%2e%2e", "{}%2f%2e%2e", "{}/%2e%2e%2fx", "{}/.%2e/",
    "{}/%252e%252e", "{}%252f", "{}%255c", "{}/%5c", "{}\\", "{}/\\..", "{}/..\\", "{}\\..\\x",
    "{}%00", "{}/%00", "{}%00.json", "%00{}", "{}/%", "{}%", "{}%2", "{}%zz", "{}/%u002f", "{}%%",
    "{}/%ff", "{}%ff", "{}/%c0%ae%c0%ae", "{}/%c0%af", "{}/%e0%80%af", "{}/%ed%a0%80", "{}/%f4%90",
    "{}/\xff", "{}\xc0\xaf", "{}/\u2025", "{}/\uff0e\uff0e", "{}\u2215", "{}/\u202e",
    "{}%20", "{}/%20", "%20{}", "{}%09", "{}%0a", "{}%0d%0aX-Evil:%201", "{}%7f", "{}+", "{}/+",
    "{}#x", "{}/#", "#{}", "{}%23", "{}%3f", "{}%3fx=1", "{}&x=1", "{}=x", "{}:80", "{}@x", "{}*",
    "{}/*", "{}/**", "{}/~", "{}/~root", "{}.json", "{}.php", "{}/.json", "{}/.git/config", "{}.",
    "{}/x/x", "{}/x/x/x", "{}/x/x/x/x/x/x/x", "{}" + "/x" * 60, "{}/" + "x" * 4000, "{}/-", "{}/_",
    "{}/<script>alert(1)</script>", "{}/'--", '{}/"', "{}/$(id)", "{}/`id`", "{}/{{7*7}}",
    "{}/${jndi:ldap://x}", "{}/0x1", "{}/null", "{}/undefined", "{}/__proto__", "{}/constructor",
)


# ---- nginx: where the path leads

def normalised(raw):
    """The path by which nginx finds the program; None where it refuses it."""
    path = raw.encode("latin-1", "surrogateescape") if isinstance(raw, str) else raw
    path = re.split(rb"[?#]", path, maxsplit=1)[0]
    if not path.startswith(b"/") or re.search(rb"[\x00-\x20\x7f]", path):
        return None
    if re.search(rb"%(?![0-9a-fA-F]{2})", path):
        return None
    path = re.sub(rb"%(..)", lambda m: bytes.fromhex(m[1].decode()), path)
    if b"\0" in path:
        return None
    parts = []
    for part in re.sub(rb"/+", b"/", path).split(b"/")[1:]:
        if part == b".." and not parts:
            return None
        if part == b"..":
            parts.pop()
        elif part != b".":
            parts.append(part)
    return b"/" + b"/".join(parts)


@pytest.fixture(scope="module")
def dispatch(stack):
    """[(pattern, program)]: the table that nginx has."""
    text = (stack.var / "nginx" / "dispatch.conf").read_text()
    table = re.findall(r'"~(\S+)" purser_(\w+);', text)
    assert {program for _, program in table} == {r.program for r in all_routes()}
    return [(re.compile(pattern.encode()), program) for pattern, program in table]


# ---- the program: which route it is, by the path as it was sent

def route_parts(raw):
    """What stands between the slashes; None where the program finds no path in it."""
    path = re.split(rb"\?", raw, maxsplit=1)[0]
    parts = path.split(b"/")[1:]
    return None if not all(parts) or len(parts) > 8 else parts


def fitting(program, raw):
    """The routes of a program that fit a path best: with the most parts that are literally so."""
    parts, best, found = route_parts(raw), -1, []
    for route in all_routes() if parts else []:
        own = parts
        if not route.root:
            if parts[0] != b"api":
                continue
            own = parts[2:] if parts[1:2] in ([b"v1"], [b"v2"]) else parts[1:]
        wanted = route.pattern.encode().split(b"/")[1:]
        if route.program != program or len(wanted) != len(own):
            continue
        literal = sum(w == o for w, o in zip(wanted, own))
        if literal < sum(not w.startswith(b"{") for w in wanted):
            continue
        if literal > best:
            best, found = literal, []
        if literal == best:
            found.append(route)
    return found


def decodable(raw):
    path = re.split(rb"\?", raw, maxsplit=1)[0]
    try:
        re.sub(rb"%(..)", lambda m: bytes.fromhex(m[1].decode()), path).decode()
    except ValueError:
        return False
    return True


def expected(dispatch, method, raw):
    """(status, error code) for somebody who may do everything; None: it is a route, found."""
    path = normalised(raw)
    if path is None:
        return 400, "invalid_input"
    program = next((program for pattern, program in dispatch if pattern.search(path)), None)
    fits = fitting(program, raw) if program else []
    if not fits:
        return 404, "not_found"
    if method not in {r.method for r in fits}:
        return 405, "method_not_allowed"
    return None if decodable(raw) else (404, "not_found")


@pytest.mark.routes(lambda r: True)
def test_tricks(shop, dispatch, route):
    """With a parameter that no route has: a route that is found anyhow refuses that, before it does
    anything; but where the trick hides the parameter, there is nothing to be found."""
    path, _, query = route.at(MISSING).partition("?")
    raws = [trick.replace("{}", path, 1).encode("latin-1", "ignore") if trick.isascii() or
            "\xff" in trick or "\xc0" in trick else trick.replace("{}", path, 1).encode()
            for trick in TRICKS]
    asks = with_query("", f"{query}&no_such=1".lstrip("&")).encode()
    raws = [raw + (asks[1:] if raw.endswith(b"?") else asks) for raw in raws]
    before = shop.footprint()
    requests = [(route.method, compose(route.method, raw, list(shop.owner.headers.items())))
                for raw in raws]
    found = 0
    for raw, answer in zip(raws, volley(shop.owner, requests)):
        want = expected(dispatch, route.method, raw)
        if want is None and b"#" in raw:
            # nginx takes what is behind # for no part of the request; no ref has one in it.
            assert answer.refused(404, "not_found") or answer.refused(400, "validation_failed")
        elif want is None:
            found += 1
            assert answer.refused(400, "invalid_input"), (raw, answer)
            assert "no_such" in answer.faults, (raw, answer)
        else:
            assert answer.refused(*want), (raw, want, answer)
            assert answer.json["details"] == [], (raw, answer)
        assert "X-Evil" not in answer.headers
    assert found >= 2, "the plain path is found"
    assert shop.footprint() == before


@pytest.mark.parametrize("raw", [
    "/API/v1/products", "/api/V1/products", "/api/v1/Products", "/api/v1/%70roducts",
    "/%61pi/v1/products", "/api%2fv1%2fproducts", "/api/v1%2fproducts", "/api/v01/products",
    "/api/v1.0/products", "/api/v3/products", "/api/v0/products", "/api/v/products",
    "/api/v1/v1/products", "/api/api/v1/products", "/api/v2/v1/products", "/v1/products",
    "/products", "/api//products", "/api/v1/orders/../products", "/api/v1/orders/%2e%2e/products",
    "/api/v1/orders/..%2fproducts", "/api/v1/products/..;/orders", "/livez/../api/v1/products",
    "/api/v1/livez", "/api/livez", "/livez/", "/livez/x", "/livez%20", "/Livez", "/readyz/../livez",
    "/run/purser/products.sock", "/error/invalid_input", "/@not_found", "/nginx_status", "/.",
    "/var/empty", "/favicon.ico", "/robots.txt", "/.well-known/security.txt", "/.env",
    "/etc/passwd", "/api/v1/products.sock", "/metrics", "/server-status", "/cgi-bin/products"])
def test_paths_that_are_nearly_right(shop, dispatch, raw):
    answer = shop.owner.raw(compose("GET", raw, [*shop.owner.headers.items(),
                                                 ("Connection", "close")]))
    assert expected(dispatch, "GET", raw.encode()) == (404, "not_found")
    assert answer.refused(404, "not_found"), answer
    assert answer.json["details"] == []
