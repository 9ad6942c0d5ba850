"""Trial designs: against other software, other derivations and the textbook's limits.

The texts of Donner & Klar (2000), Hussey & Hughes (2007) and Teerenstra et al. (2012) could not be
opened, so no worked example is quoted from their pages. Printed values are those of software by the
same authors or for the same formulas; each says where it was read. Their formulas are checked
against derivations made here (usually generalised least squares on every single person, with the
covariance matrix written out).
"""

from dataclasses import replace
from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from earlyhelp.study.problems import InputError
from earlyhelp.trial import power
from earlyhelp.trial.assumptions import (
    ALIKE,
    DESIGNS,
    Assumptions,
    allocated,
    individual_autocorrelation,
    stepped_wedge,
)

INDIVIDUAL, PARALLEL = DESIGNS["individual"], DESIGNS["parallel"]
BASELINE, WEDGE = DESIGNS["baseline"], DESIGNS["stepped-wedge"]
ANCOVA, CHANGE = DESIGNS["individual-baseline"], DESIGNS["change"]
OF_CLUSTERS = [PARALLEL, BASELINE, CHANGE, WEDGE]
NAMES = [design.name for design in OF_CLUSTERS]


def gls_variance(exposure, counts, lasting, passing):
    return 1 / sum(power.information(np.array(exposure, float), counts, lasting, passing))


def normal_power(design, a, clusters):
    """Power of the normal test, as if variances were known."""
    ratio = abs(a.effect) / sqrt(power.variance(design, a, clusters))
    limit = stats.norm.ppf(1 - a.alpha / 2)
    return stats.norm.cdf(ratio - limit) + stats.norm.cdf(-ratio - limit)


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
    # clusterPower's tests give PASS 11: 10% against 20%, ICC 0.05, 13 clusters of 150 in each
    # arm, normal test: power 0.86. By hand: variance (0.09 + 0.16) * 8.45 / 1950 = 0.0010833,
    # ratio 3.038, power P(Z < 1.078) = 0.860.
    a = Assumptions.binary(0.1, 0.2, icc=0.05, cluster_size=150)
    assert normal_power(PARALLEL, a, 26) == pytest.approx(0.860, abs=5e-4)


def test_stepped_wedge_size_agrees_with_the_manual_of_clusterpower():
    # clusterPower, help page of cpa.sw.normal (formula of Hooper et al. 2016): difference 1.5,
    # variance 16, ICC 0.2, CAC 0.8, 50 people, 5 steps: 1.288772 clusters at each step (found to
    # a tolerance of 1e-4), hence 2, 10 in all.
    design = stepped_wedge(5)
    a = Assumptions(effect=1.5, sd=4, icc=0.2, cac=0.8, cluster_size=50)
    quantiles = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    each = quantiles**2 * power.variance(design, a, 5) / 1.5**2
    assert each == pytest.approx(1.288772, abs=1e-4)
    assert normal_power(design, a, 5) < 0.8 <= normal_power(design, a, 10)


def test_gls_agrees_with_the_stepped_wedge_power_of_swsamp():
    # clusterPower's tests give SWSamp's HH.count (Baio et al. 2015, formula of Hussey & Hughes):
    # rates 1.75 and 1.575, 21 clusters crossing over 3, 4, 3, 4, 3, 4 at six steps, 30 people,
    # ICC 0.01: power 0.806856.
    residual = ((sqrt(1.75) + sqrt(1.575)) / 2) ** 2
    between = residual * 0.01 / 0.99
    counts = np.array([3, 4, 3, 4, 3, 4])
    ratio = 0.175 / sqrt(gls_variance(stepped_wedge(6).exposure, counts, between, residual / 30))
    assert stats.norm.cdf(ratio - stats.norm.ppf(0.975)) == pytest.approx(0.806856, abs=1e-6)


