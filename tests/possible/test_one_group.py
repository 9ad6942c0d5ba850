"""Expected values come from listing all multisets here, or from the source that is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
)
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, pairwise
from math import comb, gcd
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from earlyhelp.possible import one_group, printed_group
from earlyhelp.possible.one_group import bounds, count, draw, enumerate_all, size
from earlyhelp.possible.printed_group import Figures, TooLarge
from earlyhelp.possible.witness import why_impossible, witness
from earlyhelp.study.problems import InputError

EXACT = Context(prec=60)
RULES = {
    "half-up": (ROUND_HALF_UP,),
    "half-even": (ROUND_HALF_EVEN,),
    "either": (ROUND_HALF_UP, ROUND_HALF_DOWN),
    "truncated": (ROUND_DOWN,),
}
REPORT = [  # section 3.2, "Improved therapeutic alliance": a scale from 12 to 84
    Figures(27, "69.2", "5.1", 12, 84),
    Figures(17, "70.5", "3.9", 12, 84),
    Figures(18, "66.3", "7.0", 12, 84),
    Figures(22, "66.9", "4.2", 12, 84),
]


def prints(value: Decimal, rounding: str, decimals: int) -> set[str]:
    """What a value may be printed as: rounded by the decimal module."""
    unit = Decimal(1).scaleb(-decimals)
    return {str(value.quantize(unit, rounding=rule)) for rule in RULES[rounding]}


def moments(scores: tuple[int, ...]) -> tuple[int, int]:
    return sum(scores), sum(score * score for score in scores)


def mean_and_sd(n: int, total: int, squares: int, items: int = 1) -> tuple[Decimal, Decimal]:
    variance = EXACT.divide(Decimal(n * squares - total**2), Decimal(n * (n - 1)))
    return EXACT.divide(Decimal(total), n * items), EXACT.divide(EXACT.sqrt(variance), items)


def agreeing(figures: Figures) -> list[tuple[int, ...]]:
    """All data sets that agree, by trying every multiset."""
    k = figures.items
    decimals = [len(printed.partition(".")[2]) for printed in (figures.mean, figures.sd)]
    found = []
    for scores in combinations_with_replacement(
        range(figures.minimum * k, figures.maximum * k + 1), figures.n
    ):
        mean, sd = mean_and_sd(figures.n, *moments(scores), k)
        if figures.mean in prints(mean, figures.rounding, decimals[0]) and figures.sd in prints(
            sd, figures.rounding, decimals[1]
        ):
            found.append(scores)
    return found


def printed_pairs(n: int, top: int, rounding: str, decimals: int) -> Counter[tuple[str, str]]:
    """Count the multisets of n scores from 1 to top by what is printed of them.

    Pairs next to those that occur are there too, with the count 0 unless they occur themselves.
    """
    by_moments = Counter(map(moments, combinations_with_replacement(range(1, top + 1), n)))
    pairs: Counter[tuple[str, str]] = Counter()
    for (total, squares), sets in by_moments.items():
        mean, sd = mean_and_sd(n, total, squares)
        for mean_printed in prints(mean, rounding, decimals):
            for sd_printed in prints(sd, rounding, decimals):
                pairs[mean_printed, sd_printed] += sets
    unit = Decimal(1).scaleb(-decimals)
    for mean_printed, sd_printed in list(pairs):
        for step in (-unit, unit):
            pairs[str(Decimal(mean_printed) + step), sd_printed] += 0
            pairs[mean_printed, str(Decimal(sd_printed) + step)] += 0
    return pairs


def disagreements(n: int, rounding: str, decimals: int) -> Iterator[tuple[Figures, int]]:
    """All printed pairs on scales of 2 to 7 scores whose count is not the one by brute force."""
    for top in range(2, 8):
        for (mean, sd), sets in printed_pairs(n, top, rounding, decimals).items():
            figures = Figures(n, mean, sd, 1, top, rounding=rounding)
            if count(figures) != sets:
                yield figures, sets


@pytest.mark.parametrize("n", range(2, 9))
def test_counts_equal_brute_force(n: int) -> None:
    assert list(disagreements(n, "half-up", 1)) == []


@pytest.mark.parametrize("rounding", ["half-even", "either", "truncated"])
def test_counts_equal_brute_force_under_other_roundings(rounding: str) -> None:
    # Means of 4 people end in .25 and .75 and those of 2 in .5: the ties are here.
    for n, decimals in ((2, 0), (4, 0), (4, 1)):
        assert list(disagreements(n, rounding, decimals)) == []


@pytest.mark.slow
@pytest.mark.parametrize("decimals", [0, 1, 2])
@pytest.mark.parametrize("rounding", printed_group.ROUNDINGS)
@pytest.mark.parametrize("n", range(2, 9))
def test_counts_equal_brute_force_at_every_precision(n: int, rounding: str, decimals: int) -> None:
    assert list(disagreements(n, rounding, decimals)) == []


@pytest.mark.parametrize("rounding", ["half-up", "half-even", "either"])
def test_count_of_the_closure_example(rounding: str) -> None:
    # R package unsum, README of closure_generate(): 5,359 samples.
    assert count(Figures(130, "2.7", "1.9", 1, 5, rounding=rounding)) == 5359


def test_counts_over_all_printed_pairs_are_all_multisets() -> None:
    # Every multiset is printed as exactly one (mean, SD) pair; C(n + w - 1, n) is their number.
    counts = [count(Figures(40, str(mean), str(sd), 0, 6)) for mean in range(7) for sd in range(4)]
    assert sum(counts) == comb(40 + 7 - 1, 40)


@pytest.mark.slow
def test_count_beyond_a_machine_word() -> None:
    found = count(Figures(50, "20", "6", 0, 40))
    assert found > 2**64
    assert found % (2**61 - 1) == plain_count_modulo(50, 20, 6, 40, 2**61 - 1)


@pytest.mark.slow
def test_distributions_beyond_a_machine_word_add_up() -> None:
    figures = Figures(50, "20", "6", 0, 40)
    total = count(figures)
    found = bounds(figures, [25])
    assert {sum(bound.counts.values()) for bound in found if bound.counts} == {total}


def plain_count_modulo(n: int, mean: int, sd: int, top: int, modulus: int) -> int:
    """Count by a plain table over (people, sum, sum of squares), nothing pruned."""
    squares_most = int((n - 1) * Fraction(2 * sd + 1, 2) ** 2) + n
    reach = int((squares_most * n) ** 0.5) + 1
    table = np.zeros((n + 1, 2 * reach + 1, squares_most + 1), dtype=np.int64)
    table[0, reach, 0] = 1
    for score in range(top + 1):
        d = score - mean
        rows = 2 * reach + 1 - abs(d)
        for people in range(1, n + 1):
            to, back = max(d, 0), max(-d, 0)
            if d * d <= squares_most:
                target = table[people, to : to + rows, d * d :]
                target += table[people - 1, back : back + rows, : squares_most + 1 - d * d]
                target %= modulus
    total = 0
    for s in range(-reach, reach + 1):
        for q in range(squares_most + 1):
            spread = Fraction(n * q - s * s, n * (n - 1))
            if (
                -Fraction(1, 2) <= Fraction(s, n) < Fraction(1, 2)
                and Fraction(2 * sd - 1, 2) ** 2 <= spread < Fraction(2 * sd + 1, 2) ** 2
            ):
                total += int(table[n, s + reach, q])
    return total % modulus


@pytest.fixture
def several_residues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every table think that counts could exceed 2**64."""
    monkeypatch.setattr(one_group._Grid, "_most_data_sets", lambda grid: 2**90)


