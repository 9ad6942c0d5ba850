"""Small numbers: what readers are told where few people stand behind a number.

The rules are those that output checkers of research data apply (the SACRO guides and the tool ACRO,
whose default threshold a study of real people has), as far as tables of this kind meet them:

Threshold
    A number of people below `least` is not told, nor anything computed from so few.
Differencing
    What is told must not give back by subtraction what is not. Checkers hide further cells for it.
    Here every number of people is told as its band: the same for all numbers from one multiple of
    `least` to the next. That protects each cell by itself, also against other tables, and leaves
    more to be read of a small pilot than hiding does. A percentage is that of the middles of two
    bands, which says nothing that the bands do not (midpoint rounding, as in OpenSAFELY).
Extremes
    Lowest and highest value are somebody's own and are not told.
Degrees of freedom
    What gives back how many people there are (degrees of freedom, t, effects over the SD of the
    change) is not told. Means and estimates keep decimals that do not.

Dominance, a few people who make up most of a sum, does not arise: no sums of amounts are told.

Bands add up to totals that lie in bands, too. That narrows them, and in rare tables it settles a
count: the least that it can be is a total at the least of its band, less others that all are the
greatest of theirs. `earlyhelp.validate` looks for such counts in all tables together
(`differencing`), and a study that has one needs a greater `least`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from earlyhelp.study.raw import Pilot

# Columns that count people, or what people did.
COUNTS = {
    *("n", "n_arm", "n_reference", "total", "eligible", "attended", "both_parts", "not_attended"),
    *("used", "agree", "before", "after", "both", "lost", "new", "distinct", "described"),
    *("people", "practitioners", "pairs", "scored", "completions", "at_best", "close"),
    *("attendees", "facilitators", "successes", "fewest"),
}
# Columns that say of how many people a row tells, all of them; a table has the first that fits.
BASES = (
    ("fewest",),
    ("total",),
    ("eligible",),
    ("before", "after"),
    ("attended",),
    ("n_arm", "n_reference"),
    ("practitioners", "people"),
    ("practitioners",),
    ("people",),
    ("pairs",),
    ("attendees",),
    ("n",),
)
# Rows whose `n` counts teams or units, not people, by column.
OF_UNITS = {"stage": ("teams", "randomised units"), "analysed": ("unit means",)}
# Columns that state the design or name a row.
STATED = {
    *("units", "treated_units", "allocations", "smallest_p", "icc", "scale_maximum", "best"),
    *("part", "training_part", "done", "lowest", "highest", "amber_low", "amber_high"),
}
# Columns computed from all people of a row, with decimals that do not tell how many these are.
_SCORES = (
    *("mean", "sd", "median", "value", "difference", "ci_low", "ci_high", "mean_change"),
    *("headroom", "mean_percent", "sd_change_low", "sd_change_high"),
)
_RATIOS = ("d", "standardised", "headroom_sd", "p", "alpha", "correlation_low", "correlation_high")
DECIMALS = dict.fromkeys(_SCORES, 1) | dict.fromkeys(_RATIOS, 2)
# Quantities whose numbers are no people.
OF_THE_DESIGN = {"design", "fieldwork", "observation_counts"}


def note(least: int) -> str:
    """What the caption of a table or figure says of the rule, as MyST.

    Examples
    --------
    >>> note(10)
    'Counts in steps of 10 ([small numbers](#small-numbers)).'
    """
    return f"Counts in steps of {least} ([small numbers](#small-numbers))."


def safe(frame: pd.DataFrame, least: int) -> pd.DataFrame:
    """A table of which nothing is told of fewer people than `least`.

    A column that is not known to be harmless is not told: its cells are missing.

    Parameters
    ----------
    frame : DataFrame
        Tidy, each row about one group of people.
    least : int
        At least 1, with which the table is told as it is.

    Returns
    -------
    DataFrame
        Counts are the least of their band. ``attrs["decimals"]`` has the decimals that numbers are
        told with, by column.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"answer": ["yes", "no"], "n": [24, 8], "total": [32, 32], "percent": [75.0, 25.0]}
    ... )
    >>> print(safe(frame, 10).to_string())
      answer     n  total  percent
    0    yes  20.0     30     71.0
    1     no   NaN     30      NaN
    """
    # Numbers pass for text in a table that was joined to one without rows. Every table of numbers
    # comes by here, and text would be told as it is.
    frame = frame.infer_objects()
    if least == 1 or frame.attrs.get("quantity") in OF_THE_DESIGN:
        return frame
    bases = [*next((names for names in BASES if {*names} <= {*frame}), ())]
    # Of how many people each row tells; of none where no column says.
    people = frame[bases].min(axis=1) if bases else pd.Series(0, index=frame.index)
    enough, of_units = people >= least, _of_units(frame)
    told, decimals = frame.copy(), dict(DECIMALS)
    for name in map(str, frame):
        cells = frame[name]
        # What an answer is coded as.
        label = name in STATED or (name == "value" and "answer" in frame)
        if is_datetime64_any_dtype(cells):
            told[name] = pd.NaT
        if label or is_bool_dtype(cells) or not is_numeric_dtype(cells):
            continue
        if name in COUNTS:
            units = of_units & (name == "n")
            told[name] = _band(cells, least).where(enough).mask(units, cells)
        elif name in DECIMALS:
            told[name] = cells.round(DECIMALS[name]).where(enough)
        elif name.endswith("percent") and bases:
            told[name], decimals[name] = _share(frame, name, bases[0], least).where(enough), 0
        else:
            told[name] = float("nan")
    told.attrs["decimals"] = decimals
    return told


def _band(counts: pd.Series, least: int) -> pd.Series:
    """The least number of each count's band; missing for the first band, that from nought."""
    return (counts // least * least).where(counts >= least)


def bands(shown: np.ndarray, true: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """What readers know at most of counts: the least and the greatest that each can be.

    Parameters
    ----------
    shown, true : ndarray, shape (counts,)
        What they see, missing where that is nothing, and what it is. Who sees nothing knows that a
        count is small, or that the others of its row are.

    Examples
    --------
    >>> bands(np.array([20, np.nan, np.nan]), np.array([24, 8, 31]), 10)
    (array([20.,  0.,  0.]), array([29.,  9., inf]))
    """
    low = np.where(np.isnan(shown), 0, shown)
    high = np.where(np.isnan(shown) & (true >= least), np.inf, low + least - 1)
    # Numbers of teams are told as they are.
    return low, np.where(low % least > 0, low, high)


def _share(frame: pd.DataFrame, name: str, base: str, least: int) -> pd.Series:
    """The percentage of the middles of two bands.

    Missing where the column is a share of something else, and where both lie in one band: it would
    say of some that they are all.
    """
    parts = (name.removesuffix("percent").strip("_"), "agree", "used", "attended", "both", "n")
    part = next((one for one in parts if one in frame and one != base), base)
    some, people = (_band(frame[one], least) for one in (part, base))
    exact = 100 * frame[part] / frame[base]
    known = ((exact - frame[name]).abs() < 1e-9) & (some < people)
    middle = (least - 1) / 2
    return (100 * (some + middle) / (people + middle)).round().where(known)


def _of_units(frame: pd.DataFrame) -> pd.Series:
    """Which rows count teams or units."""
    counting = pd.Series(False, index=frame.index)
    for name, values in OF_UNITS.items():
        if name in frame:
            counting |= frame[name].isin(values)
    return counting


def told_safely(
    function: Callable[..., pd.DataFrame],
) -> Callable[..., pd.DataFrame]:
    """Let a function of a pilot tell readers what is safe, computed from everything.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from earlyhelp.study.raw import open_pilot
    >>> people = told_safely(lambda pilot: pd.DataFrame({"n": [len(pilot.survey("endline"))]}))
    >>> pilot = open_pilot("tests/studies/complete")
    >>> int(people(pilot)["n"].sum()), int(people(replace(pilot, told_from=10))["n"].sum())
    (23, 20)
    """

    @wraps(function)
    def computed(pilot: Pilot, *arguments: Any, **options: Any) -> pd.DataFrame:
        return safe(function(pilot.exact(), *arguments, **options), pilot.told_from)

    return computed
