"""Expected values come from trying all data sets, from scipy's tests on them, or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy import stats

from earlyhelp.possible.existence import people
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.two_waves import (
    ArmFigures,
    Change,
    TTest,
    WaveFigures,
    adjusted_bounds,
    changes,
    correlation_bounds,
    joint,
)
from earlyhelp.study.problems import InputError

# Section 3.2, "Improved therapeutic alliance": totals of 12 items from 12 to 84.
INTERVENTION = ArmFigures(
    WaveFigures.printed(Figures(27, "69.2", "5.1", 12, 84)),
    WaveFigures.printed(Figures(17, "70.5", "3.9", 12, 84)),
    17,
    TTest(16, "1.22", "0.238"),
)
COMPARISON = ArmFigures(
    WaveFigures.printed(Figures(18, "66.3", "7.0", 12, 84)),
    WaveFigures.printed(Figures(22, "66.9", "4.2", 12, 84)),
    16,
    TTest(15, "0.41", "0.684"),
)
BETWEEN = TTest(31, "0.39", "0.697")

# Section 3.2, "Increased compassion satisfaction": totals of 10 items from 10 to 50, no SDs. Above
# 42 at baseline, 41.6 at endline; between 41 and 42 in the comparison arm.
SATISFACTION = (
    ArmFigures(
        WaveFigures(27, 10, 50, (27 * 42 + 1, 27 * 50)),
        WaveFigures(18, 10, 50, (748, 749)),  # 41.55 <= M < 41.65
        17,
        TTest(16, "1.01", "0.325"),
    ),
    ArmFigures(
        WaveFigures(18, 10, 50, (18 * 41, 18 * 42)),
        WaveFigures(22, 10, 50, (22 * 41, 22 * 42)),
        16,
        TTest(15, "0.20", "0.846"),
    ),
)
SATISFACTION_BETWEEN = TTest(31, "0.59", "0.558")

# A small arm: 4 people at baseline, the first 3 of them again at endline, scores from 1 to 4.
TOP = 4
SMALL_DATA = ((1, 2, 4, 3), (2, 4, 4))


def shown(value: float, decimals: int) -> str:
    # Nine decimals first: scipy's last digits must not decide a tie.
    unit = Decimal(1).scaleb(-decimals)
    return str(Decimal(f"{value:.9f}").quantize(unit, rounding=ROUND_HALF_UP))


def paired_test(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[str, str]:
    result = stats.ttest_rel(after, before[: len(after)])
    return shown(abs(result.statistic), 2), shown(result.pvalue, 3)


def mean_and_sd(scores: tuple[int, ...]) -> tuple[str, str]:
    return shown(float(np.mean(scores)), 1), shown(float(np.std(scores, ddof=1)), 1)


def small_arm() -> ArmFigures:
    waves = [WaveFigures.printed(Figures(len(x), *mean_and_sd(x), 1, TOP)) for x in SMALL_DATA]
    return ArmFigures(*waves, pairs=3, test=TTest(2, *paired_test(*SMALL_DATA)))


def small_data() -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All data sets that print the same figures as SMALL_DATA."""
    scale = range(1, TOP + 1)
    before_printed, after_printed = map(mean_and_sd, SMALL_DATA)
    befores = [x for x in product(scale, repeat=4) if mean_and_sd(x) == before_printed]
    afters = [x for x in product(scale, repeat=3) if mean_and_sd(x) == after_printed]
    for before, after in product(befores, afters):
        moved = {b - a for a, b in zip(before, after, strict=False)}
        if len(moved) > 1 and paired_test(before, after) == paired_test(*SMALL_DATA):
            yield before, after


def change_of(before: tuple[int, ...], after: tuple[int, ...]) -> Change:
    moved = [b - a for a, b in zip(before, after, strict=False)]
    return Change(len(moved), sum(moved), sum(d * d for d in moved))


def test_no_change_of_an_agreeing_data_set_is_lost() -> None:
    occurring = {change_of(*data) for data in small_data()}
    assert change_of(*SMALL_DATA) in occurring
    assert occurring <= set(changes(small_arm()))


def test_correlations_of_all_agreeing_data_sets_lie_within_the_bounds() -> None:
    arm = small_arm()
    for before, after in small_data():
        low, high = correlation_bounds(arm, change_of(before, after))
        if len(set(before[:3])) > 1 and len(set(after)) > 1:
            correlation = np.corrcoef(before[:3], after)[0, 1]
            assert low - 1e-9 <= correlation <= high + 1e-9


def test_a_wave_whose_scores_cannot_vary_has_no_correlation() -> None:
    top = ArmFigures(
        WaveFigures(3, 1, 5, (9, 9)), WaveFigures(3, 1, 5, (15, 15)), 3, TTest(2, "1.00", "0.4")
    )
    assert correlation_bounds(top, Change(3, 6, 20)) == (0.0, 0.0)


def plain_changes(pairs: int, t: str, p: str, most: int) -> Iterator[Change]:
    """Changes upwards whose t and p print as given, by trying all sums of squares."""
    for total in range(1, most + 1):
        for squares in range(total, 40 * total):
            change = Change(pairs, total, squares)
            if change.spread > 0 and (squares - total) % 2 == 0:
                statistic = change.dz * pairs**0.5
                if shown(statistic, 2) == t:
                    p_value = float(2 * stats.t.sf(statistic, pairs - 1))
                    if shown(p_value, 3) == p:
                        yield change