@pytest.mark.usefixtures("several_residues")
def test_several_residues_count_alike() -> None:
    assert size(REPORT[1]).residues == 2
    assert count(Figures(130, "2.7", "1.9", 1, 5)) == 5359


@pytest.mark.usefixtures("several_residues")
@pytest.mark.parametrize("n", [7, 8])
def test_several_residues_bound_and_list_alike(n: int) -> None:
    figures = Figures(n, "3.0", "1.2", 1, 6)
    listed = agreeing(figures)
    assert enumerate_all(figures).tolist() == [list(scores) for scores in listed]
    found = {(b.quantity, b.of): b.counts for b in bounds(figures, [4])}
    assert found["median", None] == Counter(Fraction(median(scores)) for scores in listed)
    assert found["at or above", 4] == Counter(sum(x >= 4 for x in scores) for scores in listed)


def test_several_residues_draw_alike(request: pytest.FixtureRequest) -> None:
    # 23,478,855,254 data sets: more than a residue holds.
    one = draw(REPORT[0], 50, seed=2)
    request.getfixturevalue("several_residues")
    assert size(REPORT[0]).residues == 2
    assert (draw(REPORT[0], 50, seed=2) == one).all()


@pytest.mark.usefixtures("several_residues")
def test_several_residues_bound_what_is_too_long_to_list() -> None:
    total = count(REPORT[3])
    found = bounds(REPORT[3], [67])
    assert {sum(bound.counts.values()) for bound in found if bound.counts} == {total}
    assert all(0 < sets <= total for b in found if b.counts for sets in b.counts.values())


