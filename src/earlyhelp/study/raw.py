"""The raw files of a pilot: which the analysis reads, and how a study folder is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.study import plausibility
from earlyhelp.study.design import (
    ARMS,
    INTERVENTION,
    PERSON_TYPES,
    STUDY_FILE,
    Study,
    find_folder,
    read_study,
)
from earlyhelp.study.dictionary import (
    DATAPACKAGE_FILE,
    Dictionary,
    Field,
    TableSchema,
    read_dictionary,
)
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import DTYPES, read_table
from earlyhelp.study.scoring_keys import INSTRUMENTS_FILE, Instruments, read_instruments
from earlyhelp.study.textfile import is_there

QUALITATIVE_FILES = ("interviews", "framework_matrix")
# What no pseudonym looks like; the last begins with a Cyrillic letter.
_NO_PSEUDONYMS = ("jane.doe@example.org", "Jane Doe", "Doe", "jane", "JD", "\u042002")


@dataclass(frozen=True)
class Reads:
    """What the analysis takes a column for; its range and answers are the dictionary's.

    Attributes
    ----------
    type : {"number", "date", "string"}
    always : bool
        Whether every row has a value.
    answers : tuple of str, optional
        The only answers that there may be.
    counted : tuple of str, optional
        Answers that the dictionary's list has to have, where there has to be a list.
    scale : tuple of int, optional
        Lowest and highest answer that the analysis reckons with.
    identifies : bool
        Whether it stands for a person or thing, so that two that look alike must not differ.
    """

    type: str = "string"
    always: bool = False
    answers: tuple[str, ...] = ()
    counted: tuple[str, ...] | None = None
    scale: tuple[int, int] | None = None
    identifies: bool = False


_ID = Reads(always=True, identifies=True)
_DATE = Reads("date", always=True)
_TEXT = Reads()
_WORDS = Reads(always=True)
_NUMBER = Reads("number")
_COUNT = Reads("number", always=True)

FRAMEWORK_MATRIX = {
    "row_id": _ID,
    "source_type": _WORDS,
    "source_id": _TEXT,
    "research_question": _WORDS,
    "component": _WORDS,
    "theme": _WORDS,
    "sub_theme": _TEXT,
    "direction": _WORDS,
    "concerns": _WORDS,
    "summary": _WORDS,
    "outcome": _TEXT,
    "support": _TEXT,
    "report_section": _TEXT,
}


def _one_of(*answers: str) -> Reads:
    return Reads(always=True, answers=answers)


def _listed(*counted: str, always: bool = False) -> Reads:
    return Reads(always=always, counted=counted)


def columns_read(study: Study, instruments: Instruments) -> dict[str, dict[str, Reads]]:
    """Which columns the analysis reads.

    Parameters
    ----------
    study : Study
        Its teams and months are answers.
    instruments : Instruments
        Their columns are read in the files that they stand in.

    Returns
    -------
    dict
        File stem to column name to `Reads`.
    """
    scored: dict[str, dict[str, Reads]] = {}
    for scale in instruments.scales.values():
        for stem in scale.files:
            scored.setdefault(stem, {}).update(dict.fromkeys(scale.columns, _NUMBER))
    counted = study.counted
    agreement = Reads("number", scale=(1, len(counted.agreement)))
    tools = (*counted.frequency, *(scale.key.tool for scale in instruments.ratings.values()))
    teams = {
        arms: _one_of(*(team.id for team in study.teams if team.arm in arms))
        for arms in (ARMS, (INTERVENTION,))
    }
    everybody, trained = teams.values()
    affirmed = _listed(counted.affirmed)
    respondent = {
        "practitioner_id": _ID,
        "team": everybody,
        "completed_on": _DATE,
        "role": _listed(always=True),
    }
    survey = {
        **respondent,
        "time_in_service": _listed(),
        "years_practising": _NUMBER,
        "qualification_level": _NUMBER,
        "hours_per_week": _NUMBER,
        "families_supported": _NUMBER,
        **dict.fromkeys((*counted.prior_training, *counted.prior_tools), _listed()),
    }
    columns = {
        "baseline_survey": survey,
        "post_training_survey": {
            **respondent,
            "team": trained,
            **dict.fromkeys(counted.statements, agreement),
            "preferred_format": _listed(),
        },
        "endline_survey": {
            **survey,
            **dict.fromkeys(counted.frequency.values(), _listed(counted.never, *counted.regularly)),
            "uploaded_scores": affirmed,
            "family_engagement": _listed(),
            "difficulty": _listed(),
            "continue_tools": affirmed,
            "contact_with_training": affirmed,
            "contact_with_tools": affirmed,
        },
        "training_attendance": {
            "practitioner_id": _ID,
            "team": trained,
            "role": _listed(*counted.practitioners, always=True),
            "part_1": _listed(counted.absent, always=True),
            "part_2": _listed(counted.absent, always=True),
            "reason_not_attended": _TEXT,
        },
        "tool_use": {
            "completion_id": _ID,
            "person_id": _ID,
            "person_type": _one_of(*PERSON_TYPES),
            "tool": Reads(always=True, answers=tuple(counted.frequency), counted=tools),
            "practitioner_id": _ID,
            "team": trained,
            "month": _one_of(*study.tool_months),
            "score": _NUMBER,
        },
        "observations": {
            "observation_id": _ID,
            "training_part": Reads("number", always=True, scale=(1, 2)),
            "session": _WORDS,
            "observed_on": _DATE,
            "facilitators": _COUNT,
            "attendees": _COUNT,
        },
        "interviews": {
            "interview_id": _ID,
            "role": _WORDS,
            "months_in_role": _COUNT,
            "conducted_on": _DATE,
        },
        "framework_matrix": FRAMEWORK_MATRIX,
    }
    for group in counted.grouped.values():
        known = columns["endline_survey"].get(group.column, _listed()).counted or ()
        columns["endline_survey"][group.column] = _listed(*known, *group.answers)
    return {stem: {**plain, **scored.get(stem, {})} for stem, plain in columns.items()}


@dataclass(frozen=True)
class Pilot:
    """A study and its raw data, one typed frame per file.

    Numbers are float64 with NaN for missing, dates datetime64, the rest str with missing values.
    Files of qualitative data that a study does not have are frames without rows.

    Attributes
    ----------
    statuses : callable, optional
        What each number of a quantity's table may claim, given its name and the table
        (`earlyhelp.published.statuses`).
    """

    study: Study
    dictionary: Dictionary
    instruments: Instruments
    baseline_survey: pd.DataFrame
    post_training_survey: pd.DataFrame
    endline_survey: pd.DataFrame
    training_attendance: pd.DataFrame
    tool_use: pd.DataFrame
    observations: pd.DataFrame
    interviews: pd.DataFrame
    framework_matrix: pd.DataFrame
    statuses: Callable[[str, pd.DataFrame], object] | None = None

    def answers(self, column: str, *files: str) -> tuple[Any, ...]:
        """The answers that the dictionary lists for a column of some files, in order."""
        return tuple(
            dict.fromkeys(
                answer
                for stem in files
                for answer in self.dictionary.by_name[stem].table.by_name[column].answers
            )
        )

    def survey(self, wave: str) -> pd.DataFrame:
        """The responses of a wave."""
        frame: pd.DataFrame = getattr(self, f"{wave}_survey")
        return frame

    @property
    def labels(self) -> dict[str, str]:
        """Words for columns, waves, instruments and scales, by name."""
        return {
            **self.dictionary.titles,
            **self.study.labels,
            **self.instruments.labels,
        }

    @property
    def sources(self) -> dict[str, set[str]]:
        """Ids of the sources of the framework matrix that have a file, by their kind."""
        return {
            "interview": set(self.interviews["interview_id"]),
            "observation": set(self.observations["observation_id"]),
        }

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that the pilot tried."""
        return self.answers("tool", "tool_use")


