"""From a number to its claim, and from a table to the code behind it."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from docutils import nodes

from earlyhelp.render.origins import ClaimRole, HelperSource, fold_sources, join_codes

CLAIMS = {"trained-n": ("9", "Report, Table 1: nine (reproduced)", "ledger-trained-n")}


def written(claim: str) -> list[nodes.Node]:
    """What the role writes on a page of the folder `chapters`."""
    builder = SimpleNamespace(get_relative_uri=lambda page, target: f"../{target}.html")
    config = SimpleNamespace(earlyhelp_claims=CLAIMS)
    env = SimpleNamespace(app=SimpleNamespace(builder=builder), config=config, docname="c/one")
    reporter = SimpleNamespace(get_source_and_line=lambda line: ("c/one.md", line))
    document = SimpleNamespace(settings=SimpleNamespace(env=env))
    inliner = SimpleNamespace(document=document, reporter=reporter)
    return ClaimRole()("claim", f"{{claim}}`{claim}`", claim, 3, inliner)[0]


def test_a_number_leads_to_its_row_and_says_what_is_printed() -> None:
    (link,) = written("trained-n")
    assert link.astext() == "9"
    assert link["refuri"] == "../results/ledger.html#ledger-trained-n"
    assert link["reftitle"] == "Report, Table 1: nine (reproduced)"


def test_a_cell_shows_its_own_number_and_leads_to_the_claim() -> None:
    (link,) = written("9.0 <trained-n>")
    assert link.astext() == "9.0"
    assert link["refuri"] == "../results/ledger.html#ledger-trained-n"
    # By its class, print leaves the link out.
    assert link["classes"] == ["claim", "cell"]


def test_what_is_no_claim_is_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A build in the same process sets Sphinx's loggers apart; its handlers put the place before.
    monkeypatch.setattr(logging.getLogger("sphinx"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("sphinx"), "handlers", [])
    assert written("nobody") == []
    assert caplog.messages == ["no claim that data answer: nobody"]


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
    app = SimpleNamespace(env=SimpleNamespace(docname="one"))
    fold_sources(app, document)
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


def cell(code: str, *outputs: str, hidden: str = "input") -> nodes.container:
    """A cell as MyST-NB makes it, with its code and what it shows."""
    whole = nodes.container("", hide_mode=hidden)
    whole += nodes.container("", nodes.literal_block(code, code), classes=["cell_input"])
    if outputs:
        whole += nodes.container("", *(nodes.paragraph("", text) for text in outputs))
    return whole


def test_code_that_shows_nothing_is_folded_with_the_next() -> None:
    document = nodes.document(None, None)
    document += [cell("a"), cell("b"), cell("c", "shown"), nodes.paragraph("", "text"), cell("d")]
    document += [nodes.paragraph("", "text"), cell("e"), cell("f", "free", hidden="all")]
    join_codes(None, document)
    folded = [one for one in document if isinstance(one, nodes.container)]
    assert [[code.astext() for code in one[0]] for one in folded] == [
        ["a", "b", "c"],
        ["d"],
        # What is illustrative is folded as a whole, and what goes before is none of it.
        ["e"],
        ["f"],
    ]
