"""Numbers in the prose that lead to their claims."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from docutils import nodes

from earlyhelp.render.claim_links import ClaimRole

CLAIMS = {"trained-n": ("9", "Report, Table 1: nine (reproduced)")}


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
    # A build sets Sphinx's loggers apart.
    monkeypatch.setattr(logging.getLogger("sphinx"), "propagate", True)
    assert written("nobody") == []
    assert caplog.messages == ["no claim that data answer: nobody"]
