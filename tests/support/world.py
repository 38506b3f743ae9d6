"""world: a business with things of every kind, made from what the programs say of themselves. All
its texts bear its mark, so that one word or id of it tells of a leak wherever it is seen."""

import functools
import itertools
import re
import uuid

from support.routes import KNOWN, all_routes, password_for, plural, way, with_query
from support.shop import ROLES, Footprint, Shop, in_days


def has_kind(route, kind):
    """Whether a route makes things of this kind: POST /kind, or below another thing."""
    return (route.effect == "creates" and route.roles is not None and
            route.pattern.rstrip("/").endswith(f"/{kind}"))


def kinds_of(route):
    """What the {parts} of a path name, in their order: products for /products/{ref}/restore and
    for /inventory/{product}."""
    words, kinds = route.pattern.split("/"), []
    for before, word in zip(words, words[1:]):
        if word.startswith("{"):
            name = word.strip("{}")
            kinds.append(before if name in ("ref", "id", "seq") else plural(name))
    return kinds


def path_of(route, refs):
    """The path with its {parts} replaced by refs, in their order; a search is for what all worlds
    have."""
    left = iter(refs)
    return route.asking(re.sub(r"\{\w+\}", lambda _: str(next(left)), route.path), q="mark")


def kind_of(field):
    """What a field of type uuid refers to."""
    return field.get("refers") or plural(field["name"].removesuffix("_id"))


def references(route):
    """(path to it, field) of all that a body may refer to: (("lines", field), product_id)."""
    fields = route.writable
    return [((), f) for f in fields if f["type"] == "uuid"] + [
        ((f,), of) for f in fields if f["type"] == "rows"
        for of in f["of"] if of["type"] == "uuid" and not of.get("read_only")]


@functools.cache
def key_of(kind):
    """The name of the human key that things of a kind have, as their list tells; or None."""
    names = [{f["name"] for f in r.all_fields} for r in all_routes()
             if r.method == "GET" and r.pattern == f"/{kind}"]
    return next((key for key in KEYS if names and key in names[0]), None)


class Thing:
    """One thing: its id, its human key or None, and all that was answered when it was made."""

    def __init__(self, data, key_name):
        self.id, self.data = data["id"], data
        self.key_name, self.key = key_name, data.get(key_name)

    def __repr__(self):
        return f"<{self.id} {self.key}>"


# ---- what no program says of itself: teach here how it is made

def log_in(world, person):
    """A session: one more login of a person, who sees it as the latest of theirs."""
    client = world.stack.session(world.shop.id, world.shop.users[person])
    return Thing(client.get("sessions?sort=-created_at").data[0], None)


def happen(world, _):
    """An entry of the audit trail: one more of what a shop's people do, told by its seq."""
    assert world.owner.patch("settings", {}).status == 200
    return Thing({"id": str(world.shop.last_event())}, None)


# kind -> what makes a thing of it, where no POST with a JSON body does: (world, person) -> Thing
MAKERS = {"sessions": log_in, "audit": happen}

# kind -> what has to be done with a new thing before others can use it: (world, thing)
AFTER = {"products": lambda world, thing: world.shop.adjust({"id": thing.id}, 100_000)}

# Kinds that belong to one person: a colleague's is like one that isn't there.
PERSONAL = {"sessions"}

KEYS = ("slug", "number")  # human keys, of all kinds there are

TEACH = "{} can't be made here: teach tests/support/world.py, {}, how"


