"""Who asks too often is told so, and how often one may; and nobody is refused for what others do.
The programs are stand-ins that say whose credential it is; addresses are said by a header that this
nginx alone believes, and any other would not."""

import random
import signal

import pytest

from support.client import Client
from support.front import Front
from support.stack import _children, wait_until

QUOTA = {"address": 5, "tenant": 3, "login": 2}
SETTINGS = {"quota = 3000, seconds = 30": f"quota = {QUOTA['tenant']}, seconds = 600",
            "quota = 600, seconds = 30": f"quota = {QUOTA['address']}, seconds = 600",
            "quota = 30, seconds = 60": f"quota = {QUOTA['login']}, seconds = 600"}
BELIEVE = "set_real_ip_from 127.0.0.0/8; real_ip_header X-Address;"
SPENT = {"error": "rate_limited", "message": "Too many requests: try again later", "details": []}


def answer_to(seen):
    """As a program would: "good-<tenant>-<anything>" is a good credential, all others aren't."""
    said = (seen["HTTP_AUTHORIZATION"] or b"").decode().removeprefix("Bearer ").split("-")
    if said[0] != "good":
        return b"Status: 401 Unauthorized\r\nContent-Type: application/json\r\nVary: Accept\r\n\r\n{}"
    return (f"Status: 200 OK\r\nContent-Type: application/json\r\nVary: Accept\r\n"
            f"X-Purser-Tenant: {said[1]}\r\nX-Purser-Charge: {said[1]}\r\n\r\n{{}}").encode()


@pytest.fixture(scope="module")
def shared(stack):
    with Front(stack, SETTINGS, locations=BELIEVE) as front:
        yield front


@pytest.fixture
def front(shared):
    shared.answer_to, shared.seen = answer_to, []
    return shared


@pytest.fixture
def somewhere():
    """An address that no other test has asked from."""
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"


def ask(front, address, token=None, method="GET", path="/api/v1/products", **headers):
    headers["X-Address"] = address
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return front.client.request(method, path, headers=headers)


def left(answer):
    """(policy, requests left)"""
    name, rest, seconds = answer.headers["RateLimit"].split(";")
    quota = answer.headers["RateLimit-Policy"].split(";")
    assert quota[0] == name and quota[2] == "w=600" and 0 < int(seconds[2:]) <= 600
    return name.strip('"'), int(rest.removeprefix("r="))


def spend(front, address, times, *arguments, **keywords):
    answers = [ask(front, address, *arguments, **keywords) for _ in range(times)]
    assert 429 not in [answer.status for answer in answers]
    return answers


def test_an_address_has_its_quota(front, somewhere):
    answers = spend(front, somewhere, 5)
    assert [left(answer) for answer in answers] == [("default", n) for n in (4, 3, 2, 1, 0)]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=5;w=600'
    refused = ask(front, somewhere)
    assert refused.refused(429, "rate_limited") and refused.json == SPENT
    assert left(refused) == ("default", 0)
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert len(front.seen) == 5, "no program was asked"
    assert ask(front, "192.0.2.77").status != 429, "another address"
    problem = ask(front, somewhere, Accept="application/problem+json")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert (problem.json["status"], problem.json["error"]) == (429, "rate_limited")


def test_what_nginx_itself_refuses_counts_too(front, somewhere):
    for n, path in enumerate(("/nowhere", "/api/v1/nothing", "/api/v1/products?" + "x" * 500)):
        assert left(ask(front, somewhere, path=path)) == ("default", 4 - n)
    big = front.client.request("POST", "/api/v1/products", body=b"x" * 300000,
                               headers={"X-Address": somewhere})
    assert big.status == 413 and left(big) == ("default", 1)


def test_a_tenants_quota_is_that_of_all_its_people(front, somewhere):
    answers = [ask(front, somewhere, f"good-shop1-{person}") for person in "abc"]
    assert [left(answer) for answer in answers] == [("default", n) for n in (2, 1, 0)]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=600'
    for person in "ab":
        assert ask(front, somewhere, f"good-shop1-{person}").refused(429, "rate_limited")
        assert ask(front, "192.0.2.1", f"good-shop1-{person}").status == 429, "wherever they are"
    assert ask(front, somewhere, "good-shop2-a").status == 200, "another tenant"
    assert left(ask(front, somewhere)) == ("default", 4), "the address wasn't charged for them"


def test_nobody_spends_anothers_quota_by_naming_it(front, somewhere):
    assert left(ask(front, somewhere, "good-shop3-a")) == ("default", 2)
    spend(front, "198.51.100.1", 5, "forged-shop3-a")
    assert ask(front, "198.51.100.1", "forged-shop3-b").status == 429
    assert left(ask(front, somewhere, "good-shop3-a")) == ("default", 1)


def test_nobody_learns_that_anothers_quota_is_spent(front, somewhere):
    spend(front, somewhere, 3, "good-shop4-a")
    assert ask(front, somewhere, "good-shop4-a").status == 429
    assert ask(front, "198.51.100.2", "forged-shop4-a").status == 401


def test_who_is_logged_in_is_not_refused_for_a_neighbour(front, somewhere):
    """At the same address: behind one router, or in one mobile network."""
    assert ask(front, somewhere, "good-shop5-a").status == 200
    spend(front, somewhere, 5, "forged-shop5-b")
    assert ask(front, somewhere).status == 429
    assert left(ask(front, somewhere, "good-shop5-a")) == ("default", 1)


