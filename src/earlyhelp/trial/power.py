"""The next trial's design: power, sample size and detectable effect.

One engine serves every design. The treatment effect is the generalised least squares (GLS)
estimate from cluster-period means, with a fixed effect for every period; its variance follows from
which sequences are exposed when (`Design`) and from the correlation within clusters
(`Assumptions`). The published closed forms stand beside it as a check (`closed_form_variance`).

Outcome of person k of cluster i in period t (Hooper et al. 2016, nested exchangeable)::

    y_itk = period_t + effect * exposed_it + cluster_i + cluster_period_it + person_ik + error_itk

References
----------
Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials in Health Research.
Borm, Fransen & Lemmens (2007), J Clin Epidemiol 60:1234-1238.
Eldridge, Ashby & Kerry (2006), Int J Epidemiol 35:1292-1300.
Hussey & Hughes (2007), Contemp Clin Trials 28:182-191.
Teerenstra et al. (2012), Stat Med 31:2169-2178.
Hemming, Lilford & Girling (2015), Stat Med 34:181-196.
Hooper et al. (2016), Stat Med 35:4718-4728.
Hemming, Kasza et al. (2020), Int J Epidemiol 49:979-995.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from math import ceil, isfinite, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from earlyhelp.study.problems import InputError, Problem

Floats = NDArray[np.float64]

# Beyond these ends no trial is meant, and floats run out of digits.
MOST, FINEST = 1_000_000, 1e-6


def _whole(least: int, most: int) -> tuple[Callable[[float], bool], str]:
    return lambda x: least <= x <= most and x == int(x), f"a whole number from {least} to {most}"


def _below_one() -> tuple[Callable[[float], bool], str]:
    return lambda x: 0 <= x <= 1 - FINEST, f"a number from 0 to below 1, at most {1 - FINEST:f}"


RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "effect": (lambda x: abs(x) <= MOST, f"a number from -{MOST} to {MOST}"),
    "sd": (lambda x: FINEST <= x <= MOST, f"a number above 0, from {FINEST:f} to {MOST}"),
    "icc": _below_one(),
    "cac": (lambda x: 0 <= x <= 1, "a number from 0 to 1"),
    "iac": _below_one(),
    "cluster_size": (lambda x: 1 <= x <= MOST, f"a number from 1 to {MOST}"),
    "cv": (lambda x: 0 <= x <= 10, "a number from 0 to 10"),
    "attrition": _below_one(),
    "alpha": (lambda x: FINEST <= x < 1, f"a number above 0, from {FINEST:f} to below 1"),
    "power": (lambda x: 0 < x < 1, "a number above 0 and below 1"),
    "control": (lambda x: 0 < x < 1, "a proportion above 0 and below 1"),
    "intervention": (lambda x: 0 < x < 1, "a proportion above 0 and below 1"),
    "correlation": (lambda x: -1 <= x <= 1, "a number from -1 to 1"),
    "sequences": _whole(2, 100),
    "clusters": _whole(2, MOST),
    "trials": _whole(2, MOST),
    "seed": (lambda x: x >= 0 and x == int(x), "a whole number of 0 or more"),
}


def _problem(name: str, found: object, expected: str) -> Problem:
    return Problem("trial", None, name, str(found), expected)


def check(**values: float | str) -> None:
    """Raise `InputError` with every value that is no number or outside its range in `RANGES`.

    Examples
    --------
    >>> check(icc=0.05, clusters=12)
    >>> try:
    ...     check(icc=1.5)
    ... except InputError as error:
    ...     print(error.problems[0].found, "-", error.problems[0].expected)
    1.5 - a number from 0 to below 1, at most 0.999999
    """
    problems = [
        _problem(name, value, RANGES[name][1])
        for name, value in values.items()
        if isinstance(value, str) or not (isfinite(value) and RANGES[name][0](value))
    ]
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class Design:
    """Which sequence of clusters is exposed in which period.

    Attributes
    ----------
    name : str
        One of `DESIGNS`.
    exposure : tuple of tuple of int
        Sequences by periods: 1 where the intervention is in use, else 0.
    unit : str
        What is randomised: "cluster" or "person".
    covariates : int
        Covariates of the analysis, on the level of the units; each costs one degree of freedom.
    """

    name: str
    exposure: tuple[tuple[int, ...], ...]
    unit: str = "cluster"
    covariates: int = 0

    @property
    def sequences(self) -> int:
        """Number of sequences; two arms are two sequences."""
        return len(self.exposure)

    @property
    def periods(self) -> int:
        """Number of measurement periods."""
        return len(self.exposure[0])

    @property
    def fewest(self) -> int:
        """Smallest number of randomised units that leaves one degree of freedom."""
        return max(self.sequences, 3 + self.covariates)


def stepped_wedge(sequences: int = 4) -> Design:
    """Complete stepped wedge: all start unexposed, one sequence crosses over at each step.

    Examples
    --------
    >>> for sequence in stepped_wedge(3).exposure:
    ...     print(sequence)
    (0, 1, 1, 1)
    (0, 0, 1, 1)
    (0, 0, 0, 1)
    """
    check(sequences=sequences)
    sequences = int(sequences)
    exposure = tuple(
        tuple(int(period > step) for period in range(sequences + 1)) for step in range(sequences)
    )
    return Design("stepped-wedge", exposure)


DESIGNS: Mapping[str, Design] = {
    design.name: design
    for design in (
        Design("individual", ((0,), (1,)), unit="person"),
        Design("individual-baseline", ((0, 0), (0, 1)), unit="person", covariates=1),
        Design("parallel", ((0,), (1,))),
        Design("baseline", ((0, 0), (0, 1)), covariates=1),
        stepped_wedge(),
    )
}


@dataclass(frozen=True)
class Assumptions:
    """What the calculation takes for granted.

    Attributes
    ----------
    effect : float
        Difference between intervention and control, in units of the outcome.
    sd : float
        Total standard deviation of the outcome within an arm and period.
    icc : float
        Intracluster correlation of two people of a cluster in the same period.
    cac : float
        Cluster autocorrelation: the ICC between periods as a share of `icc`.
    iac : float
        Individual autocorrelation: 0 when every period measures new people, above 0 in a cohort.
        In a design that randomises people, the correlation of a person's two measurements.
    cluster_size : float
        Mean number of people approached in a cluster in each period.
    cv : float
        Coefficient of variation of cluster size.
    attrition : float
        Share of those people whose outcome is missing, in every period.
    alpha : float
        Two-sided significance level.
    control : float or None
        Proportion in the control arm when the outcome is binary.

    Raises
    ------
    InputError
        Naming every value out of range.
    """

    effect: float
    sd: float = 1.0
    icc: float = 0.05
    cac: float = 1.0
    iac: float = 0.0
    cluster_size: float = 10.0
    cv: float = 0.0
    attrition: float = 0.0
    alpha: float = 0.05
    control: float | None = field(default=None)

    def __post_init__(self) -> None:
        check(**{name: value for name, value in asdict(self).items() if value is not None})

    @classmethod
    def binary(cls, control: float, intervention: float, **rest: float) -> Assumptions:
        """Assumptions for two proportions; the effect is the risk difference.

        The variance is the mean of the two binomial variances (Donner & Klar 2000, ch. 5,
        unpooled), so that equal arms give the usual comparison of two proportions.
        """
        try:
            check(control=control, intervention=intervention)
        except InputError as error:
            raise InputError([*error.problems, *_problems_of(rest)]) from None
        variance = (control * (1 - control) + intervention * (1 - intervention)) / 2
        return cls(effect=intervention - control, sd=sqrt(variance), control=control, **rest)

    @property
    def analysed(self) -> float:
        """Mean number of people per cluster and period whose outcome is known."""
        return max(1.0, self.cluster_size * (1 - self.attrition))


def _problems_of(values: Mapping[str, float]) -> list[Problem]:
    try:
        check(**values)
    except InputError as error:
        return error.problems
    return []


def individual_autocorrelation(correlation: float, icc: float, cac: float = 1.0) -> float:
    """Individual autocorrelation that gives people the stated correlation over time.

    Under the model of this module the correlation of one person's two measurements is
    ``icc * cac + (1 - icc) * iac``.
    """
    check(correlation=correlation, icc=icc, cac=cac)
    iac = (correlation - icc * cac) / (1 - icc)
    if not 0 <= iac <= 1 - FINEST:
        expected = f"{icc * cac:g} to below {icc * cac + 1 - icc:g}"
        raise InputError([_problem("correlation", correlation, expected)])
    return iac


# --- the engine -----------------------------------------------------------------------------------


def covariance(design: Design, a: Assumptions) -> Floats:
    """Covariance matrix (periods, periods) of one cluster's period means.

    Hooper et al. (2016); unequal sizes multiply it by `unequal_sizes`. Of one person's outcomes
    where people are randomised.
    """
    if design.unit == "person":
        same = np.eye(design.periods)
        return np.asarray(a.sd**2 * (same + a.iac * (1 - same)))
    m, rho = a.analysed, a.icc
    between = rho * a.cac + (1 - rho) * a.iac / m
    within = rho + (1 - rho) / m - between
    matrix = within * np.eye(design.periods) + between
    return a.sd**2 * unequal_sizes(m, rho, a.cv) * matrix


def gls_variance(exposure: Floats, matrix: Floats, counts: Floats | None = None) -> float:
    """Variance of the GLS treatment effect with a fixed effect for every period.

    Parameters
    ----------
    exposure : array (sequences, periods)
        Exposure of every sequence (or cluster) in every period.
    matrix : array (periods, periods)
        Covariance of a cluster's period means.
    counts : array (sequences,), optional
        Clusters in every sequence; one when left out.

    Notes
    -----
    The corner of ``inv(sum Z' inv(V) Z)``, as in Hussey & Hughes (2007).
    """
    counts = np.ones(len(exposure)) if counts is None else counts
    periods = exposure.shape[1]
    precision = np.linalg.inv(matrix)
    information = np.empty((periods + 1, periods + 1))
    information[:-1, :-1] = counts.sum() * precision
    information[:-1, -1] = information[-1, :-1] = precision @ (counts @ exposure)
    information[-1, -1] = counts @ ((exposure @ precision) * exposure).sum(axis=1)
    return float(np.linalg.inv(information)[-1, -1])


def units(design: Design, a: Assumptions, clusters: int) -> int:
    """Randomised units whose outcome is known: clusters, or the people of individual designs."""
    check(clusters=clusters)
    people = int(clusters * a.analysed * (1 + 1e-12))  # 0.1 * 30 is 3 people, not 2
    count = people if design.unit == "person" else clusters
    if count < design.fewest:
        expected = f"at least {design.fewest} for the {design.name} design"
        raise InputError([_problem("clusters", clusters, expected)])
    return count


def exposure_matrix(design: Design, count: int) -> Floats:
    """Exposure (count, periods) of units dealt as evenly as possible to the sequences."""
    return np.array(design.exposure, dtype=float)[np.arange(count) % design.sequences]


def variance(design: Design, a: Assumptions, clusters: int) -> float:
    """Variance of the estimated effect in a trial with `clusters` clusters."""
    each, over = divmod(units(design, a, clusters), design.sequences)
    counts = each + (np.arange(design.sequences) < over)  # dealt as in `exposure_matrix`
    exposure = np.array(design.exposure, dtype=float)
    return gls_variance(exposure, covariance(design, a), counts.astype(float))


def degrees_of_freedom(design: Design, count: int) -> int:
    """Degrees of freedom of the few-cluster t test.

    The rule: units randomised, less two, less one for each covariate on their level (the
    baseline in ANCOVA). Exact for the parallel design (Donner & Klar 2000, ch. 7);
    a conservative convention for the stepped wedge.
    """
    return count - 2 - design.covariates


LARGEST_RATIO = 1e4


def _rejection(ratio: float, df: float, alpha: float) -> float:
    """Probability that a two-sided test rejects when effect / standard error is `ratio`."""
    ratio = min(ratio, LARGEST_RATIO)
    if df == np.inf:
        critical = stats.norm.ppf(1 - alpha / 2)
        return float(stats.norm.sf(critical - ratio) + stats.norm.cdf(-critical - ratio))
    critical = stats.t.ppf(1 - alpha / 2, df)
    return float(stats.nct.sf(critical, df, ratio) + stats.nct.sf(critical, df, -ratio))


def power(design: Design, a: Assumptions, clusters: int, *, few_clusters: bool = True) -> float:
    """Power of a two-sided test of the effect.

    Parameters
    ----------
    design : Design
    a : Assumptions
    clusters : int
        Total number of clusters, dealt as evenly as possible to the sequences. An individually
        randomised trial recruits the people of that many clusters and ignores clustering.
    few_clusters : bool
        Use the t distribution with `degrees_of_freedom`; else the normal distribution.

    Notes
    -----
    Exact for parallel designs with equal sizes. The other designs also estimate how the cluster
    means correlate, which this ignores: below about eight clusters rely on `trial.simulation`.

    Raises
    ------
    InputError
        When there are too few clusters for the design.

    Examples
    --------
    >>> print(f"{power(DESIGNS['parallel'], Assumptions(effect=0.5), clusters=16):.3f}")
    0.686
    """
    ratio = abs(a.effect) / sqrt(variance(design, a, clusters))
    df = degrees_of_freedom(design, units(design, a, clusters)) if few_clusters else np.inf
    return _rejection(ratio, df, a.alpha)


def clusters_needed(
    design: Design, a: Assumptions, target: float = 0.8, *, few_clusters: bool = True
) -> int:
    """Fewest clusters, the same number in every sequence, whose power reaches the target.

    Individually randomised: the fewest clusters whose people suffice for two equal arms.

    Raises
    ------
    InputError
        When the power is out of range or not above `alpha`, or the effect is zero or so small that
        more than `MOST` clusters would be needed.

    Examples
    --------
    >>> clusters_needed(DESIGNS["parallel"], Assumptions(effect=0.5))
    22
    >>> clusters_needed(DESIGNS["baseline"], Assumptions(effect=0.5, iac=0.7))
    10
    """
    check(power=target)
    if a.effect == 0 or target <= a.alpha:
        problems = [("effect", a.effect, "a number other than 0")] if a.effect == 0 else []
        if target <= a.alpha:
            problems.append(("power", target, f"a number above alpha ({a.alpha:g})"))
        raise InputError([_problem(*problem) for problem in problems])
    too_many = InputError([_problem("effect", a.effect, f"one that {MOST} clusters can detect")])
    step = design.sequences
    one_each = gls_variance(np.array(design.exposure, dtype=float), covariance(design, a))
    most = MOST * (a.analysed if design.unit == "person" else 1)

    def reaches(each: int) -> bool:
        df = degrees_of_freedom(design, each * step) if few_clusters else np.inf
        return _rejection(abs(a.effect) / sqrt(one_each / each), df, a.alpha) >= target

    # The t test needs at least what the normal test needs, and only a few more.
    quantiles = stats.norm.ppf(1 - a.alpha / 2) + stats.norm.ppf(target)
    normal = (float(quantiles) / max(abs(a.effect), 1e-9 * a.sd)) ** 2 * one_each
    if normal * step > most:
        raise too_many
    each = max(ceil(design.fewest / step), int(normal), 1)
    while not reaches(each):
        each += 1
    return max(2, ceil(each * step / a.analysed)) if design.unit == "person" else each * step


def detectable_effect(
    design: Design, a: Assumptions, clusters: int, target: float = 0.8, *, few_clusters: bool = True
) -> float:
    """Smallest effect that the trial detects with the target power (`a.effect` is not used).

    For a binary outcome the variance stays that of the two proportions in `a`.
    """
    check(power=target)
    if target <= a.alpha:
        raise InputError([_problem("power", target, f"a number above alpha ({a.alpha:g})")])
    df = degrees_of_freedom(design, units(design, a, clusters)) if few_clusters else np.inf
    if _rejection(LARGEST_RATIO, df, a.alpha) < target:
        expected = f"one that {df} degrees of freedom can reach at alpha {a.alpha:g}"
        raise InputError([_problem("power", target, expected)])
    ratio = optimize.brentq(lambda x: _rejection(x, df, a.alpha) - target, 0, LARGEST_RATIO)
    return float(ratio) * sqrt(variance(design, a, clusters))


# --- published closed forms -----------------------------------------------------------------------


def clustering_effect(size: float, icc: float) -> float:
    """Design effect of randomising clusters: ``1 + (m - 1) icc`` (Donner & Klar 2000, ch. 5)."""
    return 1 + (size - 1) * icc


def unequal_sizes(size: float, icc: float, cv: float) -> float:
    """Factor by which unequal cluster sizes raise the variance.

    Eldridge, Ashby & Kerry (2006): ``1 + ((cv**2 + 1) m - 1) icc`` over the effect with equal
    sizes. It holds for analyses of cluster means weighted by size and is conservative for others.
    """
    return (1 + ((cv**2 + 1) * size - 1) * icc) / clustering_effect(size, icc)


def cluster_mean_correlation(size: float, icc: float, cac: float, iac: float) -> float:
    """Correlation of a cluster's means in two periods.

    Teerenstra et al. (2012) and Hooper et al. (2016):
    ``r = (m icc cac + (1 - icc) iac) / (1 + (m - 1) icc)``.
    """
    return (size * icc * cac + (1 - icc) * iac) / clustering_effect(size, icc)


def repetition_effect(design: Design, r: float) -> float:
    """Design effect of measuring clusters repeatedly, relative to one parallel comparison.

    Baseline with ANCOVA: ``1 - r**2`` (people: Borm et al. 2007, r the correlation of a person's
    measurements; clusters: Teerenstra et al. 2012, r that of cluster means). Stepped wedge with S
    sequences:
    ``3 S (1 - r)(1 + S r) / ((S**2 - 1)(2 + S r))`` (Hooper et al. 2016).
    """
    if design.covariates:
        return 1 - r**2
    if design.name == "stepped-wedge":
        s = design.sequences
        return 3 * s * (1 - r) * (1 + s * r) / ((s**2 - 1) * (2 + s * r))
    return 1.0


def closed_form_variance(design: Design, a: Assumptions, clusters: int) -> float:
    """Variance of the effect from the design effects above; needs equal sequences.

    ``4 sd**2 / N`` times the design effects, N being the people of one period.
    """
    count = units(design, a, clusters)
    if design.unit == "person":
        return 4 * a.sd**2 * repetition_effect(design, a.iac) / count
    m = a.analysed
    effects = (
        clustering_effect(m, a.icc)
        * unequal_sizes(m, a.icc, a.cv)
        * repetition_effect(design, cluster_mean_correlation(m, a.icc, a.cac, a.iac))
    )
    return 4 * a.sd**2 * effects / (count * m)


# --- tidy results ---------------------------------------------------------------------------------


def describe(
    design: Design, a: Assumptions, clusters: int, *, few_clusters: bool = True
) -> dict[str, Any]:
    """One trial as a row: its assumptions, size, standard error and power.

    Examples
    --------
    >>> row = describe(DESIGNS["baseline"], Assumptions(effect=0.5, iac=0.7), clusters=12)
    >>> row["people_per_period"], row["measurements"], row["df"]
    (120, 240, 9)
    """
    count, people = units(design, a, clusters), ceil(clusters * a.cluster_size)
    return {
        "design": design.name,
        "sequences": design.sequences,
        **asdict(a),
        "clusters": clusters,
        "periods": design.periods,
        "people_per_period": people,
        "measurements": people * design.periods,
        "df": degrees_of_freedom(design, count) if few_clusters else None,
        "standard_error": sqrt(variance(design, a, clusters)),
        "power": power(design, a, clusters, few_clusters=few_clusters),
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
