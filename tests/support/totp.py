"""totp: what an authenticator app does (RFC 6238), said once more and without lib/totp.c."""

import base64
import hashlib
import hmac
import struct
import time

STEP = 30


def code(secret, steps=0):
    """The code of a base32 secret, that many steps from now."""
    counter = struct.pack(">Q", int(time.time()) // STEP + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1_000_000:06}"


def wrong_code(secret):
    """Six digits that are right at no time near now."""
    right = {code(secret, steps) for steps in range(-3, 4)}
    return next(f"{n:06}" for n in range(10) if f"{n:06}" not in right)


def made_ready(route, client, password, db, body):
    """The body of a route about one's one-time passwords, which are brought where it takes them."""
    if route.program not in ("totp", "sessions") or not route.writes:
        return body
    db.all("DELETE FROM totp WHERE holder IN (SELECT account_id FROM users WHERE id = %s)",
           client.get("users/me").data["id"])
    if route.program == "sessions":
        return body
    if "code" in body:
        answer = client.post("users/me/totp", {"password": password})
        assert answer.status == 200, answer
        return {**body, "code": code(answer.data["secret"])}
    return {**body, "otp": App(client, password).recovery_codes[0]} if "otp" in body else body


class App:
    """Somebody's second factor, switched on by themselves."""

    def __init__(self, client, password):
        self.client, self.password = client, password
        self.secret = self._done(client.post("users/me/totp", {"password": password}))["secret"]
        # The code of the step before, so that those of now and later are left; again where it
        # grew too old on its way.
        for _ in range(3):
            answer = client.post("users/me/totp/confirm", {"code": code(self.secret, -1)})
            if answer.status == 200:
                break
        self.recovery_codes = self._done(answer)["recovery_codes"]

    def _done(self, answer):
        assert answer.status == 200, answer
        return answer.data

    def code(self, steps=0):
        return code(self.secret, steps)
