"""Sums that a printed mean leaves, by hand."""

from __future__ import annotations

from earlyhelp.printed import possible_sums


def test_sums_of_a_printed_mean() -> None:
    """69.15 x 27 = 1867.05 and 69.25 x 27 = 1869.75."""
    assert list(possible_sums({"n": 27, "mean": "69.2"}, (12, 84))) == [1868, 1869]


def test_sums_between_limits_exclude_the_limits() -> None:
    """41 x 18 = 738 and 42 x 18 = 756."""
    sums = possible_sums({"n": 18, "above": "41", "below": "42"}, (10, 50))
    assert sums == range(739, 756)


def test_the_scale_is_the_limit_where_none_is_printed() -> None:
    """42 x 27 = 1134 and 50 x 27 = 1350."""
    assert possible_sums({"n": 27, "above": "42"}, (10, 50)) == range(1135, 1351)
