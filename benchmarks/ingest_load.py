"""Requests at a fixed rate, from a process of their own, over connections that stay open.

``python -m benchmarks.ingest_load PORT RATE SECONDS CONNECTIONS KIND`` sends a request when one
is due, whether or not earlier ones are answered (an open loop); a rate of 0 sends the next one as
soon as a connection is free. Its last line is JSON: what was answered and when. The time of a
request runs from when it was due, so a sender that comes late makes it longer, never shorter.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time
from collections import deque
from typing import Any

import msgspec
import uvloop
from msgspec import Struct

SECRET = "a secret of the benchmark"  # noqa: S105 - of nothing but this run
SOURCE = "hooks"
CANONICAL = "canonical"
ZENDESK = "zendesk"
_START_S = 0.2
_LAST_ANSWERS_S = 30.0
_CLOSED_PER_S = 20_000
"""At most so many requests per second are made ready for a run without a rate."""


class Load(Struct, frozen=True, kw_only=True):
    """What a run of the sender found: requests by status, the numbers of those that were not
    answered 200, ms from due to answered (sorted, of those answered 200), seconds from the first
    due to the last answer, CPU seconds of the sender."""

    sent: int
    statuses: dict[str, int]
    refused: list[int]
    answer_ms: list[float]
    span_s: float
    cpu_s: float


def body(number: int, kind: str = CANONICAL) -> bytes:
    """Return the body of a request: a contact enters a queue, or a ticket is solved."""
    return msgspec.json.encode(_ticket(number) if kind == ZENDESK else _event(number))


def event_ids(number: int, kind: str = CANONICAL) -> list[str]:
    """Return the ids of the events that Kafka has to have of a request."""
    return [f"bench-{number}", *([f"ticket:{number}:opened"] if kind == ZENDESK else [])]


def _event(number: int) -> dict[str, object]:
    return {
        "v": 1, "event_id": f"bench-{number}", "type": "contact.queued", "source": SOURCE,
        "event_time_ms": 1_736_928_000_000 + number, "contact_id": f"C{number}", "leg_id": "L1",
        "channel": "voice", "queue": "billing", "direction": "in", "priority": 3,
        "skills": ["billing", "french"], "customer_key": f"{number:032x}", "raw_ref": f"r{number}",
    }  # fmt: skip


def _ticket(number: int) -> dict[str, object]:
    return {
        "type": "zen:event-type:ticket.status_changed", "account_id": 1, "id": f"bench-{number}",
        "time": "2025-01-15T08:00:10Z", "zendesk_event_version": "2022-11-06",
        "subject": f"zen:ticket:{number}",
        "detail": {
            "id": str(number), "status": "SOLVED", "group_id": "7", "assignee_id": "9",
            "via": {"channel": "web"}, "created_at": "2025-01-15T07:00:00Z",
            "updated_at": "2025-01-15T08:00:10Z",
        },
        "event": {"current": "SOLVED", "previous": "OPEN", "meta": {"sequence": {"id": "x"}}},
    }  # fmt: skip


def request(number: int, port: int, now_s: int, kind: str) -> bytes:
    """Return a whole request, signed as Chatwoot does."""
    sent = body(number, kind)
    made = hmac.new(SECRET.encode(), f"{now_s}.".encode() + sent, hashlib.sha256).hexdigest()
    head = (
        f"POST /in/{SOURCE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: benchmark\r\n"
        f"Accept: */*\r\nContent-Type: application/json\r\nX-Chatwoot-Timestamp: {now_s}\r\n"
        f"X-Chatwoot-Signature: sha256={made}\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent


class Sender:
    """Sends what is due over the connections that are free."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self.requests = requests
        self.rate = rate
        self.begun_s = 0.0
        self.ended_s = 0.0
        self.next = 0
        self.last = len(requests)
        self.answered = 0
        self.statuses: dict[str, int] = {}
        self.refused: list[int] = []
        self.answer_ms: list[float] = []
        self.free: deque[Connection] = deque()
        self.done = asyncio.Event()

    def due_s(self, number: int) -> float:
        """Return when a request is due."""
        return self.begun_s + number / self.rate

    def send_due(self, now_s: float) -> None:
        """Send what is due, as far as connections are free."""
        while self.free and self.next < self.last:
            if self.rate and self.due_s(self.next) > now_s:
                return
            self.free.popleft().send(self.next, self.due_s(self.next) if self.rate else now_s)
            self.next += 1

    def told(self, number: int, due_s: float, status: str, now_s: float) -> None:
        """Take the answer of a request."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == "200":
            self.answer_ms.append((now_s - due_s) * 1000)
        else:
            self.refused.append(number)
        self.answered += 1
        self.ended_s = now_s
        if self.answered >= self.last:
            self.done.set()


class Connection(asyncio.Protocol):
    """One connection with at most one request under way; answers have no body."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._number = -1
        self._due_s = 0.0
        self._read = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._sender.free.append(self)

    def send(self, number: int, due_s: float) -> None:
        """Send a request."""
        self._number, self._due_s = number, due_s
        self._transport.write(self._sender.requests[number])

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._read.endswith(b"\r\n\r\n"):
            return
        now_s, status = time.perf_counter(), self._read[9:12].decode()
        self._read = b""
        self._sender.free.append(self)
        self._sender.told(self._number, self._due_s, status, now_s)
        self._sender.send_due(now_s)


async def send(port: int, rate: float, seconds: float, connections: int, kind: str) -> Load:
    """Send for so many seconds and return what was answered."""
    count = round((rate or _CLOSED_PER_S) * seconds)
    now_s = int(time.time())
    sender = Sender([request(n, port, now_s, kind) for n in range(count)], rate)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(sender), "127.0.0.1", port)
    sender.begun_s, begun_cpu_s = time.perf_counter() + _START_S, time.process_time()
    await asyncio.sleep(_START_S)
    if rate:
        late_s = sender.begun_s + seconds + _LAST_ANSWERS_S
        while sender.next < sender.last:
            if time.perf_counter() > late_s:
                raise TimeoutError(f"{sender.answered} of {sender.last} requests were answered")
            sender.send_due(time.perf_counter())
            await asyncio.sleep(0.001)
    else:
        sender.send_due(time.perf_counter())
        await asyncio.sleep(seconds)
        sender.last = sender.next
        if sender.answered >= sender.last:
            sender.done.set()
    async with asyncio.timeout(_LAST_ANSWERS_S):
        await sender.done.wait()
    return Load(
        sent=sender.last,
        statuses=sender.statuses,
        refused=sender.refused,
        answer_ms=sorted(round(ms, 3) for ms in sender.answer_ms),
        span_s=sender.ended_s - sender.begun_s,
        cpu_s=time.process_time() - begun_cpu_s,
    )


def main() -> int:
    """Send and print."""
    port, rate, seconds, connections, kind = sys.argv[1:]
    load = uvloop.run(send(int(port), float(rate), float(seconds), int(connections), kind))
    print(msgspec.json.encode(load).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
