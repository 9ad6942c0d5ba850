"""PDF: the built HTML pages joined into one document, through pandoc and Typst to PDF/UA-1.

What a page may hold, and what becomes of it:

- Headings, lists, tables, notes, citations, footnotes, definition lists and links: carried over;
  links between pages become links inside the document. Code cells are left out.
- `<img src=... alt=...>` and inline `<svg role="img" aria-label=...>`: vector figures; the `alt` or
  the `aria-label` is their alternative text. Class `full-page` puts one on a landscape page.
- `<span class="status status-...">`: a framed word.
- A table too wide for the page gets smaller type, then a landscape page; one of class `ledger`
  keeps the columns in `LEDGER_COLUMNS`.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from math import ceil, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import matplotlib
import pypandoc
import typst
from bs4 import BeautifulSoup
from bs4.element import Tag

from earlyhelp.study.problems import InputError, Problem

# What only a browser needs.
SCREEN_ONLY = (
    ".headerlink, .cell_input, .cell details, .sd-summary-state-marker, .backrefs, "
    "script, style, button, svg, .citation > .label"
)
# Columns of the ledger that the paper shows, and their shares of its width.
LEDGER_COLUMNS = {"Claim": 28, "Place": 33, "Printed": 14, "Recomputed": 12, "Status": 13}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Characters across a page, two for each gap between columns included, with room for wide letters:
# 160 mm upright at the template's 9 pt and 7.5 pt, 247 mm turned at 7.5 pt.
FITS_NORMAL, FITS_SMALL, FITS_TURNED = 95, 115, 180
# What is longer may run over pages: lines of a table, characters of a note.
LONG_TABLE, LONG_NOTE = 18, 1500
# Lines of a row that is not broken over pages; longer ones would leave too much of a page empty.
WHOLE_ROW = 8
# Characters of a paragraph that would look lost below its heading at the end of a page.
SHORT_LEAD = 150

# A drawing with links is no `img`, whose content would be hidden from assistive technology.
DRAWING_ROLES = ("img", "graphics-document document")
_INLINE_SVG = re.compile(r"<svg\b[^>]*>.*?</svg>", re.DOTALL)


@dataclass(frozen=True)
class Chapter:
    """One page of the book; `body` is its article without what only a browser needs."""

    path: str
    part: str
    title: str
    body: Tag


@dataclass(frozen=True)
class Book:
    """The pages in reading order, and what the cover says."""

    title: str
    subtitle: str
    provenance: str
    cite: str
    chapters: tuple[Chapter, ...]


def build_pdf(pages: str | Path, output: str | Path) -> None:
    """Write the PDF of a built book.

    Parameters
    ----------
    pages : path
        Folder that `html.build_html` wrote.
    output : path
        The PDF; replaced only when the new one compiled.

    Raises
    ------
    InputError
        When there is no book, a link inside it leads nowhere, or Typst rejects or warns.
    """
    pages, output = Path(pages), Path(output)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        book = read_book(pages, work)
        (work / "body.typ").write_text(to_typst(join(book)), encoding="utf-8")
        (work / "main.typ").write_text(_main(book), encoding="utf-8")
        document = _compile(work)
        output.parent.mkdir(parents=True, exist_ok=True)
        (work / "new.pdf").write_bytes(document)
        shutil.move(work / "new.pdf", output)


def read_book(pages: Path, images: Path) -> Book:
    """Read the pages in the order of the table of contents; write their figures to `images`."""
    front = pages / "index.html"
    if not front.is_file():
        raise InputError([Problem(str(pages), None, "", "no index.html", "a built HTML book")])
    soup = BeautifulSoup(front.read_text("utf-8"), "lxml")
    return Book(
        title=_text(soup, ".logo__title"),
        subtitle=_text(soup, ".sidebar-subtitle"),
        provenance=_text(soup, ".bd-header-announcement__content"),
        cite=_text(soup, ".citation-text"),
        chapters=tuple(_read_chapter(pages, path, part, images) for part, path in contents(soup)),
    )


def contents(front: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield part and path of every page, as the sidebar of the front page lists them."""
    part = ""
    for item in front.select("nav.bd-docs-nav p.caption, nav.bd-docs-nav a.reference.internal"):
        if item.name == "p":
            part = item.get_text(" ", strip=True)
        else:
            path = str(item["href"])
            yield part, "index.html" if path == "#" else path


def _text(soup: BeautifulSoup, selector: str) -> str:
    element = soup.select_one(selector)
    return " ".join(element.get_text().split()) if element else ""


