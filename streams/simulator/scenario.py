"""What a simulated contact centre is like: queues, teams, shifts, customers' habits.

All frozen values. Times are seconds and minutes here, as people say them; the simulation turns
them into integer milliseconds. Shares are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

QueueChannel: TypeAlias = Literal["voice", "chat", "messaging", "email"]

FLAT_CURVE: tuple[float, ...] = (1.0,) * 24


class ScenarioError(ValueError):
    """The scenario contradicts itself; the text says where and what would be right."""


class Duration(Struct, frozen=True):
    """A random time: ``cv`` is deviation over mean. 1 is exponential, 0 fixed, else log-normal."""

    mean_s: float
    cv: float = 1.0


NONE = Duration(0.0, 0.0)


class QueueSpec(Struct, frozen=True, kw_only=True):
    """One queue and the habits of those who come to it.

    ``per_hour`` contacts arrive where ``curve`` (24 local hours, read in between) is 1.
    ``overdispersion`` is the squared relative deviation of a quarter of an hour's true rate: each
    quarter draws a gamma factor, so counts vary more than Poisson's. ``talk`` is the conversation
    on voice, the time between two messages on chat and messaging, the work on one reply on email.
    Without ``patience`` nobody gives up. ``ring_limit_s`` ends an unanswered agent offer,
    ``missed_share`` of them end so or rejected. Callers who waited ``callback_after_s`` are asked
    whether they want to be called back; after ``max_wait_s`` a leg flows out, to
    ``overflow_to`` if named. Those who waited ``selfcare_after_s`` are sent to the self-care tool
    ``selfcare_to``, a ``selfcare_share`` of them. ``evaluated_share`` of the conversations are
    evaluated against a grid.
    """

    name: str
    channel: QueueChannel
    per_hour: float
    motives: tuple[str, ...] = ("other",)
    curve: tuple[float, ...] = FLAT_CURVE
    overdispersion: float = 0.0
    patience: Duration | None = None
    ivr: Duration = NONE
    ivr_abandon_share: float = 0.0
    ring: Duration = NONE
    ring_limit_s: float = 15.0
    missed_share: float = 0.0
    talk: Duration = Duration(180.0)
    turns: tuple[int, int] = (3, 8)
    hold_share: float = 0.0
    hold: Duration = Duration(40.0, 0.8)
    hold_abandon_share: float = 0.0
    wrap_up: Duration = NONE
    transfer_share: float = 0.0
    transfer_to: str | None = None
    external_transfer_share: float = 0.0
    callback_after_s: float | None = None
    callback_share: float = 0.0
    max_wait_s: float | None = None
    overflow_to: str | None = None
    resolved_share: float = 1.0
    repeat_share: float = 0.0
    redial_share: float = 0.0
    survey_share: float = 0.0
    order_share: float = 0.0
    evaluated_share: float = 0.0
    selfcare_after_s: float | None = None
    selfcare_share: float = 0.0
    selfcare_to: str | None = None


class Shift(Struct, frozen=True):
    """``agents`` people who start at a local minute of each day and stay for so many minutes."""

    agents: int
    start_minute: int
    length_minutes: int


class TeamSpec(Struct, frozen=True, kw_only=True):
    """A team: its queues are its skills; ``slots`` how many chats or messages one agent takes.

    Voice calls, e-mails and callbacks are always one at a time and never beside a chat.
    With ``always`` that many agents stay logged in for ever, without breaks. ``stagger_minutes``
    spreads the beginnings of one shift.
    """

    name: str
    queues: tuple[str, ...]
    shifts: tuple[Shift, ...] = ()
    always: int = 0
    slots: dict[str, int] = {}
    breaks: bool = True
    stagger_minutes: int = 30


class SelfCareSpec(Struct, frozen=True, kw_only=True):
    """Sessions with a bot or the help pages; some go on with a person in ``hand_off_to``.

    Of the others, ``follow_up_share`` come to the queue ``follow_up_to`` within some hours.
    """

    tool: str
    per_hour: float
    curve: tuple[float, ...] = FLAT_CURVE
    hand_off_share: float = 0.0
    hand_off_to: str | None = None
    motives: tuple[str, ...] = ()
    follow_up_share: float = 0.0
    follow_up_to: str | None = None


class ShopSpec(Struct, frozen=True, kw_only=True):
    """Baskets of a web shop: some are bought, the others given up.

    Of ``silent_share`` of those nothing more is heard.
    """

    per_hour: float
    curve: tuple[float, ...] = FLAT_CURVE
    bought_share: float = 0.3
    silent_share: float = 0.0
    currency: str = "EUR"


class OfficeSpec(Struct, frozen=True, kw_only=True):
    """What is booked by month and by hour: ``cost_per_hour`` by channel, so many ``customers``."""

    customers: int
    cost_per_hour: dict[str, float] = {}
    currency: str = "EUR"


class Scenario(Struct, frozen=True, kw_only=True):
    """A whole centre. Raises :class:`ScenarioError` when its parts do not fit together.

    ``customers`` is how many people come, again and again; without it each one is a new one.
    """

    name: str
    zone: str = "UTC"
    queues: tuple[QueueSpec, ...]
    teams: tuple[TeamSpec, ...]
    selfcare: tuple[SelfCareSpec, ...] = ()
    shop: ShopSpec | None = None
    office: OfficeSpec | None = None
    customers: int | None = None

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ScenarioError(f"zone {self.zone!r} is not an IANA time zone") from error
        queues = _distinct("queue", (queue.name for queue in self.queues))
        _distinct("team", (team.name for team in self.teams))
        channels = {queue.name: queue.channel for queue in self.queues}
        for queue in self.queues:
            _check_queue(queue, queues, channels)
        for team in self.teams:
            for name in team.queues:
                _known(name, queues, f"team {team.name}")
                if channels[name] in ("chat", "messaging") and not team.slots.get(channels[name]):
                    raise ScenarioError(
                        f"team {team.name} serves {name}: give it {channels[name]} slots"
                    )
        for tool in self.selfcare:
            _check_curve(tool.tool, tool.curve)
            for to_queue in (tool.hand_off_to, tool.follow_up_to):
                if to_queue is not None:
                    _known(to_queue, queues, f"self-care {tool.tool}")
            if tool.follow_up_share and tool.follow_up_to is None:
                raise ScenarioError(f"self-care {tool.tool} is followed up: name follow_up_to")
        tools = {tool.tool for tool in self.selfcare}
        for queue in self.queues:
            if queue.selfcare_share and queue.selfcare_to not in tools:
                raise ScenarioError(
                    f"queue {queue.name} sends contacts to self-care: name one of the tools"
                )

    def queue(self, name: str) -> QueueSpec:
        """Return the queue of that name; ``KeyError`` if there is none."""
        return next(queue for queue in self.queues if queue.name == name)


def _distinct(what: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ScenarioError(f"{what} {name} is there twice")
        seen.add(name)
    return seen


def _known(name: str, queues: set[str], who: str) -> None:
    if name not in queues:
        raise ScenarioError(f"{who} names queue {name}, known are {', '.join(sorted(queues))}")


def _check_curve(name: str, curve: tuple[float, ...]) -> None:
    if len(curve) != 24 or any(value < 0.0 for value in curve):
        raise ScenarioError(f"the curve of {name} needs 24 values, one an hour, none negative")


def _check_queue(queue: QueueSpec, queues: set[str], channels: dict[str, QueueChannel]) -> None:
    _check_curve(queue.name, queue.curve)
    for other in (queue.transfer_to, queue.overflow_to):
        if other is None:
            continue
        _known(other, queues, f"queue {queue.name}")
        if channels[other] != queue.channel:
            raise ScenarioError(f"queue {queue.name} hands over to {other} of another channel")
    for field in queue.__struct_fields__:
        value = getattr(queue, field)
        if field.endswith("_share") and not 0.0 <= value <= 1.0:
            raise ScenarioError(f"{field} of queue {queue.name} must lie in 0..1, not {value}")
    if queue.transfer_share and queue.transfer_to is None:
        raise ScenarioError(f"queue {queue.name} transfers contacts: name transfer_to")
