"""What printed paired and between-group t tests determine about change, in two waves and two arms.

Assumptions, all of them: scores are whole-number totals on a scale; the paired test is Student's on
the change (endline minus baseline) of those with both scores; the test between the arms is
Student's on those changes with pooled variance; t is printed without its sign and p is two-sided;
printed figures are rounded half up, unless `Figures` and `TTest` say otherwise.

The sum and the sum of squares of whole-number changes are whole numbers, so a printed t and p
leave few. Arithmetic on the sums and sums of squares of both waves excludes some of those; whether
one of the rest has a data set is for `existence` to decide.

An interval that t is printed for is compared exactly, as fractions. The values of t at the ends of
a printed p's interval come from `scipy.stats.t.isf` in double precision and are widened by MARGIN,
far more than their error: a candidate is never lost, at worst one that just misses p is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np

from earlyhelp.possible.printed_group import Figures, Interval, printed_interval
from earlyhelp.study.problems import InputError, Problem

MARGIN = Fraction(1, 10**9)


class WaveFigures(NamedTuple):
    """One arm at one wave: `n` scores from `low` to `high`, their sum and their variance.

    `totals` are the first and last sum allowed, `variance` (denominator n - 1) None if not printed.
    """

    n: int
    low: int
    high: int
    totals: tuple[int, int]
    variance: Interval | None = None

    @classmethod
    def printed(cls, figures: Figures) -> WaveFigures:
        """Take over a printed mean and SD; scores are in its units."""
        totals = figures.mean_interval.whole(figures.n)
        return cls(figures.n, *figures.ends, totals, figures.variance_interval)


class TTest(NamedTuple):
    """A printed two-sided t test; t without its sign, a tie rounded as `Figures` says."""

    df: int
    t: str
    p: str
    rounding: str = "half-up"

    def interval(self) -> Interval:
        """Absolute values of t that are printed with this t and, within MARGIN, this p."""
        from scipy import stats

        t, p = (printed_interval(printed, self.rounding) for printed in (self.t, self.p))
        low = Fraction(float(stats.t.isf(float(p.high) / 2, self.df))) - MARGIN
        low = max(low, Fraction(0))
        if low > t.low:
            t = t._replace(low=low, low_included=True)
        if p.low <= 0:  # printed as 0.000: no t is too large
            return t
        high = Fraction(float(stats.t.isf(float(p.low) / 2, self.df))) + MARGIN
        return t._replace(high=high, high_included=True) if high < t.high else t


# How the two waves are called here, whatever a study calls them; fields of `Arm`.
WAVES = ("baseline", "endline")


@dataclass(frozen=True)
class ArmFigures:
    """Both waves of one arm, how many people are in both, and the paired test of their change."""

    baseline: WaveFigures
    endline: WaveFigures
    pairs: int
    test: TTest


class Change(NamedTuple):
    """Sum and sum of squares of the changes of some pairs of scores."""

    pairs: int
    total: int
    squares: int

    @property
    def mean(self) -> Fraction:
        """Mean change."""
        return Fraction(self.total, self.pairs)

    @property
    def spread(self) -> Fraction:
        """Sum of squares about the mean change."""
        return self.squares - Fraction(self.total**2, self.pairs)

    @property
    def sd(self) -> float:
        """SD of change, denominator pairs - 1."""
        return sqrt(self.spread / (self.pairs - 1))

    @property
    def dz(self) -> float:
        """Cohen's dz: mean over SD of change."""
        return float(self.mean) / self.sd


def changes(arm: ArmFigures) -> list[Change]:
    """List the changes that the paired test and the moments of both waves leave, up and down.

    Every agreeing data set has one of them; `existence` decides which of them have a data set.

    Raises
    ------
    InputError
        The printed t may be 0: then it bounds no sum of squares.

    Examples
    --------
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> changes(arm)
    [Change(pairs=3, total=3, squares=5)]
    """
    t = arm.test.interval()
    if t.low <= 0:
        found = f"t = {arm.test.t}"
        raise InputError([Problem("paired test", None, "t", found, "a t that cannot be 0")])
    return [
        Change(arm.pairs, total, squares)
        for total, most in sorted(_reach(arm).items())
        if total
        for squares in _squares(arm.pairs, total, t)
        if squares - Fraction(total**2, arm.pairs) <= most
    ]


def _squares(pairs: int, total: int, t: Interval) -> Iterator[int]:
    """Sums of squares with which t is in the interval, as odd or even as the sum is.

    t**2 is total**2 (pairs - 1) / (pairs squares - total**2).
    """
    numerator = Fraction(total**2 * (pairs - 1))
    low, high = ((numerator / end**2 + total**2) / pairs for end in (t.high, t.low))
    first, last = Interval(low, high, t.high_included, t.low_included).whole()
    yield from range(first + (first - total) % 2, last + 1, 2)


