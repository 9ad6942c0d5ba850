"""What a printed figure stands for, and what arithmetic leaves, by the sources that are named."""

from __future__ import annotations

import pytest

from earlyhelp.possible.printed_group import Figures, printed_interval
from earlyhelp.possible.witness import why_impossible
from earlyhelp.study.problems import InputError


@pytest.mark.parametrize(
    ("printed", "rounding", "shown"),
    [
        ("2.7", "half-up", "[2.65, 2.75)"),
        ("-2.7", "half-up", "(-2.75, -2.65]"),
        ("0.0", "half-up", "(-0.05, 0.05)"),
        ("2.7", "half-even", "(2.65, 2.75)"),
        ("2.8", "half-even", "[2.75, 2.85]"),
        ("2.7", "either", "[2.65, 2.75]"),
        ("3", "half-up", "[2.5, 3.5)"),
        ("2.7", "truncated", "[2.7, 2.8)"),
        ("-2.7", "truncated", "(-2.8, -2.7]"),
        ("0.0", "truncated", "(-0.1, 0.1)"),
        ("2.70", "half-up", "[2.695, 2.705)"),
    ],
)
def test_numbers_that_a_printed_figure_stands_for(printed: str, rounding: str, shown: str) -> None:
    interval = printed_interval(printed, rounding)
    left, right = ("[" if interval.low_included else "("), ("]" if interval.high_included else ")")
    assert f"{left}{float(interval.low)}, {float(interval.high)}{right}" == shown


@pytest.mark.parametrize(
    ("mean", "consistent"),
    # R package scrutiny, tests of grim(): means from 5.19 to 5.30 with n = 28. That 5.19 fails is
    # the example of Brown and Heathers (2017).
    list(zip([f"5.{i}" for i in range(19, 31)], "FFTFFFTFFFTF", strict=True)),
)
def test_grim_agrees_with_the_literature(mean: str, consistent: str) -> None:
    reason = why_impossible(Figures(28, mean, "1.5", 1, 7))
    assert ("GRIM fails" in str(reason)) == (consistent == "F")


@pytest.mark.parametrize(
    ("mean", "consistent"),
    # R package scrutiny, tests of grim() with items = 2 and n = 28.
    list(zip([f"0.{i}" for i in range(80, 90)], "TFTFTFTTTT", strict=True)),
)
def test_grim_agrees_with_the_literature_for_items(mean: str, consistent: str) -> None:
    reason = why_impossible(Figures(28, mean, "0.5", 0, 4, items=2, rounding="either"))
    assert ("GRIM fails" in str(reason)) == (consistent == "F")


def test_unreadable_figures_are_told_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        Figures.parse("1", "sixty", "5,1", "84", "12", "0", "up")
    assert [problem.column for problem in caught.value.problems] == [
        "n",
        "items",
        "maximum",
        "mean",
        "sd",
        "rounding",
    ]


@pytest.mark.parametrize("mean", ["1e2", "nan", "", "2.", "2,7", "2.7 ", "inf", "٣"])
def test_only_printed_decimals_are_read(mean: str) -> None:
    with pytest.raises(InputError, match="mean"):
        Figures(10, mean, "1.0", 1, 5)


def test_floats_are_refused_since_they_have_lost_their_zeros() -> None:
    with pytest.raises(InputError, match="mean"):
        Figures(10, 2.7, "1.0", 1, 5)  # type: ignore[arg-type]


def test_arithmetic_answers_whatever_the_size() -> None:
    assert "GRIM fails" in str(why_impossible(Figures(900, "50.0005", "20.00", 0, 100)))
