"""Checks of printed figures against each other: each holds, fails or stays undecided.

A check is a declaration (a pydantic model) that can `run` on the printed figures. Its verdict
carries the arithmetic, for a reader to follow.

References
----------
.. [1] Brown and Heathers (2017), The GRIM test. Social Psychological and Personality Science 8(4).
.. [2] Anaya (2016), The GRIMMER test. PeerJ Preprints 4:e2400v1.
.. [3] Nuijten et al. (2016), statcheck. Behavior Research Methods 48.
.. [4] Terwee et al. (2007), Journal of Clinical Epidemiology 60(1): a ceiling effect is present
   when more than 15 % of respondents have the highest score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from math import prod, sqrt
from operator import sub, truediv
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, field_validator
from scipy import stats

from earlyhelp.possible import existence, two_waves
from earlyhelp.possible.one_group import (
    Figures,
    Interval,
    count,
    printed_interval,
    why_impossible,
)
from earlyhelp.published.ledger import Claim, parse_interval, printed_number
from earlyhelp.study.questions import PLACEHOLDER
from earlyhelp.study.yamlfile import Strict

Severity = Literal[
    "cannot all be true", "two places disagree", "wording stretches a number", "editorial"
]
SEVERITIES: tuple[str, ...] = get_args(Severity)
CEILING_SHARE = Fraction(15, 100)
LISTED = 20  # possible denominators that are named one by one
# Ratios of the SDs of change in two arms that `ChangeTests` searches.
RATIOS = np.geomspace(1 / 20, 20, 20_001)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})[a-z]*", re.IGNORECASE)


def _as_printed(value: Any) -> Any:
    return str(value) if type(value) is int else value


ID = "an id of small letters and digits, joined by hyphens or full stops"
# A claim's id, or a number as it would be printed: decimals in quotes, which keep the last digit.
Operand = Annotated[str, BeforeValidator(_as_printed)]


class Verdict(NamedTuple):
    """What a check found: `holds` is None where it could neither hold nor fail."""

    holds: bool | None
    arithmetic: list[str]


class Printed:
    """The printed figures that operands name.

    Parameters
    ----------
    claims : iterable of Claim
    """

    def __init__(self, claims: Iterable[Claim]) -> None:
        self.claims = {claim.id: claim for claim in claims}

    def text(self, operand: str) -> str:
        """Figure as printed; a number word as digits."""
        text = self.claims[operand].printed if operand in self.claims else operand
        try:
            return f"{printed_number(text):f}"
        except ValueError:
            return text

    def number(self, operand: str) -> Fraction:
        """Figure as a number."""
        return Fraction(printed_number(self.text(operand)))

    def whole(self, operand: str) -> int:
        """Figure as a whole number.

        Raises
        ------
        ValueError
            When it is not one.
        """
        number = self.number(operand)
        if number.denominator != 1:
            raise ValueError(f"{self.text(operand)} is no whole number")
        return int(number)

    def rounded(self, operand: str) -> Interval:
        """Numbers that are printed like this; ties go either way."""
        return printed_interval(self.text(operand), "either")

    def interval(self, operand: str) -> Interval:
        """Numbers that a claim stands for: a count itself, others what is rounded to them."""
        if operand in self.claims and self.claims[operand].kind in ("percent", "mean", "sd"):
            return self.rounded(operand)
        return Interval(self.number(operand), self.number(operand), True, True)

    def filled(self, text: str) -> str:
        """Text with the claims that it names in braces as they are printed."""
        return PLACEHOLDER.sub(lambda match: self.claims[match[1]].printed, text)

    def place(self, operand: str) -> str:
        """Section and place of a claim."""
        claim = self.claims[operand]
        return f"{claim.section}, {claim.place}"


class Expression(Strict):
    """Arithmetic on printed figures, exact and shown.

    Attributes
    ----------
    op : str
        "percent" is 100 times the quotient.
    of : tuple
        Operands or expressions.
    """

    op: Literal["sum", "difference", "product", "quotient", "percent"]
    of: Annotated[tuple[Operand | Expression, ...], Field(min_length=1)]

    _SIGNS: ClassVar[Mapping[str, str]] = {
        "sum": " + ",
        "difference": " − ",
        "product": " × ",
        "quotient": " / ",
        "percent": " / ",
    }

    def operands(self) -> Iterator[str]:
        """Operands at any depth."""
        for part in self.of:
            if isinstance(part, Expression):
                yield from part.operands()
            else:
                yield part

    def value(self, printed: Printed) -> Fraction:
        """Exact value."""
        numbers = [
            part.value(printed) if isinstance(part, Expression) else printed.number(part)
            for part in self.of
        ]
        if self.op == "sum":
            return sum(numbers, Fraction(0))
        if self.op == "product":
            return prod(numbers, start=Fraction(1))
        if self.op == "difference":
            return reduce(sub, numbers)
        return reduce(truediv, numbers) * (100 if self.op == "percent" else 1)

    def sides(self, printed: Printed) -> str:
        """The expression with its figures."""
        parts = [
            f"({part.sides(printed)})" if isinstance(part, Expression) else printed.text(part)
            for part in self.of
        ]
        return self._SIGNS[self.op].join(parts)

    def shown(self, printed: Printed) -> str:
        """The expression and its value."""
        if len(self.of) == 1:
            return self.sides(printed)
        value = self.value(printed)
        shown = f"{_rounded(value, 1)} %" if self.op == "percent" else _short(value)
        return f"{self.sides(printed)} = {shown}"


def _rounded(value: Fraction, decimals: int) -> str:
    """Round half up."""
    number = Decimal(value.numerator) / Decimal(value.denominator)
    return str(number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)).replace("-", "−")


def _short(value: Fraction) -> str:
    """At most two decimals, none that say nothing."""
    return _rounded(value, 2).rstrip("0").rstrip(".")


class Scores(Strict):
    """Printed n, mean and SD of one group."""

    n: Operand
    mean: Operand
    sd: Operand


class Check(Strict):
    """A declaration of `audit.yml`; its subclasses say what is compared.

    Attributes
    ----------
    id, about : str
        Unique id; what is compared, in a few words of ours.
    severity : str
        If it fails; each kind of check has its own default.
    says : str
        What the places say, in our words; `about` by default.
    readings : tuple of str
        What would reconcile the figures.
    chosen : str
        What the reconstruction does about it.
    places : tuple of str
        Places of the report that hold no claim.
    claims : tuple of str
        Further claims concerned.
    """

    title: ClassVar[str]
    usual: ClassVar[Severity] = "cannot all be true"

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", description=ID)]
    about: str
    severity: Severity | None = None
    says: str = ""
    readings: tuple[str, ...] = ()
    chosen: str = ""
    places: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def numbers(self) -> Iterable[str]:
        """Operands that must be numbers."""
        return ()

    def mentions(self) -> Iterable[str]:
        """Claims that need not be numbers."""
        return self.claims

    def run(self, printed: Printed) -> Verdict:
        """Compare the figures."""
        raise NotImplementedError

    def named(self) -> list[str]:
        """Claims that the texts name in braces."""
        return PLACEHOLDER.findall(" ".join((self.says, *self.readings, self.chosen)))


class Proportions(Check):
    """Counts beside percentages, and the denominators that they allow.

    Attributes
    ----------
    of : tuple of tuples
        Possible denominators, each the sum of its operands.
    shares : tuple of pairs
        Count (None where none is printed) and percentage; all have the same denominator.
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
    """Counts of n people that are printed as this percentage and, if printed, as this count."""
    low, high = possible_counts(printed.text(share[1]), n)
    counts = range(max(low, 0), min(high, n) + 1)
    if share[0] is None:
        return counts
    people = printed.whole(share[0])
    return range(people, people + (people in counts))


