"""The qualitative half as MyST."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from bs4 import BeautifulSoup
from docutils.core import publish_string
from helpers import CODEBOOK, matrix_of
from myst_parser.parsers.docutils_ import Parser

from earlyhelp.qualitative import evidence, framework, triangulation
from earlyhelp.qualitative.framework import Codebook
from earlyhelp.qualitative.theory import load_theory
from earlyhelp.report import qualitative_tables
from earlyhelp.report.page import table_markdown
from earlyhelp.study.design import Question
from earlyhelp.study.raw import open_pilot


def rendered(markdown: str) -> BeautifulSoup:
    settings = {
        "myst_enable_extensions": ["colon_fence", "attrs_inline", "deflist"],
        # Targets of other sections and pages are not there.
        "myst_suppress_warnings": ["myst.xref_missing"],
        "report_level": 2,
        "halt_level": 2,
    }
    page = publish_string(
        markdown, parser=Parser(), writer_name="html5", settings_overrides=settings
    )
    return BeautifulSoup(page, "lxml")


def test_no_cell_of_the_table_is_empty_and_each_source_is_named_once_a_theme(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    cells = framework.matrix_cells(matrix, codebook, "2.2")
    page = rendered(qualitative_tables.matrix_markdown(cells, "Question 2.2", "tbl-matrix"))
    heads = [head.get_text().strip() for head in page.select("thead th")]
    assert heads == ["Theme", "What each source says on question 2.2"]
    rows = [row.get_text().strip() for row in page.select("tbody th")]
    names = ["Capacity and workload", "Few unintended effects", "Feeling judged"]
    assert rows == [*names, "Awkward feedback"]
    assert len(page.select("tbody td p")) == 8
    assert all(cell.get_text().strip() for cell in page.select("td"))
    named = [[source.get_text() for source in cell.select("em")] for cell in page.select("td")]
    assert sorted(named, key=len)[-1] == ["Interviews.", "Report's synthesis."]
    assert all(len(names) == len(set(names)) for names in named)


def test_every_row_of_the_table_is_a_target(matrix: pd.DataFrame, codebook: Codebook) -> None:
    cells = framework.matrix_cells(matrix, codebook, "2.2")
    page = rendered(qualitative_tables.matrix_markdown(cells, "Question 2.2", "tbl-matrix"))
    wanted = {qualitative_tables.target(row_id) for ids in cells["row_ids"] for row_id in ids}
    assert wanted <= {element["id"] for element in page.select("[id]")}


def test_mark_up_in_data_is_shown_and_not_obeyed() -> None:
    evil = "<script>x</script> **b** [l](http://x.org) `c` $m$ {raw}`y` | - # &amp; ::::."
    rows = matrix_of({"summary": evil})
    cells = framework.matrix_cells(rows, CODEBOOK, "1.1")
    page = rendered(qualitative_tables.matrix_markdown(cells, "Caption", "tbl-evil"))
    (item,) = page.select("tbody td")
    assert item.get_text().strip() == f"Interviews. A1 {evil}"
    assert not page.select("td script, td a, td code")
    assert [bold.get_text() for bold in page.select("td strong")] == ["A1"]


def links(page: BeautifulSoup) -> set[str]:
    """Where a page's links lead."""
    return {str(link["href"]) for link in page.select("a[href]")}


def test_a_row_leads_to_its_theme_and_outcome(matrix: pd.DataFrame, codebook: Codebook) -> None:
    cells = framework.matrix_cells(matrix, codebook, "2.1")
    table = qualitative_tables.matrix_markdown(cells, "C", "tbl-m", {"less-dropout"})
    assert "[Continued engagement](#theme-continued-engagement)" in table
    assert "[Less early dropout](#outcome-evidence-less-dropout)" in table
    # The others have no row to lead to: their names stand without a link.
    assert table.count("#outcome-evidence") == 2
    assert "(Outcome: Tailored support)" in table


def test_every_link_of_matrix_and_codebook_has_its_target(
    matrix: pd.DataFrame, codebook: Codebook
) -> None:
    parts = [qualitative_tables.codebook_list(matrix, codebook)]
    for question in codebook.research_questions:
        cells = framework.matrix_cells(matrix, codebook, question.id)
        target = qualitative_tables.question_target("framework", question.id)
        parts.append(f"({target})=\n\nA paragraph.")
        parts.append(qualitative_tables.matrix_markdown(cells, "C", f"tbl-{target}"))
    page = rendered("\n\n".join(parts))
    ids = {f"#{element['id']}" for element in page.select("[id]")}
    assert len(links(page)) > len(matrix)
    assert links(page) <= ids


def test_a_theme_shows_what_belongs_to_it_and_where_it_leads() -> None:
    item = qualitative_tables.codebook_list(matrix_of({}, {"outcome": "trust"}), CODEBOOK)
    page = rendered(item)
    assert page.select_one("dt [id='theme-time']").get_text() == "Time"
    text = page.select_one("dd").get_text(" ", strip=True)
    assert "D. Belongs here: I. Does not: E." in " ".join(text.split())
    assert {"#a1", "#a2", "#framework-rq-1-1"} <= links(page)
    assert "Outcome: trust." in text


