"""http2: one request over HTTP/2, which may break its rules."""

import socket
import ssl
from urllib.parse import urlsplit

import h2.config
import h2.connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset

from support.client import Answer
from support.sizes import PATIENCE
from support.wire import Headers

CONFIG = h2.config.H2Configuration(validate_outbound_headers=False, header_encoding=None,
                                   normalize_outbound_headers=False)


def exchange(client, headers, body=b""):
    """Sends headers (pairs of bytes, pseudo-headers among them) as they stand, and the body on a
    connection of its own. Returns the answer; or the error code with which the server gave up the
    stream or the connection; or None where it hung up without a word."""
    with _connect(client) as s:
        answer = _Exchange(s).run(headers, body)
    if isinstance(answer, Answer):
        client.judge_bytes(_in_words_of_http1(headers), answer)
    return answer


def _in_words_of_http1(headers):
    """What was asked for, as far as it can be said."""
    pseudo = dict(headers)
    lines = [pseudo.get(b":method", b"") + b" " + pseudo.get(b":path", b"") + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers if not name.startswith(b":")]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _connect(client):
    address = urlsplit(client.url)
    tls = ssl.create_default_context(cafile=client.cacert)
    tls.set_alpn_protocols(["h2"])
    plain = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
    s = tls.wrap_socket(plain, server_hostname="localhost")
    assert s.selected_alpn_protocol() == "h2"
    return s


class _Exchange:
    def __init__(self, s):
        self.socket, self.h2 = s, h2.connection.H2Connection(CONFIG)
        self.status, self.headers, self.body = None, [], b""
        self.over, self.code = False, None

    def run(self, headers, body):
        self.h2.initiate_connection()
        number = self.h2.get_next_available_stream_id()
        self.h2.send_headers(number, headers, end_stream=not body)
        self._flush()
        while not self.over:
            body = self._send(number, body)
            data = self._receive()
            if not data:
                break
            for event in self.h2.receive_data(data):
                self._take(event)
            self._flush()
        if self.code is not None or not self.over:
            return self.code
        return Answer(self.status, Headers(self.headers), self.body)

    def _send(self, number, body):
        """As much of the body as the server has room for; returns the rest."""
        while body and (room := min(self.h2.local_flow_control_window(number),
                                    self.h2.max_outbound_frame_size)):
            self.h2.send_data(number, body[:room], end_stream=len(body) <= room)
            body = body[room:]
            self._flush()
        return body

    def _flush(self):
        try:
            self.socket.sendall(self.h2.data_to_send())
        except ConnectionError:
            pass  # what the server said before it hung up can still be read

    def _receive(self):
        try:
            return self.socket.recv(65536)
        except ConnectionError:
            return b""

    def _take(self, event):
        if isinstance(event, ResponseReceived):
            pairs = [(k.decode("ascii"), v.decode("ascii")) for k, v in event.headers]
            self.status = int(dict(pairs)[":status"])
            self.headers = [(k, v) for k, v in pairs if k != ":status"]
        elif isinstance(event, DataReceived):
            self.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self.over = True
        elif isinstance(event, (StreamReset, ConnectionTerminated)) and not self.over:
            self.code, self.over = event.error_code, True
