"""Progression criteria: whether the pilot met them, and how sure one can be.

A criterion divides the values of one quantity into red, amber and green (Avery et al. 2017, BMJ
Open 7:e013537; Eldridge et al. 2016, BMJ 355:i5239). Beside the observed band stand an interval
and the probability that the true value lies in each band.

Proportions: Clopper-Pearson exact interval; band probabilities from the beta posterior under the
Jeffreys prior, Beta(successes + 1/2, failures + 1/2). Means: t interval, cut off at the ends of the
scale, beyond which no mean lies; band probabilities from the t posterior under the usual reference
prior. A design effect divides the number of people, since those of a unit are alike.

Of a proportion that is an upper bound only the bands up to it are known.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from math import isfinite, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from earlyhelp.study.design import STUDY_FILE, Criterion
from earlyhelp.study.problems import InputError, Problem

BANDS = ("green", "amber", "red")
COMBINING_RULES: Mapping[str, str] = {
    "worst": "the worst band of all criteria decides",
    "majority": "green or red when more than half of the criteria are so, otherwise amber",
}


def band(criterion: Criterion, value: float) -> str:
    """Band of a criterion that holds the value: "green", "amber" or "red"."""
    for name in BANDS:
        low, high = getattr(criterion, name)
        if low <= value <= high:
            return name
    raise _refused(criterion, str(value), "{:g} to {:g}".format(*_ends(criterion)))


def _chances(criterion: Criterion, cdf: Callable[[float], float]) -> dict[str, float]:
    """Probability of each band; the outermost bands reach to infinity."""
    lower, upper = sorted(criterion.amber)
    below, above = float(cdf(lower)), 1 - float(cdf(upper))
    outer = (above, below) if criterion.higher_is_better else (below, above)
    return {"p_green": outer[0], "p_amber": 1 - below - above, "p_red": outer[1]}


def _refused(criterion: Criterion, found: str, expected: str) -> InputError:
    place = f"progression.{criterion.quantity}"
    return InputError([Problem(STUDY_FILE, None, place, found, expected)])


def assess_proportion(
    criterion: Criterion,
    successes: int,
    total: int,
    confidence: float = 0.95,
    design_effect: float = 1.0,
) -> dict[str, object]:
    """One criterion on a proportion: estimate, interval, band and band probabilities."""
    _check_count(criterion, successes, total)
    counted, n = successes / design_effect, total / design_effect
    low, high = proportion_confint(counted, n, alpha=1 - confidence, method="beta")
    posterior = stats.beta(counted + 0.5, n - counted + 0.5)
    row = _row(criterion, "proportion", successes / total, total)
    return row | {"low": float(low), "high": float(high)} | _chances(criterion, posterior.cdf)


def at_most(criterion: Criterion, successes: int, total: int) -> dict[str, object]:
    """One criterion on a proportion that is an upper bound: the bands up to it, nothing else."""
    _check_count(criterion, successes, total)
    ends = [band(criterion, end) for end in (_ends(criterion)[0], successes / total)]
    best, worst = sorted(ends, key=BANDS.index)
    row = _row(criterion, "proportion", successes / total, total)
    return row | {"best": best, "worst": worst, "upper_bound": True}


def _check_count(criterion: Criterion, successes: int, total: int) -> None:
    if not (total >= 1 and 0 <= successes <= total):
        found, expected = f"{successes} of {total}", "a count from 0 to a total of 1 or more"
        raise _refused(criterion, found, expected)


def assess_mean(
    criterion: Criterion,
    mean: float,
    sd: float,
    total: int,
    confidence: float = 0.95,
    design_effect: float = 1.0,
) -> dict[str, object]:
    """One criterion on a mean: estimate, interval, band and band probabilities."""
    if not (total >= 2 and sd > 0 and isfinite(mean)):
        found = f"mean {mean}, sd {sd}, {total} people"
        expected = "a number, a standard deviation above 0 and 2 or more people"
        raise _refused(criterion, found, expected)
    row, n = _row(criterion, "mean", mean, total), total / design_effect
    if n <= 1:
        return row
    posterior = stats.t(n - 1, loc=mean, scale=sd / sqrt(n))
    low, high = np.clip(posterior.interval(confidence), *_ends(criterion))
    return row | {"low": float(low), "high": float(high)} | _chances(criterion, posterior.cdf)


def _ends(criterion: Criterion) -> tuple[float, float]:
    """Least and greatest value of the quantity."""
    values = [*criterion.green, *criterion.red]
    return min(values), max(values)


def _row(criterion: Criterion, kind: str, estimate: float, total: float) -> dict[str, object]:
    """A row without interval and probabilities."""
    found = band(criterion, estimate)
    unknown = ("low", "high", *(f"p_{name}" for name in BANDS))
    return {
        "quantity": criterion.quantity,
        "kind": kind,
        "estimate": float(estimate),
        "total": total,
        "best": found,
        "worst": found,
        "upper_bound": False,
        "beside": _beside(criterion, estimate, 0.005 if kind == "mean" else 1e-9),
        **dict.fromkeys(unknown, float("nan")),
    }


def _beside(criterion: Criterion, value: float, tolerance: float) -> str:
    """The other band of a value that lies on the bound of its own, or else nothing."""
    on = [end for end in criterion.amber if abs(value - end) < tolerance]
    if not on:
        return ""
    pair = {"amber", "green" if on[0] in criterion.green else "red"}
    (other,) = pair - {band(criterion, value)}
    return other


def assess(
    criteria: Iterable[Criterion], observed: pd.DataFrame, confidence: float = 0.95
) -> pd.DataFrame:
    """Every criterion against what was observed.

    Parameters
    ----------
    criteria : iterable of Criterion
    observed : DataFrame
        Indexed by quantity. A proportion has `successes` and `total`, or `share` alone; a mean has
        `mean`, `sd` and `total`, with `successes` missing. A share or a mean of an unknown number
        of people has a band, but neither interval nor probabilities. Where `upper_bound` is true
        the proportion cannot be greater, but may be less; where there is another total (`other`),
        its band counts, too; `design_effect` (1 without the column) widens for clustering.
    confidence : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row per criterion: quantity, kind, estimate, total, best and worst (band; the same
        unless the estimate is an upper bound), upper_bound, beside (the other band when the
        estimate lies on the bound of two, for a mean within half a hundredth), low, high, p_green,
        p_amber, p_red.

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
            rows.append(_assess(criterion, seen, confidence))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return pd.DataFrame(rows)


