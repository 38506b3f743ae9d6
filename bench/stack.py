"""stack: the private Purser that is measured. ./dev makes and ends it; nothing else runs in it."""
import os
import pathlib
import pwd
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
VAR = pathlib.Path(os.environ.get("PURSER_VAR", ROOT / "var")).resolve()
HOME = VAR / "bench"
RUN = HOME / "run"
PORT = int(os.environ.get("PURSER_PORT", "8443")) + 300
DATABASE = "purser"
PG_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")

# As ./dev does: as root everything runs as www-data; and nothing outlives the harness.
RUN_USER = "www-data" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
RUN_AS = ["setpriv", "--pdeathsig=TERM"]
if os.geteuid() == 0:
    RUN_AS += ["--reuid=www-data", "--regid=www-data", "--init-groups", "--inh-caps=-all",
               "--no-new-privs"]
RUN_AS += ["--"]


class Failed(Exception):
    """What went wrong, in words for whoever runs the benchmark."""


def dev(*command):
    """Runs ./dev on the private stack; what it says goes to our own output, indented."""
    env = os.environ | {"PURSER_VAR": str(HOME), "PURSER_PORT": str(PORT)}
    env.pop("PURSER_CONFIGURE", None)
    with subprocess.Popen([ROOT / "dev", *command], env=env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for line in process.stdout:
            print("  " + line, end="", flush=True)
    if process.returncode != 0:
        raise Failed(f"./dev {' '.join(command)} failed in the private stack")


def up():
    """Starts the stack with fresh data, so that every run begins with the same."""
    if (HOME / "lock").exists():
        dev("clean", "data")
    dev("up")


def down():
    dev("down")


def own(path, mode=0o600):
    """Gives a file to the servers' user."""
    path.chmod(mode)
    if os.geteuid() == 0:
        user = pwd.getpwnam(RUN_USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def psql_command(role):
    return RUN_AS + [str(word) for word in (
        PG_BIN / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", RUN,
        "-U", role, "-d", DATABASE)]


def psql(role, text, passfile=None, seconds=300):
    """Runs SQL and returns its rows, each a list of texts."""
    env = os.environ | ({"PGPASSFILE": str(passfile)} if passfile else {})
    done = subprocess.run(psql_command(role), input=text, text=True, env=env, cwd=HOME,
                          capture_output=True, timeout=seconds)
    if done.returncode != 0:
        raise Failed(f"psql as {role}: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def superuser(text, seconds=300):
    return psql("postgres", text, seconds=seconds)


def admin(text):
    """As the schema's administrator, who sees all tenants."""
    return psql("purser_admin", "SET search_path = purser;\n" + text,
                HOME / "secrets/purser_admin.pgpass")


def admin_lines(text):
    """The same for what takes long: gives each line as soon as it is there."""
    script = HOME / "script.sql"
    script.write_text("SET search_path = purser;\n" + text)
    own(script)
    env = os.environ | {"PGPASSFILE": str(HOME / "secrets/purser_admin.pgpass")}
    with subprocess.Popen([*psql_command("purser_admin"), "-f", script], env=env, text=True,
                          cwd=HOME, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode != 0:
        raise Failed("psql as purser_admin: see above")


def children(pid):
    """The ids of a process's children, and of theirs."""
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid for child in map(int, found) for pid in (child, *children(child))]


def programs():
    """The processes of Purser's two programs that are measured."""
    found = []
    for name in ("products", "orders"):
        found += children((RUN / f"{name}.pid").read_text().strip())
    return found


def postgres():
    """The postmaster and all its processes."""
    postmaster = int((HOME / "database/postmaster.pid").read_text().split()[0])
    return [postmaster, *children(postmaster)]