class World:
    """The things are made when they are asked for, each once. Nothing asks twice for the same
    and changes it: writes that work are rehearsed."""

    def __init__(self, stack):
        self.stack, self.db, self.shop = stack, stack.db, Shop(stack)
        self.mark = f"mark{uuid.uuid4().hex[:10]}"
        self.clients, self.emails = {}, {}
        for role in ROLES:
            self.shop.users[role], self.emails[role] = self.shop.user(role)
            self.clients[role] = stack.session(self.shop.id, self.shop.users[role])
        self.owner = self.clients["owner"]
        self._made, self._rows, self.referring = {}, {}, {}
        self._count = itertools.count(1)
        for path, body in (("tenant", {"name": self.mark}),
                           ("settings", {"address": self.mark, "tax_number": self.mark,
                                         "contact_email": f"{self.mark}@example.org"})):
            assert self.owner.patch(path, body).status == 200

    # ---- things

    def one(self, kind, state=None, deleted=False, person="owner", beside=False):
        """A thing of a kind: in that state, or deleted; of that person, where they are people's;
        beside the one that is given otherwise."""
        person = person if kind in PERSONAL else "owner"
        asked = (kind, state, deleted, person, beside)
        if asked not in self._made:
            thing = self.new(kind, person)
            for move in way(kind, thing.data.get("status"), state):
                answer = self.owner.post(path_of(move, [thing.id]), self.body(move))
                assert answer.status == 200, (move, answer)
            if deleted:
                self.delete(kind, thing, person)
            self._made[asked] = thing
        return self._made[asked]

    def new(self, kind, person="owner", **given):
        """A thing that nobody else asks for; given: fields of it."""
        if kind in MAKERS:
            return MAKERS[kind](self, person)
        route = next((r for r in all_routes() if has_kind(r, kind)), None)
        assert route, TEACH.format(kind, "MAKERS")
        answer = self.owner.post(path_of(route, self.refs(route)),
                                 {**self.body(route, whole=True), **given})
        assert answer.status == 201, (TEACH.format(kind, "MAKERS"), answer)
        thing = Thing(answer.data, key_of(kind))
        AFTER.get(kind, lambda *_: None)(self, thing)
        return thing

    def wanted(self, route, i=0, person="owner"):
        """The thing that part i of a route's path takes: in a state that it works on; another one
        than its body refers to."""
        kind = kinds_of(route)[i]
        state = route.states[0] if route.states and i == 0 else None
        beside = any(kind_of(f) == kind for _, f in references(route))
        return self.one(kind, state, route.effect == "restores", person, beside)

    def refs(self, route, person="owner"):
        """Ids for all parts of a route's path."""
        return [self.wanted(route, i, person).id for i in range(len(kinds_of(route)))]

    def delete(self, kind, thing, person="owner"):
        answer = self.clients[person].delete(path_of(deleter(kind), [thing.id]))
        assert answer.status == 200, answer

    def refer(self, kind, by, foreign):
        """Things that refer, by a field, to one that is alive, to one deleted since, and, put there
        past the API, to another tenant's and to nobody's: whose -> (thing, id that may be shown).
        """
        referred, name = kind_of(by), by["name"]
        if (kind, name) in self.referring:
            return
        alive, gone = self.new(referred), self.new(referred)
        things = {"own": (self.new(kind, **{name: alive.id}), alive.id),
                  "deleted": (self.new(kind, **{name: gone.id}), gone.id)}
        if deleter(referred):
            self.delete(referred, gone)
        for whose, there in (("foreign", foreign.new(referred).id), ("missing", str(uuid.uuid4()))):
            things[whose] = (self.new(kind), None)
            self.stack.superuser(
                f"SET session_replication_role = replica; UPDATE purser.{kind} SET {name} ="
                f" '{there}' WHERE tenant_id = '{self.shop.id}' AND id = '{things[whose][0].id}'",
                "purser")
        self.referring[kind, name] = things

    def fill(self):
        """Makes what any route names, in its path or its body."""
        for route in all_routes():
            if route.roles is None:
                continue
            kinds = kinds_of(route)
            for i, kind in enumerate(kinds):
                for person in ROLES if kind in PERSONAL else ("owner",):
                    self.wanted(route, i, person)
            named = [f for _, f in references(route)]
            named += [p for p in route.params if p["type"] == "uuid"]
            for kind in kinds + [kind_of(f) for f in named]:
                for person in ROLES if kind in PERSONAL else ("owner",):
                    self.one(kind, person=person)
                    if deleter(kind):
                        self.one(kind, deleted=True, person=person)

    def things(self):
        """(kind, thing) of all that were made and are still there."""
        return [(kind, thing) for (kind, _, deleted, *_), thing in self._made.items()
                if not deleted]

    def highest(self, kind):
        return max(thing.key for k, thing in self.things() if k == kind)

    def rows(self, route):
        """All that the owner saw in a list, when first asked."""
        if str(route) not in self._rows:
            rows, page, path = [], 0, path_of(route, self.refs(route))
            while len(rows) == 100 * page:
                page += 1
                rows += self.owner.get(with_query(path, f"perPage=100&page={page}")).data
            self._rows[str(route)] = rows
        return self._rows[str(route)]

    # ---- bodies

    def body(self, route, whole=False, **given):
        """A body that a route takes, of what it must have or of all it may have; None for none."""
        if route.body is None:
            return None
        wanted = [f for f in route.writable if f["name"] in given or whole or
                  (f.get("required") and route.method != "PATCH")]
        return {f["name"]: given[f["name"]] if f["name"] in given else self.value(f)
                for f in wanted}

    def value(self, f):
        kind, word = f["type"], f"{self.mark}-{next(self._count)}"
        if f["name"] in KNOWN:
            return KNOWN[f["name"]]
        if "password" in f["name"]:
            return password_for(f, self.shop)
        if kind == "uuid":
            return self.one(kind_of(f)).id
        if kind == "rows":
            return [self.row(f)]
        values = {"boolean": True, "integer": max(1, f.get("min", 0)), "money": 100, "text": word,
                  "slug": word, "email": f"{word}@example.org", "texts": [word],
                  "choice": f.get("choices", [None])[-1], "time": in_days(3),
                  "date": in_days(3)[:10], "clock": "12:00"}
        assert kind in values, TEACH.format(f"a field of type {kind}", "World.value")
        return values[kind]

    def row(self, f, **given):
        """One row of a field of type rows."""
        return {of["name"]: given[of["name"]] if of["name"] in given else self.value(of)
                for of in f["of"] if not of.get("read_only")}

    # ---- a look past the API

    def ids(self):
        """Every id in every row of this tenant."""
        columns = self.db.all("""
            SELECT table_name, column_name FROM information_schema.columns c
             WHERE table_schema = 'purser' AND data_type = 'uuid' AND table_name IN (
               SELECT table_name FROM information_schema.columns
                WHERE table_schema = 'purser' AND column_name = 'tenant_id')""")
        parts = [f"SELECT {column}::text FROM {table} WHERE tenant_id = %(t)s"
                 for table, column in columns]
        return set(self.db.column(" UNION ".join(parts), {"t": self.shop.id})) - {None}

    def footprint(self):
        """Every row of this tenant in every table."""
        tables = self.db.column("""
            SELECT table_name FROM information_schema.columns
             WHERE table_schema = 'purser' AND column_name = 'tenant_id'""")
        parts = [f"SELECT '{t}', t::text FROM {t} t WHERE tenant_id = %(t)s" for t in tables]
        parts.append("SELECT 'tenants', t::text FROM tenants t WHERE id = %(t)s")
        parts.append("SELECT 'accounts', a::text FROM accounts a JOIN users u"
                     " ON u.account_id = a.id WHERE u.tenant_id = %(t)s")
        rows = set(self.db.all(" UNION ALL ".join(parts), {"t": self.shop.id}))
        assert len(rows) > len(tables)
        return Footprint(rows)


def deleter(kind):
    """The route that deletes things of a kind; None where they stay for ever."""
    return next((r for r in all_routes() if r.method == "DELETE" and kinds_of(r) == [kind]), None)
