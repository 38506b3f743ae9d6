"""Who asks too often is told so, and how often one may; nobody else notices."""

import http.client
import ssl

import pytest

ADDRESS = "127.0.0.{}"  # ./dev limits every address but 127.0.0.1 and ::1
PATHS = ("tenants", "sessions", "password-resets", "password-resets/confirm", "invitations/accept")
MOST = 3000  # more than any burst allows, however slow the machine


class Knocker:
    """Somebody at an address of their own who tries to get in, again and again."""

    def __init__(self, stack, path):
        self.path = path
        port = int(stack.url.rpartition(":")[2])
        self.connection = http.client.HTTPSConnection(
            "localhost", port, timeout=60, source_address=(ADDRESS.format(77 + PATHS.index(path)), 0),
            context=ssl.create_default_context(cafile=stack.anonymous.cacert))

    def knock(self):
        self.connection.request("POST", f"/api/v1/{self.path}", b"{}",
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_who_tries_too_often_gets_429_and_others_do_not(stack, path):
    knocker = Knocker(stack, path)
    statuses = []
    while 429 not in statuses and len(statuses) < MOST:
        status, headers, body = knocker.knock()
        statuses.append(status)
    assert statuses[0] == 400 and statuses[-1] == 429
    assert body == (b'{"error":"rate_limited","message":"Too many requests: try again later",'
                    b'"details":[]}')
    assert headers["Content-Type"] == "application/json"
    assert int(headers["Retry-After"]) >= 1
    assert headers["RateLimit-Policy"] == '"burst";q=60;w=2'
    assert headers["RateLimit"] == '"burst";r=0;t=1'
    assert stack.anonymous.post(path, {}).status == 400


def test_answers_within_the_limit_say_nothing_of_it(stack):
    headers = stack.anonymous.get("/livez").headers
    assert "RateLimit" not in headers and "Retry-After" not in headers
