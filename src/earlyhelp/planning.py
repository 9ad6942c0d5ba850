"""What a pilot tells the design of the next trial: spread, stability over time, room for change.

Of observed data these are estimates. Of reconstructed data they are what the printed figures leave
possible: ranges, read from `printed.yml`, never the synthetic people's own values.
"""

from __future__ import annotations

from itertools import product
from math import atanh, sqrt, tanh
from typing import Any

import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from earlyhelp import paired, promise, readiness, samples, trial
from earlyhelp.criteria import observed
from earlyhelp.measures import ARMS
from earlyhelp.raw import Pilot, proqol_columns, wai_columns
from earlyhelp.reconstruct import read_printed
from earlyhelp.sample import surveys
from earlyhelp.sweep import Sweep
from earlyhelp.totals import possible_sums

WAVES = ("baseline", "endline")
OUTCOMES = {"wai": "wai", "compassion_satisfaction": "proqol"}
NEAR = 5
# With fewer clusters the formulas of designs of several periods are too hopeful (`trial.power`).
FEW = 8
NOTHING = float("nan")


def room(pilot: Pilot) -> pd.DataFrame:
    """Spread of the outcomes and their distance from the top of the scale, by arm and wave.

    Returns
    -------
    DataFrame
        measure, arm, wave, n, maximum; and as ranges (`_low`, `_high`): mean, sd, top (people at
        the maximum), near (within `NEAR` points of it), headroom (points from the mean to the
        maximum), headroom_sd (in SDs). NaN where nothing is printed that would bound it.
    """
    frame = _printed_room(pilot) if _is_reconstructed(pilot) else _observed_room(pilot)
    frame["headroom_low"] = frame["maximum"] - frame["mean_high"]
    frame["headroom_high"] = frame["maximum"] - frame["mean_low"]
    frame["headroom_sd_low"] = frame["headroom_low"] / frame["sd_high"]
    frame["headroom_sd_high"] = frame["headroom_high"] / frame["sd_low"]
    return frame


def _is_reconstructed(pilot: Pilot) -> bool:
    return pilot.study.provenance == "reconstructed"


def _observed_room(pilot: Pilot) -> pd.DataFrame:
    summary = promise.outcome_summary(pilot).merge(promise.ceiling(pilot, NEAR))
    rows = []
    for row in summary[summary["measure"].isin(OUTCOMES)].to_dict("records"):
        seen = {"mean": row["mean"], "sd": row["sd"] or NOTHING}
        seen |= {"top": row["at_maximum"], "near": row["close"]}
        rows.append(
            {name: row[name] for name in ("measure", "arm", "wave", "n")}
            | {"maximum": row["scale_maximum"]}
            | {f"{name}_{end}": x for name, x in seen.items() for end in ("low", "high")}
        )
    return pd.DataFrame(rows)


def _printed_room(pilot: Pilot) -> pd.DataFrame:
    printed = read_printed(pilot.study.folder)
    rows = []
    for (measure, key), arm, wave in product(OUTCOMES.items(), ARMS, WAVES):
        figures, scale = printed[key][arm][wave], getattr(pilot.study.measures, key)
        low, high = scale.total_minimum, scale.total_maximum
        sums = possible_sums(figures, (low, high))
        row = {"measure": measure, "arm": arm, "wave": wave, "n": figures["n"], "maximum": high}
        row |= {"mean_low": sums[0] / figures["n"], "mean_high": sums[-1] / figures["n"]}
        row |= dict.fromkeys(("sd_low", "sd_high", "top_low", "top_high"), NOTHING)
        row |= dict.fromkeys(("near_low", "near_high"), NOTHING)
        if "sd" in figures:
            given = samples.Figures(figures["n"], figures["mean"], figures["sd"], low, high)
            row |= {
                "sd_low": float(given.sd_interval.low),
                "sd_high": float(given.sd_interval.high),
            }
            found = samples.bounds(given, [high, high - NEAR])
            above = {bound.of: bound for bound in found if bound.quantity == "at or above"}
            for name, cutoff in (("top", high), ("near", high - NEAR)):
                row |= {f"{name}_low": above[cutoff].low, f"{name}_high": above[cutoff].high}
        rows.append(row)
    return pd.DataFrame(rows)


