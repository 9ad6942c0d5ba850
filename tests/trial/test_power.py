"""Trial designs: against other software, other derivations and the textbook's limits.

The texts of Donner & Klar (2000), Hussey & Hughes (2007) and Teerenstra et al. (2012) could not be
opened, so no worked example is quoted from their pages. Printed values are those of software by the
same authors or for the same formulas; each says where it was read. Their formulas are checked
against derivations made here (usually generalised least squares on every single person, with the
covariance matrix written out).
"""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from earlyhelp.study.problems import InputError
from earlyhelp.trial import power
from earlyhelp.trial.power import DESIGNS, Assumptions, stepped_wedge

INDIVIDUAL, PARALLEL = DESIGNS["individual"], DESIGNS["parallel"]
BASELINE, WEDGE = DESIGNS["baseline"], DESIGNS["stepped-wedge"]
ANCOVA = DESIGNS["individual-baseline"]


# --- values printed by other software -------------------------------------------------------------


def test_parallel_power_agrees_with_the_manual_of_clusterpower():
    # R package clusterPower, help page of cpa.normal: 16 clusters in each arm of 10 people,
    # difference 1, ICC 0.1, total variance 5: power 0.801766.
    a = Assumptions(effect=1, sd=sqrt(5), icc=0.1, cluster_size=10)
    assert power.power(PARALLEL, a, 32) == pytest.approx(0.801766, abs=2e-6)
    assert power.clusters_needed(PARALLEL, a) == 32


def test_parallel_size_agrees_with_pass_and_the_nih_calculator():
    # clusterPower's tests give PASS 11 and the NIH group-randomised calculator: standardised
    # difference 0.4804988, ICC 0.05, 150 people: 5 clusters in each arm.
    a = Assumptions(effect=0.4804988, icc=0.05, cluster_size=150)
    assert power.clusters_needed(PARALLEL, a) == 10


def test_binary_power_agrees_with_pass():
    # clusterPower's tests give PASS 11: 10 % against 20 %, ICC 0.05, 13 clusters of 150 in each
    # arm, normal test: power 0.86. By hand: variance (0.09 + 0.16) * 8.45 / 1950 = 0.0010833,
    # ratio 3.038, power P(Z < 1.078) = 0.860.
    a = Assumptions.binary(0.1, 0.2, icc=0.05, cluster_size=150)
    assert power.power(PARALLEL, a, 26, few_clusters=False) == pytest.approx(0.860, abs=5e-4)


def test_stepped_wedge_size_agrees_with_the_manual_of_clusterpower():
    # clusterPower, help page of cpa.sw.normal (formula of Hooper et al. 2016): difference 1.5,
    # variance 16, ICC 0.2, CAC 0.8, 50 people, 5 steps: 1.288772 clusters at each step (found to
    # a tolerance of 1e-4), hence 2, 10 in all.
    design = stepped_wedge(5)
    a = Assumptions(effect=1.5, sd=4, icc=0.2, cac=0.8, cluster_size=50)
    quantiles = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    each = quantiles**2 * power.variance(design, a, 5) / 1.5**2
    assert each == pytest.approx(1.288772, abs=1e-4)
    assert power.clusters_needed(design, a, few_clusters=False) == 10


def test_gls_agrees_with_the_stepped_wedge_power_of_swsamp():
    # clusterPower's tests give SWSamp's HH.count (Baio et al. 2015, formula of Hussey & Hughes):
    # rates 1.75 and 1.575, 21 clusters crossing over 3, 4, 3, 4, 3, 4 at six steps, 30 people,
    # ICC 0.01: power 0.806856.
    residual = ((sqrt(1.75) + sqrt(1.575)) / 2) ** 2
    between = residual * 0.01 / 0.99
    exposure = np.repeat(np.array(stepped_wedge(6).exposure, float), [3, 4, 3, 4, 3, 4], axis=0)
    matrix = residual / 30 * np.eye(7) + between
    ratio = 0.175 / sqrt(power.gls_variance(exposure, matrix))
    assert stats.norm.cdf(ratio - stats.norm.ppf(0.975)) == pytest.approx(0.806856, abs=1e-6)


def test_parallel_size_agrees_with_stata():
    # sampsi 12 16, sd(5); sampclus, obsclus(10) rho(0.3), as reproduced by the tests of the R
    # package pwrcalc: 25 people in each arm become 93, or 19 clusters; 20 when the arms are equal.
    a = Assumptions(effect=4, sd=5, icc=0.3, cluster_size=10)
    assert power.clusters_needed(PARALLEL, a, few_clusters=False) == 20


