"""fastcgi: talks to a program's socket as nginx does, for what nginx would never do."""

import http.client
import io
import socket
import struct
from urllib.parse import urlsplit

from support.client import Answer, Client

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER, KEEP = 1, 1
HEAD = struct.Struct(">BBHHBx")  # of a record: version, kind, request, length, padding


class Connection:
    """One connection to a socket."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, uri, headers=(), body=b"", keep=True):
        """Sends a request in one piece, as nginx does, and reads its answer."""
        self.send(b"".join(records(method, uri, headers, body, keep)))
        return self.answer()

    def status(self, request):
        """Sends the bytes of a request, reads its answer and tells its status: for very many."""
        self.send(request)
        data, at = b"", 0
        while True:
            more = self.socket.recv(1 << 18)
            if not more:
                raise ConnectionError("the program hung up")
            data += more
            while at + 8 <= len(data):
                _, kind, _, length, padding = HEAD.unpack_from(data, at)
                if at + 8 + length + padding > len(data):
                    break
                if kind == END:
                    return int(data[data.index(b"Status: ") + 8:][:3])
                at += 8 + length + padding

    def answer(self):
        """Reads one answer, up to its end record."""
        out = bytearray()
        while True:
            kind, content = self._record()
            if kind == STDOUT:
                out += content
            elif kind == END:
                break
        head, body = bytes(out).split(b"\r\n\r\n", 1)
        headers = http.client.parse_headers(io.BytesIO(head + b"\r\n\r\n"))
        return Answer(int(headers["Status"].split()[0]), headers, body)

    def _record(self):
        _, kind, _, length, padding = HEAD.unpack(self._read(8))
        content = self._read(length)
        self._read(padding)
        return kind, content

    def _read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise ConnectionError("the program hung up")
            data += more
        return data


class FastcgiClient(Client):
    """A client that goes past nginx: program -> socket, by the first part of the path."""

    def __init__(self, sockets, headers=None):
        super().__init__("https://localhost", None, headers)
        self.sockets = sockets

    def with_headers(self, **headers):
        merged = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return FastcgiClient(self.sockets, {k: v for k, v in merged.items() if v is not None})

    def exchange(self, method, path, headers, body):
        word = urlsplit(path).path.split("/")[3].replace("-", "_")
        program = word if word in self.sockets else f"{word}s"  # /tenant is of tenants
        with Connection(self.sockets[program]) as c:
            return c.request(method, path, headers, body or b"", keep=False)


def records(method, uri, headers=(), body=b"", keep=True, request_id="from-fastcgi"):
    """The records of a request, the last of them the empty one that ends its body."""
    params = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "REMOTE_ADDR": "127.0.0.1",
              "QUERY_STRING": urlsplit(uri).query, "SERVER_PROTOCOL": "HTTP/1.1",
              "CONTENT_LENGTH": str(len(body)) if body else "", "REQUEST_ID": request_id}
    for name, value in headers:
        name = name.upper().replace("-", "_")
        params[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    pairs = b"".join(pair(k, v) for k, v in params.items())
    return [record(BEGIN, struct.pack(">HB5x", RESPONDER, KEEP if keep else 0)),
            *(record(PARAMS, chunk) for chunk in chunks(pairs)), record(PARAMS, b""),
            *(record(STDIN, chunk) for chunk in chunks(body)), record(STDIN, b"")]


def record(kind, content):
    return HEAD.pack(1, kind, 1, len(content), 0) + content


def chunks(data, size=32768):
    return [data[i:i + size] for i in range(0, len(data), size)]


def pair(name, value):
    name, value = name.encode(), value.encode("latin-1")
    lengths = b"".join(struct.pack(">B", len(x)) if len(x) < 128
                       else struct.pack(">I", len(x) | 0x80000000) for x in (name, value))
    return lengths + name + value