def stability(pilot: Pilot, confidence: float = 0.95) -> pd.DataFrame:
    """Change of the people measured twice, and how well baseline tells endline.

    Returns
    -------
    DataFrame
        measure, arm, pairs; and as ranges: sd_change, dz (mean change over its SD, without sign),
        correlation (of baseline and endline). Observed: dz as estimated, correlation with its
        interval (Fisher's z). Reconstructed: the identified set, what the printed tests of both
        arms leave possible (`earlyhelp.paired`); NaN where no SD bounds the correlation.
    """
    if _is_reconstructed(pilot):
        return _identified(pilot)
    rows = []
    pairs = promise.changes(pilot)
    for measure, arm in product(OUTCOMES, ARMS):
        chosen = pairs[(pairs["measure"] == measure) & (pairs["arm"] == arm)]
        n, sd = len(chosen), chosen["change"].std()
        dz = abs(chosen["change"].mean()) / sd if sd > 0 else NOTHING
        low, high = fisher_interval(chosen["baseline"].corr(chosen["endline"]), n, confidence)
        rows.append((measure, arm, n, sd, sd, dz, dz, low, high))
    return pd.DataFrame(rows, columns=STABILITY)


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
    printed = read_printed(pilot.study.folder)
    rows = []
    for measure, key in OUTCOMES.items():
        scale = getattr(pilot.study.measures, key)
        arms = [_arm(printed, key, arm, scale) for arm in ARMS]
        pairs = sum(arm.pairs for arm in arms)
        between = paired.TTest(pairs - 2, **printed[key]["between"])
        first, second = (paired.changes(arm) for arm in arms)
        possible = paired.joint(first, second, between)
        for which, (name, arm) in enumerate(zip(ARMS, arms, strict=True)):
            changes = {pair[which] for pair in possible}
            sds, dzs = [c.sd for c in changes], [abs(c.dz) for c in changes]
            # Without a printed SD everything from -1 to 1 is possible, and costly to confirm.
            bounded = arm.baseline.variance is not None
            ends = [paired.correlation_bounds(arm, c) for c in changes] if bounded else []
            low, high = zip(*ends, strict=True) if ends else ((NOTHING,), (NOTHING,))
            spread = (min(sds), max(sds), min(dzs), max(dzs))
            rows.append((measure, name, arm.pairs, *spread, min(low), max(high)))
    return pd.DataFrame(rows, columns=STABILITY)


def _arm(printed: Any, key: str, arm: str, scale: Any) -> paired.Arm:
    figures, ends = printed[key][arm], (scale.total_minimum, scale.total_maximum)
    waves = []
    for wave in WAVES:
        given = figures[wave]
        if "sd" in given:
            exact = samples.Figures(given["n"], given["mean"], given["sd"], *ends)
            waves.append(paired.Wave.printed(exact))
        else:
            sums = possible_sums(given, ends)
            waves.append(paired.Wave(given["n"], *ends, (sums[0], sums[-1])))
    pairs = printed["pairs"][arm]
    baseline, endline = waves
    test = paired.TTest(pairs - 1, **figures["paired"])
    return paired.Arm(baseline, endline, pairs, test)


def sd_range(room: pd.DataFrame, measure: str = "wai") -> tuple[float, float]:
    """Least and greatest SD of a measure over arms and waves (of `room`)."""
    chosen = room[room["measure"] == measure]
    return float(chosen["sd_low"].min()), float(chosen["sd_high"].max())


def reliability(pilot: Pilot) -> pd.DataFrame:
    """Cronbach's alpha of the outcomes, of observed data only.

    The items of reconstructed people are drawn so that their totals fit; how items go together is
    free, so an alpha would describe the draw.

    Returns
    -------
    DataFrame
        measure, wave, n, alpha, low, high (95 % interval, Feldt); no rows for reconstructed data.
    """
    columns = ["measure", "wave", "n", "alpha", "low", "high"]
    if _is_reconstructed(pilot):
        return pd.DataFrame(columns=columns)
    import pingouin

    items = {"wai": wai_columns(pilot.study), "compassion_satisfaction": proqol_columns()}
    rows = []
    for (measure, names), wave in product(items.items(), WAVES):
        answers = surveys(pilot)[wave][names].dropna()
        if len(answers) > 1 and answers.sum(axis=1).std() > 0:
            alpha, (low, high) = pingouin.cronbach_alpha(answers)
            rows.append((measure, wave, len(answers), float(alpha), float(low), float(high)))
    return pd.DataFrame(rows, columns=columns)


