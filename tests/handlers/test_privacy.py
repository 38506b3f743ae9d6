"""privacy: what is known of a person is handed over whole, erased everywhere, or found to be what
is known of another one; nothing that happens meanwhile is lost."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from support.parallel import at_once
from support.routes import MISSING
from support.shop import Shop, in_days, unique
from support.sizes import PARALLEL_WRITERS
from support.stack import wait_until

ERASED = {"name": "Erased", "email": None, "phone": None, "address": None, "notes": None,
          "tags": []}


class Person:
    """A client with all that can be known of one, each text a mark that nothing else bears."""

    def __init__(self, shop, **given):
        mark = unique("wilhelmine").replace("-", "")
        self.shop, self.mark = shop, mark
        self.name, self.email = f"{mark} Zö\"ll\\ner", f"{mark}@Mail.example"
        self.phone = f"+49 {mark}"
        self.keys, self.cake = {}, shop.product(stock=1000)
        self.client = self.write("clients", {
            "name": self.name, "email": self.email, "phone": self.phone, "slug": f"{mark}-slug",
            "address": f"{mark} street", "notes": f"{mark} likes rye", "tags": [f"{mark}-tag"],
            **given})
        self.id = self.client["id"]
        self.path = f"clients/{self.id}"

    def write(self, path, body, method="POST"):
        """With an Idempotency-Key, whose answer is stored."""
        key = unique("key")
        answer = self.shop.owner.request(method, path, json=body, headers={"Idempotency-Key": key})
        assert answer.status in (200, 201), answer
        self.keys[key] = (method, path, body)
        return answer.data

    def order(self, **given):
        return self.write("orders", {
            "customer_name": self.name, "customer_email": self.email.lower(),
            "customer_phone": self.phone, "notes": f"{self.mark} rings twice",
            "pickup_date": in_days(3), "client_id": self.id,
            "lines": [{"product_id": self.cake["id"], "quantity": 1,
                       "note": f"write {self.mark} on it"}], **given})

    def places(self):
        """Tables where a word of theirs stands."""
        tables = self.shop.db.column(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'purser'"
            " AND column_name = 'tenant_id'")
        assert {"clients", "orders", "order_lines", "idempotency_keys", "events"} <= set(tables)
        return {t for t in tables if self.shop.db.value(
            f"SELECT count(*) FROM {t} t WHERE tenant_id = %s AND strpos(lower(t::text), %s) > 0",
            self.shop.id, self.mark) > 0}


@pytest.fixture
def person(shop):
    """With an order of each kind: theirs, a guest's of the same address, one that was changed and
    one that was cancelled for a reason."""
    someone = Person(shop)
    someone.own = someone.order()
    someone.guest = someone.order(client_id=None, customer_email=someone.email.upper())
    someone.write(f"orders/{someone.own['id']}", {"notes": f"{someone.mark} again"}, "PATCH")
    someone.gone = someone.order()
    someone.write(f"orders/{someone.gone['id']}/cancel", {"reason": f"{someone.mark} is ill"})
    return someone


# ---- export

def test_all_that_is_known(shop, person):
    answer = shop.owner.get(f"{person.path}/export")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    said = answer.data
    client = shop.owner.get(person.path).data
    assert {k: v for k, v in said.items() if k in client} == {
        k: v for k, v in client.items() if k != "merged_into"}
    assert set(said) - set(client) == {"merged", "orders", "history"}
    assert said["merged"] == []
    assert [o["id"] for o in said["orders"]] == [o["id"] for o in (person.own, person.guest,
                                                                  person.gone)]
    for order in said["orders"]:
        one = shop.owner.get(f"orders/{order['id']}").data
        assert {k: v for k, v in order.items() if k not in ("lines", "history")} == {
            k: one[k] for k in order if k not in ("lines", "history")}
        assert order["lines"] == [{k: line[k] for k in ("name", "quantity", "total", "note")}
                                  for line in one["lines"]]
        history = shop.owner.get(f"orders/{order['id']}/history").data
        assert order["history"] == [{k: e[k] for k in ("seq", "kind", "object_id", "fields",
                                                       "created_at")} for e in history]
    assert [e["kind"] for e in said["history"]] == ["client.created"]
    assert "actor" not in answer.body.decode()  # which is somebody else's


def test_export_by_slug_of_one_who_is_deleted_and_in_v2(shop):
    person = Person(shop)
    person.order()
    assert shop.owner.delete(person.path).status == 200
    by_id, by_slug = (shop.owner.get(f"clients/{ref}/export")
                      for ref in (person.id, f"{person.mark}-slug"))
    assert by_id.status == 200 and by_id.body == by_slug.body
    assert by_id.data["active"] is False and len(by_id.data["orders"]) == 1
    two = shop.owner.get(f"/api/v2/clients/{person.id}/export").data
    assert two["orders"][0]["total"] == {"amount": 1250, "currency": "EUR"}
    assert two["orders"][0]["lines"][0]["total"] == {"amount": 1250, "currency": "EUR"}


def test_export_of_one_of_whom_nothing_is_known(shop):
    client = shop.customer()
    said = shop.owner.get(f"clients/{client['id']}/export").data
    assert (said["orders"], said["merged"]) == ([], [])


def test_orders_of_others_are_not_theirs(shop, person):
    """Not even of one who has the same address: a family, say."""
    other = shop.customer(email=person.email)
    theirs = person.order(client_id=other["id"])
    said = shop.owner.get(f"{person.path}/export").data
    assert theirs["id"] not in {o["id"] for o in said["orders"]}
    assert shop.owner.post(f"{person.path}/erase").status == 200
    assert shop.owner.get(f"orders/{theirs['id']}").data == theirs
    assert shop.owner.get(f"clients/{other['id']}").data["email"] == person.email


# ---- erase

def test_nothing_tells_of_them_any_more(shop, person):
    """No text of any table of the tenant, but for what they could not have chosen."""
    assert person.places() >= {"clients", "orders", "order_lines", "idempotency_keys"}
    before = shop.owner.get(person.path)
    answer = shop.owner.post(f"{person.path}/erase", headers={"If-Match": before.etag})
    assert answer.status == 200, answer
    assert {k: answer.data[k] for k in ERASED} == ERASED
    assert answer.data["erased_at"] and answer.data["active"] and answer.data["merged"] == []
    assert answer.data["slug"] == "erased-" + person.id.replace("-", "")
    assert person.places() == set()
    now = shop.owner.get(person.path)
    assert now.etag == answer.etag != before.etag
    assert {k: now.data[k] for k in ERASED} == ERASED
    shop.check_books()


def test_what_is_no_persons_stays(shop, person):
    """Numbers, money, stock, products, times, status, history: the business's own."""
    def seen(order):
        whole = shop.owner.get(f"orders/{order['id']}").data
        return {k: whole[k] for k in ("number", "status", "total", "tax_total", "pickup_date",
                                      "client_id", "created_at")} | {
            "lines": [{k: v for k, v in line.items() if k != "note"} for line in whole["lines"]]}

    orders = (person.own, person.guest, person.gone)
    before = [seen(o) for o in orders]
    stock = shop.stock(person.cake)
    assert shop.owner.post(f"{person.path}/erase").status == 200
    assert [seen(o) for o in orders] == before
    assert shop.stock(person.cake) == stock
    for order in orders:
        whole = shop.owner.get(f"orders/{order['id']}").data
        assert [whole[k] for k in ("customer_name", "customer_email", "customer_phone", "notes",
                                   "reason")] == ["Erased", None, None, None, None]
        assert [line["note"] for line in whole["lines"]] == [None]
    history = shop.owner.get(f"orders/{person.gone['id']}/history").data
    assert [e["kind"] for e in history] == ["order.placed", "order.cancelled"]


