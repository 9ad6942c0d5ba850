"""Expected values come from listing all data sets of a small arm."""

from __future__ import annotations

from collections import Counter
from itertools import product
from random import Random

import pytest
from scipy import stats

from earlyhelp.possible import existence
from earlyhelp.possible.existence import Person, agrees
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.random_walk import Walk, climb, draw
from earlyhelp.possible.two_waves import ArmFigures, Change, TTest, WaveFigures

# Four people at baseline, three of them again and one more at endline, on a scale from 1 to 5: mean
# and SD printed at baseline, the sum alone at endline. The t test plays no part here.
SMALL = ArmFigures(
    WaveFigures.printed(Figures(4, "3.0", "1.4", 1, 5)),
    WaveFigures(4, 1, 5, (13, 14)),
    3,
    TTest(2, "1.00", "0.4"),
)
CHANGE = Change(3, 2, 6)
# Section 3.2, "Improved therapeutic alliance", intervention arm.
ALLIANCE = ArmFigures(
    WaveFigures.printed(Figures(27, "69.2", "5.1", 12, 84)),
    WaveFigures.printed(Figures(17, "70.5", "3.9", 12, 84)),
    17,
    TTest(16, "1.22", "0.238"),
)
ALLIANCE_CHANGE = Change(17, 23, 363)


def listed(change: Change = CHANGE) -> list[tuple[Person, ...]]:
    """All data sets of SMALL with a change, by trying every score of everybody."""
    scale = range(1, 6)
    found = []
    for before in product(scale, repeat=4):
        # By hand: a mean of 3.0 is a sum of 12; 4 * squares - 144 = 12 * variance.
        variance = (4 * sum(x * x for x in before) - 144) / 12
        if sum(before) != 12 or not 1.35**2 <= variance < 1.45**2:
            continue
        for after in product(scale, repeat=3):
            moved = [y - x for x, y in zip(before, after, strict=False)]
            if (sum(moved), sum(d * d for d in moved)) != change[1:]:
                continue
            pairs = tuple(zip(before[:3], after, strict=True))
            found += [
                (*pairs, (before[3], None), (None, last))
                for last in scale
                if sum(after) + last in (13, 14)
            ]
    return found


def stand(walk: Walk) -> tuple[Person, ...]:
    pairs, (before, after) = walk.arm.pairs, walk.scores
    return (
        *zip(before[:pairs], after[:pairs], strict=True),
        *((score, None) for score in before[pairs:]),
        *((None, score) for score in after[pairs:]),
    )


@pytest.fixture(scope="module")
def data_sets() -> list[tuple[Person, ...]]:
    return listed()


@pytest.fixture(scope="module", params=(CHANGE, Change(3, 2, 2)), ids=("apart", "alike"))
def transitions(request: pytest.FixtureRequest) -> Counter[tuple[int, int]]:
    """How often 3000 tried moves from each data set lead to each."""
    data_sets = listed(request.param)
    number = {people: index for index, people in enumerate(data_sets)}
    counts: Counter[tuple[int, int]] = Counter()
    random = Random(7)
    for start, people in enumerate(data_sets):
        walk = Walk(SMALL, people, random)
        for _ in range(3000):
            replaced = walk.step()
            counts[start, number[stand(walk)]] += 1
            walk.put(replaced)
    return counts


def test_every_move_is_as_likely_as_the_one_back(transitions: Counter[tuple[int, int]]) -> None:
    """Chi-square over all pairs of data sets: what makes all of them equally likely in the end."""
    there = [(n, transitions[j, i]) for (i, j), n in transitions.items() if i < j]
    often = [(a, b) for a, b in there if a + b >= 10]
    assert len(often) > 90
    statistic = sum((a - b) ** 2 / (a + b) for a, b in often)
    assert stats.chi2.sf(statistic, len(often)) > 0.001


def test_a_turn_to_people_who_change_alike_is_as_likely_as_the_one_back() -> None:
    """By hand: -4, -1, 4 and -5, 2, 2 have the sum -1 and the squares 33; the latter is a double
    root for the first person, so that a rule without it would go there more often than back."""
    wave = WaveFigures(3, 1, 40, (3, 120))
    arm = ArmFigures(wave, wave, 3, TTest(2, "1.00", "0.4"))

    def turns(start: list[int], end: list[int]) -> int:
        walk, found = Walk(arm, [(20, 20 + change) for change in start], Random(11)), 0
        for _ in range(60_000):
            replaced = walk.put(walk._turn())
            found += sorted(after - before for before, after in walk.pairs) == sorted(end)
            walk.put(replaced)
        return found

    there, back = turns([-4, -1, 4], [-5, 2, 2]), turns([-5, 2, 2], [-4, -1, 4])
    # Three data sets have two people alike and six have none, and all are to be as likely.
    assert there > 1000
    assert abs(2 * there - back) < 4 * (4 * there + back) ** 0.5


def test_every_data_set_can_be_reached(transitions: Counter[tuple[int, int]]) -> None:
    reached, new = {0}, {0}
    while new:
        new = {j for i, j in transitions if i in new} - reached
        reached |= new
    assert reached == {start for start, _ in transitions}


def test_every_step_stays_among_the_agreeing_data_sets() -> None:
    people = existence.people(ALLIANCE, [ALLIANCE_CHANGE])
    assert people is not None
    walk = Walk(ALLIANCE, people, Random(1))
    met = set()
    for _ in range(3000):
        walk.step()
        met.add(stand(walk))
        assert existence.agrees(ALLIANCE, ALLIANCE_CHANGE, stand(walk))
    assert len(met) > 200


def test_what_a_step_returns_undoes_it(data_sets: list[tuple[Person, ...]]) -> None:
    walk = Walk(SMALL, data_sets[-1], Random(2))
    before, moved = stand(walk), 0
    for _ in range(200):
        replaced = walk.step()
        moved += stand(walk) != before
        walk.put(replaced)
        assert stand(walk) == before
    assert moved > 10


def test_the_same_seed_gives_the_same_people(data_sets: list[tuple[Person, ...]]) -> None:
    first, second, other = (
        stand(draw(SMALL, data_sets[0], 500, Random(seed))) for seed in (3, 3, 4)
    )
    assert first == second != other


def test_a_climb_meets_the_greatest_value(data_sets: list[tuple[Person, ...]]) -> None:
    def product_of(people: tuple[Person, ...]) -> int:
        return sum((before or 0) * (after or 0) for before, after in people)

    best = max(map(product_of, data_sets))
    random = Random(5)
    walk = Walk(SMALL, data_sets[0], random)
    found, (people,) = climb([walk], lambda: product_of(stand(walk)) / best, 20_000, random)
    assert found == 1
    assert product_of(tuple(people)) == best
    assert agrees(SMALL, CHANGE, people)
