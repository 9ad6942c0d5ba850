"""A whole study folder, checked."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest

from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import columns_read
from earlyhelp.study.rawtable import restate
from earlyhelp.study.scoring_keys import read_instruments
from earlyhelp.validate import ANSWER_CALL, FILES, registered, study_files, validate

ROOT = Path(__file__).parents[1]


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
    validate(rotherham)
    names = [path.name for path in study_files(rotherham)]
    assert {"study.yml", "claims.csv", "tool_use.csv", "framework_matrix.csv"} <= set(names)


def test_a_study_without_the_optional_files(mini: Path) -> None:
    validate(mini)
    assert "claims.csv" not in [path.name for path in study_files(mini)]


def test_an_answer_names_a_claim_that_does_not_exist(copy: Path) -> None:
    edit(copy / "research_questions.yml", "{not-trained}", "{nobody}")
    assert problems(copy) == [
        "research_questions.yml, 1.3: found {nobody}; expected the id of a claim of claims.csv"
    ]


def test_an_answer_names_a_row_that_is_not_on_its_question(copy: Path) -> None:
    # Q301 is on the training, Q010 takes a side on the tools; Q294 says only that nobody asked.
    edit(copy / "research_questions.yml", "{rows: Q301}", "{rows: Q301, Q010, Q999, Q294}")
    expected = "expected a row of framework_matrix.csv on it, or one that takes no side"
    assert problems(copy) == [
        f"research_questions.yml, 1.1.answers.training: found {row!r}; {expected}"
        for row in ("Q010", "Q999")
    ]


def test_a_theme_that_is_not_in_the_codebook(copy: Path) -> None:
    path = copy / "raw/framework_matrix.csv"
    first = path.read_text().splitlines()[1].split(",")
    edit(path, ",".join(first[:6]), ",".join([*first[:5], "no-such-theme"]))
    restate(copy)
    expected = "framework_matrix.csv, row 2, column theme: found 'no-such-theme'"
    assert problems(copy)[0].startswith(expected)


@pytest.mark.parametrize("more", ["", "no such file"])
def test_a_cell_of_the_matrix_is_told_with_its_line(copy: Path, more: str) -> None:
    path = copy / "raw/framework_matrix.csv"
    header, first, *rest = path.read_text().splitlines()
    cells = first.split(",")
    wrong = ",".join([*cells[:5], "no-such-theme", *cells[6:]])
    path.write_text("\n".join([header, "", "", wrong, *rest]) + "\n")
    restate(copy)
    if more:
        # Other problems come first, and the matrix is looked at by itself.
        (copy / "raw/interviews.csv").unlink()
    expected = "framework_matrix.csv, row 4, column theme: found 'no-such-theme'"
    assert [told for told in problems(copy) if told.startswith(expected)]


def test_a_matrix_needs_its_codebook(copy: Path) -> None:
    (copy / "codebook.yml").unlink()
    assert problems(copy) == [
        "codebook.yml: found no such file; expected the codes of the framework matrix"
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
    # Its place in the book keeps its name.
    renamed = re.sub("(?<!outcome-)less-dropout", "no-dropout", path.read_text())
    path.write_text(renamed)
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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notes.txt", "only files that a report is made from"),
        ("raw/wemwbs.csv", "only files that datapackage.json describes"),
        ("raw/old", "only files that datapackage.json describes"),
        ("Claims.csv", "the name claims.csv"),
        ("raw/Tool_Use.csv", "only files that datapackage.json describes"),
        ("raw/tool_use.csv.bak", "only files that datapackage.json describes"),
    ],
)
def test_a_file_that_nothing_reads(mini: Path, name: str, expected: str) -> None:
    path = mini / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\0\xff")
    assert problems(mini) == [f"{name}: found a file that nothing reads; expected {expected}"]


@pytest.mark.parametrize(
    "name", [".DS_Store", ".~lock.tool_use.csv#", "~$x.csv", "x.csv~", ".ipynb_checkpoints/a.md"]
)
def test_what_an_editor_leaves_is_let_be(mini: Path, name: str) -> None:
    (mini / "raw" / name).parent.mkdir(exist_ok=True)
    (mini / "raw" / name).write_bytes(b"\0\xff")
    validate(mini)
    assert len(study_files(mini)) == 10


def test_what_python_keeps_of_a_script_is_let_be(mini: Path) -> None:
    (mini / "__pycache__").mkdir()
    (mini / "__pycache__/reconstruct.cpython-311.pyc").write_bytes(b"\0\xff")
    validate(mini)
    assert len(study_files(mini)) == 10


def test_a_folder_link_is_not_followed_for_ever(mini: Path) -> None:
    (mini / "raw/loop").symlink_to(mini, target_is_directory=True)
    (told,) = problems(mini)
    assert told.startswith("raw/loop: found a file that nothing reads")


def test_a_fact_of_the_design_that_nothing_reads(mini: Path) -> None:
    edit(mini / "study.yml", "place:", "design: {service_teams: 9, coffee: 3, teams: 4}\nplace:")
    assert problems(mini) == [
        "study.yml, design.coffee: found a key that nothing reads; "
        "expected a fact that a claim names, or one of: service_teams",
        "study.yml, design.teams: found a fact; expected none: it is counted",
    ]


THEORY = """
title: A theory
elements:
  - {id: tools, column: activities, label: Tools, text: Tools., basis: stated, place: here,
     evidence: [], who: practitioners%s}