def test_parallel_size_agrees_with_stata():
    # sampsi 12 16, sd(5); sampclus, obsclus(10) rho(0.3), as reproduced by the tests of the R
    # package pwrcalc: 25 people in each arm become 93, or 19 clusters; 20 when the arms are equal.
    a = Assumptions(effect=4, sd=5, icc=0.3, cluster_size=10)
    assert normal_power(PARALLEL, a, 18) < 0.8 <= normal_power(PARALLEL, a, 20)


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
    rest = {"icc": 0.01, "cac": 1, "cluster_size": people}
    # Continuous: the SD of 1 is the total. Binary: the mean of both arms' variances.
    a = Assumptions(effect=0.5, **rest) if arms[0] == 1 else Assumptions.binary(*arms, **rest)
    found = normal_power(stepped_wedge(sequences), a, clusters)
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
    a = Assumptions(effect=arms[1] - arms[0], sd=sd, icc=0.01, cac=1, cluster_size=people)
    found = normal_power(stepped_wedge(sequences), a, clusters)
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
    found = gls_variance(stepped_wedge(4).exposure, np.array([1, 3, 2, 1]), between, within)
    assert found == pytest.approx(expected, rel=1e-12)


def test_stepped_wedge_agrees_with_the_design_effect_of_woertman():
    # Woertman et al. (2013, J Clin Epidemiol 66:752-758) with k steps and one baseline and one
    # later measurement of n people each (b = t = 1); relative to an individually randomised trial
    # with the total number of observations, which is 4 sd^2 / (people per period) over k + 1.
    k, n, icc = 4, 12, 0.08
    effect = (1 + icc * (k * n + n - 1)) / (1 + icc * (k * n / 2 + n - 1))
    effect *= 3 * (1 - icc) / (2 * (k - 1 / k))
    a = Assumptions(effect=1, icc=icc, cac=1, cluster_size=n)
    assert power.variance(WEDGE, a, 8) == pytest.approx(effect * 4 / (8 * n), rel=1e-12)


def design_effect(design, r):
    """Effect of measuring repeatedly, r being the correlation of a cluster's means."""
    if design is WEDGE or design.sequences > 2:  # Hooper et al. (2016), S sequences
        s = design.sequences
        return 3 * s * (1 - r) * (1 + s * r) / ((s**2 - 1) * (2 + s * r))
    return {"means": 1, "ancova": 1 - r**2, "change": 2 * (1 - r)}[design.analysis]


@given(
    design=st.sampled_from([*OF_CLUSTERS, stepped_wedge(7)]),
    icc=st.floats(0, 0.9),
    cac=st.floats(0, 1),
    iac=st.floats(0, 0.95),
    size=st.floats(1, 60),
)
def test_variance_is_that_of_the_published_closed_forms(design, icc, cac, iac, size):
    # Donner & Klar (2000), Teerenstra et al. (2012), Hooper et al. (2016).
    a = Assumptions(effect=1, icc=icc, cac=cac, iac=iac, cluster_size=size)
    clustering = 1 + (size - 1) * icc
    r = (size * icc * cac + (1 - icc) * iac) / clustering
    expected = 4 / (28 * size) * clustering * design_effect(design, r)
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


def test_unequal_sizes_are_those_of_unweighted_means():
    # By hand: an arm's mean of four unit means has variance (icc + (1 - icc) mean(1 / m)) / 4; to
    # the second order mean(1 / m) is (1 + cv^2) / m, here 0.126 instead of 0.133.
    sizes, icc = np.array([4.0, 8.0, 10.0, 18.0]), 0.07
    exact = 2 * (icc + (1 - icc) * (1 / sizes).mean()) / 4
    a = Assumptions(effect=1, icc=icc, cluster_size=10, cv=sizes.std() / 10)
    assert power.variance(PARALLEL, a, 8) == pytest.approx(exact, rel=0.05)