def possible_counts(percent: str, n: int) -> tuple[int, int]:
    """First and last whole count of n that is printed as this percentage; ties go either way.

    The first exceeds the last when there is none.
    """
    return printed_interval(percent, "either").whole(Fraction(n, 100))


def _share(printed: Printed, share: tuple[str | None, str], n: int) -> str:
    people, percent = share[0], printed.text(share[1])
    low, high = possible_counts(percent, n)
    if people is None:
        counts = f"{low} / {n}" if low == high else f"{low} to {high} of {n}"
        return f"{percent} % = {counts}" if low <= high else f"{percent} % is no count of {n}"
    exact = 100 * printed.number(people) / n
    decimals = len(percent.partition(".")[2])
    line = f"{printed.text(people)} / {n} = {_rounded(exact, decimals)} %"
    if counts_of(printed, share, n):
        return line
    instead = f"{low} / {n}" if low <= high else f"no count of {n}"
    return f"{line}, not {percent} %, which is {instead}"


class Totals(Check):
    """Sums that should be the same, within the rounding of percentages and means."""

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
            margin = f" ± {float(slack):g} of rounding" if slack else ""
            shown = f"{float(total):g}{margin}"
            added = " + ".join(map(printed.text, parts))
            lines.append(f"{added} = {shown}" if len(parts) > 1 else f"printed: {shown}")
        return Verdict(max(lows) <= min(highs), lines)