# Lin et al. (2026), Table 2, as kept in inst/benchmarks/reference/table2_reference.csv of the R
# package stepwedgepower (github.com/AmandaLinLi/stepwedgepower): power of stepped wedges with new
# people in each period, ICC 0.01, normal test, by the calculator of Hemming et al. (2020) and by
# swCRTdesign, whose authors include Hughes (of Hussey & Hughes 2007).
LIN = [
    # sequences, clusters, people, (mean or proportion in control, intervention), Shiny, swCRTdesign
    (2, 10, 15, (1.0, 1.5), 0.829, 0.826),
    (2, 10, 50, (0.1, 0.2), 0.811, 0.799),
    (3, 15, 50, (0.05, 0.1), 0.857, 0.851),
    (2, 12, 50, (0.1, 0.2), 0.875, None),
]


@pytest.mark.parametrize(("sequences", "clusters", "people", "arms", "printed", "_"), LIN)
def test_stepped_wedge_agrees_with_the_calculator_of_hemming(
    sequences, clusters, people, arms, printed, _
):
    rest = {"icc": 0.01, "cluster_size": people}
    # Continuous: the SD of 1 is the total. Binary: the mean of both arms' variances.
    a = Assumptions(effect=0.5, **rest) if arms[0] == 1 else Assumptions.binary(*arms, **rest)
    found = power.power(stepped_wedge(sequences), a, clusters, few_clusters=False)
    assert found == pytest.approx(printed, abs=7e-4)


@pytest.mark.parametrize(("sequences", "clusters", "people", "arms", "_", "printed"), LIN[:3])
def test_stepped_wedge_agrees_with_the_package_of_hughes(
    sequences, clusters, people, arms, _, printed
):
    # swPwr adds the between-cluster variance to that of one person, which is 1, or for
    # proportions p (1 - p) at their mean (help page of swPwr, swCRTdesign).
    mean = sum(arms) / 2
    residual = 1 if arms[0] == 1 else mean * (1 - mean)
    sd = sqrt(residual / 0.99)
    a = Assumptions(effect=arms[1] - arms[0], sd=sd, icc=0.01, cluster_size=people)
    found = power.power(stepped_wedge(sequences), a, clusters, few_clusters=False)
    assert found == pytest.approx(printed, abs=5e-4)


# --- independent derivations ----------------------------------------------------------------------


def _person_level_variance(design, a, clusters):
    """Variance of the effect by least squares on all people, covariance written out."""
    m, periods = int(a.cluster_size), design.periods
    exposure = power.exposure_matrix(design, clusters)
    cluster, period, person = (
        index.ravel() for index in np.indices((clusters, periods, m), sparse=False)
    )

    def same(*what):
        return np.logical_and.reduce([np.equal.outer(index, index) for index in what]).astype(float)

    covariance = a.sd**2 * (
        a.icc * a.cac * same(cluster)
        + a.icc * (1 - a.cac) * same(cluster, period)
        + (1 - a.icc) * a.iac * same(cluster, person)
        + (1 - a.icc) * (1 - a.iac) * same(cluster, period, person)
    )
    columns = np.column_stack([np.eye(periods)[period], exposure[cluster, period]])
    return np.linalg.inv(columns.T @ np.linalg.solve(covariance, columns))[-1, -1]


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, WEDGE, stepped_wedge(3)])
@pytest.mark.parametrize("iac", [0.0, 0.4])
def test_variance_is_that_of_least_squares_on_every_person(design, iac):
    a = Assumptions(effect=1, sd=2, icc=0.1, cac=0.7, iac=iac, cluster_size=5)
    expected = _person_level_variance(design, a, 9)
    assert power.variance(design, a, 9) == pytest.approx(expected, rel=1e-9)


def test_gls_is_the_closed_form_of_hussey_and_hughes():
    # Hussey & Hughes (2007), written with their U, V and W; sequences of unequal size.
    exposure = np.repeat(np.array(stepped_wedge(4).exposure, float), [1, 3, 2, 1], axis=0)
    clusters, periods = exposure.shape
    between, within = 0.3, 0.2
    u, w, v = exposure.sum(), (exposure.sum(0) ** 2).sum(), (exposure.sum(1) ** 2).sum()
    expected = (clusters * within * (within + periods * between)) / (
        (clusters * u - w) * within
        + (u**2 + clusters * periods * u - periods * w - clusters * v) * between
    )
    matrix = within * np.eye(periods) + between
    assert power.gls_variance(exposure, matrix) == pytest.approx(expected, rel=1e-12)


