"""The section ``ingest``: what cannot work is one line with the place, the path and the fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.ingest import freshchat_signature, signatures, twilio
from tests.ingest.test_freshchat_signature import openssl
from vigie.errors import UserError
from vigie.ingest import inlet, run_ingest
from vigie.sections_ingest import scheme_of
from vigie.settings import load_settings
from vigie.settings_dump import dump
from vigie.stream_settings import stream_settings

SECRET = "0123456789abcdef"
SOURCES = "sources:\n  feed: {format: canonical}\n"


def load(tmp_path: Path, text: str) -> Any:
    """Read settings from a file."""
    file = tmp_path / "vigie.yaml"
    file.write_text(text)
    return load_settings(file, {})


def one(tmp_path: Path, entry: str, *, more: str = "") -> Any:
    """Read settings with one entry for the source ``feed``."""
    return load(tmp_path, f"{SOURCES}ingest:\n  webhooks:\n    feed: {{{entry}}}\n{more}")


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ("zendesk", signatures.Zendesk),
        ("intercom", signatures.Intercom),
        ("chatwoot", signatures.Chatwoot),
        ("bearer", signatures.Bearer),
        ("path-token", signatures.PathToken),
        ("standard-webhooks", signatures.StandardWebhooks),
    ],
)
def test_each_scheme_is_what_its_name_says(tmp_path: Path, scheme: str, kind: type) -> None:
    """With a secret from a file, each of whose lines is a secret; it is never shown."""
    (tmp_path / "secret").write_text(f"{SECRET}\n\n  {SECRET[::-1]}\n")
    settings = one(tmp_path, f"scheme: {scheme}, secret_file: {tmp_path}/secret")
    made = scheme_of(settings.ingest.webhooks["feed"], settings.ingest)
    assert isinstance(made, kind)
    assert SECRET not in dump(settings)
    if scheme == "bearer":
        for token in (SECRET, SECRET[::-1]):
            asked = signatures.Asked(headers={"Authorization": f"Bearer {token}"}, body=b"")
            assert made.refusal(asked, 0.0) is None


def test_twilio_and_freshchat_have_settings_of_their_own(tmp_path: Path) -> None:
    """The address that is called, and the public key."""
    entry = f"scheme: twilio, secret: {SECRET}, public_url: 'https://a.example/in/feed'"
    settings = one(tmp_path, entry)
    assert isinstance(scheme_of(settings.ingest.webhooks["feed"], settings.ingest), twilio.Twilio)
    openssl("genrsa", "-out", f"{tmp_path}/key.pem", "2048")
    openssl("rsa", "-in", f"{tmp_path}/key.pem", "-pubout", "-out", f"{tmp_path}/public.pem")
    settings = one(tmp_path, f"scheme: freshchat, secret_file: {tmp_path}/public.pem")
    made = scheme_of(settings.ingest.webhooks["feed"], settings.ingest)
    assert isinstance(made, freshchat_signature.Freshchat)


@pytest.mark.parametrize(
    ("entry", "more", "words"),
    [
        ("scheme: zendesk", "", "ingest.webhooks.feed has no secret"),
        ("scheme: zendesk, secret: short", "", "secret is shorter than 16 characters"),
        (f"scheme: twilio, secret: {SECRET}", "", "public_url must be the address that Twilio"),
        (f"scheme: freshchat, secret: {SECRET}", "", "secret must be an RSA public key"),
        (f"scheme: standard-webhooks, secret: '{SECRET}!'", "", "secret must be base64"),
        (f"scheme: none, secret: {SECRET}", "", "the scheme none has no use for it"),
        ("scheme: none", "  host: 0.0.0.0\n", "ingest.host is not this machine alone"),
        ("scheme: none", "  host: example.org\n", "ingest.host is not this machine alone"),
        ("scheme: basic", "", "must be one of twilio, zendesk"),
        (f"scheme: bearer, secret: {SECRET}", "  tolerance: 1ms\n", "tolerance is below 1000ms"),
        (f"scheme: bearer, secret: {SECRET}, rate: 0", "", "rate must be a number above 0"),
    ],
)
def test_what_cannot_work_is_told(tmp_path: Path, entry: str, more: str, words: str) -> None:
    """Before anything listens."""
    with pytest.raises(UserError, match=r"vigie\.yaml") as told:
        one(tmp_path, entry, more=more)
    assert words in str(told.value)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_no_signature_is_for_this_machine_alone(tmp_path: Path, host: str) -> None:
    """Where nobody else can send."""
    settings = one(tmp_path, "scheme: none", more=f"  host: '{host}'\n")
    assert settings.ingest.host == host


@pytest.mark.parametrize(
    ("name", "words"),
    [("fead", "there is no such source. Did you mean feed?"), ("a/b", "part of an address")],
)
def test_a_name_that_is_no_source_or_no_path_is_told(tmp_path: Path, name: str, words: str) -> None:
    """The name is both."""
    with pytest.raises(UserError) as told:
        load(tmp_path, f"{SOURCES}ingest: {{webhooks: {{{name}: {{scheme: none}}}}}}\n")
    assert words in str(told.value)


def test_without_a_source_there_is_nothing_to_receive() -> None:
    """Told before Kafka is asked."""
    with pytest.raises(UserError, match="nothing to receive"):
        run_ingest(load_settings(None, {}))


def test_a_format_of_files_does_not_come_by_webhook(tmp_path: Path) -> None:
    """A queue_log is read from its file."""
    text = "ingest: {webhooks: {asterisk-queue-log: {scheme: none}}}\n"
    settings = load(tmp_path, text)
    entry = settings.ingest.webhooks["asterisk-queue-log"]
    with pytest.raises(UserError, match="this format is read from files"):
        inlet(settings, stream_settings(settings), "asterisk-queue-log", entry)
