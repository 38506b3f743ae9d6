"""Passwords, tokens and people's data stay where they belong."""

import json
import pathlib
import re

import pytest

from support.shop import Shop, unique


@pytest.fixture(scope="module")
def told(stack):
    """Does business with secrets in every place that could leak, and returns them."""
    shop = Shop(stack)
    secret = {name: unique(f"Leak{name}") for name in
              ("name", "phone", "notes", "reason", "query", "path", "password", "body", "agent",
               "key")}
    secret["email"] = f"{unique('leak')}@secret.example"
    user, member = shop.user("owner")
    client = stack.login(member, shop.password)
    product = shop.product(stock=5)
    order = shop.order((product, 1), customer_name=secret["name"], customer_email=secret["email"],
                       customer_phone=secret["phone"], notes=secret["notes"])
    shop.owner.post(f"orders/{order['id']}/cancel", {"reason": secret["reason"]},
                    headers={"Idempotency-Key": secret["key"]})
    for path in (f"products?name={secret['query']}", f"products?{secret['query']}=1",
                 f"products/{secret['path']}",
                 f"/{secret['path']}", f"/{secret['path']}?{secret['query']}",
                 f"orders?customer_name={secret['name']}"):
        client.get(path, headers={"User-Agent": secret["agent"]})
    for body in ({"email": secret["email"], "password": secret["password"]},
                 {"email": member, "password": secret["password"]},
                 {"email": member, "password": shop.password, secret["body"]: 1}):
        stack.anonymous.post("sessions", body)
    # What the database refuses, with values in it.
    for slug in 2 * [unique("dup")]:
        client.post("products",
                    {"name": secret["body"], "unit_price": 1, "slug": slug, "sku": secret["body"]})
        client.post("products", {"name": secret["body"], "unit_price": 1, "sku": secret["body"]})
    client.post("orders",
                shop.order_body((product, 99), customer_name=secret["name"], notes=secret["notes"]))
    client.post("orders",
                shop.order_body({"product_id": user, "quantity": 1, "note": secret["notes"]},
                                          customer_name=secret["name"]))
    client.request("POST", "products", body=f'{{"{secret["body"]}":'.encode())
    client.bearing(secret["password"]).get("products")
    browser = stack.anonymous.post("sessions", {"email": member, "password": shop.password,
                                                "cookie": True})
    secret.update({"token": client.token, "owner's token": shop.owner.token, "member": member,
                   "cookie": browser.headers["Set-Cookie"].split("; ")[0]})
    return shop, secret, order


def everything_logged(stack):
    return {p: p.read_text(errors="replace") for p in sorted(stack.log.iterdir()) if p.is_file()}


def test_no_log_holds_a_secret(stack, told):
    wanted = {f"{k} of dev.env": v for k, v in stack.facts.items()
              if k.endswith("PASSWORD")} | told[1]
    logs = everything_logged(stack)
    assert len(logs) > 3 and any("purser" in p.name for p in logs)
    found = [f"{what} in {path.name}" for path, text in logs.items()
             for what, value in wanted.items() if value in text]
    assert found == []


def test_passwords_of_the_database_are_in_no_log(stack):
    passwords = [p.read_text().strip().rsplit(":", 1)[1]
                 for p in (stack.var / "secrets").glob("*.pgpass")]
    assert len(passwords) >= len(stack.programs)
    for path, text in everything_logged(stack).items():
        assert not [p for p in passwords if p in text], path


def test_every_line_of_the_log_is_json(stack, told):
    strange = []
    for line in (stack.log / "purser.log").read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
            assert {"time", "level", "program", "msg"} <= set(entry), line
        except ValueError:
            strange.append(line)
    assert strange[:5] == [], f"{len(strange)} lines are no JSON"


def test_a_request_can_be_followed_by_its_id(stack, told):
    """One line of nginx and one of the program: route, status and tenant, but no values."""
    shop, _, order = told
    request = unique("follow")
    shop.owner.get(f"orders/{order['id']}?fields=id", headers={"X-Request-Id": request})
    lines = [json.loads(line)
             for line in (stack.log / "purser.log").read_text(errors="replace").splitlines()
             if f'"{request}"' in line]
    assert {line["program"] for line in lines} == {"nginx", "orders"}
    for line in lines:
        assert (line["route"], line["status"], line["method"]) == ("/orders/{ref}", 200, "GET")
        assert line["tenant"] == shop.id, line["program"]
        assert order["id"] not in json.dumps(line)


def test_no_answer_tells_of_the_inside(stack, told):
    """Refusals of the database don't speak its language."""
    shop = told[0]
    slug = unique("dup")
    shop.product(slug=slug)
    for answer in (shop.owner.post("products", {"name": "x", "unit_price": 1, "slug": slug}),
                   shop.owner.post("products",
                                   {"name": "x", "unit_price": 1, "category_id": shop.id}),
                   shop.owner.post("orders", shop.order_body(({"id": shop.id}, 1)))):
        assert 400 <= answer.status < 500
        assert not re.search(
            rb"SQL|constraint|relation|violates|pgsql|postgres|_key\b|_fkey|_check", answer.body,
                             re.I), answer


def test_events_and_stored_answers_hold_no_values(stack, db, told):
    """Events hold names of fields and ids alone."""
    shop, secret, _ = told
    rows = " ".join(db.column("SELECT e::text FROM events e WHERE tenant_id = %s", shop.id))
    assert [what for what, value in secret.items() if value in rows] == []


def test_processes_bear_no_secret(stack):
    """Neither in their arguments nor in their environment."""
    secrets = [v for k, v in stack.facts.items() if k.endswith("PASSWORD")]
    secrets += [p.read_text().strip().rsplit(":", 1)[1]
                for p in (stack.var / "secrets").glob("*.pgpass")]
    pids = [*stack.handlers(), stack.postmaster, int((stack.run / "nginx.pid").read_text())]
    for pid in pids:
        for what in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{pid}/{what}").read_text(errors="replace")
            assert not [s for s in secrets if s in text], (pid, what)


def test_files_of_secrets_are_their_owners_alone(stack):
    for path in [stack.var / "dev.env", *(stack.var / "secrets").iterdir(),
                 stack.var / "tls" / "server.key"]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (stack.var / "secrets").stat().st_mode & 0o077 == 0
    assert stack.run.stat().st_mode & 0o007 == 0
