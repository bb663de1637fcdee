"""TLS of the web side: made from files, and made anew when they change."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from exporters.http.certificates import validity

Version = Literal["TLS12", "TLS13"]
ClientAuth = Literal["none", "if_given", "required"]
VERSIONS: dict[Version, ssl.TLSVersion] = {
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
CIPHERS = {
    f"TLS_ECDHE_{key}_WITH_{name}": f"ECDHE-{key}-{openssl}"
    for key in ("ECDSA", "RSA")
    for name, openssl in (
        ("AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
        ("CHACHA20_POLY1305", "CHACHA20-POLY1305"),
    )
}
"""Suites of TLS 1.2 by their names in Go: forward secrecy and authenticated encryption only."""
CIPHERS_13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
"""Those of TLS 1.3 are all good and always on, as in Go."""
_MODES = {
    "none": ssl.CERT_NONE,
    "if_given": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


class TlsError(Exception):
    """The files cannot be used. ``file`` is the wrong one, ``fix`` what to do."""

    def __init__(self, file: str, problem: str, fix: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file
        self.fix = fix


class TlsOptions(Struct, frozen=True, kw_only=True):
    """Files in PEM form, and what clients have to show.

    ``ciphers`` are OpenSSL's names of suites of TLS 1.2; none stands for all of :data:`CIPHERS`.
    """

    cert_file: str
    key_file: str
    client_auth: ClientAuth = "none"
    client_ca_file: str | None = None
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    ciphers: tuple[str, ...] = ()
    prefer_server_ciphers: bool = True

    def files(self) -> tuple[str, ...]:
        """Return the files that all this is in."""
        return tuple(filter(None, (self.cert_file, self.key_file, self.client_ca_file)))


def expiry(options: TlsOptions) -> datetime:
    """Return when the certificate ends. Raises TlsError when it cannot be read."""
    text = _read(options.cert_file, "cert_file")
    try:
        return validity(text)[1]
    except ValueError as error:
        raise TlsError(
            options.cert_file, str(error), "Name the certificate in cert_file, as PEM text."
        ) from None


def tls_context(options: TlsOptions) -> ssl.SSLContext:
    """Return the context of a server. Raises TlsError."""
    expiry(options)
    if "PRIVATE KEY-----" not in _read(options.key_file, "key_file"):
        raise TlsError(
            options.key_file, "it holds no private key in PEM form", "Name the key in key_file."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[options.min_version]
    context.maximum_version = VERSIONS[options.max_version]
    context.set_ciphers(":".join(options.ciphers or dict.fromkeys(CIPHERS.values())))
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if options.prefer_server_ciphers:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _load_own(context, options)
    if options.client_ca_file is not None:
        _load_clients(context, options.client_ca_file)
    context.verify_mode = _MODES[options.client_auth]
    return context


class CurrentContext(ssl.SSLContext):
    """A context that begins each connection with whatever ``current`` returns then."""

    current: Callable[[], ssl.SSLContext]

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self.current().wrap_bio(*args, **kwargs)


def current_context(current: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Return a context for a server whose certificates may change while it listens."""
    context = CurrentContext(ssl.PROTOCOL_TLS_SERVER)
    context.current = current
    return context


class Tls(Struct, frozen=True):
    """What :func:`exporters.http.app.serve` needs: a context, and the names clients may have."""

    context: ssl.SSLContext
    allowed_sans: Callable[[], Collection[str]] = tuple


def _load_own(context: ssl.SSLContext, options: TlsOptions) -> None:
    try:
        # A password for the key would be asked for on the terminal; "" never opens one.
        context.load_cert_chain(options.cert_file, options.key_file, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError(
                options.key_file,
                f"it is not the key of the certificate in {options.cert_file}",
                "Name the two files that were made together.",
            ) from None
        if "ENCRYPTED" in _read(options.key_file, "key_file"):
            raise TlsError(
                options.key_file,
                "the key has a password",
                "Take it off with: openssl pkey -in KEY -out NEW_KEY",
            ) from None
        raise TlsError(
            options.key_file,
            f"certificate and key cannot be used ({error.reason or 'not understood'})",
            "Make both anew, with 2048 bits RSA or P-256 at least.",
        ) from None


def _load_clients(context: ssl.SSLContext, file: str) -> None:
    text = _read(file, "client_ca_file")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise TlsError(
            file,
            "it holds no certificate in PEM form",
            "Name the authority of your clients in client_ca_file.",
        ) from None


def _read(file: str, name: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise TlsError(
            file,
            f"{name} cannot be read ({error.strerror})",
            "Name an existing file that vigie's user may read.",
        ) from None
    except UnicodeDecodeError:
        raise TlsError(file, f"{name} is not text", "Convert it to PEM form.") from None
