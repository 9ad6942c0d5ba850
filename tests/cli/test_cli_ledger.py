"""`earlyhelp ledger` on a few claims about tests/studies/mini."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from earlyhelp.cli import main
from earlyhelp.published.ledger import COLUMNS


@pytest.fixture
def study(mini: Path) -> Path:
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


def test_a_ledger_as_recorded_passes(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["trained", "3", "3", "reproduced"]
    assert "2 claims: 1 reproduced" in err


def test_a_changed_figure_fails_and_is_named(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(study / "claims.csv", ",3,", ",4,")
    assert main(["ledger", str(study)]) == 1
    assert (
        "trained: printed 4; recorded reproduced; now contradicted (3)" in capsys.readouterr().err
    )


def test_what_is_filtered_out_still_fails(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(study / "claims.csv", ",3,", ",4,")
    assert main(["ledger", str(study), "--where", "minutes"]) == 1
    assert "trained" not in capsys.readouterr().out


def test_json_is_for_machines(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study), "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["id"] for record in records] == ["trained", "minutes"]
    assert records[0]["recomputed"] == "3"
    assert records[1]["given_back"] is None


def test_csv_has_a_row_per_claim(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study), "--format", "csv"]) == 0
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
    study: Path, capsys: pytest.CaptureFixture[str], options: list[str], ids: list[str]
) -> None:
    main(["ledger", str(study), "--format", "json", *options])
    assert [record["id"] for record in json.loads(capsys.readouterr().out)] == ids


def test_an_unknown_status_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study), "--only", "maybe"]) == 1
    assert "--only: found 'maybe'; expected one of: reproduced" in capsys.readouterr().err


def test_another_study_shows_what_changes(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(study, tmp_path / "other"))
    absent = "P4,B,Team Manager,not attended"
    edit(other / "raw/training_attendance.csv", absent, "P4,B,Team Manager,mop-up")
    assert main(["ledger", str(study), "--against", str(other), "--format", "json"]) == 1
    (change,) = json.loads(capsys.readouterr().out)
    assert (change["id"], change["before"], change["after"]) == ("trained", "3", "4")


def test_a_saved_ledger_shows_what_has_changed(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ledger", str(study), "--format", "json"])
    saved = tmp_path / "ledger.json"
    saved.write_text(capsys.readouterr().out)
    edit(
        study / "raw/training_attendance.csv",
        "P3,B,Family Support Worker,scheduled",
        "P3,B,Family Support Worker,mop-up",
    )
    assert main(["ledger", str(study), "--against", str(saved)]) == 0
    edit(study / "raw/training_attendance.csv", "not attended,not attended", "mop-up,not attended")
    assert main(["ledger", str(study), "--against", str(saved), "--format", "json"]) == 1
    (change,) = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (change["before"], change["after"]) == ("4", "3")


def test_what_is_no_ledger_is_told(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study), "--against", str(study / "study.yml")]) == 1
    assert "study.yml" in capsys.readouterr().err


def test_the_same_data_change_nothing(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(study), "--against", str(study)]) == 0
    assert "0 of 2 claims change" in capsys.readouterr().err


def test_a_study_without_claims_is_told_without_a_trace(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", str(mini)]) == 1
    assert "no such file" in capsys.readouterr().err
