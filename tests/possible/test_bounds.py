"""Expected values come from trying all data sets of small arms."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest

from earlyhelp.possible import bounds
from earlyhelp.possible.existence import Person, agrees
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.two_waves import ArmFigures, Change, TTest, WaveFigures

TEST = TTest(2, "1.00", "0.4")  # plays no part here
# Three people in both waves, one more at baseline and one more at endline; sums alone are known.
SUMS = ArmFigures(WaveFigures(4, 1, 4, (9, 10)), WaveFigures(4, 1, 4, (11, 12)), 3, TEST)
# The same with a printed SD at baseline.
SPREAD = ArmFigures(
    WaveFigures.printed(Figures(4, "2.5", "1.3", 1, 4)), WaveFigures(4, 1, 4, (11, 12)), 3, TEST
)


def everybody(arm: ArmFigures) -> list[tuple[Change, list[Person]]]:
    """All agreeing data sets; the order of the three does not matter."""
    scale = range(1, 5)
    found = []
    for pairs in combinations_with_replacement(product(scale, scale), 3):
        by = [after - before for before, after in pairs]
        change = Change(3, sum(by), sum(d * d for d in by))
        for before, after in product(scale, scale):
            people: list[Person] = [*pairs, (before, None), (None, after)]
            if agrees(arm, change, people):
                found.append((change, people))
    return found


def test_the_greatest_sum_of_squares_is_that_of_all_data_sets() -> None:
    data = everybody(SUMS)
    for total in range(-9, 10):
        squares = [change.squares for change, _ in data if change.total == total]
        assert bounds.most_squares(SUMS, total) == max(squares, default=-1), total


def test_with_a_printed_sd_no_data_set_exceeds_the_greatest_sum_of_squares() -> None:
    data = everybody(SPREAD)
    assert len({change.total for change, _ in data}) > 3
    assert all(change.squares <= bounds.most_squares(SPREAD, change.total) for change, _ in data)


@pytest.mark.parametrize("points", [1, 2])
def test_fewest_and_most_who_rise_are_those_of_all_changes(points: int) -> None:
    by_change: dict[Change, set[int]] = {}
    for by in product(range(-3, 4), repeat=3):
        change = Change(3, sum(by), sum(d * d for d in by))
        by_change.setdefault(change, set()).add(sum(d >= points for d in by))
    assert len(by_change) > 20
    for change, numbers in by_change.items():
        assert bounds.risen(SUMS, [change], points) == (min(numbers), max(numbers)), change
    some = list(by_change)[::7]
    numbers = set().union(*(by_change[change] for change in some))
    assert bounds.risen(SUMS, some, points) == (min(numbers), max(numbers))


@pytest.mark.parametrize("arm", [SUMS, SPREAD])
def test_no_data_set_has_an_endline_sum_outside(arm: ArmFigures) -> None:
    data = everybody(arm)
    for change in {change for change, _ in data}:
        sums = [
            sum(after or 0 for before, after in people if before is not None)
            for of, people in data
            if of == change
        ]
        low, high = bounds.endline_sums(arm, [change])
        assert low <= min(sums)
        assert max(sums) <= high


def test_sums_of_those_in_both_waves_are_all_that_occur() -> None:
    occurring = {sum(b or 0 for b, a in p if a is not None) for _, p in everybody(SUMS)}
    assert set(bounds.paired_sums(SUMS.baseline, 3)) == occurring
