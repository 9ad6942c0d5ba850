"""Executing text notebooks."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from earlyhelp.errors import InputError
from earlyhelp.notebooks import (
    NotebookError,
    check_parameters,
    default_parameters,
    execute,
    read_notebook,
)

SOURCE = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# A page

```{code-cell}
---
tags: [parameters]
---
alpha = 0.05
```

```{code-cell}
print(alpha)
```
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(SOURCE)
    return path


def test_default_parameters_are_read_not_run(source: Path) -> None:
    assert default_parameters(read_notebook(source)) == {"alpha": 0.05}


def test_unknown_parameter_is_refused_before_any_cell_runs(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "page.ipynb"
    with pytest.raises(InputError, match=r"page\.md, alfa: found an unknown parameter"):
        execute(source, output, {"alfa": 0.1})
    assert not output.exists()


@pytest.mark.parametrize("value", [0.0, 1.0, 5, -0.1, "0.05", True, None, float("nan")])
def test_impossible_value_is_refused(source: Path, value: object) -> None:
    with pytest.raises(InputError, match="expected a number between 0 and 1"):
        check_parameters(source, read_notebook(source), {"alpha": value})


def test_every_parameter_problem_is_told(source: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_parameters(source, read_notebook(source), {"alpha": 2.0, "beta": 1})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("path", sorted(Path("notebooks").glob("*.md")), ids=lambda p: p.stem)
def test_committed_notebooks_have_possible_defaults(path: Path) -> None:
    check_parameters(path, read_notebook(path), {})
    assert "study" in default_parameters(read_notebook(path))


def test_execution_is_clean_and_the_same_each_time(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    execute(source, first, {"alpha": 0.1})
    execute(source, second, {"alpha": 0.1})
    assert first.read_bytes() == second.read_bytes()
    notebook = nbformat.read(first, as_version=4)
    assert notebook.cells[-1].outputs[0].text == "0.1\n"
    assert "papermill" not in notebook.metadata


def test_failing_cell_names_notebook_cell_and_error(source: Path, tmp_path: Path) -> None:
    source.write_text(SOURCE.replace("print(alpha)", "1 / 0"))
    output = tmp_path / "page.ipynb"
    output.write_text("the last good one")
    with pytest.raises(NotebookError) as caught:
        execute(source, output, {})
    text = str(caught.value)
    assert "page.md: cell 3 failed" in text
    assert "1 / 0" in text
    assert "ZeroDivisionError: division by zero" in text
    assert output.read_text() == "the last good one"


def asking(folder: Path, outcome: object, study: Path) -> None:
    """Ask a notebook on a study for an outcome."""
    path = folder / "theory.md"
    path.write_text(SOURCE.replace("alpha = 0.05", f'study = "{study}"\noutcome = "trust"'))
    check_parameters(path, read_notebook(path), {"outcome": outcome})


def test_an_outcome_of_the_studys_theory_is_accepted(tmp_path: Path, rotherham: Path) -> None:
    asking(tmp_path, "less-dropout", rotherham)


@pytest.mark.parametrize("outcome", [1, "", "Less dropout", None])
def test_what_is_no_id_is_no_outcome(tmp_path: Path, rotherham: Path, outcome: object) -> None:
    with pytest.raises(InputError, match="expected the id of an outcome"):
        asking(tmp_path, outcome, rotherham)


def test_an_outcome_of_another_theory_is_refused(tmp_path: Path, rotherham: Path) -> None:
    with pytest.raises(InputError, match="'trust'; expected one of: compassion-satisfaction, "):
        asking(tmp_path, "trust", rotherham)


def test_a_study_without_theory_has_no_outcomes(tmp_path: Path, mini: Path) -> None:
    with pytest.raises(InputError, match="expected a study with a theory of change"):
        asking(tmp_path, "less-dropout", mini)
