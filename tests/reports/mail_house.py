"""A real mail server whose manners can be chosen: TLS, logins, refusals, holding on, going away."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.bench.process import free_port

USER, PASSWORD = "vigie", "a password for the tests only"


class MailHouse:
    """Keeps each mail with its recipient. ``answers`` by recipient are what it says to ``RCPT``,
    ``refusal`` what it says to the mail; while ``held`` is set it says nothing at all."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.refusal = ""
        self.logins = 0
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()
        self.port = free_port()
        self._controller: Controller | None = None
        self._tls: ssl.SSLContext | None = None
        self._begins_with_tls = False

    @property
    def recipients(self) -> list[str]:
        """To whom mails came, in order."""
        return [recipient for recipient, _ in self.mails]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: object
    ) -> str:
        """Answer for one recipient (called by aiosmtpd)."""
        answer = self.answers.get(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail (called by aiosmtpd); it is kept before the answer."""
        if self.refusal:
            return self.refusal
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        self.mails += [(recipient, message) for recipient in envelope.rcpt_tos]
        self.asked.set()
        await asyncio.to_thread(self.let_go.wait)
        return "250 OK"

    def _login(
        self, _server: object, _session: object, _envelope: object, mechanism: str, data: object
    ) -> AuthResult:
        is_right = (
            mechanism in ("LOGIN", "PLAIN")
            and isinstance(data, LoginPassword)
            and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        )
        self.logins += is_right
        return AuthResult(success=is_right, handled=False)

    def open(self) -> None:
        """Listen, at the same port as before."""
        more: dict[str, Any] = {}
        if self._tls is not None and self._begins_with_tls:
            more = {"ssl_context": self._tls}
        elif self._tls is not None:
            more = {
                "tls_context": self._tls, "require_starttls": True, "auth_required": True,
                "authenticator": self._login,
            }  # fmt: skip
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()

    def close(self) -> None:
        """Go away."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def secure(self, authority: trustme.CA, *, at_once: bool) -> None:
        """Ask for TLS from the next opening on, after STARTTLS for a login, too."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._tls)
        self._begins_with_tls = at_once


@contextmanager
def mail_house(
    authority: trustme.CA | None = None, *, at_once: bool = False
) -> Iterator[MailHouse]:
    """A server that runs; with an authority it asks for TLS."""
    house = MailHouse()
    if authority is not None:
        house.secure(authority, at_once=at_once)
    house.open()
    try:
        yield house
    finally:
        house.let_go.set()
        house.close()


def trusted(authority: trustme.CA, folder: Path) -> str:
    """Write the certificate of the authority and return its path."""
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)
