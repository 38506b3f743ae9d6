"""front: an nginx of our own with the stack's configuration, and in the programs' place one that
writes down what reaches it and answers what a test wants: with Front(stack) as front: ..."""

import pathlib
import re
import shutil
import signal
import socket
import struct
import tempfile
import threading

from support.client import Client
from support.fastcgi import BEGIN, END, PARAMS, STDIN, STDOUT, record
from support.sizes import PATIENCE
from support.stack import wait_until

FINE = b"Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Seen:
    """A request as it reached a program: params as pairs, in their order, and the body."""

    def __init__(self, program, pairs, body):
        self.program, self.pairs, self.body = program, pairs, body

    def __getitem__(self, name):
        values = [v for k, v in self.pairs if k == name]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def names(self):
        return {k for k, _ in self.pairs}


class Front:
    """settings: {what stands in a file of nginx: what shall stand there instead}; locations: text
    for our server."""

    def __init__(self, stack, settings=None, locations=""):
        self.stack, self.settings, self.locations = stack, settings or {}, locations
        self.seen, self.answer = [], FINE  # bytes of a CGI answer, or a function of the connection
        self.answer_to = lambda seen: self.answer  # where it depends on what was asked
        self.listeners, self.closing = [], False

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="purser-", dir="/tmp"))
        try:
            self._start()
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def _start(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._configure()
        for program in self.stack.programs:
            for pool in self.stack.pools(program):
                self.listen(pool)
        for path in (self.folder, self.folder / "tmp"):
            shutil.chown(path, self.stack.user)
        self.nginx = self.stack.start_as_user(
            ["/usr/sbin/nginx", "-p", self.folder, "-c", self.folder / "purser.conf",
             "-e", self.folder / "nginx-error.log", "-g", "daemon off;"])
        wait_until(self._accepts, "nginx of our own accepts")
        self.client = Client(f"https://localhost:{self.port}", self.stack.facts["PURSER_CACERT"],
                             judged=False)  # who answers is no program of ours

    def _configure(self):
        port = self.stack.url.rpartition(":")[2]
        var, run = self.stack.var, self.stack.run
        used = set()
        for file in (var / "nginx").glob("*.*"):
            text = file.read_text()
            for old, new in ((f"{var}/nginx/", f"{self.folder}/"), (f"{run}/", f"{self.folder}/"),
                             (f"{var}/log/", f"{self.folder}/"),
                             (f"127.0.0.1:{port} ", f"127.0.0.1:{self.port} ")):
                text = text.replace(old, new)
            text = re.sub(r"\n\s*listen \[::1\].*", "", text)
            for old, new in self.settings.items():
                used |= {old} if old in text else set()
                text = text.replace(old, new)
            text = re.sub(r"(server_name localhost .*)", rf"\1\n{self.locations}", text)
            (self.folder / file.name).write_text(text)
        assert used == set(self.settings), f"the configuration has no {set(self.settings) - used}"
        (self.folder / "tmp").mkdir()

    def _accepts(self):
        assert self.nginx.poll() is None, (self.folder / "nginx-error.log").read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        self.closing = True
        if hasattr(self, "nginx"):
            self.nginx.send_signal(signal.SIGTERM)
            self.nginx.wait(PATIENCE)
        for listener in self.listeners:
            listener.close()
        shutil.rmtree(self.folder)

    # ---- the programs' place

    def listen(self, program):
        path = self.folder / f"{program}.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        shutil.chown(path, self.stack.user)
        listener.listen(128)
        self.listeners.append(listener)
        threading.Thread(target=self._accept, args=(program, listener), daemon=True).start()

    def _accept(self, program, listener):
        while not self.closing:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(program, connection), daemon=True).start()

    def _serve(self, program, connection):
        connection.settimeout(PATIENCE)
        with connection, connection.makefile("rb") as stream:
            while (seen := _read(program, stream)) is not None:
                self.seen.append(seen)
                answer = self.answer_to(seen)
                if callable(answer):
                    answer(connection)
                    return
                for chunk in range(0, len(answer), 32768):
                    connection.sendall(record(STDOUT, answer[chunk:chunk + 32768]))
                connection.sendall(record(STDOUT, b"") + record(END, b"\0" * 8))

    def last(self):
        """The only request that has been seen since the last time."""
        assert len(self.seen) == 1, self.seen
        return self.seen.pop()


def _read(program, stream):
    """One request off a connection; None at its end."""
    params = body = b""
    while len(head := stream.read(8)) == 8:
        _, kind, _, length, padding = struct.unpack(">BBHHBx", head)
        content = stream.read(length)
        stream.read(padding)
        if kind == PARAMS:
            params += content
        elif kind == STDIN and length:
            body += content
        elif kind == STDIN:
            return Seen(program, _pairs(params), body)
        else:
            assert kind == BEGIN
    return None


def _pairs(data):
    """Name-value pairs, whose lengths take one byte or four."""
    pairs = []
    while data:
        lengths = []
        for _ in range(2):
            if data[0] < 128:
                lengths.append(data[0])
                data = data[1:]
            else:
                lengths.append(struct.unpack(">I", data[:4])[0] & 0x7fffffff)
                data = data[4:]
        name, value = data[:lengths[0]], data[lengths[0]:sum(lengths)]
        data = data[sum(lengths):]
        pairs.append((name.decode("latin-1"), value))
    return pairs
