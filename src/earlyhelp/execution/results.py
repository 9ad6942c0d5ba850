"""The executed notebooks of one study: code is executed once, and prose joined to what it showed.

What execution gave is kept under a key of the cells of code, the modules that they import and the
study's files. A changed sentence finds it and executes nothing; pages of unchanged text are kept
whole.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from joblib import cpu_count

from earlyhelp.execution import dependencies, forked
from earlyhelp.study.textfile import is_there, read_text, write_whole

ENTRY = __name__


def build_results(
    study: str | Path,
    output: str | Path,
    told: str | Path,
    kept: str | Path,
    notebooks: str | Path = "notebooks",
) -> None:
    """Check a study and execute the notebooks of a folder for it.

    Those that it has nothing for have no cells.

    Parameters
    ----------
    study : path
        Folder of the study.
    output : path
        Folder for the executed notebooks; replaced once all are there.
    told : path
        JSON file for what pages are told (`opened.told`).
    kept : path
        Folder in which execution finds what it gave before; what nothing asked for is removed.
    notebooks : path
        Folder of text notebooks with a parameter `study`.

    Raises
    ------
    InputError
        With every problem of the study.
    NotebookError
        With what every notebook says that does not run to its end.
    """
    study, output, kept = Path(study), Path(output), Path(kept)
    texts = {path: read_text(path, "a notebook") for path in sorted(Path(notebooks).glob("*.md"))}
    places = {path: kept / name for path, name in kept_names(study, texts).items()}
    pages = {path: _page(place, texts[path]) for path, place in places.items()}
    kept_told = kept / told_name(study)
    check = not is_there(kept_told)
    imports = {module for text in texts.values() for module in dependencies.imported(text)}
    # By one name for all processes, wherever they run.
    opened = study.absolute()
    forked.preload(sorted(filter(_is_module, imports)), opened, check)
    worker = forked.worker()
    checking = worker.submit(forked.ask, "checked", opened) if check else None
    # While the server loads the libraries.
    from earlyhelp.execution.notebooks import (
        ForkingManager,
        KernelManager,
        NotebookError,
        executed,
        write,
    )

    manager = ForkingManager if forked.AVAILABLE else KernelManager
    new = output.with_name(f"{output.name}.new")
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
        for remark in checking.result() if checking else ():
            print(f"{study}: {remark}", file=sys.stderr)
        telling = worker.submit(forked.ask, "told", opened) if check else None
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        failed = sorted(filter(None, pool.map(make, reversed(order))))
        if telling:
            content = json.dumps(telling.result(), sort_keys=True)
            write_whole(kept_told, f"{content}\n".encode())
    finally:
        forked.end_all()
        pool.shutdown(cancel_futures=True)
    if failed:
        shutil.rmtree(new, ignore_errors=True)
        raise NotebookError("\n".join(failed))
    shutil.rmtree(output, ignore_errors=True)
    new.rename(output)
    shutil.copyfile(kept_told, told)
    for old in {*kept.iterdir()} - {kept_told, *places.values(), *pages.values()}:
        old.unlink()


def told_name(study: str | Path) -> str:
    """Name under which is kept what pages are told of a study; it is kept of one without problem.

    Examples
    --------
    >>> told_name("tests/studies/mini")[:5], told_name("tests/studies/mini")[-5:]
    ('told-', '.json')
    """
    return f"told-{dependencies.key(study, [ENTRY, forked.OPENING])}.json"


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
