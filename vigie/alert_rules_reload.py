"""The rule file, looked at again and again: a good change holds from then on, a bad one does not.

A file that is written in two parts is wrong for a moment, or holds half the rules; the rules before
it hold until it was the same at two looks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from aggregators.policy import Rules
from alerts.plan import Plan
from alerts.rules import Rule
from vigie.alert_rules_file import check_rules_with_plan, read_rule_book
from vigie.errors import UserError

log = logging.getLogger(__name__)

LOOK_S = 2.0


class RuleFile:
    """The rules of a file, as they were last good.

    Raises UserError when it is made and the file is wrong: nothing starts without rules.
    """

    def __init__(self, path: Path, policies: Rules, plan: Plan, now_ms: Callable[[], int]) -> None:
        self._path = path
        self._policies = policies
        self._plan = plan
        self._now_ms = now_ms
        self._read = self._seen = self._bytes()
        self.rules: Sequence[Rule] = self._load()
        self.is_good = True
        self.loaded_ms = now_ms()

    async def run(self, use: Callable[[Sequence[Rule]], None]) -> None:
        """Hand over the rules whenever the file changed and is good, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                # A thousand rules take two seconds to read; everything else goes on meanwhile.
                if await asyncio.to_thread(self.look_again):
                    use(self.rules)
            except Exception:
                self.is_good = False
                log.exception("alert rules: they cannot be read; those before hold")

    def look_again(self) -> bool:
        """Read a file that changed and stands still; return whether there are other rules now."""
        before, self._seen = self._seen, self._bytes()
        if self._seen == self._read or self._seen != before:
            return False
        self._read = self._seen
        try:
            rules = self._load()
        except UserError as error:
            self.is_good = False
            log.error("alert rules: %s; the rules before it hold", error)
            return False
        self.rules, self.is_good, self.loaded_ms = rules, True, self._now_ms()
        log.info("alert rules: %d taken over", len(rules))
        return True

    def _load(self) -> Sequence[Rule]:
        book = read_rule_book(self._path, self._policies)
        check_rules_with_plan(book.rules, self._plan, book.places)
        for rule_id in book.left_out:
            log.info("alert rule %s is left out: its window is not in the settings", rule_id)
        return book.rules

    def _bytes(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except OSError:
            return None
