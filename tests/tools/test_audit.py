"""`purser audit`: whoever changes the trail past the programs is found out."""

import hashlib
import os
import uuid

import pytest

from support.shop import Shop

BROKEN, EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE = 1, 64, 65, 66, 69


@pytest.fixture
def trail(stack):
    """A shop with ten events of a person and one of a key, that a test may spoil."""
    shop = Shop(stack)
    for i in range(9):
        assert shop.owner.patch("settings", {"locale": ("de", "en")[i % 2]}).status == 200
    key = shop.owner.post("api-keys", {"name": "till", "scopes": ["categories:write"]}).data["key"]
    made = stack.anonymous.bearing(key).post("categories", {"name": "Bread"})
    assert made.status == 201 and shop.last_event() == 11
    yield shop
    stack.superuser(f"DELETE FROM purser.events WHERE tenant_id = '{shop.id}';"
                    f"UPDATE purser.tenant_state SET event_seq = 0, event_hash = ''"
                    f" WHERE tenant_id = '{shop.id}'", "purser")


def verify(purser, shop, *arguments):
    """(exit status, what is said of the shop)"""
    done = purser.run("audit", "verify", "--tenant", shop.slug, *arguments)
    assert done.stderr == "", done
    first, last = done.stdout.splitlines()
    assert last == f"1 chains, {done.returncode} broken"
    return done.returncode, first.removeprefix(f"{shop.slug}: ")


def tamper(shop, sql):
    shop.stack.superuser("BEGIN; SET search_path = purser;" + sql.replace("EVENTS", (
        f"tenant_id = '{shop.id}' AND seq")) + "; COMMIT", "purser")


def row(shop, seq):
    """What the hash of an event covers, as the database has it."""
    return shop.db.one("SELECT 2, tenant_id, seq, kind, object_type, object_id, actor_id, key_id,"
                       " host(address), fields::text, request_id, (extract(epoch FROM created_at)"
                       " * 1000000)::bigint FROM events WHERE tenant_id = %s AND seq = %s",
                       shop.id, seq)


def made_anew(shop, since):
    """SQL by which somebody who knows how chains them again from an event on."""
    before = shop.db.value("SELECT encode(hash, 'hex') FROM events WHERE tenant_id = %s AND"
                           " seq = %s", shop.id, since - 1)
    sql = ""
    for seq in range(since, shop.last_event() + 1):
        text = "|".join("" if v is None else str(v) for v in row(shop, seq))
        before = hashlib.sha256(bytes.fromhex(before) + text.encode()).hexdigest()
        sql += f"UPDATE events SET hash = '\\x{before}' WHERE EVENTS = {seq};"
    return sql + (f"UPDATE tenant_state SET event_hash = '\\x{before}'"
                  f" WHERE tenant_id = '{shop.id}'")


def test_a_whole_trail(purser, trail):
    assert verify(purser, trail) == (0, "11 events, whole")
    assert trail.db.value("SELECT count(DISTINCT key_id) FROM events WHERE tenant_id = %s",
                          trail.id) == 1


def test_a_shop_where_nothing_has_happened(purser, stack):
    shop = Shop(stack)
    assert verify(purser, shop) == (0, "0 events, whole")
    shop.stack.superuser(f"UPDATE purser.tenant_state SET event_seq = 1 WHERE tenant_id ="
                         f" '{shop.id}'", "purser")
    assert verify(purser, shop) == (BROKEN, "BROKEN: events 1 to 1 are missing at the end")


@pytest.mark.parametrize("change", [
    "kind = 'settings.forgotten'", "object_type = 'x'", "object_id = gen_random_uuid()",
    "actor_id = NULL", "actor_id = gen_random_uuid()", "key_id = gen_random_uuid()",
    "address = '10.0.0.1'", "address = NULL", "fields = '{}'", "fields = '{\"locale,x\"}'",
    "request_id = 'x'", "request_id = NULL", "created_at = created_at + interval '1 us'",
    "hash = sha256('x')", "hash = ''", "hash_version = 1"])
def test_a_changed_field(purser, trail, change):
    tamper(trail, f"UPDATE events SET {change} WHERE EVENTS = 5")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 5 was changed")


