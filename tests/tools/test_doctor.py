"""`purser doctor`: each thing it knows is broken for real, and it must say what and how to mend."""

import os
import pathlib
import shutil
import socket
import subprocess

import pytest

from support.programs import OwnPrograms
from support.shop import Shop
from support.stack import wait_until

HERE = pathlib.Path(__file__).parent
CHECKS = ["configuration", "secrets", "passwords", "database", "durability", "clock", "time zones", "migrations",
          "walls", "programs", "roles", "statements", "connections", "log", "nginx", "dispatch",
          "sockets", "certificates", "log disk", "database disk"]


def test_a_sound_deployment(purser):
    seen = purser.doctor()
    assert (seen.status, [(x.kind, x.check) for x in seen.lines]) == (0, [("ok", c)
                                                                          for c in CHECKS])
    assert seen.out.splitlines()[-1] == "faults: 0, warnings: 0"


def test_quiet_tells_findings_alone(purser):
    assert purser.doctor("--quiet").out == ""
    seen = purser.doctor("--quiet", nginx="/nowhere/nginx.conf")
    seen.only("fault", "nginx", "/nowhere/nginx.conf")
    assert len(seen.out.splitlines()) == 2


def test_it_changes_nothing(purser, stack):
    """It looks into everything, and leaves no trace."""
    def state():
        found = [p for folder in ("etc", "secrets", "nginx", "run", "tls")
                 for p in (stack.var / folder).resolve().rglob("*") if p.is_file() or p.is_dir()]
        assert any(p.name == "fastcgi" for p in found), "folders of nginx's own are looked at too"
        return {p: (p.stat().st_mtime_ns, p.stat().st_mode, p.stat().st_uid, p.stat().st_size)
                for p in found}
    before = state()
    assert before and purser.doctor().status == 0
    assert state() == before


def test_it_leaves_no_process_id_of_nginx(purser, stack, nginx):
    """`nginx -T` makes an empty file of it where nginx doesn't run."""
    pid = nginx.folder / "nginx.pid"
    nginx.change("purser.conf", f"{stack.run}/nginx.pid", str(pid))
    assert purser.doctor(nginx=nginx.conf).status == 0
    assert not pid.exists()


# ---- configuration

def test_a_bad_configuration(purser, tmp_path):
    bad = tmp_path / "purser.conf"
    bad.write_text("# one\ndatabse = dbname=purser\n")
    seen = purser.doctor(PURSER_CONF=bad)
    seen.only("fault", "configuration", f"{bad}:2", "'database'", f"edit {bad}")
    skipped = {x.check for x in seen.of("skipped")}
    assert {"secrets", "statements", "log"} <= skipped, "what hangs on it can't be judged"
    seen = purser.doctor(PURSER_CONF=tmp_path / "none.conf")
    seen.only("fault", "configuration", "none.conf")


def test_a_password_that_everybody_can_read(purser, stack, tmp_path):
    conf = tmp_path / "purser.conf"
    text = stack.conf.read_text()
    conf.write_text(text.replace("dbname=purser", "dbname=purser password=Open-Secret-1"))
    conf.chmod(0o644)
    seen = purser.doctor(PURSER_CONF=conf)
    seen.finding("warning", "secrets", "holds a password", "passfile_dir")
    seen.finding("fault", "secrets", "mode 0644", f"chmod 0640 {conf}")
    conf.chmod(0o640)
    seen = purser.doctor(PURSER_CONF=conf)
    assert not [x for x in seen.of("fault") if x.check == "secrets"]
    seen.finding("warning", "secrets", "holds a password")
    assert "Open-Secret-1" not in seen.out


@pytest.fixture
def secrets(stack, tmp_path):
    """A copy of the passfiles, which the programs can read as theirs."""
    copy = stack.var / "secrets-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(stack.var / "secrets", copy)
    owner = (stack.var / "secrets").stat()
    for path in (copy, *copy.iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid)
    yield copy
    shutil.rmtree(copy)


