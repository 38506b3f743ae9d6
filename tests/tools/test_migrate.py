"""`purser migrate`: brings a database to the installed schema, however often it is asked."""

import shutil
import subprocess

import psycopg2
import pytest

from support.deployment import ScratchDatabase
from support.sizes import PATIENCE
from support.stack import ROOT, wait_until

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_NOPERM = 64, 65, 66, 69, 77
SQITCH_LOCK = 75474063  # the advisory lock that sqitch takes


def changes(folder=ROOT / "sql"):
    return [line.split()[0] for line in (folder / "sqitch.plan").read_text().splitlines()
            if line and line[0] not in "%#@"]


@pytest.fixture
def schema(tmp_path):
    """A copy of the schema that may be changed."""
    return shutil.copytree(ROOT / "sql", tmp_path / "sql")


def add_change(schema, name, deploy, verify="SELECT 1;", revert="SELECT 1;"):
    with open(schema / "sqitch.plan", "a") as plan:
        plan.write(f"{name} 2026-11-23T00:00:00Z Purser <purser@localhost> # A test\n")
    for folder, text in (("deploy", deploy), ("verify", verify), ("revert", revert)):
        (schema / folder / f"{name}.sql").write_text(f"{text}\n")


def test_the_schema_is_installed_whole(purser):
    """And nothing else: a copy that lacked a file would fail a migration halfway."""
    subprocess.run(["diff", "-r", ROOT / "sql", purser.schema], check=True)


def test_a_fresh_database_gets_everything(scratch, db):
    status = scratch.migrate("--status")
    assert status.returncode == 1
    assert status.stdout.splitlines() == [f"pending           {c}" for c in changes()] + [
        f"0 deployed, {len(changes())} pending"]
    done = scratch.migrate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert scratch.deployed() == changes()
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'purser' ORDER BY 1"
    assert scratch.sql(tables).splitlines() == db.column(tables)
    status = scratch.migrate("--status")
    assert status.returncode == 0
    assert status.stdout.splitlines()[-1] == f"{len(changes())} deployed, 0 pending"
    assert "pending  " not in status.stdout
    assert scratch.migrate("--verify").returncode == 0


def test_again_it_does_nothing(scratch):
    assert scratch.migrate().returncode == 0
    before = scratch.sql("SELECT count(*), max(committed_at) FROM sqitch.events")
    again = scratch.migrate()
    assert (again.returncode, again.stdout) == (0, "nothing to do: all is deployed\n")
    assert scratch.sql("SELECT count(*), max(committed_at) FROM sqitch.events") == before


def test_step_by_step(scratch):
    assert scratch.migrate("--to", changes()[1]).returncode == 0
    assert scratch.deployed() == changes()[:2]
    status = scratch.migrate("--status")
    assert status.returncode == 1
    assert status.stdout.splitlines()[-1] == f"2 deployed, {len(changes()) - 2} pending"
    back = scratch.migrate("--to", changes()[0])
    assert (back.returncode, back.stdout) == (0, f"nothing to do: {changes()[0]} is deployed\n")
    assert scratch.deployed() == changes()[:2]
    assert scratch.migrate().returncode == 0
    assert scratch.deployed() == changes()


def test_two_at_once(purser, scratch):
    both = [purser.start("migrate", **scratch.env) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert scratch.deployed() == changes()
    assert scratch.sql("SELECT count(*) FROM sqitch.events WHERE event = 'deploy'") == \
        str(len(changes()))


def test_the_second_waits_and_says_so(purser, scratch):
    first = psycopg2.connect(scratch.conninfo)
    first.autocommit = True
    first.cursor().execute("SELECT pg_advisory_lock(%s)", [SQITCH_LOCK])
    second = purser.start("migrate", **scratch.env)
    wait_until(lambda: scratch.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                   " AND NOT granted") == "1", "the second waits")
    assert scratch.deployed() == []
    first.close()
    said = second.communicate(timeout=PATIENCE)[0]
    assert second.returncode == 0, said
    assert "another instance of Sqitch" in said
    assert scratch.deployed() == changes()


