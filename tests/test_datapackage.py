"""The data package: current, and true of the files by an independent reader."""

from __future__ import annotations

from pathlib import Path

from frictionless import Package

from earlyhelp.datapackage import DATAPACKAGE_FILE, as_text, describe
from earlyhelp.study import read_study


def test_the_committed_description_is_current(rotherham: Path) -> None:
    assert (rotherham / DATAPACKAGE_FILE).read_text("utf-8") == as_text(read_study(rotherham))


def test_frictionless_finds_the_files_as_described(rotherham: Path) -> None:
    report = Package(str(rotherham / DATAPACKAGE_FILE)).validate()
    assert report.valid, report.flatten(["message"])


def test_frictionless_finds_a_file_that_is_not(mini: Path) -> None:
    path = mini / DATAPACKAGE_FILE
    path.write_text(as_text(read_study(mini)))
    raw = mini / "raw/observations.csv"
    raw.write_text(raw.read_text().replace("2024-02-01", "soon"))
    assert not Package(str(path)).validate().valid


def test_files_that_a_study_does_not_have_are_left_out(mini: Path) -> None:
    names = [resource["name"] for resource in describe(read_study(mini))["resources"]]
    assert "tool_use" in names and "interviews" not in names
