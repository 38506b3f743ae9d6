"""report: RESULTS.md out of the figures."""
import datetime
import itertools
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

import contenders
import stack
import workloads

QUIET = 0.1  # cores that others may use
NOISY = "\n**The machine was not quiet: measure again before you believe any of this.**"
GOALS = {("get", "php"): 4, ("get", "fastify"): 3}
LABELS = {c.name: c.label for c in (contenders.Purser, contenders.Php, contenders.Fastify,
                                    contenders.Pgbench)}


# ---- what was measured on, and with

def said(pattern, *command):
    """What of a command's words fits the pattern first."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    found = re.search(pattern, done.stdout)
    return found.group() if found else "?"


def versions():
    def number(*command):
        return said(r"\d+\.\d+[.\d]*", *command)

    lock = json.loads((contenders.BENCH / "peers/fastify/package-lock.json").read_text())
    lock = lock["packages"]
    return {
        "Purser": said(r"\b[0-9a-f]{7,}\b",
                       "git", "-C", str(stack.ROOT), "log", "-1", "--format=%h"),
        "PostgreSQL": number(str(stack.PG_BIN / "postgres"), "--version"),
        "nginx": number("/usr/sbin/nginx", "-v"),
        "PHP": number("/usr/sbin/php-fpm8.2", "-v"),
        "Node": number("/usr/bin/node", "--version"),
        "Fastify": lock["node_modules/fastify"]["version"],
        "pg": lock["node_modules/pg"]["version"],
        "wrk": number("wrk", "-v"),
    }


def wakeup(cores):
    """Microseconds to wake a process that sleeps: a byte goes to and fro between two of them, each
    on one of the cores given. Where cores are virtual, waking another one may cost much."""
    rounds, home = 3000, os.sched_getaffinity(0)
    there, back = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {cores[1]})
        for _ in range(rounds):
            os.write(back[1], os.read(there[0], 1))
        os._exit(0)
    os.sched_setaffinity(0, {cores[0]})
    began = time.monotonic()
    for _ in range(rounds):
        os.write(there[1], b"x")
        os.read(back[0], 1)
    took = time.monotonic() - began
    os.waitpid(child, 0)
    os.sched_setaffinity(0, home)
    for end in (*there, *back):
        os.close(end)
    return took / rounds / 2 * 1e6


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    cores = len(re.findall(r"^processor", pathlib.Path("/proc/cpuinfo").read_text(), re.M))
    allowed = sorted(os.sched_getaffinity(0))
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": cores,
            "memory_gib": round(int(memory.group(1)) / 1024 / 1024), "kernel": platform.release(),
            "wakeup_same": wakeup((allowed[0], allowed[0])),
            "wakeup_other": wakeup((allowed[0], allowed[-1]))}


def collect(bench):
    """Everything, as it goes into the raw file."""
    options = bench.options
    return {"date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions(),
            "scheme": bench.scheme, "rounds": options.rounds, "seconds": options.seconds,
            "connections": options.connections, "php_pool": bench.pool,
            "workloads": [w.name for w in bench.workloads], "runs": bench.rows,
            "fairness": bench.fairness, "memory": bench.memory, "statements": bench.captured}


# ---- medians

def median_rows(runs):
    """One row for each contender and variant of each workload, from all its rounds."""
    def key(run):
        return run["workload"], run["connections"], run["contender"], run["variant"]

    rows = {}
    for k, group in itertools.groupby(sorted(runs, key=key), key):
        group = list(group)
        rates = [run["rate"] for run in group]
        row = {name: statistics.median(run[name] for run in group)
               for name in ("rate", "p50", "p99")}
        row["errors"] = sum(run["errors"] for run in group)
        row["spread"] = (max(rates) - min(rates)) / 2 / row["rate"]
        row["cpu"] = {  # microseconds a request
            name: statistics.median(run["cpu"][name] / run["requests"] * 1e6 for run in group)
            for name in group[0]["cpu"]}
        rows[k] = row
    return rows


def of_workload(rows, workload, connections):
    """The rows of one table, in the contenders' order."""
    found = {k[2:]: row for k, row in rows.items() if k[:2] == (workload, connections)}
    return sorted(found.items(), key=lambda item: (list(LABELS).index(item[0][0]), item[0][1]))


