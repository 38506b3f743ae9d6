"""programs: processes of our programs that a test starts for itself, beside those of the stack."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from support.fastcgi import Connection, FastcgiClient
from support.sizes import PATIENCE
from support.stack import wait_until


def catches(pid, number):
    """Whether a process has a handler for this signal."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


class OwnPrograms:
    """Programs on sockets of their own, with the stack's configuration but for env, and a client
    that talks to them past nginx: with OwnPrograms(stack, ...) as own: own.client(token)
    disk: where they see one (disk.py)."""

    def __init__(self, stack, names, processes=1, disk=None, **env):
        self.stack, self.names, self.count, self.disk = stack, names, processes, disk
        self.env = {"PATH": "/usr/bin:/bin", "PURSER_CONF": str(stack.conf),
                    **{name: str(value) for name, value in env.items()},
                    "ASAN_OPTIONS": f"log_path={stack.log}/sanitizer:detect_leaks=1",
                    "UBSAN_OPTIONS": f"log_path={stack.log}/sanitizer:print_stacktrace=1"}
        self.processes, self.sockets, self._listeners = [], {}, []

    def __enter__(self):
        try:
            self._start()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise
        return self

    def _start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="purser-", dir="/tmp"))
        self._errors = open(self.folder / "stderr", "w")
        for name in self.names:
            self.sockets[name] = self.folder / f"{name}.sock"
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.sockets[name]))
            listener.listen(1024)
            self._listeners.append(listener)
            for _ in range(self.count):
                start = self.disk.start if self.disk else self.stack.start_as_user
                self.processes.append(start(
                    [self.stack.program(name)], stdin=listener, env=self.env, stderr=self._errors))
        for name in self.names:
            wait_until(lambda n=name: self._answers(n), f"{name} answers")
        for process in self.processes:  # one that hasn't begun to serve ends by SIGTERM itself
            wait_until(lambda p=process: catches(p.pid, signal.SIGTERM), f"{process.args} serves")

    def _answers(self, name):
        gone = [p.args for p in self.processes if p.poll() is not None]
        assert not gone, f"{gone} ended: {self.said}"
        try:
            with Connection(self.sockets[name], timeout=1) as c:
                return c.request("GET", "/", keep=False).status == 404
        except OSError:
            return False

    @property
    def said(self):
        """What the programs wrote past their log."""
        return (self.folder / "stderr").read_text()

    def client(self, token=None):
        client = FastcgiClient(self.sockets)
        return client.bearing(token) if token else client

    def __exit__(self, *why):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        statuses = []
        for process in self.processes:
            try:
                statuses.append(process.wait(PATIENCE))
            except subprocess.TimeoutExpired:
                process.kill()
                statuses.append(process.wait())
        for listener in self._listeners:
            listener.close()
        self._errors.close()
        shutil.rmtree(self.folder)
        if why[0] is None:
            assert statuses == [os.EX_OK] * len(statuses), "a program ended otherwise than asked"
