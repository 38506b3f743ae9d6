"""judge: what the contract says of a value, said once more by other means than the programs'."""

import re

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
SLUG = re.compile(r"[a-z0-9-]{1,100}")
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(\.{LABEL})*")
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")  # as JSON writes one

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")

STRINGS = ("text", "slug", "email", "choice", "uuid", "time", "date", "clock")  # in JSON
INT64 = (-2 ** 63, 2 ** 63 - 1)
INTEGER_MOST = 999_999_999_999  # where a field sets no bound of its own


def takes_string(f, s):
    """Whether a field of one of STRINGS, or a list of texts, takes a string in a body. Times are
    not judged here: no string that isn't meant as one is one."""
    kind = f["type"]
    if kind == "text":
        least = f.get("min", 0) or (1 if f.get("required") else 0)
        return not f.get("formed") and least <= len(s) <= f.get("max", 10000)
    if kind == "slug":
        return bool(SLUG.fullmatch(s)) and not UUID.fullmatch(s)
    if kind == "email":
        return len(s) <= 254 and bool(EMAIL.fullmatch(s))
    if kind == "uuid":
        return bool(UUID.fullmatch(s))
    if kind == "clock":
        return bool(CLOCK.fullmatch(s))
    if kind == "texts":  # as one of them
        return not f.get("formed") and 1 <= len(s.encode()) <= 100
    return kind == "choice" and s in f["choices"]


def takes_number(f, literal):
    """Whether an integer or money field takes a JSON number, as it is written."""
    if not INTEGER.fullmatch(literal):
        return False
    return f.get("min", 0) <= int(literal) <= (f.get("max") or INTEGER_MOST)


def takes_filter(f, s):
    """Whether a list can be filtered by this text."""
    kind = f["type"]
    if kind in ("integer", "money"):
        return bool(re.fullmatch(r"-?[0-9]+", s)) and INT64[0] <= int(s) <= INT64[1]
    if kind == "boolean":
        return s in ("true", "false")
    if kind in ("text", "email"):
        return len(s.encode()) <= 1000
    return takes_string(f, s)