def test_the_key_that_acted(purser, trail):
    tamper(trail, "UPDATE events SET key_id = NULL WHERE EVENTS = 11")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 11 was changed")


def test_a_missing_row(purser, trail):
    tamper(trail, "DELETE FROM events WHERE EVENTS = 5")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 5 is missing: behind 4 stands 6")


def test_a_missing_row_whose_gap_was_closed(purser, trail):
    tamper(trail, "DELETE FROM events WHERE EVENTS = 5; UPDATE events SET seq = seq + 100 WHERE"
                  " EVENTS > 5; UPDATE events SET seq = seq - 101 WHERE EVENTS > 100")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 5 was changed")


def test_the_first_row_missing(purser, trail):
    tamper(trail, "DELETE FROM events WHERE EVENTS = 1")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 1 is missing: behind 0 stands 2")


def test_a_missing_tail(purser, trail):
    tamper(trail, "DELETE FROM events WHERE EVENTS > 8")
    assert verify(purser, trail) == (BROKEN, "BROKEN: events 9 to 11 are missing at the end")


def test_nothing_left(purser, trail):
    tamper(trail, "DELETE FROM events WHERE EVENTS > 0")
    assert verify(purser, trail) == (BROKEN, "BROKEN: events 1 to 11 are missing at the end")


def test_two_that_changed_places(purser, trail):
    tamper(trail, "UPDATE events SET seq = 100 WHERE EVENTS = 4; UPDATE events SET seq = 4 WHERE"
                  " EVENTS = 7; UPDATE events SET seq = 7 WHERE EVENTS = 100")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 4 stands at 7: events were put into"
                                             " another order, or one was put in")


def test_two_that_changed_places_but_for_their_hashes(purser, trail):
    tamper(trail, "UPDATE events SET seq = 100 WHERE EVENTS = 4; UPDATE events SET seq = 4 WHERE"
                  " EVENTS = 7; UPDATE events SET seq = 7 WHERE EVENTS = 100;"
                  " UPDATE events a SET hash = b.hash FROM events b WHERE a.tenant_id ="
                  f" '{trail.id}' AND b.tenant_id = '{trail.id}' AND a.seq + b.seq = 11"
                  " AND a.seq IN (4, 7)")
    assert "event 4 stands at 7" in verify(purser, trail)[1]


def test_one_that_was_put_in(purser, trail):
    tamper(trail, "UPDATE events SET seq = seq + 100 WHERE EVENTS >= 5; UPDATE events SET seq ="
                  " seq - 99 WHERE EVENTS > 100; INSERT INTO events (tenant_id, seq, kind,"
                  " object_type, object_id, hash, hash_version) SELECT tenant_id, 5, kind,"
                  " object_type, object_id, hash, 2 FROM events WHERE EVENTS = 4")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 5 stands at 6: events were put into"
                                             " another order, or one was put in")


def test_one_that_was_put_behind_the_end(purser, trail):
    tamper(trail, "INSERT INTO events (tenant_id, seq, kind, object_type, object_id, hash,"
                  " hash_version) SELECT tenant_id, 12, kind, object_type, object_id, hash, 2"
                  " FROM events WHERE EVENTS = 11")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 12 was changed")


def test_an_end_that_is_another_one(purser, trail):
    tamper(trail, f"UPDATE tenant_state SET event_hash = sha256('x') WHERE tenant_id ="
                  f" '{trail.id}'")
    assert verify(purser, trail) == (BROKEN, "BROKEN: the end that is noted in tenant_state isn't"
                                             " the hash of event 11")
    tamper(trail, f"UPDATE tenant_state SET event_seq = 10 WHERE tenant_id = '{trail.id}'")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 11 stands behind the end, which is 10")


def test_a_chain_of_another_tenant(purser, trail, stack):
    """Copied whole, with its end: each hash names its tenant."""
    other = Shop(stack)
    other.happen(11)
    tamper(trail, f"DELETE FROM events WHERE EVENTS > 0; UPDATE events SET tenant_id ="
                  f" '{trail.id}' WHERE tenant_id = '{other.id}'; UPDATE tenant_state SET"
                  f" event_hash = (SELECT event_hash FROM tenant_state WHERE tenant_id ="
                  f" '{other.id}') WHERE tenant_id = '{trail.id}'; UPDATE tenant_state SET"
                  f" event_seq = 0, event_hash = '' WHERE tenant_id = '{other.id}'")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 1 was changed")


