"""Surveys: one that was sent, and its last answer (kpis.md, section 7).

An answer is booked when it was given, with its score on the standard scale of its kind
(:mod:`aggregators.scales`). A sending is booked when it went out, and so is whether it was
answered within seven days; once the watermark has passed them, both are booked once more as
final. An earlier answer to the same survey is replaced, and counted as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.customer_events import CustomerScore
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.places import Places
from aggregators.dossiers.themes import counted
from aggregators.policy import DAY_MS, Rules
from aggregators.scales import KINDS, MICRO, Reading, scale_of
from aggregators.telling import SOURCE, told_id

RESPONSE_MS = 7 * DAY_MS
"""An answer after this counts as an answer, not as a response to its sending."""

SENT = 1000  # + index of the kind; all that were asked
RESPONDED = 1010  # of the sendings, but for surveys of the staff
SENT_FINAL = 1011
RESPONDED_FINAL = 1012
ANSWERED = 1020  # + index of the kind
REPLACED = 1030
VERBATIMS = 1031  # answers with a theme; in the row of a theme, those with it
CSAT_MICRO = 1040
CSAT_SATISFIED = 1041
CSAT_LEVEL = 1042  # + level, 1 to 5
NPS_BAND = 1050  # + index of the band
CES_MICRO = 1060
CES_HIGH = 1061
YES = 1070  # + index of the kind
SELFCARE = 1080
SELFCARE_GOOD = 1081
ENGAGEMENT_MICRO = 1090

BANDS: tuple[str, ...] = ("good", "fair", "poor")
ENGAGEMENT = KINDS.index("engagement")


def read_answer(event: ev.SurveyAnswered, rules: Rules) -> Reading | None:
    """Return what an answer's score means; None when it is off its scale.

    So is a score of a survey whose name is declared as one of another kind.
    """
    found = scale_of(rules.surveys, event.survey_kind, event.survey_name)
    return None if found is None else found.read(event.score)


class SurveyKind(Kind):
    """One survey to one respondent: the contact, the session or the customer it is about."""

    letter = "s"
    types = (ev.SurveySent, ev.SurveyAnswered)

    def key(self, event: ev.SurveySent | ev.SurveyAnswered) -> str:
        """A survey is known by its id and by whom it was sent to."""
        who = event.contact_id or event.session_id or event.customer_key or ""
        return f"{event.survey_id}\n{who}"

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse a score off its scale, or a word that stands for none."""
        if type(event) is ev.SurveyAnswered and not event.retracted:
            return None if read_answer(event, places.rules) else Outcome.OUT_OF_SCALE
        return None

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book the first sending, the last answer, and how many answers it replaced."""
        sent, answers = _sent_and_answers(events)
        facts = [] if sent is None else _of_sending(sent, answers, swept_ms, places)
        for answer in answers[:-1]:
            at_ms, (scopes, _) = answer.event_time_ms, _scopes(answer, sent, (), places)
            facts += [(at_ms, scope, REPLACED, 1) for scope in scopes]
        if answers:
            answer, rules = answers[-1], places.rules
            names = counted(answer.themes, rules.themes) if answer.themes else ()
            scopes, themes = _scopes(answer, sent, names, places)
            reading = read_answer(answer, rules)
            if reading is not None:
                at_ms, booked = answer.event_time_ms, _of_answer(answer, reading)
                if themes:
                    scopes += themes
                    booked.append((VERBATIMS, 1))
                facts += [(at_ms, scope, key, n) for scope in scopes for key, n in booked]
        return facts

    def due_ms(self, events: Sequence[Any], swept_ms: int) -> int | None:
        """Return when the time to respond to the sending ends."""
        sent, _ = _sent_and_answers(events)
        if sent is None or sent.survey_kind == "engagement":
            return None
        until_ms = int(sent.event_time_ms) + RESPONSE_MS
        return until_ms if until_ms > swept_ms else None

    def quiet_ms(self, rules: Rules) -> int:
        """The time to respond ends."""
        return RESPONSE_MS

    def may_wait(self, events: Sequence[Any], event: Any) -> bool:
        """What comes after an answer may take back what was told of it."""
        return all(type(told) is not ev.SurveyAnswered for told in events)

    def tells(
        self, events: Sequence[Any], swept_ms: int, places: Places
    ) -> Sequence[CustomerScore]:
        """Tell of the last answer of a known customer."""
        sent, answers = _sent_and_answers(events)
        if not answers or answers[-1].survey_kind == "engagement":
            return ()
        answer = answers[-1]
        about = answer if sent is None else sent
        customer_key = answer.customer_key or about.customer_key
        if customer_key is None:
            return ()
        reading = read_answer(answer, places.rules)
        if reading is None:
            return ()
        told = CustomerScore(
            v=1,
            event_id=told_id("score", *self.key(answer).split("\n")),
            source=SOURCE,
            event_time_ms=answer.event_time_ms,
            customer_key=customer_key,
            survey_id=answer.survey_id,
            survey_kind=reading.kind,
            survey_name=answer.survey_name or about.survey_name,
            value_micro=reading.value_micro,
            good=reading.band == "good",
            contact_id=answer.contact_id or about.contact_id,
            session_id=answer.session_id or about.session_id,
            channel=answer.channel or about.channel,
            queue=answer.queue or about.queue,
            team=answer.team or about.team,
            agent_id=answer.agent_id or about.agent_id,
            motive=answer.motive or about.motive,
        )
        return (told,)


def _sent_and_answers(
    events: Sequence[Any],
) -> tuple[ev.SurveySent | None, list[ev.SurveyAnswered]]:
    """Return the first sending and all answers."""
    sent: ev.SurveySent | None = None
    answers: list[ev.SurveyAnswered] = []
    for event in events:
        if type(event) is ev.SurveyAnswered:
            answers.append(event)
        elif sent is None:
            sent = event
    return sent, answers


def _of_sending(
    sent: ev.SurveySent, answers: Sequence[ev.SurveyAnswered], swept_ms: int, places: Places
) -> list[Fact]:
    at_ms = sent.event_time_ms
    kind = KINDS.index(sent.survey_kind)
    booked = [SENT + kind]
    if kind != ENGAGEMENT:
        until_ms = at_ms + RESPONSE_MS
        is_final = swept_ms >= until_ms
        if is_final:
            booked.append(SENT_FINAL)
        if answers and answers[0].event_time_ms <= until_ms:
            booked.append(RESPONDED)
            if is_final:
                booked.append(RESPONDED_FINAL)
    scopes, _ = _scopes(sent, None, (), places)
    return [(at_ms, scope, key, 1) for scope in scopes for key in booked]


def _of_answer(answer: ev.SurveyAnswered, reading: Reading) -> list[tuple[int, int]]:
    """Return the facts of one answer: key and amount."""
    kind, value, is_good = reading.kind, reading.value_micro, reading.band == "good"
    number = KINDS.index(kind)
    booked = [(ANSWERED + number, 1)]
    if kind == "csat":
        level = (value + MICRO // 2) // MICRO
        booked += [(CSAT_MICRO, value), (CSAT_LEVEL + level, 1), (CSAT_SATISFIED, int(is_good))]
    elif kind == "nps":
        booked.append((NPS_BAND + BANDS.index(reading.band), 1))
    elif kind == "ces":
        booked += [(CES_MICRO, value), (CES_HIGH, int(not is_good))]
    elif kind == "engagement":
        booked.append((ENGAGEMENT_MICRO, value))
    else:
        booked.append((YES + number, int(is_good)))
    is_of_session = answer.session_id is not None or answer.channel == "selfcare"
    if kind == "helpful" or (kind == "csat" and is_of_session):
        booked += [(SELFCARE, 1), (SELFCARE_GOOD, int(is_good))]
    return [fact for fact in booked if fact[1]]


def _scopes(
    event: ev.SurveySent | ev.SurveyAnswered,
    sent: ev.SurveySent | None,
    themes: Sequence[str],
    places: Places,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where a fact belongs, and the rows of its themes.

    What an answer does not tell of its subject is that of the sending. Surveys of the staff are
    anonymous: they are in no row of an agent, only in that of the agent's team.
    """
    told = event if sent is None else sent
    agent_id, team = event.agent_id or told.agent_id, event.team or told.team
    if event.survey_kind == "engagement":
        team, agent_id = team or places.rules.agent_teams.get(agent_id or ""), None
    facets = (
        ("motive", event.motive or told.motive),
        ("survey", event.survey_name or told.survey_name or event.survey_kind),
        *[("theme", theme) for theme in themes],
    )
    queue, channel = event.queue or told.queue, event.channel or told.channel
    found = places.of(queue, channel, team, agent_id, facets)
    at = len(found) - len(themes)
    return found[:at], tuple(dict.fromkeys(found[at:]))  # several may be one row, __other__
