"""Expected values by hand."""

from __future__ import annotations

import pytest
from helpers import claim, run_check

from earlyhelp.published.checks.base import Printed, Verdict
from earlyhelp.published.checks.places import Labels, Published, Same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("September 2022", "Sep", True),
        ("September and October 2022", "Sep/Oct", True),
        ("September and October 2022", "Oct/Nov", False),
        ("four", "4", True),
        ("4.0", "4", True),
        ("some", "Some", True),
        ("some", "most", False),
    ],
)
def test_months_numbers_and_texts_are_compared_by_meaning(one: str, other: str, same: bool) -> None:
    printed = Printed([claim("a", one, "text"), claim("b", other, "text")])
    assert run_check(Same, printed, figures=["a", "b"]).holds is same


def test_several_quantities_of_one_table_are_one_check() -> None:
    printed = Printed([claim("a", "Sep", "text"), claim("b", "Oct", "text")])
    assert run_check(Same, printed, figures=["a", "a"], also=[["b", "b"]]).holds is True
    shifted = run_check(Same, printed, figures=["a", "a"], also=[["a", "b"]])
    assert shifted.holds is False
    assert len(shifted.arithmetic) == 4


def test_one_property_of_several_instruments_is_one_check() -> None:
    printed = Printed([claim("first", "five"), claim("second", "4")])
    both = run_check(
        Published, printed, figure=["first", "second"], published="4", source="a paper"
    )
    assert both == Verdict(False, ["printed 5, 4; a paper: 4"])


def test_published_property_is_compared_as_a_number() -> None:
    printed = Printed([claim("items", "five")])
    assert run_check(Published, printed, figure="items", published="4", source="x").holds is False
    assert run_check(Published, printed, figure="items", published="5", source="x").holds is True


def test_labels_follow_chapter_and_order() -> None:
    def labels(*pairs: list[str]) -> Verdict:
        return run_check(Labels, labels=list(pairs))

    assert labels(["Table 2.9", "2"], ["Table 2.10", "2"], ["Table A.1", "A"]).holds is True
    assert labels(["Table 3.1", "2"]).arithmetic == ["Table 3.1 stands in chapter 2"]
    assert labels(["Table 2.2", "2"], ["Table 2.1", "2"]).arithmetic == [
        "Table 2.1 follows Table 2.2"
    ]
