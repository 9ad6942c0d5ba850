"""The HTML build, on a miniature book that has everything the real one uses."""

from __future__ import annotations

import json
import platform
import re
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from helpers import files, write_told
from sphinx.environment import BuildEnvironment

from earlyhelp.render import html
from earlyhelp.render.html import assemble, build_html
from earlyhelp.render.volumes import PROVENANCE
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError
from earlyhelp.validate import FILES, digest


def names(folder: Path) -> set[str]:
    """Pages of a book; the theme leaves templates of its own in _static."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    return {name for name in found if not name.startswith("_static/")}


def page(folder: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((folder / name).read_text("utf-8"), "lxml")


def build(compendium: Path, output: Path, study: str = "rotherham") -> Path:
    folder, kept = compendium / "data" / study, output.with_name("kept")
    given = compendium / "book/results", write_told(folder)
    build_html(folder, *given, output, kept, compendium)
    return output


def test_every_page_of_the_contents_is_built(built_book: Path) -> None:
    # tests/books/mini/_toc.yml: a root and six chapters.
    assert names(built_book) - {"genindex.html", "search.html"} == {
        "index.html",
        "feasibility.html",
        "results/sample.html",
        "results/ledger.html",
        "instruments.html",
        "reading_statuses.html",
        "glossary.html",
        "references.html",
    }


def test_same_sources_give_the_same_bytes(
    compendium: Path, built_book: Path, tmp_path: Path
) -> None:
    assert files(build(compendium, tmp_path / "elsewhere" / "html")) == files(built_book)


def test_a_warning_fails_the_build_and_leaves_the_last_good_pages(
    compendium: Path, tmp_path: Path
) -> None:
    output = build(compendium, tmp_path / "html")
    before = files(output)
    chapter = compendium / "book/glossary.md"
    chapter.write_text(chapter.read_text() + "\n{ref}`nowhere` {doc}`gone` {py:func}`absent`\n")
    with pytest.raises(InputError) as error:
        build(compendium, output)
    assert {(problem.file, problem.row) for problem in error.value.problems} == {
        ("glossary.md", 11)
    }
    assert all(name in str(error.value) for name in ("nowhere", "gone", "absent"))
    assert files(output) == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".html")] == []


def test_a_notebook_that_is_missing_fails_the_build(compendium: Path, tmp_path: Path) -> None:
    (compendium / "book/results/ledger.ipynb").unlink()
    with pytest.raises(InputError, match="results/ledger"):
        build(compendium, tmp_path / "html")


def test_a_page_that_shows_nothing_is_left_out_with_the_links_to_it(
    compendium: Path, tmp_path: Path
) -> None:
    text = "{doc}`The ledger <ledger>` has it ({doc}`ledger`), not {doc}`another <ledgers>`."
    for name, cells in (("ledger", []), ("sample", [nbformat.v4.new_markdown_cell(text)])):
        page = nbformat.v4.new_notebook(cells=cells)
        nbformat.write(page, compendium / f"book/results/{name}.ipynb")
    study, source = read_study(compendium / "data/rotherham"), tmp_path / "source"
    contents = assemble(study, compendium / "book/results", compendium, source)
    assert contents.pages & {"results/sample", "results/ledger"} == {"results/sample"}
    (cell,) = nbformat.read(source / "results/sample.ipynb", 4).cells
    # A page that the contents do not know is for Sphinx to tell.
    assert cell.source == "The ledger has it, not {doc}`another <ledgers>`."


def test_every_page_says_what_the_data_are(built_book: Path) -> None:
    for name in names(built_book):
        line = page(built_book, name).select_one(".bd-header-announcement__content")
        assert line.get_text(strip=True) == PROVENANCE["reconstructed"], name


def test_every_page_links_to_every_volume_beside_the_front_page(
    built_book: Path, built_volumes: Path
) -> None:
    made = {path.name for path in built_volumes.iterdir()}
    assert made == {
        f"earlyhelp-rotherham-{name}" for name in ("report.pdf", "report.docx", "annex.pdf")
    }
    for name in names(built_book):
        for place, count in ((".downloads", 2), (".cite", 3)):
            links = page(built_book, name).select(f"{place} a:not([download])")
            targets = {((built_book / name).parent / link["href"]).resolve() for link in links}
            assert len(targets) == count
            assert targets <= {built_book / file for file in made}


def test_a_page_lists_the_files_of_a_study_folder(built_book: Path) -> None:
    terms = page(built_book, "reading_statuses.html").select("dt code")
    assert [term.get_text() for term in terms] == [file.name for file in FILES]


def test_nothing_is_fetched_from_elsewhere(built_book: Path) -> None:
    for name in names(built_book):
        soup = page(built_book, name)
        fetched = [tag.get("src") for tag in soup.select("[src]")]
        fetched += [tag.get("href") for tag in soup.select("link[href]")]
        assert [url for url in fetched if re.match(r"(https?:)?//", url)] == []


def test_search_index_holds_the_words_of_the_pages(built_book: Path) -> None:
    text = (built_book / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    assert "results/sample" in index["docnames"]
    assert "allianc" in index["terms"]


def test_inline_figure_is_in_the_page_with_its_name_and_links(built_book: Path) -> None:
    svg = page(built_book, "feasibility.html").select_one("figure#fig-theory svg")
    assert svg["aria-label"] == "Theory of change: inputs lead to outcomes."
    assert svg.select_one("a")["href"] == "results/sample.html"
    assert "Inputs" in svg.get_text()


def test_another_study_has_its_results_and_none_of_the_published_chapters(
    other_book: Path,
) -> None:
    pages = names(other_book)
    assert "results/sample.html" in pages
    assert "instruments.html" in pages
    assert "feasibility.html" not in pages
    assert "results/ledger.html" not in pages


def test_another_study_says_that_its_data_are_observed(other_book: Path) -> None:
    line = page(other_book, "results/sample.html").select_one(".bd-header-announcement__content")
    assert line.get_text(strip=True) == PROVENANCE["observed"]


def test_a_study_title_is_escaped_wherever_it_ends(other_book: Path) -> None:
    raw = [path for path in other_book.rglob("*.html") if "<b>on</b>" in path.read_text("utf-8")]
    assert raw == []


def test_a_study_title_is_text_not_markup(other_book: Path) -> None:
    soup = page(other_book, "index.html")
    assert soup.select_one(".logo__title").get_text(strip=True) == "Tools in *E* & <b>on</b>"
    assert "&lt;b&gt;on&lt;/b&gt;" in str(soup.title)


def test_the_front_page_says_what_the_book_was_made_from(
    compendium: Path, other_book: Path
) -> None:
    said = page(other_book, "index.html").select_one("article").get_text()
    assert re.search(r"SHA-256 of .+ begins [0-9a-f]{12}\b", said)
    assert f"Python {platform.python_version()}, pandas {pd.__version__}" in said
    before = digest(compendium / "data/other")
    assert before in said
    (compendium / "data/other/words.yml").write_text("[]\n")
    assert digest(compendium / "data/other") != before


def test_the_search_takes_a_number_for_one_word(built_book: Path) -> None:
    assert '"86.2"' in (built_book / "searchindex.js").read_text("utf-8")
    assert "splitQuery" in (built_book / "_static/language_data.js").read_text("utf-8")
    words = html.Search({}).split("p = .697 (A-05), 1,024 of twenty-five.")
    assert words == ["p", ".697", "A-05", "1,024", "of", "twenty", "five"]


def test_the_search_has_the_text_of_every_page_without_its_code(built_book: Path) -> None:
    script = (built_book / "_static/page_texts.js").read_text("utf-8")
    texts = json.loads(script.removeprefix("window.earlyhelpTexts = ").removesuffix(";\n"))
    assert set(texts) == names(built_book) - {"search.html"}
    for name, text in texts.items():
        article = page(built_book, name).select_one("article.bd-article")
        sections = {section["id"] for section in article.select("section[id]")}
        shown = BeautifulSoup(text, "lxml").select_one("[role=main]")
        assert {section["id"] for section in shown.select("section")} == sections, name
        for code in article.select(".cell_input"):
            assert " ".join(code.get_text().split()) not in shown.get_text(), name
    assert 'src="_static/page_texts.js"' in (built_book / "search.html").read_text("utf-8")


def test_no_page_leads_to_one_that_the_study_has_not(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    text = "A ({doc}`results/framework`), the {doc}`ledger <results/ledger>` and "
    text += "{doc}`x <results/promise>`."
    for name in html.REFERENCE_PAGES:
        (tmp_path / f"{name}.md").write_text(text, "utf-8")
    front = {"cells": [{"cell_type": "markdown", "source": [text]}]}
    other = {"cells": [{"cell_type": "markdown", "source": [text.replace("results/", "")]}]}
    (tmp_path / html.FRONT_PAGE).write_text(json.dumps(front), "utf-8")
    (tmp_path / "results/sample.ipynb").write_text(json.dumps(other), "utf-8")
    html._leave_out_links(tmp_path, {"results/framework", "results/ledger"})
    kept = "A, the ledger and {doc}`x <results/promise>`."
    for path in (tmp_path / html.FRONT_PAGE, *tmp_path.glob("*.md")):
        assert kept in path.read_text("utf-8")
    said = (tmp_path / "results/sample.ipynb").read_text("utf-8")
    assert kept.replace("results/", "") in said


def test_raw_data_of_real_people_stay_in_their_folder(compendium: Path, tmp_path: Path) -> None:
    for name, goes in (("rotherham", True), ("other", False)):
        folder = compendium / "data" / name
        (folder / "raw/baseline_survey.csv").write_text("practitioner_id\nP1\n", "utf-8")
        results = compendium / "book/results"
        assemble(read_study(folder), results, compendium, tmp_path / name)
        assert bool([*tmp_path.joinpath(name).rglob("baseline_survey.csv")]) is goes


def test_rules_about_real_people_are_printed_of_real_people_alone(
    compendium: Path, tmp_path: Path
) -> None:
    page = "# Statuses\n\n{.observed-only}\n## Small numbers\n"
    (compendium / "book/reading_statuses.md").write_text(page, "utf-8")
    for name, kind in (("rotherham", "screen"), ("other", "observed")):
        study = read_study(compendium / "data" / name)
        assemble(study, compendium / "book/results", compendium, tmp_path / name)
        text = (tmp_path / name / "reading_statuses.md").read_text("utf-8")
        assert text == page.replace("observed", kind)


def test_a_page_is_not_read_again_for_each_reference_to_its_numbers(
    compendium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = BuildEnvironment.get_doctree

    def get_doctree(environment: BuildEnvironment, name: str) -> Any:
        read.append(name)
        return real(environment, name)

    references = 30
    chapter = compendium / "book/feasibility.md"
    more = "\n{numref}`fig-theory`\n" * references
    chapter.write_text(chapter.read_text("utf-8") + more, "utf-8")
    monkeypatch.setattr(BuildEnvironment, "get_doctree", get_doctree)
    build(compendium, tmp_path / "html")
    assert read.count("feasibility") < references / 2
