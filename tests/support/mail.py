"""mail: what the mails that are to be sent would show: read off the jobs, and the tokens of their
links made as the worker makes them, from the row's seed and the installation's secret."""

import base64
import hashlib
import uuid

INSTALLATION = "00000000-0000-0000-0000-000000000000"  # the tenant of jobs that are no tenant's
LINKS = 4  # the purpose of the key (lib/key.h)


class Mailbox:
    """The mails that a tenant's jobs are for."""

    def __init__(self, stack, tenant):
        self.stack, self.db, self.tenant = stack, stack.db, str(tenant)

    def payloads(self, template=None):
        return [p for p in self.db.column(
            "SELECT payload FROM jobs WHERE tenant_id = %s AND kind = 'mail.send' ORDER BY"
            " created_at, id", self.tenant) if template in (None, p["template"])]

    def sent(self):
        """As if the worker had done all jobs."""
        self.db.all("UPDATE jobs SET status = 'done' WHERE tenant_id = %s AND status = 'queued'",
                    self.tenant)

    def invitation(self, user):
        """The token in the mail that invites a user."""
        assert self._waits({"template": "invitation", "user_id": user}), "no mail is to be sent"
        seed, = self.db.one("SELECT seed FROM invitations WHERE tenant_id = %s AND user_id = %s",
                            self.tenant, user)
        return make_token(self.stack, "pi_", (self.tenant, user), seed)

    def reset(self, email):
        """The token in the latest mail that resets the password of an address."""
        reset, seed = self.db.all(
            "SELECT r.id::text, r.seed FROM password_resets r JOIN accounts a ON a.id ="
            " r.account_id WHERE a.email_key = lower(%s) ORDER BY r.created_at, r.id", email)[-1]
        assert self._waits({"template": "password_reset", "reset_id": reset}), \
            "no mail is to be sent"
        return make_token(self.stack, "pr_", (reset,), seed)

    def _waits(self, payload):
        return payload in self.payloads()


def resets(stack):
    """Where the mails of POST /password-resets are."""
    return Mailbox(stack, INSTALLATION)


def make_token(stack, prefix, ids, seed):
    """lib/credential.c, pur_link_seal() and pur_link_format(), in another language."""
    where = b"".join(uuid.UUID(i).bytes for i in ids)
    secret = hashlib.blake2b(prefix.encode() + where + bytes(seed), digest_size=32,
                             key=key_of(stack)).digest()
    return prefix + base64.urlsafe_b64encode(where + secret).decode().rstrip("=")


def key_of(stack):
    """libsodium's crypto_kdf: a BLAKE2b keyed by the installation's secret."""
    secret = (stack.var / "secrets" / "installation.key").read_bytes()[:32]
    return hashlib.blake2b(b"", digest_size=32, key=secret, salt=LINKS.to_bytes(8, "little"),
                           person=b"purser__").digest()
