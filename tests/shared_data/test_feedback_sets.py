"""Scores of the sample data: 39 recommendations and the ratings of the calls, to the unit."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data.command import figures_of
from tests.shared_data.figures import percent
from tests.shared_data.rated import RATED

SCORES = "nps_survey"
T0_MS = 1_717_372_800_000  # a day that the scores do not tell


@pytest.mark.proves("nps", "nps_share")
def test_the_39_scores_give_their_nps(
    shared_data: Path, expected: Callable[[str], Any], tmp_path: Path
) -> None:
    """8 promoters, 9 passives, 22 detractors: -35.9."""
    told = expected(SCORES)
    with (shared_data / SCORES / "sudzilla_nps_scores.csv").open(newline="") as file:
        scores = [(row["response"], int(row["score_0_10"])) for row in csv.DictReader(file)]
    lines = [
        json.dumps(
            {
                "v": 1, "event_id": f"nps:{name}", "type": "survey.answered", "source": "sample",
                "event_time_ms": T0_MS + at, "survey_id": f"r{name}", "survey_kind": "nps",
                "score": score,
            }
        )
        for at, (name, score) in enumerate(scores)
    ]  # fmt: skip
    (tmp_path / "scores.jsonl").write_text("\n".join(lines))
    (board,) = figures_of(tmp_path, "compute", "--source", "canonical", "scores.jsonl")
    total = board["windows"]["whole"]["total"]
    assert total["survey_answers"]["nps"] == told["answers"] == 39
    assert round(total["nps"], 1) == told["nps"] == -35.9
    for name, n in (("promoters", 8), ("passives", 9), ("detractors", 22)):
        assert round(39 * total["nps_share"][name], 4) == told[name] == n


@pytest.mark.proves("csat", "csat_mean", "csat_share", "survey_answers")
def test_the_ratings_give_their_totals(
    rated: dict[str, Any], expected: Callable[[str], Any]
) -> None:
    """4054 ratings, mean 3.404, 2023 of them 4 or 5: 49.9 %."""
    told, total = expected(RATED), rated["total"]
    n = total["survey_answers"]["csat"]
    assert n == sum(told["ratings"].values()) == told["answered"] == 4054
    for level, of in told["ratings"].items():
        assert round(n * total["csat_share"][level], 1) == of
    assert round(total["csat_mean"], 3) == told["mean_rating"] == 3.404
    assert round(n * total["csat"], 1) == told["csat_top2"] == 2023
    assert percent(total["csat"]) == told["csat_top2_pct"] == 49.9
    assert total["survey_answers_replaced_count"] == 0


@pytest.mark.parametrize("month", ["2021-01", "2021-02", "2021-03"])
def test_the_mean_rating_of_a_month(
    rated: dict[str, Any], expected: Callable[[str], Any], month: str
) -> None:
    """A rating is booked when it was given."""
    told, total = expected(RATED)["months"][month], rated[month]
    assert total["survey_answers"]["csat"] == told["answered"]
    assert round(total["csat_mean"], 3) == told["mean_rating"]


def test_the_mean_rating_of_an_agent(rated: dict[str, Any], expected: Callable[[str], Any]) -> None:
    """Where figures by agent are asked for."""
    told, agents = expected(RATED)["agents"], rated["agents"]
    assert agents.keys() == told.keys()
    for name, values in agents.items():
        assert values["survey_answers"]["csat"] == told[name]["answered"], name
        assert round(values["csat_mean"], 3) == told[name]["mean_rating"], name
