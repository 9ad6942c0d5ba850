"""Simulated trials per second: one numpy pass against statsmodels in a loop.

Both fit the same model to the same cluster-period means: variance components from the within- and
the between-cluster regression, then least squares with that covariance matrix. The estimates and
standard errors must agree to 1e-8, else the run fails. Drawing the data is not timed. Run with
`python benchmarks/trial.py`.
"""

from __future__ import annotations

import sys
from time import perf_counter

import numpy as np
import pandas as pd
import statsmodels.api as sm

from earlyhelp.trial import power, simulation
from earlyhelp.trial.power import Assumptions, Design, Floats

CLUSTERS, VECTORISED, LOOPED, TOLERANCE = 24, 20_000, 300, 1e-8


def design_matrices(exposure: Floats) -> tuple[Floats, Floats, Floats]:
    """Columns of the between, the within and the combined regression."""
    clusters, periods = exposure.shape
    period = np.tile(np.eye(periods), (clusters, 1))
    cluster = np.kron(np.eye(clusters), np.ones((periods, 1)))
    between = np.column_stack([np.ones(clusters), exposure.mean(axis=1)])
    within = np.column_stack([cluster, period[:, 1:], exposure.ravel()])
    return between, within, np.column_stack([period, exposure.ravel()])


def fit(y: Floats, columns: tuple[Floats, Floats, Floats]) -> tuple[float, float]:
    """Estimate and standard error of one trial's effect by statsmodels."""
    clusters, periods = y.shape
    between, within, combined = columns
    spread = sm.OLS(y.mean(axis=1), between).fit()
    if periods == 1:
        return spread.params[-1], spread.bse[-1]
    residual = sm.OLS(y.ravel(), within).fit().mse_resid
    matrix = residual * np.eye(periods) + (spread.mse_resid - residual / periods)
    result = sm.GLS(y.ravel(), combined, sigma=np.kron(np.eye(clusters), matrix)).fit()
    return result.params[-1], np.sqrt(result.normalized_cov_params[-1, -1])


def compare(design: Design) -> dict[str, object]:
    """Time both on the same trials and check that they agree."""
    exposure = power.exposure_matrix(design, CLUSTERS)
    a = Assumptions(effect=0.3, icc=0.05, cac=0.8)
    rng = np.random.default_rng(2023)
    sizes = np.full((VECTORISED, CLUSTERS), a.analysed)
    means = simulation.draw_continuous(design, a, exposure, sizes, rng)
    start = perf_counter()
    vectorised = simulation.estimate(means, exposure)
    middle = perf_counter()
    columns = design_matrices(exposure)
    looped = np.array([fit(y, columns) for y in means[:LOOPED]]).T
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
    table = pd.DataFrame([compare(power.DESIGNS[name]) for name in names])
    print(table.to_string(index=False))
    return int(not (table["largest_difference"] <= TOLERANCE).all())


if __name__ == "__main__":
    sys.exit(main())
