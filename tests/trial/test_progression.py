"""Progression criteria: bands, intervals and band probabilities against closed forms."""

from itertools import product
from math import asin, comb, isnan, pi, sqrt

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


def test_the_interval_of_a_mean_stays_on_its_scale():
    # 4.9 -+ 3.1824 * 0.5 / 2 = 4.1044 to 5.6956; no mean of answers from 1 to 5 is above 5.
    row = progression.assess_mean(SCORE, 4.9, 0.5, 4)
    assert (row["low"], row["high"]) == pytest.approx((4.1044, 5), abs=5e-5)
    assert row["p_green"] + row["p_amber"] + row["p_red"] == pytest.approx(1)


def test_a_design_effect_leaves_fewer_people():
    # Four times the design effect is a quarter of the people with the same share and spread.
    assert progression.assess_proportion(ATTENDANCE, 32, 40, design_effect=4) == pytest.approx(
        progression.assess_proportion(ATTENDANCE, 8, 10) | {"total": 40}
    )
    assert progression.assess_mean(SCORE, 3.9, 0.8, 64, design_effect=4) == pytest.approx(
        progression.assess_mean(SCORE, 3.9, 0.8, 16) | {"total": 64}
    )
    alike = progression.assess_mean(SCORE, 3.9, 0.8, 4, design_effect=4)
    assert isnan(alike["low"])


def test_an_upper_bound_has_the_bands_up_to_it_and_nothing_else():
    row = progression.at_most(ATTENDANCE, 18, 24)
    assert (row["best"], row["worst"]) == ("amber", "red")
    assert all(isnan(row[name]) for name in ("low", "high", "p_green", "p_amber", "p_red"))
    row = progression.at_most(ATTENDANCE, 22, 24)
    assert (row["best"], row["worst"]) == ("green", "red")
    # Of what is unwanted at most a twentieth is green for certain.
    row = progression.at_most(CONTAMINATION, 1, 20)
    assert (row["best"], row["worst"]) == ("green", "green")


def test_bounds_settle_the_rule_where_they_can():
    table = pd.DataFrame({"best": ["green", "amber"], "worst": ["red", "amber"]})
    assert progression.all_together(table, "worst") == ["amber", "red"]
    table.loc[1] = "red"
    assert progression.all_together(table, "worst") == ["red"]
    assert progression.all_together(table, "majority") == ["amber", "red"]


@pytest.mark.parametrize(
    ("value", "beside"),
    [(4.0, "amber"), (4.0049, "amber"), (3.996, "green"), (4.02, ""), (3.0, "red"), (5.0, "")],
)
def test_a_mean_on_a_bound_has_a_band_beside(value, beside):
    # As shown, with two decimals, 3.996 is 4.00.
    assert progression.assess_mean(SCORE, value, 0.5, 20)["beside"] == beside


def test_a_share_is_on_a_bound_only_exactly():
    assert progression.assess_proportion(ATTENDANCE, 24, 30)["beside"] == "amber"
    assert progression.assess_proportion(ATTENDANCE, 801, 1000)["beside"] == ""


@pytest.mark.parametrize("rule", ["worst", "majority"])
def test_the_chance_of_green_is_that_of_all_outcomes(rule):
    # Every outcome of three small criteria, weighted by its probability and banded one by one.
    criteria = [ATTENDANCE, criterion("use", (0.7, 1), (0.5, 0.7), (0, 0.5)), CONTAMINATION]
    totals = [5, 4, 6]

    def brute(rate):
        chance = 0.0
        for counts in product(*(range(n + 1) for n in totals)):
            bands, weight = [], 1.0
            for one, k, n in zip(criteria, counts, totals, strict=True):
                true = 1 - rate if one is CONTAMINATION else rate
                bands.append(progression.band(one, k / n))
                weight *= comb(n, k) * true**k * (1 - true) ** (n - k)
            chance += weight * (progression.combine(bands, rule) == "green")
        return chance

    found = progression.operating_characteristics(criteria, totals, rule)
    assert found["chance"][:2].tolist() == pytest.approx([brute(0.9), brute(0.85)])


def test_the_chance_of_green_of_twelve_criteria():
    # The twelve shares of Rotherham's criteria, computed elsewhere: .53 and .07.
    bounds = [0.8, 0.7, 0.6, *[0.8] * 8, 0.7]
    totals = [29, 23, 17, 15, 29, 24, 25, 29, 24, 27, 18, 18]
    bands = [criterion(f"c{i}", (b, 1), (0.5, b), (0, 0.5)) for i, b in enumerate(bounds)]
    found = progression.operating_characteristics(bands, totals, "worst")
    assert found["chance"].round(2).tolist()[:2] == [0.53, 0.07]
    # All shares truly in amber or red: such a pilot never comes out green.
    assert found["chance"].iloc[2] < 1e-6


def test_the_people_needed_are_enough_from_there_on():
    found = progression.operating_characteristics([ATTENDANCE], [10], "worst", [0.9, 0.85, 0.7])
    for rate, people in zip(found["rate"][:2], found["people"][:2].astype(int), strict=True):
        chances = [
            sum(comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(n + 1) if k / n >= 0.8)
            for n in range(1, 300)
        ]
        # Where k / n jumps over the bound, one person more can make green less likely.
        assert chances[people - 2] < 0.8
        assert min(chances[people - 1 :]) >= 0.8
    # Below its bound, or on it, no number of people makes green likely.
    assert found["people"][2:].isna().all()


def test_every_criterion_gets_a_row():
    observed = pd.DataFrame(
        {"successes": [25, None], "total": [29, 16], "mean": [None, 3.9], "sd": [None, 0.8]},
        index=["attendance", "score"],
    )
    criteria = [ATTENDANCE, SCORE]
    table = progression.assess(criteria, observed)
    assert table["kind"].tolist() == ["proportion", "mean"]
    assert table["best"].tolist() == table["worst"].tolist() == ["green", "amber"]
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
