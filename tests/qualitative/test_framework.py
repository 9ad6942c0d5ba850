"""The framework matrix and what is computed from it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from helpers import CODEBOOK, ROOT, matrix_of

from earlyhelp.published.claims import read_claims
from earlyhelp.qualitative import framework
from earlyhelp.qualitative.framework import Codebook, Triangulation
from earlyhelp.study.design import read_questions
from earlyhelp.study.problems import InputError

SOURCES = {
    "interview": [f"interview_0{number}" for number in range(1, 6)],
    "observation": ["O1", "O2", "O3"],
}


def plan_of(*evidence: dict[str, object], silent: tuple[str, ...] = ()) -> Triangulation:
    """One statement on question 1.1, of which the methods table lists interview and survey."""
    statement = {"id": "1.1-a", "component": "tools", "text": "S.", "silent": silent}
    entries = [{"reason": f"{entry['source']}.", **entry} for entry in evidence]
    question = {
        "id": "1.1",
        "methods_table": {"label": "1.2", "sources": ["interview", "survey"]},
        "statements": [{**statement, "evidence": entries}],
    }
    return Triangulation.model_validate({"questions": [question]})


@pytest.fixture
def matrix(rotherham: Path) -> pd.DataFrame:
    return pd.read_csv(rotherham / "raw/framework_matrix.csv", dtype=str)


@pytest.fixture
def codebook(rotherham: Path) -> Codebook:
    return framework.read_codebook(rotherham)


@pytest.fixture
def plan(rotherham: Path) -> Triangulation:
    return framework.read_triangulation(rotherham)


# The committed data


def test_the_matrix_agrees_with_codebook_and_sources(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    assert framework.validate_matrix(matrix, codebook, SOURCES) == []


def test_the_triangulation_agrees_with_matrix_and_codebook(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    assert framework.validate_triangulation(plan, matrix, codebook) == []


def test_results_in_numbers_name_claims_that_exist(plan: Triangulation, rotherham: Path) -> None:
    ids = {claim.id for claim in read_claims(rotherham / "claims.csv")}
    entries = [e for q in plan.questions for s in q.statements for e in s.evidence if e.quantity]
    assert entries
    assert all(e.claims and set(e.claims) <= ids for e in entries)


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
    rows.loc[1, column] = value
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
    rows.loc[0, "source_id"] = "i1"
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {"interview": ["i1"]})
    assert (problem.column, problem.expected) == ("source_id", "nothing")


def test_a_finding_that_stands_twice_is_told() -> None:
    rows = matrix_of({}, {"source_type": "survey", "summary": "Time is short."})
    (problem,) = framework.validate_matrix(rows, CODEBOOK, {})
    assert (problem.row, problem.column, problem.found) == (3, "summary", "that of A1")
    # Another theme may hold the same passage: other tools give a row for each of its codes.
    rows.loc[1, "theme"] = "ease"
    assert framework.validate_matrix(rows, CODEBOOK, {}) == []


def test_a_codebook_with_one_theme_twice_is_told() -> None:
    twice = CODEBOOK.model_copy(update={"themes": (*CODEBOOK.themes, CODEBOOK.themes[0])})
    (problem,) = framework.validate_matrix(matrix_of({}), twice, {})
    assert (problem.file, problem.found) == ("codebook.yml", "'time' again")


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


@pytest.mark.parametrize(
    ("a", "b", "judgement"),
    [
        # Farmer et al. (2006), the four outcomes of comparing two sets of findings.
        ("supports", "supports", "agreement"),
        ("qualifies", "qualifies", "agreement"),
        ("contradicts", "contradicts", "agreement"),
        ("supports", "qualifies", "partial agreement"),
        ("contradicts", "qualifies", "partial agreement"),
        ("supports", "contradicts", "dissonance"),
        ("supports", "silent", "silence"),
        ("contradicts", "silent", "silence"),
        ("silent", "silent", "silence"),
    ],
)
def test_two_codes_give_one_judgement_in_either_order(a: str, b: str, judgement: str) -> None:
    assert framework.judge(a, b) == framework.judge(b, a) == judgement


INTERVIEW = {"source": "interview", "code": "supports", "themes": ["time"]}
SURVEY = {"source": "survey", "code": "contradicts", "quantity": "use", "label": "Use"}
REPORT = {"source": "report", "code": "supports", "themes": ["time"]}


def judged(rows: pd.DataFrame, plan: Triangulation) -> str:
    evidence = framework.coded_evidence(rows, plan)
    (judgement,) = framework.judgements(evidence, CODEBOOK)["judgement"]
    return str(judgement)


def test_pairs_show_both_codes_and_the_reasons() -> None:
    evidence = framework.coded_evidence(matrix_of({}), plan_of(INTERVIEW, SURVEY))
    (pair,) = framework.triangulation(evidence, CODEBOOK).to_dict("records")
    assert pair == {
        "question": "1.1",
        "statement": "1.1-a",
        "source_a": "interview",
        "strand_a": "qualitative",
        "code_a": "supports",
        "source_b": "survey",
        "strand_b": "quantitative",
        "code_b": "contradicts",
        "judgement": "dissonance",
        "decides": True,
        "reason": "interview. survey.",
    }


def test_a_strand_without_rows_in_the_matrix_is_silent() -> None:
    plan = plan_of(INTERVIEW, SURVEY)
    assert judged(matrix_of({}), plan) == "dissonance"
    assert judged(matrix_of({"theme": "ease"}), plan) == "silence"


def test_rows_on_another_part_do_not_stand_behind_a_statement() -> None:
    rows = matrix_of({}, {"component": "training"}, {"component": "approach"})
    (entry, _) = framework.coded_evidence(rows, plan_of(INTERVIEW, SURVEY)).to_dict("records")
    assert entry["row_ids"] == ("A1", "A3")


def test_two_silent_sources_make_no_pair() -> None:
    plan = plan_of(INTERVIEW, silent=("survey", "records"))
    evidence = framework.coded_evidence(matrix_of({}), plan)
    pairs = framework.triangulation(evidence, CODEBOOK)
    assert pairs["judgement"].tolist() == ["silence", "silence"]


def test_the_reports_synthesis_does_not_decide() -> None:
    rows = matrix_of({}, {"source_type": "report"})
    assert judged(rows, plan_of(INTERVIEW, REPORT)) == "silence"


def test_dissonance_goes_before_agreement() -> None:
    records = {"source": "records", "code": "supports", "quantity": "logs"}
    assert judged(matrix_of({}), plan_of(INTERVIEW, records)) == "agreement"
    assert judged(matrix_of({}), plan_of(INTERVIEW, records, SURVEY)) == "dissonance"


def test_partial_agreement_goes_before_agreement() -> None:
    records = {"source": "records", "code": "supports", "quantity": "logs"}
    survey = {**SURVEY, "code": "qualifies"}
    assert judged(matrix_of({}), plan_of(INTERVIEW, records, survey)) == "partial agreement"


BOTH = {"source": "interview;survey", "code": "supports", "themes": ["time"]}
JOINT_ROWS = matrix_of({}, {"source_type": "interview;survey"}, {"source_type": "records"})


def test_a_row_of_two_sources_is_no_agreement_of_the_two() -> None:
    assert judged(JOINT_ROWS, plan_of(BOTH)) == "silence"


def test_a_row_of_two_sources_does_not_confirm_one_of_them() -> None:
    assert judged(JOINT_ROWS, plan_of(BOTH, INTERVIEW)) == "silence"
    numbers = {**SURVEY, "code": "supports"}
    assert judged(JOINT_ROWS, plan_of(BOTH, numbers)) == "silence"


def test_a_row_of_two_sources_agrees_with_a_third_once() -> None:
    records = {"source": "records", "code": "supports", "themes": ["time"]}
    evidence = framework.coded_evidence(JOINT_ROWS, plan_of(BOTH, records))
    (row,) = framework.judgements(evidence, CODEBOOK).to_dict("records")
    assert (row["judgement"], row["agreement"]) == ("agreement", 1)


def test_sources_in_common_can_differ() -> None:
    assert judged(JOINT_ROWS, plan_of(BOTH, SURVEY)) == "dissonance"
    assert judged(JOINT_ROWS, plan_of(BOTH, {**INTERVIEW, "code": "qualifies"})) == (
        "partial agreement"
    )


def test_words_and_numbers_of_one_survey_do_not_confirm_one_another() -> None:
    rows = matrix_of({"source_type": "survey"})
    words = {"source": "survey", "code": "contradicts", "themes": ["time"]}
    assert judged(rows, plan_of(words, SURVEY, silent=("interview",))) == "silence"


def test_agreement_in_the_committed_coding_has_no_source_in_common(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    evidence = framework.coded_evidence(matrix, plan)
    pairs = framework.triangulation(evidence, codebook)
    agreed = pairs[pairs["decides"] & (pairs["judgement"] == "agreement")]
    assert len(agreed) > 5
    for pair in agreed.itertuples():
        a, b = set(framework.kinds(pair.source_a)), set(framework.kinds(pair.source_b))
        assert not a & b
        assert a | b <= codebook.attributed


def test_a_statement_nobody_speaks_to_is_left_to_silence() -> None:
    assert judged(matrix_of({}), plan_of(silent=("interview", "survey"))) == "silence"


@pytest.mark.parametrize("statement", ["2.1-relationship-alliance", "2.1-as-expected"])
def test_perceived_change_and_a_test_that_cannot_tell_agree_in_part(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation, statement: str
) -> None:
    # Report, 3.2 and chapter 4: practitioners saw gains, neither test was significant.
    evidence = framework.coded_evidence(matrix, plan)
    table = framework.judgements(evidence, codebook).set_index("statement")
    assert table.loc[statement, "judgement"] == "partial agreement"


def test_what_sources_agree_on_is_told(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    table = framework.judgements(framework.coded_evidence(matrix, plan), codebook)
    agreed = table.set_index("statement")["agreed"]
    # Report, 3.1: interviews, survey and records say that use was not steady.
    assert agreed["1.1-tools-frequency"] == "contradicts"
    assert agreed["1.6-training"] == "supports"
    assert set(agreed[table["judgement"].ne("agreement").to_numpy()]) == {""}


def test_every_statement_says_what_the_report_leaves_unknown(plan: Triangulation) -> None:
    statements = [statement for question in plan.questions for statement in question.statements]
    assert [statement.id for statement in statements if not statement.unknown] == []
    # Report, Limitations: families were not heard.
    unasked = {s.id for s in statements if "not asked" in s.unknown}
    assert {"1.5-families", "1.6-families", "2.2-families"} <= unasked


def test_reasons_name_open_answers_only_where_the_report_does(plan: Triangulation) -> None:
    # It does so in its analysis and limitations, for no finding.
    reasons = [e.reason for q in plan.questions for s in q.statements for e in s.evidence]
    assert not [reason for reason in reasons if re.search("open.?(answer|ended|text)", reason)]


def test_every_code_has_a_meaning() -> None:
    # Evidence allows three codes; silence is the fourth.
    annotation = framework.Evidence.model_fields["code"].annotation
    assert (*get_args(annotation), "silent") == tuple(framework.CODES)


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


def test_records_and_survey_disagree_on_senior_workers(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # Report, 3.1, RQ 1.3 (Table 3.2 and its note).
    evidence = framework.coded_evidence(matrix, plan)
    table = framework.question_judgements(evidence, codebook).set_index("question")
    assert table.loc["1.3", "judgement"] == "dissonance"
    assert table.loc["1.3", "dissonance"] == 1


def test_acceptability_to_families_rests_on_nothing(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # The question asks about families; the report says it did not hear them (Limitations).
    evidence = framework.coded_evidence(matrix, plan)
    families = evidence[evidence["statement"] == "1.6-families"]
    assert set(families["code"]) == {"silent"}


def test_removing_a_row_changes_the_judgement(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    def judgement(rows: pd.DataFrame) -> object:
        evidence = framework.coded_evidence(rows, plan)
        table = framework.judgements(evidence, codebook).set_index("statement")
        return table.loc["2.1-reflective-practice", "judgement"]

    of_theme = (matrix["theme"] == "reflective-practice") & (matrix["source_type"] == "interview")
    assert of_theme.sum() == 1
    assert judgement(matrix) == "agreement"
    assert judgement(matrix[~of_theme]) == "silence"


def test_a_joint_display_puts_numbers_beside_themes(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    display = framework.joint_display(matrix, plan, codebook, "2.1").set_index("statement")
    alliance = display.loc["2.1-relationship-alliance"]
    assert alliance["outcome"] == "relationship-alliance"
    assert [entry[:3] for entry in alliance["quantitative"]] == [
        ("outcome measures", "Change in the Working Alliance Inventory", "qualifies")
    ]
    heard = ("interview", ("feeling-heard",), "supports", ("Q202",))
    assert alliance["qualitative"][0][:4] == heard
    assert alliance["silent"] == ("post-training survey",)
    assert alliance["judgement"] == "partial agreement"


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        (plan_of(INTERVIEW), "no code for 'survey'"),
        (plan_of(INTERVIEW, SURVEY, silent=("survey",)), "'survey' speaks and is silent"),
        (plan_of(INTERVIEW, SURVEY, silent=("rumour",)), "'rumour'"),
        (plan_of(INTERVIEW, {"source": "survey", "code": "supports"}), "'survey' alone"),
        (plan_of(INTERVIEW, {**SURVEY, "themes": ["ease"]}), "'survey' on 'ease'"),
        (plan_of(SURVEY, silent=("interview",)), "rows of 'interview' on 'time' (A1)"),
    ],
)
def test_a_gap_in_the_coding_is_told(plan: Triangulation, found: str) -> None:
    problems = framework.validate_triangulation(plan, matrix_of({}), CODEBOOK)
    assert [problem.found for problem in problems] == [found]


def test_a_row_on_a_part_without_a_statement_is_told() -> None:
    rows = matrix_of({}, {"component": "training"})
    (problem,) = framework.validate_triangulation(plan_of(INTERVIEW, SURVEY), rows, CODEBOOK)
    assert problem.found == "rows of 'interview' on 'time' (A2)"


def test_sources_that_stand_together_speak_for_each() -> None:
    rows = matrix_of({"source_type": "interview;survey"})
    assert framework.validate_triangulation(plan_of(BOTH), rows, CODEBOOK) == []
    # A code of one of them has no row behind it, and the row no code.
    problems = framework.validate_triangulation(
        plan_of(INTERVIEW, silent=("survey",)), rows, CODEBOOK
    )
    assert [problem.found for problem in problems] == [
        "'interview' on 'time'",
        "rows of 'interview;survey' on 'time' (A1)",
    ]


def test_a_sound_coding_has_no_problems() -> None:
    plan = plan_of(INTERVIEW, SURVEY)
    assert framework.validate_triangulation(plan, matrix_of({}), CODEBOOK) == []


def test_a_row_that_takes_no_side_needs_no_code() -> None:
    rows = matrix_of({}, {"theme": "ease", "support": "silent"})
    assert framework.validate_triangulation(plan_of(INTERVIEW, SURVEY), rows, CODEBOOK) == []


def test_a_question_left_out_is_told(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    shorter = Triangulation(questions=plan.questions[:-1])
    (problem,) = framework.validate_triangulation(shorter, matrix, codebook)
    assert problem.column == "questions"


# Sources and strength


def test_listed_and_used_sources_are_compared() -> None:
    rows = matrix_of({}, {}, {"source_type": "report"})
    records = {"source": "records", "code": "supports", "quantity": "logs"}
    table = framework.sources_compared(rows, plan_of(INTERVIEW, records), CODEBOOK)
    assert table.drop(columns=["question", "label"]).to_dict("records") == [
        {
            "source": "interview",
            "listed": True,
            "n_rows": 2,
            "n_quantities": 0,
            "comparison": "listed and used",
        },
        {
            "source": "survey",
            "listed": True,
            "n_rows": 0,
            "n_quantities": 0,
            "comparison": "listed, not used",
        },
        {
            "source": "records",
            "listed": False,
            "n_rows": 0,
            "n_quantities": 1,
            "comparison": "used, not listed",
        },
        {
            "source": "report",
            "listed": False,
            "n_rows": 1,
            "n_quantities": 0,
            "comparison": "not attributed",
        },
    ]


def test_a_source_named_beside_another_is_used() -> None:
    rows = matrix_of({}, {"source_type": "interview;survey"})
    table = framework.sources_compared(rows, plan_of(INTERVIEW, BOTH), CODEBOOK)
    assert table[["source", "n_rows", "comparison"]].to_numpy().tolist() == [
        ["interview", 2, "listed and used"],
        ["survey", 1, "listed and used"],
    ]


def test_a_row_of_several_sources_counts_once_in_the_strength() -> None:
    rows = matrix_of({}, {"source_type": "interview;survey"}, {"source_type": "survey;records"})
    table = framework.strength_of_evidence(rows, CODEBOOK)
    assert table[["source", "directness", "n"]].to_numpy().tolist() == [
        ["interview", "self-report", 1],
        ["interview;survey", "self-report", 1],
        ["survey;records", "self-report and record", 1],
    ]


def test_surveys_listed_for_unintended_effects_are_not_used(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # Table 3.4 beside 3.2, RQ 2.2, which tells of reflections of staff only.
    table = framework.sources_compared(matrix, plan, codebook)
    unused = table[(table["question"] == "2.2") & (table["comparison"] == "listed, not used")]
    assert sorted(unused["source"]) == [
        "baseline survey",
        "endline survey",
        "outcome measures",
        "post-training survey",
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
