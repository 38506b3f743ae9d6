"""lists: walked by cursor and taken as files, every one of them, against its pages."""

import csv
import io
import itertools
import json
import re
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from support.programs import OwnPrograms
from support.routes import MISSING, Things, all_routes, with_query
from support.shop import Shop, unique
from support.sizes import EXPORT_ROWS, PATIENCE

CSV, NDJSON = "text/csv", "application/x-ndjson"
TYPES = {CSV: "text/csv; charset=utf-8", NDJSON: NDJSON}
STRETCH = 1000  # rows that an export reads at a time
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
NAMES = ["Ähre", "=1+1", 'Brot, "fein"', " am Rand ", "Ähre", "zwei\nZeilen", "zz 🍰" * 10,
         "=1+1"]
MOVING = {"last_seen_at"}  # though nothing was done

lists = pytest.mark.routes(lambda r: r.lists)


@pytest.fixture(scope="module")
def full(stack):
    """A shop that has a few rows in every list, many of them alike."""
    shop = Shop(stack)
    things = Things(shop)
    for i, name in enumerate(NAMES):
        shop.category(name=name, position=i % 3)
        shop.customer(name=name, phone="+49 30 1234", tags=["=1", "a,b"], notes=name)
        shop.member(name=name)
        things.new("api_keys", name=name)
        stack.session(shop.id, shop.users["owner"])
        shop.product(name=name, unit_price=100 * (i % 3), stock=100)
    shop.cake, shop.client_id = shop.product(stock=100), shop.customer()["id"]
    for i, name in enumerate(NAMES):
        order = shop.order((shop.cake, 1 + i % 2), customer_name=name.strip() or "x",
                           client_id=shop.client_id)
        shop.adjust(shop.cake, -1)
    shop.sold = order["id"]
    for name in NAMES:
        assert shop.owner.patch(f"orders/{shop.sold}", {"notes": name}).status == 200
    yield shop
    shop.check_books()


def path_in(shop, route):
    """A list's path, about what has rows."""
    return route.at({"product": shop.cake["id"], "ref": shop.sold, "client": shop.client_id})


def ask(client, path, *, answers=200, **query):
    words = "&".join(f"{k.replace('__', '[') + ']' if '__' in k else k}={quote(str(v), safe=',-')}"
                     for k, v in query.items())
    answer = client.get(with_query(path, words))
    assert answer.status == answers, (path, query, answer)
    return answer


def steady(rows):
    return [{k: v for k, v in row.items() if k not in MOVING} for row in rows]


def pages(client, path, **query):
    """All rows, page by page."""
    rows = []
    for page in itertools.count(1):
        said = ask(client, path, perPage=100, page=page, **query).json
        rows += said["data"]
        if len(rows) >= said["total"]:
            return steady(rows)


def walk(client, path, per_page, **query):
    """All rows, from cursor to cursor."""
    rows, cursor = [], ""
    while cursor is not None:
        said = ask(client, path, perPage=per_page, cursor=cursor, **query).json
        assert set(said) == {"data", "perPage", "nextCursor"}
        assert len(said["data"]) == per_page or said["nextCursor"] is None
        rows += said["data"]
        cursor = said["nextCursor"]
    return steady(rows)


def sorts(route):
    """By every field, both ways; and by each two, each both ways."""
    names = [f["name"] for f in route.all_fields if f.get("sort")]
    ones = [d + name for name in names for d in ("", "-")]
    return ones + [f"{a},{b}" for a, b in itertools.product(ones, ones)
                   if a.lstrip("-") != b.lstrip("-")]


def key_of(row):
    return next(row[k] for k in ("id", "seq", "product_id") if k in row)


def exported(client, path, accept, **query):
    words = "&".join(f"{k}={quote(str(v), safe=',-')}" for k, v in query.items())
    answer = client.get(with_query(path, words), headers={"Accept": accept})
    assert answer.status == 200, (path, query, answer)
    return answer


def lines_of(answer):
    text = answer.body.decode()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def cells_of(answer):
    """(names, rows as dicts of texts)"""
    head, *rows = csv.reader(io.StringIO(answer.body.decode(), newline=""), strict=True)
    assert all(len(row) == len(head) for row in rows)
    return head, [dict(zip(head, row)) for row in rows]


