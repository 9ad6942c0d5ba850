"""PDF and Word: a book's volumes, made from its built pages.

The joined pages (`joined`) go through pandoc and Typst to PDF/UA-1, the report also to Word
(`word`). What only the paper needs is done here:

- Figures stay vectors; class `full-page` puts one on a landscape page.
- `<span class="status status-...">`: a framed word.
- A table too wide for the page gets smaller type, then a landscape page. One that goes over pages
  keeps three rows together at both ends.
- What names the high rows of a table (classes `framework-matrix`, `joint-display`) stands above
  each, on every page that it goes over.
- Row headers (`th` in a table's body) are tagged as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from importlib.resources import files
from itertools import chain, pairwise
from math import ceil
from multiprocessing.pool import ThreadPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
from bs4.element import Tag
from joblib import cpu_count

from earlyhelp.printing import word
from earlyhelp.printing.joined import (
    LEDGER_COLUMNS,
    Joined,
    converted,
    join,
    new_tag,
    read_chapters,
    to_html,
)
from earlyhelp.printing.layout import column_widths, set_widths, shared, spans, turn_page
from earlyhelp.render.elements import HEADINGS
from earlyhelp.render.volumes import Imprint, Volume, imprint, read_contents
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError, Problem

# Characters across a page, two for each gap between columns included, with room for wide letters:
# 160 mm upright at the template's 9 pt and 7.5 pt, 247 mm turned at 7.5 pt.
FITS_NORMAL, FITS_SMALL, FITS_TURNED = 95, 115, 180
# What is longer may run over pages: lines of a table, characters of a note.
LONG_TABLE, LONG_NOTE = 24, 1500
# Lines of a row that is not broken over pages; longer ones would leave too much of a page empty.
WHOLE_ROW = 20
# Characters of a paragraph that would look lost below its heading at the end of a page.
SHORT_LEAD = 150
# Rows that stay together at both ends of a table that goes over pages, unless they take more lines;
# one of fewer rows stays whole, or has its halves together.
KEPT_ROWS, KEPT_LINES = 3, 36
# Tables of high rows, each of which is named above it, and what tells Typst so: a ground.
NAMED_ABOVE = {"framework-matrix", "joint-display"}
NAME_GROUND, KEPT_GROUND = 'rgb("#f2f5f6")', 'rgb("#f2f5f7")'
# To name a page moves what follows it, and with it perhaps a page that another volume names.
ROUNDS = 6


def build_volumes(
    study_folder: str | Path,
    pages: str | Path,
    told: str | Path,
    output: str | Path,
    root: str | Path = ".",
) -> list[Path]:
    """Write the PDF of every volume of a built book, and its report as Word file.

    Parameters
    ----------
    study_folder : path
        Folder of the study.
    pages : path
        Folder that `html.build_html` wrote for it.
    told : path
        What `results.build_results` told of it.
    output : path
        Folder for the files; each is replaced only when all were made.
    root : path
        The compendium: `_toc.yml`, `CITATION.cff`.

    Returns
    -------
    list of Path
        The files, the report's first.

    Raises
    ------
    InputError
        When there is no book, a link inside it leads nowhere, or Typst rejects or warns.
    """
    study, output, root = read_study(study_folder), Path(output), Path(root)
    said = imprint(study, root, json.loads(Path(told).read_text("utf-8"))["digest"])
    with TemporaryDirectory() as folder:
        work = Path(folder)
        volumes = join(read_chapters(Path(pages), read_contents(root), work))
        names = {volume: volume.file(study) for volume in volumes}
        report = next(iter(volumes))
        # Before the pages are laid out for paper.
        text = to_html(volumes[report])
        # Side by side: Pandoc is a process of its own, and Typst lets other threads work.
        with ThreadPool(cpu_count()) as pool:
            documents, places = set_volumes(volumes, said, names, work, pool)
        made = {output / names[volume]: document for volume, document in documents.items()}
        leads = volumes[report].leads(places, names)
        made[output / report.file(study, "docx")] = word.document(text, report, said, leads, work)
    output.mkdir(parents=True, exist_ok=True)
    for path, document in made.items():
        path.write_bytes(document)
    return [*made]


def set_volumes(
    volumes: Mapping[Volume, Joined],
    said: Imprint,
    names: Mapping[Volume, str],
    work: Path,
    pool: ThreadPool,
) -> tuple[dict[Volume, bytes], dict[str, int]]:
    """Set all volumes in a folder that has their figures.

    Returns the PDFs and the pages of the labels that one volume wants of another. A page is known
    when a volume is set, and named in the others: they are set until all pages are as named.
    Threads of the pool do it side by side.

    Raises
    ------
    InputError
        When Typst rejects a volume or warns.
    """
    template = files("earlyhelp.printing") / "assets" / "report.typ"
    (work / "report.typ").write_text(template.read_text("utf-8"), encoding="utf-8")
    sources = [*pool.map(partial(_write_source, work), volumes.items())]
    compilers = [_compiler(source) for source in sources]
    places = {label: 10 for joined in volumes.values() for label in joined.wanted}
    for _ in range(ROUNDS):
        for volume, joined in volumes.items():
            others = [other.heading for other in volumes if other != volume]
            cover = {**asdict(said), "volume": volume.heading, "others": others}
            cover["incomplete"] = any(chapter.incomplete for chapter in joined.chapters)
            data = {"cover": cover, "outside": joined.leads(places, names)}
            (work / f"volume-{volume.id}.json").write_text(
                json.dumps({**data, "wanted": sorted(joined.wanted)}, ensure_ascii=False), "utf-8"
            )
        found = dict(chain(*pool.map(_places, compilers)))
        if found == places:
            break
        places = found
    else:
        raise InputError([Problem("PDF", None, "", "pages that move", "volumes that come to rest")])
    return dict(zip(volumes, pool.map(_compile, compilers), strict=True)), places


def _write_source(work: Path, item: tuple[Volume, Joined]) -> Path:
    """Write a volume for Typst."""
    volume, joined = item
    for chapter in joined.chapters:
        lay_out(chapter.body)
    body = f'#import "report.typ": *\n#let outside = json("volume-{volume.id}.json").outside\n'
    (work / f"volume-{volume.id}-body.typ").write_text(body + to_typst(to_html(joined)), "utf-8")
    source = work / f"volume-{volume.id}.typ"
    source.write_text(_MAIN.replace("ID", volume.id), "utf-8")
    return source


_MAIN = """#import "report.typ": *
#let data = json("volume-ID.json")
#show: report.with(..data.cover)
#include "volume-ID-body.typ"
#context [#metadata(data.wanted.map(place => (place, locate(label(place)).page())))<places>]
"""


def _compiler(source: Path) -> Any:
    return typst.Compiler(
        source,
        root=source.parent,
        font_paths=word.FONT_FOLDERS,
        ignore_system_fonts=True,
    )


def _places(compiler: Any) -> list[tuple[str, int]]:
    try:
        found = compiler.query("<places>", field="value", one=True)
    except RuntimeError as error:  # a query has no error of Typst's own
        raise _rejected(error) from None
    return [(label, page) for label, page in json.loads(found)]


def _compile(compiler: Any) -> bytes:
    try:
        document, warnings = compiler.compile_with_warnings(pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise _rejected(error) from None
    if warnings:
        raise InputError(
            Problem("PDF", None, "", str(warning), "no warning from Typst") for warning in warnings
        )
    return tag_row_headers(document)


def _rejected(error: Exception) -> InputError:
    return InputError([Problem("PDF", None, "", str(error), "a document that compiles")])


_ELEMENT = re.compile(
    rb"(?<=\n)(\d+) 0 obj\n<</Type/StructElem/S/(TD|TH|TR|P|Link|Em|Code|Strong)/.*?endobj",
    re.DOTALL,
)
_CHILDREN = re.compile(rb"/K\[([^\]]*)\]")
# A link's annotation is no content.
_REFERENCE = re.compile(rb"<<[^>]*>>|(\d+) 0 R")
_HEADERS = re.compile(rb"/Headers\[[^\]]*\]")


def tag_row_headers(document: bytes) -> bytes:
    """Tag as row header each first cell of a row that is bold as a whole; one alone heads columns.

    Typst can do so only behind a flag that its Python package does not pass on. What is replaced
    keeps its length, so that every offset in the file stays true. Cells that name their column
    headers would hide the row's from a reader, and heads over some rows those of their columns;
    without names all are found by their scopes. The cells of the column that `_keep_ends` adds are
    taken out of their rows.
    """
    elements = {match[1]: match for match in _ELEMENT.finditer(document)}
    changed = bytearray(document)

    def bold(element: re.Match[bytes]) -> bool:
        """Whether all that it holds is in bold; content outside an element has a bare number."""
        children = _CHILDREN.search(element[0])
        if element[2] == b"Strong" or not children:
            return element[2] == b"Strong"
        inside = [*filter(None, _REFERENCE.findall(children[1]))]
        return (
            bool(inside)
            and not _REFERENCE.sub(b"", children[1]).strip()
            and all(name in elements and bold(elements[name]) for name in inside)
        )

    def put(start: int, old: bytes, new: bytes) -> None:
        changed[start : start + len(old)] = new.ljust(len(old))

    for cell in elements.values():
        if cell[2] in (b"TD", b"TH") and (headers := _HEADERS.search(cell[0])):
            put(cell.start() + headers.start(), headers[0], b"")
    for element in elements.values():
        children = _CHILDREN.search(element[0])
        if element[2] != b"TR" or not children:
            continue
        cells = _REFERENCE.findall(children[1])
        first, last = elements[cells[0]], elements[cells[-1]]
        if b"/K[]" in last[0] and b"/BackgroundColor" in last[0]:
            reference = cells.pop() + b" 0 R"
            start = element.start() + children.start(1) + children[1].rindex(reference)
            put(start, reference, b"")
        headers = _HEADERS.search(first[0])
        if first[2] == b"TD" and headers and bold(first):
            put(first.start() + first[0].index(b"/S/TD"), b"/S/TD", b"/S/TH")
            scope = b"/Scope/Row" if cells[1:] else b"/Scope/Column"
            put(first.start() + headers.start(), headers[0], scope)
    return bytes(changed)


def lay_out(body: Tag) -> None:
    """Mark in a joined chapter what needs room on paper."""
    _lead(body)
    for note in body.select(".admonition"):
        if len(note.get_text()) > LONG_NOTE:
            note["class"] = "admonition long"
    for table in body.select("table"):
        _fit(table)
    for image in body.select("img.full-page"):
        turn_page(image.find_parent("figure") or image)


def _lead(body: Tag) -> None:
    """Mark what stays with the next block: a short paragraph that a heading opens."""
    for heading in body.find_all(HEADINGS):
        after = heading.find_next_sibling()
        if after is not None and after.name == "p" and len(after.get_text()) <= SHORT_LEAD:
            after.wrap(new_tag("div", class_="lead"))


def _fit(table: Tag) -> None:
    """Choose type size, page and column widths so that no column cuts a word."""
    if "ledger" in table.get_attribute_list("class"):
        set_widths(table, [*LEDGER_COLUMNS.values()])
        _keep_ends(table, [1] * len(table.select("tr")), 1)
        table.wrap(new_tag("div", class_="dense")).wrap(new_tag("div", class_="long"))
        return
    if NAMED_ABOVE.intersection(table.get_attribute_list("class")):
        _name_above(table)
    narrow, wide = column_widths(table)
    compact, turned = sum(narrow) > FITS_NORMAL, sum(narrow) > FITS_SMALL
    block = table.wrap(new_tag("div", class_="compact")) if compact else table
    if turned:
        turn_page(block)
    room = FITS_TURNED if turned else FITS_SMALL if compact else FITS_NORMAL
    widths: list[float] = [*wide]
    if sum(wide) > room:
        widths = shared(room, narrow, wide, table)
        if "colwidths-given" not in table.get_attribute_list("class"):
            set_widths(table, widths)
    lines = _row_lines(table, widths)
    _keep_rows(table, lines)
    if sum(lines) > LONG_TABLE:
        names = table.select(".name-row > *")
        if not names or max(lines) <= WHOLE_ROW:
            # No row goes on here, so no name has to be a head that pages repeat.
            for name in names:
                name["data-typst:fill"] = KEPT_GROUND
            _keep_ends(table, lines, 2 if names else 1)
        table.wrap(new_tag("div", class_="long"))


def _keep_rows(table: Tag, lines: Sequence[int]) -> None:
    """Keep each row that is not too high on one page."""
    if max(lines) <= WHOLE_ROW:
        table.wrap(new_tag("div", class_="whole"))
        return
    for row, height in zip(table.select("tr"), lines, strict=True):
        if height <= WHOLE_ROW:
            for cell in row.find_all(["th", "td"], recursive=False):
                cell["data-typst:breakable"] = "false"


def _name_above(table: Tag) -> None:
    """Put what names a row in a row of its own above, without a head over it.

    High rows have more room then, and one that goes over pages is named on each
    (`report.typ`): what is repeated may not hold links, which PDF/UA wants once.
    """
    for row in table.select("tr"):
        name, *cells = row.find_all(["th", "td"], recursive=False)
        name.extract()
        if row.find_parent("thead"):
            continue
        for link in name.select("a"):
            link.unwrap()
        name["colspan"] = str(len(cells))
        name["data-typst:fill"] = NAME_GROUND
        above = new_tag("tr", class_="name-row")
        above.append(name)
        row.insert_before(above)


def _keep_ends(table: Tag, lines: Sequence[int], each: int) -> None:
    """Keep rows together at both ends of a table, by an empty column, each with its name above.

    Typst breaks a table between any two rows, but not inside a cell that spans some and may not be
    broken. The column has no width; `tag_row_headers` takes it out of what is read aloud.
    """
    rows = table.select("tr")
    heads = [row for row in rows if row.find_parent("thead")]
    body, lines = rows[len(heads) :], lines[len(heads) :]
    kept = KEPT_ROWS * each
    starts = {0, *range(kept, len(body) - kept, each), len(body) - kept, len(body)}
    if len(body) < 2 * kept:
        half = len(body) // each // 2 * each
        starts = {0, half if sum(lines) > KEPT_LINES else 0, len(body)}
    if columns := table.find("colgroup"):
        columns.append(new_tag("col", style="width: 0%"))
    for head in heads:
        head.append(_empty("th", 1, broken=False))
    for start, end in pairwise(sorted(starts)):
        together = sum(lines[start:end]) <= KEPT_LINES
        body[start].append(_empty("td", end - start, broken=not together))


def _empty(name: str, rows: int, *, broken: bool) -> Tag:
    cell = new_tag(name, rowspan=str(rows))
    # Nothing else has a ground, by which `tag_row_headers` knows it.
    of_typst = {"inset": "0pt", "fill": "white", "breakable": str(broken).lower()}
    cell.attrs.update({f"data-typst:{key}": value for key, value in of_typst.items()})
    return cell


def _row_lines(table: Tag, widths: list[float]) -> list[int]:
    """About how many lines each row of a table takes: those of its highest cell."""
    lines = []
    for row in table.select("tr"):
        cells = row.find_all(["th", "td"], recursive=False)
        room = [sum(widths)] if spans(cells[0]) else widths
        lines.append(max(_lines(cell, width) for cell, width in zip(cells, room, strict=False)))
    return lines


def _lines(cell: Tag, width: float) -> int:
    """Lines of a cell's paragraphs, with gaps of half a line."""
    paragraphs = cell.find_all("p") or [cell]
    needed = [ceil((len(text.get_text()) + 2) / width) for text in paragraphs]
    return sum(needed) + len(needed) // 2


def to_typst(document: str) -> str:
    """Convert the joined HTML to Typst markup."""
    options = ("--wrap=none", "--syntax-highlighting=none")
    return converted(document, "typst-smart", "pdf", *options).replace("[#table(", "[#rows(")
