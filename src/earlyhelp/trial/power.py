"""The next trial's design: power, sample size, precision and detectable effect.

Each design has one analysis, the same in text, formula and simulation. All are of unweighted means
of units (`Design.analysis`), because they keep the size of the test with few units of unequal size
(Hayes & Moulton 2017, ch. 10). Weights by the true intracluster correlation are known to nobody,
and weighted by size the means differ in variance where that correlation is large.

"means"
    t test of unit means.
"ancova"
    Least squares of unit means at endline on arm and unit means at baseline.
"change"
    t test of the change of unit means.
"gls"
    The slope between units (unit means over all periods on mean exposure) and the slope within
    units (fixed effects of units and periods), joined by estimated precision. That is generalised
    least squares with components estimated from the trial. Each precision is taken as ``(f - 4) /
    f`` of the inverse of the variance estimated with f degrees of freedom, the multiple with the
    least mean square error, so that a slope that owes its small variance to chance gets no weight:
    with fewer than seven units only what happens within them counts. Variance and degrees of
    freedom of the joined slope as in Meier (1953). No maintained Python library has such degrees of
    freedom.

Power is exact for normal outcomes and equal sizes of units, whatever their number: it is the mean,
over the chi-squared and beta variables on which the standard error rests, of the chance that a
normal variable leaves its limits (`Test`). Unequal sizes enter by their harmonic mean, to the
second order (Hayes & Bennett 1999); `trial.simulation` tells what that leaves out, which above
`MOST_UNEQUAL` is too much to be left unsaid (`caution`). Proportions count as normal.

Outcome of person k of unit i in period t (Hooper et al. 2016, nested exchangeable)::

    y_itk = period_t + effect * exposed_it + unit_i + unit_period_it + person_ik + error_itk

References
----------
Meier (1953), Biometrics 9:59-73.
Hayes & Bennett (1999), Int J Epidemiol 28:319-326.
Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials in Health Research.
Hooper et al. (2016), Stat Med 35:4718-4728.
Hayes & Moulton (2017), Cluster Randomised Trials, 2nd ed.
Roberts & Roberts (2005), Clin Trials 2:152-162.
Shieh (2020), Psychometrika 85:101-120.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from math import ceil, factorial, prod, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special

from earlyhelp.published.numbers import level
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.trial.assumptions import (
    ALIKE,
    MOST,
    Assumptions,
    Design,
    check,
    check_answers,
    check_cac,
    problem,
)

Floats = NDArray[np.float64]

# Greatest coefficient of variation of unit sizes up to which the harmonic mean to the second order
# serves: with sizes drawn from a gamma distribution the calculated power is up to 3 points too high
# at 0.5, 6 at 0.7 and 18 at 1 (`tests/trial/test_simulation.py`).
MOST_UNEQUAL = 0.5


def components(design: Design, a: Assumptions) -> tuple[float, float]:
    """Variance of a unit's means that lasts over the periods, and that of each period.

    Hooper et al. (2016). Of one person's outcomes where people are randomised.

    Raises
    ------
    InputError
        As `check_cac` and `check_answers` do.
    """
    check_cac(design, a.cac)
    check_answers(design, a)
    if design.unit == "person":
        return a.sd**2 * a.iac, a.sd**2 * (1 - a.iac)
    of_people = (1 - a.icc) / a.harmonic
    cac, iac = (a.cac or 0.0, a.iac) if design.periods > 1 else (0.0, 0.0)
    lasting = a.icc * cac + of_people * iac
    return a.sd**2 * lasting, a.sd**2 * (a.icc * (1 - cac) + of_people * (1 - iac))


def information(
    exposure: Floats, counts: Floats, lasting: float, passing: float
) -> tuple[float, float]:
    """What is learned of the effect between units and within them, as inverse variances.

    Their sum is the information of generalised least squares with a fixed effect for every period.

    Parameters
    ----------
    exposure : array (sequences, periods)
        Exposure of every sequence in every period.
    counts : array (sequences,)
        Units in every sequence.
    lasting, passing : float
        As `components` returns them.
    """
    mean = exposure.mean(axis=1)
    within = exposure - mean[:, None]
    within = within - counts @ within / counts.sum()
    spread = counts @ (mean - counts @ mean / counts.sum()) ** 2
    between = spread / (lasting + passing / exposure.shape[1])
    return float(between), float(counts @ (within**2).sum(axis=1) / passing)


def units(design: Design, a: Assumptions, clusters: int) -> int:
    """Randomised units whose outcome is known: clusters, or the people of individual designs."""
    check(clusters=clusters)
    count = int(clusters * a.analysed) if design.unit == "person" else clusters
    if count < design.fewest:
        expected = f"at least {design.fewest} for the {design.name} design"
        raise InputError([problem("clusters", clusters, expected)])
    return count


def exposure_matrix(design: Design, count: int) -> Floats:
    """Exposure (count, periods) of units dealt as evenly as possible to the sequences."""
    return np.array(design.exposure, dtype=float)[np.arange(count) % design.sequences]


def _counts(design: Design, count: int) -> Floats:
    """Units (sequences,) of every sequence, dealt as in `exposure_matrix`."""
    each, over = divmod(count, design.sequences)
    return each + (np.arange(design.sequences) < over).astype(float)


def _parts(design: Design, a: Assumptions, counts: Floats) -> tuple[float, float]:
    """`information` that the design's analysis uses."""
    exposure = np.array(design.exposure, dtype=float)
    between, within = information(exposure, counts, *components(design, a))
    return (0.0 if design.analysis == "change" else between), within


