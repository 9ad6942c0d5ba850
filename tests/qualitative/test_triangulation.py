"""Triangulation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from helpers import CODEBOOK, matrix_of

from earlyhelp.published.claims import read_claims
from earlyhelp.qualitative import framework, triangulation
from earlyhelp.qualitative.framework import Codebook
from earlyhelp.qualitative.triangulation import Triangulation


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
def plan(rotherham: Path) -> Triangulation:
    return triangulation.read_triangulation(rotherham)


def test_the_triangulation_agrees_with_matrix_and_codebook(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    assert triangulation.validate_triangulation(plan, matrix, codebook) == []


def test_results_in_numbers_name_claims_that_exist(plan: Triangulation, rotherham: Path) -> None:
    ids = {claim.id for claim in read_claims(rotherham / "claims.csv")}
    entries = [e for q in plan.questions for s in q.statements for e in s.evidence if e.quantity]
    assert entries
    assert all(e.claims and set(e.claims) <= ids for e in entries)


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
    assert triangulation.judge(a, b) == triangulation.judge(b, a) == judgement


INTERVIEW = {"source": "interview", "code": "supports", "themes": ["time"]}
SURVEY = {"source": "survey", "code": "contradicts", "quantity": "use", "label": "Use"}
REPORT = {"source": "report", "code": "supports", "themes": ["time"]}


def judged(rows: pd.DataFrame, plan: Triangulation) -> str:
    evidence = triangulation.coded_evidence(rows, plan)
    (judgement,) = triangulation.judgements(evidence, CODEBOOK)["judgement"]
    return str(judgement)


def test_pairs_show_both_codes_and_the_reasons() -> None:
    evidence = triangulation.coded_evidence(matrix_of({}), plan_of(INTERVIEW, SURVEY))
    (pair,) = triangulation.pairs(evidence, CODEBOOK).to_dict("records")
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
    (entry, _) = triangulation.coded_evidence(rows, plan_of(INTERVIEW, SURVEY)).to_dict("records")
    assert entry["row_ids"] == ("A1", "A3")


def test_two_silent_sources_make_no_pair() -> None:
    plan = plan_of(INTERVIEW, silent=("survey", "records"))
    evidence = triangulation.coded_evidence(matrix_of({}), plan)
    pairs = triangulation.pairs(evidence, CODEBOOK)
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
    evidence = triangulation.coded_evidence(JOINT_ROWS, plan_of(BOTH, records))
    (row,) = triangulation.judgements(evidence, CODEBOOK).to_dict("records")
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
    evidence = triangulation.coded_evidence(matrix, plan)
    pairs = triangulation.pairs(evidence, codebook)
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
    evidence = triangulation.coded_evidence(matrix, plan)
    table = triangulation.judgements(evidence, codebook).set_index("statement")
    assert table.loc[statement, "judgement"] == "partial agreement"


def test_what_sources_agree_on_is_told(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    table = triangulation.judgements(triangulation.coded_evidence(matrix, plan), codebook)
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
    annotation = triangulation.Evidence.model_fields["code"].annotation
    assert (*get_args(annotation), "silent") == tuple(triangulation.CODES)


def test_records_and_survey_disagree_on_senior_workers(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # Report, 3.1, RQ 1.3 (Table 3.2 and its note).
    evidence = triangulation.coded_evidence(matrix, plan)
    table = triangulation.question_judgements(evidence, codebook).set_index("question")
    assert table.loc["1.3", "judgement"] == "dissonance"
    assert table.loc["1.3", "dissonance"] == 1


def test_acceptability_to_families_rests_on_nothing(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # The question asks about families; the report says it did not hear them (Limitations).
    evidence = triangulation.coded_evidence(matrix, plan)
    families = evidence[evidence["statement"] == "1.6-families"]
    assert set(families["code"]) == {"silent"}


def test_removing_a_row_changes_the_judgement(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    def judgement(rows: pd.DataFrame) -> object:
        evidence = triangulation.coded_evidence(rows, plan)
        table = triangulation.judgements(evidence, codebook).set_index("statement")
        return table.loc["2.1-reflective-practice", "judgement"]

    of_theme = (matrix["theme"] == "reflective-practice") & (matrix["source_type"] == "interview")
    assert of_theme.sum() == 1
    assert judgement(matrix) == "agreement"
    assert judgement(matrix[~of_theme]) == "silence"


def test_a_joint_display_puts_numbers_beside_themes(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    display = triangulation.joint_display(matrix, plan, codebook, "2.1").set_index("statement")
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
    problems = triangulation.validate_triangulation(plan, matrix_of({}), CODEBOOK)
    assert [problem.found for problem in problems] == [found]


def test_a_row_on_a_part_without_a_statement_is_told() -> None:
    rows = matrix_of({}, {"component": "training"})
    (problem,) = triangulation.validate_triangulation(plan_of(INTERVIEW, SURVEY), rows, CODEBOOK)
    assert problem.found == "rows of 'interview' on 'time' (A2)"


def test_sources_that_stand_together_speak_for_each() -> None:
    rows = matrix_of({"source_type": "interview;survey"})
    assert triangulation.validate_triangulation(plan_of(BOTH), rows, CODEBOOK) == []
    # A code of one of them has no row behind it, and the row no code.
    problems = triangulation.validate_triangulation(
        plan_of(INTERVIEW, silent=("survey",)), rows, CODEBOOK
    )
    assert [problem.found for problem in problems] == [
        "'interview' on 'time'",
        "rows of 'interview;survey' on 'time' (A1)",
    ]


def test_a_sound_coding_has_no_problems() -> None:
    plan = plan_of(INTERVIEW, SURVEY)
    assert triangulation.validate_triangulation(plan, matrix_of({}), CODEBOOK) == []


def test_a_row_that_takes_no_side_needs_no_code() -> None:
    rows = matrix_of({}, {"theme": "ease", "support": "silent"})
    assert triangulation.validate_triangulation(plan_of(INTERVIEW, SURVEY), rows, CODEBOOK) == []


def test_a_question_left_out_is_told(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    shorter = Triangulation(questions=plan.questions[:-1])
    (problem,) = triangulation.validate_triangulation(shorter, matrix, codebook)
    assert problem.column == "questions"


def test_listed_and_used_sources_are_compared() -> None:
    rows = matrix_of({}, {}, {"source_type": "report"})
    records = {"source": "records", "code": "supports", "quantity": "logs"}
    table = triangulation.sources_compared(rows, plan_of(INTERVIEW, records), CODEBOOK)
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
    table = triangulation.sources_compared(rows, plan_of(INTERVIEW, BOTH), CODEBOOK)
    assert table[["source", "n_rows", "comparison"]].to_numpy().tolist() == [
        ["interview", 2, "listed and used"],
        ["survey", 1, "listed and used"],
    ]


def test_surveys_listed_for_unintended_effects_are_not_used(
    matrix: pd.DataFrame, codebook: Codebook, plan: Triangulation
) -> None:
    # Table 3.4 beside 3.2, RQ 2.2, which tells of reflections of staff only.
    table = triangulation.sources_compared(matrix, plan, codebook)
    unused = table[(table["question"] == "2.2") & (table["comparison"] == "listed, not used")]
    assert sorted(unused["source"]) == [
        "baseline survey",
        "endline survey",
        "outcome measures",
        "post-training survey",
    ]
