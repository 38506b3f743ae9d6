"""No tenant sees another. Generated from --describe: every route, with refs that are one's own,
another's and nobody's: another's and nobody's are answered in the same bytes, and nothing of the
other tenant changes."""

import json
import re
from urllib.parse import quote

import pytest

from support.routes import MISSING, Things, all_routes, plural
from support.shop import ROLES, Shop

of_things = pytest.mark.routes(lambda r: r.roles is not None and r.parts)


@pytest.fixture(scope="module")
def victim(stack):
    """A shop with a thing of every program, whose footprint must never change."""
    shop = Shop(stack)
    things, made = Things(shop), {}
    for route in all_routes():
        if route.parts and route.program not in made and route.effect != "restores":
            made[route.program] = {"refs": things.refs(route)}
    for program, thing in made.items():
        thing["refs_by_key"] = keys_of(shop, program, thing["refs"])
    shop.made = made
    return shop


def keys_of(shop, program, refs):
    """The same thing by its human key, where it has one."""
    ref = next(iter(refs.values()))
    answer = shop.owner.get(f"{program}/{ref}")
    if answer.status != 200:
        return refs
    key = answer.data.get("slug") or answer.data.get("number")
    return dict.fromkeys(refs, str(key))


@of_things
def test_refs_in_the_path(stack, shop, things, victim, route):
    """By id, by human key; as JSON, as problem, with HEAD, with If-Match, rehearsed; every role."""
    made, body, before = victim.made[route.program], things.body(route), victim.footprint()
    first = route.all_fields[0]["name"]
    variants = [("", {}), ("?dry_run=true" if route.writes else f"?fields={first}", {}),
                ("", {"Accept": "application/problem+json"}),
                ("", {"If-Match": '"1"', "If-None-Match": '"1"'}),
                ("", {"Accept": "application/vnd.purser.v2+json"}),
                ("", {"X-Request-Id": "same-for-all"})]
    for query, headers in variants:
        def ask(client, ref, q=query, h=headers):
            answer = client.request(route.method, route.at(ref) + q, json=body,
                                    headers={"X-Request-Id": "same-for-all", **h})
            return answer.bytes_but_ids()

        foreign, nobodys = ask(shop.owner, made["refs"]), ask(shop.owner, MISSING)
        assert foreign == nobodys and foreign[0] == 404, (query, headers)
        # A number may exist in one's own tenant too: that one is met then, never the other's.
        if not any(key.isdigit() for key in made["refs_by_key"].values()):
            assert ask(shop.owner, made["refs_by_key"]) == nobodys, (query, headers)
        for role in ROLES[1:]:
            assert ask(shop.client(role), made["refs"]) == ask(shop.client(role), MISSING), role
    if not route.writes:
        assert shop.owner.request("HEAD", route.at(made["refs"])).status == 404
    assert victim.footprint() == before


@of_things
def test_ones_own_is_found(stack, shop, route):
    """The other half: the same requests do work at home."""
    things = Things(shop)
    if route.program == "sessions":
        client = shop.stack.login(shop.user("owner")[1], shop.password)
        refs = {p: client.get("sessions").data[0]["id"] for p in route.parts}
    else:
        client, refs = shop.owner, things.refs(route)
    answer = client.request(route.method, route.at(refs), json=things.body(route))
    assert answer.status == 200, answer


@pytest.mark.routes(lambda r: any(f["type"] in ("uuid", "rows") for f in r.writable))
def test_ids_in_the_body(shop, things, victim, route):
    """An id of another tenant in a body is like one that never was."""
    before = victim.footprint()
    refs = things.refs(route) if route.parts else {}

    def with_id(fields, one):
        body = {}
        for f in fields:
            if f.get("read_only"):
                continue
            if f["type"] == "uuid":
                body[f["name"]] = one(f["name"])
            elif f["type"] == "rows":
                body[f["name"]] = [with_id(f["of"], one)]
            elif f.get("required"):
                body[f["name"]] = things.value(f)
        return body

    def theirs(name):
        return next(iter(victim.made[plural(name.removesuffix("_id"))]["refs"].values()))

    answers = [shop.owner.request(route.method, route.at(refs), json=with_id(route.body, one))
               for one in (theirs, lambda _: MISSING)]
    assert answers[0].bytes_but_ids() == answers[1].bytes_but_ids()
    assert answers[0].refused(400, "validation_failed"), answers[0]
    assert victim.footprint() == before


@pytest.mark.routes(lambda r: r.lists)
def test_lists(shop, victim, route):
    """Every filter set to what another tenant's things have: nothing of theirs is ever listed."""
    theirs = {json.dumps(row, sort_keys=True)
              for row in victim.owner.get(f"{route.path}?perPage=100").data}
    assert theirs
    ids = {ref for thing in victim.made.values() for ref in thing["refs"].values()}
    filters = [f["name"] for f in route.all_fields if f.get("filter")]
    queries = [""] + [f"{name}={quote(as_text(row[name]))}" for row in map(json.loads, theirs)
                      for name in filters if row.get(name) is not None]
    for query in queries:
        answer = shop.owner.get(f"{route.path}?perPage=100&{query}")
        assert answer.status == 200, (query, answer)
        for row in answer.data:
            assert not ids & {str(v) for v in row.values()}, (query, row)
        assert answer.json["total"] == len(answer.data) or answer.json["total"] > 100, query


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def test_a_token_opens_its_own_tenant_alone(shop, victim):
    """Whatever else a request says about tenants."""
    for headers in ({"X-Tenant": victim.id}, {"X-Tenant-Id": victim.slug},
                    {"X-Purser-Tenant": victim.id},
                    {"Cookie": f"__Host-purser={victim.owner.token}"}):
        assert shop.owner.get("products", headers=headers).body == shop.owner.get("products").body
    for query in (f"tenant={victim.slug}", f"tenant_id={victim.id}"):
        assert shop.owner.get(f"products?{query}").refused(400, "invalid_input")


def test_statements_without_their_predicate_give_nothing_of_others(stack, db, victim, shop):
    """Row-level security alone: every SELECT that a program has, run as its role in another tenant,
    with `tenant_id = $1` made always true."""
    checked = 0
    for program in stack.programs:
        for statement in stack.describe(program)["statements"]:
            sql = statement["sql"]
            if not sql.lstrip().upper().startswith("SELECT") or statement["args"] != ["@tenant"]:
                continue
            wide = re.sub(r"\b(\w+\.)?tenant_id = \$1", "true", sql)
            with_rls = stack.superuser(f"""
                BEGIN; SET LOCAL ROLE purser_{program}; SET LOCAL search_path = purser;
                SET LOCAL app.current_tenant = '{shop.id}';
                SELECT count(*), coalesce(string_agg(t::text, ' '), '') FROM ({wide}) t;
                COMMIT;""", "purser")
            assert victim.id not in with_rls
            for thing in victim.made.values():
                for ref in thing["refs"].values():
                    assert ref not in with_rls, (program, wide)
            unset = stack.superuser(f"""
                BEGIN; SET LOCAL ROLE purser_{program}; SET LOCAL search_path = purser;
                SELECT count(*) FROM ({wide}) t; COMMIT;""", "purser")
            assert unset == "0", (program, wide)
            checked += 1
    assert checked >= 4
