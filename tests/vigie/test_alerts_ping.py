"""`vigie alerts ping`: a message to every target, and what is said of those that fail."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.alertmanager import Alertmanager
from tests.bench.process import free_port, wait_until
from tests.bench.receiver import Answer, Receiver, receiving
from vigie.cli import run

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
Ping = Callable[..., int]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody to be told."""
    with receiving() as one:
        yield one


@pytest.fixture
def ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ping:
    """Runs the command with these targets."""
    monkeypatch.chdir(tmp_path)

    def run_it(targets: dict[str, str], *names: str, hosts: str = "[127.0.0.1]") -> int:
        lines = "".join(f"    {name}: {{{text}}}\n" for name, text in targets.items())
        text = f"alerts:\n  hosts: {hosts}\n" + (f"  targets:\n{lines}" if lines else "")
        (tmp_path / "s.yaml").write_text(text)
        return run(["--settings", "s.yaml", "alerts", "ping", *names])

    return run_it


def webhook(url: str, more: str = "") -> str:
    return f'type: webhook, url: "{url}/hook", secret: "{SECRET}"{more}'


def test_every_target_is_told_in_its_language(
    ping: Ping, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each with the time that it took, exit code 0; it is plain that it is a test."""
    targets = {
        "desk": webhook(receiver.url),
        "chef": webhook(receiver.url, ", language: fr"),
        "chat": f'type: apprise, url: "json://127.0.0.1:{receiver.port}/chat"',
    }
    assert ping(targets) == 0
    out = capsys.readouterr()
    assert re.sub(r"\d+\.\d", "0.0", out.out) == (
        "desk: delivered in 0.0 s\nchef: delivered in 0.0 s\nchat: delivered in 0.0 s\n"
    )
    assert out.err == ""
    assert [one.path for one in receiver.requests] == ["/hook", "/hook", "/chat"]
    desk, chef = (request.json()["data"] for request in receiver.requests[:2])
    assert desk["title"] == "vigie reaches you: this is only a test"
    assert chef["title"] == "vigie vous atteint : ceci n'est qu'un essai"
    assert "Nothing has happened, nothing is to be done." in desk["text"]
    ids = [request.headers["webhook-id"] for request in receiver.requests[:2]]
    assert len(set(ids)) == 2


def test_one_target_may_be_named(
    ping: Ping, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody else is told."""
    targets = {"desk": webhook(receiver.url), "boss": webhook("https://other.example")}
    assert ping(targets, "desk") == 0
    assert capsys.readouterr().out.startswith("desk: delivered in ")
    assert len(receiver.requests) == 1


def test_an_alertmanager_gets_an_alert_that_ends_by_itself(
    ping: Ping, alertmanager: Alertmanager, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its routes for a severity of info decide who hears of it."""
    assert ping({"am": f'type: alertmanager, urls: ["{alertmanager.url}/"]'}) == 0
    assert capsys.readouterr().out.startswith("am: delivered in ")
    wait_until(lambda: bool(alertmanager.alerts()), what="the alert")
    (alert,) = alertmanager.alerts()
    assert alert["labels"] == {"alertname": "VigiePing", "severity": "info"}
    assert alert["annotations"] == {"summary": "vigie reaches you: this is only a test"}
    assert alert["startsAt"] < alert["endsAt"]


def test_every_alertmanager_of_a_target_is_told_although_one_is_away(
    ping: Ping, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line and a try each, with the token; one that fails is a failure."""
    away = f"http://127.0.0.1:{free_port()}"
    target = f'type: alertmanager, urls: ["{away}", "{receiver.url}"], token: t0ken-of-the-test'
    assert ping({"am": target}) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("am (1 of 2): not delivered: no connection")
    assert second.startswith("am (2 of 2): delivered in ")
    (request,) = receiver.requests
    assert request.path == "/api/v2/alerts"
    assert request.headers["Authorization"] == "Bearer t0ken-of-the-test"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500), "the target failed"),
        (Answer(410), "the target does not want this message"),
        (Answer(302, {"Location": "/"}), "the answer leads elsewhere, which is never followed"),
        (Answer(manner="drop"), "no connection: nobody listens, no such name, or TLS failed"),
    ],
)
def test_a_target_that_fails_is_told_of_with_the_reason(
    answer: Answer,
    said: str,
    ping: Ping,
    receiver: Receiver,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 1, the others are told all the same, and no secret is shown."""
    receiver.answers.append(answer)
    assert ping({"desk": webhook(receiver.url), "chef": webhook(receiver.url)}) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"desk: not delivered: {said}"
    assert out.splitlines()[1].startswith("chef: delivered in ")
    assert SECRET not in out + err
    assert len(receiver.requests) == 2


def test_an_address_that_may_not_be_called_is_not(
    ping: Ping, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """A private address that the settings do not name."""
    url = receiver.url.replace("http:", "https:")
    assert ping({"desk": webhook(url)}, hosts="[]") == 1
    said = "the address is not one that may be called; name its host in the settings"
    assert capsys.readouterr().out == f"desk: not delivered: {said}\n"
    assert receiver.requests == []


def test_a_name_that_no_target_has_is_refused_with_the_nearest(
    ping: Ping, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is told."""
    assert ping({"desk": webhook(receiver.url), "boss": webhook(receiver.url)}, "desc") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vigie: there is no target 'desc'. Did you mean desk")
    assert receiver.requests == []


def test_without_a_target_there_is_nobody_to_tell(
    ping: Ping, capsys: pytest.CaptureFixture[str]
) -> None:
    """And it says what to add."""
    assert ping({}) == 2
    said = "the settings name nobody to tell. Add a target under alerts.targets, see alerts.md."
    assert capsys.readouterr() == ("", f"vigie: {said}\n")