def as_cell(value):
    """What stands in CSV for a value of JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULAS) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same_cells(answer, rows):
    head, cells = cells_of(answer)
    for row, of in zip(rows, cells, strict=True):
        for name in set(head) - MOVING:
            assert of[name] == as_cell(row.get(name)), (name, of)
    return head


# ---- by cursor

@lists
def test_a_walk_gives_what_pages_give(full, route):
    path = path_in(full, route)
    for sort in sorts(route):
        rows = pages(full.owner, path, sort=sort)
        assert len(rows) > 3, f"{route} has too few rows here: teach full() to make some"
        assert len({key_of(row) for row in rows}) == len(rows)
        for per_page in (1, 3, 100) if "," not in sort else (3,):
            assert walk(full.owner, path, per_page, sort=sort) == rows, (sort, per_page)
    assert walk(full.owner, path, 2) == pages(full.owner, path)


@lists
def test_the_last_page_ends_it(full, route):
    path = path_in(full, route)
    n = len(pages(full.owner, path))
    for per_page, more in ((n, False), (n - 1, True)):
        if per_page > 100:
            continue
        answer = ask(full.owner, path, perPage=per_page, cursor="")
        assert (answer.json["nextCursor"] is not None) == more
        assert ("Link" in answer.headers) == more
        assert len(answer.data) == per_page


@lists
def test_the_link_goes_on(full, route):
    """As it stands, with all that was asked for."""
    path = path_in(full, route)
    field = route.all_fields[0]["name"]
    answer = full.owner.get(with_query(path, f"cursor=&perPage=2&fields={field}"))
    seen = answer.data
    while "Link" in answer.headers:
        link = re.fullmatch(r'<([^<> ]+)>; rel="next"', answer.headers["Link"])[1]
        assert f"cursor={answer.json['nextCursor']}" in link and "perPage=2" in link
        answer = full.owner.get(link)
        assert answer.status == 200 and len(answer.data) <= 2
        seen = seen + answer.data
    assert answer.json["nextCursor"] is None
    assert [row[field] for row in seen] == [row[field] for row in pages(full.owner, path)]


@lists
def test_filters_of_a_walk(full, route):
    path, rows = path_in(full, route), pages(full.owner, path_in(full, route))
    for f in route.all_fields:
        values = [row[f["name"]] for row in rows if row.get(f["name"]) is not None]
        if not f.get("filter") or not values:
            continue
        value = values[0] if isinstance(values[0], str) else json.dumps(values[0])
        found = walk(full.owner, path, 2, **{f["name"]: value})
        assert found == pages(full.owner, path, **{f["name"]: value}) and found


def first_cursor(client, path, **query):
    cursor = ask(client, path, perPage=1, cursor="", **query).json["nextCursor"]
    assert cursor
    return cursor


def refuses(client, path, cursor, **query):
    answer = ask(client, path, answers=400, cursor=cursor, **query)
    return answer.refused(400, "invalid_input") and \
        answer.faults == {"cursor": "Is not a cursor of this list"}


@lists
def test_a_cursor_is_of_its_list(full, rival, route):
    """Of no other, in no other order, of no other filter, tenant or thing."""
    path, owner = path_in(full, route), full.owner
    cursor = first_cursor(owner, path)
    assert ask(owner, path, cursor=cursor, perPage=7).data  # which may change
    for other in all_routes():
        if other.lists and other.pattern != route.pattern:
            assert refuses(owner, path_in(full, other), cursor), other
    orders = [f["name"] for f in route.all_fields if f.get("sort")]
    by_name = first_cursor(owner, path, sort=orders[0])
    for sort in (f"-{orders[0]}", f"{orders[0]},{orders[0]}", *orders[1:]):
        assert refuses(owner, path, by_name, sort=sort), sort
    for f in route.all_fields:
        if f.get("filter") and f["type"] == "integer":
            filtered = first_cursor(owner, path, **{f"{f['name']}__gte": -10 ** 6})
            assert refuses(owner, path, filtered)
            assert refuses(owner, path, filtered, **{f"{f['name']}__gte": -10 ** 6 + 1})
            assert refuses(owner, path, filtered, **{f"{f['name']}__gt": -10 ** 6})
            assert refuses(owner, path, cursor, **{f"{f['name']}__gte": -10 ** 6})
    if route.deleted:
        assert refuses(owner, path, cursor, deleted="true")
    if not route.parts:
        assert refuses(rival.owner, path, cursor)


def test_what_filters_say_is_no_part_of_others(full):
    """However their values are spelt: these would read alike, were they just put in a row."""
    name = "x&slug=y"
    full.customer(name=name, slug=unique("one"))
    full.customer(name=name, slug=unique("two"))
    cursor = first_cursor(full.owner, "clients", name=name)
    assert refuses(full.owner, "clients", cursor, name="x", slug="y")


def test_a_cursor_is_of_the_thing_above(full):
    cursor = first_cursor(full.owner, f"inventory/{full.cake['id']}/movements")
    other = full.product(stock=5)
    assert refuses(full.owner, f"inventory/{other['id']}/movements", cursor)


def test_colleagues_can_share_a_cursor(full):
    """It says where one is, and nothing that another may not see."""
    cursor = first_cursor(full.owner, "products")
    assert full.client("viewer").get(f"products?cursor={cursor}").data == \
        full.owner.get(f"products?cursor={cursor}").data


def test_what_was_tampered_with_is_no_cursor(full):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cursor = first_cursor(full.owner, "products")
    bad = [cursor[:i] + letters[(letters.index(c) + 32) % 64] + cursor[i + 1:]
           for i, c in enumerate(cursor)]
    bad += [cursor[:i] for i in range(1, len(cursor))]
    bad += [cursor[1:], cursor * 2, cursor + "A", cursor + "=", cursor.lower(), " " + cursor,
            "null", "0", "1", "-1", "\x01", "é", "\U0001f370", "A" * 22, "A" * 24, "A" * 4000,
            "%00", "../x", "'; DROP TABLE products; --"]
    for text in bad:
        assert refuses(full.owner, "products", text), text


def test_long_names_fit_a_cursor(fresh):
    """The longest that there can be, each character of four bytes."""
    for _ in range(3):
        fresh.customer(name="\U0001f370" * 200, slug=unique("long"))
    for sort in ("name", "-name", "name,-created_at", "name,name,name",
                 "name,-name,name,-name"):
        assert walk(fresh.owner, "clients", 1, sort=sort) == pages(fresh.owner, "clients",
                                                                   sort=sort)


def test_a_walk_among_changes(fresh):
    """What was there is met once, also when rows come and go around it; what came behind too."""
    there = [fresh.customer(name=f"m{i:02}")["id"] for i in range(12)]
    seen, behind, cursor = [], [], ""
    for i in itertools.count():
        said = fresh.owner.get(f"clients?sort=name&perPage=2&cursor={cursor}").json
        seen += [row["id"] for row in said["data"]]
        cursor = said["nextCursor"]
        if cursor is None:
            break
        if i < 3:
            fresh.customer(name=f"a{i}")
            behind.append(fresh.customer(name=f"z{i}")["id"])
        if i == 3:  # also when the one that the cursor stands at goes
            assert fresh.owner.delete(f"clients/{seen[-1]}").status == 200
    assert seen == there + behind


def test_no_cursor_where_nothing_is_listed(full):
    for path in ("settings", "tenant", f"products/{full.cake['id']}"):
        answer = full.owner.get(f"{path}?cursor=")
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {"cursor"}


# ---- as a file

@lists
def test_files_have_what_pages_have(full, route):
    path = path_in(full, route)
    for query in [{}] + [{"sort": sort} for sort in sorts(route)[:6]]:
        rows = pages(full.owner, path, **query)
        ndjson = exported(full.owner, path, NDJSON, **query)
        assert steady(lines_of(ndjson)) == rows, query
        head = same_cells(exported(full.owner, path, CSV, **query), rows)
        assert head == [k for k in ask(full.owner, path).data[0] if k != "allowed_actions"]
    assert exported(full.owner, path, CSV).body.startswith(",".join(head).encode() + b"\r\n")


@lists
def test_files_of_some_fields_and_rows(full, route):
    path = path_in(full, route)
    names = [f["name"] for f in route.all_fields]
    rows = pages(full.owner, path)
    some = [name for name in names if name in rows[0]][:2]
    wanted = [{k: row[k] for k in some} for row in rows]
    assert lines_of(exported(full.owner, path, NDJSON, fields=",".join(some))) == wanted
    head = same_cells(exported(full.owner, path, CSV, fields=",".join(some)), wanted)
    assert head == some
    for f in route.all_fields:
        if f.get("filter") and rows[0].get(f["name"]) is not None:
            value = rows[0][f["name"]]
            query = {f["name"]: value if isinstance(value, str) else json.dumps(value)}
            found = pages(full.owner, path, **query)
            assert steady(lines_of(exported(full.owner, path, NDJSON, **query))) == found != []
            same_cells(exported(full.owner, path, CSV, **query), found)


@pytest.mark.routes(lambda r: r.lists and r.includable)
def test_files_with_what_is_included(full, route):
    path, query = path_in(full, route), {"include": ",".join(route.includable)}
    rows = pages(full.owner, path, **query)
    assert lines_of(exported(full.owner, path, NDJSON, **query)) == rows
    head = same_cells(exported(full.owner, path, CSV, **query), rows)
    assert set(route.includable) <= set(head)


@lists
@pytest.mark.parametrize("accept", [CSV, NDJSON])
def test_headers_of_a_file(full, route, accept):
    path = path_in(full, route)
    answer = exported(full.owner, path, accept)
    head = full.owner.request("HEAD", path, headers={"Accept": accept})
    for each in (answer, head):
        h = each.headers
        assert h["Content-Type"] == TYPES[accept] and h["Cache-Control"] == "no-store"
        assert int(h["Content-Length"]) == len(answer.body) > 0
        assert h["X-Content-Type-Options"] == "nosniff" and h["Vary"] == "Accept, Origin"
        assert "ETag" not in h and "Link" not in h and h["X-Request-Id"]
    assert (head.status, head.body) == (200, b"")


@lists
@pytest.mark.parametrize("accept", [CSV, NDJSON])
def test_a_refused_file_is_json(full, anonymous, route, accept):
    path, headers = path_in(full, route), {"Accept": accept}
    assert anonymous.get(path, headers=headers).refused(401, "unauthorized")
    for query, field in (("no_such=1", "no_such"), ("sort=nothing", "sort"),
                         ("cursor=x", "cursor"), ("perPage=0", "perPage"), ("fields=x", "fields")):
        answer = full.owner.get(with_query(path, query), headers=headers)
        assert answer.refused(400, "invalid_input") and set(answer.faults) == {field}, answer
    for role in ("viewer", "staff", "accountant", "manager"):
        if role not in route.roles or route.deleted:
            query = "?deleted=true" if role in route.roles else ""
            answer = full.client(role).get(with_query(path, query), headers=headers)
            assert answer.refused(403, "forbidden")
    if route.parts:
        assert full.owner.get(route.at(MISSING), headers=headers).refused(404, "not_found")


@pytest.mark.routes(lambda r: not r.lists and not r.root)
def test_what_is_no_list_is_no_file(full, route):
    for accept in (CSV, NDJSON):
        answer = full.owner.request(route.method, route.at(MISSING), headers={"Accept": accept})
        assert answer.refused(406, "not_acceptable"), answer


def test_an_empty_file(fresh):
    answer = exported(fresh.owner, "products", CSV)
    assert answer.body.decode().count("\r\n") == 1 and cells_of(answer)[1] == []
    assert exported(fresh.owner, "products", NDJSON).body == b""


def test_cells_are_defused(fresh):
    """A spreadsheet calculates what begins like a formula; numbers and what is inside are none."""
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=\"a\",\"b\"", "=a\nb", "'=1", "a=1", " =1",
             "x,-", '"', '""', "a\r\nb", "+49 30 1234", "-"]
    for text in texts:
        fresh.customer(name="x", notes=text)
    rows = {row["id"]: row["notes"] for row in pages(fresh.owner, "clients")}
    assert sorted(rows.values()) == sorted(texts)
    for row in cells_of(exported(fresh.owner, "clients", CSV))[1]:
        text = rows[row["id"]]
        assert row["notes"] == (f"'{text}" if text[0] in "=+-@\t\r" else text)
    cake = fresh.product(stock=7)
    fresh.adjust(cake, -2)
    cells = cells_of(exported(fresh.owner, f"inventory/{cake['id']}/movements", CSV))[1]
    assert sorted(row["delta"] for row in cells) == ["-2", "7"]


def test_money_in_a_file_of_v2(full):
    path = "/api/v2/products"
    rows = full.owner.get(f"{path}?perPage=100").data
    assert lines_of(full.owner.get(path, headers={"Accept": NDJSON})) == rows
    for row, cells in zip(rows, cells_of(full.owner.get(path, headers={"Accept": CSV}))[1],
                          strict=True):
        assert json.loads(cells["unit_price"]) == row["unit_price"]


# ---- many rows

def many(shop, n, name="'c' || mod(i, 7)"):
    shop.many_clients(n, name)


@pytest.mark.parametrize("n", [STRETCH - 1, STRETCH, STRETCH + 1, 2 * STRETCH, 2 * STRETCH + 517])
def test_files_over_the_boundary_of_a_stretch(fresh, n):
    """Whole, in order and none twice, with many alike where one stretch ends."""
    many(fresh, n)
    for sort in ("name", "-name", "created_at", "name,-created_at", "-created_at,name"):
        rows = pages(fresh.owner, "clients", sort=sort)
        assert len({row["id"] for row in rows}) == n
        assert lines_of(exported(fresh.owner, "clients", NDJSON, sort=sort)) == rows, sort
    same_cells(exported(fresh.owner, "clients", CSV, sort=sort), rows)
    assert walk(fresh.owner, "clients", 100, sort=sort) == rows


def test_a_file_of_events_over_the_boundary(fresh):
    fresh.happen(2 * STRETCH + 100)
    for path in ("events", "audit"):
        rows = lines_of(exported(fresh.owner, path, NDJSON))
        seqs = [row["seq"] for row in rows]
        assert sorted(seqs) == list(range(1, fresh.last_event() + 1))
        assert seqs == sorted(seqs, reverse=path == "audit")
        assert rows == pages(fresh.owner, path)


def test_a_file_is_of_one_moment(fresh):
    """While rows come in order and others move from the list's one end to its other: each that was
    there once, and of those that came the first so many."""
    many(fresh, 3 * STRETCH, "'m'")
    old = {row["id"] for row in lines_of(exported(fresh.owner, "clients", NDJSON))}
    movers = fresh.db.column("SELECT id FROM clients WHERE tenant_id = %s LIMIT 10", fresh.id)
    done, written = threading.Event(), []

    def write():
        while not done.is_set():
            i = len(written)
            many(fresh, 1, f"'m{i:09}'")
            fresh.db.all("UPDATE clients SET name = %s WHERE tenant_id = %s AND id = %s",
                         "a" if i // 10 % 2 else "z", fresh.id, movers[i % 10])
            written.append(i)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        met = 0
        while met < 3:
            before = len(written)
            rows = lines_of(exported(fresh.owner, "clients", NDJSON, sort="name"))
            met += len(written) - before > 3
            ids = [row["id"] for row in rows]
            assert len(set(ids)) == len(ids) and set(ids) >= old
            came = [row["name"] for row in rows if row["id"] not in old]
            assert came == [f"m{i:09}" for i in range(len(came))]
            assert writer.is_alive()
    finally:
        done.set()
        writer.join(PATIENCE)


def peak(pid):
    """The most memory that a process ever had, in bytes."""
    with open(f"/proc/{pid}/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def test_memory_does_not_grow_with_the_file(stack, fresh, note):
    """Beyond what a stretch may take."""
    many(fresh, 2 * STRETCH, "repeat('x', 150) || i")
    with OwnPrograms(stack, ["clients"]) as own:
        client, pid = own.client(fresh.owner.token), own.processes[0].pid
        for accept in (CSV, NDJSON):
            exported(client, "/api/v1/clients", accept)
        few, sanitized = peak(pid), "libasan" in Path(f"/proc/{pid}/maps").read_text()
        many(fresh, EXPORT_ROWS, "repeat('x', 150) || i")
        for accept in (CSV, NDJSON):
            whole = client.request("HEAD", "/api/v1/clients", headers={"Accept": accept})
            size = int(whole.headers["Content-Length"])
            assert whole.status == 200 and size > 150 * EXPORT_ROWS
            ids = exported(client, "/api/v1/clients", accept, fields="id")
            assert ids.body.count(b"\n") == EXPORT_ROWS + 2 * STRETCH + (accept == CSV)
        grown = peak(pid) - few
    note(f"{EXPORT_ROWS} rows, {size >> 20} MB: {grown >> 10} KB more memory")
    assert grown < 16 << 20 or sanitized  # a sanitizer keeps what was freed