def paired_spread(wave: WaveFigures, pairs: int) -> dict[int, Fraction]:
    """Most spread that the paired people of a wave can have, by their sum.

    The spread of all is that of the paired, that of the rest and that between the two means.
    """
    rest = wave.n - pairs
    most: dict[int, Fraction] = {}
    for total in range(wave.totals[0], wave.totals[1] + 1):
        first = max(pairs * wave.low, total - rest * wave.high)
        last = min(pairs * wave.high, total - rest * wave.low)
        for paired in range(first, last + 1):
            mean = Fraction(paired, pairs)
            # No scores between low and high with this mean are further apart.
            spread = pairs * (wave.high - mean) * (mean - wave.low)
            if wave.variance is not None:
                between = Fraction(0)
                if rest:
                    gap = mean - Fraction(total - paired, rest)
                    between = Fraction(pairs * rest, wave.n) * gap**2
                spread = min(spread, wave.variance.high * (wave.n - 1) - between)
            if spread >= 0:
                most[paired] = max(spread, most.get(paired, spread))
    return most


def _reach(arm: ArmFigures) -> dict[int, float]:
    """Most spread that changes can have, by their sum; rounded up, so that nothing is lost.

    The root of the spread of differences is at most the sum of the roots of both waves' spreads.
    """
    before, after = (
        {total: sqrt(spread) for total, spread in paired_spread(wave, arm.pairs).items()}
        for wave in (arm.baseline, arm.endline)
    )
    reach: dict[int, float] = {}
    for (first, root), (last, other) in product(before.items(), after.items()):
        total = last - first
        reach[total] = max(reach.get(total, 0.0), (root + other) ** 2 + float(MARGIN))
    return reach


def joint(first: list[Change], second: list[Change], test: TTest) -> list[tuple[Change, Change]]:
    """Pair the changes of two arms that the printed test between the arms leaves.

    Parameters
    ----------
    first, second : list of Change
        Of each arm, as `changes` returns them.
    test : TTest
        Student's t on change, pooled variance.

    Examples
    --------
    >>> up, down = Change(17, 23, 363), Change(17, -23, 363)
    >>> other = Change(16, 10, 552)
    >>> joint([up, down], [other], TTest(31, "0.39", "0.697")) == [(up, other)]
    True
    """
    t = test.interval()
    means, spreads, sizes = (
        [np.array([float(getattr(change, name)) for change in arm]) for arm in (first, second)]
        for name in ("mean", "spread", "pairs")
    )
    difference = np.subtract.outer(means[0], means[1])
    error = np.add.outer(spreads[0], spreads[1]) / test.df
    error *= np.add.outer(1 / sizes[0], 1 / sizes[1])
    ratio = np.abs(difference) / np.sqrt(error)
    near = (ratio > float(t.low) - 1e-6) & (ratio < float(t.high) + 1e-6)
    pairs = [(first[i], second[j]) for i, j in np.argwhere(near)]
    squares = t._replace(low=t.low**2, high=t.high**2)
    return [pair for pair in pairs if squared_t(*pair, test.df) in squares]


def squared_t(first: Change, second: Change, df: int) -> Fraction:
    """Square of Student's t between the changes of two arms, pooled variance.

    Examples
    --------
    >>> square = squared_t(Change(17, 23, 363), Change(16, 10, 552), 31)
    >>> print(f"{float(square) ** 0.5:.2f}")
    0.39
    """
    error = (first.spread + second.spread) / df
    error *= Fraction(1, first.pairs) + Fraction(1, second.pairs)
    return (first.mean - second.mean) ** 2 / error


def correlation_bounds(arm: ArmFigures, change: Change) -> tuple[float, float]:
    """Bounds of the correlation between the waves of those in both, over all agreeing data sets.

    No data set lies outside; that the ends are attained is not shown. With the roots a, b and c of
    the spreads of baseline, endline and change, r = (a**2 + b**2 - c**2) / (2 a b). The paired
    spread of a wave lies between the two that `paired_spread` and the other wave allow. Both bounds
    are 0 where the scores of a wave cannot vary.

    Examples
    --------
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> low, high = correlation_bounds(arm, Change(3, 3, 5))
    >>> print(f"{low:.2f} to {high:.2f}")
    0.45 to 0.55
    """
    before, after = (paired_spread(w, arm.pairs) for w in (arm.baseline, arm.endline))
    c = sqrt(change.spread)
    least = [_least_root(wave, arm.pairs) for wave in (arm.baseline, arm.endline)]
    cosines: list[float] = []
    for total, most in after.items():
        if total - change.total not in before:
            continue
        a_most, b_most = sqrt(before[total - change.total]), sqrt(most)
        # A triangle with the sides a, b, c must close; a side of 0 has no correlation.
        a_least, b_least = max(least[0], c - b_most, 1e-9), max(least[1], c - a_most, 1e-9)
        if a_least > a_most or b_least > b_most:
            continue
        cosines += [_cosine(a, b, c) for a, b in product((a_least, a_most), (b_least, b_most))]
        # On an edge r is least where the angle opposite the other side is right.
        for fixed, low, high in (
            (a_least, b_least, b_most),
            (a_most, b_least, b_most),
            (b_least, a_least, a_most),
            (b_most, a_least, a_most),
        ):
            turning = sqrt(max(fixed**2 - c**2, 0.0))
            if low < turning < high:
                cosines.append(_cosine(fixed, turning, c))
    return max(-1.0, min(cosines, default=0.0)), min(1.0, max(cosines, default=0.0))


