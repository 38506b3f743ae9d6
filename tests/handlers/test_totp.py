"""totp: one-time passwords: enrolled, confirmed, asked for at a login, used once, switched off."""

import re
import urllib.parse
import uuid

import pytest

from support.parallel import at_once, outcomes
from support.shop import unique
from support.totp import App, code, wrong_code

OFF = {"enabled": False, "recovery_codes_left": 0}


@pytest.fixture
def person(shop):
    """(user id, e-mail) of somebody new."""
    return shop.user("staff")


@pytest.fixture
def client(stack, shop, person):
    return stack.session(shop.id, person[0])


@pytest.fixture
def app(client, shop):
    return App(client, shop.password)


@pytest.fixture
def log_in(anonymous, shop, person):
    return lambda **more: anonymous.post("sessions", {
        "email": person[1], "password": shop.password, **more})


def step_of(db, app):
    return db.value("SELECT last_step FROM totp WHERE holder = (SELECT account_id FROM users"
                    " WHERE id = %s)", app.client.get("users/me").data["id"])


def kept(db):
    return db.column("SELECT (encode(secret, 'escape') || codes::text) FROM totp")


# ---- switching it on

def test_nobody_has_it_at_first(client):
    answer = client.get("users/me/totp")
    assert (answer.status, answer.data) == (200, OFF)
    assert answer.headers["Cache-Control"] == "no-store"


