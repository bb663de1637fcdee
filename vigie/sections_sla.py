"""The sections of the settings file about tickets: what is promised, and the motives in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, field

from aggregators.policy import DAY_MS, HOUR_MS
from aggregators.promises import Promise, Sla
from vigie.sections import Duration, Section
from vigie.settings_reader import SettingError, show_path

PriorityName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
SHORTEST_REOPEN_MS = 2 * DAY_MS

Clock: TypeAlias = Literal["business", "calendar"]


class PriorityPromise(Section, frozen=True, kw_only=True):
    """What is promised for the tickets of one priority; what is left out is not promised."""

    first_response_ms: Annotated[
        Duration | None, Meta(description="Until the first public reply of a person.")
    ] = None
    resolution_ms: Annotated[
        Duration | None,
        Meta(description="Until it is solved; time spent solved before a reopening is left out."),
    ] = None
    clock: Annotated[
        Clock | None,
        Meta(
            description="`business` counts the queue's business hours only, `calendar` all time; "
            "without it that of `sla.clock`."
        ),
    ] = None


class TicketPromises(Section, frozen=True, kw_only=True):
    """Promises for tickets (service level agreement)."""

    priorities: Annotated[
        dict[PriorityName, PriorityPromise],
        Meta(
            description="Promises by the priority that the tickets bear, whatever its case; "
            "`default` is for all others and for tickets without one."
        ),
    ] = field(default_factory=dict)
    clock: Annotated[
        Clock, Meta(description="Which time counts, where a priority does not say.")
    ] = "business"
    at_risk_within_ms: Annotated[
        Duration,
        Meta(description="A ticket is at risk when less than this is left of a promise."),
    ] = HOUR_MS
    reopen_within_ms: Annotated[
        Duration,
        Meta(
            description="A reopening later than this after the first solve is not counted in the "
            "share of reopened tickets, which is final then; from `2d` to `retention`."
        ),
    ] = 7 * DAY_MS


Motives: TypeAlias = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=128)]],
    Meta(
        description="Motives in use. Others are counted under `__other__`; without a list every "
        "motive is taken."
    ),
]


def sla_of(section: TicketPromises) -> Sla:
    """Return what the fold reads of the section."""
    return Sla(
        promises={
            name.strip().lower(): Promise(
                first_response_ms=one.first_response_ms,
                resolution_ms=one.resolution_ms,
                is_business=(one.clock or section.clock) == "business",
            )
            for name, one in section.priorities.items()
        },
        at_risk_ms=section.at_risk_within_ms,
        reopen_within_ms=section.reopen_within_ms,
    )


def check_sla(section: TicketPromises, retention_ms: int) -> None:
    """Check what the types cannot.

    Raises:
        SettingError: the first contradiction.
    """
    if not SHORTEST_REOPEN_MS <= section.reopen_within_ms <= max(retention_ms, SHORTEST_REOPEN_MS):
        raise SettingError(
            ("sla", "reopen_within"),
            "sla.reopen_within is not between 2d and retention",
            'Write for example "7d"; tickets are forgotten after retention.',
        )
    seen: dict[str, str] = {}
    for name, one in section.priorities.items():
        step = ("sla", "priorities", name)
        if one.first_response_ms is None and one.resolution_ms is None:
            raise SettingError(
                step, f"{show_path(step)} promises nothing",
                "Give first_response, resolution or both, or drop the entry.",
            )  # fmt: skip
        same = name.strip().lower()
        if same in seen:
            raise SettingError(
                step, f"{show_path(step)} is the same as {seen[same]!r}",
                "Keep one entry per priority; case does not matter.",
            )  # fmt: skip
        seen[same] = name


def check_motives(motives: Sequence[str], label_length: int) -> None:
    """Check that motives may be label values as they are.

    Raises:
        SettingError: one is too long, blank, or written with blanks around it.
    """
    for i, motive in enumerate(motives):
        if motive != motive.strip() or not motive.isprintable() or len(motive) > label_length:
            raise SettingError(
                ("motives", i),
                f"motives[{i}] has blanks around it or is longer than limits.label_length",
                "Write it as the events carry it, without blanks around it.",
            )
