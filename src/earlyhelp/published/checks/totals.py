"""Totals against their parts, people against pairs, totals behind means, limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from earlyhelp.published.checks.base import Check, Expression, Operand, Printed, Verdict
from earlyhelp.published.checks.scores import grim
from earlyhelp.published.numbers import short
from earlyhelp.study.yamlfile import Strict


class Totals(Check):
    """Sums that should be the same, within the rounding of percentages and means.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> check = Totals(id="a", about="staff", sums=[["29"], ["15", "13"]])
    >>> check.run(Printed([]))
    Verdict(holds=False, arithmetic=['printed: 29', '15 + 13 = 28'])
    """

    title = "totals against parts"

    sums: Annotated[tuple[tuple[Operand, ...], ...], Field(min_length=2)]

    def numbers(self) -> Iterable[str]:
        return [operand for parts in self.sums for operand in parts]

    def run(self, printed: Printed) -> Verdict:
        lows, highs, lines = [], [], []
        for parts in self.sums:
            intervals = [printed.interval(part) for part in parts]
            lows.append(sum(interval.low for interval in intervals))
            highs.append(sum(interval.high for interval in intervals))
            total = sum(map(printed.number, parts))
            slack = (highs[-1] - lows[-1]) / 2
            margin = f" ± {short(slack)} of rounding" if slack else ""
            shown = f"{short(total)}{margin}"
            added = " + ".join(map(printed.text, parts))
            lines.append(f"{added} = {shown}" if len(parts) > 1 else f"printed: {shown}")
        return Verdict(max(lows) <= min(highs), lines)


class TestedGroup(Strict):
    """Respondents of one arm at two waves and the df of its paired test."""

    before: Operand
    after: Operand
    df: Operand


class People(Check):
    """Distinct people that pairs imply, against the number said to be described.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> groups = [{"before": "10", "after": "8", "df": "5"}]
    >>> check = People(id="a", about="respondents", groups=groups, described="13")
    >>> for line in check.run(Printed([])).arithmetic:
    ...     print(line)
    10 + 8 − 6 pairs (df + 1) = 12 people
    in all 12; printed 13
    """

    title = "distinct people"
    usual = "two places disagree"

    groups: tuple[TestedGroup, ...]
    described: Operand

    def numbers(self) -> Iterable[str]:
        return [self.described, *(x for g in self.groups for x in (g.before, g.after, g.df))]

    def run(self, printed: Printed) -> Verdict:
        total, lines = 0, []
        for group in self.groups:
            before, after = printed.whole(group.before), printed.whole(group.after)
            pairs = printed.whole(group.df) + 1
            people = before + after - pairs
            lines.append(f"{before} + {after} − {pairs} pairs (df + 1) = {people} people")
            total += people
        lines.append(f"in all {total}; printed {printed.text(self.described)}")
        return Verdict(total == printed.number(self.described), lines)


class AtMost(Check):
    """One quantity cannot exceed another.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> less, most = {"op": "sum", "of": ["6"]}, {"op": "sum", "of": ["2", "3"]}
    >>> AtMost(id="a", about="users", less=less, than=most).run(Printed([]))
    Verdict(holds=False, arithmetic=['6, against at most 2 + 3 = 5'])
    """

    title = "limits"

    less: Expression
    than: Expression

    def numbers(self) -> Iterable[str]:
        return [*self.less.operands(), *self.than.operands()]

    def run(self, printed: Printed) -> Verdict:
        lines = [f"{self.less.shown(printed)}, against at most {self.than.shown(printed)}"]
        return Verdict(self.less.value(printed) <= self.than.value(printed), lines)


class Average(Strict):
    """A printed mean of whole numbers and the people it is over (the sum of `n`)."""

    mean: Operand
    n: tuple[Operand, ...]


class MeanTotals(Check):
    """Totals behind rounded means that are said to be equal.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> averages = [{"mean": "1.5", "n": ["4"]}, {"mean": "1.4", "n": ["2", "3"]}]
    >>> check = MeanTotals(id="a", about="sessions", averages=averages)
    >>> for line in check.run(Printed([])).arithmetic:
    ...     print(line)
    4 people with a mean of 1.5: 6 to 6 in all
    5 people with a mean of 1.4: 7 to 7 in all
    never equal
    """

    title = "totals behind means"

    averages: Annotated[tuple[Average, ...], Field(min_length=1)]

    def numbers(self) -> Iterable[str]:
        return [x for average in self.averages for x in (average.mean, *average.n)]

    def run(self, printed: Printed) -> Verdict:
        common, lines = None, []
        for average in self.averages:
            n = sum(map(printed.whole, average.n))
            totals = grim(printed.text(average.mean), n)
            mean = f"{n} people with a mean of {printed.text(average.mean)}"
            lines.append(f"{mean}: {totals[0]} to {totals[-1]} in all" if totals else f"{mean}: no")
            common = set(totals) if common is None else common & set(totals)
        shared = sorted(common or ())
        lines.append(f"equal totals: {shared[0]} to {shared[-1]}" if shared else "never equal")
        return Verdict(bool(shared), lines)
