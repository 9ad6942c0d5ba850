"""What a person should look at in the PDFs of a published folder: `make proof`.

Lists every page that is filled less than a third, every table of several pages that leaves fewer
than three rows on one, every row that goes on there, and every size of type below seven points. It
judges nothing: a volume may end on a short page, and a row may be as long as a page.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

from pypdf import PageObject, PdfReader

# Margins above and below the text, in points.
MARGIN = 28 * 72 / 25.4
FULL, ROWS, SMALLEST = 1 / 3, 3, 7.0


def proof(path: Path) -> Iterator[str]:
    """Tell what is to be looked at in one PDF, page by page."""
    reader = PdfReader(path)
    tables = _rows(reader)
    for number, page in enumerate(reader.pages, 1):
        runs = list(_runs(page))
        top, bottom = float(page.mediabox.height) - MARGIN, MARGIN
        lowest = min((y for y, _, _ in runs if bottom - 2 <= y <= top), default=top)
        filled = (top - lowest) / (top - bottom)
        # The cover is composed, not filled.
        if number > 1 and filled < FULL:
            yield f"page {number}: {filled:.0%} full"
        for rows in tables:
            here = [pages for pages in rows if number in pages]
            if 0 < len(here) < min(ROWS, len(rows)):
                yield f"page {number}: {len(here)} of the {len(rows)} rows of a table"
            if any(min(pages) < number for pages in here):
                yield f"page {number}: a row goes on"
        for size in sorted({size for _, size, _ in runs if size < SMALLEST}):
            words = " ".join(text for _, found, text in runs if found == size)
            yield f"page {number}: {size} pt: {words[:60]}"


def _runs(page: PageObject) -> Iterator[tuple[float, float, str]]:
    """Height on the page, size and text of every run of text."""
    found = []

    def visit(text: str, cm: list[float], tm: list[float], _: object, size: float) -> None:
        if text.strip():
            # Text may stand upright.
            scale = sqrt(abs((tm[0] * tm[3] - tm[1] * tm[2]) * (cm[0] * cm[3] - cm[1] * cm[2])))
            height = tm[5] * cm[3] + cm[5]
            found.append((height, round(size * scale, 2), " ".join(text.split())))

    page.extract_text(visitor_text=visit)
    yield from found


def _rows(reader: PdfReader) -> list[list[set[int]]]:
    """On which pages each row of each table stands; what is head alone is no row."""
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    tables: defaultdict[int, list[set[int]]] = defaultdict(list)

    def pages(element: object) -> set[int]:
        if not isinstance(element, dict):
            return set()
        own = {numbers[element.raw_get("/Pg").idnum]} if "/Pg" in element else set()
        return own.union(*(pages(child) for child in _children(element)))

    def visit(element: object, table: int) -> None:
        if not isinstance(element, dict):
            return
        if element.get("/S") == "/TR":
            if any(cell["/S"] == "/TD" for cell in _children(element)):
                tables[table].append(pages(element))
            return
        for child in _children(element):
            visit(child, id(element) if element.get("/S") == "/Table" else table)

    visit(reader.trailer["/Root"]["/StructTreeRoot"], 0)
    return list(tables.values())


def _children(element: dict) -> list:
    children = element.get("/K", [])
    return [child.get_object() for child in _listed(children)]


def _listed(children: object) -> list:
    return children if isinstance(children, list) else [children]


def main(folder: str) -> None:
    """Print what `proof` tells of every PDF in a folder."""
    for path in sorted(Path(folder).glob("*.pdf")):
        print(path.name)
        for line in proof(path):
            print(f"  {line}")


if __name__ == "__main__":
    main(sys.argv[1])
