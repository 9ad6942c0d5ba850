"""Values of the correlation and of differences between the arms that agreeing data sets attain.

These are no sums over people, so no solver gives their extremes. HiGHS gives data sets that are
extreme in moments of those in both waves, and walks from the best of them climb further. What is
found this way is attained; how much further the extremes lie, outer bounds tell. They also spare
work: changes whose bounds all lie within those of others are not searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import sqrt
from random import Random
from typing import Any, NamedTuple

from earlyhelp.possible import existence, two_waves
from earlyhelp.possible.existence import Person, Worth
from earlyhelp.possible.random_walk import Walk, climb
from earlyhelp.possible.two_waves import WAVES, ArmFigures, Change

# Calls a function of a module with every tuple of arguments and returns the results in order; the
# last argument names the work to whoever waits.
Each = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]], str], list[Any]]
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
# A start may stay so far below the greatest moment, as a share of it; more pairs of sums of change
# than these are represented by the least and the greatest spreads; tried moves of a climb.
GAP = 0.01
FEW = 10
STEPS = 60_000

# People of each arm, by its name.
PeopleOfArms = Mapping[str, list[Person]]
Value = Callable[[Sequence[Walk]], float]
# Of both ends of a quantity: the least is the greatest of the negative.
SIGNS = {"low": -1, "high": 1}


class Attained(NamedTuple):
    """Least and greatest value found, and by arm the people who have them."""

    arm: str
    quantity: str
    ends: tuple[float, float]
    people: tuple[PeopleOfArms, PeopleOfArms]


def rows(
    measure: str,
    arms: Mapping[str, ArmFigures],
    people: Mapping[str, Mapping[Change, list[Person] | None]],
    contrasts: Sequence[tuple[Change, Change]],
    each: Each,
    steps: int = STEPS,
) -> Iterator[Attained]:
    """Search for extreme data sets.

    Parameters
    ----------
    measure : str
        Name in what is told.
    arms : mapping of str to ArmFigures
        Intervention and comparison.
    people : mapping
        By arm and change, a data set of each change.
    contrasts : sequence of (Change, Change)
        Changes of both arms that people have, as the test between the arms leaves them.
    each : callable
    steps : int
        Tried moves of each climb.

    Examples
    --------
    >>> from earlyhelp.possible.printed_group import Figures
    >>> from earlyhelp.possible.two_waves import TTest, WaveFigures
    >>> before = WaveFigures.printed(Figures(5, "3", "1", 1, 5))
    >>> after = WaveFigures.printed(Figures(5, "3", "1", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=4, test=TTest(3, "0.77", "0.495"))
    >>> changes = existence.agreeing_changes([arm])
    >>> people = {changes[0]: existence.people(arm, changes)}
    >>> found = rows(
    ...     "mood",
    ...     {"new": arm, "usual": arm},
    ...     {"new": people, "usual": people},
    ...     [(changes[0], changes[0])],
    ...     each=lambda search, tasks, _: [search(*task) for task in tasks],
    ...     steps=300,
    ... )
    >>> for met in found:
    ...     print(f"{met.arm}, {met.quantity}: {met.ends[0]:.2f} to {met.ends[1]:.2f}")
    new, correlation: -1.00 to -0.75
    usual, correlation: -1.00 to -0.75
    between, adjusted difference: -0.95 to 0.95
    between, difference at baseline: -0.20 to 0.20
    between, difference at endline: -0.20 to 0.20
    between, t at baseline: -0.26 to 0.26
    between, t at endline: -0.26 to 0.26
    """
    chosen = _furthest(arms, _representatives(contrasts))
    starts = {
        name: _starts(
            arm,
            {pair[index]: people[name][pair[index]] or [] for pair in chosen},
            f"{measure}, {name}",
            each,
        )
        for index, (name, arm) in enumerate(arms.items())
    }
    both: list[list[PeopleOfArms]] = []
    for pair in chosen:
        found = (starts[name][change] for name, change in zip(arms, pair, strict=True))
        both.append([dict(zip(arms, sets, strict=True)) for sets in product(*found)])
    groups = {
        name: [[{name: people} for people in found] for found in of_arm.values()]
        for name, of_arm in starts.items()
    } | {"between": both}
    tasks = [
        (arms, arm, quantity, sign, group, steps)
        for arm, quantity in asked(arms)
        for sign in SIGNS.values()
        for group in groups[arm]
    ]
    met: dict[tuple[str, str, int], list[tuple[float, PeopleOfArms]]] = {}
    climbs = each(_highest, tasks, f"{measure}: climb")
    for (_, arm, quantity, sign, *_), highest in zip(tasks, climbs, strict=True):
        met.setdefault((arm, quantity, sign), []).append(highest)
    for arm, quantity in asked(arms):
        (low, least), (high, most) = (
            max(met[arm, quantity, sign], key=lambda found: found[0]) for sign in SIGNS.values()
        )
        yield Attained(arm, quantity, (-low, high), (least, most))


def asked(arms: Mapping[str, ArmFigures]) -> Iterator[tuple[str, str]]:
    """Yield an arm or "between", and a quantity.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest, WaveFigures
    >>> wave = WaveFigures(3, 1, 5, (9, 9))
    >>> arm = ArmFigures(wave, wave, 3, TTest(2, "1.00", "0.4"))
    >>> for of, quantity in asked({"intervention": arm, "comparison": arm}):
    ...     print(of, "-", quantity)
    intervention - correlation
    comparison - correlation
    between - adjusted difference
    between - difference at baseline
    between - difference at endline
    """
    yield from product(arms, WITHIN)
    for quantity in BETWEEN:
        if spread_known(arms.values()) or not quantity.startswith("t "):
            yield "between", quantity


def value(arms: Mapping[str, ArmFigures], quantity: str, people: PeopleOfArms) -> float:
    """Value of a quantity for some people.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest, WaveFigures
    >>> wave = WaveFigures(3, 1, 5, (9, 9))
    >>> arm = ArmFigures(wave, wave, 3, TTest(2, "1.00", "0.4"))
    >>> value({"one": arm}, "correlation", {"one": [(1, 5), (3, 3), (5, 1)]})
    -1.0
    """
    return VALUES[quantity](_walks(arms, people, Random(1)))


def spread_known(arms: Iterable[ArmFigures]) -> bool:
    """Whether the SDs of both waves of all arms are printed.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest, WaveFigures
    >>> wave = WaveFigures(3, 1, 5, (9, 9))  # no variance
    >>> spread_known([ArmFigures(wave, wave, 3, TTest(2, "1.00", "0.4"))])
    False
    """
    return all(wave.variance is not None for arm in arms for wave in (arm.baseline, arm.endline))


def _representatives(contrasts: Sequence[tuple[Change, Change]]) -> list[tuple[Change, Change]]:
    by_spread = sorted(contrasts, key=lambda pair: (pair[0].spread + pair[1].spread, pair))
    # Of pairs with the same sums, the last and so the one with the greatest spread.
    chosen = list(
        {(first.total, second.total): (first, second) for first, second in by_spread}.values()
    )
    return chosen if len(chosen) <= FEW else [by_spread[0], by_spread[-1]]


def _furthest(
    arms: Mapping[str, ArmFigures], pairs: Sequence[tuple[Change, Change]]
) -> list[tuple[Change, Change]]:
    """Leave out the pairs whose outer bounds all lie within those of one before."""
    first, second = arms.values()
    kept: dict[tuple[Change, Change], list[tuple[float, float]]] = {}
    for pair in pairs:
        bounds = [
            two_waves.correlation_bounds(first, pair[0]),
            two_waves.correlation_bounds(second, pair[1]),
            two_waves.adjusted_bounds(first, second, [pair]),
        ]
        if not any(all(map(_within, bounds, wider)) for wider in kept.values()):
            kept[pair] = bounds
    return list(kept)


def _within(bounds: tuple[float, float], wider: tuple[float, float]) -> bool:
    return wider[0] <= bounds[0] and bounds[1] <= wider[1]


def _starts(
    arm: ArmFigures, known: Mapping[Change, list[Person]], label: str, each: Each
) -> dict[Change, list[list[Person]]]:
    """Known data sets, one of each change, and those extreme in a direction."""
    tasks = [(arm, *task) for task in product(sorted(known), DIRECTIONS)]
    starts = {change: [people] for change, people in known.items()}
    for (_, change, _), found in zip(tasks, each(_extreme, tasks, f"{label}: start"), strict=True):
        starts[change] += found
    return starts


def _extreme(arm: ArmFigures, change: Change, weights: tuple[int, int, int]) -> list[list[Person]]:
    """One data set, or none: a search without an end leaves the known start."""
    try:
        return [existence.greatest(arm, [change], _moment(arm, weights), gap=GAP).people]
    except existence.Undecided:
        return []


def _moment(arm: ArmFigures, weights: tuple[int, int, int]) -> Worth:
    centres = [sum(wave.totals) // (2 * wave.n) for wave in (arm.baseline, arm.endline)]

    def worth(person: Person) -> int:
        before, after = person
        if before is None or after is None:
            return 0
        first, second = before - centres[0], after - centres[1]
        return weights[0] * first**2 + weights[1] * second**2 + weights[2] * first

    return worth


def _highest(
    arms: Mapping[str, ArmFigures],
    _: str,
    quantity: str,
    sign: int,
    group: Sequence[PeopleOfArms],
    steps: int,
) -> tuple[float, PeopleOfArms]:
    """Greatest value, times the sign, met on a climb from the best of a group, and who has it."""
    random = Random(1)
    best = max(group, key=lambda people: sign * value(arms, quantity, people))
    walks = _walks(arms, best, random)
    highest, people = climb(walks, lambda: sign * VALUES[quantity](walks), steps, random)
    return highest, dict(zip(best, people, strict=True))


def _walks(arms: Mapping[str, ArmFigures], people: PeopleOfArms, random: Random) -> list[Walk]:
    return [Walk(arm, people[name], random) for name, arm in arms.items() if name in people]


# --- Quantities -----------------------------------------------------------------------------------


def correlation(walks: Sequence[Walk]) -> float:
    """Pearson's correlation between the waves of those in both; 0 where one does not vary."""
    (walk,) = walks
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


WITHIN: dict[str, Value] = {"correlation": correlation}
BETWEEN: dict[str, Value] = {
    "adjusted difference": adjusted_difference,
    **{f"difference at {name}": _difference(wave) for wave, name in enumerate(WAVES)},
    **{f"t at {name}": _t(wave) for wave, name in enumerate(WAVES)},
}
VALUES = WITHIN | BETWEEN
