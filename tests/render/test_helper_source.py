"""The code behind a table, folded with the cell that calls it."""

from __future__ import annotations

from docutils import nodes

from earlyhelp.render.helper_source import HelperSource, fold_sources

SET_UP = """\
from earlyhelp.analysis import feasibility
from earlyhelp.report import figures
from earlyhelp.report.page import open_page

page = open_page(study)"""


def folded(*cells: str) -> list[str]:
    """What is folded with each cell of a page; "" for nothing."""
    document = nodes.document(None, None)
    for code in cells:
        cell = nodes.container("", nodes.literal_block(code, code), classes=["cell_input"])
        document += cell
    fold_sources(None, document)
    return ["".join(source.rawsource for source in cell.findall(HelperSource)) for cell in document]


def test_the_source_of_what_a_cell_calls_is_folded_with_it() -> None:
    cell = 'page.table(feasibility.difficulty(pilot), "Difficulty.")'
    of_set_up, shown = folded(SET_UP, cell)
    # A cell of imports makes nothing.
    assert of_set_up == ""
    assert shown.startswith("# earlyhelp.analysis.feasibility\n")
    assert "def difficulty(pilot: Pilot)" in shown
    assert '"""' not in shown
    # What shows any table is no part of what this one is made by.
    assert "def table(" not in shown


def test_a_method_of_the_page_is_shown_where_a_cell_names_nothing_else() -> None:
    *_, shown = folded(SET_UP, 'page.matrix("1.1")')
    assert "def matrix(self, question: str)" in shown


def test_code_that_calls_nothing_of_the_package_has_nothing_folded() -> None:
    assert folded(SET_UP, "x = 1 + 1")[1] == ""
