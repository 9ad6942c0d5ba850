"""Functions that a notebook or another folder calls have an example, which pytest runs as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import jupytext
from helpers import ROOT

SOURCE = ROOT / "src/earlyhelp"
# Modules without examples so far: what they make is seen on the pages (`tests/golden`).
NOT_YET = {f"report.{name}" for name in ("claim_cards", "figures", "page", "tables")}
NOT_YET |= {"report.qualitative_tables"}
# What takes a whole report, or has no end.
NOT_YET |= {"execution.notebooks.execute", "execution.results.build_results"}
NOT_YET |= {"render.html.build_html", "printing.pdf.build_volumes", "compendium.watching.watch"}


def module(path: Path) -> str:
    """Name of a module below `earlyhelp`; of a folder for its `__init__`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def folder(name: str) -> str:
    return name.rpartition(".")[0]


def imported(tree: ast.Module) -> Iterator[str]:
    """Names below `earlyhelp` that a module imports, or reads from a module that it imports."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("earlyhelp."):
            origin = node.module.removeprefix("earlyhelp.")
            names |= {a.asname or a.name: f"{origin}.{a.name}" for a in node.names}
    yield from names.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{names.get(node.value.id)}.{node.attr}"


def callers() -> Iterator[tuple[str, ast.Module]]:
    """Folder, and the code, of every module, script of a study, and notebook."""
    for path in SOURCE.rglob("*.py"):
        yield folder(module(path)), ast.parse(path.read_text("utf-8"))
    for path in (ROOT / "data").rglob("*.py"):
        yield "data", ast.parse(path.read_text("utf-8"))
    for path in (ROOT / "notebooks").glob("*.md"):
        cells = [c.source for c in jupytext.read(path).cells if c.cell_type == "code"]
        yield "notebooks", ast.parse("\n".join(cells))


def without_example() -> Iterator[str]:
    """Functions that are called from elsewhere and whose docstring has no example."""
    calls = {(name, home) for home, tree in callers() for name in imported(tree)}
    for path in sorted(SOURCE.rglob("*.py")):
        name = module(path)
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and ">>>" not in (ast.get_docstring(node) or ""):
                # A folder's `__init__` may pass a name on.
                known = {f"{name}.{node.name}", f"{folder(name)}.{node.name}"}
                if any(call in known and home != folder(name) for call, home in calls):
                    yield f"{name}.{node.name}"


def test_what_another_folder_or_a_notebook_calls_has_an_example() -> None:
    let_off = {
        name: {name, folder(name), folder(folder(name))} & NOT_YET for name in without_example()
    }
    assert [name for name, by in let_off.items() if not by] == []
    assert set().union(*let_off.values()) == NOT_YET, "what has its examples is not let off"
