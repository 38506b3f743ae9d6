"""The document of the API: it is served as it was built, its examples are right, and an answer that
it does not have is refused: everything else here is held against it."""

import copy
import json
import subprocess

import pytest
from jsonschema import Draft202012Validator

from support import client
from support.client import Answer
from support.described import Described, Document, Drift, formats
from support.routes import all_routes

pytestmark = pytest.mark.usefixtures("stack")

CHANGED = {  # what is made of a right answer -> what the judge says of it
    "a status": (lambda a: Answer(418, a.headers, a.body), "does not answer 418"),
    "no request id": (lambda a: without(a, "X-Request-Id"), "bears no x-request-id"),
    "a header more": (lambda a: with_header(a, "X-Purser-Tenant", "1"), "not documented"),
    "another type": (lambda a: with_header(a, "Content-Type", "text/html"), "media types"),
    "no data": (lambda a: with_body(a, {}), "'data' is a required property"),
    "a member less": (lambda a: changed(a, lambda d: d.pop("slug")), "'slug' is a required"),
    "a member more": (lambda a: changed(a, lambda d: d.update(secret="x")), "'secret' was unexp"),
    "another kind": (lambda a: changed(a, lambda d: d.update(name=5)), "5 is not of type 'string'"),
    "a null": (lambda a: changed(a, lambda d: d.update(id=None)), "None is not of type 'string'"),
    "no id": (lambda a: changed(a, lambda d: d.update(id="x")), "'x' is not a 'uuid'"),
    "no time": (lambda a: changed(a, lambda d: d.update(created_at="now")), "not a 'date-time'"),
    "money of version 2": (lambda a: changed(a, lambda d: d.update(
        unit_price={"amount": 1, "currency": "EUR"})), "is not of type 'integer'"),
}


class Headers(dict):
    def __missing__(self, name):
        return None


def without(answer, name):
    return Answer(answer.status, Headers((k, v) for k, v in answer.headers.items()
                                         if k != name), answer.body)


def with_header(answer, name, value):
    return Answer(answer.status, Headers(without(answer, name).headers, **{name: value}),
                  answer.body)


def with_body(answer, value):
    return Answer(answer.status, answer.headers, json.dumps(value).encode())


def changed(answer, change):
    value = answer.json
    change(value["data"])
    return with_body(answer, value)


@pytest.fixture(scope="module")
def folder(stack):
    return stack.var / "install" / "share" / "purser" / "www" / "api"


@pytest.fixture(scope="module")
def document(folder):
    return Document(folder / "openapi.json")


@pytest.fixture
def judge(folder):
    return Described(folder)


@pytest.fixture(scope="module")
def product(shop):
    return shop.owner.get(f"products/{shop.product()['id']}")


@pytest.mark.parametrize("name", ["openapi.json", "openapi.v2.json"])
def test_it_is_served_as_it_was_built(anonymous, folder, name):
    answer = anonymous.get(f"/api/{name}")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.body == (folder / name).read_bytes()
    again = anonymous.get(f"/api/{name}", headers={"If-None-Match": answer.etag})
    assert again.status == 304
    assert anonymous.post(f"/api/{name}", {}).refused(405, "method_not_allowed")


def test_every_route_is_in_it(document):
    """And nothing else."""
    found = {(method, path) for path, item in document.json["paths"].items()
             for method in item if method != "servers"}
    assert found == {(r.method.lower(), r.pattern) for r in all_routes()}


def test_operations_bear_who_may(document):
    for route in all_routes():
        operation = document.json["paths"][route.pattern][route.method.lower()]
        assert (operation["security"] == []) == (route.roles is None), route
        assert operation.get("x-roles") == route.roles
        assert operation["summary"] == route.summary


def test_names_of_operations_are_of_use_to_a_client(document):
    ids = [o["operationId"] for item in document.json["paths"].values()
           for m, o in item.items() if m != "servers"]
    assert len(ids) == len(set(ids)) and all(i.isalnum() and i[0].islower() for i in ids)
    assert {"listOrders", "createOrder", "approveOrder", "getProduct", "listClientOrders",
            "restoreCategory"} <= set(ids)


