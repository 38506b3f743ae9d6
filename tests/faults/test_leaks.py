"""A program that has answered very many requests is as large as one that has answered some."""

import itertools
import os
import pathlib
from collections import Counter

import pytest

from support.fastcgi import Connection
from support.mix import Mix
from support.programs import OwnPrograms
from support.routes import all_routes
from support.shop import Shop
from support.sizes import FULL, LEAK_REQUESTS

PROGRAMS = sorted({route.program for route in all_routes()})
GROWTH = 1024 if FULL else 256  # KiB at most
BACKEND_GROWTH = 2048  # KiB at most of the server's process for the program
RARE_EVERY = 40  # rounds: in so many each of those requests is asked once


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_grows(stack, note, program):
    before = backends(stack, program)
    with OwnPrograms(stack, [program]) as own, Connection(own.sockets[program]) as c:
        backend, = backends(stack, program) - before
        shop, pid = Shop(stack), own.processes[0].pid
        mix, seen = Mix(shop, program), Counter()

        def ask(requests):
            for request in requests:
                status = c.status(request)
                assert status < 500, request
                seen[status] += 1

        ask(mix.rare + 3 * mix.common)
        start = size(pid), size(backend)
        rare, asked = itertools.cycle(mix.rare), 0
        seen.clear()
        for n in itertools.count(1):
            ask(mix.common)
            due = n * len(mix.rare) // RARE_EVERY
            ask(itertools.islice(rare, due - asked))
            asked = due
            if seen.total() >= LEAK_REQUESTS / len(PROGRAMS):
                break
        end = size(pid), size(backend)
        grown, backend_grown = (b["Anonymous"] - a["Anonymous"] for a, b in zip(start, end))
        note(f"{seen.total()} requests; it grew by {grown} KiB, the server's by {backend_grown}")
        assert grown <= GROWTH and backend_grown <= BACKEND_GROWTH, dict(seen)
        assert end[0]["files"] == start[0]["files"]
        shop.check_books()


def backends(stack, program):
    return set(stack.db.column("SELECT pid FROM pg_stat_activity WHERE usename = %s",
                               f"purser_{program}"))


def size(pid):
    """KiB of its own in memory, exactly (its RSS without what all share), and open descriptors."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {"Anonymous": int(rollup.split("Anonymous:")[1].split()[0]),
            "files": len(os.listdir(f"/proc/{pid}/fd"))}
