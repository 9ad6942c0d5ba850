"""Printed figures of one group, and the sums and sums of squares of scores that they leave.

With `items` = k each score is the mean of k whole-number items, so the grid is 1/k; scores are then
held as item totals, in units of 1/k.

The printed mean allows few sums and, for each, the printed SD allows an interval of sums of
squares. GRIM [1]_ and GRIMMER [2]_ are what the arithmetic on them leaves of mean and SD. It is on
whole numbers and fractions; none of it is rounded.

References
----------
.. [1] Brown and Heathers (2017), The GRIM test. Social Psychological and Personality Science 8(4).
.. [2] Anaya (2016), The GRIMMER test. PeerJ Preprints 4:e2400v1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, lcm, sqrt
from typing import Any, NamedTuple

from earlyhelp.study.problems import InputError, Problem

ROUNDINGS = ("half-up", "half-even", "either", "truncated")
SPREADS = ("sample SD", "population SD", "standard error")
TOTALS_LIMIT = 2**17  # sums that one printed mean allows
SCORES_LIMIT = 2**17  # scores of a scale with gaps

Counts = tuple[tuple[int | Fraction, int], ...]  # scores, and how many people have them

_DECIMAL = re.compile(r"[+-]?([0-9]{1,12}(\.[0-9]{1,12})?|\.[0-9]{1,12})")
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")


class TooLarge(InputError):
    """The exact way ends here; the problem says how large the table would be."""


def too_large(found: str, expected: str) -> TooLarge:
    """An error that tells what is too large, and how large it may be."""
    return TooLarge([Problem("printed figures", None, "size", found, expected)])


@dataclass(frozen=True)
class Figures:
    """Printed figures of one group.

    Parameters
    ----------
    n : int
        People, at least 2.
    mean : str
        As printed: the number of decimals matters.
    sd : str or None
        As printed; None where it is not.
    minimum, maximum : int or Fraction
        Ends of the scale. Where the least and the greatest score that occur are known, these, with
        one person `at_least` at each.
    items : int or tuple of int
        Each score is the mean of this many items; several numbers where people answered different
        numbers of them, and nobody knows who.
    rounding : {"half-up", "half-even", "either", "truncated"}
        How a tie was rounded: away from zero, to the even digit, or unknown (up or down);
        "truncated" means that further decimals were cut off. "either" includes both ends of the
        interval that a printed figure stands for; "half-up" the one nearer to zero; "half-even"
        both when the last printed digit is even, otherwise none; "truncated" the figure itself.
    spread : {"sample SD", "population SD", "standard error"}
        What is printed as `sd`: with the denominator n - 1, with n, or the standard error of the
        mean.
    step : int or Fraction
        An item's answers are multiples of it: 1/2 for half points.
    exactly, at_least : tuple of pairs
        Scores, and how many people have them, neither more nor fewer or at least so many.

    Raises
    ------
    InputError
        Figures that cannot be read; all of them at once. Impossible figures are no error.
    """

    n: int
    mean: str
    sd: str | None
    minimum: int | Fraction
    maximum: int | Fraction
    items: int | tuple[int, ...] = 1
    rounding: str = "half-up"
    spread: str = SPREADS[0]
    step: int | Fraction = 1
    exactly: Counts = ()
    at_least: Counts = ()

    def __post_init__(self) -> None:
        problems = list(_unreadable(self))
        if problems:
            raise InputError(problems)

    @classmethod
    def parse(
        cls,
        n: str,
        mean: str,
        sd: str,
        minimum: str,
        maximum: str,
        items: str = "1",
        rounding: str = "half-up",
    ) -> Figures:
        """Read figures that are all text, as from a command line or a table.

        Typographic minus signs and blanks at the ends, which copied text has, are read.

        Examples
        --------
        >>> Figures.parse("9", "\N{MINUS SIGN}1.85 ", "1.2", "-3", "3").mean
        '-1.85'
        """
        n, mean, sd, minimum, maximum, items = (
            text.strip().replace("\N{MINUS SIGN}", "-")
            for text in (n, mean, sd, minimum, maximum, items)
        )
        whole: list[Any] = [
            int(text) if _WHOLE.fullmatch(text) else text for text in (n, minimum, maximum, items)
        ]
        return cls(whole[0], mean, sd, whole[1], whole[2], whole[3], rounding)

    @cached_property
    def numbers_of_items(self) -> tuple[int, ...]:
        """How many items a score may be the mean of."""
        return self.items if isinstance(self.items, tuple) else (self.items,)

    @cached_property
    def parts(self) -> Fraction:
        """Units in a score of 1: a unit is the distance of two scores, `step` / `items`."""
        return lcm(*self.numbers_of_items) / Fraction(self.step)

    @cached_property
    def ends(self) -> tuple[int, int]:
        """Ends of the scale, in units."""
        return int(self.minimum * self.parts), int(self.maximum * self.parts)

    @cached_property
    def known(self) -> Counter[int]:
        """People of whom it is known which score they have, by the score in units."""
        known: Counter[int] = Counter()
        for score, people in self.at_least:
            known |= Counter({int(score * self.parts): people})
        return +Counter({**known, **{int(s * self.parts): people for s, people in self.exactly}})

    @cached_property
    def others(self) -> int:
        """How many people have scores that are not known."""
        return self.n - self.known.total()

    @cached_property
    def scores(self) -> Sequence[int]:
        """Scores, in units, that these others can have."""
        whole = lcm(*self.numbers_of_items)
        steps = [whole // items for items in self.numbers_of_items]
        taken = {int(score * self.parts) for score, _ in self.exactly}
        grid = range(self.ends[0], self.ends[1] + 1)
        if 1 in steps and not taken:
            return grid
        if grid.stop - grid.start > SCORES_LIMIT:
            raise too_large(
                f"{grid.stop - grid.start:,} scores of which some cannot occur",
                f"at most {SCORES_LIMIT:,}",
            )
        return [u for u in grid if u not in taken and any(u % step == 0 for step in steps)]

    @cached_property
    def has_gaps(self) -> bool:
        """Whether some scores between the ends cannot occur."""
        return not isinstance(self.scores, range)

    @cached_property
    def mean_interval(self) -> Interval:
        """Means that are printed like this, in units."""
        return printed_interval(self.mean, self.rounding).times(self.parts)

    @cached_property
    def sd_interval(self) -> Interval:
        """SDs that are printed like this, in units; all there are where none is printed."""
        if self.sd is None:
            return Interval(Fraction(0), self._widest, True, True)
        return printed_interval(self.sd, self.rounding).times(self.parts)

    @property
    def _widest(self) -> Fraction:
        return Fraction(self.n * (self.ends[1] - self.ends[0]))

    @cached_property
    def variance_interval(self) -> Interval:
        """Variances (denominator n - 1) that are printed like this, in squared units."""
        sd, n = self.sd_interval, Fraction(self.n)
        if sd.low < 0:
            sd = sd._replace(low=Fraction(0), low_included=True)
        factor = Fraction(1)
        if self.spread != SPREADS[0]:
            factor = n if self.spread == "standard error" else n / (n - 1)
        return sd._replace(low=sd.low**2, high=sd.high**2).times(factor)


def _unreadable(figures: Figures) -> Iterator[Problem]:
    def problem(name: str, expected: str) -> Problem:
        return Problem("printed figures", None, name, repr(getattr(figures, name)), expected)

    grid = list(_grid_problems(figures, problem))
    yield from grid
    parts = figures.parts if not grid else Fraction(0)
    yield from _score_problems(figures, problem, parts)
    for name in ("mean", "sd"):
        value = getattr(figures, name)
        as_printed = isinstance(value, str) and _DECIMAL.fullmatch(value)
        if not as_printed and (name, value) != ("sd", None):
            yield problem(name, "a decimal number as printed, such as 69.2")
    for name, known in (("rounding", ROUNDINGS), ("spread", SPREADS)):
        if getattr(figures, name) not in known:
            yield problem(name, " or ".join(known))


ProblemOf = Callable[[str, str], Problem]  # field of `Figures`, and what is expected there


def _score_problems(figures: Figures, problem: ProblemOf, parts: Fraction) -> Iterator[Problem]:
    unit = f"multiple of {1 / parts}" if parts else "number"
    ends = {}
    for name in ("minimum", "maximum"):
        value = getattr(figures, name)
        if not _is_rational(value):
            yield problem(name, "a whole number")
        elif (value * parts) % 1:
            yield problem(name, f"a {unit}")
        else:
            ends[name] = value
    if len(ends) == 2 and ends["minimum"] > ends["maximum"]:
        yield problem("maximum", f"at least the minimum {ends['minimum']}")
    for name in ("exactly", "at_least"):
        scores, people = ([pair[i] for pair in getattr(figures, name)] for i in (0, 1))
        if name == "exactly" and len(set(scores)) < len(scores):
            yield problem(name, "each score once")
        if not all(_is_rational(score) and (score * parts) % 1 == 0 for score in scores):
            yield problem(name, f"scores that are each a {unit}")
        if not all(isinstance(number, int) and number >= 0 for number in people):
            yield problem(name, "whole numbers of people")


def _grid_problems(figures: Figures, problem: ProblemOf) -> Iterator[Problem]:
    given: tuple[tuple[str, tuple[Any, ...], int], ...] = (
        ("n", (figures.n,), 1 if figures.sd is None else 2),
        ("items", figures.numbers_of_items or ("",), 1),
    )
    for name, values, least in given:
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            yield problem(name, "a whole number")
        elif min(values) < least:
            yield problem(name, f"at least {least}")
    if not _is_rational(figures.step) or figures.step <= 0:
        yield problem("step", "a number above 0")


def _is_rational(value: Any) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


class Interval(NamedTuple):
    """Numbers from low to high, each end included or not."""

    low: Fraction
    high: Fraction
    low_included: bool
    high_included: bool

    def __contains__(self, value: Any) -> bool:
        above = value > self.low or (self.low_included and value == self.low)
        return bool(above and (value < self.high or (self.high_included and value == self.high)))

    def times(self, factor: int | Fraction) -> Interval:
        """Stretch by a positive factor."""
        return self._replace(low=self.low * factor, high=self.high * factor)

    def whole(self, factor: int | Fraction = 1) -> tuple[int, int]:
        """First and last whole number in the interval stretched by a positive factor."""
        low, high = self.low * factor, self.high * factor
        return (
            ceil(low) if self.low_included else floor(low) + 1,
            floor(high) if self.high_included else ceil(high) - 1,
        )


def printed_interval(printed: str, rounding: str) -> Interval:
    """Return the numbers that are printed like this under a rounding of `Figures`.

    Examples
    --------
    >>> interval = printed_interval("4.3", "half-up")
    >>> print(interval.low, interval.high, interval.low_included, interval.high_included)
    17/4 87/20 True False
    """
    value = Fraction(printed)
    decimals = len(printed.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals)
    if rounding == "half-up":
        ends = (value > 0, value < 0)
    elif rounding == "truncated":
        low, high = value - 2 * half * (value <= 0), value + 2 * half * (value >= 0)
        return Interval(low, high, value > 0, value < 0)
    elif rounding == "half-even":
        ends = ((value * 10**decimals) % 2 == 0,) * 2
    else:
        ends = (True, True)
    return Interval(value - half, value + half, *ends)


class Target(NamedTuple):
    """A sum of scores and the first and last sum of squares that go with it, in units.

    Both are of the people whose scores are not known. Only sums of squares as odd or even as the
    sum occur.
    """

    total: int
    low: int
    high: int


def least_squares(n: int, total: int) -> int:
    """Least sum of squares of n whole numbers with a sum.

    Examples
    --------
    >>> least_squares(3, 4)  # 1, 1 and 2
    6
    """
    quotient, rest = divmod(total, n) if n else (0, 0)
    return (n - rest) * quotient**2 + rest * (quotient + 1) ** 2


def _most_squares(n: int, total: int, low: int, high: int) -> int:
    if not n or low == high:
        return n * low**2
    # As many people as possible at the two ends; at most one in between.
    at_top, rest = divmod(total - n * low, high - low)
    at_bottom = n - at_top - bool(rest)
    return at_top * high**2 + at_bottom * low**2 + bool(rest) * (low + rest) ** 2


def targets(figures: Figures) -> tuple[list[Target], str]:
    """Return what the printed figures leave by arithmetic alone, or why it is nothing.

    Raises
    ------
    TooLarge
        More than TOTALS_LIMIT sums.

    Examples
    --------
    >>> targets(Figures(5, "3.4", "1.14", 1, 5))
    ([Target(total=17, low=63, high=63)], '')
    """
    reason = _contradiction(figures)
    totals = range(0)
    if not reason:
        totals, reason = _totals(figures)
    return ([], reason) if reason else _with_squares(figures, totals)


def _contradiction(figures: Figures) -> str:
    """Why the scores that are known to occur cannot; empty if they can."""
    exactly = dict(figures.exactly)
    whole = lcm(*figures.numbers_of_items)
    for score, people in (*figures.exactly, *figures.at_least):
        unit = score * figures.parts
        on_grid = any(unit % (whole // items) == 0 for items in figures.numbers_of_items)
        if people and not (figures.minimum <= score <= figures.maximum and on_grid):
            return f"nobody can have the score {_decimal(score)}"
        if people > exactly.get(score, people):
            have = f"have the score {_decimal(score)}"
            return f"{exactly[score]} and at least {people} people {have}"
    if figures.others < 0:
        return f"{figures.known.total()} people with known scores are more than n = {figures.n}"
    if figures.others and not figures.scores:
        return "the other people can have no score"
    return ""


def _decimal(score: int | Fraction) -> str:
    return f"{float(score):.4g}"


def _known_sums(figures: Figures) -> tuple[int, int]:
    """Sum, and sum of squares, of the scores that are known."""
    known = figures.known.items()
    return sum(u * people for u, people in known), sum(u * u * people for u, people in known)


def _totals(figures: Figures) -> tuple[range, str]:
    """Return the sums of the others that the printed mean allows, or why there are none."""
    n, others, mean = figures.n, figures.others, figures.mean_interval
    low, high = (figures.scores[0], figures.scores[-1]) if others else (0, 0)
    known, _ = _known_sums(figures)
    first, last = mean.whole(n)
    totals = range(max(first - known, others * low), min(last - known, others * high) + 1)
    sums = totals.stop - totals.start  # more than `len` may return
    if sums > TOTALS_LIMIT:
        raise too_large(
            f"{sums:,} sums of scores with the mean {figures.mean} (n = {n:,})",
            f"at most {TOTALS_LIMIT:,}",
        )
    if totals:
        return totals, ""
    if mean.high < figures.ends[0] or mean.low > figures.ends[1]:
        return totals, f"the mean {figures.mean} is off the scale"
    if first <= last and figures.known:
        means = [number / (n * figures.parts) for number in
                 (known + others * low, known + others * high)]  # fmt: skip
        ends = " to ".join(f"{float(end):.4f}" for end in means)
        return totals, f"the scores that are known leave a mean of {ends}, not {figures.mean}"
    if first <= last:
        return totals, f"the mean {figures.mean} is off the scale"
    decimals = len(figures.mean.partition(".")[2])
    near = " and ".join(
        f"{float(total / (n * figures.parts)):.{decimals + 2}f}" for total in (last, first)
    )
    return totals, f"GRIM fails: the nearest means of n = {n} are {near}, not {figures.mean}"


def _with_squares(figures: Figures, totals: range) -> tuple[list[Target], str]:
    """Return the sums with their sums of squares by the printed SD, or why there are none."""
    n, others, variance = figures.n, figures.others, figures.variance_interval
    low, high = (figures.scores[0], figures.scores[-1]) if others else (0, 0)
    known, known_squares = _known_sums(figures)
    if figures.sd is not None and Fraction(figures.sd) < 0:
        return [], f"the SD {figures.sd} is negative"
    least = {total: least_squares(others, total) for total in totals}
    most = {total: _most_squares(others, total, low, high) for total in totals}

    def sds(squares: dict[int, int]) -> list[float]:
        parts = float(figures.parts)
        return [
            _sd(n, total + known, found + known_squares) / parts for total, found in squares.items()
        ]

    allowed = []
    for total in totals:
        shift = Fraction((total + known) ** 2, n) - known_squares
        spread = variance._replace(
            low=variance.low * (n - 1) + shift, high=variance.high * (n - 1) + shift
        )
        allowed.append(Target(total, *spread.whole()))
    possible = [target for target in allowed if target.high >= least[target.total]]
    if not possible:
        return [], f"the SD {figures.sd} is below the least possible, {min(sds(least)):.4f}"
    possible = [target for target in possible if target.low <= most[target.total]]
    if not possible:
        return [], f"the SD {figures.sd} is above the greatest possible, {max(sds(most)):.4f}"
    targets = []
    for total, first, last in possible:
        first, last = max(first, least[total]), min(last, most[total])
        target = Target(total, first + (first - total) % 2, last - (last - total) % 2)
        if target.low <= target.high:
            targets.append(target)
    if targets:
        return targets, ""
    return [], (
        f"GRIMMER fails: no sum of squares that n = {n} scores with the mean {figures.mean} "
        f"can have gives the SD {figures.sd}"
    )


def _sd(n: int, total: int, squares: int) -> float:
    return sqrt(Fraction(n * squares - total**2, n * (n - 1))) if n > 1 else 0.0
