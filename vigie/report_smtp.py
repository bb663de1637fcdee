"""Hands a mail to the mail server, one recipient at a time. No address is ever logged.

smtplib blocks, so each try has a thread of its own that does not keep the program from ending.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Literal, TypeAlias

from alerts.notify import own_thread
from vigie.sections_reports import Mail

Reason: TypeAlias = Literal[
    "connection", "tls", "login", "sender", "recipient", "message", "timeout", "error"
]
REASONS: tuple[Reason, ...] = (
    "connection", "tls", "login", "sender", "recipient", "message", "timeout", "error",
)  # fmt: skip

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ANSWERS = 12
"""So many answers a conversation may take, each within the time-out."""


class NotTakenError(Exception):
    """The server did not take a mail. ``is_final``: it said so for good (5xx about this mail).

    The text has the code and what failed, no address and no secret.
    """

    def __init__(self, reason: Reason, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.reason: Reason = reason
        self.is_final = is_final


async def send(mail: Mail, message: EmailMessage, recipient: str) -> None:
    """Send a mail to one recipient; return when the server took it.

    Raises:
        NotTakenError: it did not; a conversation that breaks off may have been taken all the same.
    """
    raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    timeout_s = mail.timeout_ms / 1000 * _ANSWERS
    try:
        async with asyncio.timeout(timeout_s):
            done = asyncio.get_running_loop().create_future()
            own_thread.start(lambda: _converse(mail, raw, recipient), done, name="vigie-mail")
            await done
    except TimeoutError:
        raise NotTakenError("timeout", "the mail server took too long") from None


def _converse(mail: Mail, raw: bytes, recipient: str) -> None:
    assert mail.host is not None
    assert mail.sender is not None
    timeout_s = mail.timeout_ms / 1000
    port = mail.port or _PORTS[mail.security]
    try:
        context = None
        if mail.security != "none":
            context = ssl.create_default_context(cafile=mail.cafile)
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, port, timeout=timeout_s, context=context
            )
        else:
            server = smtplib.SMTP(mail.host, port, timeout=timeout_s)
        try:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.username is not None and mail.password is not None:
                server.login(mail.username, mail.password.reveal())
            server.sendmail(mail.sender, [recipient], raw)
        finally:
            with suppress(Exception):  # it has answered about the mail: how it parts is its own
                server.quit()
            server.close()
    except Exception as error:  # noqa: BLE001 - whatever it is, told in our words
        raise _told(error) from None


def _told(error: Exception) -> NotTakenError:
    """Return what it means; texts of servers repeat addresses, so only their codes are kept."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return NotTakenError(
            "recipient", f"the mail server refused a recipient ({code})", is_final=code >= 500
        )
    if isinstance(error, smtplib.SMTPSenderRefused):
        return NotTakenError("sender", f"the mail server refused mail.from ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NotTakenError("login", f"the mail server refused the login ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPDataError):
        code = error.smtp_code
        return NotTakenError(
            "message", f"the mail server refused the mail ({code})", is_final=code >= 500
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return NotTakenError("tls", "the mail server has no STARTTLS, or no login")
    if isinstance(error, ssl.SSLError):
        return NotTakenError("tls", f"TLS failed ({error.reason or 'no reason given'})")
    if isinstance(error, smtplib.SMTPResponseException):
        return NotTakenError("connection", f"the mail server refused ({error.smtp_code})")
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # as smtplib puts it
        return NotTakenError("timeout", "the mail server did not answer in time")
    if isinstance(error, (OSError, smtplib.SMTPException)):
        return NotTakenError("connection", f"no mail server answered ({type(error).__name__})")
    return NotTakenError("error", f"a fault of vigie's own ({type(error).__name__})")
