"""What a person should look at in the PDFs of a published folder: `make proof`.

Lists every page that is filled less than a third, every table of several pages that leaves fewer
than three rows on one, and every size of type below seven points. It judges nothing: a volume may
end on a short page, and a row may be as long as a page.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
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
    rows = _rows(reader)
    for number, page in enumerate(reader.pages, 1):
        runs = list(_runs(page))
        top, bottom = float(page.mediabox.height) - MARGIN, MARGIN
        lowest = min((y for y, _, _ in runs if bottom - 2 <= y <= top), default=top)
        filled = (top - lowest) / (top - bottom)
        # The cover is composed, not filled.
        if number > 1 and filled < FULL:
            yield f"page {number}: {filled:.0%} full"
        for pages in rows:
            if len(pages) > 1 and 0 < pages[number] < ROWS:
                yield f"page {number}: {pages[number]} of the {pages.total()} rows of a table"
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


def _rows(reader: PdfReader) -> list[Counter[int]]:
    """How many rows of each table begin on which page."""
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    tables: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def first_page(element: object) -> int:
        if not isinstance(element, dict):
            return 0
        if "/Pg" in element:
            return numbers[element.raw_get("/Pg").idnum]
        children = element.get("/K", [])
        pages = (first_page(child.get_object()) for child in _listed(children))
        return next(filter(None, pages), 0)

    def visit(element: object, table: int) -> None:
        if not isinstance(element, dict) or element.get("/S") == "/THead":
            return
        if element.get("/S") == "/TR":
            tables[table][first_page(element)] += 1
            return
        for child in _listed(element.get("/K", [])):
            visit(child.get_object(), id(element) if element.get("/S") == "/Table" else table)

    visit(reader.trailer["/Root"]["/StructTreeRoot"], 0)
    return list(tables.values())


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