@pytest.mark.parametrize("figures", REPORT)
def test_the_bound_that_sets_the_number_of_residues_holds(figures: Figures) -> None:
    wide = Figures(figures.n, figures.mean.partition(".")[0], "9", 0, 100)
    for each in (figures, wide):
        grid = one_group._Grid(each, printed_group.targets(each)[0])
        assert count(each) <= grid._most_data_sets()


def test_moduli_are_coprime_and_small_enough_to_multiply() -> None:
    assert all(gcd(a, b) == 1 for a, b in combinations(one_group.MODULI, 2))
    assert max(one_group.MODULI[1:]) < 2**32


@pytest.mark.parametrize("rounding", printed_group.ROUNDINGS)
@pytest.mark.parametrize(
    ("n", "mean", "sd", "items"),
    [(5, "2.4", "1.1", 1), (6, "2.50", "1.05", 1), (4, "2.4", "0.6", 2), (3, "1.9", "0.8", 3)],
)
def test_list_equals_brute_force(n: int, mean: str, sd: str, items: int, rounding: str) -> None:
    figures = Figures(n, mean, sd, 1, 4, items=items, rounding=rounding)
    assert [tuple(row) for row in enumerate_all(figures).tolist()] == agreeing(figures)


def test_list_of_the_closure_example_agrees_and_repeats_nothing() -> None:
    rows = enumerate_all(Figures(130, "2.7", "1.9", 1, 5))
    assert len(np.unique(rows, axis=0)) == 5359
    assert set(np.round(rows.mean(axis=1), 1)) == {2.7}
    assert set(np.round(rows.std(axis=1, ddof=1), 1)) == {1.9}


def test_list_refuses_what_is_too_long() -> None:
    with pytest.raises(TooLarge, match="23,478,855,254 data sets of 27 scores"):
        enumerate_all(REPORT[0])


def test_list_of_nothing_is_empty() -> None:
    assert enumerate_all(Figures(10, "2.55", "1.00", 1, 5)).shape == (0, 10)


FIGURES = st.builds(
    lambda n, low, width, items, seed: (n, low, low + width, items, seed),
    n=st.integers(2, 14),
    low=st.integers(-5, 12),
    width=st.integers(1, 30),
    items=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)


def printed_of_some_data(
    n: int, low: int, high: int, items: int, seed: int, decimals: int = 1
) -> Figures:
    """Figures of a random data set, so that at least one agrees."""
    scores = np.random.default_rng(seed).integers(low * items, high * items, n, endpoint=True)
    mean, sd = mean_and_sd(n, *moments(tuple(scores.tolist())), items)
    printed = [next(iter(prints(value, "half-up", decimals))) for value in (mean, sd)]
    return Figures(n, *printed, low, high, items=items)


