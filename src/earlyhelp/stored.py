"""Look-ups in the tables that `identified` stores."""

from __future__ import annotations

from earlyhelp.existence import Person
from earlyhelp.identified import ARMS, Identified, Outcome
from earlyhelp.paired import Change


def contrasts(tables: Identified, outcome: Outcome) -> list[tuple[Change, Change]]:
    """Changes of both arms that occur together, intervention first."""
    table = tables.contrasts
    first, second = (outcome.pairs[arm] for arm in ARMS)
    return [
        (Change(first, *row[:2]), Change(second, *row[2:]))
        for row in table[table["measure"] == outcome.measure].iloc[:, 1:].itertuples(index=False)
    ]


def people(tables: Identified, outcome: Outcome, arm: str, change: Change) -> list[Person]:
    """Return the data set that is stored for a change of an arm."""
    table = tables.changes
    keys = ["measure", "arm", "total", "squares"]
    wanted = [outcome.measure, arm, change.total, change.squares]
    row = table[(table[keys] == wanted).all(axis=1)].iloc[0]
    before, after = (
        [int(score) for score in row[wave].split()] for wave in ("baseline", "endline")
    )
    n = change.pairs
    return [
        *zip(before[:n], after[:n], strict=True),
        *((score, None) for score in before[n:]),
        *((None, score) for score in after[n:]),
    ]
