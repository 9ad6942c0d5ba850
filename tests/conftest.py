"""Studies to test on."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
import yaml
from helpers import ROOT, element, write_told

from earlyhelp.printing.pdf import build_volumes
from earlyhelp.qualitative.framework import Codebook, read_codebook
from earlyhelp.render.html import build_html
from earlyhelp.study.raw import Pilot, open_pilot

# Run with libraries of their own (`make test-pages`, and so on).
collect_ignore = ["package.py", "pages.py", "readers.py"]
# A shell has what it runs in the background ignore interrupts, and so has what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A writable copy of the miniature study."""
    return Path(shutil.copytree(ROOT / "tests/studies/mini", tmp_path / "mini"))


@pytest.fixture
def pilot(mini: Path) -> Pilot:
    """The miniature study, read."""
    return open_pilot(mini)


@pytest.fixture
def matrix(rotherham: Path) -> pd.DataFrame:
    """The framework matrix of the Rotherham study, as text."""
    return pd.read_csv(rotherham / "raw/framework_matrix.csv", dtype=str)


@pytest.fixture
def codebook(rotherham: Path) -> Codebook:
    """Its codebook."""
    return read_codebook(rotherham)


@pytest.fixture(scope="session")
def rotherham() -> Path:
    """The committed study folder; not to be written to."""
    return ROOT / "data/rotherham"


@pytest.fixture
def compendium(tmp_path: Path) -> Path:
    """A writable miniature compendium with the real configuration, styles and templates."""
    return _compendium(tmp_path / "compendium")


def _compendium(root: Path) -> Path:
    shutil.copytree(ROOT / "tests/books/mini", root)
    for name in ("_config.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, root)
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, root / "book" / name)
    design = yaml.safe_load((ROOT / "tests/studies/mini/study.yml").read_text("utf-8"))
    for study in (
        {
            "id": "rotherham",
            "title": "A miniature report",
            "provenance": "reconstructed",
            "chapters": True,
            "licence": "Free to use",
            "date": "2026-02-03",
        },
        {"id": "other", "title": "Tools in *E* & <b>on</b>", "provenance": "observed"},
    ):
        folder = root / "data" / study["id"]
        (folder / "raw").mkdir(parents=True)
        (folder / "study.yml").write_text(yaml.safe_dump({**design, **study}), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def built_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature book as HTML; not to be written to."""
    root = _compendium(tmp_path_factory.mktemp("book") / "compendium")
    kept = root / "_build/kept"
    study = root / "data/rotherham"
    given = root / "book/results", write_told(study)
    build_html(study, *given, root / "_build/html", kept, root)
    return root / "_build/html"


@pytest.fixture(scope="session")
def other_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of another study, which has two notebooks; not to be written to."""
    root = _compendium(tmp_path_factory.mktemp("other") / "compendium")
    results = root / "book/results"
    (results / "ledger.ipynb").unlink()
    front = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# {{ edition }}")])
    nbformat.write(front, results / "index.ipynb")
    kept = root / "_build/kept"
    study = root / "data/other"
    build_html(study, results, write_told(study), root / "_build/html", kept, root)
    return root / "_build/html"


@pytest.fixture(scope="session")
def built_volumes(built_book: Path) -> Path:
    """The miniature book as PDF and Word, in a folder; not to be written to."""
    root = built_book.parents[1]
    study = root / "data/rotherham"
    build_volumes(study, built_book, write_told(study), root / "_build/volumes", root)
    return root / "_build/volumes"


@pytest.fixture
def theory_content() -> dict[str, Any]:
    """A small theory: course -> habit -> heard -> stay, and calm on a branch of its own."""
    return {
        "title": "A course",
        "proposal": "proposed by us",
        "references": {1: "A study"},
        "elements": [
            element("course", "activities", evidence=[1]),
            element("habit", "mechanisms", basis="inferred"),
            element("heard", "short-term"),
            element("calm", "short-term", proposed=True),
            element("stay", "long-term", not_assessed="Too early."),
            element("trust", "assumptions"),
        ],
        "links": [
            {"from": "course", "to": "habit", "basis": "stated", "place": "Chapter 1"},
            {"from": "habit", "to": "heard", "basis": "inferred"},
            {"from": "habit", "to": "calm", "basis": "reported", "place": "Chapter 3"},
            {"from": "heard", "to": "stay", "basis": "stated", "place": "Chapter 1"},
        ],
    }
