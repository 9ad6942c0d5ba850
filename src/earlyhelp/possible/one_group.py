"""Every data set that a printed n, mean and SD allow: counted, drawn from, listed and bounded.

A *data set* is a multiset of n whole-number scores on a scale (who has which score is not
counted), as in CLOSURE [1]_. With `items` = k each score is the mean of k whole-number items, so
the grid is 1/k; scores are then held as item totals, in units of 1/k.

The printed mean allows few sums and, for each, the printed SD (denominator n - 1) allows an
interval of sums of squares. A table over (people so far, sum, sum of squares) holds in how many
ways each partial data set can be completed. Scores enter as deviations d from a whole number near
the mean, and d(d - 1)/2 replaces the square: it is never negative and, since d and its square are
odd together, it halves the table. States that no data set can pass through are left out. All
arithmetic is on whole numbers; none of it is rounded.

Where it is known how many people have a score, those are set aside: the table is of the others.

Whether there is any data set is for `witness` to decide; it needs no table. Drawing candidates is
what SPRITE [2]_ does, without knowing how likely each is.

References
----------
.. [1] CLOSURE, R package `unsum`: complete listing of original samples of underlying raw evidence.
.. [2] Heathers et al. (2018), Recovering data from summary statistics: SPRITE. PeerJ Preprints
   6:e26968v1.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, comb, isqrt, log, prod, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earlyhelp.possible.printed_group import Figures, Target, targets, too_large
from earlyhelp.study.problems import InputError, Problem

CELLS_LIMIT = 2**27  # one GiB of table
LIST_LIMIT = 2**24  # scores in a listing

# The table holds counts modulo the first of these (unsigned overflow) and, where counts can be
# larger, modulo as many of the others as it takes. They are coprime; those after the first are
# below 2**32, so that products of two residues do not overflow.
MODULI = (2**64, *(2**32 - gap for gap in (5, 17, 65, 99, 107, 135, 153, 185, 209, 267)))


class Size(NamedTuple):
    """How large the table of a problem is.

    `values` counts the scores from the least to the greatest that anybody can have, `residues` the
    words per cell.
    """

    values: int
    cells: int
    residues: int

    @property
    def gigabytes(self) -> float:
        """Memory of the table, 10**9 bytes."""
        return self.cells * self.residues * 8 / 1e9


class _Box(NamedTuple):
    """Sums s and half-squares t that some number of people can have in an allowed data set."""

    s_low: int
    s_high: int
    t_low: int
    t_high: int

    @property
    def shape(self) -> tuple[int, int]:
        return max(0, self.s_high - self.s_low + 1), max(0, self.t_high - self.t_low + 1)


def _half_square(d: int) -> int:
    return d * (d - 1) // 2


class _Grid:
    """Geometry of the table: which (people, sum, half-square) there are, and where.

    Everything is in deviations d from `centre`; `targets` are (s, first t, last t).
    """

    def __init__(self, figures: Figures, targets: list[Target]) -> None:
        self.n = n = figures.others
        self.centre = c = (targets[0].total + targets[-1].total) // (2 * n) if n else 0
        self.targets = [
            (
                target.total - n * c,
                *(
                    (squares - 2 * c * target.total + n * c * c - target.total + n * c) // 2
                    for squares in target[1:]
                ),
            )
            for target in targets
        ]
        self._spread = max(n * target.high - target.total**2 for target in targets)
        self.low, self.high = (figures.scores[0] - c, figures.scores[-1] - c) if n else (0, 0)
        if n:
            one = self.box(1)
            self.low, self.high = max(self.low, one.s_low), min(self.high, one.s_high)
        self._allowed = frozenset(figures.scores) if figures.has_gaps else None

    def box(self, people: int) -> _Box:
        """Bounds from the scale and from the sum of squares between these people and the rest."""
        n, rest = self.n, self.n - people
        s_first, s_last = self.targets[0][0], self.targets[-1][0]
        d = max(n, 1)
        reach = isqrt(self._spread * people * rest) // d + 1 if rest and people else 0
        t_most = max(_half_square(self.low), _half_square(self.high))
        t_first = min(target[1] for target in self.targets)
        t_last = max(target[2] for target in self.targets)
        return _Box(
            max(people * self.low, s_first - rest * self.high, people * s_first // d - reach),
            min(people * self.high, s_last - rest * self.low, -(-people * s_last // d) + reach),
            max(0, t_first - rest * t_most),
            min(people * t_most, t_last),
        )

    def size(self) -> Size:
        """Size of the table, from at most a thousand of its planes."""
        step = -(-(self.n + 1) // 1000)
        cells = step * sum(prod(self.box(p).shape) for p in range(0, self.n + 1, step))
        width = self.high - self.low + 1
        if cells > CELLS_LIMIT:  # refused anyway; the bound on the count could take long
            return Size(width, cells, 1)
        bound, residues, product = self._most_data_sets(), 1, MODULI[0]
        while product <= bound and residues < len(MODULI):
            product *= MODULI[residues]
            residues += 1
        return Size(width, cells, residues if product > bound else len(MODULI) + 1)

    def _most_data_sets(self) -> int:
        """Return a number that the count cannot exceed, to know how many residues it takes.

        No allowed data set has more than `squares` as its sum of squares about `middle`. So for any
        rate >= 0, exp(rate * squares) times the sum over all multisets of
        exp(-rate * their sum of squares) is at least the count. The weights are taken relative to
        the largest, which comes first, so that nothing underflows; 0.02 bits are for rounding.
        """
        n, s_first, s_last = self.n, self.targets[0][0], self.targets[-1][0]
        scores = np.array(self.scores)
        bound = comb(n + len(scores) - 1, n) if n else 1
        if bound < MODULI[0]:
            return bound
        squares = (self._spread + (s_last - s_first) ** 2) / n
        distances = np.sort((scores - (s_first + s_last) / (2 * n)) ** 2)
        for rate in np.array([0.3, 0.5, 0.7, 0.9, 1.2]) * n / (squares + 1):
            multisets = np.zeros(n + 1)
            multisets[0] = 1
            for weight in np.exp(-rate * (distances - distances[0])):
                for people in range(1, n + 1):
                    multisets[people] += weight * multisets[people - 1]
            if np.isfinite(multisets[n]):
                nats = log(multisets[n]) + rate * (squares - n * distances[0])
                bound = min(bound, 2 ** max(0, ceil(nats / log(2) + 0.02)))
        return bound

    def check(self) -> int:
        """Return the number of residues that counts need, or refuse."""
        size = self.size()
        if size.cells * size.residues > CELLS_LIMIT or size.residues > len(MODULI):
            raise too_large(
                f"a table of about {size.cells:,} cells of {size.residues} words "
                f"({size.gigabytes:,.1f} GB; n = {self.n:,}, {size.values:,} possible scores)",
                f"at most {CELLS_LIMIT:,} words in all and {len(MODULI)} a cell, so no exact "
                "answer: fewer people, a narrower scale or a smaller SD would have one",
            )
        return size.residues

    @cached_property
    def boxes(self) -> list[_Box]:
        return [self.box(people) for people in range(self.n + 1)]

    @cached_property
    def scores(self) -> Sequence[int]:
        """Possible scores, as deviations in ascending order."""
        between = range(self.low, self.high + 1) if self.n else range(0)
        if self._allowed is None:
            return between
        return [d for d in between if d + self.centre in self._allowed]

    @cached_property
    def deviations(self) -> list[int]:
        """Possible scores, those furthest from the mean first: few people can have those."""
        return sorted(self.scores, key=lambda d: (-_half_square(d), d))

    def most(self, d: int) -> int:
        """Most people who can be as far from the mean as d."""
        t = _half_square(d)
        return min(self.n, self.targets_last // t) if t else self.n

    @cached_property
    def targets_last(self) -> int:
        return max(target[2] for target in self.targets)

    def overlap(self, people: int, others: int, d: int) -> tuple[Any, Any] | None:
        """Return slices of the planes of `people` and `others` whose states are d apart."""
        a, b, t = self.boxes[people], self.boxes[others], _half_square(d)
        step = others - people
        s_low, s_high = max(a.s_low, b.s_low - step * d), min(a.s_high, b.s_high - step * d)
        t_low, t_high = max(a.t_low, b.t_low - step * t), min(a.t_high, b.t_high - step * t)
        if s_low > s_high or t_low > t_high:
            return None
        return tuple(
            (
                ...,
                slice(s_low + ds - box.s_low, s_high + ds - box.s_low + 1),
                slice(t_low + dt - box.t_low, t_high + dt - box.t_low + 1),
            )
            for box, ds, dt in ((a, 0, 0), (b, step * d, step * t))
        )  # type: ignore[return-value]


class _Table:
    """Counts for every state of a grid, as residues.

    With `direction` 1 a cell holds in how many ways the scores entered so far complete it to a
    target; with -1, in how many ways they lead to it from nobody.
    """

    def __init__(self, grid: _Grid, direction: int = 1) -> None:
        self.grid, self.direction = grid, direction
        self.residues = grid.check()
        shapes = [box.shape for box in grid.boxes]
        self.starts = np.cumsum([0, *(rows * columns for rows, columns in shapes)])
        self.words = np.zeros((self.residues, int(self.starts[-1])), dtype=np.uint64)
        self.planes = [
            self.words[:, start : start + rows * columns].reshape(-1, rows, columns)
            for start, (rows, columns) in zip(self.starts, shapes, strict=False)
        ]
        self.boxes = np.array(grid.boxes)
        self.moduli = np.array(MODULI[1 : self.residues], dtype=np.uint64)[:, None, None]
        if direction < 0:
            self.planes[0][...] = 1
        for s, first, last in grid.targets if direction > 0 else ():
            box = grid.boxes[-1]
            self.planes[-1][:, s - box.s_low, first - box.t_low : last - box.t_low + 1] = 1

    def _order(self, d: int, outermost: bool) -> list[int]:
        reach = self.grid.most(d) if outermost else self.grid.n
        if self.direction > 0:
            return list(range(self.grid.n - 1, self.grid.n - reach - 1, -1))
        return list(range(1, reach + 1))

    def enter(self, d: int, outermost: bool = False) -> None:
        """Let people have the score d; `outermost` says that no score nearer was entered."""
        for people in self._order(d, outermost):
            where = self.grid.overlap(people, people + self.direction, d)
            if where:
                plane = self.planes[people][where[0]]
                plane += self.planes[people + self.direction][where[1]]
                if self.residues > 1:
                    np.minimum(plane[1:], plane[1:] - self.moduli, out=plane[1:])

    def withdraw(self, d: int, outermost: bool = False) -> None:
        """Undo `enter`."""
        for people in reversed(self._order(d, outermost)):
            where = self.grid.overlap(people, people + self.direction, d)
            if where:
                plane = self.planes[people][where[0]]
                plane -= self.planes[people + self.direction][where[1]]
                if self.residues > 1:
                    np.minimum(plane[1:], plane[1:] + self.moduli, out=plane[1:])

    def at(self, people: NDArray[Any], s: NDArray[Any], t: NDArray[Any]) -> NDArray[Any]:
        """Counts of several states, 0 where the grid has none; Python integers if need be."""
        s_low, s_high, t_low, t_high = self.boxes[people].T
        inside = (s >= s_low) & (s <= s_high) & (t >= t_low) & (t <= t_high)
        place = self.starts[people] + (s - s_low) * (t_high - t_low + 1) + t - t_low
        return _join(self.words[:, np.where(inside, place, 0)] * inside.astype(np.uint64))


def _join(residues: NDArray[Any]) -> NDArray[Any]:
    """Numbers from their residues along the first axis (Chinese remainder theorem)."""
    joined: NDArray[Any] = residues[0]
    if len(residues) == 1:
        return joined
    moduli = MODULI[: len(residues)]
    whole = prod(moduli)
    factors = [whole // m * pow(whole // m, -1, m) for m in moduli]
    terms = (row.astype(object) * factor for row, factor in zip(residues, factors, strict=True))
    joined = sum(terms) % whole
    return joined


def _inner(a: NDArray[Any], b: NDArray[Any]) -> int:
    """Sum of products of two planes of residues (residues, rows, columns)."""
    sums = [int(np.vdot(a[0], b[0]))]
    for x, y, modulus in zip(a[1:], b[1:], MODULI[1:], strict=False):
        sums.append(int((x * y % np.uint64(modulus)).sum()) % modulus)
    return int(_join(np.array(sums, dtype=np.uint64)[:, None])[0])


def _completions(figures: Figures) -> _Table | None:
    """Return the table with all scores entered; None if arithmetic already excludes all."""
    left, _ = targets(figures)
    if not left:
        return None
    table = _Table(_Grid(figures, left))
    for d in table.grid.deviations:
        table.enter(d, outermost=True)
    return table


def _total(table: _Table) -> int:
    origin = np.zeros(1, dtype=np.int64)
    return int(table.at(origin, origin, origin)[0])


def size(figures: Figures) -> Size:
    """Size of the table that an exact answer takes; zero where arithmetic alone answers.

    Examples
    --------
    >>> size(Figures(17, "69.2", "9.3", 12, 84))
    Size(values=53, cells=1361685, residues=1)
    """
    left, _ = targets(figures)
    return _Grid(figures, left).size() if left else Size(0, 0, 0)


def count(figures: Figures) -> int:
    """Count the data sets that agree with the printed figures, to the last digit.

    Raises
    ------
    TooLarge
        The table would not fit.

    Examples
    --------
    >>> count(Figures(5, "3.4", "1.14", 1, 5))
    1
    """
    table = _completions(figures)
    return _total(table) if table else 0


def draw(figures: Figures, k: int, seed: int) -> NDArray[np.int64]:
    """Draw k data sets, each with the same probability whatever was drawn before.

    Uniform over multisets, not over the ways to give the scores to named people.

    Returns
    -------
    array of shape (k, n)
        Scores in units, ascending in each row.

    Raises
    ------
    InputError
        No data set agrees, or (TooLarge) more than LIST_LIMIT scores to draw, or the table would
        not fit.

    Examples
    --------
    >>> draw(Figures(17, "69.2", "9.3", 12, 84), 1, seed=1)
    array([[52, 59, 59, 63, 63, 63, 67, 67, 67, 67, 69, 77, 78, 78, 82, 82,
            83]])
    """
    if k * figures.n > LIST_LIMIT:
        raise too_large(
            f"{k:,} data sets of {figures.n} scores", f"at most {LIST_LIMIT // figures.n:,} to draw"
        )
    table = _completions(figures)
    total = _total(table) if table else 0
    if not table or not total:
        raise InputError(
            [
                Problem(
                    "printed figures", None, "", "no data set agrees", "at least one to draw from"
                )
            ]
        )
    generator = random.Random(seed)
    return _with_known(figures, _unrank(table, [generator.randrange(total) for _ in range(k)]))


def enumerate_all(figures: Figures) -> NDArray[np.int64]:
    """List all data sets.

    Returns
    -------
    array of shape (count, n)
        Scores in units, ascending in each row and rows in lexicographic order.

    Raises
    ------
    TooLarge
        More than LIST_LIMIT scores to list, or the table would not fit.

    Examples
    --------
    >>> enumerate_all(Figures(5, "3.4", "1.14", 1, 5))
    array([[2, 3, 3, 4, 5]])
    """
    table = _completions(figures)
    total = _total(table) if table else 0
    if not table or not total:
        return np.empty((0, figures.n), dtype=np.int64)
    if total * figures.n > LIST_LIMIT:
        raise too_large(
            f"{total:,} data sets of {figures.n} scores",
            f"at most {LIST_LIMIT // figures.n:,} to list; count, draw and bounds go further",
        )
    rows = _with_known(figures, _unrank(table, range(total)))
    return rows[np.lexsort(rows.T[::-1])]


def _with_known(figures: Figures, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Data sets of the others with the scores that are known."""
    if not figures.known:
        return rows
    known = np.tile(sorted(figures.known.elements()), (len(rows), 1))
    return np.sort(np.hstack([rows, known]), axis=1)


