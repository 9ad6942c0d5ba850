"""What the evidence says of each outcome, by the stated rule."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.published.audit import audit, disputed
from earlyhelp.published.ledger import ledger, with_statuses
from earlyhelp.qualitative import evidence
from earlyhelp.qualitative.evidence import outcome_evidence, overlay
from earlyhelp.qualitative.framework import Codebook
from earlyhelp.qualitative.theory import OVERLAY, Theory, load_theory
from earlyhelp.qualitative.triangulation import Triangulation, read_triangulation
from earlyhelp.report.theory_drawing import draw
from earlyhelp.study.design import Question, read_questions
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.study.scoring_keys import Instruments


@pytest.fixture(scope="module")
def pilot(rotherham: Path) -> Pilot:
    return open_pilot(rotherham)


@pytest.fixture(scope="module")
def theory(rotherham: Path) -> Theory:
    return load_theory(rotherham)


def without(pilot: Pilot, outcome: str) -> Pilot:
    """The pilot without the matrix's rows on an outcome."""
    matrix = pilot.framework_matrix
    return pilot.with_raw(framework_matrix=matrix[matrix["outcome"] != outcome])


def coded(pilot: Pilot, outcome: str, support: str) -> Pilot:
    """The pilot with every row on an outcome coded alike."""
    matrix = pilot.framework_matrix.copy()
    matrix.loc[matrix["outcome"] == outcome, "support"] = support
    return pilot.with_raw(framework_matrix=matrix)


def test_every_outcome_has_one_of_the_four_labels(
    theory: Theory, pilot: Pilot, codebook: Codebook
) -> None:
    shown = overlay(outcome_evidence(theory, pilot, codebook))
    assert set(shown) == set(theory.outcomes)
    assert set(shown.values()) <= set(OVERLAY)


def test_the_committed_evidence(theory: Theory, pilot: Pilot, codebook: Codebook) -> None:
    shown = overlay(outcome_evidence(theory, pilot, codebook))
    # Report, section 3.2: staff described it, neither measure changed beyond chance.
    assert shown["relationship-alliance"] == "qualitative support"
    assert shown["compassion-satisfaction"] == "no evidence"
    # Chapter 4 and section 3.2: staff reported both, and one interviewee better practice.
    for outcome in ("better-support", "further-help", "improved-practice"):
        assert shown[outcome] == "qualitative support"
    # Chapter 4: nothing was gathered on later outcomes.
    assert shown["mental-health"] == "no evidence"


@pytest.mark.parametrize(
    ("measure", "unknown"), [("wai_task", ["difference", "p"]), ("wai", ["difference"])]
)
def test_what_the_reconstruction_set_is_no_evidence(measure: str, unknown: list[str]) -> None:
    # Chance made the first p small; that of all items is printed, but not which arm gained more.
    plain = open_pilot("tests/studies/complete")
    logic = load_theory(plain.study.folder)
    element = logic.elements["alliance"].model_copy(update={"assessed_by": (measure,)})
    logic = replace(logic, elements={**logic.elements, element.id: element})
    seen, known = (
        outcome_evidence(logic, of, None).set_index("outcome").loc["alliance"]
        for of in (plain, with_statuses(plain))
    )
    assert seen["p"] < 0.05
    assert seen["measured"] == "for"
    assert [name for name in ("difference", "p") if pd.isna(known[name])] == unknown
    assert known["measured"] == ""


def test_rows_are_counted_and_named(theory: Theory, pilot: Pilot, codebook: Codebook) -> None:
    row = outcome_evidence(theory, pilot, codebook).set_index("outcome").loc["less-dropout"]
    # Counted by hand in framework_matrix.csv: one expectation, one remark, both of the report.
    assert (row["supports"], row["mixed"], row["silent"], row["named"]) == (0, 1, 1, 0)
    assert row["row_ids"] == ("Q206", "Q207")


