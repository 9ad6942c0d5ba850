"""Problems with what a user hands in, gathered so that all are told at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

# Endings of files that have rows and columns, where others have lines.
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".sav", ".zsav")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one place of a file, a parameter or an option.

    Attributes
    ----------
    file : str
        File name as the user knows it, or the name of the command's option group.
    row : int or None
        Line of the file from 1, with the header; None when the whole file is meant.
    column : str
        Column, key or parameter; empty when the whole row or file is meant.
    found, expected : str
        What stands there and what should.
    """

    file: str
    row: int | None
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        table = self.row is not None and self.file.lower().endswith(_TABLES)
        place = [self.file]
        if self.row is not None:
            place.append(f"{'row' if table else 'line'} {self.row}")
        if self.column:
            place.append(f"column {self.column}" if table else self.column)
        told = f"{', '.join(place)}: found {self.found}; expected {self.expected}"
        # What a file or an option holds must neither steer a terminal nor fail to be written.
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in told)


# More problems of one kind than that are told in one line.
MOST_LINES = 5


def told(problems: Iterable[Problem]) -> list[str]:
    """Say problems, those of many rows that expect the same of one column in one line.

    Examples
    --------
    >>> empty = [Problem("a.csv", row, "code", "''", "a code") for row in range(2, 40)]
    >>> told([*empty, Problem("a.csv", 3, "age", "'x'", "a number")])
    ["a.csv, row 2, column code: found '' (as in 38 rows: 2 to 39); expected a code", \
"a.csv, row 3, column age: found 'x'; expected a number"]
    """
    problems = list(problems)
    kinds: dict[tuple[str, str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        kinds[_kind(problem)].append(problem)
    lines: list[str] = []
    for problem in problems:
        alike = kinds[_kind(problem)]
        if len(alike) <= MOST_LINES or None in {one.row for one in alike}:
            lines.append(str(problem))
        elif problem is alike[0]:
            like = "as" if len({one.found for one in alike}) == 1 else "and the like"
            what = "rows" if problem.file.endswith(".csv") else "lines"
            where = _ranges(sorted({one.row or 0 for one in alike}))
            found = f"{problem.found} ({like} in {len(alike)} {what}: {where})"
            lines.append(str(replace(problem, found=found)))
    return lines


def _kind(problem: Problem) -> tuple[str, str, str]:
    # The number of an entry in a list says where, as a row does.
    place = re.sub(r"\.[0-9]+(?=\.|$)", ".*", problem.column)
    return problem.file, place, problem.expected


def _ranges(numbers: list[int]) -> str:
    """Numbers in ascending order, neighbours as ranges."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join(" to ".join(map(str, ends)) for ends in ranges)


class InputError(ValueError):
    """Input that cannot be used; carries every problem found.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(told(self.problems))