def open_pilot(folder: str | Path) -> Pilot:
    """Read a study folder.

    Parameters
    ----------
    folder : path
        Holds `study.yml`, `datapackage.json` and the files of `raw` that it describes; relative
        paths are looked up from the working directory upwards.

    Raises
    ------
    InputError
        With every problem of every file. What the files say together is looked at when each can be
        read.
    """
    folder = find_folder(folder)
    problems: list[Problem] = []
    study = dictionary = instruments = None
    try:
        study = read_study(folder)
    except InputError as error:
        problems += error.problems
    try:
        dictionary = read_dictionary(folder)
        instruments = read_instruments(folder)
    except InputError as error:
        problems += error.problems
    if study and dictionary and instruments:
        problems += _against_the_analysis(dictionary, columns_read(study, instruments))
        problems += _months_of_the_waves(dictionary, study)
        problems += _compared(study, instruments)
    frames: dict[str, pd.DataFrame] = {}
    if dictionary:
        problems += _unknown_files(folder / "raw", dictionary)
        for resource in dictionary.resources:
            frames[resource.name] = read_table(folder / resource.path, resource, problems)
    if study and dictionary and not problems:
        problems += _missing_references(dictionary, frames)
        problems += plausibility.check(study, frames)
    if problems or not (study and dictionary and instruments):
        raise InputError(problems)
    typed: dict[str, Any] = {
        stem: frames[stem].reset_index(drop=True) if stem in frames else _without_rows(columns)
        for stem, columns in columns_read(study, instruments).items()
    }
    return Pilot(study, dictionary, instruments, **typed)