# ---- tables

def table(head, lines):
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *lines))


def label(contender, variant, workload, connections):
    most = next(w.pgbench_most for w in workloads.WORKLOADS if w.name == workload)
    if contender == "pgbench" and most < connections:
        variant = f"{most} connections"
    return LABELS[contender] + (f", {variant}" if variant else "")


def rate_table(rows, workload, connections):
    entries = of_workload(rows, workload, connections)
    ours = dict(entries)[("purser", "")]
    lines = []
    for (contender, variant), row in entries:
        line = [label(contender, variant, workload, connections)]
        if row["errors"]:
            lines.append(line + [f"invalid: {row['errors']} errors"] + [""] * 8)
            continue
        known = contender != "purser" and not ours["errors"]
        line += [f"{row['rate']:,.0f}", f"{ours['rate'] / row['rate']:.2f}" if known else "",
                 f"{row['p50'] / 1000:.2f}", f"{row['p99'] / 1000:.2f}"]
        line += [f"{row['cpu'][group]:.0f}" if row["cpu"][group] else ""
                 for group in ("nginx", "program", "postgres", "load")]
        lines.append(line + [f"±{row['spread'] * 100:.0f} %"])
    return table(["", "req/s", "Purser is × this", "p50 ms", "p99 ms", "nginx µs", "program µs",
                  "PostgreSQL µs", "load µs", "spread"], lines)


def fairness_table(fairness):
    lines = []
    for f in fairness:
        lines.append([f"{f['workload']}, c={f['connections']}", LABELS[f["contender"]],
                      f"{f['least']:,}", f"{f['most']:,}",
                      f"{f['most'] / f['least']:.2f}" if f["least"] else "starved",
                      str(f["errors"])])
    return table(["", "contender", "least", "most", "most / least", "errors"], lines)


def memory_table(memory):
    lines = [[LABELS.get(m["contender"], m["contender"]), str(m["processes"]),
              f"{m['pss'] / 1024:.1f}", f"{m['rss'] / 1024:.1f}",
              str(m.get("database_connections", ""))] for m in memory]
    return table(["", "processes", "PSS of all, MiB", "RSS of each, MiB", "database connections"],
                 lines)


# ---- goals

def why_not(ours, theirs, goal):
    """Where a request's time goes, and what would have to go for the goal to be met."""
    def shares(cpu):
        return (f"{sum(cpu.values()):.0f} µs (nginx {cpu['nginx']:.0f}, program "
                f"{cpu['program']:.0f}, PostgreSQL {cpu['postgres']:.0f}, load {cpu['load']:.0f})")

    mine, other = ours["cpu"], theirs["cpu"]
    whole, bar = sum(mine.values()), sum(other.values())
    free = {name: bar / (whole - mine[name]) for name in ("nginx", "program", "postgres")}
    return (f"The cores are busy, so it is CPU time that counts: a request costs {shares(mine)} "
            f"with Purser and {shares(other)} with the peer, and may cost {bar / goal:.0f} µs. "
            f"Were nginx free, the ratio would be {free['nginx']:.1f}; Purser's program, "
            f"{free['program']:.1f}; PostgreSQL, {free['postgres']:.1f}.")


