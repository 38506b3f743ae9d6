"""lists: what lists and searches of a business with a million orders cost, beside one of a thousand.

One client over TLS asks one thing after another, so these are latencies, not rates. Every figure is
of answers that were looked at: status, number of rows, total."""
import http.client
import itertools
import json
import os
import re
import ssl
import statistics
import subprocess
import time
import urllib.parse

import crowd
import data
import load
import report
import stack
import workloads

FEW = 1000
TITLE = "# Lists and searches of a million orders"
PLAN = re.compile(r" *(->|Buffers:|Index Cond:|Filter:|Recheck Cond:|Sort Key:|Presorted Key:)|"
                  r".*\(actual ")
NOISY = 2  # runnable processes, two of which are what is measured
WALK = 200  # every how many orders make one more page of 100 that leads to what is deep

# What is listed; how many there are of it is not asked of the database but kept, or is a cursor's.
LISTS = {
    "all": "?sort=pickup_date",
    "all, latest first": "?sort=-pickup_date",
    "completed": "?sort=pickup_date&status=completed",
    "pending": "?sort=pickup_date&status=pending",
    "pending or approved": "?sort=pickup_date&status[in]=pending,approved",
    "two orders": "?sort=-pickup_date,customer_name",
    "a range": "?sort=pickup_date&pickup_date[gte]={soon}",
    "of a client": "?sort=-created_at&client_id={client}",
}
DEEP = {"all": "?sort=pickup_date", "completed": "?sort=pickup_date&status=completed"}

# What people type; {n} is a number that differs from one time to the next.
SEARCHES = {
    "a beginning": ["schr", "wolfho", "anna stein", "fisch", "zimmeyer"],
    "misspelt": ["stienmann", "anna vgotberger", "schnieler", "wlofmann", "krau"],
    "without its accents": ["mullers", "jorg kohausen", "zoe schrodler", "lukasz", "koner"],
    "a common word": ["anna", "ben", "paul", "an", "emma"],
    "two common words": ["anna mül", "ben karl", "zoë stein", "mia berg", "paul vogt"],
    "what isn't there": ["qqqwx", "anna qqqwx", "zzyzx", "wqxj bqzk", "xylophon"],
    "a number": ["{n}", "{n}7", "{n}1", "{n}9", "{n}3"],
    "an address": ["client{n}@example.com", "anna.vogtler", "ben.karlmanns1", "maja.hof", "nora."],
    "a phone number": ["+49 30 1{n}", "030 1{n}", "49 30 12{n}", "301{n}", "4930 17{n}"],
}


class Shop:
    """One that asks for a business, over a connection that stays."""

    def __init__(self, tenant):
        self.tenant = tenant
        context = ssl._create_unverified_context()  # the private stack's certificate
        self.connection = http.client.HTTPSConnection("localhost", stack.PORT, context=context)

    def get(self, path):
        """Returns the answer and the milliseconds it took."""
        began = time.perf_counter()
        self.connection.request("GET", "/api/v1" + path, headers={
            "Authorization": "Bearer " + self.tenant["token"]})
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise stack.Failed(f"{path}: {answer.status} {body[:300]}")
        return json.loads(body), took

    def deep(self, path, pages):
        """The path of what is behind so many pages of 100."""
        cursor = ""
        for _ in range(pages):
            answer, _ = self.get(f"/orders{path}&perPage=100&fields=id&cursor={cursor}")
            cursor = answer["nextCursor"]
        return f"/orders{path}&cursor={cursor}"


def percentiles(times):
    times = sorted(times)
    return times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]


def encoded(path):
    return urllib.parse.quote(path, safe="/?&=[],:.-_")


def prepare(orders):
    stack.up()
    print(f"data: {FEW:,} orders, and {orders:,}", flush=True)
    small, big = crowd.make(1, FEW), crowd.make(2, orders)
    many = [data.make_tenant(3 + i) for i in range(workloads.TENANTS)]
    print("vacuum, analyze, checkpoint", flush=True)
    stack.superuser("VACUUM (ANALYZE)", 1800)
    stack.superuser("CHECKPOINT", 600)
    return small, big, many


# ---- lists

def measure_lists(small, big, options):
    rows, times = [], options.times
    for kind, name, paths in [*first_pages(small, big), *deep_pages(small, big, options.orders)]:
        took = {shop: [] for shop in paths}
        for number in range(times + 10):
            for shop, path in paths.items():
                answer, ms = shop.get(path)
                if number >= 10:  # the first ones warm up
                    took[shop].append(ms)
        least, most = (percentiles(took[shop]) for shop in (small, big))
        rows.append({"what": f"{kind}, {name}", "small": least, "big": most,
                     "total": answer.get("total"), "rows": len(answer["data"])})
        print(f"  {kind}, {name}: p50 {least[0]:.2f} and {most[0]:.2f} ms", flush=True)
    return rows


