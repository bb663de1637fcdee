"""Signed links to acknowledge."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.links import acknowledge_url, is_signed
from alerts.plan import Plan

PLAN = Plan(public_url="https://vigie.example.org", link_secret=b"0123456789abcdef" * 2)

ANYTHING = st.text(st.characters(exclude_categories=()))  # surrogates too


def signature_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["signature"][0]


def test_a_link_is_the_same_for_the_same_secret() -> None:
    """Any worker can check the link of any other."""
    assert acknowledge_url(PLAN, "a1", 1_000) == (
        "https://vigie.example.org/alerts/a1?expires=1000"
        "&signature=MUzK9e872SBjmnL24PVUUEgtDpY_eeX5WGuqghDW-ME"
    )


def test_a_link_opens_its_own_alert_until_its_own_end() -> None:
    """The signature holds for one alert and one expiry, and with one secret."""
    signature = signature_of(acknowledge_url(PLAN, "a1", 1_000))
    assert is_signed(PLAN, "a1", 1_000, signature)
    assert not is_signed(PLAN, "a2", 1_000, signature)
    assert not is_signed(PLAN, "a1", 2_000, signature)
    assert not is_signed(replace(PLAN, link_secret=b"another"), "a1", 1_000, signature)


def test_the_parts_of_a_link_cannot_be_shifted_into_each_other() -> None:
    """An id that ends in digits is not signed for another expiry."""
    signature = signature_of(acknowledge_url(PLAN, "1", 11))
    assert not is_signed(PLAN, "11", 1, signature)


@given(ANYTHING, st.integers(min_value=0), ANYTHING)
def test_an_invented_signature_is_refused(alert_id: str, expires_ms: int, made_up: str) -> None:
    """No text that was not signed here is taken, whatever characters it has."""
    assert not is_signed(PLAN, alert_id, expires_ms, made_up)


def test_without_secret_or_public_url_there_is_no_link() -> None:
    """A link that nobody could check, or that leads nowhere, is not made, nor taken."""
    no_secret = replace(PLAN, link_secret=b"")
    assert acknowledge_url(no_secret, "a1", 1_000) == ""
    assert acknowledge_url(replace(PLAN, public_url=""), "a1", 1_000) == ""
    with_empty_key = hmac.digest(b"", b"acknowledge\n1000\na1", hashlib.sha256)
    forged = base64.urlsafe_b64encode(with_empty_key).rstrip(b"=").decode()
    assert not is_signed(no_secret, "a1", 1_000, forged)


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    """Marks of an address inside an id are encoded."""
    url = acknowledge_url(PLAN, "../x?y#z", 1_000)
    assert url.startswith("https://vigie.example.org/alerts/..%2Fx%3Fy%23z?expires=1000&")
