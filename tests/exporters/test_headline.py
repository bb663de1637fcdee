"""What may be written in ``headline_kpis``, and what is said of what may not."""

from __future__ import annotations

import pytest

from exporters.headline import Headline, HeadlineError, parse_headline, parse_headlines


@pytest.mark.parametrize(
    ("written", "chosen"),
    [
        ("nps", Headline("nps")),
        ("service_level.abandons_negative", Headline("service_level", ("abandons_negative",))),
        ("wait_quantile_seconds.0.9", Headline("wait_quantile_seconds", ("0.9",))),
        ("transfer_rate.blind.internal", Headline("transfer_rate", ("blind", "internal"))),
        ("answered_within_rate.25", Headline("answered_within_rate", ("25",))),
        ("nps@survey=after_call", Headline("nps", (), "survey", "after_call")),
        ("asa_seconds.queue@queue=a=b", Headline("asa_seconds", ("queue",), "queue", "a=b")),
        (" csat @ channel = chat ", Headline("csat", (), "channel", "chat")),
    ],
)
def test_a_kpi_is_chosen_by_id_labels_and_row(written: str, chosen: Headline) -> None:
    """A last label keeps its dots, a row's name its equals signs."""
    assert parse_headline(written) == chosen


@pytest.mark.parametrize(
    ("written", "problem", "fix"),
    [
        ("csta", "there is no KPI 'csta'", "Did you mean csat"),
        ("x" * 40, f"there is no KPI '{'x' * 40}'", "docs/kpis.md lists them, for example"),
        ("service_level", "service_level goes by variant, none given", "service_level.answered"),
        ("transfer_rate.blind", "transfer_rate goes by kind and scope, 1 given", "Write for ex"),
        ("nps.x", "nps goes by no label, x given", "Write for example nps."),
        (
            "service_level.abandons_negativ",
            "service_level has no variant 'abandons_negativ'",
            "Did you mean abandons_negative",
        ),
        ("nps@survey", "'nps@survey' names no row after @", "Write for example nps@queue=billing"),
        ("nps@agent=x", "'nps@agent=x' names no row after @", "Write for example nps@queue="),
        ("nps@", "'nps@' names no row after @", "Write for example nps@queue=billing"),
    ],
)
def test_what_means_nothing_is_told_with_the_nearest(written: str, problem: str, fix: str) -> None:
    """One line of problem, one of what to write."""
    with pytest.raises(HeadlineError) as caught:
        parse_headline(written)
    assert caught.value.problem == problem
    assert fix in caught.value.fix
    assert "\n" not in caught.value.problem + caught.value.fix


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (["nps", "csat"], "2 KPIs are chosen"),
        (["nps", "csat", "ces", "answer_rate", "hold_rate", "short_abandon_rate"], "6 KPIs are"),
        (["nps", "csat", "nps"], "a KPI is chosen twice"),
    ],
)
def test_three_to_five_are_chosen_or_none(written: list[str], problem: str) -> None:
    """Boards stay short; without a choice there are the usual tiles."""
    with pytest.raises(HeadlineError, match=problem):
        parse_headlines(written)
    assert parse_headlines([]) == ()
    assert len(parse_headlines(["nps", "csat", "nps@survey=yearly"])) == 3


def test_the_api_names_the_list_that_has_the_row() -> None:
    """So that a reader finds it without knowing how kinds of rows are called."""
    assert parse_headline("nps@survey=after_call").json() == {
        "kpi": "nps",
        "labels": [],
        "row": {"rows": "surveys", "name": "after_call"},
    }
    assert parse_headline("service_level.genesys").json() == {
        "kpi": "service_level",
        "labels": ["genesys"],
        "row": None,
    }