def test_passfiles(purser, secrets):
    assert purser.doctor(PURSER_PASSFILE_DIR=secrets).status == 0
    file = secrets / "purser_health.pgpass"
    file.chmod(0o640)
    seen = purser.doctor(PURSER_PASSFILE_DIR=secrets)
    seen.finding("fault", "secrets", f"{file}: mode 0640", f"chmod 0600 {file}")
    seen.finding("fault", "statements", "health", str(file))  # libpq doesn't take it, indeed
    file.chmod(0o600)
    file.write_text("*:*:*:purser_health:Wrong-Password-1\n")
    seen = purser.doctor(PURSER_PASSFILE_DIR=secrets)
    seen.only("fault", "statements", 'authentication failed for user "purser_health"', str(file))
    file.unlink()
    purser.doctor(PURSER_PASSFILE_DIR=secrets).only("fault", "statements", "health", str(file))
    purser.doctor(PURSER_PASSFILE_DIR=secrets / "none").finding("fault", "secrets", "none")


def test_lists_of_passwords(purser, tmp_path):
    """Without one, passwords that everybody uses would be let through unseen."""
    missing, there = tmp_path / "missing", tmp_path / "words"
    there.write_text("sunshine\n")
    assert purser.doctor(PURSER_PASSWORD_LISTS=there).status == 0
    purser.doctor(PURSER_PASSWORD_LISTS=f"{there} {missing}").only(
        "fault", "passwords", str(missing), "apt-get install john-data cracklib-runtime")
    purser.doctor(PURSER_PASSWORD_LISTS="").only("warning", "passwords", "no list",
                                                 "password_lists")


def test_second_factors_that_anybody_could_open(purser):
    purser.doctor(PURSER_SECRET_FILE="").only("warning", "passwords", "secret_file", "urandom")


def test_a_log_that_programs_cannot_write(purser, stack):
    folder = stack.var / "closed"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o555)
    try:
        seen = purser.doctor(PURSER_LOG_FILE=folder / "purser.log")
        assert {x.check for x in seen.of("fault")} == {"log"}
        assert len(seen.of("fault")) == len(stack.programs)
        seen.finding("fault", "log", "orders can't write", str(folder), stack.user, "chgrp")
        folder.chmod(0o777)
        assert purser.doctor(PURSER_LOG_FILE=folder / "purser.log").status == 0
        (folder / "purser.log").touch(0o444)
        seen = purser.doctor(PURSER_LOG_FILE=folder / "purser.log")
        seen.finding("fault", "log", "orders can't write", "purser.log")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    seen = purser.doctor(PURSER_LOG_FILE=folder / "purser.log")
    seen.finding("fault", "log disk", str(folder))


# ---- the database

def test_without_a_database(purser):
    seen = purser.doctor(PURSER_DB="host=/nowhere dbname=purser")
    seen.only("fault", "database", "/nowhere", "start PostgreSQL")
    assert {"durability", "clock", "migrations", "walls", "roles", "connections",
            "database disk"} <= {x.check for x in seen.of("skipped")}
    purser.doctor(PURSER_DB=None).only("fault", "database", "PURSER_DB is not set")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_may_forget(purser, stack, setting):
    def reload(value):
        stack.superuser("SELECT pg_reload_conf()")
        wait_until(lambda: stack.superuser(f"SHOW {setting}") == value, f"{setting} is {value}")

    stack.superuser(f"ALTER SYSTEM SET {setting} = off")
    try:
        reload("off")
        seen = purser.doctor()
    finally:
        stack.superuser(f"ALTER SYSTEM RESET {setting}")
        reload("on")
    seen.only("fault", "durability", f"{setting} is off for the server", "loses acknowledged",
              f"ALTER SYSTEM SET {setting} = on")


@pytest.mark.parametrize("what", ["ROLE purser_orders", "DATABASE purser",
                                  "ROLE purser_orders IN DATABASE purser"])
def test_a_role_that_may_forget(purser, stack, what):
    stack.superuser(f"ALTER {what} SET synchronous_commit = off")
    try:
        seen = purser.doctor()
    finally:
        stack.superuser(f"ALTER {what} RESET synchronous_commit")
    mend = seen.finding("fault", "durability", f"off for {what.split(' IN ')[0].lower()}").mend
    assert mend == f"ALTER {what} RESET synchronous_commit"
    assert purser.doctor().status == 0


