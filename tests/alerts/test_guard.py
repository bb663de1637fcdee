"""Where messages may go, and that nothing leads them elsewhere."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from alerts.notify import Undelivered
from alerts.notify.addresses import is_allowed
from alerts.notify.guard import ForbiddenError, Guard, GuardedSession
from tests.bench.receiver import Answer, receiving

INSIDE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "::1", "fd00::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
)  # fmt: skip
NOWHERE = (
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.5", "192.88.99.1", "224.0.0.1",
    "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "fd00:ec2::254", "2001:db8::1", "2001::1", "::127.0.0.1", "100::1", "3fff::1",
    "::ffff:169.254.169.254", "::ffff:0.0.0.0", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::7f00:1",
)  # fmt: skip
OUTSIDE = (
    "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101",
    "2002:101:101::1",
)  # fmt: skip


def looks_up(monkeypatch: pytest.MonkeyPatch, *answers: str | list[str]) -> list[str]:
    """Makes the system's look-up give these addresses in turn; returns what was asked."""
    asked: list[str] = []
    left = list(answers)
    real = socket.getaddrinfo

    def fake(host: str, port: int, *others: int, **named: int) -> list[object]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        addresses = [found] if isinstance(found, str) else found
        return [one for address in addresses for one in real(address, port, *others, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return asked


async def refusal(session: GuardedSession, url: str) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await session.post(url, b"{}", {})
    return caught.value


class TestAddresses:
    @pytest.mark.parametrize("address", OUTSIDE)
    def test_the_open_internet_may_be_called(self, address: str) -> None:
        """Public addresses, also those that wrap a public one."""
        assert is_allowed(ip_address(address), is_named=False)

    @pytest.mark.parametrize("address", INSIDE)
    def test_inside_only_for_hosts_that_the_settings_name(self, address: str) -> None:
        """Private and loopback addresses need a host of the settings."""
        assert not is_allowed(ip_address(address), is_named=False)
        assert is_allowed(ip_address(address), is_named=True)

    @pytest.mark.parametrize("address", NOWHERE)
    def test_what_is_no_target_is_never_called(self, address: str) -> None:
        """Metadata services and special addresses, named or not, wrapped or not."""
        assert not is_allowed(ip_address(address), is_named=False)
        assert not is_allowed(ip_address(address), is_named=True)


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https:///x", "",
            "//example.org/", "javascript:alert(1)", "https://127.0.0.1/", "https://[::1]/",
            "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://127.1/",
            "https://0177.0.0.1/", "https://169.254.169.254/latest", "https://[fe80::1%25eth0]/",
            "https://[64:ff9b::7f00:1]/", "https://example.org:99999/",
        ],
    )  # fmt: skip
    def test_urls_that_are_not_called(self, url: str) -> None:
        """Other schemes, plain http, and addresses inside in any way of writing."""
        with pytest.raises(ForbiddenError):
            Guard(()).check_url(url)

    @pytest.mark.parametrize(
        ("hosts", "url"),
        [
            ((), "https://example.org/hook?x=1"),
            (("127.0.0.1",), "http://127.0.0.1:9093/"),
            (("Relay.Example",), "http://relay.example./"),
            (("::1",), "https://[::1]:8443/"),
            (("bücher.example",), "http://xn--bcher-kva.example/"),
        ],
    )
    def test_urls_that_are_called(self, hosts: tuple[str, ...], url: str) -> None:
        """https anywhere outside; inside and http where the settings name the host."""
        assert Guard(hosts).check_url(url).host

    def test_an_error_does_not_show_the_url(self) -> None:
        """URLs of hooks are secrets."""
        with pytest.raises(ForbiddenError) as caught:
            Guard(()).check_url("http://hooks.example.org/services/T0PS3CRET")
        assert "T0PS3CRET" not in str(caught.value)


