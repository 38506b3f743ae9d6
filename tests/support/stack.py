"""stack: the running stack under test: its facts, its programs and their processes."""

import base64
import hashlib
import json
import os
import pathlib
import pwd
import secrets
import subprocess
import time
import uuid

from support.client import BROKEN, Client
from support.database import Database
from support.sizes import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Stack:
    def __init__(self, var):
        self.var = pathlib.Path(var).resolve()
        self.facts = dict(line.split("=", 1)
                          for line in (self.var / "dev.env").read_text().splitlines())
        self.url = self.facts["PURSER_URL"]
        self.anonymous = Client(self.url, self.facts["PURSER_CACERT"])
        self.db = Database(self.facts["PURSER_DB"])
        self.conf = self.var / "etc" / "purser.conf"
        self.log = self.var / "log"
        self.run = (self.var / "run").resolve()
        self.programs_folder = self.var / "install" / "libexec" / "purser"

    # ---- people

    def login(self, email, password, **more):
        """A client that has logged in."""
        answer = self.anonymous.post("sessions", {"email": email, "password": password, **more})
        assert answer.status == 201, answer
        return self.anonymous.bearing(answer.data["token"])

    def session(self, tenant, user):
        """A client whose session was made past the API, as a login makes it, but without argon2id,
        which takes its time on purpose; its proof is fresh for as long as tests may run."""
        token = "ps_" + base64.urlsafe_b64encode(
            uuid.UUID(tenant).bytes + secrets.token_bytes(32)).decode()
        self.db.all("INSERT INTO sessions (tenant_id, id, user_id, token_hash, expires_at,"
                    " idle_seconds, proved_at) VALUES (%s, uuid_v7(), %s, %s, now() + interval"
                    " '1 day', 86400, now() + interval '1 day')",
                    tenant, user, hashlib.blake2b(token.encode(), digest_size=32).digest())
        return self.anonymous.bearing(token)

    def login_as(self, who):
        """who: OWNER, ADMIN, MANAGER, STAFF, ACCOUNTANT, VIEWER or OWNER2."""
        return self.login(self.facts[f"PURSER_{who}_EMAIL"], self.facts[f"PURSER_{who}_PASSWORD"])

    # ---- programs

    @property
    def programs(self):
        return sorted(p.name for p in self.programs_folder.iterdir())

    def program(self, name):
        return self.programs_folder / name

    def describe(self, name):
        out = subprocess.run([self.program(name), "--describe"], check=True, capture_output=True)
        return json.loads(out.stdout)

    @property
    def user(self):
        """Whom the servers run as."""
        return pwd.getpwuid(self.run.stat().st_uid).pw_name

    def as_user(self, command, **kw):
        """Runs a command as the servers' user; returns what subprocess.run() does."""
        kw.setdefault("capture_output", True)
        kw.update(self._drop())
        return subprocess.run(command, cwd=self.var, text=True, timeout=PATIENCE, **kw)

    def start_as_user(self, command, **kw):
        return subprocess.Popen(command, cwd=self.var, **self._drop(), **kw)

    def _drop(self):
        if os.getuid() != 0:
            return {}
        who = pwd.getpwnam(self.user)
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}

    # ---- processes

    def handlers(self, program=None):
        """Ids of the processes that serve, of one program or all: the children of the multiwatches
        whose ids the stack wrote down, and of them those that have become our program."""
        return [pid for name in ([program] if program else self.programs)
                for pool in self.pools(name) for pid in self.pool(pool)]

    def pool(self, pool):
        """Ids of the processes of one pool."""
        watcher = (self.run / f"{pool}.pid").read_text().strip()
        program = str(self.program(pool.removesuffix("-slow")))
        return [pid for pid in _children(watcher) if _executable(pid) == program]

    def pools(self, program):
        """The pools of a program: its own name, and the one for what takes long."""
        return [p for p in (program, f"{program}-slow") if (self.run / f"{p}.sock").exists()]

    def wait_for_handlers(self):
        """Until every program has as many processes as its multiwatch was asked for."""
        wait_until(lambda: all(len(self.handlers(p)) == self.processes_of(p)
                               for p in self.programs),
                   "all handlers run")

    def processes_of(self, program):
        count = 0
        for pool in self.pools(program):
            watcher = (self.run / f"{pool}.pid").read_text().strip()
            words = pathlib.Path(f"/proc/{watcher}/cmdline").read_text().split("\0")
            count += int(next(w for w in words if w.startswith("--forks=")).split("=")[1])
        return count

    def nginx(self):
        """Ids of nginx's master and workers."""
        master = (self.run / "nginx.pid").read_text().strip()
        return [int(master), *sorted(_children(master))]

    # ---- the database server

    @property
    def postmaster(self):
        return int((self.var / "database" / "postmaster.pid").read_text().splitlines()[0])

    def start_database(self):
        self._dev("database", "start_database")

    def start_nginx(self):
        self._dev("nginx", "start_nginx")

    def restart_programs(self):
        """All of them, as `./dev up` does when their configuration has changed."""
        os.utime(self.conf)
        self._dev("programs", "start_programs")

    def _dev(self, room, function):
        """The way ./dev does, by its own functions."""
        script = """
            set -euo pipefail; umask 022; export LC_ALL=C.UTF-8; ROOT=$1 VAR=$2 PORT=$3
            for room in common place "$4"; do . "$ROOT/dev.d/$room.sh"; done
            find_var; "$5"
        """
        subprocess.run(["/bin/bash", "-c", script, "dev", ROOT, self.var,
                        self.url.rpartition(":")[2], room, function], check=True,
                       capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)

    def superuser(self, sql, database="postgres"):
        """Runs SQL as the cluster's superuser, which only the servers' user may be."""
        done = self.as_user(["/usr/lib/postgresql/15/bin/psql", "-X", "-q", "-A", "-t", "-v",
                             "ON_ERROR_STOP=1", "-h", str(self.run), "-U", "postgres", "-d",
                             database],
                            input=sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def wait_until_ready(self):
        def ready():
            try:
                return self.anonymous.get("/readyz").status == 200
            except BROKEN:
                return False
        wait_until(ready, "the stack is ready")


def wait_until(true, what, patience=PATIENCE, pause=0.02):
    until = time.monotonic() + patience
    while not true():
        assert time.monotonic() < until, f"waited {patience} s in vain until {what}"
        time.sleep(pause)


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _children(pid):
    try:
        return [int(p) for p in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return None
