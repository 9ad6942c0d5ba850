"""Execute a parametrised text notebook: jupytext -> papermill -> a clean executed copy."""

from __future__ import annotations

import ast
import logging
import math
import re
import sys
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from typing import Any

import jupytext
import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from earlyhelp.analysis.outcomes import ANALYSIS_SETS
from earlyhelp.analysis.quantities import FREE
from earlyhelp.execution.forked import ForkedProvisioner
from earlyhelp.qualitative.theory import THEORY_FILE, load_theory
from earlyhelp.report.myst import CAPTION, CLAIMED, TITLE
from earlyhelp.study.design import find_folder, read_study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import open_pilot
from earlyhelp.study.textfile import is_there, read_text, write_whole
from earlyhelp.validate import study_has

# Seconds that one cell may take. Work that needs longer is a step of the workflow, as the
# simulation is; without a limit a cell that waits for itself would hold up a build for good.
CELL_LIMIT = 3600
# Tags of cells about a published report whose data were reconstructed, and of the text of the study
# that the chapters are about.
RECONSTRUCTED, CHAPTER = "reconstructed-only", "chapter-only"
# Tags of cells, and with that of the parameters of pages, that not every study has something for.
NEEDS = "needs-"
TARGET = re.compile(r"\)=\n+$")
# Lines that no page shows.
COMMENTS = re.compile(r"(%.*\n?|\s)*")
HEADING = re.compile(r"^(?=(?:\([a-z0-9-]+\)=\n+)?(#+) )", re.MULTILINE)


class NotebookError(RuntimeError):
    """A notebook did not run to its end: names the notebook, the cell and what happened."""


def _is_folder(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(find_folder(value))
    except InputError:
        return False


def _is_probability(value: Any) -> bool:
    return isinstance(value, float) and 0 < value < 1


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value))


# What the compendium's own parameters may be. A notebook has those its `parameters` cell sets, and
# of others, which its author added, only the type is known.
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
    """Read a text notebook; cell ids follow the order of the cells, so that they never change.

    A value that was injected when an executed copy was made is left out: parameters are what the
    `parameters` cell and the caller say.

    Raises
    ------
    InputError
        When the file is no text, no notebook, or a notebook of another language than Python.
    """
    expected = "a Python notebook: MyST Markdown whose header names the kernel, or .ipynb"
    text = read_text(source, expected).replace("\r\n", "\n")
    try:
        notebook: nbformat.NotebookNode = jupytext.reads(text, {"extension": source.suffix})
        cells = [cell for cell in notebook.cells if not _tagged(cell, "injected-parameters")]
        kernel = notebook.metadata.get("kernelspec", {})
        language = kernel.get("language") or notebook.metadata.get("language_info", {}).get("name")
    # A parser of four formats, which fails in as many ways on what is none of them.
    except Exception as error:
        reason = str(error).partition("\n")[0]
        found = f"what cannot be read as one ({type(error).__name__}: {reason})"
        raise InputError([Problem(source.name, None, "", found, expected)]) from None
    if language != "python" or not any(cell.cell_type == "code" for cell in cells):
        found = "no code cell" if language == "python" else f"a kernel for {language or 'nothing'}"
        raise InputError([Problem(source.name, None, "", found, expected)])
    notebook.cells = cells
    notebook.nbformat_minor = 5  # the first that has ids
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
    notebook.metadata.pop("jupytext", None)
    return notebook


