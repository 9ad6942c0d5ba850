"""Sphinx: the source of what a cell calls is folded with the cell's own code, highlighted.

A cell is a call or two; what computes and draws stands in `earlyhelp`. Only a browser gets it:
print shows no code, and what stands here is no text that the search finds.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator

from earlyhelp.report.claim_cards import without_docstring
from earlyhelp.report.page import Page

PACKAGE = "earlyhelp"
# The notebooks' view of a study (`report.page`), whose methods only show what they are given.
PAGE = "page"


class HelperSource(nodes.comment):  # type: ignore[misc]
    """The source of functions, as Python; a comment is not indexed."""


def names_imported(code: str) -> dict[str, Any]:
    """Modules and functions of this package that a cell imports, by name.

    Examples
    --------
    >>> sorted(names_imported("from earlyhelp.published import audit, determined; import re"))
    ['audit', 'determined']
    """
    found = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            for alias in node.names:
                found[alias.asname or alias.name] = _imported(str(node.module), alias.name)
    return found


def _imported(module: str, name: str) -> Any:
    parent = import_module(module)
    return getattr(parent, name) if hasattr(parent, name) else import_module(f"{module}.{name}")


def helpers(code: str, known: dict[str, Any]) -> list[Callable[..., Any]]:
    """Functions of this package that a cell names, in order, each once.

    Where it names none, methods of the page that it calls.

    Examples
    --------
    >>> known = names_imported("from earlyhelp.analysis import feasibility")
    >>> cell = 'page.table(feasibility.difficulty(pilot), "How difficult.")'
    >>> [function.__name__ for function in helpers(cell, known)]
    ['difficulty']
    >>> [function.__qualname__ for function in helpers('page.matrix("1.1")', known)]
    ['Page.matrix']
    """
    named = list(_named(ast.parse(code), known))
    own = [one for one in named if not one.__qualname__.startswith(f"{Page.__name__}.")]
    return list(dict.fromkeys(own or named))


def _named(tree: ast.AST, known: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                owner = Page if name == PAGE else known.get(name)
                found = getattr(owner, attribute, None) if owner else None
            case ast.Name(id=name):
                found = known.get(name)
            case _:
                found = None
        if inspect.isfunction(found):
            yield found


def fold_sources(_app: Sphinx, document: nodes.document) -> None:
    """Put below each cell's code the source of what it calls."""
    known: dict[str, Any] = {}
    for cell in document.findall(nodes.container):
        if "cell_input" not in cell["classes"]:
            continue
        code = cell.astext()
        imported = names_imported(code)
        known |= imported
        # A cell of imports makes nothing.
        if found := [] if imported else helpers(code, known):
            shown = [f"# {one.__module__}\n{without_docstring(one)}" for one in found]
            source = "\n\n\n".join(shown)
            cell += HelperSource(source, source)


def write(translator: SphinxTranslator, node: HelperSource) -> None:
    """Write it as any Python, highlighted."""
    translator.visit_literal_block(
        nodes.literal_block(node.rawsource, node.rawsource, language="python")
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(HelperSource, html=(write, None))
    app.connect("doctree-read", fold_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
