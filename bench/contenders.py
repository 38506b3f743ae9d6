"""contenders: what is measured: Purser, and the peers, each started and ended here by its id."""
import os
import re
import shutil
import socket
import subprocess
import time

import stack

BENCH = stack.ROOT / "bench"
PEERS = stack.HOME / "peers"  # copies, where the servers' user can read them
LOG = stack.HOME / "log"


class Server:
    """A program in the foreground, as the servers' user, its output in a log of its own."""

    def __init__(self, name, command, env=None):
        self.name = name
        file = LOG / f"bench-{name}.log"
        with file.open("a") as log:
            stack.own(file, 0o644)
            self.process = subprocess.Popen(
                stack.RUN_AS + [str(word) for word in command], cwd=stack.HOME, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env=os.environ | (env or {}))

    def pids(self):
        return [self.process.pid, *stack.children(self.process.pid)]

    def wait_until(self, ready):
        for _ in range(200):
            if ready():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.stop()
        raise stack.Failed(f"{self.name} does not start: see {LOG}/bench-{self.name}.log")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def accepts(address):
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    with socket.socket(family) as s:
        s.settimeout(1)
        return s.connect_ex(address if isinstance(address, tuple) else str(address)) == 0


def render(source, to, **values):
    """Copies a file with @NAME@ replaced."""
    text = source.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    to.write_text(text)


class Nginx:
    """Purser's nginx as ./dev has it, its ports moved, with a door for each contender."""

    PORTS = {"purser": stack.PORT + 2, "php": stack.PORT + 3, "fastify": stack.PORT + 4}

    def __init__(self, tls):
        folder = stack.HOME / "nginx"
        render(BENCH / "nginx.conf", folder / "bench-doors.conf", TLS="ssl" if tls else "",
               RUN=stack.RUN, NGINX=folder, PEERS=PEERS,
               **{f"{name.upper()}_PORT": port for name, port in self.PORTS.items()})
        own = (folder / "purser.conf").read_text()
        own = own.replace(f":{stack.PORT} ", f":{stack.PORT + 1} ")
        own = re.sub(r"(?m)^pid .*;$", f"pid {stack.RUN}/bench-nginx.pid;\ndaemon off;", own)
        own = re.sub(r"\}\s*$", f"\tinclude {folder}/bench-doors.conf;\n}}\n", own)
        (folder / "bench.conf").write_text(own)
        self.server = Server("nginx", ["/usr/sbin/nginx", "-p", folder, "-c", folder / "bench.conf",
                                       "-e", LOG / "nginx-error.log"])
        self.server.wait_until(lambda: accepts(("127.0.0.1", self.PORTS["purser"])))

    def pids(self):
        return self.server.pids()

    def stop(self):
        self.server.stop()


class Purser:
    """Runs already: ./dev has started it."""

    name, label = "purser", "Purser"
    connections_of = "usename IN ('purser_products', 'purser_orders')"

    def pids(self):
        return stack.programs()

    def stop(self):
        pass


class Php:
    name, label = "php", "PHP-FPM + PDO"
    connections_of = "application_name = 'bench-php'"

    def __init__(self, passfile, size):
        self.passfile, self.size, self.server = passfile, size, None
        (PEERS / "php").mkdir(parents=True, exist_ok=True)
        shutil.copy(BENCH / "peers/php/index.php", PEERS / "php")
        self.start()

    def start(self):
        path = stack.RUN / "bench-php.sock"
        dsn = (f"pgsql:host={stack.RUN};dbname={stack.DATABASE};passfile={self.passfile};"
               "application_name=bench-php")
        render(BENCH / "peers/php/fpm.conf", PEERS / "php/fpm.conf", LOG=LOG / "bench-php.log",
               SOCKET=path, SIZE=self.size, DSN=dsn, STATEMENTS=PEERS / "statements.php")
        self.server = Server("php", ["/usr/sbin/php-fpm8.2", "-y", PEERS / "php/fpm.conf"])
        self.server.wait_until(lambda: accepts(path))

    def resize(self, size):
        """Ends the pool and starts one of another size."""
        self.stop()
        self.size = size
        self.start()

    def pids(self):
        return self.server.pids()

    def stop(self):
        self.server.stop()


class Fastify:
    name, label = "fastify", "Fastify + pg"
    connections_of = "application_name = 'bench-fastify'"
    home = stack.VAR / "npm/fastify"  # where ./dev has installed what it needs

    def __init__(self, passfile):
        shutil.copy(BENCH / "peers/fastify/app.js", self.home)
        path = stack.RUN / "bench-fastify.sock"
        path.unlink(missing_ok=True)
        self.server = Server("fastify", ["/usr/bin/node", self.home / "app.js"], {
            "NODE_ENV": "production", "BENCH_SOCKET": str(path), "BENCH_HOST": str(stack.RUN),
            "BENCH_STATEMENTS": str(PEERS / "statements.json"), "PGPASSFILE": str(passfile)})
        self.server.wait_until(lambda: path.exists() and accepts(path))

    def pids(self):
        return self.server.pids()

    def stop(self):
        self.server.stop()


class Pgbench:
    """No server at all: the same statements, pipelined, straight into PostgreSQL."""

    name, label = "pgbench", "pgbench (limit)"

    def pids(self):
        return []

    def stop(self):
        pass
