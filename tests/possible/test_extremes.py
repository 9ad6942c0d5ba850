"""Expected values come from listing all data sets of small arms, numpy and statsmodels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from earlyhelp.possible import existence, extremes
from earlyhelp.possible.existence import Person
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.random_walk import Walk
from earlyhelp.possible.two_waves import ArmFigures, Change, TTest, WaveFigures

ARMS = {
    "intervention": ArmFigures(
        WaveFigures.printed(Figures(4, "3", "1", 1, 5)),
        WaveFigures.printed(Figures(3, "3", "1", 1, 5)),
        3,
        TTest(2, "1.00", "0.4"),
    ),
    "comparison": ArmFigures(
        WaveFigures.printed(Figures(3, "3", "1", 1, 5)),
        WaveFigures.printed(Figures(4, "4", "1", 1, 5)),
        3,
        TTest(2, "1.00", "0.4"),
    ),
}
CHANGES = (Change(3, 2, 6), Change(3, 2, 2))


def listed(arm: ArmFigures, change: Change) -> list[list[Person]]:
    """All data sets, each condition checked by `existence.agrees`."""
    scale = range(1, 6)
    found = []
    rest = [arm.baseline.n - 3, arm.endline.n - 3]
    for pairs in product(product(scale, scale), repeat=3):
        moved = [after - before for before, after in pairs]
        if (sum(moved), sum(d * d for d in moved)) != change[1:]:
            continue
        for before, after in product(
            product(scale, repeat=rest[0]), product(scale, repeat=rest[1])
        ):
            people: list[Person] = [
                *pairs,
                *((x, None) for x in before),
                *((None, y) for y in after),
            ]
            if existence.agrees(arm, change, people):
                found.append(people)
    return found


@pytest.fixture(scope="module")
def data_sets() -> list[list[list[Person]]]:
    found = [listed(arm, change) for arm, change in zip(ARMS.values(), CHANGES, strict=True)]
    assert all(len(of_arm) > 20 for of_arm in found)
    return found


def in_turn(do: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], label: str) -> list[Any]:
    return [do(*task) for task in tasks]


@pytest.fixture(scope="module")
def found(data_sets: list[list[list[Person]]]) -> list[extremes.Attained]:
    people = {
        name: {change: of_arm[0]}
        for name, change, of_arm in zip(ARMS, CHANGES, data_sets, strict=True)
    }
    return list(extremes.rows("m", ARMS, people, [CHANGES], in_turn))


@pytest.fixture(scope="module")
def rows(found: list[extremes.Attained]) -> dict[tuple[str, str], tuple[float, float]]:
    return {(of.arm, of.quantity): of.ends for of in found}


def test_the_people_found_agree_and_have_the_ends(found: list[extremes.Attained]) -> None:
    for of in found:
        for end, people in zip(of.ends, of.people, strict=True):
            assert extremes.value(ARMS, of.quantity, people) == end
            for arm, change in zip(ARMS, CHANGES, strict=True):
                assert arm not in people or existence.agrees(ARMS[arm], change, people[arm])


def test_the_extremes_of_the_correlation_are_attained(
    data_sets: list[list[list[Person]]], rows: dict[tuple[str, str], tuple[float, float]]
) -> None:
    for name, of_arm in zip(ARMS, data_sets, strict=True):
        values = []
        for people in of_arm:
            before, after = zip(*people[:3], strict=True)
            if len(set(before)) > 1 and len(set(after)) > 1:
                values.append(float(np.corrcoef(before, after)[0, 1]))
            else:
                values.append(0.0)
        assert rows[name, "correlation"] == pytest.approx([min(values), max(values)])


def all_pairs(data_sets: list[list[list[Person]]]) -> list[list[Walk]]:
    return [
        [Walk(arm, people, Random(0)) for arm, people in zip(ARMS.values(), chosen, strict=True)]
        for chosen in product(*(of_arm[::3] for of_arm in data_sets))
    ]


@pytest.mark.parametrize("quantity", list(extremes.BETWEEN))
def test_no_listed_data_set_lies_outside_what_is_attained(
    quantity: str,
    data_sets: list[list[list[Person]]],
    rows: dict[tuple[str, str], tuple[float, float]],
) -> None:
    values = [extremes.BETWEEN[quantity](walks) for walks in all_pairs(data_sets)]
    low, high = rows["between", quantity]
    assert low - 1e-9 <= min(values)
    assert max(values) <= high + 1e-9
    assert low < high


def test_the_adjusted_difference_is_the_coefficient_of_the_arm(
    data_sets: list[list[list[Person]]],
) -> None:
    """Least squares of endline on arm and baseline (statsmodels)."""
    for walks in all_pairs(data_sets)[::97]:
        frame = pd.DataFrame(
            [
                (before, after, int(arm == 0))
                for arm, walk in enumerate(walks)
                for before, after in walk.pairs
            ],
            columns=["before", "after", "arm"],
        )
        expected = smf.ols("after ~ arm + before", frame).fit().params["arm"]
        assert extremes.adjusted_difference(walks) == pytest.approx(expected)


def test_t_is_students_of_all_scores_of_a_wave(data_sets: list[list[list[Person]]]) -> None:
    for walks in all_pairs(data_sets)[::97]:
        for wave, name in enumerate(extremes.WAVES):
            expected = stats.ttest_ind(*(walk.scores[wave] for walk in walks)).statistic
            assert extremes.BETWEEN[f"t at {name}"](walks) == pytest.approx(expected)


def test_many_changes_are_represented_by_the_least_and_the_most_spread() -> None:
    contrasts = [(Change(3, 3 * k, 5 * k * k), Change(3, 0, 2)) for k in range(1, 20)]
    assert extremes._representatives(contrasts) == [contrasts[0], contrasts[-1]]
    assert extremes._representatives(contrasts[:10]) == contrasts[:10]


def test_changes_with_the_same_sums_are_represented_by_the_most_spread() -> None:
    contrasts = [(Change(3, 0, 2 * k), Change(3, 0, 2)) for k in range(1, 20)]
    other = (Change(3, 1, 3), Change(3, 0, 2))
    assert set(extremes._representatives([*contrasts, other])) == {contrasts[-1], other}


def test_changes_within_the_bounds_of_others_are_left_out() -> None:
    """Small changes leave any correlation, large ones only a negative one. The first is kept."""
    wave = WaveFigures(3, 1, 5, (9, 9))
    arms = dict.fromkeys(ARMS, ArmFigures(wave, wave, 3, TTest(2, "1.00", "0.4")))
    small, large = Change(3, 0, 2), Change(3, 0, 32)
    pairs = [(small, small), (small, large), (large, large)]
    assert extremes._furthest(arms, pairs) == [(small, small)]
    assert extremes._furthest(arms, pairs[::-1]) == pairs[::-1]


def test_changes_that_may_reach_further_are_kept() -> None:
    """The same spread downwards does not; a smaller one leaves more correlation."""
    down, smaller = ((Change(3, -2, squares), CHANGES[1]) for squares in (6, 4))
    assert extremes._furthest(ARMS, [CHANGES, down, smaller]) == [CHANGES, smaller]


def test_a_search_without_an_end_leaves_the_known_start(
    data_sets: list[list[list[Person]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object, **__: object) -> None:
        raise existence.Undecided

    monkeypatch.setattr(existence, "greatest", endless)
    known = {CHANGES[0]: data_sets[0][0]}
    starts = extremes._starts(ARMS["intervention"], known, "m", in_turn)
    assert starts == {CHANGES[0]: [data_sets[0][0]]}
