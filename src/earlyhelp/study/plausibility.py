"""What must hold between the raw files and cannot be said in a data dictionary: one list of rules.

A rule sees the study and its typed raw files, whose index is the line of each row, and tells each
row that cannot be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import pandas as pd

from earlyhelp.study.design import Study
from earlyhelp.study.problems import Problem

Frames = Mapping[str, pd.DataFrame]
StudyRule = Callable[[Study, Frames], Iterator[Problem]]

# Questions that only those were asked who had the tools, beside that on each tool, or had not.
QUESTIONS_OF_USERS = (
    "uploaded_scores",
    "family_engagement",
    "difficulty",
    "continue_tools",
)
QUESTIONS_OF_THE_REFERENCE = ("contact_with_training", "contact_with_tools")
# In the place of a file, or of answers, that there are not.
NO_ROWS = pd.DataFrame()
NOBODY = pd.Series(dtype=object)


def _problem(stem: str, line: Any, column: str, found: str, expected: str) -> Problem:
    return Problem(f"{stem}.csv", int(line), column, found, expected)


def _surveys(study: Study, frames: Frames) -> Iterator[tuple[str, tuple[str, ...], pd.DataFrame]]:
    """Each survey with the arms that it went to, in the order of `study.yml`."""
    for wave in study.waves:
        yield wave.file, wave.arms, frames[wave.file]


def one_place_each(study: Study, frames: Frames) -> Iterator[Problem]:
    """A person is in one team and arm, in all files."""
    place_of: dict[tuple[str, str], str] = {}
    for (stem, frame), column in product(frames.items(), ("team", "arm")):
        if not {"practitioner_id", column} <= {*frame}:
            continue
        for line, person, place in frame[["practitioner_id", column]].itertuples():
            known = place_of.setdefault((column, person), place)
            if place != known:
                yield _problem(stem, line, column, repr(place), f"{known!r}, as elsewhere")


def adult_or_child(study: Study, frames: Frames) -> Iterator[Problem]:
    """A person who completed a tool is an adult or a child, in all rows."""
    type_of: dict[str, str] = {}
    use = frames.get("tool_use", NO_ROWS)
    for line, person, kind in use.reindex(columns=["person_id", "person_type"]).itertuples():
        known = type_of.setdefault(person, kind)
        if kind != known:
            yield _problem("tool_use", line, "person_type", repr(kind), f"{known!r}, as above")


def questions_of_one_arm(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody answers the questions that only the other arm was asked."""
    users = {*study.counted.frequency.values(), *QUESTIONS_OF_USERS}
    for stem, _, frame in _surveys(study, frames):
        arms = study.placed(frame)["arm"]
        for column in frame:
            wrong = frame.loc[arms == study.reference, column] if column in users else NOBODY
            if column in QUESTIONS_OF_THE_REFERENCE:
                wrong = frame.loc[arms != study.reference, column]
            for line, answer in wrong.dropna().items():
                found = f"{answer!r} in the {arms.to_dict()[line]} arm"
                yield _problem(stem, line, str(column), found, "nothing")


def arms_of_the_wave(study: Study, frames: Frames) -> Iterator[Problem]:
    """A survey has answers only of the arms that it went to by `study.yml`."""
    for stem, arms, frame in _surveys(study, frames):
        column, what = ("arm", "an arm") if study.one_by_one else ("team", "a team")
        expected = f"{what} of: {', '.join(arms)} (study.yml, waves)"
        placed = study.placed(frame)
        wrong = placed.loc[~placed["arm"].isin(arms), ["team", "arm"]]
        for line, team, arm in wrong.itertuples():
            found = f"{arm if study.one_by_one else team!r}, in the {arm} arm"
            yield _problem(stem, line, column, found, expected)


def waves_in_order(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody answers a survey before an earlier one."""
    latest: dict[str, pd.Timestamp] = {}
    for stem, _, frame in _surveys(study, frames):
        known = frame.reindex(columns=["practitioner_id", "completed_on"]).dropna()
        for line, person, day in known.itertuples():
            before = latest.get(person, day)
            if day < before:
                expected = f"{before:%Y-%m-%d}, the day of this person's survey before, or later"
                yield _problem(stem, line, "completed_on", f"'{day:%Y-%m-%d}'", expected)
            latest[person] = max(day, before)


def register_of_the_arm(study: Study, frames: Frames) -> Iterator[Problem]:
    """Whoever answers in an arm that was trained is on the list of those eligible for training.

    Of the reference arm there is no such list; people may join it between the surveys.
    """
    if "training_attendance" not in frames:
        return
    register = set(frames["training_attendance"]["practitioner_id"])
    for stem, _, frame in _surveys(study, frames):
        arms = study.placed(frame)["arm"]
        for line, person in frame.loc[arms != study.reference, "practitioner_id"].items():
            if person not in register:
                expected = "a practitioner of training_attendance.csv, as all of that arm"
                yield _problem(stem, line, "practitioner_id", repr(person), expected)


def trained_before_asked(study: Study, frames: Frames) -> Iterator[Problem]:
    """Views on the training are of people who came to a part of it."""
    if "training_attendance" not in frames:
        return
    register, statements = frames["training_attendance"], {*study.counted.statements}
    away = (register[["part_1", "part_2"]] == study.counted.absent).all(axis=1)
    absent = set(register.loc[away, "practitioner_id"])
    for stem, _, frame in _surveys(study, frames):
        asked = frame["practitioner_id"] if statements & {*frame} else NOBODY
        for line, person in asked[asked.isin(absent)].items():
            found = f"{person!r}, who attended neither part of the training"
            yield _problem(stem, line, "practitioner_id", found, "who attended")


def reasons_of_the_absent(study: Study, frames: Frames) -> Iterator[Problem]:
    """A reason for not attending is of somebody who missed a part."""
    columns = ["part_1", "part_2", "reason_not_attended"]
    register = frames.get("training_attendance", NO_ROWS).reindex(columns=columns)
    there = (register[["part_1", "part_2"]] != study.counted.absent).all(axis=1)
    for line, reason in register.loc[there, "reason_not_attended"].dropna().items():
        found = f"{reason!r} of somebody who attended both parts"
        yield _problem("training_attendance", line, "reason_not_attended", found, "nothing")


def years_do_not_fall(study: Study, frames: Frames) -> Iterator[Problem]:
    """Nobody has fewer years of practice than in the survey before."""
    known: dict[str, tuple[float, str]] = {}
    for wave in study.waves:
        survey = frames[wave.file].reindex(columns=["practitioner_id", "years_practising"])
        for line, person, years in survey.dropna().itertuples():
            most, when = known.get(person, (years, ""))
            if years < most:
                found, expected = f"{years:g}", f"{most:g} or more, as at {when}"
                yield _problem(wave.file, line, "years_practising", found, expected)
            known[person] = max((years, wave.label.lower()), (most, when), key=lambda one: one[0])


RULES: tuple[StudyRule, ...] = (
    one_place_each,
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
