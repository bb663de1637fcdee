"""Scrapes one page again and again as Prometheus does, in a process of its own.

``python -m benchmarks.scraper PORT COUNT EVERY_MS`` prints one line of JSON: ms from the question
until the whole compressed answer is here, and what the last answer was.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import sys
import time

import msgspec
from msgspec import Struct

PAGE = "/metrics"
HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "User-Agent": "Prometheus/3.0.0",
}
"""What Prometheus 3 sends by default (without the protobuf that it is not given)."""

_SERIES = b"\nvigie_collect_series "


class Scrapes(Struct, frozen=True, kw_only=True):
    """The time of each scrape, and of the last page its KPI series and its sizes."""

    took_ms: list[float]
    series: int
    page_bytes: int
    gzip_bytes: int


class BrokenPageError(Exception):
    """An answer that no Prometheus would take: a run with one says nothing."""


def whole_page(status: int, headers: http.client.HTTPMessage, body: bytes) -> bytes:
    """Return the text of an answer.

    Raises:
        BrokenPageError: it is none, or not whole.
    """
    text = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
    if status != 200 or not text.endswith(b"\n# EOF\n"):
        raise BrokenPageError(f"status {status}, {len(text)} bytes that end {text[-60:]!r}")
    return text


def series_told(text: bytes) -> int:
    """Return how many KPI series the page says that it has; 0 where it says nothing."""
    at = text.find(_SERIES)
    return 0 if at < 0 else int(float(text[at + len(_SERIES) :].split(b"\n", 1)[0]))


def scrape(port: int, count: int, every_ms: float) -> Scrapes:
    """Scrape so often.

    Raises:
        BrokenPageError: an answer was not a whole page.
    """
    took_ms: list[float] = []
    text = body = b""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(count):
        # Steps of the same length would meet boards at few phases only.
        due_s = every_ms * (0.9 + 0.2 * (number % 7) / 6) / 1_000
        began_s = time.perf_counter()
        connection.request("GET", PAGE, headers=HEADERS)
        answer = connection.getresponse()
        body = answer.read()
        took_ms.append((time.perf_counter() - began_s) * 1_000)
        text = whole_page(answer.status, answer.headers, body)
        time.sleep(max(0.0, began_s + due_s - time.perf_counter()))
    return Scrapes(
        took_ms=took_ms, series=series_told(text), page_bytes=len(text), gzip_bytes=len(body)
    )


def main() -> int:
    """Scrape and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.scraper")
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("every_ms", type=float)
    given = parser.parse_args()
    found = scrape(given.port, given.count, given.every_ms)
    print(msgspec.json.encode(found).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
