"""Scores by the manuals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.analysis import instruments
from earlyhelp.study.raw import Pilot, open_pilot, proqol_columns, wai_columns


@pytest.fixture
def pilot(mini: Path) -> Pilot:
    return open_pilot(mini)


def test_wai_total_is_the_sum_of_twelve_items(pilot: Pilot) -> None:
    # P1: 6 + 11 × 5; P2: 7 + 11 × 5.
    totals = instruments.wai_total(pilot.endline_survey, pilot.study)
    assert totals.tolist() == [61, 62, 60, 60, 61, 59]


def test_domains_follow_the_published_key(pilot: Pilot) -> None:
    # Item i answered i: goal 4+6+8+11, task 1+2+10+12, bond 3+5+7+9 (Hatcher and Gillaspy 2006).
    answers = pd.DataFrame([dict(zip(wai_columns(pilot.study), range(1, 13), strict=True))])
    domains = instruments.wai_domains(answers)
    assert domains.loc[0].to_dict() == {"goal": 29, "task": 25, "bond": 24}


def test_domains_add_up_to_the_total(pilot: Pilot) -> None:
    survey = pilot.endline_survey
    total = instruments.wai_domains(survey).sum(axis=1)
    assert total.equals(instruments.wai_total(survey, pilot.study))


def test_a_score_is_missing_when_an_item_is(pilot: Pilot) -> None:
    survey = pilot.endline_survey.copy()
    survey.loc[0, ["wai_04", "proqol_30"]] = None
    assert pd.isna(instruments.wai_total(survey, pilot.study)[0])
    domains = instruments.wai_domains(survey).loc[0]
    assert domains.isna().to_dict() == {"goal": True, "task": False, "bond": False}
    assert pd.isna(instruments.compassion_satisfaction(survey)[0])


def test_compassion_satisfaction_adds_its_ten_items() -> None:
    answers = pd.DataFrame([dict(zip(proqol_columns(), [1, 2, 3, 4, 5] * 2, strict=True))])
    assert instruments.compassion_satisfaction(answers).tolist() == [30]


@pytest.mark.parametrize(
    ("score", "band"),
    # Stamm (2010): at most 22 low, 23 to 41 average, 42 and over high.
    [(10, "low"), (22, "low"), (23, "average"), (41, "average"), (42, "high"), (50, "high")],
)
def test_bands_have_the_manuals_limits(score: float, band: str) -> None:
    assert instruments.compassion_band(pd.Series([score])).tolist() == [band]


def test_a_rating_is_the_mean_of_its_items(pilot: Pilot) -> None:
    # P1 rates the ORS 5, 4, 4, 4; everybody else, and the SRS, 4.
    scores = instruments.tool_rating_scores(pilot)
    chosen = scores[(scores["measure"] == "iam") & (scores["tool"] == "ORS")]
    assert chosen["score"].tolist() == [4.25, 4, 4]


def test_cutoffs_depend_on_tool_and_age(pilot: Pilot) -> None:
    # Adults' ORS 24 < 25 and 30; SRS 38 and 35 against 36; children's ORS has no one cut-off.
    below = instruments.below_cutoff(pilot.tool_use)
    assert below.isna().tolist() == [True, False, True, False, False, False]
    assert below.dropna().tolist() == [False, True, True, False]


def test_outcome_scores_have_a_row_for_everybody_asked(pilot: Pilot) -> None:
    # 8 at baseline and 6 at endline, five measures each.
    scores = instruments.outcome_scores(pilot)
    assert len(scores) == (8 + 6) * 5
    one = scores[(scores["practitioner_id"] == "P1") & (scores["measure"] == "wai")]
    assert one["score"].tolist() == [60, 61]
    assert set(one["arm"]) == {"intervention"}


def test_a_cutoff_says_nothing_of_an_unscored_completion(pilot: Pilot) -> None:
    unscored = replace(pilot, tool_use=pilot.tool_use.assign(score=float("nan")))
    assert instruments.below_cutoff(unscored.tool_use).isna().all()
