"""Feasibility: expectations are counted by hand in tests/studies/mini."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import row

from earlyhelp.analysis import feasibility
from earlyhelp.study.raw import Pilot


def test_attendance_by_role(pilot: Pilot) -> None:
    frame = feasibility.attendance(pilot)
    assert row(frame, role="all")[["eligible", "attended", "not_attended"]].tolist() == [4, 3, 1]
    assert row(frame, role="practitioners")["attended"] == 3
    assert row(frame, role="Team Manager")["percent"] == 0
    assert pd.isna(row(frame, role="Senior Practitioner")["percent"])


def test_half_the_training_is_attended_but_not_both_parts(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[0, "part_2"] = "not attended"
    frame = feasibility.attendance(pilot.with_raw(training_attendance=register))
    assert row(frame, role="all")[["attended", "both_parts"]].tolist() == [3, 2]


def test_attendance_by_part_tells_mop_up_sessions(pilot: Pilot) -> None:
    frame = feasibility.attendance_by_part(pilot)
    assert row(frame, part=1, session="scheduled")["n"] == 3
    assert row(frame, part=2, session="mop-up")["n"] == 1


def test_agreement_is_four_or_five(pilot: Pilot) -> None:
    survey = pilot.raw["post_training_survey"].assign(pace_right=[3.0, 4.0, 5.0])
    frame = feasibility.agreement(pilot.with_raw(post_training_survey=survey), ("pace_right",))
    assert frame.loc[0, ["total", "agree", "mean"]].tolist() == [3, 2, 4]


def test_agreement_is_of_those_who_answered(pilot: Pilot) -> None:
    survey = pilot.raw["post_training_survey"].assign(pace_right=[None, 4.0, 2.0])
    frame = feasibility.agreement(pilot.with_raw(post_training_survey=survey), ("pace_right",))
    assert frame.loc[0, "percent"] == 50


def test_every_answer_is_counted_in_words(pilot: Pilot) -> None:
    frame = feasibility.know_more(pilot)
    assert frame["n"].tolist() == [0, 0, 3, 0, 0]
    assert row(frame, answer="neither")["percent"] == 100


def test_views_include_the_roleplay(pilot: Pilot) -> None:
    assert row(feasibility.training_views(pilot), question="roleplay_helpful")["agree"] == 3


def test_prior_training_and_prior_tools(pilot: Pilot) -> None:
    training, tools = feasibility.prior_training(pilot), feasibility.prior_tools(pilot)
    assert row(training, answer="yes")["percent"] == 12.5
    assert row(tools, question="prior_srs", answer="not sure")["n"] == 1
    assert set(tools["question"]) == {"prior_ors", "prior_srs"}


def test_frequency_is_of_those_who_were_asked(pilot: Pilot) -> None:
    frame = feasibility.tool_frequency(pilot)
    # The comparison arm's three are not asked.
    assert row(frame, tool="ORS", frequency="some sessions")[["n", "total"]].tolist() == [3, 3]


def test_one_tool_is_use(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[0, "ors_frequency"] = "no sessions"
    endline.loc[2, ["ors_frequency", "srs_frequency"]] = "no sessions"
    used = feasibility.reported_use(pilot.with_raw(endline_survey=endline))
    assert row(used, role="all")[["used", "total"]].tolist() == [2, 3]
    assert row(used, role="Family Support Worker")[["used", "total"]].tolist() == [1, 2]


def test_only_those_who_used_the_tools_count_for_uploading(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[2, ["ors_frequency", "srs_frequency"]] = "no sessions"
    frame = feasibility.uploaded(pilot.with_raw(endline_survey=endline))
    assert row(frame, answer="yes")[["n", "total"]].tolist() == [2, 2]


def test_attended_and_used_leaves_managers_out(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[3, ["part_1", "part_2"]] = "scheduled"
    frame = feasibility.attended_and_used(pilot.with_raw(training_attendance=register))
    assert row(frame, role="all")[["attended", "used"]].tolist() == [3, 3]
    group = row(frame, role="FSW and Senior Practitioner")
    assert group[["attended", "used"]].tolist() == [2, 2]


def test_use_without_training_is_not_attended_and_used(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[0, ["part_1", "part_2"]] = "not attended"
    frame = feasibility.attended_and_used(pilot.with_raw(training_attendance=register))
    assert row(frame, role="all")[["attended", "used"]].tolist() == [2, 2]


def test_people_are_counted_once_per_tool(pilot: Pilot) -> None:
    frame = feasibility.people_completing(pilot)
    child = row(frame, tool="ORS", person_type="child")
    assert child[["people", "completions"]].tolist() == [1, 2]
    assert row(frame, tool="SRS", person_type="all")["people"] == 2


def test_completions_per_person(pilot: Pilot) -> None:
    frame = feasibility.completions_per_person(pilot)
    # ORS: F1 twice, F2 and F3 once; SRS: F1 and F2 once.
    assert row(frame, tool="ORS")["mean"] == pytest.approx(4 / 3)
    assert row(frame, tool="each")[["people", "completions"]].tolist() == [5, 6]
    assert row(frame, tool="each")["mean"] == pytest.approx(6 / 5)
    assert row(frame, tool="SRS")["maximum"] == 1


def test_use_by_month_ranks_months(pilot: Pilot) -> None:
    frame = feasibility.use_by_month(pilot)
    # All tools: four in March by P1 and P2, two in April by P1 and P3.
    march, april = (row(frame, tool="all", month=f"2024-0{m}") for m in (3, 4))
    assert (march["completions"], march["completions_rank"]) == (4, 1)
    assert april["completions_of_first"] == 0.5
    assert (march["practitioners"], march["practitioners_rank"]) == (2, 2)


def test_a_month_without_use_has_nought(pilot: Pilot) -> None:
    assert row(feasibility.use_by_month(pilot), tool="SRS", month="2024-04")["completions"] == 0


def test_use_by_team(pilot: Pilot) -> None:
    frame = feasibility.use_by_team(pilot)
    assert row(frame, team="A")[["ORS", "SRS", "difference"]].tolist() == [3, 2, 1]
    assert row(frame, team="all")[["practitioners", "people"]].tolist() == [3, 3]


def test_tool_scores_are_set_against_the_cutoffs(pilot: Pilot) -> None:
    frame = feasibility.tool_scores(pilot)
    adults = row(frame, tool="ORS", person_type="adult")
    # 24 and 30 against 25.
    assert adults[["scored", "mean", "below_cutoff_percent"]].tolist() == [2, 27, 50]


def test_tool_scores_may_be_missing(pilot: Pilot) -> None:
    use = pilot.tool_use.assign(score=float("nan"))
    frame = feasibility.tool_scores(pilot.with_raw(tool_use=use))
    assert frame["scored"].tolist() == [0, 0, 0, 0]
    assert frame["below_cutoff_percent"].isna().all()


def test_engagement_and_difficulty(pilot: Pilot) -> None:
    assert row(feasibility.engagement(pilot), engagement="engaged")["n"] == 3
    assert row(feasibility.difficulty(pilot), difficulty="easier")["n"] == 3


def test_answers_read_together(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[:2, "family_engagement"] = ["somewhat engaged", "not engaged", "very engaged"]
    endline.loc[:2, "difficulty"] = ["much harder", "easier", "neither easier nor harder"]
    frame = feasibility.grouped_answers(pilot.with_raw(endline_survey=endline))
    assert frame.set_index("group")["n"].to_dict() == {
        "engaged families": 2,
        "easier": 1,
        "harder": 1,
    }


def test_ratings(pilot: Pilot) -> None:
    ors = row(feasibility.tool_ratings(pilot), measure="iam", tool="ORS")
    # 4.25, 4 and 4: mean 49/12, SD 0.25/√3; (49/12 - 1) of the 4 points from 1 to 5.
    assert ors["mean"] == pytest.approx(49 / 12)
    assert ors["sd"] == pytest.approx(0.25 / 3**0.5)
    assert ors["mean_percent"] == pytest.approx(100 * (37 / 12) / 4)


def test_ratings_of_the_tools_are_compared(pilot: Pilot) -> None:
    frame = feasibility.rating_differences(pilot)
    assert frame["difference"].tolist() == pytest.approx([1 / 12, 0])


def test_continuation(pilot: Pilot) -> None:
    assert feasibility.continuation(pilot)["n"].tolist() == [2, 1, 0]


def test_a_pilot_without_answers_has_no_percentages(pilot: Pilot) -> None:
    empty = pilot.with_raw(
        endline_survey=pilot.raw["endline_survey"].iloc[:0],
        post_training_survey=pilot.raw["post_training_survey"].iloc[:0],
        tool_use=pilot.tool_use.iloc[:0],
    )
    for function in (
        feasibility.tool_frequency,
        feasibility.engagement,
        feasibility.uploaded,
        feasibility.training_views,
        feasibility.attended_and_used,
        feasibility.completions_per_person,
        feasibility.use_by_month,
        feasibility.tool_ratings,
        feasibility.reported_use,
        feasibility.tool_scores,
    ):
        assert len(function(empty)) > 0
    assert feasibility.engagement(empty)["percent"].isna().all()
