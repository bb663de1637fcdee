"""Who sent a request: signatures as the platforms document them, and what differs from them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.signatures import (
    Asked,
    Bearer,
    Chatwoot,
    Intercom,
    PathToken,
    Scheme,
    StandardWebhooks,
    Unsigned,
    Zendesk,
)
from streams.ingest.twilio import FORM, Twilio

NOW_S = 1_616_649_000.0
"""2021-03-25T05:10:00Z."""
STANDARD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_NOW_S = 1_614_265_330.0
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The published example of Standard Webhooks; its body is ``{"test": 2432232314}``."""
STANDARD_BODY = b'{"test": 2432232314}'
TWILIO_FORM = (
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
    b"&To=%2B18005551212"
)


def asked(body: bytes, query: str = "", token: str = "", **headers: str) -> Asked:
    """A request; underscores in names of headers are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked(headers=named, body=body, query=query, path_token=token)


def sha256_of(key: bytes, *parts: bytes) -> Any:
    """HMAC-SHA256, in the way of ``hmac.new`` and not of ``hmac.digest``."""
    made = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        made.update(part)
    return made


def test_standard_webhooks_take_their_published_example() -> None:
    """Key, id, time and body of the specification's libraries give the signature there."""
    scheme = StandardWebhooks([STANDARD_KEY])
    assert scheme.refusal(Asked(headers=STANDARD, body=STANDARD_BODY), STANDARD_NOW_S) is None
    without = StandardWebhooks([STANDARD_KEY.removeprefix("whsec_")])
    assert without.refusal(Asked(headers=STANDARD, body=STANDARD_BODY), STANDARD_NOW_S) is None


def test_of_several_standard_signatures_and_keys_one_is_enough() -> None:
    """While a key is changed there are two; asymmetric ones (v1a) are passed over."""
    headers = STANDARD | {
        "webhook-signature": f"v1a,AAAA v1,{'A' * 43}= {STANDARD['webhook-signature']}"
    }
    scheme = StandardWebhooks(["whsec_" + base64.b64encode(b"another").decode(), STANDARD_KEY])
    assert scheme.refusal(Asked(headers=headers, body=STANDARD_BODY), STANDARD_NOW_S) is None


@pytest.mark.parametrize(
    ("changes", "body", "now_s", "why"),
    [
        ({}, b'{"test": 2432232315}', STANDARD_NOW_S, "bad_signature"),
        ({"webhook-id": "msg_other"}, STANDARD_BODY, STANDARD_NOW_S, "bad_signature"),
        ({"webhook-timestamp": "1614265331"}, STANDARD_BODY, STANDARD_NOW_S, "bad_signature"),
        ({"webhook-signature": "v1,"}, STANDARD_BODY, STANDARD_NOW_S, "bad_signature"),
        ({"webhook-signature": "v2,abc"}, STANDARD_BODY, STANDARD_NOW_S, "no_signature"),
        ({"webhook-id": ""}, STANDARD_BODY, STANDARD_NOW_S, "no_signature"),
        ({}, STANDARD_BODY, STANDARD_NOW_S + 301, "stale"),
        ({}, STANDARD_BODY, STANDARD_NOW_S - 301, "stale"),
        ({"webhook-timestamp": "soon"}, STANDARD_BODY, STANDARD_NOW_S, "stale"),
        ({"webhook-timestamp": "１６１４２６５３３０"}, STANDARD_BODY, STANDARD_NOW_S, "stale"),
        ({"webhook-timestamp": "-1"}, STANDARD_BODY, STANDARD_NOW_S, "stale"),
    ],
)
def test_a_standard_webhook_that_was_changed_or_kept_is_refused(
    changes: dict[str, str], body: bytes, now_s: float, why: str
) -> None:
    """Each signed part counts, and five minutes are the most, to either side."""
    scheme = StandardWebhooks([STANDARD_KEY])
    assert scheme.refusal(Asked(headers=STANDARD | changes, body=body), now_s) == why


def test_a_standard_key_that_is_no_base64_is_told() -> None:
    """Not taken for another key in silence."""
    with pytest.raises(ValueError, match="must be base64"):
        StandardWebhooks(["whsec_!!"])


def test_twilio_takes_its_published_examples() -> None:
    """The form of its documentation, and the one of its libraries in which a field comes thrice:
    each pair of name and value counts once, sorted."""
    scheme = Twilio(["12345"], "https://mycompany.com/myapp.php")
    form = asked(TWILIO_FORM, "foo=1&bar=2", X_Twilio_Signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=",
                 Content_Type=FORM)  # fmt: skip
    assert scheme.refusal(form, NOW_S) is None
    thrice = asked(b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "foo=1&bar=2",
                   X_Twilio_Signature="IK+Dwps556ElfBT0I3Rgjkr1wJU=",
                   Content_Type=FORM + "; charset=utf-8")  # fmt: skip
    assert scheme.refusal(thrice, NOW_S) is None


