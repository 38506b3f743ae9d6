"""The two walls between tenants, each on its own: row-level security, with every predicate on
tenant_id taken out of our SQL; and the predicates, with row-level security open. Without either the
matrix sees the neighbours, which proves that it can fail."""

import collections
import contextlib
import functools

import pytest

from support.fastcgi import FastcgiClient
from support.matrix import LOOKS, Matrix, told
from support.programs import OwnPrograms
from support.routes import all_routes
from support.unguarded import LEFT, build_unguarded, without_predicates

ROLES = ("owner", "viewer")  # neither wall knows roles; the first may do all, the last the least
LEAST = 80  # predicates there are at least

behind_login = pytest.mark.routes(lambda r: r.roles is not None)


def direct(own, programs):
    """Who asks: past nginx, so that it is these programs that answer."""
    @functools.cache
    def client(role, program):
        socket = collections.defaultdict(lambda: programs.sockets[program])
        return FastcgiClient(socket, own.clients[role].headers if role else None)

    return lambda role, route: client(role, route.program)


def served(stack):
    return OwnPrograms(stack, sorted({r.program for r in all_routes() if r.roles}))


@pytest.fixture(scope="module")
def unguarded(stack):
    """(the stack with programs that have no predicate, how many were taken out)"""
    return build_unguarded(stack)


@pytest.fixture(scope="module")
def unguarded_programs(unguarded):
    with served(unguarded[0]) as programs:
        yield programs


@pytest.fixture(scope="module")
def guarded_programs(stack):
    with served(stack) as programs:
        yield programs


@contextlib.contextmanager
def row_level_security_open(stack):
    """For a while everybody may see and write every row. (By policies: a role that has BYPASSRLS
    would make a program refuse to run, see test_roles.py.)"""
    tables = stack.db.column("SELECT tablename FROM pg_tables WHERE schemaname = 'purser' AND"
                             " rowsecurity ORDER BY 1")
    close = "".join(f"DROP POLICY IF EXISTS hole ON purser.{t};" for t in tables)
    try:
        stack.superuser(close + "".join(
            f"CREATE POLICY hole ON purser.{t} USING (true) WITH CHECK (true);" for t in tables),
            "purser")
        yield
    finally:
        stack.superuser(close, "purser")


def test_no_predicate_is_left(stack, unguarded):
    programs, taken = unguarded
    assert taken >= LEAST
    for name in stack.programs:
        guarded, open_ = ([s["sql"] for s in where.describe(name)["statements"]]
                          for where in (stack, programs))
        assert not [sql for sql in open_ if LEFT.search(sql)], name
        assert [without_predicates(sql)[0] for sql in guarded] == open_, name


@behind_login
def test_row_level_security_alone(worlds, untouched, unguarded_programs, route):
    matrix = Matrix(*worlds, direct(worlds[0], unguarded_programs), ROLES)
    faults = matrix.look(route)
    assert not faults, told(faults)


def test_predicates_alone(stack, worlds, untouched, guarded_programs):
    matrix = Matrix(*worlds, direct(worlds[0], guarded_programs), ROLES, rehearse=True)
    with row_level_security_open(stack):
        faults = [fault for route in all_routes() if route.roles for fault in matrix.look(route)]
    assert not faults, told(faults)


@pytest.mark.parametrize("look", ["paths", "bodies", "lists", "filters", "includes"])
def test_without_either_wall_the_neighbours_are_seen(stack, worlds, untouched, unguarded_programs,
                                                     look):
    """So the matrix can fail: for each route but for those that ask for more than the tenant, the
    person or the one thing whose list it is, and for searches, whose functions are a wall of their
    own: they ask for the setting themselves."""
    matrix = Matrix(*worlds, direct(worlds[0], unguarded_programs), ("owner",), rehearse=True)
    chosen = [r for r in all_routes() if r.roles and LOOKS[look](r) and
              r.program not in ("sessions", "search") and not (r.lists and r.parts and look != "paths") and
              (not r.writes or look == "bodies")]
    with row_level_security_open(stack):
        found = {str(r): getattr(matrix, look)(r) for r in chosen}
    assert found and [route for route, faults in found.items() if not faults] == []
