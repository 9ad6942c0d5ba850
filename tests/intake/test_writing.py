"""The mapping and new data: what is written, what is told, and that nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from frictionless import Package
from helpers import told

from earlyhelp.cli import main
from earlyhelp.intake.mapping import MAPPING_FILE
from earlyhelp.intake.writing import take_in
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, read_dictionary
from earlyhelp.study.problems import Problem
from earlyhelp.study.rawtable import read_table

SURVEY = """\
id;date;How calm are you?;Role;Comments
P01;13/1/2026;Agree;Nurse;It was fine with us all
P02;2/1/2026;Disagree;Nurse;
P03;3/1/2026;Strongly agree;Lead;n/a
P04;4/1/2026;Disagree;Lead;
"""


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    path.write_text(SURVEY, "utf-8")
    return path


@pytest.fixture
def pilot(tmp_path: Path, survey: Path) -> Path:
    """A study folder into which the survey was taken."""
    folder = tmp_path / "pilot"
    take_in([survey], folder)
    take_in([survey], folder)
    return folder


def state(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_the_first_run_writes_no_data(tmp_path: Path, survey: Path) -> None:
    lines = take_in([survey], tmp_path / "pilot")
    assert list(state(tmp_path / "pilot")) == [MAPPING_FILE]
    assert lines[0] == "survey: 5 columns of survey.csv"
    assert "  How calm are you?: answers numbered in their order" in lines
    assert "  Comments: free text; read it for what is personal" in lines


def test_the_second_run_writes_the_file_and_describes_it(pilot: Path) -> None:
    assert (pilot / "raw/survey.csv").read_text("utf-8") == (
        "id,date,how_calm_are_you,role,comments\n"
        "P01,2026-01-13,4,Nurse,It was fine with us all\n"
        "P02,2026-01-02,2,Nurse,\n"
        "P03,2026-01-03,5,Lead,\n"
        "P04,2026-01-04,2,Lead,\n"
    )
    table = read_dictionary(pilot).by_name["survey"].table
    assert table.primaryKey == "id"
    assert table.by_name["id"].constraints.pattern == "P[0-9]{1,3}"
    assert table.by_name["how_calm_are_you"].answers == (1, 2, 3, 4, 5)
    assert table.by_name["how_calm_are_you"].title == "How calm are you?"
    assert table.by_name["role"].answers == ("Lead", "Nurse")


def test_a_correction_of_the_mapping_is_what_counts(tmp_path: Path, survey: Path) -> None:
    folder = tmp_path / "pilot"
    take_in([survey], folder)
    change(folder / MAPPING_FILE, "column: how_calm_are_you", "column: calm")
    change(folder / MAPPING_FILE, "    Comments: {column: comments}\n", "")
    with (folder / MAPPING_FILE).open("a") as file:
        file.write("  left_out:\n    Comments: not agreed with the respondents\n")
    take_in([survey], folder)
    header = (folder / "raw/survey.csv").read_text("utf-8").partition("\n")[0]
    assert header == "id,date,calm,role"


def test_new_data_replace_the_file_and_nothing_else(pilot: Path, survey: Path) -> None:
    before = state(pilot)
    survey.write_text(SURVEY + "P05;5/1/2026;Agree;Nurse;\n", "utf-8")
    assert take_in([survey], pilot) == ["raw/survey.csv: 5 rows (4 before)"]
    after = state(pilot)
    assert (
        after.pop("raw/survey.csv") == before.pop("raw/survey.csv") + b"P05,2026-01-05,4,Nurse,\n"
    )
    # How many rows there are is stated anew.
    assert {name for name in after if after[name] != before[name]} == {DATAPACKAGE_FILE}


def test_a_file_that_is_cut_after_an_import_is_told(pilot: Path, survey: Path) -> None:
    path = pilot / "raw/survey.csv"
    for write in (lambda: None, lambda: take_in([survey], pilot)):
        write()
        lines = path.read_text("utf-8").splitlines(keepends=True)
        for left in (1, 3):
            path.write_text("".join(lines[:left]), "utf-8")
            (problem,) = problems_of(path)
            assert problem == (
                f"survey.csv, rows: found {left - 1}; expected 4, as datapackage.json states"
            )


def problems_of(path: Path) -> list[str]:
    found: list[Problem] = []
    resource = read_dictionary(path.parents[1]).by_name[path.stem]
    read_table(path, resource, found)
    return [str(problem) for problem in found]


def test_what_the_dictionary_states_of_a_file_is_stated_anew(pilot: Path, survey: Path) -> None:
    change(pilot / DATAPACKAGE_FILE, '"encoding": "utf-8",', '"encoding": "utf-8", "bytes": 4,')
    survey.write_text(SURVEY + "P05;5/1/2026;Agree;Nurse;\n", "utf-8")
    take_in([survey], pilot)
    (stated,) = json.loads((pilot / DATAPACKAGE_FILE).read_text("utf-8"))["resources"]
    assert stated["rows"] == 5
    assert stated["bytes"] == (pilot / "raw/survey.csv").stat().st_size


def test_one_answer_is_corrected_where_the_dictionary_says_which_there_may_be(
    pilot: Path, survey: Path
) -> None:
    survey.write_text(SURVEY.replace("P03", "p03"), "utf-8")
    (problem,) = told(lambda: take_in([survey], pilot))
    assert problem.startswith("survey.csv, row 4, column id: found 'p03'")
    change(pilot / MAPPING_FILE, "id: {column: id}", "id: {column: id, answers: {p03: P03}}")
    take_in([survey], pilot)
    assert (pilot / "raw/survey.csv").read_text("utf-8").count("P0") == 4


@pytest.mark.parametrize(("highest", "missing"), [(70, True), (100, False)])
def test_a_number_beyond_the_range_of_its_field_is_missing(
    tmp_path: Path, highest: int, missing: bool
) -> None:
    """Half of 99 and more are usual scores of this scale, so that 99 is not far from them."""
    study, export = tmp_path / "pilot", tmp_path / "survey.csv"
    rows = "".join(f"P{n:02},{score}\n" for n, score in enumerate([14, 70, 55, 99]))
    export.write_text(f"practitioner_id,total\n{rows}", "utf-8")
    limits = {"minimum": 14, "maximum": highest}
    (study / "raw").mkdir(parents=True)
    columns = [
        {"name": "practitioner_id", "type": "string", "constraints": {"pattern": "P[0-9]{2}"}},
        {"name": "total", "type": "integer", "title": "Total", "constraints": limits},
    ]
    schema = {"primaryKey": "practitioner_id", "fields": columns}
    resource = {"name": "survey", "path": "raw/survey.csv", "schema": schema}
    package = {"name": "a", "title": "A", "resources": [resource]}
    (study / DATAPACKAGE_FILE).write_text(json.dumps(package), "utf-8")
    assert ("  total: 99 taken as missing" in take_in([export], study)) == missing


def test_new_columns_answers_and_values_are_told_at_once(pilot: Path, survey: Path) -> None:
    before = state(pilot)
    survey.write_text(
        SURVEY.replace("Comments", "Comments;Age")
        .replace("us all", "us all;33")
        .replace("Nurse;\n", "Nurse;;\n")
        .replace("n/a", "n/a;44")
        .replace("Lead;\n", "Lead;;\n"),
        "utf-8",
    )
    expected = "survey.csv, Age: found a new column; expected only columns that stand in import.yml"
    (column,) = told(lambda: take_in([survey], pilot))
    assert column.startswith(expected)
    survey.write_text(SURVEY.replace("Disagree", "Rather not").replace("3/1", "33/1"), "utf-8")
    assert told(lambda: take_in([survey], pilot)) == [
        "survey.csv, row 2, column date: found '133/1/2026'; expected a date written as dd/mm/yyyy",
        "survey.csv, row 4, column date: found '33/1/2026'; expected a date written as dd/mm/yyyy",
        "survey.csv, row 3, column How calm are you?: found 'Rather not' (2 times); expected one "
        "of: Strongly disagree, Disagree, Neither agree nor disagree, Agree, Strongly agree",
    ]
    survey.write_text(SURVEY.replace("Lead", "Boss").replace("P04", "P01"), "utf-8")
    assert told(lambda: take_in([survey], pilot)) == [
        "survey.csv, row 4, column Role: found 'Boss'; expected one of: Lead, Nurse, or nothing",
        "survey.csv, row 5, column id: found 'P01' again (as in row 2); expected each once",
        "survey.csv, row 5, column Role: found 'Boss'; expected one of: Lead, Nurse, or nothing",
    ]
    assert state(pilot) == before


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_wrong_separator_is_one_problem(pilot: Path, survey: Path, quote: str) -> None:
    change(pilot / MAPPING_FILE, "exports: survey.csv", 'exports: survey.csv\n  separator: ","')
    lines = [[f"{quote}{cell}{quote}" for cell in row.split(";")] for row in SURVEY.splitlines()]
    survey.write_text("".join(";".join(row) + "\n" for row in lines), "utf-8")
    assert len(told(lambda: take_in([survey], pilot))) == 1


def test_another_export_is_proposed_after_what_a_person_wrote(
    pilot: Path, survey: Path, tmp_path: Path
) -> None:
    change(pilot / MAPPING_FILE, "survey:\n", "survey:  # mine\n")
    before = (pilot / MAPPING_FILE).read_text("utf-8")
    other = tmp_path / "register.csv"
    other.write_text("id,part\nP01,yes\nP02,no\nP03,no\nP04,yes\n", "utf-8")
    take_in([survey, other], pilot)
    assert (pilot / MAPPING_FILE).read_text("utf-8").startswith(before + "\nregister:\n")
    told_of = take_in([survey, other], pilot)
    assert told_of[:2] == ["raw/survey.csv: 4 rows (4 before)", "raw/register.csv: 4 rows"]


def test_later_copies_of_an_export_are_known_by_its_pattern(tmp_path: Path, survey: Path) -> None:
    first = survey.rename(tmp_path / "Baseline (1).csv")
    take_in([first], tmp_path / "pilot")
    later = first.rename(tmp_path / "Baseline (2).csv")
    assert take_in([later], tmp_path / "pilot")[0] == "raw/baseline.csv: 4 rows"


def test_several_exports_are_put_under_one_another(pilot: Path, survey: Path) -> None:
    change(pilot / MAPPING_FILE, "exports: survey.csv", "exports: survey*.csv")
    more = survey.with_name("survey of others.csv")
    more.write_text(SURVEY.replace("P0", "P1"), "utf-8")
    assert take_in([survey, more], pilot) == ["raw/survey.csv: 8 rows (4 before)"]
    more.write_text(SURVEY, "utf-8")
    problems = told(lambda: take_in([survey, more], pilot))
    assert problems[0].startswith("survey of others.csv, row 2, column id: found 'P01' again")


def test_nothing_is_written_when_one_of_the_files_cannot_be(
    pilot: Path, survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "register.csv"
    other.write_text("id,part\nP01,yes\nP02,no\n", "utf-8")
    take_in([other], pilot)
    before = state(pilot)
    survey.write_text(SURVEY + "P05;5/1/2026;Agree;Nurse;\n", "utf-8")
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == ".register.csv.partial":
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ValueError, match=r"register\.csv: found No space left"):
        take_in([survey, other], pilot)
    assert state(pilot) == before


# What is personal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("write to jo@example.org", "e-mail address"),
        ("ring 01709 382121", "telephone number"),
        ("we live at S60 1AE", "postcode"),
    ],
)
def test_personal_data_in_a_cell_are_told_and_not_shown(
    pilot: Path, survey: Path, cell: str, kind: str
) -> None:
    before = state(pilot)
    survey.write_text(SURVEY.replace("n/a", cell), "utf-8")
    (problem,) = told(lambda: take_in([survey], pilot))
    assert problem.startswith(
        f"survey.csv, row 4, column Comments: found what looks personal ({kind})"
    )
    assert cell not in problem
    assert state(pilot) == before
    change(pilot / MAPPING_FILE, "{column: comments}", "{column: comments, personal: true}")
    take_in([survey], pilot)
    assert cell in (pilot / "raw/survey.csv").read_text("utf-8")


def test_a_column_of_names_is_left_out_unless_the_mapping_says_so(
    tmp_path: Path, survey: Path
) -> None:
    folder = tmp_path / "pilot"
    survey.write_text(SURVEY.replace("Role", "Your name"), "utf-8")
    lines = take_in([survey], folder)
    assert "  Your name: left out (looks like names)" in lines
    mapping = folder / MAPPING_FILE
    change(mapping, "  left_out:\n    Your name: looks like names\n", "")
    change(mapping, "    Comments:", "    Your name: {column: role}\n    Comments:")
    (problem,) = told(lambda: take_in([survey], folder))
    assert problem.startswith("survey.csv, Your name: found a column that looks like names")
    change(mapping, "{column: role}", "{column: role, personal: true}")
    take_in([survey], folder)
    assert "Nurse" in (folder / "raw/survey.csv").read_text("utf-8")


def test_ids_that_are_no_pseudonyms_are_told(tmp_path: Path, pilot: Path, survey: Path) -> None:
    survey.write_text(SURVEY.replace("P02", "jane"), "utf-8")
    (problem,) = told(lambda: take_in([survey], pilot))
    assert problem == (
        "survey.csv, row 3, column id: found 'jane'; expected a pseudonym (P[0-9]{1,3})"
    )
    survey.write_text("id,calm\njane,3\nomar,4\n", "utf-8")
    take_in([survey], tmp_path / "new")
    (problem,) = told(lambda: take_in([survey], tmp_path / "new"))
    assert problem.startswith("raw/survey.csv: found none; expected a column of pseudonyms")


@pytest.fixture
def asked(tmp_path: Path, survey: Path) -> Path:
    """A study folder whose mapping makes pseudonyms of e-mail addresses."""
    folder = tmp_path / "pilot"
    survey.write_text(SURVEY.replace("P0", "jo@example.org").replace("id;", "Email;"), "utf-8")
    take_in([survey], folder)
    mapping = folder / MAPPING_FILE
    change(mapping, "    Email: looks like e-mail addresses\n", "")
    change(mapping, "  left_out:\n", "")
    change(mapping, "  columns:\n", "  columns:\n    Email: {column: id, pseudonym: P}\n")
    return folder


def test_pseudonyms_stay_the_same_and_their_key_outside(
    tmp_path: Path, asked: Path, survey: Path
) -> None:
    key = tmp_path / "key.csv"
    take_in([survey], asked, key)
    raw = (asked / "raw/survey.csv").read_text("utf-8")
    assert [line.split(",")[0] for line in raw.splitlines()] == [
        "id",
        "P001",
        "P002",
        "P003",
        "P004",
    ]
    rows = survey.read_text("utf-8").splitlines()
    survey.write_text("\n".join([rows[0], rows[4].upper(), "new@x.org" + rows[1][15:]]), "utf-8")
    with pytest.raises(ValueError, match="LEAD"):
        take_in([survey], asked, key)
    assert len(key.read_text("utf-8").splitlines()) == 5
    survey.write_text(
        "\n".join([rows[0], rows[4].replace("jo@", "JO@"), "new@x.org" + rows[1][15:]])
    )
    take_in([survey], asked, key)
    raw = (asked / "raw/survey.csv").read_text("utf-8")
    assert [line.split(",")[0] for line in raw.splitlines()] == ["id", "P004", "P005"]
    assert not any(
        b"example.org" in content for name, content in state(asked).items() if "raw" in name
    )


def test_pseudonyms_need_a_key_outside_the_study(asked: Path, survey: Path, tmp_path: Path) -> None:
    (problem,) = told(lambda: take_in([survey], asked))
    assert problem.startswith("options: found no --key; expected a file for it")
    (problem,) = told(lambda: take_in([survey], asked, asked / "raw/key.csv"))
    assert problem.startswith("key.csv: found a file in the study's folder")
    (tmp_path / "key.csv").write_text("a,b\n1,2\n")
    (problem,) = told(lambda: take_in([survey], asked, tmp_path / "key.csv"))
    assert problem.startswith("key.csv: found another file")
    assert not (asked / "raw").exists()


# The command --------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["import", str(survey), "--to", str(tmp_path / "pilot")]
    assert main(command) == 0
    assert capsys.readouterr().out.endswith("correct it, then run the same command again\n")
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("raw/survey.csv: 4 rows\n")
    assert main(["import", str(survey)]) == 2


def no_column(text: str) -> str:
    return text.replace("    Role: {column: role}\n", "")


def column_twice(text: str) -> str:
    return text.replace("{column: role}", "{column: date}")


def unknown_format(text: str) -> str:
    return text.replace("dates: dd/mm/yyyy", "dates: dd/mm")


def unknown_key(text: str) -> str:
    return text.replace("  columns:", "  colums: 1\n  columns:")


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (no_column, "survey.csv, Role: found a new column"),
        (column_twice, "survey.columns: found the keys id, date, How calm are you?"),
        (unknown_format, "survey.columns.date.dates: found 'dd/mm'"),
        (unknown_key, "survey.colums: found a key that nothing reads"),
    ],
)
def test_a_wrong_correction_is_told(
    pilot: Path, survey: Path, wrong: Callable[[str], str], problem: str
) -> None:
    mapping = pilot / MAPPING_FILE
    mapping.write_text(wrong(mapping.read_text("utf-8")), "utf-8")
    (found,) = told(lambda: take_in([survey], pilot))
    assert problem in found


def test_what_is_proposed_is_what_frictionless_takes(pilot: Path) -> None:
    assert Package(str(pilot / DATAPACKAGE_FILE)).validate().valid


def test_columns_that_the_dictionary_lacks_of_a_file_are_described(
    pilot: Path, survey: Path
) -> None:
    """As import.yml says, also where somebody described the file before."""
    survey.write_text(SURVEY.replace("Comments", "Age"), "utf-8")
    for text, age in {"It was fine with us all": "31", "n/a": "40"}.items():
        change(survey, text, age)
    before = read_dictionary(pilot).by_name["survey"].table
    change(
        pilot / MAPPING_FILE, "Comments: {column: comments}", "Age: {column: age, type: integer}"
    )
    lines = take_in([survey], pilot)
    after = read_dictionary(pilot).by_name["survey"].table
    assert after.fields[: len(before.fields)] == before.fields
    (new,) = after.fields[len(before.fields) :]
    assert (new.name, new.title, new.type) == ("age", "Age", "integer")
    assert (new.constraints.minimum, new.constraints.maximum) == (31, 40)
    assert (
        lines[-1] == f"{DATAPACKAGE_FILE}: describes age of survey, by its data alone; correct it"
    )
    assert take_in([survey], pilot) == lines[:-1]


def test_exports_of_the_same_columns_are_told_apart_by_their_days(tmp_path: Path) -> None:
    """Files named before and after stand in the order of the alphabet, not of the waves."""
    pilot = tmp_path / "pilot"
    pilot.mkdir()
    waves = {"baseline": "2026-01", "endline": "2026-07"}
    limits = {name: {"minimum": f"{m}-01", "maximum": f"{m}-31"} for name, m in waves.items()}
    resources = [
        {
            "name": name,
            "path": f"raw/{name}.csv",
            "schema": {
                "primaryKey": "id",
                "fields": [
                    {"name": "id", "type": "string"},
                    {"name": "day", "type": "date", "constraints": limits[name]},
                ],
            },
        }
        for name in waves
    ]
    package = {"name": "p", "title": "P", "resources": resources}
    (pilot / DATAPACKAGE_FILE).write_text(json.dumps(package), "utf-8")
    exports = [tmp_path / "after.csv", tmp_path / "before.csv"]
    for path, month in zip(exports, ("7", "1"), strict=True):
        path.write_text(f"id,day\nP01,3/{month}/2026 10:00\nP02,14/{month}/2026 9:30\n", "utf-8")
    told_of = [line for line in take_in(exports, pilot) if " of " in line]
    assert told_of == ["endline: 2 columns of after.csv", "baseline: 2 columns of before.csv"]
