"""password_resets: a new password for whoever reads the mail of an address, and for nobody else."""

import base64
import uuid

import pytest

from support.mail import Mailbox, make_token, resets
from support.parallel import at_once, outcomes
from support.programs import OwnPrograms
from support.shop import ROLES, unique

SECRET, OTHER_SECRET = "quite-new-password-1", "quite-new-password-2"
BAD = {"token": "Is wrong, was used, or has expired"}


@pytest.fixture
def person(shop):
    """(user id, e-mail) of somebody new."""
    return shop.user("staff")


def ask(anonymous, email):
    answer = anonymous.post("password-resets", {"email": email})
    assert answer.status == 202, answer
    return answer


def confirm(anonymous, token, password=SECRET):
    return anonymous.post("password-resets/confirm", {"token": token, "password": password})


def log_in(anonymous, email, password, **more):
    return anonymous.post("sessions", {"email": email, "password": password, **more})


@pytest.fixture
def token(stack, anonymous, person):
    ask(anonymous, person[1])
    return resets(stack).reset(person[1])


# ---- from the question to a new password

def test_a_new_password(stack, anonymous, shop, person):
    before = shop.last_event()
    answer = ask(anonymous, person[1].upper())
    assert answer.data == {"status": "accepted"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert log_in(anonymous, person[1], shop.password).status == 201, "to ask changes nothing"
    done = confirm(anonymous, resets(stack).reset(person[1]))
    assert done.status == 200 and done.data == {"status": "changed"}
    assert done.headers["Cache-Control"] == "no-store"
    assert log_in(anonymous, person[1], shop.password).refused(401, "unauthorized")
    assert log_in(anonymous, person[1], SECRET).status == 201
    kinds = [(kind, thing, actor, fields) for _, kind, thing, actor, fields, _ in
             shop.events(after=before)]
    assert ("user.password_reset", person[0], person[0], ["token", "password"]) in kinds


def test_a_reset_works_once(anonymous, token, person):
    assert confirm(anonymous, token).status == 200
    again = confirm(anonymous, token, OTHER_SECRET)
    assert again.refused(422, "invalid_link") and again.faults == BAD
    assert log_in(anonymous, person[1], SECRET).status == 201


def test_fifty_at_once_one_wins(anonymous, token, person):
    passwords = [f"password-of-thread-{i:02}" for i in range(50)]
    answers = at_once(50, lambda i: confirm(anonymous, token, passwords[i]))
    assert outcomes(answers) == {(200, None): 1, (422, "invalid_link"): 49}
    winner = passwords[[a.status for a in answers].index(200)]
    assert log_in(anonymous, person[1], winner).status == 201


def test_the_others_die_with_it(stack, anonymous, person, token):
    ask(anonymous, person[1])
    second = resets(stack).reset(person[1])
    assert second != token
    assert confirm(anonymous, second).status == 200
    assert confirm(anonymous, token, OTHER_SECRET).faults == BAD


def test_two_of_one_account_at_once(stack, anonymous, person):
    """By two links: they wait for each other, and one of them finds itself dead."""
    tokens = []
    for _ in range(4):
        ask(anonymous, person[1])
        tokens.append(resets(stack).reset(person[1]))
    answers = at_once(4, lambda i: confirm(anonymous, tokens[i]))
    assert outcomes(answers) == {(200, None): 1, (422, "invalid_link"): 3}


def test_a_password_that_is_changed_meanwhile_ends_it(stack, anonymous, shop, person, token):
    client = stack.login(person[1], shop.password)
    assert client.post("users/me/password", {"current_password": shop.password,
                                             "password": SECRET}).status == 200
    assert confirm(anonymous, token, OTHER_SECRET).faults == BAD


def test_it_lasts_twenty_minutes_by_the_databases_clock(stack, anonymous, db, person, token):
    left = db.value("SELECT extract(epoch FROM r.expires_at - r.created_at)::int FROM password_resets r"
                    " JOIN accounts a ON a.id = r.account_id WHERE a.email_key = %s", person[1])
    assert left == 20 * 60
    move = ("UPDATE password_resets r SET expires_at = now() + interval '%s s' FROM accounts a"
            " WHERE a.id = r.account_id AND a.email_key = '%s'")
    db.all(move % (-1, person[1]))
    assert confirm(anonymous, token).faults == BAD
    db.all(move % (60, person[1]))
    assert confirm(anonymous, token).status == 200


def test_it_ends_all_sessions_everywhere(stack, anonymous, shop, rival):
    email = f"{unique('both')}@example.org"
    users = [str(uuid.uuid4()) for _ in range(2)]
    shop.join(users[0], email, "viewer")
    rival.join(users[1], email, "admin")
    clients = [stack.session(shop.id, users[0]), stack.session(shop.id, users[0]),
               stack.session(rival.id, users[1])]
    others = shop.person("viewer")[1]
    before = [s.last_event() for s in (shop, rival)]
    ask(anonymous, email)
    assert confirm(anonymous, resets(stack).reset(email)).status == 200
    for client in clients:
        assert client.get("users/me").refused(401, "unauthorized")
    assert others.get("users/me").status == 200
    for business, user, since in zip((shop, rival), users, before):  # each is told
        (_, kind, thing, actor, _, _), = business.events(after=since)
        assert (kind, thing, actor) == ("user.password_reset", user, user)


def test_who_works_nowhere(stack, anonymous, db):
    email = f"{unique('nowhere')}@example.org"
    db.all("SELECT open_account(%s, %s)", str(uuid.uuid4()), email)
    ask(anonymous, email)
    assert confirm(anonymous, resets(stack).reset(email)).status == 200
    assert log_in(anonymous, email, SECRET).refused(401, "unauthorized")


# ---- what a reset doesn't open

def test_a_tenants_own_password_stays(stack, anonymous, shop):
    """What a tenant gave isn't the account's: who resets that gets in nowhere by it."""
    email = f"{unique('kiosk')}@example.org"
    shop.member(email=email, password=OTHER_SECRET)
    ask(anonymous, email)
    assert confirm(anonymous, resets(stack).reset(email)).status == 200
    assert log_in(anonymous, email, SECRET).refused(401, "unauthorized")
    assert log_in(anonymous, email, OTHER_SECRET).status == 201


def test_an_invitation_is_not_accepted_by_it(stack, anonymous, shop):
    made = shop.member()
    ask(anonymous, made["email"])
    assert confirm(anonymous, resets(stack).reset(made["email"])).status == 200
    assert log_in(anonymous, made["email"], SECRET).refused(401, "unauthorized")
    accepted = anonymous.post("invitations/accept", {
        "token": Mailbox(stack, shop.id).invitation(made["id"]), "password": SECRET})
    assert accepted.status == 200
    assert log_in(anonymous, made["email"], SECRET).status == 201


# ---- whom it tells nothing

def test_known_and_unknown_are_answered_and_kept_alike(stack, anonymous, db, person):
    """The same bytes, rows and jobs: who reads neither mails nor the database learns nothing."""
    def count():
        return db.one("SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM password_resets),"
                      " (SELECT count(*) FROM mail_limits)")

    said, rows = [], []
    for email in person[1], f"{unique('nobody')}@example.org":
        before = count()
        said.append(ask(anonymous, email).bytes_but_ids())
        rows.append([after - b for after, b in zip(count(), before)])
    assert said[0] == said[1]
    assert rows[0] == rows[1] == [1, 1, 1]


def test_no_address_and_no_token_are_in_a_job(stack, anonymous, db, person, token):
    row = db.value("SELECT string_agg(j::text, ' ') FROM jobs j")
    assert person[1] not in row and token not in row and token[25:] not in row
    assert db.value("SELECT count(*) FROM password_resets r WHERE position(%s IN r::text) > 0",
                    token[25:]) == 0


def test_an_address_gets_few_mails_in_an_hour(stack, anonymous, db, person):
    """Silently, known or not; and again when the hour is over."""
    box = resets(stack)
    for email in person[1], f"{unique('nobody')}@example.org":
        before = len(box.payloads())
        answers = [ask(anonymous, email) for _ in range(7)]
        assert len(box.payloads()) - before == 5
        assert len({str(a.bytes_but_ids()) for a in answers}) == 1
        db.all("UPDATE mail_limits SET begun_at = now() - interval '61 min' WHERE address_hash ="
               " sha256(convert_to(lower(%s), 'UTF8'))", email)
        ask(anonymous, email)
        assert len(box.payloads()) - before == 6


def test_many_at_once_are_few_too(stack, anonymous, person):
    box = resets(stack)
    before = len(box.payloads())
    at_once(20, lambda i: ask(anonymous, person[1]))
    assert len(box.payloads()) - before == 5


# ---- tokens that won't do

def test_tokens_of_others_and_made_up_ones(stack, anonymous, shop, db, person, token):
    """Without the seed, and without the installation's key, there is none."""
    raw = base64.urlsafe_b64decode(token[3:] + "=" * (-len(token[3:]) % 4))
    reset = str(uuid.UUID(bytes=raw[:16]))
    seed = db.value("SELECT seed FROM password_resets WHERE id = %s", reset)
    last = "A" if token[-5] != "A" else "B"

    def forged(body):
        return "pr_" + base64.urlsafe_b64encode(body).decode().rstrip("=")

    bad = ["", "x", "pr_", token[:-1], token + "A", token[:-5] + last + token[-4:],
           token.replace("pr_", "pi_", 1), token.replace("pr_", "ps_", 1), token[3:],
           token.upper(), token + "=", f" {token}", forged(raw[:16] + bytes(32)),
           forged(raw[:16] + bytes(seed)), forged(uuid.uuid4().bytes + raw[16:]),
           make_token(stack, "pr_", (reset,), bytes(32)),
           make_token(stack, "pi_", (reset,), seed),
           make_token(stack, "pr_", (str(uuid.uuid4()),), seed)]
    before = shop.footprint()
    for wrong in bad:
        answer = confirm(anonymous, wrong)
        assert answer.refused(422, "invalid_link") if wrong else answer.status == 400, wrong
        assert not wrong or answer.faults == BAD, wrong
    assert shop.footprint() == before
    assert confirm(anonymous, make_token(stack, "pr_", (reset,), seed)).status == 200


def test_a_reset_of_nobody_is_none(stack, anonymous, db):
    """What an unknown address leaves sets no password, whoever could make its token."""
    email = f"{unique('nobody')}@example.org"
    ask(anonymous, email)
    reset, seed = db.all("SELECT r.id::text, seed FROM password_resets r WHERE NOT EXISTS (SELECT"
                         " FROM accounts a WHERE a.id = r.account_id) ORDER BY r.created_at DESC"
                         " LIMIT 1")[0]
    assert confirm(anonymous, make_token(stack, "pr_", (reset,), seed)).faults == BAD


def test_another_installations_key(stack, anonymous, token):
    """Where the secret is another one, links of the first don't work."""
    other = stack.var / "secrets" / f"{unique('other')}.key"
    stack.as_user(["sh", "-c", f"umask 077; head -c 32 /dev/urandom > {other}"])
    try:
        with OwnPrograms(stack, ["password_resets"], PURSER_SECRET_FILE=str(other)) as own:
            assert confirm(own.client(), token).faults == BAD
    finally:
        other.unlink()
    assert confirm(anonymous, token).status == 200


# ---- input

@pytest.mark.parametrize("path,body,faults", [
    ("", {"email": "nobody"}, {"email": "Must be an e-mail address"}),
    ("", {"email": "a@b.example", "tenant": "x"}, {"tenant": "Unknown field"}),
    ("/confirm", {"token": "x", "password": "x" * 11},
     {"password": "Must have at least 12 characters"}),
    ("/confirm", {"token": "x" * 201, "password": "x" * 129},
     {"token": "Must have at most 200 characters",
      "password": "Must have at most 128 characters"})])
def test_faults(anonymous, path, body, faults):
    answer = anonymous.post(f"password-resets{path}", body)
    assert answer.refused(400, "validation_failed") and answer.faults == faults
    assert answer.json["message"] == "Password could not be changed"


def test_what_holds_a_secret_takes_no_key(anonymous, person, token):
    for path, body in (("", {"email": person[1]}), ("/confirm", {"token": token,
                                                                 "password": SECRET})):
        answer = anonymous.post(f"password-resets{path}", body, headers={"Idempotency-Key": "x"})
        assert answer.refused(400, "invalid_input") and "Idempotency-Key" in answer.faults
    assert confirm(anonymous, token).status == 200


def test_rehearsals(stack, anonymous, shop, person, token):
    box, before = resets(stack), shop.footprint()
    jobs = len(box.payloads())
    asked = anonymous.post("password-resets?dry_run=true", {"email": person[1]})
    assert asked.status == 202 and len(box.payloads()) == jobs
    done = anonymous.post("password-resets/confirm?dry_run=true", {"token": token,
                                                                   "password": SECRET})
    assert done.status == 200 and shop.footprint() == before
    assert confirm(anonymous, token).status == 200


# ---- by an owner or admin

def test_a_colleague_has_a_mail_sent(stack, anonymous, shop, person):
    before = shop.last_event()
    answer = shop.client("admin").post(f"users/{person[0]}/reset-password")
    assert answer.status == 200 and answer.data["id"] == person[0]
    (_, kind, thing, actor, _, _), = shop.events(after=before)
    assert (kind, thing, actor) == ("user.reset_asked", person[0], shop.users["admin"])
    token = Mailbox(stack, shop.id).reset(person[1])
    assert token.encode() not in answer.body
    assert log_in(anonymous, person[1], shop.password).status == 201
    assert confirm(anonymous, token).status == 200
    assert log_in(anonymous, person[1], SECRET).status == 201


def test_who_may_have_it_sent(stack, shop, rival, person):
    for role in ROLES[2:]:
        assert shop.client(role).post(f"users/{person[0]}/reset-password").refused(
            403, "forbidden"), role
    assert rival.owner.post(f"users/{person[0]}/reset-password").refused(404, "not_found")
    assert shop.owner.post(f"users/{uuid.uuid4()}/reset-password").refused(404, "not_found")
    assert Mailbox(stack, rival.id).payloads("password_reset") == []


def test_a_colleagues_mails_count_too(stack, anonymous, shop, person):
    """However the mails to an address come about."""
    box = Mailbox(stack, shop.id)
    before = len(box.payloads())
    for _ in range(3):
        ask(anonymous, person[1])
    answers = [shop.owner.post(f"users/{person[0]}/reset-password") for _ in range(4)]
    assert [a.status for a in answers] == [200] * 4
    assert len(box.payloads()) - before == 2


def test_a_replay_sends_no_second_mail(stack, shop, person):
    box, key = Mailbox(stack, shop.id), {"Idempotency-Key": unique("key")}
    before = len(box.payloads())
    answers = [shop.owner.post(f"users/{person[0]}/reset-password", headers=key) for _ in range(2)]
    assert answers[0].body == answers[1].body and len(box.payloads()) - before == 1
