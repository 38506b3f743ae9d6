"""categories: create, read, change, delete, restore; and lists, which every resource has alike."""

import re

import pytest

from support.routes import MISSING
from support.shop import Shop, unique


# ---- one category

def test_create(shop):
    before = shop.last_event()
    answer = shop.owner.post("categories", {"name": "Crème Brûlée & Co.", "position": 7})
    assert answer.status == 201
    made = answer.data
    assert made["name"] == "Crème Brûlée & Co."
    assert (made["slug"], made["position"]) == ("creme-brulee-co", 7)
    assert made["active"] is True and made["deleted_at"] is None
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                        made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", made["created_at"])
    assert answer.headers["Location"] == f"/api/v1/categories/{made['id']}"
    assert answer.etag == '"1"'
    there = shop.owner.get(answer.headers["Location"])
    assert (there.status, there.data, there.etag) == (200, made, '"1"')
    assert shop.owner.get("categories/creme-brulee-co").body == there.body
    (_, kind, thing, _, fields, _), = shop.events(after=before)
    assert (kind, thing, sorted(fields)) == ("category.created", made["id"], ["name", "position"])


def test_defaults(shop):
    made = shop.category(name="Plain one")
    assert (made["slug"], made["position"]) == ("plain-one", 0)


@pytest.mark.parametrize("name,slug", [
    ("  Spaced   out  ", "spaced-out"), ("Straße", "strasse"), ("Ünïcödé", "unicode"),
    ("100 % Bio!", "100-bio"), ("---", None), ("日本", None), ("x" * 200, "x" * 80)])
def test_a_slug_is_made_from_the_name(shop, name, slug):
    made = shop.category(name=name)["slug"]
    if slug is None:  # nothing is left: a piece of the id stands for it
        assert re.fullmatch(r"[0-9a-f]{8}", made)
    else:
        assert made == slug


def test_the_second_of_a_name_gets_a_slug_of_its_own(shop):
    first, second = shop.category(name="Twins"), shop.category(name="Twins")
    assert first["slug"] == "twins" and re.fullmatch(r"twins-[0-9a-f]{8}", second["slug"])


def test_a_given_slug_must_be_free(shop, rival):
    taken = shop.category(slug=unique("taken"))["slug"]
    answer = shop.owner.post("categories", {"name": "x", "slug": taken})
    assert answer.refused(409, "duplicate") and answer.faults == {"slug": "Is taken"}
    other = shop.category()
    for change in (shop.owner.patch(f"categories/{other['id']}", {"slug": taken}),
                   shop.owner.put(f"categories/{other['id']}", {"name": "x", "slug": taken})):
        assert change.refused(409, "duplicate"), change
    assert rival.owner.post("categories", {"name": "x", "slug": taken}).status == 201


@pytest.mark.parametrize("body,faults", [
    ({"name": ""}, {"name": "Must not be empty"}),
    ({"name": "x" * 201}, {"name": "Must have at most 200 characters"}),
    ({"name": 5}, {"name": "Must be text"}),
    ({"name": "x", "position": -1}, {"position": "Must not be negative"}),
    ({"name": "x", "position": 1000001}, {"position": "Must be at most 1000000"}),
    ({"name": "x", "position": "1"}, {"position": "Must be an integer"}),
    ({"name": "x", "position": 1.0}, {"position": "Must be an integer"}),
    ({"name": "x", "slug": "Not A Slug"},
     {"slug": "Must be a-z, 0-9 and '-', and not look like an id"}),
    ({"name": "x", "slug": MISSING}, {"slug": "Must be a-z, 0-9 and '-', and not look like an id"}),
    ({"name": "", "position": None, "slug": "", "id": 1, "typo": 2}, {
        "name": "Must not be empty", "slug": "Must be a-z, 0-9 and '-', and not look like an id",
        "id": "Read-only", "typo": "Unknown field"}),
])
def test_faults(shop, body, faults):
    before = shop.footprint()
    answer = shop.owner.post("categories", body)
    assert answer.refused(400, "validation_failed")
    assert answer.json["message"] == "Category could not be created"
    assert answer.faults == faults
    assert shop.footprint() == before


