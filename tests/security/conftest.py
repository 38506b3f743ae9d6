"""What bad input must never do to the stack, and the two worlds of the tests of isolation."""

import json
import re

import pytest

from support.matrix import fill
from support.stack import ROOT
from support.world import World

# nginx tells of these as errors, though clients make them.
CLIENTS_FAULT = re.compile(r"client (intended to send too large (chunked )?|sent invalid chunked )"
                           r"body")
# PostgreSQL calls these errors; they are what constraints and types are for, and refusals of ours.
CONSTRAINTS = r"violates (check|foreign key|unique|not-null) constraint|bigint out of range"


def expected():
    ours = [re.escape(message) for file in (ROOT / "sql" / "deploy").glob("*.sql")
            for message in re.findall(r"RAISE EXCEPTION '([^'%]+)' USING ERRCODE = 'PU",
                                      file.read_text())]
    assert len(ours) > 3
    return re.compile("|".join([CONSTRAINTS, *ours]))


class Logs:
    """What has been logged since it was made."""

    def __init__(self, stack):
        self.files = {name: stack.log / f"{name}.log" for name in
                      ("purser", "nginx-error", "postgresql", "multiwatch")}
        self.began = {name: self._size(file) for name, file in self.files.items()}

    def _size(self, file):
        return file.stat().st_size if file.exists() else 0

    def lines(self, name):
        if not self.files[name].exists():
            return []
        with self.files[name].open("rb") as file:
            file.seek(self.began[name])
            return file.read().decode(errors="replace").splitlines()

    def faults(self):
        fine = expected()
        found = [line for line in self.lines("nginx-error") if not CLIENTS_FAULT.search(line)]
        found += [line for line in self.lines("postgresql")
                  if re.search(r" (WARNING|ERROR|FATAL|PANIC): ", line) and
                  not fine.search(line)]
        found += self.lines("multiwatch")
        for line in self.lines("purser"):
            entry = json.loads(line)
            if entry["level"] in ("warning", "error") or entry.get("status", 0) >= 500:
                found.append(line)
        return found


@pytest.fixture(scope="module", autouse=True)
def calm(request):
    """In a file that says CALM = True: nobody logs an error, and nginx's workers live on."""
    if not getattr(request.module, "CALM", False):
        yield
        return
    stack = request.getfixturevalue("stack")
    logs, workers = Logs(stack), stack.nginx()
    yield
    assert stack.nginx() == workers, "a worker of nginx died"
    faults = logs.faults()
    assert faults[:5] == [], f"{len(faults)} lines that tell of errors"


@pytest.fixture(scope="session")
def worlds(stack):
    """One's own, and the foreign one that must never be seen nor change."""
    own, foreign = World(stack), World(stack)
    fill(own, foreign)
    yield own, foreign
    for world in (own, foreign):
        world.shop.check_books()


@pytest.fixture
def untouched(worlds):
    """Nothing of the foreign world changes, whatever is asked."""
    before = worlds[1].footprint()
    yield
    assert worlds[1].footprint() == before
