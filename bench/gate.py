"""gate: nothing is measured before all contenders give the same answers and the same guarantees."""
import json
import ssl
import time
import urllib.error
import urllib.request

import stack
import workloads

# What no two orders have in common.
OWN = ("id", "number", "created_at", "updated_at")


def ask(request):
    """Returns status and JSON. The certificate is the private stack's: nobody's to check here."""
    context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def comparable(answer):
    data = answer["data"] if isinstance(answer, dict) else None
    if isinstance(data, dict) and "number" in data:
        return {name: value for name, value in data.items() if name not in OWN}
    return answer


def expect(name, what, got, wanted):
    if got != wanted:
        raise stack.Failed(f"{name}: {what}: got {json.dumps(got)[:600]}\n"
                           f"    instead of {json.dumps(wanted)[:600]}")


def same_answers(bases, tenants):
    for workload in workloads.WORKLOADS:
        for i in (0, 5):
            wanted = None
            for name, base in bases.items():
                for variant, path in workload.variants.items():
                    if name == "purser":
                        path = workload.path
                    requests = workloads.requests_of(workload, tenants, path)
                    request = requests[min(i, len(requests) - 1)]
                    status, answer = ask(workloads.as_urllib(base, *request))
                    expect(name, f"{workload.name} {variant}: status", status,
                           201 if workload.creates else 200)
                    wanted = wanted or comparable(answer)
                    expect(name, f"{workload.name} {variant}", comparable(answer), wanted)


def same_refusals(bases, tenants):
    """Nobody, a wrong token, and somebody of another tenant see nothing."""
    path = f"/api/v1/products/{tenants[0]['products'][0]}"
    token = tenants[0]["token"]
    wrong = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for name, base in bases.items():
        for what, who, status in (("no token", None, 401), ("a wrong token", wrong, 401),
                                  ("another tenant", tenants[1]["token"], 404)):
            got, _ = ask(workloads.as_urllib(base, "GET", path, who, None))
            expect(name, what, got, status)


def same_guarantees():
    """Plain roles behind forced row-level security, and commits that wait for the disk."""
    rows = stack.superuser("""
        SELECT rolname FROM pg_roles
         WHERE rolname IN ('purser_bench', 'purser_products', 'purser_orders')
           AND (rolsuper OR rolbypassrls);
        SELECT relname FROM pg_class
         WHERE relname IN ('products', 'orders', 'order_lines', 'stock', 'events', 'sessions')
           AND relnamespace = 'purser'::regnamespace
           AND NOT (relrowsecurity AND relforcerowsecurity);
        SELECT name, setting FROM pg_settings
         WHERE name IN ('synchronous_commit', 'fsync') AND setting <> 'on';
        SELECT setrole::regrole, setconfig FROM pg_db_role_setting
         WHERE array_to_string(setconfig, ',') ~ 'synchronous_commit';""")
    expect("PostgreSQL", "roles, tables or settings that guarantee less", rows, [])


def check(bases, tenants):
    same_answers(bases, tenants)
    same_refusals(bases, tenants)
    same_guarantees()


def orders(tenants):
    """How many orders and events there are, once those under way are done: the tenants' own
    numbers, which have no gaps."""
    ids = ", ".join(f"'{tenant['id']}'" for tenant in tenants)
    sql = f"SELECT sum(order_number), sum(event_seq) FROM tenant_state WHERE tenant_id IN ({ids})"
    before = None
    while (there := stack.admin(sql)) != before:
        before = there
        time.sleep(0.1)
    return [int(n) for n in there[0]]
