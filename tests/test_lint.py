"""Each kind of fault is found, and what only looks like one is not."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from lint import (
    beside_status,
    lower_counts,
    of_the_screen,
    raw_ids,
    said_again,
    same_ends,
    undefined,
    zero_before_p,
    zero_in_p_cells,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It lies between 0% and 0%.", ["between 0% and 0%"]),
        ("from −1.5 to −1.5 points", ["from −1.5 to −1.5"]),
        ("between 5 and 50", []),
        ("between 1.2 and 1.25", []),
        ("from 12 to 12.5", []),
    ],
)
def test_ranges_of_one_number(text: str, found: list[str]) -> None:
    assert same_ends(text) == found


@pytest.mark.parametrize(
    ("block", "faults"),
    [
        ("five managers were asked.", 1),
        ("They answered. two did not.", 1),
        ("They answered. Two did not.", 0),
        # An entry of a list is no sentence.
        ("two half-days", 0),
        ("Most came; two did not.", 0),
    ],
)
def test_sentences_that_begin_with_a_lower_case_number(block: str, faults: int) -> None:
    assert len(lower_counts([block])) == faults


def test_ids_in_place_of_names() -> None:
    assert raw_ids("Q242 interview_02: she said so of wai_01", {"wai_01"}) == ["interview_02"]
    assert raw_ids("raw/tool_use.csv and audit.finding_of(x)") == []
    themes = {"family-needs", "next-steps", "ease"}
    assert raw_ids("Not (ease, family-needs) or next-steps", themes=themes) == ["family-needs"]


@pytest.mark.parametrize(("after", "faults"), [("; so", 1), (", so", 1), (" so;", 0), ("", 0)])
def test_stops_behind_the_frame_of_a_status(after: str, faults: int) -> None:
    page = BeautifulSoup(f"<p>It is <span class='status'>determined</span>{after}</p>", "lxml")
    assert len(beside_status(page)) == faults


def test_a_link_that_repeats_what_leads_to_it() -> None:
    for lead, faults in (("How findings were put down to sources", 1), ("The rules", 0)):
        page = BeautifulSoup(
            f"<p>So it is. {lead}: <a>How a finding was put down to a source</a>.</p>", "lxml"
        )
        assert len(said_again(page)) == faults


def test_the_words_of_the_screen() -> None:
    assert of_the_screen("A figure is folded; click here.") == ["is folded", "click"]
    assert of_the_screen("It is not printed, and the HTML book folds it.") == []


@pytest.mark.parametrize(
    ("texts", "faults"),
    [
        (["Use of the ORS rose.", "The Outcome Rating Scale (ORS) is short."], 1),
        (["The Outcome Rating Scale (ORS) is short.", "Use of the ORS rose."], 0),
        (["It was higher (SD 3.9)."], 1),
        (["It was higher (standard deviation, SD, 3.9)."], 0),
        (["CS Compassion satisfaction."], 0),
        (["Analysis of covariance (ANCOVA)"], 0),
        (["The PDF is under CC BY 4.0."], 0),
    ],
)
def test_abbreviations_before_their_definition(texts: list[str], faults: int) -> None:
    assert len(list(undefined(texts))) == faults


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the smallest two-sided p is 0.33: at", ["p is 0.33"]),
        ("t(28) = 2.20 gives p from 0.0358 to 0.0367", ["p from 0.0358"]),
        ("(ns, p > 0.05)", ["p > 0.05"]),
        ("p recomputed is 0.0786", ["p recomputed is 0.0786"]),
        ("p is .33, p = .697 and p < .001", []),
        # Other numbers of the same sentence.
        ("p = .697, d = 0.31, step is 0.5", []),
    ],
)
def test_p_with_a_zero_before_its_point(text: str, found: list[str]) -> None:
    assert zero_before_p(text) == found


def test_cells_of_p_with_a_zero_before_their_point() -> None:
    heads = ["Measure", "t", "p", "p of all allocations"]
    rows = [["Alliance", "0.39", "0.697", ".33"], ["Difference: p", "0.007 to 0.011", "–", "–"]]
    assert zero_in_p_cells([heads, *rows]) == ["0.697", "0.007 to 0.011"]
