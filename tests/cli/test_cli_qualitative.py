"""`earlyhelp qualitative`: files it writes, and how it tells bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from helpers import describe

from earlyhelp.cli import main
from earlyhelp.study.dictionary import DATAPACKAGE_FILE
from earlyhelp.study.raw import open_pilot
from earlyhelp.study.rawtable import restate

MATRIX = "raw/framework_matrix.csv"


@pytest.fixture
def study(mini: Path, rotherham: Path) -> Path:
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


def test_export_and_import_give_the_matrix_back(study: Path, tmp_path: Path, capsys) -> None:
    project, output = tmp_path / "out.qdpx", tmp_path / "matrix.csv"
    assert main(["qualitative", "export", str(study), str(project)]) == 0
    assert main(["qualitative", "import", str(project), "--output", str(output)]) == 0
    assert output.read_bytes() == (study / MATRIX).read_bytes()
    rows = len(open_pilot(study).framework_matrix)
    assert capsys.readouterr().err == f"{output}: {rows} rows\n"


def test_a_codebook_is_written(study: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.qdc"
    assert main(["qualitative", "export", str(study), str(output)]) == 0
    assert b'xmlns="urn:QDA-XML:codebook:1.0"' in output.read_bytes()


def test_another_ending_is_refused(study: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out.zip"
    assert main(["qualitative", "export", str(study), str(output)]) == 1
    assert "expected a name ending in .qdpx or .qdc" in capsys.readouterr().err
    assert not output.exists()


def test_a_study_without_qualitative_data_is_told(mini: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "out.qdpx"
    assert main(["qualitative", "export", str(mini), str(output)]) == 1
    assert capsys.readouterr().err == (
        "framework_matrix.csv: found no rows; expected a study with qualitative data\n"
    )
    assert not output.exists()


def test_a_matrix_against_its_codebook_is_not_exported(study: Path, tmp_path: Path, capsys) -> None:
    path = study / MATRIX
    text = path.read_text()
    path.write_text(text.replace("delivery-as-planned", "weather").replace("interview_04", "x9"))
    restate(study)
    output = tmp_path / "out.qdpx"
    assert main(["qualitative", "export", str(study), str(output)]) == 1
    # Four rows of the theme, two of the interview; one line each.
    assert len(capsys.readouterr().err.splitlines()) == 6
    assert not output.exists()


def test_a_hostile_project_writes_nothing(tmp_path: Path, capsys) -> None:
    project, output = tmp_path / "bad.qdpx", tmp_path / "matrix.csv"
    project.write_bytes(b"PK\x03\x04 no more")
    output.write_text("kept")
    assert main(["qualitative", "import", str(project), "--output", str(output)]) == 1
    assert "expected a whole zip file" in capsys.readouterr().err
    assert output.read_text() == "kept"


def test_a_codebook_cannot_be_imported_as_a_matrix(study: Path, tmp_path: Path, capsys) -> None:
    project = tmp_path / "out.qdc"
    main(["qualitative", "export", str(study), str(project)])
    argv = ["qualitative", "import", str(project), "--output", str(tmp_path / "m.csv")]
    assert main(argv) == 1
    assert "a codebook has no rows" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(study: Path, tmp_path: Path, capsys) -> None:
    output = tmp_path / "none" / "out.qdpx"
    assert main(["qualitative", "export", str(study), str(output)]) == 1
    assert "expected a file that can be written" in capsys.readouterr().err
    assert not output.parent.exists()
