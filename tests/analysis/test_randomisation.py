"""Randomisation inference: small cases enumerated by hand, larger ones against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from earlyhelp.analysis import randomisation
from earlyhelp.study.problems import InputError

FOUR = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})


def test_four_units_have_six_allocations():
    table = randomisation.allocations(FOUR, ["c", "d"])
    # By hand: c + d against a + b is 3.5 - 1.5 = 2, and so on down to its mirror image.
    assert table["difference"].tolist() == [2.0, 1.0, 0.0, 0.0, -1.0, -2.0]
    assert table.loc[table["observed"], "allocation"].tolist() == ["c + d"]


def test_the_largest_difference_of_four_units_has_p_of_one_third():
    assert randomisation.p_value(randomisation.allocations(FOUR, ["c", "d"])) == pytest.approx(
        1 / 3
    )


def test_a_middling_difference_counts_all_that_are_as_large():
    # b + d against a + c: 1; as large are 2, 1, -1, -2: four of six.
    table = randomisation.allocations(FOUR, {"b", "d"})
    assert randomisation.p_value(table) == pytest.approx(4 / 6)


def test_ties_are_found_despite_rounding():
    # Tenths have no exact binary form, whole numbers have: the same ties must be found.
    tenths = pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], index=list("abcdef"))
    whole = pd.Series([1.0, 2, 3, 4, 5, 6], index=list("abcdef"))
    found = randomisation.p_value(randomisation.allocations(tenths, list("bdf")))
    # Of 20 allocations, sums of 12 and over (3 + 2 + 1 + 1) and their mirror images: 14.
    assert found == randomisation.p_value(randomisation.allocations(whole, list("bdf"))) == 0.7


def test_the_p_value_is_that_of_scipy():
    rng = np.random.default_rng(3)
    means = pd.Series(rng.normal(size=9), index=[f"u{i}" for i in range(9)])
    treated = list(means.index[:4])
    found = randomisation.p_value(randomisation.allocations(means, treated))

    def difference(x, y, axis):
        return np.abs(x.mean(axis=axis) - y.mean(axis=axis))

    expected = stats.permutation_test(
        (means[:4].to_numpy(), means[4:].to_numpy()),
        difference,
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("units", "treated", "expected"),
    [(4, 2, 2 / 6), (5, 3, 1 / 10), (6, 3, 2 / 20), (8, 4, 2 / 70), (9, 4, 1 / 126)],
)
def test_smallest_p_counts_the_allocations(units, treated, expected):
    assert randomisation.smallest_p(units, treated) == pytest.approx(expected)


@pytest.mark.parametrize(("units", "treated"), [(4, 2), (5, 3), (6, 3), (7, 2)])
def test_smallest_p_is_reached_by_the_widest_difference(units, treated):
    # Powers of two: no two allocations tie but mirror images.
    means = pd.Series(2.0 ** np.arange(units), index=[str(i) for i in range(units)])
    table = randomisation.allocations(means, list(means.index[:treated]))
    widest = table.loc[table["difference"].abs().idxmax(), "allocation"].split(" + ")
    found = randomisation.p_value(randomisation.allocations(means, widest))
    assert found == pytest.approx(randomisation.smallest_p(units, treated))


@pytest.mark.parametrize(
    ("means", "treated", "found"),
    [
        (FOUR, ["z"], "z"),
        (FOUR, [], "0 of 4"),
        (FOUR, list("abcd"), "4 of 4"),
        (FOUR.replace(2.0, np.nan), ["a"], "no mean for b"),
        (pd.concat([FOUR, FOUR[:1]]), ["b"], "a twice"),
    ],
)
def test_units_that_do_not_fit_are_named(means, treated, found):
    with pytest.raises(InputError, match=found):
        randomisation.allocations(means, treated)


def test_smallest_p_needs_two_arms():
    with pytest.raises(InputError, match="treated"):
        randomisation.smallest_p(4, 4)
