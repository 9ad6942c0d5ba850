"""The list for a person: short pages, rows left alone, small type."""

from __future__ import annotations

from pathlib import Path

import typst
from proof import proof

SOURCE = """
#let lines(count) = range(count).map(line => [Line #line.]).join(parbreak())
#set document(title: "Proof")
#set text(lang: "en", size: 10pt)
#set page(paper: "a4", margin: 28mm)
#page[Cover]
#page[Short.]
#page[#v(180mm) Long. #text(size: 6pt)[tiny words]]
#v(BEFOREmm)
#table(table.header[Head], ..range(12).map(row => [Row #row]))
#table(table.header[Head], [One row, one page.])
#pagebreak()
#table(
  table.header[Head], [Low.], [Low.], lines(45), table.header(level: 2)[Name], [Low.], [Low.],
)
"""


def told(folder: Path, before: int) -> list[str]:
    source = folder / "proof.typ"
    source.write_text(SOURCE.replace("BEFORE", str(before)), "utf-8")
    typst.compile(source, folder / "proof.pdf", pdf_standards=["ua-1"])
    return list(proof(folder / "proof.pdf"))


def test_short_pages_small_type_and_rows_left_alone_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, 225) == [
        "page 2: 1% full",
        "page 3: 6.0 pt: tiny words",
        "page 4: 1 of the 12 rows of a table",
        "page 7: a row goes on",
    ]


def test_nothing_else_is_told(tmp_path: Path) -> None:
    assert [line for line in told(tmp_path, 120) if "page 4" in line or "page 5" in line] == []