def test_a_time_zone_that_postgresql_does_not_know(purser, stack, db):
    shop = Shop(stack)
    change = "UPDATE purser.settings SET time_zone = %s WHERE tenant_id = %s"
    db.all(change, "Mars/Olympus", shop.id)
    try:
        seen = purser.doctor()
    finally:
        db.all(change, "europe/berlin", shop.id)  # in any case, as PostgreSQL takes it
    seen.only("fault", "time zones", "Mars/Olympus", "tzdata")
    assert purser.doctor().status == 0


def test_an_empty_database(purser, scratch):
    """The schema is yet to come: nothing is deployed, and no statement prepares."""
    empty = {"PURSER_DB": scratch.conninfo,
             "PURSER_DATABASE": f"host={purser.stack.run} dbname={scratch.name}"}
    seen = purser.doctor(**empty)
    seen.finding("fault", "migrations", "are not deployed, beginning with schema", "purser migrate")
    seen.finding("fault", "statements", "orders: statement", "purser migrate")
    assert scratch.migrate().returncode == 0
    assert purser.doctor(**empty).status == 0


def test_a_database_that_lacks_a_change(purser, scratch):
    assert scratch.migrate("--to", "stock").returncode == 0
    seen = purser.doctor(**scratch.env)
    seen.only("fault", "migrations", "beginning with orders", "purser migrate")


def test_a_newer_database(purser, migrated):
    fields = "planner_name, planner_email, committer_name, committer_email, planned_at, project"
    migrated.sql(f"INSERT INTO sqitch.changes (change_id, change, {fields}) SELECT 'x', 'tomorrow',"
                 f" {fields} FROM sqitch.changes LIMIT 1")
    try:
        seen = purser.doctor(**migrated.env)
    finally:
        migrated.sql("DELETE FROM sqitch.changes WHERE change = 'tomorrow'")
    seen.only("fault", "migrations", "tomorrow", "install the version")


POLICY = "tenant_id = nullif(current_setting('app.current_tenant', true), '')::uuid"


@pytest.mark.parametrize("breaks, mends, words", [
    ("ALTER TABLE stock DISABLE ROW LEVEL SECURITY", "ALTER TABLE stock ENABLE ROW LEVEL SECURITY",
     ["stock is not ENABLED", "ALTER TABLE stock ENABLE ROW LEVEL SECURITY"]),
    ("ALTER TABLE stock NO FORCE ROW LEVEL SECURITY", "ALTER TABLE stock FORCE ROW LEVEL SECURITY",
     ["stock is not FORCED", "ALTER TABLE stock FORCE ROW LEVEL SECURITY"]),
    ("DROP POLICY tenant ON stock",
     "SET ROLE purser_admin; CALL secure_tenant_table('stock')",
     ["stock has no policy", "secure_tenant_table('stock')"]),
    ("ALTER POLICY tenant ON stock USING (true)", f"ALTER POLICY tenant ON stock USING ({POLICY})",
     ["stock has no policy", "secure_tenant_table('stock')"]),
    ("CREATE POLICY hole ON stock FOR SELECT USING (true)", "DROP POLICY hole ON stock",
     ["hole of stock", "all tenants", "DROP POLICY hole ON stock"]),
    ("CREATE POLICY hole ON stock FOR SELECT TO purser_resource USING (true)",
     "DROP POLICY hole ON stock", ["hole of stock", "DROP POLICY hole ON stock"]),
])
def test_a_wall_with_a_hole(purser, migrated, breaks, mends, words):
    migrated.sql(f"SET search_path = purser; {breaks}")
    try:
        seen = purser.doctor(**migrated.env)
    finally:
        migrated.sql(f"SET search_path = purser; {mends}")
    seen.finding("fault", "walls", *words)
    assert {x.check for x in seen.of("fault")} == {"walls"}
    assert purser.doctor(**migrated.env).status == 0


