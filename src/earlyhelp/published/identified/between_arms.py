"""Differences between the arms, as far as printed figures determine them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, product
from math import isfinite, nan, sqrt
from operator import add, sub

import pandas as pd
from scipy import stats

from earlyhelp.analysis.outcomes import standardised_difference
from earlyhelp.analysis.quantities import claiming, labelled
from earlyhelp.analysis.randomisation import ICCS, SUPPOSED_ICC, design_effect
from earlyhelp.possible.extremes import OUTER, spread_known
from earlyhelp.possible.two_waves import Change, WaveFigures
from earlyhelp.published.identified.ranges import (
    Ends,
    IdentifiedSets,
    RangeRow,
    bracketed,
    ends_of,
    possible_spreads,
    possible_sums,
    ranged,
    signed_root,
    signed_square,
    tidied,
)
from earlyhelp.published.identified.within_arms import by_baseline_sd, change, joint_solutions
from earlyhelp.published.numbers import few_or_span, level, number, span


def intervals(sets: IdentifiedSets, measure: str, confidence: float) -> pd.DataFrame:
    """Mean changes and their difference that the figures allow together, with t intervals.

    The intervals take people as independent, since no unit's mean is known.

    Returns
    -------
    DataFrame
        For each solution mean, low and high of each arm's change and of the difference (columns
        such as `comparison_low`, `difference_high`); the widest interval where solutions differ in
        their spread alone. Empty where there are more solutions than `FEW_SOLUTIONS`.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> table = intervals(open_sets("tests/studies/complete"), "wai", confidence=0.95)
    >>> print(table.filter(like="difference").round(1).to_string(index=False))
     difference_mean  difference_low  difference_high
                 7.2             4.4             10.0
    """
    rows = []
    for _, pairs in joint_solutions(sets, measure):
        row: dict[str, float] = {}
        reaches = map(max, zip(*(_reaches(pair, confidence) for pair in pairs), strict=True))
        told = zip((*sets.arms, "difference"), mean_changes(pairs[0]), reaches, strict=True)
        for name, mean, reach in told:
            row |= {f"{name}_mean": mean, f"{name}_low": mean - reach, f"{name}_high": mean + reach}
        rows.append(row)
    return claiming(pd.DataFrame(rows), "bounded")


# Ends the name of a quantity that is a p.
OF_P = ": p"
ADJUSTED_DIFFERENCE = "Endline difference of the pairs adjusted for baseline (ANCOVA)"


def _all_scores(sets: IdentifiedSets, wave: str) -> tuple[str, str]:
    """Names of the difference of everybody's scores at a wave, and of its d."""
    label, within = "Difference of all scores at", sets.words(wave)
    return f"{label} {within}", f"{label} {within}: d, {within} SD"


def in_points(sets: IdentifiedSets, measure: str, confidence: float) -> pd.DataFrame:
    """Changes and differences that the figures allow, in points of the scale, with t intervals.

    The intervals take people as independent, since no unit's mean is known.

    Returns
    -------
    DataFrame
        The rows of `within_arms.change` and `between` that are in points, with ci_low and ci_high,
        the outermost ends of the intervals; NaN where the figures give none. That of an adjusted
        difference is left out where it has no bounds: data sets that were found are none.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> table = in_points(open_sets("tests/studies/complete"), "wai", confidence=0.95).head(3)
    >>> print(table[["quantity", "low", "ci_low", "ci_high"]].round(1).to_string(index=False))
                      quantity  low  ci_low  ci_high
                   Mean change  6.4     4.2      8.6
                   Mean change -0.8    -3.0      1.4
    Difference of mean changes  7.2     4.4     10.0
    """
    parts = change(sets, measure, confidence), between(sets, measure, confidence)
    reaching: dict[tuple[str, str], Ends] = {}
    named = product(["Mean change"], sets.arms), [("Difference of mean changes", sets.between)]
    found = _with_reaches(sets, measure, confidence)
    for name, estimates in zip(chain(*named), found, strict=True):
        ends = [(mean - reach, mean + reach) for mean, reach in estimates]
        reaching[name] = min(ends)[0], max(high for _, high in ends)
    waves = differences(sets, measure, confidence)
    for wave in sets.outcomes[measure].waves:
        of_wave = waves[waves["contrast"] == wave] if len(waves) else waves
        ends = list(of_wave.filter(like="ci_").itertuples(index=False, name=None))
        reaching[_all_scores(sets, wave)[0], sets.between] = ends[0] if ends else (nan, nan)
    if _adjusted(sets, measure):
        reaching[ADJUSTED_DIFFERENCE, sets.between] = nan, nan
    rows = pd.concat(parts).set_index(["quantity", "population"]).loc[list(reaching)]
    rows[["ci_low", "ci_high"]] = [reaching[name] for name in rows.index]
    return labelled(rows.reset_index(), sets.labels)


