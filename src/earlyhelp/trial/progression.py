"""Progression criteria: whether the pilot met them, and how sure one can be.

A criterion divides the values of one quantity into red, amber and green (Avery et al. 2017, BMJ
Open 7:e013537; Eldridge et al. 2016, BMJ 355:i5239). Beside the observed band stand an interval
and the probability that the true value lies in each band.

Proportions: Clopper-Pearson exact interval; band probabilities from the beta posterior under the
Jeffreys prior, Beta(successes + 1/2, failures + 1/2). Means: t interval; band probabilities from
the t posterior under the usual reference prior. Both take people as independent of one another;
clustering in teams would widen them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite, sqrt

import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from earlyhelp.study.design import STUDY_FILE, Criterion
from earlyhelp.study.problems import InputError, Problem

BANDS = ("green", "amber", "red")
RULES: Mapping[str, str] = {
    "worst": "the worst band of all criteria decides",
    "majority": "green or red when more than half of the criteria are so, otherwise amber",
}


def band(criterion: Criterion, value: float) -> str:
    """Band of a criterion that holds the value: "green", "amber" or "red"."""
    for name in BANDS:
        low, high = getattr(criterion, name)
        if low <= value <= high:
            return name
    span = [*criterion.green, *criterion.red]
    raise _refused(criterion, str(value), f"{min(span):g} to {max(span):g}")


def _chances(criterion: Criterion, cdf: Callable[[float], float]) -> dict[str, float]:
    """Probability of each band; the outermost bands reach to infinity."""
    lower, upper = sorted(criterion.amber)
    below, above = float(cdf(lower)), 1 - float(cdf(upper))
    outer = (above, below) if criterion.higher_is_better else (below, above)
    return {"green": outer[0], "amber": 1 - below - above, "red": outer[1]}


def _refused(criterion: Criterion, found: str, expected: str) -> InputError:
    place = f"progression.{criterion.quantity}"
    return InputError([Problem(STUDY_FILE, None, place, found, expected)])


def assess_proportion(
    criterion: Criterion, successes: int, total: int, confidence: float = 0.95
) -> dict[str, object]:
    """One criterion on a proportion: estimate, interval, band and band probabilities."""
    if not (total >= 1 and 0 <= successes <= total):
        found, expected = f"{successes} of {total}", "a count from 0 to a total of 1 or more"
        raise _refused(criterion, found, expected)
    low, high = proportion_confint(successes, total, alpha=1 - confidence, method="beta")
    posterior = stats.beta(successes + 0.5, total - successes + 0.5)
    return _row(criterion, "proportion", successes / total, total, low, high, posterior.cdf)


def assess_mean(
    criterion: Criterion, mean: float, sd: float, total: int, confidence: float = 0.95
) -> dict[str, object]:
    """One criterion on a mean: estimate, interval, band and band probabilities."""
    if not (total >= 2 and sd > 0 and isfinite(mean)):
        found = f"mean {mean}, sd {sd}, {total} people"
        expected = "a number, a standard deviation above 0 and 2 or more people"
        raise _refused(criterion, found, expected)
    posterior = stats.t(total - 1, loc=mean, scale=sd / sqrt(total))
    low, high = posterior.interval(confidence)
    return _row(criterion, "mean", mean, total, low, high, posterior.cdf)


def _row(
    criterion: Criterion,
    kind: str,
    estimate: float,
    total: int,
    low: float,
    high: float,
    cdf: Callable[[float], float],
) -> dict[str, object]:
    chances = _chances(criterion, cdf)
    return {
        "quantity": criterion.quantity,
        "kind": kind,
        "estimate": float(estimate),
        "total": int(total),
        "low": float(low),
        "high": float(high),
        "band": band(criterion, estimate),
        **{f"p_{name}": chances[name] for name in BANDS},
    }


def _without_interval(criterion: Criterion, mean: float) -> dict[str, object]:
    unknown = ("total", "low", "high", *(f"p_{name}" for name in BANDS))
    known = {"quantity": criterion.quantity, "kind": "mean", "estimate": mean}
    return known | {"band": band(criterion, mean)} | dict.fromkeys(unknown, float("nan"))


def assess(
    criteria: Iterable[Criterion], observed: pd.DataFrame, confidence: float = 0.95
) -> pd.DataFrame:
    """Every criterion against what was observed.

    Parameters
    ----------
    criteria : iterable of Criterion
    observed : DataFrame
        Indexed by quantity. A proportion has `successes` and `total`; a mean has `mean`, `sd` and
        `total`, with `successes` missing. A mean of an unknown number of people has a band, but
        neither interval nor probabilities.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per criterion: quantity, kind, estimate, total, low, high, band, p_green, p_amber,
        p_red.

    Raises
    ------
    InputError
        Listing every criterion that cannot be assessed.
    """
    rows, problems = [], []
    for criterion in criteria:
        if criterion.quantity not in observed.index:
            expected = f"one of {', '.join(map(str, observed.index))}"
            place = "progression.quantity"
            problems.append(Problem(STUDY_FILE, None, place, criterion.quantity, expected))
            continue
        (seen,) = observed.loc[[criterion.quantity]].to_dict("records")
        try:
            if pd.isna(seen.get("successes")) and pd.isna(seen["total"]):
                rows.append(_without_interval(criterion, seen["mean"]))
            elif pd.notna(seen.get("successes")):
                counts = int(seen["successes"]), int(seen["total"])
                rows.append(assess_proportion(criterion, *counts, confidence))
            else:
                moments = seen["mean"], seen["sd"], int(seen["total"])
                rows.append(assess_mean(criterion, *moments, confidence))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows)


def combine(bands: Sequence[str], rule: str = "worst") -> str:
    """Overall band of several criteria by one of `RULES`.

    Examples
    --------
    >>> combine(["green", "amber", "green"])
    'amber'
    >>> combine(["green", "amber", "green"], "majority")
    'green'
    """
    wrong = [("rule", rule, " or ".join(RULES))] if rule not in RULES else []
    wrong += [("band", band, " or ".join(BANDS)) for band in bands if band not in BANDS]
    if not bands:
        wrong.append(("band", "none", "at least one criterion"))
    if wrong:
        raise InputError([Problem("progression", None, *what) for what in wrong])
    if rule == "worst":
        return max(bands, key=BANDS.index)
    return next((name for name in ("green", "red") if bands.count(name) * 2 > len(bands)), "amber")


def chance_all_green(assessment: pd.DataFrame) -> tuple[float, float]:
    """Bounds on the probability that every criterion is truly green.

    The same people give rise to several quantities, so the criteria are not independent: these
    are the Fréchet bounds, which hold whatever the dependence. A criterion without probabilities
    may be green or not.

    Examples
    --------
    >>> chance_all_green(pd.DataFrame({"p_green": [0.75, 0.5]}))
    (0.25, 0.5)
    """
    chances = assessment["p_green"]
    return max(0.0, float(chances.sum()) - (len(chances) - 1)), float(chances.min())
