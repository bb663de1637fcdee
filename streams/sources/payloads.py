"""What the sources of platforms share: JSON bodies in, checked canonical events out.

A line of a file is one body, as is the body of a webhook request. A platform's source says what a
body means in :meth:`PayloadSource.events`; all that can go wrong is caught and told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from aggregators.events import TOPIC_TYPES, Envelope, message_key, topic_of
from aggregators.policy import Rules
from streams.decode import LAST_TIME_MS, EventDecoder
from streams.privacy import customer_key
from streams.reasons import Reason, Rejection
from streams.sources.body import Body, BodyError
from streams.sources.source import (
    Refused,
    SourceLine,
    SourceSettingsError,
    check_names,
    refused,
    text_setting,
)
from streams.sources.zones import zone_setting

E = TypeVar("E", bound=Envelope)
Readers: TypeAlias = Mapping[str, Callable[[Body], Iterable[Envelope]]]
"""What a body means, by the word that names its event."""
_FIRST_WINS_UNTIL_S = 4_102_444_800  # 2100-01-01

SETTINGS: Mapping[str, str] = {
    "format": "The format, where the source has another name.",
    "feed": "Name of the feed in the events, such as twilio:main; the source's name if not set.",
    "zone": "Time zone of times that are written without one.",
    "queues": "Ids of the platform to names of queues.",
    "teams": "Ids of the platform to names of teams.",
    "agents": "Ids of the platform to names of agents, where names are wanted.",
    "motives": "Words or tags of the platform to motives.",
}
"""The settings that each platform has, and their meaning."""

_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


def first_wins(at_ms: int) -> int:
    """Return a revision that is higher the earlier a fact was.

    For what several bodies may tell first, each without knowing of the others.
    """
    return max(0, _FIRST_WINS_UNTIL_S - at_ms // 1000)


class About(Struct, frozen=True):
    """What ``vigie sources describe`` tells of a platform.

    ``accepts`` are the bodies that it reads, ``needs`` what is to be set up on the platform's
    side, ``settings`` name and meaning of those beyond :data:`SETTINGS`.
    """

    title: str
    accepts: tuple[str, ...]
    needs: tuple[str, ...]
    settings: Mapping[str, str] = {}
    guide: str = ""


class IgnoredError(Exception):
    """A body, or a part of one, that is left out on purpose; the name is counted."""


class PayloadSource:
    """A source of JSON bodies, one per line; a line may also be a list of them.

    ``queue``, ``team``, ``agent`` and ``motive`` turn ids of the platform into names by the maps
    of the settings; what no map has keeps its id. Subclasses give :attr:`ABOUT` and
    :meth:`events`, which may raise :class:`BodyError` and :class:`IgnoredError`.
    """

    ABOUT: ClassVar[About]
    encoding = "utf-8"

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        *,
        file: str = "-",
        secret: bytes = b"",
        rules: Rules | None = None,
    ) -> None:
        """``secret`` keys the hashes of customers; without one they are dropped.

        Raises:
            SourceSettingsError: a setting is unknown or wrong.
        """
        path = f"sources.{name}"
        check_names(settings, frozenset({*SETTINGS, *self.ABOUT.settings}), path)
        self.name = name
        self.ignored: Counter[str] = Counter()
        self.feed_name = text_setting(settings, "feed", name, path)
        self._settings = settings
        self._path = path
        self._file = file
        self._secret = secret
        self._zone = zone_setting(settings.get("zone"), f"{path}.zone")
        self._maps = {kind: self.words(kind) for kind in ("queues", "teams", "agents", "motives")}
        self._decoders = {topic: EventDecoder(topic, rules or Rules()) for topic in TOPIC_TYPES}
        self.prepare()

    # -- what a platform says -------------------------------------------------------------

    def prepare(self) -> None:
        """Read the platform's own settings. Raises SourceSettingsError for a wrong one."""

    def events(self, body: Body) -> Iterable[Envelope]:
        """Give the events of a body. Raises BodyError or IgnoredError."""
        raise NotImplementedError

    # -- for the platforms ----------------------------------------------------------------

    def words(self, name: str, allowed: Collection[str] = ()) -> dict[str, str]:
        """Return a setting that maps words to words, to ``allowed`` ones only if there are any.

        Keys are in lower case.

        Raises:
            SourceSettingsError: it is something else.
        """
        given = self._settings.get(name) or {}
        if not isinstance(given, Mapping) or not all(
            isinstance(value, str) for value in given.values()
        ):
            raise SourceSettingsError(f"{self._path}.{name}: must map words to words")
        found = {str(key).lower(): value for key, value in given.items()}
        for word, value in found.items():
            if allowed and value not in allowed:
                fix = f"must be one of {', '.join(allowed)}, not {value!r}"
                raise SourceSettingsError(f"{self._path}.{name}.{word}: {fix}")
        return found

    def text(self, name: str, default: str = "") -> str:
        """Return a setting that is a text. Raises SourceSettingsError for something else."""
        return text_setting(self._settings, name, default, self._path)

    def told(
        self, body: Body, member: str, readers: Readers, is_left_out: Callable[[str], bool]
    ) -> Iterable[Envelope]:
        """Give what the reader says that goes by the word of a member of the body.

        Raises:
            BodyError: there is no word, or one that nobody knows.
            IgnoredError: it is one that is left out on purpose.
        """
        name = body.need(member).lower()
        reader = readers.get(name)
        if reader is not None:
            return reader(body)
        if is_left_out(name):
            raise IgnoredError(name)
        detail = f"{member} is none of {self.ABOUT.title} that vigie knows"
        raise BodyError(Reason.UNMAPPED_SOURCE, detail)

    def make(self, kind: type[E], body_id: str, at_ms: int, /, **fields: Any) -> E:
        """Make an event: ``body_id`` is its id, stable for the fact; None fields are left out."""
        given = {name: value for name, value in fields.items() if value is not None}
        return kind(v=1, event_id=body_id, source=self.feed_name, event_time_ms=at_ms, **given)

    def customer(self, plain: str | None) -> str | None:
        """Return the keyed hash of a customer's id, None without an id or a secret."""
        return customer_key(self._secret, plain) if plain else None

    def queue(self, given: str | None) -> str | None:
        """Return the name of a queue."""
        return self._named("queues", given)

    def team(self, given: str | None) -> str | None:
        """Return the name of a team."""
        return self._named("teams", given)

    def agent(self, given: str | None) -> str | None:
        """Return the name of an agent."""
        return self._named("agents", given)

    def motive(self, given: str | None) -> str | None:
        """Return the motive of a word or tag; one that no map has is none."""
        return None if given is None else self._maps["motives"].get(given.lower())

    def _named(self, kind: str, given: str | None) -> str | None:
        return None if given is None else self._maps[kind].get(given.lower(), given)

    # -- what a source is to the rest -----------------------------------------------------

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of a body; never raises for anything in it."""
        if not line.text.strip():
            return
        try:
            given = _read(line.text.encode(errors="surrogateescape"))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            yield refused(Reason.NOT_JSON, "the body is no JSON", self._file, line)
            return
        for one in given if isinstance(given, list) else [given]:
            yield from self.read(one, line)

    def read(self, given: Any, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of a body that is parsed already; ``line`` is where it stands."""
        if not isinstance(given, Mapping):
            yield refused(Reason.BAD_TYPE, "the body must be an object", self._file, line)
            return
        try:
            found = list(self.events(Body(given, zone=self._zone)))
        except IgnoredError as what:
            self.ignored[str(what)] += 1
            return
        except BodyError as error:
            yield refused(error.reason, str(error), self._file, line)
            return
        except (msgspec.MsgspecError, ArithmeticError, LookupError, TypeError, ValueError,
                RecursionError) as error:  # fmt: skip
            detail = f"the body has a form that was not expected ({type(error).__name__})"
            yield refused(Reason.MALFORMED_SOURCE, detail, self._file, line)
            return
        for event in found:
            yield self._checked(event, line)

    def finish(self) -> Iterator[Envelope | Refused]:
        """Give nothing: no body is held back."""
        return iter(())

    def _checked(self, event: Envelope, line: SourceLine) -> Envelope | Refused:
        """Return the event as the worker would read it, or why it would not."""
        try:
            raw, key = _write(event), message_key(event).encode()
        except (TypeError, ValueError):
            return refused(Reason.BAD_TYPE, "a field has a wrong type", self._file, line)
        read = self._decoders[topic_of(event)].decode(raw, key, LAST_TIME_MS)
        if isinstance(read, Rejection):
            return refused(read.reason, read.detail, self._file, line)
        return read
