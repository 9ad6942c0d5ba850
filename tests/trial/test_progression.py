"""Progression criteria: bands, intervals and band probabilities against closed forms."""

from math import asin, pi, sqrt

import pandas as pd
import pytest
from pydantic import ValidationError

from earlyhelp.study.design import Criterion
from earlyhelp.study.problems import InputError
from earlyhelp.trial import progression


def criterion(quantity, green, amber, red):
    return Criterion(
        quantity=quantity, label=quantity, green=green, amber=amber, red=red, reason="a test"
    )


ATTENDANCE = criterion("attendance", (0.8, 1), (0.6, 0.8), (0, 0.6))
CONTAMINATION = criterion("contamination", (0, 0.1), (0.1, 0.3), (0.3, 1))
SCORE = criterion("score", (4, 5), (3, 4), (1, 3))


@pytest.mark.parametrize(
    ("value", "band"),
    [(1, "green"), (0.8, "green"), (0.79, "amber"), (0.6, "amber"), (0.59, "red"), (0, "red")],
)
def test_a_shared_bound_belongs_to_the_better_band(value, band):
    assert progression.band(ATTENDANCE, value) == band


@pytest.mark.parametrize(
    ("value", "band"),
    [(0, "green"), (0.1, "green"), (0.11, "amber"), (0.3, "amber"), (0.31, "red")],
)
def test_low_values_can_be_the_good_ones(value, band):
    assert progression.band(CONTAMINATION, value) == band


def test_a_value_outside_every_band_is_refused():
    with pytest.raises(InputError, match="0 to 1"):
        progression.band(ATTENDANCE, 1.2)


def test_the_interval_is_clopper_pearson():
    # Closed form for no events: upper bound 1 - 0.025 ** (1 / n); for n = 10, 0.3085.
    row = progression.assess_proportion(CONTAMINATION, 0, 10)
    assert row["low"] == 0
    assert row["high"] == pytest.approx(1 - 0.025**0.1) == pytest.approx(0.3085, abs=5e-5)


def test_band_probabilities_of_a_proportion_are_those_of_the_jeffreys_posterior():
    # One success of one: Beta(3/2, 1/2), whose distribution function is
    # (2 / pi) (asin(sqrt(x)) - sqrt(x (1 - x))).
    def cdf(x):
        return 2 / pi * (asin(sqrt(x)) - sqrt(x * (1 - x)))

    row = progression.assess_proportion(ATTENDANCE, 1, 1)
    assert row["p_red"] == pytest.approx(cdf(0.6))
    assert row["p_amber"] == pytest.approx(cdf(0.8) - cdf(0.6))
    assert row["p_green"] == pytest.approx(1 - cdf(0.8))


def test_band_probabilities_turn_round_when_low_is_good():
    row = progression.assess_proportion(CONTAMINATION, 0, 40)
    assert row["p_green"] > 0.99 > 0.01 > row["p_red"]


def test_band_probabilities_of_a_mean_are_those_of_the_t_posterior():
    # Two people: the posterior is Cauchy with scale sd / sqrt(2); one scale off the centre has
    # probability 1/2 + 1/4 below it.
    scale = 1 / sqrt(2)
    score = criterion("score", (4, 5), (4 - scale, 4), (1, 4 - scale))
    row = progression.assess_mean(score, 4.0, 1.0, 2)
    assert row["p_green"] == pytest.approx(0.5)
    assert row["p_amber"] == pytest.approx(0.25)
    assert row["p_red"] == pytest.approx(0.25)


def test_the_interval_of_a_mean_is_the_t_interval():
    # t(0.975, 15) = 2.1314: 3.9 -+ 2.1314 * 0.8 / 4 = 3.4737 to 4.3263.
    row = progression.assess_mean(SCORE, 3.9, 0.8, 16)
    assert (row["low"], row["high"]) == pytest.approx((3.4737, 4.3263), abs=5e-5)


def test_every_criterion_gets_a_row():
    observed = pd.DataFrame(
        {"successes": [25, None], "total": [29, 16], "mean": [None, 3.9], "sd": [None, 0.8]},
        index=["attendance", "score"],
    )
    criteria = [ATTENDANCE, SCORE]
    table = progression.assess(criteria, observed)
    assert table["kind"].tolist() == ["proportion", "mean"]
    assert table["band"].tolist() == ["green", "amber"]
    assert table[["p_green", "p_amber", "p_red"]].sum(axis=1).tolist() == pytest.approx([1, 1])


def test_every_quantity_that_cannot_be_assessed_is_told():
    observed = pd.DataFrame({"successes": [30], "total": [29]}, index=["attendance"])
    with pytest.raises(InputError) as caught:
        progression.assess([ATTENDANCE, CONTAMINATION], observed)
    assert [p.found for p in caught.value.problems] == ["30 of 29", "contamination"]


@pytest.mark.parametrize(
    ("bands", "worst", "majority"),
    [
        (["green", "green", "green"], "green", "green"),
        (["green", "green", "amber"], "amber", "green"),
        (["green", "green", "red"], "red", "green"),
        (["green", "red"], "red", "amber"),
        (["red", "red", "amber"], "red", "red"),
    ],
)
def test_bands_combine_by_the_rule(bands, worst, majority):
    assert progression.combine(bands) == worst
    assert progression.combine(bands, "majority") == majority


def test_an_unknown_rule_or_band_is_told():
    with pytest.raises(InputError) as caught:
        progression.combine(["green", "blue"], "best")
    assert [p.column for p in caught.value.problems] == ["rule", "band"]


def test_the_chance_of_all_green_is_bounded_without_independence():
    # Fréchet: max(0, 0.9 + 0.8 - 1) to min(0.9, 0.8).
    table = pd.DataFrame({"p_green": [0.9, 0.8]})
    assert progression.chance_all_green(table) == pytest.approx((0.7, 0.8))


@pytest.mark.parametrize(
    ("green", "amber", "red"),
    [
        ((0.8, 1), (0.6, 0.7), (0, 0.6)),
        ((0.7, 1), (0.6, 0.8), (0, 0.6)),
        ((0.8, 1), (0, 0.6), (0.6, 0.8)),
        ((1, 0.8), (0.6, 0.8), (0, 0.6)),
        ((0.8, float("nan")), (0.6, 0.8), (0, 0.6)),
    ],
    ids=["gap", "overlap", "order", "empty", "nan"],
)
def test_bands_that_do_not_fit_together_are_refused(green, amber, red):
    with pytest.raises(ValidationError):
        criterion("attendance", green, amber, red)
