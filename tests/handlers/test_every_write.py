"""Idempotency and optimistic locking, on every write there is, from --describe. A route whose
example isn't taken fails here: teach tests/support/routes.py one."""

import re

import pytest

from support.routes import MISSING, Things, all_routes
from support.shop import unique
from support.totp import made_ready

STALE = '"987654321"'  # a revision that nothing has come to

@pytest.fixture
def actor(shop):
    """Somebody new, whom a write may log out."""
    return shop.person("owner")[1]


def example(things, route, client):
    """What a request for a route needs: (path, body), of things made for it alone."""
    body = made_ready(route, client, things.shop.password, things.shop.db, things.body(route))
    if route.program == "sessions" and route.parts:
        return route.at(client.get("sessions").data[0]["id"]), body
    return route.at(things.refs(route)), body


def done(answer):
    assert answer.status in (200, 201), f"the example isn't taken: {answer}"
    return answer


# ---- Idempotency-Key: test_every_route.py has the replay and the mismatch

@pytest.mark.routes(lambda r: r.writes and not r.secret and r.roles is not None)
def test_another_tenants_key_is_another(shop, rival, things, actor, route):
    key = {"Idempotency-Key": unique("shared")}
    for there, client in ((shop, actor), (rival, rival.person("owner")[1])):
        path, body = example(things if there is shop else Things(there), route, client)
        before = there.last_event()
        answer = done(client.request(route.method, path, json=body, headers=key))
        assert "Idempotent-Replayed" not in answer.headers
        assert there.last_event() == before + 1


@pytest.mark.routes(lambda r: r.writes and not r.secret and r.roles is not None and
                    r.program != "sessions")
def test_another_persons_key_is_another(shop, things, actor, route):
    key, other = {"Idempotency-Key": unique("shared")}, shop.person("owner")[1]
    for client in (actor, other):
        path, body = example(things, route, client)
        assert "Idempotent-Replayed" not in done(client.request(
            route.method, path, json=body, headers=key)).headers


@pytest.mark.routes(lambda r: r.writes and r.secret)
def test_what_answers_a_secret_takes_no_key(shop, things, actor, route):
    """The answer would be stored."""
    path, body = example(things, route, actor)
    before = shop.footprint()
    answer = actor.request(route.method, path, json=body,
                           headers={"Idempotency-Key": unique("key")})
    assert answer.refused(400, "invalid_input") and set(answer.faults) == {"Idempotency-Key"}
    assert shop.footprint() == before


@pytest.mark.routes(lambda r: r.writes and not r.secret and r.roles is not None)
def test_a_rehearsal_takes_no_key(shop, things, actor, route):
    """The same key does it for real afterwards."""
    path, body = example(things, route, actor)
    key, before = {"Idempotency-Key": unique("key")}, shop.footprint()
    done(actor.request(route.method, f"{path}?dry_run=true", json=body, headers=key))
    assert shop.footprint() == before
    answer = done(actor.request(route.method, path, json=body, headers=key))
    assert "Idempotent-Replayed" not in answer.headers


# ---- If-Match

def thing_of(route):
    """The path of the one thing that a write changes; None where nothing has a revision."""
    words = anonymous(route).split("/")
    for n in range(len(words) if route.keeps_revisions else 0, 0, -1):
        here = "/".join(words[:n])
        reads = [r for r in all_routes() if anonymous(r) == here and r.method == "GET"]
        if reads:
            return None if any(r.lists for r in reads) else here
    return None


def anonymous(route):
    """Its path, whatever the parts are called."""
    return re.sub(r"\{\w+\}", "{}", route.path)


def tagged(things, route, client):
    """(path, body, ETag of the thing as it is, or None): of things made for it alone."""
    path, body = example(things, route, client)
    if route.effect == "restores":  # what deletes a thing tells what it is then
        assert client.post(path).status == 200
        return path, body, done(client.delete(path.removesuffix("/restore"))).etag
    there = thing_of(route)
    if there is None:
        return path, body, None
    etag = done(client.get("/".join(path.split("/")[:there.count("/") + 1]))).etag
    return path, body, etag


changes_one = pytest.mark.routes(lambda r: r.writes and r.roles is not None and
                                 r.effect != "creates")


@changes_one
def test_what_has_changed_since_stays(shop, things, actor, route):
    path, body, etag = tagged(things, route, actor)
    before = shop.footprint()
    for match in (STALE, f"W/{STALE}", f'{STALE}, "987654322"', '"x"', "x", '""'):
        answer = actor.request(route.method, path, json=body, headers={"If-Match": match})
        assert answer.refused(412, "precondition_failed"), (match, answer)
    if etag:  # nor the one before it
        answer = actor.request(route.method, path, json=body,
                               headers={"If-Match": f'"{int(etag.strip(chr(34))) - 1}"'})
        assert answer.refused(412, "precondition_failed"), answer
    assert shop.footprint() == before


@changes_one
@pytest.mark.parametrize("shape", ["{}", "W/{}", '"x", W/{}', "*"])
def test_what_is_as_it_was_read_changes(things, actor, route, shape):
    path, body, etag = tagged(things, route, actor)
    if etag is None:  # and so has none that could match, but for any
        assert thing_of(route) is None and route.effect != "restores"
        shape = "*"
    done(actor.request(route.method, path, json=body, headers={"If-Match": shape.format(etag)}))


@pytest.mark.routes(lambda r: r.writes and r.roles is not None and r.parts)
def test_a_thing_that_is_not_there_is_404_whatever_matches(shop, things, route):
    for match in (STALE, "*"):
        answer = shop.owner.request(route.method, route.at(MISSING), json=things.body(route),
                                    headers={"If-Match": match})
        assert answer.refused(404, "not_found"), (match, answer)
