"""Sums that a printed mean leaves, by hand, and what printed figures must have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers import ROOT

from earlyhelp.published import identified_sets
from earlyhelp.published.printed import possible_sums, read_printed
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError

COMPLETE = ROOT / "tests/studies/complete"


def test_sums_of_a_printed_mean() -> None:
    """69.15 x 27 = 1867.05 and 69.25 x 27 = 1869.75."""
    assert list(possible_sums({"n": 27, "mean": "69.2"}, (12, 84))) == [1868, 1869]


def test_sums_between_limits_exclude_the_limits() -> None:
    """41 x 18 = 738 and 42 x 18 = 756."""
    sums = possible_sums({"n": 18, "above": "41", "below": "42"}, (10, 50))
    assert sums == range(739, 756)


def test_the_scale_is_the_limit_where_none_is_printed() -> None:
    """42 x 27 = 1134 and 50 x 27 = 1350."""
    assert possible_sums({"n": 27, "above": "42"}, (10, 50)) == range(1135, 1351)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('mean: "65.1", sd', "sd", "a mean beside the SD"),
        (', sd: "4.3"', "", "an SD of every group or of none"),
        ('above: "41"', 'mean: "41.5", above: "41"', "a mean, or what it lies above or below"),
        ('above: "41", below: "42"', 'above: "42", below: "41"', "smaller than the one below"),
        ("iam_ors:", "another:", "iam_ors"),
        ("{n: 10,", "{n: 1001,", "1000"),
        ("pairs: {intervention: 7", "pairs: {intervention: 10", "at most as many pairs"),
    ],
)
def test_figures_that_nothing_can_be_made_of_are_refused(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    text = (COMPLETE / "printed.yml").read_text("utf-8")
    assert old in text
    (tmp_path / "printed.yml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(InputError) as caught:
        read_printed(tmp_path)
    assert any(expected in problem.expected for problem in caught.value.problems)


def test_a_mean_beyond_the_scale_is_told(tmp_path: Path) -> None:
    study = Path(shutil.copytree(COMPLETE, tmp_path / "complete"))
    path = study / "printed.yml"
    path.write_text(path.read_text("utf-8").replace('above: "41", below: "42"', 'above: "50"'))
    outcomes = identified_sets.outcomes(read_study(study), read_printed(study)).values()
    with pytest.raises(InputError, match="a mean that scores of the scale can have"):
        [outcome.arms for outcome in outcomes]
