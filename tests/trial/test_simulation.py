"""Simulated trials: the analysis against statsmodels, the draws against the model's moments."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from earlyhelp.report import tables
from earlyhelp.study.problems import InputError
from earlyhelp.trial import power, simulation
from earlyhelp.trial.assumptions import DESIGNS, Assumptions, stepped_wedge

DESIGN_LIST = list(DESIGNS.values())
NAMES = list(DESIGNS)
OF_CLUSTERS = [design for design in DESIGN_LIST if design.unit == "cluster"]


def _cell(design, a, clusters):
    return power.describe(design, a, clusters)


@pytest.fixture(scope="module", params=[4, 9])
def drawn(request):
    """Unit means of three trials, with the exposure, for every analysis."""
    rng = np.random.default_rng(1)
    return {
        design.analysis: (
            rng.normal(size=(3, request.param, design.periods)),
            power.exposure_matrix(design, request.param),
        )
        for design in DESIGNS.values()
    }


def _fixed(exposure):
    """Columns for the slope within clusters: clusters, periods, exposure."""
    clusters, periods = exposure.shape
    cluster = np.kron(np.eye(clusters), np.ones((periods, 1)))
    period = np.tile(np.eye(periods), (clusters, 1))[:, 1:]
    return np.column_stack([cluster, period, exposure.ravel()])


def _ordinary(analysis, y, exposure):
    """Fit the analysis by statsmodels."""
    if analysis == "means":
        return sm.OLS(y[:, 0], sm.add_constant(exposure)).fit()
    if analysis == "change":
        return sm.OLS(y[:, 1] - y[:, 0], sm.add_constant(exposure[:, 1])).fit()
    columns = np.column_stack([y[:, 0], exposure[:, 1]])
    return sm.OLS(y[:, 1], sm.add_constant(columns)).fit()


@pytest.mark.parametrize("analysis", ["means", "ancova", "change"])
def test_an_analysis_is_ordinary_least_squares_of_unit_means(drawn, analysis):
    means, exposure = drawn[analysis]
    found = simulation.estimate(means, exposure, analysis)
    for y, (estimate, error, df) in zip(means, found.T, strict=True):
        fit = _ordinary(analysis, y, exposure)
        assert estimate == pytest.approx(fit.params[-1], abs=1e-10)
        assert error == pytest.approx(fit.bse[-1], abs=1e-10)
        assert df == fit.df_resid


def test_the_stepped_wedge_joins_the_slopes_between_and_within_clusters(drawn):
    means, exposure = drawn["gls"]
    found = simulation.estimate(means, exposure, "gls")
    for y, (estimate, error, df) in zip(means, found.T, strict=True):
        between = sm.OLS(y.mean(1), sm.add_constant(exposure.mean(1))).fit()
        within = sm.OLS(y.ravel(), _fixed(exposure)).fit()
        f = np.array([between.df_resid, within.df_resid])
        slopes, variances = (
            np.array([getattr(fit, name)[-1] for fit in (between, within)]) ** power_
            for name, power_ in (("params", 1), ("bse", 2))
        )
        precisions = np.maximum(f - 4, 0) / f / variances
        w = precisions / precisions.sum()
        assert estimate == pytest.approx(w @ slopes, abs=1e-10)
        # Meier (1953).
        factor = 1 + 4 * (w * (1 - w) / f).sum()
        assert error**2 == pytest.approx(w**2 @ variances * factor, rel=1e-8)
        assert df == pytest.approx(1 / (w**2 / f).sum())


def test_known_precisions_give_generalised_least_squares():
    # Joined by true precisions, the two slopes are statsmodels' GLS with that covariance matrix.
    exposure = power.exposure_matrix(DESIGNS["stepped-wedge"], 8)
    clusters, periods = exposure.shape
    y = np.random.default_rng(1).normal(size=(clusters, periods))
    lasting, passing = 0.3, 0.7
    slopes = [
        sm.OLS(y.mean(1), sm.add_constant(exposure.mean(1))).fit().params[-1],
        sm.OLS(y.ravel(), _fixed(exposure)).fit().params[-1],
    ]
    parts = power.information(exposure, np.ones(clusters), lasting, passing)
    matrix = passing * np.eye(periods) + lasting
    columns = np.column_stack([np.tile(np.eye(periods), (clusters, 1)), exposure.ravel()])
    fit = sm.GLS(y.ravel(), columns, sigma=np.kron(np.eye(clusters), matrix)).fit()
    assert np.average(slopes, weights=parts) == pytest.approx(fit.params[-1], abs=1e-10)
    assert 1 / sum(parts) == pytest.approx(fit.normalized_cov_params[-1, -1], rel=1e-10)


@pytest.mark.parametrize("clusters", [4, 5, 8, 40])
@pytest.mark.parametrize("design", DESIGN_LIST, ids=NAMES)
def test_simulated_power_and_size_are_the_calculated(design, clusters):
    a = Assumptions(effect=1, icc=0.05, cac=0.8, iac=0.2, cluster_size=6)
    for effect in (0, power.detectable_effect(design, a, clusters, 0.6)):
        cell = _cell(design, replace(a, effect=effect), clusters)
        row = simulation.simulate_cell(cell, 8000, seed=11).iloc[0]
        assert row["power"] == pytest.approx(0.6 if effect else 0.05, abs=1e-3)
        assert abs(row["power_simulated"] - row["power"]) < 4 * row["power_mc_error"]
        assert abs(row["bias"]) < 4 * row["bias_mc_error"]
        assert row["coverage"] == pytest.approx(0.95, abs=4 * row["coverage_mc_error"])


def test_the_standard_error_with_many_clusters_is_the_calculated():
    for design in DESIGN_LIST:
        cell = _cell(design, Assumptions(effect=0.3, cac=0.8, iac=0.2), 60)
        row = simulation.simulate_cell(cell, 8000, seed=11).iloc[0]
        assert row["standard_error_simulated"] == pytest.approx(row["standard_error"], rel=0.04)


@pytest.mark.parametrize("design", DESIGN_LIST, ids=NAMES)
def test_simulated_binary_power_agrees_with_the_closed_form(design):
    a = Assumptions.binary(0.5, 0.6, icc=0.05, cac=0.8)
    clusters = power.clusters_needed(design, a)
    row = simulation.simulate_cell(_cell(design, a, clusters), 2000, seed=3).iloc[0]
    assert abs(row["power_simulated"] - row["power"]) < 4 * row["power_mc_error"]


@pytest.mark.parametrize("clusters", [4, 8])
@pytest.mark.parametrize("design", OF_CLUSTERS, ids=[design.name for design in OF_CLUSTERS])
def test_size_is_kept_with_few_clusters_of_unequal_size(design, clusters):
    cell = _cell(design, Assumptions(effect=0, icc=0.1, cac=0.8, iac=0.35, cv=0.4), clusters)
    row = simulation.simulate_cell(cell, 20_000, seed=5).iloc[0]
    told = simulation.verdict(row["power_simulated"], row["power_mc_error"], 0.05)
    assert told == simulation.KEEPS


def test_unequal_sizes_cost_about_what_is_calculated():
    a = Assumptions(effect=0.45, icc=0.1, cv=0.5, cluster_size=20)
    cell = _cell(DESIGNS["parallel"], a, power.clusters_needed(DESIGNS["parallel"], a))
    row = simulation.simulate_cell(cell, 20_000, seed=7).iloc[0]
    assert row["power_simulated"] == pytest.approx(row["power"], abs=0.015)
    assert row["standard_error_simulated"] == pytest.approx(row["standard_error"], rel=0.03)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0.059, simulation.KEEPS),
        (0.0601, simulation.TOO_OFTEN),
        (0.041, simulation.KEEPS),
        (0.0399, simulation.CONSERVATIVE),
    ],
)
def test_a_size_is_judged_by_three_monte_carlo_errors(size, expected):
    assert simulation.verdict(size, 10 / 3000, 0.05) == expected


def test_continuous_cluster_means_have_the_stated_moments():
    a = Assumptions(effect=0, sd=2, icc=0.1, cac=0.7, iac=0.4, cluster_size=5)
    design = DESIGNS["baseline"]
    rng = np.random.default_rng(8)
    means = simulation.draw_continuous(design, a, np.zeros((2, 2)), np.full((20000, 2), 5.0), rng)
    found = np.cov(means[:, 0].T)
    lasting, passing = power.components(design, a)
    assert found == pytest.approx(lasting + passing * np.eye(2), rel=0.04)


def test_binary_cluster_means_have_the_stated_moments():
    # p 0.3, ICC 0.1, 10 people: variance 0.21 * (0.1 + 0.9 / 10) = 0.0399;
    # covariance between periods with CAC 1 and IAC 0.4: 0.21 * (0.1 + 0.9 * 0.4 / 10) = 0.02856.
    a = Assumptions.binary(0.3, 0.4, icc=0.1, cac=1, iac=0.4, cluster_size=10)
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
    a, design = Assumptions(effect=0.5, cac=0.8), DESIGNS["stepped-wedge"]
    first = simulation.simulate(design, a, 8, 50, 4)
    pd.testing.assert_frame_equal(first, simulation.simulate(design, a, 8, 50, 4))
    assert not first.equals(simulation.simulate(design, a, 8, 50, 5))


def test_chunks_hold_every_trial_once(monkeypatch):
    monkeypatch.setattr(simulation, "CHUNK_CELLS", 100)
    drawn = simulation.simulate(DESIGNS["stepped-wedge"], Assumptions(effect=0.5, cac=1), 8, 7, 4)
    assert len(drawn) == 7
    assert drawn["estimate"].nunique() == 7


def test_gathering_does_not_depend_on_the_order():
    cells = simulation.grid(effect=[0.4, 0.6], icc=0.05, cac=0.8).to_dict("records")
    results = [simulation.simulate_cell(cell, 20, seed=1) for cell in cells]
    pd.testing.assert_frame_equal(simulation.gather(results), simulation.gather(results[::-1]))


def test_a_cell_survives_being_written_to_csv(tmp_path):
    cells = simulation.grid(effect=0.4, icc=0.05, cac=0.8)
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
    design, a = stepped_wedge(3), Assumptions(effect=0.5, cac=1)
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
    # 5 Monte Carlo errors leave less than one false alarm in 10,000 grids.
    rest = {"icc": icc, "cac": cac, "iac": iac}
    for clusters in (6, 60):
        effect = power.detectable_effect(design, Assumptions(effect=1, **rest), clusters)
        cell = _cell(design, Assumptions(effect=effect, **rest), clusters)
        row = simulation.simulate_cell(cell, 20000, seed=12).iloc[0]
        assert abs(row["power_simulated"] - row["power"]) < 5 * row["power_mc_error"]


@pytest.mark.parametrize("name", ["parallel", "baseline", "stepped-wedge"])
@pytest.mark.parametrize(
    ("cv", "least", "most"),
    [(power.MOST_UNEQUAL, -0.03, 0.01), (0.7, -0.075, -0.025), (1, -0.2, -0.06)],
)
def test_the_harmonic_mean_serves_up_to_the_stated_inequality(name, cv, least, most):
    design = DESIGNS[name]
    a = Assumptions(effect=0.4, icc=0.05, cac=0.8, iac=0.35, cluster_size=10, cv=cv)
    clusters = power.clusters_needed(design, a)
    (row,) = simulation.simulate_cell(_cell(design, a, clusters), 20_000, 7).to_dict("records")
    assert least < row["power_simulated"] - row["power"] < most


def _simulated(*rows: tuple[str, float, float]) -> pd.DataFrame:
    """Cells of the pilot's four units: design, effect, share that rejects; error .002."""
    frame = pd.DataFrame(rows, columns=["design", "effect", "power_simulated"])
    supposed = {"icc": 0.05, "cac": 1.0, "iac": 0.0}
    return frame.assign(kind="pilot", alpha=0.05, power_mc_error=0.002, clusters=4, **supposed)


