"""Progression criteria of a study against its pilot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.report import tables
from earlyhelp.study.design import Criterion, read_study
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import open_pilot
from earlyhelp.trial import criteria, progression
from earlyhelp.validate import validate

BLOCK = """
progression:
  timing: prespecified
  rule: worst
  criteria:
    - quantity: attendance
      label: Attended
      green: [0.7, 1]
      amber: [0.5, 0.7]
      red: [0, 0.5]
      reason: Agreed with the service.
    - quantity: iam_ors
      label: Appropriateness
      green: [4.5, 5]
      amber: [4, 4.5]
      red: [1, 4]
      reason: Agreed with the service.
"""


def add_criteria(study: Path, block: str = BLOCK) -> None:
    with (study / "study.yml").open("a", encoding="utf-8") as file:
        file.write(block)


def test_quantities_of_the_miniature(mini: Path) -> None:
    seen = criteria.observed(open_pilot(mini))
    # By hand: three of the four listed people came; P1 and P2 uploaded, P3 did not.
    assert seen.loc["attendance", ["successes", "total"]].tolist() == [3, 4]
    assert seen.loc["recording", ["successes", "total"]].tolist() == [2, 3]
    # P1 gave one 5 and three 4s, P2 and P3 only 4s: mean of 4.25, 4 and 4.
    assert seen.loc["iam_ors", "mean"] == pytest.approx(12.25 / 3)


def test_quantities_of_rotherham(rotherham: Path) -> None:
    seen = criteria.observed(open_pilot(rotherham))
    # RQ 1.3: 25 attended, 4 did not; Table 3.2: 15 of 23; Table 2.2 and the tests' df: 17 of 27.
    assert seen.loc["attendance", ["successes", "total"]].tolist() == [25, 29]
    assert seen.loc["tool_users", ["successes", "total"]].tolist() == [15, 23]
    assert seen.loc["retention_intervention", ["successes", "total"]].tolist() == [17, 27]
    assert seen.loc["contamination_tools", ["successes", "total"]].tolist() == [0, 22]


def test_every_quantity_can_be_observed(mini: Path) -> None:
    pilot = open_pilot(mini)
    assert criteria.quantities(pilot) == tuple(criteria.observed(pilot).index)


def test_assessment_keeps_the_bands_and_counts(mini: Path) -> None:
    add_criteria(mini)
    table = criteria.assess(open_pilot(mini)).set_index("quantity")
    # 3 of 4 lies in 0.7 to 1; the mean rating, 4.08, in 4 to 4.5.
    assert table["best"].tolist() == ["green", "amber"]
    assert table.loc["attendance", ["successes", "amber_low"]].tolist() == [3, 0.5]


def test_a_study_without_criteria_has_none_to_assess(mini: Path) -> None:
    assert criteria.assess(open_pilot(mini)).empty


def test_bands_with_a_gap_are_told(mini: Path) -> None:
    add_criteria(mini, BLOCK.replace("[0.5, 0.7]", "[0.5, 0.6]"))
    with pytest.raises(InputError) as caught:
        read_study(mini)
    text = str(caught.value)
    assert "progression.criteria.0" in text
    assert "bands that meet" in text


def test_an_unknown_quantity_is_told_by_validate(mini: Path) -> None:
    add_criteria(mini, BLOCK.replace("iam_ors", "happiness"))
    with pytest.raises(InputError, match=r"study\.yml, progression\.quantity: found happiness"):
        validate(mini)


def test_one_quantity_twice(mini: Path) -> None:
    twice = BLOCK.replace("iam_ors", "attendance").replace("[4.5, 5]", "[0.9, 1]")
    twice = twice.replace("[4, 4.5]", "[0.5, 0.9]").replace("[1, 4]", "[0, 0.5]")
    add_criteria(mini, twice)
    with pytest.raises(InputError, match="each quantity has one criterion"):
        read_study(mini)


def test_what_the_reconstruction_has_set_freely_is_not_assessed(rotherham: Path) -> None:
    pilot = open_pilot(rotherham)
    # Nothing printed bears on contact, of which the study has no criterion.
    assert criteria.unsettled(pilot) == []
    stated = pilot.study.progression
    contact = stated.criteria[0].model_copy(update={"quantity": "contamination_tools"})
    more = stated.model_copy(update={"criteria": (*stated.criteria, contact)})
    asked = replace(pilot, study=pilot.study.model_copy(update={"progression": more}))
    assert criteria.unsettled(asked) == [contact.label]
    assessed = criteria.assess(asked)
    assert "contamination_tools" not in set(assessed["quantity"])
    assert "illustrative" not in set(assessed["status"])
    # Two figures that the report prints of it do not agree.
    assert assessed.set_index("quantity").loc["continuation", "status"] == "contradicted"
    # Means of ratings are printed, the number of people behind them is not.
    rating = assessed.set_index("quantity").loc["iam_ors"]
    assert (rating["estimate"], rating["best"]) == (pytest.approx(4.2), "green")
    assert rating[["total", "low", "p_green"]].isna().all()


def test_a_share_without_a_count_has_a_band_alone(rotherham: Path) -> None:
    # RQ 1.1: 80.0% of the users uploaded scores, of how many is not printed. Green from 80%.
    row = criteria.assess(open_pilot(rotherham)).set_index("quantity").loc["recording"]
    assert (row["estimate"], row["best"], row["beside"]) == (pytest.approx(0.8), "green", "amber")
    assert row[["total", "successes", "low", "high", "p_green"]].isna().all()
    shown = tables.progression(criteria.assess(open_pilot(rotherham)))
    (found,) = shown.loc[shown["Criterion"].str.startswith("Uploaded"), "Observed"]
    assert found == "80% (n not printed)"
    # It is no part of what is told of criteria with a count.
    assert criteria.combining_rule(open_pilot(rotherham))["chance"].notna().all()


def test_criteria_name_the_readings_behind_them(rotherham: Path) -> None:
    assessed = criteria.assess(open_pilot(rotherham)).set_index("quantity")
    rests_on = assessed["rests_on"].to_dict()
    assert rests_on["attendance"] == rests_on["response_endline_intervention"] == ("A-14",)
    assert rests_on["sessions_used_ors"] == ("A-03",)
    assert rests_on["retention_intervention"] == ("A-03", "A-20")
    assert rests_on["retention_comparison"] == ("A-01", "A-20")
    # Printed as they stand.
    assert rests_on["tool_users"] == rests_on["response_post_training"] == ()
    table = tables.progression(assessed.reset_index())
    assert table["Rests on"].iloc[0] == "[A-14](#a-14)"


def test_both_printed_totals_are_told(rotherham: Path) -> None:
    # 18 respondents of the comparison arm at baseline, or 19; 16 answered again.
    assessed = criteria.assess(open_pilot(rotherham))
    row = assessed.set_index("quantity").loc["retention_comparison"]
    assert (row["total"], row["other"], row["best"], row["worst"]) == (18, 19, "green", "green")
    shown = tables.progression(assessed).loc[list(assessed["quantity"]).index(row.name), "Observed"]
    assert shown == "89% (16 of 18) or 84% (16 of 19)"
    assert assessed.set_index("quantity")["other"].notna().sum() == 1


def test_another_total_counts_for_the_band() -> None:
    criterion = Criterion(
        quantity="retention",
        label="Retention",
        green=(0.85, 1),
        amber=(0.5, 0.85),
        red=(0, 0.5),
        reason="an example",
    )
    seen = pd.DataFrame({"successes": [16], "total": [18], "other": [19]}, index=["retention"])
    (row,) = progression.assess([criterion], seen).to_dict("records")
    # 16 of 18 is 0.889, of 19 0.842.
    assert (row["best"], row["worst"]) == ("green", "amber")


RESPONSE = """
progression:
  timing: prespecified
  rule: worst
  criteria:
    - quantity: response_endline_intervention
      label: Response, intervention
      green: [0.7, 1]
      amber: [0.5, 0.7]
      red: [0, 0.5]
      reason: Agreed with the service.
    - quantity: response_endline_comparison
      label: Response, comparison
      green: [0.7, 1]
      amber: [0.5, 0.7]
      red: [0, 0.5]
      reason: Agreed with the service.
