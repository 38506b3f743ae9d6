"""Who may do what stands in lib/permission.c alone, and goes with each request to authenticate():
neither SQL nor a handler decides by a role, but for what is explained here."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROLES = ("owner", "admin", "manager", "staff", "accountant", "viewer")
QUOTED = re.compile(rf"'({'|'.join(ROLES)})'")

# file -> the only lines of SQL there that may name a role, and why
EXPLAINED = {
    # what a role can be at all
    "identity.sql": ["CHECK (role IN ('owner', 'admin', 'manager', 'staff', 'accountant',"
                     " 'viewer')),"],
    # whoever signs a business up is its first owner
    "people.sql": ["PERFORM purser.create_user(p_tenant, p_user, p_account, p_email, p_user_name,"
                   " 'owner',"],
    # the last owner can't be taken away: all of them are locked and counted
    "users.c": ["\" AND t.active AND (t.role = 'owner' OR t.{ref})\""],
}

# Handlers that look at the role of who acts: only an owner makes or changes an owner; a key, which
# has no role, makes no keys.
LOOK_AT_ROLES = {"users.c", "api_keys.c"}


def named(path):
    text = path.read_text()
    if path.suffix == ".sql":
        text = re.sub(r"--.*", "", text)
    else:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return [" ".join(line.split()) for line in text.splitlines() if QUOTED.search(line)]


def test_sql_names_no_role():
    files = [*(ROOT / "sql" / "deploy").glob("*.sql"), *(ROOT / "handlers").glob("*.c"),
             *(ROOT / "lib").glob("*.[ch]")]
    found = {path.name: lines for path in sorted(files) if (lines := named(path))}
    assert found == EXPLAINED


def test_handlers_ask_for_no_role():
    assert {p.name for p in (ROOT / "handlers").glob("*.c")
            if re.search(r"\bpur_role\(", p.read_text())} == LOOK_AT_ROLES


def test_the_table_is_the_only_one():
    """The words of the roles stand in one file of lib, which is where the rules are."""
    words = re.compile(rf"\"({'|'.join(ROLES)})\"")
    assert {p.name for p in (ROOT / "lib").glob("*.c")
            if words.search(re.sub(r"/\*.*?\*/", "", p.read_text(), flags=re.S))} == {
                "permission.c"}


def test_every_route_passes_its_roles(stack):
    """What --describe says is what program.c compiled for authenticate(): of each route that isn't
    public, some roles, and of each permission the same wherever it stands."""
    roles = {}
    for program in stack.programs:
        for route in stack.describe(program)["routes"]:
            if route["permission"] == "public":
                assert "roles" not in route, route
                continue
            assert route["roles"] and set(route["roles"]) <= set(ROLES), route
            assert "owner" in route["roles"], route
            assert roles.setdefault(route["permission"], route["roles"]) == route["roles"], route
    assert len(roles) > 20
