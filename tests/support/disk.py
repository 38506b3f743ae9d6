"""disk: a small file system of our own, which can be full without harm to anybody else."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from support.sizes import PATIENCE

# In a mount namespace, so that nobody else sees it and it is gone with its last process. It lasts
# as long as somebody holds the other end of its standard input.
MOUNT = 'mount -t tmpfs -o "size=$2,mode=1777" purser "$1" && echo $$ && exec cat >/dev/null'

SHARED_MEMORY = "/dev/shm"
SMALL = 256 << 20


class SmallDisk:
    """with SmallDisk(stack, megabytes) as disk: disk.path is its folder, for those alone who are
    started by disk.enter + [command...]; they run as the servers' user."""

    def __init__(self, stack, megabytes):
        self.user, self.size = pwd.getpwnam(stack.user), megabytes << 20

    def __enter__(self):
        said = []
        for unshare, enter in self._ways():
            if self._mount(unshare, enter, said):
                return self
        # Where nobody may mount, as in most containers, there is a small one already.
        assert shutil.disk_usage(SHARED_MEMORY).total <= SMALL, f"nobody here may mount: {said}"
        self.enter, self._keeper = [], None
        if os.getuid() == 0:
            self.enter = self._drop()
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="purser-disk-", dir=SHARED_MEMORY))
        os.chown(self.path, self.user.pw_uid, self.user.pw_gid)
        return self

    def _mount(self, unshare, enter, said):
        path = tempfile.mkdtemp(prefix="purser-disk-", dir="/tmp")
        os.chmod(path, 0o755)
        self._keeper = subprocess.Popen(
            [*unshare, "/bin/sh", "-c", MOUNT, "sh", path, str(self.size)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pid = self._keeper.stdout.readline().strip()
        if not pid:
            said.append(self._keeper.communicate()[1])
            os.rmdir(path)
            return False
        self.path = pathlib.Path(path)
        self.enter = [word.replace("PID", pid) for word in enter]
        return True

    def _ways(self):
        """(what makes the namespace, what enters it as the servers' user), best first. An
        unprivileged user mounts as the root of a user namespace, and is himself in one within."""
        enter = ["nsenter", "--mount", "--target=PID", "--"]
        if os.getuid() == 0:
            yield ["unshare", "--mount"], [*enter, *self._drop()]
            return
        yield (["unshare", "--map-root-user", "--mount"],
               ["nsenter", "--user", "--preserve-credentials", *enter[1:], "unshare",
                f"--map-user={self.user.pw_uid}", f"--map-group={self.user.pw_gid}", "--"])
        if shutil.which("sudo"):
            yield ["sudo", "-n", "unshare", "--mount"], ["sudo", "-n", *enter, *self._drop()]

    def _drop(self):
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
                "--clear-groups", "--inh-caps=-all", "--"]

    def run(self, *command):
        """Runs a command on it; returns what subprocess.run() does."""
        return subprocess.run([*self.enter, *map(str, command)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE, cwd="/")

    def start(self, command, env, **kw):
        """Starts a command on it; returns what subprocess.Popen() does."""
        words = [f"{name}={value}" for name, value in env.items()]  # sudo would drop them
        return subprocess.Popen([*self.enter, "env", "-i", *words, *map(str, command)], cwd="/", **kw)

    def fill(self):
        """Until not a byte more can be written."""
        done = self.run("dd", "if=/dev/zero", f"of={self.path}/ballast", "bs=4k", "oflag=append",
                        "conv=notrunc")
        assert "No space left on device" in done.stderr, done

    def empty(self):
        """Takes away what fill() put there."""
        assert self.run("rm", self.path / "ballast").returncode == 0

    def __exit__(self, *_):
        if self._keeper:
            self._keeper.communicate()
        shutil.rmtree(self.path)
