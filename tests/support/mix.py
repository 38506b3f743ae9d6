"""mix: every kind of request that a program can be asked, made from what it says of itself."""

import json

from support.fastcgi import records
from support.routes import MISSING, Things, all_routes
from support.shop import in_days, unique

BROKEN = [b"", b"{", b"[]", b"nonsense", b'{"a":1,"a":2}', b'{"nonsense":1}', b"\xff",
          b"[" * 5000, b"{}".rjust(300000)]


class Mix:
    """What goes to a program's socket, as bytes, again and again: each of `common` in every round,
    some of `rare` (logins, and lists of ever other shapes) in turn. shop: of its own, for much of
    it succeeds."""

    def __init__(self, shop, program):
        self.shop, self.things = shop, Things(shop)
        self.mine = [("Authorization", shop.owner.headers["Authorization"])]
        self.common, self.rare = [], []
        for route in all_routes():
            if route.program == program:
                self._refused(route)
                (self._writes if route.writes else self._reads)(route)

    def _add(self, method, path, headers=(), body=None, kind="application/json", rare=False):
        if body is not None:
            headers = [*headers, ("Content-Type", kind)]
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        (self.rare if rare else self.common).append(
            b"".join(records(method, path, headers, body or b"")))

    def _refused(self, route):
        path, known = route.at(MISSING), self.mine if route.roles else []
        forged = self.shop.owner.token[:-4] + "AAAA"
        self._add(route.method, path)
        self._add(route.method, path, [("Authorization", f"Bearer {forged}")])
        self._add(route.method, f"{path}?nonsense=1&nonsense=2", known)
        self._add(route.method, f"{path}/nonsense", known)
        self._add(route.method, path, [*known, ("Accept", "text/html")])
        self._add("BREW", path)
        self._add("OPTIONS", path)
        if route.parts:
            problem = [*known, ("Accept", "application/problem+json")]
            self._add(route.method, path, problem, {} if route.writes else None)
        if route.writes and route.body:
            for body in BROKEN:
                self._add(route.method, path, known, body)
            self._add(route.method, path, known, {f["name"]: [] for f in route.all_fields})
            self._add(route.method, path, known, {}, "text/plain")

    def _reads(self, route):
        path = route.at(self.things.refs(route))
        answer = self.shop.owner.get(path)
        assert answer.status == 200, answer
        for method in ("GET", "HEAD"):
            self._add(method, path, self.mine)
        if "ETag" in answer.headers:
            self._add("GET", path, [*self.mine, ("If-None-Match", answer.etag)])
        if route.lists:
            for query in shapes(route.all_fields):
                self._add("GET", f"{path}?{query}", self.mine, rare=True)

    def _writes(self, route):
        body, known = self.things.body(route), self.mine if route.roles else []
        if route.program == "sessions" and body:
            _, email = self.shop.user("viewer")
            body = {"email": email, "password": self.shop.password}
            self._add(route.method, route.path, [], {**body, "password": "wrong"}, rare=True)
        if route.secret or not route.parts and route.effect != "creates":
            # Passwords take their time; and our own session and password shall stay.
            path = f"{route.path}?dry_run=true" if route.roles else route.path
            self._add(route.method, path, known, body, rare=True)
            return
        path = route.at(self.things.refs(route))
        self._add(route.method, f"{path}?dry_run=true", self.mine, body)
        path = route.at(self.things.refs(route))
        self._add(route.method, path, [*self.mine, ("Idempotency-Key", unique("key"))], body)
        self._add(route.method, path, [*self.mine, ("If-Match", '"0"')], body)
        self._add(route.method, path, self.mine, body)


def shapes(fields):
    """Queries of a list, of more shapes than a program keeps statements for."""
    orders = ["", *(f"sort={sign}{f['name']}" for f in fields if f.get("sort")
                    for sign in ("", "-"))]
    filters = ["perPage=5", "page=2&perPage=1"]
    for f in fields:
        if f.get("filter"):
            value = {"uuid": MISSING, "boolean": "true", "time": in_days(0), "date": in_days(0)[:10],
                     "choice": f.get("choices", [""])[0]}.get(f["type"], "1")
            filters.append(f"{f['name']}={value}")
            if f["type"] in ("integer", "money", "time"):
                filters += [f"{f['name']}[{op}]={value}" for op in ("gte", "lt")]
            else:
                filters.append(f"{f['name']}[in]={value},{value}")
    return [f"{order}&{chosen}".strip("&") for order in orders for chosen in filters]
