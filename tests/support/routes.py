"""routes: what the programs say of themselves by --describe, and requests made from that."""

import functools
import json
import os
import pathlib
import re
import subprocess

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
        self.roles = facts.get("roles")  # None: public
        self.lists = facts.get("list", False)
        self.secret = facts.get("secret", False)
        self.effect = facts.get("effect")
        self.event = facts.get("event")
        self.states = facts.get("from")
        self.summary = facts["summary"]
        self.cache = facts["cache"]
        self.parts = re.findall(r"\{(\w+)\}", self.pattern)
        self.writes = self.method != "GET"
        self.all_fields = program["fields"]
        self.body = facts.get("body")
        if self.body is None and (self.effect == "creates" or self.method in ("PUT", "PATCH")):
            self.body = program["fields"]

    def __str__(self):
        return f"{self.method} {self.pattern}"

    __repr__ = __str__

    @property
    def writable(self):
        return [f for f in self.body or [] if not f.get("read_only")]

    @property
    def collection(self):
        """The path without parts and action: what the thing lives in."""
        return self.path.split("/{")[0]

    def at(self, ref):
        """The path with every {part} replaced by ref, or by what a dict has for it."""
        return re.sub(r"\{(\w+)\}", lambda m: ref[m[1]] if isinstance(ref, dict) else str(ref),
                      self.path)


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


class Things:
    """Makes things in a shop, and bodies that are right, by what the programs say."""

    def __init__(self, shop):
        self.shop = shop

    def new(self, program):
        """The id of a new thing of a program."""
        if program == "sessions":
            _, email = self.shop.user("viewer")
            return self.shop.stack.login(email, self.shop.password).get("sessions").data[0]["id"]
        creator = next((r for r in all_routes() if r.program == program and r.roles and
                        r.effect == "creates" and not r.parts), None)
        assert creator, f"nothing creates a thing of {program}: teach support/routes.py how"
        answer = self.shop.owner.post(creator.path, self.body(creator))
        assert answer.status == 201, answer
        thing = answer.data["id"]
        if program == "products":
            self.shop.adjust({"id": thing}, 1000)
        return thing

    def refs(self, route):
        """Part -> the id of a new thing, in a state that the route takes."""
        refs = {}
        for part in route.parts:
            refs[part] = self.new(route.program if part in ("ref", "id") else plural(part))
            if route.effect == "restores":
                assert self.shop.owner.delete(f"{route.collection}/{refs[part]}").status == 200
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
        if kind == "uuid":
            return self.new(plural(f["name"].removesuffix("_id")))
        if kind == "rows":
            return [self._object(f["of"], all_of_them)]
        return {
            "boolean": True, "integer": max(1, f.get("min", 0)), "money": 100,
            "text": unique("Text"), "slug": unique("slug"), "email": f"{unique('e')}@example.org",
            "choice": f.get("choices", [None])[0], "time": in_days(3), "date": in_days(3)[:10],
            "texts": [unique("text")],
        }[kind]


def plural(word):
    return word[:-1] + "ies" if word.endswith("y") else word + "s"