def test_changes_equal_plain_search_where_moments_exclude_nothing() -> None:
    plain = list(plain_changes(17, "1.22", "0.238", 30))
    assert [c for c in changes(INTERVENTION) if 0 < c.total <= 30] == plain


def test_moments_exclude_what_the_other_baseline_scores_cannot_balance() -> None:
    # By hand: paired scores 46 lower at endline (sum 1198) have the baseline mean 73.2; the other
    # ten then have 62.4. The spread between the two means, 731, is more than 26 * 5.15**2 = 690.
    found = [(c.total, c.squares) for c in changes(INTERVENTION)]
    assert (46, 1452) in found
    assert (-46, 1452) not in found


def test_the_three_printed_tests_leave_few_changes() -> None:
    # Changes of both arms whose between-arm t and p, by scipy's distribution, print as 0.39, 0.697.
    pairs = joint(changes(INTERVENTION), changes(COMPARISON), BETWEEN)
    expected = []
    for first, second in product(changes(INTERVENTION), changes(COMPARISON)):
        pooled = float(first.spread + second.spread) / 31 * (1 / 17 + 1 / 16)
        t = abs(float(first.mean - second.mean)) / pooled**0.5
        p = float(2 * stats.t.sf(t, 31))
        if (shown(t, 2), shown(p, 3)) == ("0.39", "0.697"):
            expected.append((first, second))
    assert pairs == expected
    assert {abs(first.total) for first, _ in pairs} == {23, 46}
    assert {abs(second.total) for _, second in pairs} == {10, 20}


def test_a_p_printed_as_0_sets_no_upper_end() -> None:
    # By tables of t: p < 0.0005 two-sided at df = 16 from t = 4.346 on; 9.1 is far beyond.
    assert float(TTest(16, "9.10", "0.000").interval().high) == pytest.approx(9.105)


def test_p_narrows_the_interval_of_t() -> None:
    # The t that has p = 0.2385 at df = 16, by scipy's distribution; above 1.225 t is printed 1.23.
    interval = TTest(16, "1.22", "0.238").interval()
    assert float(2 * stats.t.sf(float(interval.low), 16)) == pytest.approx(0.2385, abs=1e-8)
    assert float(interval.high) == 1.225


def test_a_t_that_may_be_0_is_refused() -> None:
    arm = ArmFigures(INTERVENTION.baseline, INTERVENTION.endline, 17, TTest(16, "0.00", "1.000"))
    with pytest.raises(InputError, match="t that cannot be 0"):
        changes(arm)


def test_satisfaction_tests_are_jointly_possible() -> None:
    pairs = joint(*map(changes, SATISFACTION), SATISFACTION_BETWEEN)
    first, second = min(
        (pair for pair in pairs if pair[0].total < 0), key=lambda p: (-p[0].total, p[1].total)
    )
    moved = []
    for arm, change in zip(SATISFACTION, (first, second), strict=True):
        found = people(arm, [change])
        assert found is not None
        pairs_of_scores = [person for person in found if None not in person]
        before, after = zip(*pairs_of_scores, strict=True)
        assert paired_test(before, after) == arm.test[1:3]
        moved.append(np.subtract(after, before))
    result = stats.ttest_ind(*moved)
    assert (shown(abs(result.statistic), 2), shown(result.pvalue, 3)) == SATISFACTION_BETWEEN[1:3]


def test_adjusted_differences_of_real_data_lie_within_the_bounds() -> None:
    # The coefficient of the arm in a least-squares regression of endline on arm and baseline.
    generator = np.random.default_rng(1)
    for _ in range(40):
        data = [
            tuple(tuple(map(int, generator.integers(1, 9, size))) for size in (5, 4))
            for _ in range(2)
        ]
        arms, moved = [], []
        for before, after in data:
            waves = [
                WaveFigures.printed(Figures(len(x), *mean_and_sd(x), 1, 8)) for x in (before, after)
            ]
            arms.append(ArmFigures(*waves, pairs=4, test=TTest(3, "1.00", "0.391")))
            moved.append(change_of(before, after))
        if any(change.spread == 0 for change in moved):
            continue
        rows = [(1, arm == 0, x) for arm in (0, 1) for x in data[arm][0][:4]]
        endline = [y for _, after in data for y in after]
        coefficients = np.linalg.lstsq(np.array(rows, float), np.array(endline, float), rcond=None)[
            0
        ]
        low, high = adjusted_bounds(*arms, [tuple(moved)])
        assert low - 1e-9 <= coefficients[1] <= high + 1e-9


def test_a_test_between_arms_that_may_be_0_leaves_changes_of_equal_mean() -> None:
    change = Change(3, 2, 4)
    assert joint([change], [change], TTest(4, "0.00", "1.000")) == [(change, change)]


def test_a_tie_in_t_may_be_rounded_either_way() -> None:
    ends = [TTest(9, "2.2", "0.1", rounding).interval() for rounding in ("half-up", "either")]
    assert [end.high for end in ends] == [Fraction("2.25")] * 2
    assert [end.high_included for end in ends] == [False, True]
