"""Exports of each tool, and every usual shape of one file, become the same raw file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from helpers import ROOT

from earlyhelp.intake.mapping import MAPPING_FILE, read_mapping, recipes
from earlyhelp.intake.writing import take_in
from earlyhelp.study.dictionary import DATAPACKAGE_FILE
from earlyhelp.validate import validate

EXPORTS = ROOT / "tests/exports"
QUALTRICS = "Baseline survey_November 30, 2026_16.31.csv"


def written(export: Path, folder: Path, *corrections: tuple[str, str]) -> dict[str, list[str]]:
    """Columns of the raw file that an export becomes once the mapping is corrected."""
    take_in([export], folder)
    mapping = folder / MAPPING_FILE
    text = mapping.read_text("utf-8")
    for old, new in corrections:
        assert old in text
        text = text.replace(old, new)
    mapping.write_text(text, "utf-8")
    take_in([export], folder)
    (raw,) = (folder / "raw").glob("*.csv")
    return pd.read_csv(raw, dtype=str, keep_default_na=False).to_dict("list")


PEOPLE = ["P01", "P02", "P03", "P04", "P05", "P06"]
CALM = ["4", "2", "5", "", "3", "4"]
HOURS = ["37", "18.5", "", "30", "37", "22"]
DAYS = ["2026-01-05", "2026-01-06", "2026-01-13", "2026-01-14", "2026-01-15", "2026-01-20"]


def forms(folder: Path) -> Path:
    """What Microsoft Forms hands out of the same answers."""
    book = openpyxl.Workbook()
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time"]
    book.active.append([*head, "Your\xa0code", "How calm?", "Hours a week"])
    for n, (person, day, calm, hours) in enumerate(zip(PEOPLE, DAYS, CALM, HOURS, strict=True)):
        end = datetime.fromisoformat(day) + timedelta(hours=9, minutes=n)
        times = [end - timedelta(minutes=3), end, "anonymous", None, None]
        cells = [person, float(calm) if calm else None, float(hours) if hours else 99]
        book.active.append([n + 1, *times, *cells])
    for _ in range(3):
        book.active.append([None] * 9 + [" "])
    path = folder / "Baseline(1-6).xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        (QUALTRICS, ("q1", "q3_1", "q4")),
        (
            "Baseline survey.csv",
            ("your_code", "how_much_do_you_agree_i_feel_calm", "hours_a_week"),
        ),
        ("results-survey123456.csv", ("code", "calm_sq001", "hours")),
        ("results-survey123456-questions.csv", ("code", "calm_sq001", "hours")),
        ("forms", ("your_code", "how_calm", "hours_a_week")),
    ],
)
def test_every_tool_gives_the_same_answers(
    tmp_path: Path, name: str, columns: tuple[str, str, str]
) -> None:
    export = forms(tmp_path) if name == "forms" else EXPORTS / name
    found = written(export, tmp_path / "pilot")
    assert [found[column] for column in columns] == [PEOPLE, CALM, HOURS]
    assert found["completed_on"] == DAYS
    personal = {"email", "name", "ip_address", "ipaddress", "ipaddr", "recipientemail"}
    assert not personal & set(found)


@pytest.mark.parametrize("tool", recipes().tools)
def test_a_heading_in_the_dictionary_is_wanted_though_the_tool_keeps_it(
    tmp_path: Path, tool: str
) -> None:
    """And a column of the dictionary that is in no export, or left out as personal, is told."""
    recipe = recipes().tools[tool]
    own = ["Id", *(name for name in recipe.known_by[-1] if "*" not in name)]
    kept = next(
        n for n, why in recipe.left_out.items() if why == "kept by the tool" and "*" not in n
    )
    own = list(dict.fromkeys([*own, kept, "Q1 E-mail address"]))
    rows = [own, *[["Response"] * len(own)] * (recipe.header_rows - 1)]
    rows += [["P01", *["3/7/2026 10:00"] * (len(own) - 1)]]
    export = tmp_path / "survey.csv"
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    assert f"  {kept}: left out (kept by the tool)" in take_in([export], tmp_path / "new")
    days = {"minimum": "2026-07-01", "maximum": "2026-07-31"}
    columns = [
        {"name": "person", "type": "string", "title": "Id"},
        {"name": "completed_on", "type": "date", "title": kept, "constraints": days},
        {"name": "score", "type": "string", "title": "Q1 E-mail address"},
    ]
    schema = {"primaryKey": "person", "fields": columns}
    resource = {"name": "survey", "path": "raw/survey.csv", "schema": schema}
    study = tmp_path / "pilot"
    study.mkdir()
    package = {"name": "a", "title": "A", "resources": [resource]}
    (study / DATAPACKAGE_FILE).write_text(json.dumps(package), "utf-8")
    told_of = take_in([export], study)
    assert read_mapping(study)["survey"].columns[kept].column == "completed_on"
    told = "take it from those left out, or correct its title"
    assert f"  no column becomes score (Q1 E-mail address): {told}" in told_of


def test_events_of_redcap_become_files(tmp_path: Path) -> None:
    export = EXPORTS / "Pilot_DATA_2026-11-30_1631.csv"
    take_in([export], tmp_path)
    told = take_in([export], tmp_path)
    assert told[:2] == ["raw/baseline_arm_1.csv: 6 rows", "raw/endline_arm_1.csv: 3 rows"]
    assert (tmp_path / "raw/endline_arm_1.csv").read_text("utf-8").splitlines()[1] == "P01,4"
    baseline = pd.read_csv(tmp_path / "raw/baseline_arm_1.csv", dtype=str, keep_default_na=False)
    assert [list(baseline[name]) for name in ("study_id", "calm", "hours")] == [PEOPLE, CALM, HOURS]


def test_a_new_event_is_told(tmp_path: Path) -> None:
    export = tmp_path / "Pilot_DATA_2026-11-30_1631.csv"
    export.write_bytes((EXPORTS / export.name).read_bytes())
    take_in([export], tmp_path / "pilot")
    with export.open("a", newline="") as file:
        file.write("P01,sixmonths_arm_1" + "," * 11 + "\n")
    with pytest.raises(ValueError, match="row 11, column redcap_event_name") as caught:
        take_in([export], tmp_path / "pilot")
    assert "'sixmonths_arm_1'" in str(caught.value)


# One file of a study in every shape ---------------------------------------------------------------

Rows = list[list[str]]
STAMPS = ["StartDate", "EndDate", "RecordedDate", "ResponseId", "IPAddress"]


def text(rows: Rows, separator: str = ",", newline: str = "\n") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator=newline).writerows(rows)
    return file.getvalue()


def column(change: Callable[[str, str], str]) -> Callable[[Rows], Rows]:
    """Change every cell, given the name of its column."""

    def changed(rows: Rows) -> Rows:
        body = [[change(*pair) for pair in zip(rows[0], row, strict=True)] for row in rows[1:]]
        return [rows[0], *body]

    return changed


@column
def uk_dates(name: str, cell: str) -> str:
    return date.fromisoformat(cell).strftime("%d/%m/%Y") if name == "completed_on" else cell


@column
def floats(name: str, cell: str) -> str:
    return f"{cell}.0" if name.startswith(("wai", "proqol")) and cell else cell


@column
def commas(name: str, cell: str) -> str:
    return cell.replace(".", ",") if name in ("hours_per_week", "years_practising") else cell


@column
def missing(name: str, cell: str) -> str:
    if cell:
        return cell
    return "99" if name.startswith("wai") else "N/A" if name.startswith("proqol") else "."


@column
def labels(name: str, cell: str) -> str:
    answers = ["Never", "Rarely", "Sometimes", "Often", "Very often"]
    if name.startswith("proqol") and cell:
        return answers[int(cell) - 1]
    return cell.upper() if name == "role" else cell


def qualtrics(rows: Rows) -> Rows:
    stamps = [["2024-01-15 10:00:00"] * 3 + [f"R_{n}", "192.0.2.1"] for n in range(len(rows) - 1)]
    ids = [f'{{"ImportId":"QID{n}"}}' for n in range(len(rows[0]) + 5)]
    body = [[*stamp, *row] for stamp, row in zip(stamps, rows[1:], strict=True)]
    return [[*STAMPS, *rows[0]], [*STAMPS, *(f"Q: {name}" for name in rows[0])], ids, *body]


def surveymonkey(rows: Rows) -> Rows:
    head = ["Respondent ID", "Collector ID", "Start Date", "End Date"]
    body = [["1", "2", "01/15/2024", "01/15/2024", *row] for row in rows[1:]]
    second = [""] * 4 + ["Response"] * len(rows[0])
    return [[*head, *rows[0]], second, *body]


def limesurvey(rows: Rows) -> Rows:
    head = ["id", "submitdate", "lastpage", "startlanguage"]
    return [[*head, *rows[0]], *([["1", "2024-01-15", "3", "en", *row]] for row in rows[1:])][
        :1
    ] + [[str(n), "2024-01-15 10:00:00", "3", "en", *row] for n, row in enumerate(rows[1:])]


def titled(rows: Rows) -> Rows:
    return [["Survey of January"], [], *rows, *[[""] * len(rows[0])] * 4, []]


SHAPES: dict[str, tuple[Callable[[Rows], Rows], str, str]] = {
    "qualtrics": (qualtrics, ",", "utf-8-sig"),
    "surveymonkey": (surveymonkey, ",", "utf-8-sig"),
    "limesurvey, commas": (limesurvey, ",", "utf-8"),
    "limesurvey, semicolons": (limesurvey, ";", "utf-8"),
    "dates of a British Excel": (uk_dates, ",", "cp1252"),
    "semicolons and decimal commas": (commas, ";", "cp1252"),
    "UTF-16 with tabs": (list, "\t", "utf-16"),
    "UTF-16 without its mark": (list, "\t", "utf-16-le"),
    "missing codes": (missing, ",", "utf-8"),
    "labels": (labels, ",", "utf-8"),
    "5.0 for 5": (floats, ",", "utf-8"),
    "titles above and blank rows below": (titled, ",", "utf-8"),
    "bars": (list, "|", "utf-8"),
}


@pytest.fixture
def table(mini: Path) -> Rows:
    """The baseline survey of the miniature study, which is taken out of it."""
    path = mini / "raw/baseline_survey.csv"
    content = path.read_text("utf-8").replace("P2,A,2024-01-15", "P2,A,2024-01-16")
    content = content.replace(",37,", ",37.5,", 1)
    path.unlink()
    return list(csv.reader(content.splitlines()))


def is_back(mini: Path, export: Path, rows: Rows) -> None:
    told = take_in([export], mini)
    assert not (mini / "raw/baseline_survey.csv").exists(), told
    take_in([export], mini)
    assert (mini / "raw/baseline_survey.csv").read_text("utf-8") == text(rows)
    validate(mini)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_in_every_shape(mini: Path, tmp_path: Path, table: Rows, shape: str) -> None:
    change, separator, encoding = SHAPES[shape]
    export = tmp_path / "Baseline.csv"
    export.write_bytes(text(change(table), separator, "\r\n").encode(encoding))
    is_back(mini, export, table)


def test_a_workbook(mini: Path, tmp_path: Path, table: Rows) -> None:
    book = openpyxl.Workbook()
    for row in table:
        values = [float(cell) if cell.replace(".", "").isdecimal() else cell for cell in row]
        when = row.index("2024-01-15") if "2024-01-15" in row else None
        if when is not None:
            values[when] = datetime(2024, 1, 15)
        book.active.append([value if value != "" else None for value in values])
    book.save(tmp_path / "Baseline.xlsx")
    is_back(mini, tmp_path / "Baseline.xlsx", table)


def test_spss_data(mini: Path, tmp_path: Path, table: Rows) -> None:
    frame = pd.DataFrame(table[1:], columns=table[0])
    roles = list(dict.fromkeys(frame["role"]))
    frame["role"] = frame["role"].map(roles.index).astype(float)
    frame["completed_on"] = pd.to_datetime(frame["completed_on"])
    for name in frame.columns[frame.columns.str.startswith(("wai", "proqol"))]:
        frame[name] = pd.to_numeric(frame[name]).fillna(-9)
    pyreadstat.write_sav(
        frame,
        tmp_path / "Baseline.sav",
        column_labels={"role": "What is your role?"},
        variable_value_labels={"role": dict(enumerate(roles))},
        missing_ranges={name: [-9] for name in frame if name.startswith(("wai", "proqol"))},
    )
    is_back(mini, tmp_path / "Baseline.sav", table)


def test_codes_of_spss_are_written_as_labels_unless_they_are_a_scale(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["P1", "P2", "P3"], "team": [1.0, 2.0, 1.0], "calm": [5.0, 4, 1]})
    scale = ["Never", "Rarely", "Sometimes", "Often", "Very often"]
    labels = {"team": {1: "North", 2: "South"}, "calm": dict(enumerate(scale, start=1))}
    pyreadstat.write_sav(frame, tmp_path / "survey.sav", variable_value_labels=labels)
    found = written(tmp_path / "survey.sav", tmp_path / "pilot")
    assert (found["team"], found["calm"]) == (["North", "South", "North"], ["5", "4", "1"])


def test_answers_that_are_coded_or_begin_with_a_number_are_numbered(tmp_path: Path) -> None:
    export = tmp_path / "survey.csv"
    export.write_text("id,ease,odd\nP1,1 - hard,3-5 years\nP2,3,1 to 2\nP3,5 - easy,3-5 years\n")
    found = written(export, tmp_path / "pilot")
    assert found["ease"] == ["1", "3", "5"]
    assert found["odd"] == ["3-5 years", "1 to 2", "3-5 years"]


def test_days_and_months_are_told_apart_by_the_whole_column(tmp_path: Path) -> None:
    export = tmp_path / "survey.csv"
    export.write_text(
        "id,a,b,c\nP1,3/4/2026,3/14/2026,3 Apr 2026\nP2,13/4/2026,4/1/2026,4 May 2026\n"
    )
    found = written(export, tmp_path / "pilot")
    assert found["a"] == ["2026-04-03", "2026-04-13"]
    assert found["b"] == ["2026-03-14", "2026-04-01"]
    assert found["c"] == ["2026-04-03", "2026-05-04"]
    export.write_text("id,a\nP1,3/4/2026\nP2,4/5/2026\n")
    told = take_in([export], tmp_path / "other")
    assert "  a: days before months, as in Britain" in told
