"""How much the heavy tests do: every number in one place. The promises ask for no less."""

import os

# Races (tests/e2e)
APPROVERS = 50  # at once, for one order
APPROVAL_ROUNDS = 6
BUYERS = 1000  # of one cake each
CAKES = 100
BUYERS_AT_ONCE = 24
SAME_KEY = 50  # requests with one Idempotency-Key
PARALLEL_WRITERS = 8
WRITES_EACH = 25
PROCESSES = 8  # of a program, where more shall collide than the stack has

# Faults (tests/faults)
KILL_SECONDS = 10
KILL_EVERY = 0.2
DATABASE_SECONDS = 4  # of load around a database that dies
LOAD_THREADS = 6
IDLE_CONNECTIONS = 100  # kept open, and never used again

# Longest we wait for anything before a test is a failure; time decides nothing else.
PATIENCE = 60

# Bad input (tests/security). All of it goes to where it may do something; of what is costly (a
# commit, a password) or the same everywhere, one in so many. PURSER_FULL=1 leaves nothing out.
FULL = os.environ.get("PURSER_FULL") == "1"
STORED_EVERY = 1 if FULL else 8  # naughty strings that are written for good, and read again
PASSWORDS_EVERY = 1 if FULL else 48  # tried as passwords, each of which costs an argon2
SAMPLE_EVERY = 1 if FULL else 12  # on routes and filters other than the first of their kind
BODY_MOST = 256 * 1024  # of the contract, in bytes
HUGE_BODY = 10 * 1000 * 1000