def _unrank(table: _Table, ranks: Iterable[int]) -> NDArray[np.int64]:
    """Return the data sets with these numbers; uses the table up.

    Walks the scores back from the last entered. Data sets with at least j people at a score come
    before those with fewer, so how many people have it is found by bisection.
    """
    grid = table.grid
    rank = np.array(list(ranks), dtype=np.uint64 if table.residues == 1 else object)
    people, s, t = np.zeros((3, len(rank)), dtype=np.int64)
    frequencies = np.zeros((len(rank), grid.high - grid.low + 1), dtype=np.int64)
    for d in reversed(grid.deviations):
        step = _half_square(d)
        surely, at_most = np.zeros_like(people), np.minimum(grid.n - people, grid.most(d))
        while (surely < at_most).any():
            middle = (surely + at_most + 1) // 2
            enough = rank < table.at(people + middle, s + middle * d, t + middle * step)
            surely = np.where(enough, middle, surely)
            at_most = np.where(enough, at_most, middle - 1)
        more = np.minimum(surely + 1, grid.n - people)
        with_more = table.at(people + more, s + more * d, t + more * step)
        rank = rank - np.where(more > surely, with_more, rank.dtype.type(0))
        frequencies[:, d - grid.low] = surely
        people, s, t = people + surely, s + surely * d, t + surely * step
        table.withdraw(d, outermost=True)
    if not grid.n:
        return np.empty((len(rank), 0), dtype=np.int64)
    scores = np.arange(grid.low, grid.high + 1) + grid.centre
    return np.repeat(np.tile(scores, len(rank)), frequencies.ravel()).reshape(-1, grid.n)


