"""Whether a count that readers are not told can be worked back from all that they are told.

Readers know of each count a band (`small_numbers`), and which counts add up to which (the rules of
`quantities`). Whole numbers that meet all of this are the data sets that they have to reckon with:
a count is worked back when it is the same in all of them. The integer programmes that look for it
at its least and at its greatest decide that exactly. Each solution also clears every other count
that it has at another value, so a few programmes do for a whole study.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.optimize import Bounds, LinearConstraint, milp

from earlyhelp.analysis.quantities import (
    QUANTITIES,
    Answers,
    Formula,
    Rule,
    SameAs,
    Sum,
    Total,
    grouped,
    matching,
)
from earlyhelp.analysis.small_numbers import COUNTS, OF_THE_DESIGN, bands, safe
from earlyhelp.study.raw import Pilot


class CountCell(NamedTuple):
    """A cell that counts people."""

    quantity: str
    row: Any
    column: str


# What adds up to nothing: factors of counts.
Equation = Mapping[CountCell, float]


def worked_back(pilot: Pilot, least: int) -> list[str]:
    """Counts below a smallest number that readers could work back from those that they are told.

    Parameters
    ----------
    pilot : Pilot
    least : int
        Counts are told from this number on, in steps of it.

    Returns
    -------
    list of str
        Column, row and table of each count, without the count.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> worked_back(pilot, 10), worked_back(pilot, 2)[0]
    ([], 'n of much easier (difficulty)')
    """
    exact = pilot.exact()
    frames = {name: QUANTITIES[name].computed(exact) for name in sorted(QUANTITIES)}
    frames = {name: frame.reset_index(drop=True) for name, frame in frames.items()}
    counts = [
        CountCell(name, row, str(column))
        for name, frame in frames.items()
        for column in frame
        if column in COUNTS or (name in OF_THE_DESIGN and is_numeric_dtype(frame[column]))
        for row in frame.index
    ]
    told = {name: safe(frame, least) for name, frame in frames.items()}
    true, shown = (
        np.array([tables[name].loc[row, column] for name, row, column in counts], float)
        for tables in (frames, told)
    )
    low, high = bands(shown, true, least)
    stated = np.array([count.quantity in OF_THE_DESIGN for count in counts])
    low, high = np.where(stated, true, low), np.where(stated, true, high)
    found = settled(true, low, high, _sums(pilot, frames, counts, true))
    return [
        f"{column} of {' '.join(filter(_is_text, frames[name].loc[row]))} ({name})"
        for (name, row, column), known in zip(counts, found, strict=True)
        if known
    ]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def settled(true: np.ndarray, low: np.ndarray, high: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Which counts that are not told are the same in all that readers have to reckon with.

    Parameters
    ----------
    true, low, high : ndarray, shape (counts,)
        What each count is, and between what readers know that it lies; from nought where it is
        below the smallest number that is told, without an end where they see nothing at all.
    sums : ndarray, shape (equations, counts)
        What adds up to nothing.

    Returns
    -------
    ndarray of bool, shape (counts,)

    Examples
    --------
    Two counts below ten of which readers know that they make 10 to 19 may be many things. If ten
    such counts make 90 to 99, all are 9.

    >>> two, ten = np.array([9, 1, 10]), np.array([9] * 10 + [90])
    >>> settled(two, two // 10 * 10, two // 10 * 10 + 9, np.array([[1, 1, -1]])).tolist()
    [False, False, False]
    >>> settled(ten, ten // 10 * 10, ten // 10 * 10 + 9, np.array([[1] * 10 + [-1]])).sum()
    np.int64(10)
    """
    limits = {
        "bounds": Bounds(low, high),
        "constraints": LinearConstraint(sums, 0, 0),
        "integrality": np.ones(len(true)),
    }
    known: np.ndarray = (low == 0) & (low < high) & (high < np.inf)
    # All together first, which clears most of them.
    for aim in (known.copy(), *np.eye(len(true), dtype=bool)[known]):
        for way in (1, -1):
            if known[aim].any():
                known &= np.rint(milp(way * aim, **limits).x) == true
    return known


def _sums(
    pilot: Pilot, frames: Mapping[str, pd.DataFrame], counts: list[CountCell], true: np.ndarray
) -> np.ndarray:
    """What adds up to nothing in a pilot: a row of factors for each equation."""
    place = {count: n for n, count in enumerate(counts)}
    rows = []
    for name in frames:
        for rule in QUANTITIES[name].rules(pilot):
            for equation in _equations(rule, name, frames):
                if place.keys() >= equation.keys():
                    row = np.zeros(len(counts))
                    for count, factor in equation.items():
                        row[place[count]] += factor
                    # Answers add up to the people asked unless somebody left the question out.
                    if row @ true == 0:
                        rows.append(row)
    return np.array(rows).reshape(-1, len(counts))


def _equations(rule: Rule, name: str, frames: Mapping[str, pd.DataFrame]) -> Iterator[Equation]:
    frame = frames[name]
    match rule:
        case Total():
            for rows in rule.sums(frame):
                signs = (rows[rule.key] != rule.total) * 2.0 - 1
                yield {CountCell(name, row, rule.column): sign for row, sign in signs.items()}
        case Formula() if not re.search(r"[*/\d]", rule.formula):
            one_by_one = pd.DataFrame(np.eye(len(rule.names)), columns=rule.names)
            values: Any = one_by_one.eval(rule.formula)
            factors = dict(zip(rule.names, np.asarray(values, float), strict=True))
            for row in frame.index:
                parts = {CountCell(name, row, part): factor for part, factor in factors.items()}
                yield {CountCell(name, row, rule.column): -1.0, **parts}
        case SameAs() | Sum() if not getattr(rule, "when", ()):
            yield from _elsewhere(rule, name, frames)
        case Answers():
            for rows in grouped(frame, rule.by):
                totals = [CountCell(name, row, "total") for row in rows.index]
                yield from ({totals[0]: 1.0, other: -1.0} for other in totals[1:])
                if len(rows) > 1:
                    yield {totals[0]: -1.0} | {
                        CountCell(name, row, rule.n): 1.0 for row in rows.index
                    }


def _elsewhere(
    rule: SameAs | Sum, name: str, frames: Mapping[str, pd.DataFrame]
) -> Iterator[Equation]:
    """Counts that repeat, or add up, those of another quantity."""
    for index, row in matching(frames[name], rule.where).iterrows():
        on = {key: row[key] for key in rule.on}
        if isinstance(rule, SameAs):
            rows, wanted = matching(frames[rule.quantity], {**rule.select, **on}), 1
        else:
            rows, wanted = matching(frames[rule.quantity], on), len(rule.rows)
            rows = rows[rows[rule.key].isin(rule.rows)]
        if len(rows) == wanted:
            parts = {CountCell(rule.quantity, part, rule.of): 1.0 for part in rows.index}
            yield {CountCell(name, index, rule.column): -1.0, **parts}