def test_names_of_any_script_come_back_as_they_went(shop):
    for name in ("日本語 🍰", "a\tb\nc \"quoted\" \\ </script>", "\u00e9", "e\u0301",
                 "x" * 200, "ß" * 200, "\u2028\u2029\x01\x1f\x7f", "'; DROP TABLE categories; --"):
        made = shop.category(name=name)
        assert shop.owner.get(f"categories/{made['id']}").data["name"] == name


def test_patch_merges(shop):
    made = shop.category(position=5)
    path = f"categories/{made['id']}"
    answer = shop.owner.patch(path, {"name": "Renamed"},
                              content_type="application/merge-patch+json")
    assert answer.status == 200
    changed = answer.data
    assert {k for k in made if made[k] != changed[k]} == {"name", "updated_at"}
    assert changed["name"] == "Renamed" and answer.etag == '"2"'
    # null: back to the default
    assert shop.owner.patch(path, {"position": None}).data["position"] == 0
    assert shop.owner.patch(path, {"slug": None}).data["slug"] == made["slug"]
    assert shop.owner.get(path).data["name"] == "Renamed"


def test_put_replaces(shop):
    made = shop.category(position=5)
    path = f"categories/{made['id']}"
    answer = shop.owner.put(path, {"name": "Put"})
    assert answer.status == 200
    assert answer.data == {**made, "name": "Put", "position": 0,
                           "updated_at": answer.data["updated_at"]}
    as_it_was = answer.data  # what GET gave can be put
    assert shop.owner.put(path, {**as_it_was, "position": 9}).data["position"] == 9


def test_delete_and_restore(shop):
    made = shop.category()
    path = f"categories/{made['id']}"
    before, total = shop.last_event(), shop.owner.get("categories").json["total"]
    gone = shop.owner.delete(path)
    assert gone.status == 200
    assert gone.data["active"] is False and gone.data["deleted_at"]
    assert gone.data["id"] == made["id"]
    assert shop.owner.get("categories").json["total"] == total - 1
    for ref in (made["id"], made["slug"]):
        for refused in (shop.owner.get(f"categories/{ref}"), shop.owner.delete(f"categories/{ref}"),
                        shop.owner.patch(f"categories/{ref}", {"name": "x"}),
                        shop.owner.put(f"categories/{ref}", {"name": "x"})):
            assert refused.refused(404, "not_found")
    back = shop.owner.post(f"{path}/restore")
    assert (back.status, back.data["active"], back.data["deleted_at"]) == (200, True, None)
    assert shop.owner.get(path).status == 200
    assert shop.owner.get("categories").json["total"] == total
    assert shop.owner.post(f"{path}/restore").refused(404, "not_found")
    assert [e[1] for e in shop.events(after=before)] == ["category.deleted", "category.restored"]


def test_restore_where_the_slug_was_taken_since(shop):
    first = shop.category(slug=unique("again"))
    shop.owner.delete(f"categories/{first['id']}")
    second = shop.category(slug=first["slug"])
    answer = shop.owner.post(f"categories/{first['id']}/restore")
    assert answer.refused(409, "duplicate") and "slug" in answer.faults
    shop.owner.delete(f"categories/{second['id']}")
    last = shop.owner.post(f"categories/{first['slug']}/restore")
    assert last.data["id"] == second["id"]


@pytest.mark.parametrize("method,body",
                         [("PUT", {"name": "x"}), ("PATCH", {"name": "x"}), ("DELETE", None)])
