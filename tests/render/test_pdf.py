"""The PDF of the miniature book."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from earlyhelp.render.html import PROVENANCE
from earlyhelp.render.pdf import build_pdf, extract_drawings, join, read_book
from earlyhelp.study.problems import InputError


@pytest.fixture(scope="session")
def reader(built_pdf: Path) -> PdfReader:
    return PdfReader(built_pdf)


@pytest.fixture(scope="session")
def text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def outline(reader: PdfReader, entries: list, depth: int = 0) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for entry in entries:
        if isinstance(entry, list):
            found += outline(reader, entry, depth + 1)
        else:
            found.append((depth, entry.title))
    return found


def test_same_pages_give_the_same_bytes(built_book: Path, built_pdf: Path, tmp_path: Path) -> None:
    build_pdf(built_book, tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == built_pdf.read_bytes()


def test_declares_and_carries_accessible_structure(reader: PdfReader) -> None:
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en-GB"
    assert "<pdfuaid:part>1</pdfuaid:part>" in reader.xmp_metadata.stream.get_data().decode()


def test_bookmarks_follow_parts_chapters_and_sections(reader: PdfReader) -> None:
    marks = outline(reader, reader.outline)
    start = marks.index((0, "Findings"))
    assert marks[start : start + 5] == [
        (0, "Findings"),
        (1, "Feasibility of <training> & tools"),
        (2, "Uptake"),
        (3, "A third level"),
        (2, "Diagram"),
    ]


def test_alternative_texts_of_all_figures_are_carried(reader: PdfReader) -> None:
    alts = {str(item["/Alt"]) for item in _objects(reader) if "/Alt" in item}
    assert {
        "Theory of change: inputs lead to outcomes.",
        "Two bars: baseline 90, endline 110.",
        "A square that stands for an instrument.",
    } <= alts


def _objects(reader: PdfReader) -> list:
    numbers = [number for table in reader.xref.values() for number in table]
    objects = [reader.get_object(number) for number in (*numbers, *reader.xref_objStm)]
    return [item for item in objects if isinstance(item, dict)]


def test_text_inside_figures_is_text(text: str) -> None:
    assert "Baseline −1.5" in text
    assert "Outcomes" in text


def test_captions_keep_the_numbers_of_the_pages(text: str) -> None:
    # Sphinx numbers in the order of the contents.
    for caption in ("Table 1 Research questions", "Figure 2 Mean score", "Figure 3 An instrument"):
        assert caption in text


def test_escapes_what_a_markup_language_would_read(text: str) -> None:
    assert "Feasibility of <training> & tools" in text
    assert "Text with $5 and #hash" in text
    assert "Senior & “other” <staff>" in text


def test_header_row_is_repeated_on_each_page_of_a_table(reader: PdfReader) -> None:
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    long_table = [page for page in pages if "Alliance Inventory" in page and "69.88" in page]
    assert len(long_table) >= 2
    assert all("Effect size" in page for page in long_table)


def test_a_table_that_does_not_fit_turns_the_page(reader: PdfReader) -> None:
    wide = next(
        page
        for page in reader.pages
        if "A table too wide" in page.extract_text() and "Contents" not in page.extract_text()
    )
    assert wide.mediabox.width > wide.mediabox.height


def test_the_ledger_keeps_the_columns_that_paper_has_room_for(text: str) -> None:
    assert "Claim Place Printed Recomputed Status" in text
    assert "trained-n Results: Table 1 nine eight contradicted" in text
    assert "on screen" not in text


def test_a_short_paragraph_stays_with_what_its_heading_announces(
    built_book: Path, tmp_path: Path
) -> None:
    book = read_book(built_book, tmp_path)
    chapter = next(chapter for chapter in book.chapters if chapter.path == "glossary.html")
    markup = (
        "<section id='s'><h2>Announced</h2><p>Short.</p><table><tr><td>x</td></tr></table>"
        f"<h2>Told</h2><p>{'Long. ' * 40}</p></section>"
        "<section id='t'><h2>Turned</h2><p>Lead.</p><img class='full-page' src='x.svg'/></section>"
        "<section id='w'><h2>Wide</h2><p>Lead.</p>"
        f"<table><tr><td>{'w' * 120}</td></tr></table></section>"
    )
    chapter.body.append(BeautifulSoup(markup, "lxml").body)
    joined = join(book)
    assert '<div class="lead"><p>Short.</p></div>' in joined
    assert "<p>Long. " in joined
    assert '<div class="lead"><p>Long.' not in joined
    pages = BeautifulSoup(joined, "lxml")
    turned = pages.select_one("div.landscape:has(img[src='x.svg'])")
    assert turned.get_text() == "TurnedLead."
    turned = pages.select_one("div.landscape:has(td:-soup-contains('www'))")
    assert turned.get_text().startswith("WideLead.")


def test_short_rows_are_not_broken_over_pages(built_book: Path, tmp_path: Path) -> None:
    book = read_book(built_book, tmp_path)
    rows = "<table><tr><td>short</td></tr><tr><td>{}</td></tr></table>"
    markup = rows.format("low") + rows.format("high " * 400)
    book.chapters[0].body.append(BeautifulSoup(markup, "lxml").body)
    whole = [table.get_text() for table in BeautifulSoup(join(book), "lxml").select(".whole table")]
    assert "shortlow" in whole
    assert not any("high" in text for text in whole)


def test_second_reference_repeats_the_footnote_mark(text: str) -> None:
    assert text.count("The first note, with emphasis.") == 1
    assert "a note1 and" in text
    assert "use of the note1." in text


def test_code_cells_are_left_out(text: str) -> None:
    assert "show(attendance)" not in text
    assert "code cell" not in text


def test_every_page_but_the_cover_has_its_number_and_says_what_the_data_are(
    reader: PdfReader,
) -> None:
    for number, page in enumerate(reader.pages, 1):
        words = " ".join(page.extract_text().split())
        assert PROVENANCE["reconstructed"] in words
        assert number == 1 or re.search(rf"\b{number}\b", words)


def test_links_between_pages_become_links_in_the_document(built_book: Path, tmp_path: Path) -> None:
    joined = join(read_book(built_book, tmp_path))
    targets = re.findall(r'href="#([^"]+)"', joined)
    assert "h2.feasibility.uptake" in targets
    assert "results-sample.tab-wide" in targets
    assert [target for target in targets if joined.count(f'id="{target}"') != 1] == []


def test_a_link_that_leads_nowhere_is_an_error(built_book: Path, tmp_path: Path) -> None:
    book = read_book(built_book, tmp_path)
    book.chapters[0].body.select_one("a[href='feasibility.html']")["href"] += "#gone"
    with pytest.raises(InputError, match=r"index.html.*feasibility.html#gone"):
        join(book)


def test_a_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.html"):
        build_pdf(tmp_path, tmp_path / "out.pdf")
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize("role", ["img", "graphics-document document"])
def test_drawings_keep_their_case_and_icons_stay_out(tmp_path: Path, role: str) -> None:
    drawing = f'<svg role="{role}" aria-label="A &amp; B" viewBox="0 0 1 1"><clipPath/></svg>'
    markup = extract_drawings(f'<svg class="icon"></svg>{drawing}', "page", tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.read_text() == drawing
    assert 'alt="A &amp; B"' in markup
    assert '<svg class="icon">' in markup