def test_twilio_may_sign_with_the_usual_port_or_without() -> None:
    """Both are the same address; another host or scheme is not."""
    for told in (
        "https://mycompany.com:443/myapp.php",
        "https://user:pass@mycompany.com/myapp.php",
    ):
        form = asked(TWILIO_FORM, "foo=1&bar=2", X_Twilio_Signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=",
                     Content_Type=FORM)  # fmt: skip
        assert Twilio(["12345"], told).refusal(form, NOW_S) is None
    for other in ("http://mycompany.com/myapp.php", "https://mycompany.com:8443/myapp.php"):
        assert Twilio(["12345"], other).refusal(form, NOW_S) == "bad_signature"


def twilio_json(body: bytes, named: bytes, key: bytes = b"12345") -> Asked:
    """A JSON body signed as Twilio does, whose query names the SHA-256 of ``named``."""
    query = "bodySHA256=" + hashlib.sha256(named).hexdigest()
    made = hmac.new(key, f"https://a.example/in/x?{query}".encode(), hashlib.sha1)
    signature = base64.b64encode(made.digest()).decode()
    return asked(body, query, X_Twilio_Signature=signature, Content_Type="application/json")


def test_twilio_signs_json_by_its_digest_in_the_query() -> None:
    """The query is signed, so the digest is; the digest of another body is refused."""
    scheme = Twilio(["12345"], "https://a.example/in/x")
    assert scheme.refusal(twilio_json(b'{"a":1}', b'{"a":1}'), NOW_S) is None
    assert scheme.refusal(twilio_json(b'{"a":2}', b'{"a":1}'), NOW_S) == "bad_signature"
    other_key = twilio_json(b'{"a":1}', b'{"a":1}', b"other")
    assert scheme.refusal(other_key, NOW_S) == "bad_signature"
    no_query = asked(b"{}", X_Twilio_Signature="x", Content_Type="application/json")
    assert scheme.refusal(no_query, NOW_S) == "bad_signature"


@pytest.mark.parametrize(
    "form",
    [
        TWILIO_FORM + b"&Digits=9",
        TWILIO_FORM.replace(b"1234&", b"1235&"),
        b"\xff=1",
        b"a=%ff",
        b"&".join(b"a=1" for _ in range(1_001)),
    ],
)
def test_a_form_that_was_changed_or_cannot_be_read_is_refused(form: bytes) -> None:
    """More fields, other values, bytes that are no UTF-8, more fields than anybody sends."""
    scheme = Twilio(["12345"], "https://mycompany.com/myapp.php")
    changed = asked(form, "foo=1&bar=2", X_Twilio_Signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=",
                    Content_Type=FORM)  # fmt: skip
    assert scheme.refusal(changed, NOW_S) == "bad_signature"


@pytest.mark.parametrize("url", ["", "mycompany.com", "ftp://a/b", "https://a/b?c=d", "https:///b"])
def test_an_address_that_twilio_cannot_call_is_told(url: str) -> None:
    """Before anything is refused because of it."""
    with pytest.raises(ValueError, match="the address that Twilio calls"):
        Twilio(["12345"], url)


def zendesk(body: bytes, written: str, key: bytes = b"dGhpc19pc19h") -> Asked:
    """A request signed as Zendesk does: base64(HMACSHA256(TIMESTAMP + BODY))."""
    signature = base64.b64encode(sha256_of(key, written.encode(), body).digest()).decode()
    return asked(body, X_Zendesk_Webhook_Signature=signature,
                 X_Zendesk_Webhook_Signature_Timestamp=written)  # fmt: skip


def test_zendesk_signs_time_and_body() -> None:
    """ISO 8601 times of its clock, five minutes to either side; a time without zone is none."""
    scheme = Zendesk(["dGhpc19pc19h"])
    assert scheme.refusal(zendesk(b"{}", "2021-03-25T05:09:27Z"), NOW_S) is None
    assert scheme.refusal(zendesk(b"{}", "2021-03-25T05:04:59Z"), NOW_S) == "stale"
    assert scheme.refusal(zendesk(b"{}", "2021-03-25T05:15:01Z"), NOW_S) == "stale"
    assert scheme.refusal(zendesk(b"{}", "2021-03-25T05:09:27"), NOW_S) == "stale"
    other = zendesk(b"{}", "2021-03-25T05:09:27Z", b"other")
    assert scheme.refusal(other, NOW_S) == "bad_signature"
    assert scheme.refusal(asked(b"{}"), NOW_S) == "no_signature"


