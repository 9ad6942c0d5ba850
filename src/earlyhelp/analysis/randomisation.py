"""Randomisation inference on cluster means: what the random draw itself can tell.

Under the null hypothesis of no effect for anybody, every allocation that could have been drawn
would have shown the same cluster means; the p value is the share of allocations whose difference
is at least as large as the one observed (Fisher 1935; Gail et al. 1996, Stat Med 15:1069-1092).
Nothing is assumed about distributions or the intracluster correlation, so a small trial cannot
give a small p value.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from earlyhelp.study.problems import InputError, Problem

# Differences closer than this share of the largest are ties, whatever the rounding of floats.
TIE = 1e-9
# Intracluster correlations that tables suppose, as a pilot is too small to estimate one; and that
# which an answer supposes.
ICCS = (0.0, 0.01, 0.05, 0.1, 0.2)
SUPPOSED_ICC = ICCS[2]


def allocations(means: pd.Series, treated: Collection[str]) -> pd.DataFrame:
    """Difference in means under every allocation that could have been drawn.

    Parameters
    ----------
    means : Series
        One outcome mean per randomised unit, indexed by the unit's name.
    treated : collection of str
        Units that received the intervention; their number is held fixed.

    Returns
    -------
    DataFrame
        One row per allocation: `allocation` (the intervention units, joined by " + "),
        `difference` (mean of unit means, intervention minus control), `observed`,
        `as_extreme` (at least as far from zero as the observed one). Largest difference first.

    Raises
    ------
    InputError
        When units repeat, a mean is missing, a treated unit is unknown or an arm is empty.
    """
    _check(means, treated)
    names = [str(name) for name in means.index]
    wanted = set(treated)
    rows = []
    for chosen in combinations(names, len(wanted)):
        inside = means.index.isin(chosen)
        rows.append(
            {
                "allocation": " + ".join(chosen),
                "difference": float(means[inside].mean() - means[~inside].mean()),
                "observed": set(chosen) == wanted,
            }
        )
    table = pd.DataFrame(rows)
    size = table["difference"].abs()
    table["as_extreme"] = size >= float(size[table["observed"]].iloc[0]) - TIE * size.max()
    return table.sort_values(["difference", "allocation"], ascending=[False, True]).reset_index(
        drop=True
    )


def p_value(table: pd.DataFrame) -> float:
    """Two-sided p value of a table made by `allocations`."""
    return float(table["as_extreme"].mean())


def smallest_p(units: int, treated: int) -> float:
    """Smallest two-sided p value that any data could give.

    With equal arms an allocation and its mirror image differ equally, hence twice one in
    ``comb(units, treated)``.

    Raises
    ------
    InputError
        Unless there is at least one unit in either arm.

    Examples
    --------
    >>> round(smallest_p(4, treated=2), 3), round(smallest_p(8, treated=4), 3)
    (0.333, 0.029)
    """
    if not 0 < treated < units:
        found, expected = str(treated), f"a whole number from 1 to {units - 1}"
        raise InputError([Problem("randomisation", None, "treated", found, expected)])
    return (2 if 2 * treated == units else 1) / comb(units, treated)


def _check(means: pd.Series, treated: Collection[str]) -> None:
    missing = [str(name) for name in means.index[~np.isfinite(means.to_numpy(dtype=float))]]
    repeated = [str(name) for name in means.index[means.index.duplicated()]]
    unknown = sorted(set(treated) - {str(name) for name in means.index})
    found = [
        ("means", f"no mean for {', '.join(missing)}", "a number for every unit", missing),
        ("means", f"{', '.join(repeated)} twice", "every unit once", repeated),
        ("treated", ", ".join(unknown), "units that have a mean", unknown),
        (
            "treated",
            f"{len(set(treated))} of {len(means)} units",
            "at least one unit in either arm",
            not 0 < len(set(treated)) < len(means),
        ),
    ]
    problems = [Problem("randomisation", None, *what) for *what, wrong in found if wrong]
    if problems:
        raise InputError(problems)


def design_effect(size: float, icc: float) -> float:
    """Factor by which likeness within units raises a variance (Donner & Klar 2000, ch. 5).

    Parameters
    ----------
    size : float
        People in a unit.
    icc : float
        Their intracluster correlation.

    Examples
    --------
    >>> design_effect(size=11, icc=0.05)
    1.5
    """
    return 1 + (size - 1) * icc
