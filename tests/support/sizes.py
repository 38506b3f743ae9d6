"""How much the heavy tests do: every number in one place. The promises ask for no less than what
`./dev test --full` does; a run of every change does the same, with less of it."""

import os

FULL = os.environ.get("PURSER_FULL") == "1"


def size(short, full):
    return full if FULL else short


# Races (tests/e2e)
APPROVERS = 50  # at once, for one order
APPROVAL_ROUNDS = size(6, 100)
BUYERS = 1000  # of one cake each
CAKES = 100
BUYERS_AT_ONCE = 24
SAME_KEY = 50  # requests with one Idempotency-Key
PARALLEL_WRITERS = 8
WRITES_EACH = size(25, 250)
FOLLOWERS = 2  # who read the events meanwhile
PROCESSES = 8  # of a program, where more shall collide than the stack has

# Faults (tests/faults)
KILL_SECONDS = size(10, 120)
KILL_EVERY = 0.2
DATABASE_SECONDS = size(4, 20)  # of load around a database that dies
LOAD_THREADS = 6
IDLE_CONNECTIONS = size(100, 600)  # kept open, and never used again

# Security (tests/security)
LOGINS = 500  # refused, of each kind

# Longest we wait for anything before a test is a failure; time decides nothing else.
PATIENCE = 60
