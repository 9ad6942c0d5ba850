"""What validates builds: the page that asks most of a study runs where data are missing.

Executed without a kernel, cell by cell, which takes a fifth of the time.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import jupytext
import pytest

from earlyhelp.validation import validate

TRIAL = Path(__file__).parents[1] / "notebooks/trial.md"
Row = dict[str, str]


def keep(folder: Path, change: Callable[[str, Row], Row | None]) -> None:
    """Rewrite every raw file: rows as changed, without those of which nothing is left."""
    for path in sorted((folder / "raw").glob("*.csv")):
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            rows = [change(path.stem, row) for row in reader]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames or ())
            writer.writeheader()
            writer.writerows(row for row in rows if row)


def without(*prefixes: str) -> Callable[[str, Row], Row | None]:
    return lambda _, row: {k: "" if k.startswith(prefixes) else v for k, v in row.items()}


CHANGES: dict[str, Callable[[str, Row], Row | None]] = {
    "no working alliance": without("wai_"),
    "no outcome": without("wai_", "proqol_"),
    "no endline": lambda stem, row: None if stem == "endline_survey" else row,
    "nobody in the comparison arm": lambda _, row: None if row.get("team") in ("C", "D") else row,
    "nobody": lambda *_: None,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_page_on_the_next_trial(
    change: Callable[[str, Row], Row | None], mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(mini, change)
    validate(mini)
    names: dict[str, object] = {}
    for cell in jupytext.read(TRIAL).cells:
        if cell.cell_type == "code":
            exec(cell.source.replace('"data/rotherham"', repr(str(mini))), names)
    assert "page" in names