def test_stepped_wedge_agrees_with_the_design_effect_of_woertman():
    # Woertman et al. (2013, J Clin Epidemiol 66:752-758) with k steps and one baseline and one
    # later measurement of n people each (b = t = 1); relative to an individually randomised trial
    # with the total number of observations, which is 4 sd^2 / (people per period) over k + 1.
    k, n, icc = 4, 12, 0.08
    effect = (1 + icc * (k * n + n - 1)) / (1 + icc * (k * n / 2 + n - 1))
    effect *= 3 * (1 - icc) / (2 * (k - 1 / k))
    a = Assumptions(effect=1, icc=icc, cluster_size=n)
    assert power.variance(WEDGE, a, 8) == pytest.approx(effect * 4 / (8 * n), rel=1e-12)


@given(
    design=st.sampled_from([PARALLEL, BASELINE, WEDGE, stepped_wedge(7)]),
    icc=st.floats(0, 0.9),
    cac=st.floats(0, 1),
    iac=st.floats(0, 0.95),
    size=st.floats(1, 60),
    cv=st.floats(0, 1),
)
def test_engine_and_closed_forms_agree(design, icc, cac, iac, size, cv):
    a = Assumptions(effect=1, icc=icc, cac=cac, iac=iac, cluster_size=size, cv=cv)
    expected = power.closed_form_variance(design, a, 28)
    assert power.variance(design, a, 28) == pytest.approx(expected, rel=1e-6)


def test_ancova_saves_the_square_of_the_correlation_of_cluster_means():
    # Teerenstra et al. (2012). By hand with m 10, ICC 0.05, CAC 0.8, IAC 0.4:
    # r = (0.4 + 0.38) / 1.45 = 0.53793, so 1 - r^2 = 0.71063.
    a = Assumptions(effect=1, icc=0.05, cac=0.8, iac=0.4, cluster_size=10)
    ratio = power.variance(BASELINE, a, 20) / power.variance(PARALLEL, a, 20)
    assert ratio == pytest.approx(0.71063, abs=1e-5)


@pytest.mark.parametrize("r", [0.0, 0.3, 0.8])
def test_ancova_of_people_saves_the_square_of_their_correlation(r):
    # Borm et al. (2007), abstract: (1 - rho^2) n people have the power of n with a t test.
    a = Assumptions(effect=1, sd=2, icc=0.2, iac=r, cluster_size=10)
    ratio = power.variance(ANCOVA, a, 12) / power.variance(INDIVIDUAL, a, 12)
    assert ratio == pytest.approx(1 - r**2, rel=1e-12)


