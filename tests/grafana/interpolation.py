"""What Grafana puts in the place of variables before it asks Prometheus."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

Value = str | Sequence[str]

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::(\w+))?\}")
_SPECIAL = re.compile(r"[.*+?^${}()|\[\]']")
ALL = ".+"
"""The value of «All» in the boards' variables: it is taken as it is."""


SCRAPE_S = 2
"""How often the tests scrape: a loaded machine needs its time for nine thousand series."""


class Shown(Struct, frozen=True):
    """What is shown: the range in seconds and the step that the panel's width gives."""

    range_s: int = 3600
    step_s: int = 15
    scrape_s: int = SCRAPE_S


def rate_interval_s(shown: Shown) -> int:
    """Grafana's rule for $__rate_interval."""
    return max(shown.step_s + shown.scrape_s, 4 * shown.scrape_s)


def regex_escaped(value: str) -> str:
    """A value inside a regular expression inside a PromQL string."""
    return _SPECIAL.sub(lambda found: "\\\\" + found[0], value.replace("\\", "\\" * 4))


def text_escaped(value: str) -> str:
    """A value inside a PromQL string."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def interpolated(expr: str, chosen: Mapping[str, Value], shown: Shown | None = None) -> str:
    """The expression that Prometheus gets.

    :raises KeyError: the expression uses a variable that nobody chose.
    """
    at = shown or Shown()
    built_in = {
        "__range": f"{at.range_s}s",
        "__range_s": str(at.range_s),
        "__interval": f"{at.step_s}s",
        "__rate_interval": f"{rate_interval_s(at)}s",
    }

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in built_in:
            return built_in[name]
        here = chosen[name]
        if here == ALL:
            return ALL
        if isinstance(here, str):
            return text_escaped(here)
        several = [regex_escaped(one) for one in here]
        return several[0] if len(several) == 1 else f"({'|'.join(several)})"

    return _VARIABLE.sub(value, expr)
