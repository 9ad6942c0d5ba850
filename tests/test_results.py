"""The committed executed notebooks: run, whole, clean, and those of notebooks/.

nbval re-executes them and compares outputs, but passes a notebook that was never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from earlyhelp.execution.notebooks import cells_of, read_notebook, unfinished
from earlyhelp.report.figures import RAISED

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "notebooks").glob("*.md"))
STEMS = [path.stem for path in SOURCES]


def executed(stem: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "book/results" / f"{stem}.ipynb", as_version=4)


def test_every_notebook_has_its_executed_copy() -> None:
    assert sorted(path.stem for path in (ROOT / "book/results").glob("*.ipynb")) == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_every_cell_was_run(stem: str) -> None:
    assert unfinished(executed(stem)) == []


def test_a_notebook_that_was_not_run_is_caught() -> None:
    notebook = executed("promise")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    assert len(unfinished(notebook)) > 10


@pytest.mark.parametrize("stem", STEMS)
def test_the_copy_has_the_cells_of_its_source(stem: str) -> None:
    source = read_notebook(ROOT / "notebooks" / f"{stem}.md")
    cells = cells_of(source, ROOT / "data/rotherham")
    assert [c.source for c in executed(stem).cells] == [c.source for c in cells]


@pytest.mark.parametrize("stem", STEMS)
def test_no_errors_no_warnings(stem: str) -> None:
    for cell in executed(stem).cells:
        for output in cell.get("outputs", []):
            assert output.output_type in ("display_data", "execute_result"), output


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_of_the_machine_or_the_hour_is_kept(stem: str) -> None:
    text = (ROOT / "book/results" / f"{stem}.ipynb").read_text("utf-8")
    assert str(ROOT) not in text
    assert not re.search(r"papermill\"|\"start_time\"|\"end_time\"|iopub", text)


@pytest.mark.parametrize("stem", STEMS)
def test_every_figure_says_what_it_shows(stem: str) -> None:
    for cell in executed(stem).cells:
        if any("image/svg+xml" in o.get("data", {}) for o in cell.get("outputs", [])):
            options = cell.metadata["mystnb"]
            assert len(options["image"]["alt"]) > 40
            assert options["figure"]["caption"]
            # The page looks the finding up by the name that the cell repeats.
            assert f'"{options["figure"]["name"]}"' in cell.source


def figures_shown() -> Iterator[tuple[nbformat.NotebookNode, str, str]]:
    """Cells with a figure, its drawing and its caption."""
    for stem in STEMS:
        for cell in executed(stem).cells:
            for output in cell.get("outputs", []):
                if drawn := output.get("data", {}).get("image/svg+xml"):
                    yield cell, drawn, cell.metadata["mystnb"]["figure"]["caption"]


def test_every_figure_that_is_no_mere_illustration_says_its_finding() -> None:
    for cell, _, caption in figures_shown():
        folded = "hide-cell" in cell.metadata["tags"]
        assert caption.startswith("**") != folded, cell.metadata["mystnb"]["figure"]["name"]


def test_a_number_in_a_figure_says_its_status_without_colour() -> None:
    marked = 0
    for _, drawn, caption in figures_shown():
        for letter in re.findall(r"\{\.status [^}]+\} \((\w)\)", caption):
            assert RAISED[letter] in drawn, caption
            marked += 1
    assert marked
