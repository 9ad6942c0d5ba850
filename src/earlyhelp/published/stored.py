"""Look-ups in the tables that `identified` stores."""

from __future__ import annotations

import pandas as pd

from earlyhelp.possible.existence import Person, from_text
from earlyhelp.possible.extremes import ARMS
from earlyhelp.possible.two_waves import Change
from earlyhelp.published.identified_sets import Identified, Outcome


def rows(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Rows of a table with these values in these columns.

    Examples
    --------
    >>> table = pd.DataFrame({"arm": ["intervention", "comparison"], "n": [7, 5]})
    >>> print(rows(table, arm="comparison").to_string(index=False))
           arm  n
    comparison  5
    """
    return table[(table[list(wanted)] == list(wanted.values())).all(axis=1)]


def contrasts(tables: Identified, outcome: Outcome) -> list[tuple[Change, Change]]:
    """Changes of both arms that occur together, intervention first.

    Examples
    --------
    >>> from earlyhelp.published import determined
    >>> figures = determined.read("tests/studies/complete")
    >>> ((intervention, comparison),) = contrasts(figures.stored, figures.outcomes["wai"])
    >>> intervention
    Change(pairs=7, total=45, squares=323)
    """
    first, second = (outcome.pairs[arm] for arm in ARMS)
    found = rows(tables.contrasts, measure=outcome.measure)
    return [
        (Change(first, *row[:2]), Change(second, *row[2:]))
        for row in found.iloc[:, 1:].itertuples(index=False)
    ]


def people(tables: Identified, outcome: Outcome, arm: str, change: Change) -> list[Person]:
    """Return the data set that is stored for a change of an arm.

    Examples
    --------
    >>> from earlyhelp.published import determined
    >>> figures = determined.read("tests/studies/complete")
    >>> change = Change(pairs=7, total=45, squares=323)
    >>> people(figures.stored, figures.outcomes["wai"], "intervention", change)[:2]
    [(64, 72), (64, 72)]
    """
    wanted: dict[str, object] = {"measure": outcome.measure, "arm": arm}
    wanted |= {"total": change.total, "squares": change.squares}
    row = rows(tables.changes, **wanted).iloc[0]
    return from_text(row["baseline"], row["endline"], change.pairs)