def values_of(shop):
    """What the paths of LISTS leave open, for this business."""
    answer, _ = shop.get("/orders?sort=-created_at&perPage=100&fields=client_id,pickup_date")
    return {"soon": answer["data"][50]["pickup_date"], "client": answer["data"][0]["client_id"]}


def first_pages(small, big):
    for name, path in LISTS.items():
        yield "page 1", name, {shop: "/orders" + encoded(path.format(**values_of(shop)))
                               for shop in (small, big)}


def deep_pages(small, big, orders):
    for name, path in DEEP.items():
        yield "deep, by cursor", name, {small: small.deep(path, FEW // WALK),
                                        big: big.deep(path, min(1000, orders // WALK))}


# ---- searches

def measure_searches(shop, times):
    rows, everything = [], {"/orders": [], "/clients": [], "/search": []}
    numbers = itertools.count(4711, 37)
    for kind, words in SEARCHES.items():
        for path, all_of_it in everything.items():
            took, found = [], 0
            for number in range(times):
                q = words[number % len(words)].format(n=next(numbers))
                answer, ms = shop.get(f"{path}?q={urllib.parse.quote(q)}")
                took.append(ms)
                found += answer["total"] > 0
            all_of_it += took
            rows.append({"what": kind, "path": path, "times": percentiles(took),
                         "found": found / times})
        print(f"  {kind}: " + ", ".join(f"{row['path']} p50 {row['times'][0]:.1f} p99 "
                                        f"{row['times'][1]:.1f} ms" for row in rows[-3:]),
              flush=True)
    return rows + [{"what": "**all of these**", "path": path, "times": percentiles(took),
                    "found": None} for path, took in everything.items()]


# ---- writes

def measure_creates(tenants, seconds):
    """Orders of 3 lines by 16 writers: all in one business, and each in its own."""
    rates, folder = {}, stack.HOME / "load"
    folder.mkdir(exist_ok=True)
    for workload in workloads.WORKLOADS:
        if workload.creates:
            requests = workloads.requests_of(workload, tenants, "")
            workloads.write_http(requests, folder / "requests")
            run = [load.wrk(f"https://localhost:{stack.PORT}", folder / "requests", 16, seconds)
                   for _ in range(3)]
            if any(one["errors"] for one in run):
                raise stack.Failed(f"{workload.title}: {run}")
            rates[workload.tenants] = sorted(
                (one["requests"] / one["seconds"], one["p50"], one["p99"]) for one in run)[1]
            print(f"  {workload.title}: {rates[workload.tenants][0]:,.0f}/s", flush=True)
    return rates


# ---- plans

# As lib/list makes them, but for columns that don't matter here.
COLUMNS = "id, number, status, customer_name, pickup_date, total"
PLANS = {
    "page 1 of all": f"SELECT {COLUMNS} FROM orders o WHERE o.tenant_id = $1"
                     " ORDER BY pickup_date, id LIMIT 20 OFFSET 0",
    "page 1 by status": f"SELECT {COLUMNS} FROM orders o WHERE o.tenant_id = $1"
                        " AND status = 'completed' ORDER BY pickup_date, id LIMIT 20 OFFSET 0",
    "the total": "SELECT coalesce(sum(n), 0)::bigint AS n FROM tenant_counts"
                 " WHERE tenant_id = $1 AND resource = 'orders' AND status = ANY('{completed}')",
    "deep, by cursor": f"SELECT {COLUMNS} FROM orders o WHERE o.tenant_id = $1 AND"
                       " (pickup_date, id) > ((SELECT pickup_date FROM orders WHERE tenant_id = $1"
                       " AND number = HALF), $1) ORDER BY pickup_date, id LIMIT 21",
    "two orders": f"SELECT {COLUMNS} FROM orders o WHERE o.tenant_id = $1"
                  " ORDER BY pickup_date DESC, customer_name DESC, id DESC LIMIT 20",
    "q=, a rare word": f"SELECT {COLUMNS} FROM orders o, search_orders($1, 'vogtbergerski', 500)"
                       " WHERE o.tenant_id = $1 AND id = found_id"
                       " ORDER BY found_rank DESC, id DESC LIMIT 20",
    "q=, a common word": f"SELECT {COLUMNS} FROM orders o, search_orders($1, 'anna', 500)"
                         " WHERE o.tenant_id = $1 AND id = found_id"
                         " ORDER BY found_rank DESC, id DESC LIMIT 20",
    "q=, misspelt": f"SELECT {COLUMNS} FROM orders o, search_orders($1, 'stienmann', 500)"
                    " WHERE o.tenant_id = $1 AND id = found_id"
                    " ORDER BY found_rank DESC, id DESC LIMIT 20",
}


def explain(tenant, orders):
    """Plans as the program's role has them, those inside of functions too."""
    plans = {}
    for name, sql in PLANS.items():
        script = f"""LOAD 'auto_explain';
            SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on;
            SET auto_explain.log_buffers = on; SET auto_explain.log_nested_statements = on;
            SET auto_explain.log_timing = off; SET auto_explain.log_level = notice;
            SET search_path = purser; SET ROLE purser_orders;
            SET client_min_messages = warning;
            SELECT set_config('app.current_tenant', '{tenant}', false);
            PREPARE asked(uuid) AS {sql.replace("HALF", str(orders // 2))};
            EXECUTE asked('{tenant}');
            SET client_min_messages = notice;
            EXECUTE asked('{tenant}');"""
        done = subprocess.run(stack.psql_command("postgres"), input=script, text=True,
                              cwd=stack.HOME, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              check=False)
        plans[name] = readable(done.stderr)
    return plans


def readable(said):
    """Of all plans those that touched a table, each with what it took."""
    kept = []
    for plan in re.split(r"^.*NOTICE:  duration: ", said, flags=re.M)[1:]:
        took, *lines = plan.splitlines()
        text = "\n".join(line[:120] for line in lines if PLAN.match(line))
        if " on orders" in text or "tenant_counts" in text:
            kept.append(f"{took.split(' ms')[0]} ms\n{text}")
    return "\n\n".join(dict.fromkeys(kept))


# ---- the whole

HEAD = """{title}

Written by `./dev bench lists` on {date}. {cores} cores of {cpu}, {memory_gib} GiB, Linux {kernel};
{versions}. Milliseconds as one client over TLS sees them, {times} answers each; a shop of
{few:,} orders beside one of {orders:,}, with {clients:,} clients and 1,000 products.
The load average was {load:.1f} at the end of them.{noisy}

## Goals

"""


def write(results, options):
    worst = max(row["big"][0] / row["small"][0] for row in results["lists"][:4] + [
        row for row in results["lists"] if row["what"].startswith("deep")])
    slowest = max(row["times"][1] for row in results["searches"] if row["found"] is None)
    versions = {name: v for name, v in report.versions().items()
                if name in ("Purser", "PostgreSQL", "nginx", "wrk")}
    out = HEAD.format(title=TITLE, date=time.strftime("%Y-%m-%d"), times=options.times, few=FEW,
                      orders=options.orders, clients=options.orders // 10,
                      versions=", ".join(f"{name} {v}" for name, v in versions.items()),
                      load=results["load"], noisy=report.NOISY if results["load"] > NOISY else "",
                      **report.machine())
    out += (f"- A page costs the big shop at most 2 × what it costs the small: **{worst:.2f} ×, "
            f"{'met' if worst <= 2 else 'missed'}** (page 1 of all and by status, and by cursor)\n"
            f"- 99 of 100 searches take less than 50 ms: **{slowest:.1f} ms, "
            f"{'met' if slowest < 50 else 'missed'}**\n\n## Lists\n\n")
    out += report.table(["", "p50 small", "p50 big", "ratio", "p99 small", "p99 big", "total"], [
        [row["what"], f"{row['small'][0]:.2f}", f"{row['big'][0]:.2f}",
         f"{row['big'][0] / row['small'][0]:.2f}", f"{row['small'][1]:.2f}",
         f"{row['big'][1]:.2f}", f"{row['total']:,}" if row["total"] is not None else ""]
        for row in results["lists"]])
    out += "\n## Searches in the big shop\n\n" + report.table(
        ["", "", "p50", "p99", "found something"],
        [[row["what"], row["path"], f"{row['times'][0]:.1f}", f"{row['times'][1]:.1f}",
          f"{row['found'] * 100:.0f} %" if row["found"] is not None else ""]
         for row in results["searches"]])
    one, many = results["creates"][1], results["creates"][workloads.TENANTS]
    out += "\n## 16 writers, orders of 3 lines, durable\n\n" + report.table(
        ["", "orders per second", "p50 ms", "p99 ms"],
        [[what, f"{rate:,.0f}", f"{p50 / 1000:.1f}", f"{p99 / 1000:.1f}"]
         for what, (rate, p50, p99) in (("in one business", one), ("in 16", many))])
    out += "\n## Plans, in the big shop, as the program's role\n"
    for name, plan in results["plans"].items():
        out += f"\n{name}:\n\n```\n{plan}\n```\n"
    return out


def measure(small, big, many, options):
    shops = Shop(small), Shop(big)
    results = {"lists": measure_lists(*shops, options),
               "searches": measure_searches(shops[1], options.times),
               "load": os.getloadavg()[0]}
    return results | {"plans": explain(big["id"], options.orders),
                      "creates": measure_creates(many, options.seconds)}


def main(options):
    text = write(measure(*prepare(options.orders), options), options)
    if not options.draft:
        report.put_section(text)
    print("\n" + text)
    return 0
