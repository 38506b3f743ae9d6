"""invitations: how a membership that was offered becomes its person's own."""

import uuid

import pytest

from support.mail import Mailbox, make_token, resets
from support.parallel import at_once, outcomes
from support.shop import ROLES, unique

SECRET, OTHER_SECRET = "my-first-password-1", "my-first-password-2"
BAD = {"token": "Is wrong, was used, or has expired"}
NOT_YOURS = {"password": "Is not the one you have here; you can have it reset"}


@pytest.fixture
def box(stack, shop):
    return Mailbox(stack, shop.id)


@pytest.fixture
def invited(shop):
    """A member who was invited just now, of an address that nobody had."""
    return shop.member("staff")


@pytest.fixture
def known(stack, shop, rival):
    """(who works at the rival's and has an account there, invited here; their e-mail)"""
    _, email = rival.user("viewer")
    return shop.member("staff", email=email), email


def accept(anonymous, token, password=SECRET, **more):
    return anonymous.post("invitations/accept", {"token": token, "password": password, **more})


def log_in(anonymous, email, password, **more):
    return anonymous.post("sessions", {"email": email, "password": password, **more})


# ---- from the offer to a member

def test_who_is_new_sets_a_password(anonymous, shop, box, invited):
    assert invited["accepted"] is False
    before = shop.last_event()
    answer = accept(anonymous, box.invitation(invited["id"]), name="Stefanie")
    assert answer.status == 200
    assert answer.data == {"id": invited["id"], "name": "Stefanie", "email": invited["email"],
                           "role": "staff", "tenant": shop.slug}
    assert answer.headers["Cache-Control"] == "no-store"
    (_, kind, thing, actor, fields, _), = shop.events(after=before)
    assert (kind, thing, actor) == ("invitation.accepted", invited["id"], invited["id"])
    assert sorted(fields) == ["name", "password", "token"]
    login = log_in(anonymous, invited["email"], SECRET)
    assert login.status == 201 and login.data["user"]["role"] == "staff"
    seen = shop.owner.get(f"users/{invited['id']}").data
    assert (seen["accepted"], seen["name"]) == (True, "Stefanie")


def test_nothing_opens_before(anonymous, shop, box, invited):
    assert log_in(anonymous, invited["email"], SECRET).refused(401, "unauthorized")
    assert accept(anonymous, box.invitation(invited["id"])).status == 200
    assert shop.owner.get(f"users/{invited['id']}").data["name"] == invited["name"]


def test_the_mail_is_enqueued_with_the_user_and_names_no_person(shop, box, db):
    before = len(box.payloads())
    made = shop.member()
    payload, = box.payloads()[before:]
    assert payload == {"template": "invitation", "user_id": made["id"]}
    row = db.value("SELECT j::text FROM jobs j WHERE tenant_id = %s AND payload->>'user_id' = %s",
                   shop.id, made["id"])
    token = box.invitation(made["id"])
    assert made["email"] not in row and token not in row and token[45:] not in row
    assert shop.owner.post("users", {"name": "x", "email": made["email"], "role": "staff"}).refused(
        409, "duplicate")
    assert len(box.payloads()) == before + 1


def test_a_rehearsal_and_a_replay_send_nothing_more(shop, box):
    before = len(box.payloads())
    body = {"name": "x", "email": f"{unique('x')}@example.org", "role": "staff"}
    assert shop.owner.post("users?dry_run=true", body).status == 201
    assert len(box.payloads()) == before
    key = {"Idempotency-Key": unique("key")}
    answers = [shop.owner.post("users", body, headers=key) for _ in range(2)]
    assert answers[0].body == answers[1].body and len(box.payloads()) == before + 1


def test_who_is_given_a_password_is_not_invited(anonymous, shop, box):
    before = len(box.payloads())
    made = shop.member(password=OTHER_SECRET)
    assert len(box.payloads()) == before
    assert log_in(anonymous, made["email"], OTHER_SECRET).status == 201