def test_no_evidence_has_a_reason(theory: Theory, pilot: Pilot, codebook: Codebook) -> None:
    found = outcome_evidence(theory, pilot, codebook).set_index("outcome")
    # Report, section 3.2: dropout was expected to fall and not measured, satisfaction was measured.
    assert found.loc["less-dropout", "evidence"] == "no evidence"
    assert found.loc["less-dropout", "reason"] == (
        "Rows speak for it in part only, or tell of an expectation."
    )
    assert found.loc["compassion-satisfaction", "reason"] == "The test cannot tell."
    assert found.loc["mental-health", "reason"] == theory.outcomes["mental-health"].not_assessed
    silent = outcome_evidence(theory, without(pilot, "tailored-support"), codebook)
    reasons = dict(zip(silent["outcome"], silent["reason"], strict=True))
    assert reasons["tailored-support"] == "No row takes a side."
    assert (found["reason"] != "").equals(found["evidence"] == "no evidence")


def test_joint_display_and_overlay_read_a_test_alike(
    rotherham: Path, theory: Theory, pilot: Pilot, codebook: Codebook
) -> None:
    # A source's code for what a test found: for, against, or it cannot tell.
    expected = {"for": "supports", "against": "contradicts", "": "qualifies"}
    found = outcome_evidence(theory, pilot, codebook).set_index("outcome")["measured"]
    coded = [
        (statement.outcome, entry.code)
        for question in read_triangulation(rotherham).questions
        for statement in question.statements
        for entry in statement.evidence
        if entry.source == "outcome measures" and statement.outcome
    ]
    assert coded == [(key, expected[found[key]]) for key, _ in coded]
    assert {key for key, _ in coded} == {"relationship-alliance", "compassion-satisfaction"}


def test_removed_rows_change_the_drawing(theory: Theory, pilot: Pilot, codebook: Codebook) -> None:
    def drawn(of: Pilot) -> str:
        svg = draw(theory, overlay(outcome_evidence(theory, of, codebook)))
        found = re.search(r'id="theory-tailored-support" aria-label="([^"]*)"', svg)
        assert found
        return found[1]

    assert "qualitative support" in drawn(pilot)
    assert "no evidence" in drawn(without(pilot, "tailored-support"))


@pytest.mark.parametrize(
    ("support", "expected"),
    [("against", "evidence against"), ("mixed", "no evidence"), ("silent", "no evidence")],
)
def test_what_rows_say_decides(
    theory: Theory, pilot: Pilot, codebook: Codebook, support: str, expected: str
) -> None:
    found = outcome_evidence(theory, coded(pilot, "tailored-support", support), codebook)
    assert overlay(found)["tailored-support"] == expected


def test_as_many_rows_for_as_against_say_nothing(
    theory: Theory, pilot: Pilot, codebook: Codebook
) -> None:
    matrix = pilot.framework_matrix.copy()
    rows = matrix.index[matrix["outcome"] == "tailored-support"]
    assert len(rows) == 4
    matrix.loc[rows[:2], "support"] = "against"
    even = pilot.with_raw(framework_matrix=matrix)
    assert overlay(outcome_evidence(theory, even, codebook))["tailored-support"] == "no evidence"


def let_tests_end(monkeypatch: pytest.MonkeyPatch, difference: float, p: float) -> None:
    """Let the test of every measure between the arms end in one way."""
    frame = pd.DataFrame(
        [
            {"measure": measure, "contrast": "change", "difference": difference, "p": p}
            for measure in ("wai", "compassion_satisfaction")
        ]
    )
    monkeypatch.setattr(evidence, "between_tests", lambda pilot: frame)


@pytest.mark.parametrize(
    ("difference", "p", "expected"),
    [
        (2.0, 0.04, "measured support"),
        (-2.0, 0.04, "evidence against"),
        (2.0, 0.05, "no evidence"),
        (-2.0, 0.06, "no evidence"),
        (float("nan"), float("nan"), "no evidence"),
    ],
)
def test_what_a_test_says_decides(
    theory: Theory,
    pilot: Pilot,
    codebook: Codebook,
    monkeypatch: pytest.MonkeyPatch,
    difference: float,
    p: float,
    expected: str,
) -> None:
    let_tests_end(monkeypatch, difference, p)
    shown = overlay(outcome_evidence(theory, pilot, codebook))
    assert shown["compassion-satisfaction"] == expected


