"""The Word file of the miniature book."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from lxml import etree

from earlyhelp.printing.word import document
from earlyhelp.render.volumes import Imprint, Volume

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="session")
def parts(built_volumes: Path) -> dict[str, etree._Element]:
    with zipfile.ZipFile(built_volumes / "earlyhelp-rotherham-report.docx") as archive:
        assert archive.testzip() is None
        return {
            name: etree.fromstring(archive.read(name))
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }


def written(markup: str, work: Path) -> bytes:
    """The text of a file of one page, as XML."""
    said = Imprint("T", "", (), "", (), "", "", "", "")
    made = document(markup, Volume("v", "Volume"), said, [], work)
    with zipfile.ZipFile(BytesIO(made)) as archive:
        return archive.read("word/document.xml")


@pytest.fixture(scope="session")
def paragraphs(parts: dict[str, etree._Element]) -> list[tuple[str, str]]:
    """Style and text of every paragraph."""
    found = []
    for paragraph in parts["word/document.xml"].iter(f"{WORD}p"):
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        text = "".join(paragraph.itertext(f"{WORD}t"))
        found.append((style.get(f"{WORD}val") if style is not None else "", " ".join(text.split())))
    return found


def test_title_and_properties(
    parts: dict[str, etree._Element], paragraphs: list[tuple[str, str]]
) -> None:
    assert ("Title", "A miniature report") in paragraphs
    assert ("Author", "The earlyhelp project") in paragraphs
    shown = [text for _, text in paragraphs]
    assert any("Version 0.1.0 of 3 February 2026. " in text for text in shown)
    assert ("Date", "3 February 2026") in paragraphs
    assert any("Free to use" in text for text in shown)
    properties = {item.tag.partition("}")[2]: item.text for item in parts["docProps/core.xml"]}
    assert properties["creator"] == "The earlyhelp project"
    assert "mixed methods" in properties["keywords"]
    assert properties["language"] == "en-GB"
    assert properties["created"] == properties["modified"] == "2026-02-03T00:00:00Z"


def test_headings_are_headings(paragraphs: list[tuple[str, str]]) -> None:
    headings = [item for item in paragraphs if item[0].startswith("Heading")]
    start = headings.index(("Heading1", "Findings"))
    assert headings[start : start + 4] == [
        ("Heading1", "Findings"),
        ("Heading2", "Feasibility of <training> & tools"),
        ("Heading3", "Uptake"),
        ("Heading4", "A third level"),
    ]


def test_captions_keep_their_numbers(paragraphs: list[tuple[str, str]]) -> None:
    captions = [text for style, text in paragraphs if style in ("TableCaption", "ImageCaption")]
    assert captions[0].startswith(
        "Table 1 Research questions (Annex, The sample, recomputed, page "
    )
    assert captions[1:] == ["Figure 1 Theory of change, drawn", "Figure 3 An instrument"]


def test_tables_have_header_rows(parts: dict[str, etree._Element]) -> None:
    tables = [*parts["word/document.xml"].iter(f"{WORD}tbl")]
    assert tables
    assert all(table.find(f"{WORD}tr/{WORD}trPr/{WORD}tblHeader") is not None for table in tables)


def test_tables_whose_first_column_names_rows_say_so(
    parts: dict[str, etree._Element], built_book: Path
) -> None:
    looks = [
        (look.get(f"{WORD}firstColumn"), look.get(f"{WORD}val"))
        for look in parts["word/document.xml"].iter(f"{WORD}tblLook")
    ]
    pages = [BeautifulSoup(path.read_text("utf-8"), "lxml") for path in built_book.rglob("*.html")]
    named = [page.select("article table:has(tbody th)") for page in pages]
    assert 0 < looks.count(("1", "00A0")) <= sum(map(len, named))
    assert all(look in (("1", "00A0"), ("0", "0020")) for look in looks)


def test_figures_have_alternative_texts_and_pictures(
    parts: dict[str, etree._Element], built_volumes: Path
) -> None:
    texts = [
        item.get("descr") for item in parts["word/document.xml"].iter() if "docPr" in str(item.tag)
    ]
    assert texts == [
        "Theory of change: inputs lead to outcomes.",
        "A square that stands for an instrument.",
    ]
    with zipfile.ZipFile(built_volumes / "earlyhelp-rotherham-report.docx") as archive:
        pictures = [name for name in archive.namelist() if name.startswith("word/media/")]
        assert len(pictures) == 2
        assert all(archive.read(name).startswith(b"\x89PNG") for name in pictures)
    # A file's name is no alternative text.
    named = [item for item in parts["word/document.xml"].iter() if "cNvPr" in str(item.tag)]
    assert named
    assert not [name for item in named if (name := item.get("descr"))]


def test_links_lead_inside_the_file_and_to_the_volume_beside_it(
    parts: dict[str, etree._Element],
) -> None:
    document = parts["word/document.xml"]
    marks = {mark.get(f"{WORD}name") for mark in document.iter(f"{WORD}bookmarkStart")}
    inside = {link.get(f"{WORD}anchor") for link in document.iter(f"{WORD}hyperlink")} - {None}
    assert inside
    assert inside <= marks
    outside = {item.get("Target", "") for item in parts["word/_rels/document.xml.rels"]}
    assert any(url.startswith("earlyhelp-rotherham-annex.pdf#page=") for url in outside)
    assert not any("outside:" in url for url in outside)


def test_statuses_notes_and_places_are_in_words(
    parts: dict[str, etree._Element], paragraphs: list[tuple[str, str]]
) -> None:
    text = " ".join(text for _, text in paragraphs)
    assert "One [reproduced] number, see Table 2 (Annex, The sample, recomputed, page 3)." in text
    assert "The first note" not in text
    notes = "".join(parts["word/footnotes.xml"].itertext(f"{WORD}t"))
    assert notes.count("The first note, with emphasis.") == 2
    assert "show(attendance)" not in text


def test_pages_are_a4(parts: dict[str, etree._Element]) -> None:
    sizes = [*parts["word/document.xml"].iter(f"{WORD}pgSz")]
    assert {tuple(sorted((size.get(f"{WORD}w"), size.get(f"{WORD}h")))) for size in sizes} == {
        ("11906", "16838")
    }
    # The drawing over a page has a turned one, and the last page is upright again.
    turned = [size.get(f"{WORD}orient") for size in sizes]
    assert turned == [None, "landscape", None]
    (table,) = (
        style
        for style in parts["word/styles.xml"].iter(f"{WORD}style")
        if style.get(f"{WORD}styleId") == "Table"
    )
    assert table.find(f"{WORD}tblPr/{WORD}tblBorders/{WORD}insideH") is not None


def test_columns_have_the_width_that_their_words_need(parts: dict[str, etree._Element]) -> None:
    for table in parts["word/document.xml"].iter(f"{WORD}tbl"):
        columns = [int(column.get(f"{WORD}w")) for column in table.iter(f"{WORD}gridCol")]
        cells = [
            ["".join(cell.itertext(f"{WORD}t")) for cell in row.iter(f"{WORD}tc")]
            for row in table.iter(f"{WORD}tr")
        ]
        # Twentieths of a point; a letter of nine points is about five wide.
        for width, texts in zip(columns, zip(*cells, strict=True), strict=True):
            words = [len(word) for text in texts for word in text.split()]
            assert width > 100 * max(words, default=0)
        assert sum(columns) <= 9298


def test_rows_are_not_broken_over_pages(parts: dict[str, etree._Element]) -> None:
    for row in parts["word/document.xml"].iter(f"{WORD}tr"):
        about = [item.tag for item in row.find(f"{WORD}trPr")]
        assert about in ([f"{WORD}cantSplit"], [f"{WORD}tblHeader"])


def test_rows_of_a_short_table_stay_together(parts: dict[str, etree._Element]) -> None:
    for table in parts["word/document.xml"].iter(f"{WORD}tbl"):
        *rows, last = table.iter(f"{WORD}tr")
        assert last.find(f".//{WORD}keepNext") is None
        for row in rows:
            (kept, *_) = (
                item for item in row.iter(f"{WORD}pPr") if item.find(f"{WORD}pStyle") is not None
            )
            assert kept.find(f"{WORD}keepNext") is not None


def test_every_page_has_its_number(parts: dict[str, etree._Element]) -> None:
    foot = parts["word/footer1.xml"]
    assert foot.find(f".//{WORD}fldSimple").get(f"{WORD}instr") == " PAGE "
    target = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    named = {item.get("Id"): item.get("Target") for item in parts["word/_rels/document.xml.rels"]}
    sections = [*parts["word/document.xml"].iter(f"{WORD}sectPr")]
    for section in sections:
        assert named[section.find(f"{WORD}footerReference").get(target)] == "footer1.xml"


def test_nothing_is_an_empty_line(parts: dict[str, etree._Element]) -> None:
    body = parts["word/document.xml"].find(f"{WORD}body")
    shows = ("t", "drawing", "instrText", "fldChar", "sectPr")
    for paragraph in body.iterfind(f"{WORD}p"):
        assert any(paragraph.find(f".//{WORD}{tag}") is not None for tag in shows)


def test_contents_are_there_before_word_makes_them(
    parts: dict[str, etree._Element], paragraphs: list[tuple[str, str]]
) -> None:
    listed = [text for style, text in paragraphs if style.startswith("TOC") and style[3:].isdigit()]
    headings = [text for style, text in paragraphs if style in ("Heading1", "Heading2", "Heading3")]
    assert listed == headings


def test_lists_of_tables_and_figures_follow_the_contents(
    parts: dict[str, etree._Element], paragraphs: list[tuple[str, str]]
) -> None:
    front = [*paragraphs[: paragraphs.index(("Heading1", "Findings"))]]
    start = front.index(("TOCHeading", "Tables"))
    assert front[start + 1][1].startswith("Table 1 Research questions")
    assert front[start + 2 : start + 5] == [
        ("TOCHeading", "Figures"),
        ("TableofFigures", "Figure 1 Theory of change, drawn"),
        ("TableofFigures", "Figure 3 An instrument"),
    ]
    # Each leads to its caption, and asks for the page of it.
    captions = {
        mark.get(f"{WORD}name"): "".join(mark.getnext().itertext(f"{WORD}t"))
        for mark in parts["word/document.xml"].iter(f"{WORD}bookmarkStart")
        if mark.get(f"{WORD}name").startswith("caption.")
    }
    for entry in parts["word/document.xml"].iter(f"{WORD}p"):
        style = entry.find(f"{WORD}pPr/{WORD}pStyle")
        if style is not None and style.get(f"{WORD}val") == "TableofFigures":
            name = entry.find(f"{WORD}hyperlink").get(f"{WORD}anchor")
            assert captions[name].startswith("".join(entry.itertext(f"{WORD}t")))
            asked = entry.find(f".//{WORD}fldSimple").get(f"{WORD}instr")
            assert asked == f" PAGEREF {name} \\h "


def test_heads_of_columns_are_bold_and_what_only_names_a_row_is_not(
    parts: dict[str, etree._Element], tmp_path: Path
) -> None:
    (head,) = (
        item
        for item in parts["word/styles.xml"].iter(f"{WORD}tblStylePr")
        if item.getparent().get(f"{WORD}styleId") == "Table"
        and item.get(f"{WORD}type") == "firstRow"
    )
    assert head.find(f"{WORD}rPr/{WORD}b") is not None
    page = "<table><thead><tr><th>A</th></tr></thead><tbody><tr><th>{}</th></tr></tbody></table>"
    name = "<span class='row-name'><strong>Family</strong></span>"
    assert b"<w:b " not in written(page.format(name), tmp_path)
    assert b"<w:b " in written(page.format("<strong>Family</strong>"), tmp_path)
