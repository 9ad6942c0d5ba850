"""The PDF volumes of the miniature book."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag
from helpers import write_told
from pypdf import PdfReader

from earlyhelp.printing.joined import Chapter, Joined
from earlyhelp.printing.pdf import build_volumes, lay_out, set_volumes
from earlyhelp.render.volumes import PROVENANCE, Imprint, Volume
from earlyhelp.study.problems import InputError


@pytest.fixture(scope="session")
def readers(built_volumes: Path) -> list[PdfReader]:
    """The report and the annex."""
    return [PdfReader(built_volumes / f"earlyhelp-rotherham-{n}.pdf") for n in ("report", "annex")]


@pytest.fixture(scope="session")
def reader(readers: list[PdfReader]) -> PdfReader:
    return readers[0]


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="session")
def text(readers: list[PdfReader]) -> str:
    return " ".join(map(words, readers))


def outline(reader: PdfReader, entries: list, depth: int = 0) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for entry in entries:
        if isinstance(entry, list):
            found += outline(reader, entry, depth + 1)
        else:
            found.append((depth, entry.title))
    return found


def test_same_pages_give_the_same_bytes(
    built_book: Path, built_volumes: Path, tmp_path: Path
) -> None:
    root = built_book.parents[1]
    study = root / "data/rotherham"
    build_volumes(study, built_book, write_told(study), tmp_path / "again", root)
    for path in built_volumes.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_volume_says_what_it_is(readers: list[PdfReader]) -> None:
    for reader, heading in zip(readers, ("Report", "Annex: the checks"), strict=True):
        assert reader.metadata.title == f"A miniature report. {heading}"
        assert reader.metadata.author == "The earlyhelp project"
        assert "mixed methods" in reader.metadata["/Keywords"]
        cover = " ".join(reader.pages[0].extract_text().split())
        for said in ("A miniature report", heading, "Version 0.1.0", "Licence Free to use"):
            assert said in cover
        # As study.yml has it: the hour of the build is nowhere.
        assert f"{heading} 3 February 2026" in cover
        days = {reader.metadata[key][:10] for key in ("/CreationDate", "/ModDate")}
        assert days == {"D:20260203"}


def test_another_study_has_its_title_as_text_and_nothing_invented(
    other_book: Path, tmp_path: Path
) -> None:
    root = other_book.parents[1]
    study = root / "data/other"
    made = build_volumes(study, other_book, write_told(study), tmp_path, root)
    assert [path.name for path in made] == [
        f"earlyhelp-other-{name}" for name in ("report.pdf", "annex.pdf", "report.docx")
    ]
    reader = PdfReader(made[0])
    assert "/CreationDate" not in reader.metadata
    assert reader.metadata.title == "Tools in *E* & <b>on</b>. Report"
    assert "/Keywords" not in reader.metadata
    cover = " ".join(reader.pages[0].extract_text().split())
    assert cover.startswith("Tools in *E* & <b>on</b> Report Observed data:")
    assert "Licence" not in cover


def test_the_cover_has_the_apostrophes_of_the_pages(tmp_path: Path) -> None:
    reader = rendered("<p>x</p>", tmp_path, title="Rotherham's pilot")
    assert "Rotherham\u2019s pilot" in reader.pages[0].extract_text()
    assert reader.metadata.title == "Rotherham\u2019s pilot. Volume"


def test_lists_of_tables_and_figures_have_captions_without_statuses(
    readers: list[PdfReader],
) -> None:
    front = " ".join(" ".join(page.extract_text() for page in readers[0].pages[1:3]).split())
    assert re.search(r"Tables Table 1 Research questions [. ]*\d", front)
    assert re.search(r"Figures Figure 1 Theory of change, drawn [. ]*\d", front)
    front = " ".join(readers[1].pages[1].extract_text().split())
    assert re.search(r"Table 2 Training attended, by role [. ]*\d", front), front


@pytest.mark.parametrize("incomplete", [True, False])
def test_missing_numbers_are_told_where_a_table_is_left_out(
    tmp_path: Path, incomplete: bool
) -> None:
    table = "<table><caption>Table 1 Of something</caption><tr><td>x</td></tr></table>"
    reader = rendered(table, tmp_path, incomplete=incomplete)
    assert ("whose numbers are missing here" in words(reader)) == incomplete


def test_links_out_of_a_volume_name_volume_section_and_page(
    readers: list[PdfReader], text: str
) -> None:
    (page,) = [
        number
        for number, page in enumerate(readers[1].pages, 1)
        if "Table 2 Training attended" in page.extract_text()
        and "Contents" not in page.extract_text()
    ]
    found = re.search(r"see Table 2 \(Annex, ([^)]*), page (\d+)\)", text)
    assert found, text
    assert int(found[2]) == page
    # A table says so once, in its caption.
    assert "Table 1 Research questions (Annex, The sample, recomputed, page" in text
    assert "Read How to read the statuses (HTML book) first." in text
    links = [
        str(note["/A"]["/URI"])
        for page in readers[0].pages
        for note in (item.get_object() for item in page.get("/Annots", []))
        if "/URI" in note.get("/A", {})
    ]
    assert f"earlyhelp-rotherham-annex.pdf#page={page}" in links


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


def test_alternative_texts_of_all_figures_are_carried(readers: list[PdfReader]) -> None:
    alts = {str(item["/Alt"]) for reader in readers for item in _objects(reader) if "/Alt" in item}
    assert {
        "Theory of change: inputs lead to outcomes.",
        "Two bars: baseline 90, endline 110.",
        "A square that stands for an instrument.",
    } <= alts


def _objects(reader: PdfReader) -> list[dict]:
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


def test_header_row_is_repeated_on_each_page_of_a_table(readers: list[PdfReader]) -> None:
    pages = [" ".join(page.extract_text().split()) for page in readers[1].pages]
    long_table = [page for page in pages if "Alliance Inventory" in page and "69.88" in page]
    assert len(long_table) >= 2
    assert all("Effect size" in page for page in long_table)


def test_a_table_that_does_not_fit_turns_the_page(readers: list[PdfReader]) -> None:
    wide = next(
        page
        for page in readers[1].pages
        if "A table too wide" in page.extract_text() and "Contents" not in page.extract_text()
    )
    assert wide.mediabox.width > wide.mediabox.height


def test_the_ledger_keeps_the_columns_that_paper_has_room_for(text: str) -> None:
    assert "Claim Place Printed Recomputed Status" in text
    assert "trained-n Results: Table 1 nine eight contradicted" in text
    assert "on screen" not in text


def laid_out(markup: str) -> Tag:
    body = BeautifulSoup(markup, "lxml").body
    lay_out(body)
    return body


def test_a_short_paragraph_stays_with_what_its_heading_announces() -> None:
    body = laid_out(
        "<h2>Announced</h2><p>Short.</p><table><tr><td>x</td></tr></table>"
        f"<h2>Told</h2><p>{'Long. ' * 40}</p>"
        "<h2>Turned</h2><p>Lead.</p><img class='full-page' src='x.svg'/>"
        f"<h2>Wide</h2><p>Lead.</p><table><tr><td>{'w' * 120}</td></tr></table>"
    )
    assert [lead.get_text() for lead in body.select(".lead")] == ["Short.", "Lead.", "Lead."]
    turned = body.select_one("div.landscape:has(img[src='x.svg'])")
    assert turned.get_text() == "TurnedLead."
    turned = body.select_one("div.landscape:has(td:-soup-contains('www'))")
    assert turned.get_text().startswith("WideLead.")


def test_short_rows_are_not_broken_over_pages() -> None:
    rows = "<table><tr><td>short</td></tr><tr><td>{}</td></tr></table>"
    body = laid_out(rows.format("low") + rows.format("high " * 400))
    assert [table.get_text() for table in body.select(".whole table")] == ["shortlow"]


def rendered(
    markup: str, work: Path, parts: int = 1, *, incomplete: bool = False, title: str = "T"
) -> PdfReader:
    """A volume of one chapter or of some with the same content, each on a page of its own."""
    volume, said = Volume("v", "Volume"), Imprint(title, "", (), "", (), "", "", "", "")
    chapters = [
        Chapter(
            f"{number}.html", "", volume, "T",
            BeautifulSoup(
                f"<h1 id='h1.{number}'>T</h1>" + markup.replace("NUMBER", str(number)), "lxml"
            ).body,
            incomplete=incomplete,
        )
        for number in range(parts)
    ]  # fmt: skip
    with ThreadPool(1) as pool:
        documents, _ = set_volumes({volume: Joined(chapters)}, said, {volume: "v.pdf"}, work, pool)
    return PdfReader(BytesIO(documents[volume]))


def structure(element: dict, kind: str) -> Iterator[dict]:
    """The elements of a kind below one, as they are read aloud."""
    if element.get("/S") == kind:
        yield element
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        if isinstance(child := child.get_object(), dict):
            yield from structure(child, kind)


def rows_of(reader: PdfReader) -> list[list[tuple[str, str]]]:
    """Kind and scope of the cells of every row."""
    return [
        [
            (str(cell["/S"]), str(cell["/A"][0].get("/Scope", "")))
            for cell in (child.get_object() for child in row["/K"])
        ]
        for row in structure(tree_of(reader), "/TR")
    ]


def tree_of(reader: PdfReader) -> dict:
    return reader.trailer["/Root"]["/StructTreeRoot"]


ROWS = "<tr><th>row-NUMBER-{0}</th><td>{0}</td><td></td></tr>"
LONG = (
    (
        "<table><thead><tr><th>Row</th><th>Value</th><th>Empty</th></tr></thead><tbody>"
        + "".join(ROWS.format(row) for row in range(60))
        + "</tbody></table>"
    )
    .replace("<th>row", "<th><strong>row")
    .replace("</th><td>", "</strong></th><td>")
)


def test_three_rows_stay_together_at_every_break_of_a_table(tmp_path: Path) -> None:
    # Tables that start, and so end, at many heights of a page.
    work, shown = tmp_path, []
    for lines in range(16, 30):
        reader = rendered("<p>Line.</p>" * lines + LONG, work)
        rows = [len(set(re.findall(r"row-0-\d+", page.extract_text()))) for page in reader.pages]
        shown.append([count for count in rows if count])
        assert sum(shown[-1]) == 60
    assert all(min(counts) >= 3 for counts in shown), shown
    assert len({counts[0] for counts in shown}) > 3


NAMED = (
    "<table class='joint-display'><thead><tr><th>Statement</th><th>In numbers</th><th>In words</th>"
    "</tr></thead><tbody>"
    + "".join(
        f"<tr><th><a href='#h1.0'>Statement {row}.</a></th>"
        f"<td>{'<p>number</p>' * 30}</td><td>{'<p>word</p>' * 160}</td></tr>"
        for row in range(3)
    )
    + "</tbody></table>"
)


def test_a_high_row_is_named_above_it_and_on_every_page_that_it_goes_over(tmp_path: Path) -> None:
    reader = rendered(NAMED, tmp_path)
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    shown = [page for page in pages if "word word" in page]
    assert len(shown) > 3
    for page in shown:
        assert re.search(r"In numbers In words Statement \d\. (number|word)", page), page
    heads, *rows = rows_of(reader)
    assert heads == [("/TH", "/Column")] * 2
    assert rows == [[("/TH", "/Column")], [("/TD", ""), ("/TD", "")]] * 3
    assert not any("/Headers" in cell["/A"][0] for cell in structure(tree_of(reader), "/TD"))


def test_a_low_row_stays_with_its_name_and_three_stay_together(tmp_path: Path) -> None:
    name = "<th><strong>Statement</strong></th>"
    rows = f"<tr>{name}<td>number</td><td>{'low ' * 150}</td></tr>" * 9
    table = re.sub("<tbody>.*</tbody>", f"<tbody>{rows}</tbody>", NAMED)
    markup = "".join("<p>x</p>" * lines + table for lines in range(0, 40, 3))
    reader = rendered(markup, tmp_path)
    parts = [
        part
        for page in reader.pages
        for part in " ".join(page.extract_text().split()).split("In numbers In words")[1:]
    ]
    assert len(parts) > 20
    assert all(part.count("Statement number low") >= 3 for part in parts)
    assert rows_of(reader)[1:19] == [[("/TH", "/Column")], [("/TD", ""), ("/TD", "")]] * 9


def test_text_fills_the_page_before_a_high_figure(tmp_path: Path) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='500'></svg>"
    (tmp_path / "high.svg").write_text(drawing, "utf-8")
    figure = "<figure><img src='high.svg' alt='high'/><figcaption>High.</figcaption></figure>"
    reader = rendered("<p>before</p>" * 25 + figure + "<p>after</p>" * 60, tmp_path)
    first, *_ = [page for page in reader.pages if "before" in page.extract_text()]
    assert "after" in first.extract_text()


def test_rows_that_a_page_has_room_for_are_not_broken_beside_one_that_is_too_high() -> None:
    table = "<table class='joint-display'><tr><th>{}</th><td>{}</td></tr></table>"
    body = laid_out(table.format("name", "low") + table.format("high", "high " * 400))
    broken = [cell.get("data-typst:breakable") for cell in body.select("tr:not(.name-row) td")]
    assert len(body.select(".whole")) == 1
    assert broken == [None, None]
    body = laid_out(
        "<table class='framework-matrix'><tr><th>a</th><td>low</td></tr>"
        f"<tr><th>b</th><td>{'high ' * 400}</td></tr></table>"
    )
    broken = [cell.get("data-typst:breakable") for cell in body.select("th, td")]
    assert broken == ["false", "false", "false", None]


def test_every_entry_of_the_contents_says_something(tmp_path: Path) -> None:
    # A heading of the third level on a front page, which no part stands above.
    reader = rendered("<h2 id='h2.two'>Two</h2><h3 id='h3.three'>Three</h3>", tmp_path)
    entries = [*structure(tree_of(reader), "/TOCI")]
    assert len(entries) == 2
    assert all(entry.get("/K") for entry in entries)


def test_rows_and_columns_have_headers_and_nothing_else_was_added(tmp_path: Path) -> None:
    head, *rows = rows_of(rendered(LONG, tmp_path))
    assert head == [("/TH", "/Column")] * 3
    assert rows == [[("/TH", "/Row"), ("/TD", ""), ("/TD", "")]] * 60


def test_a_cell_that_is_bold_in_part_is_no_row_header(tmp_path: Path) -> None:
    cells = "<td><strong>Bold</strong> and not</td><td><strong>bold, not first</strong></td>"
    table = f"<table><thead><tr><th>A</th><th>B</th></tr></thead><tr>{cells}</tr></table>"
    assert rows_of(rendered(table, tmp_path))[1] == [("/TD", ""), ("/TD", "")]
    linked = "<td><p><strong><a href='#h1.0'>Two</a></strong></p><p><strong>lines</strong></p></td>"
    table = (
        f"<table><thead><tr><th>A</th><th>B</th></tr></thead><tr>{linked}<td>x</td></tr></table>"
    )
    assert rows_of(rendered(table, tmp_path))[1] == [("/TH", "/Row"), ("/TD", "")]


@pytest.mark.parametrize("kind", ["em", "code"])
def test_a_row_header_in_italics_or_code_is_one(kind: str, tmp_path: Path) -> None:
    cell = f"<th><{kind}><strong>Name</strong></{kind}></th><td>x</td>"
    table = f"<table><thead><tr><th>A</th><th>B</th></tr></thead><tr>{cell}</tr></table>"
    assert rows_of(rendered(table, tmp_path))[1] == [("/TH", "/Row"), ("/TD", "")]


def test_definition_lists_are_lists(tmp_path: Path) -> None:
    reader = rendered("<dl><dt>Term</dt><dd><p>One.</p><p>Two.</p></dd></dl>", tmp_path)
    (item,) = structure(tree_of(reader), "/LI")
    assert [str(child.get_object()["/S"]) for child in item["/K"]] == ["/Lbl", "/LBody"]


def test_a_term_stands_in_the_line_of_its_text(tmp_path: Path) -> None:
    # pandoc makes a block of every text, which would stand below its term.
    pages = rendered("<dl><dt>Term</dt><dd><p>One.</p></dd><dt>Two</dt><dd>x</dd></dl>", tmp_path)
    lines = "\n".join(page.extract_text() for page in pages.pages)
    assert re.search(r"Term\s?One\.", lines.replace("\n", "|"))


def test_no_text_is_smaller_than_seven_points(readers: list[PdfReader]) -> None:
    sizes: set[float] = set()

    def visit(text: str, cm: list[float], tm: list[float], font: dict, size: float) -> None:
        if text.strip():
            sizes.add(round(size * abs(tm[3]) * abs(cm[3]), 2))

    for reader in readers:
        for page in reader.pages:
            page.extract_text(visitor_text=visit)
    assert min(sizes) >= 7, sorted(sizes)


def test_second_reference_repeats_the_footnote_mark(text: str) -> None:
    assert text.count("The first note, with emphasis.") == 1
    assert "a note1 and" in text
    assert "use of the note1." in text


def test_code_cells_are_left_out(text: str) -> None:
    assert "show(attendance)" not in text
    assert "code cell" not in text


def test_every_page_but_the_cover_has_its_number_and_says_what_the_data_are(
    readers: list[PdfReader],
) -> None:
    for number, page in (item for reader in readers for item in enumerate(reader.pages, 1)):
        said = " ".join(page.extract_text().split())
        assert PROVENANCE["reconstructed"] in said
        assert number == 1 or re.search(rf"\b{number}\b", said)


def test_what_typst_refuses_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"PDF: found .*unknown"):
        rendered("<p><img src='unknown.svg' alt='a picture'/></p>", tmp_path)