def variance(design: Design, a: Assumptions, clusters: int) -> float:
    """Variance that the estimated effect would have if the correlations over time were known.

    ANCOVA: ``(1 - r**2)`` times that of unit means, r the correlation of a unit's two means (Borm
    et al. 2007, Teerenstra et al. 2012). `power` and `half_width` count what estimating them costs.
    """
    return 1 / sum(_parts(design, a, _counts(design, units(design, a, clusters))))


@dataclass(frozen=True)
class Test:
    """A two-sided t test as it looks before the trial.

    It rejects when a normal variable with mean ``signal * effect / standard error`` and variance 1
    leaves plus or minus `limit`; both depend on what the standard error is estimated to be.

    Attributes
    ----------
    df : float
        Degrees of freedom; expected ones where they are estimated.
    signal, limit, weight : array
        The cases and their probabilities, which sum to one.
    """

    df: float
    signal: Floats
    limit: Floats
    weight: Floats

    def rejects(self, ratio: float) -> float:
        """Probability of rejecting when effect / standard error is `ratio`."""
        mean = min(ratio, LARGEST_RATIO) * self.signal
        tails = special.ndtr(mean - self.limit) + special.ndtr(-mean - self.limit)
        return float((self.weight * tails).sum())

    def half_width(self) -> float:
        """Expected half-width of the confidence interval, in standard errors."""
        return float((self.weight * self.limit / self.signal).sum())


LARGEST_RATIO = 1e4


def _scores(df: float) -> tuple[Floats, Floats]:
    """Normal scores and weights for means over a variable with so many degrees of freedom.

    The trapezoid rule, whose error falls exponentially for smooth functions: below 1e-9. One or
    two degrees of freedom make the function less smooth.
    """
    z = np.arange(-7, 7.001, 0.5 if df > 2 else 0.05)
    weight = np.exp(-(z**2) / 2)
    return z, weight / weight.sum()


@cache
def _chi_squared(df: float) -> tuple[Floats, Floats]:
    """Values and weights of a chi-squared variable over its degrees of freedom."""
    z, weight = _scores(df)
    lower = special.gammaincinv(df / 2, special.ndtr(np.minimum(z, 0)))
    upper = special.gammainccinv(df / 2, special.ndtr(-np.maximum(z, 0)))
    return np.where(z < 0, lower, upper) * 2 / df, weight


@lru_cache(256)
def t_test(design: Design, count: int, alpha: float, share: float = 1.0) -> Test:
    """Test of the design's analysis with so many randomised units.

    Parameters
    ----------
    share : float
        Share of the `information` that lies between the units; counts for "gls" alone.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> test = t_test(DESIGNS["stepped-wedge"], 8, alpha=0.05, share=0.2)
    >>> print(f"rejects without an effect: {test.rejects(0):.4f}")
    rejects without an effect: 0.0500
    """
    if design.analysis == "gls":
        return _joined(count - 2, (count - 1) * (design.periods - 1) - 1, alpha, share)
    df = count - 2 - (design.analysis == "ancova")
    square, weight = _chi_squared(df)
    limit = special.stdtrit(df, 1 - alpha / 2) * np.sqrt(square)
    if design.analysis != "ancova":
        return Test(df, np.ones_like(limit), limit, weight)
    # The arms differ at baseline by chance, which costs 1 + F / (k - 2) of the variance, F with 1
    # and k - 2 degrees of freedom; the inverse of that is a beta variable (Shieh 2020).
    z, chance = _scores(df)
    signal = np.sqrt(special.betaincinv((count - 2) / 2, 0.5, special.ndtr(z)))[:, None]
    return Test(df, signal, np.broadcast_to(limit, (z.size, limit.size)), chance[:, None] * weight)


