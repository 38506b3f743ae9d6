"""client: HTTP as a client of Purser speaks it, with control over every header and no retries."""

import http.client
import json
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

# What a request can end with other than an answer. Whether it had its effect is unknown then.
BROKEN = (OSError, http.client.HTTPException)

described = None  # a Described: holds every answer against the API's document

IDLE_MOST = 20  # seconds after which a kept connection isn't trusted any more


class Answer:
    """What came back: status, headers (by any case) and the body's bytes."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]

    @property
    def error(self):
        return self.json["error"]

    @property
    def etag(self):
        return self.headers["ETag"]

    @property
    def faults(self):
        """Field -> message of the details."""
        return {d["field"]: d["message"] for d in self.json["details"]}

    def refused(self, status, error):
        """True for an error of the contract, in its envelope."""
        if self.status != status or self.headers["Content-Type"] != "application/json":
            return False
        said = self.json
        return said["error"] == error and said["message"] != "" and type(said["details"]) is list

    def bytes_but_ids(self):
        """Everything a client can see, but what differs between two requests anyway."""
        varying = ("x-request-id", "date", "connection")
        headers = sorted((k.lower(), v) for k, v in self.headers.items()
                         if k.lower() not in varying)
        return self.status, headers, self.body


class Client:
    """One party: an address, and what stands in each of its requests. Each thread gets a
    connection of its own, kept alive. Paths without a leading slash are below /api/v1.
    source: the address that it asks from."""

    def __init__(self, url, cacert, headers=None, source=None, judged=True):
        """judged: whether its answers are Purser's, and so as the API's document says."""
        self.url, self.cacert, self.source, self.judged = url, cacert, source, judged
        self.headers = dict(headers or {})
        self.tls = ssl.create_default_context(cafile=cacert)
        self._here = threading.local()

    def with_headers(self, **headers):
        """The same party, saying more: with_headers(Accept="..."); None takes a header away."""
        merged = dict(self.headers)
        for name, value in headers.items():
            merged[name.replace("_", "-")] = value
        merged = {k: v for k, v in merged.items() if v is not None}
        return Client(self.url, self.cacert, merged, self.source, self.judged)

    def bearing(self, token):
        return self.with_headers(Authorization=f"Bearer {token}")

    @property
    def token(self):
        return self.headers["Authorization"].split(" ", 1)[1]

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, json=None, **kw):
        return self.request("POST", path, json=json, **kw)

    def put(self, path, json=None, **kw):
        return self.request("PUT", path, json=json, **kw)

    def patch(self, path, json=None, **kw):
        return self.request("PATCH", path, json=json, **kw)

    def delete(self, path, **kw):
        return self.request("DELETE", path, **kw)

    def request(self, method, path, json=None, body=None, headers=None, content_type=None):
        """json: the body as a value; body: as bytes. headers: a dict, or a list of pairs."""
        if not path.startswith("/"):
            path = f"/api/v1/{path}"
        if json is not None:
            body = _dumps(json)
        if body is not None and content_type is None:
            content_type = "application/json"
        pairs = list(self.headers.items())
        pairs += list(headers.items()) if isinstance(headers, dict) else list(headers or [])
        if content_type:
            pairs.append(("Content-Type", content_type))
        return self.exchange(method, path, pairs, body)

    def exchange(self, method, path, headers, body):
        """One request and its answer, over this thread's connection."""
        connection = self._connection()
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            given = {name.lower() for name, _ in headers}
            if "host" not in given:
                connection.putheader("Host", urlsplit(self.url).netloc)
            if body is not None and "content-length" not in given:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except BROKEN:
            self.close()
            raise
        self._here.used = time.monotonic()
        if described and self.judged:
            described.judge(method, path, headers, answer)
        return answer

    def _connection(self):
        here = self._here
        if getattr(here, "connection", None) and time.monotonic() - here.used > IDLE_MOST:
            self.close()
        if not getattr(here, "connection", None):
            address = urlsplit(self.url)
            self._here.connection = http.client.HTTPSConnection(
                address.hostname, address.port, timeout=60, context=self.tls,
                source_address=(self.source, 0) if self.source else None)
            self._here.used = time.monotonic()
        return self._here.connection

    def close(self):
        """Closes this thread's connection."""
        if getattr(self._here, "connection", None):
            self._here.connection.close()
        self._here.connection = None

    def raw(self, request):
        """Sends bytes as they are on a connection of its own. Returns the first answer, or None
        where the server just hung up."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as plain:
            with self.tls.wrap_socket(plain, server_hostname=address.hostname) as s:
                s.sendall(request)
                response = http.client.HTTPResponse(s)
                try:
                    response.begin()
                    answer = Answer(response.status, response.headers, response.read())
                except (http.client.BadStatusLine, ConnectionError, ssl.SSLEOFError):
                    return None
        self.judge_bytes(request, answer)
        return answer

    def judge_bytes(self, request, answer):
        """Holds the answer to a request that went out as bytes against the API's document."""
        if described and self.judged:
            described.judge_bytes(request, answer)


def _dumps(value):
    return json.dumps(value, ensure_ascii=False).encode()
