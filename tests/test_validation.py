"""A whole study folder, checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earlyhelp.errors import InputError
from earlyhelp.rawtable import restate
from earlyhelp.validation import validate


@pytest.fixture
def copy(rotherham: Path, tmp_path: Path) -> Path:
    """A writable copy of the Rotherham study."""
    return Path(shutil.copytree(rotherham, tmp_path / "rotherham"))


def problems(study: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        validate(study)
    return [str(problem) for problem in caught.value.problems]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_committed_study_has_no_problem(rotherham: Path) -> None:
    names = [path.name for path in validate(rotherham)]
    assert {"study.yml", "claims.csv", "tool_use.csv", "framework_matrix.csv"} <= set(names)


def test_a_study_without_the_optional_files(mini: Path) -> None:
    assert "claims.csv" not in [path.name for path in validate(mini)]


def test_an_answer_names_a_claim_that_does_not_exist(copy: Path) -> None:
    edit(copy / "research_questions.yml", "{not-trained}", "{nobody}")
    assert problems(copy) == [
        "research_questions.yml, 1.3: found {nobody}; expected the id of a claim of claims.csv"
    ]


def test_a_theme_that_is_not_in_the_codebook(copy: Path) -> None:
    path = copy / "raw/framework_matrix.csv"
    first = path.read_text().splitlines()[1].split(",")
    edit(path, ",".join(first[:6]), ",".join([*first[:5], "no-such-theme"]))
    restate(copy)
    expected = "framework_matrix.csv, row 2, column theme: found 'no-such-theme'"
    assert problems(copy)[0].startswith(expected)


def test_a_matrix_needs_its_codebook(copy: Path) -> None:
    (copy / "codebook.yml").unlink()
    assert problems(copy) == [
        "codebook.yml: found no such file; expected the framework matrix's codes"
    ]


def test_a_result_in_numbers_names_a_claim_that_does_not_exist(copy: Path) -> None:
    edit(copy / "triangulation.yml", "claims: [uploaded-percent]", "claims: [uploaded]")
    assert problems(copy) == [
        "triangulation.yml, 1.1-tools-recording: found 'uploaded'; "
        "expected the id of a claim of claims.csv"
    ]


def test_a_number_of_the_next_steps_is_of_a_theme_that_no_cell_has(copy: Path) -> None:
    edit(copy / "next_steps.yml", "theme: recording-scores", "theme: no-such-theme")
    (told,) = problems(copy)
    assert told.startswith("next_steps.yml, 1.theme: found 'no-such-theme'; expected a theme of")


def test_an_outcome_that_the_theory_does_not_have(copy: Path) -> None:
    path = copy / "theory_of_change.yml"
    path.write_text(path.read_text().replace("less-dropout", "no-dropout"))
    assert problems(copy) == [
        "codebook.yml, outcomes: found 'less-dropout'; "
        "expected the id of an outcome of theory_of_change.yml"
    ]


def test_a_statement_on_an_outcome_that_is_not_in_the_codebook(copy: Path) -> None:
    edit(copy / "triangulation.yml", "outcome: less-dropout", "outcome: no-dropout")
    assert problems(copy) == [
        "triangulation.yml, 2.1-less-dropout: found 'no-dropout'; "
        "expected an outcome of the codebook"
    ]


def test_problems_of_all_files_are_told_at_once(copy: Path) -> None:
    edit(copy / "study.yml", "provenance: reconstructed", "provenance: guessed")
    edit(copy / "research_questions.yml", "dimension: promise", "dimension: beauty")
    edit(copy / "theory_of_change.yml", "    basis: stated", "    basis: felt")
    files = {text.split(",")[0] for text in problems(copy)}
    assert files == {"study.yml", "research_questions.yml", "theory_of_change.yml"}
