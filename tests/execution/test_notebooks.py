"""Executing text notebooks."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
from helpers import NOTEBOOK, ROOT

from earlyhelp.cli import main
from earlyhelp.execution import notebooks
from earlyhelp.execution.notebooks import (
    NotebookError,
    default_parameters,
    execute,
    given_parameters,
    read_notebook,
    unfinished,
)
from earlyhelp.study.problems import InputError, Problem


@pytest.mark.parametrize(("provenance", "said"), [("observed", False), ("reconstructed", True)])
def test_what_is_said_of_a_report_is_left_out_of_observed_pages(
    mini: Path, tmp_path: Path, provenance: str, said: bool
) -> None:
    design = (mini / "study.yml").read_text("utf-8")
    (mini / "study.yml").write_text(
        design.replace("provenance: observed", f"provenance: {provenance}")
    )
    text = NOTEBOOK.replace("alpha = 0.05", f"alpha = 0.05\nstudy = {str(mini)!r}")
    text += '\n+++ {"tags": ["reconstructed-only"]}\n\nThe report says otherwise.\n'
    source, output = tmp_path / "page.md", tmp_path / "page.ipynb"
    source.write_text(text)
    execute(source, output, {})
    assert ("The report says otherwise." in output.read_text("utf-8")) == said


SECTIONS = """\

(one)=

## One

Words before what is shown.

```{code-cell}
print("shown")
```

Words after it.

(two)=

## Two

### A part of two

```{code-cell}
nothing = None
```

## Three

