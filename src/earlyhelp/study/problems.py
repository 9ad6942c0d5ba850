"""Problems with what a user hands in, gathered so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
        table = self.row is not None and self.file.endswith(".csv")
        place = [self.file]
        if self.row is not None:
            place.append(f"{'row' if table else 'line'} {self.row}")
        if self.column:
            place.append(f"column {self.column}" if table else self.column)
        told = f"{', '.join(place)}: found {self.found}; expected {self.expected}"
        # What a file or an option holds must neither steer a terminal nor fail to be written.
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in told)


class InputError(ValueError):
    """Input that cannot be used; carries every problem found.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
