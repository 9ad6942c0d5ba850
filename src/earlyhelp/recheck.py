"""Whether what `identified` stored is right, by means that are simpler than those that found it.

Finding people who agree with all printed figures is hard, checking them is arithmetic. That nobody
exceeds an end is shown again by `bounds`, and that a change is impossible by another solver (HiGHS)
than decided which ones are possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from earlyhelp import attained, bounds, existence, identified, paired, stored
from earlyhelp.attained import ARMS, ATTAINED, END_NAMES, EXACT, OUTER
from earlyhelp.errors import Problem
from earlyhelp.existence import Person
from earlyhelp.identified import Identified, Outcome
from earlyhelp.paired import Arm, Change
from earlyhelp.samples import printed_interval
from earlyhelp.study import Study


def problems(tables: Identified, study: Study, printed: Mapping[str, Any]) -> list[Problem]:
    """Check every stored row.

    Parameters
    ----------
    tables : Identified
        What is stored.
    study, printed
        Scales and printed figures that it should follow from.

    Returns
    -------
    list of Problem
        Row by row, with the line of the file; empty when everything is right.
    """
    of = identified.outcomes(study, printed)
    found = [*_groups(tables, study, printed)]
    for outcome in of.values():
        found += [
            *_changes(tables, outcome),
            *_limits(tables, outcome),
            *_contrasts(tables, outcome),
        ]
        found += _extremes(tables, outcome, identified.examples(tables, of))
    return found


def _problem(table: str, row: Any, column: str, found: object, expected: str) -> Problem:
    return Problem(f"{table}.csv", int(row) + 2, column, str(found), expected)


def _rows(table: pd.DataFrame, outcome: Outcome) -> list[tuple[Any, ...]]:
    """Rows of a measure, each with its place in the table first and without the measure."""
    chosen = stored.rows(table, measure=outcome.measure).drop(columns="measure")
    return list(chosen.itertuples(index=True, name=None))


# --- Changes --------------------------------------------------------------------------------------


def _changes(tables: Identified, outcome: Outcome) -> Iterator[Problem]:
    rows = _rows(tables.changes, outcome)
    listed = [(arm, total, squares) for _, arm, total, squares, *_ in rows]
    left = [
        (arm, c.total, c.squares) for arm, of in identified.candidates(outcome).items() for c in of
    ]
    if listed != left:
        row = next((row for row, *of in rows if tuple(of[:3]) not in left), len(tables.changes))
        yield _problem(
            "changes", row, "total", f"{len(listed)} changes", f"the {len(left)} of the tests"
        )
    limits = {(arm, total): squares for _, arm, total, squares in _rows(tables.limits, outcome)}
    for row, name, total, squares, before, after in rows:
        arm, change = outcome.arms[name], Change(outcome.pairs[name], total, squares)
        if before or after:
            people = existence.from_text(before, after, change.pairs)
            if not agrees(arm, [change], people):
                yield _problem(
                    "changes", row, "baseline", before, "people with the printed figures"
                )
        # What no limit excludes the solver has to decide again.
        elif squares <= limits.get((name, total), squares) and existence.people(arm, [change]):
            yield _problem("changes", row, "baseline", "nobody", "people: there are some")


def agrees(arm: Arm, changes: list[Change], people: list[Person]) -> bool:
    """Whether people have one of some changes and give back all printed figures of an arm.

    t and p are computed afresh from the people.
    """
    from scipy import stats

    if not any(existence.agrees(arm, change, people) for change in changes):
        return False
    moved = [existence.moved(person) for person in people if None not in person]
    test = stats.ttest_1samp(moved, 0)
    given = ((abs(test.statistic), arm.test.t), (test.pvalue, arm.test.p))
    return all(_printed_as(float(value), text) for value, text in given)


def _printed_as(value: float, text: str) -> bool:
    """Whether a computed number is printed so, up to its floating-point error."""
    interval, error = printed_interval(text, "half-up"), Fraction(1, 10**12)
    return interval.low - error <= Fraction(value) <= interval.high + error


def _limits(tables: Identified, outcome: Outcome) -> Iterator[Problem]:
    for row, name, total, squares in _rows(tables.limits, outcome):
        bound = dual_bound(outcome.arms[name], total)
        if abs(bound - squares) > 0.5:
            yield _problem("limits", row, "squares", squares, f"{bound:.0f}, as HiGHS has it")


def dual_bound(arm: Arm, total: int) -> float:
    """What HiGHS proves that no sum of squares of changes with a sum exceeds.

    People in both waves are counted by their pair of scores; SDs and tests are left aside.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    scores = (np.arange(wave.low, wave.high + 1) for wave in (arm.baseline, arm.endline))
    before, after = (grid.ravel() for grid in np.meshgrid(*scores))
    sums = [bounds.paired_sums(wave, arm.pairs) for wave in (arm.baseline, arm.endline)]
    conditions = [np.ones_like(before), after - before, before, after]
    low = [arm.pairs, total, *(of.start for of in sums)]
    high = [arm.pairs, total, *(of.stop - 1 for of in sums)]
    solved = milp(
        -((after - before) ** 2),
        constraints=LinearConstraint(np.array(conditions), low, high),
        bounds=Bounds(0, arm.pairs),
        integrality=np.ones_like(before),
        options={"mip_rel_gap": 0},
    )
    return -1.0 if solved.status == 2 else -float(solved.mip_dual_bound)  # 2: nobody


