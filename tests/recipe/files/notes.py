"""notes: what the recipe's resource can do, through the whole stack."""
import json
import os
import ssl
import urllib.error
import urllib.request

import pytest

VAR = os.environ["PURSER_VAR"]
ENV = dict(line.rstrip("\n").split("=", 1) for line in open(f"{VAR}/dev.env"))
TLS = ssl.create_default_context(cafile=ENV["PURSER_CACERT"])


def call(method, path, body=None, token=None):
    request = urllib.request.Request(ENV["PURSER_URL"] + "/api/v1" + path, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(request, data, context=TLS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def login(who):
    status, answer = call("POST", "/sessions", {
        "email": ENV[f"PURSER_{who}_EMAIL"], "password": ENV[f"PURSER_{who}_PASSWORD"]})
    assert status == 201
    return answer["data"]["token"]


@pytest.fixture(scope="module")
def owner():
    return login("OWNER")


def test_a_note_lives_its_life(owner):
    status, made = call("POST", "/notes", {"name": "Oven service", "text": "on Monday"}, owner)
    assert status == 201 and made["data"]["slug"] == "oven-service"
    assert call("GET", "/notes/oven-service", token=owner)[1]["data"]["text"] == "on Monday"
    assert call("PATCH", "/notes/oven-service", {"text": None}, owner)[1]["data"]["text"] is None
    assert call("GET", "/notes", token=owner)[1]["total"] == 1
    assert call("DELETE", "/notes/oven-service", token=owner)[0] == 200
    assert call("GET", "/notes/oven-service", token=owner)[0] == 404
    assert call("POST", "/notes/oven-service/restore", token=owner)[0] == 200


def test_another_tenant_sees_nothing(owner):
    other = login("OWNER2")
    assert call("GET", "/notes", token=other)[1]["total"] == 0
    assert call("GET", "/notes/oven-service", token=other)[0] == 404


def test_a_viewer_only_reads():
    viewer = login("VIEWER")
    assert call("GET", "/notes", token=viewer)[0] == 200
    assert call("POST", "/notes", {"name": "x"}, viewer)[0] == 403


def test_faults_are_told(owner):
    status, answer = call("POST", "/notes", {"nme": "x"}, owner)
    assert status == 400
    assert {d["field"] for d in answer["details"]} == {"name", "nme"}
