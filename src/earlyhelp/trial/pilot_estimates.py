"""What a pilot tells the design of the next trial: spread, stability over time, room for change.

Of observed data these are estimates. Of reconstructed data they are what the printed figures leave
possible: ranges, read from the claims and from what `published.identified` stored, never the
synthetic people's own values.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import sqrt

import numpy as np
import pandas as pd
from scipy import stats

from earlyhelp.analysis import outcomes
from earlyhelp.analysis.outcomes import NEAR, UNKNOWN
from earlyhelp.analysis.quantities import claiming, labelled, matching
from earlyhelp.analysis.small_numbers import told_safely
from earlyhelp.possible import one_group
from earlyhelp.published.identified.outcome import compared
from earlyhelp.published.identified.outcome import outcomes as printed_outcomes
from earlyhelp.published.identified.ranges import IdentifiedSets, open_sets
from earlyhelp.published.printed import read_printed
from earlyhelp.study.design import Study
from earlyhelp.study.raw import Pilot
from earlyhelp.trial import power
from earlyhelp.trial.assumptions import (
    ASSUMED,
    FINEST,
    PLANNED,
    Assumptions,
    Design,
    individual_autocorrelation,
)
from earlyhelp.trial.design_grid import Sweep


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
        seen = {"mean": row["mean"], "sd": row["sd"] or UNKNOWN}
        seen |= {"top": row["at_best"], "near": row["close"]}
        rows.append(
            {name: row[name] for name in ("measure", "arm", "wave", "n")}
            | {"maximum": row["best"], "sd_known": row["sd"] > 0}
            | {f"{name}_{end}": x for name, x in seen.items() for end in ("low", "high")}
        )
    return pd.DataFrame(rows)


def _printed_room(pilot: Pilot) -> pd.DataFrame:
    printed = printed_outcomes(pilot.study, read_printed(pilot.study.folder))
    left = open_sets(pilot.study.folder)
    rows = []
    measures, waves = pilot.instruments.whole, pilot.outcome_waves
    for measure, arm, wave in product(measures, pilot.study.arm_ids, waves):
        if measure not in printed:
            continue
        group, (low, high) = printed[measure].groups[arm][wave], printed[measure].ends
        sums = group.sums((low, high))
        row = {"measure": measure, "arm": arm, "wave": wave, "n": group.n, "maximum": high}
        row |= {"mean_low": sums[0] / group.n, "mean_high": sums[-1] / group.n}
        given = printed[measure].figures(arm, wave)
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
            above = _stored_above(left, measure, arm, wave)
        row |= {"sd_low": ends[0], "sd_high": ends[1]}
        for name, cutoff in (("top", high), ("near", high - NEAR)):
            row[f"{name}_low"], row[f"{name}_high"] = above.get(cutoff, (UNKNOWN, UNKNOWN))
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
    left: IdentifiedSets | None, measure: str, arm: str, wave: str
) -> dict[int, tuple[float, float]]:
    """Fewest and most people at or above scores, as they are stored for one group."""
    if left is None:
        return {}
    wanted = {"measure": measure, "arm": arm, "wave": wave, "quantity": "at or above"}
    chosen = matching(left.stored.groups, wanted)
    return {
        int(of): (float(Fraction(low)), float(Fraction(high)))
        for of, low, high in chosen[["of", "low", "high"]].astype(str).to_numpy()
    }


@told_safely
def stability(pilot: Pilot, confidence: float = 0.95) -> pd.DataFrame:
    """Change of the people measured twice, and how well baseline tells endline.

    Returns
    -------
    DataFrame
        measure, arm, pairs; and as ranges: sd_change, dz (mean change over its SD, without sign),
        correlation (of baseline and endline). Observed: dz as estimated, correlation with its
        interval (Fisher's z). Reconstructed: the identified set, what the printed tests of both
        arms leave possible (`published.identified`); NaN where nothing printed bounds it.

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
        dz = abs(chosen["change"].mean()) / sd if sd > 0 else UNKNOWN
        low, high = correlation_interval(chosen["before"], chosen["after"], confidence)
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


def correlation_interval(
    first: pd.Series, second: pd.Series, confidence: float
) -> tuple[float, float]:
    """Interval of a correlation by Fisher's z; NaN without four pairs or with all on one line."""
    if not (len(first) > 3 and abs(first.corr(second)) < 1):
        return UNKNOWN, UNKNOWN
    low, high = stats.pearsonr(first, second).confidence_interval(confidence)
    return float(low), float(high)


def _identified(pilot: Pilot) -> pd.DataFrame:
    left = open_sets(pilot.study.folder)
    printed = printed_outcomes(pilot.study, read_printed(pilot.study.folder))
    rows = []
    for measure, (index, arm) in product(pilot.instruments.whole, enumerate(compared(pilot.study))):
        if measure not in printed:
            continue
        correlation = (UNKNOWN, UNKNOWN)
        sds, dzs = [UNKNOWN], [UNKNOWN]
        if left is not None:
            changes = [contrast[index] for contrast in left.contrasts(measure)]
            sds, dzs = [c.sd for c in changes], [abs(c.dz) for c in changes]
            if left.has(measure, arm, "correlation"):
                correlation = left.extreme(measure, arm, "correlation")[:2]
        spread = (min(sds), max(sds), min(dzs), max(dzs))
        rows.append((measure, arm, printed[measure].pairs[arm], *spread, *correlation))
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
    return (min(ends), max(ends)) if ends else (UNKNOWN, UNKNOWN)


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
    with_baseline = [design for design in PLANNED if design.analysis == "ancova"]
    for design, effect in product(with_baseline, sweep.effect):
        for measure, r in used.items():
            teams = _teams(design, sweep, alpha, target, r, effect)
            rows.append((measure, design.name, effect, *r, UNKNOWN, UNKNOWN, *teams))
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
        iac = UNKNOWN, UNKNOWN, min(sweep.iac), max(sweep.iac)
        rows.append(("chosen", design.name, effect, *iac, *ends))
    columns = ["measure", "design", "effect", "r_low", "r_high", "iac_low", "iac_high"]
    frame = pd.DataFrame(rows, columns=[*columns, "teams_low", "teams_high"])
    for end, other in (("low", "high"), ("high", "low")):
        frame[f"factor_{end}"] = 1 - frame[f"r_{other}"].fillna(frame[f"iac_{other}"]) ** 2
    return claiming(labelled(frame, stability.attrs.get("labels", {})), ASSUMED)


def _teams(
    design: Design,
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
        a = Assumptions(effect, **values, iac=_iac(design, size, icc, cac))
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


def _iac(design: Design, correlation: float, icc: float, cac: float) -> float:
    """Individual autocorrelation under which people have a correlation, or the nearest there is."""
    if design.unit == "person":
        return min(correlation, 1 - FINEST)
    nearest = min(max(correlation, icc * cac), icc * cac + (1 - icc) * (1 - 2 * FINEST))
    return individual_autocorrelation(nearest, icc, cac)


@told_safely
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


def candidates(room: pd.DataFrame, required: pd.DataFrame) -> pd.DataFrame:
    """Whether each measure could still show what a trial of teams would need to find.

    Parameters
    ----------
    room, required : DataFrame
        As `room` and `planning.responsiveness` return them.

    Returns
    -------
    DataFrame
        measure; room (largest improvement at endline, in SDs, as a range over the arms); teams,
        clusters; needed (difference that parallel teams can find, as a range); enough ("yes" or
        "no" when all of one range lies above or below the other, else "not determined").

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> from earlyhelp.trial.planning import responsiveness
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