def test_if_match(shop, method, body):
    path = f"categories/{shop.category()['id']}"
    before = shop.footprint()
    for stale in ('"2"', 'W/"7"', '"x"', '"99999999999999999999"', "1", '""'):
        answer = shop.owner.request(method, path, json=body, headers={"If-Match": stale})
        assert answer.refused(412, "precondition_failed"), stale
    assert shop.footprint() == before
    absent = shop.owner.request(method, f"categories/{MISSING}", json=body,
                                headers={"If-Match": '"1"'})
    assert absent.refused(404, "not_found")
    assert shop.owner.request(method, path, json=body, headers={"If-Match": '"1"'}).status == 200


@pytest.mark.parametrize("good", ['"1"', 'W/"1"', "*", '"7", "1"', '"x",W/"1" , "y"'])
def test_if_match_holds(shop, good):
    path = f"categories/{shop.category()['id']}"
    answer = shop.owner.patch(path, {"name": "New"}, headers={"If-Match": good})
    assert (answer.status, answer.etag) == (200, '"2"')


# ---- lists

@pytest.fixture(scope="module")
def shelves(stack):
    """A shop with 25 categories: "Shelf 01" at position 24 to "Shelf 25" at position 0."""
    shop = Shop(stack)
    for i in range(1, 26):
        shop.category(name=f"Shelf {i:02}", position=25 - i)
    yield shop
    shop.check_books()


def names(answer):
    assert answer.status == 200, answer
    return [c["name"] for c in answer.data]


def shelf(*numbers):
    return [f"Shelf {i:02}" for i in numbers]


def test_a_page(shelves):
    answer = shelves.owner.get("categories")
    assert names(answer) == shelf(*range(25, 5, -1))  # 20, by position
    assert (answer.json["total"], answer.json["page"], answer.json["perPage"]) == (25, 1, 20)
    assert set(answer.json) == {"data", "total", "page", "perPage"}


def test_pages_neither_skip_nor_repeat(shelves):
    seen = []
    for page in range(1, 6):
        answer = shelves.owner.get(f"categories?perPage=6&page={page}&sort=created_at")
        assert (answer.json["total"], answer.json["page"], answer.json["perPage"]) == (25, page, 6)
        seen += names(answer)
    assert seen == shelf(*range(1, 26))
    assert names(shelves.owner.get("categories?page=1000000")) == []


@pytest.mark.parametrize("query,rels", [
    ("", {"first": 1, "next": 2, "last": 2}),
    ("page=2", {"first": 1, "prev": 1, "last": 2}),
    ("perPage=10&page=2", {"first": 1, "prev": 1, "next": 3, "last": 3}),
    ("perPage=100", {"first": 1, "last": 1}),
    ("page=9&sort=name&perPage=5", {"first": 1, "prev": 5, "last": 5}),
    ("position[gte]=20", {"first": 1, "last": 1})])
def test_links(shelves, query, rels):
    answer = shelves.owner.get(f"categories?{query}")
    links = dict(re.match(r'<(.*)>; rel="(\w+)"', part).group(2, 1)
                 for part in answer.headers["Link"].split(", "))
    rest = [p for p in query.split("&") if p and not p.startswith("page=")]
    assert links == {rel: "/api/v1/categories?" + "&".join([*rest, f"page={n}"])
                     for rel, n in rels.items()}
    for link in links.values():
        assert shelves.owner.get(link).status == 200


@pytest.mark.parametrize("sort,first", [
    ("name", 1), ("-name", 25), ("position", 25), ("-position", 1), ("created_at", 1),
    ("-created_at", 25), ("position,name", 25), ("-position,-name,created_at", 1)])
def test_sort(shelves, sort, first):
    assert names(shelves.owner.get(f"categories?sort={sort}&perPage=1")) == shelf(first)


@pytest.mark.parametrize("query,found", [
    ("name=Shelf+03", [3]), ("name=Shelf%2003", [3]), ("name=shelf+03", []),
    ("slug=shelf-25", [25]),
    ("name[in]=Shelf+01,Shelf+25,None", [25, 1]),
    ("position=0", [25]), ("position[lt]=2", [25, 24]), ("position[lte]=2", [25, 24, 23]),
    ("position[gt]=22", [2, 1]), ("position[gte]=22", [3, 2, 1]),
    ("position[gte]=3&position[lt]=5", [22, 21]), ("position[gt]=-1&position[lt]=1", [25]),
    ("position%5Bin%5D=24,0", [25, 1]),
    ("position[gte]=3&name[lt]=Shelf+03", [2, 1]),
    ("created_at[lt]=2000-01-01T00:00:00Z", []), ("name=%27%20OR%201=1--", [])])
