"""The raw files of a pilot: read, validated and typed. The only module that reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from earlyhelp.errors import InputError, Problem
from earlyhelp.study import Study, read_study

ROLES = (
    "Family Support Worker",
    "Senior Family Support Worker",
    "Senior Practitioner",
    "Team Manager",
)
TIME_IN_SERVICE = ("under 1 year", "1 to 2 years", "3 to 5 years", "over 5 years")
YES_NO = ("yes", "no")
YES_NO_NOT_SURE = ("yes", "no", "not sure")
FREQUENCY = ("no sessions", "some sessions", "most sessions", "every session")
ENGAGEMENT = (
    "not engaged",
    "neither engaged nor not engaged",
    "somewhat engaged",
    "engaged",
    "very engaged",
)
DIFFICULTY = ("much harder", "harder", "neither easier nor harder", "easier", "much easier")
TRAINING_FORMAT = ("one full day", "two half days", "no preference")
PART = ("scheduled", "mop-up", "not attended")
# The compassion satisfaction items of the 30-item ProQOL 5 (Stamm 2010, scoring sheet).
COMPASSION_SATISFACTION_ITEMS = (3, 6, 12, 16, 18, 20, 22, 24, 27, 30)
TRAINING_VIEWS = (
    "pace_right",
    "balance_right",
    "complexity_right",
    "relevant_to_role",
    "well_organised",
    "high_quality",
    "comfortable_asking",
)
ANTICIPATED_OUTCOMES = (
    "understand_principles",
    "confident_applying",
    "explain_benefits",
    "administer_tools",
    "upload_scores",
    "interpret_scores",
)
TOOLS = ("ORS", "SRS")
QUALITATIVE_FILES = ("interviews", "framework_matrix")


@dataclass(frozen=True)
class Column:
    """One column of a raw file: what a cell may hold, said in words for the error message."""

    expected: str
    accepts: Callable[[str], bool]
    kind: str = "text"
    optional: bool = False


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() == text and text.isascii() else None
    except ValueError:
        return None


def _whole(low: int, high: int, optional: bool = False) -> Column:
    def accepts(text: str) -> bool:
        return text.isascii() and text.isdigit() and low <= int(text) <= high

    return Column(f"a whole number from {low} to {high}", accepts, "number", optional)


def _measure(low: float, high: float, optional: bool = False) -> Column:
    def accepts(text: str) -> bool:
        value = _number(text)
        return value is not None and low <= value <= high

    return Column(f"a number from {low:g} to {high:g}", accepts, "number", optional)


def _choice(options: Iterable[str], optional: bool = False) -> Column:
    allowed = tuple(options)
    return Column(f"one of: {', '.join(allowed)}", allowed.__contains__, "text", optional)


def _text(expected: str, optional: bool = False) -> Column:
    return Column(expected, lambda text: bool(text.strip()), "text", optional)


def _date() -> Column:
    def accepts(text: str) -> bool:
        try:
            return len(text) == 10 and bool(date.fromisoformat(text))
        except ValueError:
            return False

    return Column("a date such as 2022-09-14", accepts, "date")


def wai_columns(study: Study) -> list[str]:
    """Names of the Working Alliance Inventory's item columns."""
    return [f"wai_{item:02d}" for item in range(1, study.measures.wai.items + 1)]


def proqol_columns() -> list[str]:
    """Names of the compassion satisfaction item columns, by their number in the ProQOL."""
    return [f"proqol_{item:02d}" for item in COMPASSION_SATISFACTION_ITEMS]


def tool_rating_columns(study: Study, measure: str, tool: str) -> list[str]:
    """Names of the IAM or FIM item columns for one tool."""
    items = getattr(study.measures, measure).items
    return [f"{measure}_{tool.lower()}_{item}" for item in range(1, items + 1)]


def _characteristics(optional: bool) -> dict[str, Column]:
    return {
        "time_in_service": _choice(TIME_IN_SERVICE, optional=True),
        "years_practising": _measure(0, 60, optional=True),
        "qualification_level": _whole(1, 8, optional=True),
        "hours_per_week": _measure(0, 60, optional=True),
        "families_supported": _whole(0, 200, optional=True),
        "prior_systemic_training": _choice(YES_NO_NOT_SURE, optional),
        "prior_ors": _choice(YES_NO_NOT_SURE, optional),
        "prior_srs": _choice(YES_NO_NOT_SURE, optional),
    }


def _outcome_items(study: Study) -> dict[str, Column]:
    wai, proqol = study.measures.wai, study.measures.proqol
    return {
        **{name: _whole(wai.minimum, wai.maximum, True) for name in wai_columns(study)},
        **{name: _whole(proqol.minimum, proqol.maximum, True) for name in proqol_columns()},
    }


INTERVENTION_ENDLINE: dict[str, Column] = {
    "ors_frequency": _choice(FREQUENCY, True),
    "srs_frequency": _choice(FREQUENCY, True),
    "uploaded_scores": _choice(YES_NO, True),
    "family_engagement": _choice(ENGAGEMENT, True),
    "difficulty": _choice(DIFFICULTY, True),
    "continue_tools": _choice(YES_NO_NOT_SURE, True),
}
COMPARISON_ENDLINE: dict[str, Column] = {
    "contact_with_training": _choice(YES_NO, True),
    "contact_with_tools": _choice(YES_NO, True),
}