def pilot_power(sweep: Sweep, units: int, alpha: float, target: float) -> pd.DataFrame:
    """What a comparison of the pilot's units at endline could detect.

    Returns
    -------
    DataFrame
        icc (0 and people independent first: the analysis of people), df, detectable (difference in
        SDs found with the target power), and the power for each effect of the sweep (column
        `power_<effect>`).
    """
    fixed = sweep.fixed | {"alpha": alpha}
    cases = [("individual", 0.0), *(("parallel", icc) for icc in sweep.icc)]
    rows = []
    for name, icc in cases:
        design = trial.DESIGNS[name]
        base = {**fixed, "icc": icc}
        a = trial.Assumptions(effect=1, **base)
        count = trial.units(design, a, units)
        row = {
            "analysed": "people" if name == "individual" else "units",
            "icc": icc,
            "df": trial.degrees_of_freedom(design, count),
            "detectable": trial.detectable_effect(design, a, units, target),
        }
        for effect in sweep.effect:
            a = trial.Assumptions(effect=effect, **base)
            row[f"power_{effect:g}"] = trial.power(design, a, units)
        rows.append(row)
    return pd.DataFrame(rows)


def needed(sweep: Sweep, alpha: float, target: float) -> pd.DataFrame:
    """Teams that each design needs, as ranges over what is uncertain about change over time.

    Returns
    -------
    DataFrame
        design, effect (SDs), icc, low, high (over cluster and individual autocorrelation).
    """
    return _ranges(sweep, alpha, target, effect=sweep.effect, icc=sweep.icc)


def needed_in_points(
    sweep: Sweep, sds: tuple[float, float], alpha: float, target: float
) -> pd.DataFrame:
    """Teams needed to find a difference in points, whatever SD and correlations of the ranges hold.

    Returns
    -------
    DataFrame
        design, effect (points), low, high (over the SD, ICC, cluster and individual
        autocorrelation).
    """
    return _ranges(sweep, alpha, target, effect=sweep.points, sd=sds).drop(columns="icc")


def _ranges(sweep: Sweep, alpha: float, target: float, **values: Any) -> pd.DataFrame:
    fixed = sweep.fixed | {"alpha": alpha}
    icc = values.pop("icc", None)
    keys = ["design", "effect", *(["icc"] if icc else [])]
    table = trial.sweep(
        trial.DESIGNS.values(),
        target,
        icc=icc or sweep.icc,
        cac=sweep.cac,
        iac=sweep.iac,
        **values,
        **fixed,
    )
    grouped = table.groupby(keys, sort=False)["clusters"]
    found = grouped.agg(low="min", high="max").reset_index()
    return found if icc else found.assign(icc=NOTHING)


def needed_binary(sweep: Sweep, alpha: float, target: float) -> pd.DataFrame:
    """Teams needed for a binary outcome.

    Returns
    -------
    DataFrame
        control, intervention (proportions), design, low, high (over the ICC and the
        autocorrelations).
    """
    fixed = sweep.fixed | {"alpha": alpha}
    ranges = product(sweep.icc, sweep.cac, sweep.iac)
    rows = []
    for (p0, p1), design, (icc, cac, iac) in product(
        sweep.proportions, trial.DESIGNS.values(), list(ranges)
    ):
        a = trial.Assumptions.binary(p0, p1, icc=icc, cac=cac, iac=iac, **fixed)
        rows.append((p0, p1, design.name, trial.clusters_needed(design, a, target)))
    frame = pd.DataFrame(rows, columns=["control", "intervention", "design", "clusters"])
    grouped = frame.groupby(["control", "intervention", "design"], sort=False)["clusters"]
    return grouped.agg(low="min", high="max").reset_index()