def test_to_accept_ends_the_password_that_the_tenant_gave(stack, anonymous, shop, box):
    """From then on it is theirs alone, and whoever came in by the other is out."""
    made = shop.member(password=OTHER_SECRET)
    client = stack.login(made["email"], OTHER_SECRET)
    assert shop.owner.post(f"users/{made['id']}/invite").status == 200
    assert accept(anonymous, box.invitation(made["id"])).status == 200
    assert client.get("users/me").refused(401, "unauthorized")
    assert log_in(anonymous, made["email"], OTHER_SECRET).refused(401, "unauthorized")
    assert log_in(anonymous, made["email"], SECRET).status == 201


# ---- who has an account

def test_a_known_person_accepts_by_their_own_password(stack, anonymous, shop, rival, box, known):
    made, email = known
    client = stack.login(email, rival.password)
    answer = accept(anonymous, box.invitation(made["id"]), rival.password)
    assert answer.status == 200 and answer.data["tenant"] == shop.slug
    assert client.get("users/me").refused(401, "unauthorized"), "all sessions have ended"
    for slug in shop.slug, rival.slug:
        assert log_in(anonymous, email, rival.password, tenant=slug).status == 201


def test_the_link_alone_gets_nobody_into_an_account(anonymous, shop, rival, box, known):
    made, email = known
    token = box.invitation(made["id"])
    answer = accept(anonymous, token)
    assert answer.refused(400, "validation_failed") and answer.faults == NOT_YOURS
    assert log_in(anonymous, email, SECRET).refused(401, "unauthorized")
    assert log_in(anonymous, email, rival.password).data["tenant"]["slug"] == rival.slug
    assert accept(anonymous, token, rival.password).status == 200


def test_passwords_cant_be_tried_by_a_link(anonymous, shop, rival, box, known, db):
    """Ten tries, also at once; a new invitation has ten more."""
    made, _ = known
    token = box.invitation(made["id"])
    answers = at_once(14, lambda i: accept(anonymous, token, f"not-the-password-{i}"))
    faults = [next(iter(a.faults)) for a in answers]
    assert sorted(faults) == ["password"] * 10 + ["token"] * 4
    assert accept(anonymous, token, rival.password).faults == BAD
    assert shop.owner.post(f"users/{made['id']}/invite").status == 200
    assert accept(anonymous, box.invitation(made["id"]), rival.password).status == 200


def test_who_made_the_account_first_gets_nothing(stack, anonymous, shop, box):
    """Somebody signs up with an address that is not theirs; its owner is invited elsewhere, has the
    password reset, accepts: the first one is out of everything."""
    email = f"{unique('victim')}@example.org"
    signup = {"name": unique("Squat"), "owner_name": "S", "email": email, "password": OTHER_SECRET}
    assert anonymous.post("tenants", signup).status == 201
    squatter = stack.login(email, OTHER_SECRET)
    made = shop.member(email=email)
    assert log_in(anonymous, email, OTHER_SECRET, tenant=shop.slug).refused(401, "unauthorized")
    token = box.invitation(made["id"])
    assert accept(anonymous, token).faults == NOT_YOURS
    anonymous.post("password-resets", {"email": email})
    assert anonymous.post("password-resets/confirm", {"token": resets(stack).reset(email),
                                                      "password": SECRET}).status == 200
    assert accept(anonymous, token).status == 200
    assert squatter.get("users/me").refused(401, "unauthorized")
    assert log_in(anonymous, email, OTHER_SECRET, tenant=shop.slug).refused(401, "unauthorized")
    assert log_in(anonymous, email, SECRET, tenant=shop.slug).status == 201


def test_a_tenants_admin_gets_into_no_account(stack, anonymous, shop, rival, known):
    """By nothing that the API answers to an owner: not the token, not a password of theirs."""
    made, email = known
    path = f"users/{made['id']}"
    answers = [shop.owner.post(f"{path}/invite"), shop.owner.post(f"{path}/reset-password"),
               shop.owner.get(path), shop.owner.get("users?perPage=100"),
               shop.owner.get("events?perPage=100")]
    token = Mailbox(stack, shop.id).invitation(made["id"])
    assert all(a.status == 200 and token[45:].encode() not in a.body and b"pi_" not in a.body
               for a in answers)
    again = shop.owner.post("users", {"name": "x", "email": email, "role": "staff",
                                      "password": SECRET})
    assert again.refused(409, "duplicate")
    assert log_in(anonymous, email, SECRET).refused(401, "unauthorized")