def test_hashes_of_before_the_key_was_covered(purser, trail):
    """Version 1, as programs of an older release wrote it."""
    tamper(trail, """
        DO $$ DECLARE e record; h bytea := ''; BEGIN
          FOR e IN SELECT * FROM events WHERE EVENTS > 0 ORDER BY seq LOOP
            h := sha256(h || convert_to(concat_ws('|', e.seq, e.kind, e.object_id,
              coalesce(e.actor_id::text, ''), coalesce(host(e.address), ''),
              array_to_string(e.fields, ','), coalesce(e.request_id, ''),
              (extract(epoch FROM e.created_at) * 1000000)::bigint), 'UTF8'));
            UPDATE events SET hash = h, hash_version = 1 WHERE EVENTS = e.seq;
          END LOOP;
          UPDATE tenant_state SET event_hash = h WHERE tenant_id = 'TENANT';
        END $$""".replace("TENANT", trail.id))
    assert verify(purser, trail) == (0, "11 events, whole")
    trail.owner.patch("settings", {"locale": "fr"})
    assert verify(purser, trail) == (0, "12 events, whole")
    tamper(trail, "UPDATE events SET kind = 'x' WHERE EVENTS = 3")
    assert verify(purser, trail) == (BROKEN, "BROKEN: event 3 was changed")


# ---- whoever can write to the database can make the chain anew

def test_a_chain_that_was_made_anew_is_found_by_a_kept_head(purser, trail, tmp_path):
    heads = tmp_path / "heads"
    heads.write_text(purser.run("audit", "head").stdout)
    assert f"{trail.id} 11 " in heads.read_text()
    trail.owner.patch("settings", {"locale": "it"})  # goes on meanwhile
    assert verify(purser, trail, "--head", str(heads)) == (0, "12 events, whole")
    tamper(trail, "UPDATE events SET actor_id = NULL WHERE EVENTS = 5")
    tamper(trail, made_anew(trail, 5))
    assert verify(purser, trail) == (0, "12 events, whole")
    assert verify(purser, trail, "--head", str(heads)) == (
        BROKEN, "BROKEN: event 11 isn't the one whose hash was kept: the chain was made anew")


def test_a_tail_that_was_cut_off_with_its_end(purser, trail, tmp_path):
    heads = tmp_path / "heads"
    heads.write_text(purser.run("audit", "head", "--tenant", trail.slug).stdout)
    assert len(heads.read_text().splitlines()) == 1
    tamper(trail, f"DELETE FROM events WHERE EVENTS > 8; UPDATE tenant_state SET event_seq = 8,"
                  f" event_hash = (SELECT hash FROM events WHERE EVENTS = 8) WHERE tenant_id ="
                  f" '{trail.id}'")
    assert verify(purser, trail) == (0, "8 events, whole")
    assert verify(purser, trail, "--head", str(heads)) == (
        BROKEN, "BROKEN: events 9 to 11 are missing: there were 11 when the head was kept")


def test_a_tenant_that_vanished(purser, tmp_path):
    heads, gone = tmp_path / "heads", uuid.uuid4()
    heads.write_text(f"{gone} 7 {'ab' * 32}\n")
    done = purser.run("audit", "verify", "--head", str(heads))
    assert done.returncode == BROKEN
    assert f"{gone}: BROKEN: the tenant is missing, with its 7 events" in done.stdout.splitlines()


@pytest.mark.parametrize("line", ["x", "", "0197c0de-0000-7000-8000-00000000dead 1",
                                  "0197c0de-0000-7000-8000-00000000dead 1 abcd",
                                  "0197c0de-0000-7000-8000-00000000dead -1 " + "ab" * 32,
                                  "0197c0de-0000-7000-8000-00000000dead 1 " + "ab" * 32 + " x",
                                  "0197c0de-0000-7000-8000-00000000dea 1 " + "ab" * 32])
