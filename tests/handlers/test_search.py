"""search: what ?q= of the lists and /search find, in what order, and for whom."""

from urllib.parse import quote

import pytest

from support.shop import Shop, unique


@pytest.fixture(scope="module")
def bakery(stack):
    shop = Shop(stack)
    shop.things = {
        "jörg": shop.customer(name="Jörg Müller", email="joerg@mueller.example",
                              phone="+49 30 1234567", address="Lindenallee 12"),
        "zoë": shop.customer(name="Zoë Müllerström", email="zoe@nord.example"),
        "karl": shop.customer(name="Karl O'Brien"),
        "torte": shop.product(name="Karamell-Törtchen", sku="KA-0042", stock=100,
                              description="With Maldon salt"),
        "creme": shop.product(name="Crème brûlée", stock=100),
        "gone": shop.customer(name="Jörg Deleted"),
    }
    assert shop.owner.delete(f"clients/{shop.things['gone']['id']}").status == 200
    shop.orders = [shop.order((shop.things["torte"], 1), customer_name=name,
                              client_id=shop.things["jörg"]["id"])
                   for name in ("Jörg Müller", "Jörg Müller", "Pelle Holm")]
    yield shop
    shop.check_books()


def found(client, path, q, **query):
    """The names of what is found, in order."""
    words = "".join(f"&{k}={quote(v)}" for k, v in query.items())
    answer = client.get(f"{path}?q={quote(q, safe='')}{words}")
    assert answer.status == 200, answer
    names = [row.get("title") or row.get("name") or row["customer_name"] for row in answer.data]
    assert "totalCapped" not in answer.json
    if "total" in answer.json and "perPage" not in query:
        assert answer.json["total"] == len(names)
    return names


J, Z, K = "Jörg Müller", "Zoë Müllerström", "Karl O'Brien"


# ---- what is found

@pytest.mark.parametrize("q, names", [
    ("Jörg", [J]), ("jorg", [J]), ("JÖRG MÜLLER", [J]), ("müller jörg", [J]), ("muller", [J, Z]),
    ("mül", [J, Z]), ("j", []), ("jö", [J]), ("jö müller", []), ("jörg mü", [J]),  # as one types
    ("mülelr", [J, Z]), ("jorgg", [J]), ("jrog muller", [J]), ("mupler", [J, Z]),  # misspelt
    ("obrien", [K]), ("o'brien", [K]), ("O’Brien", [K]),
    ("joerg@mueller.example", [J]), ("joerg@mue", [J]), ("zoe@", [Z]),
    ("+49 30 1234567", [J]), ("+49 30 123", [J]), ("4930-1234", [J]), ("1234567", [J]),
    ("lindenallee", [J]), ("lindenalle 12", []), ("12 linden", [J]),
    ("schmidt", []), ("jörg schmidt", []), ("%", []), ("!?", []), ("'", []), ("müller:*", [J, Z]),
    ("jörg & !müller", [J]), ("deleted", []), ("\\", []), ("🍰", []), ("x" * 200, []),
])
def test_clients(bakery, q, names):
    assert found(bakery.owner, "clients", q) == names


@pytest.mark.parametrize("q, names", [
    ("kara", ["Karamell-Törtchen"]), ("tortchen", ["Karamell-Törtchen"]),
    ("caramell", ["Karamell-Törtchen"]), ("KA-0042", ["Karamell-Törtchen"]),
    ("ka-00", ["Karamell-Törtchen"]), ("0042", ["Karamell-Törtchen"]),
    ("maldon", ["Karamell-Törtchen"]), ("creme brulee", ["Crème brûlée"]),
    ("bruleé creme", ["Crème brûlée"]), ("brulle", ["Crème brûlée"]), ("quark", []),
])
def test_products(bakery, q, names):
    assert found(bakery.owner, "products", q) == names


def test_orders(bakery):
    first, second, third = bakery.orders
    numbers = [row["number"] for row in bakery.owner.get("orders?q=m%C3%BCller").data]
    assert numbers == [second["number"], first["number"]]  # alike: the newest first
    assert found(bakery.owner, "orders", str(third["number"])) == ["Pelle Holm"]
    assert found(bakery.owner, "orders", f"#{third['number']} holm") == ["Pelle Holm"]
    assert found(bakery.owner, "orders", "peele") == ["Pelle Holm"]


def test_what_fits_best_comes_first(bakery):
    """All words, then a beginning, then what is spelt otherwise; and the closest of each."""
    shop = Shop(bakery.stack)
    for name in ("Annna", "Annabel Lee", "Anna Bel Canto", "Anna"):
        shop.customer(name=name)
    assert found(shop.owner, "clients", "anna") == \
        ["Anna", "Anna Bel Canto", "Annabel Lee", "Annna"]


def test_a_change_is_found_at_once(bakery):
    shop = Shop(bakery.stack)
    client = shop.customer(name="Before")
    assert shop.owner.patch(f"clients/{client['id']}", {"name": "Afterwards"}).status == 200
    assert found(shop.owner, "clients", "before") == []
    assert found(shop.owner, "clients", "afterw") == ["Afterwards"]


# ---- and all else that lists have

def test_filters_and_sorts(bakery):
    assert found(bakery.owner, "clients", "muller", sort="-name") == [Z, J]
    assert found(bakery.owner, "clients", "muller", name=Z) == [Z]
    assert found(bakery.owner, "orders", "muller", status="completed") == []
    assert found(bakery.owner, "orders", "muller", status="pending") == [J, J]
    path = f"clients/{bakery.things['jörg']['id']}/orders"
    assert found(bakery.owner, path, "holm") == ["Pelle Holm"]
    path = f"clients/{bakery.things['zoë']['id']}/orders"
    assert found(bakery.owner, path, "holm") == []


