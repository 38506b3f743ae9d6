"""routes: what the programs say of themselves by --describe, and requests made from that."""

import functools
import json
import os
import pathlib
import re
import subprocess
import uuid
from urllib.parse import urlencode

import pytest

from support.shop import in_days, unique

MISSING = "0197c0de-0000-7000-8000-00000000dead"  # the id of nothing


class Route:
    """One route of one program."""

    def __init__(self, program, facts):
        self.program = program["program"]
        self.method, self.pattern = facts["method"], facts["path"]
        self.root = facts.get("root", False)
        self.path = self.pattern if self.root else f"/api/v1{self.pattern}"
        self.permission = facts["permission"]
        self.roles = facts.get("roles")  # None: public
        self.lists = facts.get("list", False)
        self.deleted = facts.get("deleted", False)  # takes ?deleted=true
        self.includes = facts.get("includes", False)  # takes ?include=
        self.secret = facts.get("secret", False)
        self.step_up = facts.get("step_up", False)
        self.effect = facts.get("effect")
        self.event = facts.get("event")
        self.states, self.leads_to = facts.get("from"), facts.get("to")
        self.summary = facts["summary"]
        self.cache = facts["cache"]
        self.keeps_revisions = any("_revision" in s["sql"] for s in program["statements"])
        self.parts = re.findall(r"\{(\w+)\}", self.pattern)
        self.writes = self.method != "GET"
        self.params = facts.get("params", [])
        self.all_fields = facts.get("fields", program["fields"])  # of its answer
        self.body = facts.get("body")
        if self.body is None and (self.effect == "creates" or self.method in ("PUT", "PATCH")):
            self.body = program["fields"]
        if self.body and self.effect != "creates":  # what is fixed is read-only ever after
            self.body = [{**f, "read_only": f.get("read_only") or f.get("fixed", False)}
                         for f in self.body]

    def __str__(self):
        return f"{self.method} {self.pattern}"

    __repr__ = __str__

    @property
    def writable(self):
        return [f for f in self.body or [] if not f.get("read_only")]

    @property
    def includable(self):
        """The fields that ?include= can ask for."""
        return [f["name"] for f in self.all_fields if f.get("include")] if self.includes else []

    @property
    def collection(self):
        """The path without parts and action: what the thing lives in."""
        return self.path.split("/{")[0]

    def at(self, ref):
        """The path with every {part} replaced by ref, or by what a dict has for it; with the query
        that it needs."""
        path = re.sub(r"\{(\w+)\}", lambda m: ref[m[1]] if isinstance(ref, dict) else str(ref),
                      self.path)
        return self.asking(path)

    def asking(self, path, **given):
        """The path with the query that it needs."""
        return with_query(path, urlencode({p["name"]: (KNOWN | given)[p["name"]]
                                           for p in self.params if p.get("required")}))


def with_query(path, words):
    """The path with these words behind what it asks already."""
    words = words.removeprefix("?")
    return f"{path}{'&' if '?' in path else '?'}{words}" if words else path


@functools.cache
def all_routes():
    """Every route of every installed program of the stack that PURSER_VAR names."""
    if "PURSER_VAR" not in os.environ:
        raise pytest.UsageError("run these by ./dev test, or give the stack's folder as PURSER_VAR")
    folder = pathlib.Path(os.environ["PURSER_VAR"]) / "install" / "libexec" / "purser"
    found = []
    for program in sorted(folder.iterdir()):
        out = subprocess.run([program, "--describe"], check=True, capture_output=True)
        description = json.loads(out.stdout)
        found += [Route(description, facts) for facts in description["routes"]]
    return found


def routes(**wanted):
    """Those whose attributes are as said: routes(writes=True, secret=False)."""
    return [r for r in all_routes() if all(getattr(r, k) == v for k, v in wanted.items())]


# What can't be told from a field's type: texts of a form of their own, and settings that leave a
# shop as open as it was.
KNOWN = {
    "currency": "EUR", "locale": "de", "time_zone": "Europe/Berlin", "brand_color": "#d2691e",
    "opens": "00:00", "closes": "24:00", "pickup_days_ahead": 3650, "pickup_slot_capacity": 100000,
    "opening_hours": [{"day": day, "opens": "00:00", "closes": "24:00"} for day in range(1, 8)],
    "closed_days": [{"date": "2999-12-25", "note": "Christmas"}], "scopes": ["orders:read"],
    "cors_origins": ["https://shop.example"],
    "q": "ähre",
}