def test_ancova_of_people_is_that_of_statsmodels():
    # The residual variance of y on baseline and arm, in a sample where all moments are exact.
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    n, r = 40, 0.6
    arm = np.repeat([0.0, 1.0], n // 2)
    raw = np.column_stack([np.ones(n), arm, rng.normal(size=(n, 2))])
    noise = np.linalg.qr(raw)[0][:, 2:] * sqrt(n)  # exactly uncorrelated with arm and each other
    before, after = noise[:, 0], r * noise[:, 0] + sqrt(1 - r**2) * noise[:, 1]
    fit = sm.OLS(after, np.column_stack([np.ones(n), arm, before])).fit()
    expected = fit.normalized_cov_params[1, 1] * (1 - r**2)
    a = Assumptions(effect=1, iac=r, cluster_size=10)
    assert power.variance(ANCOVA, a, 4) == pytest.approx(expected, rel=1e-9)


def test_unequal_sizes_are_those_of_means_weighted_by_size():
    # Eldridge, Ashby & Kerry (2006): exact variance of an arm's weighted mean, by hand.
    sizes, icc = np.array([4.0, 8.0, 10.0, 18.0]), 0.07
    exact = (sizes**2 * (icc + (1 - icc) / sizes)).sum() / sizes.sum() ** 2
    equal = (icc + (1 - icc) / 10) / 4
    cv = sizes.std() / 10
    assert power.unequal_sizes(10, icc, cv) == pytest.approx(exact / equal, rel=1e-12)


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, WEDGE])
@pytest.mark.parametrize("icc", [0.01, 0.1, 0.4])
def test_unequal_sizes_are_conservative_for_least_squares(design, icc):
    sizes = np.tile([4.0, 8.0, 10.0, 18.0], 8)
    exposure = power.exposure_matrix(design, len(sizes))[np.argsort(np.arange(32) // 4 % 4)]
    information = np.zeros((design.periods + 1,) * 2)
    for row, size in zip(exposure, sizes, strict=True):
        a = Assumptions(effect=1, icc=icc, cac=0.8, cluster_size=size)
        columns = np.column_stack([np.eye(design.periods), row])
        information += columns.T @ np.linalg.solve(power.covariance(design, a), columns)
    optimal = np.linalg.inv(information)[-1, -1]
    cv = sizes.std() / sizes.mean()
    assumed = Assumptions(effect=1, icc=icc, cac=0.8, cluster_size=10, cv=cv)
    assert optimal <= power.variance(design, assumed, 32) * (1 + 1e-9)


# --- limits ---------------------------------------------------------------------------------------


def test_individual_power_is_the_two_sample_t_test():
    a = Assumptions(effect=0.5, cluster_size=16)
    expected = TTestIndPower().power(0.5, 32, 0.05)
    assert power.power(INDIVIDUAL, a, 4) == pytest.approx(expected, rel=1e-9)


def test_individual_power_without_correction_is_the_normal_test():
    a = Assumptions(effect=0.5, cluster_size=16)
    expected = NormalIndPower().power(0.5, 32, 0.05)
    assert power.power(INDIVIDUAL, a, 4, few_clusters=False) == pytest.approx(expected, rel=1e-9)


def test_no_clustering_needs_the_textbook_size():
    # 63.77 people in each arm (statsmodels, standardised effect 0.5, power 0.8): 64.
    a = Assumptions(effect=0.5, icc=0, cluster_size=1)
    expected = 2 * int(np.ceil(TTestIndPower().solve_power(0.5, power=0.8, alpha=0.05)))
    assert power.clusters_needed(PARALLEL, a) == expected == 128


@pytest.mark.parametrize("icc", [0.0, 0.3])
def test_clusters_of_one_person_are_individuals(icc):
    a = Assumptions(effect=0.5, icc=icc, cluster_size=1)
    assert power.variance(PARALLEL, a, 40) == pytest.approx(power.variance(INDIVIDUAL, a, 40))


def test_an_icc_of_zero_is_no_clustering():
    a = Assumptions(effect=0.5, icc=0, cluster_size=12)
    assert power.variance(PARALLEL, a, 10) == pytest.approx(power.variance(INDIVIDUAL, a, 10))


def test_stepped_wedge_with_full_autocorrelation_ignores_large_cluster_effects():
    # With CAC 1 the comparison within clusters does not see what clusters keep for good, so the
    # variance stays below that of the within part alone: (1 - icc) / m in place of the total.
    small = power.variance(WEDGE, Assumptions(effect=1, icc=0.5, sd=1), 12)
    large = power.variance(WEDGE, Assumptions(effect=1, icc=0.9, sd=sqrt(5)), 12)
    assert large == pytest.approx(small, rel=0.05)


def test_attrition_is_a_smaller_cluster():
    lost = Assumptions(effect=0.5, cluster_size=10, attrition=0.2)
    small = Assumptions(effect=0.5, cluster_size=8)
    assert power.variance(PARALLEL, lost, 12) == power.variance(PARALLEL, small, 12)


# --- size and detectable effect -------------------------------------------------------------------


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, WEDGE])
def test_clusters_needed_are_the_fewest(design):
    a = Assumptions(effect=0.4, icc=0.1, cac=0.8)
    clusters = power.clusters_needed(design, a, 0.9)
    assert power.power(design, a, clusters) >= 0.9
    assert power.power(design, a, clusters - design.sequences) < 0.9


@pytest.mark.parametrize("design", DESIGNS.values(), ids=list(DESIGNS))
def test_detectable_effect_has_the_power_asked_for(design):
    a = Assumptions(effect=1, sd=3, icc=0.05)
    effect = power.detectable_effect(design, a, 9, 0.85)
    found = power.power(design, Assumptions(effect=effect, sd=3, icc=0.05), 9)
    assert found == pytest.approx(0.85, abs=1e-9)


def test_few_clusters_cost_power():
    a = Assumptions(effect=1, icc=0.05)
    assert power.power(PARALLEL, a, 4) < power.power(PARALLEL, a, 4, few_clusters=False) - 0.2


def test_degrees_of_freedom_follow_the_stated_rule():
    rule = {name: power.degrees_of_freedom(design, 20) for name, design in DESIGNS.items()}
    assert rule == {
        "individual": 18,
        "individual-baseline": 17,
        "parallel": 18,
        "baseline": 17,
        "stepped-wedge": 18,
    }


def test_power_without_an_effect_is_the_significance_level():
    assert power.power(PARALLEL, Assumptions(effect=0), 12) == pytest.approx(0.05)


def test_uneven_numbers_are_dealt_out():
    # Nine teams in two arms are 5 and 4: variance sd^2 (1/50 + 1/40) without clustering.
    a = Assumptions(effect=1, icc=0, cluster_size=10)
    assert power.variance(PARALLEL, a, 9) == pytest.approx(1 / 50 + 1 / 40)


