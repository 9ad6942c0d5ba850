"""Whether scores on a scale can have a printed mean and SD, and how many can be at its maximum.

References
----------
.. [1] Brown and Heathers (2017), The GRIM test. Social Psychological and Personality Science 8(4).
.. [2] Anaya (2016), The GRIMMER test. PeerJ Preprints 4:e2400v1.
.. [3] Terwee et al. (2007), Journal of Clinical Epidemiology 60(1): a ceiling effect is present
   when more than 15% of respondents have the highest score.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from earlyhelp.possible.one_group import count
from earlyhelp.possible.printed_group import Figures, TooLarge, printed_interval
from earlyhelp.possible.witness import why_impossible
from earlyhelp.published.checks.base import Check, Operand, Printed, Scores, Verdict
from earlyhelp.published.numbers import number

CEILING_SHARE = Fraction(15, 100)


class ScoreCheck(Check):
    """GRIM and GRIMMER: whether scores on this scale can have the printed mean and SD.

    Attributes
    ----------
    n, mean, sd : operands
        Without an SD, GRIM alone is asked.
    minimum, maximum : int
        Ends of the scale.
    items : tuple of int
        Numbers of items that each score may be the mean of; the first is the report's own.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> scores = {"n": "28", "mean": "5.19", "sd": "1.6", "minimum": 1, "maximum": 7}
    >>> check = ScoreCheck(id="a", about="ratings", **scores)
    >>> (line,) = check.run(Printed([])).arithmetic
    >>> for part in line.split(": "):
    ...     print(part)
    n = 28, M = 5.19, SD = 1.6, whole numbers
    GRIM fails
    the nearest means of n = 28 are 5.1786 and 5.2143, not 5.19
    """

    title = "GRIM and GRIMMER"

    n: Operand
    mean: Operand
    sd: Operand | None = None
    minimum: int
    maximum: int
    items: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)

    def numbers(self) -> Iterable[str]:
        return [operand for operand in (self.n, self.mean, self.sd) if operand]

    def run(self, printed: Printed) -> Verdict:
        n, mean = printed.whole(self.n), printed.text(self.mean)
        possible, lines = [], []
        for items in self.items:
            kind = f"means of {items} items" if items > 1 else "whole numbers"
            before = f"n = {n}, M = {mean}"
            totals = grim(mean, n, items)
            steps = f"{totals[0]} / {n * items}" if totals else "no sum"
            sd = None if self.sd is None else printed.text(self.sd)
            figures = Figures(n, mean, sd, self.minimum, self.maximum, items, "either")
            reason = why_impossible(figures)
            possible.append(reason is None)
            if sd is None:
                on_scale = f"{steps} gives the mean" if reason is None or not totals else reason
                lines.append(f"{before}, {kind}: {on_scale}")
                continue
            sets = f"{steps}; {_sets(figures)} data sets" if reason is None else reason
            lines.append(f"{before}, SD = {sd}, {kind}: {sets}")
        return Verdict(possible[0], lines)


def _sets(figures: Figures) -> str:
    try:
        sets = count(figures)
    except TooLarge:  # that there are some is known without
        return "more than can be counted,"
    return f"{sets:,}" if sets < 10**6 else f"about 10^{len(str(sets)) - 1}"


def grim(mean: str, n: int, items: int = 1) -> range:
    """Sums of n scores, each the mean of whole-number items, whose mean is printed like this.

    Parameters
    ----------
    mean : str
        As printed; ties may have been rounded up or down.
    n, items : int

    Returns
    -------
    range
        In units of 1/items; empty when the mean fails GRIM.

    Examples
    --------
    >>> grim("5.18", 28)
    range(145, 146)
    >>> list(grim("5.19", 28))
    []
    """
    low, high = printed_interval(mean, "either").whole(n * items)
    return range(low, high + 1)


class Ceiling(Check):
    """How many people a mean and SD allow at the scale's maximum.

    Fails when no group can have more than 15% there, the usual criterion of a ceiling effect
    (Terwee et al. 2007).

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> groups = [{"n": "10", "mean": "8.0", "sd": "0.7"}]
    >>> check = Ceiling(id="a", about="room at the top", groups=groups, maximum="10")
    >>> (line,) = check.run(Printed([])).arithmetic
    >>> for part in line.split(": "):
    ...     print(part)
    n = 10, M = 8.0, SD = 0.7
    the maximum is 2.60 SDs away; at most 1 of 10 people (10.0%) can be there
    """

    title = "ceiling"
    usual = "wording stretches a number"

    groups: tuple[Scores, ...]
    maximum: Operand

    def numbers(self) -> Iterable[str]:
        return [self.maximum, *(x for group in self.groups for x in group.numbers())]

    def run(self, printed: Printed) -> Verdict:
        lines, reached = [], []
        for group in self.groups:
            n = printed.whole(group.n)
            mean, sd = printed.rounded(group.mean).high, printed.rounded(group.sd).high
            people = most_at(printed.whole(self.maximum), n, mean, sd)
            reached.append(Fraction(people, n) > CEILING_SHARE)
            away = (printed.number(self.maximum) - mean) / sd
            lines.append(
                f"n = {n}, M = {printed.text(group.mean)}, SD = {printed.text(group.sd)}: the "
                f"maximum is {number(away, 2)} SDs away; at most {people} of {n} people "
                f"({number(Fraction(100 * people, n), 1)}%) can be there"
            )
        return Verdict(any(reached), lines)


def most_at(maximum: int, n: int, mean: Fraction, sd: Fraction) -> int:
    """Bound how many of n people can have the scale's maximum.

    k people there need, even if all others have the same score, a sum of squares about the mean of
    k·n/(n − k)·(maximum − mean)²; there are (n − 1)·SD² to spend.

    Examples
    --------
    >>> most_at(5, 6, Fraction("2.3"), Fraction("2.1"))
    2
    """
    if mean >= maximum:
        return n
    return max(k for k in range(n) if k * n * (maximum - mean) ** 2 <= (n - k) * (n - 1) * sd**2)
