"""Counts against percentages."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.published.checks.base import Check, Operand, Printed, Verdict
from earlyhelp.published.numbers import number

LISTED = 20  # possible denominators that are named one by one


class Proportions(Check):
    """Counts beside percentages, and the denominators that they allow.

    Attributes
    ----------
    of : tuple of tuples
        Possible denominators, each the sum of its operands.
    shares : tuple of pairs
        Count (None where none is printed) and percentage; all have the same denominator.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> shares = [["13", "81.3"], [None, "18.8"]]
    >>> check = Proportions(id="a", about="attended", of=[["16"]], shares=shares)
    >>> for line in check.run(Printed([])).arithmetic:
    ...     print(line)
    13 / 16 = 81.3%
    18.8% = 3 / 16
    denominators up to 16 that fit: 16
    """

    title = "counts against percentages"

    of: Annotated[tuple[tuple[Operand, ...], ...], Field(min_length=1)]
    shares: Annotated[tuple[tuple[Operand | None, Operand], ...], Field(min_length=1)]

    def numbers(self) -> Iterable[str]:
        shares = (operand for share in self.shares for operand in share if operand)
        return [*shares, *(operand for base in self.of for operand in base)]

    def run(self, printed: Printed) -> Verdict:
        bases = [sum(map(printed.whole, base)) for base in self.of]
        fitting = [
            n
            for n in range(1, max(bases) + 1)
            if all(counts_of(printed, share, n) for share in self.shares)
        ]
        base = next((n for n in bases if n in fitting), None)
        lines = [
            _share(printed, share, n) for share in self.shares for n in ([base] if base else bases)
        ]
        every = ", ".join(map(str, fitting)) or "none"
        every = f"{len(fitting)} of them" if len(fitting) > LISTED else every
        lines.append(f"denominators up to {max(bases)} that fit: {every}")
        return Verdict(base is not None, lines)


def counts_of(printed: Printed, share: tuple[str | None, str], n: int) -> range:
    """Counts of n people that are printed as this percentage and, if printed, as this count.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> counts_of(Printed([]), (None, "81.3"), 16)
    range(13, 14)
    >>> counts_of(Printed([]), ("12", "81.3"), 16)
    range(12, 12)
    """
    low, high = possible_counts(printed.text(share[1]), n)
    counts = range(max(low, 0), min(high, n) + 1)
    if share[0] is None:
        return counts
    people = printed.whole(share[0])
    return range(people, people + (people in counts))


def possible_counts(percent: str, n: int) -> tuple[int, int]:
    """First and last whole count of n that is printed as this percentage; ties go either way.

    The first exceeds the last when there is none.

    Examples
    --------
    >>> possible_counts("81.3", 16)
    (13, 13)
    """
    return printed_interval(percent, "either").whole(Fraction(n, 100))


def _share(printed: Printed, share: tuple[str | None, str], n: int) -> str:
    people, percent = share[0], printed.text(share[1])
    low, high = possible_counts(percent, n)
    if people is None:
        counts = f"{low} / {n}" if low == high else f"{low} to {high} of {n}"
        return f"{percent}% = {counts}" if low <= high else f"{percent}% is no count of {n}"
    exact = 100 * printed.number(people) / n
    decimals = len(percent.partition(".")[2])
    line = f"{printed.text(people)} / {n} = {number(exact, decimals)}%"
    if counts_of(printed, share, n):
        return line
    instead = f"{low} / {n}" if low <= high else f"no count of {n}"
    return f"{line}, not {percent}%, which is {instead}"
