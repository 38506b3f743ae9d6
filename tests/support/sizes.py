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
SLOT_CAPACITY = 20
SLOT_BUYERS = 120  # for one slot of that capacity
CHANGE_ROUNDS = size(8, 50)  # of an order that is changed and moved on at once
SAME_KEY = 50  # requests with one Idempotency-Key
PARALLEL_WRITERS = 8
WRITES_EACH = size(25, 250)
FOLLOWERS = 2  # who read the events meanwhile
DAY_ORDERS = size(200, 2000)  # of a day in the shop
DAY_STAFF = 6  # who work at once
PROCESSES = 8  # of a program, where more shall collide than the stack has

# Lists (tests/handlers)
EXPORT_ROWS = size(100_000, 1_000_000)  # of a file whose making must take no more memory

# Faults (tests/faults)
KILL_SECONDS = size(10, 120)
KILL_EVERY = 0.2
DATABASE_SECONDS = size(4, 20)  # of load around a database that dies
DATABASE_KILLS = size(2, 10)
LOAD_THREADS = 6
IDLE_CONNECTIONS = size(300, 600)  # kept open, and never used again; more than there are places
RESTARTS = size(1, 10)  # of all programs, and of nginx
SLOW_EACH = size(50, 200)  # clients of each kind of slowness, at once
SLOW_ROUNDS = size(1, 5)
FULL_DISK_WRITES = size(100, 2000)  # refused while the disk is full
LEAK_REQUESTS = size(20000, 1000000)  # of all programs together

# Security (tests/security)
LOGINS = 500  # refused, of each kind

# Longest we wait for anything before a test is a failure; time decides nothing else.
PATIENCE = 60

# Bad input (tests/security). All of it goes to where it may do something; of what is costly (a
# commit, a password) or the same everywhere, one in so many. PURSER_FULL=1 leaves nothing out.
STORED_EVERY = size(16, 1)  # naughty strings that are written for good, and read again
PASSWORDS_EVERY = size(96, 1)  # tried as passwords, each of which costs an argon2
SAMPLE_EVERY = size(20, 1)  # on routes and filters other than the first of their kind
BODY_MOST = 256 * 1024  # of the contract, in bytes
HUGE_BODY = 10 * 1000 * 1000
