"""Printed figures among claims, by hand, and what they must have."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import ROOT, change_claims, told

from earlyhelp.possible.printed_group import Interval
from earlyhelp.published.claims import Claim, read_claims
from earlyhelp.published.identified.outcome import outcomes
from earlyhelp.published.printed import Group, PrintedFigures, read_printed
from earlyhelp.study.design import read_study

COMPLETE = ROOT / "tests/studies/complete"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A copy of the complete study, to be spoilt."""
    return Path(shutil.copytree(COMPLETE, tmp_path / "complete"))


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return read_claims(COMPLETE / "claims.csv")


def test_sums_of_a_printed_mean() -> None:
    """69.15 x 27 = 1867.05 and 69.25 x 27 = 1869.75."""
    assert list(Group(27, "69.2").sums((12, 84))) == [1868, 1869]


@pytest.mark.parametrize(
    ("within", "sums"),
    [
        (Interval(41, 42, False, False), range(739, 756)),  # 41 x 18 = 738 and 42 x 18 = 756
        (Interval(41, 42, True, True), range(738, 757)),
        (Interval(42, 60, False, True), range(757, 901)),  # nobody has more than 50
        (None, range(180, 901)),
    ],
)
def test_sums_that_words_leave(within: Interval | None, sums: range) -> None:
    assert Group(18, within=within).sums((10, 50)) == sums


def test_a_figure_is_found_for_each_of_the_rows_that_it_is_said_of(claims: list[Claim]) -> None:
    (one,) = (claim for claim in claims if claim.id == "attended-n")
    printed = PrintedFigures([replace(one, select="role=cook|baker")])
    assert printed.text("attendance", one.column, role="baker") == printed.claims[0].printed
    assert printed.values("attendance", "role") == ["cook", "baker"]
    assert printed.text("attendance", one.column, role="all") is None


def test_several_answers_are_no_reading(claims: list[Claim]) -> None:
    (one,) = (claim for claim in claims if claim.id == "attended-n")
    several = replace(one, select="role=cook|baker", status="contradicted", answer="3, 2")
    assert PrintedFigures([several]).text("attendance", one.column, role="cook") is None


def test_numbers_are_found_by_what_they_are_of(claims: list[Claim]) -> None:
    printed = PrintedFigures(claims)
    assert printed.text("attendance", "not_attended", role="all") == "2"  # printed as a word
    assert printed.text("paired_tests", "p", measure="wai", arm="comparison") == "0.374"  # .374
    assert printed.text("attendance", "eligible", role="all") is None
    assert printed.values("people_completing", "person_type", tool="ORS") == ["child", "adult"]


def test_a_contradicted_figure_stands_for_our_reading(claims: list[Claim]) -> None:
    """8 in one place, 7 in another; the ledger records 7."""
    assert PrintedFigures(claims).respondents("comparison", "baseline") == 7


def test_two_numbers_of_one_cell_are_told(claims: list[Claim]) -> None:
    spoilt = [
        replace(claim, answer="6") if claim.id == "baseline-comparison-n" else claim
        for claim in claims
    ]
    (problem,) = told(lambda: PrintedFigures(spoilt).respondents("comparison", "baseline"))
    assert "baseline-comparison-n, baseline-comparison-text: found 6, 7; expected one" in problem


def test_percentages_of_one_number_of_people() -> None:
    """2, 11, 3 and 1 of 17: 18 people have no count near 11.8%."""
    printed = read_printed(ROOT / "data/rotherham")
    counts = printed.split(18, "tool_frequency", "frequency", tool="SRS")
    assert list(counts.values()) == [11, 2, 3, 1]  # in the order of the file
    assert "no number fits" in told(lambda: printed.split(16, "tool_frequency", "frequency"))[0]


def test_a_percentage_of_so_many_people(claims: list[Claim]) -> None:
    """10 of 14 is 71.4%; no count of 12 is."""
    printed = PrintedFigures(claims)
    assert printed.share(14, "uploaded", answer="yes") == 10
    (problem,) = told(lambda: printed.share(12, "uploaded", answer="yes"))
    assert "uploaded-percent: found 71.4% of 12" in problem


def test_words_about_one_cell_are_taken_together() -> None:
    """Between 41 and 42, and in the average band."""
    printed = read_printed(ROOT / "data/rotherham")
    keys = {"measure": "compassion_satisfaction", "arm": "comparison", "wave": "baseline"}
    assert printed.within("outcome_summary", "mean", **keys) == Interval(41, 42, False, False)


@pytest.mark.parametrize(
    ("claim", "changes", "expected"),
    [
        ("wai-intervention-baseline-mean", None, "a mean beside the SD"),
        ("wai-comparison-endline-sd", None, "an SD of every group or of none"),
        ("wai-comparison-endline-n", None, "a claim that prints n of outcome_summary for"),
        ("wai-intervention-endline-n", {"printed": "1001"}, "2 to 1000 people"),
        ("wai-intervention-endline-n", {"printed": "8.5"}, "a whole number"),
        ("wai-intervention-df", {"printed": "9"}, "at most 8 pairs, intervention"),
        ("cs-between-t", None, "a claim that prints t_size of between_tests for"),
    ],
)
def test_figures_that_nothing_can_be_made_of_are_told(
    study: Path, claim: str, changes: dict[str, str] | None, expected: str
) -> None:
    change_claims(study, claim, changes)
    problems = told(lambda: outcomes(read_study(study), read_printed(study)))
    assert any(expected in problem for problem in problems), problems


def test_problems_of_both_measures_are_told_at_once(study: Path) -> None:
    for claim in ("wai-comparison-endline-n", "cs-between-t"):
        change_claims(study, claim, None)
    assert len(told(lambda: outcomes(read_study(study), read_printed(study)))) == 2


def test_a_mean_beyond_the_scale_is_told(study: Path) -> None:
    change_claims(study, "cs-endline-mean", {"printed": "50.1"})
    found = outcomes(read_study(study), read_printed(study))
    (problem,) = told(lambda: found["compassion_satisfaction"].arms)
    assert "a mean that scores of the scale can have" in problem
