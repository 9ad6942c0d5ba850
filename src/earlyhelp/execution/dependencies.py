"""What a step of the workflow depends on: the modules that it imports and the files that it reads.

The workflow names every output by a digest of these. Imports are found in the source, without
running it; those inside functions count, too. Paths are relative to the top of the compendium,
where the workflow runs, or to the package, so that names are the same wherever these lie.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import grimp

import earlyhelp
from earlyhelp.study.design import find_folder
from earlyhelp.study.textfile import is_there, read_text, read_whole

PACKAGE = "earlyhelp"
# Where the package lies, in a checkout or in an environment.
SOURCE = Path(earlyhelp.__file__).parents[1]
# The command line, which every step goes through.
COMMANDS = f"{PACKAGE}.cli"
# A module that looks for files beside itself imports or names one of these.
DATA = {"importlib.resources", "PackageLoader", "__file__"}
PINS = Path("requirements.txt")

_CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
# What MyST takes for the header of a cell: YAML between lines of dashes, or a line a key.
_HEADER = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


def key(
    study: str | Path,
    entries: Iterable[str],
    files: Iterable[str | Path] = (),
    said: Iterable[str] = (),
) -> str:
    """Digest of all that a step depends on, short enough for a name.

    Parameters
    ----------
    study : path
        Folder of the study, of which every file counts.
    entries : iterable of str
        Modules that the step runs; with them count those that they import, and the pins.
    files : iterable of path
        Files and folders that it reads beside the study's.
    said : iterable of str
        What else it is given.
    """
    read = (*all_files(study), *sources(entries), PINS, *map(Path, files))
    told = [digest(*dict.fromkeys(read)), *said]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]


def digest(*roots: Path) -> str:
    """Short SHA-256 over names and contents of files and of all files below folders."""
    total = hashlib.sha256()
    for file in sorted(file for root in roots for file in _files(root)):
        name = file.relative_to(SOURCE) if SOURCE in file.parents else file
        total.update(f"{name.as_posix()}\0{_digest(file)}\n".encode())
    return total.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    found = sorted(root.rglob("*")) if root.is_dir() else [root] if is_there(root) else []
    return (path for path in found if not path.is_dir() and "__pycache__" not in path.parts)


def _digest(file: Path) -> str:
    return hashlib.sha256(read_whole(file, "a file")).hexdigest()


@cache
def all_files(folder: str | Path) -> tuple[Path, ...]:
    """Files of a study folder that a step may read: all but scripts and what an editor hides.

    `validate.study_files` knows which are read; to ask it takes the time of many imports.
    """
    find_folder(folder)
    return tuple(
        path
        for path in _files(Path(folder))
        if path.suffix != ".py" and not any(part.startswith((".", "~$")) for part in path.parts)
    )


def sources(entries: Iterable[str]) -> list[Path]:
    """Files of the modules that some modules import, and what these read beside themselves.

    Examples
    --------
    >>> [path.name for path in sources(["earlyhelp.paper.page"]) if path.suffix == ".html"]
    ['page.html']
    """
    found = set()
    for module in (*modules(entries), *_commands()):
        file = _file(module)
        found.add(file)
        if _has_data(file):
            found |= {path for path in _files(file.parent) if path.suffix != ".py"}
    return sorted(found)


def _file(module: str) -> Path:
    place = SOURCE.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _has_data(file: Path) -> bool:
    text = read_text(file)
    return any(name in text for name in DATA) and any(
        DATA & {getattr(node, "id", None), getattr(node, "module", None)}
        for node in ast.walk(ast.parse(text))
    )


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None)


@cache
def _commands() -> set[str]:
    """The command line's modules, and what is imported with them.

    What one of its commands imports when it is run is a matter of the step that runs it.
    """
    found = {f"{PACKAGE}.__main__", COMMANDS, *_graph().find_descendants(COMMANDS)}
    statements = (node for module in found for node in ast.parse(read_text(_file(module))).body)
    names = {node.module or "" for node in statements if isinstance(node, ast.ImportFrom)}
    return found | modules(names - found)


def modules(entries: Iterable[str]) -> set[str]:
    """Modules of this package that some modules import, directly or not, and these themselves.

    Others than this package's are left out: the pins say which they are.

    Examples
    --------
    >>> sorted(modules(["earlyhelp.study.textfile", "pandas"]))
    ['earlyhelp', 'earlyhelp.study', 'earlyhelp.study.problems', 'earlyhelp.study.textfile']
    """
    graph = _graph()
    found = {module for module in entries if module in graph.modules}
    found |= {one for module in found for one in graph.find_upstream_modules(module)}
    # Who imports a module imports the packages that it is in.
    return {
        ".".join(parts[:n])
        for parts in (module.split(".") for module in found)
        for n in range(1, len(parts) + 1)
    }


def code_cells(notebook: str) -> list[str]:
    r"""Cells of code of a text notebook with their headers: all of it that execution depends on.

    Examples
    --------
    >>> code_cells("# Title\n\n```{code-cell}\nx = 1\n```\n\nProse.\n")
    ['x = 1\n']
    """
    return [match[2] for match in _CELL.finditer(notebook)]


def imported(notebook: str) -> list[str]:
    r"""Modules that the cells of a text notebook import, and what they import from modules.

    Examples
    --------
    >>> cell = "import math\nfrom earlyhelp.report import figures\n"
    >>> imported(f"```{{code-cell}}\n:tags: [a]\n\n{cell}```\n")
    ['earlyhelp.report', 'earlyhelp.report.figures', 'math']
    """
    found = set()
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(_HEADER.sub("", cell))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return sorted(found)
