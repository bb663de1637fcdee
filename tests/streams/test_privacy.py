"""Customers stay unknown, and the ids of machines are not taken for phone numbers."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import privacy
from streams.privacy import customer_key, is_bare_number, personal_data, redact

SECRET = b"a secret of the test"


@pytest.mark.parametrize(
    "value",
    [
        "1717397243.239826", "PJSIP/7009", "support@default", "Local/1127@callback-agent",
        "Local/2004@from-internal/n", "Agent/1127", "hint:1127@default", "1000@pbx.example.com",
        "ticket:35436", "1501:1717397259", "calls-2014-01.csv.gz:12", "2024-01-01T00:00:00+01:00",
        "550e8400-e29b-41d4-a716-446655440000", "00112233445566778899aabbccddeeff", "k9f2",
        "0000000012345", "C-0612345678", "00012", "Sales (EU) 2024", "pkg@1.2", "+5 days",
    ],
)  # fmt: skip
def test_ids_of_machines_are_fine(value: str) -> None:
    """Call ids, channels, member names, dates and hashes are no personal data."""
    assert personal_data(value) is None


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("jo.doe@example.com", "an e-mail address"),
        ("mailto:jo+x@mail.example.co.uk", "an e-mail address"),
        ("+33612345678", "a phone number"),
        ("tel:+33 6 12 34 56 78", "a phone number"),
        ("sip:+33612345678@pbx", "a phone number"),
        ("+1 (212) 555-1234", "a phone number"),
        ("(212) 555-1234", "a phone number"),
        ("0612345678", "a phone number"),
        ("06 12 34 56 78", "a phone number"),
        ("0033612345678", "a phone number"),
        (" 0612345678 ", "a phone number"),
    ],
)
def test_clear_contact_data_is_found(value: str, what: str) -> None:
    """E-mail addresses, and numbers in a notation that only phone numbers have."""
    assert personal_data(value) == what


@given(
    st.text("0612345678@+()-. /a\u0663", max_size=18)
    | st.from_regex(privacy._NATIONAL)
    | st.from_regex(privacy._INTERNATIONAL)
    | st.from_regex(privacy._BRACKETS)
)
def test_no_number_is_overlooked(value: str) -> None:
    """The quick look at a value misses nothing that the patterns find."""
    numbers = (privacy._INTERNATIONAL.search, privacy._NATIONAL.match, privacy._BRACKETS.search)
    if any(found(value) for found in numbers):
        assert personal_data(value) is not None


def test_the_key_of_a_customer_is_a_keyed_hash_of_128_bits() -> None:
    """It can be computed again by whoever holds the secret, and by nobody else."""
    wanted = hmac.new(SECRET, b"19031396745", hashlib.sha256).hexdigest()[:32]
    assert customer_key(SECRET, "19031396745") == wanted
    assert customer_key(b"another", "19031396745") != wanted


def test_one_customer_has_one_key() -> None:
    """The notation of a number and the case of an address do not matter."""
    assert customer_key(SECRET, "+33 6 12.34") == customer_key(SECRET, "+3361234 ")
    assert customer_key(SECRET, "Jo@Example.com") == customer_key(SECRET, "jo@example.com")
    assert customer_key(SECRET, "44") != customer_key(SECRET, "45")


@pytest.mark.parametrize("caller", ["", "  ", "anonymous", "Unknown", "restricted"])
def test_an_unknown_caller_has_no_key(caller: str) -> None:
    """Else all of them would be one very loyal customer."""
    assert customer_key(SECRET, caller) is None


def test_without_a_secret_the_id_is_dropped() -> None:
    """A hash without a key could be tried out."""
    assert customer_key(b"", "19031396745") is None


@given(st.text(max_size=20))
def test_no_key_looks_like_a_plain_number(customer: str) -> None:
    """A keyed hash passes the check that refuses numbers."""
    key = customer_key(SECRET, customer)
    assert key is None or (not is_bare_number(key) and personal_data(key) is None)


def test_redaction_keeps_ids_and_hides_people() -> None:
    """A repaired message can be sent again, without the customer in the meantime."""
    body = (
        '{"contact_id":"C1","customer_key":"33612345678","from":"0612345678","name":"Jo \\"D\\"",'
        '"event_time_ms":1717397280000,"queue":"a+b@example.com","x":"call +33 6 12 34 56 78 now"}'
    )
    assert redact(body) == (
        '{"contact_id":"C1","customer_key":"[redacted]","from":"[redacted]","name":"[redacted]",'
        '"event_time_ms":1717397280000,"queue":"[email]","x":"call [phone] now"}'
    )


def test_redaction_works_on_a_broken_message() -> None:
    """Text that was cut off is hidden to its end."""
    assert redact('{"v":1,"text":"my name is Jo') == '{"v":1,"text":"[redacted]"'
