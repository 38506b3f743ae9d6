"""nginx: one beside the stack's, with its configuration, whose files lie on a small disk."""

import pathlib
import signal
import socket
import tempfile

from support.client import BROKEN, Client
from support.sizes import PATIENCE
from support.stack import wait_until


class OwnNginx:
    """with OwnNginx(stack, disk) as nginx: it passes on to the stack's programs. nginx.client is
    for whoever has no login."""

    def __init__(self, stack, disk):
        self.stack, self.disk = stack, disk

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="purser-nginx-", dir="/tmp")
        folder = pathlib.Path(self._folder.name)
        folder.chmod(0o755)
        port = free_port()
        for file in (self.stack.var / "nginx").glob("*.*"):
            (folder / file.name).write_text(self._moved(file.read_text(), folder, port))
        self.process = self.disk.start(
            ["/usr/sbin/nginx", "-p", self.disk.path, "-c", folder / "purser.conf",
             "-e", self.disk.path / "nginx-error.log", "-g", "daemon off;"], {})
        self.client = Client(f"https://localhost:{port}", self.stack.facts["PURSER_CACERT"])
        wait_until(self._answers, "nginx answers")
        return self

    def _moved(self, text, folder, port):
        var, old = self.stack.var, self.stack.url.rpartition(":")[2]
        for before, after in ((f"{var}/log/", f"{self.disk.path}/"),
                              (f"{var}/nginx/tmp/", f"{self.disk.path}/"),
                              (f"{var}/nginx/", f"{folder}/"),
                              (f"{self.stack.run}/nginx.pid", f"{self.disk.path}/nginx.pid"),
                              (f":{old} ", f":{port} ")):
            text = text.replace(before, after)
        return text

    def _answers(self):
        assert self.process.poll() is None, "nginx ended"
        try:
            return self.client.get("/livez").status == 200
        except BROKEN:
            return False

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)
        self._folder.cleanup()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]
