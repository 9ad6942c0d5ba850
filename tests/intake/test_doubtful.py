"""What may be a slip: told by `validate`, which finds no problem all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT

from earlyhelp.cli import main
from earlyhelp.intake.doubtful import doubtful
from earlyhelp.study.raw import open_pilot

STUDIES = ROOT / "tests/studies"


def doubts(folder: Path) -> list[str]:
    return [str(problem) for problem in doubtful(open_pilot(folder))]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study whose every file has its rows stated."""
    folder = shutil.copytree(STUDIES / "single_arm", tmp_path / "single-arm")
    path = folder / "datapackage.json"
    package = json.loads(path.read_text("utf-8"))
    for resource in package["resources"]:
        resource["rows"] = len((folder / resource["path"]).read_text("utf-8").splitlines()) - 1
    path.write_text(json.dumps(package), "utf-8")
    return folder


def test_nothing_is_told_of_a_study_that_is_in_order(study: Path) -> None:
    assert doubts(study) == []


@pytest.mark.parametrize("folder", [ROOT / "data/rotherham", *STUDIES.glob("*/study.yml")])
def test_no_doubt_is_about_the_values_of_a_study_that_is_in_order(folder: Path) -> None:
    folder = folder if folder.is_dir() else folder.parent
    told = doubts(folder)
    assert [line for line in told if not line.startswith("datapackage.json: found no `rows`")] == []


def test_a_copy_says_what_it_has_of_the_original(study: Path) -> None:
    copy = shutil.copytree(study, study.with_name("another"))
    title = open_pilot(study).study.title
    both = [
        "study.yml, id: found 'single-arm'; expected 'another', as its folder is called",
        f"study.yml, title: found {title!r}, as in single-arm; expected a title of its own",
    ]
    assert doubts(copy) == both
    change(copy / "study.yml", "id: single-arm", "id: another")
    assert doubts(copy) == both[1:]
    change(copy / "study.yml", title, "Another")
    assert doubts(copy) == []


def test_files_without_rows_and_files_that_may_be_cut(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study / "raw/after.csv"
    header = path.read_text("utf-8").partition("\n")[0]
    path.write_text(f"{header}\n", "utf-8")
    package = json.loads((study / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        del resource["rows"]
    (study / "datapackage.json").write_text(json.dumps(package), "utf-8")
    assert main(["validate", str(study)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{study}: 6 files, no problem\n"
    assert err.splitlines() == [
        f"{study}: look at after.csv: found no rows; expected rows, if there are any yet",
        f"{study}: look at datapackage.json: found no `rows` of before; expected how many there "
        "are, so that a file cut short is told",
    ]


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        ([1, 2, 5, 4, 99], [99]),  # far away
        ([0, 3, 7, -9], [-9]),
        ([99, 99, 99], [99]),  # nothing else
        ([40, 80, 85, 92, 92, 99, 99, 99], [99]),  # often, alone and at the end
        ([40, 80, 85, 92, 92, 99], []),  # one of a percentage
        ([96, 97, 98, 98, 99, 99, 99], []),  # the best of all
        ([60, 77, 77, 77, 90], []),  # in the middle
        ([-3, -1, -1, -1, 0, 2], []),
        ([1, 2, 3], []),
        ([], []),
    ],
)
def test_a_code_for_no_answer_within_the_range_is_told(
    study: Path, numbers: Sequence[float], codes: Sequence[float]
) -> None:
    pilot = open_pilot(study)
    resource = pilot.dictionary.resources[0]
    name = next(field.name for field in resource.table.fields if field.type == "integer")
    frame = pilot.raw[resource.name]
    frame = frame.loc[frame.index.repeat(2)].reset_index(drop=True)[: len(numbers)]
    frame = frame.assign(**{name: pd.Series(numbers, dtype="float64")})
    told = [str(problem) for problem in doubtful(pilot.with_raw(**{resource.name: frame}))]
    expected = (
        "a value, not a code for none, which stands under `missing` (import.yml) or missingValues "
        "(datapackage.json)"
    )
    assert [line for line in told if "no rows" not in line] == [
        f"{resource.name}.csv, {name}: found {code} in {list(numbers).count(code)} of "
        f"{len(numbers)} rows; expected {expected}"
        for code in codes
    ]
