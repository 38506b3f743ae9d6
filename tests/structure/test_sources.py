"""What style.md asks of the sources, as far as a machine can see it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIB = sorted((ROOT / "lib").glob("*.[ch]"))
HANDLERS = sorted((ROOT / "handlers").iterdir())
OTHERS = sorted((ROOT / "tools").glob("*.[ch]"))
FORBIDDEN = ("json_", "PQ", "crypto_", "sodium_", "FCGX_")


def layers():
    """The modules of lib from the ground up: docs/architecture.md's block ```layers."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block, = re.findall(r"^```layers\n(.*?)^```", text, re.M | re.S)
    floors = [line.split(":", 1) for line in block.splitlines() if line.strip()]
    return [module for _, modules in floors for module in modules.split()]


def includes(path):
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.M)


def test_every_module_has_its_place():
    order = layers()
    assert len(order) == len(set(order)), "a module stands on two floors"
    assert set(order) == {p.stem for p in LIB}


def test_a_module_includes_only_what_stands_below_it():
    order = layers()
    upward = [f"{path.name} includes {name}" for path in LIB for name in includes(path)
              if pathlib.Path(name).stem != path.stem and
              order.index(pathlib.Path(name).stem) > order.index(path.stem)]
    assert upward == []


def test_includes_name_headers_of_lib():
    """A .c file is never included, and nothing is reached by a path."""
    strange = [f"{path.name} includes {name}" for path in LIB + HANDLERS for name in includes(path)
               if not (ROOT / "lib" / name).is_file() or not name.endswith(".h") or "/" in name]
    assert strange == []


def test_handlers_are_single_files_over_the_umbrella():
    assert [p.name for p in HANDLERS if p.suffix != ".c"] == [], "no headers or other files there"
    assert {p.name: includes(p) for p in HANDLERS if includes(p) != ["purser.h"]} == {}


def test_the_umbrella_only_includes():
    code = re.sub(r"/\*.*?\*/", "", (ROOT / "lib" / "purser.h").read_text(), flags=re.S)
    lines = [line for line in code.splitlines() if line.strip()]
    assert [x for x in lines if not re.match(r'#(ifndef|define|endif|include ")', x)] == []


def test_every_file_opens_with_its_job_in_one_line():
    silent = [str(p.relative_to(ROOT)) for p in LIB + HANDLERS + OTHERS
              if not re.match(rf"/\*(\n \*)? {re.escape(p.stem)}: \S", p.read_text())]
    assert silent == []


def test_no_name_of_ours_looks_like_a_librarys():
    """Neither functions nor macros nor types; what the libraries define we only use."""
    ours = []
    for path in LIB + HANDLERS + OTHERS:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        ours += [(path.name, name) for name in re.findall(r"^\s*#\s*define\s+(\w+)", text, re.M)]
        ours += [(path.name, name) for name in re.findall(r"^(\w+)\(", text, re.M)]  # definitions
        ours += [(path.name, name)
                 for name in re.findall(r"^(?:struct|enum|union)\s+(\w+)\s*\{", text, re.M)]
        ours += [(path.name, name) for name in re.findall(r"\btypedef\b.*?(\w+);", text)]
    assert len(ours) > 300, "the patterns above find names"
    assert [x for x in ours if x[1].startswith(FORBIDDEN)] == []


def test_structures_are_plain():
    """No typedef, and no _t of ours."""
    for path in LIB + HANDLERS:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        assert not re.search(r"\btypedef\b", text), path.name


def test_every_handler_has_its_test():
    missing = [p.name for p in HANDLERS
               if not (ROOT / "tests" / "handlers" / f"test_{p.stem}.py").exists()]
    assert missing == []


def test_twins_of_lib_are_told(note):
    """Told, not enforced; but a test of a module that is gone is an error."""
    modules = {p.stem for p in LIB if p.suffix == ".c"}
    tested = {p.stem.removeprefix("test_") for p in (ROOT / "tests" / "lib").glob("test_*.c")}
    if modules - tested:
        note(f"no tests/lib/test_x.c for: {', '.join(sorted(modules - tested))}")
    assert tested <= modules


def test_sizes_are_told(note):
    long = {p.name: n for p in LIB + HANDLERS if (n := len(p.read_text().splitlines())) > 400}
    if long:
        note(f"files of more than 400 lines: {long}")


def test_sql_has_no_triggers_enums_or_merge():
    """Rules of the database that hold from the first day (architecture.md, "Growing")."""
    deploys = sorted((ROOT / "sql" / "deploy").glob("*.sql"))
    assert deploys
    for path in deploys:
        text = re.sub(r"--.*", "", path.read_text())
        for bad in (r"\bCREATE\s+TRIGGER\b", r"\bAS\s+ENUM\b", r"\bMERGE\s+INTO\b",
                    r"\bSET\s+NULL\b",
                    r"\bSECURITY\s+DEFINER(?![^$]*search_path)", r"\bLANGUAGE\s+sql\b"):
            assert not re.search(bad, text, re.I), (path.name, bad)
        for folder in ("verify", "revert"):
            assert (ROOT / "sql" / folder / path.name).exists(), (folder, path.name)


def test_no_sql_is_put_together_outside_of_lists():
    """Handlers' statements are constants: SQL is formatted by a few modules of lib alone, from
    fragments of the tables."""
    verbs = r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^"]*%[sdl.]'
    allowed = ("list", "bind", "shape", "refer", "main", "db")
    found = [p.name for p in LIB + HANDLERS
             if p.stem not in allowed and re.search(verbs, p.read_text())]
    assert found == []