# ---- programs

@pytest.fixture
def programs(stack, tmp_path):
    """A copy of the installed programs, which don't run from there."""
    return shutil.copytree(stack.programs_folder, tmp_path / "programs")


def test_a_program_that_cannot_be_started(purser, programs):
    (programs / "orders").chmod(0o644)
    seen = purser.doctor(str(programs))
    seen.finding("fault", "programs", "orders can't be started", f"chmod 0755 {programs}/orders")
    seen.finding("fault", "dispatch")  # nginx would send requests to nobody


def test_a_program_that_is_none_of_ours(purser, programs):
    (programs / "orders").write_text("#!/bin/sh\necho '{\"program\":\"other\"}'\n")
    (programs / "strange").symlink_to("/bin/true")
    seen = purser.doctor(str(programs))
    for name in ("orders", "strange"):
        seen.finding("fault", "programs", f"{name} --describe", "install Purser again")


def test_no_programs(purser, tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        purser.doctor(str(folder)).finding("fault", "programs", "there are none", str(folder))


def test_who_may_not_try_as_the_programs_says_so(purser, stack):
    """And blames them for nothing. Only root can be somebody else here."""
    seen = purser.doctor(user="nobody" if os.getuid() == 0 else None)
    warned = [x for x in seen.of("warning") if x.check == "programs"]
    assert len(warned) == (len(stack.programs) if os.getuid() == 0 else 0), seen.out
    assert all("run this as root" in x.mend and stack.user in x.text for x in warned)
    tried = [x.kind for x in seen.lines if x.check in ("statements", "log")]
    assert tried == 2 * (["skipped"] if os.getuid() == 0 else ["ok"])


@pytest.mark.parametrize("gives, takes, words", [
    ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS", ["bypasses row-level security"]),
    ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER", ["is superuser"]),
    ("ALTER ROLE {} CREATEROLE", "ALTER ROLE {} NOCREATEROLE NOCREATEDB NOREPLICATION",
     ["may make roles"]),
    ("ALTER ROLE {} NOLOGIN", "ALTER ROLE {} LOGIN", ["may not log in"]),
    ("GRANT purser_admin TO {}", "REVOKE purser_admin FROM {}", ["may become purser_admin"]),
])
def test_a_role_that_is_too_large(purser, stack, gives, takes, words):
    """`health`, since nobody misses it for a moment. The advice given is what mends it."""
    stack.superuser(gives.format("purser_health"))
    try:
        seen = purser.doctor()
        found = seen.finding("fault", "roles", "purser_health", *words)
        # Who may become the administrator sees past every policy, too.
        assert {x.check for x in seen.of("fault")} <= {"roles", "statements", "walls"}
        assert found.mend == takes.format("purser_health")
    finally:
        stack.superuser(takes.format("purser_health"))
    assert purser.doctor().status == 0


def test_a_role_that_owns_tables(purser, migrated):
    migrated.sql("CREATE TABLE purser.own (id int); ALTER TABLE purser.own OWNER TO purser_health")
    try:
        seen = purser.doctor(**migrated.env)
    finally:
        migrated.sql("DROP TABLE purser.own")
    seen.only("fault", "roles", "purser_health owns tables", "REASSIGN OWNED BY purser_health")


def test_a_role_that_is_not_there(purser, stack):
    stack.superuser("ALTER ROLE purser_health RENAME TO purser_gone")
    try:
        seen = purser.doctor()
    finally:
        stack.superuser("ALTER ROLE purser_gone RENAME TO purser_health")
    seen.finding("fault", "roles", "there is no role purser_health", "purser migrate")
    seen.finding("fault", "statements", "health")


def test_a_refusal_in_the_programs_own_words(purser, stack):
    """What a program tells nobody but its log."""
    stack.superuser("ALTER ROLE purser_health BYPASSRLS")
    try:
        seen = purser.doctor()
    finally:
        stack.superuser("ALTER ROLE purser_health NOBYPASSRLS")
    seen.finding("fault", "statements", "refusing to run")


def test_more_processes_than_connections(purser, stack, db):
    """The processes are there; that they can't connect matters to nobody here."""
    most = db.value("SELECT current_setting('max_connections')::int"
                    " - current_setting('superuser_reserved_connections')::int")
    running = len(stack.handlers())
    assert f"{running} processes" in next(x.text for x in purser.doctor().lines
                                          if x.check == "connections")
    with OwnPrograms(stack, ["health"], processes=most - running - 9, PURSER_LOG_FILE="",
                     PURSER_DATABASE="host=/nowhere"):
        purser.doctor().only("warning", "connections", f"of {most}: 9 are left",
                             "max_connections by 1 ")
        with OwnPrograms(stack, ["health"], processes=10, PURSER_LOG_FILE="",
                         PURSER_DATABASE="host=/nowhere"):
            purser.doctor().only("fault", "connections", f"{most + 1} processes",
                                 f"gives {most}", "max_connections by 11 ")


# ---- nginx and the sockets

def test_a_configuration_that_nginx_refuses(purser, nginx):
    nginx.change("limits.conf", "send_timeout 10s;", "send_timeoot 10s;")
    seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "nginx", 'unknown directive "send_timeoot"', "limits.conf")
    assert {x.check for x in seen.of("skipped")} == {"dispatch", "sockets", "certificates"}


