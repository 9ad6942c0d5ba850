"""Each rule between the raw files, on the miniature study with one thing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from earlyhelp.study import plausibility
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import open_pilot

# Rule, file, what stands there, what is put in its place, row and column that are told.
CASES = {
    "one_place_each": ("training_attendance", "P1,A,", "P1,B,", 2, "team"),
    "adult_or_child": ("tool_use", "T2,F1,child", "T2,F1,adult", 3, "person_type"),
    "questions_of_one_arm": ("endline_survey", "easier,yes,,", "easier,yes,no,", 2, None),
    "waves_in_order": ("post_training_survey", "P1,A,2024-02-20", "P1,A,2024-01-14", 2, None),
    "register_of_the_arm": ("baseline_survey", "P4,B,", "P9,B,", 5, "practitioner_id"),
    "trained_before_asked": ("post_training_survey", "P3,B,", "P4,B,", 4, "practitioner_id"),
    "reasons_of_the_absent": (
        "training_attendance",
        "scheduled,mop-up,",
        "scheduled,mop-up,absence",
        4,
        "reason_not_attended",
    ),
    "years_do_not_fall": (
        "endline_survey",
        "P3,B,2024-06-10,Family Support Worker,,,",
        "P3,B,2024-06-10,Family Support Worker,,1,",
        4,
        "years_practising",
    ),
}
COLUMNS = {"questions_of_one_arm": "contact_with_training", "waves_in_order": "completed_on"}


def problems(study: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        open_pilot(study)
    return caught.value.problems


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("rule", CASES)
def test_a_row_that_cannot_be_so_is_told_in_its_place(mini: Path, rule: str) -> None:
    stem, old, new, row, column = CASES[rule]
    edit(mini / f"raw/{stem}.csv", old, new)
    (problem,) = problems(mini)
    place = (f"{stem}.csv", row, column or COLUMNS[rule])
    assert (problem.file, problem.row, problem.column) == place


def test_a_survey_of_an_arm_that_it_did_not_go_to(mini: Path) -> None:
    wave = "{id: endline, label: Endline, month: 2024-06, arms: "
    edit(mini / "study.yml", f"{wave}[intervention, comparison]", f"{wave}[intervention]")
    # P5 to P7, in the comparison arm, stand in rows 5 to 7.
    assert [(problem.file, problem.row) for problem in problems(mini)] == [
        ("endline_survey.csv", row) for row in (5, 6, 7)
    ]


def test_a_reason_for_one_part_is_plausible(mini: Path) -> None:
    edit(mini / "raw/training_attendance.csv", "scheduled,mop-up,", "not attended,mop-up,illness")
    assert open_pilot(mini).training_attendance["reason_not_attended"].count() == 2


def test_years_that_grow_are_plausible(mini: Path) -> None:
    path = mini / "raw/endline_survey.csv"
    edit(
        path,
        "P3,B,2024-06-10,Family Support Worker,,,",
        "P3,B,2024-06-10,Family Support Worker,,2,",
    )
    assert open_pilot(mini).raw["endline_survey"]["years_practising"].count() == 1


def test_somebody_of_the_comparison_arm_may_join_at_endline(mini: Path) -> None:
    edit(mini / "raw/endline_survey.csv", "P7,D,", "P9,D,")
    assert "P9" in set(open_pilot(mini).raw["endline_survey"]["practitioner_id"])


def test_every_rule_has_its_test() -> None:
    rules = {rule.__name__ for rule in plausibility.RULES}
    assert rules == {*CASES, "arms_of_the_wave"}
