"""Promise: expectations are calculated by hand from tests/studies/mini.

Working alliance totals: 60 for everybody at baseline; at endline P1 61, P2 62, P3 60 (intervention;
changes 1, 2, 0) and P5 60, P6 61, P7 59 (comparison; changes 0, 1, -1).
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import ROOT, row

from earlyhelp.analysis import outcomes
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot

BETWEEN = "intervention less comparison"


def test_summary(pilot: Pilot) -> None:
    frame = outcomes.outcome_summary(pilot)
    wai = row(frame, measure="wai", arm="intervention", wave="endline")
    assert wai[["n", "mean", "sd", "scale_maximum"]].tolist() == [3, 61, 1, 84]
    satisfaction = row(frame, measure="compassion_satisfaction", arm="comparison", wave="baseline")
    assert satisfaction[["n", "mean", "scale_maximum"]].tolist() == [4, 40, 50]


def test_a_domain_is_highest_when_alone(pilot: Pilot) -> None:
    # Item 1 is a task item: task 21, goal and bond 20.
    frame = outcomes.outcome_summary(pilot)
    at = {"arm": "intervention", "wave": "endline"}
    assert row(frame, measure="wai_task", **at)["domain_rank"] == 1
    assert row(frame, measure="wai_bond", **at)["domain_rank"] == 3
    assert math.isnan(row(frame, measure="wai", **at)["domain_rank"])


def test_goal_and_task_lie_one_point_apart(pilot: Pilot) -> None:
    frame = outcomes.domain_differences(pilot)
    assert row(frame, arm="intervention", wave="endline")["difference"] == 1
    assert row(frame, arm="comparison", wave="baseline")["difference"] == 0


def test_changes_are_of_the_people_measured_twice(pilot: Pilot) -> None:
    frame = outcomes.changes(pilot)
    wai = frame[frame["measure"] == "wai"].set_index("practitioner_id")["change"]
    assert wai.to_dict() == {"P1": 1, "P2": 2, "P3": 0, "P5": 0, "P6": 1, "P7": -1}


def test_analysis_sets_restrict_the_intervention_arm(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[0, ["part_1", "part_2"]] = "not attended"
    use = pilot.tool_use[pilot.tool_use["practitioner_id"] == "P1"]
    study = pilot.with_raw(training_attendance=register, tool_use=use)
    sizes = {
        chosen: outcomes.paired_tests(study, analysis_set=chosen)["n"].tolist()[:2]
        for chosen in outcomes.ANALYSIS_SETS
    }
    # P1 stayed away; only P1 is in the records; the comparison arm keeps its three.
    assert sizes == {"all": [3, 3], "trained": [2, 3], "users": [1, 3]}


def test_paired_test(pilot: Pilot) -> None:
    test = row(outcomes.paired_tests(pilot), measure="wai", arm="intervention")
    # Mean 1, SD 1: t = √3 with 2 df, p = 1 - √3/√5.
    assert test[["n", "mean_change", "sd_change", "df"]].tolist() == [3, 1, 1, 2]
    assert test["t"] == pytest.approx(3**0.5)
    assert test["p"] == pytest.approx(1 - (3 / 5) ** 0.5)
    # t(.975, 2) = 4.302653: 1 ± 4.302653/√3.
    assert test["ci_low"] == pytest.approx(1 - 4.302653 / 3**0.5, abs=1e-6)
    assert test["dz"] == pytest.approx(1)
    assert test["dz_low"] < 0 < 1 < test["dz_high"]


def test_standardised_differences_have_the_published_interval() -> None:
    # Kelley (2007), MBESS: conf.limits.nct(ncp = 2.83, df = 126) is 0.8337502 to 4.815359.
    interval = outcomes.standardised_difference(2.83, 126, 1, 0.95)
    assert interval == pytest.approx((2.83, 0.8337502, 4.815359), abs=1e-5)


def test_the_interval_reaches_nought_when_the_test_is_just_significant() -> None:
    # t(.975, 16) = 2.1199053.
    _, low, _ = outcomes.standardised_difference(2.1199053, 16, 17**-0.5, 0.95)
    assert low == pytest.approx(0, abs=1e-6)


def test_the_sign_of_t_is_that_of_the_change(pilot: Pilot) -> None:
    swapped = pilot.with_raw(
        baseline_survey=pilot.raw["endline_survey"], endline_survey=pilot.raw["baseline_survey"]
    )
    test = row(outcomes.paired_tests(swapped), measure="wai", arm="intervention")
    assert test["t"] == pytest.approx(-(3**0.5))
    assert test["t_size"] == pytest.approx(3**0.5)
    assert test["mean_change"] == -1


def test_the_confidence_level_widens_the_interval(pilot: Pilot) -> None:
    test = row(outcomes.paired_tests(pilot, confidence=0.9), measure="wai", arm="intervention")
    # t(.95, 2) = 2.919986.
    assert test["ci_high"] == pytest.approx(1 + 2.919986 / 3**0.5, abs=1e-6)


def test_no_variation_is_no_test(pilot: Pilot) -> None:
    test = row(outcomes.paired_tests(pilot), measure="compassion_satisfaction", arm="comparison")
    assert test["mean_change"] == 0
    assert test[["t", "p", "dz", "ci_low"]].isna().all()


def test_nobody_measured_twice_is_no_test(pilot: Pilot) -> None:
    empty = pilot.with_raw(endline_survey=pilot.raw["endline_survey"].iloc[:0])
    assert outcomes.paired_tests(empty)["n"].tolist() == [0] * 10
    assert outcomes.between_tests(empty)["t"].isna().all()
    assert outcomes.design_effects(empty)["p"].isna().all()
    assert outcomes.estimates(empty)[["value", "ci_low", "d"]].isna().all(axis=None)
    assert outcomes.randomisation_tests(empty)["p"].isna().all()


def test_between_arms(pilot: Pilot) -> None:
    test = row(outcomes.between_tests(pilot), measure="wai", contrast="change")
    # Means 1 and 0, SDs 1 and 1: t = 1/√(2/3) with 4 df; sin θ = √(1.5/5.5), cos² θ = 4/5.5,
    # p = 1 - sin θ (1 + cos² θ / 2).
    assert test["difference"] == 1
    assert test["t"] == pytest.approx(1.5**0.5)
    assert test["df"] == 4
    assert test["p"] == pytest.approx(1 - (1.5 / 5.5) ** 0.5 * (1 + 2 / 5.5))


def test_waves_are_compared_among_all_scores(pilot: Pilot) -> None:
    frame = outcomes.between_tests(pilot)
    assert row(frame, measure="wai", contrast="endline")["difference"] == 1
    assert row(frame, measure="wai", contrast="baseline")["n_reference"] == 4


def test_the_baseline_is_not_tested(pilot: Pilot) -> None:
    swapped = pilot.with_raw(
        baseline_survey=pilot.raw["endline_survey"], endline_survey=pilot.raw["baseline_survey"]
    )
    frame = outcomes.between_tests(swapped)
    baseline = row(frame, measure="wai", contrast="baseline")
    # Means 61 and 60, SDs 1: 1 -+ t(.975, 4) sqrt(2/3) = 2.776445 * 0.816497.
    assert (baseline["difference"], baseline["ci_high"]) == pytest.approx((1, 3.266958), abs=1e-6)
    assert baseline[["t", "t_size", "p"]].isna().all()


def test_estimates_of_unit_means(pilot: Pilot) -> None:
    frame = outcomes.estimates(pilot)
    at = {"measure": "wai", "analysed": "unit means", "estimate": "change"}
    # Unit means 1.5, 0 and 0.5, -1: variance (4 * 0.75**2) / 2 = 1.125; t(.975, 2) = 4.302653.
    between = row(frame, **at, arm=BETWEEN)
    assert between[["n", "value", "df"]].tolist() == [4, 1, 2]
    assert between["ci_low"] == pytest.approx(1 - 4.302653 * 1.125**0.5, abs=1e-6)
    arm = row(frame, **at, arm="comparison")
    assert arm[["n", "value", "df"]].tolist() == pytest.approx([2, -0.25, 2])
    assert arm["ci_high"] == pytest.approx(-0.25 + 4.302653 * (1.125 / 2) ** 0.5, abs=1e-6)


def test_units_that_are_all_alike_have_no_interval(pilot: Pilot) -> None:
    at = {"measure": "compassion_satisfaction", "analysed": "unit means", "estimate": "change"}
    alike = row(outcomes.estimates(pilot), **at, arm=BETWEEN)
    assert (alike["value"], alike["df"]) == pytest.approx((0, 2))
    assert alike[["ci_low", "ci_high"]].isna().all()


def test_estimates_of_people_are_those_of_their_tests(pilot: Pilot) -> None:
    frame = outcomes.estimates(pilot)
    at = {"measure": "wai", "analysed": outcomes.PEOPLE, "estimate": "change"}
    arm = row(frame, **at, arm="intervention")
    assert arm[["n", "value", "dz"]].tolist() == [3, 1, 1]
    assert arm["ci_low"] == pytest.approx(1 - 4.302653 / 3**0.5, abs=1e-6)
    between = row(frame, **at, arm=BETWEEN)
    assert between[["n", "value", "df"]].tolist() == [6, 1, 4]
    # Nobody differs at baseline, so that there is no SD to divide by and no slope.
    assert frame["d"].isna().all()
    assert frame.loc[frame["estimate"] == outcomes.ADJUSTED, "value"].isna().all()


@pytest.mark.parametrize(
    ("analysed", "by"), [("unit means", "unit"), (outcomes.PEOPLE, "practitioner_id")]
)
def test_the_difference_adjusted_for_baseline(analysed: str, by: str) -> None:
    # By the textbook: slope within arms b = Sxy / Sxx; difference of endline means less b times
    # that of baseline means; its variance s2 (1/n + 1/m + (difference at baseline)**2 / Sxx).
    complete = open_pilot(ROOT / "tests/studies/complete")
    people = outcomes.changes(complete).query("measure == 'wai'")
    means = people.groupby(["arm", by])[["before", "after"]].mean()
    arms = means.groupby("arm").mean()
    x, y = ((means - arms)[wave] for wave in ("before", "after"))
    slope = (x * y).sum() / (x * x).sum()
    apart = arms.loc["intervention"] - arms.loc["comparison"]
    df = len(means) - 3
    sizes = (1 / means.groupby("arm").size()).sum()
    variance = ((y - slope * x) ** 2).sum() / df * (sizes + apart["before"] ** 2 / (x * x).sum())
    quantile = {1: 12.706205, 9: 2.262157}[df]
    at = {"measure": "wai", "analysed": analysed, "estimate": outcomes.ADJUSTED}
    found = row(outcomes.estimates(complete), **at)
    expected = apart["after"] - slope * apart["before"]
    assert found["value"] == pytest.approx(expected)
    assert found["ci_high"] == pytest.approx(expected + quantile * variance**0.5, rel=1e-6)
    summary = outcomes.outcome_summary(complete).query("measure == 'wai' and wave == 'baseline'")
    pooled = (((summary["n"] - 1) * summary["sd"] ** 2).sum() / (summary["n"] - 1).sum()) ** 0.5
    assert found["d"] == pytest.approx(expected / pooled)


def test_the_difference_adjusted_for_baseline_is_that_of_r(rotherham: Path) -> None:
    # lm(endline ~ arm + baseline) on the raw data: 2.50, SE 1.37, 30 df; t(.975, 30) = 2.042272.
    found = row(
        outcomes.estimates(open_pilot(rotherham)),
        measure="wai",
        analysed=outcomes.PEOPLE,
        estimate=outcomes.ADJUSTED,
    )
    assert found["value"] == pytest.approx(2.50, abs=0.005)
    assert (found["ci_high"] - found["value"]) / 2.042272 == pytest.approx(1.37, abs=0.005)


@pytest.mark.parametrize("level", [0, 1, -0.1, float("nan"), True, "0.05"])
def test_impossible_levels_are_refused(pilot: Pilot, level: object) -> None:
    for function in (outcomes.paired_tests, outcomes.between_tests, outcomes.design_effects):
        with pytest.raises(InputError, match="confidence"):
            function(pilot, confidence=level)


def test_unknown_analysis_sets_are_refused(pilot: Pilot) -> None:
    with pytest.raises(InputError, match="one of: all, trained, users"):
        outcomes.changes(pilot, "completers")


def test_ceiling(pilot: Pilot) -> None:
    top = row(outcomes.ceiling(pilot, 23), measure="wai", arm="intervention", wave="endline")
    # 61, 62, 60 of 84; at least 61 is within 23 points.
    assert top[["at_best", "close", "headroom", "headroom_sd"]].tolist() == [0, 2, 23, 23]
    assert top["mean_percent"] == pytest.approx(100 * (61 - 12) / (84 - 12))


def test_ceiling_of_a_domain_runs_from_four(pilot: Pilot) -> None:
    task = row(outcomes.ceiling(pilot), measure="wai_task", arm="intervention", wave="endline")
    # 21 between 4 and 28.
    assert task["mean_percent"] == pytest.approx(100 * 17 / 24)


@pytest.mark.parametrize("within", [-1, 1.5, True])
def test_ceiling_needs_whole_points(pilot: Pilot, within: object) -> None:
    with pytest.raises(InputError, match="within"):
        outcomes.ceiling(pilot, within)


def test_changes_by_unit_join_the_teams_drawn_together(pilot: Pilot) -> None:
    frame = outcomes.unit_changes(pilot).query("measure == 'wai'")
    # A changed by 1 and 2, B by 0, C by 0 and 1, D by -1.
    assert frame["unit"].tolist() == ["A", "B", "C", "D"]
    assert frame["mean_change"].tolist() == [1.5, 0, 0.5, -1]
    assert frame["pairs"].tolist() == [2, 1, 2, 1]
    teams = tuple(
        team.model_copy(update={"unit": "Z"}) if team.arm == "intervention" else team
        for team in pilot.study.teams
    )
    joined = replace(pilot, study=pilot.study.model_copy(update={"teams": teams}))
    first = outcomes.unit_changes(joined).query("measure == 'wai'").iloc[0]
    assert first[["unit", "teams", "pairs", "mean_change"]].tolist() == ["Z", "A + B", 3, 1]


def test_design_effects(pilot: Pilot) -> None:
    frame = outcomes.design_effects(pilot, icc=(0.0, 0.2))
    # Units of 2, 1, 2, 1: weighted size 10/6; effect 1 + (2/3) 0.2.
    clustered = row(frame, measure="wai", icc=0.2)
    assert clustered["cluster_size"] == pytest.approx(10 / 6)
    assert clustered["design_effect"] == pytest.approx(1 + 2 / 15)
    assert clustered["effective_n"] == pytest.approx(6 / (1 + 2 / 15))
    # t = √1.5 with 2 df: p = 1 - t/√(2 + t²).
    assert row(frame, measure="wai", icc=0.0)["p"] == pytest.approx(1 - (1.5 / 3.5) ** 0.5)
    # Standard error √(2/3) of people, times the root of the design effect; t(.975, 2) = 4.302653.
    reach = 4.302653 * (2 / 3 * (1 + 2 / 15)) ** 0.5
    assert clustered["ci_low"] == pytest.approx(1 - reach, abs=1e-6)
    assert clustered["ci_high"] == pytest.approx(1 + reach, abs=1e-6)


def test_impossible_correlations_are_all_named(pilot: Pilot) -> None:
    with pytest.raises(InputError) as caught:
        outcomes.design_effects(pilot, icc=(0.1, -0.1, 2))
    assert [problem.found for problem in caught.value.problems] == ["-0.1", "2"]


def test_randomisation_test(pilot: Pilot) -> None:
    test = row(outcomes.randomisation_tests(pilot), measure="wai")
    # Of 6 allocations AB (1), AC (1.5), BD (-1.5) and CD (-1) are as extreme as AB.
    assert test[["units", "treated_units", "allocations"]].tolist() == [4, 2, 6]
    assert test["p"] == pytest.approx(4 / 6)
    assert test["smallest_p"] == pytest.approx(2 / 6)


def test_one_team_per_arm_leaves_no_degrees_of_freedom(pilot: Pilot) -> None:
    teams = tuple(team for team in pilot.study.teams if team.id in "AC")
    kept = {
        name: pilot.raw[name].query("team in ['A', 'C']")
        for name in ("baseline_survey", "endline_survey", "training_attendance", "tool_use")
    }
    small = replace(pilot, study=pilot.study.model_copy(update={"teams": teams})).with_raw(**kept)
    clustered = row(outcomes.design_effects(small, icc=(0.1,)), measure="wai")
    assert clustered["df"] == 0
    assert math.isnan(clustered["p"])
    at = {"measure": "wai", "analysed": "unit means", "arm": BETWEEN, "estimate": "change"}
    estimated = row(outcomes.estimates(small), **at)
    # Units A and C alone: 1.5 and 0.5.
    assert (estimated["value"], estimated["df"]) == pytest.approx((1, 0))
    assert math.isnan(estimated["ci_low"])
    # Two allocations, mirror images of each other.
    assert row(outcomes.randomisation_tests(small), measure="wai")["smallest_p"] == 1


def test_characteristics_of_the_arms(pilot: Pilot) -> None:
    years = row(outcomes.arm_differences(pilot), characteristic="years_practising")
    # 0..3 and 4..7: difference 4, SD √(5/3).
    assert years["difference"] == -4
    assert years["standardised"] == pytest.approx(-4 / (5 / 3) ** 0.5)


def test_anticipated_outcomes(pilot: Pilot) -> None:
    survey = pilot.raw["post_training_survey"].assign(upload_scores=[2.0, 4.0, 5.0])
    changed = pilot.with_raw(post_training_survey=survey)
    upload = row(outcomes.anticipated_outcomes(changed), question="upload_scores")
    assert upload[["agree", "total"]].tolist() == [2, 3]
    answers = outcomes.anticipated_outcome_answers(changed)
    assert row(answers, question="upload_scores", answer="disagree")["n"] == 1


def test_allocations_are_listed_where_a_unit_has_no_mean(mini: Path) -> None:
    path = mini / "raw/endline_survey.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    table = outcomes.allocations(open_pilot(mini), "wai", "intervention", "endline")
    # Two of the four units can be drawn in six ways; nobody was measured twice.
    assert len(table) == 6
    assert table["observed"].sum() == 1
    assert table[["difference", "as_extreme"]].isna().all(axis=None)
