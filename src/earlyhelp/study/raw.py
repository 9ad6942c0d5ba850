"""The raw files of a pilot: which the analysis reads, and how a study folder is opened."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from earlyhelp.study import plausibility
from earlyhelp.study.design import (
    PERSON_TYPES,
    STUDY_FILE,
    Study,
    Wave,
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
from earlyhelp.study.scoring_keys import (
    INSTRUMENTS_FILE,
    Instruments,
    outcome_waves,
    read_instruments,
)
from earlyhelp.study.textfile import from_spreadsheets, is_there

# What no pseudonym looks like; the last begins with a Cyrillic letter.
_NO_PSEUDONYMS = ("jane.doe@example.org", "Jane Doe", "Doe", "jane", "JD", "\u042002")


@dataclass(frozen=True)
class Reads:
    """What the analysis takes a column for; its range and answers are the dictionary's.

    Attributes
    ----------
    type : {"number", "date", "string", "characteristic"}
        The last is a number or a listed answer, as the dictionary says.
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
    optional : bool
        Whether the file may be without it.
    """

    type: str = "string"
    always: bool = False
    answers: tuple[str, ...] = ()
    counted: tuple[str, ...] | None = None
    scale: tuple[int, int] | None = None
    identifies: bool = False
    optional: bool = False


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
        Its teams and months are answers, its waves have files.
    instruments : Instruments
        Their columns are read in the files that they stand in.

    Returns
    -------
    dict
        File stem to column name to `Reads`.
    """
    counted = study.counted
    tools = (*counted.frequency, *(scale.key.tool for scale in instruments.ratings.values()))
    trained = _place(study, *study.treated)
    columns = {
        "training_attendance": {
            "practitioner_id": _ID,
            **trained,
            "role": _listed(*counted.practitioners, always=True),
            "part_1": _listed(*filter(None, [counted.absent]), always=True),
            "part_2": _listed(*filter(None, [counted.absent]), always=True),
            "reason_not_attended": _TEXT,
        },
        "tool_use": {
            "completion_id": _ID,
            "person_id": _ID,
            "person_type": _one_of(*PERSON_TYPES),
            "tool": Reads(always=True, answers=tuple(counted.frequency), counted=tools),
            "practitioner_id": _ID,
            **trained,
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
    asked = {name: replace(reads, optional=True) for name, reads in _asked(study).items()}
    for wave in study.waves:
        columns[wave.file] = {"practitioner_id": _ID, **_place(study, *study.arm_ids), **asked}
    for scale in instruments.scales.values():
        for stem in scale.files:
            if stem in columns:
                columns[stem].update(dict.fromkeys(scale.columns, _NUMBER))
    return columns


def _place(study: Study, *arms: str) -> dict[str, Reads]:
    """Columns by which `Study.placed` knows where people of some arms belong."""
    teams = {"team": _one_of(*study.teams_of(*arms))} if study.teams else {}
    alone = {"arm": _one_of(*arms)} if study.one_by_one and len(study.arms) > 1 else {}
    return teams | alone


def _asked(study: Study) -> dict[str, Reads]:
    """What a survey may ask, beside the items of instruments."""
    counted = study.counted
    agreement = Reads("number", scale=(1, len(counted.agreement)))
    affirmed = _listed(*filter(None, [counted.affirmed]))
    use = _listed(*filter(None, [counted.never]), *counted.regularly)
    columns = {
        **dict.fromkeys(counted.characteristics, Reads("characteristic")),
        "completed_on": _DATE,
        "role": _listed(always=True),
        "time_in_service": _listed(),
        "years_practising": _NUMBER,
        "qualification_level": _NUMBER,
        "hours_per_week": _NUMBER,
        "families_supported": _NUMBER,
        **dict.fromkeys((*counted.prior_training, *counted.prior_tools), _listed()),
        **dict.fromkeys(counted.statements, agreement),
        "preferred_format": _listed(),
        **dict.fromkeys(counted.frequency.values(), use),
        "uploaded_scores": affirmed,
        "family_engagement": _listed(),
        "difficulty": _listed(),
        "continue_tools": affirmed,
        "contact_with_training": affirmed,
        "contact_with_tools": affirmed,
    }
    for group in counted.grouped.values():
        known = columns.get(group.column, _listed()).counted or ()
        columns[group.column] = _listed(*known, *group.answers)
    return columns


@dataclass(frozen=True)
class Pilot:
    """A study and its raw data, one typed frame per file.

    Numbers are float64 with NaN for missing, dates datetime64, the rest str with missing values.

    Attributes
    ----------
    raw : mapping
        Frames by file stem; files that a study does not have are frames without rows.
    lines : mapping
        Line of its file at which each row begins, by file stem.
    statuses : callable, optional
        What each number of a quantity's table may claim, given its name and the table
        (`earlyhelp.published.statuses`).
    told_from : int
        The smallest number of people that is told of it: 1 for whoever analyses it, that of the
        study for its readers (`for_readers`).
    computed : dict
        What was computed from it already: tables by quantity and settings (`analysis.quantities`),
        and its ledger (`published.ledger`).
    """

    study: Study
    dictionary: Dictionary
    instruments: Instruments
    raw: Mapping[str, pd.DataFrame]
    lines: Mapping[str, pd.Index]
    statuses: Callable[[str, pd.DataFrame], object] | None = None
    told_from: int = 1
    computed: dict[Hashable, Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def with_raw(self, **frames: pd.DataFrame) -> Pilot:
        """The same pilot with other frames for some files."""
        return replace(self, raw={**self.raw, **frames})

    def by_line(self, stem: str) -> pd.DataFrame:
        """A raw file with the line of each row as its index, for messages.

        Examples
        --------
        >>> open_pilot("tests/studies/complete").by_line("interviews").index.tolist()[:2]
        [2, 3]
        """
        return self.raw[stem].set_axis(self.lines.get(stem, self.raw[stem].index))

    def for_readers(self) -> Pilot:
        """The same pilot, of which quantities tell what readers may see."""
        least = self.study.told_from
        return self if self.told_from == least else replace(self, told_from=least)

    def exact(self) -> Pilot:
        """The same pilot, of which quantities tell everything."""
        return self if self.told_from == 1 else self._exact

    @cached_property
    def _exact(self) -> Pilot:
        return replace(self, told_from=1)

    @property
    def training_attendance(self) -> pd.DataFrame:
        """The register of those eligible for the training."""
        return self.raw["training_attendance"]

    @property
    def tool_use(self) -> pd.DataFrame:
        """The completions of tools."""
        return self.raw["tool_use"]

    @property
    def observations(self) -> pd.DataFrame:
        """The observed sessions."""
        return self.raw["observations"]

    @property
    def interviews(self) -> pd.DataFrame:
        """The interviews."""
        return self.raw["interviews"]

    @property
    def framework_matrix(self) -> pd.DataFrame:
        """The qualitative findings."""
        return self.raw["framework_matrix"]

    def survey(self, wave: str) -> pd.DataFrame:
        """The responses of a wave."""
        return self.raw[next(w.file for w in self.study.waves if w.id == wave)]

    @property
    def outcome_waves(self) -> tuple[str, ...]:
        """The waves at which outcomes are measured: the first, and those compared with it.

        Examples
        --------
        >>> open_pilot("tests/studies/complete").outcome_waves
        ('baseline', 'endline')
        """
        return outcome_waves(self.study, self.instruments)

    @property
    def after_training(self) -> str | None:
        """The wave that asks about the training; None where none does."""
        asked = self.study.counted.statements
        wave = self.wave_asking(asked[0]) if asked else None
        return wave.id if wave else None

    def wave_asking(self, *columns: str) -> Wave | None:
        """The first wave whose survey has some columns; None where none has all of them."""
        return next((w for w in self.study.waves if {*columns} <= {*self.raw[w.file]}), None)

    def asking(self, *columns: str) -> pd.DataFrame:
        """The survey of this wave; without rows where there is none.

        Examples
        --------
        >>> pilot = open_pilot("tests/studies/complete")
        >>> len(pilot.asking("difficulty")), len(pilot.asking("favourite_colour"))
        (23, 0)
        """
        if wave := self.wave_asking(*columns):
            return self.raw[wave.file]
        place = _place(self.study, *self.study.arm_ids)
        return pd.DataFrame({name: [] for name in ("practitioner_id", *place, "role", *columns)})

    def answers(self, column: str, *files: str) -> tuple[Any, ...]:
        """The answers that the dictionary lists for a column of some files, in order.

        By default of the first survey that has it.
        """
        if not files and (wave := self.wave_asking(column)):
            files = (wave.file,)
        tables = (self.dictionary.by_name[stem].table for stem in files if self.has(stem))
        fields = (table.by_name[column] for table in tables if column in table.by_name)
        return tuple(dict.fromkeys(answer for field in fields for answer in field.answers))

    def has(self, stem: str) -> bool:
        """Whether the study has a raw file."""
        return stem in self.dictionary.by_name

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
        return self.answers("tool", "tool_use") or tuple(self.study.counted.frequency)


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

    Examples
    --------
    >>> pilot = open_pilot("tests/studies/complete")
    >>> pilot.outcome_waves, len(pilot.survey("baseline"))
    (('baseline', 'endline'), 18)
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
        problems += (problem for problem in error.problems if problem not in problems)
    if study and dictionary and instruments:
        problems += _against_the_analysis(dictionary, study, columns_read(study, instruments))
        problems += _months_of_the_waves(dictionary, study)
        problems += _compared(study, instruments)
    frames: dict[str, pd.DataFrame] = {}
    if dictionary:
        problems += _unknown_files(folder / "raw", dictionary)
        for resource in dictionary.resources:
            frames[resource.name] = read_table(folder / resource.path, resource, problems)
    if (matrix := frames.get("framework_matrix")) is not None:
        # Other programs' words, which `qualitative import` made harmless.
        given = matrix.map(from_spreadsheets, na_action="ignore")
        frames["framework_matrix"] = given.astype(matrix.dtypes)
    if study and dictionary and not problems:
        problems += _missing_references(dictionary, frames)
        problems += plausibility.check(study, frames)
    if problems or not (study and dictionary and instruments):
        raise InputError(problems)
    raw = {
        stem: frames[stem].reset_index(drop=True) if stem in frames else _without_rows(columns)
        for stem, columns in columns_read(study, instruments).items()
    }
    lines = {stem: frame.index for stem, frame in frames.items()}
    return Pilot(study, dictionary, instruments, raw, lines)


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
    dictionary: Dictionary, study: Study, reads: dict[str, dict[str, Reads]]
) -> Iterator[Problem]:
    """Compare the dictionary with what the analysis reads, and with what the study names."""
    for resource in dictionary.resources:
        if resource.name not in reads:
            expected = f"one of: {', '.join(reads)}"
            yield _unfit(resource.name, "a resource that nothing reads", expected)
    surveys = {wave.file for wave in study.waves}
    for stem, columns in reads.items():
        if stem in dictionary.by_name:
            yield from _columns(stem, dictionary.by_name[stem].table, columns, surveys)
    for stem in sorted(surveys - set(dictionary.by_name)):
        yield _unfit(stem, "no such resource", f"the resource raw/{stem}.csv, a wave of study.yml")
    asked = {name for stem in surveys & {*dictionary.by_name} for name in _names(dictionary, stem)}
    for column in study.counted.columns:
        if column not in asked:
            expected = f"a column of a survey, which {DATAPACKAGE_FILE} describes"
            yield Problem(STUDY_FILE, None, "counted", repr(column), expected)
    for stem, (place, stated) in _stated_with(study).items():
        if stem in dictionary.by_name and not stated:
            yield Problem(STUDY_FILE, None, place, "nothing", f"what {stem}.csv is read by")


def _names(dictionary: Dictionary, stem: str) -> Iterator[str]:
    return iter(dictionary.by_name[stem].table.by_name)


def _stated_with(study: Study) -> dict[str, tuple[str, object]]:
    """What a study has to state where it has a file: place in `study.yml` and value."""
    return {
        "training_attendance": ("counted.absent", study.counted.absent),
        "tool_use": ("tool_months", study.tool_months),
    }


def _columns(
    stem: str, table: TableSchema, columns: dict[str, Reads], surveys: set[str]
) -> Iterator[Problem]:
    """Compare the fields of one file with the columns that the analysis reads of it."""
    for name, reads in columns.items():
        if name not in table.by_name and not reads.optional:
            expected = "this field, which the analysis reads"
            yield _unfit(f"{stem}.{name}", "no such field", expected)
    for name in table.by_name:
        if name not in columns:
            expected = f"only: {', '.join(columns)}"
            if stem in surveys:
                expected += f"; or a name under counted.characteristics of {STUDY_FILE}"
            yield _unfit(f"{stem}.{name}", "a field that nothing reads", expected)
    if table.primaryKey != next(iter(columns)):
        yield _unfit(f"{stem}.primaryKey", table.primaryKey, next(iter(columns)))
    for name, declared in table.by_name.items():
        for found, expected in _misread(declared, columns[name]) if name in columns else ():
            yield _unfit(f"{stem}.{name}", found, expected)


def _unfit(place: str, found: str, expected: str) -> Problem:
    return Problem(DATAPACKAGE_FILE, None, place, found, expected)


def _misread(field: Field, reads: Reads) -> Iterator[tuple[str, str]]:
    """What is found and expected wherever a field is not what the analysis takes it for."""
    limits = field.constraints
    kind = "number" if field.type == "integer" else field.type
    if reads.type == "characteristic":
        reads = _listed() if kind == "string" else _NUMBER
    if reads.type != kind:
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
        place = f"{wave.file}.completed_on"
        resource = dictionary.by_name.get(wave.file)
        declared = resource and resource.table.by_name.get("completed_on")
        if not declared or declared.type != "date":
            continue
        limits = declared.constraints
        first, last = str(limits.minimum or "")[:7], str(limits.maximum or "9")[:7]
        if not first <= wave.month <= last:
            found = f"dates from {limits.minimum} to {limits.maximum}"
            expected = f"the month of the wave in study.yml, {wave.month}"
            yield Problem(DATAPACKAGE_FILE, None, place, found, expected)
