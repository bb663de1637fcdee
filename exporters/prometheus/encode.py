"""Families to text, almost three times as fast as the client library's own encoders.

A page has tens of thousands of samples with few distinct labels, and it is written on the thread
that folds the events. Both functions give byte for byte what ``prometheus_client`` gives for
families of gauges, counters, histograms and infos without timestamps and exemplars; a test holds
them to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import Metric as Family
from prometheus_client.utils import floatToGoString

_TEXT_SUFFIX = {"counter": "_total", "info": "_info"}
_TEXT_TYPE = {"info": "gauge"}


def text(families: Iterable[Family]) -> bytes:
    """Return the Prometheus text format 0.0.4."""
    out: list[str] = []
    labels = _Labels()
    for family in families:
        name = family.name + _TEXT_SUFFIX.get(family.type, "")
        meaning = family.documentation.replace("\\", r"\\").replace("\n", r"\n")
        out.append(f"# HELP {name} {meaning}\n")
        out.append(f"# TYPE {name} {_TEXT_TYPE.get(family.type, family.type)}\n")
        _samples(out, family, labels)
    return "".join(out).encode()


def openmetrics(families: Iterable[Family]) -> bytes:
    """Return OpenMetrics 1.0."""
    out: list[str] = []
    labels = _Labels()
    for family in families:
        out.append(f"# HELP {family.name} {_escape(family.documentation)}\n")
        out.append(f"# TYPE {family.name} {family.type}\n")
        if family.unit:
            out.append(f"# UNIT {family.name} {family.unit}\n")
        _samples(out, family, labels)
    out.append("# EOF\n")
    return "".join(out).encode()


def _samples(out: list[str], family: Family, labels: _Labels) -> None:
    for sample in family.samples:
        value = sample.value
        number = repr(float(value)) if -1e6 < value < 1e6 else _long(value)
        if sample.labels:
            out.append(f"{sample.name}{{{labels.text(sample.labels)}}} {number}\n")
        else:
            out.append(f"{sample.name} {number}\n")


def _long(value: float) -> str:
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


class _Labels:
    """Remembers label names in order and escaped pairs, which repeat all over a page."""

    def __init__(self) -> None:
        self._orders: dict[tuple[str, ...], list[str]] = {}
        self._pairs: dict[tuple[str, str], str] = {}

    def text(self, labels: dict[str, str]) -> str:
        names = tuple(labels)
        order = self._orders.get(names)
        if order is None:
            order = self._orders[names] = sorted(names)
        pairs = self._pairs
        parts = []
        for name in order:
            key = (name, labels[name])
            pair = pairs.get(key)
            if pair is None:
                pair = pairs[key] = f'{name}="{_escape(key[1])}"'
            parts.append(pair)
        return ",".join(parts)


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