```{code-cell}
print("shown, too")
```
"""


def test_a_section_that_shows_nothing_is_left_out(tmp_path: Path) -> None:
    source, output = tmp_path / "page.md", tmp_path / "page.ipynb"
    source.write_text(NOTEBOOK + SECTIONS)
    execute(source, output, {})
    notebook = nbformat.read(output, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert [line for line in text.splitlines() if "##" in line] == ["## One", "## Three"]
    assert "(one)=" in text
    assert "Words after it." in text
    assert "(two)=" not in text
    assert unfinished(notebook) == []


def test_a_page_that_shows_nothing_has_no_cells(tmp_path: Path) -> None:
    source, output = tmp_path / "page.md", tmp_path / "page.ipynb"
    source.write_text(NOTEBOOK.replace("print(alpha)", "pass"))
    execute(source, output, {})
    assert nbformat.read(output, as_version=4).cells == []


@pytest.mark.parametrize(("study", "said"), [("mini", True), ("single_arm", False)])
@pytest.mark.parametrize("page", [True, False])
def test_what_a_study_has_nothing_for_is_left_out(
    tmp_path: Path, study: str, said: bool, page: bool
) -> None:
    folder = str(ROOT / "tests/studies" / study)
    text = NOTEBOOK.replace("alpha = 0.05", f"alpha = 0.05\nstudy = {folder!r}")
    if page:
        text = text.replace("tags: [parameters]", "tags: [needs-tools, parameters]")
    text += '\n+++ {"tags": ["needs-tools"]}\n\nOf the tools.\n'
    source, output = tmp_path / "page.md", tmp_path / "page.ipynb"
    source.write_text(text)
    execute(source, output, {})
    assert ("Of the tools." in output.read_text("utf-8")) == said
    assert bool(nbformat.read(output, as_version=4).cells) == (said or not page)


def test_a_need_that_nobody_knows_is_told(tmp_path: Path) -> None:
    folder = str(ROOT / "tests/studies/mini")
    text = NOTEBOOK.replace("alpha = 0.05", f"alpha = 0.05\nstudy = {folder!r}")
    (tmp_path / "page.md").write_text(text.replace("[parameters]", "[parameters, needs-magic]"))
    with pytest.raises(KeyError, match="needs-magic"):
        execute(tmp_path / "page.md", tmp_path / "page.ipynb", {})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(NOTEBOOK)
    return path


def declaring(source: Path, lines: str, given: dict[str, str]) -> dict[str, Any]:
    """Give values to a notebook whose parameters cell is these lines."""
    source.write_text(NOTEBOOK.replace("alpha = 0.05", lines), "utf-8")
    return given_parameters(source, read_notebook(source), given)


def refused(source: Path, lines: str, given: dict[str, str]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        declaring(source, lines, given)
    return caught.value.problems


def test_default_parameters_are_read_not_run(source: Path) -> None:
    assert default_parameters(source, read_notebook(source)) == {"alpha": 0.05}


def test_unknown_parameter_is_refused_before_any_cell_runs(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "page.ipynb"
    with pytest.raises(InputError, match=r"page\.md, alfa: found an unknown parameter"):
        execute(source, output, {"alfa": "0.1"})
    assert not output.exists()


@pytest.mark.parametrize(
    "text",
    [
        *("0", "1", "5", "-0.1", "nan", "inf", "1e999", "1" * 5000),
        *("", "5%", "1/20", "0x1p-3", "0,05", "0_1.0", "٠.٥", " 0.05", "\udcff"),
        *("no", "{", "!!python/object:x", "0.05; import os"),
    ],
)
def test_a_text_that_is_no_possible_number_is_refused(source: Path, text: str) -> None:
    (problem,) = refused(source, "alpha = 0.05", {"alpha": text})
    assert (problem.file, problem.column) == ("page.md", "alpha")
    assert "number" in problem.expected


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("0.5", "1e-3", 0.001),
        ("0.5", ".05", 0.05),
        ("0.5", "+3.", 3.0),
        ("0.5", "2", 2.0),
        ("10", "-3", -3),
        ("10", "007", 7),
        ("'blue'", "no", "no"),
        ("'blue'", "1e-3", "1e-3"),
        ("'blue'", "null", "null"),
        ("'blue'", "", ""),
        ("'blue'", "a = 'é' \"{\n", "a = 'é' \"{\n"),
        ("True", "False", False),
        ("[1, 2]", "['a']", ["a"]),
        ("(1, 2)", "(3,)", (3,)),
        ("{1: 2}", "{3: 4.5}", {3: 4.5}),
        ("None", "[1]", [1]),
        ("-1", "5", 5),
    ],
)
def test_a_value_is_taken_as_its_declared_type(
    source: Path, declared: str, text: str, value: object
) -> None:
    for lines in (f"mine = {declared}", f"mine: object = {declared}  # a comment"):
        taken = declaring(source, lines, {"mine": text})["mine"]
        assert (taken, type(taken)) == (value, type(value))


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("10", "2.5", "a whole number"),
        ("10", "0x10", "a whole number"),
        ("10", "1_0", "a whole number"),
        ("10", "١٠", "a whole number"),
        ("10", "1" * 4301, "a whole number"),
        ("True", "no", "True or False"),
        ("True", "1", "True or False"),
        ("[1, 2]", "(1, 2)", "a Python list, such as [1, 2]"),
        ("[1, 2]", "[1e999]", "a Python list, such as [1, 2]"),
        ("[1, 2]", "[" * 10_000, "a Python list, such as [1, 2]"),
        ("None", "open('x')", "a Python literal"),
        ("'blue'", "\udcff", "text in UTF-8"),
    ],
)
def test_a_value_of_another_type_is_told(
    source: Path, declared: str, text: str, expected: str
) -> None:
    assert refused(source, f"mine = {declared}", {"mine": text}) == [
        Problem("page.md", None, "mine", repr(text), expected)
    ]


def test_a_value_that_is_the_default_changes_nothing(source: Path) -> None:
    assert declaring(source, "alpha = 0.05", {"alpha": "5e-2"}) == {}


def test_every_parameter_problem_is_told(source: Path) -> None:
    problems = refused(source, "alpha = 0.05", {"alpha": "2.0", "beta": "1"})
    assert [problem.column for problem in problems] == ["beta", "alpha"]


def test_a_default_that_is_impossible_is_told(source: Path) -> None:
    assert [p.found for p in refused(source, "alpha = 5", {})] == ["5"]


@pytest.mark.parametrize(
    "line",
    [
        "alpha = 1 / 20",
        "import os",
        "a, b = 1, 2",
        "a = b = 1",
        "alpha: float",
        "a += 1",
        "f()",
    ],
)
def test_a_parameter_that_is_no_literal_is_told(source: Path, line: str) -> None:
    (problem,) = refused(source, f"alpha = 0.05\n{line}", {})
    assert (problem.column, problem.found) == ("parameters", line)


@pytest.mark.parametrize("cell", ["%matplotlib inline", "alpha =", "alpha = (", "(" * 300])
def test_a_parameters_cell_that_is_no_python_is_told(source: Path, cell: str) -> None:
    assert "no Python" in refused(source, cell, {})[0].found


def test_a_parameter_of_great_depth_is_told_in_short(source: Path) -> None:
    # Newer versions of Python read it, older ones give up.
    (problem,) = refused(source, f"alpha = {'1 + ' * 5000}1", {})
    assert len(problem.found) < 200


def test_two_parameters_cells_are_told(source: Path) -> None:
    second = NOTEBOOK[NOTEBOOK.index("```{code-cell}") :]
    source.write_text(NOTEBOOK + second)
    with pytest.raises(InputError, match="found 2 cells with this tag; expected one"):
        given_parameters(source, read_notebook(source), {})


def test_a_notebook_without_parameters_takes_none(source: Path) -> None:
    source.write_text(NOTEBOOK.replace("tags: [parameters]", "tags: []"))
    assert given_parameters(source, read_notebook(source), {}) == {}
    with pytest.raises(InputError, match="it declares no parameters"):
        given_parameters(source, read_notebook(source), {"study": "data/rotherham"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Prose only.\n",
        b"```python\nprint(1)\n```\n",
        NOTEBOOK.encode("utf-16"),
        NOTEBOOK.replace("page", "pag\u00e9").encode("latin-1").replace(b"A page", b"A pag\xe9"),
        NOTEBOOK.replace("language: python", "language: R").encode(),
        NOTEBOOK.replace("kernelspec:", "kernelspec: [").encode(),
        NOTEBOOK.replace("tags: [parameters]", "tags: [parameters").encode(),
        NOTEBOOK[: NOTEBOOK.index("```")].encode(),
    ],
)
def test_what_is_no_text_notebook_is_told(source: Path, content: bytes) -> None:
    source.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_notebook(source)
    assert caught.value.problems[0].file == "page.md"


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", "[" * 100_000, '{"cells": 3, "metadata": {}, "nbformat": 4}'),
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
    ],
)
def test_what_is_no_notebook_file_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=r"page\.ipynb"):
        read_notebook(path)


def test_a_folder_and_another_kind_of_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "page.md").mkdir()
    (tmp_path / "page.txt").write_text(NOTEBOOK)
    for name in ("page.md", "page.txt"):
        with pytest.raises(InputError, match=name):
            read_notebook(tmp_path / name)


def test_line_ends_of_another_system_change_nothing(source: Path) -> None:
    expected = read_notebook(source)
    source.write_bytes(b"\xef\xbb\xbf" + NOTEBOOK.replace("\n", "\r\n").encode())
    assert read_notebook(source) == expected


@pytest.mark.parametrize("path", sorted(Path("notebooks").glob("*.md")), ids=lambda p: p.stem)
def test_committed_notebooks_have_possible_defaults(path: Path) -> None:
    given_parameters(path, read_notebook(path), {})
    assert "study" in default_parameters(path, read_notebook(path))


def test_execution_is_clean_and_the_same_each_time(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    execute(source, first, {"alpha": "0.1"})
    execute(source, second, {"alpha": "0.1"})
    assert first.read_bytes() == second.read_bytes()
    notebook = nbformat.read(first, as_version=4)
    assert notebook.cells[-1].outputs[0].text == "0.1\n"
    assert "papermill" not in notebook.metadata


def test_a_copy_is_run_with_what_is_asked_for_now(source: Path, tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.ipynb" for name in "abc")
    execute(source, first, {"alpha": "0.1"})
    execute(first, second, {"alpha": "0.2"})
    # The default: the value that was injected for the first copy must not come back.
    execute(second, third, {"alpha": "0.05"})
    printed = [
        nbformat.read(path, as_version=4).cells[-1].outputs[0].text for path in (second, third)
    ]
    assert printed == ["0.2\n", "0.05\n"]


@pytest.mark.parametrize("folded", [True, False])
def test_other_values_are_folded_where_the_defaults_are(tmp_path: Path, folded: bool) -> None:
    """Other studies' pages have the cell; open it would stand there before anything is said."""
    source = tmp_path / "page.md"
    tags = "tags: [parameters, hide-input]" if folded else "tags: [parameters]"
    source.write_text(NOTEBOOK.replace("tags: [parameters]", tags), "utf-8")
    execute(source, tmp_path / "a.ipynb", {"alpha": "0.1"})
    cells = nbformat.read(tmp_path / "a.ipynb", as_version=4).cells
    (injected,) = (c for c in cells if "injected-parameters" in c.metadata["tags"])
    assert ("hide-input" in injected.metadata["tags"]) == folded
    assert "parameters" not in injected.metadata["tags"]


