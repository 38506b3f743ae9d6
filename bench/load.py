"""load: one measured run: what loads, how much came back, and what it cost whom."""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import time

import stack

TICKS = os.sysconf("SC_CLK_TCK")
HERE = pathlib.Path(__file__).parent


def cpu_seconds(pids):
    """What processes have used so far, with what their ended children used."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(ticks) for ticks in fields[11:15])
    return total / TICKS


def busy_seconds():
    """What all processes of the machine have used so far."""
    ticks = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / TICKS  # but idle, and waiting for disks


def own_children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(command, seconds, env=None):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          env=os.environ | (env or {}), timeout=seconds + 30)
    if done.returncode != 0:
        raise stack.Failed(f"{command[0]}: {(done.stderr.strip() or done.stdout.strip())[:1000]}")
    return done.stdout


def wrk(url, requests, connections, seconds):
    out = run(["wrk", "-t", min(2, connections), "-c", connections, "-d", f"{seconds}s",
               "--timeout", "5s", "-s", HERE / "wrk.lua", url, "--", requests], seconds)
    return json.loads(out.splitlines()[-1])


def pgbench(arguments, passfile, connections, seconds, folder):
    """Latencies are those of every tenth transaction; new ids begin with the time."""
    base = int(time.time() - 1.7e9) << 34
    for old in folder.glob("pgbench_log.*"):
        old.unlink()
    began = time.monotonic()
    out = run([stack.PG_BIN / "pgbench", "-n", "-M", "prepared", "-h", stack.RUN, "-U",
               "purser_bench", "-c", connections, "-j", min(2, connections), "-T", seconds, "-l",
               "--sampling-rate", "0.1", "--log-prefix", folder / "pgbench_log",
               "-D", f"base={base}", *arguments, stack.DATABASE], seconds,
              {"PGPASSFILE": str(passfile), "PGOPTIONS": "-c plan_cache_mode=force_generic_plan"
               " -c jit=off"})
    took = time.monotonic() - began
    time.sleep(0.3)  # until its backends have ended, so that their time counts as the postmaster's
    said = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    latencies = sorted(int(line.split()[2]) for file in folder.glob("pgbench_log.*")
                       for line in file.read_text().splitlines())
    requests = int(said["number of transactions actually processed"])
    failed = int(said["number of failed transactions"].split()[0])
    return {"requests": requests, "seconds": min(took, seconds), "errors": failed,
            "p50": latencies[len(latencies) // 2], "p99": latencies[len(latencies) * 99 // 100]}


def measure(loader, groups):
    """Runs a load; adds what each group of processes used, and what others did, in cores.
    groups: functions that give pids."""
    before = {name: cpu_seconds(pids()) for name, pids in groups.items()}
    load_before, all_before, began = own_children_seconds(), busy_seconds(), time.monotonic()
    result = loader()
    result["cpu"] = {name: cpu_seconds(pids()) - before[name] for name, pids in groups.items()}
    result["cpu"]["load"] = own_children_seconds() - load_before
    others = busy_seconds() - all_before - sum(result["cpu"].values())
    result["others"] = max(0, others) / (time.monotonic() - began)
    result["rate"] = result["requests"] / result["seconds"]
    return result


def fair(program, port, requests, connections, seconds):
    return json.loads(run([program, port, connections, seconds, requests], seconds))


def build_fair(to):
    run(["gcc", "-O2", "-o", to, HERE / "fair.c"], 60)
    return to


def memory(pids):
    """How many processes, and their memory in KiB: PSS, in which shared pages count once, of all,
    and RSS of each."""
    pss, rss = [], []
    for pid in pids:
        rollup = dict(line.split(":", 1) for line in
                      pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        pss.append(int(rollup["Pss"].split()[0]))
        rss.append(int(rollup["Rss"].split()[0]))
    return {"processes": len(pids), "pss": sum(pss), "rss": statistics.mean(rss)}
