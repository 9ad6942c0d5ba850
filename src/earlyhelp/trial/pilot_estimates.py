"""What a pilot tells the design of the next trial: spread, stability over time, room for change.

Of observed data these are estimates. Of reconstructed data they are what the printed figures leave
possible: ranges, read from the claims and from what `identified_sets` stored, never the
synthetic people's own values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import chain, product
from math import atanh, sqrt, tanh
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from earlyhelp.analysis import outcomes, readiness
from earlyhelp.analysis.outcomes import NEAR, NOTHING
from earlyhelp.analysis.quantities import FREE, claiming, labelled
from earlyhelp.possible import one_group
from earlyhelp.published import determined, identified_sets
from earlyhelp.published.identified_sets import outcomes as printed_outcomes
from earlyhelp.published.numbers import number, span
from earlyhelp.published.printed import read_printed
from earlyhelp.study.design import Study, read_questions
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot
from earlyhelp.study.textfile import is_there
from earlyhelp.study.yamlfile import Strict, read_yaml
from earlyhelp.trial import criteria, power
from earlyhelp.trial.design_grid import Sweep
from earlyhelp.trial.simulation import CONSERVATIVE, KEEPS, TOO_OFTEN, verdict

# What is computed from chosen values claims no more, whatever of the pilot goes into it.
ASSUMED = "assumed"


def room(pilot: Pilot) -> pd.DataFrame:
    """Spread of the outcomes and their distance from the top of the scale, by arm and wave.

    Returns
    -------
    DataFrame
        measure, arm, wave, n, maximum, sd_known (printed or observed, else only bounded by the mean
        and the scale); and as ranges (`_low`, `_high`): mean, sd, top (people at the maximum), near
        (within `NEAR` points of it), headroom (points from the mean to the maximum), headroom_sd
        (in SDs; infinite where everybody may have the same score). NaN where nothing bounds it.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> row = room(pilot).iloc[0]
    >>> print(f"{row['arm']}, {row['wave']}: {row['headroom_low']:.1f} points below the maximum")
    intervention, baseline: 18.9 points below the maximum
    """
    frame = _printed_room(pilot) if _is_reconstructed(pilot) else _observed_room(pilot)
    # From the mean nearest to the best score, and from the farthest, whichever end that is.
    gaps = frame[["mean_low", "mean_high"]].sub(frame["maximum"], axis=0).abs()
    frame["headroom_low"], frame["headroom_high"] = gaps.min(axis=1), gaps.max(axis=1)
    frame["headroom_sd_low"] = frame["headroom_low"] / frame["sd_high"]
    frame["headroom_sd_high"] = frame["headroom_high"] / frame["sd_low"]
    return claiming(labelled(frame, pilot.labels), _status(pilot))


def _is_reconstructed(pilot: Pilot) -> bool:
    return pilot.study.provenance == "reconstructed"


def _status(pilot: Pilot) -> str:
    """What a range may claim: printed figures bound it, or people were seen."""
    return "bounded" if _is_reconstructed(pilot) else "observed"


def _observed_room(pilot: Pilot) -> pd.DataFrame:
    summary = outcomes.outcome_summary(pilot).merge(outcomes.ceiling(pilot))
    rows = []
    for row in summary[summary["measure"].isin(pilot.instruments.whole)].to_dict("records"):
        seen = {"mean": row["mean"], "sd": row["sd"] or NOTHING}
        seen |= {"top": row["at_best"], "near": row["close"]}
        rows.append(
            {name: row[name] for name in ("measure", "arm", "wave", "n")}
            | {"maximum": row["best"], "sd_known": row["sd"] > 0}
            | {f"{name}_{end}": x for name, x in seen.items() for end in ("low", "high")}
        )
    return pd.DataFrame(rows)


def _printed_room(pilot: Pilot) -> pd.DataFrame:
    printed = printed_outcomes(pilot.study, read_printed(pilot.study.folder))
    left = determined.read(pilot.study.folder)
    rows = []
    measures, waves = pilot.instruments.whole.items(), pilot.outcome_waves
    for (measure, scale), arm, wave in product(measures, pilot.study.arm_ids, waves):
        key = scale.instrument
        if key not in printed:
            continue
        group, (low, high) = printed[key].groups[arm][wave], printed[key].ends
        sums = group.sums((low, high))
        row = {"measure": measure, "arm": arm, "wave": wave, "n": group.n, "maximum": high}
        row |= {"mean_low": sums[0] / group.n, "mean_high": sums[-1] / group.n}
        given = printed[key].figures(arm, wave)
        row |= {"sd_known": given is not None}
        if given:
            ends = float(given.sd_interval.low), float(given.sd_interval.high)
            found = one_group.bounds(given, [high, high - NEAR])
            above = {
                int(bound.of): (float(bound.low), float(bound.high))
                for bound in found
                if bound.quantity == "at or above" and bound.of is not None
            }
        else:
            ends = sd_by_sum(group.n, (sums[0], sums[-1]), (low, high))
            above = _stored_above(left, key, arm, wave)
        row |= {"sd_low": ends[0], "sd_high": ends[1]}
        for name, cutoff in (("top", high), ("near", high - NEAR)):
            row[f"{name}_low"], row[f"{name}_high"] = above.get(cutoff, (NOTHING, NOTHING))
        rows.append(row)
    return pd.DataFrame(rows)


def sd_by_sum(n: int, sums: tuple[int, int], ends: tuple[int, int]) -> tuple[float, float]:
    """Least and greatest SD of n whole scores between two ends with a sum in a range.

    Least when the scores are as equal as they can be, greatest when all but one are at the ends.
    """
    low, high = ends
    least, most = [], []
    for total in range(sums[0], sums[1] + 1):
        level, over = divmod(total, n)
        at_top, rest = divmod(total - n * low, high - low)
        equal = [level + 1] * over + [level] * (n - over)
        apart = [high] * at_top + [low + rest] * (at_top < n)
        least.append(float(np.std(equal, ddof=1)))
        most.append(float(np.std(apart + [low] * (n - len(apart)), ddof=1)))
    return min(least), max(most)


def _stored_above(
    left: determined.Figures | None, key: str, arm: str, wave: str
) -> dict[int, tuple[float, float]]:
    """Fewest and most people at or above scores, as `identified_sets` stored them for one group."""
    if left is None:
        return {}
    wanted = {"measure": key, "arm": arm, "wave": wave, "quantity": "at or above"}
    chosen = identified_sets.rows(left.stored.groups, **wanted)
    return {
        int(of): (float(Fraction(low)), float(Fraction(high)))
        for of, low, high in chosen[["of", "low", "high"]].astype(str).to_numpy()
    }


def stability(pilot: Pilot, confidence: float = 0.95) -> pd.DataFrame:
    """Change of the people measured twice, and how well baseline tells endline.

    Returns
    -------
    DataFrame
        measure, arm, pairs; and as ranges: sd_change, dz (mean change over its SD, without sign),
        correlation (of baseline and endline). Observed: dz as estimated, correlation with its
        interval (Fisher's z). Reconstructed: the identified set, what the printed tests of both
        arms leave possible (`published.identified_sets`); NaN where nothing printed bounds it.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> row = stability(pilot).iloc[0]
    >>> print(f"SD of change {row['sd_change_low']:.1f} to {row['sd_change_high']:.1f}")
    SD of change 2.4 to 2.4
    """
    if _is_reconstructed(pilot):
        return claiming(labelled(_identified(pilot), pilot.labels), _status(pilot))
    rows = []
    pairs = outcomes.changes(pilot)
    pairs = pairs[pairs["wave"] == pilot.outcome_waves[-1]]
    for measure, arm in product(pilot.instruments.whole, pilot.study.arm_ids):
        chosen = pairs[(pairs["measure"] == measure) & (pairs["arm"] == arm)]
        n, sd = len(chosen), chosen["change"].std()
        dz = abs(chosen["change"].mean()) / sd if sd > 0 else NOTHING
        low, high = fisher_interval(chosen["before"].corr(chosen["after"]), n, confidence)
        rows.append((measure, arm, n, sd, sd, dz, dz, low, high))
    frame = pd.DataFrame(rows, columns=STABILITY)
    return claiming(labelled(frame, pilot.labels), _status(pilot))


STABILITY = [
    "measure",
    "arm",
    "pairs",
    "sd_change_low",
    "sd_change_high",
    "dz_low",
    "dz_high",
    "correlation_low",
    "correlation_high",
]


def fisher_interval(r: float, n: int, confidence: float) -> tuple[float, float]:
    """Interval of a correlation by Fisher's z; NaN without four pairs or with r of -1 or 1."""
    if not (n > 3 and abs(r) < 1):
        return NOTHING, NOTHING
    margin = float(stats.norm.ppf((1 + confidence) / 2)) / sqrt(n - 3)
    return tanh(atanh(r) - margin), tanh(atanh(r) + margin)


def _identified(pilot: Pilot) -> pd.DataFrame:
    left = determined.read(pilot.study.folder)
    printed = printed_outcomes(pilot.study, read_printed(pilot.study.folder))
    rows = []
    arms = enumerate(pilot.study.arm_ids)
    for (measure, scale), (index, arm) in product(pilot.instruments.whole.items(), arms):
        key = scale.instrument
        if key not in printed:
            continue
        correlation = (NOTHING, NOTHING)
        sds, dzs = [NOTHING], [NOTHING]
        if left is not None:
            changes = [contrast[index] for contrast in left.contrasts(key)]
            sds, dzs = [c.sd for c in changes], [abs(c.dz) for c in changes]
            if left.has(key, arm, "correlation"):
                correlation = left.extreme(key, arm, "correlation")[:2]
        spread = (min(sds), max(sds), min(dzs), max(dzs))
        rows.append((measure, arm, printed[key].pairs[arm], *spread, *correlation))
    return pd.DataFrame(rows, columns=STABILITY)


def sd_range(pilot: Pilot, room: pd.DataFrame, confidence: float) -> tuple[float, float]:
    """Interval (chi-squared) of the SD of the study's first outcome, pooled over the arms.

    Over both waves, and over the rounding of printed SDs (in `room`); people count as independent.
    NaN where no SD is known.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> low, high = sd_range(pilot, room(pilot), confidence=0.95)
    >>> print(f"{low:.2f} to {high:.2f}")
    2.44 to 7.30
    """
    chosen = room[room["measure"] == next(iter(pilot.instruments.whole))]
    ends = []
    for _, wave in chosen[chosen["sd_known"]].groupby("wave"):
        df = int((wave["n"] - 1).sum())
        for sd, tail in (("sd_low", (1 + confidence) / 2), ("sd_high", (1 - confidence) / 2)):
            squares = float(((wave["n"] - 1) * wave[sd] ** 2).sum())
            ends.append(sqrt(squares / float(stats.chi2.ppf(tail, df))))
    return (min(ends), max(ends)) if ends else (NOTHING, NOTHING)


def usable_correlation(stability: pd.DataFrame, measure: str) -> tuple[float, float]:
    """Least and greatest size of a correlation that an analysis with baseline can use.

    The gain of such an analysis is ``1 - r**2``, whatever the sign of r: a range that holds 0 goes
    from no gain to that of its end farther from 0. The range is over both arms; what nothing bounds
    counts as -1 to 1.

    Examples
    --------
    >>> ends = {"correlation_low": [-0.2, 0.1], "correlation_high": [0.6, 0.7]}
    >>> usable_correlation(pd.DataFrame({"measure": ["scale", "scale"], **ends}), "scale")
    (0.0, 0.7)
    """
    chosen = stability[stability["measure"] == measure]
    low = float(chosen["correlation_low"].fillna(-1).min())
    high = float(chosen["correlation_high"].fillna(1).max())
    least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return least, max(abs(low), abs(high))


def gain_from_baseline(
    stability: pd.DataFrame, sweep: Sweep, alpha: float, target: float
) -> pd.DataFrame:
    """What knowing the correlation of the waves no better than this means for the design.

    Returns
    -------
    DataFrame
        measure ("chosen" for the individual autocorrelations of the sweep), design, effect (SDs);
        and as ranges: r (size of the correlation of people's scores that can be used), iac
        (individual autocorrelation; of each of them the other is missing), factor (what is left
        of the variance where people are randomised, one less the square of either) and teams (over
        the ICCs, cluster autocorrelations and r or iac).

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> gain = gain_from_baseline(stability(pilot), sweep, alpha=0.05, target=0.8)
    >>> chosen = gain.query("measure == 'chosen' and design == 'baseline'").iloc[0]
    >>> print(f"{chosen['factor_low']:.2f} of the variance, {chosen['teams_low']:.0f} teams")
    0.75 of the variance, 14 teams
    """
    measures = stability["measure"].unique()
    used = {measure: usable_correlation(stability, measure) for measure in measures}
    rows = []
    with_baseline = [design for design in power.PLANNED if design.analysis == "ancova"]
    for design, effect in product(with_baseline, sweep.effect):
        for measure, r in used.items():
            teams = _teams(design, sweep, alpha, target, r, effect)
            rows.append((measure, design.name, effect, *r, NOTHING, NOTHING, *teams))
        chosen = power.sweep(
            [design],
            target,
            effect=effect,
            icc=sweep.icc,
            cac=sweep.cac,
            iac=sweep.iac,
            **sweep.fixed | {"alpha": alpha},
        )["clusters"]
        ends = int(chosen.min()), int(chosen.max())
        iac = NOTHING, NOTHING, min(sweep.iac), max(sweep.iac)
        rows.append(("chosen", design.name, effect, *iac, *ends))
    columns = ["measure", "design", "effect", "r_low", "r_high", "iac_low", "iac_high"]
    frame = pd.DataFrame(rows, columns=[*columns, "teams_low", "teams_high"])
    for end, other in (("low", "high"), ("high", "low")):
        frame[f"factor_{end}"] = 1 - frame[f"r_{other}"].fillna(frame[f"iac_{other}"]) ** 2
    return claiming(labelled(frame, stability.attrs.get("labels", {})), ASSUMED)


def _teams(
    design: power.Design,
    sweep: Sweep,
    alpha: float,
    target: float,
    r: tuple[float, float],
    effect: float,
) -> tuple[int, int]:
    """Fewest and most teams over the ICCs, cluster autocorrelations and a range of correlations."""
    found = []
    for icc, cac, size in product(sweep.icc, sweep.cac, r):
        values = sweep.fixed | {"alpha": alpha, "icc": icc, "cac": cac}
        a = power.Assumptions(effect, **values, iac=_iac(design, size, icc, cac))
        found.append(power.clusters_needed(design, a, target))
    return min(found), max(found)


# A correlation that may save more than this share of the variance, or nothing, tells no design.
OPEN = 0.8


def settles(r: tuple[float, float]) -> bool:
    """Whether a range of correlations tells what a baseline gains, to some use.

    Examples
    --------
    >>> settles((0.0, 0.95)), settles((0.5, 0.95))
    (False, True)
    """
    return r[1] ** 2 - r[0] ** 2 <= OPEN


def _iac(design: power.Design, correlation: float, icc: float, cac: float) -> float:
    """Individual autocorrelation under which people have a correlation, or the nearest there is."""
    if design.unit == "person":
        return min(correlation, 1 - power.FINEST)
    nearest = min(max(correlation, icc * cac), icc * cac + (1 - icc) * (1 - 2 * power.FINEST))
    return power.individual_autocorrelation(nearest, icc, cac)


def reliability(pilot: Pilot) -> pd.DataFrame:
    """Cronbach's alpha of the outcomes, of observed data only.

    The items of reconstructed people are drawn so that their totals fit; how items go together is
    free, so an alpha would describe the draw.

    Returns
    -------
    DataFrame
        measure, wave, n, alpha, low, high (95% interval, Feldt); no rows for reconstructed data.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> reliability(pilot).empty  # reconstructed items say nothing of it
    True
    """
    columns = ["measure", "wave", "n", "alpha", "low", "high"]
    if _is_reconstructed(pilot):
        return pd.DataFrame(columns=columns)
    import pingouin

    rows = []
    for (measure, scale), wave in product(pilot.instruments.whole.items(), pilot.study.waves):
        if len(scale.key.items) < 2 or wave.file not in scale.files:
            continue
        answers = pilot.survey(wave.id)[scale.columns].dropna()
        if len(answers) > 1 and answers.sum(axis=1).std() > 0:
            alpha, (low, high) = pingouin.cronbach_alpha(answers)
            rows.append((measure, wave.id, len(answers), float(alpha), float(low), float(high)))
    return claiming(labelled(pd.DataFrame(rows, columns=columns), pilot.labels), "observed")


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
        design = power.DESIGNS[name]
        base = {**fixed, "icc": icc}
        a = power.Assumptions(effect=1, **base)
        count = power.units(design, a, units)
        row = {
            "analysed": "people" if name == "individual" else "units",
            "icc": icc,
            "df": power.t_test(design, count, alpha).df,
            "detectable": power.detectable_effect(design, a, units, target),
        }
        for effect in sweep.effect:
            a = power.Assumptions(effect=effect, **base)
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
    for design in power.OF_TEAMS:
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
    table = power.sweep(power.PLANNED, target, effect=effects, **ranges, **fixed)
    # Also where people are randomised, whose power does not depend on it.
    each = np.repeat(sweep.icc, len(sweep.cac) * len(sweep.iac))
    return table.assign(icc=np.tile(each, len(power.PLANNED) * len(effects)))


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
    for design, width in product(power.PLANNED, sweep.effect):
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
    for (words, (count, sweep)), design in product(trials.items(), power.PLANNED):
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


def candidates(room: pd.DataFrame, required: pd.DataFrame) -> pd.DataFrame:
    """Whether each measure could still show what a trial of teams would need to find.

    Parameters
    ----------
    room, required : DataFrame
        As `room` and `responsiveness` return them.

    Returns
    -------
    DataFrame
        measure; room (largest improvement at endline, in SDs, as a range over the arms); teams,
        clusters; needed (difference that parallel teams can find, as a range); enough ("yes" or
        "no" when all of one range lies above or below the other, else "not determined").

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> sweep = Sweep(icc=(0.01, 0.1), cac=(0.8,), iac=(0.5,), effect=(0.5,), points=(4,), cv=0)
    >>> required = responsiveness({"Twelve teams": (12, sweep)}, alpha=0.05, target=0.8)
    >>> candidates(room(pilot), required)["enough"].tolist()
    ['yes', 'not determined']
    """
    rows = []
    endline = room[room["wave"] == room["wave"].iloc[-1]].groupby("measure", sort=False)
    parallel = required[required["design"] == "parallel"]
    for measure, left in endline:
        low, high = float(left["headroom_sd_low"].min()), float(left["headroom_sd_high"].max())
        for words, clusters, least, most in parallel[
            ["teams", "clusters", "low", "high"]
        ].itertuples(index=False):
            enough = "yes" if low >= most else "no" if high < least else "not determined"
            rows.append((measure, low, high, words, clusters, least, most, enough))
    columns = ["measure", "room_low", "room_high", "teams", "clusters"]
    columns += ["needed_low", "needed_high", "enough"]
    frame = labelled(pd.DataFrame(rows, columns=columns), room.attrs.get("labels", {}))
    return claiming(frame, ASSUMED)


SIZES = [
    *("design", "cells", "barred", "conservative", "size_low", "size_high", "mc_error"),
    "verdict",
]
# What a cell and the one without an effect have in common.
SUPPOSED = ["design", "icc", "cac", "iac"]


def _null(simulated: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Cells of a kind without an effect, each with its verdict (`simulation.verdict`)."""
    cells = simulated[(simulated["kind"] == kind) & (simulated["effect"] == 0)]
    judged = cells[["power_simulated", "power_mc_error", "alpha"]].to_numpy()
    return cells.assign(verdict=[verdict(*one) for one in judged])


def _powers(simulated: pd.DataFrame, kind: str, level: str) -> pd.DataFrame:
    """Cells of a kind with an effect, but those whose test rejects too often where there is none.

    Parameters
    ----------
    level : str
        The kind of the cells without an effect.
    """
    null = _null(simulated, level)
    barred = pd.MultiIndex.from_frame(null.loc[null["verdict"] == TOO_OFTEN, SUPPOSED])
    cells = simulated[(simulated["kind"] == kind) & (simulated["effect"] > 0)]
    return cells[~pd.MultiIndex.from_frame(cells[SUPPOSED]).isin(barred)]


def sizes(simulated: pd.DataFrame, kind: str) -> pd.DataFrame:
    """How often each design's test rejects in the simulated cells of a kind without an effect.

    Returns
    -------
    DataFrame
        design, cells (their number), barred and conservative (in how many of them it rejects too
        often, and too rarely), size_low, size_high (over the ICCs and the autocorrelations),
        mc_error (greatest), verdict (of most cells that are not barred, if there are any).

    Examples
    --------
    >>> from earlyhelp.trial.design_grid import read_stored
    >>> table = sizes(read_stored("tests/studies/complete"), "pilot")
    >>> table[["design", "verdict"]].to_numpy().tolist()[0]
    ['parallel', 'keeps its level']
    """
    rows = []
    for design, of in _null(simulated, kind).groupby("design", sort=False):
        found, error = of["power_simulated"], of["power_mc_error"].max()
        counts = [int((of["verdict"] == told).sum()) for told in (TOO_OFTEN, CONSERVATIVE)]
        # Of as many the first by name, which is the more cautious.
        most = of.loc[of["verdict"] != TOO_OFTEN, "verdict"].mode()
        told = TOO_OFTEN if most.empty else most[0]
        rows.append((design, len(of), *counts, found.min(), found.max(), error, told))
    return claiming(pd.DataFrame(rows, columns=SIZES), ASSUMED)


def simulated_pilot(simulated: pd.DataFrame) -> pd.DataFrame:
    """Power that analyses of the pilot's units had, and how often they reject without an effect.

    The randomisation test is among them where it could not reject whatever happened.

    Returns
    -------
    DataFrame
        As `sizes`, and for each effect its power over the ICCs and the autocorrelations
        (`power_<effect>_low` and `_high`; NaN where all cells are barred); those that keep their
        level first.

    Examples
    --------
    >>> from earlyhelp.trial.design_grid import read_stored
    >>> simulated_pilot(read_stored("tests/studies/complete"))["design"].tolist()
    ['parallel', 'baseline', 'change', 'randomisation']
    """
    if simulated.empty or "pilot" not in set(simulated["kind"]):
        return pd.DataFrame(columns=SIZES)
    table = sizes(simulated, "pilot").set_index("design")
    cells = _powers(simulated, "pilot", "pilot")
    ends = cells.groupby(["design", "effect"])["power_simulated"].agg(low="min", high="max")
    for (design, effect), row in ends.iterrows():
        for end in ("low", "high"):
            table.loc[design, f"power_{effect:g}_{end}"] = row[end]
    count, alpha = (
        simulated.query("kind == 'pilot'")[name].iloc[0] for name in ("clusters", "alpha")
    )
    if power.smallest_p(power.DESIGNS["parallel"], int(count)) > alpha:
        table.loc["randomisation"] = dict.fromkeys(table, 0.0) | {"verdict": CONSERVATIVE}
    return claiming(
        table.sort_values("verdict", key=lambda told: told != KEEPS, kind="stable").reset_index(),
        ASSUMED,
    )


def agreement(simulated: pd.DataFrame) -> pd.DataFrame:
    """Cells of teams of equal size, but those whose test rejects too often without an effect.

    Examples
    --------
    >>> from earlyhelp.trial.design_grid import read_stored
    >>> set(agreement(read_stored("tests/studies/complete"))["kind"])
    {'equal'}
    """
    return claiming(_powers(simulated, "equal", "level"), ASSUMED)


def unequal_sizes(simulated: pd.DataFrame) -> pd.DataFrame:
    """What the formula leaves out of unequal team sizes: simulated less calculated power.

    Returns
    -------
    DataFrame
        design, cells, and over them the median, least and greatest difference and the greatest
        Monte Carlo error (shares).

    Examples
    --------
    >>> from earlyhelp.trial.design_grid import read_stored
    >>> unequal_sizes(read_stored("tests/studies/complete"))["design"].tolist()
    ['parallel', 'baseline', 'stepped-wedge']
    """
    cells = _powers(simulated, "unequal", "level")
    cells = cells.assign(excess=cells["power_simulated"] - cells["power"])
    table = cells.groupby("design", sort=False).agg(
        cells=("excess", "size"),
        median=("excess", "median"),
        low=("excess", "min"),
        high=("excess", "max"),
        mc_error=("power_mc_error", "max"),
    )
    return claiming(table.reset_index(), ASSUMED)


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


def months_between(study: Study) -> int:
    """Months from the first survey to the last.

    Examples
    --------
    >>> from earlyhelp.study.design import read_study
    >>> months_between(read_study("tests/studies/complete"))
    5
    """
    first, *_, last = (12 * int(w.month[:4]) + int(w.month[5:]) for w in study.waves)
    return last - first


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
    for design in power.OF_TEAMS:
        reached = [
            clusters >= design.fewest and power.power(design, a, clusters) >= target
            for a in _assumed(sweep, alpha, max(sweep.effect), design.ignores)
        ]
        some = f"under {sum(reached)} of {len(reached)} combinations of the assumptions"
        told[design.name] = WHATEVER if all(reached) else some if any(reached) else NEVER
    return told


def _assumed(
    sweep: Sweep, alpha: float, effect: float, ignored: tuple[str, ...] = ()
) -> list[power.Assumptions]:
    """Assumptions of every combination of ICC and autocorrelations; of ignored ones the first."""
    fixed = sweep.fixed | {"alpha": alpha}
    values = {name: getattr(sweep, name) for name in OVER}
    chosen = (of[:1] if name in ignored else of for name, of in values.items())
    return [
        power.Assumptions(effect, **dict(zip(OVER, combination, strict=True)), **fixed)
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
    fewest = {design.name: power.fewest_for_lots(design, alpha) for design in power.OF_TEAMS}
    enough = teams["design"].map(fewest).fillna(0)
    if not (few := enough[teams[column] < enough]).size:
        return unequal
    told = f"in two equal arms no randomisation test can reject at {alpha:g}"
    least = number(few.max(), 0)
    return f" Fewer than {least} teams: the numbers rest on normal team means, {told}.{unequal}"


NUMBERS_FILE = "next_steps.yml"


class ThemeNumber(Strict):
    """A number that bears on a theme of the readiness questions.

    Attributes
    ----------
    theme : str
        A theme that a row on readiness has in the framework matrix.
    words : str
        What the number counts.
    figure : str
        One of `figures`.
    """

    theme: Annotated[str, Field(min_length=1)]
    words: Annotated[str, Field(min_length=1)]
    figure: Annotated[str, Field(min_length=1)]


PREFERS, ROOM, TEAMS = "prefers ", "room_", "teams_taking_part"


def figures(pilot: Pilot) -> list[str]:
    """What can stand beside a theme.

    What a progression criterion can be about, "prefers " and a format of the training, "room_" and
    a measure (its largest improvement at endline), "teams_taking_part" (of `design.service_teams`).
    """
    formats = pilot.answers("preferred_format", "post_training_survey")
    rooms = (f"{ROOM}{measure}" for measure in pilot.instruments.whole)
    return [*criteria.quantities(pilot), *(f"{PREFERS}{name}" for name in formats), *rooms, TEAMS]


def read_numbers(folder: Path) -> list[ThemeNumber]:
    """Read `next_steps.yml` of a study folder; without it no theme has a number.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_numbers(Path("tests/studies/complete"))[0].words
    'prefer one day'
    """
    path = folder / NUMBERS_FILE
    return read_yaml(path, list[ThemeNumber]) if is_there(path) else []


def unknown_numbers(numbers: list[ThemeNumber], pilot: Pilot) -> list[Problem]:
    """Problems of numbers with a figure that there is not, or a theme that no cell has.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> number = ThemeNumber(theme="weather", words="rainy days", figure="attendance")
    >>> problems = unknown_numbers([number], open_pilot("tests/studies/complete"))
    >>> [problem.found for problem in problems]
    ["'weather'"]
    """
    themes = sorted(set(_on_readiness(pilot)["theme"]))
    known = {
        "theme": (themes, "a theme of a question of readiness"),
        "figure": (figures(pilot), "one of"),
    }
    return [
        Problem(NUMBERS_FILE, None, f"{index}.{key}", repr(found), f"{what}: {', '.join(names)}")
        for index, item in enumerate(numbers)
        for key, (names, what) in known.items()
        if (found := getattr(item, key)) not in names
    ]


def _on_readiness(pilot: Pilot) -> pd.DataFrame:
    questions = read_questions(pilot.study.folder).values()
    asked = [question.id for question in questions if question.dimension == "readiness"]
    return pilot.framework_matrix[pilot.framework_matrix["research_question"].isin(asked)]


def next_steps(pilot: Pilot, room: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Evidence behind the recommended next steps, on the questions of readiness.

    Parameters
    ----------
    room : DataFrame
        As `room` returns it.

    Returns
    -------
    DataFrame
        question, theme, evidence (cells of the framework matrix by direction, in words), numbers
        (tuple; in words, counts with their Clopper-Pearson interval), their statuses (tuple) and
        the readings behind them (rests_on, tuple). What the reconstruction has set freely is left
        out.

    Raises
    ------
    InputError
        With every problem of the study's `next_steps.yml`.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> steps = next_steps(pilot, room(pilot), confidence=0.95)
    >>> row = steps[steps["numbers"].map(bool)].iloc[0]
    >>> print(row["question"], row["theme"])
    3.3 course-form
    >>> print(row["numbers"][0])
    prefer one day: 5 of 8 (95% interval 24% to 91%)
    """
    given = read_numbers(pilot.study.folder)
    if problems := unknown_numbers(given, pilot):
        raise InputError(problems)
    numbers: dict[str, list[ThemeNumber]] = {}
    for item in given:
        numbers.setdefault(item.theme, []).append(item)
    seen, matrix = criteria.observed(pilot), _on_readiness(pilot)
    rows = []
    for (question, theme), cells in matrix.groupby(["research_question", "theme"]):
        counted = cells["direction"].value_counts().sort_index()
        evidence = ", ".join(f"{direction} {n}" for direction, n in counted.items())
        of_theme = numbers.get(str(theme), [])
        told = [_in_words(item, pilot, seen, room, confidence) for item in of_theme]
        words, statuses, behind = zip(*filter(None, told), strict=True) if any(told) else [()] * 3
        rests_on = tuple(sorted(set(chain(*behind))))
        rows.append((question, theme, evidence, words, statuses, rests_on))
    columns = ["question", "theme", "evidence", "numbers", "statuses", "rests_on"]
    return pd.DataFrame(rows, columns=columns)


Told = tuple[str, str, tuple[str, ...]]


def _in_words(
    item: ThemeNumber, pilot: Pilot, seen: pd.DataFrame, room: pd.DataFrame, confidence: float
) -> Told | None:
    """A number in words, its status and readings; None where there is none, or only a free one."""
    if item.figure.startswith(ROOM):
        measure = item.figure.removeprefix(ROOM)
        left = room[(room["measure"] == measure) & (room["wave"] == pilot.outcome_waves[-1])]
        low, high = left["headroom_sd_low"].min(), left["headroom_sd_high"].max()
        return f"{item.words}: {span(low, high, 1)} SD", room.attrs["status"], ()
    if item.figure == TEAMS:
        service = pilot.study.design.get("service_teams")
        words = f"{item.words}: {len(pilot.study.teams)} of {service}"
        return (words, "design fact", ()) if service else None
    found = seen.loc[item.figure].to_dict() if item.figure in seen.index else _format(item, pilot)
    if found["status"] == FREE:
        return None
    words = _figure_in_words(found, confidence)
    return (f"{item.words}: {words}", found["status"], found["rests_on"]) if words else None


def _format(item: ThemeNumber, pilot: Pilot) -> dict[str, Any]:
    """What `criteria.observed` would tell of a format of the training that people prefer."""
    given, name = readiness.training_format(pilot), item.figure.removeprefix(PREFERS)
    given = given[given["format"] == name]
    found = criteria.proportion(given, ("n", "total"))
    behind = criteria.behind(pilot, "training_format", {"format": name}, ("n", "total"))
    return {"share": NOTHING, "upper_bound": False} | found | behind


def _figure_in_words(found: Mapping[Any, Any], confidence: float) -> str:
    """A share, a count or a mean of `criteria.observed`; nothing where nobody answered."""
    if pd.notna(found["share"]):
        return f"{number(100 * found['share'])}% (n not printed)"
    if not found["total"] or pd.isna(found["total"]):
        return ""
    if pd.isna(found["successes"]):
        mean, sd = number(found["mean"], 1), number(found["sd"], 1)
        return f"mean {mean} (SD {sd}, n = {int(found['total'])})"
    n, total = int(found["successes"]), int(found["total"])
    if found["upper_bound"]:
        return f"at most {n} of {total}"
    return _with_interval(n, total, confidence)


def _with_interval(n: int, total: int, confidence: float) -> str:
    low, high = proportion_confint(n, total, alpha=1 - confidence, method="beta")
    ends = f"{number(100 * low)}% to {number(100 * high)}%"
    return f"{n} of {total} ({number(100 * confidence)}% interval {ends})"
