"""What the published figures determine about quantities that they do not print.

Each function returns a tidy frame for readers:

quantity, population
    What is asked, and of whom.
low, high : float
    Least and greatest over all data sets that agree with the printed figures.
values : tuple of float
    All values that occur, ascending, where a list of them is known, as exact as they are to be
    shown; otherwise empty.
decimals : int
    With how many it makes sense to show them.
status : {"determined", "bounded"}
    Determined means one value, equal as a fraction and not merely when rounded.
how : str
    How the range was found. An outer bound is one that no data set exceeds, though perhaps none
    attains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, product
from math import ceil, copysign, floor, isfinite, sqrt
from operator import add, sub
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from scipy import stats

from earlyhelp.analysis.outcomes import standardised_difference
from earlyhelp.analysis.quantities import claiming, labelled
from earlyhelp.analysis.randomisation import design_effect
from earlyhelp.possible.extremes import ATTAINED, EXACT, OUTER, spread_known
from earlyhelp.possible.printed_group import printed_interval
from earlyhelp.possible.two_waves import Change, Wave
from earlyhelp.published import identified_sets
from earlyhelp.published.claims import parse_interval
from earlyhelp.published.identified_sets import (
    ARMS,
    BASELINE,
    ENDLINE,
    INTERVENTION,
    WAVES,
    Identified,
    Outcome,
    reliable_change,
    top_cutoffs,
)
from earlyhelp.published.numbers import level, number, roundings, span
from earlyhelp.published.printed import PrintedFigures, read_printed
from earlyhelp.study.design import Study, contrast, read_study
from earlyhelp.study.scoring_keys import Instruments, read_instruments

BETWEEN = contrast(*ARMS)
# How stored extremes were found, in words.
TOLD = {
    EXACT: "exact, over all data sets that agree with every printed figure of the arm",
    OUTER: OUTER,
}
GROUP = "exact, over all data sets with the n, mean and SD of this group; the tests are left aside"
BY_DOMAIN = "exact, from the sum of scores and what the text says of the domains"
BY_SUM = "exact, from the sum of scores alone"


@dataclass(frozen=True)
class Figures:
    """Printed figures of a study and what was computed from them."""

    study: Study
    printed: PrintedFigures
    stored: Identified
    outcomes: Mapping[str, Outcome]
    instruments: Instruments

    @property
    def labels(self) -> dict[str, str]:
        """Words for arms, waves, instruments and scales, by id."""
        return self.study.labels | self.instruments.labels

    def extreme(self, measure: str, arm: str, quantity: str) -> tuple[float, float, str]:
        """Stored least and greatest value, and whether they are exact."""
        row = self._rows(measure, arm, quantity).query("how != @ATTAINED").iloc[0]
        return float(row["low"]), float(row["high"]), str(row["how"])

    def attained(self, measure: str, arm: str, quantity: str) -> tuple[float, float]:
        """Least and greatest value of the data sets that were found."""
        row = self._rows(measure, arm, quantity).query("how == @ATTAINED").iloc[0]
        return float(row["low"]), float(row["high"])

    def has(self, measure: str, arm: str, quantity: str) -> bool:
        """Whether bounds of a quantity are stored."""
        return bool((self._rows(measure, arm, quantity)["how"] != ATTAINED).any())

    def _rows(self, measure: str, arm: str, quantity: str) -> pd.DataFrame:
        return identified_sets.rows(
            self.stored.extremes, measure=measure, arm=arm, quantity=quantity
        )

    def contrasts(self, measure: str) -> list[tuple[Change, Change]]:
        """Changes of both arms that occur together."""
        return identified_sets.contrasts(self.stored, self.outcomes[measure])


def read(study_folder: str | Path) -> Figures | None:
    """Open what is stored of a study; None where nothing is, as with real data.

    Examples
    --------
    >>> list(read("tests/studies/complete").outcomes)
    ['wai', 'proqol']
    >>> read("tests/studies/mini") is None  # real data
    True
    """
    study = read_study(study_folder)
    tables = identified_sets.read(study.folder)
    if study.provenance == "observed" or tables is None:
        return None
    printed = read_printed(study.folder)
    outcomes = identified_sets.outcomes(study, printed)
    return Figures(study, printed, tables, outcomes, read_instruments(study.folder))


class Row(NamedTuple):
    """One quantity of one group: its range, the values if they are listed, and how it was found."""

    quantity: str
    population: str
    low: float
    high: float
    values: tuple[float, ...]
    decimals: int
    status: str
    how: str


def _row(
    quantity: str,
    population: str,
    values: Iterable[Fraction | float],
    decimals: int,
    how: str,
    *,
    exact: bool = True,
    listed: bool = False,
) -> Row:
    """Range of some values, whose ends occur if `exact`; `listed` are all that occur."""
    distinct = sorted(set(values))
    low, high = float(distinct[0]), float(distinct[-1])
    status = "determined" if exact and len(distinct) == 1 else "bounded"
    shown = tuple(map(float, distinct)) if listed else ()
    return Row(quantity, population, low, high, shown, decimals, status, how)


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=Row._fields)


# --- Change ---------------------------------------------------------------------------------------


def change(figures: Figures, measure: str, confidence: float) -> pd.DataFrame:
    """Change within each arm.

    Parameters
    ----------
    measure : str
        Instrument, one of `Figures.outcomes`.
    confidence : float
        Of the interval of the standardised change, exact (noncentral t).

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = change(figures, "wai", confidence=0.95)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
        quantity   population  low  high     status
     Mean change intervention  6.4   6.4 determined
    SD of change intervention  2.4   2.4 determined
    """
    rows = (
        row
        for index, arm in enumerate(ARMS)
        for row in _change_of_arm(figures, measure, index, arm, confidence)
    )
    return labelled(_frame(rows), figures.labels)


def _change_of_arm(
    figures: Figures, measure: str, index: int, arm: str, confidence: float
) -> Iterator[Row]:
    left = sorted({pair[index] for pair in figures.contrasts(measure)})
    n = left[0].pairs
    how = _how_changes(figures, measure, arm, len(left))
    variances = {change: change.spread / (n - 1) for change in left}
    yield _row("Mean change", arm, [c.mean for c in left], 1, how, listed=True)
    yield _row("SD of change", arm, map(_root, set(variances.values())), 1, how, listed=True)
    squares = {_signed_square(change.mean) / variance for change, variance in variances.items()}
    sizes = sorted({abs(square) for square in squares})
    if spread_known(figures.outcomes[measure].arms.values()):
        yield _by_baseline_sd(figures, measure, arm, [c.mean for c in left])
    yield _row("dz", arm, map(_root, squares), 2, how, listed=True)
    yield _row("Size of dz", arm, map(_root, sizes), 2, how, listed=True)
    for end, name in ((1, "lower"), (2, "upper")):
        # Both ends grow with d, so that the least and the greatest d give theirs.
        values = {
            standardised_difference(_root(size * n), n - 1, n**-0.5, confidence)[end]
            for size in (sizes[0], sizes[-1])
        }
        label = f"If scores rose: {name} end of the {level(confidence)} interval of dz"
        yield _row(label, arm, values, 2, how)
    outer = (-1.0, 1.0)
    if figures.has(measure, arm, "correlation"):
        low, high, _ = figures.extreme(measure, arm, "correlation")
        outer = low, high
    found = figures.attained(measure, arm, "correlation")
    yield _bracketed("Correlation between the waves", arm, outer, found, 2)
    yield from _people_changed(figures, measure, arm)


def _by_baseline_sd(figures: Figures, measure: str, of: str, means: Iterable[Fraction]) -> Row:
    """Mean changes over the SD at baseline, pooled over the arms, which is known up to rounding."""
    sds = baseline_sd(figures, measure)
    ends = [_span(float(mean) / sd for sd in sds) for mean in means]
    how = f"{OUTER}, from the means and the printed SDs"
    row = _row("d, baseline SD", of, chain(*ends), 2, how, exact=False)
    found = sorted({value for low, high in ends for value in roundings(low, high, 2)})
    return row._replace(values=tuple(found))


def baseline_sd(figures: Figures, measure: str) -> tuple[float, float]:
    """Least and greatest SD at baseline, pooled over the arms, of a measure with printed SDs."""
    waves = [figures.outcomes[measure].arms[arm].baseline for arm in ARMS]
    df = sum(wave.n - 1 for wave in waves)
    squares = [[Fraction(spread, wave.n) for _, spread in _spreads(wave)] for wave in waves]
    least, greatest = (sum(map(end, squares)) / df for end in (min, max))
    return sqrt(least), sqrt(greatest)


def _how_changes(figures: Figures, measure: str, arm: str, possible: int) -> str:
    table = figures.stored.changes
    chosen = table[(table["measure"] == measure) & (table["arm"] == arm)]
    proved = int((chosen["baseline"] == "").sum())
    kept = f"exact, over the {possible} sums and sums of squares of change that people can have"
    return (
        f"{kept}; {proved} more agree with the tests and were proved impossible" if proved else kept
    )


def _people_changed(figures: Figures, measure: str, arm: str) -> Iterator[Row]:
    """Yield how many people improved at all and by a reliable amount, as shares of the pairs."""
    n, solutions = figures.outcomes[measure].pairs[arm], by_solution(figures, measure)
    solutions = solutions[solutions["arm"] == arm] if len(solutions) else solutions
    for quantity, words in _counted(figures, measure).items():
        low, high, found = figures.extreme(measure, arm, quantity)
        how = TOLD[found] + _only_with(solutions, quantity)
        label = f"People who {words} (of {n})"
        yield _row(label, arm, (low, high), 0, how, exact=found == EXACT)


def _counted(figures: Figures, measure: str) -> dict[str, str]:
    """Counts of people by their change, in words."""
    points = reliable_change(figures.outcomes[measure])
    words = {"improved": "improved at all"}
    if points is not None:
        words["reliably improved"] = f"improved by {points} points or more"
        words["reliably worse"] = f"got worse by {points} points or more"
    return words


def _only_with(solutions: pd.DataFrame, quantity: str) -> str:
    """Words for a greatest count that occurs with one SD of change alone."""
    if solutions.empty:
        return ""
    shown = [number(sd, 1) for sd in solutions["sd_high"]]
    highest = solutions.groupby(shown)[f"{quantity}_high"].max()
    below = highest[highest < highest.max()]
    if below.empty or len(below) < len(highest) - 1:
        return ""
    return f"; at most {number(below.max())} unless the SD of change is {highest.idxmax()}"


# More solutions are too many to be read one by one.
FEW = 10
# More values are told as a range.
FEW_LISTED = 5
Solution = tuple[tuple[float, float], list[tuple[Change, Change]]]


def _solutions(figures: Figures, measure: str) -> list[Solution]:
    """Mean changes of both arms that occur together, with the changes that have them, if `FEW`."""
    alike: dict[tuple[float, float], list[tuple[Change, Change]]] = {}
    for pair in figures.contrasts(measure):
        alike.setdefault((float(pair[0].mean), float(pair[1].mean)), []).append(pair)
    return sorted(alike.items()) if len(alike) <= FEW else []


def by_solution(figures: Figures, measure: str) -> pd.DataFrame:
    """What goes together: every pair of mean changes that the people of both arms can have.

    Returns
    -------
    DataFrame
        solution (numbered from 1), arm, mean; as ranges (`_low`, `_high`), since changes with the
        same mean may differ a little in spread: sd (of the change), dz, d (mean over the SD at
        baseline, pooled over the arms, which is known up to its rounding); and for "improved",
        "reliably improved" and "reliably worse" (as far as they can be asked) the fewest and most
        people. These are outer bounds: no data set has fewer or more (`possible.bounds`). Empty
        where there are more than `FEW` solutions.

    Examples
    --------
    >>> columns = ["solution", "arm", "mean", "sd_low", "improved_low", "improved_high"]
    >>> table = by_solution(read("tests/studies/complete"), "wai")
    >>> print(table[columns].round(2).to_string(index=False))
     solution          arm  mean  sd_low  improved_low  improved_high
            1 intervention  6.43    2.37             7              7
            1   comparison -0.80    1.79             0              2
    """
    rows = [
        {"solution": number, "arm": arm}
        | _of_arm(figures, measure, arm, [pair[index] for pair in pairs])
        for number, (_, pairs) in enumerate(_solutions(figures, measure), 1)
        for index, arm in enumerate(ARMS)
    ]
    return claiming(labelled(pd.DataFrame(rows), figures.labels), "bounded")


def _of_arm(figures: Figures, measure: str, arm: str, changes: list[Change]) -> dict[str, float]:
    """Quantities of changes that have one mean."""
    outcome, mean = figures.outcomes[measure], float(changes[0].mean)
    sds = [sqrt(change.spread / (change.pairs - 1)) for change in changes]
    ranges = {"sd": _span(sds), "dz": _span(mean / sd for sd in sds)}
    if spread_known(outcome.arms.values()):
        ranges["d"] = _span(mean / sd for sd in baseline_sd(figures, measure))
    counts = identified_sets.counts(outcome, arm)
    for quantity in _counted(figures, measure):
        ranges[quantity] = counts[quantity].ends(changes)
    row = {"mean": mean}
    for name, (low, high) in ranges.items():
        row |= {f"{name}_low": low, f"{name}_high": high}
    return row


def intervals(figures: Figures, measure: str, confidence: float) -> pd.DataFrame:
    """Mean changes and their difference that the figures allow together, with t intervals.

    The intervals take people as independent, since no unit's mean is known.

    Returns
    -------
    DataFrame
        For each solution mean, low and high of each arm's change and of the difference (columns
        such as `comparison_low`, `difference_high`); the widest interval where solutions differ in
        their spread alone. Empty where there are more solutions than `FEW`.

    Examples
    --------
    >>> table = intervals(read("tests/studies/complete"), "wai", confidence=0.95)
    >>> print(table.filter(like="difference").round(1).to_string(index=False))
     difference_mean  difference_low  difference_high
                 7.2             4.4             10.0
    """
    rows = []
    for _, pairs in _solutions(figures, measure):
        row: dict[str, float] = {}
        reaches = map(max, zip(*(_reaches(pair, confidence) for pair in pairs), strict=True))
        told = zip((*ARMS, "difference"), _means(pairs[0]), reaches, strict=True)
        for name, mean, reach in told:
            row |= {f"{name}_mean": mean, f"{name}_low": mean - reach, f"{name}_high": mean + reach}
        rows.append(row)
    return claiming(pd.DataFrame(rows), "bounded")


# Intracluster correlation of changes that an answer supposes, in the middle of those of `clustered`
SUPPOSED = 0.05


def clustered(
    figures: Figures,
    measure: str,
    confidence: float,
    iccs: Iterable[float] = (0.0, 0.01, 0.05, 0.1, 0.2),
) -> pd.DataFrame:
    """Differences of the mean changes that the figures allow, if people of a unit were alike.

    The interval takes Student's t with two degrees of freedom less than there are units, and a
    variance raised by the design effect of units with as many pairs each.

    Parameters
    ----------
    iccs : iterable of float
        Intracluster correlations of the changes to suppose.

    Returns
    -------
    DataFrame
        icc, design_effect, solution, mean_low, mean_high, low, high (the outermost ends of the
        intervals). Where there are more solutions than `FEW`, all of them are told as one.

    Examples
    --------
    >>> table = clustered(read("tests/studies/complete"), "wai", confidence=0.95, iccs=[0.1])
    >>> print(table.round(1).to_string(index=False))
     icc  design_effect  solution  mean_low  mean_high  low  high
     0.1            1.2         1       7.2        7.2  1.3  13.2
    """
    units, rows = figures.study.units or 0, []
    solutions = [pairs for _, pairs in _solutions(figures, measure)]
    solutions = solutions or [figures.contrasts(measure)]
    for icc, (solution, pairs) in product(iccs if units else (), enumerate(solutions, 1)):
        people = sum(change.pairs for change in pairs[0])
        effect = design_effect(people / units, icc)
        inflated = sqrt(effect) * float(stats.t.ppf((1 + confidence) / 2, units - 2))
        means = [_means(pair)[-1] for pair in pairs]
        reaches = [inflated * _errors(pair)[-1] for pair in pairs]
        low, _ = _span(map(sub, means, reaches))
        _, high = _span(map(add, means, reaches))
        rows.append((icc, effect, solution, *_span(means), low, high))
    columns = ["icc", "design_effect", "solution", "mean_low", "mean_high", "low", "high"]
    return claiming(pd.DataFrame(rows, columns=columns), "assumed")


def _errors(pair: tuple[Change, Change]) -> list[float]:
    """Standard errors of both arms' mean changes and of their difference, people independent."""
    n, m = (change.pairs for change in pair)
    pooled = sum(change.spread for change in pair) / (n + m - 2)
    of_arms = (change.spread / (change.pairs - 1) / change.pairs for change in pair)
    return [sqrt(square) for square in (*of_arms, pooled * (Fraction(1, n) + Fraction(1, m)))]


