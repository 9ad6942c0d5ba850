"""What must hold between the raw files and cannot be said in a data dictionary: one list of rules.

A rule sees the study and its typed raw files, whose index is the line of each row, and tells each
row that cannot be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from earlyhelp.study.design import COMPARISON, INTERVENTION, Study
from earlyhelp.study.problems import Problem

Frames = Mapping[str, pd.DataFrame]
Rule = Callable[[Study, Frames], Iterator[Problem]]

# Questions of the endline survey that only one arm was asked, beside those on each tool.
INTERVENTION_QUESTIONS = (
    "uploaded_scores",
    "family_engagement",
    "difficulty",
    "continue_tools",
)
COMPARISON_QUESTIONS = ("contact_with_training", "contact_with_tools")


def _problem(stem: str, line: Any, column: str, found: str, expected: str) -> Problem:
    return Problem(f"{stem}.csv", int(line), column, found, expected)


def _surveys(study: Study, frames: Frames) -> Iterator[tuple[str, tuple[str, ...], pd.DataFrame]]:
    """Each survey with the arms that it went to, in the order of `study.yml`."""
    for wave in study.waves:
        yield f"{wave.id}_survey", wave.arms, frames[f"{wave.id}_survey"]


def one_team_each(study: Study, frames: Frames) -> Iterator[Problem]:
    """A person is in one team, in all files."""
    team_of: dict[str, str] = {}
    for stem, frame in frames.items():
        if "practitioner_id" not in frame:
            continue
        for line, person, team in frame[["practitioner_id", "team"]].itertuples():
            known = team_of.setdefault(person, team)
            if team != known:
                yield _problem(stem, line, "team", repr(team), f"{known!r}, as elsewhere")


def adult_or_child(study: Study, frames: Frames) -> Iterator[Problem]:
    """A person who completed a tool is an adult or a child, in all rows."""
    type_of: dict[str, str] = {}
    for line, person, kind in frames["tool_use"][["person_id", "person_type"]].itertuples():
        known = type_of.setdefault(person, kind)
        if kind != known:
            yield _problem("tool_use", line, "person_type", repr(kind), f"{known!r}, as above")


def questions_of_one_arm(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody answers the questions that only the other arm was asked."""
    endline = frames["endline_survey"]
    arms = endline["team"].map(study.arm_of)
    for arm, columns in (
        (COMPARISON, (*study.counted.frequency.values(), *INTERVENTION_QUESTIONS)),
        (INTERVENTION, COMPARISON_QUESTIONS),
    ):
        for column in columns:
            for line, answer in endline.loc[arms == arm, column].dropna().items():
                found = f"{answer!r} in the {arm} arm"
                yield _problem("endline_survey", line, column, found, "nothing")


def arms_of_the_wave(study: Study, frames: Frames) -> Iterator[Problem]:
    """A survey has answers only of the arms that it went to by `study.yml`."""
    for stem, arms, frame in _surveys(study, frames):
        expected = f"a team of: {', '.join(arms) or 'no arm'} (study.yml, waves)"
        for line, team in frame["team"].items():
            if study.arm_of[team] not in arms:
                found = f"{team!r}, in the {study.arm_of[team]} arm"
                yield _problem(stem, line, "team", found, expected)


def waves_in_order(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody answers a survey before an earlier one."""
    latest: dict[str, pd.Timestamp] = {}
    for stem, _, frame in _surveys(study, frames):
        for line, person, day in frame[["practitioner_id", "completed_on"]].itertuples():
            before = latest.get(person, day)
            if day < before:
                expected = f"{before:%Y-%m-%d}, the day of this person's survey before, or later"
                yield _problem(stem, line, "completed_on", f"'{day:%Y-%m-%d}'", expected)
            latest[person] = max(day, before)


def register_of_the_arm(study: Study, frames: Frames) -> Iterator[Problem]:
    """Whoever answers in the intervention arm is on the list of those eligible for training.

    Of the comparison arm there is no such list; people may join it between the surveys.
    """
    register = set(frames["training_attendance"]["practitioner_id"])
    for stem, _, frame in _surveys(study, frames):
        arms = frame["team"].map(study.arm_of)
        for line, person in frame.loc[arms == INTERVENTION, "practitioner_id"].items():
            if person not in register:
                expected = "a practitioner of training_attendance.csv, as in the intervention arm"
                yield _problem(stem, line, "practitioner_id", repr(person), expected)


def trained_before_asked(study: Study, frames: Frames) -> Iterator[Problem]:
    """Views on the training are of people who came to a part of it."""
    register = frames["training_attendance"]
    away = (register[["part_1", "part_2"]] == study.counted.absent).all(axis=1)
    absent = set(register.loc[away, "practitioner_id"])
    for line, person in frames["post_training_survey"]["practitioner_id"].items():
        if person in absent:
            found = f"{person!r}, who attended neither part of the training"
            yield _problem("post_training_survey", line, "practitioner_id", found, "who attended")


def reasons_of_the_absent(study: Study, frames: Frames) -> Iterator[Problem]:
    """A reason for not attending is of somebody who missed a part."""
    register = frames["training_attendance"]
    there = (register[["part_1", "part_2"]] != study.counted.absent).all(axis=1)
    for line, reason in register.loc[there, "reason_not_attended"].dropna().items():
        found = f"{reason!r} of somebody who attended both parts"
        yield _problem("training_attendance", line, "reason_not_attended", found, "nothing")


def years_do_not_fall(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody has fewer years of practice at endline than at baseline."""
    before = frames["baseline_survey"].set_index("practitioner_id")["years_practising"]
    endline = frames["endline_survey"]
    earlier = endline["practitioner_id"].map(before)
    falls = endline["years_practising"] < earlier
    for line, years, known in zip(
        endline.index[falls], endline.loc[falls, "years_practising"], earlier[falls], strict=True
    ):
        found, expected = f"{years:g}", f"{known:g} or more, as at baseline"
        yield _problem("endline_survey", line, "years_practising", found, expected)


RULES: tuple[Rule, ...] = (
    one_team_each,
    adult_or_child,
    questions_of_one_arm,
    arms_of_the_wave,
    waves_in_order,
    register_of_the_arm,
    trained_before_asked,
    reasons_of_the_absent,
    years_do_not_fall,
)


def check(study: Study, frames: Frames) -> list[Problem]:
    """Apply every rule.

    Parameters
    ----------
    frames : mapping
        By file stem, as `rawtable.read_table` gives them.
    """
    return [problem for rule in RULES for problem in rule(study, frames)]
