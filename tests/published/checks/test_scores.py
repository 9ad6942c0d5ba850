"""Expected values by hand, by trying all data sets, or from the papers and packages named."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from statistics import mean, stdev

import pytest
from helpers import run_check

from earlyhelp.possible.one_group import count
from earlyhelp.possible.printed_group import Figures
from earlyhelp.published.checks.scores import Ceiling, ScoreCheck, grim, most_at


@pytest.mark.parametrize(
    ("printed", "n", "items", "possible"),
    [
        # Brown and Heathers (2017) and the manual of rsprite2: 5.19 with n = 28 fails.
        ("5.19", 28, 1, False),
        ("5.18", 28, 1, True),
        # Manual of rsprite2: with two items, n = 14 has the grain of n = 28.
        ("5.18", 14, 2, True),
        ("5.18", 14, 1, False),
        # Vignette of scrutiny: 5.27 with n = 43 fails.
        ("5.27", 43, 1, False),
        # Manual of grim_test for Python: 11.09 with n = 21 fails.
        ("11.09", 21, 1, False),
    ],
)
def test_grim_agrees_with_published_cases(printed: str, n: int, items: int, possible: bool) -> None:
    assert bool(grim(printed, n, items)) == possible


@pytest.mark.parametrize("items", [1, 2])
@pytest.mark.parametrize("n", [3, 4, 7])
def test_grim_agrees_with_exhaustive_counts(n: int, items: int) -> None:
    # A mean is possible if some data set has it, whatever its SD: count over every printed SD.
    for hundredths in range(100, 301):
        printed = f"{hundredths / 100:.2f}"
        sets = sum(
            count(Figures(n, printed, f"{sd / 10:.1f}", 1, 3, items, "either"))
            for sd in range(0, 20)
        )
        assert bool(grim(printed, n, items)) == (sets > 0), printed


@pytest.mark.parametrize(
    ("mean", "sd", "n", "possible"),
    [
        # rsprite2, tests of GRIMMER_test(); the second is Allard's (2018) example.
        ("5.21", "1.6", 28, True),
        ("3.44", "2.47", 18, False),
        # scrutiny, data pigs5 with the verdicts in the manual of grimmer_map().
        ("7.22", "5.30", 38, False),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("7.38", "3.65", 32, True),
    ],
)
def test_grimmer_agrees_with_published_cases(mean: str, sd: str, n: int, possible: bool) -> None:
    verdict = run_check(ScoreCheck, n=n, mean=mean, sd=sd, minimum=-50, maximum=50)
    assert verdict.holds is possible


def test_score_check_agrees_with_every_small_data_set() -> None:
    sets = list(combinations_with_replacement(range(1, 5), 4))
    printed = {(f"{mean(scores):.2f}", f"{stdev(scores):.2f}") for scores in sets}
    for mean_printed in {m for m, _ in printed}:
        for hundredths in range(0, 200):
            sd = f"{hundredths / 100:.2f}"
            verdict = run_check(ScoreCheck, n=4, mean=mean_printed, sd=sd, minimum=1, maximum=4)
            assert verdict.holds is ((mean_printed, sd) in printed), (mean_printed, sd)


def test_every_number_of_items_is_told_and_the_first_decides() -> None:
    # 2.125 is a mean of two people with four items, not with one.
    given = {"n": 2, "mean": "2.125", "sd": "0.177", "minimum": 1, "maximum": 5}
    possible = run_check(ScoreCheck, **given, items=[4, 1])
    assert possible.holds is True
    assert "GRIM fails" in possible.arithmetic[1]
    assert run_check(ScoreCheck, **given, items=[1, 4]).holds is False


@pytest.mark.parametrize("n", [2, 5, 6])
def test_no_data_set_has_more_people_at_the_maximum_than_the_bound(n: int) -> None:
    for scores in combinations_with_replacement(range(1, 6), n):
        m, sd = Fraction(sum(scores), n), Fraction(stdev(scores)).limit_denominator(10**9)
        bound = most_at(5, n, m, sd + Fraction(1, 10**8))
        assert scores.count(5) <= bound


def test_bound_is_reached_when_the_others_share_a_score() -> None:
    scores = [5, 5, 1, 1, 1, 1]
    sd = Fraction(stdev(scores)) + Fraction(1, 10**9)
    assert most_at(5, 6, Fraction(14, 6), sd) == 2


@pytest.mark.parametrize(
    ("sd", "people", "holds"),
    # The mean may be 8.05. One person at 10 costs 1 · 10/9 · 1.95² = 4.2 of 9 · SD², two cost 9.5
    # and three 16.3: with SD = 0.75 there are 5.1 to spend, with SD = 1.15 there are 11.9.
    [("0.7", 1, False), ("1.1", 2, True)],
)
def test_ceiling_needs_more_than_fifteen_in_a_hundred(sd: str, people: int, holds: bool) -> None:
    verdict = run_check(Ceiling, groups=[{"n": 10, "mean": "8.0", "sd": sd}], maximum="10")
    assert verdict.holds is holds
    assert f"at most {people} of 10" in verdict.arithmetic[0]
