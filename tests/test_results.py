"""The committed executed notebooks: run, whole, clean, and those of notebooks/.

nbval re-executes them and compares outputs, but passes a notebook that was never run.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from earlyhelp.render.notebooks import cells_of, read_notebook, unfinished

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
            assert options["figure"]["name"].startswith("fig-")
