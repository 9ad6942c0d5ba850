"""Tables laid out for readers."""

from __future__ import annotations

import pandas as pd

from earlyhelp.report import tables
from earlyhelp.report.myst import escape
from earlyhelp.study.design import Criterion


def test_ranges_are_rounded_outwards() -> None:
    frame = pd.DataFrame({"x_low": [1.01, 1.0], "x_high": [1.04, 1.0]})
    assert tables._range(frame, "x", 1) == ["1.0 to 1.1", "1.0"]


def test_solutions_are_numbered_in_the_heads() -> None:
    ends = {"mean_low": 0.7, "mean_high": 0.7, "low": -7.2, "high": 8.7}
    frame = pd.DataFrame([{"icc": 0.05, "design_effect": 1.36, "solution": 2, **ends}])
    assert list(tables.clustered(frame)) == ["ICC supposed", "Design effect", "Solution 2"]


def test_designs_are_columns_and_gaps_dashes() -> None:
    frame = pd.DataFrame(
        {
            "teams": ["few", "many", "many"],
            "clusters": [3, 9, 9],
            "design": ["parallel", "parallel", "stepped-wedge"],
            "low": [1.0, 0.5, 0.25],
            "high": [2.0, 0.75, 0.25],
        }
    )
    table = tables.responsiveness(frame).set_index("Trial of")
    assert table.loc["few (3)"].tolist() == ["1.00 to 2.00", "–"]
    assert table.loc["many (9)"].tolist() == ["0.50 to 0.75", "0.25"]


def test_teams_needed_span_every_icc() -> None:
    frame = pd.DataFrame(
        {
            "design": "baseline",
            "effect": 0.2,
            "icc": [0.01, 0.2],
            "low": [40, 44],
            "high": [90, 216],
        }
    )
    assert tables.teams_needed(frame).to_numpy().tolist() == [["0.2", "40 to 216"]]


def test_labels_of_criteria_are_escaped() -> None:
    criterion = Criterion(
        quantity="attendance",
        label="a | b *c*",
        green=(0.5, 1),
        amber=(0.2, 0.5),
        red=(0, 0.2),
        reason="<b>",
    )
    row = tables.progression_bands([criterion]).iloc[0]
    assert row["Criterion"] == escape("a | b *c*") != "a | b *c*"
    assert row[["Green", "Amber", "Red"]].tolist() == ["0.5 to 1", "0.2 to 0.5", "0 to 0.2"]


def test_a_verdict_says_in_how_many_cells_it_is_another() -> None:
    row = {"verdict": "keeps its level", "barred": 1, "conservative": 2, "cells": 9}
    told = "keeps its level; rejects too often in 1, conservative in 2 of 9 cells"
    assert tables._test(row) == told
    assert tables._test(row | {"verdict": "conservative"}) == "conservative"
    assert tables._test(row | {"barred": 0, "conservative": 0}) == "keeps its level"
