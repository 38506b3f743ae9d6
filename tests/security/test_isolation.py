"""No tenant sees another. Every route, asked by every role for what is their own, another tenant's,
nobody's and deleted: another's and nobody's are answered in the same bytes, and nothing of the
other tenant is shown or changed. tests/support/matrix.py says what is asked."""

import base64
import uuid

import pytest

from support.routes import MISSING
from support.matrix import LOOKS, Matrix, told
from support.shop import ROLES, unique
from support.world import path_of


@pytest.fixture(scope="module")
def matrix(worlds):
    return Matrix(*worlds)


@pytest.mark.routes(LOOKS["paths"])
def test_paths(matrix, untouched, route):
    faults = matrix.paths(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["plain"])
def test_routes_without_a_thing_in_their_path(matrix, untouched, route):
    faults = matrix.plain(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["bodies"])
def test_references_in_the_body(matrix, untouched, route):
    faults = matrix.bodies(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["lists"])
def test_lists(matrix, untouched, route):
    faults = matrix.lists(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["filters"])
def test_filters(matrix, untouched, route):
    faults = matrix.filters(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["parameters"])
def test_parameters(matrix, untouched, route):
    faults = matrix.parameters(route)
    assert not faults, told(faults)


@pytest.mark.routes(LOOKS["includes"])
def test_includes(matrix, untouched, route):
    faults = matrix.includes(route)
    assert not faults, told(faults)


# ---- who one is

@pytest.fixture(scope="module")
def own(worlds):
    return worlds[0]


@pytest.fixture(scope="module")
def foreign(worlds):
    return worlds[1]


@pytest.mark.routes(lambda r: r.roles is not None)
def test_a_good_secret_opens_no_other_tenant(stack, own, foreign, untouched, route):
    """A token is the tenant's id and a secret: with the other's id in front it is no token."""
    raw = base64.urlsafe_b64decode(own.owner.token.removeprefix("ps_"))
    assert raw[:16] == uuid.UUID(own.shop.id).bytes

    def ask(tenant):
        token = "ps_" + base64.urlsafe_b64encode(uuid.UUID(tenant).bytes + raw[16:]).decode()
        answer = stack.anonymous.bearing(token).request(
            route.method, path_of(route, foreign.refs(route)), json=own.body(route))
        return answer.bytes_but_ids()

    assert ask(foreign.shop.id) == ask(MISSING)
    assert ask(foreign.shop.id)[0] == 401


def test_a_token_opens_its_own_tenant_alone(own, foreign):
    """Whatever else a request says about tenants."""
    plain = own.owner.get("products").body
    for headers in ({"X-Tenant": foreign.shop.id}, {"X-Tenant-Id": foreign.shop.slug},
                    {"X-Purser-Tenant": foreign.shop.id},
                    {"Cookie": f"__Host-purser={foreign.owner.token}"}):
        assert own.owner.get("products", headers=headers).body == plain
    for query in (f"tenant={foreign.shop.slug}", f"tenant_id={foreign.shop.id}"):
        assert own.owner.get(f"products?{query}").refused(400, "invalid_input")


def test_everybody_is_themselves(own):
    for role in ROLES:
        me = own.clients[role].get("users/me").data
        assert (me["id"], me["email"], me["role"]) == (own.shop.users[role], own.emails[role], role)


def test_logging_in_elsewhere(stack, own, foreign, untouched):
    """Another tenant's name is answered as one that never was, whoever it is."""
    for email in own.emails["owner"], foreign.emails["owner"], f"{unique('nobody')}@example.org":
        for password in own.shop.password, "not-the-password":
            there = own.shop.slug if email == foreign.emails["owner"] else foreign.shop.slug
            foreigners, nobodys = (stack.anonymous.post("sessions", {
                "email": email, "password": password, "tenant": slug})
                for slug in (there, "never-was"))
            assert foreigners.bytes_but_ids() == nobodys.bytes_but_ids()
            assert foreigners.refused(401, "unauthorized")


def test_a_person_of_two_tenants_is_in_one_at_a_time(stack, own, fresh):
    """Each login sees, and ends, what is of its tenant."""
    user, email = own.shop.user("owner")
    fresh.join(there := str(uuid.uuid4()), email, "viewer")
    here, elsewhere = (stack.login(email, own.shop.password, tenant=shop.slug)
                       for shop in (own.shop, fresh))
    assert [c.get("users/me").data["id"] for c in (here, elsewhere)] == [user, there]
    sessions = [c.get("sessions").json for c in (here, elsewhere)]
    assert [s["total"] for s in sessions] == [1, 1]
    assert here.delete(f"sessions/{sessions[1]['data'][0]['id']}").refused(404, "not_found")
    assert here.delete("sessions").status == 200
    assert here.get("sessions").status == 401 and elsewhere.get("sessions").status == 200
    assert elsewhere.get("events").json["total"] == len(fresh.events())


# ---- what is kept across requests

@pytest.mark.routes(lambda r: r.effect == "creates" and r.roles and not r.secret)
def test_an_idempotency_key_is_a_tenants_own(own, fresh, route):
    """The same key with the same words, in two tenants: each has its own effect and answer."""
    key, body = {"Idempotency-Key": unique("key")}, own.body(route)
    refs = own.refs(route)
    first = own.owner.post(path_of(route, refs), body, headers=key)
    assert first.status == 201, first
    before = fresh.footprint()
    theirs = fresh.owner.post(path_of(route, refs), body, headers=key)
    assert "Idempotent-Replayed" not in theirs.headers
    if theirs.status == 201:
        assert theirs.data["id"] != first.data["id"]
    else:  # what the body refers to is not theirs
        assert theirs.status in (400, 404) and fresh.footprint() == before
    again = own.owner.post(path_of(route, refs), body, headers=key)
    assert again.body == first.body and again.headers["Idempotent-Replayed"] == "true"
    colleague = own.clients["admin"].post(path_of(route, refs), body, headers=key)
    assert "Idempotent-Replayed" not in colleague.headers


def test_events_are_of_one_tenant(own, foreign):
    """Those of both, from the first, page by page: each its own, by its own count."""
    for world, other in ((own, foreign), (foreign, own)):
        seqs, things, page = [], set(), 1
        while True:
            answer = world.owner.get(f"events?after=0&perPage=100&page={page}")
            seqs += [e["seq"] for e in answer.data]
            things |= {e["object_id"] for e in answer.data}
            if len(answer.data) < 100:
                break
            page += 1
        assert seqs == list(range(1, world.shop.last_event() + 1))
        assert answer.json["total"] == len(seqs)
        assert things and not things & {e[2] for e in other.shop.events()}