def _reaches(pair: tuple[Change, Change], confidence: float) -> list[float]:
    """Half-widths of the t intervals of both arms' changes and of their difference."""
    n, m = (change.pairs for change in pair)
    return [
        error * float(stats.t.ppf((1 + confidence) / 2, df))
        for error, df in zip(_errors(pair), (n - 1, m - 1, n + m - 2), strict=True)
    ]


def estimates(figures: Figures, confidence: float = 0.95) -> dict[str, tuple[str, str]]:
    """Mean changes and differences that the figures allow, for the answers to research questions.

    Returns
    -------
    dict
        By name, an instrument and an arm or "difference" before "-estimate": in words, the values
        (their range, where there are many) with the least and the greatest end of their t
        intervals, people taken as independent; and the table that says how they were found. With
        "units" before it, the ends for the difference if people of a unit were alike
        (`clustered`); with "adjusted", the endline difference of the pairs adjusted for baseline,
        where the figures bound it.

    Examples
    --------
    >>> estimates(read("tests/studies/complete"))["wai-difference-estimate"]
    ('7.2 points (95% interval 4.4 to 10.0)', 'tbl-determined-wai-between')
    """
    told = {}
    for measure in figures.outcomes:
        pairs = figures.contrasts(measure)
        reaches = [_reaches(pair, confidence) for pair in pairs]
        for index, of in enumerate((*ARMS, "difference")):
            found = [
                (_means(pair)[index], reach[index])
                for pair, reach in zip(pairs, reaches, strict=True)
            ]
            place = "-between" if of == "difference" else ""
            words = _estimate_in_words(found, confidence)
            told[f"{measure}-{of}-estimate"] = words, f"tbl-determined-{measure}{place}"
        alike = clustered(figures, measure, confidence, [SUPPOSED])
        low, high = number(alike["low"].min(), 1), number(alike["high"].max(), 1)
        words = f"between {low} and {high} points (intracluster correlation {SUPPOSED:g})"
        told[f"{measure}-units-estimate"] = words, f"tbl-intervals-units-{measure}"
        if ends := _adjusted(figures, measure):
            side = "above zero" if ends[0] > 0 else "below zero" if ends[1] < 0 else ""
            words = f"{side} in every data set that is possible" if side else "of either sign"
            place = f"tbl-determined-{measure}-between"
            told[f"{measure}-adjusted-estimate"] = f"{words}: {span(*ends, 1)} points", place
    return told


