"""How fast alerts are taken and cleared: MTTA and MTTR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.alert import Alert
    from alerts.book import Book


class Figures(Struct, frozen=True, kw_only=True):
    """``open`` and ``acknowledged`` are alerts now (these are open, too), ``fired`` those that
    fired in the window. ``mtta_ms`` is the mean time from firing to the first acknowledgement of
    ``acknowledged_n`` of them, ``mttr_ms`` from firing to the end of the ``resolved_n`` alerts
    that ended in the window; None without any.
    """

    open: int
    acknowledged: int
    fired: int
    mtta_ms: int | None
    acknowledged_n: int
    mttr_ms: int | None
    resolved_n: int


def figures(book: Book, start_ms: int, end_ms: int) -> Figures:
    """Return the figures of a window; its end is not part of it."""
    fired = 0
    taken_ms: list[int] = []
    cleared_ms: list[int] = []
    for alert in book.alerts.values():
        if alert.fired_ms is None:
            continue
        if start_ms <= alert.fired_ms < end_ms:
            fired += 1
            at_ms = _taken_ms(alert)
            if at_ms is not None:
                taken_ms.append(at_ms - alert.fired_ms)
        if alert.resolved_ms is not None and start_ms <= alert.resolved_ms < end_ms:
            cleared_ms.append(alert.resolved_ms - alert.fired_ms)
    return Figures(
        open=len(book.open),
        acknowledged=sum(alert.state == "acknowledged" for alert in book.open.values()),
        fired=fired,
        mtta_ms=_mean_ms(taken_ms),
        acknowledged_n=len(taken_ms),
        mttr_ms=_mean_ms(cleared_ms),
        resolved_n=len(cleared_ms),
    )


def _taken_ms(alert: Alert) -> int | None:
    """Return when somebody took it first, even if it was given back or came back since."""
    for one in alert.story:
        if one.what == "acknowledged":
            return one.at_ms
    return alert.acknowledged_ms


def _mean_ms(spans_ms: Sequence[int]) -> int | None:
    if not spans_ms:
        return None
    return (2 * sum(spans_ms) + len(spans_ms)) // (2 * len(spans_ms))
