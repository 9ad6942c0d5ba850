"""Whether both waves of one arm can be filled with people so that all printed figures agree.

People are counted by their pair of scores, so every condition is linear in whole numbers: how many
people are in both waves, the sum and the sum of squares of their change, and each wave's sum and
sum of squares. CP-SAT (OR-Tools) then gives people, or proves that there are none; HiGHS (scipy)
gives people with the greatest value of a count. Which of several sums a wave has, and which of
several changes the arm has, is part of the search. The search is limited by a count of steps, not
by time, so that every machine comes to the same end; a search that ends undecided says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor, isqrt
from typing import Any, NamedTuple

from earlyhelp.possible import two_waves
from earlyhelp.possible.two_waves import ArmFigures, Change, TTest, WaveFigures
from earlyhelp.possible.witness import steady_solver

# Scores at baseline and endline of one person; None in a wave without one.
Person = tuple[int | None, int | None]
Worth = Callable[[Person], int]
# Of CP-SAT's deterministic time, about a second each; of HiGHS's nodes; scipy's word for "nobody".
LIMIT = 60.0
NODES = 20_000
INFEASIBLE = 2


class Undecided(RuntimeError):
    """The search ended with neither people nor a proof."""


class Greatest(NamedTuple):
    """People with a great sum of a worth, and what no people can exceed; equal when proved."""

    people: list[Person]
    value: int
    bound: int


def agreeing_changes(
    arms: Sequence[ArmFigures], between: TTest | None = None
) -> tuple[Change, ...] | None:
    """Find a change of each arm that people can have, as all printed figures and tests leave it.

    Parameters
    ----------
    arms : sequence of ArmFigures
        One, or the two that `between` compares.
    between : TTest, optional
        Student's t on change, pooled variance.

    Returns
    -------
    tuple of Change, or None
        None if no people agree with all figures.

    Raises
    ------
    Undecided
        Also where a printed t may be 0: then it bounds no sum of squares.

    Examples
    --------
    >>> from earlyhelp.possible.printed_group import Figures
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> agreeing_changes([arm])
    (Change(pairs=3, total=3, squares=5),)
    >>> impossible = ArmFigures(before, after, pairs=3, test=TTest(2, "9.00", "0.012"))
    >>> agreeing_changes([impossible]) is None
    True
    """
    if any(arm.test.interval().low <= 0 for arm in arms):
        raise Undecided("a t that may be 0 leaves too many changes to try")
    left = [two_waves.changes(arm) for arm in arms]
    together: Iterable[tuple[Change, ...]] = product(*left)
    if between:
        first, second = left
        together = two_waves.joint(first, second, between)
    return next((found for found in together if all(map(_occurs, arms, found))), None)


@cache
def _occurs(arm: ArmFigures, change: Change) -> bool:
    """Whether people can have a change. HiGHS finds some sooner; CP-SAT proves that none can."""
    try:
        return bool(greatest(arm, [change], lambda _: 0).people)
    except (ValueError, Undecided):
        return people(arm, [change]) is not None


def people(arm: ArmFigures, changes: Sequence[Change]) -> list[Person] | None:
    """Find people who agree with an arm's figures and one of the changes; None if there are none.

    Raises
    ------
    Undecided

    Examples
    --------
    >>> from earlyhelp.possible.printed_group import Figures
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> people(arm, [Change(3, 3, 5)])
    [(2, 4), (3, 3), (4, 5)]
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    counts = _agreeing(model, arm, changes)
    # A goal of nothing: without any, the solver takes several times as long for some arms.
    model.maximize(_sum((0, count) for count in counts.values()))
    solver = steady_solver(LIMIT)
    solver.parameters.linearization_level = 2
    # The third of its three rounds of presolve would take as long as the others and find nothing.
    solver.parameters.max_presolve_iterations = 2
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise Undecided(f"no answer within {LIMIT:g} units of deterministic time")
    return _listed({person: solver.value(count) for person, count in counts.items()})


def _listed(counts: Mapping[Person, float]) -> list[Person]:
    return [person for person, count in counts.items() for _ in range(round(count))]


