"""The audit of a paper as one HTML page, which needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from earlyhelp.paper.verdicts import VERDICTS, RowResult


def page(name: str, outcomes: Sequence[RowResult]) -> str:
    """Write the outcomes of an audit as a page, the worst first.

    Parameters
    ----------
    name : str
        Of the file with the paper's figures; a heading.
    outcomes : sequence of RowResult

    Returns
    -------
    str
        HTML with its style inside, for light and dark screens and for paper. Whatever was typed in
        the file is shown as it stands and means nothing to a browser.

    Examples
    --------
    >>> found = RowResult(2, "Trust", "p. 7", "mean and SD", "holds", (), ("5 < 6",))
    >>> "<li>5 &lt; 6</li>" in page("paper.csv", [found])
    True
    """
    environment = Environment(
        loader=PackageLoader("earlyhelp.paper", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    verdicts = {verdict: [o for o in outcomes if o.verdict == verdict] for verdict in VERDICTS}
    template = environment.get_template("page.html")
    return template.render(name=name, verdicts=verdicts, names=VERDICTS)