def _contrasts(tables: Identified, outcome: Outcome) -> Iterator[Problem]:
    possible: dict[str, list[Change]] = {name: [] for name in ARMS}
    for _, name, total, squares, before, _ in _rows(tables.changes, outcome):
        if before:
            possible[name].append(Change(outcome.pairs[name], total, squares))
    expected = paired.joint(possible[ARMS[0]], possible[ARMS[1]], outcome.between)
    found = stored.contrasts(tables, outcome)
    rows = [row for row, *_ in _rows(tables.contrasts, outcome)]
    for row, pair in zip(rows, found, strict=True):
        if pair not in expected:
            yield _problem("contrasts", row, "", pair, "a pair that the three tests leave")
    if missing := len(set(expected) - set(found)):
        expect = f"{missing} more that the three tests leave"
        yield Problem("contrasts.csv", None, outcome.measure, f"{len(found)} pairs", expect)


# --- Extremes -------------------------------------------------------------------------------------


def _extremes(
    tables: Identified, outcome: Outcome, examples: attained.Examples
) -> Iterator[Problem]:
    left = stored.contrasts(tables, outcome)
    changes = {arm: sorted({pair[i] for pair in left}) for i, arm in enumerate(ARMS)}
    beyond = {(arm, quantity): ends for arm, quantity, ends in identified.outer(outcome, left)}
    values = {
        (arm, quantity): (names, f) for arm, quantity, names, f in attained.asked(outcome.arms)
    }
    counted = {arm: identified.counts(outcome, arm) for arm in ARMS}
    rows = _rows(tables.extremes, outcome)
    listed = sorted((arm, quantity, how == ATTAINED) for _, arm, quantity, _, _, how in rows)
    asked = [(arm, quantity, False) for arm in ARMS for quantity in counted[arm]]
    asked += [(*key, False) for key in beyond] + [(*key, True) for key in values]
    if listed != sorted(asked):
        yield Problem("extremes.csv", None, outcome.measure, f"{len(listed)} rows", f"{len(asked)}")
    for row, arm, quantity, *ends, how in rows:
        shown = dict(zip(END_NAMES, map(float, ends), strict=True))
        people = {end: examples.get((outcome.measure, arm, quantity, end), {}) for end in END_NAMES}
        if how == ATTAINED:
            names, value = values[arm, quantity]
            for end in END_NAMES:
                if not _together(outcome, left, people[end], names):
                    expected = f"people of {' and '.join(names)} who agree with the printed figures"
                    yield _problem("extremes", row, end, "examples who do not", expected)
                elif shown[end] != (met := value(attained.walks(outcome.arms, people[end]))):
                    yield _problem(
                        "extremes", row, end, shown[end], f"{met}, what its examples have"
                    )
        elif (arm, quantity) in beyond:
            for end, bound in zip(END_NAMES, beyond[arm, quantity], strict=True):
                if abs(shown[end] - bound) > 1e-9 or how != OUTER:
                    yield _problem("extremes", row, end, shown[end], f"the outer bound {bound}")
        else:
            worth, limits = counted[arm][quantity]
            for end, limit in zip(END_NAMES, limits(changes[arm]), strict=True):
                of = people[end].get(arm, [])
                if not agrees(outcome.arms[arm], changes[arm], of):
                    yield _problem(
                        "extremes", row, end, "examples who do not agree", "people who do"
                    )
                elif sum(map(worth, of)) != shown[end] or (how == EXACT and shown[end] != limit):
                    expected = f"{limit}, the bound, and {sum(map(worth, of))}, the examples' value"
                    yield _problem("extremes", row, end, shown[end], expected)


def _together(
    outcome: Outcome,
    left: list[tuple[Change, Change]],
    people: Mapping[str, list[Person]],
    names: tuple[str, ...],
) -> bool:
    """Whether there are people of some arms with changes that the tests leave to them together."""
    return set(people) == set(names) and any(
        all(agrees(outcome.arms[name], [pair[ARMS.index(name)]], people[name]) for name in names)
        for pair in left
    )


# --- Groups ---------------------------------------------------------------------------------------


def _groups(tables: Identified, study: Study, printed: Mapping[str, Any]) -> Iterator[Problem]:
    afresh = identified.groups(study, printed, lambda text: None).astype(str)
    found = tables.groups.astype(str)
    if list(found) != list(afresh) or len(found) != len(afresh):
        yield Problem("groups.csv", None, "", f"{len(found)} rows", f"{len(afresh)} rows")
        return
    for row, column in np.argwhere((found != afresh).to_numpy()):
        place = str(found.columns[column])
        yield _problem("groups", row, place, found.iloc[row, column], str(afresh.iloc[row, column]))