def _least_root(wave: WaveFigures, pairs: int) -> float:
    if wave.variance is None or wave.n > pairs:
        return 0.0
    return sqrt(wave.variance.low * (wave.n - 1))


def _cosine(a: float, b: float, c: float) -> float:
    return (a * a + b * b - c * c) / (2 * a * b)


def adjusted_bounds(
    first: ArmFigures, second: ArmFigures, contrasts: list[tuple[Change, Change]]
) -> tuple[float, float]:
    """Bounds of the ANCOVA-adjusted endline difference (first arm minus second) of the pairs.

    No data set lies outside; that the ends are attained is not shown. With the pooled slope b of
    endline on baseline within arms, the adjusted difference is that of the mean changes plus
    (1 - b) times that of the paired baseline means.

    Parameters
    ----------
    first, second : Arm
        Where no SD is printed, b may have no bounds: then the ends are infinite.
    contrasts : list of (Change, Change)
        Changes of both arms, as `joint` returns them.

    Examples
    --------
    >>> before = WaveFigures.printed(Figures(3, "3.0", "1.0", 1, 5))
    >>> after = WaveFigures.printed(Figures(3, "4.0", "1.0", 1, 5))
    >>> arm = ArmFigures(before, after, pairs=3, test=TTest(2, "1.73", "0.225"))
    >>> other = ArmFigures(before, before, pairs=3, test=arm.test)
    >>> low, high = adjusted_bounds(arm, other, [(Change(3, 3, 5), Change(3, 0, 2))])
    >>> print(f"{low:.2f} to {high:.2f}")
    1.00 to 1.00
    """
    sides: dict[tuple[int, Change], list[_Side]] = {}
    for index, arm in enumerate((first, second)):
        for change in {pair[index] for pair in contrasts}:
            sides[index, change] = list(_sides(arm, change))
    found = []
    for pair in contrasts:
        gap = float(pair[0].mean - pair[1].mean)
        for one, two in product(sides[0, pair[0]], sides[1, pair[1]]):
            ends = [_slope_left(one, two, sign) for sign in (-1, 1)]
            if not all(map(isfinite, ends)):
                return -inf, inf
            found += [gap + end * (one.baseline - two.baseline) for end in ends]
    return min(found) - float(MARGIN), max(found) + float(MARGIN)


class _Side(NamedTuple):
    """Paired baseline mean of an arm, and the roots of spreads that go with it.

    `a` bounds the baseline's, `b` the endline's; `c` is that of the change.
    """

    baseline: float
    a: tuple[float, float]
    b: tuple[float, float]
    c: float


def _sides(arm: ArmFigures, change: Change) -> Iterator[_Side]:
    before, after = (paired_spread(w, arm.pairs) for w in (arm.baseline, arm.endline))
    least = [_least_root(wave, arm.pairs) for wave in (arm.baseline, arm.endline)]
    c = sqrt(change.spread)
    for total, most in before.items():
        if total + change.total not in after:
            continue
        a_most, b_most = sqrt(most), sqrt(after[total + change.total])
        a = (max(least[0], c - b_most), min(a_most, c + b_most))
        b = (max(least[1], c - a_most), min(b_most, c + a_most))
        if a[0] <= a[1] and b[0] <= b[1]:
            yield _Side(total / arm.pairs, a, b, c)


def _slope_left(one: _Side, two: _Side, sign: int) -> float:
    """Greatest (sign 1) or least (-1) value of 1 - b.

    It is half of 1 + (sum of c**2 - b**2) / (sum of a**2), sums over both arms. Dinkelbach's
    method: the ratio r is greatest when the greatest sum of c**2 - b**2 - r a**2 is 0.
    """
    ratio = 0.0
    for _ in range(100):
        parts = [_best(side, sign, ratio) for side in (one, two)]
        above, below = (sum(part[i] for part in parts) for i in (0, 1))
        if below <= 0:
            return sign * inf
        if abs(above / below - ratio) < 1e-12:
            break
        ratio = above / below
    return (1 + ratio) / 2


def _best(side: _Side, sign: int, ratio: float) -> tuple[float, float]:
    """Return c**2 - b**2 and a**2 where the first less `ratio` of the second is extreme."""
    (a_least, a_most), (b_least, b_most), c = side.a, side.b, side.c
    turning = [c - b_least, c + b_least, b_most - c]
    if 1 + ratio:
        turning += [c / (1 + ratio), -c / (1 + ratio)]
    options = []
    for a in (a_least, a_most, *(x for x in turning if a_least < x < a_most)):
        b = max(b_least, abs(a - c)) if sign > 0 else min(b_most, a + c)
        options.append((c * c - b * b, a * a))
    return max(options, key=lambda option: sign * (option[0] - ratio * option[1]))


def spread_limits(wave: WaveFigures) -> tuple[int, int] | None:
    """First and last value of n times the sum of squares, minus the square of the sum."""
    return wave.variance.whole(wave.n * (wave.n - 1)) if wave.variance else None
