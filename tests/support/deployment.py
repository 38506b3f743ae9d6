"""deployment: the operator's command, run on the stack or on a variant of it that is broken."""

import dataclasses
import pathlib
import re
import subprocess

from support.sizes import PATIENCE
from support.stack import ROOT


class Operator:
    """Runs `purser` as whoever runs the tests."""

    def __init__(self, stack):
        self.stack = stack
        self.file = stack.var / "install" / "bin" / "purser"
        self.schema = stack.var / "install" / "share" / "purser" / "sql"
        self.env = {"PATH": "/usr/lib/postgresql/15/bin:/usr/bin:/bin",
                    "PURSER_CONF": str(stack.conf), "PURSER_DB": stack.facts["PURSER_DB"]}

    def environment(self, env):
        """Ours, and what is given; None takes a variable away."""
        return {k: str(v) for k, v in {**self.env, **env}.items() if v is not None}

    def run(self, *arguments, user=None, **env):
        return subprocess.run([self.file, *arguments], env=self.environment(env), cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, user=user)

    def start(self, *arguments, **env):
        return subprocess.Popen([self.file, *arguments], env=self.environment(env), cwd="/",
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def doctor(self, *arguments, nginx=None, user=None, **env):
        nginx = nginx or self.stack.var / "nginx" / "purser.conf"
        return Diagnosis(self.run("doctor", "--nginx", str(nginx), *arguments, user=user, **env))

    def conninfo(self, database):
        """The administrator's, for another database of the cluster."""
        return self.env["PURSER_DB"].replace("/purser?", f"/{database}?")


@dataclasses.dataclass
class Line:
    kind: str
    check: str
    text: str
    mend: str = None


class Diagnosis:
    """What `purser doctor` says."""

    def __init__(self, done):
        self.status, self.out = done.returncode, done.stdout
        assert self.status in (0, 1, 2), done
        assert done.stderr == "", done.stderr
        self.lines = []
        for line in self.out.splitlines():
            words = re.fullmatch(r"(ok|warning|fault|skipped) +(\w+(?: \w+)?)  *(\S.*)", line)
            if line.startswith("    mend: "):
                self.lines[-1].mend = line.removeprefix("    mend: ")
            elif words:
                self.lines.append(Line(*words.groups()))
            else:
                assert re.fullmatch(r"faults: \d+, warnings: \d+", line), line
        found = {x.kind for x in self.lines}
        assert self.status == (2 if "fault" in found else 1 if "warning" in found else 0), self.out
        for x in self.lines:
            assert bool(x.mend) == (x.kind in ("warning", "fault")), self.out

    def of(self, kind):
        return [x for x in self.lines if x.kind == kind]

    def finding(self, kind, check, *words):
        """The only finding of that kind and check with all the words in its text or its mend."""
        found = [x for x in self.of(kind) if x.check == check and
                 all(w in f"{x.text}\n{x.mend}" for w in words)]
        assert len(found) == 1, f"{kind} {check} {words} in\n{self.out}"
        return found[0]

    def only(self, kind, check, *words):
        """The same, when it is the only finding at all."""
        assert len(self.of("fault") + self.of("warning")) == 1, self.out
        return self.finding(kind, check, *words)


class ScratchDatabase:
    """A database beside the stack's, made as for a new installation; its schema is yet to come."""

    def __init__(self, operator, name):
        self.operator, self.stack, self.name = operator, operator.stack, name
        self.conninfo = operator.conninfo(name)
        self.env = {"PURSER_DB": self.conninfo}

    def __enter__(self):
        self.drop()
        self.stack.superuser(f"\\set dbname {self.name}\n" +
                             (ROOT / "sql" / "bootstrap.sql").read_text())
        return self

    def __exit__(self, *_):
        self.drop()

    def drop(self):
        self.stack.superuser(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def sql(self, text):
        """As the superuser."""
        return self.stack.superuser(text, self.name)

    def migrate(self, *arguments, **env):
        return self.operator.run("migrate", *arguments, **self.env, **env)

    def deployed(self):
        """The changes it has, in their order."""
        if self.sql("SELECT to_regclass('sqitch.changes')") == "":
            return []
        return self.sql("SELECT change FROM sqitch.changes ORDER BY committed_at").splitlines()


class NginxCopy:
    """nginx's configuration, in a folder where it may be changed."""

    def __init__(self, stack, folder):
        self.folder = pathlib.Path(folder)
        self.original = stack.var / "nginx"
        for file in self.original.glob("*.*"):
            self.change(file.name, f"{self.original}/", f"{self.folder}/", file.read_text())
        self.conf = self.folder / "purser.conf"
        (self.folder / "tmp").mkdir()

    def change(self, name, old, new, text=None):
        """Replaces what must be there, but for a first copy."""
        first, text = text is not None, text or (self.folder / name).read_text()
        assert first or old in text, f"no {old} in {name}"
        (self.folder / name).write_text(text.replace(old, new))
