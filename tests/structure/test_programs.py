"""What the built programs say of themselves, held against the schema, nginx and each other."""

import re
import subprocess

import pytest

from support.routes import MISSING, all_routes
from support.shop import ROLES

FORBIDDEN = ("json_", "PQ", "crypto_", "sodium_", "FCGX_")


def test_every_program_describes_itself(stack):
    assert stack.programs
    for name in stack.programs:
        described = stack.describe(name)
        assert described["program"] == name
        assert described["routes"] and described["title"] and described["summary"]


def test_every_statement_prepares(stack):
    """Against the migrated schema, as the program's own role; lists with each filter and order."""
    for name in stack.programs:
        done = stack.as_user([stack.program(name), "--check"], env={"PURSER_CONF": str(stack.conf)})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), name


def test_a_statement_that_does_not_prepare_is_found(stack):
    """The check above can fail: against a database without a schema it does."""
    done = stack.as_user([stack.program("categories"), "--check"], env={
        "PURSER_CONF": str(stack.conf),
        "PURSER_DATABASE": f"host={stack.run} port=5432 dbname=postgres"})
    assert done.returncode == 78 and "statement" in done.stderr


@pytest.mark.routes(lambda r: True)
def test_nginx_dispatches_every_route(anonymous, route):
    """A program of ours answers, and not nginx with a 404 of its own."""
    answer = anonymous.request(route.method, route.at(MISSING))
    assert answer.status == 401 if route.roles else answer.status != 404, answer


@pytest.mark.routes(lambda r: not r.root)
def test_nginx_dispatches_every_version(anonymous, route):
    for version in ("/api", "/api/v2"):
        path = route.at(MISSING).replace("/api/v1", version)
        answer = anonymous.request(route.method, path)
        assert answer.status == 401 if route.roles else answer.status != 404, answer


def test_no_two_programs_claim_a_route():
    owners = {}
    for route in all_routes():
        owners.setdefault(re.sub(r"\{\w+\}", "{}", str(route)), set()).add(route.program)
    assert {k: v for k, v in owners.items() if len(v) > 1} == {}


@pytest.mark.routes(lambda r: True)
def test_routes_are_described_whole(route):
    assert route.summary and route.cache in ("no-store", "private")
    assert route.roles is None or route.roles and set(route.roles) <= set(ROLES)
    if route.writes:
        # To ask for a reset is no tenant's: nobody is to learn whether they have such a person.
        assert route.event or str(route) == "POST /password-resets", "every write is an event"
        assert route.roles or route.secret or not route.parts
    else:
        assert not route.event
    if route.states:
        assert route.parts and route.method in ("POST", "PATCH")
    # Names in JSON and in paths are snake_case, collections plural.
    for f in route.all_fields + (route.body or []):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", f["name"]), f
    assert re.fullmatch(r"(/([a-z][a-z-]*|\{[a-z_]+\}))+", route.pattern)


def statements(stack):
    for name in stack.programs:
        for number, statement in enumerate(stack.describe(name)["statements"], 1):
            yield name, number, statement


def test_every_statement_binds_its_tenant(stack):
    """But for those that say they cross tenants, which go through a guarded function."""
    crossing = []
    for name, number, s in statements(stack):
        if s.get("crosses_tenants"):
            crossing.append((name, number))
        else:
            assert "@tenant" in s["args"] or "=tenant:uuid" in s["args"], (name, number)
    assert crossing == [("health", 1), ("password_resets", 1), ("password_resets", 2),
                        ("password_resets", 3), ("sessions", 1), ("tenants", 1), ("tenants", 2)]


def test_every_table_of_every_statement_has_its_tenant(stack, db):
    """`tenant_id = $n` on each (architecture.md, "Growing"): for the planner, and for Citus."""
    tables = set(db.column("SELECT table_name FROM information_schema.columns"
                           " WHERE table_schema = 'purser' AND column_name = 'tenant_id'"))
    checked, missing = 0, []
    for name, number, s in statements(stack):
        sql = re.sub(r"\s+", " ", s["sql"])
        for verb, table, alias in re.findall(r"\b(FROM|JOIN|UPDATE) (\w+)(?: (?:AS )?(\w+))?", sql):
            if table not in tables:
                continue
            named = alias and alias.upper() not in ("SET", "WHERE", "JOIN", "ON", "LEFT", "USING",
                                                    "ORDER", "FOR")
            wanted = rf"\b{alias}\.tenant_id = \$" if named else r"(?<![.\w])tenant_id = \$"
            checked += 1
            if not re.search(wanted, sql):
                missing.append(f"{name} statement {number}: {verb} {table} {alias}")
    assert checked > 20
    assert missing == []


def test_names_of_functions(stack):
    """What the library gives away begins with pur_; no function at all with a library's prefix."""
    archive = stack.var / "build" / "libpurser.a"
    symbols = subprocess.run(["nm", "--defined-only", archive], check=True, capture_output=True,
                             text=True).stdout
    names = re.findall(r"^[0-9a-f]+ (\w) (\w+)", symbols, re.M)
    given = {name for kind, name in names if kind in "TDBRVW"}
    assert len(given) > 100
    assert {n for n in given
            if not n.startswith(("pur_", "__asan", "__odr_asan", "asan.", "__ubsan"))} == set()
    assert {n for _, n in names if n.startswith(FORBIDDEN)} == set()


def test_programs_are_hardened(stack):
    """Position-independent, read-only relocations bound at start, no executable stack."""
    for name in stack.programs:
        headers = subprocess.run(["readelf", "-hldW", stack.program(name)], check=True,
                                 capture_output=True,
                                 text=True).stdout
        assert re.search(r"Type:\s+DYN", headers), name
        assert "GNU_RELRO" in headers and re.search(r"\bBIND_NOW\b|\bNOW\b", headers), name
        assert re.search(r"GNU_STACK.*\bRW\b(?!E)", headers), name
