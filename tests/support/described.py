"""described: holds answers against the OpenAPI documents that the build made: is this status, with
these headers and this body, what the document says of that request? Every client of the tests asks
(see client.py and wire.py), so that the document can't drift from the programs."""

import json
import pathlib
import re
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

# What HTTP and nginx add to an answer of any kind, and no route decides.
TRANSPORT = {
    "date", "server", "connection", "content-type", "content-length", "vary", "allow",
    "x-content-type-options", "content-security-policy", "cross-origin-opener-policy",
    "cross-origin-resource-policy", "referrer-policy", "strict-transport-security",
}

PLACE = re.compile(r"/api(?:/v([1-9][0-9]*))?(/(?!v[0-9]).*)")
FILES = re.compile(r"/docs(/.*)?|/api/openapi(\.v2)?\.json")
REQUEST = re.compile(rb"([A-Z]+) (/\S*) HTTP/1\.[01]\r\n")
LINES = "text/csv; charset=utf-8", "application/x-ndjson"
VENDOR = re.compile(r"application/vnd\.purser\.v([0-9]+)\+json")

formats = FormatChecker(formats=())
for name, pattern in {
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "date-time": r"\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        "date": r"\d{4,}-\d\d-\d\d",
        "email": r"[^@\s]+@[^@\s]+"}.items():
    formats.checks(name)(lambda v, fits=re.compile(pattern).fullmatch:
                         not isinstance(v, str) or fits(v) is not None)


class Drift(AssertionError):
    """An answer that the document does not have."""


class Operation:
    """What the document says of one method of one path."""

    def __init__(self, name, facts):
        self.name, self.responses = name, facts["responses"]
        self.validators = {}

    def validator(self, status, kind, partial):
        """Compiled once for each status, kind of body, and whether fields= left members out."""
        key = status, kind, partial
        if key not in self.validators:
            schema = self.responses[status]["content"][kind]["schema"]
            if partial:
                schema = without_required(schema)
            self.validators[key] = Draft202012Validator(schema, format_checker=formats)
        return self.validators[key]