def responsiveness(
    sweep: Sweep, clusters: dict[str, int], alpha: float, target: float
) -> pd.DataFrame:
    """Difference a measure must show for a trial of so many teams to find it.

    Parameters
    ----------
    clusters : dict
        Words and number of teams; designs of several periods are left out below `FEW`.

    Returns
    -------
    DataFrame
        teams (words), clusters, design, low, high (difference in SDs, over the ICC and the
        autocorrelations).
    """
    fixed = sweep.fixed | {"alpha": alpha}
    ranges = list(product(sweep.icc, sweep.cac, sweep.iac))
    rows = []
    for (words, count), design in product(clusters.items(), trial.DESIGNS.values()):
        if design.unit == "cluster" and count < (FEW if design.periods > 1 else design.fewest):
            continue
        found = [
            trial.detectable_effect(
                design,
                trial.Assumptions(effect=1, icc=icc, cac=cac, iac=iac, **fixed),
                count,
                target,
            )
            for icc, cac, iac in ranges
        ]
        rows.append((words, count, design.name, min(found), max(found)))
    return pd.DataFrame(rows, columns=["teams", "clusters", "design", "low", "high"])


def simulated_pilot(stored: pd.DataFrame) -> pd.DataFrame:
    """Power that the pilot's units had, simulated, by design and effect (of `sweep.read_stored`).

    Returns
    -------
    DataFrame
        design, effect, low, high (over the ICC and the autocorrelations), mc_error (greatest).
    """
    if stored.empty or not stored["pilot"].any():
        return pd.DataFrame(columns=["design", "effect", "low", "high", "mc_error"])
    grouped = stored[stored["pilot"]].groupby(["design", "effect"], sort=False)
    return grouped.agg(
        low=("power_simulated", "min"),
        high=("power_simulated", "max"),
        mc_error=("power_mc_error", "max"),
    ).reset_index()


def next_steps(pilot: Pilot, room: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Evidence behind the recommended next steps (research questions 3.1 to 3.6).

    Parameters
    ----------
    room : DataFrame
        As `room` returns it.

    Returns
    -------
    DataFrame
        question, theme, evidence (cells of the framework matrix by direction, in words), number (in
        words, counts with their Clopper-Pearson interval; empty where there is none), status.
    """
    matrix = pilot.framework_matrix
    readiness_cells = matrix[matrix["research_question"].isin(READINESS)]
    numbers = _numbers_of_themes(pilot, room, confidence)
    rows = []
    for (question, theme), cells in readiness_cells.groupby(["research_question", "theme"]):
        counted = cells["direction"].value_counts().sort_index()
        evidence = ", ".join(f"{direction} {n}" for direction, n in counted.items())
        rows.append((question, theme, evidence, *numbers.get(str(theme), ("", "reproduced"))))
    return pd.DataFrame(rows, columns=["question", "theme", "evidence", "number", "status"])


READINESS = ("3.1", "3.2", "3.3", "3.4", "3.5", "3.6")


def _numbers_of_themes(
    pilot: Pilot, room: pd.DataFrame, confidence: float
) -> dict[str, tuple[str, str]]:
    """Number and its status for the themes of Rotherham's codebook that have one."""
    seen = observed(pilot)

    def share(words: str, n: float, total: float) -> str:
        if not total:
            return ""
        low, high = proportion_confint(n, total, alpha=1 - confidence, method="beta")
        ends = f"{confidence:.0%} interval {low:.0%} to {high:.0%}"
        return f"{words}: {n:.0f} of {total:.0f} ({ends})"

    def quantity(words: str, name: str) -> str:
        return share(words, *seen.loc[name, ["successes", "total"]])

    one_day = readiness.training_format(pilot).iloc[0]
    teams, service = len(pilot.study.teams), pilot.study.design.get("service_teams")
    left = room[(room["measure"] == "wai") & (room["wave"] == "endline")]
    ends = f"{left['headroom_sd_low'].min():.1f} to {left['headroom_sd_high'].max():.1f} SD"
    came, used = quantity("attended", "attendance"), quantity("recorded use", "tool_users")
    return {
        "training-format": (share("prefer one day", one_day["n"], one_day["total"]), "reproduced"),
        "recording-scores": (quantity("uploaded scores", "recording"), "reproduced"),
        "randomisation": (
            quantity("comparison staff in contact with the tools", "contamination_tools"),
            "reproduced",
        ),
        "taking-part": (
            quantity("intervention staff who answered again", "retention_intervention"),
            "determined",
        ),
        "teams-left-out": (
            f"{teams} of {service} teams took part" if service else "",
            "reproduced",
        ),
        "limited-use-of-tools": (
            quantity("used the ORS in most or all sessions", "sessions_used"),
            "reproduced",
        ),
        "monitoring-delivery": (f"{came}; {used}", "reproduced"),
        "outcome-measures": (f"working alliance could still rise by {ends}", "bounded"),
    }
