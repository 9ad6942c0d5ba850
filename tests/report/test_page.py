"""What notebooks show: numbers, escaped text, tables, statuses."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.analysis import outcomes, participants
from earlyhelp.published import ledger
from earlyhelp.published.claims import Claim
from earlyhelp.published.ledger import with_statuses
from earlyhelp.qualitative.framework import read_codebook
from earlyhelp.report import figures, layout
from earlyhelp.report import page as page_module
from earlyhelp.report.myst import badge
from earlyhelp.report.page import Page, open_page, table_markdown, where_shown
from earlyhelp.study.design import Question
from earlyhelp.study.raw import open_pilot
from earlyhelp.validate import validate


def test_badge_carries_its_word() -> None:
    assert badge("bounded") == "[bounded]{.status .status-bounded}"


def test_unknown_status() -> None:
    with pytest.raises(KeyError, match="no status 'true'"):
        badge("true")


def test_table_has_caption_name_and_aligned_numbers() -> None:
    frame = pd.DataFrame({"Team": ["I1", "I2"], "n": ["9", "–"]})
    assert table_markdown(frame, "People.", "tbl-people").splitlines() == [
        ":::{table} People.",
        ":name: tbl-people",
        "",
        "| Team | n |",
        "| :--- | ---: |",
        "| I1 | 9 |",
        "| I2 | – |",
        ":::",
    ]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(page_module, "show", lambda text, claimed=(): texts.append(text))
    return texts


@pytest.fixture
def page(mini: Path) -> Page:
    question = Question(
        id="1.1",
        dimension="feasibility",
        name="n",
        question="q",
        answers={"training": "It was {a-1} <b>."},
        findings={"fig-a": "Most came ({a-1})."},
    )
    return Page(open_pilot(mini), {"1.1": question}, {"a-1": "12%"})


def test_real_data_are_observed_whatever_the_report_printed(page: Page, shown: list[str]) -> None:
    pilot = with_statuses(page.pilot)
    page.table(participants.people(pilot), "C.", place="Table 1")
    assert ":::{table} C. [observed]{.status .status-observed}\n" in shown[0]
    assert "Report" not in shown[0]


def test_a_table_is_folded_whose_estimates_are_illustrative_whatever_its_n_is(
    rotherham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(page_module, "show", lambda _, claimed=(): told.append(list(claimed)))
    page = open_page(str(rotherham))
    estimates = outcomes.estimates(page.pilot)
    page.table(estimates, "C.")
    assert told == [["illustrative"]]


def test_answer_is_filled_and_escaped(page: Page, shown: list[str]) -> None:
    page.answer("1.1", "training")
    assert "It was [12%](#ledger-a-1) \\<b\\>." in shown[0]


def told_of_a_figure(
    page: Page, monkeypatch: pytest.MonkeyPatch, name: str, *statuses: str, finding: str = ""
) -> dict[str, object]:
    """What the output of a figure says of it: one bar for each status."""
    told: list[dict[str, object]] = []
    monkeypatch.setattr(page_module, "display", lambda *_, metadata, **__: told.append(metadata))
    frame = pd.DataFrame({"n": range(1, len(statuses) + 1), "status": statuses})
    figure, _ = figures.side_by_side(2)
    about = {"name": name, "people": frame["n"], "place": "Table 1", "finding": finding}
    page.figure(figure, frame, **about)
    return told[0]


def test_a_figure_says_its_finding_then_how_many_and_what_is_known(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = told_of_a_figure(page, monkeypatch, "fig-a", "observed", "observed", "contradicted")
    assert said["earlyhelp-title"] == "**Most came \\([12%](#ledger-a-1)\\).**"
    assert said["earlyhelp-caption"] == (
        "n = 1 to 3. [observed]{.status .status-observed} "
        "[contradicted]{.status .status-contradicted} (c)"
    )


def test_a_figure_that_the_study_says_nothing_of_has_its_caption_alone(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "earlyhelp-title" not in told_of_a_figure(page, monkeypatch, "fig-b", "observed")


def test_a_computed_finding_is_the_title_unless_the_study_states_one(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {
        name: told_of_a_figure(page, monkeypatch, name, "observed", finding="1 of 2 is red.")
        for name in ("fig-a", "fig-b")
    }
    assert "Most came" in str(found["fig-a"]["earlyhelp-title"])
    assert found["fig-b"]["earlyhelp-title"] == "**1 of 2 is red.**"


def test_a_partly_illustrative_figure_is_folded_and_finds_nothing(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ("reproduced", "reproduced", "illustrative")
    said = told_of_a_figure(page, monkeypatch, "fig-a", *rows, finding="Most are one.")
    assert said["earlyhelp"] == ["illustrative"]
    assert "earlyhelp-title" not in said


def test_paragraphs_of_an_answer_stay_paragraphs(page: Page, shown: list[str]) -> None:
    text = "Most came.\nOf all, {a-1} did."
    asked = page.questions["1.1"].model_copy(update={"answers": {"training": text}})
    dataclasses.replace(page, questions={"1.1": asked}).answer("1.1", "training")
    assert "\n\nMost came.\n\nOf all, [12%](#ledger-a-1) did.\n" in shown[0]


def test_question_without_answer(page: Page, shown: list[str]) -> None:
    page.answer("1.1", "approach")
    assert "No answer has been written yet." in shown[0]


def test_a_question_that_the_study_does_not_ask_is_not_shown(page: Page, shown: list[str]) -> None:
    page.answer("3.6", "approach")
    assert shown == []


def test_a_table_without_rows_is_not_shown(page: Page, shown: list[str]) -> None:
    page.table(participants.people(page.pilot).iloc[:0], "People.")
    assert shown == []


def test_a_study_without_qualitative_data_shows_nothing_of_them(
    page: Page, shown: list[str]
) -> None:
    page.evidence("1.1", "training")
    page.matrix("1.1")
    page.joint_display(None, "1.1")
    assert shown == []


def claim(quantity: str) -> Claim:
    fields = dict.fromkeys(Claim.__dataclass_fields__, "")
    return Claim(**(fields | {"quantity": quantity}))


@pytest.mark.parametrize(
    ("quantity", "link"),
    [
        ("paired_tests", "{numref}`tbl-paired-tests`"),
        ("", ""),
    ],
)
def test_a_claim_leads_to_where_its_number_is_shown(quantity: str, link: str) -> None:
    assert where_shown(claim(quantity)) == link


def test_evidence_is_counted_by_source_and_linked(rotherham: Path, shown: list[str]) -> None:
    pilot, codebook = open_pilot(rotherham), read_codebook(rotherham)
    Page(pilot, {}, {}, codebook=codebook).evidence("2.2", "approach")
    (said,) = shown
    rows = pilot.framework_matrix.query("research_question == '2.2'")
    assert said.startswith(f"Qualitative evidence: {len(rows)} [rows")
    interviews = (rows["source_type"] == "interview").sum()
    assert f"(Interviews {interviews}, " in said
    assert "(#framework-rq-2-2)" in said
    assert "(#triangulation-rq-2-2)" in said


def test_evidence_without_codebook_names_sources_by_their_ids(
    rotherham: Path, shown: list[str]
) -> None:
    Page(open_pilot(rotherham), {}, {}).evidence("2.2", "approach")
    assert "report synthesis" in shown[0]


def test_an_answer_leads_to_the_rows_of_its_numbers(page: Page) -> None:
    assert page.filled("It was {a-1} <b>.") == "It was [12%](#ledger-a-1) \\<b\\>."


def test_an_answer_leads_to_the_rows_that_bear_it(page: Page) -> None:
    assert page.filled("As planned {rows: Q001, Q002}.") == (
        "As planned[\N{NO-BREAK SPACE}[Q001](#q001), [Q002](#q002)]{.rows}."
    )


def test_a_cell_leads_to_the_claim_that_prints_its_number(
    rotherham: Path, shown: list[str]
) -> None:
    page = open_page(str(rotherham))
    page.table(participants.responses(page.pilot), "C.")
    # Table 2.2; the contradicted number keeps its mark, and the column its alignment.
    assert "{claim}`27 <responses-baseline-intervention>`" in shown[0]
    assert "{claim}`18 <responses-baseline-comparison>` {sup}`c`" in shown[0]
    assert "| :--- | :--- | ---: | ---: | ---: |" in shown[0]


def test_an_answer_states_what_printed_figures_allow(rotherham: Path) -> None:
    page = Page(open_pilot(rotherham), {}, {})
    shown = page.filled("It was {wai-difference-estimate}.")
    # By hand: 23 / 17 - 10 / 16 = 0.73, its negative, and twice as much.
    assert shown.startswith("It was −0.7 or 0.7 or 1.5 points \\(95% intervals between ")
    assert shown.endswith(" ({numref}`tbl-determined-wai-between`).")


def printed(**more: str) -> Claim:
    """A claim of which the data give 8."""
    fields = {"subject": "s", "population": "all", "printed": "7", "status": "reproduced"}
    return replace(claim("x"), **(fields | more))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "s ([8](#ledger-x))"),
        # A word is all that the report gives: the value behind it is free.
        (
            {"printed": "most", "interval": "(50, 100]"},
            "s ([most](#ledger-x))",
        ),
        ({"status": "contradicted"}, "s ([8](#ledger-x), printed 7)"),
    ],
)
def test_a_quoted_claim_has_value_and_status(
    mini: Path, more: dict[str, str], expected: str
) -> None:
    page = Page(open_pilot(mini), {}, {"x": "8"}, {"x": printed(**more)})
    assert page.quoted(["x"]) == [f"*all:* {expected} [observed]{{.status .status-observed}}"]


def test_what_is_quoted_of_the_same_people_stands_together(rotherham: Path) -> None:
    page = open_page(str(rotherham))
    same = ["ors-frequency-no-sessions-percent", "ors-frequency-some-sessions-percent"]
    (told,) = page.quoted(same)
    assert told.startswith("*endline respondents who rated the tools:* used the ORS")
    assert told.count("(#ledger-ors-frequency-") == 2
    assert told.count("{.status ") == 1
    assert len(page.quoted([*same, "trained-fsw"])) == 2


def test_a_page_knows_what_the_study_has(rotherham: Path, mini: Path) -> None:
    full, bare = (open_page(str(folder)) for folder in (rotherham, mini))
    assert full.codebook
    assert "less-dropout" in full.outcomes
    assert full.claims
    assert (bare.codebook, bare.theory, list(bare.outcomes), bare.claims) == (None, None, [], {})
    assert full.ledger["id"].tolist() == list(full.claims)
    assert bare.ledger.empty


def test_the_ledger_is_computed_once_for_the_check_of_a_study_and_its_pages(
    rotherham: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, real = [], ledger.judged

    def counting(*arguments: object) -> tuple[pd.DataFrame, object]:
        counted.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(ledger, "judged", counting)
    monkeypatch.setattr(page_module, "_kept", {})
    page_module.keep_open(validate(rotherham))
    assert not open_page(str(rotherham)).ledger.empty
    assert len(counted) == 1


def test_a_table_leads_back_to_its_first_claim(page: Page, shown: list[str]) -> None:
    tested = dataclasses.replace(claim("paired_tests"), id="t-1")
    with_ledger = dataclasses.replace(page, claims={"t-1": tested})
    with_ledger.table(outcomes.paired_tests(page.pilot), "C.")
    assert "[Ledger](#ledger-t-1)" in shown[0]


def test_readings_stand_beside_the_numbers_that_rest_on_them(
    rotherham: Path, shown: list[str]
) -> None:
    page = open_page(str(rotherham))
    page.table(participants.people(page.pilot), "People.")
    assert "Rests on [A-01](#a-01), [A-03](#a-03), [A-20](#a-20)." in shown[0]
    page.table(participants.interviewees(page.pilot), "Interviews.")
    assert "Rests on" not in shown[-1]


def test_illustrative_numbers_do_not_stand_among_others(rotherham: Path, shown: list[str]) -> None:
    page = open_page(str(rotherham))
    page.table(outcomes.outcome_summary(page.pilot), "Scores.")
    assert "illustrative" not in shown[0]
    assert "Free numbers" not in shown[0]
    assert "| – |" in shown[0]


def test_a_number_that_words_bound_is_not_rounded_out_of_them(
    rotherham: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FREE", "nothing")
    page = open_page(str(rotherham))
    summary = outcomes.outcome_summary(page.pilot)
    page.table(summary.query("measure == 'compassion_satisfaction'"), "Scores.")
    # "Above 42" in the report.
    (baseline,) = (line for line in shown[0].splitlines() if "Intervention | Baseline" in line)
    mean = float(baseline.split("|")[5].split()[0])
    assert 42 < mean < 42.1