def schema(study: Study) -> dict[str, dict[str, Column]]:
    """Columns of every raw file, in order.

    Parameters
    ----------
    study : Study
        Its teams, months and instruments set the allowed values.

    Returns
    -------
    dict
        File stem to column name to `Column`. A file's first column is its id: each stands once.
    """
    practitioner = _text("a pseudonymous practitioner id")
    team = _choice(t.id for t in study.teams)
    intervention_team = _choice(t.id for t in study.teams if t.arm == "intervention")
    agreement = _whole(1, 5, True)
    ratings = [
        name
        for measure in ("iam", "fim")
        for tool in TOOLS
        for name in tool_rating_columns(study, measure, tool)
    ]

    def rating(name: str) -> Column:
        scale = getattr(study.measures, name[:3])
        return _whole(scale.minimum, scale.maximum, True)

    respondent = {
        "practitioner_id": practitioner,
        "team": team,
        "completed_on": _date(),
        "role": _choice(ROLES),
    }
    return {
        "baseline_survey": {**respondent, **_characteristics(False), **_outcome_items(study)},
        "post_training_survey": {
            **respondent,
            "team": intervention_team,
            **dict.fromkeys(TRAINING_VIEWS, agreement),
            "roleplay_helpful": agreement,
            "know_more": agreement,
            **dict.fromkeys(ANTICIPATED_OUTCOMES, agreement),
            "preferred_format": _choice(TRAINING_FORMAT, True),
            **{name: rating(name) for name in ratings},
        },
        "endline_survey": {
            **respondent,
            **_characteristics(True),
            **_outcome_items(study),
            **INTERVENTION_ENDLINE,
            **COMPARISON_ENDLINE,
        },
        "training_attendance": {
            "practitioner_id": practitioner,
            "team": intervention_team,
            "role": _choice(ROLES),
            "part_1": _choice(PART),
            "part_2": _choice(PART),
            "reason_not_attended": _text("a reason", True),
        },
        "tool_use": {
            "completion_id": _text("an id"),
            "person_id": _text("a pseudonymous person id"),
            "person_type": _choice(("adult", "child")),
            "tool": _choice(TOOLS),
            "practitioner_id": practitioner,
            "team": intervention_team,
            "month": _choice(study.tool_months),
            "score": _measure(0, 40, True),
        },
        "observations": {
            "observation_id": _text("an id"),
            "training_part": _whole(1, 2),
            "session": _choice(("morning", "afternoon")),
            "observed_on": _date(),
            "facilitators": _whole(0, 50),
            "attendees": _whole(0, 500),
        },
        "interviews": {
            "interview_id": _text("an id"),
            "role": _choice((*ROLES, "Senior Family Support Worker acting as manager")),
            "months_in_role": _whole(0, 600),
            "conducted_on": _date(),
        },
        "framework_matrix": {
            "row_id": _text("an id"),
            "source_type": _text("a kind of source of the codebook"),
            "source_id": _text("a source's id", True),
            "research_question": _text("a research question such as 1.4"),
            "component": _text("a component of the codebook"),
            "theme": _text("a theme of the codebook"),
            "sub_theme": _text("a sub-theme", True),
            "direction": _text("a direction of the codebook"),
            "concerns": _text("whom it concerns"),
            "summary": _text("a one-sentence summary"),
            "outcome": _text("an outcome of the theory of change", True),
            "support": _text("supports, against, mixed or silent", True),
            "report_section": _text("a place in the report", True),
        },
    }


@dataclass(frozen=True)
class Pilot:
    """A study and its raw data, one typed frame per file.

    Numbers are float64 with NaN for missing, dates datetime64, the rest str with missing values.
    Files of qualitative data that a study does not have are frames without rows.
    """

    study: Study
    baseline_survey: pd.DataFrame
    post_training_survey: pd.DataFrame
    endline_survey: pd.DataFrame
    training_attendance: pd.DataFrame
    tool_use: pd.DataFrame
    observations: pd.DataFrame
    interviews: pd.DataFrame
    framework_matrix: pd.DataFrame