class Same(Check):
    """One quantity printed in several places: numbers, or months."""

    title = "the same quantity in several places"
    usual = "two places disagree"

    figures: Annotated[tuple[str, ...], Field(min_length=2)]

    def mentions(self) -> Iterable[str]:
        return [*self.figures, *self.claims]

    def run(self, printed: Printed) -> Verdict:
        lines = [f"{printed.place(one)}: {printed.claims[one].printed}" for one in self.figures]
        return Verdict(len({comparable(printed.text(one)) for one in self.figures}) == 1, lines)


def comparable(text: str) -> tuple[int, ...] | Decimal | str:
    """A figure as something that is equal when its meaning is: months, a number, or the text."""
    months = tuple(MONTHS.index(name.lower()) + 1 for name in _MONTH.findall(text))
    if months:
        return months
    try:
        return printed_number(text)
    except ValueError:
        return text.casefold()


class Group(Strict):
    """Respondents of one arm at two waves and the df of its paired test."""

    before: Operand
    after: Operand
    df: Operand


class People(Check):
    """Distinct people that pairs imply, against the number said to be described."""

    title = "distinct people"
    usual = "two places disagree"

    groups: tuple[Group, ...]
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
            if self.sd is None:
                possible.append(bool(totals))
                lines.append(f"{before}, {kind}: {steps} gives the mean")
                continue
            sd = printed.text(self.sd)
            figures = Figures(n, mean, sd, self.minimum, self.maximum, items, "either")
            reason = why_impossible(figures)
            possible.append(reason is None)
            sets = f"{steps}; {_sets(count(figures))} data sets" if reason is None else reason
            lines.append(f"{before}, SD = {sd}, {kind}: {sets}")
        return Verdict(possible[0], lines)