def _without_rows(columns: dict[str, Reads]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype=DTYPES[reads.type]) for name, reads in columns.items()}
    )


def _unknown_files(raw: Path, dictionary: Dictionary) -> Iterator[Problem]:
    """Tell what lies beside the raw files, but for what other programs hide there."""
    known = {Path(resource.path).name for resource in dictionary.resources}
    # A spreadsheet beside a file that is missing is told with the file.
    absent = {Path(name).stem for name in known if not is_there(raw / name)}
    for path in sorted(raw.iterdir()) if raw.is_dir() else ():
        hidden = path.name.startswith((".", "~$")) or path.name.endswith("~")
        if path.name not in known and path.stem not in absent and not hidden:
            expected = f"only files that {DATAPACKAGE_FILE} describes"
            yield Problem(f"raw/{path.name}", None, "", "a file that nothing reads", expected)


def _missing_references(
    dictionary: Dictionary, frames: dict[str, pd.DataFrame]
) -> Iterator[Problem]:
    for resource in dictionary.resources:
        for key in resource.table.foreignKeys:
            target = key.reference
            there = set(frames[target.resource][target.fields].dropna())
            for line, value in frames[resource.name][key.fields].dropna().items():
                if value not in there:
                    expected = f"a {target.fields} of {target.resource}.csv"
                    file = f"{resource.name}.csv"
                    yield Problem(file, int(str(line)), key.fields, repr(value), expected)


def _against_the_analysis(
    dictionary: Dictionary, reads: dict[str, dict[str, Reads]]
) -> Iterator[Problem]:
    """Compare the dictionary with what the analysis reads."""
    for resource in dictionary.resources:
        if resource.name not in reads:
            expected = f"one of: {', '.join(reads)}"
            yield _unfit(resource.name, "a resource that nothing reads", expected)
    for stem, columns in reads.items():
        if stem in dictionary.by_name:
            yield from _columns(stem, dictionary.by_name[stem].table, columns)
        elif stem not in QUALITATIVE_FILES:
            yield _unfit(stem, "no such resource", f"the resource raw/{stem}.csv")