def _tagged(cell: nbformat.NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def default_parameters(source: Path, notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Names and values that the notebook's `parameters` cell assigns; none without such a cell.

    The cell is read without being run.

    Raises
    ------
    InputError
        When there are two such cells, or a line of the cell is not NAME = LITERAL.
    """

    def problem(found: str, expected: str) -> Problem:
        return Problem(source.name, None, "parameters", found, expected)

    cells = [cell for cell in notebook.cells if _tagged(cell, "parameters")]
    if len(cells) > 1:
        raise InputError([problem(f"{len(cells)} cells with this tag", "one")])
    parameters, problems = {}, []
    line = "lines NAME = VALUE, each value a literal such as 0.05 or 'text'"
    for cell in cells:
        try:
            statements = ast.parse(cell.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InputError([problem(f"no Python ({error})", line)]) from None
        for statement in statements:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(name)], value=ast.expr() as value)
                    | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
                ):
                    try:
                        parameters[name] = ast.literal_eval(value)
                        continue
                    except (ValueError, TypeError, RecursionError, MemoryError):
                        pass
            found = ast.get_source_segment(cell.source, statement) or ""
            problems.append(problem(shorten(found, 100), line))
    if problems:
        raise InputError(problems)
    return parameters


def given_parameters(
    source: Path, notebook: nbformat.NotebookNode, given: Mapping[str, str]
) -> dict[str, Any]:
    """Take what was typed as the type that the notebook declares: that of the default.

    Parameters
    ----------
    given : mapping
        Texts by name of parameter.

    Returns
    -------
    dict
        The values that are not the default.

    Raises
    ------
    InputError
        With every unknown name and every impossible value, of the defaults too.
    """
    defaults = default_parameters(source, notebook)
    declared = f"one of: {', '.join(defaults)}" if defaults else "none: it declares no parameters"
    problems = [
        Problem(source.name, None, name, "an unknown parameter", declared)
        for name in given
        if name not in defaults
    ]
    values = dict(defaults)
    for name, default in defaults.items():
        try:
            if name in given:
                values[name] = _value(given[name], default)
        except ValueError as error:
            problems.append(Problem(source.name, None, name, repr(given[name]), str(error)))
            continue
        if name in PARAMETERS:
            expected, allowed = PARAMETERS[name]
            if not allowed(values[name]):
                problems.append(Problem(source.name, None, name, repr(values[name]), expected))
    if not problems and "outcome" in given and "study" in values:
        problems += _outcome_problems(source, values["outcome"], values["study"])
    if problems:
        raise InputError(problems)
    return {name: value for name, value in values.items() if repr(value) != repr(defaults[name])}


def _value(text: str, default: Any) -> Any:
    """Read a text as the type of a default; a ValueError says what was expected instead."""
    kind = type(default)
    if kind is str:
        if re.search("[\ud800-\udfff]", text):
            raise ValueError("text in UTF-8")
        return text
    if kind is float:
        number = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
        if re.fullmatch(number, text) and math.isfinite(value := float(text)):
            return value
        raise ValueError("a decimal number, such as 0.05, .05 or 5e-2")
    if kind is int:
        # Python reads no more digits than these at once.
        if re.fullmatch(r"[+-]?[0-9]{1,4300}", text):
            return int(text)
        raise ValueError("a whole number")
    try:
        value = ast.literal_eval(text)
        # What Python writes of an infinite number is no literal.
        if kind in (type(None), type(value)) and ast.literal_eval(repr(value)) == value:
            return value
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        pass
    expected = {bool: "True or False", type(None): "a Python literal"}
    raise ValueError(expected.get(kind, f"a Python {kind.__name__}, such as {default!r}"))


def _outcome_problems(source: Path, outcome: str, study: str) -> list[Problem]:
    """Check an outcome that was asked for; the default is the published study's."""
    folder = find_folder(study)
    outcomes = load_theory(folder).outcomes if is_there(folder / THEORY_FILE) else {}
    if outcome in outcomes:
        return []
    expected = f"one of: {', '.join(outcomes)}" if outcomes else "a study with a theory of change"
    return [Problem(source.name, None, "outcome", repr(outcome), expected)]


def execute(source: Path, output: Path, given: Mapping[str, str]) -> None:
    """Run a notebook and write its executed copy; nothing is written unless all cells ran.

    Parameters
    ----------
    source : Path
        MyST text notebook, or an .ipynb.
    output : Path
        The .ipynb to write.
    given : mapping
        Texts that override the values of the `parameters` cell (`given_parameters`).

    Raises
    ------
    InputError, NotebookError
        As `executed`.
    """
    write(executed(source, given), output)


def write(notebook: nbformat.NotebookNode, output: Path) -> None:
    """Write a notebook, as a whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, f"{nbformat.writes(notebook)}\n".encode())


def executed(
    source: Path,
    given: Mapping[str, str],
    manager: type[KernelManager] | None = None,
    kept: Path | None = None,
) -> nbformat.NotebookNode:
    """Run a notebook, without what differs from run to run.

    Cells are left out that are not of the study (`cells_of`), and afterwards sections that show
    nothing (`without_shells`). Of a page that the study has nothing for no cell is left.

    Parameters
    ----------
    source, given
        As `execute`.
    manager : type, optional
        How kernels are started; each with an interpreter of its own by default.
    kept : Path, optional
        File of the cells of code as they were executed before. What they showed is joined to the
        notebook's prose, and nothing runs; where it is not there, it is written.

    Raises
    ------
    InputError
        For what is no notebook, unknown parameters or impossible values, before any cell runs.
    NotebookError
        When a cell raises, ends the kernel or takes longer than `CELL_LIMIT`. A warning on stderr
        is output like any other.
    """
    notebook = read_notebook(source)
    values = given_parameters(source, notebook, given)
    study = (default_parameters(source, notebook) | values).get("study")
    if study:
        notebook.cells = cells_of(notebook, find_folder(study))
    if notebook.cells:
        _inject(notebook, values)
        code = nbformat.from_dict({**notebook, "cells": _code(notebook)})
        if kept and is_there(kept):
            code = nbformat.read(kept, as_version=4)
        else:
            code = _untimed(_run(source, code, manager or KernelManager))
            if kept:
                write(code, kept)
        for cell, ran in zip(_code(notebook), _code(code), strict=True):
            if cell.source != ran.source:
                raise NotebookError(f"{source}: {kept} has the output of other code")
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        notebook = without_shells(notebook)
    return _cleaned(notebook)


def _untimed(code: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Cells of code and what they gave, without what is said of them: it has the time of day."""
    names = ("source", "outputs", "execution_count", "id")
    cells = (
        nbformat.v4.new_code_cell(**{name: cell[name] for name in names}) for cell in code.cells
    )
    kept: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=list(cells))
    return kept


def _code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cells_of(notebook: nbformat.NotebookNode, folder: Path) -> list[nbformat.NotebookNode]:
    """The cells of a notebook that a study has something for.

    Left out are cells with the tag `RECONSTRUCTED` where the data are observed, with the tag
    `CHAPTER` where the chapters are about another study, and with a tag `NEEDS` of what the study
    has not (`study_has`). Such a tag of the cell of parameters is about the whole page.
    """
    study = read_study(folder)
    has = {RECONSTRUCTED: study.provenance == "reconstructed", CHAPTER: study.chapters}
    tagged = any(
        tag.startswith(NEEDS) for c in notebook.cells for tag in c.metadata.get("tags", [])
    )
    if tagged:
        has |= {f"{NEEDS}{what}": there for what, there in study_has(open_pilot(folder)).items()}

    def kept(cell: nbformat.NotebookNode) -> bool:
        tags = cell.metadata.get("tags", [])
        unknown = [tag for tag in tags if tag.startswith(NEEDS) and tag not in has]
        if unknown:
            raise KeyError(f"{unknown[0]}: no such need")
        return all(has.get(tag, True) for tag in tags)

    whole = (cell for cell in notebook.cells if _tagged(cell, "parameters"))
    return [cell for cell in notebook.cells if kept(cell)] if all(map(kept, whole)) else []


def without_shells(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out each section whose cells of code show nothing, with its heading and its text.

    Of a page that shows nothing at all no cell is left.
    """
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    if HEADING.match(notebook.cells[0].source) and not shown:
        notebook.cells = []
    pieces: list[tuple[nbformat.NotebookNode, str, int]] = []
    for cell in notebook.cells:
        found = (match.start() for match in HEADING.finditer(cell.source))
        # The target of a heading is a part of it.
        ends = [start for start in found if not TARGET.search(cell.source[:start])]
        texts = [cell.source]
        if cell.cell_type == "markdown":
            parts = zip([0, *ends], [*ends, len(cell.source)], strict=True)
            texts = [text for start, end in parts if (text := cell.source[start:end]).strip()]
        for text in texts:
            heading = HEADING.match(text) if cell.cell_type == "markdown" else None
            pieces.append((cell, text, len(heading[1]) if heading else 0))
    dropped: set[int] = set()
    for start, (_, _, level) in enumerate(pieces):
        # The page itself, at the first level, is left out as a whole or not at all.
        if level > 1:
            rest = range(start + 1, len(pieces))
            end = next((n for n in rest if 0 < pieces[n][2] <= level), len(pieces))
            section = [cell for cell, _, _ in pieces[start:end]]
            code = [cell for cell in section if cell.cell_type == "code"]
            # Text about the study says something without them.
            told = any(
                _tagged(cell, tag) and not COMMENTS.fullmatch(cell.source)
                for cell in section
                for tag in (RECONSTRUCTED, CHAPTER)
            )
            if code and not told and not any(cell.outputs for cell in code):
                dropped |= set(range(start, end))
    if dropped:
        notebook.cells = _rejoined([p for n, p in enumerate(pieces) if n not in dropped])
    return notebook


def _rejoined(
    pieces: list[tuple[nbformat.NotebookNode, str, int]],
) -> list[nbformat.NotebookNode]:
    """Cells of what is left of their texts; cells of code that were run keep their order."""
    cells: list[nbformat.NotebookNode] = []
    for _, group in groupby(pieces, key=lambda piece: id(piece[0])):
        kept = list(group)
        kept[0][0].source = "".join(text for _, text, _ in kept).rstrip()
        cells.append(kept[0][0])
    ran = (cell for cell in cells if cell.cell_type == "code" and cell.source.strip())
    for number, cell in enumerate(ran, start=1):
        cell.execution_count = number
    return cells


def _inject(notebook: nbformat.NotebookNode, values: Mapping[str, Any]) -> None:
    """Put a cell that sets other values below the `parameters` cell; none for the defaults.

    It is folded where that cell is. Written here, as papermill turns a tuple into text and the keys
    of a mapping too.
    """
    if values:
        place = [_tagged(cell, "parameters") for cell in notebook.cells].index(True) + 1
        tags = ["injected-parameters", *notebook.cells[place - 1].metadata["tags"]]
        tags.remove("parameters")
        lines = ["# Parameters", *(f"{name} = {value!r}" for name, value in values.items())]
        cell = nbformat.v4.new_code_cell("\n".join(lines), id="parameters", metadata={"tags": tags})
        notebook.cells.insert(place, cell)


class KernelManager(AsyncKernelManager):
    """Ends a kernel by asking it to; it is killed when it does not.

    jupyter_client interrupts a kernel before it asks. One that is not quite done with its last
    answer then reports an error, after a run without any.
    """

    async def shutdown_kernel(  # type: ignore[override]
        self, now: bool = False, restart: bool = False
    ) -> None:
        """Ask, and wait."""
        await self.request_shutdown(restart=restart)
        await self.finish_shutdown(restart=restart)


class ForkingManager(KernelManager):
    """Forks its kernel (`forked`)."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.provisioner = ForkedProvisioner(kernel_spec=self.kernel_spec, parent=self)


def _run(
    source: Path, notebook: nbformat.NotebookNode, manager: type[KernelManager]
) -> nbformat.NotebookNode:
    """Execute every cell, or raise a NotebookError."""
    started: list[nbformat.NotebookNode] = []

    def start(cell: nbformat.NotebookNode, cell_index: int) -> None:
        started.append(cell)

    def judge(
        cell: nbformat.NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]
    ) -> None:
        if error := _error(cell) or _refusal(execute_reply["content"]):
            raise _failure(source, cell, error)

    # What papermill logs it also raises.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    sockets = TemporaryDirectory(prefix="kernel-")
    # A TCP port that is free now may be another kernel's a moment later, whose messages would come
    # here; sockets in a folder of its own are a kernel's alone. Windows has none.
    reached = {"connection_file": str(Path(sockets.name) / "kernel.json")}
    if sys.platform != "win32":
        reached["transport"] = "ipc"
    try:
        ran: nbformat.NotebookNode = papermill.execute_notebook(
            notebook,
            None,
            kernel_name="python3",
            kernel_manager_class=manager,
            cwd=str(Path.cwd()),
            progress_bar=False,
            execution_timeout=CELL_LIMIT,
            # The outputs of a cell that has ended; four seconds are too few on a busy machine.
            iopub_timeout=CELL_LIMIT,
            on_cell_execute=start,
            on_cell_executed=judge,
            config=Config(KernelManager=reached),
        )
    except TimeoutError:
        raise _failure(source, started[-1], f"no end after {CELL_LIMIT} seconds") from None
    except NotebookError:
        raise
    except RuntimeError as error:
        if started:
            raise _failure(source, started[-1], "the kernel died") from None
        raise NotebookError(f"{source}: no kernel could be started\n{error}") from None
    finally:
        sockets.cleanup()
    for cell, what in unfinished(ran):
        raise _failure(source, cell, what)
    return ran


def unfinished(notebook: nbformat.NotebookNode) -> list[tuple[nbformat.NotebookNode, str]]:
    """Code cells that did not run to their end, in order and in a kernel of their own, and why.

    An empty cell has nothing to run.
    """
    cells = [cell for cell in _code(notebook) if cell.source.strip()]
    found = []
    for number, cell in enumerate(cells, start=1):
        if error := _error(cell):
            found.append((cell, error))
        elif cell.execution_count != number:
            found.append((cell, f"execution count {cell.execution_count}, not {number}"))
    return found


def _error(cell: nbformat.NotebookNode) -> str:
    """What a cell shows of an exception; empty without one."""
    errors = (output for output in cell.outputs if output.output_type == "error")
    return next((f"{error.ename}: {error.evalue}" for error in errors), "")


def _refusal(reply: Mapping[str, Any]) -> str:
    """What a kernel's answer says of a cell that did not end well without an exception.

    papermill takes sys.exit(0) for success, and does not see that IPython's quit() makes the
    kernel end a little later.
    """
    if reply["status"] != "ok":
        return str(reply.get("ename", reply["status"]))
    asked = any(payload["source"] == "ask_exit" for payload in reply.get("payload", []))
    return "it ends the kernel" if asked else ""


def _failure(source: Path, cell: nbformat.NotebookNode, what: str) -> NotebookError:
    lines = "\n".join(f"    {line}" for line in cell.source.splitlines())
    return NotebookError(f"{source}: {cell.id.replace('-', ' ')} failed\n{lines}\n{what}")


def _claimed(cell: nbformat.NotebookNode) -> set[str]:
    """What a cell's outputs may claim; without a claim it is empty."""
    outputs = cell.get("outputs", [])
    return {status for output in outputs for status in output.get("metadata", {}).get(CLAIMED, ())}


def _cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what differs from run to run: times, paths, the interpreter's version.

    What the reconstruction has set freely is folded: no finding stands in a reader's way for it.
    """
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
        cell.metadata.setdefault("tags", [])  # as papermill leaves cells of code
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        figure = cell.metadata.get("mystnb", {}).get("figure")
        for output in cell.get("outputs", []) if figure else ():
            told = output.get("metadata", {})
            for text, place in ((told.get(TITLE), 0), (told.get(CAPTION), 1)):
                if text and text not in figure["caption"]:
                    parts = [figure["caption"]]
                    parts.insert(place, text)
                    figure["caption"] = " ".join(parts)
        if _claimed(cell) == {FREE}:
            tags = (tag for tag in cell.metadata.get("tags", []) if tag != "hide-input")
            cell.metadata["tags"] = [*tags, "hide-cell"]
            prompt = {"code_prompt_show": "Illustrative: show", "code_prompt_hide": "Illustrative"}
            cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | prompt
    return notebook
