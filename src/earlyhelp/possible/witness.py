"""Whether any data set has a group's printed figures, and one that has.

Neither needs the table of `one_group`, so that both are answered for thousands of people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import Any

from earlyhelp.possible.one_group import count
from earlyhelp.possible.printed_group import Figures, Target, TooLarge, least_squares, targets
from earlyhelp.study.problems import Problem

# Of CP-SAT's deterministic time, about a second each, and what is laid before it at most.
LIMIT = 10.0
MOST_SCORES, MOST_SUMS = 20_000, 2_000
MOST_PEOPLE = 1_000  # in groups of unknown size


def why_impossible(figures: Figures) -> str | None:
    """Say why no data set agrees with the figures; None if at least one does.

    The mean, GRIM, the range of the SD and GRIMMER answer for any size, and so does a data set that
    agrees. Only where the search for one ends undecided are all of them counted.

    Raises
    ------
    TooLarge
        Undecided, and too many to count.

    Examples
    --------
    >>> why_impossible(Figures(28, "5.19", "1.60", 1, 7))
    'GRIM fails: the nearest means of n = 28 are 5.1786 and 5.2143, not 5.19'
    >>> why_impossible(Figures(5, "3.4", "1.14", 1, 5)) is None
    True
    """
    left, reason = targets(figures)
    if not left:
        return reason
    found = witness(figures)
    if found or (found is None and count(figures)):
        return None
    together = f" and the SD {figures.sd} together" if figures.sd else ""
    where = "with these counts" if figures.known else "on this scale"
    return (
        f"GRIM and GRIMMER pass, yet no n = {figures.n} scores {where} have the mean "
        f"{figures.mean}{together}"
    )


def witness(figures: Figures) -> dict[Fraction, int] | None:
    """Find one data set that agrees with the figures.

    From scores as near to each other as their sum allows, pairs are moved apart, as far as the
    sum of squares leaves room. Where this finds nothing, CP-SAT (OR-Tools) finds a data set, or
    proves that there is none.

    Returns
    -------
    dict or None
        People by score; nobody if there is no data set. None if the search ended undecided.

    Examples
    --------
    >>> witness(Figures(5, "3.4", "1.14", 1, 5))
    {Fraction(2, 1): 1, Fraction(3, 1): 2, Fraction(4, 1): 1, Fraction(5, 1): 1}
    >>> found = witness(Figures(1151, "14.66", "5.61", 4, 28))
    >>> sum(found.values())
    1151
    """
    left, _ = targets(figures)
    if not left:
        return {}
    people = figures.known
    if figures.others:
        # Moved apart, people would end up in gaps.
        apart = (_apart(figures, target) for target in left if not figures.has_gaps)
        others = next(filter(None, apart), None) or _solved(figures, left)
        if not others:
            return None if others is None else {}
        people = others + people
    return {score / figures.parts: people[score] for score in sorted(people)}


def _apart(figures: Figures, target: Target) -> Counter[int] | None:
    n = figures.others
    low, high = figures.scores[0], figures.scores[-1]
    if isqrt(n * target.high - target.total**2) > n * MOST_SCORES:
        return None
    score, more = divmod(target.total, n)
    people = Counter({score: n - more, score + 1: more})
    squares = least_squares(n, target.total)
    while squares < target.low:
        people = +people
        pairs = (
            (x, y) for x in people for y in people
            if low < x and y < high and (x < y or (x == y and people[x] > 1))
        )  # fmt: skip
        room = (target.high - squares) // 2
        # A pair moved apart by one each adds twice its distance, and two, to the sum of squares.
        x, y = max(
            (pair for pair in pairs if pair[1] - pair[0] + 1 <= room),
            key=lambda pair: pair[1] - pair[0],
            default=(0, -1),
        )
        if x > y:
            return None
        gain = y - x + 1
        moved = min(people[x] // 2 if x == y else min(people[x], people[y]), room // gain)
        people.update({x - 1: moved, y + 1: moved})
        people.subtract({x: moved})
        people.subtract({y: moved})
        squares += 2 * gain * moved
    return +people


def _solved(figures: Figures, left: Sequence[Target]) -> Counter[int] | None:
    """People by score, nobody where that is impossible, None where nothing is decided."""
    from ortools.sat.python import cp_model

    n, centre = figures.others, left[0].total // figures.others
    # Nobody is further from the mean than the spread lets one of n people be.
    spread = max(n * target.high - target.total**2 for target in left)
    reach = isqrt(spread * (n - 1)) // n + 1
    low = max(figures.scores[0], left[0].total // n - reach)
    high = min(figures.scores[-1], left[-1].total // n + 1 + reach)
    # Large sums of squares would overflow; the numbers of people are bounded by them, too.
    if max(low - centre, high - centre, key=abs) ** 2 * n > 2**60:
        return None
    if high - low > MOST_SCORES or len(left) > MOST_SUMS:
        return None
    allowed = set(figures.scores) if figures.has_gaps else range(low, high + 1)
    model = cp_model.CpModel()
    people = {u: model.new_int_var(0, n, "") for u in range(low, high + 1) if u in allowed}
    chosen = [model.new_bool_var("") for _ in left]
    model.add_exactly_one(chosen)
    model.add(sum(people.values()) == n)
    totals = [target.total - n * centre for target in left]
    model.add(
        sum((u - centre) * number for u, number in people.items())
        == sum(total * which for total, which in zip(totals, chosen, strict=True))
    )
    # Deviations from the centre keep the numbers small.
    shifts = [n * centre**2 - 2 * centre * target.total for target in left]
    squares = sum((u - centre) ** 2 * number for u, number in people.items())
    for ends, sign in (([t.low for t in left], 1), ([t.high for t in left], -1)):
        bound = sum(
            (end + shift) * which for end, shift, which in zip(ends, shifts, chosen, strict=True)
        )
        model.add(sign * squares >= sign * bound)
    solver = steady_solver(LIMIT)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Counter()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return +Counter({u: solver.value(number) for u, number in people.items()})


def steady_solver(limit: float) -> Any:
    """A solver that gives the same answer every time.

    Parameters
    ----------
    limit : float
        Units of deterministic time after which it gives up.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    # One worker and a seed: the same people every time.
    solver.parameters.num_workers, solver.parameters.random_seed = 1, 1
    solver.parameters.max_deterministic_time = limit
    return solver


