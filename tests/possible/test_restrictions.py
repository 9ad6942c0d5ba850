"""Scores that are known, ends that occur, half points, unequal numbers of items, no printed SD.

Expected values come from listing all multisets here.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement
from math import isqrt
from statistics import pvariance
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earlyhelp.possible.one_group import bounds, count, draw, enumerate_all
from earlyhelp.possible.printed_group import Figures, printed_interval
from earlyhelp.possible.witness import why_impossible, witness
from earlyhelp.study.problems import InputError

Scores = tuple[Fraction, ...]


def possible_scores(figures: Figures) -> list[Fraction]:
    found = set()
    for items in figures.numbers_of_items:
        unit = Fraction(figures.step) / items
        first, last = (int(end / unit) - 1 for end in (figures.minimum, figures.maximum))
        found |= {i * unit for i in range(first, last + 3)}
    return sorted(score for score in found if figures.minimum <= score <= figures.maximum)


def agreeing(figures: Figures) -> list[Scores]:
    """All data sets, by trying every multiset."""
    mean = printed_interval(figures.mean, figures.rounding)
    found = []
    for scores in combinations_with_replacement(possible_scores(figures), figures.n):
        have = Counter(scores)
        if (
            sum(scores) / Fraction(figures.n) in mean
            and (figures.sd is None or squared_sd(scores) in squared(figures))
            and all(have[score] == people for score, people in figures.exactly)
            and all(have[score] >= people for score, people in figures.at_least)
        ):
            found.append(scores)
    return found


def squared_sd(scores: Scores) -> Fraction:
    return pvariance(scores) * len(scores) / (len(scores) - 1)


def squared(figures: Figures) -> Any:
    sd = printed_interval(str(figures.sd), figures.rounding)
    low = max(sd.low, Fraction(0))
    return sd._replace(low=low**2, high=sd.high**2, low_included=sd.low < 0 or sd.low_included)


@st.composite
def restricted(draw_from: st.DrawFn) -> Figures:
    """Figures of scores that exist, or nearly."""
    step = draw_from(st.sampled_from([1, Fraction(1, 2), 2]))
    items = draw_from(st.sampled_from([1, 2, (1, 2), (2, 3)]))
    frame = Figures(2, "1", None, 0, 4, items, step=step)
    scores = possible_scores(frame)
    people = draw_from(st.lists(st.sampled_from(scores), min_size=2, max_size=4))
    have, n = Counter(people), len(people)
    chosen = draw_from(st.lists(st.sampled_from(scores), max_size=2, unique=True))
    near = draw_from(st.sampled_from([0, 0, 0, 1]))
    exactly = tuple((score, max(0, have[score] - near)) for score in chosen[:1])
    at_least = tuple((score, have[score]) for score in chosen[1:])
    ends = (min(people), max(people))
    if near and len(set(ends)) == 2:
        at_least += ((ends[0], 1), (ends[1], 1))
        frame = Figures(2, "1", None, *ends, items, step=step)
    decimals = draw_from(st.integers(1, 2))
    mean, sd = (
        f"{Decimal(x.numerator) / x.denominator:.{decimals}f}"
        for x in (
            sum(people) / Fraction(n),
            Fraction(isqrt(int(squared_sd(tuple(people)) * 10**8)), 10**4),
        )
    )
    return Figures(
        *(n, mean, draw_from(st.sampled_from([sd, sd, None])), frame.minimum, frame.maximum),
        *(items, draw_from(st.sampled_from(["half-up", "either", "truncated"]))),
        step=step,
        exactly=exactly,
        at_least=at_least,
    )


@settings(deadline=None, max_examples=60)
@given(restricted())
def test_restricted_sets_equal_brute_force(figures: Figures) -> None:
    expected = agreeing(figures)
    assert count(figures) == len(expected)
    listed = [tuple(u / figures.parts for u in row) for row in enumerate_all(figures).tolist()]
    assert listed == expected
    assert (why_impossible(figures) is None) == bool(expected)
    found = witness(figures)
    assert tuple(Counter(found).elements()) in (expected or [()])
    if expected:
        drawn = [u / figures.parts for u in draw(figures, 1, seed=1)[0].tolist()]
        assert tuple(drawn) in expected


@settings(deadline=None, max_examples=60)
@given(restricted())
def test_bounds_of_restricted_sets_equal_brute_force(figures: Figures) -> None:
    expected = agreeing(figures)
    for bound in bounds(figures, cutoffs=[2]):
        each = [outcome(bound.quantity, bound.of, scores, figures) for scores in expected]
        outcomes = sorted(one for one in each if one is not None)
        assert (bound.low, bound.high) == pytest.approx((outcomes[0], outcomes[-1]))
        assert list(Counter(bound.counts).elements()) == pytest.approx(outcomes)


def outcome(quantity: str, of: Any, scores: Scores, figures: Figures) -> Any:
    n = len(scores)
    mean = sum(scores) / Fraction(n)
    if quantity == "frequency":
        return scores.count(of)
    if quantity == "at or above":
        return sum(score >= of for score in scores)
    if quantity == "median":
        return (scores[(n - 1) // 2] + scores[n // 2]) / 2
    if quantity == "horns index":
        return float(4 * pvariance(scores) / (figures.maximum - figures.minimum) ** 2)
    third, second = (sum((score - mean) ** power for score in scores) / n for power in (3, 2))
    return float(third) / float(second) ** 1.5 if second else None


def test_a_large_group_with_known_scores_is_decided() -> None:
    # 1151 people from 4 to 28: 400 at the lower end leave a mean of at most (400 * 4 + 751 * 28)
    # / 1151 = 19.66, and an SD for which the others cannot be near each other.
    figures = Figures(1151, "14.66", "5.61", 4, 28, at_least=((4, 1), (28, 1)), exactly=((16, 0),))
    found = witness(figures)
    assert found is not None
    assert sum(found.values()) == 1151
    assert min(found[Fraction(4)], found[Fraction(28)]) >= 1
    assert Fraction(16) not in found
    assert why_impossible(Figures(1151, "14.66", "5.61", 4, 28, exactly=((4, 400),))) is not None


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"exactly": ((6, 1),)}, "nobody can have the score 6"),
        ({"at_least": ((1, 3), (5, 3))}, "6 people with known scores are more than n = 5"),
        ({"exactly": ((1, 1),), "at_least": ((1, 2),)}, "1 and at least 2 people have the score 1"),
        ({"exactly": ((5, 4),)}, "the scores that are known leave a mean of 4.2000 to 4.8000"),
        ({"exactly": tuple((i, 0) for i in range(1, 6))}, "the other people can have no score"),
    ],
)
def test_why_known_scores_are_impossible(more: dict[str, Any], reason: str) -> None:
    figures = Figures(5, "3.4", "1.14", 1, 5, **more)
    assert reason in str(why_impossible(figures))
    assert count(figures) == 0
    assert witness(figures) == {}


def test_scores_off_the_grid_are_told() -> None:
    with pytest.raises(InputError) as error:
        Figures(5, "3.4", "1", Fraction(1, 2), 5, exactly=((Fraction(1, 3), 1),), step=0)
    assert "step: found 0; expected a number above 0" in str(error.value)
    with pytest.raises(InputError) as error:
        Figures(5, "3.4", "1", Fraction(1, 2), 5, exactly=((Fraction(1, 3), 1),))
    assert "minimum" in str(error.value)
    assert "exactly" in str(error.value)
