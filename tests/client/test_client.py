"""The typed client of web/client: what is made of this build's document compiles by the strictest
rules, refuses what there isn't, and does a day's work against the stack."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.shop import in_days
from support.stack import ROOT

HERE = pathlib.Path(__file__).parent
CLIENT = ROOT / "web" / "client"


def node_modules():
    folder = pathlib.Path(os.environ.get("PURSER_NPM", ROOT / "var" / "npm")) / "client"
    assert folder.is_dir(), f"{folder} is missing: ./dev test makes it"
    return folder / "node_modules"


def run(command, folder, **settings):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, **settings})


@pytest.fixture(scope="module")
def built(stack, tmp_path_factory):
    """The client, typed by this stack's document and compiled; and beside it who uses it."""
    folder = tmp_path_factory.mktemp("client")
    shutil.copytree(CLIENT, folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "node_modules").symlink_to(node_modules())
    document = stack.var / "install" / "share" / "purser" / "www" / "api" / "openapi.json"
    done = run(["npm", "run", "generate"], folder, PURSER_OPENAPI=str(document))
    assert done.returncode == 0, done.stdout + done.stderr
    done = run(["npm", "run", "build"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def programs(built, tmp_path_factory):
    """A folder that has the client installed, and the programs."""
    folder = tmp_path_factory.mktemp("programs")
    shutil.copytree(HERE / "programs", folder, dirs_exist_ok=True)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "purser-client").symlink_to(built)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def compiled(programs, name):
    """What the compiler says of a program, by the client's own rules."""
    rules = json.loads((CLIENT / "tsconfig.json").read_text())["compilerOptions"]
    assert rules["strict"] is True
    config = programs / f"{name}.json"
    config.write_text(json.dumps({
        "compilerOptions": {**rules, "declaration": False, "rootDir": ".", "outDir": "out"},
        "files": [f"{name}.ts"]}))
    return run([node_modules() / ".bin" / "tsc", "-p", config, "--pretty", "false"], programs)


def test_what_there_isnt_does_not_compile(programs):
    done = compiled(programs, "broken")
    assert done.returncode != 0
    lines = (programs / "broken.ts").read_text().splitlines()
    wrong = {i for i, line in enumerate(lines, 1) if "// wrong:" in line}
    found = {int(n) for n in re.findall(r"^broken\.ts\((\d+),", done.stdout, re.M)}
    assert len(wrong) > 8 and found == wrong, done.stdout


def told(programs, name, *arguments, **settings):
    """What a program that compiles tells when it is run."""
    done = compiled(programs, name)
    assert done.returncode == 0, done.stdout
    done = run(["node", f"out/{name}.js", *arguments], programs, **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_days_work(stack, shop, programs):
    cake = shop.product(stock=10)
    _, email = shop.user("staff")
    seen = told(programs, "order", stack.url, email, shop.password, cake["id"], in_days(3),
                NODE_EXTRA_CA_CERTS=stack.facts["PURSER_CACERT"])
    assert seen["role"] == "staff" and seen["products"] == [cake["id"]]
    assert seen["placed"] == seen["again"], "one key, one order"
    assert seen["status"] == "approved" and seen["found"] == [[seen["placed"], "approved"]]
    assert seen["total"] == 1 and seen["code"] == "insufficient_stock"
    assert seen["thrown"] == [404, "not_found", True]


def test_what_is_safe_is_sent_again(programs):
    seen = told(programs, "patient")
    again = {"end": "answered", "tries": 3, "alike": 1}
    assert seen == {"read": again, "keyed": again,
                    "plain": {"end": "the network is down", "tries": 1, "alike": 1}}
