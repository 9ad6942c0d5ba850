"""Sphinx: the role `{claim}` puts a number of the ledger into the prose.

What stands there is computed from the raw data; it says what was printed and leads to its row of
the ledger, so that no chapter repeats a number and none has to be looked for. A table's cell gives
its own number, ``{claim}`71 <claim>` ``, of class `cell`: print shows it without the link.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from earlyhelp.published.ledger import ledger_target

LEDGER = "results/ledger"
LOGGER = logging.getLogger(__name__)


class ClaimRole(ReferenceRole):
    """The value of a claim, by its id, or a cell's number that the claim prints."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Write the value as a link; an id that the ledger does not answer is a warning."""
        claims: dict[str, tuple[str, str]] = self.config.earlyhelp_claims
        if self.target not in claims:
            location = self.get_location()
            LOGGER.warning("no claim that data answer: %s", self.target, location=location)
            return [], []
        value, title = claims[self.target]
        page = self.env.app.builder.get_relative_uri(self.env.docname, LEDGER)
        link = nodes.reference(
            "",
            self.title if self.has_explicit_title else value,
            refuri=f"{page}#{ledger_target(self.target)}",
            reftitle=title,
            internal=True,
            classes=["claim", "cell"] if self.has_explicit_title else ["claim"],
        )
        return [link], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx; `earlyhelp_claims` has the value and the title of each claim by id."""
    app.add_config_value("earlyhelp_claims", {}, "env", [dict])
    app.add_role("claim", ClaimRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
