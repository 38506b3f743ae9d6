"""events: what happened in a tenant, in order; nobody who follows misses one or meets one twice."""

import datetime
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.parallel import at_once
from support.routes import MISSING
from support.shop import ROLES, Shop, unique
from support.sizes import FOLLOWERS, PARALLEL_WRITERS, WRITES_EACH


def follow(client, after=0, per_page=100):
    """All events after a seq, as a follower reads them: page by page, each after the last."""
    while batch := client.get(f"events?after={after}&perPage={per_page}").data:
        assert batch[0]["seq"] > after
        yield from batch
        after = batch[-1]["seq"]


@pytest.fixture(scope="module")
def diary(stack):
    """A shop where owner and manager have done this and that: ten events after the logins."""
    shop = Shop(stack)
    manager = shop.client("manager")
    shop.before = shop.last_event()
    cake = shop.product(stock=10)
    client = shop.customer(name="Acme")
    order = shop.order((cake, 1), client_id=client["id"])
    path = f"orders/{order['id']}"
    for answer in (manager.patch(path, {"notes": "Ring twice."}), manager.post(f"{path}/approve"),
                   manager.post(f"{path}/cancel", {"reason": "rain"}),
                   shop.owner.patch("settings", {"locale": "de"}),
                   shop.owner.patch("users/me", {"name": "Olga"}),
                   shop.owner.delete(f"clients/{client['id']}")):
        assert answer.status == 200, answer
    shop.cake, shop.acme, shop.sold = cake["id"], client["id"], order["id"]
    yield shop
    shop.check_books()


KINDS = ["product.created", "stock.adjusted", "client.created", "order.placed", "order.updated",
         "order.approved", "order.cancelled", "settings.updated", "user.updated", "client.deleted"]


def test_what_happened(diary):
    answer = diary.owner.get(f"events?after={diary.before}")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    events = answer.data
    assert [e["kind"] for e in events] == KINDS
    assert [e["seq"] for e in events] == list(range(diary.before + 1, diary.before + 11))
    assert [e["object_type"] for e in events] == [k.split(".")[0] for k in KINDS]
    ids = {"product": diary.cake, "stock": diary.cake, "client": diary.acme, "order": diary.sold,
           "settings": diary.id, "user": diary.users["owner"]}
    assert [e["object_id"] for e in events] == [ids[e["object_type"]] for e in events]
    owner, manager = (diary.users[r] for r in ("owner", "manager"))
    assert [e["actor_id"] for e in events] == [owner] * 4 + [manager] * 3 + [owner] * 3
    assert [e["actor"] for e in events] == ["Olga"] * 4 + ["Manager"] * 3 + ["Olga"] * 3
    assert [sorted(e["fields"]) for e in events] == [
        ["name", "unit_price"], ["delta", "reason"], ["name"],
        ["client_id", "customer_name", "lines", "pickup_date"], ["notes"], [], ["reason"],
        ["locale"], ["name"], []]
    assert set(events[0]) == {"seq", "kind", "object_type", "object_id", "actor_id", "actor",
                              "fields", "request_id", "created_at"}


def test_a_request_finds_its_event(shop):
    request = unique("request")
    shop.owner.post("categories", {"name": "x"}, headers={"X-Request-Id": request})
    assert [e["kind"] for e in shop.owner.get("events?sort=-seq&perPage=1").data
            if e["request_id"] == request] == ["category.created"]


@pytest.mark.parametrize("query,found", [
    ("kind=order.placed", [3]), ("kind[in]=order.approved,order.cancelled", [5, 6]),
    ("object_type=client", [2, 9]), ("object_id=ORDER", [3, 4, 5, 6]),
    ("object_id=ORDER&kind=order.updated", [4]), ("actor_id=MANAGER", [4, 5, 6]),
    ("sort=-seq&perPage=3", [9, 8, 7]), ("perPage=4&page=2", [4, 5, 6, 7]),
    ("kind=no.such", []), ("created_at[lt]=2000-01-01T00:00:00Z", []),
    (f"object_id={MISSING}", [])])
def test_filters(diary, query, found):
    query = query.replace("ORDER", diary.sold).replace("MANAGER", diary.users["manager"])
    answer = diary.owner.get(f"events?after={diary.before}&{query}")
    assert answer.status == 200, answer
    assert [e["seq"] - diary.before - 1 for e in answer.data] == found
    assert answer.json["total"] == (10 if "perPage" in query else len(found))


