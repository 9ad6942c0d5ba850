"""Expected values by hand, from R, or from scipy's tests on data."""

from __future__ import annotations

import re
from statistics import mean, stdev
from typing import Any

import pytest
from helpers import run_check
from scipy import stats

from earlyhelp.published.checks.t_tests import (
    ChangeTests,
    Difference,
    PrintedTest,
    two_sample,
)
from earlyhelp.published.printed_tests import p_interval


def test_p_interval_is_that_of_the_t_distribution() -> None:
    # R: 2 * pt(-c(1.225, 1.215), 16) = 0.2383, 0.2420.
    assert p_interval("t", "1.22", ["16"], "either") == pytest.approx((0.2383, 0.2420), abs=5e-5)


def test_p_of_a_published_example_is_found() -> None:
    # statcheck manual: t(28) = 2.20, p = .03 is consistent, and .02 is one-sided.
    assert run_check(PrintedTest, t="2.20", df=28, p=".04").holds is True
    one_sided = run_check(PrintedTest, t="2.20", df=28, p=".02")
    assert one_sided.holds is False
    assert "one-sided" in one_sided.arithmetic[1]


def test_p_interval_ignores_the_sign() -> None:
    without = p_interval("t", "1.22", ["16"], "either")
    assert p_interval("t", "-1.22", ["16"], "either") == without


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        # t(38) = 2.22 has p = .0325.
        ({"t": "2.22", "df": "38", "p": "<.03"}, False),
        ({"t": "−2.22", "df": "38", "p": "p < ,05"}, True),
        ({"t": "2,22", "df": "38", "p": "ns"}, False),
        ({"t": "1.80", "df": "40", "p": ".040"}, False),
        ({"t": "1.80", "df": "40", "p": ".040", "tails": 1}, True),
        ({"t": "2.31", "df": "27.83", "p": ".029"}, True),
    ],
)
def test_a_test_is_read_as_papers_print_it(given: dict[str, Any], holds: bool) -> None:
    assert run_check(PrintedTest, **given).holds is holds


@pytest.mark.parametrize(
    ("given", "holds", "told"),
    [
        # Of R: pf, pchisq, 2 * pt of r * sqrt(28 / (1 - r^2)), 2 * pnorm.
        ({"F": "4.10", "df": 1, "df2": 210, "p": ".044"}, True, "F(1, 210) = 4.10"),
        ({"F": "4.10", "df": 1, "df2": 210, "p": ".022"}, False, "one-sided"),
        ({"F": "2.20", "df": 2, "df2": 28, "p": ".065"}, False, "of the upper tail"),
        ({"chi2": "15.10", "df": 1, "p": ".000"}, True, "no p is 0: p < .001 is meant"),
        ({"chi2": "−1.0", "df": 1, "p": ".3"}, False, "there is no such chi2"),
        ({"r": ".36", "df": 28, "p": ".051"}, True, "r(28) = 0.36"),
        ({"z": "1.96", "p": ".05"}, True, "z = 1.96"),
        ({"Q": "12.1", "df": 5, "p": "> .05"}, False, "Q(5) = 12.1"),
        ({"t": "5.10", "df": 38, "p": "< .000"}, True, "no p is 0: p < .001 is meant"),
        ({"t": "5.10", "df": 38, "p": "0"}, True, "no p is 0"),
    ],
)
def test_every_kind_of_test_is_recomputed(given: dict[str, Any], holds: bool, told: str) -> None:
    verdict = run_check(PrintedTest, **given)
    assert verdict.holds is holds
    assert told in verdict.arithmetic[-1]


