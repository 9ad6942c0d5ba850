"""Which cells of a table name its rows."""

from __future__ import annotations

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from myst_parser.docutils_ import Parser

from earlyhelp.render.row_headers import name_rows


def named(markdown: str) -> list[str]:
    """Texts of the cells that are row headers."""
    settings = get_default_settings(Parser)
    document = new_document("page", settings)
    Parser().parse(markdown, document)
    name_rows(None, document)
    stubs = [bool(column.get("stub")) for column in document.findall(nodes.colspec)]
    assert not any(stubs[1:])
    cells = [cell for cell in document.findall(nodes.entry) if "name" in cell["classes"]]
    assert bool(cells) == stubs[0]
    return [cell.astext() for cell in cells]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("| :--- | ---: |\n| ORS | 17 |\n| SRS | 17 |", ["ORS", "SRS"]),
        # Numbers are what a table is about.
        ("| ---: | ---: |\n| 0.1 | 17 |\n| 0.2 | 17 |", []),
        # A header without words would say nothing.
        ("| :--- | ---: |\n| ORS | 17 |\n| | 17 |", []),
    ],
)
def test_words_in_the_first_column_name_the_rows(rows: str, expected: list[str]) -> None:
    assert named(f"| A | B |\n{rows}\n") == expected


def test_a_table_of_one_column_is_a_list() -> None:
    assert named("| A |\n| :--- |\n| ORS |\n") == []