def test_stored_answers_are_gone_and_their_keys_are_not(shop, person):
    """To send a request again must neither tell of the person nor do it again."""
    unrelated = {"Idempotency-Key": unique("key")}
    shelf = shop.owner.post("categories", {"name": "Shelf"}, headers=unrelated)
    assert shop.owner.post(f"{person.path}/erase").status == 200
    before = shop.last_event()
    for key, (method, path, body) in person.keys.items():
        again = shop.owner.request(method, path, json=body, headers={"Idempotency-Key": key})
        assert again.refused(409, "answer_erased"), (path, again)
        assert person.mark not in again.body.decode()
        other = shop.owner.request(method, path, json={**body, "notes": "x"} if method == "POST"
                                   and "cancel" not in path else {}, headers={
                                       "Idempotency-Key": key})
        assert other.refused(422, "idempotency_mismatch"), other
    again = shop.owner.post("categories", {"name": "Shelf"}, headers=unrelated)
    assert (again.status, again.body) == (201, shelf.body)
    assert shop.last_event() == before


def test_the_erasure_is_an_event_and_answers_again(shop, person):
    before, key = shop.last_event(), {"Idempotency-Key": unique("key")}
    first = shop.owner.post(f"{person.path}/erase", headers=key)
    (_, kind, thing, _, fields, _), = shop.events(after=before)
    assert (kind, thing, fields) == ("client.erased", person.id, [])
    again = shop.owner.post(f"{person.path}/erase", headers=key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_it_can_be_rehearsed(shop, person):
    before = shop.footprint()
    answer = shop.owner.post(f"{person.path}/erase?dry_run=true")
    assert answer.status == 200 and answer.data["name"] == "Erased"
    assert shop.footprint() == before


def test_who_has_changed_since(shop, person):
    before = shop.footprint()
    assert shop.owner.post(f"{person.path}/erase",
                           headers={"If-Match": '"999"'}).refused(412, "precondition_failed")
    assert shop.footprint() == before


def test_a_deleted_one_is_erased_by_id_and_stays_deleted(shop, person):
    assert shop.owner.delete(person.path).status == 200
    answer = shop.owner.post(f"{person.path}/erase")
    assert answer.status == 200 and answer.data["active"] is False
    shop.owner.patch(f"orders/{person.own['id']}", {"notes": None})
    assert person.places() == set()
    assert shop.owner.get(person.path).refused(404, "not_found")
    shop.check_books()


def test_again_it_is_the_same(shop, person):
    assert shop.owner.post(f"{person.path}/erase").status == 200
    late = person.order()  # somebody orders for them all the same
    assert shop.owner.post(f"{person.path}/erase").status == 200
    assert person.places() == set()
    assert shop.owner.get(f"orders/{late['id']}").data["customer_name"] == "Erased"


def test_another_tenants_person_stays(shop, rival, person):
    twin = Person(rival)
    for field in ("mark", "name", "email", "phone"):
        setattr(twin, field, getattr(person, field))
    twin.order()
    there = twin.places()
    assert shop.owner.post(f"{person.path}/erase").status == 200
    assert person.places() == set() and twin.places() == there != set()


@pytest.mark.parametrize("table", ["clients", "orders"])
def test_a_write_that_is_on_its_way_is_erased_too(shop, person, table):
    """With the answer that it stores: the erasure waits for it, and looks again."""
    thing = person.id if table == "clients" else person.own["id"]
    theirs = psycopg2.connect(shop.db.conninfo)
    cursor = theirs.cursor()
    cursor.execute("SET search_path = purser")
    cursor.execute(f"UPDATE {table} SET notes = %s WHERE tenant_id = %s AND id = %s",
                   [f"{person.mark} anew", shop.id, thing])
    cursor.execute("INSERT INTO idempotency_keys (tenant_id, actor_id, route, key, fingerprint,"
                   " status, body) VALUES (%s, %s, 'PATCH', %s, '', 200, %s)",
                   [shop.id, MISSING, unique("key"), json.dumps(
                       {"data": {"id": thing, "notes": f"{person.mark} anew"}})])
    with ThreadPoolExecutor(1) as pool:
        erasing = pool.submit(shop.owner.post, f"{person.path}/erase")
        try:
            wait_until(lambda: shop.db.value("SELECT count(*) FROM pg_locks WHERE NOT granted"),
                       "the erasure waits")
        finally:
            theirs.commit()
            theirs.close()
        assert erasing.result().status == 200
    assert person.places() == set()


def test_orders_placed_meanwhile_lose_nothing(fresh):
    """Each is placed before the erasure, and erased, or behind it, and whole."""
    person = Person(fresh)
    started = threading.Barrier(PARALLEL_WRITERS)

    def act(i):
        started.wait()
        if i == 0:
            return [fresh.owner.post(f"{person.path}/erase")]
        return [fresh.owner.post("orders", fresh.order_body(
            (person.cake, 1), client_id=person.id, customer_name=person.mark, notes=person.mark))
            for _ in range(5)]

    answers = at_once(PARALLEL_WRITERS, act)
    assert answers[0][0].status == 200
    placed = [a for some in answers[1:] for a in some]
    assert {a.status for a in placed} == {201}
    erased_at = fresh.db.value("SELECT seq FROM events WHERE tenant_id = %s AND kind ="
                               " 'client.erased'", fresh.id)
    for answer in placed:
        order = fresh.owner.get(f"orders/{answer.data['id']}").data
        seq = fresh.db.value("SELECT seq FROM events WHERE tenant_id = %s AND object_id = %s",
                             fresh.id, order["id"])
        want = ("Erased", None) if seq < erased_at else (person.mark, person.mark)
        assert (order["customer_name"], order["notes"]) == want, (seq, erased_at)
        assert order["client_id"] == person.id
    fresh.check_books()


# ---- merge

def test_two_that_are_one(shop):
    kept = shop.customer(name="Kept", email=None, phone="1", tags=["a", "b"])
    gone = shop.customer(name="Gone", email="gone@example.org", phone="2", address="Here",
                         notes="Note", tags=["b", "c"])
    cake = shop.product(stock=10)
    order = shop.order((cake, 1), client_id=gone["id"])
    clients = shop.owner.get("clients").json["total"]
    before = shop.last_event()
    answer = shop.owner.post(f"clients/{gone['slug']}/merge", {"into": kept["id"]})
    assert answer.status == 200, answer
    assert {k: answer.data[k] for k in ("id", "name", "slug", "email", "phone", "address", "notes",
                                        "tags", "merged", "active")} == {
        "id": kept["id"], "name": "Kept", "slug": kept["slug"], "email": "gone@example.org",
        "phone": "1", "address": "Here", "notes": "Note", "tags": ["a", "b", "c"],
        "merged": [gone["id"]], "active": True}
    assert shop.owner.get(f"clients/{kept['id']}").etag == answer.etag
    (_, kind, thing, _, fields, _), = shop.events(after=before)
    assert (kind, thing, fields) == ("client.merged", kept["id"], ["into"])
    moved = shop.owner.get(f"orders/{order['id']}").data
    assert moved["client_id"] == kept["id"]
    assert [o["id"] for o in shop.owner.get(f"clients/{kept['id']}/orders").data] == [order["id"]]
    assert shop.owner.get("clients").json["total"] == clients - 1
    assert shop.owner.get(f"clients/{gone['id']}").refused(404, "not_found")
    hidden, = [c for c in shop.owner.get("clients?deleted=true&sort=-created_at").data
               if c["id"] == gone["id"]]
    assert hidden["merged_into"] == kept["id"] and hidden["deleted_at"]
    shop.check_books()


def test_a_merged_one_does_not_come_back(shop):
    gone, kept = shop.customer(), shop.customer()
    assert shop.owner.post(f"clients/{gone['id']}/merge", {"into": kept["id"]}).status == 200
    answer = shop.owner.post(f"clients/{gone['id']}/restore")
    assert answer.refused(422, "rule_violated") and "merged_into" in answer.faults
    assert shop.owner.post(f"clients/{gone['id']}/merge",
                           {"into": kept["id"]}).refused(404, "not_found")


def test_into_one_that_can_not_be(shop, rival):
    client, deleted = shop.customer(), shop.customer()
    assert shop.owner.delete(f"clients/{deleted['id']}").status == 200
    before = shop.footprint()
    itself = shop.owner.post(f"clients/{client['id']}/merge", {"into": client["id"]})
    assert itself.refused(422, "rule_violated")
    assert itself.faults == {"into": "Is the client itself"}
    for ref in (MISSING, deleted["id"], rival.customer()["id"]):
        answer = shop.owner.post(f"clients/{client['id']}/merge", {"into": ref})
        assert answer.refused(400, "validation_failed"), answer
        assert answer.faults == {"into": "No such thing"}
    assert shop.footprint() == before


def test_a_chain_of_merges_ends_at_one(shop):
    """And exporting or erasing the last one reaches all of them."""
    first, second, last = Person(shop), Person(shop), Person(shop)
    orders = [p.order() for p in (first, second, last)]
    for a, b in ((first, second), (second, last)):
        assert shop.owner.post(f"{a.path}/merge", {"into": b.id}).status == 200
    said = shop.owner.get(f"{last.path}/export").data
    assert sorted(o["id"] for o in said["orders"]) == sorted(o["id"] for o in orders)
    assert {m["id"] for m in said["merged"]} == {first.id, second.id}
    assert [e["kind"] for e in said["history"]] == [
        "client.created", "client.created", "client.created", "client.merged", "client.merged"]
    assert shop.owner.get(f"{first.path}/export").data == said  # the one they are now
    assert shop.owner.post(f"{first.path}/erase").data["id"] == last.id
    assert [p.places() for p in (first, second, last)] == [set()] * 3
    shop.check_books()


def test_tags_of_both_are_at_most_what_a_client_can_have(shop):
    kept = shop.customer(tags=[f"k{i}" for i in range(18)])
    gone = shop.customer(tags=[f"g{i}" for i in range(18)])
    data = shop.owner.post(f"clients/{gone['id']}/merge", {"into": kept["id"]}).data
    assert data["tags"] == [f"k{i}" for i in range(18)] + ["g0", "g1"]
    again = {k: v for k, v in data.items() if k in ("name", "slug", "tags")}
    assert shop.owner.put(f"clients/{kept['id']}", again).status == 200


def test_a_merge_of_one_that_has_changed(shop):
    gone, kept = shop.customer(), shop.customer()
    before = shop.footprint()
    assert shop.owner.post(f"clients/{gone['id']}/merge", {"into": kept["id"]},
                           headers={"If-Match": '"7"'}).refused(412, "precondition_failed")
    assert shop.footprint() == before


def test_orders_placed_meanwhile_are_the_kept_ones(fresh):
    """Or refused, since their client isn't there any more: never left with the one that is gone."""
    gone, kept = fresh.customer(), fresh.customer()
    cake = fresh.product(stock=1000)
    held = [fresh.order((cake, 1)) for _ in range(PARALLEL_WRITERS)]
    started = threading.Barrier(PARALLEL_WRITERS)

    def act(i):
        started.wait()
        if i == 0:
            return [fresh.owner.post(f"clients/{gone['id']}/merge", {"into": kept["id"]})]
        return [fresh.owner.post("orders", fresh.order_body((cake, 1), client_id=gone["id"]))
                for _ in range(4)] + [fresh.owner.patch(f"orders/{held[i]['id']}",
                                                        {"client_id": gone["id"]})]

    answers = at_once(PARALLEL_WRITERS, act)
    assert answers[0][0].status == 200, answers[0]
    done = [a for some in answers[1:] for a in some if a.status in (200, 201)]
    refused = [a for some in answers[1:] for a in some if a.status not in (200, 201)]
    for answer in refused:
        assert answer.refused(400, "validation_failed"), answer
        assert answer.faults == {"client_id": "No such client"}
    assert fresh.db.value("SELECT count(*) FROM orders WHERE tenant_id = %s AND client_id = %s",
                          fresh.id, gone["id"]) == 0
    assert fresh.db.value("SELECT count(*) FROM orders WHERE tenant_id = %s AND client_id = %s",
                          fresh.id, kept["id"]) == len(done)
    fresh.check_books()


def test_merges_in_a_circle_leave_one(fresh):
    """At once, each into the next: whoever is last there has everything."""
    clients = [fresh.customer() for _ in range(4)]
    cake = fresh.product(stock=100)
    for client in clients:
        fresh.order((cake, 1), client_id=client["id"])
    answers = at_once(4, lambda i: fresh.owner.post(f"clients/{clients[i]['id']}/merge",
                                                    {"into": clients[(i + 1) % 4]["id"]}))
    assert {a.status for a in answers} <= {200, 400, 404, 503}, answers
    left = fresh.owner.get("clients").json["total"]
    assert left == 4 - sum(a.status == 200 for a in answers) >= 1
    assert fresh.db.value("SELECT count(*) FROM orders o JOIN clients c ON c.tenant_id ="
                          " o.tenant_id AND c.id = o.client_id AND c.active WHERE o.tenant_id = %s",
                          fresh.id) == 4
    assert fresh.db.value("SELECT count(*) FROM clients c JOIN clients k ON k.tenant_id ="
                          " c.tenant_id AND k.id = c.merged_into WHERE c.tenant_id = %s AND"
                          " NOT k.active", fresh.id) == 0
    fresh.check_books()


# ---- by whom

@pytest.mark.parametrize("scope,may", [
    ("clients:read", ()), ("clients:write", ("merge",)), ("clients:export", ("export",)),
    ("clients:erase", ("erase",)), ("clients:merge", ("merge",)),
    ("clients:*", ("export", "erase", "merge")), ("orders:*", ())])
def test_keys_need_a_scope_of_their_own(shop, stack, scope, may):
    made = shop.owner.post("api-keys", {"name": "x", "scopes": [scope]}).data["key"]
    key, client, other = stack.anonymous.bearing(made), shop.customer(), shop.customer()
    for verb, method, body in (("export", "GET", None), ("erase", "POST", None),
                               ("merge", "POST", {"into": other["id"]})):
        answer = key.request(method, f"clients/{client['id']}/{verb}", json=body)
        assert answer.status == (200 if verb in may else 403), (verb, answer)


def test_no_log_has_what_was_erased(shop, person, stack):
    shop.owner.get(f"{person.path}/export")
    shop.owner.post(f"{person.path}/erase")
    log = b"".join(p.read_bytes() for p in (stack.var / "log").glob("*") if p.is_file())
    assert b"/clients/{client}/erase" in log and person.mark.encode() not in log


def test_json_of_a_stored_answer_is_what_is_looked_for(shop):
    """A name that JSON has to escape is found in the answers that are stored."""
    person = Person(shop)
    stored = shop.db.column("SELECT body FROM idempotency_keys WHERE tenant_id = %s AND body IS NOT"
                            " NULL AND strpos(body, %s) > 0", shop.id, json.dumps(
                                person.name, ensure_ascii=False))
    assert stored
