"""Pages joined into volumes: links, places and what becomes of the boxes of a page."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from earlyhelp.printing.joined import FONT, Joined, extract_drawings, join, read_chapters, to_html
from earlyhelp.render.volumes import Contents, Volume, read_contents
from earlyhelp.report import FONTS
from earlyhelp.study.problems import InputError

REPORT, ANNEX = Volume("report", "Report"), Volume("annex", "Annex: more")
CONTENTS = Contents({}, (REPORT, ANNEX), {"": REPORT, "Found": REPORT, "More": ANNEX, "Web": None})


def joined(folder: Path, **pages: str) -> dict[Volume, Joined]:
    """Join the front page and the pages `found`, `short`, `more` and `web`, one part each."""
    nav = "".join(
        f"<p class='caption'>{part}</p>"
        + "".join(f"<a class='reference internal' href='{name}.html'>x</a>" for name in names)
        for part, names in (("Found", ("found", "short")), ("More", ("more",)), ("Web", ("web",)))
    )
    nav = f"<nav class='bd-docs-nav'><a class='reference internal' href='#'>x</a>{nav}</nav>"
    for name in ("index", "found", "short", "more", "web"):
        text = pages.get(name, "<p>Nothing.</p>")
        article = f"<section id='top'><h1>Page {name}</h1>{text}</section>"
        page = f"{nav}<article class='bd-article'>{article}</article>"
        (folder / f"{name}.html").write_text(page, "utf-8")
    (images := folder / "images").mkdir(exist_ok=True)
    return join(read_chapters(folder, CONTENTS, images))


def said(volumes: dict[Volume, Joined], volume: Volume = REPORT) -> str:
    """Text of a volume; every place is on page 7."""
    places = {label: 7 for joined in volumes.values() for label in joined.wanted}
    leads = volumes[volume].leads(places, {REPORT: "r.pdf", ANNEX: "a nnex.pdf"})
    page = BeautifulSoup(to_html(volumes[volume]), "lxml")
    for mention in page.select(".outside"):
        mention.string = leads[int(mention["data-index"])]["text"]
    return " ".join(page.get_text().split())


def test_links_between_pages_become_links_in_the_document(built_book: Path, tmp_path: Path) -> None:
    volumes = join(read_chapters(built_book, read_contents(built_book.parents[1]), tmp_path))
    report = to_html(next(iter(volumes.values())))
    targets = re.findall(r'href="#([^"]+)"', report)
    assert "h2.feasibility.uptake" in targets
    assert [target for target in targets if report.count(f'id="{target}"') != 1] == []
    assert "results-sample.tab-wide" in [*volumes.values()][1].wanted


def test_a_link_out_of_a_volume_says_where_it_leads(tmp_path: Path) -> None:
    volumes = joined(
        tmp_path,
        found="<p>See <a href='more.html#deep'>the rest</a> (or <a href='more.html'>all</a>), "
        "<a href='web.html'>online</a>, <a href='short.html'>here</a>.</p>",
        more="<section id='deep'><h2>Deep</h2><p>x</p></section>",
    )
    assert (
        "See the rest (Annex, Deep, page 7) (or all, Annex, Page more, page 7), "
        "online (HTML book, Page web), here." in said(volumes)
    )
    assert volumes[ANNEX].wanted == {"h2.more.deep", "h1.more"}
    leads = volumes[REPORT].leads({"h2.more.deep": 8, "h1.more": 7}, {ANNEX: "a b.pdf"})
    assert leads[0]["url"] == "a%20b.pdf#page=8"


def test_print_has_a_cells_number_without_its_link_and_no_rows_of_an_answer(
    tmp_path: Path,
) -> None:
    number = "<a class='claim cell' href='more.html#a'>71.2</a>"
    volumes = joined(
        tmp_path,
        found="<p>As planned<span class='rows'> <a href='more.html#a'>Q001</a></span>.</p>"
        f"<table><caption>Table 1</caption><tr><td>{number}</td></tr></table>",
        more="<p id='a'>x</p>",
    )
    assert "As planned.Table 171.2" in said(volumes)
    assert 'href="outside' not in to_html(volumes[REPORT])


def test_a_link_in_a_caption_is_spoken_of_where_it_stands(tmp_path: Path) -> None:
    readings = [f"<a href='more.html#a-0{n}'>A-0{n}</a>" for n in (1, 2)]
    caption = f"Rests on {', '.join(readings)}. A table."
    cell = "<a href='more.html#a-01'>why</a>"
    sections = "".join(
        f"<section id='s{n}'><h2>Part {n}</h2><p id='a-0{n}'>x</p></section>" for n in (1, 2)
    )
    volumes = joined(
        tmp_path,
        found=f"<table><caption>{caption}</caption><tr><td>{cell}</td></tr></table>",
        more=sections,
    )
    spoken = "Rests on A-01, A-02 (Annex, Page more, page 7). A table. (Annex, Part 1, page 7)why"
    assert spoken in said(volumes)


def test_a_number_in_a_sentence_does_not_interrupt_it_with_a_place(tmp_path: Path) -> None:
    number = "<a href='more.html#ledger-a'>71.2%</a>"
    link = "<a href='more.html#ledger-a'>Ledger</a>"
    volumes = joined(
        tmp_path,
        found=f"<p>It helped (so say {number} of them) to learn.</p>"
        f"<table><caption>Table 1 {link}</caption><tr><td>{number}</td></tr></table>",
        more="<p id='ledger-a'>x</p>",
    )
    # The way from a table to the ledger is words, and has a page.
    assert "(so say 71.2% of them) to learn.Table 1 Ledger (Annex, Page more, page 7)71.2%" in said(
        volumes
    )


def test_a_number_in_a_figures_title_does_not_interrupt_it_either(tmp_path: Path) -> None:
    title = "<strong>Most (<a href='more.html#ledger-n'>65%</a>) came.</strong> Who came."
    figure = f"<figure><figcaption><p>{title}</p></figcaption></figure>"
    volumes = joined(tmp_path, found=figure, more="<p id='ledger-n'>65%</p>")
    assert "Most (65%) came. Who came." in said(volumes)


def test_places_are_named_once_for_a_block_and_a_table(tmp_path: Path) -> None:
    two = "<a href='more.html#a'>one</a> and <a href='more.html#b'>two</a>"
    cells = f"<tr><td>{two}</td></tr>"
    volumes = joined(
        tmp_path,
        found=f"<p>{two}</p><table><caption>Table 1</caption>{cells}</table><table>{cells}</table>"
        "<p><a href='more.html#a'>Page  more</a> <a href='more.html#ledger-a'>17</a></p>",
        more="<p id='a'>x</p><p id='b'>y</p><p id='ledger-a'>z</p>",
    )
    text = said(volumes)
    assert "one and two (Annex, Page more, page 7)Table 1 (Annex, Page more, page 7)one" in text
    assert text.count("Annex") == 3
    # Not the section that the link's own words name, and nothing for a number of the ledger.
    assert "Page more (Annex, page 7) 17" in text


def test_a_table_names_two_sections_and_of_more_the_pages_alone(tmp_path: Path) -> None:
    more = "".join(f"<section id='{s}'><h2>Part {s}</h2></section>" for s in "abc")
    cells = {s: f"<td><a href='more.html#{s}'>{s}</a></td>" for s in "abc"}
    tables = "".join(
        f"<table><caption>Table {n}</caption><tr>{''.join(map(cells.get, 'abc'[:n]))}</tr></table>"
        for n in (2, 3)
    )
    text = said(joined(tmp_path, found=tables, more=more))
    assert "Table 2 (Annex, Part a, page 7) (Annex, Part b, page 7)" in text
    assert "Table 3 (Annex, page 7)" in text


def test_terms_with_ids_become_headings_and_other_lists_stay(tmp_path: Path) -> None:
    named = "<dl><dt><span id='t'>Theme</span></dt><dd><p>What.</p></dd></dl>"
    plain = "<dl><dt>Word</dt><dd>Sense.</dd></dl><dl class='glossary'><dt id='g'>G</dt></dl>"
    volumes = joined(tmp_path, found=f"<section id='s'><h2>List</h2>{named}{plain}</section>")
    page = BeautifulSoup(to_html(volumes[REPORT]), "lxml")
    assert [item.get_text() for item in page.select("h4")] == ["Theme"]
    assert [item.get_text() for item in page.select("dt")] == ["Word", "G"]
    assert len({item["id"] for item in page.select("h1, h2, h3, h4")}) == 6


def test_only_what_follows_the_front_page_starts_a_page(tmp_path: Path) -> None:
    report = joined(tmp_path)[REPORT]
    report.chapters.append(replace(report.chapters[-1], part="Last", title="Page last"))
    page = BeautifulSoup(to_html(report), "lxml")
    assert [item["title"] for item in page.select(".chapter")] == [
        *("Page index", "Page found", "Page short", "Page last")
    ]
    assert [item["title"] for item in page.select(".run-on")] == ["Page short", "Page last"]


def test_what_is_for_the_screen_is_not_printed_and_links_say_where_it_is(tmp_path: Path) -> None:
    volumes = joined(
        tmp_path,
        found="<p>See <a href='#all'>it</a> and <a href='#cell'>that</a>.</p>"
        "<section class='screen-only' id='all'><h2>Open</h2></section>"
        "<div class='cell tag_screen-only'><table id='cell'><tr><td>1</td></tr></table></div>",
    )
    assert "See it and that (HTML book, Page found)." in said(volumes)
    assert "Open" not in said(volumes)
    assert [chapter.incomplete for chapter in volumes[REPORT].chapters] == [False, True, False]


def test_folded_tables_are_known_to_be_missing(tmp_path: Path) -> None:
    cell = "<div class='cell'><details><table><tr><td>1</td></tr></table></details></div>"
    report = joined(tmp_path, found=cell)[REPORT]
    assert [chapter.incomplete for chapter in report.chapters] == [False, True, False]


def test_figures_on_paper_have_the_font_of_its_text(tmp_path: Path) -> None:
    drawing = f'<text style="font-family: {FONTS}">n</text>'
    joined(tmp_path, found=f'<svg role="img" aria-label="x">{drawing}</svg>')
    (written,) = [path.read_text("utf-8") for path in tmp_path.rglob("*.svg")]
    assert drawing.replace(FONTS, FONT) in written
    template = files("earlyhelp.printing").joinpath("assets/report.typ").read_text("utf-8")
    assert f"set text(font: ({FONT.replace(chr(39), chr(34))}, " in template


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found.html.*more.html#gone"):
        joined(tmp_path, found="<p><a href='more.html#gone'>x</a></p>")


def test_a_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.html"):
        read_chapters(tmp_path, CONTENTS, tmp_path)


@pytest.mark.parametrize("role", ["img", "graphics-document document"])
def test_drawings_keep_their_case_and_icons_stay_out(tmp_path: Path, role: str) -> None:
    drawing = f'<svg role="{role}" aria-label="A &amp; B" viewBox="0 0 1 1"><clipPath/></svg>'
    markup = extract_drawings(f'<svg class="icon"></svg>{drawing}', "page", tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.read_text() == drawing
    assert 'alt="A &amp; B"' in markup
    assert '<svg class="icon">' in markup
