"""A changed parameter moves what depends on it, and nothing else.

What depends on a parameter follows from the code: a statement that reads the parameter, or a name
that such a statement has set. Executed without a kernel, cell by cell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import jupytext
import pytest
from helpers import ROOT

from earlyhelp.report import page as pages

STUDY = "tests/studies/complete"
CHANGED = [
    ("determined", "confidence", 0.8),
    ("index", "confidence", 0.8),
    ("promise", "confidence", 0.8),
    ("promise", "analysis_set", "trained"),
    ("readiness", "alpha", 0.2),
    ("readiness", "target_power", 0.6),
    ("theory_of_change", "alpha", 0.9),
    ("theory_of_change", "outcome", "records"),
    ("trial", "alpha", 0.2),
    ("trial", "confidence", 0.8),
    ("trial", "target_power", 0.6),
]


def cells(page: str, **values: object) -> list[str]:
    """Code cells of a page; the parameters cell with the study and other values."""
    found = [c for c in jupytext.read(ROOT / f"notebooks/{page}.md").cells if c.cell_type == "code"]
    lines = [f"{name} = {value!r}" for name, value in {"study": STUDY, **values}.items()]
    return [
        "\n".join([cell.source, *lines])
        if "parameters" in cell.metadata.get("tags", [])
        else cell.source
        for cell in found
    ]


def shown(page: str, monkeypatch: pytest.MonkeyPatch, **values: object) -> list[list[object]]:
    """What each code cell of a page displays."""
    names: dict[str, object] = {}
    found: list[list[object]] = []
    monkeypatch.setattr(pages, "display", lambda content, **_: found[-1].append(content))
    for source in cells(page, **values):
        found.append([])
        exec(source, names)
    return found


def dependent(page: str, parameter: str) -> Iterator[int]:
    """Code cells with a statement that a parameter bears on."""
    bearing = {parameter}
    for number, source in enumerate(cells(page)):
        for statement in ast.parse(source).body:
            names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            reads = {node.id for node in names if isinstance(node.ctx, ast.Load)}
            if reads & bearing:
                bearing |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
                yield number


def test_every_parameter_is_tried() -> None:
    stated = {
        (path.stem, target.id)
        for path in (ROOT / "notebooks").glob("*.md")
        for cell in jupytext.read(path).cells
        if "parameters" in cell.metadata.get("tags", [])
        for statement in ast.parse(cell.source).body
        for target in statement.targets
    }
    assert {one for one in stated if one[1] != "study"} == {
        (page, name) for page, name, _ in CHANGED
    }


@pytest.mark.parametrize(("page", "name", "value"), CHANGED)
def test_a_parameter_moves_what_depends_on_it(
    page: str, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    before, after = shown(page, monkeypatch), shown(page, monkeypatch, **{name: value})
    moved = {
        number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]
    }
    able = {number for number in dependent(page, name) if before[number]}
    assert moved
    assert moved <= able
