"""Pages of other origins (CORS): which may use a tenant, what a browser is told, and what nobody
learns by it. Source: Fetch, 3.2; RFC 6454."""

import pytest

LISTED, LOCAL = "https://shop.example", "http://localhost:5173"
OTHERS = ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example",
          "https://shop.example:8443", "https://SHOP.example", "https://shop.example/",
          "https://www.shop.example", "capacitor://localhost", "x", "https://shop.example "
          "https://evil.example"]
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture(scope="module", autouse=True)
def listed(shop):
    shop.settings(cors_origins=[LISTED, LOCAL])


def readable_by(answer):
    """The origin whose pages may read it, or None. No cookie ever goes along."""
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers.get_all("Vary") == ["Accept, Origin"]
    assert len(answer.headers.get_all(ALLOWED) or []) <= 1
    if ALLOWED in answer.headers:
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Location", "Link", "X-Request-Id", "RateLimit", "RateLimit-Policy",
                "Retry-After", "Idempotent-Replayed", "Deprecation", "Sunset"} == set(exposed)
    return answer.headers[ALLOWED]


@pytest.mark.parametrize("origin", [LISTED, LOCAL])
def test_a_listed_origin_may_read_and_write(shop, origin):
    owner = shop.owner.with_headers(Origin=origin)
    product = owner.post("products", {"name": "Bun", "unit_price": 100})
    assert product.status == 201 and readable_by(product) == origin
    for path, status in ((f"products/{product.data['id']}", 200), ("products", 200),
                         ("products/none", 404), ("products?page=0", 400)):
        answer = owner.get(path)
        assert (answer.status, readable_by(answer)) == (status, origin)
    unchanged = owner.get(f"products/{product.data['id']}",
                          headers={"If-None-Match": product.etag})
    assert (unchanged.status, readable_by(unchanged)) == (304, origin)
    refused = owner.post("products", {})
    assert (refused.status, readable_by(refused)) == (400, origin)


@pytest.mark.parametrize("origin", OTHERS)
def test_any_other_origin_has_no_effect_and_reads_nothing(shop, origin):
    product, before = shop.product(), shop.footprint()
    for answer in (shop.owner.get("products", headers={"Origin": origin}),
                   shop.owner.post("products", {"name": "x", "unit_price": 1},
                                   headers={"Origin": origin}),
                   shop.owner.post("products", {}, headers={"Origin": origin}),
                   shop.owner.delete(f"products/{product['id']}", headers={"Origin": origin}),
                   shop.owner.get("products", headers={"Origin": origin, "Accept": "text/csv"})):
        assert answer.refused(403, "forbidden"), answer
        assert readable_by(answer) is None
        assert answer.json["message"] == "Pages of this origin may not do this"
    assert shop.footprint() == before


def test_an_api_key_is_held_to_it_too(shop):
    key = shop.owner.post("api-keys", {"name": "k", "scopes": ["products:read"]}).data["key"]
    client = shop.owner.bearing(key)
    assert client.get("products", headers={"Origin": LISTED}).status == 200
    assert client.get("products", headers={"Origin": OTHERS[0]}).refused(403, "forbidden")


def test_each_tenant_has_a_list_of_its_own(shop, rival):
    assert shop.owner.get("products", headers={"Origin": LISTED}).status == 200
    assert rival.owner.get("products", headers={"Origin": LISTED}).refused(403, "forbidden")


def test_our_own_pages_need_no_list(stack, rival):
    """Browsers send Origin with every write, to the same origin too."""
    ours = {"Origin": stack.url}
    elsewhere = {"Origin": "https://by-another-name.example", "Sec-Fetch-Site": "same-origin"}
    for headers in (ours, elsewhere, {}):
        answer = rival.owner.post("products", {"name": "x", "unit_price": 1}, headers=headers)
        assert answer.status == 201 and readable_by(answer) is None