def _sets(sets: int) -> str:
    return f"{sets:,}" if sets < 10**6 else f"{sets:.1e}"


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
    """
    low, high = printed_interval(mean, "either").whole(n * items)
    return range(low, high + 1)


class TTest(Check):
    """p recomputed from t and df, over the rounding of t."""

    title = "p from t and df"

    t: Operand
    df: Operand
    p: Operand

    def numbers(self) -> Iterable[str]:
        return (self.t, self.df, self.p)

    def run(self, printed: Printed) -> Verdict:
        t, df, p = (printed.text(operand) for operand in (self.t, self.df, self.p))
        target = printed.rounded(self.p)
        lines, fits = [], {}
        for sides in (2, 1):
            low, high = p_interval(t, int(df), sides)
            fits[sides] = low <= target.high and high >= target.low
            name = "two-sided" if sides == 2 else "one-sided"
            lines.append(f"t({df}) = {t} gives p from {low:.4f} to {high:.4f} {name}; printed {p}")
        return Verdict(fits[2], lines[:1] if fits[2] else lines)


def p_interval(t: str, df: int, sides: int = 2) -> tuple[float, float]:
    """Least and greatest p of every t that is printed like this.

    Parameters
    ----------
    t : str
        As printed; the sign is ignored.
    df : int
    sides : {1, 2}
    """
    interval = printed_interval(t.lstrip("-−"), "either")
    ends = (float(interval.high), max(float(interval.low), 0.0))
    low, high = (sides * float(stats.t.sf(end, df)) for end in ends)
    return low, high


class Tested(Strict):
    """A printed t with its degrees of freedom."""

    t: Operand
    df: Operand

    def range(self, printed: Printed) -> tuple[float, float]:
        """Least and greatest size of t."""
        interval = printed_interval(printed.text(self.t).lstrip("-"), "either")
        return max(float(interval.low), 0.0), float(interval.high)


class ChangeTests(Check):
    """Paired tests of two arms beside the pooled test of their changes.

    With pairs n = df + 1 and r the ratio of the SDs of change (second over first), the three t
    values are functions of r alone: t = (t1/√n1 − r·t2/√n2) / √(((n1−1) + (n2−1)r²)/(n1+n2−2) ·
    (1/n1 + 1/n2)). Signs are not printed, so all are tried.
    """

    title = "tests of change against each other"

    first: Tested
    second: Tested
    between: Tested

    def numbers(self) -> Iterable[str]:
        return [x for test in (self.first, self.second, self.between) for x in (test.t, test.df)]

    def run(self, printed: Printed) -> Verdict:
        n1, n2 = (printed.whole(test.df) + 1 for test in (self.first, self.second))
        df = printed.whole(self.between.df)
        lines = [f"df of both arms: {n1} + {n2} − 2 = {n1 + n2 - 2}; printed {df}"]
        low, high = self.between.range(printed)
        possible = False
        for sign, name in ((1, "the same direction"), (-1, "opposite directions")):
            ends = [
                _between_t(t1, sign * t2, n1, n2)
                for t1, t2 in product(self.first.range(printed), self.second.range(printed))
            ]
            # Taken over neighbouring ratios, so that no narrow solution is stepped over.
            least = np.min([end[i : len(RATIOS) - 1 + i] for end in ends for i in (0, 1)], axis=0)
            most = np.max([end[i : len(RATIOS) - 1 + i] for end in ends for i in (0, 1)], axis=0)
            fits = ((most >= low) & (least <= high)) | ((most >= -high) & (least <= -low))
            possible = possible or bool(fits.any())
            lines.append(f"changes in {name}: {_ratios(fits)}")
        return Verdict(possible and df == n1 + n2 - 2, lines)


def _between_t(t1: float, t2: float, n1: int, n2: int) -> NDArray[np.float64]:
    variance = ((n1 - 1) + (n2 - 1) * RATIOS**2) / (n1 + n2 - 2) * (1 / n1 + 1 / n2)
    return (t1 / sqrt(n1) - RATIOS * t2 / sqrt(n2)) / np.sqrt(variance)


def _ratios(fits: NDArray[np.bool_]) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fits, [False]]).astype(int)))
    runs = [(RATIOS[a], RATIOS[b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if not runs:
        return f"impossible for every ratio of SDs from {RATIOS[0]:g} to {RATIOS[-1]:g}"
    shown = " or ".join(f"{low:.2f} to {high:.2f}" for low, high in runs)
    return f"the second arm’s SD of change is {shown} times the first arm’s"


class Result(Tested):
    """A printed t with its degrees of freedom and p."""

    p: Operand

    def test(self, printed: Printed) -> two_waves.TTest:
        """Printed figures as `possible` takes them; ties go either way."""
        t = printed.text(self.t).lstrip("-")
        return two_waves.TTest(printed.whole(self.df), t, printed.text(self.p), "either")

    def shown(self, t: float, printed: Printed) -> str:
        """A t and its p beside the printed ones."""
        p = 2 * stats.t.sf(abs(t), printed.whole(self.df))
        printed_as = f"{printed.text(self.t)} and {printed.text(self.p)}"
        return f"t = {t:.4f}, p = {p:.4f} (printed {printed_as})"


class Paired(Result):
    """Printed scores of one arm before and after, and its paired test."""

    before: Scores
    after: Scores


class JointScores(Check):
    """Joint possibility of n, M, SD, t and p in one arm, or in two and between them.

    Fails when it is proved that no whole-number scores have all of these figures
    (`possible.existence`).
    """

    title = "t, p, M and SD together"

    arms: Annotated[tuple[Paired, ...], Field(min_length=1, max_length=2)]
    between: Result | None = None
    minimum: int
    maximum: int

    def numbers(self) -> Iterable[str]:
        results = [*self.arms, *([self.between] if self.between else ())]
        scores = [scores for arm in self.arms for scores in (arm.before, arm.after)]
        return [
            *(operand for result in results for operand in (result.t, result.df, result.p)),
            *(operand for group in scores for operand in (group.n, group.mean, group.sd)),
        ]

    def run(self, printed: Printed) -> Verdict:
        arms = []
        for arm in self.arms:
            before, after = (self._figures(scores, printed) for scores in (arm.before, arm.after))
            reason = why_impossible(before) or why_impossible(after)
            if reason:
                return Verdict(False, [reason])
            test = arm.test(printed)
            pairs = test.df + 1
            if pairs > min(before.n, after.n):
                return Verdict(False, [f"{pairs} pairs of {before.n} and {after.n} people"])
            first, last = map(two_waves.Wave.printed, (before, after))
            arms.append(two_waves.Arm(first, last, pairs, test))
        between = self.between.test(printed) if self.between else None
        changes = existence.agreeing_changes(arms, between)
        if changes is None:
            return Verdict(False, ["no whole-number scores have all of these figures"])
        lines = []
        for arm, change in zip(self.arms, changes, strict=True):
            tested = arm.shown(change.dz * sqrt(change.pairs), printed)
            moments = f"mean {float(change.mean):.2f} and SD {change.sd:.2f}"
            lines.append(f"possible with {change.pairs} changes of {moments}: {tested}")
        if self.between and between:
            t = sqrt(two_waves.squared_t(changes[0], changes[1], between.df))
            lines.append(f"and between the arms {self.between.shown(t, printed)}")
        return Verdict(True, lines)

    def _figures(self, scores: Scores, printed: Printed) -> Figures:
        n, mean, sd = printed.whole(scores.n), printed.text(scores.mean), printed.text(scores.sd)
        return Figures(n, mean, sd, self.minimum, self.maximum, rounding="either")


class Difference(Check):
    """The two-sample tests that two printed means and SDs imply, over all rounding.

    Holds when neither Welch's nor the pooled test can be below `alpha`.
    """

    title = "tests the report does not print"
    usual = "wording stretches a number"

    first: Scores
    second: Scores
    alpha: float = 0.05

    def numbers(self) -> Iterable[str]:
        return [x for group in (self.first, self.second) for x in (group.n, group.mean, group.sd)]

    def run(self, printed: Printed) -> Verdict:
        groups = [
            (printed.whole(g.n), printed.rounded(g.mean), printed.rounded(g.sd))
            for g in (self.first, self.second)
        ]
        lines, least = [], []
        for pooled, name in ((True, "pooled"), (False, "Welch")):
            found = [
                two_sample(*first, *second, pooled)
                for first, second in product(*(_corners(*group) for group in groups))
            ]
            sizes, ps = [abs(t) for t, _, _ in found], [p for *_, p in found]
            dfs = sorted({round(df, 1) for _, df, _ in found})
            across = min(t for t, _, _ in found) < 0 < max(t for t, _, _ in found)
            low_t, high_p = (0.0, 1.0) if across else (min(sizes), max(ps))
            df = f"{dfs[0]:g}" if len(dfs) == 1 else f"{dfs[0]:g} to {dfs[-1]:g}"
            lines.append(
                f"{name}: |t| from {low_t:.2f} to {max(sizes):.2f} with {df} df, p from "
                f"{min(ps):.3f} to {high_p:.3f}"
            )
            least.append(min(ps))
        return Verdict(min(least) >= self.alpha, lines)


def _corners(n: int, mean: Interval, sd: Interval) -> list[tuple[int, float, float]]:
    return [(n, float(m), float(s)) for m, s in product(mean[:2], sd[:2])]


def two_sample(
    n1: int, mean1: float, sd1: float, n2: int, mean2: float, sd2: float, pooled: bool
) -> tuple[float, float, float]:
    """t, df and two-sided p of a two-sample test from summary statistics."""
    test = stats.ttest_ind_from_stats(mean1, sd1, n1, mean2, sd2, n2, equal_var=pooled)
    a, b = sd1**2 / n1, sd2**2 / n2
    welch = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    return float(test.statistic), n1 + n2 - 2.0 if pooled else welch, float(test.pvalue)


class Ceiling(Check):
    """How many people a mean and SD allow at the scale's maximum.

    Fails when no group can have more than 15 % there, the usual criterion of a ceiling effect
    (Terwee et al. 2007).
    """

    title = "ceiling"
    usual = "wording stretches a number"

    groups: tuple[Scores, ...]
    maximum: Operand

    def numbers(self) -> Iterable[str]:
        return [self.maximum, *(x for g in self.groups for x in (g.n, g.mean, g.sd))]

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
                f"maximum is {_rounded(away, 2)} SDs away; at most {people} of {n} people "
                f"({_rounded(Fraction(100 * people, n), 1)} %) can be there"
            )
        return Verdict(any(reached), lines)


def most_at(maximum: int, n: int, mean: Fraction, sd: Fraction) -> int:
    """Bound how many of n people can have the scale's maximum.

    k people there need, even if all others have the same score, a sum of squares about the mean of
    k·n/(n − k)·(maximum − mean)²; there are (n − 1)·SD² to spend.
    """
    if mean >= maximum:
        return n
    return max(k for k in range(n) if k * n * (maximum - mean) ** 2 <= (n - k) * (n - 1) * sd**2)


class Wording(Check):
    """A word that binds a number, read strictly, against the figures.

    The ledger reads words widely (`words.yml`); what only the wide reading admits is a stretch.

    Attributes
    ----------
    word : str
        Claim with the word.
    reading : str
        Interval of the strict reading.
    value : Expression
    """

    title = "wording against numbers"
    usual = "wording stretches a number"

    word: str
    reading: str
    value: Expression

    @field_validator("reading")
    @classmethod
    def _is_interval(cls, text: str) -> str:
        parse_interval(text)
        return text

    def numbers(self) -> Iterable[str]:
        return self.value.operands()

    def mentions(self) -> Iterable[str]:
        return [self.word, *self.claims]

    def run(self, printed: Printed) -> Verdict:
        word = printed.claims[self.word].printed
        lines = [self.value.shown(printed), f"“{word}” read strictly: {self.reading}"]
        return Verdict(float(self.value.value(printed)) in parse_interval(self.reading), lines)


class Published(Check):
    """A property of an instrument as printed, against its publication."""

    title = "against the published instruments"
    usual = "two places disagree"

    figure: str
    published: Operand
    source: str

    def numbers(self) -> Iterable[str]:
        return (self.figure, self.published)

    def run(self, printed: Printed) -> Verdict:
        line = f"printed {printed.text(self.figure)}; {self.source}: {self.published}"
        return Verdict(printed.number(self.figure) == printed.number(self.published), [line])


class AtMost(Check):
    """One quantity cannot exceed another."""

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
    """Totals behind rounded means that are said to be equal."""

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


class Labels(Check):
    """Labels of tables and figures in their order of appearance, each with its chapter."""

    title = "labels in order"
    usual = "editorial"

    labels: tuple[tuple[str, Operand], ...]

    def run(self, printed: Printed) -> Verdict:
        lines = [
            f"{label} stands in chapter {chapter}"
            for label, chapter in self.labels
            if label.split()[-1].partition(".")[0] != chapter
        ]
        numbers = [(label, label.split()[-1].split(".")) for label, _ in self.labels]
        for (before, first), (after, second) in pairwise(numbers):
            if [part.zfill(3) for part in second] < [part.zfill(3) for part in first]:
                lines.append(f"{after} follows {before}")
        return Verdict(not lines, lines or [f"{len(self.labels)} labels in order"])


class Reviewed(Check):
    """What a reader found and no general check can: always a finding."""

    title = "reviewed"

    severity: Severity
    says: str
    arithmetic: tuple[Expression, ...] = ()

    def numbers(self) -> Iterable[str]:
        return [operand for line in self.arithmetic for operand in line.operands()]

    def run(self, printed: Printed) -> Verdict:
        return Verdict(False, [line.shown(printed) for line in self.arithmetic])