links: []
"""


@pytest.mark.parametrize(
    "section", ["results/promise.md#rq-2-1", "results/trial.md#results-trial-pilot"]
)
def test_a_theory_leads_to_pages_of_results_and_reference(mini: Path, section: str) -> None:
    (mini / "theory_of_change.yml").write_text(THEORY % f", section: '{section}'")
    validate(mini)


@pytest.mark.parametrize("study", ["mini", "single_arm", "three_arms"])
def test_outcomes_are_assessed_by_surveys_of_the_study_alone(study: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "tests/studies" / study, tmp_path / study))
    waves = [f"{wave.id.replace('_', '-')} survey" for wave in read_study(folder).waves]
    heard = "  - {id: heard, column: short-term, label: Heard, text: Heard., basis: stated,\n"
    heard += f"     place: here, evidence: [], who: families, assessed_by: [{waves[0]}, other]}}\n"
    link = "links: [{from: tools, to: heard, basis: inferred}]"
    theory = (THEORY % "").replace("links: []", f"{heard}{link}")
    (folder / "theory_of_change.yml").write_text(theory)
    expected = f"expected one of: qualitative, {', '.join(waves)}, "
    (found,) = problems(folder)
    assert found.startswith(f"theory_of_change.yml, heard.assessed_by: found 'other'; {expected}")


def test_a_theory_needs_no_sections(mini: Path) -> None:
    (mini / "theory_of_change.yml").write_text(THEORY % "")
    validate(mini)


@pytest.mark.parametrize(
    "section", ["background.md#background-context", "results/promise.md#nowhere", "x.md#y"]
)
def test_a_theory_leads_to_a_page_that_its_book_does_not_have(mini: Path, section: str) -> None:
    # The chapters of book/ are about another study.
    (mini / "theory_of_change.yml").write_text(THEORY % f", section: '{section}'")
    (told,) = problems(mini)
    assert told.startswith(f"theory_of_change.yml, tools.section: found {section}; expected no sec")
    assert "results/promise.md" in told
    assert "background.md," not in told


def test_a_claim_that_no_page_could_show(copy: Path) -> None:
    path = copy / "claims.csv"
    header, *rows = path.read_text().splitlines(keepends=True)
    place = header.rstrip().split(",").index("column")
    number = next(n for n, row in enumerate(rows) if row.startswith("team-count,") or ",n," in row)
    cells = next(csv.reader([rows[number]]))
    cells[place] = "nobody"
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    path.write_text(header + "".join([*rows[:number], out.getvalue(), *rows[number + 1 :]]))
    assert any("found 'nobody'" in problem for problem in problems(copy))


def test_a_reconstructed_study_needs_its_printed_figures(mini: Path) -> None:
    edit(mini / "study.yml", "provenance: observed", "provenance: reconstructed")
    (told,) = problems(mini)
    assert told.startswith("claims.csv: found no such file")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("id: '4.1'", "4.1: found a question that no page shows; expected one of: 1.1, 1.2, "),
        (
            "id: '1.2', answers: {approach: a}",
            "1.2.answers: found one for approach; expected answers for tools or training",
        ),
        ("id: '2.1', answers: {tool: a}", "line 8, 1.answers.tool: found 'tool'"),
        ("id: '1.2', findings: {fig-x: a}", "1.2.findings: found 'fig-x'; expected a figure of"),
    ],
)
def test_what_no_page_asks_for(mini: Path, question: str, told: str) -> None:
    path = mini / "research_questions.yml"
    path.write_text(
        f"{path.read_text()}\n- {{{question}, dimension: promise, name: a, question: b}}\n"
    )
    (found,) = problems(mini)
    assert found.startswith(f"research_questions.yml, {told}")


def test_calls_that_ask_for_an_answer_are_found() -> None:
    pages = [path.read_text() for path in (ROOT / "notebooks").glob("*.md")]
    calls = sum(page.count("page.answer") for page in pages)
    assert calls == sum(len(ANSWER_CALL.findall(page)) for page in pages) > 0


def test_raw_files_are_those_that_the_analysis_reads(mini: Path) -> None:
    raw = {file.name for file in FILES if file.name.startswith("raw/")}
    study = read_study(mini)
    read = {f"raw/{stem}.csv" for stem in columns_read(study, read_instruments(mini))}
    waves = {f"raw/{wave.file}.csv" for wave in study.waves}
    assert raw - {"raw/*.csv"} == read - waves
    assert {registered(name).name for name in waves} == {"raw/*.csv"}


def test_an_instrument_names_a_source_of_the_references(mini: Path) -> None:
    edit(mini / "instruments.yml", "source: stamm2010", "source: nobody2010")
    expected = "found 'nobody2010'; expected a key of book/references.bib"
    assert problems(mini) == [f"instruments.yml, proqol.source: {expected}"]


def test_what_looks_personal_in_data_of_real_people(mini: Path) -> None:
    edit(mini / "raw/training_attendance.csv", ",illness", ",ring 01709 382121")
    expected = "column reason_not_attended: found what looks personal (telephone number)"
    (told,) = problems(mini)
    assert told.startswith("training_attendance.csv, row ")
    assert expected in told
    assert "382121" not in told
    edit(mini / "study.yml", "provenance: observed", "provenance: reconstructed")
    assert not [problem for problem in problems(mini) if "telephone" in problem]