def directions_in_words(frames: Iterable[pd.DataFrame]) -> str:
    """In how many changes, in an arm or between the arms, the figures tell a gain from a loss.

    Parameters
    ----------
    frames : iterable of DataFrame
        Of each measure (`in_points`).

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> directions_in_words([in_points(sets, "wai", confidence=0.95)])
    'Of 3 mean changes and their differences, the printed figures settle the direction of 3.'
    """
    rows = pd.concat(frames)
    rows = rows[rows["quantity"].isin(["Mean change", "Difference of mean changes"])]
    settled = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
    return (
        f"Of {len(rows)} mean changes and their differences, the printed figures settle the "
        f"direction of {settled or 'none'}."
    )


def units_in_words(frames: Iterable[pd.DataFrame]) -> str:
    """How many intervals of the difference, people of a unit being alike, have nought in them.

    Parameters
    ----------
    frames : iterable of DataFrame
        Of each measure (`clustered`).

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> units_in_words([clustered(sets, "wai", confidence=0.95)])
    'Counted by units, 0 of 5 intervals of the difference include zero.'
    """
    rows = pd.concat(frames)
    without = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
    if not without:
        return "Counted by units, every interval of the difference includes zero."
    return (
        f"Counted by units, {len(rows) - without} of {len(rows)} intervals of the difference "
        "include zero."
    )


def _with_reaches(
    sets: IdentifiedSets, measure: str, confidence: float
) -> list[list[tuple[float, float]]]:
    """Means of both arms' changes and of their difference, each with half its interval's width."""
    pairs = sets.contrasts(measure)
    means = zip(*map(mean_changes, pairs), strict=True)
    reaches = zip(*(_reaches(pair, confidence) for pair in pairs), strict=True)
    return [list(zip(*both, strict=True)) for both in zip(means, reaches, strict=True)]