def test_values_arrive_as_they_were_given(source: Path, tmp_path: Path) -> None:
    """A notebook with parameters of its own, of every kind, one with quotes, lines and accents."""
    lines = "\n".join(["a = ''", "b = 1.5", "c = 1", "d = True", "e = (1, 2)", "f = {1: 2}"])
    given = {
        "a": "\"é'\\n\n{x}",
        "b": "1e-7",
        "c": "-2",
        "d": "False",
        "e": "('x',)",
        "f": "{3: None}",
    }
    source.write_text(
        NOTEBOOK.replace("alpha = 0.05", lines).replace("print(alpha)", "print([a, b, c, d, e, f])")
    )
    output = tmp_path / "page.ipynb"
    execute(source, output, given)
    printed = nbformat.read(output, as_version=4).cells[-1].outputs[0].text
    assert ast.literal_eval(printed) == ["\"é'\\n\n{x}", 1e-7, -2, False, ("x",), {3: None}]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("quit()", "it ends the kernel"),
        ("import os; os._exit(0)", "the kernel died"),
        ("import os; os.kill(os.getpid(), 9)", "the kernel died"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("input()", "StdinNotImplementedError: "),
        # The error is shown, and the cell goes on.
        ("try:\n    1 / 0\nexcept Exception:\n    get_ipython().showtraceback()", "ZeroDivision"),
        ("---\ntags: [skip-execution]\n---\nprint(1)", "execution count None"),
        ("---\ntags: [raises-exception]\n---\n1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_cell_that_does_not_end_is_named_and_nothing_is_written(
    source: Path, cell: str, what: str
) -> None:
    source.write_text(NOTEBOOK.replace("print(alpha)", cell))
    folder = source.parent / "out"
    with pytest.raises(NotebookError) as caught:
        execute(source, folder / "page.ipynb", {"alpha": "0.1"})
    name, *code, last = str(caught.value).splitlines()
    assert name == f"{source}: cell 3 failed"
    assert code[-1] == f"    {cell.splitlines()[-1]}"
    assert last.startswith(what)
    assert not folder.exists()


@pytest.mark.parametrize(
    "cell", ["quit()", "import sys; sys.exit()", "get_ipython().showtraceback((E, E('x'), None))"]
)
def test_the_cell_that_fails_is_named_and_not_the_next(source: Path, cell: str) -> None:
    after = NOTEBOOK[NOTEBOOK.rindex("```{code-cell}") :]
    source.write_text(NOTEBOOK.replace("print(alpha)", f"E = Exception\n{cell}") + after)
    with pytest.raises(NotebookError, match="cell 3 failed"):
        execute(source, source.with_name("page.ipynb"), {})


def test_a_failed_run_leaves_the_last_good_copy(source: Path) -> None:
    source.write_text(NOTEBOOK.replace("print(alpha)", "1 / 0"))
    output = source.with_name("page.ipynb")
    output.write_text("the last good one")
    with pytest.raises(NotebookError):
        execute(source, output, {})
    assert output.read_text() == "the last good one"
    assert sorted(path.name for path in source.parent.iterdir()) == ["page.ipynb", "page.md"]


def test_a_cell_that_goes_on_for_ever_is_ended(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebooks, "CELL_LIMIT", 2)
    source.write_text(NOTEBOOK.replace("print(alpha)", "while True: pass"))
    with pytest.raises(NotebookError, match="no end after 2 seconds"):
        execute(source, source.with_name("page.ipynb"), {})


def test_a_warning_is_output_like_any_other(source: Path) -> None:
    source.write_text(NOTEBOOK.replace("print(alpha)", "import sys; print('hm', file=sys.stderr)"))
    output = source.with_name("page.ipynb")
    execute(source, output, {})
    assert nbformat.read(output, as_version=4).cells[-1].outputs[0].name == "stderr"


def cell(count: int | None, *outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("1", execution_count=count, outputs=list(outputs))


def test_unfinished_cells_are_those_not_run_in_order_or_with_an_error() -> None:
    error = nbformat.v4.new_output("error", ename="E", evalue="x", traceback=[])
    cells = [cell(1), nbformat.v4.new_code_cell(" "), cell(2, error), cell(4), cell(None)]
    assert unfinished(nbformat.v4.new_notebook(cells=cells)) == [
        (cells[2], "E: x"),
        (cells[3], "execution count 4, not 3"),
        (cells[4], "execution count None, not 4"),
    ]


# The kernel is still at its last answer when it has to end.
BUSY = """\
import time

kernel = get_ipython().kernel
answer = kernel.shell_handlers["kernel_info_request"]

async def slowly(*message):
    await answer(*message)
    time.sleep(0.5)

kernel.shell_handlers["kernel_info_request"] = slowly
"""


@pytest.mark.parametrize("code", [*["print(alpha)"] * 3, BUSY])
def test_a_good_run_says_only_what_it_does(
    source: Path, code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source.write_text(NOTEBOOK.replace("print(alpha)", code))
    assert main(["execute", str(source), "--output", str(source.with_name("page.ipynb"))]) == 0
    assert capfd.readouterr() == ("", f"executing {source}\n")


# Who else is on the machine may have been given the same port.
STRAY = """\
import json, time, zmq
from ipykernel.connect import get_connection_info

info = json.loads(get_connection_info())
stray = zmq.Context.instance().socket(zmq.DEALER)
stray.connect(f"tcp://127.0.0.1:{info['shell_port']}")
stray.send_multipart([b"<IDS|MSG>", b"not signed", *[b"{}"] * 4])
time.sleep(0.5)
stray.close(linger=0)
"""


def test_nobody_else_on_the_machine_reaches_a_kernel(
    source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source.write_text(NOTEBOOK.replace("print(alpha)", STRAY))
    execute(source, source.with_name("page.ipynb"), {})
    assert capfd.readouterr().err == ""


MATPLOTLIBRC = """\
backend: ps
timezone: Pacific/Auckland
interactive: True
no.such.key: 1
figure.dpi: 37
figure.autolayout: True
savefig.dpi: 300
savefig.bbox: standard
savefig.transparent: True
font.family: serif
font.size: 23
font.weight: bold
text.usetex: True
axes.formatter.use_locale: True
axes.linewidth: 5
axes.spines.top: False
lines.linewidth: 7
path.sketch: 1, 100, 2
patch.facecolor: red
hatch.color: red
svg.fonttype: path
svg.hashsalt: mine
"""


def test_a_users_own_settings_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbval compares what its own kernels show, so the notebook itself has to be proof."""
    settings = tmp_path / "matplotlibrc"
    settings.write_text(MATPLOTLIBRC)
    hostile = {
        "HOME": str(tmp_path),
        "MPLBACKEND": "pdf",
        "MPLCONFIGDIR": "/dev/null/unwritable",
        "MATPLOTLIBRC": str(settings),
        "LC_ALL": "C",
        "TZ": "Pacific/Auckland",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "7",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    output = tmp_path / "feasibility_training.ipynb"
    execute(ROOT / "notebooks/feasibility_training.md", output, {})
    assert output.read_bytes() == (ROOT / "book/results" / output.name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["-p", "alpha"], "no ="),
        (["-p", "alpha=0.1", "-p", "alpha=0.2"], "two values"),
        (["--output", "page.md"], "'page.md'"),
    ],
)
def test_options_that_cannot_be_meant_are_told(
    source: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], found: str
) -> None:
    assert main(["execute", str(source), "--output", "page.ipynb", *arguments]) == 1
    assert f"found {found}; expected" in capsys.readouterr().err


def asking(folder: Path, outcome: str, study: Path) -> None:
    """Ask a notebook on a study for an outcome."""
    declaring(folder / "theory.md", f'study = "{study}"\noutcome = "trust"', {"outcome": outcome})


def test_an_outcome_of_the_studys_theory_is_accepted(tmp_path: Path, rotherham: Path) -> None:
    asking(tmp_path, "less-dropout", rotherham)


@pytest.mark.parametrize("outcome", ["1.0", "", "Less dropout", "a-"])
def test_what_is_no_id_is_no_outcome(tmp_path: Path, rotherham: Path, outcome: str) -> None:
    with pytest.raises(InputError, match="expected the id of an outcome"):
        asking(tmp_path, outcome, rotherham)


def test_an_outcome_of_another_theory_is_refused(tmp_path: Path, rotherham: Path) -> None:
    with pytest.raises(InputError, match="'trust'; expected one of: compassion-satisfaction, "):
        asking(tmp_path, "trust", rotherham)


def test_a_study_without_theory_has_no_outcomes(tmp_path: Path, mini: Path) -> None:
    with pytest.raises(InputError, match="expected a study with a theory of change"):
        asking(tmp_path, "less-dropout", mini)


def test_what_is_illustrative_is_folded_and_nothing_else() -> None:
    folded = 0
    for path in sorted((ROOT / "book/results").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            claims = [o.metadata.get("earlyhelp") for o in cell.get("outputs", [])]
            claimed = {status for claim in claims for status in claim or ()}
            tags = cell.metadata.get("tags", [])
            if claimed:
                assert ("hide-cell" in tags) == (claimed == {"illustrative"}), path.name
                folded += "hide-cell" in tags
    assert folded > 10
