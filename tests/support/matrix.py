"""matrix: every route x every role x {own, another tenant's, nobody's, deleted} x {path, body,
filter, include}, made from --describe. Another tenant's and nobody's must be answered in the same
bytes, and no answer may hold anything of another tenant."""

import collections
import json
import re
from urllib.parse import quote

from support.routes import MISSING, all_routes, with_query
from support.shop import ROLES
from support.totp import made_ready
from support.world import PERSONAL, TEACH, deleter, kind_of, kinds_of, path_of, references

UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
NEVER = {"uuid": MISSING, "text": "never-was", "slug": "never-was", "integer": "876543210987",
         "money": "876543210987",
         "email": "never-was@example.org", "time": "1971-01-01T00:00:00Z", "date": "1971-01-01"}
LEADERS = ("owner", "admin")  # who may see what is deleted
# What is still known of a deleted thing is given, or erased, all the same.
FINDS_DELETED = {"/clients/{client}/export", "/clients/{client}/erase"}
ECHOES = ("link", "location")  # headers that say again what was asked for
KEYS_APART = 20  # numbers that one's own things may still take while the matrix is asked
EVENTS_APART = 600  # and places among events
NOBODY = None  # the role of whoever isn't logged in

# A request as it was asked, and what can be seen of its answer.
Seen = collections.namedtuple("Seen", "what status headers body")

# A look of Matrix, and the routes that it is for.
LOOKS = {
    "paths": lambda r: kinds_of(r) and not r.root,
    "plain": lambda r: not kinds_of(r) and not r.lists,
    "bodies": lambda r: r.roles and references(r),
    "lists": lambda r: r.lists,
    "filters": lambda r: r.lists,
    "parameters": lambda r: r.lists or any(p["type"] == "uuid" for p in r.params),
    "includes": lambda r: r.includes and included(r),
}


def included(route):
    """(field that can be included, field that says which thing it is or None)"""
    fields = route.all_fields
    return [(f, next((by for by in fields if by["name"] == f"{f['name']}_id"), None))
            for f in fields if f.get("include")]


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


