"""The framework matrix and what is computed from it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from helpers import CODEBOOK, ROOT, matrix_of

from earlyhelp.qualitative import framework
from earlyhelp.qualitative.framework import Code, Codebook
from earlyhelp.study.design import read_questions
from earlyhelp.study.problems import InputError

SOURCES = {
    "interview": [f"interview_0{number}" for number in range(1, 6)],
    "observation": ["O1", "O2", "O3"],
}


# The committed data


def test_the_matrix_agrees_with_codebook_and_sources(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    assert framework.validate_matrix(matrix, codebook, SOURCES) == []


def test_every_research_question_has_rows(matrix: pd.DataFrame, codebook: Codebook) -> None:
    asked = [question.id for question in codebook.research_questions]
    # Six questions on feasibility, two on promise, six on readiness (report, chapter 2).
    assert len(asked) == 14
    assert sorted(set(matrix["research_question"])) == asked


def test_every_theme_is_used_under_each_of_its_questions(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    used = set(zip(matrix["theme"], matrix["research_question"], strict=True))
    assert {(t.id, q) for t in codebook.themes for q in t.research_questions} == used


def test_themes_named_in_an_exclusion_exist(codebook: Codebook) -> None:
    ids = {theme.id for theme in codebook.themes}
    named = {
        word
        for theme in codebook.themes
        for bracket in re.findall(r"\(([^)]*)\)", theme.exclude)
        for word in re.findall(r"[a-z]+(?:-[a-z]+)+|randomisation", bracket)
    }
    assert len(named) > 30
    assert named <= ids


def test_summaries_are_single_sentences_without_quotations_or_results(
    matrix: pd.DataFrame,
) -> None:
    for summary in matrix["summary"].str.replace("Covid-19", ""):
        assert not re.search(r"[\"“”‘%\d]", summary), summary
        assert not re.search(r"[.!?] ", summary), summary


def test_a_finding_given_jointly_is_one_row_of_both_sources(matrix: pd.DataFrame) -> None:
    # Report, 3.1, RQ 1.4: endline survey and interviews named together for workload.
    joint = matrix[matrix["sub_theme"] == "workload"]
    assert joint["source_type"].tolist() == ["interview;endline survey"]


@pytest.mark.parametrize("study", ["data/rotherham", "tests/studies/complete"])
def test_no_two_rows_have_the_same_summary(study: str) -> None:
    summaries = pd.read_csv(ROOT / study / "raw/framework_matrix.csv", dtype=str)["summary"]
    alike = summaries.map(lambda text: " ".join(re.findall(r"\w+", text.lower())))
    assert summaries[alike.duplicated(keep=False)].tolist() == []


def test_what_one_person_said_without_a_place_is_the_reports(matrix: pd.DataFrame) -> None:
    # Report, 3.2: one manager on reflection, one on the SRS; neither was placed.
    rows = matrix[matrix["summary"].str.contains("[Oo]ne manager")]
    found = rows.set_index("research_question")["source_type"].to_dict()
    # That of 1.4 stands in a list that names interviews, where managers were heard.
    assert found == {"1.4": "interview", "2.1": "report synthesis", "2.2": "report synthesis"}


def test_wishes_of_question_3_3_have_the_sources_that_it_opens_with(matrix: pd.DataFrame) -> None:
    rows = matrix[matrix["research_question"] == "3.3"]
    counts = rows["source_type"].value_counts().to_dict()
    # Report, 3.3, RQ 3.3, counted by hand; the report's own are its "may" and "could".
    assert counts == {
        "interview;post-training survey;endline survey": 14,
        "report synthesis": 11,
        "post-training survey;endline survey": 2,
        "post-training survey": 1,
        "interview": 2,
    }


def test_each_question_has_the_sources_that_its_text_names(matrix: pd.DataFrame) -> None:
    by_question = matrix.groupby("research_question")["source_type"]
    found = {name: set(";".join(rows).split(";")) for name, rows in by_question}
    interview, observed, records = {"interview"}, {"observation"}, {"admin data"}
    before, after, end = {"baseline survey"}, {"post-training survey"}, {"endline survey"}
    # Report, 3.1 to 3.3, question by question; figures without a source as the methods have it.
    assert {name: sources - {"report synthesis"} for name, sources in found.items()} == {
        "1.1": interview | end | records,
        "1.2": interview | observed | before | after,
        "1.3": records | end,
        "1.4": interview | after | end,
        "1.5": interview | observed | after | end,
        "1.6": interview | observed | after | end,
        "2.1": interview | after | end,
        "2.2": interview,
        "3.1": set(),
        "3.2": set(),
        "3.3": interview | after | end,
        "3.4": interview | end,  # the endline survey for contamination
        "3.5": interview,
        "3.6": set(),
    }


def test_interviews_are_named_only_where_the_report_does(matrix: pd.DataFrame) -> None:
    # Quotations: four of interview_01, one of 02, five of 03, two of 04 (report, 3.1 to 3.3).
    # Two of interview_01 carry more than one finding.
    named = matrix["source_id"].dropna().value_counts().to_dict()
    assert named == {
        "interview_01": 7,
        "interview_02": 1,
        "interview_03": 5,
        "interview_04": 2,
    }


# Validation


def test_a_sound_matrix_has_no_problems() -> None:
    rows = matrix_of({}, {"source_id": "i1"}, {"outcome": "trust"})
    assert framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1"]}) == []


def test_missing_values_and_empty_texts_are_the_same() -> None:
    rows = matrix_of({}).replace("", None)
    assert framework.validate_matrix(rows, CODEBOOK, {}) == []


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("source_type", "rumour", "one of: interview, survey, records, report"),
        ("source_type", "interview;rumour", "one of: interview, survey, records, report"),
        (
            "source_type",
            "interview;report",
            "together only what the report names: interview, survey, records",
        ),
        (
            "source_type",
            "survey;interview",
            "each once, in the codebook's order: interview, survey, records",
        ),
        (
            "source_type",
            "survey;survey",
            "each once, in the codebook's order: interview, survey, records",
        ),
        ("research_question", "9.9", "one of: 1.1"),
        ("component", "", "one of: tools"),
        ("theme", "weather", "one of: time, ease"),
        ("direction", "up", "one of: barrier, facilitator"),
        ("concerns", "all", "one of: practitioners, families"),
        ("outcome", "fame", "one of: trust, skill"),
        ("support", "yes", "one of: supports, against, mixed, silent"),
        ("source_id", "i9", "nothing, or one of: i1, i2"),
        ("summary", "No full stop", "a sentence on one line"),
        ("summary", "Two\nlines.", "a sentence on one line"),
        ("row_id", "A 2", "an id such as Q012"),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(column: str, value: str, expected: str) -> None:
    rows = matrix_of({}, {})
    rows.loc[3, column] = value
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1", "i2"]})
    assert (problem.file, problem.row, problem.column) == ("framework_matrix.csv", 3, column)
    assert problem.expected == expected


def test_all_problems_are_told_at_once() -> None:
    rows = matrix_of({"theme": "weather", "support": "yes"}, {"direction": "up"})
    places = [(p.row, p.column) for p in framework.validate_matrix(rows, CODEBOOK, {})]
    assert places == [(2, "theme"), (2, "support"), (3, "direction")]


def test_a_theme_under_a_question_not_its_own_is_told(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    matrix.loc[0, "theme"] = "feeling-judged"
    (problem,) = framework.validate_matrix(matrix, codebook, SOURCES)
    assert problem.expected == "a theme of question 1.1; feeling-judged belongs to 2.2"


def test_a_source_id_where_sources_have_none_is_told() -> None:
    rows = matrix_of({"source_type": "survey", "source_id": "s1"})
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1"]})
    assert problem.expected == "nothing"


def test_sources_that_stand_together_have_no_single_source() -> None:
    rows = matrix_of({"source_type": "interview;survey"})
    assert framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1"]}) == []
    rows.loc[2, "source_id"] = "i1"
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1"]})
    assert (problem.column, problem.expected) == ("source_id", "nothing")


def test_a_finding_that_a_report_tells_once_is_one_row() -> None:
    told = {"report_section": "3.1"}
    rows = matrix_of(told, {**told, "source_type": "survey", "summary": "Time is short."})
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {})
    assert (problem.row, problem.column, problem.found) == (3, "summary", "that of A1")
    # Another theme may hold the same passage: other tools give a row for each of its codes.
    rows.loc[3, "theme"] = "ease"
    assert framework.validate_matrix(rows, CODEBOOK, {}) == []


@pytest.mark.parametrize("other", [{}, {"source_id": "i2"}, {"source_type": "survey"}])
def test_passages_may_be_in_the_same_words(other: dict[str, str]) -> None:
    """Twice in one talk, in two, or in sources of two kinds: no report told of them at once."""
    said = {"source_id": "i1", "summary": "Yes."}
    rows = matrix_of(
        said, {**said, **({"source_id": ""} if "source_type" in other else {}), **other}
    )
    assert framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1", "i2"]}) == []


def test_a_codebook_with_one_theme_twice_is_told() -> None:
    twice = CODEBOOK.model_copy(update={"themes": (*CODEBOOK.themes, CODEBOOK.themes[0])})
    (problem,) = framework.validate_matrix(matrix_of({}), twice, {})
    assert (problem.file, problem.found) == ("codebook.yml", "'time' again")


def test_two_themes_of_one_code_are_told() -> None:
    code = (Code(guid="00000001-0000-4000-8000-000000000000", name="Time"),)
    themes = tuple(theme.model_copy(update={"code": code}) for theme in CODEBOOK.themes)
    twice = CODEBOOK.model_copy(update={"themes": themes})
    (problem,) = framework.validate_matrix(matrix_of({}), twice, {})
    assert problem.found == f"the code {code[0].guid} again"


def test_a_codebook_that_lacks_a_definition_is_refused(rotherham: Path, tmp_path: Path) -> None:
    text = (rotherham / "codebook.yml").read_text()
    broken = text.replace("    include: None or few named.\n", "")
    assert broken != text
    (tmp_path / "codebook.yml").write_text(broken)
    with pytest.raises(InputError) as caught:
        framework.read_codebook(tmp_path)
    (problem,) = caught.value.problems
    assert problem.column.endswith("include")


# Framework layout


def test_cells_hold_summaries_and_counts(matrix: pd.DataFrame, codebook: Codebook) -> None:
    cells = framework.matrix_cells(matrix, codebook, "2.2")
    # Counted by hand in the matrix: eight rows, one of them from an interview.
    assert cells["n"].sum() == 8
    counts = cells.set_index(["theme", "source_type"])["n"].to_dict()
    assert counts == {
        ("Capacity and workload", "Report's synthesis"): 2,
        ("Few unintended effects", "Report's synthesis"): 2,
        ("Feeling judged", "Report's synthesis"): 1,
        ("Awkward feedback", "Interviews"): 1,
        ("Awkward feedback", "Report's synthesis"): 2,
    }


def test_a_named_source_stands_before_its_summary() -> None:
    rows = matrix_of({"source_id": "i1"}, {"summary": "Days are short."})
    (summaries,) = framework.matrix_cells(rows, CODEBOOK, "1.1")["summaries"]
    assert summaries == ("i1: Time is short.", "Days are short.")


def test_cells_follow_the_codebooks_order() -> None:
    rows = matrix_of({"theme": "ease"}, {"source_type": "records"}, {})
    cells = framework.matrix_cells(rows, CODEBOOK, "1.1")
    assert list(cells[["theme", "source_type"]].itertuples(index=False, name=None)) == [
        ("Time", "Interviews"),
        ("Time", "Records"),
        ("Ease", "Interviews"),
    ]


def test_sources_that_stand_together_have_a_column_of_their_own() -> None:
    rows = matrix_of({"source_type": "survey"}, {"source_type": "interview;survey"}, {})
    cells = framework.matrix_cells(rows, CODEBOOK, "1.1")
    assert cells["source_type"].tolist() == ["Interviews", "Interviews + Survey", "Survey"]
    assert cells["n"].tolist() == [1, 1, 1]


def test_a_question_without_rows_has_no_cells(matrix: pd.DataFrame, codebook: Codebook) -> None:
    none = matrix[matrix["research_question"] != "2.2"]
    assert framework.matrix_cells(none, codebook, "2.2").empty


# Themes


def test_a_theme_leads_to_its_rows_questions_and_outcomes(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    table = framework.themes_table(matrix, codebook).set_index("theme")
    reflective = table.loc["reflective-practice"]
    rows = matrix[matrix["theme"] == "reflective-practice"]
    assert reflective["row_ids"] == tuple(rows["row_id"])
    assert reflective["research_questions"] == ("2.1",)
    assert reflective["outcomes"] == ("reflective-practice",)
    # The question's rows under other themes can bear on the outcome too.
    assert table["n"].sum() == len(matrix)


def test_a_theme_without_rows_is_in_the_table() -> None:
    table = framework.themes_table(matrix_of({}), CODEBOOK).set_index("theme")
    assert table.loc["ease", "n"] == 0
    assert table.loc["ease", "row_ids"] == ()


# Triangulation


def test_questions_have_their_names_from_one_place(rotherham: Path, tmp_path: Path) -> None:
    names = {key: question.name for key, question in read_questions(rotherham).items()}
    codebook = framework.read_codebook(rotherham)
    assert {term.id: term.name for term in codebook.research_questions} == names
    shutil.copy(rotherham / "research_questions.yml", tmp_path)
    text = (rotherham / "codebook.yml").read_text()
    named = text.replace('{id: "1.3", ', '{id: "1.3", name: Range, ').replace(
        '{id: "3.6", ', '{id: "4.1", '
    )
    (tmp_path / "codebook.yml").write_text(named)
    with pytest.raises(InputError) as caught:
        framework.read_codebook(tmp_path)
    assert [str(problem) for problem in caught.value.problems] == [
        "codebook.yml, research_questions.1.3: found the name 'Range'; "
        "expected no name: research_questions.yml has it",
        "codebook.yml, research_questions.4.1: found '4.1'; "
        "expected a question of research_questions.yml",
    ]


def test_headings_of_the_notebooks_have_the_questions_names(rotherham: Path) -> None:
    names = {key: question.name for key, question in read_questions(rotherham).items()}
    for page in ("framework", "triangulation"):
        text = (rotherham.parents[1] / f"notebooks/{page}.md").read_text()
        found = dict(re.findall(r"^## (\d\.\d) (.+)$", text, re.MULTILINE))
        assert found == names, page


# Sources and strength


def test_a_row_of_several_sources_counts_once_in_the_strength() -> None:
    rows = matrix_of({}, {"source_type": "interview;survey"}, {"source_type": "survey;records"})
    table = framework.strength_of_evidence(rows, CODEBOOK)
    assert table[["source", "directness", "n"]].to_numpy().tolist() == [
        ["interview", "self-report", 1],
        ["interview;survey", "self-report", 1],
        ["survey;records", "self-report and record", 1],
    ]


def test_staff_who_speak_of_families_are_told_apart() -> None:
    rows = matrix_of(
        {"source_id": "i1"},
        {"source_id": "i1", "support": "supports"},
        {"concerns": "families"},
        {"source_type": "records", "concerns": "families"},
    )
    table = framework.strength_of_evidence(rows, CODEBOOK)
    shown = table[["source", "directness", "n", "n_named", "supports", "against"]]
    assert list(shown.itertuples(index=False, name=None)) == [
        ("interview", "self-report", 2, 1, 1, 1),
        ("interview", "staff reflection on families", 1, 0, 0, 1),
        ("records", "record", 1, 0, 0, 1),
    ]


def test_engagement_in_training_was_observed_directly(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    table = framework.strength_of_evidence(matrix, codebook)
    observed = table[(table["question"] == "1.5") & (table["source"] == "observation")]
    # Four rows counted by hand: engagement, questions, sharing, wish to try.
    assert observed[["directness", "n", "supports"]].values.tolist() == [
        ["direct observation", 4, 4]
    ]


def test_no_row_is_lost_in_the_strength_of_evidence(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    table = framework.strength_of_evidence(matrix, codebook)
    assert table["n"].sum() == len(matrix)
    assert table[list(framework.SUPPORT)].to_numpy().sum() == len(matrix)


# Outcomes


def test_outcomes_are_counted_by_source_with_zeros() -> None:
    rows = matrix_of(
        {"outcome": "trust", "support": "supports"},
        {"outcome": "trust", "support": "against"},
        {"outcome": "trust", "support": "mixed", "source_type": "survey"},
    )
    table = framework.evidence_for_outcomes(rows, CODEBOOK).set_index(["outcome", "source"])
    # Two outcomes by four kinds of source.
    assert len(table) == 8
    interviews = table.loc[("trust", "interview")]
    assert interviews.to_dict() == {
        "n": 2,
        "supports": 1,
        "against": 1,
        "mixed": 0,
        "silent": 0,
        "row_ids": ("A1", "A2"),
    }
    assert table.loc[("trust", "survey"), "mixed"] == 1
    assert table.loc["skill", "n"].sum() == 0


def test_rows_of_several_sources_on_an_outcome_are_counted_once() -> None:
    rows = matrix_of({"outcome": "trust", "source_type": "interview;survey"})
    table = framework.evidence_for_outcomes(rows, CODEBOOK).set_index(["outcome", "source"])
    assert table["n"].sum() == table.loc[("trust", "interview;survey"), "n"] == 1


def test_every_short_term_outcome_but_one_has_rows(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    totals = framework.evidence_for_outcomes(matrix, codebook).groupby("outcome")["n"].sum()
    # Report, 3.2: compassion satisfaction was measured, and staff are not reported to speak of it.
    assert totals[totals == 0].index.tolist() == ["compassion-satisfaction"]


def test_removing_a_row_changes_an_outcomes_support(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    def supports(rows: pd.DataFrame) -> int:
        table = framework.evidence_for_outcomes(rows, codebook).set_index(["outcome", "source"])
        return int(table.loc[("tailored-support", "interview"), "supports"])

    row = (matrix["outcome"] == "tailored-support") & (matrix["source_id"] == "interview_03")
    assert supports(matrix) == 1
    assert supports(matrix[~row]) == 0


def test_a_study_without_qualitative_data_has_empty_tables(codebook: Codebook) -> None:
    none = pd.DataFrame(columns=framework.MATRIX_COLUMNS, dtype=str)
    assert framework.validate_matrix(none, codebook, SOURCES) == []
    assert framework.matrix_cells(none, codebook, "1.1").empty
    assert framework.strength_of_evidence(none, codebook).empty
    assert framework.evidence_for_outcomes(none, codebook)["n"].sum() == 0
    assert framework.themes_table(none, codebook)["n"].sum() == 0