def test_of_a_measure_whose_low_scores_are_good_a_fall_is_support(
    theory: Theory, pilot: Pilot, codebook: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_tests_end(monkeypatch, -2.0, 0.04)
    scales = {
        name: replace(scale, about=scale.about.model_copy(update={"higher_is_better": False}))
        for name, scale in pilot.instruments.scales.items()
    }
    fewer = replace(
        without(pilot, "compassion-satisfaction"),
        instruments=Instruments(scales, pilot.instruments.surveys),
    )
    shown = overlay(outcome_evidence(theory, fewer, codebook))
    assert shown["compassion-satisfaction"] == "measured support"


def test_rows_against_outweigh_a_favourable_test(
    theory: Theory, pilot: Pilot, codebook: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_tests_end(monkeypatch, 2.0, 0.01)
    against = coded(pilot, "relationship-alliance", "against")
    shown = overlay(outcome_evidence(theory, against, codebook))
    assert shown["relationship-alliance"] == "evidence against"


def test_alpha_is_the_level_of_the_tests(theory: Theory, pilot: Pilot, codebook: Codebook) -> None:
    # The reconstruction's differences are free, their p values printed: .697 and .558.
    strict, lenient = (
        outcome_evidence(theory, pilot, codebook, alpha).set_index("outcome")["measured"]
        for alpha in (0.5, 0.6)
    )
    assert strict["compassion-satisfaction"] == ""
    assert lenient["compassion-satisfaction"] != ""
    assert lenient["relationship-alliance"] == ""


def test_a_study_without_codebook_has_tests_only(theory: Theory, pilot: Pilot) -> None:
    found = outcome_evidence(theory, pilot, None)
    assert set(found["evidence"]) == {"no evidence"}
    assert found["p"].notna().sum() == 2


CLAIMS = pd.DataFrame(
    [("used", "tool_use", "reproduced"), ("tested", "between_tests", "reproduced")],
    columns=["id", "quantity", "status"],
)


def rated(pilot: Pilot, codebook: Codebook | None, answer: str, number: str = "1.5") -> pd.Series:
    """How sure an answer to a question on the training is."""
    asked = Question(id=number, dimension="feasibility", name="N", question="Q?", answers={})
    asked = asked.model_copy(update={"answers": {"training": answer}})
    table = evidence.confidence(pilot, codebook, {number: asked}, CLAIMS)
    return table.iloc[0]


def test_sources_that_agree_about_themselves_with_a_number_are_strong(
    pilot: Pilot, codebook: Codebook
) -> None:
    # Framework matrix, RQ 1.5: observation and interviews speak for the training, none against.
    row = rated(pilot, codebook, "Most liked it: {used}.")
    assert (row["points"], row["confidence"]) == ("SDNK", "strong")
    assert rated(pilot, codebook, "Most liked it.")["points"] == "SDK"


def test_a_contradicted_number_or_a_source_against_it_costs_a_point(
    pilot: Pilot, codebook: Codebook
) -> None:
    claims = CLAIMS.assign(status="contradicted")
    asked = Question(
        id="1.5", dimension="feasibility", name="N", question="Q?", answers={"training": "{used}"}
    )
    table = evidence.confidence(pilot, codebook, {"1.5": asked}, claims)
    assert table["points"].tolist() == ["SD"]
    matrix = pilot.framework_matrix.copy()
    (first, *_) = matrix.index[
        (matrix["research_question"] == "1.5")
        & (matrix["component"] == "training")
        & (matrix["source_type"] == "interview")
    ]
    matrix.loc[first, "support"] = "against"
    row = rated(pilot.with_raw(framework_matrix=matrix), codebook, "{used}")
    assert row["points"] == "SDN"


def with_codes(plan: Triangulation, statement: str, *codes: str) -> Triangulation:
    """The coding with the codes of one statement's evidence in order."""
    told = plan.model_dump()
    for question in told["questions"]:
        for one in question["statements"]:
            if one["id"] == statement:
                for entry, code in zip(one["evidence"], codes, strict=True):
                    entry["code"] = code
    return Triangulation.model_validate(told)


@pytest.mark.parametrize(
    ("codes", "points"),
    [
        (("supports", "supports", "supports"), "SDNK"),
        (("supports", "supports", "qualifies"), "SDN"),
        (("supports", "contradicts", "supports"), "DN"),
    ],
)
def test_where_the_triangulation_has_sources_differ_an_answer_is_less_sure(
    rotherham: Path, pilot: Pilot, codebook: Codebook, codes: tuple[str, ...], points: str
) -> None:
    asked = Question(
        id="1.5", dimension="feasibility", name="N", question="Q?", answers={"training": "{used}"}
    )
    plan = with_codes(read_triangulation(rotherham), "1.5-training", *codes)
    table = evidence.confidence(pilot, codebook, {"1.5": asked}, CLAIMS, plan)
    assert table["points"].tolist() == [points]


def test_a_finding_on_a_figure_behind_an_answer_costs_a_point(
    rotherham: Path, pilot: Pilot, codebook: Codebook
) -> None:
    asked = Question(
        id="1.6", dimension="feasibility", name="N", question="Q?", answers={"training": "{used}"}
    )
    plan = read_triangulation(rotherham)

    def points(*named: str, claims: pd.DataFrame = CLAIMS) -> str:
        table = evidence.confidence(pilot, codebook, {"1.6": asked}, claims, plan, named)
        return str(table["points"].item())

    assert points("of another question") == "SDNK"
    # Of the answer itself, and of the statement that it makes.
    assert points("used") == points("training-pace-percent") == "SDN"
    behind = pd.DataFrame([("training-pace-percent", "training_views", "contradicted")])
    claims = pd.concat([CLAIMS, behind.set_axis(CLAIMS.columns, axis=1)])
    assert points(claims=claims) == "SDN"


def test_the_committed_answers_are_no_surer_than_their_sources_agree(
    rotherham: Path, pilot: Pilot, codebook: Codebook
) -> None:
    table = evidence.confidence(
        pilot,
        codebook,
        read_questions(rotherham),
        ledger(pilot),
        read_triangulation(rotherham),
        disputed(audit(rotherham)),
    ).set_index(["question", "part"])["points"]
    # Records and survey deny each other; the survey is more reserved; pace and balance disagree.
    assert table["1.3", "tools"] == "DN"
    assert table["1.5", "training"] == table["1.6", "training"] == "SDN"
    # The front page says so.
    assert not (table == "SDNK").any()


def test_synthesis_and_few_units_leave_little(pilot: Pilot, codebook: Codebook) -> None:
    # RQ 1.1, training: the report names no source.
    row = rated(pilot, codebook, "As planned: {used}.", "1.1")
    assert (row["points"], row["confidence"]) == ("N", "very limited")
    row = rated(pilot, codebook, "It works: {tested}.")
    assert (row["cap"], row["confidence"]) == ("too few units to show an effect", "very limited")


def test_what_staff_alone_say_of_families_is_limited_at_most(
    pilot: Pilot, codebook: Codebook
) -> None:
    matrix = pilot.framework_matrix.assign(concerns="families", support="supports")
    matrix["source_type"] = ["interview", "endline survey"] * (len(matrix) // 2) + ["interview"] * (
        len(matrix) % 2
    )
    row = rated(pilot.with_raw(framework_matrix=matrix), codebook, "{used}")
    assert (row["points"], row["confidence"]) == ("SNK", "limited")
    assert row["cap"] == "only staff speak for families"


def test_without_a_matrix_nothing_is_sure(pilot: Pilot) -> None:
    row = rated(pilot, None, "So it is.")
    assert (row["cap"], row["confidence"]) == ("", "very limited")
