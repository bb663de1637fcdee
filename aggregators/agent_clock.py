"""The time of agents between the borders of all windows, kept up to date as time passes.

Every agent has a timeline of what is booked; what a row (a queue, a team) sums up is an account
with one segment between each two borders. When time passes, the accounts run on by the number of
agents in each kind of time; only agents about whom something was learned are swept anew, from
where it changed. A window is the sum of some segments, the same to the millisecond as a sweep
over the window alone (agent_time.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import TypeAlias

from aggregators.agent_time import AgentTime, Piece, book

Key: TypeAlias = tuple[str, str, str]
"""A row: its kind, its name, and the channel of a pair."""

Clock: TypeAlias = tuple[str, int]
"""Where a day begins: the zone and the minute of the reset."""

NOTHING = 0
"""The kind of time in which nothing is booked."""

_TRIM_AT = 64
_FIELDS = tuple(name for name in AgentTime.__struct_fields__ if name != "paused_ms")


class _Kinds:
    """Numbers the kinds of time: all pieces that book the same amounts per millisecond."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}
        self._numbers: dict[object, int] = {}
        self.amounts: list[list[tuple[int, int]]] = []  # (field, how much per ms)
        self.reasons: list[str | None] = []
        self._number(AgentTime())

    def of(self, piece: Piece) -> int:
        """Return the number of a piece's kind of time."""
        _, _, presence, ring, talk, hold, acw, of_no_queue = piece
        if presence is None:
            key: tuple[object, ...] = (talk, hold, acw, of_no_queue)
        else:
            _, _, state, reason, slots = presence
            key = (state, reason, slots, ring, talk, hold, acw, of_no_queue)
        found = self._known.get(key)
        if found is None:
            time = AgentTime()
            book(time, piece, 1)
            found = self._known[key] = self._number(time)
        return found

    def _number(self, time: AgentTime) -> int:
        amounts = [
            (at, amount) for at, name in enumerate(_FIELDS) if (amount := getattr(time, name))
        ]
        reason = next(iter(time.paused_ms), None)
        key = (tuple(amounts), reason)
        if key not in self._numbers:
            self._numbers[key] = len(self.amounts)
            self.amounts.append(amounts)
            self.reasons.append(reason)
        return self._numbers[key]

    def time(self, spent: dict[int, int]) -> AgentTime:
        """Return what so many ms of each kind of time book."""
        sums = [0] * len(_FIELDS)
        paused: dict[str, int] = {}
        for kind, ms in spent.items():
            if ms:
                for at, amount in self.amounts[kind]:
                    sums[at] += amount * ms
                reason = self.reasons[kind]
                if reason is not None:
                    paused[reason] = paused.get(reason, 0) + ms
        time = AgentTime(paused_ms=paused)
        for name, ms in zip(_FIELDS, sums, strict=True):
            if ms:
                setattr(time, name, ms)
        return time


class Account:
    """The time of all agents of one row, by segment and kind of time; ``now``: how many agents."""

    __slots__ = ("groups", "now", "segments")

    def __init__(self, segments: int) -> None:
        self.segments: list[dict[int, int]] = [{} for _ in range(segments)]
        self.now: dict[int, int] = {}
        self.groups = 0


class Group:
    """Agents whose time adds up to the same accounts."""

    __slots__ = ("accounts", "members", "rows")

    def __init__(self, rows: tuple[tuple[Key, Clock], ...], accounts: list[Account]) -> None:
        self.rows = rows
        self.accounts = accounts
        self.members = 0


class Timeline:
    """One agent's kinds of time: ``kinds[n]`` from ``at_ms[n]`` until the next."""

    __slots__ = ("at_ms", "group", "kinds", "open_from_ms")

    def __init__(self) -> None:
        self.at_ms: list[int] = []
        self.kinds: list[int] = []
        self.group: Group | None = None
        self.open_from_ms = -1  # what comes from here on was taken out, and not yet told anew

    def set(self, at_ms: int, kind: int) -> None:
        """Let a kind of time begin."""
        self.at_ms.append(at_ms)
        self.kinds.append(kind)