def _assess(
    criterion: Criterion, seen: Mapping[Hashable, Any], confidence: float
) -> dict[str, object]:
    """One criterion, of whatever kind its quantity is."""
    level = confidence, float(seen.get("design_effect", 1.0))
    share, total, other = seen.get("share"), seen.get("total"), seen.get("other")
    if share is not None and pd.notna(share):
        return _row(criterion, "proportion", share, float("nan"))
    if pd.isna(seen.get("successes")):
        if pd.isna(total):
            return _row(criterion, "mean", seen["mean"], float("nan"))
        return assess_mean(criterion, seen["mean"], seen["sd"], int(seen["total"]), *level)
    counts = int(seen["successes"]), int(seen["total"])
    if seen.get("upper_bound", False):
        return at_most(criterion, *counts)
    row = assess_proportion(criterion, *counts, *level)
    if other is not None and pd.notna(other):
        bands = [str(row["best"]), band(criterion, counts[0] / other)]
        best, worst = sorted(bands, key=BANDS.index)
        row |= {"best": best, "worst": worst}
    return row


def combine(bands: Sequence[str], rule: str = "worst") -> str:
    """Overall band of several criteria by one of `COMBINING_RULES`.

    Examples
    --------
    >>> combine(["green", "amber", "green"])
    'amber'
    >>> combine(["green", "amber", "green"], "majority")
    'green'
    """
    wrong = [("rule", rule, " or ".join(COMBINING_RULES))] if rule not in COMBINING_RULES else []
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