def goals(rows, connections):
    lines = []
    for (workload, peer), goal in GOALS.items():
        found = dict(of_workload(rows, workload, connections))
        if ("purser", "") not in found:
            continue
        ours, theirs = found[("purser", "")], found[(peer, "")]
        ratio = ours["rate"] / theirs["rate"]
        met = ratio >= goal and not ours["errors"] and not theirs["errors"]
        lines.append(f"- {workload.upper()}, at least {goal} × {LABELS[peer]}: **{ratio:.2f} ×, "
                     f"{'met' if met else 'missed'}**" +
                     ("" if met else f". {why_not(ours, theirs, goal)}"))
    return "\n".join(lines) + "\n" if lines else ""


# ---- the whole

def put_section(text):
    """Puts a part into RESULTS.md, in place of the one with its title: each benchmark writes its
    own, and leaves the others'."""
    file = contenders.BENCH / "RESULTS.md"
    parts = re.split(r"^(?=# )", file.read_text() if file.exists() else "", flags=re.M)
    title, text = text.splitlines()[0], text.strip() + "\n"
    at = [i for i, part in enumerate(parts) if part.startswith(title + "\n")]
    if at:
        parts[at[0]] = text
    else:
        parts.append(text)
    file.write_text("\n".join(part.strip() + "\n" for part in parts if part.strip()))


INTRO = """# Purser beside what one would pick instead

Written by `./dev bench` on {date}: the figures of one machine on one day. Ratios are what counts.

{cores} cores of {cpu}, {memory_gib} GiB, Linux {kernel}; {versions}.
Waking a process takes {wakeup_same:.0f} µs on the same core and {wakeup_other:.0f} µs on another.
{rounds} rounds of {seconds} s for each row, interleaved; medians. The load runs on the same cores,
and so did others, on {others:.1f} cores in the median, {others_most:.1f} at most.{noisy}

**What is equal:** the data ({tenants} tenants of 1,000 products); the SQL, taken from PostgreSQL's
log of what Purser sends; in each request a login by bearer token, forced row-level security as a
plain role, and durable commits; nginx with its log, limits and headers; the bytes of the requests.
The answers were compared before, and the orders counted in the database after. {scheme}

**What differs** is how one writes each. Purser sends the statements of a request in one round
trip; the peers send BEGIN, the statements and COMMIT one after another: PHP from {php_size}
processes (the best of {php_sizes}) with persistent connections and opcache, Fastify from 2 workers
with a pool and prepared statements. Purser writes a log line for each request, the peers none.
pgbench runs Purser's statements pipelined and without HTTP: the limit of this machine.

"""
SCHEMES = {
    "http": "All\nspeak plain HTTP: TLS would cost nginx and the load the same for each, and on "
            "these shared\ncores only hide a part of the differences (`--tls` measures it).",
    "https": "All speak TLS.",
}


def write(results):
    """Returns RESULTS.md's text."""
    rows = median_rows(results["runs"])
    pool = results["php_pool"]
    others = [run["others"] for run in results["runs"]]
    out = INTRO.format(
        others=statistics.median(others), others_most=max(others),
        noisy=NOISY if statistics.median(others) > QUIET else "",
        **results["machine"], date=results["date"], rounds=results["rounds"],
        seconds=results["seconds"], scheme=SCHEMES[results["scheme"]], tenants=workloads.TENANTS,
        php_size=pool["size"],
        php_sizes=", ".join(str(size) for size in pool["rates"]),
        versions=", ".join(f"{name} {v}" for name, v in results["versions"].items()))
    if "get" in results["workloads"]:
        out += "## Goals\n\n" + goals(rows, results["connections"][0]) + "\n"
    for workload in workloads.WORKLOADS:
        if workload.name not in results["workloads"]:
            continue
        out += f"## {workload.title}\n\n"
        for connections in results["connections"]:
            out += f"{connections} connections; µs are CPU time of all cores for one request.\n\n"
            out += rate_table(rows, workload.name, connections) + "\n"
    if results["fairness"]:
        out += ("## Fairness: answers for each connection\n\nA short run of its own.\n\n"
                + fairness_table(results["fairness"]) + "\n")
    out += "## Memory, after all of the above\n\n" + memory_table(results["memory"])
    return out
