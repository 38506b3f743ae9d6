"""README's recipe for a new resource, followed to the letter in a copy of the checkout."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = pathlib.Path(__file__).parent / "files"
VAR = pathlib.Path(os.environ["PURSER_VAR"])
PORT = int(os.environ["PURSER_PORT"]) + 50

# What a person writes: one handler, one migration (three scripts of sqitch), one test.
BY_HAND = {
    "notes.c": "handlers/notes.c",
    "deploy.sql": "sql/deploy/notes.sql",
    "revert.sql": "sql/revert/notes.sql",
    "verify.sql": "sql/verify/notes.sql",
    "notes.py": "tests/handlers/test_notes.py",
}
# What the commands of the recipe write.
BY_COMMAND = {"sources.am", "nginx/dispatch.conf", "docs/roles.md", "tests/security/routes.audit",
              "tests/sql/grants.psql", "sql/sqitch.plan"}


def run(copy, *command):
    env = {**os.environ, "PURSER_VAR": str(copy / "var"), "PURSER_PORT": str(PORT)}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy():
    """The files that git knows, or would, with the recipe followed in them."""
    copy = VAR / "recipe"
    if copy.exists():
        run(copy, "./dev", "clean")
        shutil.rmtree(copy)
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for command in (["init", "-q"], ["add", "-A"],
                    ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "copy"]):
        run(copy, "git", *command)
    run(copy, "./dev", "migration", "notes", "Notes of the staff")
    for source, target in BY_HAND.items():
        shutil.copy(FILES / source, copy / target)
    run(copy, "./dev", "up")
    run(copy, "./dev", "generate")
    yield copy
    run(copy, "./dev", "clean")
    shutil.rmtree(copy)


def test_the_handler_is_short():
    assert len((FILES / "notes.c").read_text().splitlines()) < 100


def test_it_does_what_its_test_says(copy):
    run(copy, "/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "--confcutdir=tests/handlers", "--noconftest", "tests/handlers/test_notes.py")


def test_nothing_else_was_edited(copy):
    changed = run(copy, "git", "status", "--porcelain", "--untracked-files=all").splitlines()
    assert {line[3:] for line in changed} == set(BY_HAND.values()) | BY_COMMAND


def test_a_route_that_will_be_gone_says_so(copy):
    """What a table says of it reaches clients, and whoever reads --describe."""
    handler = copy / "handlers" / "notes.c"
    text, crud = handler.read_text(), 'PUR_CRUD("notes", "note", "-created_at", CREATE),'
    assert crud in text
    handler.write_text(text.replace(crud, crud + """
	{ PUR_GET, "/notes/{ref}/text", "notes:read", .stmts = { GET }, .summary = "As once",
	  .retired = { "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z", "/api/v1/notes" } },"""))
    run(copy, "./dev", "up")
    described = json.loads(run(copy, copy / "var/install/libexec/purser/notes", "--describe"))
    route, = [r for r in described["routes"] if r["path"] == "/notes/{ref}/text"]
    assert (route["deprecated"], route["sunset"]) == ("2026-11-01T00:00:00Z",
                                                      "2027-11-01T00:00:00Z")
    facts = dict(line.split("=", 1) for line in (copy / "var/dev.env").read_text().splitlines())
    for path, told in (("x/text", True), ("x", False)):
        said = run(copy, "curl", "-sS", "-D-", "--cacert", facts["PURSER_CACERT"],
                   f"{facts['PURSER_URL']}/api/v1/notes/{path}").lower()
        assert " 401" in said.splitlines()[0]
        for line in ("deprecation: @1793491200", "sunset: mon, 01 nov 2027 00:00:00 gmt",
                     'link: </api/v1/notes>; rel="successor-version"'):
            assert (line in said) == told, (line, said)


def test_the_schema_keeps_the_rules_of_the_house(copy):
    assert ", 0 failed" in run(copy, "./dev", "test", "sql").splitlines()[-1]
