"""What the library gives to every route of every program, checked for each from --describe."""

import base64
import uuid

import pytest

from support.routes import MISSING, Things, all_routes, with_query
from support.shop import ROLES, unique
from support.totp import made_ready

LEADERS = {"owner", "admin", "manager"}
CREW = LEADERS | {"staff"}

HEADS = {"owner", "admin"}

# Who may do what, said once more and independently of lib/permission.c: by the first word or words
# of the path, the longest that fits.
READERS = {"/users": LEADERS, "/users/me": set(ROLES), "/api-keys": HEADS, "/audit": HEADS,
           "/clients/{client}/export": HEADS}
WRITERS = {"/orders": CREW, "/inventory": CREW, "/sessions": set(ROLES),
           "/clients": CREW | {"accountant"}, "/users": HEADS, "/users/me": set(ROLES),
           "/settings": HEADS, "/tenant": HEADS, "/api-keys": HEADS,
           "/clients/{client}/erase": HEADS, "/clients/{client}/merge": LEADERS}

# Their answer tells the time, so no two are alike.
OF_THE_MOMENT = {"/products/{ref}/availability": {"at", "earliest", "latest"}}

behind_login = pytest.mark.routes(lambda r: r.roles is not None)
of_things = pytest.mark.routes(lambda r: r.roles is not None and r.parts)
writes = pytest.mark.routes(lambda r: r.writes)
writes_behind_login = pytest.mark.routes(lambda r: r.writes and r.roles is not None)


@pytest.fixture(scope="module")
def foreign(shop, rival):
    """route -> the id of a thing of another tenant, of the kind that the route is about."""
    made, things = {}, Things(rival)

    def of(route):
        if route.parts == ["seq"]:  # a place that this shop has not come to
            rival.happen(max(1, shop.last_event() + 10 - rival.last_event()))
            return rival.last_event()
        kind = (route.program, *route.parts)
        if kind not in made:
            made[kind] = things.refs(next(
                r for r in all_routes() if (r.program, *r.parts) == kind and
                r.effect != "restores"))
        return next(iter(made[kind].values()))
    return of


# ---- 401, 403