def test_unweighted_means_differ_from_the_factor_of_eldridge():
    # Eldridge, Ashby & Kerry (2006) weight means by size: 1 + ((cv^2 + 1) m - 1) icc. It costs more
    # where clusters differ, for large ones count for more than they tell; unweighted means cost
    # more where they do not, for small ones count for as much as large ones.
    def ratio(icc):
        a = Assumptions(effect=1, icc=icc, cluster_size=10, cv=0.6)
        weighted = 4 / (8 * 10) * (1 + ((0.6**2 + 1) * 10 - 1) * icc)
        return power.variance(PARALLEL, a, 8) / weighted

    assert ratio(0) == pytest.approx(1 + 0.6**2)
    assert ratio(0.3) < 0.9


# --- few clusters ---------------------------------------------------------------------------------


def test_ancova_power_is_the_mean_over_the_imbalance_at_baseline():
    # Shieh (2020), by another integral: noncentral t given an F variable with 1 and k - 2 degrees.
    a = Assumptions(effect=0.9, icc=0.05, cac=0.8, iac=0.35, cluster_size=10)
    for clusters in (5, 8, 12):
        df, ratio = clusters - 3, 0.9 / sqrt(power.variance(BASELINE, a, clusters))
        critical = stats.t.ppf(0.975, df)

        def rejects(t, df=df, ratio=ratio, critical=critical):
            # t**2 is that F variable.
            shift = ratio / sqrt(1 + t**2 / (df + 1))
            tails = stats.nct.sf(critical, df, shift) + stats.nct.sf(critical, df, -shift)
            return tails * stats.t.pdf(t, df + 1)

        expected = integrate.quad(rejects, -np.inf, np.inf)[0]
        assert power.power(BASELINE, a, clusters) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("design", "effect", "expected"),
    [
        # Lowest and highest of 40,000 simulated trials a cell, analysed by another program (least
        # squares of four unit means, t test of their change); 10.01 people in each.
        (BASELINE, 0.2, (0.052, 0.067)),
        (BASELINE, 0.3, (0.054, 0.084)),
        (BASELINE, 0.5, (0.064, 0.127)),
        (CHANGE, 0.2, (0.054, 0.092)),
        (CHANGE, 0.3, (0.062, 0.146)),
        (CHANGE, 0.5, (0.076, 0.289)),
    ],
)
def test_power_of_four_units_is_that_of_simulated_analyses(design, effect, expected):
    found = [
        power.power(design, Assumptions(effect, icc=icc, cac=cac, iac=iac, cluster_size=10.01), 4)
        for icc, cac, iac in product((0.01, 0.05, 0.3), (0.5, 0.8, 1), (0, 0.35, 0.7))
    ]
    assert (min(found), max(found)) == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize(("clusters", "simulated"), [(12, 0.600), (16, 0.768)])
def test_ancova_power_is_that_of_simulated_analyses(clusters, simulated):
    # By the same program as above.
    a = Assumptions(effect=0.5, icc=0.05, cac=0.8, iac=0.35, cluster_size=10)
    assert power.power(BASELINE, a, clusters) == pytest.approx(simulated, abs=0.01)


def test_stepped_wedge_power_is_near_that_of_a_mixed_model():
    # lme4 with random clusters and cluster-periods, Satterthwaite's degrees of freedom by lmerTest,
    # 250 trials: power .824 (Monte Carlo error .024), size .052. By the degrees of freedom of
    # clusters less two it had .70 and .016.
    a = Assumptions(effect=0.5, icc=0.05, cac=0.8, cluster_size=10)
    assert power.power(WEDGE, a, 8) == pytest.approx(0.824, abs=2 * 0.024)
    assert power.power(WEDGE, replace(a, effect=0), 8) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("clusters", [4, 5, 6, 7, 8, 12, 24])
@pytest.mark.parametrize("sequences", [2, 4, 6])
def test_stepped_wedge_keeps_its_size_wherever_the_information_lies(sequences, clusters, share):
    if clusters >= sequences:
        test = power.t_test(stepped_wedge(sequences), clusters, 0.05, share)
        assert 0.044 < test.rejects(0) < 0.0545


