"""statements: what Purser sends to PostgreSQL, taken from PostgreSQL's log, so that all contenders
run the same SQL without a copy of it here that could grow old."""
import json
import re
import time

import gate
import stack

EXECUTED = re.compile(r"^\S+ \S+ \S+ \[\d+\] purser_\w+ LOG:  execute (\S+): (.*)", re.DOTALL)


def log_statements(on):
    change = "SET log_statement = 'all'" if on else "RESET log_statement"
    stack.superuser(f"ALTER SYSTEM {change}")
    stack.superuser("SELECT pg_reload_conf()")


def executed(log):
    """The statements of a piece of PostgreSQL's log, in order; further lines begin with a tab."""
    entries = log.replace("\n\t", " ").splitlines()
    found = [EXECUTED.match(entry) for entry in entries]
    return [match.group(2) for match in found if match]


def taken_from(request):
    """Sends a request to Purser and returns the statements it ran."""
    path = stack.HOME / "log/postgresql.log"
    for _ in range(50):  # backends learn of log_statement a moment later
        before = path.stat().st_size
        gate.ask(request)
        time.sleep(0.1)
        with path.open() as log:
            log.seek(before)
            found = executed(log.read())
        if found and "authenticate(" in found[0]:
            return found
    raise stack.Failed("PostgreSQL did not log what Purser sent")


def capture(requests):
    """requests: a urllib Request for each workload. Returns the statements of each."""
    log_statements(True)
    try:
        return {name: taken_from(request) for name, request in requests.items()}
    finally:
        log_statements(False)


def for_peers(captured):
    """The same, with two differences. Lines come as JSON, for no client library reads arrays of
    records; and a list's total is there in two ways: ours, and count(*) as their users write it."""
    def lines_as_json(match):
        columns = match.group(1).split(", ")
        pairs = (f"'{column.split('.')[-1]}', {column}" for column in columns)
        return f"json_agg(json_build_object({', '.join(pairs)})"

    def only(workload, word):
        found = [sql for sql in captured[workload] if word in sql]
        if len(found) != 1:
            raise stack.Failed(f"{workload}: {len(found)} statements have '{word}'")
        return found[0]

    rows = only("list", "FROM products")
    return {
        "authenticate": captured["get"][0],
        "get": only("get", "FROM products"),
        "list": rows,
        "kept_total": only("list", "FROM tenant_counts"),
        "count": "SELECT count(*) AS n " + re.search("FROM products .*(?= ORDER BY)", rows).group(),
        "stay": only("create", "pg_advisory_xact_lock_shared"),
        "place": re.sub(r"array_agg\(ROW\(([^)]*)\)", lines_as_json,
                        only("create", "INSERT INTO orders")),
        "record": only("create", "INSERT INTO events"),
        "touch": "SELECT touch_session($1, $2)",
    }


def write(statements, folder):
    """For each peer in its own language."""
    (folder / "statements.json").write_text(json.dumps(statements, indent="\t"))
    php = "".join(f"\t'{name}' => <<<'SQL'\n{sql}\nSQL,\n" for name, sql in statements.items())
    (folder / "statements.php").write_text(f"<?php\nreturn [\n{php}];\n")