def greatest(
    arm: ArmFigures, changes: Sequence[Change], worth: Worth, gap: float = 0.0
) -> Greatest:
    """Find agreeing people whose `worth`, summed, is the greatest.

    HiGHS solves the same conditions some ten times faster than CP-SAT where something is to be
    greatest, because it starts from fractions of people; that the people agree is checked again.

    Parameters
    ----------
    arm, changes
        Printed figures, and the changes of which the arm has one.
    worth : callable
        Of one person, a whole number.
    gap : float
        How far below the greatest sum, as a share of it, the people found may stay.

    Raises
    ------
    ValueError
        No people agree.
    Undecided

    Examples
    --------
    >>> from earlyhelp.possible.printed_group import Figures
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> greatest(arm, [Change(3, 3, 5)], lambda person: int(person[1] == 5)).value
    1
    """
    from ortools.sat.python import cp_model
    from scipy.optimize import milp

    model = cp_model.CpModel()
    counts = _agreeing(model, arm, changes)
    # As many weights as variables: who has which change or sum is worth nothing.
    weights = [*map(worth, counts), *([0] * (len(model.proto.variables) - len(counts)))]
    options = {"mip_rel_gap": gap, "node_limit": NODES}
    solved = milp([-weight for weight in weights], **_conditions(model), options=options)
    if solved.status == INFEASIBLE:
        raise ValueError("no people agree with the figures")
    found = [] if solved.x is None else _listed(dict(zip(counts, solved.x, strict=False)))
    if not any(agrees(arm, change, found) for change in changes):
        raise Undecided(f"no people after {NODES} nodes of the search")
    return Greatest(found, sum(map(worth, found)), floor(-solved.mip_dual_bound + 1e-6))