def _adjusted(figures: Figures, measure: str) -> Ends | None:
    """Outer bounds of the difference adjusted for baseline, where the figures give any."""
    if not figures.has(measure, "between", "adjusted difference"):
        return None
    low, high, _ = figures.extreme(measure, "between", "adjusted difference")
    return (low, high) if isfinite(low) and isfinite(high) else None


def _estimate_in_words(found: list[tuple[float, float]], confidence: float) -> str:
    """Means, each with the half-width of its interval."""
    low = number(min(mean - reach for mean, reach in found), 1)
    high = number(max(mean + reach for mean, reach in found), 1)
    told = level(confidence)
    means = sorted(mean for mean, _ in found)
    listed = list(dict.fromkeys(number(mean, 1) for mean in means))
    if len(listed) == 1:
        return f"{listed[0]} points ({told} interval {low} to {high})"
    words = " or ".join(listed) if len(listed) <= FEW_LISTED else span(means[0], means[-1], 1)
    return f"{words} points ({told} intervals between {low} and {high})"


def _means(pair: tuple[Change, Change]) -> tuple[float, float, float]:
    """Mean changes of both arms and their difference."""
    first, second = (float(change.mean) for change in pair)
    return first, second, first - second


def differences(figures: Figures, measure: str, confidence: float) -> pd.DataFrame:
    """Differences between the arms of a measure with printed SDs, with t intervals.

    Everybody with a score at a wave, and those with both for the change. The intervals take people
    as independent, since no unit's mean is known.

    Returns
    -------
    DataFrame
        contrast ("baseline", "endline", "change"), difference (intervention less comparison),
        ci_low, ci_high. Of a wave the rounding of means and SDs leaves a range: its middle, and the
        outermost ends. Of the change each solution has a row; none where there are more than `FEW`.
        Empty without printed SDs.

    Examples
    --------
    >>> table = differences(read("tests/studies/complete"), "wai", confidence=0.95)
    >>> print(table.round(1).to_string(index=False))
    contrast  difference  ci_low  ci_high
    baseline        -0.2    -5.1      4.8
     endline         7.8     3.7     11.9
      change         7.2     4.4     10.0
    """
    arms, rows = [figures.outcomes[measure].arms[arm] for arm in ARMS], []
    for wave in WAVES:
        first, second = (getattr(arm, wave) for arm in arms)
        if first.variance is None or second.variance is None:
            return claiming(pd.DataFrame(), "bounded")
        df = first.n + second.n - 2
        reach = float(stats.t.ppf((1 + confidence) / 2, df))
        found = [
            (float(difference), reach * sqrt(variance))
            for difference, variance in _pooled(first, second)
        ]
        low, high = _span(difference for difference, _ in found)
        ends = [_span(difference + side * half for difference, half in found) for side in (-1, 1)]
        rows.append((wave, (low + high) / 2, ends[0][0], ends[1][1]))
    table = intervals(figures, measure, confidence).filter(like="difference")
    rows += [("change", *row) for row in table.itertuples(index=False)]
    columns = ["contrast", "difference", "ci_low", "ci_high"]
    return claiming(pd.DataFrame(rows, columns=columns), "bounded")


