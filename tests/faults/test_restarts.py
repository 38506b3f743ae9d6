"""What runs is replaced while it is used: no client may notice."""

import signal
import time

from support.killer import kill
from support.sizes import RESTARTS
from support.stack import is_alive, wait_until

KILLS = True


def test_handlers_leave_on_sigterm_without_a_failed_request(stack, busy, note):
    """One process of each program after another, whose place is taken at once by another on the
    same socket: so a service manager does it."""
    with busy:
        rounds = max(stack.processes_of(p) for p in stack.programs)
        old = {p: stack.handlers(p) for p in stack.programs}
        for i in range(rounds):
            leaving = [pids[i] for pids in old.values() if i < len(pids)]
            began = time.monotonic()
            for pid in leaving:
                assert kill(pid, signal.SIGTERM)
            wait_until(lambda pids=leaving: not any(is_alive(p) for p in pids), "they have left")
            note(f"round {i + 1}: {len(leaving)} left in {time.monotonic() - began:.1f} s")
            stack.wait_for_handlers()
        busy.wait_for_writes(50)
    nothing_failed(busy)


def test_dev_up_replaces_all_programs_without_a_failed_request(stack, busy):
    """New sockets take the names of the old ones, and then the old processes leave."""
    with busy:
        for _ in range(RESTARTS):
            busy.wait_for_writes(50)
            old = stack.handlers()
            stack.restart_programs()
            assert not any(is_alive(pid) for pid in old)
            assert len(stack.handlers()) == len(old)
        busy.wait_for_writes(50)
    nothing_failed(busy)


def test_nginx_reads_its_configuration_anew_without_a_failed_request(stack, busy):
    """Clients come anew for each request: a kept connection may be closed by either side at any
    time, and one that is closed while a request travels has to send it again (RFC 9112, 9.6)."""
    busy.client = busy.client.with_headers(Connection="close")
    with busy:
        for _ in range(RESTARTS):
            busy.wait_for_writes(20)
            old = stack.nginx()[1:]
            assert kill(stack.nginx()[0], signal.SIGHUP)
            wait_until(lambda pids=old: not set(pids) & set(stack.nginx()[1:]), "they left")
            assert len(stack.nginx()[1:]) == len(old)
        busy.wait_for_writes(20)
    nothing_failed(busy)


def nothing_failed(busy):
    assert busy.ledger.failed == {}, f"of {sum(busy.ledger.tries.values())} requests"
