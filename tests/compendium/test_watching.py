"""Pages in a browser that follow a change: the server, without a browser and with a quick build."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
import uvicorn
from helpers import ROOT
from starlette.applications import Starlette

from earlyhelp.compendium import watching
from earlyhelp.compendium.watching import served


def shown(port: int, expected: str) -> str:
    """The front page, as soon as it has some text."""
    for _ in range(200):
        try:
            with urlopen(f"http://127.0.0.1:{port}/") as answer:
                page: str = answer.read().decode()
        except OSError:
            page = ""
        if expected in page:
            return page
        time.sleep(0.05)
    raise AssertionError(f"no {expected!r} on {page!r}")


def serving(app: Starlette, port: int) -> uvicorn.Server:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    Thread(target=server.run, daemon=True).start()
    return server


def test_a_changed_file_is_built_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study, chapter = Path("data/pilot"), Path("book/methods.md")
    page = Path("_build/pilot/draft/index.html")
    for folder in (study, chapter.parent, page.parent):
        folder.mkdir(parents=True)

    def build(studies: list[str], target: str) -> int:
        page.write_text(f"{studies} {target} {chapter.read_text()}")
        return 0

    monkeypatch.setattr(watching, "build", build)
    chapter.write_text("As it was.")
    watching.rebuild(str(study), [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = serving(served(study, f"127.0.0.1:{port}"), port)
    assert "websocket-reload" in shown(port, "['data/pilot'] html As it was.")
    # What waits for changes may start after the pages are there.
    for sentence in ("Changed.", "Changed again."):
        chapter.write_text(sentence)
        time.sleep(0.5)
    shown(port, "Changed again.")
    server.should_exit = True


def test_all_that_a_report_is_built_from_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (reload, _) = served(Path("data/rotherham"), "").routes
    watched = {path.relative_to(ROOT).as_posix() for path in reload.app.paths}  # type: ignore[attr-defined]
    assert watched == {"data/rotherham", "src/earlyhelp", *watching.PARTS}
