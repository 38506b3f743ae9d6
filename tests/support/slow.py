"""slow: clients that take their time, many at once, each in its own way."""

import select
import socket
import ssl
import threading
from urllib.parse import urlsplit

PACE = 0.25  # seconds between two bytes of a client


class SlowClient:
    """One connection. head: what it sends at once; drip: what it sends byte by byte; reads: whether
    it reads byte by byte, with the smallest of buffers."""

    def __init__(self, stack, head=b"", drip=b"", tls=True, reads=False):
        address = urlsplit(stack.url)
        self.drip, self.reads = drip, reads
        self.socket = socket.socket()
        self.socket.settimeout(30)
        if reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((address.hostname, address.port))
        if tls:
            self.socket = stack.anonymous.tls.wrap_socket(self.socket,
                                                          server_hostname=address.hostname)
        self.socket.sendall(head)
        self.socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self.socket, select.POLLRDHUP)

    def step(self):
        """One byte more, or one less."""
        try:
            if self.drip:
                self.socket.send(self.drip[:1])
                self.drip = self.drip[1:]
            if self.reads:
                self.socket.recv(1)
        except OSError:
            pass  # nothing to read yet, or closed: is_gone() tells

    def is_gone(self):
        """Whether the server has closed the connection."""
        return bool(self._poll.poll(0))

    def answer(self):
        """What has come before the end, of a client that has read nothing."""
        heard = b""
        try:
            while more := self.socket.recv(65536):
                heard += more
        except (ssl.SSLError, OSError):
            pass
        return heard


class SlowClients:
    """with SlowClients(clients): they go on until its end."""

    def __init__(self, clients):
        self.clients = clients
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.wait(PACE):
            for client in self.clients:
                client.step()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for client in self.clients:
            client.socket.close()
