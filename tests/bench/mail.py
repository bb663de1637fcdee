"""A real mail server on loopback that keeps what it gets, with times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.bench.process import free_port


@dataclass(frozen=True)
class Mail:
    """One mail. ``at_s`` is the steady clock's time; ``message`` is decoded."""

    at_s: float
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text, decoded."""
        body = self.message.get_body(("plain",))
        assert body is not None, "the mail has no plain text"
        return str(body.get_content())

    @property
    def html(self) -> str:
        """The HTML, decoded; "" without any."""
        body = self.message.get_body(("html",))
        return "" if body is None else str(body.get_content())


class MailServer:
    """Takes every mail; ``refusal`` is what it answers instead, such as ``451 try later``."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusal = ""
        self.port = free_port()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail (called by aiosmtpd)."""
        if self.refusal:
            return self.refusal
        raw = envelope.original_content or b""
        message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
        self.mails.append(Mail(time.monotonic(), tuple(envelope.rcpt_tos), message))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server that runs."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