def all_together(assessment: pd.DataFrame, rule: str) -> list[str]:
    """Overall bands by one of `COMBINING_RULES` that upper bounds leave possible, the best first.

    Examples
    --------
    >>> all_together(pd.DataFrame({"best": ["green", "amber"], "worst": ["red", "amber"]}), "worst")
    ['amber', 'red']
    """
    # A better band of one criterion never makes a worse one of all.
    best, worst = (BANDS.index(combine(list(assessment[end]), rule)) for end in ("best", "worst"))
    return list(BANDS[best : worst + 1])


def chance_green(bound: float, total: int | NDArray[np.int_], rate: float) -> NDArray[np.float64]:
    """Probability that the observed proportion is at `bound` or above, exact (binomial).

    Parameters
    ----------
    bound, rate : float
        Least proportion that counts as green, and the true one.
    total : int or array of int
        People.

    Examples
    --------
    >>> print(f"{chance_green(0.8, 5, 0.9):.4f}")  # 4 or 5 of 5: 5 * 0.9**4 * 0.1 + 0.9**5
    0.9185
    """
    # The tolerance keeps 0.8 * 5 from being a little more than 4.
    needed = np.ceil(bound * np.asarray(total) - 1e-9)
    return np.asarray(stats.binom.sf(needed - 1, total, rate))


MOST_TRIED = 1000


def operating_characteristics(
    criteria: Sequence[Criterion],
    totals: Sequence[int],
    rule: str,
    rates: Sequence[float] = (0.9, 0.85, 0.7),
    wanted: float = 0.8,
) -> pd.DataFrame:
    """How often the criteria together would come out green, if the true proportions were known.

    Exact binomial probabilities, criteria taken as independent of one another.

    Parameters
    ----------
    criteria : sequence of Criterion
        On proportions; where a low value is good, that of the opposite is meant.
    totals : sequence of int
        People of the pilot, by criterion.
    rule : str
        One of `COMBINING_RULES`.
    rates : sequence of float
        True proportion of all criteria.
    wanted : float
        Chance of green that a pilot should have.

    Returns
    -------
    DataFrame
        rate (NaN where each true proportion lies at its own green bound), chance (that all
        together is green), people (in each criterion, from which on the chance is `wanted` or
        more; NaN where not even `MOST_TRIED` are enough).

    Examples
    --------
    >>> attended = Criterion(
    ...     quantity="attendance", label="Came", green=(0.8, 1), amber=(0.6, 0.8), red=(0, 0.6),
    ...     reason="an example",
    ... )
    >>> print(operating_characteristics([attended], [5], "worst").round(2).to_string(index=False))
     rate  chance  people
     0.90    0.92    10.0
     0.85    0.84    45.0
     0.70    0.53     NaN
      NaN    0.74     NaN
    """
    bounds = [c.green[0] if c.higher_is_better else 1 - c.green[1] for c in criteria]
    sizes = np.arange(1, MOST_TRIED + 1)
    rows = []
    for rate in (*rates, float("nan")):
        true = [bound if np.isnan(rate) else rate for bound in bounds]
        seen = [chance_green(b, n, r) for b, n, r in zip(bounds, totals, true, strict=True)]
        chance = float(_together(np.array(seen), rule))
        larger = _together(
            np.array([chance_green(b, sizes, r) for b, r in zip(bounds, true, strict=True)]), rule
        )
        short = sizes[larger < wanted]
        enough = int(short[-1]) + 1 if len(short) else 1
        rows.append((rate, chance, enough if enough <= MOST_TRIED else float("nan")))
    return pd.DataFrame(rows, columns=["rate", "chance", "people"])


def _together(chances: NDArray[np.float64], rule: str) -> NDArray[np.float64]:
    """Probability that independent criteria, one a row, are green together."""
    # Row k: that k of the criteria so far are green.
    green = np.zeros((len(chances) + 1, *chances.shape[1:]))
    green[0] = 1
    for chance in chances:
        green[1:] = green[1:] * (1 - chance) + green[:-1] * chance
        green[0] *= 1 - chance
    enough = len(chances) if rule == "worst" else len(chances) // 2 + 1
    return np.asarray(green[enough:].sum(axis=0))
