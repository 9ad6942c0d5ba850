"""The notebooks' code: short cells, which ruff reads."""

from __future__ import annotations

from pathlib import Path

import jupytext
import notebook_cells
import pytest
from helpers import ROOT

# Lines of a cell, which shows one thing.
LONGEST = 10
HEAD = "---\njupytext:\n  text_representation: {extension: .md, format_name: myst}\n"
HEAD += "kernelspec: {name: python3, display_name: Python 3, language: python}\n---\n\n"


def test_a_cell_has_ten_lines_at_most() -> None:
    sources = sorted((ROOT / "notebooks").glob("*.md"))
    long = [
        (source.name, cell.source)
        for source in sources
        for cell in jupytext.read(source).cells
        if cell.cell_type == "code" and len(cell.source.splitlines()) > LONGEST
    ]
    assert sources
    assert long == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print(1)", ""),
        ("print(nothing)", "F821 Undefined name `nothing`"),
        ("print( 1 )", "File would be reformatted"),
    ],
)
def test_ruff_reads_the_cells(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    code: str,
    told: str,
) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "notebooks/page.md").write_text(f"{HEAD}# Page\n\n```{{code-cell}}\n{code}\n```\n")
    monkeypatch.setattr(notebook_cells, "ROOT", tmp_path)
    assert notebook_cells.main() == bool(told)
    assert told in "".join(capfd.readouterr())