def test_filters(shelves, query, found):
    answer = shelves.owner.get(f"categories?{query}")
    assert names(answer) == shelf(*found)
    assert answer.json["total"] == len(found)


def test_a_filter_takes_what_an_answer_gave(shelves):
    third = shelves.owner.get("categories/shelf-03").data
    assert names(shelves.owner.get(f"categories?created_at[lte]={third['created_at']}"
                                   "&sort=created_at")) == shelf(1, 2, 3)


@pytest.mark.parametrize("query,fields", [
    ("page=0", ["page"]), ("page=-1", ["page"]), ("page=x", ["page"]), ("page=", ["page"]),
    ("page=1.5", ["page"]), ("page=99999999999999999999", ["page"]),
    ("perPage=0", ["perPage"]), ("perPage=101", ["perPage"]), ("per_page=5", ["per_page"]),
    ("sort=slug", ["sort"]), ("sort=no_such", ["sort"]), ("sort=", ["sort"]),
    ("sort=name,", ["sort"]),
    ("sort=--name", ["sort"]), ("sort=name;drop", ["sort"]),
    ("position=x", ["position"]), ("position[gte]=1.5", ["position[gte]"]),
    ("position[like]=1", ["position[like]"]), ("position[gte=1", ["position[gte"]),
    ("position[]=1", ["position[]"]), ("active=true", ["active"]), ("tenant_id=1", ["tenant_id"]),
    ("created_at=yesterday", ["created_at"]), ("fields=name,secret", ["fields"]),
    ("fields=", ["fields"]),
    ("dry_run=true", ["dry_run"]),
    ("page=0&perPage=x&sort=y&position=z&nope=1", ["page", "perPage", "sort", "position", "nope"])])
def test_bad_queries(shelves, query, fields):
    answer = shelves.owner.get(f"categories?{query}")
    assert answer.refused(400, "invalid_input"), answer
    assert sorted(answer.faults) == sorted(fields)


def test_many_filters_are_refused(shelves):
    query = "&".join(f"position[gte]={i}" for i in range(13))
    assert shelves.owner.get(f"categories?{query}").refused(400, "invalid_input")
    assert shelves.owner.get("categories?" + "&".join(["x"] * 65)).refused(400, "invalid_input")


def test_every_shape_of_query_works_however_many_there_were(shelves):
    """More shapes than a connection keeps prepared, twice."""
    ops = ("", "[in]", "[gt]", "[gte]", "[lt]", "[lte]")
    for sort in ("name", "-name", "position", "-position", "created_at", "-created_at") * 2:
        for op in ops:
            for field, value in (("position", "12"), ("name", "Shelf+12")):
                answer = shelves.owner.get(
                    f"categories?sort={sort}&{field}{op}={value}&perPage=100")
                assert answer.json["total"] == len(answer.data), answer


def test_fields_of_a_list(shelves):
    answer = shelves.owner.get("categories?fields=slug,position&perPage=1")
    assert answer.data == [{"slug": "shelf-25", "position": 0}]


def test_an_empty_list(fresh):
    answer = fresh.owner.get("categories")
    assert answer.json == {"data": [], "total": 0, "page": 1, "perPage": 20}


def test_a_list_changes_its_etag_with_its_content(fresh):
    before = fresh.owner.get("categories").etag
    fresh.category()
    after = fresh.owner.get("categories").etag
    assert before != after
    assert fresh.owner.get("categories", headers={"If-None-Match": before}).status == 200
    assert fresh.owner.get("categories", headers={"If-None-Match": after}).status == 304