def _read_chapter(pages: Path, path: str, part: str, images: Path) -> Chapter:
    stem = path.removesuffix(".html").replace("/", "-")
    markup = extract_drawings((pages / path).read_text("utf-8"), stem, images)
    body = BeautifulSoup(markup, "lxml").select_one("article.bd-article")
    assert body is not None, f"{path} has no article"
    for element in body.select(SCREEN_ONLY):
        element.decompose()
    for table in body.select("table.ledger"):
        _keep_columns(table, LEDGER_COLUMNS)
    for image in body.find_all("img"):
        source = pages / posixpath.dirname(path) / unquote(str(image["src"]))
        if source.is_file():
            shutil.copy(source, images)
        image["src"] = source.name
    heading = body.find("h1")
    title = " ".join(heading.get_text().split()) if heading else path
    return Chapter(path, part, title, body)


def _keep_columns(table: Tag, names: Collection[str]) -> None:
    heads = [cell.get_text(strip=True) for cell in table.select("thead th")]
    for row in table.select("tr"):
        cells = row.find_all(["th", "td"], recursive=False)
        for head, cell in zip(heads, cells, strict=True):
            if head not in names:
                cell.decompose()


def extract_drawings(markup: str, stem: str, images: Path) -> str:
    """Write inline SVGs that are drawings, not icons, to files and refer to them as images.

    It works on the text because HTML parsers fold the case of SVG's names.
    """

    def replace(match: re.Match[str]) -> str:
        opening = match[0][: match[0].index(">") + 1]
        tag = BeautifulSoup(opening, "lxml").svg
        assert tag is not None
        if tag.get("role") not in DRAWING_ROLES:
            return match[0]
        name = f"{stem}-{match.start()}.svg"
        (images / name).write_text(match[0], encoding="utf-8")
        alt, classes = html.escape(str(tag.get("aria-label", ""))), " ".join(tag.get("class") or [])
        return f'<img src="{name}" alt="{alt}" class="{html.escape(classes)}">'

    return _INLINE_SVG.sub(replace, markup)


def join(book: Book) -> str:
    """Join the chapters into one HTML document in which every link target has a unique id."""
    problems: list[Problem] = []
    for chapter in book.chapters:
        _move_footnotes(chapter)
    # Looked up once for each link: a search through the page would take most of the time.
    ids = {
        chapter.path: {str(element["id"]): element for element in chapter.body.select("[id]")}
        for chapter in book.chapters
    }
    used = {label for chapter in book.chapters for label in _resolve(chapter, ids, problems)}
    if problems:
        raise InputError(problems)
    part, joined = "", []
    for number, chapter in enumerate(book.chapters):
        _label(chapter, used)
        _shape(chapter, shift=1 if chapter.part else 0)
        joined.append(f'<div class="chapter" title="{html.escape(chapter.title)}"></div>')
        if chapter.part != part:
            part = chapter.part
            joined.append(f'<h1 id="part.{number}">{html.escape(part)}</h1>')
        joined.append(chapter.body.decode_contents())
    return "\n".join(joined)


def _key(path: str, fragment: str = "") -> str:
    """Typst label of a place: letters, digits, dots, hyphens and underscores."""
    place = f"{path.removesuffix('.html')}.{fragment}" if fragment else path.removesuffix(".html")
    return re.sub(r"[^A-Za-z0-9_.-]", "-", place)


def _move_footnotes(chapter: Chapter) -> None:
    """Put each footnote's text where it is first referred to; later references repeat its mark."""
    notes = {str(note["id"]): note for note in chapter.body.select("aside.footnote")}
    placed: set[str] = set()
    for reference in chapter.body.select("a.footnote-reference"):
        name = str(reference["href"]).removeprefix("#")
        kind = "footnote-again" if name in placed else "footnote"
        new = new_tag("span", id=f"note.{_key(chapter.path, name)}", class_=kind)
        if name not in placed:
            for paragraph in notes[name].find_all("p"):
                new.extend(list(paragraph.contents))
        placed.add(name)
        reference.replace_with(new)
    for leftover in chapter.body.select("hr.footnotes, aside.footnote-list"):
        leftover.decompose()


def _resolve(
    chapter: Chapter, ids: dict[str, dict[str, Tag]], problems: list[Problem]
) -> set[str]:
    """Turn links between pages into links inside the document; return the labels they need."""
    used = set()
    for link in chapter.body.select("a[href]"):
        target = urlsplit(str(link["href"]))
        if target.scheme:
            continue
        folder = posixpath.dirname(chapter.path)
        path = posixpath.normpath(posixpath.join(folder, target.path))
        path = path if target.path else chapter.path
        fragment = unquote(target.fragment)
        # A download beside the book.
        if path not in ids:
            link.unwrap()
            continue
        if fragment and fragment not in ids[path]:
            link_text = f"a link to {path}#{fragment}"
            problems.append(Problem(chapter.path, None, "", link_text, "a place in the book"))
            continue
        carrier = _carrier(ids[path][fragment or next(iter(ids[path]))])
        label = _heading_label(path, carrier) if carrier.name in HEADINGS else _key(path, fragment)
        link["href"] = f"#{label}"
        used.add(label)
    return used


