"""wire: HTTP/1 as bytes: requests go out as they stand, answers are read by the letter."""

import re
import socket
import ssl
from urllib.parse import urlsplit

from support.client import Answer
from support.sizes import PATIENCE

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*\r\n")
HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*): ([\t -~]*)\r\n")  # ASCII: nothing odd comes back

BODILESS = (204, 304)
UNDER_WAY = 24  # requests, or
BYTES_UNDER_WAY = 64 * 1024  # sent before their answers are read: less than any socket holds


class Headers:
    """Names in any case; [name] is the first value, or None."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get_all(self, name):
        return [v for k, v in self.pairs if k.lower() == name.lower()] or None

    def __getitem__(self, name):
        return (self.get_all(name) or [None])[0]

    def __contains__(self, name):
        return self[name] is not None

    def items(self):
        return self.pairs


def compose(method, path, headers=(), body=None, host="localhost"):
    """The bytes of a request. Texts may be str (sent as UTF-8) or bytes; a header with the value
    None is left out, Host and Content-Length are added where they don't stand in headers."""
    given = {_bytes(name).lower() for name, _ in headers}
    lines = [_bytes(method) + b" " + _bytes(path) + b" HTTP/1.1"]
    if b"host" not in given:
        lines.append(b"Host: " + _bytes(host))
    if body is not None and not given & {b"content-length", b"transfer-encoding"}:
        lines.append(b"Content-Length: %d" % len(body))
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers if value is not None]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


class Wire:
    """One TLS connection to where a client's requests go: with Wire(client) as wire: ..."""

    def __init__(self, client):
        address = urlsplit(client.url)
        plain = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = client.tls.wrap_socket(plain, server_hostname="localhost")
        self.read = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends bytes; False where the server has hung up meanwhile (its answer can be read)."""
        try:
            self.socket.sendall(data)
        except OSError as why:
            assert not isinstance(why, TimeoutError), "the server neither reads nor hangs up"
            return False
        return True

    def answer(self, method="GET"):
        """The next answer to a request of that method; None where the server hung up instead."""
        line = self._line()
        if line is None:
            return None
        start = STATUS_LINE.fullmatch(line)
        assert start, f"no status line: {line!r}"
        pairs = []
        while (line := self._line()) != b"\r\n":
            assert line is not None, "hung up in the midst of headers"
            header = HEADER.fullmatch(line)
            assert header, f"no header: {line!r}"
            pairs.append((header[1].decode(), header[2].decode()))
        status, headers = int(start[1]), Headers(pairs)
        if method == "HEAD" or status in BODILESS or status < 200:
            return Answer(status, headers, b"")
        assert len(headers.get_all("Content-Length") or []) == 1, pairs
        length = int(headers["Content-Length"])
        while len(self.read) < length:
            assert self._more(), f"{length} bytes announced, {len(self.read)} came"
        body, self.read = self.read[:length], self.read[length:]
        return Answer(status, headers, body)

    def ended(self):
        """What else comes before the server hangs up, which it must."""
        while self._more():
            pass
        return self.read

    def _line(self):
        while b"\n" not in self.read:
            if not self._more():
                assert not self.read, f"hung up after {self.read!r}"
                return None
        line, _, self.read = self.read.partition(b"\n")
        return line + b"\n"

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return False
        self.read += data
        return bool(data)


def exchange(client, data, method="GET"):
    """One request on a connection of its own; None where the server just hung up."""
    with Wire(client) as wire:
        wire.send(data)
        answer = wire.answer(method)
    client.judge_bytes(data, answer)
    return answer


def volley(client, requests):
    """Sends requests, as (method, bytes), one after the other on kept connections without waiting
    for each answer, and yields the answers in their order."""
    requests, wire, asked, done = list(requests), None, 0, 0
    try:
        while done < len(requests):
            if wire is None:
                wire, asked = Wire(client), done
            while asked < len(requests) and (asked == done or _fits(requests[done:asked + 1])):
                if not wire.send(requests[asked][1]):
                    break
                asked += 1
            answer = wire.answer(requests[done][0])
            assert answer is not None, f"no answer to {requests[done][1][:300]!r}"
            client.judge_bytes(requests[done][1], answer)
            yield answer
            done += 1
            if answer.headers["Connection"] == "close":
                wire.socket.close()  # the server forgets what else was sent: all that once more
                wire = None
    finally:
        if wire:
            wire.socket.close()


def _fits(requests):
    return (len(requests) <= UNDER_WAY and
            sum(len(data) for _, data in requests) <= BYTES_UNDER_WAY)
