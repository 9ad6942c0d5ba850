"""What the source says that a step depends on, against what it loads and opens when it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest
from helpers import ROOT, write_told

from earlyhelp.execution.dependencies import all_files, imported, sources
from earlyhelp.execution.forked import OPENING

PACKAGE = ROOT / "src/earlyhelp"
# Put before what runs, and after it.
WATCH = """\
import os, sys
opened = set()
def hear(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        opened.add(os.path.realpath(arguments[0]))
sys.addaudithook(hear)
"""
TELL = """
import json
import re
loaded = [m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "earlyhelp"]
json.dump([*map(os.path.realpath, loaded), *opened], open({told!r}, "w"))
"""


def run(code: str, told: Path, cwd: Path) -> set[Path]:
    """Files that code opens, and those of the modules that it loads."""
    whole = f"{WATCH}\n{code}\n{TELL.format(told=str(told))}"
    subprocess.run([sys.executable, "-c", whole], check=True, cwd=cwd)
    return {Path(name) for name in json.loads(told.read_text())}


def of_package(files: set[Path]) -> set[Path]:
    """Those of the package, without what Python compiles."""
    return {f for f in files if f.is_relative_to(PACKAGE) and "__pycache__" not in f.parts}


def counted(*entries: str) -> set[Path]:
    return {ROOT / path for path in sources(entries)}


def command(*words: object) -> str:
    return f"from earlyhelp.cli import main\nassert main({[*map(str, words)]!r}) == 0"


def test_what_pages_are_told_depends_on_nothing_else(tmp_path: Path, rotherham: Path) -> None:
    code = f"""
from pathlib import Path
from earlyhelp.execution import opened as study
study.checked(Path({str(rotherham)!r}))
study.told(Path({str(rotherham)!r}))"""
    seen = run(code, tmp_path / "told", tmp_path)
    assert of_package(seen) <= counted(OPENING)
    read = {f for f in seen if f.is_relative_to(rotherham) and f.is_file()}
    assert len(read) > 10
    assert read <= {*all_files(rotherham)}


def test_the_pages_load_nothing_else(compendium: Path, tmp_path: Path) -> None:
    output = tmp_path / "html"
    given = ("--results", "book/results", "--told", write_told(compendium / "data/rotherham"))
    to = ("--kept", tmp_path / "kept", "--output", output)
    words = ("html", "data/rotherham", *given, *to)
    seen = of_package(run(command(*words), tmp_path / "told", compendium))
    extensions = re.findall(r"earlyhelp\.render\.\w+", (ROOT / "_config.yml").read_text("utf-8"))
    entries = ["earlyhelp.render.html", *extensions]
    assert PACKAGE / "render/origins.py" in seen
    assert seen <= counted(*entries)


def test_the_volumes_load_nothing_else(built_book: Path, tmp_path: Path) -> None:
    root = built_book.parents[1]
    given = ("--html", built_book, "--told", write_told(root / "data/rotherham"))
    words = ("volumes", "data/rotherham", *given, "--output", tmp_path / "volumes")
    seen = of_package(run(command(*words), tmp_path / "told", root))
    assert PACKAGE / "printing/assets/report.typ" in seen
    assert seen <= counted("earlyhelp.printing.pdf")


@pytest.mark.parametrize("name", ["index", "key_findings", "triangulation"])
def test_a_notebook_loads_nothing_else(name: str, tmp_path: Path) -> None:
    text = (ROOT / f"notebooks/{name}.md").read_text("utf-8")
    code = "\n".join(
        cell.source for cell in jupytext.reads(text, "md:myst").cells if cell.cell_type == "code"
    )

    seen = run(code, tmp_path / "told", ROOT)
    assert PACKAGE / "report/page.py" in seen
    assert of_package(seen) <= counted(*imported(text))
    of_study = {f for f in seen if f.is_relative_to(ROOT / "data") and f.is_file()}
    assert of_study <= {ROOT / path for path in all_files("data/rotherham")}
