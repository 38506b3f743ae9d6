"""How long a refusal takes tells nothing: an unknown address costs the same time as a known one."""

import statistics
import time

import pytest

from support.shop import unique
from support.sizes import LOGINS


@pytest.mark.full
def test_an_unknown_address_takes_as_long_as_a_known_one(anonymous, rival, note, db):
    """Tried in turns, so that whatever slows the machine slows both."""
    _, known = rival.user("staff")
    took = {"known": [], "unknown": []}
    for n in range(LOGINS + 10):
        if n % 4 == 0:  # before either has to wait for the next try
            db.all("DELETE FROM login_tries")
        for who, email in (("known", known), ("unknown", f"{unique('nobody')}@{rival.slug}.example")):
            began = time.perf_counter()
            answer = anonymous.post("sessions", {"email": email, "password": "not the password"})
            if n >= 10:  # by then each process has made what it keeps
                took[who].append(time.perf_counter() - began)
            assert answer.refused(401, "unauthorized"), answer
    alike(took, note)


@pytest.mark.full
def test_to_ask_for_a_reset_takes_as_long_whoever_asks(anonymous, db, note):
    """Each address once, as most who ask; what is written for one is written for the other."""
    took = {"known": [], "unknown": []}
    for n in range(LOGINS + 10):
        emails = {who: f"{unique(who)}@timing.example" for who in took}
        db.all("SELECT open_account(uuid_v7(), %s)", emails["known"])
        for who in sorted(emails, reverse=n % 2 == 1):  # each as often first
            began = time.perf_counter()
            answer = anonymous.post("password-resets", {"email": emails[who]})
            if n >= 10:
                took[who].append(time.perf_counter() - began)
            assert answer.status == 202, answer
    alike(took, note)


def alike(took, note):
    medians = {who: statistics.median(times) * 1000 for who, times in took.items()}
    note(f"medians of {LOGINS} answers each, in ms: {medians}")
    assert abs(medians["known"] - medians["unknown"]) < 2