class TestCalls:
    async def test_a_named_host_on_loopback_is_called(self) -> None:
        """A relay in the same machine, once the settings name it."""
        with receiving(Answer(201)) as receiver:
            async with GuardedSession(["127.0.0.1"]) as session:
                answer = await session.post(receiver.url, b"hello", {"X-Kind": "test"})
        (request,) = receiver.requests
        assert (answer.status, request.body, request.headers["X-Kind"]) == (201, b"hello", "test")

    @pytest.mark.parametrize("host", ["localhost", "0x7f.1", "0177.0.0.1", "2130706433", "127.1"])
    async def test_no_way_of_writing_loopback_gets_through(self, host: str) -> None:
        """Names and numbers that the system takes for 127.0.0.1 are refused for good."""
        with receiving() as receiver:
            async with GuardedSession(["another.example"]) as session:
                undelivered = await refusal(session, f"https://{host}:{receiver.port}/")
        assert (undelivered.reason, undelivered.is_final) == ("forbidden", True)
        assert receiver.requests == []

    async def test_a_name_that_leads_inside_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One address inside among public ones is enough."""
        looks_up(monkeypatch, ["93.184.216.34", "10.0.0.5"])
        async with GuardedSession([]) as session:
            undelivered = await refusal(session, "https://hooks.example.org/")
        assert (undelivered.reason, undelivered.is_final) == ("forbidden", True)

    async def test_the_checked_address_is_the_one_that_is_called(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A name is looked up once for a call: a second answer (rebinding) has no chance."""
        with receiving() as receiver:
            asked = looks_up(monkeypatch, "127.0.0.1", "10.9.9.9")
            async with GuardedSession(["relay.example"]) as session:
                answer = await session.post(f"http://relay.example:{receiver.port}/", b"", {})
        assert answer.status == 200
        assert asked == ["relay.example"]

    async def test_every_call_looks_the_name_up_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An answer that was good once says nothing of the next one."""
        with receiving() as receiver:
            looks_up(monkeypatch, "127.0.0.1", "169.254.169.254")
            async with GuardedSession(["relay.example"]) as session:
                url = f"http://relay.example:{receiver.port}/"
                await session.post(url, b"", {})
                undelivered = await refusal(session, url)
        assert undelivered.reason == "forbidden"
        assert len(receiver.requests) == 1

    async def test_redirects_are_not_followed(self) -> None:
        """Where an answer leads is not for the answer to say."""
        with receiving() as inside, receiving() as receiver:
            receiver.usual = Answer(302, {"Location": f"{inside.url}/admin"})
            async with GuardedSession(["127.0.0.1"]) as session:
                answer = await session.post(receiver.url, b"", {})
        assert answer.status == 302
        assert inside.requests == []

    async def test_proxies_of_the_environment_are_not_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable somebody set must not send messages elsewhere."""
        with receiving() as proxy, receiving() as receiver:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            async with GuardedSession(["127.0.0.1"]) as session:
                await session.post(receiver.url, b"", {})
        assert (len(proxy.requests), len(receiver.requests)) == (0, 1)

    @pytest.mark.parametrize("manner", ["hang", "drip_head"])
    async def test_what_never_answers_costs_no_more_than_the_time_set(self, manner: str) -> None:
        """A target that hangs or drips its head is left after the total time."""
        with receiving(Answer(manner=manner)) as receiver:  # type: ignore[arg-type]
            async with GuardedSession(["127.0.0.1"], total_s=0.4) as session:
                started_s = time.monotonic()
                undelivered = await refusal(session, receiver.url)
                took_s = time.monotonic() - started_s
        assert (undelivered.reason, undelivered.is_final) == ("timeout", False)
        assert 0.3 < took_s < 2.0

    @pytest.mark.parametrize(("manner", "total_s"), [("drip_body", 0.5), ("big", 8.0)])
    async def test_an_endless_answer_counts_by_its_status(
        self, manner: str, total_s: float
    ) -> None:
        """The rest of an answer is neither waited for nor kept."""
        with receiving(Answer(202, manner=manner)) as receiver:  # type: ignore[arg-type]
            async with GuardedSession(["127.0.0.1"], total_s=total_s) as session:
                started_s = time.monotonic()
                answer = await session.post(receiver.url, b"", {})
                took_s = time.monotonic() - started_s
        assert answer.status == 202
        assert took_s < 4.0

    async def test_a_connection_that_is_refused_or_dropped_may_work_later(self) -> None:
        """Nobody there is no reason to give up."""
        with receiving(Answer(manner="drop")) as receiver:
            async with GuardedSession(["127.0.0.1"]) as session:
                dropped = await refusal(session, receiver.url)
        async with GuardedSession(["127.0.0.1"]) as session:
            away = await refusal(session, receiver.url)
        assert {(one.reason, one.is_final) for one in (dropped, away)} == {("refused", False)}

    @pytest.mark.parametrize(
        ("header", "wanted_s"),
        [
            ("7", 7.0),
            ("600", 60.0),
            ("Wed, 18 Nov 2026 11:06:40 GMT", None),
            ("-1", None),
            ("", None),
        ],
    )
    async def test_retry_after_is_understood_and_bounded(
        self, header: str, wanted_s: float | None
    ) -> None:
        """A target may ask for up to a minute, not for an hour."""
        with receiving(Answer(429, {"Retry-After": header})) as receiver:
            async with GuardedSession(["127.0.0.1"]) as session:
                answer = await session.post(receiver.url, b"", {})
        assert (answer.status, answer.retry_after_s) == (429, wanted_s)

    async def test_a_slow_name_server_holds_up_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A look-up that hangs times out, and the loop's own threads stay free."""
        is_over = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hang(*_args: object, **_named: object) -> list[object]:
            asyncio.run_coroutine_threadsafe(is_over.wait(), loop).result()
            raise OSError("too late")

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        async with GuardedSession([], connect_s=0.2, total_s=0.3) as session:
            found = await asyncio.gather(
                *(refusal(session, f"https://slow{n}.example/") for n in range(8))
            )
            assert await asyncio.to_thread(lambda: "free") == "free"
            is_over.set()
        assert {one.reason for one in found} == {"timeout"}


@pytest.fixture
def make_tls(tmp_path: Path) -> Callable[[], tuple[ssl.SSLContext, ssl.SSLContext]]:
    """Makes a server's TLS and that of a client which trusts it."""

    def make() -> tuple[ssl.SSLContext, ssl.SSLContext]:
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out",
                str(certificate), "-subj", "/CN=relay.example", "-addext",
                "subjectAltName=DNS:relay.example", "-days", "2",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate, key)
        return server, ssl.create_default_context(cafile=str(certificate))

    return make


class TestTls:
    async def test_a_certificate_is_checked_against_the_name_of_the_url(
        self,
        make_tls: Callable[[], tuple[ssl.SSLContext, ssl.SSLContext]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A trusted certificate of the right name passes; unknown or of another name does not."""
        server, client = make_tls()
        looks_up(monkeypatch, "127.0.0.1")
        hosts = ["relay.example", "other.example"]
        with receiving(tls=server) as receiver:
            right = f"https://relay.example:{receiver.port}/"
            async with GuardedSession(hosts, tls=client) as session:
                assert (await session.post(right, b"", {})).status == 200
                wrong_name = await refusal(session, f"https://other.example:{receiver.port}/")
            async with GuardedSession(hosts) as session:
                unknown = await refusal(session, right)
        assert (wrong_name.reason, unknown.reason) == ("refused", "refused")
        assert len(receiver.requests) == 1