@pytest.mark.parametrize("design", OF_CLUSTERS, ids=NAMES)
@pytest.mark.parametrize("clusters", [4, 5, 8, 30])
def test_power_without_an_effect_is_the_level(design, clusters):
    a = Assumptions(effect=0, icc=0.05, cac=0.8, iac=0.3, cv=0.4)
    # The stepped wedge's degrees of freedom are estimated.
    error = 0.003 if design is WEDGE else 1e-9
    assert power.power(design, a, clusters) == pytest.approx(0.05, abs=error)


def test_with_many_clusters_the_t_test_is_the_normal_test():
    for design in DESIGNS.values():
        a = Assumptions(effect=0.01, icc=0.05, cac=0.8, iac=0.3)
        many = normal_power(design, a, 40_000)
        assert power.power(design, a, 40_000) == pytest.approx(many, abs=1e-3)


def test_half_width_is_that_of_the_interval():
    # By hand: two arms of two unit means with variance 0.145, SE 0.38079; the expected root of a
    # chi-squared variable with 2 df over 2 is sqrt(pi) / 2; t(2) is 4.30265.
    a = Assumptions(effect=0, icc=0.05, cluster_size=10)
    expected = sqrt(0.145) * sqrt(np.pi) / 2 * stats.t.ppf(0.975, 2)
    assert power.half_width(PARALLEL, a, 4) == pytest.approx(expected, rel=1e-8)


def test_half_width_of_ancova_is_that_of_drawn_trials():
    from earlyhelp.trial import simulation

    a = Assumptions(effect=0.3, icc=0.05, cac=0.8, iac=0.35)
    for design in (BASELINE, WEDGE):
        drawn = simulation.simulate(design, a, 8, 20_000, 1)
        widths = drawn["standard_error"] * stats.t.ppf(0.975, drawn["df"])
        assert power.half_width(design, a, 8) == pytest.approx(widths.mean(), rel=0.015)


@pytest.mark.parametrize(
    ("design", "count", "expected"),
    [
        # 6 ways of choosing 2 of 4, mirrored; 10 of choosing 3 of 5; 70 of choosing 4 of 8,
        # mirrored.
        (PARALLEL, 4, 1 / 3),
        (PARALLEL, 5, 1 / 10),
        (BASELINE, 8, 1 / 35),
        (WEDGE, 4, 1 / 24),
        (PARALLEL, 10**6, 0),
    ],
)
def test_smallest_p_counts_the_ways_of_drawing_lots(design, count, expected):
    assert power.smallest_p(design, count) == pytest.approx(expected)


def test_two_teams_for_one_cost_an_eighth_of_the_precision():
    # By hand: 1/n1 + 1/n2 is 4/24 with 12 and 12, and 4.5/24 with 8 and 16.
    a = Assumptions(effect=0.5, cac=0.8, iac=0.3)
    for design in (PARALLEL, BASELINE, CHANGE):
        unequal = allocated(design, 1, 2)
        ratio = power.variance(unequal, a, 24) / power.variance(design, a, 24)
        assert ratio == pytest.approx(9 / 8)
        assert power.clusters_needed(unequal, a) % 3 == 0


def test_lots_of_unequal_arms_are_counted():
    # Two of six: 15 ways, none of them mirrored.
    assert power.smallest_p(allocated(PARALLEL, 1, 2), 6) == pytest.approx(1 / 15)


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, CHANGE])
def test_few_units_come_with_a_caution(design):
    a = Assumptions(effect=0.5, cac=0.8)
    noted = [bool(power.describe(design, a, clusters)["note"]) for clusters in (4, 6, 8, 30)]
    assert noted == [True, True, False, False]


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, DESIGNS["stepped-wedge"]])
def test_sizes_that_differ_too_much_come_with_a_caution(design):
    noted = [
        power.describe(design, Assumptions(effect=0.5, cac=0.8, cv=cv), 40)["note"]
        for cv in (0, power.MOST_UNEQUAL, 0.51, 1)
    ]
    assert [bool(note) for note in noted] == [False, False, True, True]
    assert noted[-1].startswith("cv 1: ")