def test_after(diary):
    last = diary.last_event()
    for after in range(diary.before, last + 1):
        seqs = [e["seq"] for e in diary.owner.get(f"events?after={after}&perPage=100").data]
        assert seqs == list(range(after + 1, last + 1))
    assert [e["seq"] for e in diary.owner.get("events").data][:3] == [1, 2, 3]
    for beyond in (last + 1000, 9223372036854775807):
        assert diary.owner.get(f"events?after={beyond}").json["total"] == 0


@pytest.mark.parametrize("query,field", [
    ("after=-1", "after"), ("after=x", "after"), ("after=", "after"), ("after=1.0", "after"),
    ("after=9223372036854775808", "after"), ("sort=kind", "sort"), ("fields=hash", "fields"),
    ("address=127.0.0.1", "address"), ("deleted=true", "deleted"), ("include=actor", "include")])
def test_bad_queries(shop, query, field):
    answer = shop.owner.get(f"events?{query}")
    assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}


def test_no_event_is_made_or_changed_by_hand(shop):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert shop.owner.request(method, "events").refused(405, "method_not_allowed")
    assert shop.owner.get("events/1").refused(404, "not_found")


def test_what_was_refused_or_rehearsed_is_no_event(shop):
    before = shop.last_event()
    shop.owner.post("categories?dry_run=true", {"name": "x"})
    shop.owner.post("categories", {"name": ""})
    shop.owner.post(f"orders/{MISSING}/approve")
    shop.owner.get("categories")
    assert shop.owner.get(f"events?after={before}").json["total"] == 0


# ---- the audit trail

def micros(text):
    """Microseconds since 1970 of an instant as the API tells it."""
    since = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime.datetime(
        1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)


def chained(before, tenant, entry):
    """The hash that an entry must have, behind the one before."""
    said = [entry["hash_version"], tenant, entry["seq"], entry["kind"], entry["object_type"], entry["object_id"],
            entry["actor_id"] or "", entry["key_id"] or "", entry["address"] or "",
            "{" + ",".join(entry["fields"]) + "}", entry["request_id"] or "",
            micros(entry["created_at"])]
    return hashlib.sha256(bytes.fromhex(before) + "|".join(map(str, said)).encode()).hexdigest()


def test_the_audit_trail_is_the_events_and_where_they_came_from(diary):
    answer = diary.owner.get("audit?perPage=10")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    events = diary.owner.get(f"events?after={diary.before}").data
    assert [{k: e[k] for k in events[0]} for e in answer.data] == events[::-1]
    assert {e["address"] for e in answer.data} <= {"127.0.0.1", "::1"}  # as localhost resolves
    assert {e["key_id"] for e in answer.data} == {None}
    assert answer.json["total"] == diary.last_event()
    assert set(answer.data[0]) == {*events[0], "key_id", "address", "hash",
                                   "hash_version"}
    for entry in answer.data:
        one = diary.owner.get(f"audit/{entry['seq']}")
        assert (one.status, one.data) == (200, entry)
        assert one.headers["Cache-Control"] == "no-store"


def test_each_hash_chains_an_entry_to_the_one_before(diary):
    diary.owner.post("clients", {"name": "Zoë | 'x', {y}"}, headers={"X-Request-Id": "a.b-c_d"})
    key = diary.owner.post("api-keys", {"name": "till", "scopes": ["clients:write"]}).data
    acted = diary.stack.anonymous.bearing(key["key"]).post("clients", {"name": "By a key"})
    assert acted.status == 201, acted
    trail = diary.owner.get("audit?sort=seq&perPage=100").data
    assert [e["seq"] for e in trail] == list(range(1, diary.last_event() + 1))
    before = ""
    assert {e["hash_version"] for e in trail} == {2}
    for entry in trail:
        assert entry["hash"] == chained(before, diary.id, entry), entry
        before = entry["hash"]
    assert before == diary.db.value("SELECT encode(event_hash, 'hex') FROM tenant_state"
                                    " WHERE tenant_id = %s", diary.id)
    assert trail[-1]["key_id"] == key["id"]
    for field, value in (("kind", "x"), ("fields", ["x"]), ("object_type", "x"),
                         ("key_id", MISSING), ("address", "10.0.0.1"), ("seq", 0),
                         ("created_at", "2020-01-01T00:00:00Z"), ("actor_id", MISSING),
                         ("object_id", MISSING), ("request_id", "x")):
        changed = {**trail[1], field: value}
        assert chained(trail[0]["hash"], diary.id, changed) != trail[1]["hash"], field
    assert chained(trail[0]["hash"], MISSING, trail[1]) != trail[1]["hash"]


