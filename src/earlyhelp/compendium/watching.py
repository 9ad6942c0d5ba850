"""Show a report's pages in a browser, and each change of one of its files as soon as it is saved.

Waiting for changes, serving and reloading are sphinx-autobuild's. Its own command runs Sphinx
alone; here the workflow is run, so notebooks are executed, too, when their code changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvicorn
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles

import earlyhelp
from earlyhelp.compendium.building import build

HOST, PORT = "127.0.0.1", 8000
PARTS = ("notebooks", "book", "_config.yml", "_toc.yml", "CITATION.cff")


def watch(study: Path) -> None:
    """Build the pages of one study again whenever a file changes, until Ctrl-C.

    Raises
    ------
    InputError
        Outside a compendium.
    """
    rebuild(str(study), [])
    address = f"{HOST}:{PORT}"
    print(f"The pages are at http://{address}/; each change shows there. Ctrl-C ends.", flush=True)
    uvicorn.run(served(study, address), host=HOST, port=PORT, log_level="warning")


def rebuild(study: str, changed_paths: Sequence[Path]) -> None:
    """Build what is out of date; a build that fails tells why and leaves the pages as they are."""
    build([study], "html")


def served(study: Path, address: str) -> Starlette:
    """Application that serves the pages and waits for changes.

    Examples
    --------
    >>> [route.path for route in served(Path("data/rotherham"), "127.0.0.1:8000").routes]
    ['/websocket-reload', '']
    """
    watched = [study, *filter(Path.exists, map(Path, PARTS)), Path(earlyhelp.__file__).parent]
    server = RebuildServer(watched, ignored, partial(rebuild, str(study)))
    pages = StaticFiles(directory=Path("_build", study.name, "draft"), html=True, check_dir=False)
    return Starlette(
        routes=[WebSocketRoute("/websocket-reload", server), Mount("/", app=pages)],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=server.lifespan,
    )


def ignored(path: str) -> bool:
    """Whether a file is Python's or an editor's own.

    Examples
    --------
    >>> ignored("book/methods.md"), ignored("book/.methods.md.swp"), ignored("book/methods.md~")
    (False, True, True)
    """
    file = Path(path)
    own = file.name.startswith((".", "~$")) or file.name.endswith("~")
    return own or "__pycache__" in file.parts
