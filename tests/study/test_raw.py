"""Raw files: what is accepted, what is refused and how the refusal reads."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers import ROOT, describe

from earlyhelp.study.dictionary import DATAPACKAGE_FILE, measured, read_dictionary
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import open_pilot
from earlyhelp.study.scoring_keys import INSTRUMENTS_FILE

Place = tuple[str, int | None, str]


def problems(study: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        open_pilot(study)
    return caught.value.problems


def places(study: Path) -> list[Place]:
    return [(problem.file, problem.row, problem.column) for problem in problems(study)]


def edit(study: Path, stem: str, old: str, new: str) -> None:
    path = study / "raw" / f"{stem}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def fields(resource: dict) -> dict[str, dict]:
    return {field["name"]: field for field in resource["schema"]["fields"]}


def test_numbers_dates_and_words_get_their_types(mini: Path) -> None:
    pilot = open_pilot(mini)
    survey = pilot.raw["endline_survey"]
    # P1 answered 6 to the first item, written so in the file.
    assert survey.loc[0, "wai_01"] == 6
    assert survey["completed_on"].dtype == "datetime64[us]"
    assert survey.loc[0, "ors_frequency"] == "some sessions"


def test_an_empty_cell_is_missing(mini: Path) -> None:
    survey = open_pilot(mini).raw["endline_survey"]
    assert np.isnan(survey.loc[0, "years_practising"])
    assert pd.isna(survey.loc[0, "contact_with_tools"])


def test_qualitative_files_may_be_absent(mini: Path) -> None:
    assert not (mini / "raw/framework_matrix.csv").exists()
    assert open_pilot(mini).framework_matrix.empty


def test_columns_may_stand_in_any_order(mini: Path) -> None:
    path = mini / "raw/observations.csv"
    path.write_text(
        "attendees,facilitators,observed_on,session,training_part,observation_id\n"
        "3,2,2024-02-01,morning,1,O1\n"
    )
    assert open_pilot(mini).observations.loc[0, "attendees"] == 3


def test_byte_order_mark_and_windows_line_ends_are_accepted(mini: Path) -> None:
    expected = open_pilot(mini).observations
    path = mini / "raw/observations.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(open_pilot(mini).observations, expected)


def test_a_file_of_carriage_returns_is_accepted(mini: Path) -> None:
    expected = open_pilot(mini).observations
    path = mini / "raw/observations.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    pd.testing.assert_frame_equal(open_pilot(mini).observations, expected)


def test_blank_lines_are_passed_over_and_counted(mini: Path) -> None:
    path = mini / "raw/observations.csv"
    path.write_text(path.read_text().replace("\n", "\n\n\n") + "\n")
    assert len(open_pilot(mini).observations) == 1
    edit(mini, "observations", "morning", "noon")
    assert places(mini) == [("observations.csv", 4, "session")]


def test_missing_file(mini: Path) -> None:
    (mini / "raw/tool_use.csv").unlink()
    (problem,) = problems(mini)
    assert (problem.found, problem.expected) == ("no such file", "raw/tool_use.csv")


def test_a_spreadsheet_in_the_place_of_a_file_is_named(mini: Path) -> None:
    (mini / "raw/tool_use.csv").rename(mini / "raw/tool_use.xlsx")
    (problem,) = problems(mini)
    assert problem.found == "no such file, but tool_use.xlsx"
    assert problem.expected.startswith("raw/tool_use.csv, which `earlyhelp import ")


def test_a_workbook_under_the_name_of_a_file_is_named(mini: Path) -> None:
    openpyxl.Workbook().save(mini / "raw/tool_use.csv")
    (problem,) = problems(mini)
    assert problem.found == "an Excel workbook"
    assert "`earlyhelp import " in problem.expected


def test_a_file_that_nothing_reads_is_told(mini: Path) -> None:
    (mini / "raw/wemwbs.csv").write_bytes(b"\xff")
    for hidden in (".DS_Store", "~$tool_use.xlsx", "tool_use.csv~"):
        (mini / "raw" / hidden).write_bytes(b"\xff")
    assert places(mini) == [("raw/wemwbs.csv", None, "")]


def test_empty_file(mini: Path) -> None:
    (mini / "raw/tool_use.csv").write_bytes(b"")
    (problem,) = problems(mini)
    assert (problem.file, problem.found) == ("tool_use.csv", "an empty file")


def test_missing_and_extra_columns_are_told_together(mini: Path) -> None:
    edit(mini, "observations", "attendees", "people")
    missing, extra = problems(mini)
    assert (missing.row, missing.column, missing.found) == (1, "attendees", "no such column")
    assert (extra.row, extra.column, extra.found) == (1, "people", "an unknown column")


def test_repeated_column(mini: Path) -> None:
    edit(mini, "observations", "facilitators,attendees", "attendees,attendees")
    assert "2 columns of this name" in [problem.found for problem in problems(mini)]


@pytest.mark.parametrize(
    ("separator", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_another_separator_is_one_problem(mini: Path, separator: str, word: str) -> None:
    path = mini / "raw/baseline_survey.csv"
    path.write_text(path.read_text().replace(",", separator))
    (problem,) = problems(mini)
    assert (problem.file, problem.row) == ("baseline_survey.csv", 1)
    assert problem.found.endswith(f", which {word} separate")


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_another_separator_is_one_problem_whatever_the_cells_hold(
    mini: Path, quoting: Literal[0, 1]
) -> None:
    path = mini / "raw/tool_use.csv"
    header, *rows = csv.reader(path.read_text().splitlines())
    decimal_commas = [[*row[:-1], f"{row[-1]},5"] for row in rows]
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";", quoting=quoting).writerows([header, *decimal_commas])
    (problem,) = problems(mini)
    assert (problem.file, problem.row) == ("tool_use.csv", 1)
    assert "semicolons" in problem.found


def test_a_header_that_is_not_there_is_one_problem(mini: Path) -> None:
    path = mini / "raw/baseline_survey.csv"
    path.write_text(path.read_text().split("\n", 1)[1])
    (problem,) = problems(mini)
    assert problem.found.startswith("'P1,A,2024-01-15,")
    assert problem.expected.startswith("a header that names the columns practitioner_id, team,")


def test_value_off_its_scale_names_row_and_column(mini: Path) -> None:
    edit(mini, "endline_survey", "6,5,5", "8,5,5")
    assert problems(mini) == [
        Problem("endline_survey.csv", 2, "wai_01", "'8'", "a whole number from 1 to 7, or nothing")
    ]


@pytest.mark.parametrize(
    "text",
    ["5.0", " 5", "5 ", "five", "٥", "1e0", "-1", "05", "+5", "1_0", "NaN", "9" * 5000, "5​"],
)
def test_a_whole_number_is_digits_only(mini: Path, text: str) -> None:
    edit(mini, "observations", "morning,2024-02-01,2", f"morning,2024-02-01,{text}")
    assert places(mini) == [("observations.csv", 2, "facilitators")]


@pytest.mark.parametrize("text", ["3e1", "1_0", "nan", "inf", "037", "37.", ".5", "0x1", "٣٧"])
def test_a_number_is_digits_and_a_point(mini: Path, text: str) -> None:
    edit(mini, "baseline_survey", ",6,37,", f",6,{text},")
    assert places(mini) == [("baseline_survey.csv", 3, "hours_per_week")]


@pytest.mark.parametrize(
    "text", ["2024-02-30", "01/02/2024", "2024-2-1", "20240201", "2022-W37-3", "9999-01-01"]
)
def test_a_date_that_is_no_date(mini: Path, text: str) -> None:
    edit(mini, "observations", "2024-02-01", text)
    (problem,) = problems(mini)
    assert (problem.row, problem.column, problem.found) == (2, "observed_on", repr(text))


def test_a_long_text_is_cut_in_the_message(mini: Path) -> None:
    edit(mini, "observations", "O1", "O" * 100_000)
    (problem,) = problems(mini)
    assert len(problem.found) < 100


def test_a_letter_that_looks_like_another_is_spelled(mini: Path) -> None:
    edit(mini, "tool_use", "T2,F1,child,SRS,P1", "T2,F1,child,SRS,Р1")
    (problem,) = problems(mini)
    assert problem.found == r"'\u04201'"


def test_duplicate_id(mini: Path) -> None:
    edit(mini, "tool_use", "T2", "T1")
    (problem,) = problems(mini)
    assert (problem.row, problem.column) == (3, "completion_id")
    assert problem.found == "'T1' again (as in row 2)"


def test_a_field_that_is_unique_may_be_missing_twice(mini: Path) -> None:
    def unique(resources: dict[str, dict]) -> None:
        fields(resources["tool_use"])["score"]["constraints"]["unique"] = True

    describe(mini, unique)
    edit(mini, "tool_use", "P1,A,2024-03,20", "P1,A,2024-03,")
    edit(mini, "tool_use", "P1,A,2024-03,38", "P1,A,2024-03,")
    assert open_pilot(mini).tool_use["score"].isna().sum() == 2
    edit(mini, "tool_use", "2024-04,26", "2024-04,24")
    assert places(mini) == [("tool_use.csv", 5, "score")]


def test_unknown_team(mini: Path) -> None:
    edit(mini, "baseline_survey", "P8,D", "P8,Z")
    assert problems(mini) == [
        Problem("baseline_survey.csv", 9, "team", "'Z'", "one of: A, B, C, D")
    ]


def test_comparison_team_in_an_intervention_file(mini: Path) -> None:
    edit(mini, "training_attendance", "P1,A", "P1,C")
    (problem,) = problems(mini)
    assert problem.expected == "one of: A, B"


@pytest.mark.parametrize(
    ("stem", "old", "new", "row"),
    [
        ("tool_use", "T6,F3,adult,ORS,P3", "T6,F3,adult,ORS,P9", 7),
        ("post_training_survey", "P3,B", "P9,B", 4),
    ],
)
def test_a_person_who_is_in_no_register(
    mini: Path, stem: str, old: str, new: str, row: int
) -> None:
    edit(mini, stem, old, new)
    assert (f"{stem}.csv", row, "practitioner_id") in places(mini)


def test_a_missing_value_is_what_the_dictionary_says(mini: Path) -> None:
    def missing(resources: dict[str, dict]) -> None:
        resources["tool_use"]["schema"]["missingValues"] = ["", "99"]

    describe(mini, missing)
    edit(mini, "tool_use", "2024-03,20", "2024-03,99")
    assert open_pilot(mini).tool_use["score"].isna().sum() == 1


def test_wrong_encoding_names_the_row(mini: Path) -> None:
    path = mini / "raw/training_attendance.csv"
    path.write_bytes(path.read_bytes().replace(b"illness", "fièvre".encode("latin-1")))
    assert places(mini) == [("training_attendance.csv", 5, "")]


def test_row_of_another_length(mini: Path) -> None:
    edit(mini, "observations", "2024-02-01,2,3", "2024-02-01,2")
    (problem,) = problems(mini)
    assert (problem.row, problem.found, problem.expected) == (2, "5 cells", "6 cells")


def test_a_row_of_blank_cells_is_one_problem(mini: Path) -> None:
    path = mini / "raw/observations.csv"
    path.write_text(path.read_text() + ",,,,,\n")
    assert places(mini) == [("observations.csv", 3, "")]


def test_open_quote(mini: Path) -> None:
    edit(mini, "observations", "O1", '"O1')
    (problem,) = problems(mini)
    assert (problem.row, problem.expected) == (2, "comma-separated values")


def test_a_row_of_several_lines_is_told_by_its_first(mini: Path) -> None:
    edit(mini, "training_attendance", "P1,A,Family", 'P1,A,"Family\n')
    edit(mini, "training_attendance", "Worker", 'Worker"')
    edit(mini, "training_attendance", "P4,B", "P4,Z")
    assert places(mini) == [
        ("training_attendance.csv", 2, "role"),
        ("training_attendance.csv", 6, "team"),
    ]


def test_problems_of_all_files_are_told_at_once(mini: Path) -> None:
    edit(mini, "observations", "morning", "noon")
    edit(mini, "tool_use", "2024-03", "2024-05")
    edit(mini, "endline_survey", "6,5,5", "9,5,5")
    (mini / "study.yml").write_text("id: mini\n")
    files = {problem.file for problem in problems(mini)}
    assert files == {"observations.csv", "tool_use.csv", "endline_survey.csv", "study.yml"}


def test_problems_follow_the_rows_of_the_file(mini: Path) -> None:
    path = mini / "raw/tool_use.csv"
    path.write_text(path.read_text().replace("2024-04", "never").replace("adult", "dog"))
    # Rows 4 and 7 have a wrong month, rows 5 to 7 a wrong kind of person.
    assert [row for _, row, _ in places(mini)] == [4, 5, 6, 7, 7]


@pytest.mark.parametrize("stated", ["rows", "bytes", "hash"])
def test_a_file_cut_at_the_end_of_a_row_is_not_what_the_dictionary_states(
    mini: Path, stated: str
) -> None:
    path = mini / "raw/baseline_survey.csv"

    def state(resources: dict[str, dict]) -> None:
        found = measured(path.read_bytes(), 8)
        resources["baseline_survey"][stated] = found[stated]

    describe(mini, state)
    assert len(open_pilot(mini).raw["baseline_survey"]) == 8
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert places(mini) == [("baseline_survey.csv", None, stated)]


def test_rotherham_states_what_its_files_are(rotherham: Path) -> None:
    for resource in read_dictionary(rotherham).resources:
        assert None not in (resource.rows, resource.bytes, resource.hash)


# --- The dictionary beside the analysis and the study ---------------------------------------------


def no_field(resources: dict[str, dict]) -> None:
    resources["observations"]["schema"]["fields"].pop()


def own_field(resources: dict[str, dict]) -> None:
    resources["observations"]["schema"]["fields"].append({"name": "weather", "type": "string"})


def other_type(resources: dict[str, dict]) -> None:
    fields(resources["observations"])["observed_on"] |= {"type": "string", "constraints": {}}


def may_be_missing(resources: dict[str, dict]) -> None:
    del fields(resources["baseline_survey"])["team"]["constraints"]["required"]


def no_pattern(resources: dict[str, dict]) -> None:
    del fields(resources["tool_use"])["person_id"]["constraints"]["pattern"]


def pattern_of_anything(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["person_id"]["constraints"]["pattern"] = ".+"


def pattern_of_any_letter(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["person_id"]["constraints"]["pattern"] = r"\w[0-9]+"


def no_maximum(resources: dict[str, dict]) -> None:
    del fields(resources["observations"])["attendees"]["constraints"]["maximum"]


def unknown_answer(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["person_type"]["constraints"]["enum"].append("baby")


def any_answer(resources: dict[str, dict]) -> None:
    del fields(resources["endline_survey"])["difficulty"]["constraints"]["enum"]


def no_counted_answer(resources: dict[str, dict]) -> None:
    fields(resources["endline_survey"])["difficulty"]["constraints"]["enum"].remove("much easier")


def one_tool(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["tool"]["constraints"]["enum"] = ["ORS"]


def unknown_team(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["team"]["constraints"]["enum"].append("C")


def unknown_month(resources: dict[str, dict]) -> None:
    fields(resources["tool_use"])["month"]["constraints"]["enum"].append("2024-05")


def dates_of_another_month(resources: dict[str, dict]) -> None:
    limits = fields(resources["endline_survey"])["completed_on"]["constraints"]
    limits["minimum"] = "2024-07-01"


def other_key(resources: dict[str, dict]) -> None:
    resources["tool_use"]["schema"]["primaryKey"] = "person_id"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (no_field, "observations.attendees"),
        (own_field, "observations.weather"),
        (other_type, "observations.observed_on"),
        (may_be_missing, "baseline_survey.team"),
        (no_pattern, "tool_use.person_id"),
        (pattern_of_anything, "tool_use.person_id"),
        (pattern_of_any_letter, "tool_use.person_id"),
        (no_maximum, "observations.attendees"),
        (unknown_answer, "tool_use.person_type"),
        (any_answer, "endline_survey.difficulty"),
        (no_counted_answer, "endline_survey.difficulty"),
        (one_tool, "tool_use.tool"),
        (unknown_team, "tool_use.team"),
        (unknown_month, "tool_use.month"),
        (dates_of_another_month, "endline_survey.completed_on"),
        (other_key, "tool_use.primaryKey"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_dictionary_that_the_analysis_cannot_use(
    mini: Path, change: Callable[[dict[str, dict]], None], place: str
) -> None:
    describe(mini, change)
    assert (DATAPACKAGE_FILE, None, place) in places(mini)


def test_the_file_of_a_wave_is_described(mini: Path) -> None:
    describe(mini, lambda resources: resources.pop("post_training_survey"))
    (mini / "raw/post_training_survey.csv").unlink()
    assert (INSTRUMENTS_FILE, None, "iam.scales.iam_ors") in places(mini)
    describe(mini, lambda resources: resources.pop("endline_survey"))
    (mini / "raw/endline_survey.csv").unlink()
    (mini / "instruments.yml").write_text((mini / "instruments.yml").read_text().split("iam:")[0])
    assert (DATAPACKAGE_FILE, None, "endline_survey") in places(mini)


def test_a_resource_that_nothing_reads_is_told(mini: Path) -> None:
    def add(resources: dict[str, dict]) -> None:
        resources["weather"] = resources["observations"] | {
            "name": "weather",
            "path": "raw/weather.csv",
        }

    (mini / "raw/weather.csv").write_bytes((mini / "raw/observations.csv").read_bytes())
    describe(mini, add)
    assert places(mini) == [(DATAPACKAGE_FILE, None, "weather")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"constraints": {}}, "found no enum; expected an enum"),
        ({"type": "integer", "constraints": {}}, "found minimum None, maximum None; expected both"),
        ({"type": "date", "constraints": {}}, "found the type date; expected the type"),
        ({"name": "gender"}, "or a name under counted.characteristics of study.yml"),
    ],
)
def test_a_characteristic_is_named_and_has_listed_answers_or_is_a_number(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    study = Path(shutil.copytree(ROOT / "tests/studies/three_arms", tmp_path / "pilot"))
    path = study / DATAPACKAGE_FILE
    package = json.loads(path.read_text("utf-8"))
    for field in package["resources"][0]["schema"]["fields"]:
        if field["name"] == "sex":
            field.update(change)
    path.write_text(json.dumps(package), "utf-8")
    assert any(told in str(problem) for problem in problems(study))
