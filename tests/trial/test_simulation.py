"""Simulated trials: the analysis against statsmodels, the draws against the model's moments."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from earlyhelp.study.problems import InputError
from earlyhelp.trial import power, simulation
from earlyhelp.trial.power import DESIGNS, Assumptions

DESIGN_LIST = list(DESIGNS.values())
NAMES = list(DESIGNS)


def _cell(design, a, clusters):
    return power.describe(design, a, clusters)


@pytest.mark.parametrize("name", ["parallel", "baseline", "stepped-wedge"])
def test_estimates_are_feasible_least_squares(name):
    # statsmodels: variance components from the within and the between regression, then GLS.
    exposure = power.exposure_matrix(DESIGNS[name], 8)
    clusters, periods = exposure.shape
    y = np.random.default_rng(1).normal(size=(clusters, periods))
    between = sm.OLS(y.mean(1), sm.add_constant(exposure.mean(1))).fit().mse_resid
    matrix = np.array([[between]])
    if periods > 1:
        dummies = np.column_stack(
            [
                np.kron(np.eye(clusters), np.ones((periods, 1))),
                np.tile(np.eye(periods), (clusters, 1))[:, 1:],
                exposure.ravel(),
            ]
        )
        within = sm.OLS(y.ravel(), dummies).fit().mse_resid
        matrix = within * np.eye(periods) + (between - within / periods)
    columns = np.column_stack([np.tile(np.eye(periods), (clusters, 1)), exposure.ravel()])
    fit = sm.GLS(y.ravel(), columns, sigma=np.kron(np.eye(clusters), matrix)).fit()
    estimate, error = simulation.estimate(y[None], exposure)[:, 0]
    assert estimate == pytest.approx(fit.params[-1], abs=1e-10)
    assert error == pytest.approx(np.sqrt(fit.normalized_cov_params[-1, -1]), abs=1e-10)


def test_the_parallel_analysis_is_the_t_test_of_cluster_means():
    exposure = power.exposure_matrix(DESIGNS["parallel"], 10)
    y = np.random.default_rng(2).normal(size=(1, 10, 1))
    arms = [y[0, exposure[:, 0] == arm, 0] for arm in (1, 0)]
    estimate, error = simulation.estimate(y, exposure)[:, 0]
    expected = sm.stats.ttest_ind(*arms)[0]
    assert estimate / error == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("design", DESIGN_LIST, ids=NAMES)
def test_simulated_power_agrees_with_the_closed_form(design):
    # 40 clusters: enough for the t test's convention of degrees of freedom to matter little.
    a = Assumptions(effect=0.3, icc=0.05, cac=0.8, iac=0.2)
    a = Assumptions(**{**a.__dict__, "effect": power.detectable_effect(design, a, 40)})
    row = simulation.simulate_cell(_cell(design, a, 40), 8000, seed=11).iloc[0]
    assert row["power"] == pytest.approx(0.8)
    assert abs(row["power_simulated"] - row["power"]) < 4 * row["power_mc_error"]
    assert row["standard_error_simulated"] == pytest.approx(row["standard_error"], rel=0.04)
    assert abs(row["bias"]) < 4 * row["bias_mc_error"]


@pytest.mark.parametrize("design", DESIGN_LIST, ids=NAMES)
def test_simulated_binary_power_agrees_with_the_closed_form(design):
    a = Assumptions.binary(0.5, 0.6, icc=0.05, cac=0.8)
    clusters = power.clusters_needed(design, a)
    row = simulation.simulate_cell(_cell(design, a, clusters), 2000, seed=3).iloc[0]
    assert abs(row["power_simulated"] - row["power"]) < 4 * row["power_mc_error"]


@pytest.mark.parametrize("name", ["parallel", "stepped-wedge"])
def test_type_one_error_is_kept_with_few_clusters(name):
    cell = _cell(DESIGNS[name], Assumptions(effect=0, icc=0.1, cac=0.8), 8)
    row = simulation.simulate_cell(cell, 8000, seed=5).iloc[0]
    assert row["power_simulated"] < 0.05 + 3 * row["power_mc_error"]


def test_coverage_is_nominal():
    cell = _cell(DESIGNS["parallel"], Assumptions(effect=0.5, icc=0.1), 6)
    row = simulation.simulate_cell(cell, 8000, seed=6).iloc[0]
    assert row["coverage"] == pytest.approx(0.95, abs=4 * row["coverage_mc_error"])


def test_unequal_sizes_keep_at_least_the_calculated_power():
    # Eldridge et al. (2006): conservative for an analysis with optimal weights.
    a = Assumptions(effect=0.45, icc=0.1, cv=0.6, cluster_size=20)
    cell = _cell(DESIGNS["parallel"], a, power.clusters_needed(DESIGNS["parallel"], a))
    row = simulation.simulate_cell(cell, 6000, seed=7).iloc[0]
    assert row["power_simulated"] > row["power"] - 2 * row["power_mc_error"]
    assert row["standard_error_simulated"] < row["standard_error"]


def test_continuous_cluster_means_have_the_stated_moments():
    a = Assumptions(effect=0, sd=2, icc=0.1, cac=0.7, iac=0.4, cluster_size=5)
    design = DESIGNS["baseline"]
    rng = np.random.default_rng(8)
    means = simulation.draw_continuous(design, a, np.zeros((2, 2)), np.full((20000, 2), 5.0), rng)
    found = np.cov(means[:, 0].T)
    assert found == pytest.approx(power.covariance(design, a), rel=0.04)


def test_binary_cluster_means_have_the_stated_moments():
    # p 0.3, ICC 0.1, 10 people: variance 0.21 * (0.1 + 0.9 / 10) = 0.0399;
    # covariance between periods with CAC 1 and IAC 0.4: 0.21 * (0.1 + 0.9 * 0.4 / 10) = 0.02856.
    a = Assumptions.binary(0.3, 0.4, icc=0.1, iac=0.4, cluster_size=10)
    rng = np.random.default_rng(9)
    sizes = np.full((40000, 2), 10.0)
    means = simulation.draw_binary(DESIGNS["baseline"], a, np.zeros((2, 2)), sizes, rng)
    expected = [[0.0399, 0.02856], [0.02856, 0.0399]]
    assert np.cov(means[:, 0].T) == pytest.approx(np.array(expected), rel=0.025)
    assert means.mean() == pytest.approx(0.3, abs=0.005)


def test_drawn_sizes_have_the_stated_mean_and_variation():
    a = Assumptions(effect=0, cluster_size=20, cv=0.4)
    rng = np.random.default_rng(10)
    sizes = simulation.draw_sizes(DESIGNS["parallel"], a, (200, 100), rng)
    assert sizes.mean() == pytest.approx(20, rel=0.02)
    assert sizes.std() / sizes.mean() == pytest.approx(0.4, rel=0.03)


def test_the_same_seed_gives_the_same_trials():
    a, design = Assumptions(effect=0.5), DESIGNS["stepped-wedge"]
    first = simulation.simulate(design, a, 8, 50, 4)
    pd.testing.assert_frame_equal(first, simulation.simulate(design, a, 8, 50, 4))
    assert not first.equals(simulation.simulate(design, a, 8, 50, 5))


def test_chunks_hold_every_trial_once(monkeypatch):
    monkeypatch.setattr(simulation, "CHUNK_CELLS", 100)
    drawn = simulation.simulate(DESIGNS["stepped-wedge"], Assumptions(effect=0.5), 8, 7, 4)
    assert len(drawn) == 7
    assert drawn["estimate"].nunique() == 7


def test_gathering_does_not_depend_on_the_order():
    cells = simulation.grid(effect=[0.4, 0.6], icc=0.05).to_dict("records")
    results = [simulation.simulate_cell(cell, 20, seed=1) for cell in cells]
    pd.testing.assert_frame_equal(simulation.gather(results), simulation.gather(results[::-1]))


def test_a_cell_survives_being_written_to_csv(tmp_path):
    cells = simulation.grid(effect=0.4, icc=0.05)
    cells.to_csv(tmp_path / "cells.csv", index=False)
    read = pd.read_csv(tmp_path / "cells.csv")
    for (_, there), (_, back) in zip(cells.iterrows(), read.iterrows(), strict=True):
        pd.testing.assert_frame_equal(
            simulation.simulate_cell(there, 20, 1),
            simulation.simulate_cell(back, 20, 1),
        )


def test_a_grid_reports_progress_and_gives_every_cell_its_own_seed():
    cells = simulation.grid([DESIGNS["parallel"]], effect=0.5, icc=[0.05, 0.05])
    told = []
    table = simulation.simulate_grid(cells, 30, 1, lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert table["standard_error_simulated"].nunique() == 2


def test_a_cell_keeps_the_sequences_of_its_stepped_wedge():
    design, a = power.stepped_wedge(3), Assumptions(effect=0.5)
    row = simulation.simulate_cell(_cell(design, a, 9), 20, seed=1).iloc[0]
    assert row["power"] == power.power(design, a, 9)


def test_the_monte_carlo_error_is_that_of_a_proportion():
    cell = _cell(DESIGNS["parallel"], Assumptions(effect=0.5), 12)
    row = simulation.simulate_cell(cell, 400, seed=1).iloc[0]
    share = row["power_simulated"]
    assert row["power_mc_error"] == pytest.approx(np.sqrt(share * (1 - share) / 400))


def test_too_few_trials_are_refused():
    with pytest.raises(InputError, match="trials"):
        simulation.simulate(DESIGNS["parallel"], Assumptions(effect=0.5), 8, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGN_LIST, ids=NAMES)
@pytest.mark.parametrize("icc", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("cac", [0.5, 0.9])
@pytest.mark.parametrize("iac", [0.0, 0.6])
def test_simulated_power_agrees_over_the_whole_grid(design, icc, cac, iac):
    # 60 clusters; 5 Monte Carlo errors leave less than one false alarm in 10,000 grids, and one
    # more percentage point is left to the small-sample conventions.
    rest = {"icc": icc, "cac": cac, "iac": iac}
    effect = power.detectable_effect(design, Assumptions(effect=1, **rest), 60)
    cell = _cell(design, Assumptions(effect=effect, **rest), 60)
    row = simulation.simulate_cell(cell, 20000, seed=12).iloc[0]
    assert abs(row["power_simulated"] - row["power"]) < 0.01 + 5 * row["power_mc_error"]
