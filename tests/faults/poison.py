"""Messages that are no good: what vigie must refuse with a reason, or bear."""

from __future__ import annotations

from typing import Any

import orjson

Bad = tuple[str, bytes | None, bytes | None]
"""(canonical topic, key, value)"""

YEAR_1970_MS = 1_000
YEAR_2106_MS = 4_294_967_296_000
HOUR_MS = 3_600_000


def good_event(at_ms: int, number: int, **changed: Any) -> dict[str, Any]:
    """A ``contact.queued`` with some fields changed; those given as None are left out."""
    event = {
        "v": 1, "event_id": f"p{number}:0", "type": "contact.queued", "source": "faults",
        "event_time_ms": at_ms, "contact_id": f"p{number}", "leg_id": "L1", "channel": "voice",
        "queue": "sales", **changed,
    }  # fmt: skip
    return {name: value for name, value in event.items() if value is not None}


def bad_messages(at_ms: int, number: int) -> list[Bad]:
    """One of each kind, about a contact of this number; none of them is an event of it."""
    key = f"p{number}".encode()

    def like(**changed: Any) -> bytes:
        return orjson.dumps(good_event(at_ms, number, **changed))

    good = like()
    values: list[bytes | None] = [
        None,
        b"",
        b"null",
        b"7",
        b"[1]",
        b'"text"',
        good[: len(good) // 2],
        good[:-1],
        b"\xff\xfe" + good,
        b"\xef\xbb\xbf" + good,
        good.replace(b"sales", b"sal\xe9s"),
        good.replace(b"sales", b"sal\x00s"),
        good.decode().encode("utf-16"),
        good.replace(b'"sales"', b"NaN"),
        good.replace(b'"v":1', b'"v":1,"x":Infinity'),
        good.replace(b'"v":1', b'"v":1,"v":1'),
        b"[" * 100_000,
        b'{"v":1,"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        like(v=2),
        like(v=None),
        like(v="1"),
        like(type="contact.teleported"),
        like(type=7),
        like(type="ticket.solved"),
        like(queue=None),
        like(contact_id=None),
        like(queue=12),
        like(event_time_ms=str(at_ms)),
        like(event_time_ms=at_ms + 0.5),
        like(event_time_ms=True),
        like(channel="smoke"),
        like(event_time_ms=YEAR_1970_MS),
        like(event_time_ms=at_ms // 1000),
        like(event_time_ms=at_ms * 1000),
        like(event_time_ms=YEAR_2106_MS),
        like(event_time_ms=at_ms + 3 * HOUR_MS),
        like(event_time_ms=-at_ms),
        like(motive="x" * 65_536),
        like(event_id=""),
    ]
    bad: list[Bad] = [("calls", key, value) for value in values]
    bad += [("calls", None, good), ("calls", b"another", good), ("chats", b"", good)]
    return bad


def huge_messages(at_ms: int, number: int) -> list[Bad]:
    """Just above the limit, far above it, and nearly as large as the broker takes."""
    key = f"p{number}".encode()
    sizes = (65_537, 200_000, 1_048_576 - 1_000)
    padded = [orjson.dumps(good_event(at_ms, number, motive="x" * size)) for size in sizes]
    return [("calls", key, value[:size]) for value, size in zip(padded, sizes, strict=True)]


def largest_good_message(at_ms: int, number: int) -> Bad:
    """A good event of exactly the limit; vigie takes it."""
    event = good_event(at_ms, number, note="")
    event["note"] = "x" * (65_536 - len(orjson.dumps(event)))
    return "calls", f"p{number}".encode(), orjson.dumps(event)