def group_sizes(groups: Sequence[Figures], total: int) -> list[list[int]]:
    """How many people each of some groups may have when only their total is known.

    Parameters
    ----------
    groups : sequence of Figures
        Their own `n` says nothing.
    total : int
        People in all groups together.

    Returns
    -------
    list of list of int
        By group the sizes that leave sizes for all others; empty where no sizes do.

    Raises
    ------
    TooLarge
        More than MOST_PEOPLE, or a size that the search leaves undecided.

    Examples
    --------
    >>> first, second = Figures(2, "3.67", None, 1, 5), Figures(2, "2.25", None, 1, 5)
    >>> group_sizes([first, second], 10)
    [[6], [4]]
    """
    if total > MOST_PEOPLE:
        found = f"{total:,} people in groups of unknown size"
        raise TooLarge([Problem("printed figures", None, "total", found, f"{MOST_PEOPLE:,}")])
    sizes = [
        {
            n
            for n in range(1 if figures.sd is None else 2, total + 1)
            if why_impossible(replace(figures, n=n)) is None
        }
        for figures in groups
    ]
    rests = [_sums(sizes[:i] + sizes[i + 1 :], total) for i in range(len(sizes))]
    return [[n for n in sorted(own) if total - n in rest]
            for own, rest in zip(sizes, rests, strict=True)]  # fmt: skip


def _sums(sizes: Iterable[set[int]], most: int) -> set[int]:
    sums = {0}
    for own in sizes:
        sums = {a + b for a in sums for b in own if a + b <= most}
    return sums