def between(figures: Figures, measure: str, confidence: float) -> pd.DataFrame:
    """Change and endline compared between the arms, intervention less comparison.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = between(figures, "wai", confidence=0.95)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(1).round(1).to_string(index=False))
                      quantity                   population  low  high     status
    Difference of mean changes intervention less comparison  7.2   7.2 determined
    """
    rows = [*_change_between(figures, measure, confidence), *_waves_between(figures, measure)]
    return labelled(_frame(rows), figures.labels)


def _change_between(figures: Figures, measure: str, confidence: float) -> Iterator[Row]:
    pairs = figures.contrasts(measure)
    n, m = pairs[0][0].pairs, pairs[0][1].pairs
    how = f"exact, over the {len(pairs)} pairs of changes that the three tests leave"
    differences = [first.mean - second.mean for first, second in pairs]
    variances = [(first.spread + second.spread) / (n + m - 2) for first, second in pairs]
    squares = {
        _signed_square(difference) / variance
        for difference, variance in zip(differences, variances, strict=True)
    }
    sizes = sorted({abs(square) for square in squares})
    yield _row("Difference of mean changes", BETWEEN, differences, 1, how, listed=True)
    if spread_known(figures.outcomes[measure].arms.values()):
        yield _by_baseline_sd(figures, measure, BETWEEN, differences)
    yield _row("d, SD of change", BETWEEN, map(_root, squares), 2, how, listed=True)
    yield _row("Size of d, SD of change", BETWEEN, map(_root, sizes), 2, how, listed=True)
    scale = sqrt(1 / n + 1 / m)
    for end, name in ((1, "lower"), (2, "upper")):
        values = {
            standardised_difference(_root(size) / scale, n + m - 2, scale, confidence)[end]
            for size in (sizes[0], sizes[-1])
        }
        label = "If the intervention arm gained more: "
        label += f"{name} end of the {level(confidence)} interval of d, SD of change"
        yield _row(label, BETWEEN, values, 2, how)
    label = "Endline difference of the pairs adjusted for baseline (ANCOVA)"
    found = figures.attained(measure, "between", "adjusted difference")
    if ends := _adjusted(figures, measure):
        yield _bracketed(label, BETWEEN, ends, found, 1)
        return
    why = "without printed SDs"
    if figures.has(measure, "between", "adjusted difference"):
        # So few pairs that they may all have been alike at baseline.
        why = "as the figures do not bound the slope on baseline"
    how = f"{OUTER} unknown {why}; data sets with both ends were found"
    yield _row(label, BETWEEN, found, 1, how, exact=False)