def test_people_do_not_differ_in_size():
    a = Assumptions(effect=0.5, cv=1)
    assert power.describe(DESIGNS["individual"], a, 40)["note"] == ALIKE


# --- precision as a goal --------------------------------------------------------------------------


@pytest.mark.parametrize("design", [PARALLEL, BASELINE, CHANGE, DESIGNS["stepped-wedge"]])
@pytest.mark.parametrize("width", [0.2, 0.5])
def test_the_fewest_clusters_for_a_width(design, width):
    a = Assumptions(effect=0, cac=0.8, iac=0.3, icc=0.1)
    found = power.clusters_for_width(design, a, width)
    assert power.half_width(design, a, found) <= width
    fewer = found - design.sequences
    assert fewer < design.fewest or power.half_width(design, a, fewer) > width


def test_a_width_out_of_reach_is_refused():
    with pytest.raises(InputError, match="half_width"):
        power.clusters_for_width(PARALLEL, Assumptions(effect=0), 1e-5)


# --- what cannot be -------------------------------------------------------------------------------


@given(
    design=st.sampled_from(list(DESIGNS.values())),
    icc=st.floats(0, 0.9),
    cac=st.floats(0, 1),
    iac=st.floats(0, 0.95),
    cv=st.floats(0, 1),
    effect=st.floats(0, 2),
    shares=st.tuples(st.floats(0, 0.85), st.floats(0, 0.85)),
    clusters=st.integers(2, 8),
)
def test_more_attrition_and_fewer_clusters_never_give_more_power(
    design, icc, cac, iac, cv, effect, shares, clusters
):
    less, more = sorted(shares)
    few = 4 * clusters if design.sequences == 4 else 2 * clusters
    a = Assumptions(effect, icc=icc, cac=cac, iac=iac, cv=cv, attrition=less)
    found = power.power(design, a, few)
    # The level of the stepped wedge's test, and so its power, goes a little up and down.
    slack = 0.006 if design is WEDGE else 1e-9
    assert power.power(design, replace(a, attrition=more), few) <= found + slack
    assert found <= power.power(design, a, few + design.sequences) + slack


@pytest.mark.parametrize(("size", "attrition"), [(10, 0.95), (1, 0.01)])
def test_attrition_that_leaves_nobody_is_refused(size, attrition):
    with pytest.raises(InputError) as caught:
        Assumptions(effect=1, cluster_size=size, attrition=attrition)
    (problem,) = caught.value.problems
    assert problem.column == "attrition"
    assert f"{size} people" in problem.found


@pytest.mark.parametrize("design", [BASELINE, CHANGE, WEDGE])
def test_clusters_measured_repeatedly_need_their_autocorrelation(design):
    for call in (power.clusters_needed, lambda *given: power.power(*given, clusters=12)):
        with pytest.raises(InputError) as caught:
            call(design, Assumptions(effect=0.5))
        assert [problem.column for problem in caught.value.problems] == ["cac"]


def test_what_a_design_ignores_is_not_told():
    a = Assumptions(effect=0.5, cac=0.8, iac=0.3, cv=0.2)
    told = {
        name: {field for field in ("icc", "cac", "iac", "cv") if row[field] is not None}
        for name, design in DESIGNS.items()
        if (row := power.describe(design, a, 12))
    }
    assert told["individual"] == set()
    assert told["individual-baseline"] == {"iac"}
    assert told["parallel"] == {"icc", "cv"}
    assert told["baseline"] == told["stepped-wedge"] == {"icc", "cac", "iac", "cv"}


