"""Mails to a real mail server: TLS and login, refusals, and a server that is away."""

from __future__ import annotations

import socket
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from tests.bench.process import free_port
from tests.reports.mail_house import PASSWORD, USER, MailHouse, mail_house, trusted
from vigie.report_smtp import NotTakenError, send
from vigie.secret import Secret
from vigie.sections_reports import Mail

DESK = "desk@example.org"


def message() -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = "Rapport – été"
    made["To"] = DESK
    made.set_content("Service level 76.9 %\n.\nafter a dot\n")
    return made


def plain(house: MailHouse, **more: object) -> Mail:
    """Settings of a server without TLS."""
    return Mail(
        host="127.0.0.1", port=house.port, security="none", sender="vigie@example.org",
        timeout_ms=5_000, **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def refusal(mail: Mail, recipient: str = DESK) -> NotTakenError:
    with pytest.raises(NotTakenError) as caught:
        await send(mail, message(), recipient)
    told = str(caught.value)
    assert recipient not in told
    assert "example" not in told
    assert PASSWORD not in told
    return caught.value


async def test_a_mail_arrives_whole() -> None:
    """Subject, accents and a line with a lone dot."""
    with mail_house() as house:
        await send(plain(house), message(), DESK)
    ((recipient, mail),) = house.mails
    assert recipient == DESK
    assert mail["Subject"] == "Rapport – été"
    assert mail.get_content().splitlines()[:3] == ["Service level 76.9 %", ".", "after a dot"]


@pytest.mark.parametrize("at_once", [False, True])
async def test_tls_and_a_login(tmp_path: Path, at_once: bool) -> None:
    """STARTTLS and TLS from the start, the authority from a file, the password never in clear."""
    authority = trustme.CA()
    with mail_house(authority, at_once=at_once) as house:
        mail = Mail(
            host="127.0.0.1", port=house.port, security="tls" if at_once else "starttls",
            cafile=trusted(authority, tmp_path), username=None if at_once else USER,
            password=None if at_once else Secret(PASSWORD), sender="vigie@example.org",
        )  # fmt: skip
        await send(mail, message(), DESK)
        assert (house.logins, house.recipients) == (0 if at_once else 1, [DESK])


async def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    """Another authority than the one that is trusted: no login is tried, no mail goes."""
    with mail_house(trustme.CA()) as house:
        mail = Mail(
            host="127.0.0.1", port=house.port, cafile=trusted(trustme.CA(), tmp_path),
            username=USER, password=Secret(PASSWORD), sender="vigie@example.org",
        )  # fmt: skip
        error = await refusal(mail)
        assert (error.reason, error.is_final) == ("tls", False)
        assert (house.logins, house.mails) == (0, [])


async def test_a_server_without_starttls_gets_nothing() -> None:
    """Whoever strips STARTTLS on the way reads nothing."""
    with mail_house() as house:
        mail = Mail(
            host="127.0.0.1", port=house.port, security="starttls", sender="vigie@example.org"
        )
        assert (await refusal(mail)).reason == "tls"
        assert house.mails == []


async def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    """The reason is the login; it is tried again, as somebody may repair it."""
    authority = trustme.CA()
    with mail_house(authority) as house:
        mail = Mail(
            host="127.0.0.1", port=house.port, cafile=trusted(authority, tmp_path),
            username=USER, password=Secret("not it, and not to be told"), sender="v@example.org",
        )  # fmt: skip
        error = await refusal(mail)
        assert (error.reason, error.is_final) == ("login", False)
        assert "not it" not in str(error)


@pytest.mark.parametrize(
    ("answer", "is_final"), [("550 no such user", True), ("450 mailbox busy", False)]
)
async def test_a_recipient_can_be_refused(answer: str, is_final: bool) -> None:
    """5xx is for good, 4xx for now."""
    with mail_house() as house:
        house.answers[DESK] = answer
        error = await refusal(plain(house))
        assert (error.reason, error.is_final) == ("recipient", is_final)


@pytest.mark.parametrize(("answer", "is_final"), [("554 spam", True), ("451 later", False)])
async def test_a_mail_can_be_refused(answer: str, is_final: bool) -> None:
    """The same for the mail itself."""
    with mail_house() as house:
        house.refusal = answer
        error = await refusal(plain(house))
        assert (error.reason, error.is_final) == ("message", is_final)


async def test_nobody_listens() -> None:
    """A server that is away is tried again."""
    mail = Mail(host="127.0.0.1", port=free_port(), security="none", sender="vigie@example.org")
    error = await refusal(mail)
    assert (error.reason, error.is_final) == ("connection", False)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    """It takes the connection and never answers: the time-out ends it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail = Mail(
            host="127.0.0.1", port=silent.getsockname()[1], security="none",
            sender="vigie@example.org", timeout_ms=1_000,
        )  # fmt: skip
        error = await refusal(mail)
        assert (error.reason, error.is_final) == ("timeout", False)
