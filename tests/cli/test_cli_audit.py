"""`earlyhelp audit`: what it prints, and how it tells bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from earlyhelp.cli import main
from earlyhelp.published.checks import SEVERITIES


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
    assert finding["arithmetic"][0] == "9 / 18 = 50.0 %, not 55.6 %, which is 10 / 18"


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
