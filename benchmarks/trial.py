"""Simulated trials per second: one numpy pass against statsmodels in a loop.

Both fit the same regressions to the same unit means: of means or endline on arm and baseline, and
for the stepped wedge between and within clusters, joined by the same rule. Estimates and standard
errors must agree to 1e-8, else the run fails. Drawing the data is not timed. Run with `python
benchmarks/trial.py`.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
import pandas as pd
import statsmodels.api as sm

from earlyhelp.trial import power, simulation
from earlyhelp.trial.assumptions import DESIGNS, Assumptions, Design
from earlyhelp.trial.power import Floats

CLUSTERS, VECTORISED, LOOPED, TOLERANCE = 24, 20_000, 300, 1e-8


def fit(y: Floats, exposure: Floats, design: Design) -> tuple[float, float]:
    """Estimate and standard error of one trial's effect by statsmodels."""
    if design.analysis != "gls":
        columns = np.column_stack([y[:, :-1], exposure[:, -1]])
        result = sm.OLS(y[:, -1], sm.add_constant(columns)).fit()
        return result.params[-1], result.bse[-1]
    clusters, periods = exposure.shape
    cluster = np.kron(np.eye(clusters), np.ones((periods, 1)))
    period = np.tile(np.eye(periods), (clusters, 1))[:, 1:]
    columns = np.column_stack([cluster, period, exposure.ravel()])
    fits = [
        sm.OLS(y.mean(axis=1), sm.add_constant(exposure.mean(axis=1))).fit(),
        sm.OLS(y.ravel(), columns).fit(),
    ]
    dfs = clusters - 2, (clusters - 1) * (periods - 1) - 1
    slopes, variances = [f.params[-1] for f in fits], [f.bse[-1] ** 2 for f in fits]
    weight = power.joined_weights([1 / v for v in variances], dfs)
    estimate = weight * slopes[0] + (1 - weight) * slopes[1]
    return estimate, np.sqrt(power.joined_variance(weight, variances, dfs))


def compare(design: Design) -> dict[str, object]:
    """Time both on the same trials and check that they agree."""
    exposure = power.exposure_matrix(design, CLUSTERS)
    a = Assumptions(effect=0.3, icc=0.05, cac=0.8)
    rng = np.random.default_rng(2023)
    sizes = np.full((VECTORISED, CLUSTERS), a.analysed)
    means = simulation.draw_continuous(design, a, exposure, sizes, rng)
    start = perf_counter()
    vectorised = simulation.estimate(means, exposure, design.analysis)[:2]
    middle = perf_counter()
    looped = np.array([fit(y, exposure, design) for y in means[:LOOPED]]).T
    end = perf_counter()
    rates = VECTORISED / (middle - start), LOOPED / (end - middle)
    return {
        "design": design.name,
        "clusters": CLUSTERS,
        "periods": design.periods,
        "vectorised_per_second": round(rates[0]),
        "statsmodels_per_second": round(rates[1]),
        "ratio": round(rates[0] / rates[1]),
        "largest_difference": float(np.abs(vectorised[:, :LOOPED] - looped).max()),
    }


def main() -> int:
    """Print the comparison; the exit status says whether the estimates agree."""
    names = ("parallel", "baseline", "stepped-wedge")
    table = pd.DataFrame([compare(DESIGNS[name]) for name in names])
    print(table.to_string(index=False))
    return int(not (table["largest_difference"] <= TOLERANCE).all())


if __name__ == "__main__":
    sys.exit(main())
