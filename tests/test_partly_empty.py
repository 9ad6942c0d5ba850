"""What validates builds: pages that ask much of a study run where a part of it is missing.

Executed without a kernel, cell by cell, which is faster.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from helpers import ROOT, run_page

PAGES = ("index", "promise", "trial")


def nobody(raw: Path) -> None:
    for path in raw.glob("*.csv"):
        path.write_text(path.read_text().splitlines()[0] + "\n")


def a_unit_without_pairs(raw: Path) -> None:
    keep(raw / "endline_survey.csv", lambda rows: rows["team"] != "B")


def an_arm_without_pairs(raw: Path) -> None:
    keep(raw / "endline_survey.csv", lambda rows: rows["team"].isin(["A", "B"]))


def keep(path: Path, which: Callable[[pd.DataFrame], pd.Series]) -> None:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert not which(rows).all()
    rows[which(rows)].to_csv(path, index=False, lineterminator="\n")


@pytest.mark.parametrize("missing", [nobody, a_unit_without_pairs, an_arm_without_pairs])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_for_a_study_with(
    mini: Path, page: str, missing: Callable[[Path], None]
) -> None:
    missing(mini / "raw")
    run_page(page, mini)


def test_a_page_runs_for_a_study_that_codes_some_questions_only(tmp_path: Path) -> None:
    study = Path(shutil.copytree(ROOT / "tests/studies/complete", tmp_path / "complete"))
    for name, key in (("codebook.yml", "research_questions"), ("triangulation.yml", "questions")):
        path = study / name
        content = yaml.safe_load(path.read_text("utf-8"))
        content[key] = [question for question in content[key] if question["id"] != "1.2"]
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    run_page("triangulation", study)
