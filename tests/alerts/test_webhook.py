"""Webhooks as Standard Webhooks describes them, against a real HTTP receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

import msgspec
import pytest

from alerts.notify import Undelivered
from alerts.notify.guard import GuardedSession
from alerts.notify.webhook import WebhookSender, signature
from alerts.plan import WebhookTarget
from tests.bench.receiver import Answer, Receiver, receiving
from tests.bench.sample_alerts import a_message

KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
NOW_S = 1_795_000_000.9
TOLERANCE_S = 300


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_s: float) -> None:
    """What a receiver does, after the published scheme; raises ValueError for a forgery."""
    given = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = given["webhook-id"], given["webhook-timestamp"]
    if abs(now_s - int(stamp)) > TOLERANCE_S:
        raise ValueError("too old or too new")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    versions = [one.partition(",") for one in given["webhook-signature"].split(" ")]
    if not any(v == "v1" and hmac.compare_digest(one, expected) for v, _, one in versions):
        raise ValueError("not signed with this secret")


def sender(receiver: Receiver, session: GuardedSession, clock_s: float = NOW_S) -> WebhookSender:
    target = WebhookTarget(id="desk", url=f"{receiver.url}/hook", secret=KEY)
    return WebhookSender(target, session, clock=lambda: clock_s)


async def send(receiver: Receiver, clock_s: float = NOW_S) -> None:
    async with GuardedSession(["127.0.0.1"]) as session:
        await sender(receiver, session, clock_s).send(a_message(title="Émis — 78,5\u00a0%"))


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of the specification gives its published signature."""
    body = b'{"test": 2432232314}'
    made = signature(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_receiver_can_tell_who_sent_a_message_and_what() -> None:
    """The receiver verifies id, time and body, and reads the message."""
    with receiving(Answer(204, body=b"")) as receiver:
        await send(receiver)
    (request,) = receiver.requests
    secret = "whsec_" + base64.b64encode(KEY).decode()
    verify(secret, request.headers, request.body, NOW_S)
    data = msgspec.json.decode(request.body)
    assert (request.path, data["type"]) == ("/hook", "alert.firing")
    assert data["data"]["title"] == "Émis — 78,5\u00a0%"
    with pytest.raises(ValueError, match="not signed"):
        verify(secret, request.headers, request.body + b" ", NOW_S)
    with pytest.raises(ValueError, match="too old"):
        verify(secret, request.headers, request.body, NOW_S + 301)


async def test_a_second_try_has_the_same_id_and_a_new_time() -> None:
    """So a receiver can leave out what it has, and a late try is still taken."""
    with receiving() as receiver:
        receiver.answers.append(Answer(500))
        with pytest.raises(Undelivered):
            await send(receiver)
        await send(receiver, NOW_S + 400)
    first, second = ({k.lower(): v for k, v in r.headers.items()} for r in receiver.requests)
    assert first["webhook-id"] == second["webhook-id"] == "notice-1"
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 400


@pytest.mark.parametrize(
    ("status", "reason", "is_final"),
    [
        (301, "http_3xx", True),
        (400, "http_4xx", True),
        (401, "http_4xx", True),
        (404, "http_4xx", True),
        (408, "http_4xx", False),
        (410, "http_4xx", True),
        (425, "http_4xx", False),
        (429, "http_429", False),
        (500, "http_5xx", False),
        (503, "http_5xx", False),
    ],
)
async def test_what_an_answer_means(status: int, reason: str, is_final: bool) -> None:
    """A refusal is final, a failure or a plea for patience is not."""
    answer = Answer(status, {"Retry-After": "7"})
    with receiving(answer) as receiver, pytest.raises(Undelivered) as caught:
        await send(receiver)
    assert (caught.value.reason, caught.value.is_final) == (reason, is_final)
    asked_s = 7.0 if status in (429, 500, 503) else None
    assert caught.value.retry_after_s == asked_s


async def test_nothing_that_is_shown_of_a_failure_holds_a_secret() -> None:
    """Neither URL nor key is in the text of an error."""
    with receiving(Answer(400)) as receiver, pytest.raises(Undelivered) as caught:
        await send(receiver)
    assert "hook" not in repr(caught.value)
    assert caught.value.__cause__ is None