def _waves_between(figures: Figures, measure: str) -> Iterator[Row]:
    """Compare the printed groups of each wave: everybody with a score, paired or not."""
    arms = [figures.outcomes[measure].arms[arm] for arm in ARMS]
    for wave in WAVES:
        first, second = (getattr(arm, wave) for arm in arms)
        differences = [
            float(Fraction(a, first.n) - Fraction(b, second.n))
            for a, b in product(_sums(first), _sums(second))
        ]
        label = f"Difference of all scores at {wave}"
        found = figures.attained(measure, "between", f"difference at {wave}")
        yield _bracketed(label, BETWEEN, _span(differences), found, 2)
        if first.variance is None or second.variance is None:
            continue
        outer = _span(_tests(first, second))
        found = figures.attained(measure, "between", f"t at {wave}")
        df, scale = first.n + second.n - 2, sqrt(1 / first.n + 1 / second.n)
        sizes = [(scale * low, scale * high) for low, high in (outer, found)]
        yield _bracketed(f"{label}: d, {wave} SD", BETWEEN, sizes[0], sizes[1], 2)
        if wave == BASELINE:
            # A difference between groups that were drawn is chance (CONSORT 2010, item 15).
            continue
        yield _bracketed(f"{label}: t ({df} degrees of freedom)", BETWEEN, outer, found, 2)
        ps = [_span(_p_values(ends, df)) for ends in (outer, found)]
        yield _bracketed(f"{label}: p", BETWEEN, ps[0], ps[1], 3)