def chatwoot(body: bytes, written: str, key: bytes = b"a-secret") -> Asked:
    """A request signed as Chatwoot does: sha256=HMACSHA256(TIMESTAMP.BODY)."""
    signature = "sha256=" + sha256_of(key, written.encode(), b".", body).hexdigest()
    return asked(body, X_Chatwoot_Signature=signature, X_Chatwoot_Timestamp=written)


def test_chatwoot_signs_time_point_body() -> None:
    """Seconds of its clock, five minutes to either side; a changed body is refused."""
    scheme = Chatwoot(["a-secret"])
    assert scheme.refusal(chatwoot(b"{}", "1616649000"), NOW_S) is None
    assert scheme.refusal(chatwoot(b"{}", "1616648699"), NOW_S) == "stale"
    assert scheme.refusal(chatwoot(b"{}", "1616649000", b"other"), NOW_S) == "bad_signature"
    headers = chatwoot(b"{}", "1616649000").headers
    assert scheme.refusal(Asked(headers=headers, body=b"[]"), NOW_S) == "bad_signature"
    assert scheme.refusal(asked(b"{}", X_Chatwoot_Signature="x"), NOW_S) == "no_signature"


def test_intercom_signs_the_body() -> None:
    """SHA-1 with its name before it, by the app's client secret; any of two secrets."""
    signature = hmac.new(b"client-secret", b'{"id":1}', hashlib.sha1).hexdigest()
    request = asked(b'{"id":1}', X_Hub_Signature=f"sha1={signature}")
    assert Intercom(["client-secret"]).refusal(request, NOW_S) is None
    assert Intercom(["new", "client-secret"]).refusal(request, NOW_S) is None
    assert Intercom(["other"]).refusal(request, NOW_S) == "bad_signature"
    bare = asked(b'{"id":1}', X_Hub_Signature=signature)
    assert Intercom(["client-secret"]).refusal(bare, NOW_S) == "bad_signature"
    assert Intercom(["client-secret"]).refusal(asked(b"{}"), NOW_S) == "no_signature"


def test_a_token_is_in_the_header_or_in_the_path() -> None:
    """One is never taken for the other."""
    in_header = asked(b"", Authorization="Bearer abc")
    in_path = asked(b"", token="abc")
    assert Bearer(["abc"]).refusal(in_header, NOW_S) is None
    assert Bearer(["abc"]).refusal(in_path, NOW_S) == "no_signature"
    assert Bearer(["abd"]).refusal(in_header, NOW_S) == "bad_signature"
    assert Bearer(["abc"]).refusal(asked(b"", Authorization="Basic abc"), NOW_S) == "no_signature"
    assert PathToken(["abc"]).refusal(in_path, NOW_S) is None
    assert PathToken(["abc"]).refusal(in_header, NOW_S) == "no_signature"
    assert PathToken(["abd"]).refusal(in_path, NOW_S) == "bad_signature"
    assert Unsigned().refusal(asked(b""), NOW_S) is None


SCHEMES: list[Scheme] = [
    Zendesk(["k"]), Intercom(["k"]), Chatwoot(["k"]), StandardWebhooks(["aaaa"]), Bearer(["k"]),
    PathToken(["k"]), Twilio(["k"], "https://a.example/in/x"),
]  # fmt: skip
NAMES = [
    "X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp", "X-Hub-Signature",
    "X-Chatwoot-Signature", "X-Chatwoot-Timestamp", "webhook-id", "webhook-timestamp",
    "webhook-signature", "Authorization", "X-Twilio-Signature", "Content-Type",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=40),
    st.sampled_from(["v1,", "v1,é", "sha1=", "1616649000", "2021-03-25T05:10:00Z", FORM, "\udcff"]),
)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS), st.binary(max_size=80), TEXTS, TEXTS)
def test_nothing_that_a_stranger_writes_passes_or_fails_otherwise(
    headers: dict[str, str], body: bytes, query: str, token: str
) -> None:
    """Any headers, body, query and token: a reason, never an error and never a pass."""
    request = Asked(headers=headers, body=body, query=query.replace("\udcff", ""), path_token=token)
    for scheme in SCHEMES:
        why = scheme.refusal(request, NOW_S)
        is_token = token == "k" or headers.get("Authorization", "").lower() == "bearer k"
        assert why in ("no_signature", "stale", "bad_signature") or is_token
