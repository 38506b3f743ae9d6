"""health: alive and ready, for whoever asks. (Not ready: see tests/faults.)"""

import subprocess

import pytest


@pytest.mark.parametrize("path,status", [("/livez", "alive"), ("/readyz", "ready")])
def test_says_so_without_login(anonymous, path, status):
    answer = anonymous.get(path)
    assert (answer.status, answer.data) == (200, {"status": status})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_head(anonymous, path):
    answer = anonymous.request("HEAD", path)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_bad_token_does_not_matter(anonymous, path):
    assert anonymous.bearing("garbage").get(path).status == 200


@pytest.mark.parametrize("path", ["/api/v1/livez", "/api/livez", "/livez/", "/livez/x", "/LIVEZ"])
def test_nowhere_else(anonymous, path):
    assert anonymous.get(path).refused(404, "not_found")


def test_unknown_parameters(anonymous):
    assert anonymous.get("/readyz?verbose").refused(400, "invalid_input")


@pytest.mark.parametrize("version,wanted", [("--http1.1", "1.1"), ("--http2", "2")])
def test_over_both_versions_of_http(stack, version, wanted):
    said = subprocess.run(["curl", "-sS", version, "--cacert", stack.facts["PURSER_CACERT"], "-w",
                           "%{http_version}", "-o", "/dev/null", f"{stack.url}/livez"],
                          check=True, capture_output=True, text=True)
    assert said.stdout == wanted