def open_pilot(folder: str | Path) -> Pilot:
    """Read a study folder.

    Parameters
    ----------
    folder : path
        Holds `study.yml` and `raw/*.csv`; relative paths are looked up from the working
        directory upwards.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    study = read_study(folder)
    problems: list[Problem] = []
    texts = {
        stem: _read(study.folder / "raw" / f"{stem}.csv", columns, problems)
        for stem, columns in schema(study).items()
    }
    if not problems:
        problems.extend(_across_files(study, texts))
    if problems:
        raise InputError(problems)
    frames = {stem: _typed(texts[stem], columns) for stem, columns in schema(study).items()}
    return Pilot(study=study, **frames)


def _read(path: Path, columns: dict[str, Column], problems: list[Problem]) -> pd.DataFrame:
    """Read one file as text; its index is the line of each row. Problems are appended."""
    empty = pd.DataFrame(columns=list(columns), dtype=str)
    if not path.is_file() and path.stem in QUALITATIVE_FILES:
        return empty
    try:
        header, rows = _cells(path)
    except InputError as error:
        problems.extend(error.problems)
        return empty
    found = list(_header_problems(path.name, header, columns))
    found += [
        Problem(path.name, line, "", f"{len(cells)} cells", f"{len(header)} cells")
        for line, cells in rows
        if len(cells) != len(header)
    ]
    if found:
        problems.extend(found)
        return empty
    lines = pd.Index([line for line, _ in rows], name="line")
    frame = pd.DataFrame([cells for _, cells in rows], columns=header, index=lines, dtype=str)
    frame = frame[list(columns)]
    problems.extend(_cell_problems(path.name, frame, columns))
    problems.extend(_duplicates(path.name, frame, next(iter(columns))))
    return frame


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and (line, cells) of a CSV file; a byte order mark and CRLF are accepted."""

    def problem(found: str, expected: str, row: int | None = None) -> InputError:
        return InputError([Problem(path.name, row, "", found, expected)])

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise problem("no such file", f"raw/{path.name}") from None
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise problem(f"the byte 0x{byte:02x}", "text in UTF-8", row) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise problem(str(error), "comma-separated values", reader.line_num) from None
    if not rows:
        raise problem("an empty file", "a header row and data")
    return rows[0][1], rows[1:]


def _header_problems(name: str, header: list[str], columns: dict[str, Column]) -> Iterator[Problem]:
    for column in columns:
        if column not in header:
            yield Problem(name, 1, column, "no such column", "this column")
    for column in header:
        if column not in columns:
            yield Problem(name, 1, column, "an unknown column", f"only: {', '.join(columns)}")
    for column in sorted({c for c in header if header.count(c) > 1}):
        yield Problem(name, 1, column, f"{header.count(column)} columns of this name", "one")


def _cell_problems(name: str, frame: pd.DataFrame, columns: dict[str, Column]) -> Iterator[Problem]:
    def check(column: Column) -> pa.Check:
        def accepts(text: str) -> bool:
            return column.accepts(text) or (column.optional and not text)

        return pa.Check(accepts, element_wise=True, error=column.expected)

    checks = pa.DataFrameSchema({c: pa.Column(str, check(spec)) for c, spec in columns.items()})
    try:
        checks.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        order = list(columns)
        cases = error.failure_cases.itertuples()
        for case in sorted(cases, key=lambda case: (case.index, order.index(case.column))):
            spec = columns[case.column]
            expected = f"{spec.expected}, or nothing" if spec.optional else spec.expected
            yield Problem(name, int(case.index), case.column, repr(case.failure_case), expected)


def _duplicates(name: str, frame: pd.DataFrame, column: str) -> Iterator[Problem]:
    for line in frame.index[frame[column].duplicated()]:
        yield Problem(name, int(line), column, f"{frame.at[line, column]!r} again", "each id once")


def _across_files(study: Study, frames: dict[str, pd.DataFrame]) -> Iterator[Problem]:
    """Check what no single column can: one team per person, columns of the other arm."""
    team_of: dict[str, str] = {}
    for stem, frame in frames.items():
        if "practitioner_id" not in frame:
            continue
        for line, person, team in frame[["practitioner_id", "team"]].itertuples():
            known = team_of.setdefault(person, team)
            if team != known:
                yield Problem(f"{stem}.csv", line, "team", repr(team), f"{known!r}, as elsewhere")
    endline = frames["endline_survey"]
    arms = endline["team"].map(study.arm_of)
    for arm, columns in (
        ("comparison", INTERVENTION_ENDLINE),
        ("intervention", COMPARISON_ENDLINE),
    ):
        for column in columns:
            answers = endline.loc[arms == arm, column]
            for line, answer in answers[answers != ""].items():
                found = f"{answer!r} in the {arm} arm"
                yield Problem("endline_survey.csv", int(str(line)), column, found, "nothing")
    yield from _person_types(frames["tool_use"])


def _person_types(tool_use: pd.DataFrame) -> Iterator[Problem]:
    type_of: dict[str, str] = {}
    for line, person, kind in tool_use[["person_id", "person_type"]].itertuples():
        known = type_of.setdefault(person, kind)
        if kind != known:
            yield Problem("tool_use.csv", line, "person_type", repr(kind), f"{known!r}, as above")


def _typed(frame: pd.DataFrame, columns: dict[str, Column]) -> pd.DataFrame:
    typed = frame.reset_index(drop=True)
    for name, column in columns.items():
        text = typed[name].where(typed[name] != "")
        if column.kind == "number":
            typed[name] = pd.to_numeric(text).astype("float64")
        elif column.kind == "date":
            typed[name] = pd.to_datetime(text, format="%Y-%m-%d")
        else:
            typed[name] = text
    return typed
