"""What people ask for: whether it can be done, and doing it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from alerts.alert import Action, Alert, Happening, Silence, Transition
from alerts.draft import Draft, happened

if TYPE_CHECKING:
    from alerts.book import Book

MOST_SILENCES = 200
"""That are not over: each second every open alert is held against each of them."""

_DONE: dict[str, Happening] = {
    "acknowledge": "acknowledged", "release": "released", "snooze": "snoozed",
}  # fmt: skip


def check_action(book: Book, action: Action, now_ms: int) -> str | None:
    """Return why an action cannot be done, in words, or None if it can."""
    return _refusal(Draft(book, now_ms), action)


def act(draft: Draft) -> None:
    """Do everything that was handed in, oldest first, and take it off the list.

    What cannot be done (any more) and what was done before is only taken off.
    """
    for action in sorted(draft.book.actions.values(), key=lambda one: (one.at_ms, one.id)):
        draft.delete(action)
        if _refusal(draft, action) is None and not _is_done(draft, action):
            _do(draft, action)


def _refusal(draft: Draft, action: Action) -> str | None:
    if action.what == "silence":
        return _refused_silence(draft, action.silence)
    if action.what == "end_silence":
        silence = draft.silence(action.about)
        if silence is None:
            return "there is no such silence, or it ended long ago"
        return "the silence is over already" if silence.end_ms <= draft.now_ms else None
    alert = draft.alert(action.about)
    if alert is None:
        return "there is no such alert, or it was over long ago"
    if alert.state == "resolved":
        return "the alert is over already"
    if alert.state == "pending":
        return "the alert does not fire yet"
    if action.what == "release" and alert.state != "acknowledged":
        return "nobody has taken the alert"
    if action.what == "snooze" and (action.until_ms is None or action.until_ms <= draft.now_ms):
        return "a snooze needs an end that is still to come"
    return None


def _refused_silence(draft: Draft, silence: Silence | None) -> str | None:
    now_ms = draft.now_ms
    if silence is None:
        return "it does not say what to silence"
    if silence.end_ms <= silence.start_ms:
        return "a silence must end after it begins"
    if silence.end_ms <= now_ms:
        return "a silence needs an end that is still to come"
    if draft.silences_left() >= MOST_SILENCES and draft.silence(silence.id) is None:
        return f"there are {MOST_SILENCES} silences already: end some, or make one with a pattern"
    return None


def _is_done(draft: Draft, action: Action) -> bool:
    if action.silence is not None:
        return draft.silence(action.silence.id) is not None
    alert = draft.alert(action.about)
    return alert is not None and any(one.action == action.id for one in alert.story)


def _do(draft: Draft, action: Action) -> None:
    now_ms = draft.now_ms
    if action.what == "silence":
        assert action.silence is not None
        draft.put_silence(action.silence)
        return
    if action.what == "end_silence":
        silence = draft.silence(action.about)
        assert silence is not None
        # Clocks differ: over for whoever asked, too.
        draft.put_silence(replace(silence, end_ms=min(now_ms, action.at_ms)))
        return
    alert = draft.alert(action.about)
    assert alert is not None
    done = Transition(
        what=_DONE[action.what],
        at_ms=now_ms,
        by=action.by,
        why=action.why,
        until_ms=action.until_ms if action.what == "snooze" else None,
        action=action.id,
    )
    alert = happened(alert, done)
    if action.what == "acknowledge":
        alert = _acknowledge(alert, action.by, now_ms)
    elif action.what == "release":
        alert = _release(alert, now_ms)
    else:
        alert = replace(alert, snoozed_until_ms=action.until_ms)
    draft.put(alert)


def _acknowledge(alert: Alert, by: str, now_ms: int) -> Alert:
    # A step whose targets were not told yet counts as not reached: a release will tell them.
    unheard = [owed.level for owed in alert.owed.values() if owed.what == "firing"]
    return replace(
        alert,
        state="acknowledged",
        acknowledged_ms=now_ms if alert.acknowledged_ms is None else alert.acknowledged_ms,
        acknowledged_by=by,
        level=min([alert.level, *(level - 1 for level in unheard)]),
        reminded_ms=now_ms,
        owed={},
    )


def _release(alert: Alert, now_ms: int) -> Alert:
    """Let the ladder go on from the step that it had reached, whose people hear of it again: the
    one who had it is gone. The time in somebody's hands does not count."""
    from_ms = alert.ladder_from_ms
    if from_ms is not None:
        from_ms += now_ms - max(from_ms, alert.acknowledged_ms or now_ms)
    return replace(
        alert,
        state="firing",
        acknowledged_ms=None,
        acknowledged_by="",
        ladder_from_ms=from_ms,
        level=max(-1, alert.level - 1),
        reminded_ms=now_ms,
        owed={},
    )