"""


def test_a_rate_among_those_who_answered_is_an_upper_bound(mini: Path) -> None:
    add_criteria(mini, RESPONSE)
    pilot = open_pilot(mini)
    table = criteria.assess(pilot).set_index("quantity")
    assert table["upper_bound"].to_dict() == {
        # The register lists who could have answered.
        "response_endline_intervention": False,
        "response_endline_comparison": True,
    }
    assert table["p_green"].notna().tolist() == [True, False]
    # P5 to P8, of whom nobody is known but from the surveys; three answered again.
    assert table.loc["response_endline_comparison", ["successes", "total"]].tolist() == [3, 4]
    assert tables.progression(table.reset_index())["Observed"].tolist()[1] == "at most 75% (3 of 4)"


def test_a_register_of_both_arms_makes_a_rate(mini: Path) -> None:
    add_criteria(mini, RESPONSE)
    pilot = open_pilot(mini)
    register = pilot.training_attendance.copy()
    for number in (5, 6, 7, 8, 9):
        register.loc[len(register)] = register.loc[0]
        register.loc[len(register) - 1, ["practitioner_id", "team"]] = [f"P{number}", "C"]
    listed = criteria.assess(pilot.with_raw(training_attendance=register)).set_index("quantity")
    found = listed.loc["response_endline_comparison"]
    assert (found["total"], found["upper_bound"]) == (5, False)
    assert found["p_green"] > 0


def test_people_of_a_unit_who_are_alike_tell_less(mini: Path) -> None:
    add_criteria(mini)
    pilot = open_pilot(mini)
    apart, alike = (
        criteria.assess(pilot, icc=icc).set_index("quantity").loc["attendance"]
        for icc in (0.0, 0.5)
    )
    # Four people in the arm's two units: 1 + (2 - 1) / 2, so that four count as 4 / 1.5.
    expected = progression.assess_proportion(
        pilot.study.progression.criteria[0], 3, 4, design_effect=1.5
    )
    assert alike["low"] == pytest.approx(expected["low"])
    assert alike["low"] < apart["low"]


def test_the_rule_is_judged_by_what_was_observed(mini: Path) -> None:
    add_criteria(mini, BLOCK)
    found = criteria.combining_rule(open_pilot(mini))
    # Of the two criteria one is a mean; three or four of four: 4 * 0.9**3 * 0.1 + 0.9**4.
    assert found["chance"].iloc[0] == pytest.approx(0.9477)
    assert found["rate"].isna().tolist() == [False, False, False, True]
