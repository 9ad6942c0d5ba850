"""The executed notebooks of one study: code is executed once, and prose joined to what it showed.

What execution gave is kept under a key of the cells of code, the modules that they import and the
study's files. A changed sentence finds it and executes nothing; pages of unchanged text are kept
whole.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from joblib import cpu_count

from earlyhelp.execution import dependencies, forked
from earlyhelp.execution.notebooks import (
    ForkingManager,
    KernelManager,
    NotebookError,
    executed,
    write,
)
from earlyhelp.study.textfile import is_there, read_text

ENTRY = __name__


def build_results(
    study: str | Path, output: str | Path, kept: str | Path, notebooks: str | Path = "notebooks"
) -> None:
    """Execute the notebooks of a folder for one study; those it has nothing for have no cells.

    Parameters
    ----------
    study : path
        Folder of the study.
    output : path
        Folder for the executed notebooks; replaced once all are there.
    kept : path
        Folder in which execution finds what it gave before; what nothing asked for is removed.
    notebooks : path
        Folder of text notebooks with a parameter `study`.

    Raises
    ------
    InputError
    NotebookError
        With what every notebook says that does not run to its end.
    """
    output, kept = Path(output), Path(kept)
    texts = {path: read_text(path, "a notebook") for path in sorted(Path(notebooks).glob("*.md"))}
    places = {path: kept / name for path, name in kept_names(study, texts).items()}
    pages = {path: _page(place, texts[path]) for path, place in places.items()}
    imports = {module for text in texts.values() for module in dependencies.imported(text)}
    manager = KernelManager
    if forked.AVAILABLE and not all(map(is_there, places.values())):
        manager = ForkingManager
        forked.preload(sorted(filter(_is_module, imports)), str(study))
    new = output.with_name(f"{output.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    given = {"study": str(study)}

    def make(path: Path) -> str:
        if not is_there(pages[path]):
            try:
                write(executed(path, given, manager, places[path]), pages[path])
            except NotebookError as error:
                return str(error)
        shutil.copyfile(pages[path], new / f"{path.stem}.ipynb")
        return ""

    pool = ThreadPoolExecutor(cpu_count())
    # The longest first: one that begins last keeps the other processors waiting.
    order = sorted(places, key=lambda path: len("".join(dependencies.code_cells(texts[path]))))
    try:
        failed = sorted(filter(None, pool.map(make, reversed(order))))
    finally:
        forked.end_all()
        pool.shutdown(cancel_futures=True)
    if failed:
        shutil.rmtree(new, ignore_errors=True)
        raise NotebookError("\n".join(failed))
    shutil.rmtree(output, ignore_errors=True)
    new.rename(output)
    for old in {*kept.iterdir()} - {*places.values(), *pages.values()}:
        old.unlink()


def kept_names(study: str | Path, texts: Mapping[Path, str]) -> dict[Path, str]:
    """Name under which is kept what each notebook's cells give."""
    return {path: f"{path.stem}-{_key(study, text)}.ipynb" for path, text in texts.items()}


def _page(place: Path, text: str) -> Path:
    """Where is kept what these cells give together with this prose."""
    return place.with_suffix(f".{hashlib.sha256(text.encode()).hexdigest()[:16]}.ipynb")


def _key(study: str | Path, text: str) -> str:
    entries = [ENTRY, forked.OPENING, *dependencies.imported(text)]
    return dependencies.key(study, entries, said=[str(study), *dependencies.code_cells(text)])


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of a function in a module
        return False
