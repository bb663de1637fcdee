"""Series written before a Prometheus starts: earlier weeks, and what the demo cannot have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from exporters.prometheus.catalogue import catalogue
from exporters.prometheus.metric import Metric

WEEK_S = 7 * 24 * 3600
AROUND_S = (-1800, 4 * 3600 + 1800)
"""From half an hour before this time of the earlier weeks to the four hours after it."""

LASTS_S = 120
"""How long the series last that the demo cannot have."""

_QUEUES = {"billing": 1.0, "tech": 1.5}
_OUTCOMES = {"offered": 200, "answered": 180, "answered_in_target": 150, "abandoned": 15}


class Written(Struct, frozen=True, order=True):
    """One sample."""

    name: str
    labels: str
    at_s: int
    value: float

    def __str__(self) -> str:
        """A line of OpenMetrics."""
        return f"{self.name}{{{self.labels}}} {self.value} {self.at_s}"


def earlier_weeks(now_s: float) -> Iterator[Written]:
    """What boards compare with today, one and two weeks ago, of two queues."""
    for queue, weight in _QUEUES.items():
        for name, labels, value in _compared():
            inside = f'queue="{queue}",channel="voice",job="vigie-kpi",{labels}'
            for week in (1, 2):
                start, end = (round(now_s - week * WEEK_S + part) for part in AROUND_S)
                for at_s in range(start, end, 120):
                    yield Written(name, inside, at_s, value * weight)


def _compared() -> Iterator[tuple[str, str, float]]:
    for outcome, count in _OUTCOMES.items():
        yield "vigie_window_contacts", f'window="today",outcome="{outcome}"', count
    yield "vigie_window_wait_time_seconds", 'window="today",outcome="answered"', 5400
    for window in ("1h", "today"):
        yield "vigie_contacts_entered", f'window="{window}"', 60
    yield "vigie_contacts_handled", 'window="today"', 170
    yield "vigie_aht_seconds", 'window="today"', 240


def as_catalogued(names: Iterable[str], start_s: float) -> Iterator[Written]:
    """Series of these metrics with the labels that the catalogue says, for two minutes."""
    by_name = {metric.name: metric for metric in catalogue()}
    for name in names:
        # The catalogue lists a metric by queue, or else that of the centre.
        metric = by_name.get(name) or by_name[name.replace("vigie_centre_", "vigie_")]
        labels = _labels(metric, is_centre=name not in by_name)
        for step, at_s in enumerate(range(round(start_s), round(start_s) + LASTS_S, 5)):
            yield Written(name, labels, at_s, step if metric.type == "counter" else 1)


def _labels(metric: Metric, *, is_centre: bool) -> str:
    of_worker = not metric.kpi and metric.group != "view"
    found = {"job": "vigie", "instance": "127.0.0.1:1"} if of_worker else {"job": "vigie-kpi"}
    for label in metric.labels:
        if not (is_centre and label in ("queue", "channel")):
            found[label] = {"window": "today", "channel": "voice"}.get(label, "some")
    return ",".join(f'{label}="{value}"' for label, value in found.items())
