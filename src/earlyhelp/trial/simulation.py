"""Simulated trials that check the power of `earlyhelp.trial.power`, and the size of its tests.

Every trial is drawn from the model that `power` assumes, with units of equal or unequal size, and
analysed as its design says (`Design.analysis`), with nothing known but its unit means. One numpy
pass analyses all trials.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from earlyhelp.analysis.quantities import claiming
from earlyhelp.trial import power
from earlyhelp.trial.assumptions import ASSUMED, DESIGNS, Assumptions, Design, check, with_sequences
from earlyhelp.trial.power import Floats

# Cells of one drawn array: keeps a chunk near 16 MB whatever the design.
CHUNK_CELLS = 2_000_000
ESTIMATES = ("estimate", "standard_error", "df")


def simulate(
    design: Design, a: Assumptions, clusters: int, trials: int, seed: int | list[int]
) -> pd.DataFrame:
    """Draw and analyse trials; the outcome is binary when `a.control` is set.

    Returns
    -------
    DataFrame
        One row per trial: `estimate`, `standard_error`, `df` (degrees of freedom). The same seed
        gives the same rows.
    """
    check(trials=trials)
    count = power.units(design, a, clusters)
    exposure = power.exposure_matrix(design, count)
    rng = np.random.default_rng(seed)
    people = 1.0 if design.unit == "person" or a.control is None else a.analysed
    chunk = max(1, int(CHUNK_CELLS / (exposure.size * people)))
    results = []
    for start in range(0, trials, chunk):
        sizes = draw_sizes(design, a, (min(chunk, trials - start), count), rng)
        draw = draw_continuous if a.control is None else draw_binary
        means = draw(design, a, exposure, sizes, rng)
        results.append(estimate(means, exposure, design.analysis))
    return pd.DataFrame(np.concatenate(results, axis=1).T, columns=list(ESTIMATES))


def draw_sizes(design: Design, a: Assumptions, shape: tuple[int, int], rng: Any) -> Floats:
    """People per cluster and period (trials, units): gamma distributed when they vary."""
    if design.unit == "person":
        return np.ones(shape)
    sizes = np.full(shape, a.analysed)
    if a.cv > 0:
        sizes = np.maximum(1.0, rng.gamma(a.cv**-2, a.analysed * a.cv**2, shape))
    return np.maximum(1.0, np.rint(sizes)) if a.control is not None else sizes


def draw_continuous(
    design: Design, a: Assumptions, exposure: Floats, sizes: Floats, rng: Any
) -> Floats:
    """Cluster-period means (trials, units, periods), drawn from their exact normal distribution."""
    rho = 0.0 if design.unit == "person" else a.icc
    shape = (*sizes.shape, exposure.shape[1])
    size = sizes[:, :, None]
    cac = a.cac or 0.0  # nothing lasts where there is one period
    lasting = rho * cac + (1 - rho) * a.iac / size
    passing = rho * (1 - cac) + (1 - rho) * (1 - a.iac) / size
    noise = np.sqrt(lasting) * rng.standard_normal((*sizes.shape, 1))
    noise = noise + np.sqrt(passing) * rng.standard_normal(shape)
    return np.asarray(a.effect * exposure + a.sd * noise)


def draw_binary(
    design: Design, a: Assumptions, exposure: Floats, sizes: Floats, rng: Any
) -> Floats:
    """Cluster-period proportions (trials, units, periods) from a beta-binomial model.

    Within a period the ICC is exact (Donner & Klar 2000, the common-correlation model). Cluster
    probabilities keep their rank over time to the degree of `cac` (normal copula); a person keeps
    an own threshold with probability `iac`, which is exact between periods of the same exposure
    and somewhat less between control and intervention, as binary outcomes must.
    """
    rho = 0.0 if design.unit == "person" else a.icc
    shape = (*sizes.shape, exposure.shape[1])
    expected = (a.control or 0.0) + a.effect * exposure
    if rho > 0:
        cac = a.cac or 0.0
        rank = np.sqrt(cac) * rng.standard_normal((*sizes.shape, 1))
        rank = stats.norm.cdf(rank + np.sqrt(1 - cac) * rng.standard_normal(shape))
        scale = 1 / rho - 1
        probability = stats.beta.ppf(rank, expected * scale, (1 - expected) * scale)
    else:
        probability = np.broadcast_to(expected, shape)
    people = int(sizes.max())
    threshold = rng.random((*shape, people))
    if a.iac > 0:
        kept = rng.random(threshold.shape) < sqrt(a.iac)
        own = rng.random((*sizes.shape, 1, people))
        threshold = np.where(kept, own, threshold)
    present = np.arange(people) < sizes[:, :, None, None]
    events = (threshold < probability[..., None]) & present
    return np.asarray(events.sum(axis=3) / sizes[:, :, None])


def estimate(means: Floats, exposure: Floats, analysis: str) -> Floats:
    """Treatment effect, standard error and degrees of freedom of every trial.

    Parameters
    ----------
    means : array (trials, clusters, periods)
        Cluster-period means.
    exposure : array (clusters, periods)
        1 where the intervention is in use.
    analysis : str
        As in `assumptions.Design`.

    Returns
    -------
    array (3, trials)
        In the order of `ESTIMATES`.

    Examples
    --------
    >>> means = np.array([[[1.0, 4.0], [2.0, 3.0], [2.0, 4.0], [1.0, 3.0]]])
    >>> exposure = np.array([[0, 1], [0, 0], [0, 1], [0, 0]])
    >>> print(estimate(means, exposure, "change").round(2).ravel().tolist())
    [1.0, 0.71, 2.0]
    """
    clusters, periods = exposure.shape
    if analysis == "ancova":
        return _ancova(means[:, :, 1], means[:, :, 0], exposure[:, 1])
    level, used = means.mean(axis=2, keepdims=True), exposure.mean(axis=1, keepdims=True)
    between = (clusters - 2, *_slope(level, used, clusters - 2))
    if analysis == "means":
        return _told(*between)
    df = (clusters - 1) * (periods - 1) - 1
    within = (df, *_slope(means - level, exposure - used, df))
    if analysis == "change":
        return _told(*within)
    dfs, slopes, variances = zip(between, within, strict=True)
    weight = power.joined_weights([1 / one for one in variances], dfs)
    joined = weight * slopes[0] + (1 - weight) * slopes[1]
    return _told(
        power.joined_df(weight, dfs), joined, power.joined_variance(weight, variances, dfs)
    )


def _told(df: Any, slope: Floats, variance: Floats) -> Floats:
    return np.stack([slope, np.sqrt(variance), np.broadcast_to(df, slope.shape)])


def _slope(y: Floats, x: Floats, df: int) -> tuple[Floats, Floats]:
    """Slope of y on x with an intercept per period, and its estimated variance."""
    y, x = y - y.mean(axis=1, keepdims=True), x - x.mean(axis=0)
    squares = (x * x).sum()
    slope = (x * y).sum(axis=(1, 2)) / squares
    residual = y - slope[:, None, None] * x
    return slope, (residual**2).sum(axis=(1, 2)) / df / squares


def _ancova(y: Floats, baseline: Floats, arm: Floats) -> Floats:
    """Least squares of y (trials, clusters) on arm and baseline."""
    arm = arm - arm.mean()
    squares = arm @ arm

    def within_arms(values: Floats) -> tuple[Floats, Floats]:
        difference = values @ arm / squares
        centred = values - values.mean(axis=1, keepdims=True)
        return difference, centred - difference[:, None] * arm

    (difference, y), (before, x) = within_arms(y), within_arms(baseline)
    spread = (x * x).sum(axis=1)
    slope = (x * y).sum(axis=1) / spread
    df = len(arm) - 3
    residual = ((y - slope[:, None] * x) ** 2).sum(axis=1) / df
    return _told(df, difference - slope * before, residual * (1 / squares + before**2 / spread))


# --- grids ----------------------------------------------------------------------------------------

CELL_FIELDS = ("design", "sequences", "clusters", *(f.name for f in fields(Assumptions)))


def grid(
    designs: Iterable[Design] = tuple(DESIGNS.values()),
    target: float = 0.8,
    **values: float | Iterable[float],
) -> pd.DataFrame:
    """Cells to simulate: every combination, each with the clusters that `target` needs.

    Returns
    -------
    DataFrame
        One row per cell with the columns `CELL_FIELDS`; a row is all that `simulate_cell` needs.

    Examples
    --------
    >>> cells = grid([DESIGNS["parallel"]], effect=[0.5, 1.0])
    >>> cells[["effect", "clusters"]].to_numpy().tolist()
    [[0.5, 22.0], [1.0, 8.0]]
    """
    cells = power.sweep(designs, target, **values)[list(CELL_FIELDS)]
    # What a design ignores is missing; a column of numbers is written alike in parts and together.
    return cells.astype(dict.fromkeys((f.name for f in fields(Assumptions)), float))


def simulate_cell(
    cell: Mapping[Hashable, Any] | pd.Series, trials: int = 2000, seed: int | list[int] = 2023
) -> pd.DataFrame:
    """Simulate one cell of a grid and set it against the closed forms.

    Returns
    -------
    DataFrame
        One row: the cell; `trials`; `power` (calculated), `power_simulated` and its Monte Carlo
        standard error `power_mc_error`, which are the size of the test where the effect is 0;
        `standard_error` (with known correlations) and that simulated, the standard deviation of the
        estimates; `bias` and its Monte Carlo error; `coverage` of the confidence interval and its
        Monte Carlo error.
    """
    design = with_sequences(DESIGNS[cell["design"]], cell["sequences"])
    given = {f.name: cell[f.name] for f in fields(Assumptions) if pd.notna(cell[f.name])}
    a, clusters = Assumptions(**given), int(cell["clusters"])
    drawn = simulate(design, a, clusters, trials, seed)
    margin = special.stdtrit(drawn["df"], 1 - a.alpha / 2) * drawn["standard_error"]
    rejected = float((drawn["estimate"].abs() > margin).mean())
    covered = float(((drawn["estimate"] - a.effect).abs() <= margin).mean())
    spread = float(drawn["estimate"].std())
    row = {name: cell[name] for name in CELL_FIELDS} | {
        "trials": trials,
        "power": power.power(design, a, clusters),
        "power_simulated": rejected,
        "power_mc_error": sqrt(rejected * (1 - rejected) / trials),
        "standard_error": sqrt(power.variance(design, a, clusters)),
        "standard_error_simulated": spread,
        "bias": float(drawn["estimate"].mean()) - a.effect,
        "bias_mc_error": spread / sqrt(trials),
        "coverage": covered,
        "coverage_mc_error": sqrt(covered * (1 - covered) / trials),
    }
    return pd.DataFrame([row])


KEEPS, CONSERVATIVE, TOO_OFTEN = "keeps its level", "conservative", "rejects too often"


# Monte Carlo errors by which a simulated size may be off.
ERRORS = 3


def verdict(size: float, error: float, alpha: float) -> str:
    """Tell what a simulated size, with its Monte Carlo error, says of a test at level `alpha`.

    No power may be shown of a cell in which the test rejects too often.

    Examples
    --------
    >>> verdict(0.053, 0.002, alpha=0.05), verdict(0.057, 0.002, alpha=0.05)
    ('keeps its level', 'rejects too often')
    """
    if size - alpha > ERRORS * error:
        return TOO_OFTEN
    return CONSERVATIVE if alpha - size > ERRORS * error else KEEPS


def gather(results: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Join the results of `simulate_cell`, in an order that does not depend on who ran first."""
    joined = pd.concat(list(results), ignore_index=True)
    return joined.sort_values(list(CELL_FIELDS), ignore_index=True)


def simulate_grid(
    cells: pd.DataFrame,
    trials: int = 2000,
    seed: int = 2023,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Simulate every cell, each with a seed of its own; `progress(done, total)` after each.

    Examples
    --------
    >>> cells = grid([DESIGNS["parallel"]], effect=1.0)
    >>> (row,) = simulate_grid(cells, trials=500).to_dict("records")
    >>> print(f"calculated {row['power']:.2f}, simulated {row['power_simulated']:.2f}")
    calculated 0.87, simulated 0.86
    """
    check(trials=trials, seed=seed)
    results = []
    for number, cell in enumerate(cells.to_dict("records")):
        results.append(simulate_cell(cell, trials, [seed, number]))
        progress(number + 1, len(cells))
    return gather(results)


# --- what they show -------------------------------------------------------------------------------


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
    if power.smallest_p(DESIGNS["parallel"], int(count)) > alpha:
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
