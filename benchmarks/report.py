"""The whole report against `jupyter-book build`, and what an author's change costs.

Both execute the same cells of the same notebooks; jupyter-book, which caches what it executed,
gives HTML alone, and we PDF and Word, too. They take turns; each number is the median over the
rounds of ratios to jupyter-book's build from nothing in the same round. Linux only, and nothing
but the project's packages: `python benchmarks/report.py`, with `--rounds` for more than three.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter

import nbformat
import psutil
import yaml

from earlyhelp.compendium.building import environment
from earlyhelp.execution.notebooks import cells_of, read_notebook
from earlyhelp.render.html import FRONT_PAGE, assemble, study_settings
from earlyhelp.render.volumes import imprint
from earlyhelp.study.design import read_study

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "src", "notebooks", "book", "data", "requirements.txt", "_config.yml")
PARTS += ("_toc.yml", "CITATION.cff", "profiles")
STUDY, SECOND = Path("data/rotherham"), Path("data/second")
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
# Ours that save time and change no page.
SAVING = {"earlyhelp.render.again", "earlyhelp.render.numbered"}
PEER = "jupyter-book: all notebooks, HTML"
BECOME_SUBREAPER = 36
Cost = dict[str, float]


def cost(words: list[str], checkout: Path) -> Cost:
    """Seconds, seconds of all processors, and the most memory that all processes had at once."""
    settings = environment([STUDY]) | {"PYTHONPATH": str(checkout / "src"), "HOME": str(checkout)}
    before, start, most, ended = cpu(), perf_counter(), [0.0], Event()

    def watch() -> None:
        while not ended.wait(1):
            most[0] = max(most[0], memory())

    watcher = Thread(target=watch)
    watcher.start()
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=checkout, env=settings, capture_output=True, text=True)
    wall = perf_counter() - start
    ended.set()
    watcher.join()
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    # Also what outlived its parent, as a server of kernels does.
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    spent = {"wall": wall, "CPU": cpu() - before, "memory": most[0]}
    print(
        " ".join(words[-4:]), {kind: round(used) for kind, used in spent.items()}, file=sys.stderr
    )
    return spent


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory() -> float:
    """Bytes of all processes started here; what several share counts once."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:  # it has ended
            continue
    return total


def report(checkout: Path, *studies: Path, target: str = "report") -> Cost:
    words = ["-m", "earlyhelp", "report", *map(str, studies or [STUDY]), "--target", target]
    return cost(words, checkout)


def cold(checkout: Path, *studies: Path) -> Cost:
    for name in ("_build", ".snakemake"):
        shutil.rmtree(checkout / name, ignore_errors=True)
    return report(checkout, *studies)


def peer_book(checkout: Path) -> Path:
    """The same book for jupyter-book, with notebooks that were not executed."""
    built, book, study = checkout / "_build" / STUDY.name, checkout / "peer", checkout / STUDY
    shutil.rmtree(book, ignore_errors=True)
    contents = assemble(read_study(study), built / "results", checkout, book)
    (told,) = (json.loads(path.read_text("utf-8")) for path in built.glob("results-*/told.json"))
    said = imprint(read_study(study), checkout, told["digest"])
    config = yaml.safe_load((checkout / "_config.yml").read_text("utf-8"))
    config["execute"] = {"execute_notebooks": "cache", "timeout": 3600}
    sphinx = config["sphinx"]
    ours = sphinx["extra_extensions"]
    sphinx["extra_extensions"] = [name for name in ours if name not in SAVING]
    sphinx["config"] |= study_settings(read_study(study), said, contents, told)
    (book / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    for page in (book / FRONT_PAGE, *book.glob("results/*.ipynb")):
        convert(checkout / "notebooks" / f"{page.stem}.md", page, checkout / STUDY)
    return book


def convert(source: Path, page: Path, study: Path) -> None:
    """Write a notebook's cells for one study, with its folder as parameter."""
    notebook = read_notebook(source)
    notebook.cells = cells_of(notebook, study)
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    place = [("parameters" in found) for found in tags].index(True) + 1
    notebook.cells.insert(place, nbformat.v4.new_code_cell(f"study = {str(study)!r}"))
    nbformat.write(notebook, page)


def peer(checkout: Path, book: Path) -> Cost:
    spent = cost(["-c", JUPYTER_BOOK, "build", str(book)], checkout)
    if failed := [*book.glob("_build/html/reports/**/*.log")]:
        sys.exit(f"jupyter-book: {failed[0].read_text('utf-8')}")
    return spent


def add(path: Path, more: str) -> None:
    path.write_text(f"{path.read_text('utf-8')}\n{more}\n", "utf-8")


def one_round(checkout: Path, number: int) -> dict[str, Cost]:
    """Costs of all that is compared, in turns."""
    sentence = f"\nSentence number {number} was added.\n"
    cell = f"\n```{{code-cell}}\n{number} + 1\n```\n"
    chapter, page = checkout / "book/methods.md", checkout / "notebooks/promise.md"

    def changed(path: Path, more: str) -> Cost:
        add(path, more)
        return report(checkout, target="html")

    def peer_changed(more: str) -> Cost:
        add(page, more)
        convert(page, book / "results/promise.ipynb", checkout / STUDY)
        return peer(checkout, book)

    costs = {"All notebooks, HTML, PDF, Word": cold(checkout)}
    book = peer_book(checkout)
    costs |= {PEER: peer(checkout, book), "Nothing changed": report(checkout)}
    report(checkout, target="html")
    costs |= {
        "A sentence of a chapter changed": changed(chapter, sentence),
        "A sentence of a notebook changed": changed(page, sentence),
        "jupyter-book: a sentence of a notebook changed": peer_changed(sentence),
        "A cell changed": changed(page, cell),
        "jupyter-book: a cell changed": peer_changed(cell),
    }
    one, other = cold(checkout), report(checkout, SECOND)
    costs["Two studies, one after the other"] = {
        "wall": one["wall"] + other["wall"],
        "CPU": one["CPU"] + other["CPU"],
        "memory": max(one["memory"], other["memory"]),
    }
    costs["Two studies at once"] = cold(checkout, STUDY, SECOND)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Processes whose parent has ended become children of this one, so that their time counts.
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1)
    with TemporaryDirectory(prefix="benchmark-") as name:
        checkout = Path(name).resolve()
        for part in PARTS:
            copy: Callable[..., object] = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, checkout / part)
        shutil.copytree(checkout / STUDY, checkout / SECOND)
        report(checkout)  # what Python compiles is there from now on
        found = [one_round(checkout, number) for number in range(rounds)]
    print("| what is built | wall | CPU | memory, MB |\n|---|--:|--:|--:|")
    for what in found[0]:
        wall, total = (
            median(costs[what][kind] / costs[PEER][kind] for costs in found)
            for kind in ("wall", "CPU")
        )
        most = max(costs[what]["memory"] for costs in found) / 1e6
        print(f"| {what} | {wall:.2f} | {total:.2f} | {most:,.0f} |")
    apart, together = "Two studies, one after the other", "Two studies at once"
    gain = median(costs[apart]["wall"] / costs[together]["wall"] for costs in found)
    print(f"\nTwo studies at once: {gain:.2f} times as fast as one after the other.")


if __name__ == "__main__":
    main()
