"""Numbers in the prose that lead to their claims."""

from __future__ import annotations

from types import SimpleNamespace

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from myst_nb.ext.glue.utils import PendingGlueReference

from earlyhelp.render.claim_links import LinkClaims

TITLES = {"trained-n": "Report, Table 1: nine (reproduced)"}


def linked(*numbers: PendingGlueReference) -> nodes.document:
    """A page of the folder `chapters` with these numbers, after the transform."""
    builder = SimpleNamespace(get_relative_uri=lambda page, target: f"../{target}.html")
    app = SimpleNamespace(builder=builder)
    settings = get_default_settings()
    config = SimpleNamespace(earlyhelp_claims=TITLES)
    settings.env = SimpleNamespace(app=app, config=config, docname="chapters/one")
    document = new_document("one", settings)
    document += nodes.paragraph("", "", *numbers)
    LinkClaims(document).run()
    return document


def number(key: str, inline: bool = True) -> PendingGlueReference:
    """A number that a notebook glued under a key."""
    return PendingGlueReference(refdoc="results/sample", key=key, inline=inline)


def test_a_number_leads_to_its_row_and_says_what_is_printed() -> None:
    (link,) = linked(number("trained-n")).findall(nodes.reference)
    assert link["refuri"] == "../results/ledger.html#ledger-trained-n"
    assert link["reftitle"] == TITLES["trained-n"]
    assert isinstance(link[0], PendingGlueReference)


def test_what_is_no_claim_or_no_part_of_a_sentence_is_left_alone() -> None:
    page = linked(number("other"), number("trained-n", inline=False))
    assert list(page.findall(nodes.reference)) == []
    assert len(list(page.findall(PendingGlueReference))) == 2