def joined_weights(precisions: Any, dfs: tuple[int, int]) -> Any:
    """Weight of the slope between units, given both estimated precisions (see the module)."""
    between, within = (
        max(df - 4, 0) / df * precision for df, precision in zip(dfs, precisions, strict=True)
    )
    return between / (between + within)


def joined_df(weight: Any, dfs: tuple[int, int]) -> Any:
    """Degrees of freedom of two joined slopes (Meier 1953)."""
    return 1 / (weight**2 / dfs[0] + (1 - weight) ** 2 / dfs[1])


def joined_variance(weight: Any, variances: Any, dfs: tuple[int, int]) -> Any:
    """Variance of two joined slopes, with what estimating the weights costs (Meier 1953)."""
    known = weight**2 * variances[0] + (1 - weight) ** 2 * variances[1]
    return known * (1 + 4 * weight * (1 - weight) * (1 / dfs[0] + 1 / dfs[1]))


def _joined(between: int, within: int, alpha: float, share: float) -> Test:
    """Test of the slopes between and within units, joined."""
    dfs, true = (between, within), (1 / share, 1 / (1 - share))
    (first, chance), (second, other) = _chi_squared(between), _chi_squared(within)
    estimated = (first[:, None] * true[0], second * true[1])
    weight = joined_weights([1 / one for one in estimated], dfs)
    limit = special.stdtrit(joined_df(weight, dfs), 1 - alpha / 2)
    limit = limit * np.sqrt(joined_variance(weight, estimated, dfs))
    spread = np.sqrt(weight**2 * true[0] + (1 - weight) ** 2 * true[1])
    df = joined_df(joined_weights((share, 1 - share), dfs), dfs)
    return Test(float(df), 1 / spread, limit / spread, chance[:, None] * other)


def _share(design: Design, a: Assumptions, counts: Floats) -> float:
    """Share of the information that lies between the units, where the test depends on it."""
    between, within = _parts(design, a, counts)
    return between / (between + within) if design.analysis == "gls" else 1.0


def _test(design: Design, a: Assumptions, count: int) -> Test:
    return t_test(design, count, a.alpha, _share(design, a, _counts(design, count)))


def power(design: Design, a: Assumptions, clusters: int) -> float:
    """Power of a two-sided test of the effect; its size when the effect is 0.

    Parameters
    ----------
    design : Design
    a : Assumptions
    clusters : int
        Total number of clusters, dealt as evenly as possible to the sequences. An individually
        randomised trial recruits the people of that many clusters and ignores clustering.

    Raises
    ------
    InputError
        When there are too few clusters for the design, or the cluster autocorrelation is missing.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> print(f"{power(DESIGNS['parallel'], Assumptions(effect=0.5), clusters=16):.3f}")
    0.686
    """
    ratio = abs(a.effect) / sqrt(variance(design, a, clusters))
    return _test(design, a, units(design, a, clusters)).rejects(ratio)


def half_width(design: Design, a: Assumptions, clusters: int) -> float:
    """Half-width that the confidence interval of the effect is expected to have.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> print(f"{half_width(DESIGNS['parallel'], Assumptions(effect=0.5), clusters=16):.2f} SDs")
    0.40 SDs
    """
    test = _test(design, a, units(design, a, clusters))
    return test.half_width() * sqrt(variance(design, a, clusters))


def smallest_p(design: Design, count: int) -> float:
    """Smallest p of a randomisation test of so many units, two-sided.

    One over the ways of dealing them to the sequences; two where exchanging the arms is a way.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> print(f"{smallest_p(DESIGNS['parallel'], 4):.2f}")
    0.33
    """
    if count > 100:  # factorials of millions have no end
        return 0.0
    counts = _counts(design, count)
    alike: dict[tuple[int, ...], int] = {}
    for sequence, n in zip(design.exposure, counts, strict=True):
        alike[sequence] = alike.get(sequence, 0) + int(n)
    best = 2 if len(alike) == 2 and len(set(alike.values())) == 1 else 1
    return best * prod(map(factorial, alike.values())) / factorial(count)