class Matrix:
    """What one's own people see, and what they do not. Each look at a route returns what is wrong
    with it, as lines; [] when all is well.

    client(role, route): who asks; through nginx when not given.
    rehearse: also what should miss asks for a dry run, where the walls are known to be open.
    """

    def __init__(self, own, foreign, client=None, roles=ROLES, rehearse=False):
        self.own, self.foreign, self.rehearse = own, foreign, rehearse
        self.client = client or (lambda role, _: own.clients.get(role, own.stack.anonymous))
        self.roles = roles
        self.own_ids, self.strangers = own.ids(), set()
        self.foreign_ids = foreign.ids() - self.own_ids
        self.foreign_marks = (foreign.mark, foreign.shop.slug)
        self.faults = []

    # ---- asking

    def ask(self, route, role, refs=(), body=None, query="", sent="", method=None, headers=None):
        """sent: what stands in path or query and may come back in headers, such as Link."""
        path = with_query(path_of(route, [quote(r, safe="") for r in refs]), query)
        client, method = self.client(role, route), method or route.method
        answer = client.request(method, path, json=body,
                                headers={"X-Request-Id": "the-same", **(headers or {})})
        status, said, raw = answer.bytes_but_ids()
        echo = rf"(?<=[=/]){re.escape(quote(sent, safe=''))}(?=[&>/?]|$)"
        said = [(k, re.sub(echo, "<sent>", v) if k in ECHOES else v) for k, v in said]
        seen = Seen(f"{role} {method} {path} {json.dumps(body) if body else ''}", status, said, raw)
        self._look_for_leaks(route, seen)
        return seen

    def _look_for_leaks(self, route, seen):
        body = seen.body.decode(errors="replace")
        text = "\n".join([body, *(value for _, value in seen.headers)]).lower()
        ids = set(UUID.findall(text))
        leaked = ids & self.foreign_ids
        leaked |= {mark for mark in self.foreign_marks if mark in text}
        if not route.writes and route.roles and seen.status == 200:  # nobody's else, either
            self._learn(ids)
            leaked |= ids - self.own_ids
        if leaked:
            self._fault(f"not one's own: {sorted(leaked)[:3]}", seen)

    def _learn(self, ids):
        """Looks new ids up among one's own, once."""
        if ids - self.own_ids - self.strangers:
            self.own_ids |= self.own.ids()
            self.strangers |= ids - self.own_ids

    def _fault(self, what, *seen):
        """Tells of it, without the headers that all of these answers have."""
        alike = set.intersection(*({*s.headers} for s in seen)) if len(seen) > 1 else set()
        self.faults.append("\n    ".join([what] + [
            f"{s.what}\n      {s.status} {[h for h in s.headers if h not in alike]}\n"
            f"      {s.body[:400]}" for s in seen]))

    def _expect(self, true, what, *seen):
        if not true:
            self._fault(what, *seen)

    def _the_same(self, seen, *others):
        for other in others:
            self._expect(other[1:] == seen[1:], "different answers:", seen, other)

    def _done(self):
        faults, self.faults = self.faults, []
        return faults

    def _everybody(self, route):
        """(role, what the route says to it before it looks at anything: 401, 403 or None)"""
        for role in (*self.roles, NOBODY):
            if route.roles is None or role in route.roles:
                yield role, None
            else:
                yield role, 403 if role else 401

    def _rehearsed(self, route, always=False):
        return "?dry_run=true" if route.writes and (always or self.rehearse) else ""

    def look(self, route):
        """All looks that there are at a route."""
        return [fault for name, fits in LOOKS.items() if fits(route)
                for fault in getattr(self, name)(route)]

    # ---- the path

    def paths(self, route):
        """Every part of the path, by id and by human key."""
        assert route.roles, f"{route} is public: teach Matrix.paths what it may show to whom"
        body = self.own.body(route)
        for i in range(len(kinds_of(route))):
            for role, refused in self._everybody(route):
                refs = self.own.refs(route, role or "owner")
                own, others = self._names(route, i, role or "owner")

                def ask(ref, query):
                    return self.ask(route, role, refs[:i] + [ref] + refs[i + 1:], body, query, ref)

                missing = ask(MISSING, self._rehearsed(route))
                self._expect(missing.status == (refused or 404), "not refused as it should be",
                             missing)
                self._the_same(missing, *(ask(ref, self._rehearsed(route)) for ref in others))
                for ref in own:
                    found = ask(ref, self._rehearsed(route, always=True))
                    if refused:
                        self._the_same(missing, found)
                    else:
                        self._found(found, refs[i])
            self._variants(route, i, body)
        return self._done()

    def _names(self, route, i, person):
        """([what names one's own thing], [what has to look like nobody's])"""
        kind, restores = kinds_of(route)[i], route.effect == "restores"
        own, theirs = (w.wanted(route, i, person) for w in (self.own, self.foreign))
        others = [theirs]
        if deleter(kind):
            others += [w.one(kind, deleted=not restores, person=person)
                       for w in (self.own, self.foreign)
                       if w is self.foreign or route.pattern not in FINDS_DELETED]
        names = [t.id for t in others]
        if kind in PERSONAL:
            names.append(self.own.one(kind, person="viewer" if person != "viewer" else "staff").id)
        if own.key is None:
            return [own.id], names
        self._expect(own.key != theirs.key, f"both have the {kind} {own.key}")
        return ([own.id, str(own.key)], names + [str(t.key) for t in others] +
                [as_text(NEVER["integer" if isinstance(own.key, int) else "slug"])])

    def _found(self, seen, thing):
        ok = seen.status in (200, 201)
        self._expect(ok, "one's own isn't found: " + TEACH.format("what this route takes",
                                                                  "MAKERS"), seen)
        data = json.loads(seen.body).get("data") if ok else None
        self._expect(not isinstance(data, dict) or thing in seen.body.decode(),
                     "another thing than the one asked for", seen)

    def _variants(self, route, i, body):
        """In whatever way one asks: the same."""
        refs, first = self.own.refs(route), route.all_fields[0]["name"]
        theirs = self.foreign.wanted(route, i).id
        ways = [("?dry_run=true" if route.writes else f"?fields={first}", {}, None),
                (self._rehearsed(route), {"Accept": "application/problem+json"}, None),
                (self._rehearsed(route), {"If-Match": '"1"', "If-None-Match": '"1"'}, None)]
        if route.writes and not route.secret:
            ways.append(("?dry_run=true", {"Idempotency-Key": "mine"}, None))
        if not route.writes:
            ways.append(("", {}, "HEAD"))
        for query, headers, method in ways:
            missing, foreign = (
                self.ask(route, "owner", refs[:i] + [ref] + refs[i + 1:], body, query, ref, method,
                         headers) for ref in (MISSING, theirs))
            self._expect(missing.status == 404, "not refused as it should be", missing)
            self._the_same(missing, foreign)

    def plain(self, route):
        """A route without a part in its path: one's own alone, in a rehearsal."""
        body = self.own.body(route)
        for role, refused in self._everybody(route):
            if role and not refused:
                body = made_ready(route, self.own.clients[role], self.own.shop.password,
                                  self.own.db, body)
            seen = self.ask(route, role, body=body, query=self._rehearsed(route, always=True))
            if route.roles:
                self._expect(seen.status == refused if refused else seen.status in (200, 201),
                             "refused, or not: " + TEACH.format("its body", "World.value"), seen)
            self._expect(seen.status < 500, "failed", seen)
        return self._done()

    # ---- the body

    def bodies(self, route):
        """Every reference in a body, on its own and behind one that is good."""
        for into, f in references(route):
            kind = kind_of(f)
            names = [self.foreign.one(kind).id, self.foreign.one(kind, deleted=True).id,
                     self.own.one(kind, deleted=True).id] if deleter(kind) else [
                         self.foreign.one(kind).id]
            for role, refused in self._everybody(route):
                refs = self.own.refs(route, role or "owner")

                def ask(ids, query=self._rehearsed(route), refs=refs):
                    body = self.own.body(route, **self._naming(into, f, ids))
                    return self.ask(route, role, refs, body, query)

                missing = ask([MISSING])
                self._the_same(missing, *(ask([name]) for name in names))
                own = ask([self.own.one(kind).id], self._rehearsed(route, always=True))
                if refused:
                    self._the_same(missing, own)
                    self._expect(missing.status == refused, "not refused as it should be", missing)
                    continue
                self._expect(missing.status == 400, "not refused as it should be", missing)
                self._expect(own.status in (200, 201), "one's own can't be referred to", own)
                if into:
                    good = self.own.one(kind).id
                    self._the_same(ask([good, MISSING]), *(ask([good, name]) for name in names))
                if refs:
                    nowhere = [MISSING] * len(refs)
                    self._the_same(ask([MISSING], refs=nowhere), ask([names[0]], refs=nowhere))
        return self._done()

    def _naming(self, into, f, ids):
        if not into:
            return {f["name"]: ids[0]}
        return {into[0]["name"]: [self.own.row(into[0], **{f["name"]: one}) for one in ids]}

    # ---- lists

    def lists(self, route):
        """Every list as everybody, page by page, in every order, and with what is deleted."""
        for role, refused in self._everybody(route):
            refs = self.own.refs(route, role or "owner")
            if refused:
                for query in ("", "?deleted=true" if route.deleted else "?page=2"):
                    seen = self.ask(route, role, refs, query=query)
                    self._expect(seen.status == refused, "not refused as it should be", seen)
                continue
            rows = self._all_rows(route, role, refs)
            self._expect(rows, f"{role} sees nothing of their own in {route}: nothing is proved")
            self._all_rows(route, role, refs, f"&fields={route.all_fields[0]['name']}")
            if route.deleted:
                if role in LEADERS:
                    self._all_rows(route, role, refs, "&deleted=true")
                else:
                    seen = self.ask(route, role, refs, query="?deleted=true")
                    self._expect(seen.status == 403, "not refused as it should be", seen)
        refs = self.own.refs(route)
        there = len(self._all_rows(route, "owner", refs))
        for f in route.all_fields:
            for sort in (f["name"], f"-{f['name']}") if f.get("sort") else ():
                rows = self._all_rows(route, "owner", refs, f"&sort={sort}")
                self._expect(len(rows) == there, f"{route} has other rows by {sort}")
        return self._done()

    def _all_rows(self, route, role, refs, query="", sent=""):
        """All pages; `total` must be the number of rows on them."""
        rows, page, before = [], 0, len(self.faults)
        while True:
            page += 1
            seen = self.ask(route, role, refs, sent=sent,
                            query=f"?perPage=100&page={page}{query}")
            if seen.status != 200:
                self._fault("no list", seen)
                return rows
            said = json.loads(seen.body)
            rows += said["data"]
            if len(said["data"]) < 100 or len(self.faults) > before:
                break
        self._expect(said["total"] == len(rows), f"{len(rows)} rows", seen)
        return rows

    def filters(self, route):
        """Every filter, with what own and foreign rows have, and with what none has."""
        mine, theirs = self.own.rows(route), self.foreign.rows(route)
        for f in route.all_fields:
            if not f.get("filter"):
                continue
            own, foreign = ({as_text(row[f["name"]]) for row in rows if row[f["name"]] is not None}
                            for rows in (mine, theirs))
            alien = sorted(foreign - own, key=lambda v: (len(v), v))[-2:]  # the highest numbers
            some = sorted(own)[:1] + self._deleted(route, f)
            for role, refused in self._everybody(route):
                for op in ("", "[in]"):
                    self._filter(route, f, op, role, refused, some, alien)
            for op in ("gt", "gte", "lt", "lte"):
                for value in alien[:1]:
                    self._all_rows(route, "owner", self.own.refs(route),
                                   f"&{f['name']}%5B{op}%5D={quote(value, safe='')}", value)
        return self._done()

    def _deleted(self, route, f):
        """What is deleted, while rows of this list still refer to it."""
        if route.parts or (route.program, f["name"]) not in self.own.referring:
            return []
        return [self.own.referring[route.program, f["name"]]["deleted"][1]]

    def _filter(self, route, f, op, role, refused, own, alien):
        """own: values that are there; alien: values that another tenant's rows have alone."""
        name, never, refs = f["name"], NEVER.get(f["type"]), self.own.refs(route, role or "owner")

        def ask(value):
            return self.ask(route, role, refs, sent=value,
                            query=f"?{name}{quote(op)}={quote(value, safe='')}")

        misses = [ask(value) for value in ([never] if never else []) + alien]
        finds = [ask(value) for value in own]
        for seen in misses:
            self._expect(seen.status == (refused or 200), "refused, or not", seen)
            self._expect(refused or total_of(seen) == 0, "there is something", seen)
        if never:
            self._the_same(*misses)
        for seen, value in zip(finds, own):
            if refused:
                self._the_same(seen, *misses)
                continue
            self._expect(seen.status == 200 and total_of(seen) > 0, "one's own isn't found", seen)
            self._expect(seen.status != 200 or all(as_text(row[name]) == value for row in
                                                   json.loads(seen.body)["data"]),
                         "rows that don't fit", seen)

    def parameters(self, route):
        """Ids in parameters of the route's own, and words that are searched for."""
        asked = [(p["name"], self.foreign.one(kind_of(p)).id, MISSING)
                 for p in route.params if p["type"] == "uuid"]
        if route.lists:
            asked.append(("q", self.foreign.mark, "never-was"))
        for name, theirs, nobodys in asked:
            for role, _ in self._everybody(route):
                refs = self.own.refs(route, role or "owner")
                self._the_same(*(self.ask(route, role, refs, query=f"?{name}={value}", sent=value)
                                 for value in (nobodys, theirs)))
        return self._done()

    # ---- what is included

    def includes(self, route):
        """A thing whose reference is alive, deleted since, another tenant's or nobody's (the last
        two put there past the API): what isn't one's own is never shown."""
        for f, by in included(route):
            query = f"include={f['name']}"
            if by is None:
                self._include_of_its_own(route, f["name"], query)
                continue
            for role, refused in self._everybody(route):
                for whose, (thing, shown) in self.own.referring[route.program, by["name"]].items():
                    seen, row = self._row_with(route, role, thing, query)
                    if refused:
                        self._expect(seen.status == refused, "not refused as it should be", seen)
                        continue
                    if row is None:
                        self._expect(route.parts, f"{whose} isn't in the list", seen)
                        continue
                    inside = row.get(f["name"])
                    self._expect(inside and inside["id"] == shown if whose == "own" else
                                 inside is None or inside["id"] == shown, f"{whose} is shown", seen)
        return self._done()

    def _row_with(self, route, role, thing, query):
        """The row of a thing, by a route that gives one or many."""
        refs = self.own.refs(route, role or "owner")
        if not route.lists:
            refs = [thing.id]
        seen = self.ask(route, role, refs, query=f"?{'perPage=100&' * route.lists}{query}")
        if seen.status != 200:
            return seen, None
        data = json.loads(seen.body)["data"]
        return seen, next((row for row in data if row["id"] == thing.id),
                          None) if route.lists else data

    def _include_of_its_own(self, route, name, query):
        for role, refused in self._everybody(route):
            refs = self.own.refs(route, role or "owner")
            seen = self.ask(route, role, refs, query=f"?{query}")
            self._expect(seen.status == (refused or 200), "refused, or not", seen)
            if not refused:
                data = json.loads(seen.body)["data"]
                for row in data if route.lists else [data]:
                    self._expect(row[name], f"nothing in {name}: nothing is proved", seen)


def told(faults):
    return "\n".join([f"{len(faults)} faults:", *faults[:5]])


def total_of(seen):
    return json.loads(seen.body).get("total") if seen.status == 200 else None


def fill(own, foreign):
    """Makes all that the matrix asks for, so that the foreign world never changes afterwards. Its
    numbers are none that one's own things have; of their slugs it has every one too."""
    foreign.shop.happen(EVENTS_APART)
    own.fill()
    kept = own.things()
    for kind, thing in kept:
        if isinstance(thing.key, int):
            while foreign.new(kind).key <= own.highest(kind) + KEYS_APART:
                pass
    foreign.fill()
    for kind, thing in kept:
        if isinstance(thing.key, str):
            foreign.new(kind, **{thing.key_name: thing.key})
    for route in all_routes():
        if route.includes:
            for _, by in included(route):
                if by:
                    own.refer(route.program, by, foreign)
    for world in (own, foreign):
        for route in all_routes():
            if route.lists:
                world.rows(route)
