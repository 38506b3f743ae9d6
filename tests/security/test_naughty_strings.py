"""The Big List of Naughty Strings wherever a client can put text: bodies, queries, filters, paths
and headers of every route. A string is taken and comes back byte for byte, or is refused in the
contract's words; and what it is must not matter to anything else."""

import copy
import json
import re
from urllib.parse import quote, quote_plus, unquote

import pytest

from support.corpora import naughty_strings
from support.judge import STRINGS, takes_filter, takes_string
from support.routes import KNOWN, MISSING, Things, all_routes, with_query
from support.shop import Shop
from support.sizes import PASSWORDS_EVERY, SAMPLE_EVERY, STORED_EVERY
from support.wire import compose, volley

CALM = True

# Of a body that is right in itself, a route may still refuse what it asks for.
BUSINESS = (401, 403, 404, 409, 412, 422)


def test_the_whole_list_is_there():
    assert len(naughty_strings()) == 481


def sample(every):
    return naughty_strings()[::every]


def checked(answer):
    """An answer as any must be: the contract's envelope in JSON, never taken for anything else."""
    assert answer.headers["Content-Type"] in ("application/json", "application/problem+json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.status < 500, answer
    assert ("error" in answer.json) == (answer.status >= 400), answer
    return answer


def jsons(shop, method, requests):
    """Sends (path, body) pairs; yields the answers."""
    headers = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    for answer in volley(shop.owner, [(method, compose(method, path, headers, as_json(body)))
                                      for path, body in requests]):
        yield checked(answer)


def as_json(value):
    return None if value is None else json.dumps(value, ensure_ascii=False).encode()


# ---- bodies

def places(fields, body, path=()):
    """(path of keys and indexes, field) of every string in a body."""
    for f in fields:
        here, value = (*path, f["name"]), body.get(f["name"])
        if f.get("read_only") or value is None:
            continue
        if f["type"] in STRINGS:
            yield here, f
        elif f["type"] == "texts":
            yield (*here, 0), f
        elif f["type"] == "rows":
            for i, row in enumerate(value):
                yield from places(f["of"], row, (*here, i))


def put(body, path, value):
    for key in path[:-1]:
        body = body[key]
    body[path[-1]] = value


def look(data, path):
    """What stands there, or None where the answer doesn't show it."""
    for key in path:
        if isinstance(data, dict) and key not in data or isinstance(data, list) and not data:
            return None
        data = data[key]
    return data


def named(path):
    """As details name it: lines[0].note, tags[0]."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


class Bodies:
    """Bodies of a route with a string in all places that take it."""

    def __init__(self, things, route):
        self.things = things
        self.whole = things.body(route, all_of_them=True)
        self.places = list(places(route.body, self.whole))

    def fresh(self):
        """A body that is right, and clashes with none before."""
        body = copy.deepcopy(self.whole)
        for path, f in self.places:
            if f["type"] not in ("uuid", "choice", "texts"):
                put(body, path, self.things.value(f))
        return body

    def everywhere(self, s):
        """With the string in all places; and the places that must be refused then."""
        body = self.fresh()
        for path, _ in self.places:
            put(body, path, s)
        return body, {named(path) for path, f in self.places if not takes_string(f, s)}

    def where_taken(self, s):
        """With the string where it is taken; and those places. What must be one text, or of a form
        of its own, stays as it is; so does a password, which is judged by the other texts, too."""
        body, taken = self.fresh(), [path for path, f in self.places if takes_string(f, s) and
                                     f["name"] not in (*KNOWN, "current_password", "password")]
        for path in taken:
            put(body, path, s)
        return body, taken


with_text = pytest.mark.routes(lambda r: any(True for _ in texts_of(r.writable)))


def texts_of(fields):
    for f in fields:
        if f["type"] in STRINGS or f["type"] == "texts":
            yield f
        yield from texts_of([i for i in f.get("of", []) if not i.get("read_only")])


def strings_for(route):
    """All of them where things are created, some elsewhere, few where each costs an argon2."""
    if any(f.get("write_only") for f in route.writable):
        return sample(PASSWORDS_EVERY)
    return sample(1 if route.effect == "creates" else SAMPLE_EVERY)


@pytest.fixture
def own_things(stack, route):
    """In a shop of its own, where no string was ever stored."""
    shop = Shop(stack)
    yield Things(shop)
    shop.check_books()


@with_text
def test_fields_that_do_not_take_a_string_refuse_it(own_things, route):
    """All at once, by name; the others are not named."""
    shop, bodies = own_things.shop, Bodies(own_things, route)
    wanted = {s: bodies.everywhere(s) for s in strings_for(route)}
    bad = {s: (body, faults) for s, (body, faults) in wanted.items() if faults}
    before = shop.footprint()
    answers = jsons(shop, route.method, [(route.at(MISSING), body) for body, _ in bad.values()])
    for (s, (_, faults)), answer in zip(bad.items(), answers):
        assert answer.refused(400, "validation_failed"), (s, answer)
        assert set(answer.faults) == faults, (s, answer)
    assert shop.footprint() == before


@with_text
def test_fields_that_take_a_string_give_it_back(own_things, route):
    """Every string is rehearsed, whose answer comes from the database; some are written for good
    and read again."""
    shop, bodies = own_things.shop, Bodies(own_things, route)
    path = route.at(own_things.refs(route)) if route.parts else route.path
    wanted = [(s, *bodies.where_taken(s)) for s in strings_for(route)]
    wanted = [w for w in wanted if w[2]]
    done = 0
    for query, some in (("?dry_run=true", wanted), ("", wanted[::STORED_EVERY])):
        if not query and (route.states or route.secret):
            continue  # what is done once only; its answers are the same
        answers = list(jsons(shop, route.method, [(path + query, body) for _, body, _ in some]))
        for (s, _, taken), answer in zip(some, answers):
            done += shows(answer, s, taken)
        if not query and answers and answers[0].status == 201:
            reads = jsons(shop, "GET", [(a.headers["Location"], None) for a in answers])
            for (s, _, taken), answer in zip(some, reads):
                assert answer.status == 200 and shows(answer, s, taken), (s, answer)
        elif not query and any(r.method == "GET" and r.path == route.path for r in all_routes()):
            assert shows(checked(shop.owner.get(path)), *some[-1][::2])
    hidden = {p[0] for p, _ in bodies.places} - {f["name"] for f in route.all_fields}
    assert done or route.secret or hidden, "no string was taken"


@pytest.mark.routes(lambda r: any(f["name"] in KNOWN for f in texts_of(r.writable)))
def test_texts_of_a_form_of_their_own(own_things, route):
    """Refused by name, by whoever knows the form; or taken, and given back."""
    shop, bodies = own_things.shop, Bodies(own_things, route)
    path = route.at(own_things.refs(route)) if route.parts else route.path
    cases = []
    for place, f in bodies.places:
        for s in sample(PASSWORDS_EVERY if route.secret else SAMPLE_EVERY):
            if f["name"] in KNOWN and takes_string(f, s):
                body = bodies.fresh()
                put(body, place, s)
                cases.append((s, place, f, body))
    answers = jsons(shop, route.method, [(f"{path}?dry_run=true", body) for *_, body in cases])
    for (s, place, f, _), answer in zip(cases, answers):
        if answer.status == 400:
            told = set(answer.faults)  # of a list, its first item
            assert told in ({named(place)}, {f"{named(place)}[0]"}), (s, answer)
        else:
            assert shows(answer, s, [place]) or route.secret, (s, answer)


def shows(answer, s, taken):
    """True when an answer shows the string in those places, exactly."""
    if answer.status >= 400:
        assert answer.status in BUSINESS and answer.json["error"], (s, answer)
        return False
    shown = [look(answer.data, path) for path in taken]
    assert all(value in (s, None) for value in shown), (s, answer)
    return s in shown


# ---- queries

@pytest.fixture(scope="module")
def full_shop(stack):
    """A shop with a product of each name."""
    shop = Shop(stack)
    names = [s for s in naughty_strings() if 1 <= len(s) <= 200]
    made = jsons(shop, "POST", [("/api/v1/products", {"name": s, "slug": f"p-{i}", "unit_price": 1})
                                for i, s in enumerate(names)])
    assert [a.data["name"] for a in made] == names
    yield shop
    shop.check_books()


def test_a_filter_finds_exactly_what_bears_the_string(full_shop):
    """Not a similar one, in another case, normalised otherwise, or with wildcards in it."""
    asked = naughty_strings()
    pages = jsons(full_shop, "GET", [(f"/api/v1/products?name={quote_plus(s)}", None)
                                     for s in asked])
    for s, page in zip(asked, pages):
        assert [row["name"] for row in page.data] == ([s] if 1 <= len(s) <= 200 else []), (s, page)
        assert page.json["total"] == len(page.data)


def test_a_list_of_strings_in_a_filter(full_shop):
    """[in] separates by commas, and by nothing else."""
    names = [s for s in naughty_strings() if 1 <= len(s) <= 200 and "," not in s]
    for pair in zip(names[::2], names[1::2]):
        page = full_shop.owner.get(f"products?name[in]={','.join(map(quote, pair))}")
        assert page.status == 200 and {row["name"] for row in page.data} == set(pair), (pair, page)


@pytest.mark.routes(lambda r: r.lists)
def test_every_filter(shop, things, route):
    """Of each field, by each operator: a page, or that parameter's fault."""
    path = route.at(things.refs(route))
    cases = [(f, op, s) for f in route.all_fields if f.get("filter")
             for op in ("", "[gt]", "[gte]", "[lt]", "[lte]", "[in]") for s in sample(SAMPLE_EVERY)]
    answers = jsons(shop, "GET", [
        (with_query(path, f"{f['name']}{quote(op)}={quote_plus(s)}"), None) for f, op, s in cases])
    for (f, op, s), answer in zip(cases, answers):
        parts = s.split(",") if op == "[in]" else [s]
        if all(takes_filter(f, part) for part in parts):
            assert answer.status == 200, (f["name"], op, s, answer)
        else:
            assert answer.refused(400, "invalid_input"), (f["name"], op, s, answer)
            assert set(answer.faults) == {f"{f['name']}{op}"}, (s, answer)


@pytest.mark.routes(lambda r: True)
def test_parameters_of_that_name_or_value(shop, route):
    """A name that no parameter has is named; parameters with a meaning refuse what has none."""
    known = ["dry_run"] if route.writes else ["page", "perPage", "sort"] if route.lists else []
    cases = [(s, s, "x") for s in sample(SAMPLE_EVERY) if s]
    cases += [(name, name, s) for name in known for s in sample(SAMPLE_EVERY)
              if not re.fullmatch(r"-?[0-9]+|true|false", s)]
    answers = jsons(shop, route.method, [
        (with_query(route.at(MISSING), f"{quote_plus(k)}={quote_plus(v)}"), None)
        for _, k, v in cases])
    for (name, key, value), answer in zip(cases, answers):
        assert answer.refused(400, "invalid_input"), (key, value, answer)
        assert set(answer.faults) == {name}, (key, value, answer)


# ---- paths

def climbs_out(path):
    """Whether a path leads past the root: nginx, which looks at it decoded, has no such place."""
    depth = 0
    for part in unquote(path).split("/")[1:]:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


@pytest.mark.routes(lambda r: r.parts)
def test_no_thing_bears_such_a_name(own_things, route):
    """As the part of a path that names a thing; encoded, so that it is one part."""
    shop, body = own_things.shop, own_things.body(route)
    before = shop.footprint()
    strings = [s for s in sample(SAMPLE_EVERY if route.writes else 1) if s]
    paths = [re.sub(r"\{\w+\}", lambda _, s=s: quote(s, safe="").replace(".", "%2E"), route.path)
             for s in strings]
    for path, answer in zip(paths, jsons(shop, route.method, [(p, body) for p in paths])):
        if climbs_out(path):
            assert answer.refused(400, "invalid_input"), (path, answer)
        else:
            assert answer.refused(404, "not_found"), (path, answer)
    assert shop.footprint() == before


# ---- headers

def header_strings():
    """Without what no header can hold; the space around a value is not part of it."""
    found = [s.strip(" \t") for s in naughty_strings()]
    return [s for s in dict.fromkeys(found) if not re.search("[\r\n\0]", s)]


def if_match(s):
    """412, but for what asks nothing and what any revision fits."""
    return None if s in ("", "*") else 412


def denied(_):
    return 401


def elsewhere(_):
    return 400, 421


def origin(s):
    """None of them is one that the tenant lists."""
    return None if s == "" else 403


def accept(s):
    """406, but for a list of nothing."""
    return None if re.fullmatch("[ ,;]*", s) else 406


# Header -> the status that a string in it leads to, on a read and on a write that would succeed.
# None: all is well. Where every string is, or what a write makes of them is known from a read,
# some of them are enough.
HEADERS = {
    "X-Request-Id": (lambda s: None, None), "User-Agent": (None, None), "Referer": (None, None),
    "Origin": (origin, origin), "Cookie": (None, None), "Last-Event-ID": (None, None),
    "Range": (None, None), "Sec-Fetch-Site": (None, None), "X-Forwarded-For": (None, None),
    "X-HTTP-Method-Override": (None, None),
    "If-None-Match": (lambda s: 304 if s == "*" else None, None),
    "If-Match": (None, if_match),
    "Idempotency-Key": (None, lambda s: None if re.fullmatch("[!-~]{0,255}", s) else 400),
    "Accept": (accept, accept),
    "Content-Type": (None, lambda s: 415),
    "Content-Encoding": (None, lambda s: None if s == "" else 415),
    "Authorization": (denied, denied), "Authorization: Bearer": (denied, denied),
    "Host": (elsewhere, elsewhere),
}


@pytest.fixture(scope="module")
def pair_of_routes(shop, things):
    """(method, path, body, the status when all is well) of a read and of a write."""
    write = next(r for r in all_routes() if r.method == "PATCH" and r.parts)
    path = write.at(things.refs(write))
    return ("GET", path, None, 200), ("PATCH", f"{path}?dry_run=true", b"{}", 200)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("way", [0, 1], ids=["read", "write"])
def test_headers(shop, pair_of_routes, header, way):
    method, path, body, usual = pair_of_routes[way]
    expected = HEADERS[header][way]
    told_already = expected is None or way == 1 and expected is HEADERS[header][0]
    strings, requests = header_strings()[::SAMPLE_EVERY if told_already else 1], []
    for s in strings:
        name, _, before = header.partition(": ")
        headers = {**shop.owner.headers, **({"Content-Type": "application/json"} if body else {})}
        headers[name] = f"{before} {s}".strip(" ")
        requests.append((method, compose(method, path, list(headers.items()), body)))
    for s, answer in zip(strings, volley(shop.owner, requests)):
        status = expected(s) if expected else None
        status = status or usual
        right = answer.status in (status if isinstance(status, tuple) else (status,))
        assert right, (s, answer)
        if answer.status != 304:
            checked(answer)
        if answer.status == 401:
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        if header == "X-Request-Id":
            kept = re.fullmatch("[A-Za-z0-9._-]{8,64}", s)
            given = answer.headers["X-Request-Id"]
            assert given == s if kept else re.fullmatch("[0-9a-f]{32}", given), (s, answer)


@pytest.mark.routes(lambda r: True)
def test_headers_of_every_route(shop, route):
    """All of a client's headers bear the same string: nothing is found, and nothing breaks."""
    strings = [s for s in header_strings()[::SAMPLE_EVERY] if s]
    names = [n for n in HEADERS if n not in ("Host", "Content-Type", "Accept") and ":" not in n]
    answers = list(volley(shop.owner, [
        (route.method, compose(route.method, route.at(MISSING), [(n, s) for n in names]))
        for s in strings]))
    for s, answer in zip(strings, answers):
        checked(answer)
        if route.roles:
            assert answer.refused(401, "unauthorized"), (s, answer)
        else:
            assert answer.status in (200, 400, 415), (s, answer)


def test_a_device_may_call_itself_anything(shop):
    """The User-Agent of a login is what the list of sessions shows of it: its first 200 bytes, and
    no half of a character."""
    _, email = shop.user("staff")
    body = as_json({"email": email, "password": shop.password})
    strings = header_strings()[::PASSWORDS_EVERY]
    logins = list(volley(shop.owner, [("POST", compose("POST", "/api/v1/sessions", [
        ("Content-Type", "application/json"), ("User-Agent", s)], body)) for s in strings]))
    assert {a.status for a in logins} == {201}
    someone, shown = shop.owner.bearing(logins[0].data["token"]), {}
    for page in range(1, len(strings) // 100 + 2):
        rows = someone.get(f"sessions?perPage=100&page={page}").data
        shown.update((row["id"], row["user_agent"]) for row in rows)
    for s, login in zip(strings, logins):
        kept = s.encode()[:200].decode(errors="ignore")
        assert shown[login.data["id"]] == (kept or None), s