@dataclass(frozen=True)
class Bound:
    """What the figures determine about one quantity.

    Attributes
    ----------
    quantity : str
        "frequency" (people with the score `of`), "at or above" (people with at least `of`),
        "median" (where nobody's score is known), "horns index" or "skewness".
    of : Fraction or None
        The score, where there is one.
    low, high : Fraction or float
        Least and greatest over all data sets that agree; both are attained.
    counts : dict or None
        How many data sets have each outcome; None where only a listing could tell.
    """

    quantity: str
    of: Fraction | None
    low: Fraction | float
    high: Fraction | float
    counts: dict[Any, int] | None


def bounds(figures: Figures, cutoffs: Iterable[int] = ()) -> list[Bound]:
    """Bound every frequency, median, horns index, skewness and the people at or above cut-offs.

    Ranges and distributions are over the whole set, by its tables. The horns index is 0 where all
    have one score and 1 where half of them are at each end of the scale [1]_: the variance, with
    denominator n, over the greatest that the scale allows. The skewness (the third
    central moment over the 3/2 power of the second, both with denominator n) has its exact range
    always, and its distribution where the set can be listed.

    Parameters
    ----------
    cutoffs : iterable of int
        On the printed scale.

    Raises
    ------
    TooLarge
        A table would not fit.

    Examples
    --------
    >>> for bound in bounds(Figures(5, "3.4", "1.1", 1, 5), cutoffs=[4]):
    ...     if bound.quantity in ("at or above", "median"):
    ...         print(bound.quantity, bound.of, bound.low, bound.high)
    at or above 4 2 2
    median None 3 3
    """
    table = _completions(figures)
    if not table or not _total(table):
        return []
    parts, known, grid = figures.parts, figures.known, table.grid
    found = [
        _bound("frequency", u / parts, _frequency(table, u - grid.centre), known[u])
        for u in sorted({*figures.scores, *known})
    ]
    for cutoff in cutoffs:
        least = ceil(cutoff * parts)
        there = sum(people for u, people in known.items() if u >= least)
        found.append(_bound("at or above", Fraction(cutoff), _at_or_above(grid, least), there))
    if not known:
        median = {twice / (2 * parts): sets for twice, sets in _median(grid).items()}
        found.append(_bound("median", None, median))
    if figures.minimum < figures.maximum:
        found.append(_bound("horns index", None, _horns(figures, grid)))
    return [*found, *_skewness(figures, table)]