@settings(max_examples=60, deadline=None)
@given(FIGURES)
def test_every_draw_agrees_with_the_figures(case: tuple[int, int, int, int, int]) -> None:
    figures = printed_of_some_data(*case)
    for row in draw(figures, 5, seed=1).tolist():
        mean, sd = mean_and_sd(figures.n, *moments(tuple(row)), figures.items)
        assert figures.minimum * figures.items <= min(row)
        assert max(row) <= figures.maximum * figures.items
        # As numbers: a mean just below nought may be printed with its sign or without.
        assert set(map(Decimal, prints(mean, "half-up", 1))) == {Decimal(figures.mean)}
        assert set(map(Decimal, prints(sd, "half-up", 1))) == {Decimal(figures.sd)}


@settings(max_examples=40, deadline=None)
@given(FIGURES)
def test_counts_are_the_same_when_the_scale_is_reflected(
    case: tuple[int, int, int, int, int],
) -> None:
    figures = printed_of_some_data(*case)
    mean = str(-Decimal(figures.mean))
    mirrored = Figures(
        figures.n, mean, figures.sd, -figures.maximum, -figures.minimum, items=figures.items
    )
    assert count(mirrored) == count(figures)


@settings(max_examples=40, deadline=None)
@given(FIGURES, st.integers(-40, 40))
def test_counts_are_the_same_when_the_scale_is_moved(
    case: tuple[int, int, int, int, int], shift: int
) -> None:
    figures = printed_of_some_data(*case)
    moved = Figures(
        figures.n,
        str(Decimal(figures.mean) + shift),
        figures.sd,
        figures.minimum + shift,
        figures.maximum + shift,
        items=figures.items,
        rounding="either",
    )
    still = Figures(*list(vars(figures).values())[:6], rounding="either")
    assert count(moved) == count(still)


def test_draws_are_uniform_over_multisets() -> None:
    figures = Figures(8, "3.0", "1.5", 1, 5)
    listed = agreeing(figures)
    drawn = Counter(map(tuple, draw(figures, 200 * len(listed), seed=20).tolist()))
    assert set(drawn) == set(listed)
    # The 0.001 to 0.999 range of chi-square: neither too uneven nor suspiciously even.
    statistic = stats.chisquare([drawn[scores] for scores in listed]).statistic
    low, high = stats.chi2.ppf([0.001, 0.999], len(listed) - 1)
    assert low < statistic < high