def test_enrol_and_confirm(client, shop, person, log_in, db):
    answer = client.post("users/me/totp", {"password": shop.password})
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    secret = answer.data["secret"]
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    uri = urllib.parse.urlsplit(answer.data["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert urllib.parse.unquote(uri.path) == f"/Purser:{person[1]}"
    assert urllib.parse.parse_qs(uri.query) == {"secret": [secret], "issuer": ["Purser"]}
    assert client.get("users/me/totp").data == OFF
    assert log_in().status == 201  # nothing is asked for before the app is known to work

    wrong = client.post("users/me/totp/confirm", {"code": wrong_code(secret)})
    assert wrong.refused(400, "validation_failed") and "code" in wrong.faults
    assert client.get("users/me/totp").data == OFF
    done = client.post("users/me/totp/confirm", {"code": code(secret)})
    assert done.status == 200 and done.headers["Cache-Control"] == "no-store"
    codes = done.data["recovery_codes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch("[a-z2-7]{4}(-[a-z2-7]{4}){3}", c) for c in codes)
    assert client.get("users/me/totp").data == {"enabled": True, "recovery_codes_left": 10}
    assert log_in().refused(401, "unauthorized")
    everything = "".join(kept(db))
    assert secret not in everything
    assert not [c for c in codes if c in everything or c.replace("-", "") in everything]


def test_a_secret_of_before_is_forgotten(client, shop):
    first, second = (client.post("users/me/totp", {"password": shop.password}).data["secret"]
                     for _ in range(2))
    assert first != second
    assert client.post("users/me/totp/confirm", {"code": code(first)}).status == 400
    assert client.post("users/me/totp/confirm", {"code": code(second)}).status == 200


def test_nothing_to_confirm_or_to_switch_off(client, shop):
    assert client.post("users/me/totp/confirm", {"code": "123456"}).refused(404, "not_found")
    for action in ("disable", "recovery-codes"):
        assert client.post(f"users/me/totp/{action}", {
            "password": shop.password, "otp": "123456"}).refused(404, "not_found")


def test_it_takes_the_password(client, shop):
    answer = client.post("users/me/totp", {"password": "not my password"})
    assert answer.refused(400, "validation_failed")
    assert answer.faults == {"password": "Is not the one you have"}


def test_it_is_not_replaced_unseen(app, client, shop, log_in):
    """Whoever finds a session open can't put an app of their own in its place."""
    before = shop.footprint()
    answer = client.post("users/me/totp", {"password": shop.password})
    assert answer.refused(400, "validation_failed") and answer.faults == {"otp": "Is required"}
    assert client.post("users/me/totp/confirm", {"code": app.code()}).refused(404, "not_found")
    assert shop.footprint() == before
    assert log_in(otp=app.code()).status == 201


# ---- logging in

def test_a_login_asks_for_a_code(app, log_in):
    missing = log_in()
    assert missing.refused(401, "unauthorized")
    assert missing.faults == {"otp": "Is required"}
    wrong = log_in(otp=wrong_code(app.secret))
    assert wrong.refused(401, "unauthorized")
    assert wrong.faults == {"otp": "Is wrong, or was used before"}
    assert log_in(otp=app.code()).status == 201


def test_who_has_it_stays_untold_without_the_password(app, anonymous, person):
    """A wrong password is answered as ever, with a code and without."""
    bodies = [{"email": e, "password": "not the password", **more}
              for e in (person[1], f"{unique('nobody')}@example.org")
              for more in ({}, {"otp": app.code()})]
    answers = {str(anonymous.post("sessions", b).bytes_but_ids()) for b in bodies}
    assert len(answers) == 1


def test_a_code_may_have_spaces_and_be_a_step_early(app, log_in):
    early = app.code(1)
    assert log_in(otp=f"{early[:3]} {early[3:]}").status == 201


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_none(app, log_in, steps):
    assert log_in(otp=app.code(steps)).refused(401, "unauthorized")


@pytest.mark.parametrize("otp", ["", "12345", "1234567", "abcdef", "12345a", "٣٤٥٦٧٨", "0" * 40])
def test_what_is_no_code(app, log_in, otp):
    assert log_in(otp=otp).refused(401, "unauthorized")


def test_no_code_twice(app, log_in, db):
    now = app.code()
    before = step_of(db, app)
    assert log_in(otp=now).status == 201
    assert step_of(db, app) > before
    assert log_in(otp=now).refused(401, "unauthorized")
    # Nor one of the time before it, which nobody has used.
    assert log_in(otp=app.code(-1)).refused(401, "unauthorized")
    assert log_in(otp=app.code(1)).status == 201


def test_the_code_that_confirmed_is_used(client, shop, log_in):
    secret = client.post("users/me/totp", {"password": shop.password}).data["secret"]
    now = code(secret)
    assert client.post("users/me/totp/confirm", {"code": now}).status == 200
    assert log_in(otp=now).refused(401, "unauthorized")


def test_of_many_logins_with_one_code_one_wins(app, log_in):
    now = app.code()
    answers = at_once(50, lambda _: log_in(otp=now))
    seen = outcomes(answers)
    assert seen[201, None] == 1
    assert seen[401, "unauthorized"] + seen[429, "rate_limited"] == 49


def test_of_many_uses_of_one_code_one_is_good(app, db, shop, person):
    """The same by the database's own function, where no counter is in the way."""
    step = step_of(db, app) + 5

    def use(_):
        return db.value("SELECT use_totp(%s, %s, NULL) FROM set_config('app.current_user', %s,"
                        " false)", shop.id, step, person[0])
    assert sorted(at_once(20, use)) == [False] * 19 + [True]


def test_recovery_codes_are_for_once(app, client, log_in):
    first, second, *_ = app.recovery_codes
    assert log_in(otp=first).status == 201
    assert client.get("users/me/totp").data["recovery_codes_left"] == 9
    assert log_in(otp=first).refused(401, "unauthorized")
    assert log_in(otp=second.upper().replace("-", " ")).status == 201
    assert client.get("users/me/totp").data["recovery_codes_left"] == 8


def test_of_many_logins_with_one_recovery_code_one_wins(app, log_in, client):
    answers = at_once(20, lambda _: log_in(otp=app.recovery_codes[0]))
    assert outcomes(answers)[201, None] == 1
    assert client.get("users/me/totp").data["recovery_codes_left"] == 9


def test_another_persons_code_is_none(stack, shop, app, log_in):
    user, _ = shop.user("staff")
    other = App(stack.session(shop.id, user), shop.password)
    for otp in (other.code(), other.recovery_codes[0]):
        assert log_in(otp=otp).refused(401, "unauthorized")


def test_a_code_of_nobody_is_not_looked_at(log_in):
    """Whoever has no second factor may give one."""
    assert log_in(otp="123456").status == 201


def test_a_rehearsed_login_uses_no_code(app, anonymous, shop, person, log_in):
    now = app.code()
    answer = anonymous.post("sessions?dry_run=true", {
        "email": person[1], "password": shop.password, "otp": now})
    assert answer.status == 201
    assert log_in(otp=now).status == 201


# ---- switching it off, and new recovery codes

def test_disable(app, client, shop, log_in):
    for body, field in (({"password": "not my password", "otp": app.code()}, "password"),
                        ({"password": shop.password, "otp": wrong_code(app.secret)}, "otp")):
        answer = client.post("users/me/totp/disable", body)
        assert answer.refused(400, "validation_failed") and list(answer.faults) == [field]
    assert client.get("users/me/totp").data["enabled"] is True
    answer = client.post("users/me/totp/disable", {"password": shop.password, "otp": app.code()})
    assert (answer.status, answer.data) == (200, OFF)
    assert log_in().status == 201


def test_new_recovery_codes(app, client, shop, log_in):
    answer = client.post("users/me/totp/recovery-codes", {
        "password": shop.password, "otp": app.recovery_codes[3]})
    codes = answer.data["recovery_codes"]
    assert answer.status == 200 and len(codes) == 10 and not set(codes) & set(app.recovery_codes)
    assert log_in(otp=app.recovery_codes[0]).refused(401, "unauthorized")
    assert log_in(otp=codes[0]).status == 201


# ---- whose it is

def test_it_goes_with_the_person_to_every_tenant(app, anonymous, shop, rival, person):
    rival.join(str(uuid.uuid4()), person[1], "viewer")
    there = {"email": person[1], "password": shop.password, "tenant": rival.slug}
    assert anonymous.post("sessions", there).refused(401, "unauthorized")
    assert anonymous.post("sessions", {**there, "otp": app.code()}).status == 201


def test_which_tenant_is_asked_before_the_code(app, log_in, rival, person):
    rival.join(str(uuid.uuid4()), person[1], "viewer")
    assert log_in().refused(409, "tenant_required")


def test_a_tenant_has_no_hand_in_it(stack, app, anonymous, rival, person, shop, log_in):
    """With a password that another tenant gave, one gets into that tenant alone: neither can the
    person's own second factor be seen there, nor switched off, nor put in place."""
    given = "given-by-the-rival-1"
    rival.owner.post("users", {"name": "x", "email": person[1], "role": "staff",
                               "password": given})
    there = stack.login(person[1], given, tenant=rival.slug)  # without a code
    assert there.get("users/me/totp").data == OFF
    assert there.post("users/me/totp/disable", {
        "password": given, "otp": "123456"}).refused(404, "not_found")
    theirs = App(there, given)
    assert log_in(otp=app.code(), tenant=shop.slug).status == 201  # the person's own is as it was
    again = {"email": person[1], "password": given, "tenant": rival.slug}
    assert anonymous.post("sessions", again).refused(401, "unauthorized")
    assert anonymous.post("sessions", {**again, "otp": theirs.code()}).status == 201


# ---- what is left of it elsewhere

def test_no_key_comes_near_it(stack, shop):
    key = shop.owner.post("api-keys", {"name": "x", "scopes": ["users:*", "totp:*"]}).data["key"]
    bearer = stack.anonymous.bearing(key)
    assert bearer.get("users/me/totp").refused(403, "forbidden")
    assert bearer.post("users/me/totp", {"password": shop.password}).refused(403, "forbidden")


def test_neither_secret_nor_code_is_logged(stack, app, log_in, shop):
    now, recovery = app.code(), app.recovery_codes[0]
    assert log_in(otp=recovery).status == 201
    assert log_in(otp=now).status == 201
    said = "".join(f.read_text(errors="replace") for f in stack.log.glob("*.log"))
    for secret in (app.secret, recovery, recovery.replace("-", ""), f'"{now}"', shop.password):
        assert secret not in said
    fields = {f for e in shop.events() for f in e[4]}
    assert fields >= {"otp", "code"}  # the names alone
    assert not fields & {now, recovery}