def test_deleted_things(bakery):
    assert found(bakery.owner, "clients", "jorg", deleted="true") == ["Jörg Deleted"]
    assert bakery.client("staff").get("clients?q=jorg&deleted=true").refused(403, "forbidden")


def test_pages(bakery):
    shop = Shop(bakery.stack)
    for i in range(7):
        shop.customer(name=f"Page {i}")
    everything = found(shop.owner, "clients", "page")
    assert len(everything) == 7
    seen = []
    for page in range(1, 6):
        answer = shop.owner.get(f"clients?q=page&perPage=2&page={page}")
        assert (answer.json["total"], answer.json["page"]) == (7, page)
        assert "page=4>" in answer.headers["Link"] and "q=page" in answer.headers["Link"]
        seen += [row["name"] for row in answer.data]
    assert seen == everything
    seen, cursor = [], ""
    while cursor is not None:
        answer = shop.owner.get(f"clients?q=page&perPage=2&cursor={cursor}")
        seen += [row["name"] for row in answer.data]
        last, cursor = cursor, answer.json["nextCursor"]
    assert seen == everything
    for other in ("q=pag", "q=page&sort=name", "perPage=2"):
        answer = shop.owner.get(f"clients?{other}&cursor={last}")
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {"cursor"}, other


def test_fields_includes_and_files(bakery):
    answer = bakery.owner.get("orders?q=holm&fields=customer_name,client&include=client")
    assert [(row["customer_name"], row["client"]["name"]) for row in answer.data] == \
        [("Pelle Holm", J)] and set(answer.data[0]) == {"customer_name", "client"}
    csv = bakery.owner.get("clients?q=muller&fields=name", headers={"Accept": "text/csv"})
    assert csv.body.decode().splitlines() == ["name", J, Z]
    lines = bakery.owner.get("search?q=muller&fields=title",
                             headers={"Accept": "application/x-ndjson"})
    assert lines.body.decode().count("\n") == 4


@pytest.mark.parametrize("path", ["clients", "products", "orders", "search"])
@pytest.mark.parametrize("q, fault", [
    ("", "Must not be empty"), ("%20", "Must not be blank"), ("%20%09%0A", "Must not be blank"),
    ("x" * 201, "Must have at most 200 characters")])
def test_what_cannot_be_searched_for(bakery, path, q, fault):
    answer = bakery.owner.get(f"{path}?q={q}")
    assert answer.refused(400, "invalid_input") and answer.faults == {"q": fault}


def test_lists_that_are_not_searched(bakery):
    for path in ("categories", "users", "inventory", "events", f"clients/{bakery.things['zoë']['id']}"):
        answer = bakery.owner.get(f"{path}?q=x")
        assert answer.refused(400, "invalid_input") and answer.faults == {"q": "Unknown parameter"}


# ---- everything at once

def test_everything_at_once(bakery):
    answer = bakery.owner.get("search?q=j%C3%B6rg%20m")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    first, second, _ = bakery.orders
    assert {(row["type"], row["id"], row["title"], row["subtitle"]) for row in answer.data} == {
        ("client", bakery.things["jörg"]["id"], J, "joerg@mueller.example"),
        ("order", first["id"], J, f"#{first['number']}"),
        ("order", second["id"], J, f"#{second['number']}")}
    assert {k: v for k, v in answer.json.items() if k != "data"} == \
        {"total": 3, "page": 1, "perPage": 20}
    ranks = [row["rank"] for row in answer.data]
    assert ranks == sorted(ranks, reverse=True) and all(300 <= r < 600 for r in ranks)
    product, = bakery.owner.get("search?q=kara&type=product").data
    assert (product["title"], product["subtitle"]) == ("Karamell-Törtchen", "KA-0042")
    assert found(bakery.owner, "search", "deleted") == []
    for page, names in ((1, [J, J]), (2, [J]), (3, [])):
        answer = bakery.owner.get(f"search?q=j%C3%B6rg%20m&perPage=2&page={page}")
        assert [row["title"] for row in answer.data] == names and answer.json["total"] == 3


def test_it_needs_a_question(bakery):
    answer = bakery.owner.get("search")
    assert answer.refused(400, "invalid_input") and answer.faults == {"q": "Is required"}


# ---- for whom

def test_nobody_finds_what_is_anothers(bakery):
    other = Shop(bakery.stack)
    for path in ("clients", "products", "orders", "search"):
        for q in ("jörg", "müller", "karamell", "holm", "1", "mülelr"):
            assert found(other.owner, path, q) == []


def test_keys_find_what_they_may_read(bakery):
    for scopes, types in ((["clients:read"], {"client"}), (["orders:*"], {"order"}),
                          (["products:read", "clients:*"], {"client"}),
                          (["orders:read", "clients:read"], {"client", "order"})):
        made = bakery.owner.post("api-keys", {"name": unique("key"), "scopes": scopes})
        assert made.status == 201
        key = bakery.stack.anonymous.bearing(made.data["key"])
        assert {row["type"] for row in key.get("search?q=m%C3%BCller").data} == types, scopes
    made = bakery.owner.post("api-keys", {"name": unique("key"), "scopes": ["clients:write"]})
    key = bakery.stack.anonymous.bearing(made.data["key"])
    for path in ("search?q=x", "clients?q=x"):
        assert key.get(path).refused(403, "forbidden")


def test_every_role_reads_all_of_it(bakery):
    for role in ("owner", "admin", "manager", "staff", "accountant", "viewer"):
        assert {row["type"] for row in bakery.client(role).get("search?q=m%C3%BCller").data} == \
            {"client", "order"}
