"""Scores by the keys of the studies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from helpers import describe, run_page

from earlyhelp.analysis import instruments, outcomes
from earlyhelp.analysis.instruments import score
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.study.scoring_keys import Instruments, Scale, read_instruments


@pytest.fixture
def keys(rotherham: Path) -> Instruments:
    return read_instruments(rotherham)


def answered(scale: Scale, *answers: float | None) -> pd.DataFrame:
    return pd.DataFrame([answers], columns=scale.columns, dtype="float64")


def scored(scale: Scale, *answers: float | None, **other: object) -> float:
    about = scale.about.model_copy(update=other)
    return score(answered(scale, *answers), replace(scale, about=about)).tolist()[0]


def test_the_total_is_the_sum_of_twelve_items(pilot: Pilot) -> None:
    # P1: 6 + 11 × 5; P2: 7 + 11 × 5.
    totals = score(pilot.raw["endline_survey"], pilot.instruments.scales["wai"])
    assert totals.tolist() == [61, 62, 60, 60, 61, 59]


def test_domains_follow_the_published_key(keys: Instruments) -> None:
    # Item i answered i: goal 4+6+8+11, task 1+2+10+12, bond 3+5+7+9 (Hatcher and Gillaspy 2006).
    answers = answered(keys.scales["wai"], *range(1, 13))
    domains = {scale.key.name: score(answers, scale).tolist() for scale in keys.parts("wai")}
    assert domains == {"Goal": [29], "Task": [25], "Bond": [24]}


def test_compassion_satisfaction_adds_the_items_of_the_manual(keys: Instruments) -> None:
    scale = keys.scales["compassion_satisfaction"]
    # Stamm (2010), scoring sheet of the 30 items.
    items = (3, 6, 12, 16, 18, 20, 22, 24, 27, 30)
    assert scale.columns == [f"proqol_{item:02d}" for item in items]
    assert scored(scale, *[1, 2, 3, 4, 5] * 2) == 30


def test_a_score_is_missing_when_an_item_is(pilot: Pilot) -> None:
    survey = pilot.raw["endline_survey"].copy()
    survey.loc[0, ["wai_04", "proqol_30"]] = None
    scores = {name: score(survey, s) for name, s in pilot.instruments.outcomes.items()}
    missing = {name for name, values in scores.items() if pd.isna(values[0])}
    assert missing == {"wai", "wai_goal", "compassion_satisfaction"}


def test_as_many_items_may_be_missing_as_the_instrument_says(keys: Instruments) -> None:
    goal, rating = keys.scales["wai_goal"], keys.scales["iam_ors"]
    # Of 3, 4 and 5 the mean is 4, so four items give 16.
    assert scored(goal, 3, 4, None, 5, missing=1) == 16
    assert pd.isna(scored(goal, 3, None, None, 5, missing=1))
    assert scored(rating, 3, 4, None, 5, 4, missing=1) == 4
    assert pd.isna(scored(goal, None, None, None, None, missing=4))


def test_a_reversed_item_counts_from_the_other_end(keys: Instruments) -> None:
    goal = keys.scales["wai_goal"]
    turned = replace(goal, key=goal.key.model_copy(update={"reversed": ("wai_06", "wai_11")}))
    # From 1 to 7: 2 becomes 6 and 7 becomes 1.
    assert score(answered(goal, 5, 2, 5, 7), turned).tolist() == [5 + 6 + 5 + 1]


def test_bands_have_the_manuals_limits(keys: Instruments) -> None:
    scale = keys.scales["compassion_satisfaction"]
    # Stamm (2010): at most 22 low, 23 to 41 average, 42 and over high.
    assert scale.key.bands == {"low": (10, 22), "average": (23, 41), "high": (42, 50)}


def test_a_rating_is_the_mean_of_its_items(pilot: Pilot) -> None:
    # P1 rates the ORS 5, 4, 4, 4; everybody else, and the SRS, 4.
    scores = instruments.tool_rating_scores(pilot)
    chosen = scores[(scores["measure"] == "iam") & (scores["tool"] == "ORS")]
    assert chosen["score"].tolist() == [4.25, 4, 4]


def test_cutoffs_depend_on_tool_and_age(pilot: Pilot) -> None:
    # Adults' ORS 24 < 25 and 30; SRS 38 and 35 against 36; children's ORS has no one cut-off.
    below = instruments.below_cutoff(pilot)
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
    unscored = pilot.with_raw(tool_use=pilot.tool_use.assign(score=float("nan")))
    assert instruments.below_cutoff(unscored).isna().all()


CALM = """
calm:
  title: A new measure
  source: stamm2010
  score: mean
  missing: 1
  higher_is_better: true
  scales:
    calm: {name: Calm, items: [calm_1, calm_2], reversed: [calm_2]}
"""


def test_an_instrument_is_added_with_data_alone(mini: Path) -> None:
    surveys = ("baseline_survey", "endline_survey")

    def add(resources: dict[str, dict]) -> None:
        for survey in surveys:
            resources[survey]["schema"]["fields"] += [
                {"name": f"calm_{item}", "type": "integer", "title": f"Calm, item {item}"}
                | {"constraints": {"minimum": 0, "maximum": 10}}
                for item in (1, 2)
            ]

    describe(mini, add)
    for survey in surveys:
        path = mini / f"raw/{survey}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame.assign(calm_1="8", calm_2="").to_csv(path, index=False)
    with (mini / "instruments.yml").open("a", encoding="utf-8") as file:
        file.write(CALM)
    # The one item that is answered counts for both.
    summary = outcomes.outcome_summary(open_pilot(mini)).query("measure == 'calm'")
    assert set(summary["mean"]) == {8.0}
    assert set(summary["scale_maximum"]) == {10}
    for page in ("sample", "promise", "trial", "codebook"):
        run_page(page, mini)
