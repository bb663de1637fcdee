"""The bad network itself: whatever the weather, what comes out is what went in, or an end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.bench.process import free_port
from tests.bench.proxy import BLACK_HOLE, FAIR, Proxy, Weather

SENT = bytes(range(256)) * 800


class Echo:
    """Gives back what it gets, on every connection."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(link,), daemon=True).start()

    def _echo(self, link: socket.socket) -> None:
        with link, suppress(OSError):
            while chunk := link.recv(65_536):
                link.sendall(chunk)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before an echo."""
    echo = Echo()
    with Proxy(free_port(), echo.port, seed=1) as opened:
        yield opened
    echo.close()


def through(proxy: Proxy, sent: bytes, timeout_s: float = 10.0) -> bytes:
    """What comes back of what is sent."""

    def send() -> None:
        with suppress(OSError):  # the connection was cut: who reads is told
            link.sendall(sent)

    with socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout_s) as link:
        threading.Thread(target=send, daemon=True).start()
        return received(link, len(sent))


def received(link: socket.socket, size: int) -> bytes:
    """So many bytes from a connection."""
    got = b""
    while len(got) < size:
        chunk = link.recv(65_536)
        assert chunk, "the connection ended"
        got += chunk
    return got


@pytest.mark.parametrize(
    ("weather", "at_least_s"),
    [
        (FAIR, 0.0),
        (Weather(delay_s=0.1), 0.2),
        (Weather(bytes_per_s=1_000_000), len(SENT) / 1_000_000),
    ],
)
def test_what_comes_out_is_what_went_in(proxy: Proxy, weather: Weather, at_least_s: float) -> None:
    """Late by the delay of both ways, or as slowly as the rate has it."""
    proxy.weather = weather
    began_s = time.monotonic()
    assert through(proxy, SENT) == SENT
    assert time.monotonic() - began_s >= at_least_s
    assert (proxy.connections, proxy.cuts, proxy.passed_bytes) == (1, 0, 2 * len(SENT))


@pytest.mark.parametrize(
    "weather", [BLACK_HOLE, Weather(holds_to_server=True), Weather(holds_to_client=True)]
)
def test_a_black_hole_gives_nothing_until_it_ends(proxy: Proxy, weather: Weather) -> None:
    """On a connection from before; nothing of it is lost."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=0.3) as link:
        link.sendall(b"before")
        assert received(link, 6) == b"before"
        proxy.weather = weather
        link.sendall(b"meanwhile")
        with pytest.raises(TimeoutError):
            link.recv(1)
        proxy.weather = FAIR
        link.settimeout(10.0)
        assert received(link, 9) == b"meanwhile"


def test_a_cut_is_a_reset(proxy: Proxy) -> None:
    """Not an orderly end: the client may take nothing for complete."""
    proxy.weather = Weather(resets=1.0)
    with pytest.raises(ConnectionResetError):
        through(proxy, b"x")
    assert proxy.cuts == 1