Ends = tuple[float, float]


def _span(values: Iterable[float]) -> Ends:
    listed = list(values)
    return min(listed), max(listed)


def _p_values(t: Ends, df: int) -> Iterator[float]:
    """Two-sided p at the ends of t, and the greatest between them."""
    crossing = (0.0,) if t[0] < 0 < t[1] else ()
    yield from (2 * float(stats.t.sf(abs(end), df)) for end in (*t, *crossing))


def _bracketed(label: str, population: str, outer: Ends, found: Ends, decimals: int) -> Row:
    """Outer bounds, and how near to them the data sets come that were found."""
    places = 10**decimals
    # Shown outwards, so the same digits at both ends are attained as shown.
    alike = floor(found[0] * places + 1e-6) == floor(outer[0] * places + 1e-6) and ceil(
        found[1] * places - 1e-6
    ) == ceil(outer[1] * places - 1e-6)
    if alike:
        how = "exact to the digits shown: data sets with both ends were found"
    else:
        shown = " and ".join(number(end, decimals) for end in found)
        how = f"{OUTER}; data sets with {shown} were found"
    return _row(label, population, outer, decimals, how, exact=alike)


def _sums(wave: Wave) -> range:
    return range(wave.totals[0], wave.totals[1] + 1)


def _tests(first: Wave, second: Wave) -> Iterator[float]:
    """Yield pooled t of two printed groups at the ends of what their sums and SDs allow."""
    for difference, variance in _pooled(first, second):
        yield _root(_signed_square(difference) / variance)


def _pooled(first: Wave, second: Wave) -> Iterator[tuple[Fraction, Fraction]]:
    """Differences of two means with the pooled variance of each, at the ends of what is printed."""
    for a, b in product(_spreads(first), _spreads(second)):
        difference = Fraction(a[0], first.n) - Fraction(b[0], second.n)
        pooled = (Fraction(a[1], first.n) + Fraction(b[1], second.n)) / (first.n + second.n - 2)
        yield difference, pooled * (Fraction(1, first.n) + Fraction(1, second.n))


