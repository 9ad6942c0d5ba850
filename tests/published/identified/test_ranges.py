"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from helpers import ROOT

from earlyhelp.published.identified import people, ranges, scores
from earlyhelp.published.identified.ranges import IdentifiedSets, open_sets
from earlyhelp.report import tables

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_a_study_with_real_data_has_nothing_to_determine() -> None:
    assert open_sets(ROOT / "tests/studies/mini") is None


@pytest.mark.parametrize(
    ("outer", "found", "how"),
    [
        ((-1.0, 0.7354), (-0.9984, 0.7302), "exact"),  # shown outwards: -1.00 and 0.74 both
        (
            (-1.0, 0.7354),
            (-0.98, 0.7302),
            "outer bound; data sets with \N{MINUS SIGN}0.98 and 0.73",
        ),
    ],
)
def test_what_is_attained_stands_beside_an_outer_bound(
    outer: tuple[float, float], found: tuple[float, float], how: str
) -> None:
    row = ranges.bracketed("q", "p", outer, found, 2)
    assert (row[2], row[3]) == outer
    assert row[7].startswith(how)


def test_equal_when_rounded_is_not_determined(sets: IdentifiedSets) -> None:
    values = [Fraction(1, 3), Fraction(333333, 1000000)]
    rows = [ranges.ranged("q", "p", v, 2, "exact") for v in (values, values[:1])]
    assert [row[6] for row in rows] == ["bounded", "determined"]


def test_an_outer_bound_is_never_called_determined() -> None:
    assert ranges.ranged("q", "p", [1], 0, "found so", exact=False).status == "bounded"


def test_the_readers_frames_have_the_columns_of_the_module(sets: IdentifiedSets) -> None:
    frames = [
        people.use(sets),
        scores.shape(sets),
        people.loss(sets, CS),
    ]
    for frame in frames:
        assert list(frame.columns) == list(ranges.RangeRow._fields)
        assert set(frame["status"]) <= {"determined", "bounded"}
        assert (frame["low"] <= frame["high"]).all()


@pytest.mark.parametrize(
    ("low", "high", "values", "decimals", "shown"),
    [
        (2.0, 2.0, (2.0,), 0, "2"),
        (-1.35, 2.71, (-1.35, 1.35, 2.71), 1, "−1.4 or 1.4 or 2.7"),
        (1.265, 5.541, (), 1, "1.2 to 5.6"),  # outwards
        (0.10297, 0.10312, (), 2, "0.1029 to 0.1032"),  # alike at two decimals, not determined
        (-1.0, 1.0, (), 2, "−1.00 to 1.00"),
    ],
)
def test_ranges_are_shown_outwards_and_few_values_in_full(
    low: float, high: float, values: tuple[float, ...], decimals: int, shown: str
) -> None:
    row = ("q", "p", low, high, values, decimals, "bounded", "exact")
    table = tables.identified(pd.DataFrame([row], columns=list(ranges.RangeRow._fields)))
    assert table["Value or range"].tolist() == [shown]