def test_a_module_of_nginx_that_is_not_there(purser, nginx):
    nginx.change("purser.conf", "ngx_http_lua_module.so", "ngx_http_luna_module.so")
    seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "nginx", "ngx_http_luna_module.so", "apt-get install libnginx-mod-http-lua")


@pytest.mark.parametrize("name", ["rates", "errors"])
def test_a_piece_of_lua_that_is_not_there(purser, nginx, name):
    """nginx -t doesn't notice."""
    (nginx.folder / f"{name}.lua").unlink()
    seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "nginx", f"can't read {nginx.folder}/{name}.lua", "lua_package_path")


def test_a_configuration_without_limits(purser, nginx):
    nginx.change("purser.conf", f"include {nginx.folder}/rates.conf;",
                 'map "" $purser_login { default ""; }')
    seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "nginx", "nobody is limited", "include it")


def test_a_configuration_without_dispatch(purser, nginx):
    nginx.change("purser.conf", f"include {nginx.folder}/dispatch.conf;",
                 'map $uri $purser_programs { default ""; }')
    nginx.change("fastcgi.conf", "$purser_program", "$purser_programs")
    nginx.change("fastcgi.conf", "$purser_pool", "$purser_programs")
    nginx.change("dispatch.conf", "map", "")
    seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "nginx", "includes no dispatch.conf", "purser dispatch")


@pytest.mark.parametrize("old, new", [
    ("/orders(?:/|$)", "/order(?:/|$)"),       # a path that is gone
    ("keepalive 16;", "keepalive 1;"),
    ("default \"\";", "default \"\";\n\t\"~^/x$\" purser_orders;"),
])
def test_a_dispatch_that_differs(purser, nginx, old, new):
    assert purser.doctor(nginx=nginx.conf).status == 0, "a copy is as good"
    before = (nginx.folder / "dispatch.conf").read_text()
    nginx.change("dispatch.conf", old, new)
    line = before[:before.index(old)].count("\n") + 1 + ("\n" in new)
    purser.doctor(nginx=nginx.conf).only("fault", "dispatch", f"see line {line}",
                                         f"purser dispatch > {nginx.folder}/dispatch.conf")


def test_a_socket_that_is_not_there(purser, stack, nginx):
    nginx.change("dispatch.conf", f"{stack.run}/orders.sock", "/nowhere/orders.sock")
    purser.doctor(nginx=nginx.conf).only("fault", "sockets", "no socket /nowhere/orders.sock",
                                         "start", "orders")


def test_a_socket_of_another_program(purser, stack, nginx):
    other = nginx.folder / "orders.sock"
    other.symlink_to(stack.run / "products.sock")
    nginx.change("dispatch.conf", f"{stack.run}/orders.sock", str(other))
    purser.doctor(nginx=nginx.conf).only("fault", "sockets", "answered by another program",
                                         "restart orders")


