"""Tests: p from its test, t tests against each other, tests that are not printed.

References
----------
.. [1] Nuijten et al. (2016), statcheck. Behavior Research Methods 48.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator
from scipy import stats

from earlyhelp.possible.printed_group import Interval, printed_interval
from earlyhelp.published.checks.base import Check, Operand, Printed, Scores, Verdict
from earlyhelp.published.numbers import as_p, span
from earlyhelp.published.printed_tests import (
    SIGNED,
    TESTS,
    as_printed,
    can_be_halved,
    no_such,
    p_interval,
    read_p,
)
from earlyhelp.study.yamlfile import Strict

# Ratios of the SDs of change in two arms that `ChangeTests` searches.
RATIOS = np.geomspace(1 / 20, 20, 20_001)


class PrintedTest(Check):
    """p recomputed from a test, over the rounding of its value: t, F, chi2, r, z or Q.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> check = PrintedTest(id="a", about="alliance", t="2.20", df="28", p=".02")
    >>> for line in check.run(Printed([])).arithmetic:
    ...     print(line)
    t(28) = 2.20 gives p from .0358 to .0367 two-sided; printed .02
    t(28) = 2.20 gives p from .0179 to .0184 one-sided; printed .02
    >>> check = PrintedTest(id="b", about="roles", F="2.20", df="2", df2="28", p="ns")
    >>> check.run(Printed([])).arithmetic
    ['F(2, 28) = 2.20 gives p from .1290 to .1302 of the upper tail; printed ns (p > .05)']
    """

    title = "p from its test"

    t: Operand | None = None
    F: Operand | None = None
    chi2: Operand | None = None
    r: Operand | None = None
    z: Operand | None = None
    Q: Operand | None = None
    df: Operand | None = None
    df2: Operand | None = None
    p: Operand
    tails: Literal[1, 2] = 2

    @model_validator(mode="after")
    def _one_test(self) -> PrintedTest:
        given = [test for test in TESTS if getattr(self, test) is not None]
        dfs = [name for name in ("df", "df2") if getattr(self, name) is not None]
        if len(given) != 1 or dfs != ["df", "df2"][: TESTS[given[0]][0]]:
            raise ValueError("one of t, chi2, r or Q with df, F with df and df2, or z")
        return self

    @property
    def _test(self) -> tuple[str, Operand, list[Operand]]:
        test = next(test for test in TESTS if getattr(self, test) is not None)
        return test, getattr(self, test), [df for df in (self.df, self.df2) if df is not None]

    def numbers(self) -> Iterable[str]:
        _, value, dfs = self._test
        return (value, *dfs, self.p)

    def unread(self, printed: Printed) -> Iterator[tuple[str, str]]:
        yield from ((bad, told) for bad, told in super().unread(printed) if bad != self.p)
        try:
            read_p(printed.text(self.p))
        except ValueError:
            yield self.p, "a claim or a p, such as .036, < .05 or ns"

    def run(self, printed: Printed) -> Verdict:
        test, value, dfs = self._test
        value, dfs = printed.text(value), [printed.text(df) for df in dfs]
        if any(printed.number(df) <= 0 for df in dfs):
            raise ValueError(f"df = {', '.join(dfs)}")
        said = as_printed(test, value, dfs)
        if no_such(test, value):
            return Verdict(False, [f"{said}: there is no such {test}"])
        p = read_p(printed.text(self.p))
        ends = p_interval(test, value, dfs, "either")
        told = as_p(p.figure) if p.sign == "=" else p
        lines, fits = [], {}
        for tails in dict.fromkeys((self.tails, 2, 1)) if can_be_halved(test, dfs) else (2,):
            low, high = (end * tails / 2 for end in ends)
            fits[tails] = p.fits(low, high, "either")
            name = "one-sided" if tails == 1 else "two-sided"
            name = name if test in SIGNED or tails == 1 else "of the upper tail"
            lines.append(f"{said} gives p from {as_p(span(low, high, 4))} {name}; printed {told}")
        holds = next(iter(fits.values()))
        return Verdict(holds, (lines[:1] if holds else lines) + [p.remark] * bool(p.remark))


class Tested(Strict):
    """A printed t with its degrees of freedom."""

    t: Operand
    df: Operand

    def numbers(self) -> Iterable[str]:
        """Operands."""
        return (self.t, self.df)

    def range(self, printed: Printed) -> tuple[float, float]:
        """Least and greatest size of t."""
        interval = printed_interval(printed.text(self.t).lstrip("-"), "either")
        return max(float(interval.low), 0.0), float(interval.high)


class ChangeTests(Check):
    """Paired tests of two arms beside the pooled test of their changes.

    With pairs n = df + 1 and r the ratio of the SDs of change (second over first), the three t
    values are functions of r alone: t = (t1/√n1 − r·t2/√n2) / √(((n1−1) + (n2−1)r²)/(n1+n2−2) ·
    (1/n1 + 1/n2)). Signs are not printed, so all are tried.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> first, second = {"t": "1.22", "df": "16"}, {"t": "0.41", "df": "15"}
    >>> between = {"t": "0.39", "df": "31"}
    >>> check = ChangeTests(id="a", about="alliance", first=first, second=second, between=between)
    >>> _, same, opposite = check.run(Printed([])).arithmetic
    >>> for part in (*same.split(": "), *opposite.split(": ")):
    ...     print(part)
    changes in the same direction
    the second arm’s SD of change is 1.30 to 1.37 times the first arm’s
    changes in opposite directions
    impossible for every ratio of SDs from 0.05 to 20
    """

    title = "tests of change against each other"

    first: Tested
    second: Tested
    between: Tested

    def numbers(self) -> Iterable[str]:
        return [*self.first.numbers(), *self.second.numbers(), *self.between.numbers()]

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
    shown = " or ".join(span(low, high, 2) for low, high in runs)
    return f"the second arm’s SD of change is {shown} times the first arm’s"


class Difference(Check):
    """The two-sample tests that two printed means and SDs imply, over all rounding.

    Holds when neither Welch's nor the pooled test can be below `alpha`.

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> first = {"n": "20", "mean": "10.0", "sd": "2.0"}
    >>> second = {"n": "20", "mean": "7.0", "sd": "2.0"}
    >>> check = Difference(id="a", about="arms", first=first, second=second)
    >>> for line in check.run(Printed([])).arithmetic:
    ...     print(line)
    pooled: |t| from 4.47 to 5.03 with 38 df, p from .000 to .001
    Welch: |t| from 4.47 to 5.03 with 37.9 to 38.0 df, p from .000 to .001
    """

    title = "tests the report does not print"
    usual = "wording stretches a number"

    first: Scores
    second: Scores
    alpha: float = 0.05

    def numbers(self) -> Iterable[str]:
        return [*self.first.numbers(), *self.second.numbers()]

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
            dfs = [df for _, df, _ in found]
            across = min(t for t, _, _ in found) < 0 < max(t for t, _, _ in found)
            low_t, high_p = (0.0, 1.0) if across else (min(sizes), max(ps))
            df = span(min(dfs), max(dfs), 0 if pooled else 1)
            lines.append(
                f"{name}: |t| from {span(low_t, max(sizes), 2)} with {df} df, p from "
                f"{as_p(span(min(ps), high_p, 3))}"
            )
            least.append(min(ps))
        return Verdict(min(least) >= self.alpha, lines)


def _corners(n: int, mean: Interval, sd: Interval) -> list[tuple[int, float, float]]:
    return [(n, float(m), float(s)) for m, s in product(mean[:2], sd[:2])]


def two_sample(
    n1: int, mean1: float, sd1: float, n2: int, mean2: float, sd2: float, pooled: bool
) -> tuple[float, float, float]:
    """t, df and two-sided p of a two-sample test from summary statistics.

    Examples
    --------
    >>> t, df, p = two_sample(20, 10.0, 2.0, 20, 8.5, 2.0, pooled=True)
    >>> print(f"t = {t:.2f}, df = {df:g}, p = {p:.3f}")
    t = 2.37, df = 38, p = 0.023
    """
    test = stats.ttest_ind_from_stats(mean1, sd1, n1, mean2, sd2, n2, equal_var=pooled)
    a, b = sd1**2 / n1, sd2**2 / n2
    welch = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    return float(test.statistic), n1 + n2 - 2.0 if pooled else welch, float(test.pvalue)