def test_a_cookie_is_a_credential_and_a_token_goes_before_it(front, somewhere):
    """As programs choose: whatever else a browser keeps makes no difference."""
    for n, cookies in enumerate(("a=1", "a=2", "a=3; b=4")):
        answer = ask(front, somewhere, "good-shop8-a", Cookie=cookies)
        assert left(answer) == ("default", 2 - n)
    assert ask(front, somewhere, "good-shop8-a", Cookie="a=9").status == 429
    spend(front, somewhere, 4)
    assert left(ask(front, somewhere, Cookie="a=1")) == ("default", 0), "no program found it good"


def test_a_credential_that_ended_is_the_addresss_again(front, somewhere):
    token = "good-shop6-a"
    assert left(ask(front, somewhere, token)) == ("default", 2)
    front.answer_to = lambda _: (b"Status: 401 Unauthorized\r\nContent-Type: application/json\r\n"
                                 b"Vary: Accept\r\n\r\n{}")
    ask(front, somewhere, token)
    assert left(ask(front, somewhere, token)) == ("default", QUOTA["address"] - 1)


def test_passwords_are_tried_less_often(front, somewhere):
    """Whatever else they claim to be; and from there everything else goes on."""
    for path in ("/api/v1/sessions", "/api/tenants"):
        answer = ask(front, somewhere, "good-shop7-a", "POST", path)
        assert answer.headers["RateLimit-Policy"] == '"login";q=2;w=600'
    assert left(answer) == ("login", 0)
    refused = ask(front, somewhere, "good-shop7-b", "POST", "/api/v2/sessions")
    assert refused.refused(429, "rate_limited") and left(refused) == ("login", 0)
    assert left(ask(front, somewhere)) == ("default", 4)
    assert ask(front, "198.51.100.3", None, "POST", "/api/v1/sessions").status != 429


def test_a_household_is_one_address(front):
    """Of IPv6 everybody has 2^64 addresses."""
    house = f"2001:db8:{random.randrange(65536):x}:{random.randrange(65536):x}"
    for n in range(5):
        assert left(ask(front, f"{house}::{n + 1}")) == ("default", 4 - n)
    assert ask(front, f"{house}:ffff::1").status == 429
    neighbour = house.rpartition(":")[0] + ":fff0"
    assert ask(front, f"{neighbour}::1").status != 429


def test_addresses_that_are_never_limited(front):
    """./dev's own: told the whole quota each time."""
    for _ in range(10):
        answer = ask(front, "127.0.0.1", "forged")
        assert answer.status == 401
        assert answer.headers["RateLimit"] == '"default";r=3;t=600'
    assert ask(front, "::1").headers["RateLimit"] == '"default";r=3;t=600'


def test_counters_outlive_a_reload(front, somewhere):
    spend(front, somewhere, 4)
    before = set(_children(front.nginx.pid))
    front.nginx.send_signal(signal.SIGHUP)
    wait_until(lambda: not before & set(_children(front.nginx.pid)), "new workers serve")
    front.client.close()  # the old ones have hung up
    assert left(ask(front, somewhere)) == ("default", 0)
    assert ask(front, somewhere).status == 429


def test_more_addresses_than_there_is_room_for(stack):
    """The oldest counters are forgotten; nobody gets an error, and nobody is refused early."""
    small = {**SETTINGS, "purser_rates 16m": "purser_rates 32k"}
    with Front(stack, small, locations=BELIEVE) as front:
        assert left(ask(front, "10.1.1.1")) == ("default", 4)
        for n in range(1000):
            assert left(ask(front, f"2001:db8:{n:x}:1::1")) == ("default", 4)
        assert left(ask(front, "10.1.1.1")) == ("default", 4), "forgotten by now"
        for n in range(5, 1, -1):
            answer = ask(front, "10.1.1.2")
        assert left(answer) == ("default", 1)


# ---- the stack itself

@pytest.fixture
def elsewhere(stack):
    """A client at an address of this machine that ./dev doesn't except."""
    address = f"127.{random.randrange(1, 256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
    return Client(stack.url, stack.anonymous.cacert, source=address)


def test_programs_tell_whose_credential_it_is(shop, elsewhere):
    """Two people of one tenant draw on one quota, and who isn't logged in on the address's."""
    people = [elsewhere.bearing(shop.client(role).token) for role in ("owner", "viewer")]
    policies = {people[0].get("products").headers["RateLimit-Policy"],
                people[1].get("orders").headers["RateLimit-Policy"]}
    assert policies == {'"default";q=3000;w=30'}
    stranger = elsewhere.get("products")
    assert stranger.status == 401
    assert stranger.headers["RateLimit-Policy"] == '"default";q=600;w=30'
    for answer in (people[0].get("products"), people[0].get("products/none"),
                   people[0].post("products", {}), stranger):
        names = [name.lower() for name in answer.headers.keys()]
        assert not [name for name in names if name.startswith("x-purser")]
        assert names.count("ratelimit") == names.count("ratelimit-policy") == 1


def test_a_stranger_who_tries_too_often_gets_429_and_others_do_not(stack, elsewhere):
    statuses = [elsewhere.post("tenants", {}).status for _ in range(31)]
    assert statuses == [400] * 30 + [429]
    assert stack.anonymous.post("tenants", {}).status == 400
