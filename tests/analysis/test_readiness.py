"""Readiness: expectations are counted by hand in tests/studies/mini."""

from __future__ import annotations

from pathlib import Path

import pytest

from earlyhelp.analysis import readiness
from earlyhelp.study.raw import Pilot, open_pilot


@pytest.fixture
def pilot(mini: Path) -> Pilot:
    return open_pilot(mini)


def test_preferred_format(pilot: Pilot) -> None:
    survey = pilot.raw["post_training_survey"].assign(
        preferred_format=["one full day", "two half days", None]
    )
    frame = readiness.training_format(pilot.with_raw(post_training_survey=survey))
    assert frame["n"].tolist() == [1, 1, 0]
    assert frame["percent"].tolist() == [50, 50, 0]


def test_contamination_is_of_the_comparison_arm(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[3, "contact_with_tools"] = "yes"
    frame = readiness.contamination(pilot.with_raw(endline_survey=endline))
    counts = frame.set_index(["contact", "answer"])["n"]
    assert counts["tools", "yes"] == 1
    assert counts["training", "yes"] == 0
    assert set(frame["total"]) == {3}


def test_teams_are_set_side_by_side(pilot: Pilot) -> None:
    frame = readiness.team_consistency(pilot).set_index("team")
    # Team A: P1 with three completions and P2 with two; team B: one of two came, one completion.
    assert frame.loc["A", "completions_per_user"] == 2.5
    assert frame.loc["B", ["eligible", "attended", "used", "completions"]].tolist() == [2, 1, 1, 1]
    assert frame["attended_percent"].tolist() == [100, 50]


def test_a_team_that_used_nothing_has_no_rate(pilot: Pilot) -> None:
    use = pilot.tool_use[pilot.tool_use["team"] != "B"]
    frame = readiness.team_consistency(pilot.with_raw(tool_use=use)).set_index("team")
    assert frame.loc["B", "completions"] == 0
    assert frame["completions_per_user"].isna().tolist() == [False, True]