@behind_login
def test_nobody_is_refused(anonymous, route):
    answer = anonymous.request(route.method, route.at(MISSING),
                               body=b"{not json" if route.writes else None)
    assert answer.refused(401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Cache-Control"] == "no-store"


@behind_login
def test_bad_tokens_are_refused_alike(anonymous, shop, rival, route):
    def swap(token, tenant):  # another tenant's id in front of a good secret
        raw = base64.urlsafe_b64decode(token[3:])
        return "ps_" + base64.urlsafe_b64encode(uuid.UUID(tenant).bytes + raw[16:]).decode()

    token = shop.owner.token
    last = "A" if token[-1] != "A" else "B"
    bad = ["Bearer", "Bearer ", "Bearer garbage", f"Basic {token}", token, f"Bearer {token}x",
           f"Bearer {token[:-1]}", f"Bearer {token[:-1]}{last}", f"Bearer {token}, {token}",
           f"Bearer {swap(token, rival.id)}", f"Bearer {swap(token, MISSING)}"]
    nobody = anonymous.request(route.method, route.at(MISSING))
    for authorization in bad:
        answer = anonymous.request(route.method, route.at(MISSING),
                                   headers={"Authorization": authorization})
        assert answer.bytes_but_ids() == nobody.bytes_but_ids(), authorization


@behind_login
def test_roles(people, route):
    """Without it: 403, whatever else is wrong. With it one gets as far as the input."""
    table, otherwise = (WRITERS, LEADERS) if route.writes else (READERS, set(ROLES))
    words = [p for p in table if route.pattern == p or route.pattern.startswith(f"{p}/")]
    may = table[max(words, key=len)] if words else otherwise
    assert set(route.roles) == may
    if route.pattern.startswith("/sessions"):
        return  # everybody may, and these would log people out
    for role, client in people.items():
        answer = client.request(route.method, route.at(MISSING),
                                body=b"{not json" if route.writes else None)
        if role in may:
            assert answer.status in (200, 400, 404), (role, answer)
        else:
            assert answer.refused(403, "forbidden"), (role, answer)


# ---- 404, 405, 406

@of_things
def test_what_is_not_there_is_404_in_the_same_bytes(shop, things, foreign, route):
    """Never there, another tenant's, and what can't be a name: all the same answer."""
    body = things.body(route)
    absent = shop.owner.request(route.method, route.at(MISSING), json=body)
    assert absent.refused(404, "not_found")
    for ref in (foreign(route), MISSING.upper(), "no-such-slug", "Not_A_Ref", "0", "-1", "99999999",
                "9" * 30, "x" * 300, "%C3%A9", "%FF", "a%20b", "1%2F2"):
        answer = shop.owner.request(route.method, route.at(ref), json=body)
        assert answer.bytes_but_ids() == absent.bytes_but_ids(), ref


@pytest.mark.parametrize("path", sorted({r.path for r in all_routes()}))
def test_other_methods_are_405_with_allow(anonymous, shop, path):
    here = [r for r in all_routes() if r.path == path]
    allowed = {r.method for r in here} | {"OPTIONS"} | ({"HEAD"} if any(not r.writes for r in here)
                                                       else set())
    for client in (anonymous, shop.owner):  # it wins over 401
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"):
            if method in allowed:
                continue
            answer = client.request(method, here[0].at(MISSING))
            assert answer.refused(405, "method_not_allowed"), (method, answer)
            assert set(answer.headers["Allow"].split(", ")) == allowed, method
    answer = anonymous.request("OPTIONS", here[0].at(MISSING))
    assert (answer.status, answer.body) == (204, b"")
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.routes(lambda r: not r.root)
def test_unacceptable_is_406(shop, route):
    bare = route.at(MISSING).replace("/v1", "")
    for path, accept in ((bare, "application/vnd.purser.v3+json"),
                         (bare, "application/vnd.purser.v9+json, text/html"),
                         (route.at(MISSING), "text/html"),
                         (route.at(MISSING), "application/json;q=0")):
        answer = shop.owner.request(route.method, path, headers={"Accept": accept})
        assert answer.refused(406, "not_acceptable"), (accept, answer)


# ---- 413, 415, 400

@writes
def test_other_media_types_are_415(shop, route):
    patch = route.method == "PATCH"
    for media in ("text/plain", "application/x-www-form-urlencoded",
                  "multipart/form-data; boundary=x",
                  "application/jsonx", "application/xml", "json", "*/*",
                  *([] if patch else ["application/merge-patch+json"])):
        answer = shop.owner.request(route.method, route.at(MISSING), body=b"{}", content_type=media)
        assert answer.refused(415, "unsupported_media_type"), (media, answer)
    bare = shop.owner.request(route.method, route.at(MISSING), body=b"{}", content_type="")
    assert bare.refused(415, "unsupported_media_type")
    for media in ("application/json; charset=utf-8", "Application/JSON",
                  *(["application/merge-patch+json"] if patch else [])):
        answer = shop.owner.request(route.method, route.at(MISSING), body=b"[]", content_type=media)
        assert answer.refused(400, "validation_failed"), (media, answer)


@writes
def test_large_bodies_are_413(shop, route):
    answer = shop.owner.request(route.method, route.at(MISSING), body=b" " * (256 * 1024 + 1))
    assert answer.refused(413, "too_large")
    answer = shop.owner.request(route.method, route.at(MISSING),
                                body=b'{"no_such":1}'.ljust(256 * 1024))
    assert answer.refused(400, "validation_failed")
    assert "no_such" in answer.faults


@writes
def test_bodies_that_are_not_json_are_400(shop, route):
    for body in (b"{", b"nope", b"{}{}", b'{"a":1,}', b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff",
                 b"  "):
        answer = shop.owner.request(route.method, route.at(MISSING), body=body)
        assert answer.refused(400, "invalid_json"), (body, answer)
    for body in (b"[]", b"null", b"7", b'"text"'):
        answer = shop.owner.request(route.method, route.at(MISSING), body=body)
        assert answer.refused(400, "validation_failed"), (body, answer)


@writes
def test_unknown_fields_are_named(shop, things, route):
    body = {**(things.body(route) or {}), "no_such": 1, "nor_this": {"a": []}}
    answer = shop.owner.request(route.method, route.at(MISSING), json=body)
    assert answer.refused(400, "validation_failed"), answer
    assert answer.faults == {"no_such": "Unknown field", "nor_this": "Unknown field"}


@pytest.mark.routes(lambda r: r.body and any(f.get("read_only") for f in r.body))
def test_read_only_fields(shop, things, route):
    """Refused in POST and PATCH; PUT ignores them, so that what GET gave can be put back."""
    given = {f["name"]: "x" for f in route.body if f.get("read_only")}
    answer = shop.owner.request(route.method, route.at(MISSING),
                                json={**things.body(route), **given})
    if route.method == "PUT":
        assert answer.refused(404, "not_found")
    else:
        assert answer.refused(400, "validation_failed")
        assert answer.faults == dict.fromkeys(given, "Read-only")


@pytest.mark.routes(lambda r: any(f.get("required") for f in r.writable))
def test_required_fields(shop, things, route):
    required = [f["name"] for f in route.writable if f.get("required")]
    missing = shop.owner.request(route.method, route.at(MISSING), json={})
    if route.method == "PATCH":  # to merge nothing is fine
        assert missing.refused(404, "not_found") if route.parts else missing.status == 200
    else:
        assert missing.refused(400, "validation_failed")
        assert missing.faults == dict.fromkeys(required, "Is required")
    null = shop.owner.request(route.method, route.at(MISSING), json=dict.fromkeys(required))
    assert null.refused(400, "validation_failed")
    assert null.faults == dict.fromkeys(required, "Must not be null")


@behind_login
def test_unknown_parameters_are_named(shop, route):
    answer = shop.owner.request(route.method, with_query(route.at(MISSING), "no_such=1&x%5By%5D=2"))
    assert answer.refused(400, "invalid_input"), answer
    assert answer.faults == {"no_such": "Unknown parameter", "x[y]": "Unknown parameter"}


# ---- what every write does

def send(client, route, refs, body, **kw):
    path = with_query(route.at(refs), kw.pop("query", ""))
    return client.request(route.method, path, json=body, **kw)


@pytest.fixture
def actor(shop):
    """Somebody new, whom a write may log out."""
    user, client = shop.person("owner")
    return client, user


def own_refs(things, route, client):
    if route.program == "sessions" and route.parts:
        return {"id": client.get("sessions").data[0]["id"]}
    return things.refs(route)


@writes_behind_login
def test_a_write_records_one_event(shop, things, actor, route):
    client, user = actor
    refs = own_refs(things, route, client)
    body = made_ready(route, client, shop.password, shop.db, things.body(route, all_of_them=True))
    before, request = shop.last_event(), unique("request")
    answer = send(client, route, refs, body, headers={"X-Request-Id": request})
    assert answer.status in (200, 201), answer
    (_, kind, thing, who, fields, request_id), = shop.events(after=before)
    assert (kind, who, request_id) == (route.event, user, request)
    assert sorted(fields) == sorted(body or {})
    if isinstance(answer.data, dict):  # what has no id is the person's, or the tenant's: settings
        whose = user if route.program == "totp" else shop.id
        assert thing == answer.data.get("id", answer.data.get("product_id", whose))
    for value in (body or {}).values():
        assert str(value) not in fields or value is True


@writes_behind_login
def test_a_dry_run_answers_and_leaves_nothing(shop, things, actor, route):
    client, _ = actor
    refs = own_refs(things, route, client)
    body = made_ready(route, client, shop.password, shop.db, things.body(route))
    before = shop.footprint()
    answer = send(client, route, refs, body, query="?dry_run=true",
                  headers={} if route.secret else {"Idempotency-Key": unique("dry")})
    assert answer.status == (201 if route.effect == "creates" else 200), answer
    assert answer.data
    assert shop.footprint() == before
    assert client.get("sessions").status == 200  # still logged in
    answer = send(client, route, refs, body)  # and done for real it works as it was said to
    assert answer.status in (200, 201), answer


@pytest.mark.routes(lambda r: r.writes and r.roles is not None and not r.secret)
def test_the_same_key_has_one_effect(shop, things, actor, route):
    client, _ = actor
    refs, body = own_refs(things, route, client), things.body(route)
    other_body = things.body(route, all_of_them=True) if route.body else {}
    before, key = shop.last_event(), {"Idempotency-Key": unique("key")}
    first = send(client, route, refs, body, headers=key)
    assert first.status in (200, 201) and "Idempotent-Replayed" not in first.headers, first
    if route.program == "sessions":
        return  # whoever logged out can't ask again
    again = send(client, route, refs, body, headers=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    for name in ("ETag", "Location", "Cache-Control", "Content-Type", "Vary"):
        assert again.headers[name] == first.headers[name], name
    other = send(client, route, refs, other_body, headers=key)
    assert other.refused(422, "idempotency_mismatch"), other
    assert shop.last_event() == before + 1


@writes
def test_bad_keys_are_refused(shop, things, route):
    for key in ("a b", "x" * 256, "k\xe9y"):
        answer = shop.owner.request(route.method, route.at(MISSING), json=things.body(route),
                                    headers={"Idempotency-Key": key})
        assert answer.refused(400, "invalid_input"), (key, answer)
        assert "Idempotency-Key" in answer.faults


# ---- what every answer bears

@pytest.mark.routes(lambda r: True)
def test_headers(shop, anonymous, route):
    ok = shop.owner.request(route.method, route.at(MISSING), body=b"{" if route.writes else None,
                            headers={"X-Request-Id": "mine-and-sane.1_2"})
    for answer in (ok, anonymous.request("PROPFIND", route.at(MISSING))):
        h = answer.headers
        assert h["Content-Type"] == "application/json"
        assert h["X-Content-Type-Options"] == "nosniff"
        assert h["Content-Security-Policy"].startswith("default-src 'none'")
        assert h["Cross-Origin-Opener-Policy"] == "same-origin"
        assert h["Cross-Origin-Resource-Policy"] == "same-origin"
        assert h["Referrer-Policy"] == "no-referrer"
        assert h["Vary"] == "Accept, Origin"
        assert "Strict-Transport-Security" not in h  # this is localhost
        assert h["Server"] == "nginx"
        assert not [name for name in h if name.lower().startswith("x-purser")]
        assert len(h.get_all("X-Request-Id")) == 1 and int(h["Content-Length"]) == len(answer.body)
    assert ok.headers["X-Request-Id"] == "mine-and-sane.1_2"


@pytest.mark.routes(lambda r: not r.writes)
def test_head_is_get_without_the_body(shop, things, route):
    path = route.at(own_refs(things, route, shop.owner))
    get = shop.owner.get(path)
    head = shop.owner.request("HEAD", path)
    assert get.status == head.status == 200
    assert head.body == b"" and int(head.headers["Content-Length"]) > 0
    if route.pattern not in OF_THE_MOMENT:
        assert head.headers["Content-Length"] == str(len(get.body))
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.routes(lambda r: not r.writes and r.roles is not None)
def test_caching_of_reads(shop, things, route):
    path = route.at(own_refs(things, route, shop.owner))
    answer = shop.owner.get(path)
    if route.cache == "no-store":
        assert answer.headers["Cache-Control"] == "no-store"
        return
    assert answer.headers["Cache-Control"] == "private, no-cache"
    for match in (answer.etag, f"W/{answer.etag}", f'"x", {answer.etag}', "*"):
        same = shop.owner.get(path, headers={"If-None-Match": match})
        assert (same.status, same.body) == (304, b""), match
        assert same.etag == answer.etag and same.headers["Cache-Control"] == "private, no-cache"
    assert shop.owner.get(path, headers={"If-None-Match": '"other"'}).body == answer.body


@pytest.mark.routes(lambda r: not r.writes and r.roles is not None)
def test_fields_chooses(shop, things, route):
    path = route.at(own_refs(things, route, shop.owner))
    names = [f["name"] for f in route.all_fields][:2]
    data = shop.owner.get(with_query(path, f"fields={','.join(names)}")).data
    data = data if isinstance(data, list) else [data]
    assert data and all(set(row) <= set(names) and names[0] in row for row in data)
    bad = shop.owner.get(with_query(path, "fields=id,no_such"))
    assert bad.refused(400, "invalid_input") and "fields" in bad.faults


@pytest.mark.routes(lambda r: not r.writes and not r.root)
def test_versions(shop, things, route):
    """v1 and v2 by URL, by Accept, both at once (the URL wins), and money as each has it."""
    path = route.at(own_refs(things, route, shop.owner))
    v1, v2 = shop.owner.get(path), shop.owner.get(path.replace("/v1", "/v2"))
    assert v1.status == v2.status == 200
    bare, vendor = path.replace("/v1", ""), "application/vnd.purser.v2+json"
    for answer, same in ((shop.owner.get(bare), v1),
                         (shop.owner.get(bare, headers={"Accept": vendor}), v2),
                         (shop.owner.get(path, headers={"Accept": vendor}), v1)):
        assert still(route, answer) == still(route, same)
    assert shop.owner.get(path.replace("/v1", "/v3")).refused(404, "not_found")

    money = {f["name"] for f in route.all_fields if f["type"] == "money"}
    rows = v1.data if isinstance(v1.data, list) else [v1.data]
    for one, two in zip(rows, v2.data if isinstance(v2.data, list) else [v2.data]):
        for name in money & set(one):
            assert two[name] == {"amount": one[name], "currency": "EUR"}
        plain = set(one) - money - {"lines"} - OF_THE_MOMENT.get(route.pattern, set())
        assert {k: one[k] for k in plain} == {k: two[k] for k in plain}


def still(route, answer):
    """The body without what moves with the time."""
    moving = OF_THE_MOMENT.get(route.pattern)
    if not moving:
        return answer.body
    return {k: v for k, v in answer.data.items() if k not in moving}


@behind_login
def test_problem_json(shop, route):
    """RFC 9457 where Accept prefers it."""
    accept = "application/problem+json, application/json;q=0.5"
    answer = shop.owner.request(route.method, with_query(route.at(MISSING), "no_such=1"),
                                headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == answer.status == 400
    assert answer.json["type"] == "about:blank" and answer.json["title"] == "Bad Request"
    assert answer.json["detail"] and answer.json["instance"] == answer.headers["X-Request-Id"]
    assert answer.json["error"] == "invalid_input"
    assert answer.json["details"] == [{"field": "no_such", "message": "Unknown parameter"}]