def _conditions(model: Any) -> dict[str, Any]:
    """Return a model's conditions as arrays, for scipy."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint

    rows = np.zeros((len(model.proto.constraints), len(model.proto.variables)))
    ends: list[tuple[int, ...]] = []
    for row, condition in zip(rows, model.proto.constraints, strict=True):
        if condition.has_exactly_one():
            row[list(condition.exactly_one.literals)] = 1
            ends.append((1, 1))
        else:
            row[list(condition.linear.vars)] = condition.linear.coeffs
            ends.append(tuple(condition.linear.domain))
    limits = np.array(ends, dtype=float)
    limits[abs(limits) > 2**60] *= np.inf  # CP-SAT's words for "no limit"
    return {
        "constraints": LinearConstraint(rows, *limits.T),
        "bounds": Bounds(*np.array([v.domain for v in model.proto.variables]).T),
        "integrality": np.ones(rows.shape[1]),
    }


def agrees(arm: ArmFigures, change: Change, found: Sequence[Person]) -> bool:
    """Whether people agree with a change and with both waves, by arithmetic of its own.

    Examples
    --------
    >>> from earlyhelp.possible.printed_group import Figures
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> agrees(arm, Change(3, 3, 5), [(2, 3), (3, 5), (4, 4)])
    True
    """
    by = [after - before for before, after in found if before is not None and after is not None]
    if (len(by), sum(by), sum(d * d for d in by)) != change:
        return False
    for index, wave in enumerate((arm.baseline, arm.endline)):
        scores = [score for person in found if (score := person[index]) is not None]
        if len(scores) != wave.n or not all(wave.low <= score <= wave.high for score in scores):
            return False
        if not wave.totals[0] <= sum(scores) <= wave.totals[1]:
            return False
        if wave.variance is not None:
            spread = wave.n * sum(score**2 for score in scores) - sum(scores) ** 2
            first, last = wave.variance.whole(wave.n * (wave.n - 1))
            if not first <= spread <= last:
                return False
    return True


def as_text(people: Sequence[Person]) -> tuple[str, str]:
    """Scores of each wave, those of people in both waves first and in one order.

    Examples
    --------
    >>> as_text([(1, 3), (3, None), (2, 3), (None, 1)])
    ('1 2 3', '3 3 1')
    """
    both_first = sorted(people, key=lambda person: None in person)
    before, after = (
        " ".join(str(person[wave]) for person in both_first if person[wave] is not None)
        for wave in (0, 1)
    )
    return before, after


def from_text(before: str, after: str, pairs: int) -> list[Person]:
    """Return the people that `as_text` wrote.

    Raises
    ------
    ValueError
        A score is no whole number, or a wave has fewer than `pairs`.

    Examples
    --------
    >>> from_text("1 2 3", "3 3 1", pairs=2)
    [(1, 3), (2, 3), (3, None), (None, 1)]
    """
    first, second = ([int(score) for score in wave.split()] for wave in (before, after))
    if min(len(first), len(second)) < pairs:
        raise ValueError(f"fewer than {pairs} scores")
    return [
        *zip(first[:pairs], second[:pairs], strict=True),
        *((score, None) for score in first[pairs:]),
        *((None, score) for score in second[pairs:]),
    ]


def moved(person: Person) -> int:
    """Change of a person; 0 for one in a single wave.

    Examples
    --------
    >>> moved((1, 3))
    2
    >>> moved((3, None))
    0
    """
    before, after = person
    return 0 if before is None or after is None else after - before


def _agreeing(model: Any, arm: ArmFigures, changes: Sequence[Change]) -> dict[Person, Any]:
    """Add how many people have each pair of scores, under every condition."""
    counts = {person: model.new_int_var(0, most, "") for person, most in _persons(arm, changes)}
    for in_both, in_either in (
        ((True, True), arm.pairs),
        ((True, False), arm.baseline.n - arm.pairs),
        ((False, True), arm.endline.n - arm.pairs),
    ):
        of_kind = [
            count
            for (before, after), count in counts.items()
            if (before is not None, after is not None) == in_both
        ]
        model.add(sum(of_kind) == in_either)
    chosen = [model.new_bool_var("") for _ in changes]
    model.add_exactly_one(chosen)
    for power, values in ((1, [c.total for c in changes]), (2, [c.squares for c in changes])):
        changed = [(moved(person) ** power, count) for person, count in counts.items()]
        model.add(_sum(changed) == _sum(zip(values, chosen, strict=True)))
    for index, wave in enumerate((arm.baseline, arm.endline)):
        centre = wave.totals[0] // wave.n
        # Deviations from the centre keep the numbers small.
        scores = [
            (score - centre, count)
            for person, count in counts.items()
            if (score := person[index]) is not None
        ]
        first, last = (total - wave.n * centre for total in wave.totals)
        if wave.variance is None:
            model.add_linear_constraint(_sum(scores), first, last)
            continue
        spread = wave.variance.whole(wave.n * (wave.n - 1))
        sums = range(first, last + 1)
        which = [model.new_bool_var("") for _ in sums]
        model.add_exactly_one(which)
        model.add(_sum(scores) == _sum(zip(sums, which, strict=True)))
        squares = _sum((deviation**2, count) for deviation, count in scores)
        low, high = (
            [rounded(Fraction(end + s * s, wave.n)) for s in sums]
            for end, rounded in zip(spread, (ceil, floor), strict=True)
        )
        model.add(squares >= _sum(zip(low, which, strict=True)))
        model.add(squares <= _sum(zip(high, which, strict=True)))
    return counts


def _sum(terms: Iterable[tuple[int, Any]]) -> Any:
    return sum(weight * count for weight, count in terms)


def _persons(arm: ArmFigures, changes: Sequence[Change]) -> list[tuple[Person, int]]:
    """Scores that somebody can have, and how many people at most can have them."""
    befores, afters = _scores(arm.baseline), _scores(arm.endline)
    reach = [_reach(change) for change in changes]
    low, high = min(first for first, _ in reach), max(last for _, last in reach)
    both = [(x, y) for x in befores for y in afters if low <= y - x <= high]
    return [
        *((person, arm.pairs) for person in both),
        *(((x, None), arm.baseline.n - arm.pairs) for x in befores),
        *(((None, y), arm.endline.n - arm.pairs) for y in afters),
    ]


def _reach(change: Change) -> tuple[int, int]:
    """Nobody's change is further from the mean than the spread lets one of n people be."""
    root = isqrt(floor(change.spread * (change.pairs - 1) / change.pairs)) + 1
    return floor(change.mean) - root, ceil(change.mean) + root


def _scores(wave: WaveFigures) -> range:
    """Nobody's score is further from the mean than the spread lets one of n people be."""
    low, high = wave.low, wave.high
    if wave.variance is not None:
        spread = wave.variance.high * (wave.n - 1)
        root = isqrt(floor(spread * (wave.n - 1) / wave.n)) + 1
        low = max(low, wave.totals[0] // wave.n - root)
        high = min(high, wave.totals[1] // wave.n + 1 + root)
    return range(low, high + 1)