def test_draws_depend_on_the_seed_only() -> None:
    first, again, other = (draw(REPORT[0], 20, seed=seed) for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_rank_zero_to_count_gives_every_data_set_once() -> None:
    figures = REPORT[1]
    table = one_group._completions(figures)
    assert table is not None
    total = one_group._total(table)
    ranks = range(0, total, total // 2000)
    rows = one_group._unrank(table, ranks)
    assert len(np.unique(rows, axis=0)) == len(ranks)


def test_draw_from_nothing_is_an_error() -> None:
    with pytest.raises(InputError, match="no data set agrees"):
        draw(Figures(10, "2.55", "1.00", 1, 5), 1, seed=0)


BOUNDED = [
    Figures(7, "3.0", "1.2", 1, 6),
    Figures(8, "2.6", "1.1", 1, 6),
    Figures(6, "2.5", "0.5", 1, 4),
    Figures(4, "2.1", "0.6", 1, 3, items=3),
    Figures(5, "1", "1", -2, 4, rounding="half-even"),
    Figures(8, "4.8", "0.7", 0, 5),
]


@cache
def bounded(index: int) -> tuple[list[tuple[int, ...]], list[one_group.Bound]]:
    figures = BOUNDED[index]
    return agreeing(figures), bounds(figures, [figures.maximum - 1, figures.maximum + 1])


EACH_BOUNDED = pytest.mark.parametrize("index", range(len(BOUNDED)))


@EACH_BOUNDED
def test_frequencies_equal_brute_force(index: int) -> None:
    listed, found = bounded(index)
    k = BOUNDED[index].items
    frequencies = [bound for bound in found if bound.quantity == "frequency"]
    assert len(frequencies) == (BOUNDED[index].maximum - BOUNDED[index].minimum) * k + 1
    for bound in frequencies:
        assert bound.counts == Counter(scores.count(bound.of * k) for scores in listed)


@EACH_BOUNDED
def test_people_at_or_above_a_cutoff_equal_brute_force(index: int) -> None:
    listed, found = bounded(index)
    k = BOUNDED[index].items
    for bound in found:
        if bound.quantity == "at or above":
            above = Counter(sum(score >= bound.of * k for score in scores) for scores in listed)
            assert bound.counts == above


@EACH_BOUNDED
def test_medians_equal_brute_force(index: int) -> None:
    listed, found = bounded(index)
    k = BOUNDED[index].items
    expected = Counter(Fraction(median(map(Fraction, scores))) / k for scores in listed)
    assert [bound.counts for bound in found if bound.quantity == "median"] == [expected]


@EACH_BOUNDED
def test_skewness_equals_brute_force(index: int) -> None:
    listed, found = bounded(index)
    expected = sorted(float(stats.skew(scores)) for scores in listed if len(set(scores)) > 1)
    (bound,) = [bound for bound in found if bound.quantity == "skewness"]
    assert bound.counts is not None
    assert sum(bound.counts.values()) == len(expected)
    assert [bound.low, bound.high] == pytest.approx([expected[0], expected[-1]], abs=1e-12)
    assert [min(bound.counts), max(bound.counts)] == [bound.low, bound.high]


@EACH_BOUNDED
def test_ranges_are_those_of_the_distributions(index: int) -> None:
    for bound in bounded(index)[1]:
        assert bound.counts is not None
        assert (bound.low, bound.high) == (min(bound.counts), max(bound.counts))
        assert all(a < b for a, b in pairwise(bound.counts))


def test_distributions_of_a_set_too_long_to_list_add_up() -> None:
    total = count(REPORT[0])
    found = bounds(REPORT[0], [70])
    assert [bound.quantity for bound in found if bound.counts is None] == ["skewness"]
    assert {sum(bound.counts.values()) for bound in found if bound.counts} == {total}


def test_draws_follow_the_exact_distribution_of_the_median() -> None:
    figures = REPORT[3]
    (exact,) = [bound for bound in bounds(figures) if bound.quantity == "median"]
    drawn = Counter(np.median(draw(figures, 4000, seed=5), axis=1).tolist())
    assert exact.counts is not None
    common = [m for m, sets in exact.counts.items() if sets / count(figures) > 0.01]
    expected = np.array([exact.counts[m] / count(figures) * 4000 for m in common])
    observed = np.array([drawn[float(m)] for m in common])
    statistic = ((observed - expected) ** 2 / expected).sum()
    assert statistic < stats.chi2.ppf(0.999, len(common))


def test_no_bounds_without_data_sets() -> None:
    assert bounds(Figures(10, "2.55", "1.00", 1, 5)) == []


@pytest.mark.parametrize(
    ("mean", "sd", "n", "consistent"),
    [
        # R package rsprite2, tests of GRIMMER_test(); the second is Allard's (2018) example.
        ("5.21", "1.6", 28, True),
        ("3.44", "2.47", 18, False),
        # R package scrutiny, data pigs5 with the verdicts in the manual of grimmer_map().
        ("7.22", "5.30", 38, False),
        ("4.74", "6.55", 31, True),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("2.68", "2.59", 34, True),
        ("7.01", "6.68", 35, False),
        ("7.38", "3.65", 32, True),
        ("3.14", "5.32", 33, False),
        ("6.89", "4.18", 37, True),
        ("5.00", "2.18", 31, True),
        ("0.24", "6.43", 34, True),
    ],
)
def test_grimmer_agrees_with_the_literature(mean: str, sd: str, n: int, consistent: bool) -> None:
    # Those tests know no scale: this one is wide enough not to matter.
    assert (count(Figures(n, mean, sd, -50, 60, rounding="either")) > 0) is consistent


@pytest.mark.parametrize("rounding", printed_group.ROUNDINGS)
@pytest.mark.parametrize(
    ("n", "mean", "sd", "items"),
    [(5, "2.4", "1.1", 1), (6, "2.50", "1.05", 1), (4, "2.4", "0.6", 2), (8, "2.5", "1.6", 1)],
)
def test_a_witness_agrees_with_the_figures(
    n: int, mean: str, sd: str, items: int, rounding: str
) -> None:
    figures = Figures(n, mean, sd, 1, 4, items=items, rounding=rounding)
    found = witness(figures)
    scores = [int(score * items) for score in Counter(found or {}).elements()]
    assert tuple(scores) in (agreeing(figures) or [()])


def test_a_group_that_is_too_large_to_count_has_a_witness() -> None:
    # GitHub, ben-domingue/irw, issue 2115: real scores with M 14.6603 and SD 5.6147.
    figures = Figures(1151, "14.66", "5.61", 4, 28)
    assert why_impossible(figures) is None
    with pytest.raises(TooLarge):
        count(figures)


def test_a_spread_is_a_standard_deviation_or_a_standard_error() -> None:
    # 1, 2, 3, 4, 5: variances 2.5 and 2; the standard error is the root of 2.5 / 5.
    for sd, spread in zip(("1.58", "1.41", "0.71"), printed_group.SPREADS, strict=True):
        allowed = [
            each
            for each in printed_group.SPREADS
            if [1, 2, 3, 4, 5] in enumerate_all(Figures(5, "3.00", sd, 1, 5, spread=each)).tolist()
        ]
        assert allowed == [spread]


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (Figures(10, "5.6", "1.0", 1, 5), "mean 5.6 is off the scale"),
        (Figures(10, "0.9", "1.0", 1, 5), "mean 0.9 is off the scale"),
        (Figures(10, "2.55", "1.00", 1, 5), "GRIM fails: .* 2.5000 and 2.6000"),
        (Figures(10, "2.5", "-1.0", 1, 5), "SD -1.0 is negative"),
        # Five 2s and five 3s have the least SD, sqrt((65 - 25**2/10)/9).
        (Figures(10, "2.5", "0.4", 1, 5), "below the least possible, 0.5270"),
        # Six 1s, a 3 and three 5s have the greatest, sqrt((90 - 24**2/10)/9).
        (Figures(10, "2.4", "2.0", 1, 5), "above the greatest possible, 1.8974"),
        (Figures(18, "3.44", "2.47", 0, 9), "GRIMMER fails"),
        # Deviations from 2 add up to 0 and their squares to 4: three whole numbers cannot.
        (Figures(3, "2.0", "1.4", 1, 4), "GRIM and GRIMMER pass, yet no n = 3"),
    ],
)
def test_impossible_figures_have_a_reason(figures: Figures, reason: str) -> None:
    assert count(figures) == 0
    assert re.search(reason, str(why_impossible(figures)))


def test_possible_figures_have_no_reason() -> None:
    assert why_impossible(REPORT[0]) is None


def test_refusal_tells_the_size_of_the_problem() -> None:
    with pytest.raises(TooLarge, match=r"353,892,634,401 cells.*n = 500, 101 possible scores"):
        count(Figures(500, "50.00", "20.00", 0, 100))


def test_refusal_comes_at_once_for_absurd_sizes() -> None:
    with pytest.raises(TooLarge, match="sums of scores"):
        count(Figures(10**9, "50.0", "20.0", 0, 100))