def _columns(stem: str, table: TableSchema, columns: dict[str, Reads]) -> Iterator[Problem]:
    """Compare the fields of one file with the columns that the analysis reads of it."""
    for name in columns:
        if name not in table.by_name:
            expected = "this field, which the analysis reads"
            yield _unfit(f"{stem}.{name}", "no such field", expected)
    for name in table.by_name:
        if name not in columns:
            yield _unfit(
                f"{stem}.{name}", "a field that nothing reads", f"only: {', '.join(columns)}"
            )
    if table.primaryKey != next(iter(columns)):
        yield _unfit(f"{stem}.primaryKey", table.primaryKey, next(iter(columns)))
    for name, field in table.by_name.items():
        for found, expected in _misread(field, columns[name]) if name in columns else ():
            yield _unfit(f"{stem}.{name}", found, expected)


def _unfit(place: str, found: str, expected: str) -> Problem:
    return Problem(DATAPACKAGE_FILE, None, place, found, expected)


def _misread(field: Field, reads: Reads) -> Iterator[tuple[str, str]]:
    """What is found and expected wherever a field is not what the analysis takes it for."""
    limits = field.constraints
    if reads.type != ("number" if field.type == "integer" else field.type):
        yield f"the type {field.type}", f"the type {reads.type}"
        return
    if reads.always and not limits.required:
        yield "a field that may be missing", "the constraint required: true"
    if reads.answers and not set(limits.enum or ("",)) <= set(reads.answers):
        other = [str(answer) for answer in limits.enum or () if answer not in reads.answers]
        found = f"the answers {', '.join(other)}" if other else "no enum"
        yield found, f"an enum of: {', '.join(reads.answers)}"
    elif reads.counted is not None and (
        limits.enum is None or not set(reads.counted) <= set(limits.enum)
    ):
        listed = f"the enum {', '.join(map(str, limits.enum))}" if limits.enum else "no enum"
        counted = ", ".join(dict.fromkeys(reads.counted))
        yield listed, f"an enum with what is counted: {counted}" if counted else "an enum"
    found = f"minimum {limits.minimum}, maximum {limits.maximum}"
    if reads.scale and (limits.minimum, limits.maximum) != reads.scale:
        yield found, "minimum {}, maximum {}".format(*reads.scale)
    elif reads.type != "string" and None in (limits.minimum, limits.maximum):
        yield found, "both of them"
    if reads.identifies:
        taken = [text for text in _NO_PSEUDONYMS if limits.pattern and _takes(field, text)]
        if taken or not limits.pattern:
            found = f"a pattern that takes {taken[0]!a}" if taken else "no pattern"
            yield found, "a pattern of pseudonyms, such as P[0-9]{2}"


def _takes(field: Field, text: str) -> bool:
    try:
        return bool(field.value(text))
    except ValueError:
        return False


def _compared(study: Study, instruments: Instruments) -> Iterator[Problem]:
    for name in study.counted.compared or ():
        if name not in instruments.outcomes:
            expected = f"an outcome of {INSTRUMENTS_FILE}: {', '.join(instruments.outcomes)}"
            yield Problem(STUDY_FILE, None, "counted.compared", repr(name), expected)


def _months_of_the_waves(dictionary: Dictionary, study: Study) -> Iterator[Problem]:
    """The month of each wave lies in the dates that its survey may have."""
    for wave in study.waves:
        place = f"{wave.id}_survey.completed_on"
        resource = dictionary.by_name.get(f"{wave.id}_survey")
        field = resource and resource.table.by_name.get("completed_on")
        if not field or field.type != "date":
            continue
        limits = field.constraints
        first, last = str(limits.minimum or "")[:7], str(limits.maximum or "9")[:7]
        if not first <= wave.month <= last:
            found = f"dates from {limits.minimum} to {limits.maximum}"
            expected = f"the month of the wave in study.yml, {wave.month}"
            yield Problem(DATAPACKAGE_FILE, None, place, found, expected)