# ---- once, in time, as it stands

def test_an_invitation_works_once(anonymous, box, invited):
    token = box.invitation(invited["id"])
    assert accept(anonymous, token).status == 200
    again = accept(anonymous, token, OTHER_SECRET)
    assert again.refused(422, "invalid_link") and again.faults == BAD
    assert log_in(anonymous, invited["email"], SECRET).status == 201


def test_many_at_once_one_wins(anonymous, box, invited):
    token = box.invitation(invited["id"])
    passwords = [f"password-of-thread-{i:02}" for i in range(10)]
    answers = at_once(10, lambda i: accept(anonymous, token, passwords[i]))
    assert outcomes(answers) == {(200, None): 1, (422, "invalid_link"): 9}
    winner = passwords[[a.status for a in answers].index(200)]
    assert log_in(anonymous, invited["email"], winner).status == 201


def test_it_lasts_seven_days_by_the_databases_clock(anonymous, shop, box, db, invited):
    token = box.invitation(invited["id"])
    left = db.value("SELECT extract(epoch FROM expires_at - created_at)::int FROM invitations"
                    " WHERE tenant_id = %s AND user_id = %s", shop.id, invited["id"])
    assert left == 7 * 24 * 3600
    move = ("UPDATE invitations SET expires_at = now() + %s * interval '1 s' WHERE tenant_id = %s"
            " AND user_id = %s")
    db.all(move, -1, shop.id, invited["id"])
    assert accept(anonymous, token).faults == BAD
    db.all(move, 60, shop.id, invited["id"])
    assert accept(anonymous, token).status == 200


def test_who_left_meanwhile(anonymous, shop, box, invited):
    token = box.invitation(invited["id"])
    assert shop.owner.delete(f"users/{invited['id']}").status == 200
    assert accept(anonymous, token).faults == BAD
    assert shop.owner.post(f"users/{invited['id']}/invite").refused(404, "not_found")
    assert shop.owner.post(f"users/{invited['id']}/restore").status == 200
    assert accept(anonymous, token).status == 200


def test_a_closed_tenant(anonymous, fresh, stack):
    made = fresh.member()
    token = Mailbox(stack, fresh.id).invitation(made["id"])
    fresh.db.all("UPDATE tenants SET active = false, deleted_at = now() WHERE id = %s", fresh.id)
    assert accept(anonymous, token).faults == BAD


def test_tokens_that_wont_do(stack, anonymous, shop, rival, box, db, invited):
    token, user = box.invitation(invited["id"]), invited["id"]
    seed = db.value("SELECT seed FROM invitations WHERE tenant_id = %s AND user_id = %s", shop.id,
                    user)
    theirs = rival.member()["id"]
    last = "A" if token[-5] != "A" else "B"
    bad = ["x", "pi_", token[:-1], token + "A", token[:-5] + last + token[-4:],
           token.replace("pi_", "pr_", 1), token[3:], token + "==",
           make_token(stack, "pi_", (rival.id, user), seed),
           make_token(stack, "pi_", (shop.id, theirs), seed),
           make_token(stack, "pi_", (rival.id, theirs), seed),
           make_token(stack, "pi_", (shop.id, user), bytes(32)),
           make_token(stack, "pr_", (shop.id, user), seed)]
    before = shop.footprint()
    for wrong in bad:
        answer = accept(anonymous, wrong)
        assert answer.refused(422, "invalid_link") and answer.faults == BAD, wrong
    assert shop.footprint() == before
    assert accept(anonymous, token).status == 200


