"""Commands of `earlyhelp` for one study: what they print, and how they tell bad input."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml
from helpers import ROOT, describe
from lxml import etree
from programs import PROGRAMS, maxqda

from earlyhelp.cli import main
from earlyhelp.cli.study import _print_claims
from earlyhelp.published.checks.base import SEVERITIES
from earlyhelp.published.claims import COLUMNS
from earlyhelp.study.dictionary import DATAPACKAGE_FILE
from earlyhelp.study.raw import open_pilot
from earlyhelp.study.rawtable import restate

MATRIX = "raw/framework_matrix.csv"


def test_a_ledger_for_spreadsheets_runs_no_formula(capsys: pytest.CaptureFixture[str]) -> None:
    _print_claims(pd.DataFrame({"printed": ["=1+1", "-0.5"], "n": [1, 2]}), ["printed"], "csv")
    assert capsys.readouterr().out == "printed,n\n'=1+1,1\n-0.5,2\n"


# validate and execute -----------------------------------------------------------------------------


def test_validate_counts_the_files(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(mini)]) == 0
    # Four files that say what the study is, and six raw files; no qualitative data.
    assert capsys.readouterr().out == f"{mini}: 10 files, no problem\n"


def test_validate_tells_problems_on_standard_error(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mini / "raw/tool_use.csv").unlink()
    assert main(["validate", str(mini)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "tool_use.csv: found no such file; expected raw/tool_use.csv\n"


def test_execute_tells_every_wrong_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.ipynb"
    assert main(["execute", "nowhere.md", "--output", str(output), "-p", "alpha"]) == 1
    shown = capsys.readouterr().err
    assert "alpha: found no =; expected NAME=VALUE" in shown
    assert "nowhere.md: found no such file" in shown
    assert not output.exists()


def test_execute_with_another_parameter(tmp_path: Path, mini: Path) -> None:
    output = tmp_path / "codebook.ipynb"
    source = ROOT / "notebooks/codebook.md"
    assert main(["execute", str(source), "--output", str(output), "-p", f"study={mini}"]) == 0
    assert f"study = '{mini}'" in output.read_text()


def test_execute_that_fails_exits_one(
    tmp_path: Path, mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mini / "raw/tool_use.csv").unlink()
    output = tmp_path / "codebook.ipynb"
    source = ROOT / "notebooks/codebook.md"
    assert main(["execute", str(source), "--output", str(output), "-p", f"study={mini}"]) == 1
    shown = capsys.readouterr().err
    assert "codebook.md: cell 3 failed" in shown
    assert "tool_use.csv: found no such file" in shown


# audit --------------------------------------------------------------------------------------------


def test_findings_come_by_severity_and_before_what_held(
    rotherham: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(rotherham)]) == 0
    streams = capsys.readouterr()
    kinds = [
        line.partition(":")[0]
        for line in streams.out.splitlines()
        if line.startswith((*SEVERITIES, "held"))
    ]
    assert list(dict.fromkeys(kinds)) == [*SEVERITIES, "held"]
    assert f"{kinds.count('held')} held" in streams.err


def test_json_holds_every_outcome(rotherham: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(rotherham), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sum(document["summary"].values()) == len(document["outcomes"])
    finding = next(one for one in document["outcomes"] if one["id"] == "continue")
    assert finding["arithmetic"][0] == "9 / 18 = 50.0%, not 55.6%, which is 10 / 18"


def test_without_printed_figures_it_says_so(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(mini)]) == 0
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "No printed figures to audit" in streams.err


def test_claims_without_declarations_are_an_error(
    rotherham: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("claims.csv", "words.yml"):
        shutil.copy(rotherham / name, tmp_path)
    assert main(["audit", str(tmp_path)]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "audit.yml: found no such file" in streams.err


def test_unknown_folder_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "nowhere"]) == 1
    assert "no such folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("p", "more", "status"),
    # t(40) = 1.80 has a two-sided p of .0794.
    [
        (".079", [], 0),
        (".040", [], 0),
        (".040", ["--strict"], 1),
        (".020", [], 1),
        ("twenty", [], 2),
    ],
)
def test_audit_of_a_paper_exits_by_severity(
    tmp_path: Path, p: str, more: list[str], status: int
) -> None:
    paper = tmp_path / "paper.csv"
    paper.write_text(f"test,value,df,p\nt,1.80,40,{p}\n")
    assert main(["audit", str(paper), *more]) == status


def test_a_paper_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path / "paper.csv")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("paper.csv: found no such file; expected ")


def test_a_paper_may_be_tab_separated_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "paper.tsv"
    paper.write_text("n\tmean\titems\n28\t5.19\t1\n", encoding="utf-8")
    assert main(["audit", str(paper)]) == 1
    assert "GRIM fails" in capsys.readouterr().out


def test_the_page_of_an_audit_replaces_no_other_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "paper.csv"
    paper.write_text("n,mean,items\n28,5.18,1\n", encoding="utf-8")
    assert main(["audit", str(paper), "--html", str(paper)]) == 2
    assert "--html paper.csv; expected a name that ends in .html" in capsys.readouterr().err
    assert paper.read_text("utf-8").startswith("n,mean")


def test_a_missing_file_is_named_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", "paper.csv"]) == 2
    assert capsys.readouterr().err == "paper.csv: found no such file; expected paper.csv\n"


def test_a_study_is_not_audited_strictly(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(mini), "--strict"]) == 1
    assert "expected --strict for a .csv file alone" in capsys.readouterr().err


# ledger -------------------------------------------------------------------------------------------


@pytest.fixture
def claimed(mini: Path) -> Path:
    """The miniature study with two claims that hold."""
    (mini / "words.yml").write_text("[]")
    claim = {
        "id": "trained",
        "section": "Findings",
        "place": "RQ 1.3",
        "kind": "count",
        "printed": "3",
        "quantity": "attendance",
        "select": "role=all",
        "column": "attended",
        "status": "reproduced",
    }
    minutes = {"id": "minutes", "section": "Methods", "printed": "15", "kind": "duration"}
    unanswered = {"status": "not in our data", "note": "no timings"}
    with (mini / "claims.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows([claim, minutes | unanswered])
    return mini


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_ledger_as_recorded_passes(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["trained", "3", "3", "reproduced"]
    assert "2 claims: 1 reproduced" in err


def test_a_changed_figure_fails_and_is_named(
    claimed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(claimed / "claims.csv", ",3,", ",4,")
    assert main(["ledger", str(claimed)]) == 1
    assert (
        "trained: printed 4; recorded reproduced; now contradicted (3)" in capsys.readouterr().err
    )


def test_what_is_filtered_out_still_fails(
    claimed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(claimed / "claims.csv", ",3,", ",4,")
    assert main(["ledger", str(claimed), "--where", "minutes"]) == 1
    assert "trained" not in capsys.readouterr().out


def test_json_is_for_machines(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed), "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["id"] for record in records] == ["trained", "minutes"]
    assert records[0]["recomputed"] == "3"
    assert records[1]["given_back"] is None


def test_csv_has_a_row_per_claim(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed), "--format", "csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["status"] for row in rows] == ["reproduced", "not in our data"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--only", "reproduced"], ["trained"]),
        (["--only", "not in our data"], ["minutes"]),
        (["--where", "rq 1.3"], ["trained"]),
        (["--where", "methods"], ["minutes"]),
        (["--where", "trained", "--only", "contradicted"], []),
    ],
)
def test_filters(
    claimed: Path, capsys: pytest.CaptureFixture[str], options: list[str], ids: list[str]
) -> None:
    main(["ledger", str(claimed), "--format", "json", *options])
    assert [record["id"] for record in json.loads(capsys.readouterr().out)] == ids


def test_an_unknown_status_is_told(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed), "--only", "maybe"]) == 1
    assert "--only: found 'maybe'; expected one of: reproduced" in capsys.readouterr().err


def test_another_study_shows_what_changes(
    claimed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(claimed, tmp_path / "other"))
    absent = "P4,B,Team Manager,not attended"
    edit(other / "raw/training_attendance.csv", absent, "P4,B,Team Manager,mop-up")
    assert main(["ledger", str(claimed), "--against", str(other), "--format", "json"]) == 1
    (change,) = json.loads(capsys.readouterr().out)
    assert (change["id"], change["before"], change["after"]) == ("trained", "3", "4")


def test_a_saved_ledger_shows_what_has_changed(
    claimed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ledger", str(claimed), "--format", "json"])
    saved = tmp_path / "ledger.json"
    saved.write_text(capsys.readouterr().out)
    edit(
        claimed / "raw/training_attendance.csv",
        "P3,B,Family Support Worker,scheduled",
        "P3,B,Family Support Worker,mop-up",
    )
    assert main(["ledger", str(claimed), "--against", str(saved)]) == 0
    edit(
        claimed / "raw/training_attendance.csv", "not attended,not attended", "mop-up,not attended"
    )
    assert main(["ledger", str(claimed), "--against", str(saved), "--format", "json"]) == 1
    (change,) = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (change["before"], change["after"]) == ("4", "3")


def test_what_is_no_ledger_is_told(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed), "--against", str(claimed / "study.yml")]) == 1
    assert "study.yml" in capsys.readouterr().err


def test_the_same_data_change_nothing(claimed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(claimed), "--against", str(claimed)]) == 0
    assert "0 of 2 claims change" in capsys.readouterr().err


def test_a_study_without_claims_is_told_without_a_trace(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", str(mini)]) == 1
    assert "no such file" in capsys.readouterr().err


# qualitative --------------------------------------------------------------------------------------


@pytest.fixture
def coded(mini: Path, rotherham: Path) -> Path:
    """The miniature study with the qualitative data of Rotherham."""
    for name in (MATRIX, "codebook.yml", "research_questions.yml"):
        shutil.copy(rotherham / name, mini / name)
    header = "interview_id,role,months_in_role,conducted_on\n"
    rows = [f"interview_0{n},Team Manager,18,2024-07-0{n}\n" for n in range(1, 6)]
    (mini / "raw/interviews.csv").write_text(header + "".join(rows))
    described = json.loads((rotherham / DATAPACKAGE_FILE).read_text())["resources"]
    more = {r["name"]: r for r in described if r["name"] in ("interviews", "framework_matrix")}
    describe(mini, lambda resources: resources.update(more))
    restate(mini)
    dates = {"minimum": "2024-07-01", "maximum": "2024-07-31", "required": True}
    describe(
        mini,
        lambda resources: resources["interviews"]["schema"]["fields"][3].update(constraints=dates),
    )
    return mini


def test_export_and_import_give_the_matrix_back(coded: Path, tmp_path: Path, capsys) -> None:
    project, output = tmp_path / "out.qdpx", tmp_path / "matrix.csv"
    assert main(["qualitative", "export", str(coded), str(project)]) == 0
    assert main(["qualitative", "import", str(project), "--output", str(output)]) == 0
    assert output.read_bytes() == (coded / MATRIX).read_bytes()
    rows = len(open_pilot(coded).framework_matrix)
    assert capsys.readouterr().err == f"{output}: {rows} rows\n"


def test_a_codebook_is_written(coded: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.qdc"
    assert main(["qualitative", "export", str(coded), str(output)]) == 0
    assert b'xmlns="urn:QDA-XML:codebook:1.0"' in output.read_bytes()


def test_another_ending_is_refused(coded: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out.zip"
    assert main(["qualitative", "export", str(coded), str(output)]) == 1
    assert "expected a name ending in .qdpx or .qdc" in capsys.readouterr().err
    assert not output.exists()


def test_a_study_without_qualitative_data_is_told(mini: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out.qdpx"
    assert main(["qualitative", "export", str(mini), str(output)]) == 1
    assert capsys.readouterr().err == (
        "framework_matrix.csv: found no rows; expected a study with qualitative data\n"
    )
    assert not output.exists()


def test_a_matrix_against_its_codebook_is_not_exported(coded: Path, tmp_path: Path, capsys) -> None:
    path = coded / MATRIX
    text = path.read_text()
    path.write_text(text.replace("delivery-as-planned", "weather").replace("interview_04", "x9"))
    restate(coded)
    output = tmp_path / "out.qdpx"
    assert main(["qualitative", "export", str(coded), str(output)]) == 1
    # Four rows of the theme, two of the interview; one line each.
    assert len(capsys.readouterr().err.splitlines()) == 6
    assert not output.exists()


def test_a_hostile_project_writes_nothing(tmp_path: Path, capsys) -> None:
    project, output = tmp_path / "bad.qdpx", tmp_path / "matrix.csv"
    project.write_bytes(b"PK\x03\x04 no more")
    assert main(["qualitative", "import", str(project), "--output", str(output)]) == 1
    assert "expected a whole zip file" in capsys.readouterr().err
    assert not output.exists()


def project_of(path: Path) -> etree._Element:
    with zipfile.ZipFile(path) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".qde"))
        return etree.fromstring(archive.read(name))


def codes_of(root: etree._Element) -> set[tuple[str, ...]]:
    """Codes as a program shows them: GUID, name, whether one codes with it, and the GUID above."""
    return {
        (
            code.get("guid").lower(),
            code.get("name"),
            code.get("isCodable"),
            code.getparent().get("guid", "").lower(),
        )
        for code in root.iter("{*}Code")
    }


def fill_in(begun: object, key: str = "") -> object:
    """Put something in the place of every null of a codebook."""
    given = {"directness": "self-report", "research_questions": ["1.1"]}
    if isinstance(begun, list):
        return [fill_in(entry, key) for entry in begun]
    if isinstance(begun, dict):
        kind = "1.1" if key == "research_questions" else "new"
        given |= {"id": kind}
        filled = {name: fill_in(value, name) for name, value in begun.items()}
        return {name: given.get(name, "Said.") if v is None else v for name, v in filled.items()}
    return begun


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_circle_closes(coded: Path, tmp_path: Path, capsys, program) -> None:
    """Another program's project, import, validate, fill in what is listed, validate, export."""
    project, codebook = program().write(tmp_path / "other.qdpx"), coded / "codebook.yml"
    for name in (codebook, coded / MATRIX):
        name.unlink()
    # Its own questions: those of Rotherham have answers that are not in its claims.
    shutil.copy(ROOT / "tests/studies/mini/research_questions.yml", coded)
    for output in (coded / MATRIX, codebook):
        assert main(["qualitative", "import", str(project), "--output", str(output)]) == 0
    restate(coded)
    told = capsys.readouterr().err
    assert main(["validate", str(coded)]) == 1
    listed = capsys.readouterr().err
    # All at once: what the import listed, and every null of the codebook.
    lacking = re.findall(r"^framework_matrix\.csv, (\w+): found", told, re.MULTILINE)
    assert {"support", "direction"} <= {*lacking}
    assert {*lacking} <= {
        *re.findall(r"^framework_matrix\.csv, row \d+, column (\w+)", listed, re.M)
    }
    assert "codebook.yml, line" in listed
    assert "found ''" not in listed
    begun = yaml.safe_load(codebook.read_text("utf-8"))
    codebook.write_text(yaml.safe_dump(fill_in(begun), allow_unicode=True), "utf-8")
    matrix = pd.read_csv(coded / MATRIX, dtype=str, keep_default_na=False)
    codes = {"component": "training", "direction": "new", "concerns": "new", "support": "mixed"}
    for column, value in {"research_question": "1.1", **codes}.items():
        matrix[column] = value
    # All in the same words, as answers such as "Yes." are.
    matrix["summary"] = "Yes."
    matrix.to_csv(coded / MATRIX, index=False, lineterminator="\n")
    restate(coded)
    assert main(["validate", str(coded)]) == 0
    back, again = tmp_path / "back.qdpx", tmp_path / "again.csv"
    assert main(["qualitative", "export", str(coded), str(back)]) == 0
    assert main(["qualitative", "import", str(back), "--output", str(again)]) == 0
    assert again.read_bytes() == (coded / MATRIX).read_bytes()
    foreign, ours = project_of(project), project_of(back)
    assert codes_of(foreign) <= codes_of(ours)
    # Texts of a kind that a variable names give their names up for it.
    if foreign.find("{*}Variables") is None:
        texts = [{s.get("name") for s in root.iter("{*}TextSource")} for root in (foreign, ours)]
        assert texts[0] <= texts[1]