def _carrier(element: Tag) -> Tag:
    """Return the element that can carry a label: the heading, for a section and its aliases."""
    section = element if element.name == "section" else element.parent
    heading = section.find(HEADINGS, recursive=False) if section else None
    alias = element.name == "span" and not element.contents
    if isinstance(heading, Tag) and (element.name == "section" or alias):
        return heading
    return element


def _heading_label(path: str, heading: Tag) -> str:
    """Label of a heading; its first part tells the template how deep in the chapter it is."""
    section = heading.find_parent("section")
    name = str(section["id"]) if section else ""
    return f"{heading.name}.{_key(path, '' if heading.name == 'h1' else name)}"


def _label(chapter: Chapter, used: set[str]) -> None:
    """Give headings, and whatever is linked to, a unique id; take the other ids away."""
    body = chapter.body
    for heading in body.find_all(HEADINGS):
        heading["data-label"] = _heading_label(chapter.path, heading)
    for element in body.select("[id]:not(.footnote, .footnote-again)"):
        label = _key(chapter.path, str(element.attrs.pop("id")))
        if label not in used:
            continue
        if element.name in ("table", "figure"):
            element["id"] = label
        else:
            element.insert(0, new_tag("span", id=label, class_="anchor"))
    for heading in body.find_all(HEADINGS):
        heading["id"] = heading.attrs.pop("data-label")


def _shape(chapter: Chapter, shift: int) -> None:
    """Shift headings below their part, and mark what needs room."""
    body = chapter.body
    for heading in body.find_all(HEADINGS):
        heading.name = f"h{min(int(heading.name[1]) + shift, 6)}"
    for wrapper in body.select("section, div:not(.admonition, .citation), span.pre"):
        wrapper.unwrap()
    for title in body.select("summary, p.admonition-title"):
        title.name = "strong"
        title.wrap(new_tag("p"))
    _shape_cells(body)
    _lead(body)
    for note in body.select(".admonition"):
        if len(note.get_text()) > LONG_NOTE:
            note["class"] = "admonition long"
    for table in body.select("table"):
        _fit(table)
    for image in body.select("img.full-page"):
        _turn_page(image.find_parent("figure") or image)


def _shape_cells(body: Tag) -> None:
    for side in ("right", "center"):
        for cell in body.select(f"table .text-{side}"):
            cell["style"] = f"text-align: {side}"
    for paragraph in body.select("th p:only-child, td p:only-child"):
        paragraph.unwrap()
    for header in body.select("tbody th"):
        strong = new_tag("strong")
        strong.extend(list(header.contents))
        header.append(strong)


def _lead(body: Tag) -> None:
    """Mark what stays with the next block: a short paragraph that a heading opens."""
    for heading in body.find_all(HEADINGS):
        after = heading.find_next_sibling()
        if after is not None and after.name == "p" and len(after.get_text()) <= SHORT_LEAD:
            after.wrap(new_tag("div", class_="lead"))


def _turn_page(element: Tag) -> None:
    """Put an element on a landscape page, with the heading and the lead it stands under."""
    before = element.find_previous_siblings(limit=2)
    page = element.wrap(new_tag("div", class_="landscape"))
    if before and "lead" in before[0].get_attribute_list("class"):
        page.insert(0, before.pop(0))
    if before and before[0].name in HEADINGS:
        page.insert(0, before[0])


def _fit(table: Tag) -> None:
    """Choose type size, page and column widths so that no column cuts a word."""
    if "ledger" in table.get_attribute_list("class"):
        _set_widths(table, [*LEDGER_COLUMNS.values()])
        table.wrap(new_tag("div", class_="dense")).wrap(new_tag("div", class_="long"))
        return
    narrow, wide = _column_widths(table)
    compact, turned = sum(narrow) > FITS_NORMAL, sum(narrow) > FITS_SMALL
    block = table.wrap(new_tag("div", class_="compact")) if compact else table
    if turned:
        _turn_page(block)
    room = FITS_TURNED if turned else FITS_SMALL if compact else FITS_NORMAL
    widths: list[float] = [*wide]
    if sum(wide) > room:
        widths = _shared(room, narrow, wide, _text_lengths(table))
        if "colwidths-given" not in table.get_attribute_list("class"):
            _set_widths(table, widths)
    lines = _row_lines(table, widths)
    if max(lines) <= WHOLE_ROW:
        table.wrap(new_tag("div", class_="whole"))
    if sum(lines) > LONG_TABLE:
        table.wrap(new_tag("div", class_="long"))


