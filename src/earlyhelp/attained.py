"""Values of the correlation and of differences between the arms that agreeing data sets attain.

These are no sums over people, so no solver gives their extremes. CP-SAT gives data sets that are
extreme in moments of those in both waves, and walks from the best of them climb further. What is
found this way is attained; how much further the extremes lie, outer bounds tell.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from math import sqrt
from random import Random
from typing import NamedTuple, TypeVar

from earlyhelp import existence
from earlyhelp.existence import Person, Worth
from earlyhelp.paired import Arm, Change
from earlyhelp.walk import Walk, climb

T = TypeVar("T")
R = TypeVar("R")
Tell = Callable[[str], None]
ARMS, WAVES = ("intervention", "comparison"), ("baseline", "endline")
EXACT, OUTER, ATTAINED = "exact", "outer bound", "attained"

# Weights of the spread at baseline, of that at endline and of the sum at baseline.
DIRECTIONS = (
    (1, 1, 0),
    (-1, -1, 0),
    (1, -1, 0),
    (-1, 1, 0),
    (0, 0, 1),
    (0, 0, -1),
    (-1, 0, 9),
    (-1, 0, -9),
)
# A search for a start may take so much of CP-SAT's deterministic time; more pairs of changes than
# these are represented by those with the least and the greatest spreads; tried moves of a climb.
SEARCH = 6.0
FEW = 10
STEPS = 60_000

Placed = tuple[tuple[Arm, list[Person]], ...]
Value = Callable[[Sequence[Walk]], float]
END_NAMES = ("low", "high")
# Of a measure, an arm or "between", a quantity and an end: people of each arm who reach that end.
Key = tuple[str, str, str, str]
Examples = Mapping[Key, Mapping[str, list[Person]]]


class Attained(NamedTuple):
    """Least and greatest value found, and by arm the people who have them."""

    arm: str
    quantity: str
    ends: tuple[float, float]
    people: tuple[dict[str, list[Person]], dict[str, list[Person]]]


def each(do: Callable[[T], R], items: Sequence[T], label: str, tell: Tell) -> list[R]:
    """Do something with every item on all processors; the solver leaves Python to other threads."""
    done = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, result in enumerate(pool.map(do, items), start=1):
            tell(f"{label} {number} of {len(items)}")
            done.append(result)
    return done


def rows(
    measure: str,
    arms: Mapping[str, Arm],
    people: Mapping[str, Mapping[Change, list[Person] | None]],
    contrasts: Sequence[tuple[Change, Change]],
    known: Examples,
    tell: Tell,
) -> Iterator[Attained]:
    """Search for extreme data sets.

    Parameters
    ----------
    measure : str
        Name in what is told and in `known`.
    arms : mapping of str to Arm
        Intervention and comparison.
    people : mapping
        By arm and change, a data set of each change.
    contrasts : sequence of (Change, Change)
        Changes of both arms that people have, as the test between the arms leaves them.
    known : mapping
        What an earlier search found for the same figures; it is taken as it is where it has both
        ends of every quantity.
    tell : callable
        Is told of progress.
    """
    wanted = list(asked(arms))
    keys = [(measure, arm, quantity, end) for arm, quantity, *_ in wanted for end in END_NAMES]
    if all(key in known for key in keys):
        for arm, quantity, _, value in wanted:
            found = [dict(known[measure, arm, quantity, end]) for end in END_NAMES]
            low, high = (value(walks(arms, of)) for of in found)
            yield Attained(arm, quantity, (low, high), (found[0], found[1]))
        return
    chosen = _representatives(contrasts)
    starts = {
        name: _starts(
            arm,
            {pair[index]: people[name][pair[index]] or [] for pair in chosen},
            f"{measure}, {name}",
            tell,
        )
        for index, (name, arm) in enumerate(arms.items())
    }
    for arm, quantity, names, value in wanted:
        tell(f"{measure}, {arm}: {quantity}")
        groups: list[list[Placed]] = []
        if arm in arms:
            groups += [[((arms[arm], start),) for start in found] for found in starts[arm].values()]
        else:
            for pair in chosen:
                of_pair = [starts[name][change] for name, change in zip(names, pair, strict=True)]
                groups.append(
                    [tuple(zip(arms.values(), sets, strict=True)) for sets in product(*of_pair)]
                )
        (low, least), (high, most) = (_highest(groups, value, sign) for sign in (-1, 1))
        of_ends = [dict(zip(names, sets, strict=True)) for sets in (least, most)]
        yield Attained(arm, quantity, (low, high), (of_ends[0], of_ends[1]))


def asked(arms: Mapping[str, Arm]) -> Iterator[tuple[str, str, tuple[str, ...], Value]]:
    """Yield an arm or "between", a quantity, the arms whose people it is of, and its value."""
    for name in arms:
        yield name, "correlation", (name,), lambda walks: correlation(walks[0])
    for quantity, value in BETWEEN.items():
        if spread_known(arms.values()) or not quantity.startswith("t "):
            yield "between", quantity, tuple(arms), value


def spread_known(arms: Iterable[Arm]) -> bool:
    """Whether the SDs of both waves of all arms are printed."""
    return all(wave.variance is not None for arm in arms for wave in (arm.baseline, arm.endline))


def _representatives(contrasts: Sequence[tuple[Change, Change]]) -> list[tuple[Change, Change]]:
    if len(contrasts) <= FEW:
        return list(contrasts)
    by_spread = sorted(contrasts, key=lambda pair: (pair[0].spread + pair[1].spread, pair))
    return [by_spread[0], by_spread[-1]]


def _starts(
    arm: Arm, known: Mapping[Change, list[Person]], label: str, tell: Tell
) -> dict[Change, list[list[Person]]]:
    """Known data sets, one of each change, and those extreme in a direction that were found."""
    tasks = list(product(sorted(known), DIRECTIONS))

    def search(task: tuple[Change, tuple[int, int, int]]) -> list[Person] | None:
        change, weights = task
        try:
            return existence.greatest(arm, [change], _moment(arm, weights), SEARCH).people
        except existence.Undecided:
            return None

    found = each(search, tasks, f"{label}: start", tell)
    starts = {change: [people] for change, people in known.items()}
    for (change, _), extreme in zip(tasks, found, strict=True):
        if extreme is not None:
            starts[change].append(extreme)
    return starts


def _moment(arm: Arm, weights: tuple[int, int, int]) -> Worth:
    centres = [sum(wave.totals) // (2 * wave.n) for wave in (arm.baseline, arm.endline)]

    def worth(person: Person) -> int:
        before, after = person
        if before is None or after is None:
            return 0
        first, second = before - centres[0], after - centres[1]
        return weights[0] * first**2 + weights[1] * second**2 + weights[2] * first

    return worth


def _highest(
    groups: Sequence[Sequence[Placed]], value: Value, sign: int
) -> tuple[float, list[list[Person]]]:
    """Greatest value (least with the sign -1) met on climbs from the best start of each group."""

    def signed(walks: Sequence[Walk]) -> float:
        return sign * value(walks)

    met = []
    for group in groups:
        random = Random(1)
        starts = ([Walk(arm, people, random) for arm, people in placed] for placed in group)
        best = max(starts, key=signed)
        met.append(climb(best, partial(signed, best), STEPS, random))
    highest, people = max(met, key=lambda of_group: of_group[0])
    return sign * highest, people


def walks(arms: Mapping[str, Arm], people: Mapping[str, list[Person]]) -> list[Walk]:
    """Walks that stand at some people of some of the arms, in the arms' order."""
    return [Walk(arm, people[name], Random(1)) for name, arm in arms.items() if name in people]