@pytest.mark.parametrize(
    "given",
    [
        {"df": 28},
        {"t": "1.0"},
        {"t": "1.0", "df": 28, "df2": 3},
        {"F": "1.0", "df": 28},
        {"z": "1.0", "df": 28},
        {"t": "1.0", "r": ".2", "df": 28},
    ],
)
def test_a_test_has_one_value_and_its_degrees_of_freedom(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of t, chi2, r or Q with df, F with df and df2, or z"):
        run_check(PrintedTest, p=".05", **given)


@pytest.mark.parametrize("t", ["0.05", "1.3", "2.24"])
def test_every_t_that_rounds_to_the_printed_one_has_its_p_inside(t: str) -> None:
    low, high = p_interval("t", t, ["9"], "either")
    decimals = len(t.partition(".")[2])
    step = 10.0**-decimals
    for part in range(-9, 10):
        exact = float(t) + part / 20 * step
        assert low <= 2 * stats.t.sf(exact, 9) <= high


def test_changes_of_opposite_direction_are_excluded() -> None:
    # t1/√n1 + r·t2/√n2 with both t large cannot give a small t between the arms.
    verdict = run_check(
        ChangeTests,
        first={"t": "3.00", "df": "9"},
        second={"t": "3.00", "df": "9"},
        between={"t": "0.00", "df": "18"},
    )
    assert verdict.holds is True
    assert "0.99 to 1.01 times" in verdict.arithmetic[1]
    assert "impossible" in verdict.arithmetic[2]


def test_three_t_values_that_no_spread_reconciles() -> None:
    verdict = run_check(
        ChangeTests,
        first={"t": "0.10", "df": "9"},
        second={"t": "0.10", "df": "9"},
        between={"t": "5.00", "df": "18"},
    )
    assert verdict.holds is False


def test_df_of_the_between_test_follow_from_the_pairs() -> None:
    tests = {"first": {"t": "3.00", "df": "9"}, "second": {"t": "3.00", "df": "9"}}
    assert run_check(ChangeTests, **tests, between={"t": "0.00", "df": "19"}).holds is False


def test_ratio_of_spreads_is_recovered_from_data() -> None:
    first, second = [1, 4, 2, 5, 3, 6], [0, 8, 2, 9, -3, 7, 5]
    t1, t2 = (stats.ttest_1samp(x, 0).statistic for x in (first, second))
    between = abs(stats.ttest_ind(first, second).statistic)
    verdict = run_check(
        ChangeTests,
        first={"t": f"{t1:.4f}", "df": "5"},
        second={"t": f"{t2:.4f}", "df": "6"},
        between={"t": f"{between:.4f}", "df": "11"},
    )
    ratio = stdev(second) / stdev(first)
    assert verdict.holds is True
    runs = re.findall(r"([0-9.]+) to ([0-9.]+)", verdict.arithmetic[1])
    assert any(float(low) <= ratio <= float(high) for low, high in runs)


def test_two_sample_is_that_of_scipy_on_data() -> None:
    first, second = [1, 4, 2, 5, 3, 6], [0, 8, 2, 9, -3, 7, 5]
    summary = [(len(x), mean(x), stdev(x)) for x in (first, second)]
    for pooled in (True, False):
        test = stats.ttest_ind(first, second, equal_var=pooled)
        expected = (test.statistic, test.df, test.pvalue)
        assert two_sample(*summary[0], *summary[1], pooled) == pytest.approx(expected)


def test_difference_of_arms_is_found_over_all_rounding() -> None:
    first, near = {"n": 20, "mean": "10.0", "sd": "2.0"}, {"n": 20, "mean": "9.9", "sd": "2.0"}
    assert run_check(Difference, first=first, second=near).holds is True
    far = {"n": 20, "mean": "7.0", "sd": "2.0"}
    assert run_check(Difference, first=first, second=far).holds is False


def test_difference_within_rounding_has_p_up_to_one() -> None:
    # 9.5 to 10.5 against 10.15 to 10.25: the means may be the same.
    first, second = {"n": 20, "mean": "10", "sd": "2.0"}, {"n": 20, "mean": "10.2", "sd": "2.0"}
    line = run_check(Difference, first=first, second=second).arithmetic[0]
    assert "|t| from 0.00" in line
    assert line.endswith("1.000")