def _bound(quantity: str, of: Fraction | None, sets: dict[Any, int], more: int = 0) -> Bound:
    counts = {outcome + more: number for outcome, number in sorted(sets.items()) if number}
    return Bound(quantity, of, min(counts), max(counts), counts)


def _frequency(table: _Table, d: int) -> dict[int, int]:
    """Distribution of how many people are at d: j people there leave a state to complete."""
    n = table.grid.n
    times = np.arange(n + 1)
    if d not in table.grid.scores:
        return {0: _total(table)}
    at_least = [int(x) for x in table.at(times, times * d, times * _half_square(d))] + [0]
    return {j: at_least[j] - at_least[j + 1] for j in range(n + 1)}


def _at_or_above(grid: _Grid, cutoff: int) -> dict[int, int]:
    below, above = _Table(grid, -1), _Table(grid, 1)
    for d in grid.deviations:
        (above if d + grid.centre >= cutoff else below).enter(d)
    return {
        grid.n - people: _inner(below.planes[people], above.planes[people])
        for people in range(grid.n + 1)
    }


def _median(grid: _Grid) -> dict[int, int]:
    """Distribution of twice the median.

    The lower half (with the median itself if n is odd) has its greatest score at u, the upper
    half its least at v >= u: data sets are counted by u and v.
    """
    half = (grid.n + 1) // 2
    scores = grid.scores
    words = 2 * len(scores) * prod(grid.boxes[half].shape) * grid.check()
    if words > CELLS_LIMIT:
        raise too_large(
            f"{words:,} words for the halves below and above the median",
            f"at most {CELLS_LIMIT:,}",
        )
    lower, upper = _Table(grid, -1), _Table(grid, 1)
    for d in scores:
        upper.enter(d)
    ending, starting = [], []
    for d in scores:
        before = lower.planes[half].copy()
        lower.enter(d)
        ending.append(_less(lower.planes[half], before))
        before = upper.planes[half].copy()
        if grid.n % 2 == 0:
            upper.withdraw(d)
            before = _less(before, upper.planes[half])
        else:
            upper.withdraw(d)
        starting.append(before)
    counts: Counter[int] = Counter()
    for i, u in enumerate(scores):
        for j in [i] if grid.n % 2 else range(i, len(scores)):
            counts[u + scores[j] + 2 * grid.centre] += _inner(ending[i], starting[j])
    return dict(counts)