def test_themes_named_in_an_exclusion_are_links() -> None:
    first, second = CODEBOOK.themes
    named = first.model_copy(update={"exclude": "Speed (ease, time); luck (ease, unknown)."})
    codebook = CODEBOOK.model_copy(update={"themes": (named, second)})
    shown = qualitative_tables.codebook_list(matrix_of({}), codebook)
    assert "Speed ([Ease](#theme-ease), [Time](#theme-time)); luck \\(ease, unknown\\)." in shown


def test_strength_counts_sides_by_source(codebook: Codebook, matrix: pd.DataFrame) -> None:
    rows = matrix[matrix["research_question"] == "2.2"]
    shown = qualitative_tables.strength(rows, codebook)
    assert shown["Rows"].map(int).sum() == len(rows)
    assert list(shown.columns[-4:]) == ["Supports", "Against", "Mixed", "Silent"]


def bracketed(claims: Sequence[str]) -> list[str]:
    return [f"<{claim}>" for claim in claims]


def test_a_joint_display_shows_both_strands_and_the_judgement(
    rotherham: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    plan = triangulation.read_triangulation(rotherham)
    display = triangulation.joint_display(matrix, plan, codebook, "2.1")
    shown = qualitative_tables.joint_display(display, codebook, bracketed, "C", "tbl-j")
    page = rendered(shown)
    row = next(r for r in page.select("tbody tr") if "family and practitioner" in r.get_text())
    _, numbers, words, judgement = (cell.get_text(" ", strip=True) for cell in row.select("th, td"))
    assert "Outcome measures qualifies" in numbers
    assert "<wai-between-p>" in shown
    assert "Interviews supports" in words
    assert {"#theme-feeling-heard", "#q202"} <= links(row)
    assert judgement.startswith("partial agreement")
    assert "Silent: Post-training survey" in judgement
    assert "Left unknown: How families rate the relationship" in judgement


def test_a_joint_display_says_on_what_sources_agree(
    rotherham: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    plan = triangulation.read_triangulation(rotherham)
    display = triangulation.joint_display(matrix, plan, codebook, "1.1")
    shown = qualitative_tables.joint_display(display, codebook, bracketed, "C", "tbl-j")
    assert "**agreement** that it is not so" in shown


def test_the_rules_of_attribution_are_listed_with_what_names_a_single_source() -> None:
    rules = CODEBOOK.model_copy(update={"attribution": ("A rule *of* ours.",)})
    shown = qualitative_tables.attribution(matrix_of({}, {"source_id": "i1"}, {}), rules)
    assert shown.splitlines() == [
        "- A rule \\*of\\* ours.",
        "- Interviews: 1 of 3 rows say which one.",
    ]


def test_the_triangulation_matrix_has_every_question_and_source(
    rotherham: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    plan = triangulation.read_triangulation(rotherham)
    coded = triangulation.coded_evidence(matrix, plan)
    shown = qualitative_tables.triangulation_matrix(coded, codebook).set_index("Source")
    assert len(shown.columns) == 14
    together = [name for name in shown.index if "+" in name]
    assert len(shown) == len(codebook.source_types) + len(together)
    assert "Interviews \\+ Endline survey" in together
    column = shown["[1\\.3](#triangulation-rq-1-3)"]
    # triangulation.yml: the records support two statements, qualify one and contradict one.
    assert column["Administrative data"] == "2 S, 1 Q, 1 C"
    assert column["Interviews"] == ""
    assert shown.loc["Interviews", "[3\\.2](#triangulation-rq-3-2)"] == "–"


def test_listed_and_used_sources_stand_in_columns(
    rotherham: Path, matrix: pd.DataFrame, codebook: Codebook
) -> None:
    plan = triangulation.read_triangulation(rotherham)
    compared = triangulation.sources_compared(matrix, plan, codebook)
    row = qualitative_tables.sources_compared(compared, codebook).iloc[2]
    assert row.tolist()[1:] == [
        "1\\.4",
        "Administrative data",
        "–",
        "Endline survey",
        "Report\\'s synthesis",
    ]


def test_an_outcome_shows_its_rows_and_its_test(rotherham: Path) -> None:
    theory, pilot = load_theory(rotherham), open_pilot(rotherham)
    found = evidence.outcome_evidence(theory, pilot, framework.read_codebook(rotherham))
    shown = qualitative_tables.outcome_evidence(found, theory)
    row = shown[shown["Outcome"].str.contains("outcome-evidence-relationship-alliance")].iloc[0]
    # The report prints p = .697 for the change of the WAI between the arms.
    assert row["Evidence"] == (
        "**qualitative support** Working alliance (WAI): p = .697, cannot tell."
    )
    assert "[Q202](#q202)" in row["Rows"]


def test_an_outcome_without_evidence_says_why(rotherham: Path) -> None:
    theory, pilot = load_theory(rotherham), open_pilot(rotherham)
    found = evidence.outcome_evidence(theory, pilot, framework.read_codebook(rotherham))
    shown = qualitative_tables.outcome_evidence(found, theory).set_index("Rows")
    assert shown.loc["[Q206](#q206), [Q207](#q207)", "Evidence"] == (
        "**no evidence** Rows speak for it in part only, or tell of an expectation."
    )


def test_an_outcome_leads_to_its_evidence_and_rows(rotherham: Path) -> None:
    theory, pilot = load_theory(rotherham), open_pilot(rotherham)
    found = evidence.outcome_evidence(theory, pilot, framework.read_codebook(rotherham))
    leads = qualitative_tables.outcome_links(found)
    assert leads["less-dropout"] == (
        "[evidence](#outcome-evidence-less-dropout); rows [Q206](#q206), [Q207](#q207)"
    )
    assert leads["mental-health"] == "[evidence](#outcome-evidence-mental-health)"


def rated(*rows: tuple[str, str, str, bool, str, str]) -> pd.DataFrame:
    columns = ["question", "part", "points", "named", "cap", "confidence"]
    return pd.DataFrame(rows, columns=columns)


def asked(*ids: str) -> dict[str, Question]:
    return {
        id: Question(id=id, dimension="promise", name=f"Name {id}", question="Q?") for id in ids
    }


def test_a_statement_is_as_sure_as_the_least_sure_answer_behind_it() -> None:
    answers = rated(
        ("1.1", "training", "SDNK", True, "", "strong"),
        ("1.1", "tools", "", False, "", "very limited"),
        ("1.2", "approach", "DN", True, "", "limited"),
        ("1.3", "approach", "SDNK", True, "too few units to show an effect", "very limited"),
    )
    told = qualitative_tables.how_sure(
        answers,
        asked("1.1", "1.2", "1.3"),
        {
            "it ran": ["1.1 training", "1.2"],
            "it came": ["1.1 training"],
            "it was used": ["1.1"],
            "it helped": ["1.3", "1.2"],
            "nobody asked": ["9.9"],
        },
    )
    assert re.sub(r"\(#[^)]*\)", "", told.replace("\\", "")) == (
        "- **How sure?** That it ran: **limited** ([1.2 Name 1.2]: no two kinds of source confirm "
        "it; sources or figures differ). "
        "That it came: **strong** ([1.1 Name 1.1, training]). "
        # Without a named source the points that need one go without saying.
        "That it was used: **very limited** ([1.1 Name 1.1, tools]: no source is named; no printed "
        "number). "
        "That it helped: **very limited** ([1.3 Name 1.3]: too few units to show an effect)."
    )


def test_a_question_without_rows_has_a_table_of_strength_without_rows() -> None:
    shown = qualitative_tables.strength(matrix_of({}).iloc[:0], CODEBOOK)
    assert shown.empty
    assert table_markdown(shown, "Strength", "tbl-strength").count("\n| ") == 2


def test_strength_in_words_names_sources_on_both_sides() -> None:
    rows = matrix_of(
        {"support": "supports"},
        {"support": "supports", "concerns": "families"},
        {"source_type": "records", "support": "supports"},
        {"source_type": "report", "support": "supports"},
        {"source_type": "survey"},
        {"source_type": "survey", "support": "mixed"},
    )
    page = rendered(qualitative_tables.strength_in_words(rows, CODEBOOK, "1.1"))
    # The report's own rows are listed, and are no source that the report names.
    assert page.select_one("p").get_text().strip() == (
        "It is used. "
        "For it 3 (2 named): "
        "Interviews (self-report 1, staff reflection on families 1); Records (record 1); "
        "Report (evaluators' synthesis 1). "
        "Against it 1 (1 named): Survey (self-report 1)."
    )


def test_strength_in_words_tells_rows_of_several_sources_apart() -> None:
    rows = matrix_of({"support": "supports"}, {"source_type": "interview;survey"})
    page = rendered(qualitative_tables.strength_in_words(rows, CODEBOOK, "1.1"))
    assert page.select_one("p").get_text().strip() == (
        "It is used. "
        "For it 1 (1 named): Interviews (self-report 1). "
        "Against it none. "
        "Against it together: Interviews + Survey (self-report 1)."
    )


def test_strength_in_words_of_one_side_only() -> None:
    shown = qualitative_tables.strength_in_words(matrix_of({}), CODEBOOK, "1.1")
    assert "*It is used.* For it none. Against" in shown


def test_a_test_that_decides_says_for_whom(rotherham: Path) -> None:
    theory, pilot = load_theory(rotherham), open_pilot(rotherham)
    found = evidence.outcome_evidence(theory, pilot, None).assign(measured="against")
    shown = qualitative_tables.outcome_evidence(found, theory)
    assert shown["Evidence"].iloc[0].endswith(", goes against it.")
