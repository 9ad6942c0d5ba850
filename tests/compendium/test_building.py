"""Building by one command: several studies, paths with spaces, nothing of the account."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT, told

from earlyhelp.compendium import building
from earlyhelp.compendium.building import build, environment, folders


def test_a_folder_is_one_study_whatever_its_name_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("my pilot's $1", "a", "b"):
        (tmp_path / name).mkdir()
    assert folders("my pilot's $1") == [Path("my pilot's $1")]
    assert folders("a b") == [Path("a"), Path("b")]
    # What is no folder is told where it is read.
    assert folders("no such pilot's") == [Path("no such pilot's")]
    several = [Path("my pilot's $1"), Path("a")]
    assert folders(environment(several)["STUDY"]) == several


def test_what_is_personal_is_left_out_here_and_in_the_makefile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in building.PERSONAL:
        monkeypatch.setenv(name, "mine")
    assert "mine" not in environment([]).values()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.findall(r"^unexport (.+)$", makefile, re.M) == [" ".join(building.PERSONAL)]


def test_outside_a_compendium_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert told(lambda: build(["a"])) == [
        "Snakefile: found no such file; expected one: run this in the folder of a compendium"
    ]


def planned(*studies: str) -> tuple[int, str]:
    """Exit status of the workflow's plan for some studies, and what it tells."""
    command = [sys.executable, "-m", "snakemake", "report", "--summary"]
    settings = environment([folder for text in studies for folder in folders(text)])
    done = subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_several_studies_are_one_build(tmp_path: Path) -> None:
    other = shutil.copytree(ROOT / "tests/studies/three_arms", tmp_path / "three arms")
    status, shown = planned(f"tests/studies/single_arm {shlex.quote(str(other))}")
    assert status == 0
    for name in ("single_arm", "three arms"):
        for step in ("results-", "site-", "volumes-", "published-"):
            assert f"_build/{name}/{step}" in shown


def test_two_studies_of_one_name_are_told(tmp_path: Path) -> None:
    other = shutil.copytree(ROOT / "tests/studies/mini", tmp_path / "mini")
    status, shown = planned("tests/studies/mini", str(other))
    assert status == 1
    assert "expected folders of different names" in shown