def test_a_test_that_rejects_too_often_shows_no_power_and_one_that_keeps_its_level_leads() -> None:
    cells = [("parallel", 0, 0.02), ("baseline", 0, 0.07), ("change", 0, 0.051)]
    cells += [(name, 0.5, 0.3) for name, *_ in cells]
    table = simulation.simulated_pilot(_simulated(*cells))
    assert table["design"].tolist() == ["change", "parallel", "baseline", "randomisation"]
    table = table.set_index("design")
    assert table["verdict"].to_dict() == {
        "change": "keeps its level",
        "parallel": "conservative",
        "baseline": "rejects too often",
        "randomisation": "conservative",
    }
    assert table.loc[["change", "parallel"], "power_0.5_low"].tolist() == [0.3, 0.3]
    assert math.isnan(table.loc["baseline", "power_0.5_high"])


def test_a_cell_that_rejects_too_often_shows_no_power_and_the_others_do() -> None:
    # Three errors above the level are 0.056.
    low = _simulated(("parallel", 0, 0.055), ("parallel", 0.5, 0.3))
    high = _simulated(("parallel", 0, 0.057), ("parallel", 0.5, 0.4)).assign(icc=0.2)
    cells = pd.concat([low, high], ignore_index=True)
    (row,) = simulation.simulated_pilot(cells).query("design == 'parallel'").to_dict("records")
    assert (row["cells"], row["barred"], row["verdict"]) == (2, 1, "keeps its level")
    assert (row["power_0.5_low"], row["power_0.5_high"]) == (0.3, 0.3)
    table = tables.sizes(simulation.sizes(cells, "pilot"))
    assert table["Test"].tolist() == ["keeps its level; rejects too often in 1 of 2 cells"]
    level = cells.assign(kind="level")
    for kind in ("equal", "unequal"):
        whole = pd.concat([level, cells.assign(kind=kind, power=0.3)], ignore_index=True)
        shown = {"equal": simulation.agreement, "unequal": simulation.unequal_sizes}
        assert len(shown[kind](whole)) == 1
        assert "cells" not in shown[kind](whole) or shown[kind](whole)["cells"].item() == 1


def test_a_randomisation_test_of_four_units_never_rejects() -> None:
    row = simulation.simulated_pilot(
        _simulated(("parallel", 0, 0.05), ("parallel", 0.5, 0.1))
    ).set_index("design")
    assert row.loc["randomisation", ["size_high", "power_0.5_high"]].tolist() == [0, 0]


def test_eight_units_have_a_randomisation_test_that_could_reject() -> None:
    cells = _simulated(("parallel", 0, 0.05), ("parallel", 0.5, 0.1)).assign(clusters=8)
    assert simulation.simulated_pilot(cells)["design"].tolist() == ["parallel"]


def test_the_effect_of_unequal_sizes_is_simulated_less_calculated() -> None:
    cells = _simulated(*(("parallel", 0.5, share) for share in (0.80, 0.79, 0.84)))
    cells = cells.assign(kind="unequal", power=0.81)
    (row,) = simulation.unequal_sizes(cells).to_dict("records")
    ends = [row["low"], row["median"], row["high"]]
    assert ends == pytest.approx([-0.02, -0.01, 0.03])