def _spreads(wave: Wave) -> Iterator[tuple[int, int]]:
    """Each sum with the least and the greatest n * (sum of squares) - sum**2 that goes with it."""
    assert wave.variance is not None
    first, last = wave.variance.whole(wave.n * (wave.n - 1))
    for total in _sums(wave):
        # The sum of squares is a whole number, odd or even as the sum is.
        squares = range(-(-(first + total**2) // wave.n), (last + total**2) // wave.n + 1)
        fitting = [square for square in squares if (square - total) % 2 == 0]
        for square in (fitting[0], fitting[-1]) if fitting else ():
            yield total, wave.n * square - total**2


def _signed_square(value: Fraction) -> Fraction:
    return value * abs(value)


def _root(signed_square: Fraction) -> float:
    return copysign(sqrt(abs(signed_square)), signed_square)


# --- Distributions --------------------------------------------------------------------------------


def top(figures: Figures) -> pd.DataFrame:
    """People at and near the top of each outcome's scale, per arm and wave.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = top(figures)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].iloc[2:4].to_string(index=False))
                                           quantity            population  low  high     status
    Working alliance: people with 84 or more (of 8) intervention, endline  0.0   0.0 determined
    Working alliance: people with 79 or more (of 8) intervention, endline  0.0   1.0    bounded
    """
    return _of_groups(figures, _top_of_group)


def _of_groups(
    figures: Figures, rows_of: Callable[[Figures, str, str, str], Iterable[Row]]
) -> pd.DataFrame:
    """Rows of every measure, arm and wave."""
    return _frame(
        row
        for measure, arm, wave in product(figures.outcomes, ARMS, WAVES)
        for row in rows_of(figures, measure, arm, wave)
    )


def _top_of_group(figures: Figures, measure: str, arm: str, wave: str) -> Iterator[Row]:
    outcome = figures.outcomes[measure]
    n = outcome.groups[arm][wave].n
    bands = {f"high from {cutoff}": cutoff for cutoff in outcome.scale.high}
    for name, cutoff in (top_cutoffs(outcome) | bands).items():
        label = f"{outcome.scale.key.name}: people with {cutoff} or more (of {n})"
        if figures.has(measure, arm, f"{name}, {wave}"):
            low, high, found = figures.extreme(measure, arm, f"{name}, {wave}")
            ends, exact, how = (low, high), found == EXACT, TOLD[found]
        else:
            ends = _group(figures, measure, arm, wave, "at or above", str(cutoff))
            exact, how = True, BY_SUM
        yield _row(label, f"{arm}, {wave}", ends, 0, how, exact=exact)


def _group(
    figures: Figures, measure: str, arm: str, wave: str, quantity: str, of: str
) -> tuple[float, float]:
    table = figures.stored.groups.astype(str)
    wanted = {"measure": measure, "arm": arm, "wave": wave, "quantity": quantity, "of": of}
    chosen = identified_sets.rows(table, **wanted).iloc[0]
    return float(Fraction(chosen["low"])), float(Fraction(chosen["high"]))


def shape(figures: Figures) -> pd.DataFrame:
    """Median and skewness of every group with a printed n, mean and SD.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = shape(figures)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).round(1).to_string(index=False))
                      quantity             population  low  high  status
      Working alliance: median intervention, baseline 62.0  68.5 bounded
    Working alliance: skewness intervention, baseline -2.2   2.6 bounded
    """
    names = {name: outcome.scale.key.name for name, outcome in figures.outcomes.items()}
    names |= {name: scale.key.name for name, scale in figures.instruments.ratings.items()}
    groups = figures.stored.groups
    chosen = groups[groups["quantity"].isin(["median", "skewness"])]
    return _frame(
        _row(
            f"{names[measure]}: {quantity}",
            f"{arm}, {wave.replace('_', '-')}",
            (Fraction(str(low)), Fraction(str(high))),
            1,
            GROUP,
        )
        for measure, arm, wave, quantity, _, low, high in chosen.itertuples(index=False)
    )


def items(figures: Figures) -> pd.DataFrame:
    """Mean answer to an item, and three domains of a measure as the text has them.

    A total says no more of its items than their sum: every total of the scale is the sum of some
    answers. The text puts the mean of every domain above a limit and of one
    highest; it excludes no totals, since totals with these means can always be divided so.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = items(figures)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].iloc[[0, 4]].round(3).to_string(index=False))
                                           quantity             population   low  high     status
           Working alliance: mean answer to an item intervention, baseline 5.425 5.425 determined
    Compassion satisfaction: mean answer to an item intervention, baseline 4.110 5.000    bounded
    """
    return _of_groups(figures, _items_of_group)


def _items_of_group(figures: Figures, measure: str, arm: str, wave: str) -> Iterator[Row]:
    outcome = figures.outcomes[measure]
    group, number = getattr(outcome.arms[arm], wave), outcome.scale.items
    label = f"{outcome.scale.key.name}: mean answer to an item"
    means = [Fraction(total, group.n * number) for total in _sums(group)]
    yield _row(label, f"{arm}, {wave}", means, 2, BY_SUM)
    domains = figures.instruments.parts(outcome.scale.id)
    within, ranks = (
        [
            figures.printed.within("outcome_summary", column, measure=domain.id, arm=arm, wave=wave)
            for domain in domains
        ]
        for column in ("mean", "domain_rank")
    )
    limits = {limit.low for limit in within if limit}
    first = [rank == parse_interval("[1, 1]") for rank in ranks]
    if len(domains) != 3 or len(limits) != 1 or None in within or first.count(True) != 1:
        return
    (above,), most = limits, outcome.scale.total_maximum // len(domains)
    names = [domain.key.name.lower() for domain in domains]
    highest = names.pop(first.index(True))
    parts = zip(
        (highest, " or of ".join(names)),
        domain_sums(group.totals, group.n, above, most),
        strict=True,
    )
    for name, sums in parts:
        ends = [Fraction(end, group.n) for end in sums]
        yield _row(f"Mean of {name} (of {most})", f"{arm}, {wave}", ends, 1, BY_DOMAIN)


def domain_sums(
    totals: tuple[int, int], n: int, above: Fraction, most: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Least and greatest sums of three domains with a common lower limit, one of them highest.

    Parameters
    ----------
    totals : (int, int)
        First and last sum of all three.
    n : int
        People.
    above : Fraction
        Below the mean of each domain.
    most : int
        Greatest score of a domain.

    Returns
    -------
    tuple
        Of the highest, and of another.
    """
    least = int(above * n // 1) + 1
    first, last = totals
    highest = max(least + 1, -(-(first + 2) // 3))
    other = min(n * most, (last - least) // 2 + (last - least) % 2) - 1
    return (highest, min(n * most, last - 2 * least)), (least, other)


def score_ranges(figures: Figures, measure: str) -> pd.DataFrame:
    """Fewest and most people at each score, over all data sets of a group.

    Returns
    -------
    DataFrame
        arm, wave, score, low, high; scores that nobody can have are left out.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = score_ranges(figures, "wai")
    >>> print(table.query("score == 62").to_string(index=False))
             arm     wave  score  low  high
    intervention baseline     62    0     6
      comparison baseline     62    0     4
      comparison  endline     62    0     3
    """
    groups = figures.stored.groups
    chosen = groups[(groups["measure"] == measure) & (groups["quantity"] == "frequency")]
    table = pd.DataFrame(
        {
            "arm": chosen["arm"],
            "wave": chosen["wave"],
            "score": chosen["of"].astype(int),
            "low": chosen["low"].astype(int),
            "high": chosen["high"].astype(int),
        }
    )
    return labelled(claiming(table.reset_index(drop=True), "bounded"), figures.labels)


# --- People and use -------------------------------------------------------------------------------


def loss(figures: Figures, measure: str) -> pd.DataFrame:
    """Worst case for those lost: endline scores anywhere on the scale (Horowitz and Manski 2000).

    Of everybody with a score at baseline, so by intention to treat. No assumption is made about why
    people did not answer again.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = loss(figures, "wai")
    >>> print(table[["population", "low", "high", "status"]].round(1).to_string(index=False))
                      population   low  high  status
                    intervention  53.3  76.5 bounded
                      comparison  48.4  70.9 bounded
    intervention less comparison -17.6  28.1 bounded
    intervention less comparison -17.4  28.3 bounded
    """
    ends = {}
    rows = []
    for arm in ARMS:
        outcome = figures.outcomes[measure]
        before, pairs = outcome.arms[arm].baseline, outcome.pairs[arm]
        low, high, found = figures.extreme(measure, arm, "endline sum of pairs")
        lost = before.n - pairs
        ends[arm] = (
            Fraction(int(low) + lost * before.low, before.n),
            Fraction(int(high) + lost * before.high, before.n),
        )
        label = "Endline mean of everybody with a baseline score"
        rows.append(_row(label, arm, ends[arm], 1, TOLD[found], exact=found == EXACT))
    first, second = (ends[arm] for arm in ARMS)
    gap = (first[0] - second[1], first[1] - second[0])
    rows.append(_row("Difference of these endline means", BETWEEN, gap, 1, OUTER, exact=False))
    base = [
        [Fraction(total, wave.n) for total in wave.totals]
        for wave in (figures.outcomes[measure].arms[arm].baseline for arm in ARMS)
    ]
    gains = (gap[0] - base[0][1] + base[1][0], gap[1] - base[0][0] + base[1][1])
    rows.append(_row("Difference of their mean changes", BETWEEN, gains, 1, OUTER, exact=False))
    return _frame(rows)


def use(figures: Figures) -> pd.DataFrame:
    """Completions of the tools, and people who say they uploaded but are not in the records.

    Examples
    --------
    >>> figures = read("tests/studies/complete")
    >>> table = use(figures)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(2).to_string(index=False))
                  quantity population  low  high     status
    Completions of the ORS   families 15.0  15.0 determined
    Completions of the SRS   families 14.0  14.0 determined
    """
    return _frame([*_completions(figures.printed), *_unrecorded(figures)])


def _completions(printed: PrintedFigures) -> Iterator[Row]:
    how = "exact, from the mean per person"
    allowed = {}
    for tool in printed.values("people_completing", "tool"):
        mean = printed.figure("completions_per_person", "mean", tool=tool)
        people = sum(
            printed.count("people_completing", "people", tool=tool, person_type=kind)
            for kind in printed.values("people_completing", "person_type", tool=tool)
        )
        allowed[tool] = printed_interval(mean, "half-up").whole(people)
    if printed.within("use_by_team", "difference") == parse_interval("[0, 0]"):
        lows, highs = zip(*allowed.values(), strict=True)
        how += " of both tools, completed equally often"
        yield _row("Completions of each tool", "families", (max(lows), min(highs)), 0, how)
        return
    for tool, ends in allowed.items():
        yield _row(f"Completions of the {tool}", "families", ends, 0, how)


def _unrecorded(figures: Figures) -> Iterator[Row]:
    printed, never = figures.printed, figures.study.counted.never
    roles = printed.values("reported_use", "role")
    role = next((role for role in roles if printed.of("reported_use", "used", role=role)), None)
    if role is None:
        return
    answered = printed.respondents(INTERVENTION, ENDLINE)
    users = max(
        sum(n for answer, n in frequency.items() if answer != never)
        for frequency in (
            printed.split(answered, "tool_frequency", "frequency", tool=tool)
            for tool in printed.values("tool_frequency", "tool")
        )
    )
    others = users - printed.count("reported_use", "used", role=role)
    recorded = printed.count("attended_and_used", "used", role=role)
    uploaded = printed.share(users, "uploaded", answer=figures.study.counted.affirmed)
    missing = uploaded - others - recorded
    reason = (
        f"{OUTER} above; the least is attained: at most {others} of those who uploaded are not "
        f"{role}s, and at most {recorded} of these are in the records"
    )
    label = f"Staff who say they uploaded scores (of {uploaded}) but are not in the records"
    yield _row(label, INTERVENTION, (max(0, missing), uploaded), 0, reason, exact=False)
