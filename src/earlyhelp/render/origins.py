"""Sphinx: ways from what a page shows to where it comes from.

The role `{claim}` puts a number of the ledger into the prose. What stands there is computed from
the raw data; it says what was printed and leads to its row of the ledger, so that no chapter
repeats a number and none has to be looked for. A table's cell gives its own number,
``{claim}`71 <claim>` ``, of class `cell`: print shows it without the link.

A notebook's cell is a call or two: the source of what it calls is folded with its own code,
highlighted. Only a browser gets it, as print shows no code, and the search does not find it. Cells
that only prepare something are folded with the next. What a cell shows comes first,
its fold below it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence, Set
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole, SphinxTranslator

LEDGER = "results/ledger"
PACKAGE = "earlyhelp"
# The notebooks' view of a study (`report.page`), whose methods only show what they are given.
PAGE = "page"
REMEMBERED = "earlyhelp_sources"
LOGGER = logging.getLogger(__name__)


class ClaimRole(ReferenceRole):
    """The value of a claim, by its id, or a cell's number that the claim prints."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Write the value as a link; an id that the ledger does not answer is a warning."""
        claims: dict[str, tuple[str, str, str]] = self.config.earlyhelp_claims
        if self.target not in claims:
            location = self.get_location()
            LOGGER.warning("no claim that data answer: %s", self.target, location=location)
            return [], []
        value, title, target = claims[self.target]
        page = self.env.app.builder.get_relative_uri(self.env.docname, LEDGER)
        link = nodes.reference(
            "",
            self.title if self.has_explicit_title else value,
            refuri=f"{page}#{target}",
            reftitle=title,
            internal=True,
            classes=["claim", "cell"] if self.has_explicit_title else ["claim"],
        )
        return [link], []


class HelperSource(nodes.comment):  # type: ignore[misc]
    """The source of functions, as Python; a comment is not indexed."""


def names_imported(code: str) -> dict[str, Any]:
    """Modules and functions of this package that a cell imports, by name.

    Examples
    --------
    >>> sorted(names_imported("from earlyhelp.published import audit, ledger; import re"))
    ['audit', 'ledger']
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
    from earlyhelp.report.page import Page

    named = list(_named(ast.parse(code), known | {PAGE: Page}))
    own = [one for one in named if not one.__qualname__.startswith(f"{Page.__name__}.")]
    return list(dict.fromkeys(own or named))


def _named(tree: ast.AST, known: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                owner = known.get(name)
                found = getattr(owner, attribute, None) if owner else None
            case ast.Name(id=name):
                found = known.get(name)
            case _:
                found = None
        if inspect.isfunction(found):
            yield found


def sources(codes: Sequence[str]) -> list[str]:
    """Source of what each cell of a page calls, by its code; empty where there is none."""
    from earlyhelp.report.claim_cards import without_docstring

    known: dict[str, Any] = {}
    found = []
    for code in codes:
        imported = names_imported(code)
        known |= imported
        # A cell of imports makes nothing.
        called = [] if imported else helpers(code, known)
        shown = [f"# {one.__module__}\n{without_docstring(one)}" for one in called]
        found.append("\n\n\n".join(shown))
    return found


def fold_sources(app: Sphinx, document: nodes.document) -> None:
    """Put below each cell's code the source of what it calls.

    It is remembered, as what cells call takes long to import.
    """
    cells = [cell for cell in document.findall(nodes.container) if "cell_input" in cell["classes"]]
    codes = [cell.astext() for cell in cells]
    remembered = _remembered(app.env)
    if remembered.get(app.env.docname, ([], []))[0] != codes:
        remembered[app.env.docname] = (codes, sources(codes))
    for cell, source in zip(cells, remembered.get(app.env.docname, ([], []))[1], strict=True):
        if source:
            cell += HelperSource(source, source)


def _remembered(environment: Any) -> dict[str, tuple[list[str], list[str]]]:
    """Codes of each page's cells, and the sources of what they call."""
    found: dict[str, tuple[list[str], list[str]]] = vars(environment).setdefault(REMEMBERED, {})
    return found


def load(_app: Sphinx, _env: BuildEnvironment, pages: Sequence[str]) -> None:
    """Import what cells call once, before several processes read."""
    if len(pages) > 1:
        import_module("earlyhelp.report.page")


def merge(_app: Sphinx, env: BuildEnvironment, pages: Set[str], other: BuildEnvironment) -> None:
    """Take over what another process has read."""
    theirs = _remembered(other)
    _remembered(env).update({page: theirs[page] for page in pages if page in theirs})


def join_codes(_app: Sphinx, document: nodes.document) -> None:
    """Fold the code of a cell that shows nothing with that of the cell right after it."""
    for cell in list(document.findall(nodes.container)):
        after = cell.next_node(descend=False, siblings=True)
        if (
            cell.get("hide_mode") == "input"
            and isinstance(after, nodes.container)
            and after.get("hide_mode") == "input"
            and len(cell) == 1
        ):
            (code,) = cell
            after[0][:0] = code.children
            cell.parent.remove(cell)


class CodeBelow(SphinxPostTransform):
    """Put what a cell shows before its folded code, so that nobody reads past code to an answer."""

    # Right after MyST-NB has folded the code.
    default_priority = 200
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Move the fold of each cell that shows something to its end."""
        for cell in self.document.findall(nodes.container):
            if cell.get("hide_mode") == "input" and len(cell) > 1:
                cell.append(cell.pop(0))


def write(translator: SphinxTranslator, node: HelperSource) -> None:
    """Write it as any Python, highlighted."""
    translator.visit_literal_block(
        nodes.literal_block(node.rawsource, node.rawsource, language="python")
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx; `earlyhelp_claims` has value, title and target of each claim by id."""
    app.add_config_value("earlyhelp_claims", {}, "env", [dict])
    app.add_role("claim", ClaimRole())
    app.add_node(HelperSource, html=(write, None))
    app.connect("env-before-read-docs", load)
    app.connect("env-merge-info", merge)
    app.connect("doctree-read", fold_sources)
    app.connect("doctree-read", join_codes)
    app.add_post_transform(CodeBelow)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
