"""Totals that agree with printed figures, against hand calculation and exhaustive listing."""

from __future__ import annotations

import itertools
import statistics
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from earlyhelp import totals

# The report, section 3.2, therapeutic alliance.
INTERVENTION = {
    "baseline": {"n": 27, "mean": "69.2", "sd": "5.1"},
    "endline": {"n": 17, "mean": "70.5", "sd": "3.9"},
    "paired": {"t": "1.22", "p": "0.238"},
}
COMPARISON = {
    "baseline": {"n": 18, "mean": "66.3", "sd": "7.0"},
    "endline": {"n": 22, "mean": "66.9", "sd": "4.2"},
    "paired": {"t": "0.41", "p": "0.684"},
}
BETWEEN = {"t": "0.39", "p": "0.697"}


def rounded(value: float, digits: int) -> str:
    """Half-up; no value of these tests lies on a border."""
    return f"{value:.{digits}f}"


def test_a_printed_number_stands_for_what_rounds_to_it() -> None:
    assert totals.rounding_interval("0.41") == (Fraction(81, 200), Fraction(83, 200))


def test_sums_of_a_printed_mean() -> None:
    """69.15 x 27 = 1867.05 and 69.25 x 27 = 1869.75."""
    assert totals.possible_sums(INTERVENTION["baseline"], (12, 84)) == [1868, 1869]


def test_sums_between_limits_exclude_the_limits() -> None:
    """41 x 18 = 738 and 42 x 18 = 756."""
    sums = totals.possible_sums({"n": 18, "above": "41", "below": "42"}, (10, 50))
    assert sums == list(range(739, 756))


def test_sums_of_means_of_items() -> None:
    """4.195 x 80 = 335.6 and 4.205 x 80 = 336.4."""
    assert totals.possible_sums({"n": 16, "mean": "4.20"}, (5, 25), 5) == [336]


def test_squares_of_a_printed_sd_against_a_list_of_all_samples() -> None:
    for sample in itertools.combinations_with_replacement(range(1, 6), 4):
        low, high = totals.possible_squares({"n": 4, "sd": "1.3"}, sum(sample))
        agrees = rounded(statistics.stdev(sample), 1) == "1.3"
        assert (low <= sum(x * x for x in sample) <= high) == agrees, sample


def test_changes_of_a_printed_t_against_a_list_of_all_samples() -> None:
    """Four pairs with changes from -6 to 6; t(3) of 1.00 has p = .391."""
    listed = set()
    for sample in itertools.combinations_with_replacement(range(-6, 7), 4):
        if sum(sample) > 0 and len(set(sample)) > 1:
            test = stats.ttest_1samp(sample, 0)
            if (rounded(test.statistic, 2), rounded(test.pvalue, 3)) == ("1.00", "0.391"):
                listed.add((sum(sample), sum(x * x for x in sample)))
    changes = totals.possible_changes(4, {"t": "1.00", "p": "0.391"}, 6)
    assert listed and listed <= {(change.total, change.squares) for change in changes}


def test_the_printed_alliance_changes_leave_one_pair_of_sums() -> None:
    """Sums 23 of 17 and 10 of 16: the only ones with a pooled t of 0.39 and SDs up to 12."""
    contrasts = totals.possible_contrasts(
        totals.possible_changes(17, INTERVENTION["paired"], 12),
        totals.possible_changes(16, COMPARISON["paired"], 12),
        BETWEEN,
        (1, 1),
    )
    assert contrasts == [(totals.Change(17, 23, 363), totals.Change(16, 10, 552))]


def test_drawn_pairs_agree_with_every_printed_figure() -> None:
    printed = {"intervention": INTERVENTION, "comparison": COMPARISON, "between": BETWEEN}
    pairs = {"intervention": 17, "comparison": 16}
    rng = np.random.default_rng(5)
    drawn = totals.paired_totals(printed, pairs, (12, 84), (1, 1), 12, {}, rng)
    for arm, figures in (("intervention", INTERVENTION), ("comparison", COMPARISON)):
        part = drawn[arm]
        before = np.concatenate([part.pairs[:, 0], part.baseline_only])
        after = np.concatenate([part.pairs[:, 1], part.endline_only])
        for wave, score in (("baseline", before), ("endline", after)):
            assert len(score) == figures[wave]["n"]
            assert rounded(score.mean(), 1) == figures[wave]["mean"]
            assert rounded(score.std(ddof=1), 1) == figures[wave]["sd"]
            assert score.min() >= 12 and score.max() <= 84
        test = stats.ttest_rel(part.pairs[:, 1], part.pairs[:, 0])
        assert rounded(test.statistic, 2) == figures["paired"]["t"]
        assert rounded(test.pvalue, 3) == figures["paired"]["p"]


def test_a_t_and_a_p_that_exclude_one_another_are_refused() -> None:
    wrong = {**INTERVENTION, "paired": {"t": "1.22", "p": "0.900"}}
    printed = {"intervention": wrong, "comparison": COMPARISON, "between": BETWEEN}
    with pytest.raises(ValueError, match="t and p"):
        totals.paired_totals(
            printed,
            {"intervention": 17, "comparison": 16},
            (12, 84),
            (1, 1),
            12,
            {},
            np.random.default_rng(0),
        )


def test_a_drawn_group_agrees_with_mean_and_sd_of_item_means() -> None:
    """Appropriateness of the ORS, section 3.1."""
    figures = {"n": 16, "mean": "4.20", "sd": "0.65"}
    means = totals.group_totals(figures, (5, 25), np.random.default_rng(3), 5) / 5
    assert (rounded(means.mean(), 2), rounded(means.std(ddof=1), 2)) == ("4.20", "0.65")
