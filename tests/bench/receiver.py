"""An HTTP receiver that keeps each request with its time, and answers as badly as it is told to."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import msgspec

from tests.bench.process import free_port

DRIP_S = 0.05
BIG_BYTES = 1 << 40


@dataclass(frozen=True)
class Answer:
    """What to answer: a status, or no proper answer at all.

    ``hang`` says nothing, ``drip_head`` and ``drip_body`` send a byte now and then without end,
    ``big`` sends as fast as it can without end, ``drop`` closes the connection.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    manner: Literal["whole", "hang", "drip_head", "drip_body", "big", "drop"] = "whole"


@dataclass(frozen=True)
class Request:
    """One request as it came. ``at_s`` is the steady clock's time when its body was complete."""

    at_s: float
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.body)


Wanted = Callable[[Request], bool]


class Receiver:
    """A server on loopback. ``answers`` are given in order, then ``usual`` for ever."""

    def __init__(self, usual: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.usual = Answer() if usual is None else usual
        self.answers: deque[Answer] = deque()
        self.requests: list[Request] = []
        self.port = free_port()
        self._is_over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Address of the server, without a slash at its end."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End the server, also what hangs or drips."""
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wanted(self, wanted: Wanted = lambda _request: True) -> list[Request]:
        """The requests of a kind, in the order in which they came."""
        return [request for request in list(self.requests) if wanted(request)]

    async def arrived(
        self, n: int, *, within_s: float = 10.0, wanted: Wanted = lambda _request: True
    ) -> list[Request]:
        """Return as soon as at least ``n`` requests of a kind are there."""
        await until(
            lambda: len(self.wanted(wanted)) >= n,
            f"{n} requests; there were {len(self.requests)} in all",
            within_s,
        )
        return self.wanted(wanted)

    def check(
        self,
        n: int,
        *,
        after_s: float,
        before_s: float,
        exactly: bool = True,
        wanted: Wanted = lambda _request: True,
    ) -> None:
        """Fails unless ``n`` requests of a kind came between two instants of the steady clock."""
        found = [one for one in self.wanted(wanted) if after_s <= one.at_s <= before_s]
        times = [round(one.at_s - after_s, 3) for one in self.wanted(wanted)]
        is_right = len(found) == n if exactly else len(found) >= n
        assert is_right, (
            f"wanted {'exactly' if exactly else 'at least'} {n} within "
            f"{before_s - after_s:.3f} s, arrivals at {times} s"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(time.monotonic(), self.path, dict(self.headers.items()), body)
                receiver.requests.append(request)
                answer = receiver.answers.popleft() if receiver.answers else receiver.usual
                with suppress(OSError):
                    receiver._answer(self, answer)

            do_GET = do_POST  # noqa: N815 - the names that http.server looks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.close_connection = answer.manner != "whole"
        if answer.manner == "drop":
            return
        if answer.manner == "hang":
            self._is_over.wait()
            return
        if answer.manner == "drip_head":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._drip(handler)
            return
        length = {"big": BIG_BYTES, "drip_body": 1000}.get(answer.manner, len(answer.body))
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        if answer.manner == "drip_body":
            self._drip(handler)
        elif answer.manner == "big":
            while not self._is_over.is_set():
                handler.wfile.write(b"x" * 65_536)
        else:
            handler.wfile.write(answer.body)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        while not self._is_over.wait(DRIP_S):
            handler.wfile.write(b"x")
            handler.wfile.flush()


@contextmanager
def receiving(usual: Answer | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that runs."""
    receiver = Receiver(usual, tls)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


async def until(condition: Callable[[], bool], what: str, within_s: float = 10.0) -> None:
    """Return as soon as the condition holds, without holding up the loop."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {within_s:g} s in vain: {what}"
        await asyncio.sleep(0.01)