def test_the_stepped_wedge_starts_unexposed_and_ends_exposed():
    assert stepped_wedge(3).exposure == ((0, 1, 1, 1), (0, 0, 1, 1), (0, 0, 0, 1))


def test_individual_randomisation_counts_the_teams_that_hold_its_people():
    # 128 people (test above) in teams of 10, of whom 8 are followed up: 16 teams.
    a = Assumptions(effect=0.5, cluster_size=10, attrition=0.2)
    assert power.clusters_needed(INDIVIDUAL, a) == 16


def test_a_described_trial_counts_its_people_and_measurements():
    row = power.describe(WEDGE, Assumptions(effect=0.5, cluster_size=7), 8)
    assert (row["people_per_period"], row["measurements"]) == (56, 280)


def test_individual_autocorrelation_reproduces_the_correlation():
    iac = power.individual_autocorrelation(0.6, icc=0.05, cac=0.8)
    assert 0.05 * 0.8 + 0.95 * iac == pytest.approx(0.6)


def test_sweep_has_a_row_for_every_combination():
    table = power.sweep([PARALLEL, WEDGE], icc=[0.01, 0.1], effect=[0.3, 0.5], sd=[1, 1.2])
    assert len(table) == 16
    assert (table["power"] >= 0.8).all()
    assert not table.duplicated(["design", "icc", "effect", "sd"]).any()


def test_a_larger_sd_needs_more_clusters():
    table = power.sweep([PARALLEL], effect=0.5, sd=[1, 1.2])
    assert table["clusters"].is_monotonic_increasing
    assert table["clusters"].nunique() == 2


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"icc": 1.2}, "icc", "from 0 to below 1"),
        ({"icc": -0.1}, "icc", "from 0 to below 1"),
        ({"sd": -1}, "sd", "above 0"),
        ({"effect": float("nan")}, "effect", "-1000000 to 1000000"),
        ({"effect": "much"}, "effect", "-1000000 to 1000000"),
        ({"cluster_size": 0}, "cluster_size", "from 1 to"),
        ({"cluster_size": 1e308}, "cluster_size", "from 1 to 1000000"),
        ({"cv": -0.1}, "cv", "from 0 to 10"),
        ({"attrition": 1}, "attrition", "below 1"),
        ({"alpha": 0}, "alpha", "above 0"),
        ({"cac": 1.1}, "cac", "from 0 to 1"),
        ({"iac": 1}, "iac", "from 0 to below 1"),
    ],
)
def test_impossible_assumptions_name_the_parameter_and_its_range(values, name, expected):
    with pytest.raises(InputError) as caught:
        Assumptions(**{"effect": 0.5} | values)
    (problem,) = caught.value.problems
    assert problem.column == name
    assert expected in problem.expected


def test_all_problems_are_told_at_once():
    with pytest.raises(InputError) as caught:
        Assumptions.binary(0, 1.5, icc=2, cluster_size=0)
    assert [p.column for p in caught.value.problems] == [
        "control",
        "intervention",
        "icc",
        "cluster_size",
    ]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda a: power.power(PARALLEL, a, 1), "clusters"),
        (lambda a: power.power(PARALLEL, a, 10**9), "clusters"),
        (lambda a: power.clusters_needed(PARALLEL, Assumptions(effect=1e-300)), "effect"),
        (lambda a: power.clusters_needed(INDIVIDUAL, Assumptions(effect=1e-9)), "effect"),
        (lambda a: power.detectable_effect(PARALLEL, Assumptions(1, alpha=1e-6), 3, 0.95), "power"),
        (lambda a: power.power(PARALLEL, a, 2), "clusters"),
        (lambda a: power.power(WEDGE, a, 3), "clusters"),
        (lambda a: power.clusters_needed(PARALLEL, a, 1.0), "power"),
        (lambda a: power.clusters_needed(PARALLEL, a, 0.04), "power"),
        (lambda a: power.clusters_needed(PARALLEL, Assumptions(effect=0)), "effect"),
        (lambda a: power.detectable_effect(PARALLEL, a, 8, 0.01), "power"),
        (lambda a: stepped_wedge(1), "sequences"),
        (lambda a: power.individual_autocorrelation(0.99, 0.5, 0.2), "correlation"),
    ],
)
def test_impossible_trials_name_the_parameter(call, name):
    with pytest.raises(InputError) as caught:
        call(Assumptions(effect=0.5))
    assert [problem.column for problem in caught.value.problems] == [name]