@pytest.mark.parametrize("origin", [LISTED, "https://anybody.example"])
def test_a_preflight_is_answered_alike_whoever_lists_what(anonymous, origin):
    """It bears no credential, so no tenant could be asked; what it allows is refused later."""
    asks = {"Origin": origin, "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type,if-match"}
    answer = anonymous.request("OPTIONS", "products/x", headers=asks)
    assert (answer.status, readable_by(answer)) == (204, origin)
    assert answer.headers["Access-Control-Allow-Methods"] == answer.headers["Allow"]
    assert "PATCH" in answer.headers["Allow"]
    allowed = {name.lower() for name in
               answer.headers["Access-Control-Allow-Headers"].split(", ")}
    assert allowed == {"authorization", "content-type", "idempotency-key", "if-match",
                       "if-none-match", "last-event-id", "x-request-id"}
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_what_no_tenant_had_a_say_in_everybody_may_read(stack, shop, anonymous):
    """A page whose login ran out must see that; and nobody sees by it who lists what."""
    ended = shop.owner.bearing(f"{shop.owner.token[:-4]}AAAA")
    for client in (anonymous, ended):
        answers = [client.get("products", headers={"Origin": o}) for o in
                   (LISTED, "https://anybody.example")]
        assert [a.status for a in answers] == [401, 401]
        assert [readable_by(a) for a in answers] == [LISTED, "https://anybody.example"]
        assert answers[0].body == answers[1].body
    for path, status in (("/nowhere", 404), ("products/%ff", 404), ("/api/v1/nothing", 404)):
        answer = anonymous.get(path, headers={"Origin": LISTED})
        assert (answer.status, readable_by(answer)) == (status, LISTED)
    assert readable_by(anonymous.get("/nowhere", headers={"Origin": "null"})) is None


def test_logging_in_from_a_listed_page(shop, anonymous):
    login = {"email": shop.user("viewer")[1], "password": shop.password}
    answer = anonymous.post("sessions", login, headers={"Origin": LISTED})
    assert answer.status == 201 and readable_by(answer) == LISTED
    before = shop.footprint()
    refused = anonymous.post("sessions", login, headers={"Origin": OTHERS[0]})
    assert refused.refused(403, "forbidden") and readable_by(refused) is None
    assert b"ps_" not in refused.body and shop.footprint() == before


def test_a_wrong_password_is_answered_alike_everywhere(shop, anonymous):
    login = {"email": shop.user("viewer")[1], "password": "not the right one"}
    answers = [anonymous.post("sessions", login, headers={"Origin": o}) for o in
               (LISTED, OTHERS[0])]
    assert [(a.status, readable_by(a)) for a in answers] == [(401, LISTED), (401, OTHERS[0])]
    assert answers[0].body == answers[1].body


@pytest.mark.parametrize("origin,fault", [
    ("https://shop.example/", "Must be an origin"), ("http://shop.example", "Must be https"),
    ("*", "Must be an origin"), ("null", "Must be an origin"), ("", "Must be an origin"),
    ("https://*.example", "Must be an origin"), (7, "Must be a string")])
def test_what_cannot_be_listed(shop, origin, fault):
    answer = shop.owner.patch("settings", {"cors_origins": [LISTED, origin, LOCAL, origin]})
    assert answer.refused(400, "validation_failed")
    assert set(answer.faults) == {"cors_origins[1]", "cors_origins[3]"}
    assert answer.faults["cors_origins[1]"].startswith(fault)


def test_twenty_can_be_listed(fresh):
    many = [f"https://{n}.shop.example" for n in range(21)]
    assert fresh.owner.patch("settings", {"cors_origins": many[:20]}).status == 200
    answer = fresh.owner.patch("settings", {"cors_origins": many})
    assert answer.faults == {"cors_origins": "Must have at most 20 items"}
    assert fresh.owner.get("products", headers={"Origin": many[19]}).status == 200
    assert fresh.owner.get("products", headers={"Origin": many[20]}).status == 403