def test_a_change_that_fails_takes_back_itself_alone(scratch, schema):
    add_change(schema, "good", "CREATE TABLE purser.good (id int);",
               revert="DROP TABLE purser.good;")
    add_change(schema, "bad", "CREATE TABLE purser.bad (id int);", verify="SELECT 1 / 0;",
               revert="DROP TABLE purser.bad;")
    done = scratch.migrate(str(schema))
    assert done.returncode == EX_DATAERR
    assert "run purser migrate again" in done.stderr
    assert scratch.deployed() == [*changes(), "good"]
    assert scratch.sql("SELECT to_regclass('purser.good'), to_regclass('purser.bad')") == \
        "purser.good|"
    (schema / "verify" / "bad.sql").write_text("SELECT 1;\n")
    assert scratch.migrate(str(schema)).returncode == 0
    assert scratch.deployed() == [*changes(), "good", "bad"]


def test_a_newer_database_is_left_alone(scratch, schema):
    add_change(schema, "tomorrow", "SELECT 1;")
    assert scratch.migrate(str(schema)).returncode == 0
    for arguments in ([], ["--status"], ["--to", changes()[0]]):
        done = scratch.migrate(*arguments)
        assert done.returncode == EX_DATAERR, arguments
        assert "'tomorrow'" in done.stderr and "newer version" in done.stderr
    assert scratch.deployed() == [*changes(), "tomorrow"]


def test_verify_finds_what_was_changed_by_hand(migrated):
    assert migrated.migrate("--verify").returncode == 0
    migrated.sql("ALTER TABLE purser.stock DISABLE ROW LEVEL SECURITY")
    try:
        done = migrated.migrate("--verify")
    finally:
        migrated.sql("ALTER TABLE purser.stock ENABLE ROW LEVEL SECURITY")
    assert done.returncode == EX_DATAERR and "is not as its changes made it" in done.stderr


# ---- what is told where it can't work

def test_without_sqitch(scratch):
    done = scratch.migrate(PATH="/nowhere")
    assert done.returncode == EX_UNAVAILABLE and "apt-get install sqitch" in done.stderr
    assert scratch.deployed() == []


def test_without_a_database(purser):
    for env, word in (({"PURSER_DB": None}, "PURSER_DB is not set"),
                      ({"PURSER_DB": "host=/nowhere dbname=purser"}, "/nowhere"),
                      ({"PURSER_DB": purser.conninfo("purser_nowhere")}, '"purser_nowhere"')):
        done = purser.run("migrate", **env)
        assert done.returncode == EX_UNAVAILABLE, done
        assert word in done.stderr and "bootstrap.sql" in done.stderr


def test_without_the_right(purser, stack):
    """A program's role may log in, and may do no such thing."""
    conninfo = (f"host={stack.run} dbname=purser user=purser_health"
                f" passfile={stack.var}/secrets/purser_health.pgpass")
    done = purser.run("migrate", PURSER_DB=conninfo)
    assert done.returncode == EX_NOPERM
    assert "purser_health" in done.stderr and "purser_admin" in done.stderr
    status = purser.run("migrate", "--status", PURSER_DB=conninfo)
    assert status.returncode == EX_DATAERR and "can't be read" in status.stderr


def test_wrong_usage(purser, tmp_path):
    unknown = purser.run("migrate", "--to", "nothing")
    assert unknown.returncode == EX_USAGE and "no change 'nothing'" in unknown.stderr
    assert purser.run("migrate", "--status", "--verify").returncode == EX_USAGE
    assert purser.run("migrate", "--to").returncode == EX_USAGE
    nothing = purser.run("migrate", str(tmp_path))
    assert nothing.returncode == EX_NOINPUT and "make install" in nothing.stderr


def test_the_password_is_in_no_argument(stack, purser, tmp_path):
    """sqitch gets the connection by its environment; this one writes down what it got."""
    spy = tmp_path / "sqitch"
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\nenv >{tmp_path}/env\n')
    spy.chmod(0o755)
    with ScratchDatabase(purser, "purser_spied") as database:
        passfile = (stack.var / "secrets" / "purser_admin.pgpass").read_text()
        password = passfile.strip().rsplit(":", 1)[1]
        done = purser.run("migrate", PATH=f"{tmp_path}:/usr/bin:/bin",
                          PURSER_DB=f"host={stack.run} user=purser_admin dbname={database.name}"
                                    f" password={password}")
    assert done.returncode == 0, done.stderr
    assert password not in (tmp_path / "arguments").read_text()
    env = (tmp_path / "env").read_text().splitlines()
    assert f"PGPASSWORD={password}" in env and f"PGDATABASE={database.name}" in env
    assert not [x for x in env if x.startswith("PURSER_DB=")]
