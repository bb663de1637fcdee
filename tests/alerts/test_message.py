"""What people read about alerts."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators.kpis.catalogue import CATALOGUE
from alerts.message import Facts, Message, alert_labels, alert_name, compose, message_data
from alerts.plan import Language, Plan
from alerts.rules import AnyOf, Compare, Measure, Rule, Where
from alerts.wording import duration_text, value_text
from tests.bench.sample_alerts import LONGEST_WAIT, RULES, START_MS, a_notice, an_alert

PLAN = Plan(public_url="https://vigie.example.org", link_secret=b"s" * 32)
SERVICE_LEVEL = Rule(
    id="service_level.low",
    english="Service level",
    french="Niveau de service",
    condition=AnyOf((
        Compare(Measure("contacts_waiting"), ">", 10.0),
        Compare(Measure("service_level", ("queue",), "15m"), "<", 0.8),
    )),
)  # fmt: skip


def said(language: Language = "en", plan: Plan = PLAN, **alert: object) -> Message:
    return compose(a_notice(), [an_alert(**alert)], RULES, {}, plan, language, START_MS)  # type: ignore[arg-type]


class TestTitle:
    def test_title_says_severity_row_value_and_limit_in_english(self) -> None:
        """The title alone tells what is the case and how bad it is."""
        assert said().title == "CRITICAL: Longest wait - sales (voice) 75 s, limit 60 s"

    def test_title_in_french(self) -> None:
        """The same in French, with the channel's French name."""
        wanted = "CRITIQUE : Plus longue attente - sales (voix) 75 s, seuil 60 s"
        assert said("fr").title == wanted

    def test_title_of_a_resolved_alert_says_how_long_it_lasted(self) -> None:
        """What is over is told with its length."""
        over = an_alert(state="resolved", resolved_ms=START_MS + 660_000)
        notice = a_notice(what="resolved")
        title = compose(notice, [over], RULES, {}, PLAN, "en", START_MS + 660_000).title
        assert title == "RESOLVED: Longest wait - sales (voice), after 12 min"

    def test_many_alerts_are_counted_and_the_worst_ten_listed(self) -> None:
        """37 queues at once are one message: the ten worst, the worst first, and 27 more."""
        alerts = [an_alert(f"q{n:02}", 60.0 + n) for n in range(37)]
        message = compose(a_notice(), alerts, RULES, {}, PLAN, "en", START_MS)
        listed = [line.split()[1] for line in message.text.splitlines() if line.startswith("- ")]
        assert message.title == "CRITICAL: Longest wait: 37 queues"
        assert listed == [f"q{n:02}" for n in range(36, 26, -1)]
        assert "\nand 27 more\n" in message.text
        assert len(message.alerts) == 37

    def test_for_a_rule_below_its_limit_the_lowest_value_is_the_worst(self) -> None:
        """A service level of 40 % comes before one of 70 %."""
        rules = {SERVICE_LEVEL.id: SERVICE_LEVEL}
        alerts = [
            an_alert(name, level, rule_id=SERVICE_LEVEL.id, threshold=0.8)
            for name, level in (("a", 0.7), ("b", 0.4), ("c", 0.6))
        ]
        message = compose(a_notice(), alerts, rules, {}, PLAN, "en", START_MS)
        assert [one["labels"]["queue"] for one in message.alerts] == ["b", "c", "a"]

    def test_the_value_has_the_unit_of_the_comparison_that_it_is_of(self) -> None:
        """Of two comparisons the one with the alert's threshold gives unit and words."""
        rules = {SERVICE_LEVEL.id: SERVICE_LEVEL}
        alert = an_alert(value=0.785, rule_id=SERVICE_LEVEL.id, threshold=0.8)
        message = compose(a_notice(), [alert], rules, {}, PLAN, "fr", START_MS)
        assert message.title.endswith("sales (voix) 78,5\u00a0%, seuil 80\u00a0%")
        assert "(queue, 15m) : 78,5\u00a0% (seuil : en dessous de 80\u00a0%)" in message.text

    @given(st.text(max_size=300))
    def test_no_name_breaks_a_title_or_smuggles_in_markup(self, name: str) -> None:
        """Whatever a queue is called, the title is one line of at most 200 harmless characters."""
        message = said(where=Where("pair", name, "voice"))
        assert len(message.title) <= 200
        for text in (message.title, message.text.replace("\n", "")):
            assert not {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not set(message.title) & set("<>[]`@")
        msgspec.json.encode(replace(message, alerts=()))

    def test_a_hostile_name_stays_a_name(self) -> None:
        """Headers, mark-up, calls to everybody, links and turned-round text come to nothing."""
        name = "a\r\nBcc: x@y\u202e<b>[z](https://evil.example) @everyone"
        title = said(where=Where("pair", name, "voice")).title
        assert "a Bcc: x＠y ‹b›(z)(https: evil.example) ＠everyone (voice)" in title


class TestText:
    def test_a_new_alert_tells_all_there_is_to_know(self) -> None:
        """Value, limit, worst, trend, contacts with their link, since when, what to do, links."""
        alert = an_alert(worst=82.0, sample=24)
        facts = {"id-sales": Facts(contacts=7, trend="rising")}
        message = compose(a_notice(), [alert], RULES, facts, PLAN, "en", START_MS)
        head, _, links = message.text.partition("Acknowledge: ")
        assert head == (
            "New alert.\n\n"
            "Severity: critical\n"
            "Where: sales (voice)\n"
            "Longest wait now: 75 s (limit: above 60 s)\n"
            "Worst so far: 82 s\n"
            "Trend: rising\n"
            "Contacts behind the figure: 24\n"
            "Contacts concerned: 7 - https://vigie.example.org/?queue=sales&channel=voice\n"
            "Since: 2026-11-18T11:05:40Z (60 s ago)\n"
            "What to do: Ask team leads for volunteers.\n\n"
        )
        assert links == (
            f"{message.acknowledge_url}\n"
            "Board: https://vigie.example.org/?page=alerts\n"
            "Runbook: https://example.org/runbooks/wait\n"
        )
        assert message.acknowledge_url.startswith("https://vigie.example.org/alerts/id-sales?")

    @pytest.mark.parametrize(
        ("language", "wanted"),
        [("en", "Nobody has taken it for 5 min."), ("fr", "Personne ne s'en occupe depuis 5 min.")],
    )
    def test_a_later_step_of_the_ladder_says_that_nobody_took_it(
        self, language: Language, wanted: str
    ) -> None:
        """Who is told later learns for how long nobody has done anything."""
        message = compose(
            a_notice(level=1), [an_alert()], RULES, {}, PLAN, language, START_MS + 240_000
        )
        assert message.text.startswith(f"{wanted}\n")
        assert message.what == "escalated"

    def test_a_reminder_of_a_taken_alert_says_who_took_it(self) -> None:
        """It is taken and still there; a link to take it would be no use."""
        taken = an_alert(state="acknowledged", acknowledged_ms=START_MS, acknowledged_by="Ada\nL.")
        message = compose(
            a_notice(what="reminder"), [taken], RULES, {}, PLAN, "en", START_MS + 3_600_000
        )
        assert message.text.startswith("Taken by Ada L. 1 h 00 ago, and still there.\n")
        assert "Acknowledge" not in message.text

    def test_who_is_told_instead_of_another_learns_of_which(self) -> None:
        """A target that cannot be reached is named to the next one."""
        message = compose(
            a_notice(instead_of="mail"), [an_alert()], RULES, {}, PLAN, "en", START_MS
        )
        assert "You are told because mail could not be reached.\n" in message.text

    def test_what_ended_before_it_was_told_is_not_called_firing(self) -> None:
        """The message is made when it is sent and says what is the case then."""
        over = an_alert(state="resolved", resolved_ms=START_MS)
        text = compose(a_notice(), [over], RULES, {}, PLAN, "en", START_MS).text
        assert text.startswith("It began, and is over by now.\n")

    def test_without_a_public_url_there_are_no_links_to_vigie(self) -> None:
        """Nobody gets a link that leads nowhere."""
        message = said(plan=Plan(link_secret=b"s" * 32))
        assert message.acknowledge_url == message.board_url == message.contacts_url == ""
        assert "http" not in message.text.replace(LONGEST_WAIT.runbook, "")

    def test_an_alert_of_a_rule_that_is_gone_is_still_told(self) -> None:
        """A rule may be removed while its alert is open."""
        message = compose(a_notice(), [an_alert()], {}, {}, PLAN, "en", START_MS)
        assert message.title == "CRITICAL: longest-wait - sales (voice) 75, limit 60"

    def test_a_link_that_is_none_is_left_out(self) -> None:
        """Only http(s) addresses become links."""
        rules = {LONGEST_WAIT.id: replace(LONGEST_WAIT, runbook="javascript:alert(1)")}
        message = compose(a_notice(), [an_alert()], rules, {}, PLAN, "en", START_MS)
        assert message.runbook_url == ""
        assert "javascript" not in message.text

    def test_a_notice_of_unknown_alerts_cannot_be_told(self) -> None:
        """There is nothing to say."""
        with pytest.raises(ValueError, match="no alert that is known"):
            compose(a_notice(), [], RULES, {}, PLAN, "en", START_MS)


class TestData:
    def test_data_for_a_webhook_has_stable_keys(self) -> None:
        """The keys are a contract with receivers."""
        data = message_data(said(sample=24))
        assert (data["type"], data["timestamp"]) == ("alert.firing", "2026-11-18T11:06:40Z")
        assert list(data["data"]) == [
            "id", "what", "severity", "language", "title", "text", "made_ms", "group", "level",
            "instead_of", "alerts", "left_out", "acknowledge_url", "contacts_url", "board_url",
            "runbook_url",
        ]  # fmt: skip
        (alert,) = data["data"]["alerts"]
        alert.pop("acknowledge_url")
        assert alert == {
            "id": "id-sales",
            "rule": "longest-wait",
            "labels": {
                "alertname": "VigieLongestWait", "severity": "critical", "queue": "sales",
                "channel": "voice",
            },
            "state": "firing",
            "severity": "critical",
            "summary": "Longest wait - sales (voice) 75 s, limit 60 s",
            "since_ms": START_MS - 60_000,
            "acknowledged_ms": None,
            "resolved_ms": None,
            "value": 75.0,
            "threshold": 60.0,
            "operator": ">",
            "unit": "seconds",
            "worst": None,
            "sample": 24,
            "contacts": None,
            "trend": None,
            "contacts_url": "https://vigie.example.org/?queue=sales&channel=voice",
        }  # fmt: skip

    def test_labels_are_the_same_whatever_the_value(self) -> None:
        """Values, states and times are no part of the identity."""
        later = an_alert(value=900.0, state="acknowledged", acknowledged_ms=START_MS)
        assert alert_labels(an_alert()) == alert_labels(later)

    @pytest.mark.parametrize(
        ("rule_id", "name"),
        [
            ("longest-wait", "VigieLongestWait"),
            ("service_level.low", "VigieServiceLevelLow"),
            ("slaMissed", "VigieSlaMissed"),
        ],
    )
    def test_alert_name_is_camel_case_with_a_prefix(self, rule_id: str, name: str) -> None:
        """Alertmanager and the exported Prometheus rules know an alert by one name."""
        assert alert_name(rule_id) == name


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "unit", "english", "french"),
        [
            (0.785, "ratio", "78.5%", "78,5\u00a0%"),
            (0.8, "ratio", "80%", "80\u00a0%"),
            (0.0004, "ratio", "0%", "0\u00a0%"),
            (0.42, "seconds", "0.4 s", "0,4 s"),
            (75.0, "seconds", "75 s", "75 s"),
            (750.0, "seconds", "12 min 30 s", "12 min 30 s"),
            (3_900.0, "seconds", "1 h 05", "1 h 05"),
            (273_600.0, "seconds", "3 d 4 h", "3 j 4 h"),
            (1_234.0, "count", "1,234", "1\u00a0234"),
            (2.5, "number", "2.5", "2,5"),
            (1_234.5, "money", "1,234.50", "1\u00a0234,50"),
            (-0.001, "number", "0", "0"),
            (None, "seconds", "no value", "pas de valeur"),
            (float("nan"), "ratio", "no value", "pas de valeur"),
        ],
    )
    def test_figures_have_their_units(
        self, value: float | None, unit: str, english: str, french: str
    ) -> None:
        """Figures are written as people write them, in each language."""
        assert value_text(value, unit, "en") == english  # type: ignore[arg-type]
        assert value_text(value, unit, "fr") == french  # type: ignore[arg-type]

    @given(st.floats(allow_nan=False, allow_infinity=False, max_value=1e9, min_value=-1e9))
    def test_a_length_of_time_and_its_opposite_look_alike(self, seconds: float) -> None:
        """Every length has words, and a negative one those of the positive one."""
        assert duration_text(-abs(seconds), "en").removeprefix("-") == duration_text(
            abs(seconds), "en"
        )

    @pytest.mark.parametrize("kpi_id", sorted(CATALOGUE))
    def test_every_kpi_of_the_catalogue_can_be_told(self, kpi_id: str) -> None:
        """No KPI lacks words in either language."""
        condition = Compare(Measure(kpi_id), ">", 60.0)
        rules = {LONGEST_WAIT.id: replace(LONGEST_WAIT, condition=condition)}
        english = compose(a_notice(), [an_alert()], rules, {}, PLAN, "en", START_MS).text
        french = compose(a_notice(), [an_alert()], rules, {}, PLAN, "fr", START_MS).text
        assert CATALOGUE[kpi_id].english.lower() in english.lower()
        assert CATALOGUE[kpi_id].french.lower() in french.lower()
