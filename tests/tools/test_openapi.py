"""`purser openapi`, which describes the API, and `purser roles`. What the document says is held
against every answer elsewhere; here is what the command does."""

import json
import os

import pytest

from support.routes import all_routes
from support.shop import ROLES
from support.stack import ROOT


def document(purser, *arguments):
    done = purser.run("openapi", *arguments)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return json.loads(done.stdout)


def test_it_is_what_the_build_has_installed(purser, stack):
    folder = stack.var / "install" / "share" / "purser" / "www" / "api"
    assert purser.run("openapi").stdout == (folder / "openapi.json").read_text()
    assert purser.run("openapi", "--api", "2").stdout == (folder / "openapi.v2.json").read_text()
    assert purser.run("openapi", str(stack.programs_folder)).stdout == \
        purser.run("openapi").stdout


def test_versions_differ_in_money_alone(purser):
    one, two = document(purser), document(purser, "--api", "2")
    assert one["servers"] == [{"url": "/api/v1"}] and two["servers"] == [{"url": "/api/v2"}]
    money = two["components"]["schemas"].pop("Money")
    assert set(money["required"]) == {"amount", "currency"}
    assert one["components"]["schemas"].pop("Money")["type"] == "integer"
    assert one["components"]["schemas"] == two["components"]["schemas"]
    assert list(one["paths"]) == list(two["paths"])


def test_what_routes_take_is_told(purser):
    """Of a write that can be guarded and repeated, and of a list."""
    paths = document(purser)["paths"]
    given = {p["name"]: p for p in paths["/products/{ref}"]["patch"]["parameters"]}
    assert set(given) == {"ref", "dry_run", "Idempotency-Key", "If-Match"}
    given = {p["name"]: p for p in paths["/orders"]["get"]["parameters"]}
    assert {"page", "perPage", "cursor", "sort", "fields", "include", "status", "status[in]",
            "pickup_date[gte]", "If-None-Match"} <= set(given)
    assert "-pickup_date" in given["sort"]["schema"]["items"]["enum"]
    assert "deleted" not in given and "status[gte]" not in given
    secret = {p["name"] for p in paths["/api-keys"]["post"]["parameters"]}
    assert "Idempotency-Key" not in secret


def test_bodies_differ_by_what_is_done(purser):
    schemas = document(purser)["components"]["schemas"]
    create, replace, update = (schemas[f"Product{x}"] for x in ("Create", "Replace", "Update"))
    assert create["required"] == ["name", "unit_price"] == replace["required"]
    assert "required" not in update
    assert "id" not in create["properties"] and "id" not in update["properties"]
    assert replace["properties"]["id"]["readOnly"] is True
    assert "null" in update["properties"]["sku"]["type"], "null takes it away"
    assert update["properties"]["name"]["type"] == "string", "and what is required stays"
    assert "key" not in schemas["APIKey"]["properties"]
    assert "key" in schemas["APIKeyWithSecret"]["required"]


@pytest.mark.parametrize("arguments", [["--api", "3"], ["--api"], ["--version", "1"], ["a", "b"]])
def test_wrong_usage(purser, arguments):
    done = purser.run("openapi", *arguments)
    assert done.returncode == os.EX_USAGE and done.stdout == ""


def test_two_operations_of_one_name(purser, stack, tmp_path):
    """A program twice would make a client of no use: it is refused, with the name."""
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(stack.programs_folder / "products")
    done = purser.run("openapi", str(tmp_path))
    assert done.returncode == os.EX_DATAERR and done.stdout == ""
    assert "two operations would be called listProducts" in done.stderr


def test_the_roles_of_every_permission(purser):
    """As the routes have them, and as docs/roles.md says."""
    said = purser.run("roles").stdout
    assert said == (ROOT / "docs" / "roles.md").read_text()
    rows = {cells[1].strip(" `"): [c.strip() for c in cells[2:-1]]
            for cells in (line.split("|") for line in said.splitlines() if line.startswith("|"))}
    assert rows["permission"] == list(ROLES)
    for route in all_routes():
        if route.roles:
            has = [role for role, cell in zip(ROLES, rows[route.permission]) if cell == "yes"]
            assert has == route.roles, route