@pytest.mark.parametrize("design", DESIGNS.values(), ids=list(DESIGNS))
def test_power_does_not_depend_on_what_a_design_ignores(design):
    a = Assumptions(effect=0.5, icc=0.05, cac=0.8, iac=0.3, cv=0.2)
    other = {"icc": 0.3, "cac": 0.1, "iac": 0.8, "cv": 0.7}
    changed = replace(a, **{name: other[name] for name in design.ignores})
    assert power.power(design, changed, 12) == power.power(design, a, 12)


# --- limits ---------------------------------------------------------------------------------------


def test_individual_power_is_the_two_sample_t_test():
    a = Assumptions(effect=0.5, cluster_size=16)
    expected = TTestIndPower().power(0.5, 32, 0.05)
    assert power.power(INDIVIDUAL, a, 4) == pytest.approx(expected, rel=1e-9)


def test_individual_power_without_correction_is_the_normal_test():
    a = Assumptions(effect=0.5, cluster_size=16)
    expected = NormalIndPower().power(0.5, 32, 0.05)
    assert normal_power(INDIVIDUAL, a, 4) == pytest.approx(expected, rel=1e-9)


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
    small = power.variance(WEDGE, Assumptions(effect=1, icc=0.5, cac=1, sd=1), 12)
    large = power.variance(WEDGE, Assumptions(effect=1, icc=0.9, cac=1, sd=sqrt(5)), 12)
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
    a = Assumptions(effect=1, sd=3, icc=0.05, cac=0.8)
    effect = power.detectable_effect(design, a, 9, 0.85)
    found = power.power(design, replace(a, effect=effect), 9)
    assert found == pytest.approx(0.85, abs=1e-9)


def test_few_clusters_cost_power():
    a = Assumptions(effect=1, icc=0.05)
    assert power.power(PARALLEL, a, 4) < normal_power(PARALLEL, a, 4) - 0.2


def test_degrees_of_freedom_are_those_of_the_analysis():
    tests = {name: power.t_test(design, 20, 0.05, 0.5) for name, design in DESIGNS.items()}
    wedge = tests.pop("stepped-wedge")
    assert {name: test.df for name, test in tests.items()} == {
        "individual": 18,
        "individual-baseline": 17,
        "parallel": 18,
        "baseline": 17,
        "change": 18,
    }
    # Between units 18, within them 19 * 4 - 1 = 75; precisions count 14/18 and 71/75 of themselves.
    weight = 14 / 18 / (14 / 18 + 71 / 75)
    assert wedge.df == pytest.approx(1 / (weight**2 / 18 + (1 - weight) ** 2 / 75))


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
    row = power.describe(WEDGE, Assumptions(effect=0.5, cac=1, cluster_size=7), 8)
    assert (row["people_per_period"], row["measurements"]) == (56, 280)


def test_individual_autocorrelation_reproduces_the_correlation():
    iac = individual_autocorrelation(0.6, icc=0.05, cac=0.8)
    assert 0.05 * 0.8 + 0.95 * iac == pytest.approx(0.6)


def test_sweep_has_a_row_for_every_combination():
    table = power.sweep([PARALLEL, WEDGE], icc=[0.01, 0.1], effect=[0.3, 0.5], sd=[1, 1.2], cac=1)
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
        (lambda a: power.power(BASELINE, a, 3), "clusters"),
        (lambda a: power.clusters_needed(PARALLEL, a, 1.0), "power"),
        (lambda a: power.clusters_needed(PARALLEL, a, 0.04), "power"),
        (lambda a: power.clusters_needed(PARALLEL, Assumptions(effect=0)), "effect"),
        (lambda a: power.detectable_effect(PARALLEL, a, 8, 0.01), "power"),
        (lambda a: stepped_wedge(1), "sequences"),
        (lambda a: individual_autocorrelation(0.99, 0.5, 0.2), "correlation"),
    ],
)
def test_impossible_trials_name_the_parameter(call, name):
    with pytest.raises(InputError) as caught:
        call(Assumptions(effect=0.5))
    assert [problem.column for problem in caught.value.problems] == [name]
