"""A book of which one page's text changed: only that page is built, and the bytes are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers import files, write_told

from earlyhelp.render import html
from earlyhelp.render.html import build_html


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Pages that each run of Sphinx is given; none for all."""
    runs: list[list[str]] = []
    real = html._run_sphinx

    def run(settings: Any, root: Path, kept: Path, changed: Any = ()) -> None:
        runs.append([page.as_posix() for page in changed])
        real(settings, root, kept, changed)

    monkeypatch.setattr(html, "_run_sphinx", run)
    return runs


def build(root: Path, kept: str) -> dict[str, bytes]:
    output = root / "_build" / f"of-{kept}"
    study = root / "data/rotherham"
    given = root / "book/results", write_told(study)
    build_html(study, *given, output, root / "_build" / kept, root)
    return files(output)


def replace(root: Path, page: str, old: str, new: str) -> None:
    path = root / "book" / page
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_changed_sentence_builds_its_page_alone(compendium: Path, read: list[list[str]]) -> None:
    before = build(compendium, "kept")
    changes = [
        ("feasibility.md", "Quoted in our own words.", "Said once: zebrafish."),
        # A word that no page has any more leaves the search.
        ("feasibility.md", "Said once: zebrafish.", "Quoted again."),
        ("results/sample.ipynb", "After the table.", "After the table, a zebrafish."),
        # The drawing is another file; the one that no page shows is gone.
        ("results/sample.ipynb", "<svg ", "<svg data-changed='yes' "),
    ]
    for page, old, new in changes:
        replace(compendium, page, old, new)
        del read[:]
        again = build(compendium, "kept")
        assert read == [[page]]
        assert again != before
        before = again
    assert build(compendium, "none") == before
    # Nothing changed.
    del read[:]
    assert build(compendium, "kept") == before
    assert read == []


@pytest.mark.parametrize(
    ("page", "old", "new"),
    [
        # Other pages show it beside them and in references.
        ("glossary.md", "# Glossary", "# Words"),
        # It is one more word of the glossary.
        ("glossary.md", "Having come.\n", "Having come.\n\nTeam\n  Who works together.\n"),
        # The page of references leads to it.
        ("feasibility.md", "{cite:t}`hatcher2006`", "somebody"),
    ],
)
def test_what_other_pages_show_builds_all(
    compendium: Path, read: list[list[str]], page: str, old: str, new: str
) -> None:
    build(compendium, "kept")
    replace(compendium, page, old, new)
    del read[:]
    again = build(compendium, "kept")
    assert read == [[page], []]
    assert build(compendium, "none") == again


def test_what_is_no_page_builds_all(compendium: Path, read: list[list[str]]) -> None:
    build(compendium, "kept")
    replace(compendium, "theory.svg", "<svg ", "<svg data-changed='yes' ")
    del read[:]
    build(compendium, "kept")
    assert read == [[]]


def test_after_a_build_that_failed_nothing_is_taken_for_good(
    compendium: Path, read: list[list[str]]
) -> None:
    before = build(compendium, "kept")
    replace(compendium, "glossary.md", "Having come.", "{doc}`gone`")
    with pytest.raises(html.InputError, match="gone"):
        build(compendium, "kept")
    replace(compendium, "glossary.md", "{doc}`gone`", "Having come.")
    del read[:]
    assert build(compendium, "kept") == before
    assert read == [[]]


def test_a_page_that_was_read_by_another_process_shows_what_its_cells_call(
    compendium: Path,
) -> None:
    path = compendium / "book/results/sample.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["metadata"] = {}
    cell["source"] = "from earlyhelp.analysis import feasibility"
    other = {**cell, "source": "feasibility.difficulty(pilot)", "id": "another"}
    notebook["cells"].insert(2, other)
    path.write_text(json.dumps(notebook), "utf-8")
    for words in ("", "Changed."):
        replace(compendium, "results/sample.ipynb", "After the table.", f"After the table.{words}")
        page = build(compendium, "kept")["results/sample.html"].decode()
        assert "difficulty" in page.partition("# earlyhelp.analysis.feasibility")[2]
