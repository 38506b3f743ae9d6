"""The reference at /docs, in a browser: it shows every operation of the document, the browser has
nothing to complain of under the strict policy, and nothing is asked of any other host."""

import json
import os
import pathlib
import subprocess
from urllib.parse import urlsplit

import pytest

from support.routes import all_routes
from support.stack import ROOT

HERE = pathlib.Path(__file__).parent


def look(url, *more):
    folder = pathlib.Path(os.environ.get("PURSER_NPM", ROOT / "var" / "npm")) / "web"
    assert folder.is_dir(), f"{folder} is missing: ./dev test makes it"
    done = subprocess.run(["node", HERE / "docs.js", url, *more], capture_output=True, text=True, check=False,
                          env={**os.environ, "NODE_PATH": str(folder / "node_modules")})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(stack):
    return look(f"{stack.url}/docs/")


def test_every_operation_is_shown(stack, seen):
    document = json.loads((stack.var / "install/share/purser/www/api/openapi.json").read_text())
    ids = {f"{o['tags'][0]}-{o['operationId']}" for item in document["paths"].values()
           for method, o in item.items() if method != "servers"}
    assert len(ids) == len(all_routes()) and set(seen["operations"]) == ids
    assert seen["title"] == "Purser: API reference"


def test_one_of_them_can_be_opened(seen):
    """With its parameters, its body and its answers."""
    for words in ("dry_run", "Request body", "201", "X-Request-Id", "unsupported_media_type"):
        assert words in seen["open"], words


def test_the_browser_has_nothing_to_complain_of(seen):
    assert seen["complaints"] == [] and seen["fine"]


def test_nothing_leaves_the_origin(stack, seen):
    assert len(seen["requests"]) > 4
    assert {urlsplit(r)[:2] for r in seen["requests"]} == {urlsplit(stack.url)[:2]}


def test_version_2_and_open_eyes(stack):
    """It is shown as well; and when the page then does what it may not, that is seen."""
    seen = look(f"{stack.url}/docs/?v2", "amiss")
    assert f"{stack.url}/api/openapi.v2.json" in seen["requests"] and seen["fine"]
    complaints = " ".join(seen["complaints"])
    assert "404" in complaints and "CSP: script-src" in complaints
    assert "CSP: connect-src https://elsewhere.example/" in complaints