def _horns(figures: Figures, grid: _Grid) -> dict[float, int]:
    """Distribution of the horns index: the variance over the greatest that the scale has."""
    ways = _Table(grid, -1)
    for d in grid.deviations:
        ways.enter(d)
    n, box, plane = figures.n, grid.boxes[-1], _join(ways.planes[-1])
    s_known, squares_known, _ = _powers(figures, grid)
    reach = (n * (figures.ends[1] - figures.ends[0])) ** 2
    counts: Counter[float] = Counter()
    for s, first, last in grid.targets:
        for t in range(first, last + 1):
            spread = n * (2 * t + s + squares_known) - (s + s_known) ** 2
            counts[float(Fraction(4 * spread, reach))] += int(plane[s - box.s_low, t - box.t_low])
    return counts


def _powers(figures: Figures, grid: _Grid) -> tuple[int, int, int]:
    """Sums of the first three powers of the deviations that are known."""
    known = [(u - grid.centre, people) for u, people in figures.known.items()]
    first, second, third = (sum(d**power * people for d, people in known) for power in (1, 2, 3))
    return first, second, third


def _less(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Difference of two planes of residues."""
    difference: NDArray[Any] = a - b
    for rest, modulus in zip(difference[1:], MODULI[1:], strict=False):
        np.minimum(rest, rest + np.uint64(modulus), out=rest)
    return difference


def _skewness(figures: Figures, table: _Table) -> list[Bound]:
    """Range of the skewness from the extreme sums of cubes of every target."""
    grid, n, known = table.grid, figures.n, _powers(figures, table.grid)
    extremes = [*_extreme_skewness(grid, n, known, 2**62, np.minimum)]
    extremes += _extreme_skewness(grid, n, known, -(2**62), np.maximum)
    if not extremes:  # every score is the same: there is no skewness
        return []
    low, high = (_signed_root(f(extremes)) for f in (min, max))
    total = _total(table)
    counts = None
    if total * n <= LIST_LIMIT:
        rows = _with_known(figures, _unrank(table, range(total))) - grid.centre
        powers = [(rows**power).sum(axis=1).tolist() for power in (1, 2, 3)]
        listed: Counter[float] = Counter()
        for (first, second, third), sets in Counter(zip(*powers, strict=True)).items():
            if n * second > first**2:
                listed[_signed_root(_signed_square_skewness(n, first, second, third))] += sets
        counts = dict(sorted(listed.items()))
    return [Bound("skewness", None, low, high, counts)]


def _extreme_skewness(
    grid: _Grid, n: int, known: tuple[int, int, int], least: int, best: np.ufunc
) -> Iterator[Fraction]:
    """Extreme (by the ufunc `best`, from `least` on) signed squares of the skewness by target."""
    planes = [np.full(box.shape, least, dtype=np.int64) for box in grid.boxes]
    planes[0][...] = 0
    for d in grid.deviations:
        for people in range(1, grid.most(d) + 1):
            where = grid.overlap(people, people - 1, d)
            if where:
                plane = planes[people][where[0]]
                best(plane, planes[people - 1][where[1]] + d**3, out=plane)
    box = grid.boxes[-1]
    for s, first, last in grid.targets:
        for t in range(first, last + 1):
            cubes = int(planes[-1][s - box.s_low, t - box.t_low])
            total, squares = s + known[0], 2 * t + s + known[1]
            if abs(cubes) < 2**61 and n * squares > total * total:
                yield _signed_square_skewness(n, total, squares, cubes + known[2])


def _signed_square_skewness(n: int, s: int, squares: int, cubes: int) -> Fraction:
    """Skewness times its absolute value: rational, and in the same order."""
    third = n * n * cubes - 3 * n * s * squares + 2 * s**3
    return Fraction(third * abs(third), (n * squares - s * s) ** 3)


def _signed_root(square: Fraction) -> float:
    return sqrt(square) if square >= 0 else -sqrt(-square)
