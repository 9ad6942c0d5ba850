"""What validates builds: the page that asks most of a study runs where data are missing.

Executed without a kernel, cell by cell, which is faster.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

from earlyhelp.validation import validate

TRIAL = Path(__file__).parents[1] / "notebooks/trial.md"


def test_the_page_on_the_next_trial_of_a_study_with_nobody(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (mini / "raw").glob("*.csv"):
        path.write_text(path.read_text().splitlines()[0] + "\n")
    validate(mini)
    names: dict[str, object] = {}
    for cell in jupytext.read(TRIAL).cells:
        if cell.cell_type == "code":
            exec(cell.source.replace('"data/rotherham"', repr(str(mini))), names)
    assert "page" in names