# --- Quantities -----------------------------------------------------------------------------------


def correlation(walk: Walk) -> float:
    """Pearson's correlation between the waves of those in both; 0 where one does not vary."""
    _, _, before, after, product_ = _moments(walk)
    return product_ / sqrt(before * after) if before * after > 0 else 0.0


def adjusted_difference(walks: Sequence[Walk]) -> float:
    """Endline difference of the pairs adjusted for baseline (ANCOVA); 0 where no slope exists."""
    first, second = map(_moments, walks)
    spread = first[2] + second[2]
    if not spread:
        return 0.0
    slope = (first[4] + second[4]) / spread
    return first[1] - second[1] - slope * (first[0] - second[0])


def _moments(walk: Walk) -> tuple[float, float, float, float, float]:
    """Means, spreads and sum of products of those in both waves."""
    n = walk.arm.pairs
    x, y = (scores[:n] for scores in walk.scores)
    sum_x, sum_y = sum(x), sum(y)
    return (
        sum_x / n,
        sum_y / n,
        sum(a * a for a in x) - sum_x**2 / n,
        sum(b * b for b in y) - sum_y**2 / n,
        sum(a * b for a, b in zip(x, y, strict=True)) - sum_x * sum_y / n,
    )


def _difference(wave: int) -> Value:
    def value(walks: Sequence[Walk]) -> float:
        first, second = (walk.scores[wave] for walk in walks)
        return sum(first) / len(first) - sum(second) / len(second)

    return value


def _t(wave: int) -> Value:
    """Student's t of all scores of a wave, pooled variance."""

    def value(walks: Sequence[Walk]) -> float:
        scores = [walk.scores[wave] for walk in walks]
        sizes = [len(group) for group in scores]
        spreads = [sum(x * x for x in group) - sum(group) ** 2 / len(group) for group in scores]
        variance = sum(spreads) / (sum(sizes) - 2) * (1 / sizes[0] + 1 / sizes[1])
        return _difference(wave)(walks) / sqrt(variance)

    return value


BETWEEN: dict[str, Value] = {
    "adjusted difference": adjusted_difference,
    **{f"difference at {name}": _difference(wave) for wave, name in enumerate(WAVES)},
    **{f"t at {name}": _t(wave) for wave, name in enumerate(WAVES)},
}