def clustered(
    sets: IdentifiedSets,
    measure: str,
    confidence: float,
    iccs: Iterable[float] = ICCS,
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
        intervals). Where there are more solutions than `FEW_SOLUTIONS`, all are told as one.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> table = clustered(open_sets("tests/studies/complete"), "wai", confidence=0.95, iccs=[0.1])
    >>> print(table.round(1).to_string(index=False))
     icc  design_effect  solution  mean_low  mean_high  low  high
     0.1            1.2         1       7.2        7.2  1.3  13.2
    """
    units, rows = sets.study.units or 0, []
    solutions = [pairs for _, pairs in joint_solutions(sets, measure)]
    solutions = solutions or [sets.contrasts(measure)]
    for icc, (solution, pairs) in product(iccs if units else (), enumerate(solutions, 1)):
        people = sum(change.pairs for change in pairs[0])
        effect = design_effect(people / units, icc)
        inflated = sqrt(effect) * float(stats.t.ppf((1 + confidence) / 2, units - 2))
        means = [mean_changes(pair)[-1] for pair in pairs]
        reaches = [inflated * _errors(pair)[-1] for pair in pairs]
        low, _ = ends_of(map(sub, means, reaches))
        _, high = ends_of(map(add, means, reaches))
        rows.append((icc, effect, solution, *ends_of(means), low, high))
    columns = ["icc", "design_effect", "solution", "mean_low", "mean_high", "low", "high"]
    return labelled(claiming(pd.DataFrame(rows, columns=columns), "assumed"), sets.labels)


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


def estimates_in_words(
    sets: IdentifiedSets, confidence: float = 0.95
) -> dict[str, tuple[str, str]]:
    """Mean changes and differences that the figures allow, for the answers to research questions.

    Returns
    -------
    dict
        By name, a measure and an arm or "difference" before "-estimate": in words, the values
        (their range, where there are many) with the least and the greatest end of their t
        intervals, people taken as independent; and the table that says how they were found. With
        "units" before it, the ends for the difference if people of a unit were alike
        (`clustered`); with "adjusted", the endline difference of the pairs adjusted for baseline,
        where the figures bound it.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> estimates_in_words(open_sets("tests/studies/complete"))["wai-difference-estimate"]
    ('7.2 points (95% interval 4.4 to 10.0)', 'tbl-determined-wai-between')
    """
    told = {}
    for measure, outcome in sets.outcomes.items():
        name = outcome.scale.anchor
        estimates = _with_reaches(sets, measure, confidence)
        for of, found in zip((*sets.arms, "difference"), estimates, strict=True):
            place = "-between" if of == "difference" else ""
            words = _estimate_in_words(found, confidence)
            told[f"{name}-{of}-estimate"] = words, f"tbl-determined-{name}{place}"
        alike = clustered(sets, measure, confidence, [SUPPOSED_ICC])
        low, high = number(alike["low"].min(), 1), number(alike["high"].max(), 1)
        words = f"between {low} and {high} points (intracluster correlation {SUPPOSED_ICC:g})"
        told[f"{name}-units-estimate"] = words, f"tbl-intervals-units-{name}"
        if ends := _adjusted(sets, measure):
            side = "above zero" if ends[0] > 0 else "below zero" if ends[1] < 0 else ""
            words = f"{side} in every data set that is possible" if side else "of either sign"
            place = f"tbl-determined-{name}-between"
            told[f"{name}-adjusted-estimate"] = f"{words}: {span(*ends, 1)} points", place
    return told


def _adjusted(sets: IdentifiedSets, measure: str) -> Ends | None:
    """Outer bounds of the difference adjusted for baseline, where the figures give any."""
    if not sets.has(measure, "between", "adjusted difference"):
        return None
    low, high, _ = sets.extreme(measure, "between", "adjusted difference")
    return (low, high) if isfinite(low) and isfinite(high) else None


def _estimate_in_words(found: list[tuple[float, float]], confidence: float) -> str:
    """Means, each with the half-width of its interval."""
    low = number(min(mean - reach for mean, reach in found), 1)
    high = number(max(mean + reach for mean, reach in found), 1)
    told = level(confidence)
    means = sorted(mean for mean, _ in found)
    words = few_or_span(means, means[0], means[-1], 1)
    if number(means[0], 1) == number(means[-1], 1):
        return f"{words} points ({told} interval {low} to {high})"
    return f"{words} points ({told} intervals between {low} and {high})"


def mean_changes(pair: tuple[Change, Change]) -> tuple[float, float, float]:
    """Mean changes of both arms and their difference."""
    first, second = (float(change.mean) for change in pair)
    return first, second, first - second


def differences(sets: IdentifiedSets, measure: str, confidence: float) -> pd.DataFrame:
    """Differences between the arms of a measure with printed SDs, with t intervals.

    Everybody with a score at a wave, and those with both for the change. The intervals take people
    as independent, since no unit's mean is known.

    Returns
    -------
    DataFrame
        contrast (a wave, or "change"), difference (treated less reference), ci_low, ci_high. Of a
        wave the rounding of means and SDs leaves a range: its middle, and the outermost ends. Of
        the change each solution has a row; none where there are more than `FEW_SOLUTIONS`.
        Empty without printed SDs.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> table = differences(open_sets("tests/studies/complete"), "wai", confidence=0.95)
    >>> print(table.round(1).to_string(index=False))
    contrast  difference  ci_low  ci_high
    baseline        -0.2    -5.1      4.8
     endline         7.8     3.7     11.9
      change         7.2     4.4     10.0
    """
    outcome, rows = sets.outcomes[measure], []
    for wave in outcome.waves:
        first, second = (outcome.at(arm, wave) for arm in outcome.arms)
        if first.variance is None or second.variance is None:
            return claiming(pd.DataFrame(), "bounded")
        df = first.n + second.n - 2
        reach = float(stats.t.ppf((1 + confidence) / 2, df))
        found = [
            (float(difference), reach * sqrt(variance))
            for difference, variance in _pooled(first, second)
        ]
        low, high = ends_of(difference for difference, _ in found)
        ends = [ends_of(difference + side * half for difference, half in found) for side in (-1, 1)]
        rows.append((wave, (low + high) / 2, ends[0][0], ends[1][1]))
    table = intervals(sets, measure, confidence).filter(like="difference")
    rows += [("change", *row) for row in table.itertuples(index=False)]
    columns = ["contrast", "difference", "ci_low", "ci_high"]
    return claiming(pd.DataFrame(rows, columns=columns), "bounded")


def between(sets: IdentifiedSets, measure: str, confidence: float) -> pd.DataFrame:
    """Change and both waves compared between the arms, treated less reference.

    Examples
    --------
    >>> from earlyhelp.published.identified.ranges import open_sets
    >>> sets = open_sets("tests/studies/complete")
    >>> table = between(sets, "wai", confidence=0.95)
    >>> columns = ["quantity", "population", "low", "high", "status"]
    >>> print(table[columns].head(1).round(1).to_string(index=False))
                      quantity                   population  low  high     status
    Difference of mean changes intervention less comparison  7.2   7.2 determined
    """
    rows = [*_change_between(sets, measure, confidence), *_waves_between(sets, measure)]
    return labelled(tidied(rows), sets.labels)


def _change_between(sets: IdentifiedSets, measure: str, confidence: float) -> Iterator[RangeRow]:
    pairs = sets.contrasts(measure)
    n, m = pairs[0][0].pairs, pairs[0][1].pairs
    how = f"exact, over the {len(pairs)} pairs of changes that the three tests leave"
    differences = [first.mean - second.mean for first, second in pairs]
    variances = [(first.spread + second.spread) / (n + m - 2) for first, second in pairs]
    squares = {
        signed_square(difference) / variance
        for difference, variance in zip(differences, variances, strict=True)
    }
    sizes = sorted({abs(square) for square in squares})
    yield ranged("Difference of mean changes", sets.between, differences, 1, how, listed=True)
    if spread_known(sets.outcomes[measure].arms.values()):
        yield by_baseline_sd(sets, measure, sets.between, differences)
    yield ranged("d, SD of change", sets.between, map(signed_root, squares), 2, how, listed=True)
    yield ranged(
        "Size of d, SD of change", sets.between, map(signed_root, sizes), 2, how, listed=True
    )
    scale = sqrt(1 / n + 1 / m)
    for end, name in ((1, "lower"), (2, "upper")):
        values = {
            standardised_difference(signed_root(size) / scale, n + m - 2, scale, confidence)[end]
            for size in (sizes[0], sizes[-1])
        }
        label = f"If the {sets.words(sets.arms[0])} arm gained more: "
        label += f"{name} end of the {level(confidence)} interval of d, SD of change"
        yield ranged(label, sets.between, values, 2, how)
    found = sets.attained(measure, "between", "adjusted difference")
    if ends := _adjusted(sets, measure):
        yield bracketed(ADJUSTED_DIFFERENCE, sets.between, ends, found, 1)
        return
    why = "without printed SDs"
    if sets.has(measure, "between", "adjusted difference"):
        # So few pairs that they may all have been alike at baseline.
        why = "as the figures do not bound the slope on baseline"
    how = f"{OUTER} unknown {why}; data sets with both ends were found"
    yield ranged(ADJUSTED_DIFFERENCE, sets.between, found, 1, how, exact=False)


def _waves_between(sets: IdentifiedSets, measure: str) -> Iterator[RangeRow]:
    """Compare the printed groups of each wave: everybody with a score, paired or not."""
    outcome = sets.outcomes[measure]
    for wave in outcome.waves:
        position = outcome.position(wave)
        first, second = (outcome.at(arm, wave) for arm in outcome.arms)
        differences = [
            float(Fraction(a, first.n) - Fraction(b, second.n))
            for a, b in product(possible_sums(first), possible_sums(second))
        ]
        label, standardised = _all_scores(sets, wave)
        found = sets.attained(measure, "between", f"difference at {position}")
        yield bracketed(label, sets.between, ends_of(differences), found, 2)
        if first.variance is None or second.variance is None:
            continue
        outer = ends_of(_tests(first, second))
        found = sets.attained(measure, "between", f"t at {position}")
        df, scale = first.n + second.n - 2, sqrt(1 / first.n + 1 / second.n)
        sizes = [(scale * low, scale * high) for low, high in (outer, found)]
        yield bracketed(standardised, sets.between, sizes[0], sizes[1], 2)
        if wave == outcome.waves[0]:
            # A difference between groups that were drawn is chance (CONSORT 2010, item 15).
            continue
        yield bracketed(f"{label}: t ({df} degrees of freedom)", sets.between, outer, found, 2)
        ps = [ends_of(_p_values(ends, df)) for ends in (outer, found)]
        yield bracketed(f"{label}{OF_P}", sets.between, ps[0], ps[1], 3)


def _p_values(t: Ends, df: int) -> Iterator[float]:
    """Two-sided p at the ends of t, and the greatest between them."""
    crossing = (0.0,) if t[0] < 0 < t[1] else ()
    yield from (2 * float(stats.t.sf(abs(end), df)) for end in (*t, *crossing))


def _tests(first: WaveFigures, second: WaveFigures) -> Iterator[float]:
    """Yield pooled t of two printed groups at the ends of what their sums and SDs allow."""
    for difference, variance in _pooled(first, second):
        yield signed_root(signed_square(difference) / variance)


def _pooled(first: WaveFigures, second: WaveFigures) -> Iterator[tuple[Fraction, Fraction]]:
    """Differences of two means with the pooled variance of each, at the ends of what is printed."""
    for a, b in product(possible_spreads(first), possible_spreads(second)):
        difference = Fraction(a[0], first.n) - Fraction(b[0], second.n)
        pooled = (Fraction(a[1], first.n) + Fraction(b[1], second.n)) / (first.n + second.n - 2)
        yield difference, pooled * (Fraction(1, first.n) + Fraction(1, second.n))