@pytest.mark.parametrize("name", ["openapi.json", "openapi.v2.json"])
def test_examples_are_right(folder, name):
    """Of bodies and answers; and every schema is one."""
    document, seen = Document(folder / name), set()
    for path, item in document.json["paths"].items():
        for method, facts in item.items():
            if method == "servers":
                continue
            o = document.resolved(facts)
            bodies = [o["requestBody"]] if "requestBody" in o else []
            for part in bodies + list(o["responses"].values()):
                for media in part.get("content", {}).values():
                    if "example" not in media or (text := json.dumps(media)) in seen:
                        continue
                    seen.add(text)
                    Draft202012Validator.check_schema(media["schema"])
                    Draft202012Validator(media["schema"], format_checker=formats).validate(
                        media["example"])
    assert len(seen) > len(all_routes())


def needs_others(fields):
    """Whether a body has to name what must be there: no example can."""
    return any(f.get("required") and (f["type"] == "uuid" or needs_others(f.get("of", [])))
               for f in fields)


def test_bodies_of_examples_are_taken(shop, document):
    """By the programs, and not by their schemas alone."""
    chosen = [r for r in all_routes() if r.roles and not r.parts and not needs_others(r.writable) and
              (r.effect == "creates" or str(r) == "PATCH /settings")]
    for route in chosen:
        facts = document.resolved(document.json["paths"][route.pattern][route.method.lower()])
        body = facts["requestBody"]["content"]["application/json"]["example"]
        answer = shop.owner.request(route.method, f"{route.path}?dry_run=true", json=body)
        assert answer.status in (200, 201), (route, body, answer)
    assert len(chosen) > 5


def test_the_judge_lets_pass_what_is_right(judge, product):
    judge.judge("GET", "/api/v1/products/x", [], product)
    assert judge.judged == 1 and judge.drifted == []


@pytest.mark.parametrize("what", CHANGED)
def test_the_judge_refuses(judge, product, what):
    change, why = CHANGED[what]
    with pytest.raises(Drift, match=why):
        judge.judge("GET", "/api/v1/products/x", [], change(copy.copy(product)))
    assert len(judge.drifted) == 1


def test_the_judge_knows_errors_by_their_route(judge, shop):
    """A code that this route can't give, though another can."""
    answer = shop.owner.get("products/none")
    answer = Answer(422, answer.headers, answer.body.replace(b"not_found", b"insufficient_stock"))
    judge.judge("POST", "/api/v1/orders", [], answer)
    with pytest.raises(Drift, match="'insufficient_stock' is not one of"):
        judge.judge("POST", "/api/v1/products", [], answer)
    with pytest.raises(Drift, match="does not answer 422"):
        judge.judge("GET", "/api/v1/products", [], answer)


def test_the_judge_knows_strays(judge, shop):
    """What is no operation is refused in the envelope of errors, and nothing else."""
    refusal = shop.owner.get("products/none")
    judge.judge("GET", "/api/v1/nothing", [], refusal)
    judge.judge(None, None, [], refusal)
    with pytest.raises(Drift, match="nothing is documented here"):
        judge.judge("GET", "/api/v1/nothing", [], shop.owner.get("products"))
    with pytest.raises(Drift, match="required property"):
        judge.judge("GET", "/api/v1/nothing", [], with_body(refusal, {"error": "not_found"}))


def test_the_judge_is_asked(shop, judge, monkeypatch):
    """By the clients of all tests: one who finds fault with everything is heard."""
    monkeypatch.setattr(client, "described", judge)
    shop.owner.get("products")
    assert judge.judged == 1
    monkeypatch.setattr(judge, "_find", lambda *_: (1, None))
    with pytest.raises(Drift):
        shop.owner.get("products")
    with pytest.raises(Drift):
        shop.owner.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")


def test_it_says_the_same_each_time(stack):
    """The build makes it, so it must not change by itself."""
    command = [stack.var / "install" / "bin" / "purser", "openapi", stack.programs_folder]
    assert subprocess.run(command, capture_output=True, check=True).stdout == \
        subprocess.run(command, capture_output=True, check=True).stdout
