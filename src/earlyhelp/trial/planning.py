"""Teams, power and precision of the next trial, over what a study's design grid supposes.

Ranges (`low`, `high`) are over the grid's intracluster correlations and autocorrelations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from earlyhelp.analysis.quantities import claiming
from earlyhelp.published.numbers import level, number
from earlyhelp.trial import power
from earlyhelp.trial.assumptions import ASSUMED, DESIGNS, OF_TEAMS, PLANNED, Assumptions
from earlyhelp.trial.design_grid import Sweep


def pilot_power(sweep: Sweep, units: int, alpha: float, target: float) -> pd.DataFrame:
    """What a comparison of the pilot's units at endline could detect.

    Returns
    -------
    DataFrame
        icc (0 and people independent first: the analysis of people), df, detectable (difference in
        SDs found with the target power), and the power for each effect of the sweep (column
        `power_<effect>`).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = pilot_power(sweep, units=4, alpha=0.05, target=0.8)
    >>> for row in table.to_dict("records"):
    ...     print(f"ICC {row['icc']:g}: {row['detectable']:.1f} SDs can be found")
    ICC 0: 0.9 SDs can be found
    ICC 0.01: 1.9 SDs can be found
    ICC 0.1: 2.5 SDs can be found
    """
    fixed = sweep.fixed | {"alpha": alpha}
    cases = [("individual", 0.0), *(("parallel", icc) for icc in sweep.icc)]
    rows = []
    for name, icc in cases:
        design = DESIGNS[name]
        base = {**fixed, "icc": icc}
        a = Assumptions(effect=1, **base)
        count = power.units(design, a, units)
        row = {
            "analysed": "people" if name == "individual" else "units",
            "icc": icc,
            "df": power.t_test(design, count, alpha).df,
            "detectable": power.detectable_effect(design, a, units, target),
        }
        for effect in sweep.effect:
            a = Assumptions(effect=effect, **base)
            row[f"power_{effect:g}"] = power.power(design, a, units)
        rows.append(row)
    return claiming(pd.DataFrame(rows), ASSUMED)


def needed(sweep: Sweep, alpha: float, target: float) -> pd.DataFrame:
    """Teams that each design needs, as ranges over what is uncertain about change over time.

    Returns
    -------
    DataFrame
        design, effect (SDs), icc, low, high (over cluster and individual autocorrelation).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = needed(sweep, alpha=0.05, target=0.8)
    >>> table.query("design == 'parallel'")[["icc", "low", "high"]].to_numpy().tolist()
    [[0.01, 16.0, 16.0], [0.1, 26.0, 26.0]]
    """
    table = _planned(sweep, alpha, target, sweep.effect)
    grouped = table.groupby(["design", "effect", "icc"], sort=False)["clusters"]
    return claiming(grouped.agg(low="min", high="max").reset_index(), ASSUMED)


# What is uncertain, in words.
OVER = {
    "icc": "ICC",
    "cac": "cluster autocorrelation",
    "iac": "individual autocorrelation",
}


def supposed_by_lowest(sweep: Sweep, alpha: float, target: float) -> dict[str, str]:
    """What the fewest teams that a design needs for the largest effect suppose.

    Returns
    -------
    dict
        Design that randomises teams to the values with which it needs so few, in words.

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> supposed_by_lowest(sweep, alpha=0.05, target=0.8)["parallel"]
    'ICC 0.01'
    """
    table = _planned(sweep, alpha, target, (max(sweep.effect),)).set_index("design")
    told = {}
    for design in OF_TEAMS:
        rows = table.loc[[design.name]]
        least = rows[rows["clusters"] == rows["clusters"].min()]
        cases: dict[str, list[str]] = {}
        for row in least.drop_duplicates(list(OVER)).to_dict("records"):
            over_time = (name for name in OVER if name not in ("icc", *design.ignores))
            words = "".join(f", {OVER[name]} {row[name]:g}" for name in over_time)
            cases.setdefault(words, []).append(f"{row['icc']:g}")
        told[design.name] = ", or ".join(
            f"{OVER['icc']} {' or '.join(iccs)}{words}" for words, iccs in cases.items()
        )
    return told


def _planned(sweep: Sweep, alpha: float, target: float, effects: tuple[float, ...]) -> pd.DataFrame:
    """Every planned trial of the grid (`power.sweep`)."""
    fixed = sweep.fixed | {"alpha": alpha}
    ranges = {"icc": sweep.icc, "cac": sweep.cac, "iac": sweep.iac}
    table = power.sweep(PLANNED, target, effect=effects, **ranges, **fixed)
    # Also where people are randomised, whose power does not depend on it.
    each = np.repeat(sweep.icc, len(sweep.cac) * len(sweep.iac))
    return table.assign(icc=np.tile(each, len(PLANNED) * len(effects)))


def needed_in_points(
    sweep: Sweep, sds: tuple[float, float], alpha: float, target: float
) -> pd.DataFrame:
    """Teams needed to find a difference in points, at the ends of a range of SDs.

    Parameters
    ----------
    sds : tuple of float
        Least and greatest SD.

    Returns
    -------
    DataFrame
        points, sd, effect (points in SDs), design, low, high (over the ICCs and autocorrelations).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = needed_in_points(sweep, (8.0, 9.0), alpha=0.05, target=0.8)
    >>> table.query("design == 'parallel'")[["sd", "low", "high"]].to_numpy().tolist()
    [[8.0, 16.0, 26.0], [9.0, 20.0, 34.0]]
    """
    rows = []
    for points, sd in product(sweep.points, dict.fromkeys(sds)):
        found = _planned(sweep, alpha, target, (points / sd,)).groupby("design", sort=False)
        for design, teams in found["clusters"]:
            rows.append((points, sd, points / sd, design, teams.min(), teams.max()))
    columns = ["points", "sd", "effect", "design", "low", "high"]
    return claiming(pd.DataFrame(rows, columns=columns), ASSUMED)


def needed_for_width(sweep: Sweep, alpha: float) -> pd.DataFrame:
    """Teams that each design needs for an interval, as far to either side as an effect is large.

    Returns
    -------
    DataFrame
        design, effect (half-width in SDs), low, high (over the ICCs and autocorrelations).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = needed_for_width(sweep, alpha=0.05)
    >>> table.query("design == 'parallel'")[["low", "high"]].to_numpy().tolist()
    [[10, 14]]
    """
    rows = []
    for design, width in product(PLANNED, sweep.effect):
        assumed = _assumed(sweep, alpha, effect=0)
        teams = [power.clusters_for_width(design, a, width) for a in assumed]
        rows.append((design.name, width, *_ends(teams)))
    return claiming(pd.DataFrame(rows, columns=["design", "effect", "low", "high"]), ASSUMED)


def responsiveness(
    trials: Mapping[str, tuple[int, Sweep]], alpha: float, target: float
) -> pd.DataFrame:
    """Difference a measure must show for a trial of so many teams to find it.

    Parameters
    ----------
    trials : mapping
        Words to the number of teams and the grid; designs are left out that need more.

    Returns
    -------
    DataFrame
        teams (words), clusters, design; over the ICC and the autocorrelations: low, high
        (difference in SDs), half_low, half_high (half-width of the expected interval, in SDs).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = responsiveness({"Twelve teams": (12, sweep)}, alpha=0.05, target=0.8)
    >>> row = table.query("design == 'parallel'").iloc[0]
    >>> print(f"{row['low']:.2f} to {row['high']:.2f} SDs")
    0.59 to 0.78 SDs
    """
    rows = []
    for (words, (count, sweep)), design in product(trials.items(), PLANNED):
        if design.unit == "cluster" and count < design.fewest:
            continue
        assumed = _assumed(sweep, alpha, effect=1)
        found = [power.detectable_effect(design, a, count, target) for a in assumed]
        widths = [power.half_width(design, a, count) for a in assumed]
        rows.append((words, count, design.name, *_ends(found), *_ends(widths)))
    columns = ["teams", "clusters", "design", "low", "high", "half_low", "half_high"]
    return claiming(pd.DataFrame(rows, columns=columns), ASSUMED)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def compared(sweep: Sweep, effect: float, months: int, alpha: float, target: float) -> pd.DataFrame:
    """What each design asks of a service, and how exact it is, for one effect.

    Parameters
    ----------
    months : int
        Months between two measurements.

    Returns
    -------
    DataFrame
        design, rounds (of measurement), months (from the start to the last); and as ranges over the
        ICCs and the autocorrelations: teams, people (in a round), measurements, and half_width (of
        the expected interval with so many teams, in SDs).

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> table = compared(sweep, 0.5, months=6, alpha=0.05, target=0.8)
    >>> table.set_index("design").loc["stepped-wedge", ["rounds", "months"]].tolist()
    [5, 24]
    """
    table = _planned(sweep, alpha, target, (effect,)).rename(
        columns={"clusters": "teams", "people_per_period": "people", "periods": "rounds"}
    )
    ranges = ("teams", "people", "measurements", "half_width")
    ends = {f"{name}_{end}": (name, end) for name in ranges for end in ("min", "max")}
    grouped = table.groupby(["design", "rounds"], sort=False).agg(**ends).reset_index()
    grouped.columns = grouped.columns.str.replace("_min", "_low").str.replace("_max", "_high")
    # Also who is measured once is measured after some time.
    return claiming(grouped.assign(months=(grouped["rounds"] - 1).clip(1) * months), ASSUMED)


WHATEVER, NEVER = "whatever is assumed", "under none of the assumptions"


def enough(sweep: Sweep, clusters: int, alpha: float, target: float) -> dict[str, str]:
    """Whether so many teams are enough for the largest effect, by design that randomises teams.

    Dealt to the arms as evenly as they can be; an odd number leaves one arm a team more.

    Returns
    -------
    dict
        Design to `WHATEVER`, `NEVER`, or of how many combinations of what it depends on.

    Examples
    --------
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> enough(sweep, 21, alpha=0.05, target=0.8)["parallel"]
    'under 1 of 2 combinations of the assumptions'
    """
    told = {}
    for design in OF_TEAMS:
        reached = [
            clusters >= design.fewest and power.power(design, a, clusters) >= target
            for a in _assumed(sweep, alpha, max(sweep.effect), design.ignores)
        ]
        some = f"under {sum(reached)} of {len(reached)} combinations of the assumptions"
        told[design.name] = WHATEVER if all(reached) else some if any(reached) else NEVER
    return told


def _assumed(
    sweep: Sweep, alpha: float, effect: float, ignored: tuple[str, ...] = ()
) -> list[Assumptions]:
    """Assumptions of every combination of ICC and autocorrelations; of ignored ones the first."""
    fixed = sweep.fixed | {"alpha": alpha}
    values = {name: getattr(sweep, name) for name in OVER}
    chosen = (of[:1] if name in ignored else of for name, of in values.items())
    return [
        Assumptions(effect, **dict(zip(OVER, combination, strict=True)), **fixed)
        for combination in product(*chosen)
    ]


def caution(teams: pd.DataFrame, column: str, sweep: Sweep, alpha: float) -> str:
    """Sentences for a table in which numbers of teams need them, as `power.caution` tells.

    Parameters
    ----------
    teams : DataFrame
        design, and the numbers in `column`.

    Examples
    --------
    >>> teams = pd.DataFrame({"design": ["parallel", "stepped-wedge"], "low": [4, 4]})
    >>> caution(teams, "low", Sweep(), alpha=0.05).split(",")[0]
    ' Fewer than 8 teams: the numbers rest on normal team means'
    >>> caution(teams.iloc[1:], "low", Sweep(), alpha=0.05)
    ''
    >>> caution(teams.iloc[1:], "low", Sweep(cv=0.8), alpha=0.05)
    ' Teams differ in size by more than 0.5 (coefficient of variation): more will be needed.'
    """
    unequal = ""
    if sweep.cv > power.MOST_UNEQUAL:
        unequal = (
            f" Teams differ in size by more than {power.MOST_UNEQUAL:g} (coefficient of "
            "variation): more will be needed."
        )
    fewest = {design.name: power.fewest_for_lots(design, alpha) for design in OF_TEAMS}
    enough = teams["design"].map(fewest).fillna(0)
    if not (few := enough[teams[column] < enough]).size:
        return unequal
    told = f"in two equal arms no randomisation test can reject at a level of {level(alpha)}"
    least = number(few.max(), 0)
    return f" Fewer than {least} teams: the numbers rest on normal team means, {told}.{unequal}"
