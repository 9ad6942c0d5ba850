"""Expected values come from trying all data sets of a small arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from unittest import mock

import pytest

from earlyhelp.possible import existence, two_waves
from earlyhelp.possible.existence import (
    Person,
    Undecided,
    agreeing_changes,
    agrees,
    greatest,
    people,
)
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.two_waves import ArmFigures, Change, TTest, WaveFigures

# Four people at baseline with the mean 2.5 and the SD 1.3 on a scale from 1 to 4; three of them and
# one more at endline, where only the sum is known. The t test plays no part here.
ARM = ArmFigures(
    WaveFigures.printed(Figures(4, "2.5", "1.3", 1, 4)),
    WaveFigures(4, 1, 4, (11, 12)),
    3,
    TTest(2, "1.00", "0.4"),
)
CHANGES = [
    Change(3, total, squares)
    for total in range(-9, 10)
    for squares in range(28)
    if 3 * squares >= total**2
]


def everybody() -> Iterator[tuple[Change, list[Person]]]:
    """All agreeing data sets; sums of 10, SD by hand: 4 * squares - 100 = 12 * variance."""
    for before in product(range(1, 5), repeat=4):
        spread = 4 * sum(x * x for x in before) - sum(before) ** 2
        if sum(before) != 10 or not 1.25**2 <= spread / 12 < 1.35**2:
            continue
        for after in product(range(1, 5), repeat=4):
            if sum(after) in (11, 12):
                moved = [y - x for x, y in zip(before[:3], after[:3], strict=True)]
                change = Change(3, sum(moved), sum(d * d for d in moved))
                yield (
                    change,
                    [
                        *zip(before[:3], after[:3], strict=True),
                        (before[3], None),
                        (None, after[3]),
                    ],
                )


def test_people_are_found_exactly_where_there_are_some() -> None:
    occurring = {change for change, _ in everybody()}
    assert 5 < len(occurring) < len(CHANGES)
    for change in [c for c in CHANGES if c in occurring or (c.total + c.squares) % 5 == 0]:
        found = people(ARM, [change])
        assert (found is not None) == (change in occurring), change
        assert found is None or agrees(ARM, change, found)


def test_the_greatest_count_is_that_of_all_data_sets() -> None:
    def risen(person: Person) -> int:
        return int(None not in person and person[1] > person[0])  # type: ignore[operator]

    some = sorted({change for change, _ in everybody() if change.total == 2})
    most = max(sum(map(risen, data)) for change, data in everybody() if change in some)
    found = greatest(ARM, some, risen)
    assert (found.value, found.bound) == (most, most)
    least = min(sum(map(risen, data)) for change, data in everybody() if change in some)
    assert greatest(ARM, some, lambda person: -risen(person)).value == -least


def test_no_people_have_no_greatest_count() -> None:
    with pytest.raises(ValueError, match="no people"):
        greatest(ARM, [Change(3, 0, 27)], lambda person: 1)


@pytest.mark.parametrize("spoilt", [0, 3, 4])
def test_people_who_disagree_with_one_figure_are_refused(spoilt: int) -> None:
    change, data = next(everybody())
    assert agrees(ARM, change, data)
    before, after = data[spoilt]
    data[spoilt] = (
        None if before is None else before % 4 + 1,
        None if after is None else after % 4 + 1,
    )
    assert not agrees(ARM, change, data)


def arm_with(t: str, p: str) -> ArmFigures:
    return replace(ARM, test=TTest(2, t, p))


def t_of(change: Change) -> float:
    return abs(float(change.mean)) / change.sd * 3**0.5


def test_changes_agree_exactly_where_some_data_set_does() -> None:
    occurring = {change for change, _ in everybody() if change.spread and change.total}
    for t in (f"{tenths / 10:.1f}" for tenths in range(9, 60)):
        expected = {c for c in occurring if float(t) - 0.05 <= t_of(c) < float(t) + 0.05}
        # A p that is printed as 0 lets t be anything from 0.82.
        found = agreeing_changes([arm_with(t, "0")])
        assert (found is not None) == bool(expected), t
        assert found is None or found[0] in expected


def test_a_solver_that_errs_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    arms = [arm_with(t, "0") for t in ("1.7", "5.9")]
    found = [agreeing_changes([arm]) for arm in arms]
    assert [one is None for one in found] == [False, True]
    for error in (ValueError, Undecided):
        # What is computed in floating point is no proof that there are no people.
        monkeypatch.setattr(existence, "greatest", mock.Mock(side_effect=error))
        assert [agreeing_changes([arm]) for arm in arms] == found


def test_changes_of_two_arms_agree_with_the_test_between_them() -> None:
    first, second = arm_with("1.7", "0.2"), arm_with("1.0", "0.4")
    changes = [
        {c for c, _ in everybody() if c in set(two_waves.changes(a))} for a in (first, second)
    ]
    for t in range(9):
        between = TTest(4, str(t), "0" if t else "1")
        expected = {
            pair
            for pair in product(*changes)
            if pair in two_waves.joint(*map(list, changes), between)
        }
        found = agreeing_changes([first, second], between)
        assert (found is not None) == bool(expected)
        assert found is None or found in expected


def test_a_t_that_may_be_0_is_undecided() -> None:
    with pytest.raises(Undecided, match="may be 0"):
        agreeing_changes([arm_with("0.0", "1.0")])
