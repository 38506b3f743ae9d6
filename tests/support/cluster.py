"""cluster: a PostgreSQL server beside the stack's, with its schema, roles and passwords, on a small
disk, where it can run out of space."""

import pathlib

from support.database import Database
from support.stack import is_alive

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
WAL_SEGMENT = 1  # MiB: the smallest there is, so that the disk may be small
WAL_KEPT = 24  # MiB of segments that are kept for what comes: thrice what a checkpoint waits for

# Behind the stack's own settings. What survives a power cut is not asked here. Shared memory isn't
# where files are, for that may be the small disk.
SETTINGS = """
include '{stack}/etc/postgresql.conf'
unix_socket_directories = '{folder}'
shared_buffers = 16MB
fsync = off
dynamic_shared_memory_type = sysv
max_wal_size = 8MB
min_wal_size = {kept}MB
"""


class OwnCluster:
    """with OwnCluster(stack, disk) as cluster: programs reach it by cluster.conninfo, a test as
    administrator by cluster.db. All of it lies on the disk; or, with log_alone, its write-ahead log
    does. Where all of it does, the log has its space reserved, as one does who has one disk."""

    def __init__(self, stack, disk, log_alone=False):
        self.stack, self.disk, self.log_alone = stack, disk, log_alone

    def __enter__(self):
        self.folder = pathlib.Path(self.stack.as_user(
            ["mktemp", "-d", "/tmp/purser-cluster-XXXXXX"]).stdout.strip())
        self.data = (self.folder if self.log_alone else self.disk.path) / "data"
        try:
            self._make()
            self.start()
            self._copy_schema()
            if not self.log_alone:
                self._reserve_log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self):
        self._run(BIN / "initdb", "-D", self.data, "--waldir", self.disk.path / "wal",
                  "--wal-segsize", WAL_SEGMENT, "--username=postgres", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-sync", "--auth-local=peer", "--auth-host=reject")
        for name in ("pg_hba.conf", "pg_ident.conf"):
            self._run("cp", self.stack.var / "database" / name, self.data)
        settings = SETTINGS.format(stack=self.stack.var, folder=self.folder,
                                   kept=4 if self.log_alone else WAL_KEPT)
        self._run("sh", "-c", 'printf %s "$1" >>"$2"', "sh", settings,
                  self.data / "postgresql.conf")

    def _copy_schema(self):
        """And the account that others are made from."""
        stack = f"-h {self.stack.run} -U postgres"
        own = f"{BIN}/psql -X -q -v ON_ERROR_STOP=1 -h {self.folder} -U postgres postgres"
        self._run("bash", "-o", "pipefail", "-c", f"""
            {BIN}/pg_dumpall --globals-only {stack} | grep -v 'ROLE postgres' | {own} &&
            {BIN}/pg_dump --create --schema-only {stack} purser | {own}""")
        self.conninfo = f"host={self.folder} dbname=purser"
        self.db = Database(f"{self.conninfo} user=purser_admin"
                           f" passfile={self.stack.var}/secrets/purser_admin.pgpass")
        columns = "id, email, email_key, password_hash"
        account = self.stack.db.one(
            f"SELECT {columns.replace('id', 'id::text', 1)} FROM accounts WHERE email_key = %s",
            self.stack.facts["PURSER_OWNER_EMAIL"])
        self.db.all(f"INSERT INTO accounts ({columns}) VALUES (%s, %s, %s, %s)", *account)

    def write_log(self, megabytes):
        """Much at once, as a large import does; whether it succeeds is no matter."""
        self.superuser("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1048576))"
                       f" FROM generate_series(1, {megabytes})")

    def superuser(self, sql):
        self.disk.run(BIN / "psql", "-X", "-q", "-h", self.folder, "-U", "postgres", "-c", sql)

    def _reserve_log(self):
        self.write_log(WAL_KEPT)
        self.superuser("CHECKPOINT")

    def _run(self, *command):
        done = self.disk.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        self._run(BIN / "pg_ctl", "start", "-w", "-s", "-t", 60, "-D", self.data,
                  "-l", self.folder / "log")
        self.postmaster = int(self._run("head", "-n", 1, self.data / "postmaster.pid"))

    def is_up(self):
        return is_alive(self.postmaster)

    @property
    def said(self):
        return self.stack.as_user(["cat", self.folder / "log"]).stdout

    def __exit__(self, *_):
        self.disk.run(BIN / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)
        self.stack.as_user(["rm", "-rf", self.folder])