@pytest.mark.parametrize("listens, words", [(False, "Connection refused"),
                                            (True, "answers nothing")])
def test_a_socket_where_nobody_answers(purser, stack, nginx, listens, words):
    silent = nginx.folder / "orders.sock"
    nginx.change("dispatch.conf", f"{stack.run}/orders.sock", str(silent))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(silent))
        silent.chmod(0o660)
        if listens:
            listener.listen()
        seen = purser.doctor(nginx=nginx.conf)
    seen.only("fault", "sockets", f"{silent}: {words}", "restart orders", "purser.log")


def test_a_socket_that_lets_everybody_in(purser, stack, nginx):
    with OwnPrograms(stack, ["orders"]) as own:
        path = own.sockets["orders"]
        nginx.change("dispatch.conf", f"{stack.run}/orders.sock", str(path))
        path.chmod(0o666)
        purser.doctor(nginx=nginx.conf).only("fault", "sockets", f"{path}: mode 0666",
                                             f"chmod 0660 {path}")
        path.chmod(0o660)
        assert purser.doctor(nginx=nginx.conf).status == 0


# ---- certificates

def certificate(folder, days):
    """A certificate of our own that is good for so many days, in the place of nginx's."""
    key, request = folder / "server.key", folder / "server.csr"
    for command in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-noenc", "-subj", "/CN=localhost", "-keyout", key, "-out", request],
                    ["x509", "-req", "-in", request, "-key", key, "-days", str(days),
                     "-out", folder / "server.crt"]):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    key.chmod(0o600)


@pytest.mark.parametrize("days, kind, words", [
    (-1, "fault", ["has expired", "renew"]),
    (13, "warning", ["expires in 13 days", "renew"]),
    (15, None, []),
])
def test_a_certificate_that_ends(purser, stack, nginx, days, kind, words):
    nginx.change("tls.conf", f"{stack.var}/tls/", f"{nginx.folder}/")
    certificate(nginx.folder, days)
    seen = purser.doctor(nginx=nginx.conf)
    if kind is None:
        assert seen.status == 0, seen.out
    else:
        seen.only(kind, "certificates", *words, str(nginx.folder / "server.crt"))


def test_a_key_that_everybody_can_read(purser, stack, nginx):
    nginx.change("tls.conf", f"{stack.var}/tls/", f"{nginx.folder}/")
    certificate(nginx.folder, 90)
    (nginx.folder / "server.key").chmod(0o644)
    purser.doctor(nginx=nginx.conf).only("fault", "certificates", "server.key", "chmod o=")


# ---- what no test can have for real: see world.c

@pytest.fixture(scope="module")
def world(stack):
    """The library that makes another world; in a place that the programs' user can read."""
    library = stack.var / "world.so"
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, HERE / "world.c"],
                   check=True)
    yield library
    library.unlink()


@pytest.mark.parametrize("seconds, words", [(30, "behind this"), (-30, "ahead of this")])
def test_clocks_that_differ(purser, world, seconds, words):
    seen = purser.doctor(LD_PRELOAD=world, TEST_CLOCK=seconds)
    found = seen.only("fault", "clock", words, "NTP")
    assert 25 < float(found.text.split(" s ")[0].split()[-1]) < 35
    assert purser.doctor(LD_PRELOAD=world, TEST_CLOCK=1).status == 0


@pytest.mark.parametrize("left, kind", [(127, "fault"), (1023, "warning"), (1025, None)])
def test_a_disk_that_fills(purser, stack, world, left, kind):
    seen = purser.doctor(LD_PRELOAD=world, TEST_DISK=left << 20)
    if kind is None:
        assert seen.status == 0, seen.out
        return
    seen.finding(kind, "log disk", f"{left} MiB are left for {stack.log}", "room")
    seen.finding(kind, "database disk", f"{left} MiB are left for the database")
    seen.finding(kind, "database disk", f"{left} MiB are left for the write-ahead log")
    assert len(seen.of(kind)) == 3