def password_for(f, shop):
    """A new one where a field wants it to be of some length, and otherwise the one there is."""
    return str(uuid.uuid4()) if f.get("min") else shop.password


def plain_creator():
    """A route of which nothing is special: it creates a thing, behind login, and refuses {}."""
    return next(r for r in all_routes() if r.effect == "creates" and r.roles and not r.parts and
                not r.secret and any(f.get("required") for f in r.writable))


class Things:
    """Makes things in a shop, and bodies that are right, by what the programs say."""

    def __init__(self, shop):
        self.shop = shop

    def new(self, program, state=None, **fields):
        """The id of a new thing of a program, led to a state."""
        if program == "sessions":
            return self.shop.person("viewer")[1].get("sessions").data[0]["id"]
        creator = next((r for r in all_routes() if r.program == program and r.roles and
                        r.effect == "creates" and not r.parts), None)
        assert creator, f"nothing creates a thing of {program}: teach support/routes.py how"
        answer = self.shop.owner.post(creator.path, {**self.body(creator), **fields})
        assert answer.status == 201, answer
        thing = answer.data["id"]
        if program == "products":
            self.shop.adjust({"id": thing}, 1000)
        for route in way(program, creator.leads_to, state):
            answer = self.shop.owner.post(route.at(thing))
            assert answer.status == 200, answer
        return thing

    def refs(self, route):
        """Part -> the id of a new thing, in a state that the route takes; for a list of what
        belongs to it, it has something there."""
        refs = {}
        if any(p["name"] == "q" for p in route.params):
            self.shop.customer(name=KNOWN["q"])
        for part in route.parts:
            if part == "seq":  # of the audit trail, which has whatever happened
                self.shop.last_event() or self.shop.owner.patch("settings", {})
                refs[part] = str(self.shop.last_event())
                continue
            program = route.program if part in ("ref", "id") else plural(part)
            refs[part] = self.new(program, route.states and route.states[0])
            if route.effect == "restores":
                assert self.shop.owner.delete(f"{route.collection}/{refs[part]}").status == 200
            if route.lists and program != route.program and f"{part}_id" in field_names(route):
                if creates(route.program):
                    self.new(route.program, **{f"{part}_id": refs[part]})
        return refs

    def body(self, route, all_of_them=False):
        """A body that the route takes; None where it needs none."""
        if route.body is None:
            return None
        return self._object(route.body, all_of_them)

    def _object(self, fields, all_of_them):
        return {f["name"]: self.value(f, all_of_them) for f in fields if not f.get("read_only") and
                (f.get("required") or all_of_them)}

    def value(self, f, all_of_them=False):
        kind = f["type"]
        if f["name"] in KNOWN:
            return KNOWN[f["name"]]
        if "password" in f["name"]:
            return password_for(f, self.shop)
        if kind == "uuid":
            return self.new(f.get("refers", plural(f["name"].removesuffix("_id"))))
        if kind == "rows":
            return [self._object(f["of"], all_of_them)]
        examples = {
            "boolean": True, "integer": max(1, f.get("min", 0)), "money": 100,
            "text": unique("Text"), "slug": unique("slug"), "email": f"{unique('e')}@example.org",
            "choice": f.get("choices", [None])[-1], "time": in_days(3), "date": in_days(3)[:10],
            "texts": [unique("text")], "clock": "09:00",
        }
        assert kind in examples, f"no example of a {kind}: teach support/routes.py, KNOWN, one"
        return examples[kind]


def creates(program):
    return any(r.program == program and r.effect == "creates" for r in all_routes())


def field_names(route):
    return [f["name"] for f in route.all_fields]


@functools.cache
def way(program, state, wanted):
    """The actions that lead a thing of a program from one state to another, by the shortest way."""
    if wanted is None:
        return []
    ways = {state: []}
    for here in (queue := [state]):
        for r in all_routes():
            if r.program == program and r.leads_to and here in (r.states or []):
                if r.leads_to not in ways:
                    ways[r.leads_to] = [*ways[here], r]
                    queue.append(r.leads_to)
    return ways[wanted]


def plural(word):
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