class Document:
    """One version of the document, with what it refers to put in its place."""

    def __init__(self, path):
        self.json = json.loads(pathlib.Path(path).read_text())
        self.paths = {}
        self.errors = {kind: Draft202012Validator(self.component("schemas", schema))
                       for kind, schema in (("application/json", "Error"),
                                            ("application/problem+json", "Problem"))}
        for path, item in self.json["paths"].items():
            methods = {method.upper(): Operation(f"{method.upper()} {path}", self.resolved(facts))
                       for method, facts in item.items() if method != "servers"}
            root = "servers" in item
            self.paths.setdefault((root, path.count("/")), []).append((path.split("/"), methods))
        for choices in self.paths.values():  # literal parts win over {parts}
            choices.sort(key=lambda c: [part.startswith("{") for part in c[0]])

    def component(self, kind, name):
        return self.resolved(self.json["components"][kind][name])

    def resolved(self, part):
        """The same without references."""
        if isinstance(part, list):
            return [self.resolved(p) for p in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            _, _, kind, name = part["$ref"].split("/")
            more = {k: v for k, v in part.items() if k != "$ref"}
            return {**self.component(kind, name), **more}
        return {k: self.resolved(v) for k, v in part.items()}

    def find(self, root, path):
        """The methods of a path as it came; None for an unknown one."""
        parts = path.split("/")
        for pattern, methods in self.paths.get((root, path.count("/")), []):
            if all(p == part or (p.startswith("{") and part)
                   for p, part in zip(pattern, parts)):
                return methods
        return None


def without_required(schema):
    """A schema that lets members of the rows be left out."""
    row = schema["properties"]["data"]
    row = {k: v for k, v in row.items() if k != "required"}
    if "items" in row:
        row["items"] = {k: v for k, v in row["items"].items() if k != "required"}
    return {**schema, "properties": {**schema["properties"], "data": row}}


class Described:
    """The judge. `drifted` keeps every finding, for those who swallow exceptions."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.versions = {1: Document(folder / "openapi.json"),
                         2: Document(folder / "openapi.v2.json")}
        self.drifted = []
        self.judged = 0

    def judge_bytes(self, request, answer):
        """The same of a request as it went over the wire."""
        start = REQUEST.match(request)
        if answer is None:
            return
        pairs = [line.split(b":", 1) for line in request.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
        headers = [(p[0].decode("latin-1"), p[1].strip().decode("latin-1"))
                   for p in pairs if len(p) == 2]
        if start:
            self.judge(start[1].decode(), start[2].decode("latin-1"), headers, answer)
        else:
            self.judge(None, None, headers, answer)

    def judge(self, method, target, headers, answer):
        """Raises Drift for an answer that the documents do not have. headers: of the request, as
        pairs. method None: of something that is no request."""
        self.judged += 1
        try:
            self._judge(method, target, headers, answer)
        except Drift as drift:
            self.drifted.append(str(drift))
            raise

    def _judge(self, method, target, headers, answer):
        path, _, query = (target or "").partition("?")
        if FILES.fullmatch(path) and answer.status in (200, 206, 301, 304, 412, 416):
            return
        version, operation = self._find(method, path, headers)
        self._what = f"{method} {target}: {answer!r}: "
        if operation is None:
            self._judge_stray(method, self.versions[version], answer)
            return
        response = operation.responses.get(str(answer.status))
        self._hold(response is not None, f"{operation.name} does not answer {answer.status}")
        self._judge_headers(response, answer)
        if method == "HEAD":
            return
        kind = answer.headers["Content-Type"]
        if "content" not in response:
            self._hold(kind is None and answer.body == b"", "has a body")
            return
        self._hold(kind in response["content"], f"{kind} is none of its media types")
        if kind in LINES:
            self._judge_lines(operation, kind, answer)
        else:
            partial = answer.status == 200 and any(n == "fields" for n, _ in parse_qsl(query))
            self._judge_body(operation.validator(str(answer.status), kind, partial), answer)

    def _find(self, method, path, headers):
        place = PLACE.fullmatch(path)
        if place is None:
            methods, version = self.versions[1].find(True, path), 1
        else:
            wanted = VENDOR.search(" ".join(v for k, v in headers if k.lower() == "accept"))
            version = int(place[1] or (wanted and wanted[1]) or 1)
            if version not in self.versions:
                return 1, None
            methods = self.versions[version].find(False, place[2])
        return version, (methods or {}).get("GET" if method == "HEAD" else method)

    def _judge_stray(self, method, document, answer):
        """What comes of a request that no operation is: an error in its envelope."""
        if method == "OPTIONS" and answer.status == 204:
            return
        self._hold(answer.status >= 400, "nothing is documented here, and yet it answers")
        self._hold("X-Request-Id" in answer.headers, "bears no X-Request-Id")
        if method != "HEAD":
            kind = answer.headers["Content-Type"]
            self._hold(kind in document.errors, f"{kind} is no media type of errors")
            self._judge_body(document.errors[kind], answer)

    def _judge_headers(self, response, answer):
        documented = {k.lower(): v for k, v in response["headers"].items()}
        given = {k.lower() for k, _ in answer.headers.items()}
        for name, facts in documented.items():
            self._hold(name in given or not facts.get("required"), f"bears no {name}")
        strange = given - documented.keys() - TRANSPORT
        self._hold(not strange, f"headers that are not documented: {strange}")

    def _judge_body(self, validator, answer):
        value = json.loads(answer.body)
        if not validator.is_valid(value):
            why = best_match(validator.iter_errors(value))
            self._hold(False, f"{why.json_path}: {why.message}")

    def _judge_lines(self, operation, kind, answer):
        """Of a list as a file, the first rows: their members are those of a page's rows."""
        row = operation.responses["200"]["content"]["application/json"]["schema"]
        row = row["properties"]["data"]["items"]
        lines = answer.body.split(b"\n", 20)[:20]
        if kind == "application/x-ndjson":
            named = [name for line in lines[:-1] for name in json.loads(line)]
        else:
            named = lines[0].decode().rstrip("\r").split(",")
        strange = set(named) - row["properties"].keys() - {""}
        self._hold(not strange, f"columns that are not documented: {strange}")

    def _hold(self, fine, why):
        if not fine:
            raise Drift(self._what + why)