@pytest.mark.parametrize("change,faults", [
    ({"password": "x" * 11}, {"password": "Must have at least 12 characters"}),
    ({"password": "x" * 129, "name": ""}, {"password": "Must have at most 128 characters",
                                           "name": "Must not be empty"}),
    ({"email": "x"}, {"email": "Unknown field"})])
def test_faults(anonymous, box, invited, change, faults):
    token = box.invitation(invited["id"])
    answer = accept(anonymous, token, **{"password": SECRET, **change})
    assert answer.refused(400, "validation_failed") and answer.faults == faults
    assert accept(anonymous, token).status == 200


def test_a_rehearsal_accepts_nothing(anonymous, shop, box, invited):
    token, before = box.invitation(invited["id"]), shop.footprint()
    answer = anonymous.post("invitations/accept?dry_run=true", {"token": token,
                                                                "password": SECRET})
    assert answer.status == 200 and shop.footprint() == before
    keyed = anonymous.post("invitations/accept", {"token": token, "password": SECRET},
                           headers={"Idempotency-Key": "x"})
    assert keyed.refused(400, "invalid_input")
    assert accept(anonymous, token).status == 200


# ---- once more

def test_to_invite_again(anonymous, shop, box, invited):
    """The new link works, the old one not; while a mail waits it is the one that is sent."""
    first, before = box.invitation(invited["id"]), shop.last_event()
    mails = len(box.payloads())
    answer = shop.owner.post(f"users/{invited['id']}/invite")
    assert answer.status == 200 and answer.data == {**invited}
    (_, kind, thing, _, _, _), = shop.events(after=before)
    assert (kind, thing) == ("user.invited", invited["id"])
    assert len(box.payloads()) == mails
    box.sent()
    assert shop.owner.post(f"users/{invited['id']}/invite").status == 200
    assert len(box.payloads()) == mails + 1
    second = box.invitation(invited["id"])
    assert accept(anonymous, first).faults == BAD
    assert accept(anonymous, second).status == 200


def test_who_has_accepted_is_not_invited(anonymous, shop, box, invited):
    assert accept(anonymous, box.invitation(invited["id"])).status == 200
    before = shop.footprint()
    assert shop.owner.post(f"users/{invited['id']}/invite").refused(409, "invalid_transition")
    assert shop.footprint() == before


def test_a_reset_of_who_has_not_accepted_is_an_invitation(anonymous, shop, box, invited):
    box.sent()
    mails, first = len(box.payloads()), box.invitation(invited["id"])
    assert shop.owner.post(f"users/{invited['id']}/reset-password").status == 200
    assert box.payloads()[mails:] == [{"template": "invitation", "user_id": invited["id"]}]
    assert accept(anonymous, first).faults == BAD
    assert accept(anonymous, box.invitation(invited["id"])).status == 200


def test_who_may_invite(shop, rival, invited):
    for role in ROLES[2:]:
        assert shop.client(role).post(f"users/{invited['id']}/invite").refused(403, "forbidden")
    assert shop.client("admin").post(f"users/{invited['id']}/invite").status == 200
    assert rival.owner.post(f"users/{invited['id']}/invite").refused(404, "not_found")
    assert shop.owner.post(f"users/{uuid.uuid4()}/invite").refused(404, "not_found")


def test_an_address_gets_few_in_an_hour(shop, rival, box, stack):
    """From all tenants together, and nobody is told that others write to it."""
    email = f"{unique('loved')}@example.org"
    made = shop.member(email=email)
    before = len(box.payloads())
    answers = []
    for _ in range(3):
        box.sent()
        answers.append(shop.owner.post(f"users/{made['id']}/invite"))
    theirs = rival.member(email=email)
    for _ in range(3):
        Mailbox(stack, rival.id).sent()
        answers.append(rival.owner.post(f"users/{theirs['id']}/invite"))
    assert [a.status for a in answers] == [200] * 6
    assert len(box.payloads()) - before == 3
    sent = [p for p in Mailbox(stack, rival.id).payloads() if p.get("user_id") == theirs["id"]]
    assert len(sent) == 1
