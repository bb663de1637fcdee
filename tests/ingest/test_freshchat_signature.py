"""RSA signatures as Freshchat makes them, held against OpenSSL."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from streams.ingest.freshchat_signature import Freshchat, read_public_key
from streams.ingest.signatures import Asked
from tests.bench.process import require_program

BODY = b'{"action":"conversation_resolution"}'


def openssl(*arguments: str) -> bytes:
    """Run OpenSSL."""
    program = require_program("openssl", "openssl")
    return subprocess.run([program, *arguments], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key of 2,048 bits, in both public forms, and its signature of the body."""
    made = tmp_path_factory.mktemp("keys")
    openssl("genrsa", "-out", f"{made}/key.pem", "2048")
    openssl("rsa", "-in", f"{made}/key.pem", "-pubout", "-out", f"{made}/public.pem")
    openssl("rsa", "-in", f"{made}/key.pem", "-RSAPublicKey_out", "-out", f"{made}/rsa.pem")
    (made / "body").write_bytes(BODY)
    openssl("dgst", "-sha256", "-sign", f"{made}/key.pem", "-out", f"{made}/signature",
            f"{made}/body")  # fmt: skip
    return made


def signed(signature: bytes, body: bytes = BODY) -> Asked:
    """A request with a signature."""
    text = base64.b64encode(signature).decode()
    return Asked(headers={"X-Freshchat-Signature": text}, body=body)


def test_what_openssl_signs_passes_and_nothing_else(folder: Path) -> None:
    """Another body, a changed byte, a signature that is cut or longer: all refused."""
    scheme = Freshchat((folder / "public.pem").read_text())
    right = (folder / "signature").read_bytes()
    assert scheme.refusal(signed(right), 0.0) is None
    assert scheme.refusal(signed(right, BODY + b" "), 0.0) == "bad_signature"
    assert scheme.refusal(signed(right[:-1] + bytes([right[-1] ^ 1])), 0.0) == "bad_signature"
    assert scheme.refusal(signed(right[1:]), 0.0) == "bad_signature"
    assert scheme.refusal(signed(b"\0" + right), 0.0) == "bad_signature"
    assert scheme.refusal(signed(b"\0" * 256), 0.0) == "bad_signature"
    assert scheme.refusal(signed(b"\xff" * 256), 0.0) == "bad_signature"
    assert scheme.refusal(Asked(headers={}, body=BODY), 0.0) == "no_signature"
    no_base64 = Asked(headers={"X-Freshchat-Signature": "é"}, body=BODY)
    assert scheme.refusal(no_base64, 0.0) == "bad_signature"


def test_a_signature_over_another_digest_is_refused(folder: Path) -> None:
    """The kind of digest is a part of what is compared."""
    openssl("dgst", "-sha1", "-sign", f"{folder}/key.pem", "-out", f"{folder}/sha1",
            f"{folder}/body")  # fmt: skip
    scheme = Freshchat((folder / "public.pem").read_text())
    assert scheme.refusal(signed((folder / "sha1").read_bytes()), 0.0) == "bad_signature"


def test_every_form_of_the_key_is_the_same_key(folder: Path) -> None:
    """With its kind (as Freshchat shows it), without, and the base64 alone."""
    whole = (folder / "public.pem").read_text()
    key = read_public_key(whole)
    assert key.exponent == 65_537
    assert key.modulus.bit_length() == 2048
    assert read_public_key((folder / "rsa.pem").read_text()) == key
    assert read_public_key("".join(whole.splitlines()[1:-1])) == key


@pytest.mark.parametrize(
    "text", ["", "no key", "MAA=", "-----BEGIN PUBLIC KEY-----", "MIIBIjANBg=="]
)
def test_what_is_no_key_is_told(text: str) -> None:
    """Also one that is cut short."""
    with pytest.raises(ValueError, match="must be an RSA"):
        read_public_key(text)


def test_a_key_that_is_too_short_to_trust_is_told(folder: Path) -> None:
    """1,024 bits can be broken."""
    openssl("genrsa", "-out", f"{folder}/short.pem", "1024")
    public = openssl("rsa", "-in", f"{folder}/short.pem", "-pubout").decode()
    with pytest.raises(ValueError, match="2048 to 8192 bits"):
        read_public_key(public)
