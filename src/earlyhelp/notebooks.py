"""Execute a parametrised text notebook: jupytext -> papermill -> a clean executed copy."""

from __future__ import annotations

import ast
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from earlyhelp.errors import InputError, Problem
from earlyhelp.promise import ANALYSIS_SETS
from earlyhelp.study import find_folder
from earlyhelp.theory import THEORY_FILE, load_theory


class NotebookError(RuntimeError):
    """A cell raised: names the notebook, the cell and the error."""


def _is_folder(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(find_folder(value))
    except InputError:
        return False


def _is_probability(value: Any) -> bool:
    return isinstance(value, float) and 0 < value < 1


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value))


# What each parameter of any notebook may be; a notebook has those its `parameters` cell sets.
PARAMETERS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "study": ("a study folder", _is_folder),
    "alpha": ("a number between 0 and 1, both excluded", _is_probability),
    "confidence": ("a number between 0 and 1, both excluded", _is_probability),
    "target_power": ("a number between 0 and 1, both excluded", _is_probability),
    "outcome": (
        "the id of an outcome of the theory of change, such as relationship-alliance",
        _is_id,
    ),
    "analysis_set": (
        f"one of: {', '.join(ANALYSIS_SETS)}",
        lambda value: value in ANALYSIS_SETS,
    ),
}


def read_notebook(source: Path) -> nbformat.NotebookNode:
    """Read a text notebook; cell ids follow the order of the cells, so that they never change."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
    notebook.metadata.pop("jupytext", None)
    return notebook


def default_parameters(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Names and values that the notebook's `parameters` cell assigns.

    The cell holds literals only, so it is read without being run.
    """
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            return {
                target.id: ast.literal_eval(statement.value)
                for statement in ast.parse(cell.source).body
                if isinstance(statement, ast.Assign)
                for target in statement.targets
                if isinstance(target, ast.Name)
            }
    return {}


def check_parameters(
    source: Path, notebook: nbformat.NotebookNode, given: Mapping[str, Any]
) -> None:
    """Refuse a parameter the notebook does not have or a value it cannot take.

    Raises
    ------
    InputError
        With every unknown name and every impossible value.
    """
    known = default_parameters(notebook)
    problems = [
        Problem(source.name, None, name, "an unknown parameter", f"one of: {', '.join(known)}")
        for name in given
        if name not in known
    ]
    for name in known:
        expected, allowed = PARAMETERS[name]
        value = given.get(name, known[name])
        if not allowed(value):
            problems.append(Problem(source.name, None, name, repr(value), expected))
    if not problems and "outcome" in given:
        problems += _outcome_problems(source, given["outcome"], given.get("study", known["study"]))
    if problems:
        raise InputError(problems)


def _outcome_problems(source: Path, outcome: str, study: str) -> list[Problem]:
    """Check an outcome that was asked for; the default is the published study's."""
    folder = find_folder(study)
    outcomes = load_theory(folder).outcomes if (folder / THEORY_FILE).is_file() else {}
    if outcome in outcomes:
        return []
    expected = f"one of: {', '.join(outcomes)}" if outcomes else "a study with a theory of change"
    return [Problem(source.name, None, "outcome", repr(outcome), expected)]


def execute(source: Path, output: Path, parameters: Mapping[str, Any]) -> None:
    """Run a text notebook and write its executed copy; nothing is written unless all cells ran.

    Parameters
    ----------
    source : Path
        MyST text notebook.
    output : Path
        The .ipynb to write.
    parameters : mapping
        Overrides the values of the `parameters` cell.

    Raises
    ------
    InputError
        For unknown parameters or impossible values, before any cell runs.
    NotebookError
        When a cell raises.
    """
    notebook = read_notebook(source)
    check_parameters(source, notebook, parameters)
    defaults = default_parameters(notebook)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain, executed = Path(scratch, "plain.ipynb"), Path(scratch, "executed.ipynb")
        nbformat.write(notebook, plain)
        try:
            papermill.execute_notebook(
                str(plain),
                str(executed),
                # A value that is the default needs no cell of its own.
                parameters={n: v for n, v in parameters.items() if v != defaults[n]},
                kernel_name="python3",
                cwd=str(Path.cwd()),
                progress_bar=False,
                # The kernel warns that it is reached over TCP, which stays on this machine.
                extra_arguments=["--log-level=ERROR"],
            )
        except PapermillExecutionError as error:
            raise NotebookError(_failure(source, error)) from None
        clean = _cleaned(nbformat.read(executed, as_version=4))
    partial = output.with_name(f".{output.name}.partial")
    nbformat.write(clean, partial)
    os.replace(partial, output)


def _failure(source: Path, error: PapermillExecutionError) -> str:
    lines = "\n".join(f"    {line}" for line in error.source.splitlines())
    return f"{source}: cell {error.cell_index + 1} failed\n{lines}\n{error.ename}: {error.evalue}"


def _cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs from run to run: times, paths, the interpreter's version."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
    return notebook
