"""`purser routes`: every route of the house, and who may take it."""

import os

from support.routes import all_routes
from support.shop import ROLES
from support.stack import ROOT

EX_USAGE, EX_UNAVAILABLE = 64, 69


def table(done):
    """The rows of a table as dicts, by its heading."""
    assert done.returncode == 0, done.stderr
    heading, *rows = [line.split() for line in done.stdout.splitlines()]
    assert all(len(row) == len(heading) for row in rows), done.stdout
    return [dict(zip(heading, row)) for row in rows]


def test_every_route_is_listed(purser, stack):
    rows = table(purser.run("routes", str(stack.programs_folder)))
    assert [(r["method"], r["path"], r["program"], r["cache"]) for r in rows] == \
        [(r.method, r.pattern, r.program, r.cache) for r in all_routes()]
    assert all((row["permission"] == "public") == (route.roles is None)
               for row, route in zip(rows, all_routes()))


def test_the_installed_programs_are_the_default(purser, stack):
    assert purser.run("routes").stdout == purser.run("routes", str(stack.programs_folder)).stdout


def test_columns_stand_below_their_headings(purser):
    """However long a path is."""
    heading, *rows = purser.run("routes").stdout.splitlines()
    for word in heading.split()[1:]:
        place = heading.index(f" {word}") + 1
        assert all(row[place - 1] == " " and row[place] != " " for row in rows), word


def test_the_audit_has_the_roles_of_every_route(purser):
    rows = table(purser.run("routes", "--audit"))
    assert [(r["method"], r["path"]) for r in rows] == [(r.method, r.pattern) for r in all_routes()]
    for row, route in zip(rows, all_routes()):
        allowed = set(route.roles) if route.roles else {*ROLES, "anyone"}
        assert {x for x in (*ROLES, "anyone") if row[x] == "yes"} == allowed, row
        assert {x for x in (*ROLES, "anyone") if row[x] == "-"} == {*ROLES, "anyone"} - allowed


def test_the_audit_that_is_checked_in_is_this_one(purser):
    remark, checked_in = (ROOT / "tests" / "security" / "routes.audit").read_text().split("\n", 1)
    assert "./dev generate" in remark
    assert checked_in == purser.run("routes", "--audit").stdout


def test_a_folder_without_programs_of_ours(purser, tmp_path):
    missing = purser.run("routes", str(tmp_path / "nowhere"))
    assert missing.returncode == EX_UNAVAILABLE and "can't read the folder" in missing.stderr
    (tmp_path / "stranger").symlink_to("/bin/true")
    stranger = purser.run("routes", str(tmp_path))
    assert stranger.returncode == EX_UNAVAILABLE and "stranger --describe failed" in stranger.stderr
    assert stranger.stdout == ""


def test_wrong_usage(purser):
    for arguments in (["--audits"], ["/tmp", "/tmp"]):
        done = purser.run("routes", *arguments)
        assert done.returncode == EX_USAGE and "unexpected argument" in done.stderr
    assert purser.run("doctor", "--nginx").returncode == os.EX_USAGE
