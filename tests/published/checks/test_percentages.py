"""Expected counts by hand, or by trying all."""

from __future__ import annotations

from fractions import Fraction

from helpers import run_check

from earlyhelp.published.checks.percentages import Proportions, possible_counts


def test_possible_counts_take_ties_either_way() -> None:
    # 13 / 16 = 81.25%.
    assert possible_counts("81.2", 16) == (13, 13)
    assert possible_counts("81.3", 16) == (13, 13)
    low, high = possible_counts("81.4", 16)
    assert low > high


def test_possible_counts_agree_with_every_small_case() -> None:
    for n in range(1, 30):
        for people in range(n + 1):
            printed = f"{Fraction(100 * people, n).__float__():.1f}"
            low, high = possible_counts(printed, n)
            assert low <= people <= high


def test_a_common_denominator_is_asked_of_all_shares() -> None:
    # 1/3 and 1/4 fit 12 together, and neither 3 nor 4.
    shares = [[None, "33.3"], [None, "25.0"]]
    assert run_check(Proportions, of=[["3"], ["4"]], shares=shares).holds is False
    verdict = run_check(Proportions, of=[["4", "8"]], shares=shares)
    assert verdict.holds is True
    assert verdict.arithmetic[-1] == "denominators up to 12 that fit: 12"


def test_failing_share_is_told_with_the_count_that_would_fit() -> None:
    verdict = run_check(Proportions, of=[["18"]], shares=[["9", "55.6"]])
    assert verdict.arithmetic[0] == "9 / 18 = 50.0%, not 55.6%, which is 10 / 18"
