"""Sphinx extension: pages of which the text changed are built again, and no other page.

What Sphinx does by itself is not enough: it reads a changed page and leaves others as they are,
also where they say what the changed page is called. Here others are left alone only if reading
gave all that they can see of the changed pages as it was; else the book is built from nothing
(`SeenElsewhere`). The search keeps what it was given; Sphinx reads back less than it has written.
"""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pybtex.plugin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError

# Of the environment, what reading a page does not change, and what no other page sees: when pages
# were read, files and images that they use, how long they are.
UNSEEN = {
    *("app", "config", "events", "project", "settings", "doctreedir", "srcdir", "domains"),
    *("external_site_map", "myst_config", "mystnb_config", "sd_config", "c", "cpp"),
    *("all_docs", "dependencies", "images", "temp_data", "ref_context", "wordcount"),
    *("_pickled_doctree_cache", "_write_doc_doctree_cache", "earlyhelp_sources"),
}
INDEX = "index.pickle"


class SeenElsewhere(SphinxError):
    """Another page shows something of a page that changed."""


class Pages(StandaloneHTMLBuilder):
    """Sphinx's own builder, with a search that remembers."""

    before: str | None = None

    def load_indexer(self, docnames: Iterable[str]) -> None:
        """Begin with what other pages gave."""
        index: Any = self.indexer
        kept = Path(self.doctreedir, INDEX)
        if kept.exists():
            vars(index).update(pickle.loads(kept.read_bytes()))
        index.prune(self.env.all_docs.keys() - set(docnames))
        for mapping in (index._mapping, index._title_mapping):
            for word in [word for word, pages in mapping.items() if not pages]:
                del mapping[word]

    def dump_search_index(self) -> None:
        """Write it for readers, and for the next time."""
        super().dump_search_index()
        known = {name: value for name, value in vars(self.indexer).items() if name[0] == "_"}
        Path(self.doctreedir, INDEX).write_bytes(pickle.dumps(known))


def remember(app: Sphinx, env: BuildEnvironment, _pages: Collection[str]) -> None:
    """Keep what pages see of each other before any is read again."""
    assert isinstance(app.builder, Pages)
    app.builder.before = seen(vars(env)) if env.all_docs else None


def order(_app: Sphinx, env: BuildEnvironment) -> None:
    """Order citations by page, in whatever order pages were read."""
    env.domaindata["cite"]["citation_refs"].sort(key=lambda reference: reference.docname)


def compare(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold it against what they see now."""
    assert isinstance(app.builder, Pages)
    if app.builder.before not in (None, seen(vars(env))):
        raise SeenElsewhere


def seen(value: Any, inside: tuple[int, ...] = ()) -> str:
    """Tell a value, in whatever order it was put together.

    Examples
    --------
    >>> seen({"b": [2, 1], "a": nodes.strong("", "Title"), "wordcount": 4})
    '{a:<strong>Title</strong>,b:[1,2]}'
    """
    if isinstance(value, nodes.Node):
        return str(value)
    if id(value) in inside:
        return "..."
    inside = (*inside, id(value))
    if isinstance(value, Mapping):
        # Sphinx leaves nothings behind for pages that it read.
        told = {k: seen(v, inside) for k, v in value.items() if v and k not in UNSEEN}
        return f"{{{','.join(sorted(f'{k}:{v}' for k, v in told.items()))}}}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{','.join(sorted(seen(one, inside) for one in value))}]"
    if hasattr(value, "__dict__") and not callable(value):
        return seen(vars(value), inside)
    return repr(value)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_builder(Pages, override=True)
    # For each citation it would look through all installed packages anew.
    pybtex.plugin.find_plugin = cache(pybtex.plugin.find_plugin)
    # It does not say so, but it numbers sections once all pages are read.
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True
    app.connect("env-before-read-docs", remember)
    app.connect("env-updated", order, priority=0)
    app.connect("env-check-consistency", compare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
