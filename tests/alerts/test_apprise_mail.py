"""Apprise against a real mail server and a real HTTP receiver."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from contextlib import closing

import apprise
import pytest

from alerts.message import Message, compose
from alerts.notify import Undelivered
from alerts.notify.apprise import AppriseSender, _hosts, _service
from alerts.plan import AppriseTarget, Language, Plan
from alerts.rules import Where
from tests.bench.mail import MailServer, mail_server
from tests.bench.receiver import Answer, receiving
from tests.bench.sample_alerts import RULES, START_MS, a_message, a_notice, an_alert

# Apprise looks for a module that Python 3.13 has not, and brings its own then.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

HERE = ("127.0.0.1",)


def mail_url(server: MailServer) -> str:
    """As the settings would name it: no login, no TLS, on this machine."""
    address = "from=vigie@example.org&to=desk@example.org"
    return f"mailto://127.0.0.1:{server.port}/?mode=insecure&{address}"


def composed(language: Language, **alert: object) -> Message:
    plan = Plan(public_url="https://vigie.example.org", link_secret=b"s" * 32)
    return compose(a_notice(), [an_alert(**alert)], RULES, {}, plan, language, START_MS)  # type: ignore[arg-type]


async def send(
    url: str, message: Message, hosts: Sequence[str] = HERE, send_s: float = 10.0
) -> None:
    await AppriseSender(AppriseTarget(id="desk", url=url), hosts, send_s=send_s).send(message)


async def refusal(
    url: str, message: Message | None = None, hosts: Sequence[str] = HERE
) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await send(url, message or a_message(), hosts)
    return caught.value


class TestMail:
    @pytest.mark.parametrize("language", ["en", "fr"])
    async def test_a_mail_says_what_the_message_says(self, language: Language) -> None:
        """Subject, text, accents and links arrive whole, in both languages."""
        message = composed(language)
        with mail_server() as server:
            await send(mail_url(server), message)
        (mail,) = server.mails
        assert mail.subject == message.title
        assert mail.text.split() == message.text.split()
        assert message.acknowledge_url.replace("&", "&amp;") in mail.html or not mail.html
        assert mail.recipients == ("desk@example.org",)
        wanted = {"en": "CRITICAL: Longest wait", "fr": "CRITIQUE : Plus longue attente"}
        assert mail.subject.startswith(wanted[language])

    async def test_a_mail_comes_within_the_second(self) -> None:
        """Nothing between the alert and the mail server takes its time."""
        with mail_server() as server:
            started_s = time.monotonic()
            await send(mail_url(server), a_message())
        (mail,) = server.mails
        assert started_s <= mail.at_s <= started_s + 5.0

    async def test_a_queue_name_cannot_write_headers_or_html(self) -> None:
        """A name with line breaks and mark-up stays a name in subject, text and HTML."""
        name = "a\r\nBcc: thief@example.org\r\n\r\n<script>alert(1)</script>"
        message = composed("en", where=Where("pair", name, "voice"))
        with mail_server() as server:
            await send(mail_url(server), message)
        (mail,) = server.mails
        assert mail.message["Bcc"] is None
        assert mail.recipients == ("desk@example.org",)
        assert "<script" not in mail.html + mail.text
        assert "Bcc: thief＠example.org" in mail.subject

    async def test_a_mail_that_is_refused_is_tried_again(self) -> None:
        """Apprise does not say why, so a refusal may be one for now."""
        with mail_server() as server:
            server.refusal = "451 try later"
            undelivered = await refusal(mail_url(server))
        assert (undelivered.reason, undelivered.is_final) == ("rejected", False)


class TestHttp:
    async def test_a_message_goes_out_by_a_json_url(self) -> None:
        """Any service of Apprise gets title, text and how bad it is."""
        with receiving() as receiver:
            await send(f"json://127.0.0.1:{receiver.port}/", a_message())
        (request,) = receiver.requests
        data = request.json()
        assert (data["title"], data["message"]) == (a_message().title, "New alert.")
        assert data["type"] == "failure"

    @pytest.mark.parametrize(
        ("what", "severity", "wanted"),
        [
            ("firing", "warning", "warning"),
            ("reminder", "critical", "failure"),
            ("resolved", "critical", "success"),
        ],
    )
    async def test_services_show_how_bad_it_is(self, what: str, severity: str, wanted: str) -> None:
        """Colours and icons of chats follow severity and what happened."""
        with receiving() as receiver:
            message = a_message(what=what, severity=severity)
            await send(f"json://127.0.0.1:{receiver.port}/", message)
        assert receiver.requests[0].json()["type"] == wanted

    async def test_a_failing_service_is_tried_again(self) -> None:
        """Apprise says no more than that it failed."""
        with receiving(Answer(500)) as receiver:
            undelivered = await refusal(f"json://127.0.0.1:{receiver.port}/")
        assert (undelivered.reason, undelivered.is_final) == ("rejected", False)

    async def test_redirects_are_not_followed(self) -> None:
        """Where an answer leads is not for the answer to say."""
        with receiving() as inside, receiving() as receiver:
            receiver.usual = Answer(307, {"Location": f"{inside.url}/admin"})
            await refusal(f"json://127.0.0.1:{receiver.port}/")
        assert inside.requests == []

    async def test_a_url_that_apprise_does_not_know_is_final(self) -> None:
        """Trying again would not make it known."""
        undelivered = await refusal("nosuchservice://x")
        assert (undelivered.reason, undelivered.is_final) == ("invalid", True)


class TestGuard:
    async def test_hosts_inside_must_be_named(self) -> None:
        """A chat server at a private address, but only if the settings name it."""
        with receiving() as receiver:
            undelivered = await refusal(f"json://127.0.0.1:{receiver.port}/", hosts=())
        assert (undelivered.reason, undelivered.is_final) == ("forbidden", True)
        assert receiver.requests == []

    @pytest.mark.parametrize(
        ("url", "hosts"),
        [
            ("json://hooks.example.org/x", {"hooks.example.org"}),
            ("mailto://me:secret@gmail.com", {"smtp.gmail.com"}),
            ("mailto://10.0.0.1/?from=a@b.org&to=c@d.org&smtp=mail.b.org", {"mail.b.org"}),
            (f"slack://{'A' * 9}/{'B' * 9}/{'c' * 24}/#desk", set()),
        ],
    )
    def test_only_what_is_a_host_is_looked_up(self, url: str, hosts: set[str]) -> None:
        """A token in the place of a host must not be shown to a name server."""
        assert _hosts(_service(url)) == hosts


class TestPatience:
    async def test_a_service_that_hangs_holds_up_neither_loop_nor_threads(self) -> None:
        """The try ends in time; until its thread ends no other one is started."""
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            url = f"mailto://127.0.0.1:{silent.getsockname()[1]}/?mode=insecure"
            url += "&from=a@example.org&to=b@example.org&rto=30"
            assert _service(url) is not None  # reading the plugins takes its time, once
            sender = AppriseSender(AppriseTarget(id="desk", url=url), HERE, send_s=0.3)
            beats = 0
            started_s = time.monotonic()
            first = asyncio.create_task(sender.send(a_message()))
            while not first.done():
                beats += 1
                await asyncio.sleep(0.01)
            assert time.monotonic() - started_s < 2.0
            assert beats > 5
            hanging = sender._hanging
            with pytest.raises(Undelivered, match="timeout"):
                await sender.send(a_message())
            assert sender._hanging is hanging
        with pytest.raises(Undelivered, match="timeout"):
            await first

    async def test_a_fault_in_a_service_is_no_fault_of_the_program(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A hundred services fail in a hundred ways: all are tried again."""

        def fail(*_args: object, **_named: object) -> bool:
            raise ZeroDivisionError("T0PS3CRET")

        monkeypatch.setattr(apprise.Apprise, "notify", fail)
        undelivered = await refusal("json://127.0.0.1:9/")
        assert (undelivered.reason, undelivered.is_final) == ("error", False)
        assert "T0PS3CRET" not in repr(undelivered)


async def test_no_log_line_holds_a_secret_of_the_url(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither a failure nor a success nor a wrong URL is logged with what the URL holds."""
    caplog.set_level(logging.DEBUG)
    with receiving() as receiver:
        receiver.answers.append(Answer(500))
        url = f"json://user:T0PS3CRET@127.0.0.1:{receiver.port}/T0PS3CRET"
        await refusal(url)
        await send(url, a_message())
        await refusal("slack://T0PS3CRET")
    printed = capfd.readouterr()
    ours = [line for line in caplog.messages if "T0PS3CRET" in line]
    assert (ours, "T0PS3CRET" in printed.out + printed.err) == ([], False)