@pytest.mark.parametrize("query,found", [
    ("kind=order.placed", [3]), ("kind[in]=order.approved,order.cancelled", [6, 5]),
    ("object_type=client", [9, 2]), ("object_id=ORDER", [6, 5, 4, 3]),
    ("actor_id=MANAGER", [6, 5, 4]), ("actor_id=MANAGER&sort=seq", [4, 5, 6]),
    ("seq=FIRST", [0]), ("kind=no.such", []), (f"key_id={MISSING}", []),
    ("created_at[lt]=2000-01-01T00:00:00Z", [])])
def test_filters_of_the_audit_trail(diary, query, found):
    query = query.replace("ORDER", diary.sold).replace("MANAGER", diary.users["manager"])
    query = query.replace("FIRST", str(diary.before + 1))
    answer = diary.owner.get(f"audit?seq[gt]={diary.before}&seq[lte]={diary.before + 10}&{query}")
    assert answer.status == 200, answer
    assert [e["seq"] - diary.before - 1 for e in answer.data] == found
    assert answer.json["total"] == len(found)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_read_the_audit_trail(shop, role):
    client = shop.client(role)
    for path in ("audit", "audit/1", f"audit/{MISSING}"):
        answer = client.get(path)
        if role not in ("owner", "admin"):
            assert answer.refused(403, "forbidden"), answer
        elif path.endswith(MISSING):
            assert answer.refused(404, "not_found")
        else:
            assert answer.status == 200


def test_entries_that_are_not_there(shop):
    for seq in (0, -1, shop.last_event() + 1000, 2 ** 63 - 1, 2 ** 63, "1.0", "+1", "x", "%201"):
        assert shop.owner.get(f"audit/{seq}").refused(404, "not_found"), seq
    for query, field in (("after=1", "after"), ("address=127.0.0.1", "address"), ("hash=x", "hash"),
                         ("sort=kind", "sort"), ("seq=x", "seq"), ("deleted=true", "deleted")):
        answer = shop.owner.get(f"audit?{query}")
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}


def test_no_entry_is_made_or_changed_by_hand(shop):
    for path in ("audit", "audit/1"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert shop.owner.request(method, path).refused(405, "method_not_allowed")


def test_whoever_follows_misses_nothing_and_meets_nothing_twice(fresh):
    """Events are committed in the order of their numbers, so a follower who asks for those after
    the last one it has seen has them all, in order, however many write at once."""
    cake = fresh.product(stock=10000)
    before, done = fresh.last_event(), threading.Event()

    def write(i):
        requests = [unique(f"writer-{i}") for _ in range(WRITES_EACH)]
        for n, request in enumerate(requests):
            path, body = (("orders", fresh.order_body((cake, 1))),
                          (f"inventory/{cake['id']}/adjust", {"delta": 1, "reason": "x"}),
                          ("categories", {"name": request}))[(i + n) % 3]
            answer = fresh.owner.post(path, body, headers={"X-Request-Id": request})
            assert answer.status in (200, 201), answer
        return requests

    def read():
        seen, last = [], before
        while True:
            ended = done.is_set()  # asked first: what is read then is all that was written
            for event in follow(fresh.owner, last, per_page=7):
                seen.append(event)
                last = event["seq"]
            if ended:
                return seen

    with ThreadPoolExecutor(FOLLOWERS) as pool:
        followers = [pool.submit(read) for _ in range(FOLLOWERS)]
        try:
            written = sum(at_once(PARALLEL_WRITERS, write), [])
        finally:
            done.set()
    for seen in (f.result() for f in followers):
        assert [e["seq"] for e in seen] == list(range(before + 1, before + 1 + len(written)))
        assert sorted(e["request_id"] for e in seen) == sorted(written)
