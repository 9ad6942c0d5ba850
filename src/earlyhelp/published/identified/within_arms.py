"""Change within each arm, as far as printed figures determine it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from math import sqrt

import pandas as pd

from earlyhelp.analysis.outcomes import standardised_difference
from earlyhelp.analysis.quantities import claiming, labelled
from earlyhelp.possible.extremes import EXACT, OUTER, spread_known
from earlyhelp.possible.two_waves import Change
from earlyhelp.published.identified.outcome import counts, reliable_change
from earlyhelp.published.identified.ranges import (
    TOLD,
    IdentifiedSets,
    RangeRow,
    bracketed,
    ends_of,
    possible_spreads,
    ranged,
    signed_root,
    signed_square,
    tidied,
)
from earlyhelp.published.numbers import level, number, roundings


def change(sets: IdentifiedSets, measure: str, confidence: float) -> pd.DataFrame:
    """Change within each arm.

    Parameters
    ----------
    measure : str
        One of `IdentifiedSets.outcomes`.
    confidence : float
        Of the interval of the standardised change, exact (noncentral t).

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = change(sets, "wai", confidence=0.95)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
        quantity   population  low  high     status
     Mean change intervention  6.4   6.4 determined
    SD of change intervention  2.4   2.4 determined
    """
    rows = (
        row
        for index, arm in enumerate(sets.arms)
        for row in _change_of_arm(sets, measure, index, arm, confidence)
    )
    return labelled(tidied(rows), sets.labels)


def _change_of_arm(
    sets: IdentifiedSets, measure: str, index: int, arm: str, confidence: float
) -> Iterator[RangeRow]:
    left = sorted({pair[index] for pair in sets.contrasts(measure)})
    n = left[0].pairs
    how = _how_changes(sets, measure, arm, len(left))
    variances = {change: change.spread / (n - 1) for change in left}
    yield ranged("Mean change", arm, [c.mean for c in left], 1, how, listed=True)
    yield ranged(
        "SD of change", arm, map(signed_root, set(variances.values())), 1, how, listed=True
    )
    squares = {signed_square(change.mean) / variance for change, variance in variances.items()}
    sizes = sorted({abs(square) for square in squares})
    if spread_known(sets.outcomes[measure].arms.values()):
        yield by_baseline_sd(sets, measure, arm, [c.mean for c in left])
    yield ranged("dz", arm, map(signed_root, squares), 2, how, listed=True)
    yield ranged("Size of dz", arm, map(signed_root, sizes), 2, how, listed=True)
    for end, name in ((1, "lower"), (2, "upper")):
        # Both ends grow with d, so that the least and the greatest d give theirs.
        values = {
            standardised_difference(signed_root(size * n), n - 1, n**-0.5, confidence)[end]
            for size in (sizes[0], sizes[-1])
        }
        label = f"If scores rose: {name} end of the {level(confidence)} interval of dz"
        yield ranged(label, arm, values, 2, how)
    outer = (-1.0, 1.0)
    if sets.has(measure, arm, "correlation"):
        low, high, _ = sets.extreme(measure, arm, "correlation")
        outer = low, high
    found = sets.attained(measure, arm, "correlation")
    yield bracketed("Correlation between the waves", arm, outer, found, 2)
    yield from _people_changed(sets, measure, arm)


def by_baseline_sd(
    sets: IdentifiedSets, measure: str, of: str, means: Iterable[Fraction]
) -> RangeRow:
    """Mean changes over the SD at baseline, pooled over the arms, which is known up to rounding."""
    sds = baseline_sd(sets, measure)
    ends = [ends_of(float(mean) / sd for sd in sds) for mean in means]
    how = f"{OUTER}, from the means and the printed SDs"
    row = ranged("d, baseline SD", of, chain(*ends), 2, how, exact=False)
    found = sorted({value for low, high in ends for value in roundings(low, high, 2)})
    return row._replace(values=tuple(found))


def baseline_sd(sets: IdentifiedSets, measure: str) -> tuple[float, float]:
    """Least and greatest SD at baseline, pooled over the arms, of a measure with printed SDs."""
    waves = [arm.baseline for arm in sets.outcomes[measure].arms.values()]
    df = sum(wave.n - 1 for wave in waves)
    squares = [[Fraction(spread, wave.n) for _, spread in possible_spreads(wave)] for wave in waves]
    least, greatest = (sum(map(end, squares)) / df for end in (min, max))
    return sqrt(least), sqrt(greatest)


def _how_changes(sets: IdentifiedSets, measure: str, arm: str, possible: int) -> str:
    table = sets.stored.changes
    chosen = table[(table["measure"] == measure) & (table["arm"] == arm)]
    proved = int((chosen["baseline"] == "").sum())
    kept = f"exact, over the {possible} sums and sums of squares of change that people can have"
    return (
        f"{kept}; {proved} more agree with the tests and were proved impossible" if proved else kept
    )


def _people_changed(sets: IdentifiedSets, measure: str, arm: str) -> Iterator[RangeRow]:
    """Yield how many people improved at all and by a reliable amount, as shares of the pairs."""
    n, solutions = sets.outcomes[measure].pairs[arm], by_solution(sets, measure)
    solutions = solutions[solutions["arm"] == arm] if len(solutions) else solutions
    for quantity, words in _counted(sets, measure).items():
        low, high, found = sets.extreme(measure, arm, quantity)
        how = TOLD[found] + _only_with(solutions, quantity)
        label = f"People who {words} (of {n})"
        yield ranged(label, arm, (low, high), 0, how, exact=found == EXACT)


def _counted(sets: IdentifiedSets, measure: str) -> dict[str, str]:
    """Counts of people by their change, in words."""
    points = reliable_change(sets.outcomes[measure])
    words = {"improved": "improved at all"}
    if points is not None:
        words["reliably improved"] = f"improved by {points} points or more"
        words["reliably worse"] = f"got worse by {points} points or more"
    return words


def _only_with(solutions: pd.DataFrame, quantity: str) -> str:
    """Words for a greatest count that occurs with one SD of change alone."""
    if solutions.empty:
        return ""
    shown = [number(sd, 1) for sd in solutions["sd_high"]]
    highest = solutions.groupby(shown)[f"{quantity}_high"].max()
    below = highest[highest < highest.max()]
    if below.empty or len(below) < len(highest) - 1:
        return ""
    return f"; at most {number(below.max())} unless the SD of change is {highest.idxmax()}"


# More solutions are too many to be read one by one.
FEW_SOLUTIONS = 10
Solution = tuple[tuple[float, float], list[tuple[Change, Change]]]


def joint_solutions(sets: IdentifiedSets, measure: str) -> list[Solution]:
    """Mean changes of both arms that occur together, with their changes; no more than few."""
    alike: dict[tuple[float, float], list[tuple[Change, Change]]] = {}
    for pair in sets.contrasts(measure):
        alike.setdefault((float(pair[0].mean), float(pair[1].mean)), []).append(pair)
    return sorted(alike.items()) if len(alike) <= FEW_SOLUTIONS else []


def by_solution(sets: IdentifiedSets, measure: str) -> pd.DataFrame:
    """What goes together: every pair of mean changes that the people of both arms can have.

    Returns
    -------
    DataFrame
        solution (numbered from 1), arm, mean; as ranges (`_low`, `_high`), since changes with the
        same mean may differ a little in spread: sd (of the change), dz, d (mean over the SD at
        baseline, pooled over the arms, which is known up to its rounding); and for "improved",
        "reliably improved" and "reliably worse" (as far as they can be asked) the fewest and most
        people. These are outer bounds: no data set has fewer or more (`possible.bounds`). Empty
        where there are more than `FEW_SOLUTIONS` solutions.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> columns = ["solution", "arm", "mean", "sd_low", "improved_low", "improved_high"]
    >>> table = by_solution(open_sets("tests/studies/complete"), "wai")
    >>> print(table[columns].round(2).to_string(index=False))
     solution          arm  mean  sd_low  improved_low  improved_high
            1 intervention  6.43    2.37             7              7
            1   comparison -0.80    1.79             0              2
    """
    rows = [
        {"solution": number, "arm": arm}
        | _of_arm(sets, measure, arm, [pair[index] for pair in pairs])
        for number, (_, pairs) in enumerate(joint_solutions(sets, measure), 1)
        for index, arm in enumerate(sets.arms)
    ]
    return claiming(labelled(pd.DataFrame(rows), sets.labels), "bounded")


def _of_arm(
    sets: IdentifiedSets, measure: str, arm: str, changes: list[Change]
) -> dict[str, float]:
    """Quantities of changes that have one mean."""
    outcome, mean = sets.outcomes[measure], float(changes[0].mean)
    sds = [sqrt(change.spread / (change.pairs - 1)) for change in changes]
    ranges = {"sd": ends_of(sds), "dz": ends_of(mean / sd for sd in sds)}
    if spread_known(outcome.arms.values()):
        ranges["d"] = ends_of(mean / sd for sd in baseline_sd(sets, measure))
    asked = counts(outcome, arm)
    for quantity in _counted(sets, measure):
        ranges[quantity] = asked[quantity].ends(changes)
    row = {"mean": mean}
    for name, (low, high) in ranges.items():
        row |= {f"{name}_low": low, f"{name}_high": high}
    return row