class AgentClock:
    """All timelines and accounts up to one instant.

    To go on: :meth:`take_out` whoever changed, :meth:`advance`, then :meth:`put_in` their new
    pieces, and :meth:`set_borders` at last.
    """

    def __init__(self, borders_ms: Iterable[int], up_to_ms: int) -> None:
        self.borders_ms = sorted(set(borders_ms))
        self.up_to_ms = up_to_ms
        self.accounts: dict[tuple[Key, Clock], Account] = {}
        self.lines: set[Timeline] = set()
        self._groups: dict[tuple[tuple[Key, Clock], ...], Group] = {}
        self._kinds = _Kinds()

    # -- agents -----------------------------------------------------------------------------

    def take_out(
        self, line: Timeline, from_ms: int, rows: tuple[tuple[Key, Clock], ...] | None
    ) -> None:
        """Take out what an agent did since an instant, or all of it if the rows are others.

        ``rows`` None: the agent is gone.
        """
        from_ms = max(min(from_ms, self.up_to_ms), self.borders_ms[0])
        group = line.group
        if group is not None:
            moves = group.rows != rows
            self._book(group, self._spread(line, 0 if moves else from_ms, self.up_to_ms), -1)
            self._count(group, line, -1)
            if moves:
                self._leave(group)
                line.group = None
        at = bisect_left(line.at_ms, from_ms)
        del line.at_ms[at:], line.kinds[at:]
        line.open_from_ms = from_ms
        if rows is None:
            self.lines.discard(line)
        else:
            self.lines.add(line)

    def advance(self, up_to_ms: int) -> None:
        """Let time pass for everybody else."""
        passed_ms = up_to_ms - self.up_to_ms
        self.up_to_ms = up_to_ms
        for account in self.accounts.values():
            last = account.segments[-1]
            for kind, agents in account.now.items():
                last[kind] = last.get(kind, 0) + agents * passed_ms

    def put_in(
        self, line: Timeline, pieces: Iterable[Piece], rows: tuple[tuple[Key, Clock], ...]
    ) -> None:
        """Add the pieces of an agent from where they were taken out."""
        at_ms = from_ms = line.open_from_ms
        kind_of = self._kinds.of
        last = line.kinds[-1] if line.kinds else -1
        for piece in pieces:
            start_ms = piece[0]
            if start_ms > at_ms and last != NOTHING:
                line.set(at_ms, NOTHING)
                last = NOTHING
            kind = kind_of(piece)
            if kind != last:
                line.set(start_ms, kind)
                last = kind
            at_ms = piece[1]
        if at_ms < self.up_to_ms and last != NOTHING:
            line.set(at_ms, NOTHING)
        group = line.group
        if group is None:
            group = line.group = self._join(rows)
            from_ms = 0
        self._book(group, self._spread(line, from_ms, self.up_to_ms), 1)
        self._count(group, line, 1)
        old = bisect_right(line.at_ms, self.borders_ms[0]) - 1
        if old > _TRIM_AT:
            del line.at_ms[:old], line.kinds[:old]

    def _join(self, rows: tuple[tuple[Key, Clock], ...]) -> Group:
        group = self._groups.get(rows)
        if group is None:
            accounts = []
            for row in rows:
                account = self.accounts.get(row)
                if account is None:
                    account = self.accounts[row] = Account(len(self.borders_ms))
                account.groups += 1
                accounts.append(account)
            group = self._groups[rows] = Group(rows, accounts)
        group.members += 1
        return group

    def _leave(self, group: Group) -> None:
        group.members -= 1
        if group.members:
            return
        del self._groups[group.rows]
        for row, account in zip(group.rows, group.accounts, strict=True):
            account.groups -= 1
            if not account.groups:
                del self.accounts[row]

    # -- segments ---------------------------------------------------------------------------

    def _spread(self, line: Timeline, from_ms: int, to_ms: int) -> dict[tuple[int, int], int]:
        """Return the ms of an agent in [from, to) by (segment, kind)."""
        spent: dict[tuple[int, int], int] = {}
        times, kinds, borders = line.at_ms, line.kinds, self.borders_ms
        if not times:
            return spent
        at_ms = max(from_ms, borders[0], times[0])
        step = bisect_right(times, at_ms) - 1
        segment = bisect_right(borders, at_ms) - 1
        last_step, last_segment = len(times) - 1, len(borders) - 1
        while at_ms < to_ms:
            kind = kinds[step]
            end_ms = min(times[step + 1], to_ms) if step < last_step else to_ms
            step += 1
            while at_ms < end_ms:
                until_ms = end_ms
                here = segment
                if segment < last_segment and borders[segment + 1] <= end_ms:
                    segment += 1
                    until_ms = borders[segment]
                if kind:
                    key = (here, kind)
                    spent[key] = spent.get(key, 0) + until_ms - at_ms
                at_ms = until_ms
        return spent

    @staticmethod
    def _book(group: Group, spent: dict[tuple[int, int], int], sign: int) -> None:
        for account in group.accounts:
            segments = account.segments
            for (segment, kind), ms in spent.items():
                sums = segments[segment]
                sums[kind] = sums.get(kind, 0) + sign * ms

    @staticmethod
    def _count(group: Group, line: Timeline, sign: int) -> None:
        kind = line.kinds[-1] if line.kinds else NOTHING
        if kind:
            for account in group.accounts:
                account.now[kind] = account.now.get(kind, 0) + sign
                if not account.now[kind]:
                    del account.now[kind]

    def set_borders(self, wanted_ms: set[int]) -> None:
        """Move the borders of the segments; none may lie before the first there is."""
        for border_ms in sorted(wanted_ms.difference(self.borders_ms)):
            self._split(border_ms)
        for at in range(len(self.borders_ms) - 1, -1, -1):
            if self.borders_ms[at] not in wanted_ms:
                self._merge(at)

    def _split(self, border_ms: int) -> None:
        """Cut a segment in two: sweep the shorter part, the longer is what remains."""
        borders = self.borders_ms
        at = bisect_right(borders, border_ms) - 1
        end_ms = borders[at + 1] if at + 1 < len(borders) else self.up_to_ms
        is_left = border_ms - borders[at] <= end_ms - border_ms
        from_ms, to_ms = (borders[at], border_ms) if is_left else (border_ms, end_ms)
        parts: dict[int, dict[int, int]] = {}
        by_group: dict[Group, dict[int, int]] = {}
        for line in self.lines:
            if line.group is not None:
                sums = by_group.setdefault(line.group, {})
                for (_, kind), ms in self._spread(line, from_ms, to_ms).items():
                    sums[kind] = sums.get(kind, 0) + ms
        for group, sums in by_group.items():
            for account in group.accounts:
                part = parts.setdefault(id(account), {})
                for kind, ms in sums.items():
                    part[kind] = part.get(kind, 0) + ms
        for account in self.accounts.values():
            whole, part = account.segments[at], parts.get(id(account), {})
            rest = {kind: ms - part.get(kind, 0) for kind, ms in whole.items()}
            rest = {kind: ms for kind, ms in rest.items() if ms}
            account.segments[at : at + 1] = [part, rest] if is_left else [rest, part]
        borders.insert(at + 1, border_ms)

    def _merge(self, at: int) -> None:
        """Drop a border; what lies before the first one is not asked for any more."""
        for account in self.accounts.values():
            gone = account.segments.pop(at)
            if at:
                before = account.segments[at - 1]
                for kind, ms in gone.items():
                    before[kind] = before.get(kind, 0) + ms
        del self.borders_ms[at]

    def spent(self, account: Account, start_ms: int, end_ms: int) -> AgentTime:
        """Return the time of an account between two borders (or a border and now)."""
        first = bisect_left(self.borders_ms, start_ms)
        last = bisect_left(self.borders_ms, end_ms)
        if end_ms >= self.up_to_ms:
            last = len(self.borders_ms)
        spent: dict[int, int] = {}
        for segment in account.segments[first:last]:
            for kind, ms in segment.items():
                spent[kind] = spent.get(kind, 0) + ms
        return self._kinds.time(spent)
