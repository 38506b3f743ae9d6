"""unguarded: our programs as they would be, had nobody ever written a `tenant_id` predicate. What
they see of other tenants then, row-level security alone decides."""

import copy
import re
import subprocess

from support.stack import ROOT

# o.tenant_id = $1 becomes true, and goes on saying of what type $1 is; so do joins on it.
PREDICATE = re.compile(r"\b(?:\w+\.)?tenant_id = (?:(\$\d+)|\w+\.tenant_id)")
# Whatever else compares it, also over the end of a C string.
LEFT = re.compile(r'tenant_id["\s]*(?:=|<>|<|>|\bIN\b|\bIS\b|\bBETWEEN\b)|'
                  r'(?:=|<>)["\s]*(?:\w+\.)?tenant_id|USING *\([^)]*tenant_id')
OURS = ("lib", "handlers")  # where our SQL stands; the rest of the checkout is only linked to
ELSEWHERE = ("var", ".git")

BUILD = """
    set -euo pipefail; umask 022; export LC_ALL=C.UTF-8
    . "$1/dev.d/build.sh"; ROOT=$2/source; folder=$2; shift 2
    build_tree "$folder/build" "$@"
    make -C "$folder/build" --no-print-directory install-handlersPROGRAMS
"""


def without_predicates(text):
    """(text without them, how many there were)"""
    return PREDICATE.subn(lambda m: f"{m[1]}::uuid IS NOT NULL" if m[1] else "true", text)


def build_unguarded(stack):
    """Builds them below the stack's folder, as the stack is built. Returns (a stack whose programs
    they are, how many predicates were taken out)."""
    folder, taken = stack.var / "unguarded", 0
    source = folder / "source"
    source.mkdir(parents=True, exist_ok=True)
    for path in ROOT.iterdir():
        if path.name not in OURS + ELSEWHERE and not (source / path.name).is_symlink():
            (source / path.name).symlink_to(path)
    for path in sorted(p for room in OURS for p in (ROOT / room).glob("*.[ch]")):
        text, n = without_predicates(path.read_text())
        assert not LEFT.search(text), f"{path} still compares tenant_id: teach PREDICATE this"
        write(source / path.relative_to(ROOT), text)
        taken += n
    options = (stack.var / "build" / "options").read_text().split()
    options = [o for o in options if not o.startswith("--prefix=")]
    done = subprocess.run(["/bin/bash", "-c", BUILD, "unguarded", ROOT, folder,
                           f"--prefix={folder}/install", *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    unguarded = copy.copy(stack)
    unguarded.programs_folder = folder / "install" / "libexec" / "purser"
    return unguarded, taken


def write(path, text):
    """Where it says something else already: so that what is built stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
