"""The workflow: what it would write, under which names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT

from earlyhelp.execution import dependencies
from earlyhelp.execution.dependencies import all_files
from earlyhelp.execution.results import kept_names
from earlyhelp.validate import study_files

PARTS = (
    *("Snakefile", "src", "notebooks", "book", "data", "requirements.txt"),
    *("_config.yml", "_toc.yml", "CITATION.cff", "profiles"),
)
STEPS = ("executed", "site", "volumes")


def outputs(checkout: Path) -> list[str]:
    """Names of all that a report of this checkout writes."""
    checkout.mkdir()
    for part in PARTS:
        (checkout / part).symlink_to(ROOT / part)
    command = [sys.executable, "-m", "snakemake", "report", "--summary"]
    shown = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout
    return [line.partition("\t")[0] for line in shown.splitlines()[1:]]


def test_names_do_not_depend_on_where_the_checkout_lies(tmp_path: Path) -> None:
    here = outputs(tmp_path / "here")
    # What pages are told is beside the notebooks.
    assert len(here) == len(STEPS) + 2
    assert outputs(tmp_path / "One Drive") == here


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that a report depends on."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part)
        else:
            shutil.copy(ROOT / part, folder)
    return folder


def names() -> dict[str, str]:
    """Name of what each step writes in the checkout here: the workflow up to its rules."""
    known: dict[str, Any] = {}
    exec(Path("Snakefile").read_text("utf-8").partition("wildcard_constraints:")[0], known)
    built = known["STUDIES"]["rotherham"]
    return {name: getattr(built, name).name for name in (*STEPS, "pages")}


def kept() -> dict[str, str]:
    """Name of what is kept of each notebook's execution in the checkout here."""
    texts = {path: path.read_text("utf-8") for path in Path("notebooks").glob("*.md")}
    return {path.stem: name for path, name in kept_names("data/rotherham", texts).items()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


# `pages` keeps pages of which the text is as before.
PAPER, TEXT = {"volumes"}, {"site", "volumes"}
PAGES, NOTEBOOK, ALL = {"pages", *TEXT}, {"executed", *TEXT}, {"pages", *STEPS}
SENTENCE, CELL = "\nOne sentence more.\n", "\n```{code-cell}\n1\n```\n"
CHANGES = [
    ("src/earlyhelp/printing/pdf.py", "# a comment", PAPER, 0),
    ("src/earlyhelp/printing/joined.py", "# a comment", PAPER, 0),
    ("src/earlyhelp/printing/word.py", "# a comment", PAPER, 0),
    ("src/earlyhelp/printing/assets/report.typ", "// a comment", PAPER, 0),
    ("src/earlyhelp/render/html.py", "# a comment", PAGES, 0),
    ("src/earlyhelp/render/origins.py", "# a comment", PAGES, 0),
    ("book/methods.md", SENTENCE, TEXT, 0),
    ("book/_static/report.css", "/* a comment */", PAGES, 0),
    ("notebooks/promise.md", SENTENCE, NOTEBOOK, 0),
    ("notebooks/promise.md", CELL, NOTEBOOK, 1),
    # Some tables are of the next trial.
    ("src/earlyhelp/trial/planning.py", "# a comment", ALL, 6),
    ("src/earlyhelp/report/figures.py", "# a comment", ALL, 15),
    ("src/earlyhelp/published/ledger.py", "# a comment", ALL, 15),
    ("data/rotherham/claims.csv", "\n", ALL, 15),
    ("requirements.txt", "\n", ALL, 15),
    # Beside the report, and a script that wrote the data.
    ("src/earlyhelp/paper/page.py", "# a comment", set(), 0),
    ("src/earlyhelp/paper/page.html", "<!-- -->", set(), 0),
    ("src/earlyhelp/qualitative/refi_import.py", "# a comment", set(), 0),
    ("data/rotherham/reconstruct.py", "# a comment", set(), 0),
]


@pytest.mark.parametrize(("file", "more", "steps", "executed"), CHANGES)
def test_a_change_runs_what_depends_on_it_and_nothing_else(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    more: str,
    steps: set[str],
    executed: int,
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.setattr(dependencies, "SOURCE", checkout / "src")
    before, kept_before = names(), kept()
    text = Path(file).read_text("utf-8")
    Path(file).write_text(f"{text}{more}\n", "utf-8")
    try:
        assert changed(before, names()) == steps
        assert len(changed(kept_before, kept())) == executed
    finally:
        Path(file).write_text(text, "utf-8")


def test_every_file_that_is_read_of_a_study_counts(rotherham: Path) -> None:
    assert {*study_files(rotherham)} <= {*all_files(rotherham)}