def caution(design: Design, a: Assumptions, count: int) -> str | None:
    """What numbers for so many units rest on; None where they need no such warning.

    A t test keeps its size with few units if their means are normal. Where a randomisation test,
    which supposes nothing, could not reject whatever happened, nothing stands in for that. Of unit
    sizes that differ more than `MOST_UNEQUAL` the harmonic mean makes too little. People who are
    randomised one by one may still be trained or looked after together (`ALIKE`).

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> caution(DESIGNS["individual"], Assumptions(effect=1), 40)
    'people count as independent, but those of one team or trainer may end alike'
    >>> caution(DESIGNS["parallel"], Assumptions(effect=1), 4)
    '4 units: no randomisation test can reject at 5%, so all rests on normal unit means'
    >>> caution(DESIGNS["parallel"], Assumptions(effect=1), 8)
    >>> caution(DESIGNS["parallel"], Assumptions(effect=1, cv=0.8), 8)
    'cv 0.8: above 0.5 calculated power is too high and the number of units too low'
    """
    told = [ALIKE] if design.unit == "person" else []
    if smallest_p(design, count) > a.alpha:
        rests = "so all rests on normal unit means"
        told.append(f"{count} units: no randomisation test can reject at {level(a.alpha)}, {rests}")
    if a.cv > MOST_UNEQUAL and "cv" not in design.ignores:
        wrong = "calculated power is too high and the number of units too low"
        told.append(f"cv {a.cv:g}: above {MOST_UNEQUAL:g} {wrong}")
    return "; ".join(told) or None


def fewest_for_lots(design: Design, alpha: float) -> int:
    """Fewest units, the same number in every sequence, with which lots alone could show an effect.

    Below it every number comes with a `caution`.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> fewest_for_lots(DESIGNS["parallel"], alpha=0.05)
    8
    """
    count = design.sequences
    while smallest_p(design, count) > alpha:
        count += design.sequences
    return count


def clusters_needed(design: Design, a: Assumptions, target: float = 0.8) -> int:
    """Fewest clusters, the same number in every sequence, whose power reaches the target.

    Individually randomised: the fewest clusters whose people suffice for two equal arms.

    Raises
    ------
    InputError
        When the power is out of range or not above `alpha`, or the effect is zero or so small that
        more than `MOST` clusters would be needed.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> clusters_needed(DESIGNS["parallel"], Assumptions(effect=0.5))
    22
    >>> clusters_needed(DESIGNS["baseline"], Assumptions(effect=0.5, cac=0.8, iac=0.7))
    12
    """
    check(power=target)
    problems = []
    if a.effect == 0:
        problems.append(problem("effect", a.effect, "a number other than 0"))
    if target <= a.alpha:
        problems.append(problem("power", target, f"a number above alpha ({a.alpha:g})"))
    if problems:
        raise InputError(problems)
    quantiles = float(special.ndtri([1 - a.alpha / 2, target]).sum())
    size = max(abs(a.effect), 1e-9 * a.sd)

    def reached(test: Test, error: float) -> bool:
        return test.rejects(size / error) >= target

    goal = problem("effect", a.effect, f"one that {MOST} clusters can detect")
    return _fewest(design, a, reached, quantiles / size, goal)


def clusters_for_width(design: Design, a: Assumptions, width: float) -> int:
    """Fewest clusters whose confidence interval is expected to be so narrow.

    The same number in every sequence. `a.effect` counts for a binary variance alone.

    Parameters
    ----------
    width : float
        Half-width of the confidence interval, in units of the outcome.

    Raises
    ------
    InputError
        When it is out of range, or so small that more than `MOST` clusters would be needed.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> clusters_for_width(DESIGNS["parallel"], Assumptions(effect=0), 0.3)
    28
    """
    check(half_width=width)

    def reached(test: Test, error: float) -> bool:
        return test.half_width() * error <= width

    goal = problem("half_width", width, f"one that {MOST} clusters can give")
    return _fewest(design, a, reached, float(special.ndtri(1 - a.alpha / 2)) / width, goal)