def test_what_is_to_be_filled_in_does_not_grow_with_the_rows(
    coded: Path, tmp_path: Path, capsys
) -> None:
    path = coded / MATRIX
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.assign(component="", direction="").to_csv(path, index=False)
    restate(coded)
    assert main(["validate", str(coded)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [f"as in {len(rows)} rows: 2 to {len(rows) + 1}" in line for line in lines] == [True] * 2


@pytest.mark.parametrize("name", [MATRIX, "codebook.yml"])
def test_nothing_that_is_there_is_replaced(coded: Path, tmp_path: Path, capsys, name: str) -> None:
    """Whatever an import may write, and whether somebody filled it in or not."""
    project, output = tmp_path / "out.qdpx", coded / name
    main(["qualitative", "export", str(coded), str(project)])
    argv = ["qualitative", "import", str(project), "--output", str(output)]
    for kept in (output.read_bytes(), b""):
        output.write_bytes(kept)
        assert main(argv) == 1
        assert "found a file that is there already" in capsys.readouterr().err
        assert output.read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "output", "more", "told"),
    [
        ("out.qdc", "m.csv", (), "found a codebook, which has no rows"),
        ("out.qdpx", "m.txt", (), "found '.txt'; expected a name ending in .csv or .yml"),
        ("out.qdpx", "m.csv", ("--positions", "bytes"), "found 'bytes'; expected one of: code-poi"),
    ],
)
def test_what_cannot_be_asked_of_an_import(
    tmp_path: Path, capsys, name: str, output: str, more: tuple[str, ...], told: str
) -> None:
    argv = ["qualitative", "import", name, "--output", str(tmp_path / output), *more]
    assert main(argv) == 1
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_project_without_coded_text_says_what_was_not_read(tmp_path: Path, capsys) -> None:
    qde = maxqda().members["project.qde"]
    # Only the area of the page keeps its code.
    bare = re.sub(r"(<PlainTextSelection[^>]*>)<Coding.*?</Coding>", r"\1", str(qde))
    path = maxqda()._replace(members={"project.qde": bare}).write(tmp_path / "other.qdpx")
    output = tmp_path / "m.csv"
    assert main(["qualitative", "import", str(path), "--output", str(output)]) == 1
    told = capsys.readouterr().err
    assert "found no coded passage of text" in told
    assert "1 coding of an area of a PDF's page" in told
    assert not output.exists()


def test_a_folder_that_is_not_there_is_told(coded: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "none" / "out.qdpx"
    assert main(["qualitative", "export", str(coded), str(output)]) == 1
    assert "expected a file that can be written" in capsys.readouterr().err
    assert not output.parent.exists()
