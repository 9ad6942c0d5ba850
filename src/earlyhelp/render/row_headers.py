"""Sphinx extension: the first column of a table names its rows, where it holds words.

Markdown's tables cannot say so. A cell that does has the class `name`, so that it need not look
like a heading; tables that say so themselves are left as they are.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def name_rows(_app: Sphinx, document: nodes.document) -> None:
    """Make row headers of first columns; numbers, which stand at the right, name nothing."""
    for group in document.findall(nodes.tgroup):
        columns = list(group.findall(nodes.colspec))
        firsts = [row[0] for body in group.findall(nodes.tbody) for row in body]
        told = any(column.get("stub") for column in columns) or len(columns) == 1
        if told or not firsts:
            continue
        if all(cell.astext() and "text-right" not in cell["classes"] for cell in firsts):
            columns[0]["stub"] = 1
            for cell in firsts:
                cell["classes"].append("name")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the change."""
    app.connect("doctree-read", name_rows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
