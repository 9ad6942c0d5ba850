"""The sample: expectations are counted by hand in tests/studies/mini."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT, row

from earlyhelp.analysis import outcomes, participants
from earlyhelp.analysis.quantities import FREE
from earlyhelp.published.ledger import with_statuses
from earlyhelp.published.statuses import cell_statuses
from earlyhelp.report.tables import stages
from earlyhelp.study.raw import Pilot, open_pilot


def test_shares_count_every_category_of_those_who_answered() -> None:
    answers = pd.Series(["a", "b", "a", None])
    frame = participants.shares(answers, ("a", "b", "c"), "answer")
    assert frame["n"].tolist() == [2, 1, 0]
    assert frame["total"].tolist() == [3, 3, 3]
    assert frame["percent"].tolist() == pytest.approx([200 / 3, 100 / 3, 0])


def test_shares_of_no_answers_are_missing() -> None:
    frame = participants.shares(pd.Series([None], dtype="object"), ("a",), "answer")
    assert frame["n"].tolist() == [0]
    assert frame["percent"].isna().all()


def test_responses_add_up(pilot: Pilot) -> None:
    frame = participants.responses(pilot)
    assert row(frame, wave="endline", team="A")["n"] == 2
    assert row(frame, wave="endline", arm="comparison", team="all")["n"] == 3
    assert row(frame, wave="endline", arm="all")["n"] == 6


def test_a_wave_leaves_out_the_arm_it_did_not_go_to(pilot: Pilot) -> None:
    frame = participants.responses(pilot)
    after_training = frame[frame["wave"] == "post_training"]
    assert "comparison" not in set(after_training["arm"])


def test_data_collection_marks_what_a_team_did(pilot: Pilot) -> None:
    frame = participants.data_collection(pilot)
    assert row(frame, activity="training", team="B")["n"] == 1
    assert row(frame, activity="training", team="C")["done"] == 0
    assert row(frame, activity="tool use", team="A")["n"] == 2


def test_interviews_are_counted_without_a_team(pilot: Pilot) -> None:
    frame = participants.data_collection(pilot)
    interviews = frame[frame["activity"] == "interviews"]
    assert set(interviews["team"]) == {"all"}
    # The miniature study has no interviews.
    assert interviews["done"].tolist() == [0, 0]


def test_one_part_is_attendance(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[3, "part_2"] = "mop-up"
    came = participants.attended_training(pilot.with_raw(training_attendance=register))
    assert came.tolist() == [True, True, True, True]


@pytest.mark.parametrize(
    ("dates", "period", "short", "months"),
    [
        (["2022-09-01", "2022-09-30"], "September 2022", "Sep", 1),
        (["2022-09-01", "2022-10-01"], "September and October 2022", "Sep/Oct", 2),
        (["2022-11-01", "2023-02-01"], "November 2022 to February 2023", "Nov–Feb", 4),
    ],
)
def test_periods_are_written_as_a_report_writes_them(
    pilot: Pilot, dates: list[str], period: str, short: str, months: int
) -> None:
    observed = pilot.observations.loc[[0, 0]].assign(observed_on=pd.to_datetime(dates))
    frame = participants.fieldwork(pilot.with_raw(observations=observed))
    when = row(frame, activity="training observations")
    assert (when["period"], when["short"], when["months"]) == (period, short, months)


def test_fieldwork_spans_all_activities(pilot: Pilot) -> None:
    whole = row(participants.fieldwork(pilot), activity="all")
    assert whole["first"] == pd.Timestamp("2024-01-15")
    assert whole["last"] == pd.Timestamp("2024-06-10")


def test_observations_are_counted_by_part(pilot: Pilot) -> None:
    assert participants.observation_counts(pilot)["n"].tolist() == [1, 0, 1]
    assert participants.training_observations(pilot).loc[0, "attendees"] == 3


def test_interviewees_by_role(pilot: Pilot) -> None:
    interviews = pd.DataFrame(
        {
            "interview_id": ["i1", "i2"],
            "role": ["Team Manager", "Family Support Worker"],
            "months_in_role": [96.0, 18.0],
            "conducted_on": pd.to_datetime(["2024-07-01", "2024-07-02"]),
        }
    )
    frame = participants.interviewees(pilot.with_raw(interviews=interviews))
    everybody = row(frame, role="all")
    assert (everybody["n"], everybody["shortest_months"], everybody["longest_years"]) == (2, 18, 8)
    assert row(frame, role="Team Manager")["n"] == 1


def test_people_are_told_apart_by_wave(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[0, "practitioner_id"] = "P9"
    people = row(participants.people(pilot.with_raw(endline_survey=endline)), arm="intervention")
    # Baseline P1 to P4, endline P9, P2, P3.
    assert people[["before", "after", "both", "lost", "new", "distinct"]].tolist() == [
        *(4, 3, 2, 2, 1, 5)
    ]
    assert people["retained_percent"] == 50


def test_flow_counts_scores_not_responses(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[0, "wai_01"] = None
    flow = participants.participant_flow(pilot.with_raw(endline_survey=endline))
    at = flow[flow["arm"] == "intervention"].set_index("stage")["n"]
    assert at["endline survey"] == 3
    assert at["working alliance at endline"] == 2
    assert at["working alliance paired"] == 2
    assert at["compassion satisfaction paired"] == 3


def test_no_stage_of_the_drawn_flow_is_free(rotherham: Path) -> None:
    pilot = with_statuses(open_pilot(rotherham))
    flow = participants.participant_flow(pilot)
    drawn = flow[flow["stage"].isin(dict(stages(pilot, flow)))]
    assert FREE not in cell_statuses(drawn, "n")


def test_flow_leaves_out_stages_an_arm_did_not_pass(pilot: Pilot) -> None:
    flow = participants.participant_flow(pilot)
    assert flow.loc[flow["stage"] == "attended training", "arm"].tolist() == ["intervention"]


def test_response_rates_have_each_denominator(pilot: Pilot) -> None:
    rates = participants.response_rates(pilot)
    attended = row(rates, wave="post_training", denominator="attended training")
    eligible = row(rates, wave="post_training", denominator="eligible for training")
    # Three answered, three had come, four were on the list.
    assert (attended["percent"], eligible["percent"]) == (100, 75)


def test_a_wave_that_was_not_planned_has_no_rate(pilot: Pilot) -> None:
    waves = tuple(wave for wave in pilot.study.waves if wave.id != "post_training")
    study = pilot.study.model_copy(update={"waves": waves})
    rates = participants.response_rates(replace(pilot, study=study))
    assert set(rates["wave"]) == {"baseline", "endline"}


def test_newcomers_do_not_count_as_answering_again(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[3, "practitioner_id"] = "P9"
    rates = participants.response_rates(pilot.with_raw(endline_survey=endline))
    again = row(rates, wave="endline", arm="comparison", denominator="baseline respondents")
    # P5 to P8 before, P9, P6, P7 after.
    assert again[["n", "total"]].tolist() == [2, 4]


def test_people_known_from_the_register_alone_count(pilot: Pilot) -> None:
    register = pilot.training_attendance.copy()
    register.loc[3, "practitioner_id"] = "P9"
    rates = participants.response_rates(pilot.with_raw(training_attendance=register))
    known = rates[rates["denominator"] == "people known to the study"]
    assert row(known, wave="baseline", arm="intervention")["total"] == 5
    kinds = {arm: row(known, wave="baseline", arm=arm)["kind"] for arm in pilot.study.arm_ids}
    assert kinds == {"intervention": "rate", "comparison": "upper bound"}


def test_characteristics_take_the_earlier_answer(pilot: Pilot) -> None:
    endline = pilot.raw["endline_survey"].copy()
    endline.loc[0, "years_practising"] = 40
    described = participants.described_people(pilot.with_raw(endline_survey=endline))
    assert row(described, practitioner_id="P1")["years_practising"] == 0


def test_what_a_study_names_is_told_of_each_arm() -> None:
    """Sex, age or whatever else says who people are, with no word of it in the code."""
    pilot = open_pilot(ROOT / "tests/studies/three_arms")
    start = pilot.survey("start")
    counted = participants.characteristics_by_arm(pilot)
    assert set(counted["characteristic"]) == {"sex"}
    said = start[start["sex"].notna()]
    for arm, people in said.groupby(pilot.study.placed(said)["arm"]):
        told = counted[counted["arm"] == arm].set_index("category")
        assert told["n"].to_dict() == people["sex"].value_counts().to_dict()
        assert set(told["total"]) == {len(people)}
    numbers = participants.characteristics(pilot)
    everybody = row(numbers, characteristic="age", arm="all")
    assert everybody["mean"] == pytest.approx(start["age"].mean())
    assert "age" in set(outcomes.arm_differences(pilot)["characteristic"])


def test_characteristics_of_few_people_are_not_told() -> None:
    pilot = replace(open_pilot(ROOT / "tests/studies/three_arms"), told_from=10)
    told = participants.characteristics_by_arm(pilot)
    exact = participants.characteristics_by_arm(pilot.exact())
    few = exact["n"] < 10
    assert few.any()
    assert told.loc[few, ["n", "percent"]].isna().all(axis=None)
    ages = participants.characteristics(pilot)
    assert ages[["minimum", "maximum"]].isna().all(axis=None)


def test_characteristics_are_summarised_by_arm(pilot: Pilot) -> None:
    years = row(
        participants.characteristics(pilot), characteristic="years_practising", arm="comparison"
    )
    # 4, 5, 6, 7: mean 5.5, SD √(5/3).
    assert years["mean"] == 5.5
    assert years["sd"] == pytest.approx((5 / 3) ** 0.5)
    assert (years["minimum"], years["maximum"]) == (4, 7)


def test_full_time_begins_at_37_hours(pilot: Pilot) -> None:
    counts = participants.characteristic_counts(pilot)
    full = row(counts, characteristic="working_hours", arm="all", category="full time")
    assert (full["n"], full["total"], full["rank"]) == (5, 8, 1)


def test_ties_share_the_lower_rank(pilot: Pilot) -> None:
    counts = participants.characteristic_counts(pilot)
    service = row(counts, characteristic="time_in_service", arm="all", category="over 5 years")
    assert service["rank"] == 4


def test_design_facts_come_from_the_study(pilot: Pilot) -> None:
    facts = participants.design(pilot).set_index("fact")["value"]
    assert facts["intervention teams"] == 2
    assert facts["wai total maximum"] == 84
    assert facts["wai domain maximum"] == 28
    assert facts["teams in shared units"] == 0


def test_facts_about_an_instrument_have_its_words(rotherham: Path) -> None:
    pilot = open_pilot(rotherham)
    table = participants.design(pilot)
    ids = set(pilot.instruments.measured)
    shown = [table.attrs["labels"].get(fact, fact) for fact in table["fact"]]
    assert "Working alliance (WAI): item maximum" in shown
    assert "Compassion satisfaction: items" in shown
    assert not [words for words in shown if words.split()[0] in ids]