def test_a_file_of_something_else(purser, tmp_path, line):
    heads = tmp_path / "heads"
    heads.write_text(f"{line}\n")
    done = purser.run("audit", "verify", "--head", str(heads))
    assert done.returncode == EX_DATAERR and done.stdout == ""
    assert f"{heads}, line 1 isn't one that purser audit head printed" in done.stderr


# ---- all of them

def test_all_tenants(purser, trail, stack):
    done = purser.run("audit", "verify")
    slugs = set(trail.db.column("SELECT slug FROM tenant_slugs"))
    *lines, last = done.stdout.splitlines()
    assert {line.split(":")[0] for line in lines} == slugs
    assert last == f"{len(slugs)} chains, {len([x for x in lines if 'BROKEN' in x])} broken"
    assert f"{trail.slug}: 11 events, whole" in lines


def test_a_long_chain_says_how_far_it_is(purser, stack):
    """And is read row by row: what it takes doesn't grow with the chain."""
    shop, n = Shop(stack), 200_001
    stack.superuser(f"""
        SET search_path = purser;
        WITH RECURSIVE chain (seq, hash) AS (
          SELECT 0::bigint, ''::bytea
          UNION ALL
          SELECT seq + 1, sha256(hash || convert_to(concat_ws('|', 2, '{shop.id}', seq + 1, 'x.y',
            'x', '{shop.id}', '', '', '', '{{}}', '', 0), 'UTF8')) FROM chain WHERE seq < {n}
        ), made AS (
          INSERT INTO events (tenant_id, seq, kind, object_type, object_id, hash, hash_version,
            created_at) SELECT '{shop.id}', seq, 'x.y', 'x', '{shop.id}', hash, 2, to_timestamp(0)
            FROM chain WHERE seq > 0 RETURNING seq, hash
        ) UPDATE tenant_state SET event_seq = made.seq, event_hash = made.hash FROM made
           WHERE tenant_id = '{shop.id}' AND made.seq = {n}""", "purser")
    try:
        done = purser.run("audit", "verify", "--tenant", shop.slug)
        small = peak(purser, shop, "head")
        large = peak(purser, shop, "verify")
    finally:
        stack.superuser(f"DELETE FROM purser.events WHERE tenant_id = '{shop.id}'", "purser")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"{shop.slug}: {n} events, whole")
    assert done.stderr.splitlines() == [f"100000 of {n} events", f"200000 of {n} events"]
    assert large < small + 4096, f"{large} KiB, and {small} KiB for the end alone"


def peak(purser, shop, verb):
    """KiB of memory that it took at most."""
    out = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
    pid = os.posix_spawn(purser.file, [purser.file, "audit", verb, "--tenant", shop.slug],
                         purser.environment({}), file_actions=out)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return usage.ru_maxrss


# ---- where it can't work

def test_wrong_usage(purser, tmp_path):
    for arguments in ([], ["heads"], ["verify", "x"], ["verify", "--tenant"],
                      ["head", "--head", "/dev/null"], ["--tenant", "x"]):
        assert purser.run("audit", *arguments).returncode == EX_USAGE, arguments
    none = purser.run("audit", "verify", "--tenant", "no-such")
    assert none.returncode == EX_DATAERR and "there is no tenant 'no-such'" in none.stderr
    missing = purser.run("audit", "verify", "--head", str(tmp_path / "nowhere"))
    assert missing.returncode == EX_NOINPUT and "can't read" in missing.stderr
    assert purser.run("audit", "head", PURSER_DB=None).returncode == EX_UNAVAILABLE


def test_a_role_that_sees_a_part_is_told_so(purser, stack):
    """And not that all is well: under row-level security it would see no rows."""
    stack.superuser("CREATE ROLE nosy LOGIN PASSWORD 'nosy'; GRANT USAGE ON SCHEMA purser TO nosy;"
                    " GRANT SELECT ON ALL TABLES IN SCHEMA purser TO nosy;"
                    " GRANT CONNECT ON DATABASE purser TO nosy", "purser")
    try:
        done = purser.run("audit", "verify", PURSER_DB=f"host={stack.run} dbname=purser user=nosy"
                          " password=nosy")
    finally:
        stack.superuser("DROP OWNED BY nosy; DROP ROLE nosy", "purser")
    assert done.returncode == EX_DATAERR and "row-level security" in done.stderr, done
