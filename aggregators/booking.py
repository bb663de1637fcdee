"""How the state machine writes: cells, spans, totals and conflict counts of one shard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aggregators.contact import Contact
from aggregators.facts import Cell, prune
from aggregators.policy import MINUTE_MS
from aggregators.promises import NO_SLA, Sla
from aggregators.scopes import Scopes
from aggregators.slices import Slices
from aggregators.spans import AgentSpan, AgentSpans
from aggregators.totals import Totals


class Booking:
    """Books facts with ``sign`` +1, takes them out with -1.

    While ``redoing`` (a contact's journal is folded anew) nothing enters the cumulative totals
    that was counted before, and every touched cell is remembered so that :meth:`tidy` can drop
    what came to zero. ``muted`` folds without booking at all: that is how contacts are rebuilt
    from a checkpoint whose rows already hold their facts. Cohort facts before ``final_before_ms``
    are final.
    """

    def __init__(
        self,
        slices: Slices,
        spans: AgentSpans,
        scopes: Scopes,
        totals: dict[tuple[str, str], Totals],
        default_channel: str,
    ) -> None:
        self.slices = slices
        self.spans = spans
        self.scopes = scopes
        self.all_totals = totals
        self.totals: dict[tuple[str, str], Totals] | None = totals
        self.default_channel = default_channel
        self.sign = 1
        self.redoing = False
        self.implied = 0
        self.conflicts: dict[str, int] = {}
        self.by_agent = False
        self.sla: Sla = NO_SLA
        self.final_before_ms = 0
        self.cell: Callable[[int, int], Cell] = slices.cell
        self._total_of: dict[int, Totals] = {}
        self._touched: list[tuple[int, int, Cell]] = []  # instant, scope, cell
        self._muted = False
        self._told = self.conflicts, 0

    def agent_cell(self, at_ms: int, agent_id: str, scope: int) -> Cell:
        """Return the cell of an agent's own figures in the queue of a leg's scope.

        Where nobody asked for them it is a throw-away one.
        """
        if not (self.by_agent and agent_id):
            return {}
        return self.cell(at_ms, self.scopes.of_agent(agent_id, scope))

    def no_fact(self, contact: Contact, event: Any) -> None:
        """Accept an event that books nothing (yet)."""

    def total(self, scope: int) -> Totals:
        """Return the cumulative totals of a scope's queue and channel."""
        total = self._total_of.get(scope)
        if total is None:
            name = self.scopes.known[scope]
            total = self.all_totals.setdefault((name.queue, name.channel), Totals())
            self._total_of[scope] = total
        return total

    def conflict(self, kind: str) -> None:
        """Count a fact that another one had told before; it stays a witness."""
        self.conflicts[kind] = self.conflicts.get(kind, 0) + self.sign

    def span(self, agent_id: str, start_ms: int, end_ms: int, kind: int, scope: int) -> None:
        """Book a finished span of an agent's contact work; take it out while ``sign`` is -1."""
        if end_ms <= start_ms or self._muted:
            return
        # What AgentSpan(...) gives, in half of its time.
        span: AgentSpan = _new(AgentSpan, (end_ms, start_ms, agent_id, kind, scope, "", "", 1))
        slices = self.slices
        row = slices.rows.get(end_ms // MINUTE_MS) or slices.row(end_ms)
        row.dirty = True
        if self.sign > 0:
            row.spans.append(span)
            self.spans.add(span)
        elif span in row.spans:  # if not, it went with its row: the contact outlived retention
            row.spans.remove(span)
            self.spans.remove(span)

    def begin_redo(self) -> None:
        """Start to take out and fold anew."""
        self.redoing = True
        self.cell = self._tracked_cell

    def _tracked_cell(self, at_ms: int, scope: int) -> Cell:
        cell = self.slices.cell(at_ms, scope)
        self._touched.append((at_ms, scope, cell))
        return cell

    def end_redo(self) -> None:
        """Go back to plain booking and drop what came to zero."""
        self.redoing = False
        self.cell = self.slices.cell
        for at_ms, scope, cell in self._touched:
            prune(cell)
            if not cell:
                self.slices.drop_empty_cell(at_ms, scope)
        self._touched.clear()

    def mute(self) -> None:
        """Fold without booking from now on (until :meth:`unmute`)."""
        self._muted = self.redoing = True
        self.totals = None
        self.cell = _scratch
        self._told = self.conflicts, self.implied
        self.conflicts = {}

    def unmute(self) -> None:
        """Book again."""
        self._muted = self.redoing = False
        self.totals = self.all_totals
        self.cell = self.slices.cell
        self.conflicts, self.implied = self._told


_new = tuple.__new__


def _scratch(_at_ms: int, _scope: int) -> Cell:
    return {}
