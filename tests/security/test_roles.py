"""The database roles that programs run as: small, and refused where they aren't."""

import json
import socket

import pytest

from support.shop import Shop
from support.stories import order_story
from support.programs import OwnPrograms

EX_CONFIG = 78


def run_program(stack, name, *arguments, **env):
    """Runs a program by hand; serving, where no arguments are given, ends when it refuses."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("")  # an abstract name of the kernel's choice
    listener.listen()
    with listener:
        return stack.as_user([stack.program(name), *arguments], stdin=listener, env={
            "PATH": "/usr/bin:/bin", "PURSER_CONF": str(stack.conf), "PURSER_LOG_FILE": "", **env})


@pytest.fixture(scope="module")
def bad_database(stack):
    """A database in which the role of `categories` owns a table of ours."""
    stack.superuser("DROP DATABASE IF EXISTS purser_bad")
    stack.superuser("CREATE DATABASE purser_bad")
    stack.superuser("""CREATE SCHEMA purser; GRANT USAGE ON SCHEMA purser TO purser_categories;
                       CREATE TABLE purser.categories (id uuid);
                       ALTER TABLE purser.categories OWNER TO purser_categories""", "purser_bad")
    yield f"host={stack.run} port=5432 dbname=purser_bad"
    stack.superuser("DROP DATABASE purser_bad WITH (FORCE)")


@pytest.mark.parametrize("arguments", [["--check"], []], ids=["--check", "serving"])
def test_a_role_that_owns_tables_is_refused(stack, bad_database, arguments):
    done = run_program(stack, "categories", *arguments, PURSER_DATABASE=bad_database)
    assert done.returncode == EX_CONFIG, done.stderr
    assert "refusing to run" in done.stderr


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
@pytest.mark.parametrize("arguments", [["--check"], []], ids=["--check", "serving"])
def test_a_role_past_row_level_security_is_refused(stack, attribute, arguments):
    """`health`, since nobody misses it for a moment."""
    stack.superuser(f"ALTER ROLE purser_health {attribute}")
    try:
        done = run_program(stack, "health", *arguments)
    finally:
        stack.superuser(f"ALTER ROLE purser_health NO{attribute}")
    assert done.returncode == EX_CONFIG, done.stderr
    assert "refusing to run" in done.stderr
    assert run_program(stack, "health", "--check").returncode == 0


def test_a_role_that_may_become_another_is_refused(stack):
    """Membership gives a role all that the other has."""
    stack.superuser("GRANT purser_admin TO purser_health")
    try:
        done = run_program(stack, "health", "--check")
    finally:
        stack.superuser("REVOKE purser_admin FROM purser_health")
    assert done.returncode == EX_CONFIG, done.stderr


def test_no_role_of_a_program_is_more_than_a_login(db, stack):
    assert db.all("""
        SELECT rolname FROM pg_roles r WHERE rolname = ANY(%s) AND (
          rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
          OR NOT rolcanlogin OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid)
          OR EXISTS (SELECT FROM pg_proc p WHERE p.proowner = r.oid))""",
                  [f"purser_{p}" for p in stack.programs]) == []
    for program in stack.programs:
        assert not db.value("SELECT has_database_privilege(%s, current_database(), 'TEMP') OR"
                            " has_schema_privilege(%s, 'public', 'USAGE') OR"
                            " has_schema_privilege(%s, 'purser', 'CREATE')",
                            *[f"purser_{program}"] * 3)


def test_password_hashes_are_out_of_reach(db, stack):
    """Of accounts and of memberships; but by functions, each for those that compare."""
    roles = [f"purser_{p}" for p in stack.programs]
    for role in roles:
        assert not db.value("SELECT has_any_column_privilege(%s, 'purser.accounts', 'SELECT') OR"
                            " has_column_privilege(%s, 'purser.users', 'password_hash', 'SELECT')",
                            role, role), role
    assert dict(db.all("""
        SELECT p.proname, string_agg(r.rolname, ' ' ORDER BY r.rolname)
          FROM pg_proc p JOIN pg_roles r ON has_function_privilege(r.oid, p.oid, 'EXECUTE')
         WHERE p.pronamespace = 'purser'::regnamespace AND p.prosecdef
           AND p.prosrc LIKE '%%password_hash%%' AND r.rolname = ANY(%s)
         GROUP BY p.proname""", roles)) == {
             "login_candidates": "purser_sessions",
             "own_proof": "purser_sessions purser_totp purser_users", "rehash_password": "purser_sessions",
             "set_own_password": "purser_users", "password_of_address": "purser_tenants",
             "sign_up": "purser_tenants", "invitation": "purser_invitations",
             "accept_invitation": "purser_invitations", "use_reset": "purser_password_resets"}


def test_wrong_configuration_is_told(stack):
    for env, said in (({"PURSER_TRANSACTION": "sometimes"}, "transaction"),
                      ({"PURSER_DATABASE_WAIT": "soon"}, "database_wait"),
                      ({"PURSER_CONF": "/nowhere/purser.conf"}, "/nowhere/purser.conf")):
        done = run_program(stack, "categories", "--check", **env)
        assert done.returncode == EX_CONFIG and said in done.stderr.lower(), (env, done)


def test_without_a_socket_it_says_how_to_start_it(stack):
    done = stack.as_user([stack.program("categories")], stdin=-3,
                         env={"PURSER_CONF": str(stack.conf)})
    assert done.returncode == 64 and "usage" in done.stderr


# ---- the other way of transactions, which Citus needs

@pytest.fixture(scope="module")
def explicit(stack):
    with OwnPrograms(stack, ["categories", "products", "inventory", "orders", "sessions"],
                     PURSER_TRANSACTION="explicit", PURSER_LOG_FILE="") as own:
        yield own


def test_the_story_with_explicit_transactions(stack, explicit):
    shop = Shop(stack)
    order_story(shop, explicit.client(shop.owner.token))


def test_a_login_with_explicit_transactions(stack, explicit):
    shop = Shop(stack)
    _, email = shop.user("staff")
    anonymous = explicit.client()
    token = anonymous.post("sessions", {"email": email, "password": shop.password}).data["token"]
    assert shop.stack.anonymous.bearing(token).get("sessions").status == 200
    assert anonymous.bearing(token).delete("sessions/current").status == 200
    assert anonymous.bearing(token).get("sessions").refused(401, "unauthorized")
    before = shop.footprint()
    wrong = anonymous.post("sessions", {"email": email, "password": "wrong-password-1"})
    assert wrong.refused(401, "unauthorized")
    assert shop.footprint() == before


def test_refusals_with_explicit_transactions_leave_nothing(stack, explicit):
    """And the connection is as good as new behind each of them."""
    shop = Shop(stack)
    client, cake = explicit.client(shop.owner.token), shop.product(stock=1)
    before = shop.footprint()
    for _ in range(3):
        assert client.post("orders", shop.order_body((cake, 2))).refused(422, "insufficient_stock")
        strange = client.post("orders", shop.order_body(({"id": shop.id}, 1)))
        assert strange.refused(400, "validation_failed")
        assert client.post("orders?dry_run=true", shop.order_body((cake, 1))).status == 201
        assert client.post("orders/9/approve").refused(404, "not_found")
        assert client.bearing("garbage").get("orders").refused(401, "unauthorized")
        assert client.get("orders").json["total"] == 0
    assert shop.footprint() == before


def test_programs_say_nothing_past_their_log(explicit):
    """With log_file empty the log is standard error: JSON and nothing else stands there."""
    lines = explicit.said.splitlines()
    assert lines and all(line.startswith("{") for line in lines), [x for x in lines
                                                                   if x[:1] != "{"][:5]
    assert all(json.loads(line)["program"] for line in lines)