def _fewest(
    design: Design,
    a: Assumptions,
    reached: Callable[[Test, float], bool],
    errors: float,
    goal: Problem,
) -> int:
    """Fewest clusters whose test and standard error have reached a goal.

    Parameters
    ----------
    errors : float
        How many standard errors the normal test would need, for one unit of the outcome.
    goal : Problem
        Told when it is out of reach.
    """
    step = design.sequences
    each_one = np.ones(step)
    one_each, share = 1 / sum(_parts(design, a, each_one)), _share(design, a, each_one)
    # The t test needs at least what the normal test needs, and only a few more.
    normal = errors**2 * one_each
    if normal * step > MOST * (a.analysed if design.unit == "person" else 1):
        raise InputError([goal])
    each = max(ceil(design.fewest / step), int(normal), 1)
    while not reached(t_test(design, each * step, a.alpha, share), sqrt(one_each / each)):
        each += 1
    return max(2, ceil(each * step / a.analysed)) if design.unit == "person" else each * step


def detectable_effect(design: Design, a: Assumptions, clusters: int, target: float = 0.8) -> float:
    """Smallest effect that the trial detects with the target power (`a.effect` is not used).

    For a binary outcome the variance stays that of the two proportions in `a`.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> found = detectable_effect(DESIGNS["parallel"], Assumptions(effect=1), clusters=4)
    >>> print(f"{found:.1f} SDs")
    2.2 SDs
    """
    check(power=target)
    if target <= a.alpha:
        raise InputError([problem("power", target, f"a number above alpha ({a.alpha:g})")])
    count = units(design, a, clusters)
    share = _share(design, a, _counts(design, count))
    return _ratio(design, count, a.alpha, share, target) * sqrt(variance(design, a, clusters))


@lru_cache(256)
def _ratio(design: Design, count: int, alpha: float, share: float, target: float) -> float:
    """Effect in standard errors that `t_test` detects with the target power."""
    test = t_test(design, count, alpha, share)
    if test.rejects(LARGEST_RATIO) < target:
        expected = f"one that {test.df:g} degrees of freedom can reach at alpha {alpha:g}"
        raise InputError([problem("power", target, expected)])
    return float(optimize.brentq(lambda x: test.rejects(x) - target, 0, LARGEST_RATIO))


# --- tidy results ---------------------------------------------------------------------------------


def describe(design: Design, a: Assumptions, clusters: int) -> dict[str, Any]:
    """One trial as a row: its assumptions, size, precision and power.

    Assumptions that the design does not depend on are None. `type_one_error` is how often the test
    rejects without an effect; `half_width` that of the expected interval; `note` the `caution`.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> a = Assumptions(effect=0.5, cac=0.8, iac=0.7)
    >>> row = describe(DESIGNS["baseline"], a, clusters=12)
    >>> row["people_per_period"], row["measurements"], row["df"]
    (120, 240, 9)
    """
    count, people = units(design, a, clusters), ceil(clusters * a.cluster_size)
    test, error = _test(design, a, count), sqrt(variance(design, a, clusters))
    return {
        "design": design.name,
        "sequences": design.sequences,
        **vars(a),
        **dict.fromkeys(design.ignores),
        "clusters": clusters,
        "periods": design.periods,
        "people_per_period": people,
        "measurements": people * design.periods,
        "df": test.df,
        "standard_error": error,
        "half_width": test.half_width() * error,
        "type_one_error": test.rejects(0),
        "power": test.rejects(abs(a.effect) / error),
        "note": caution(design, a, count),
    }


def sweep(
    designs: Iterable[Design], target: float = 0.8, **values: float | Iterable[float]
) -> pd.DataFrame:
    """Clusters needed for every combination of design and assumptions.

    Parameters
    ----------
    designs : iterable of Design
    target : float
        Power to reach.
    **values : float or iterable of float
        Fields of `Assumptions`; every combination is calculated, so that a range of, say, `sd`
        is carried into a range of clusters.

    Returns
    -------
    DataFrame
        One row per combination, columns as in `describe`; `clusters` is what the target needs.

    Examples
    --------
    >>> from earlyhelp.trial.assumptions import DESIGNS
    >>> table = sweep([DESIGNS["parallel"]], effect=0.5, icc=[0.01, 0.05, 0.1])
    >>> table[["icc", "clusters"]].to_numpy().tolist()
    [[0.01, 16.0], [0.05, 22.0], [0.1, 26.0]]
    """
    axes = {
        name: list(value) if isinstance(value, Iterable) else [value]
        for name, value in values.items()
    }
    rows = []
    for design, combination in product(designs, product(*axes.values())):
        a = Assumptions(**dict(zip(axes, combination, strict=True)))
        rows.append(describe(design, a, clusters_needed(design, a, target)))
    return pd.DataFrame(rows)
