"""Sphinx: every number of the ledger in the prose says what was printed and leads to its claim."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from earlyhelp.published.ledger import ledger_target

LEDGER = "results/ledger"


class LinkClaims(SphinxPostTransform):
    """Wrap a glued number in a link to its row of the ledger, with the printed figure as title."""

    # Before myst-nb replaces the reference by its text and forgets the claim's id.
    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        """Wrap the numbers of one page."""
        titles: dict[str, str] = self.config.earlyhelp_claims
        page = self.app.builder.get_relative_uri(self.env.docname, LEDGER)
        for number in list(self.document.findall(PendingGlueReference)):
            if number.inline and number.key in titles:
                link = nodes.reference(
                    refuri=f"{page}#{ledger_target(number.key)}",
                    reftitle=titles[number.key],
                    internal=True,
                    classes=["claim"],
                )
                number.replace_self(link)
                link.append(number)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx; `earlyhelp_claims` maps claim ids to titles."""
    app.add_config_value("earlyhelp_claims", {}, "env", [dict])
    app.add_post_transform(LinkClaims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