def _shared(room: float, narrow: list[int], wide: list[int], text: list[int]) -> list[float]:
    """Widths of columns that share a room: none below its longest word or above its longest cell.

    What is left over goes by the root of each column's amount of text: in proportion to the
    amount, a column with one long cell would starve its neighbours.
    """
    widths = [float(low) for low in narrow]
    growing = [column for column, low in enumerate(narrow) if low < wide[column]]
    while growing and (left := room - sum(widths)) > 1:
        total = sum(sqrt(text[column]) for column in growing)
        for column in growing:
            widths[column] += left * sqrt(text[column]) / total
        full = [column for column in growing if widths[column] >= wide[column]]
        for column in full:
            widths[column] = wide[column]
        growing = [column for column in growing if column not in full] if full else []
    return widths


def _text_lengths(table: Tag) -> list[int]:
    """Characters in each column."""
    lengths: dict[int, int] = {}
    for row in table.select("tr"):
        for column, cell in enumerate(row.find_all(["th", "td"], recursive=False)):
            lengths[column] = lengths.get(column, 0) + len(cell.get_text()) + 1
    return list(lengths.values())


def _set_widths(table: Tag, widths: Sequence[float]) -> None:
    if unasked := table.find("colgroup"):
        unasked.decompose()
    columns = new_tag("colgroup")
    for width in widths:
        columns.append(new_tag("col", style=f"width: {100 * width / sum(widths):.1f}%"))
    table.insert(0, columns)
    if caption := table.find("caption"):
        table.insert(0, caption)


def _row_lines(table: Tag, widths: list[float]) -> list[int]:
    """About how many lines each row of a table takes: those of its longest cell."""
    return [
        max(
            ceil((len(cell.get_text()) + 2) / width)
            for cell, width in zip(
                row.find_all(["th", "td"], recursive=False), widths, strict=False
            )
        )
        for row in table.select("tr")
    ]


def _column_widths(table: Tag) -> tuple[list[int], list[int]]:
    """Characters of each column's longest word and longest cell, and two for the gap."""
    narrow: dict[int, int] = {}
    wide: dict[int, int] = {}
    for row in table.select("tr"):
        for column, cell in enumerate(row.find_all(["th", "td"], recursive=False)):
            text = " ".join(cell.get_text(" ").split())
            unbreakable = [*text.split(), *(item.get_text() for item in cell.select(".status"))]
            longest = max(map(len, unbreakable), default=0)
            narrow[column] = max(narrow.get(column, 0), longest + 2)
            wide[column] = max(wide.get(column, 0), len(text) + 2)
    return list(narrow.values()), list(wide.values())


def new_tag(name: str, **attributes: str) -> Tag:
    """Make an element; `class_` stands for its class."""
    tag = BeautifulSoup("", "lxml").new_tag(name)
    tag.attrs.update({key.rstrip("_"): value for key, value in attributes.items()})
    return tag


def to_typst(document: str) -> str:
    """Convert the joined HTML to Typst markup."""
    with as_file(files("earlyhelp.render") / "assets" / "pdf.lua") as filter_path:
        typst: str = pypandoc.convert_text(
            document,
            to="typst-smart",
            format="html-auto_identifiers-smart",
            extra_args=[
                f"--lua-filter={filter_path}",
                "--wrap=none",
                "--syntax-highlighting=none",
            ],
        )
    return typst


def _main(book: Book) -> str:
    """Typst's main file; what it prints is passed as string literals, never as markup."""
    cover = {
        "title": book.title,
        "subtitle": book.subtitle,
        "provenance": book.provenance,
        "cite": book.cite,
    }
    arguments = ", ".join(f"{key}: {_literal(value)}" for key, value in cover.items())
    return f'#import "report.typ": *\n#show: report.with({arguments})\n' + '#include "body.typ"\n'


def _literal(text: str) -> str:
    """Typst string literal; JSON's escapes for quote and backslash are Typst's too."""
    return json.dumps(text, ensure_ascii=False)


def _compile(work: Path) -> bytes:
    template = files("earlyhelp.render") / "assets" / "report.typ"
    (work / "report.typ").write_text(template.read_text("utf-8"), encoding="utf-8")
    body = (work / "body.typ").read_text("utf-8")
    (work / "body.typ").write_text(f'#import "report.typ": *\n{body}', encoding="utf-8")
    try:
        document, warnings = typst.compile_with_warnings(
            work / "main.typ",
            root=work,
            # The figures' text is set in the font they were drawn with.
            font_paths=[Path(matplotlib.get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        raise InputError(
            [Problem("PDF", None, "", str(error), "a document that compiles")]
        ) from None
    if warnings:
        raise InputError(
            Problem("PDF", None, "", str(warning), "no warning from Typst") for warning in warnings
        )
    return document
