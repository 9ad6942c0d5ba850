"""The ledger, on a few claims about tests/studies/mini and on Rotherham's own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from helpers import AGREEING, ROOT, told, write_claims

from earlyhelp.analysis.quantities import FREE
from earlyhelp.published import ledger
from earlyhelp.published.claims import COLUMNS, Claim, claims_of, read_claims, read_words
from earlyhelp.study.raw import Pilot, open_pilot


def answer(study: Path, **changes: str) -> pd.Series:
    """The ledger's row for one claim."""
    write_claims(study, AGREEING | changes)
    return ledger.ledger(open_pilot(study)).iloc[0]


def test_a_figure_given_back_is_reproduced(mini: Path) -> None:
    row = answer(mini)
    assert (row["recomputed"], row["status"], row["agrees"]) == ("Three", "reproduced", True)


def test_a_figure_not_given_back_is_contradicted(mini: Path) -> None:
    row = answer(mini, printed="four")
    assert (row["recomputed"], row["status"]) == ("three", "contradicted")
    assert not row["agrees"]


def test_a_fact_of_the_design_is_called_so(mini: Path) -> None:
    row = answer(
        mini,
        printed="4",
        quantity="design",
        select="fact=teams",
        column="value",
        status="design fact",
    )
    assert (row["status"], row["agrees"]) == ("design fact", True)


def test_what_no_data_can_answer_is_called_so(mini: Path) -> None:
    blank = {"quantity": "", "select": "", "column": "", "note": "nobody took the time"}
    row = answer(mini, printed="about 15", status="not in our data", **blank)
    assert (row["status"], row["agrees"], row["recomputed"]) == ("not in our data", True, "")


def test_a_word_holds_within_its_interval(mini: Path) -> None:
    word = {"kind": "word", "printed": "majority", "word": "majority", "column": "percent"}
    # Three of four came.
    assert answer(mini, **word)["status"] == "reproduced"
    manager = answer(mini, **word, select="role=Team Manager", unit="%")
    assert (manager["recomputed"], manager["status"]) == ("0.0", "contradicted")


def test_ticks_and_texts_are_compared_as_they_stand(mini: Path) -> None:
    tick = {
        "kind": "tick",
        "quantity": "data_collection",
        "select": "activity=training;team=A",
        "column": "done",
    }
    assert answer(mini, printed="✓", **tick)["status"] == "reproduced"
    assert answer(mini, printed="×", **tick)["recomputed"] == "✓"
    when = {
        "kind": "text",
        "quantity": "fieldwork",
        "select": "activity=baseline survey",
        "column": "short",
    }
    assert answer(mini, printed="Jan", **when)["status"] == "reproduced"


def test_a_claim_about_several_rows_is_tested_on_all_of_them(mini: Path) -> None:
    some = {"select": "role=Family Support Worker|Team Manager|all", "column": "attended"}
    row = answer(mini, **some)
    assert (row["recomputed"], row["status"]) == ("Two, Zero, Three", "contradicted")
    assert row["exact"] == [2, 0, 3]


def test_a_claim_that_holds_of_every_row_shows_the_value_once(mini: Path) -> None:
    parts = {"quantity": "responses", "select": "wave=baseline;team=A|B|C|D", "column": "n"}
    row = answer(mini, **parts, printed="2")
    assert (row["recomputed"], row["status"]) == ("2", "reproduced")


def test_rows_can_be_added_up(mini: Path) -> None:
    both = "role=Family Support Worker+Senior Family Support Worker"
    row = answer(mini, select=both, printed="3")
    assert (row["recomputed"], row["status"]) == ("3", "reproduced")
    missing = answer(mini, select="role=all+Cook", printed="3")
    assert (missing["recomputed"], missing["status"]) == (ledger.MISSING, "contradicted")


def test_every_alternative_must_be_there(mini: Path) -> None:
    row = answer(mini, select="role=all|Cook", printed="3")
    assert (row["recomputed"], row["status"]) == (f"3, {ledger.MISSING}", "contradicted")


def test_a_missing_value_is_not_given_back(mini: Path) -> None:
    row = answer(mini, select="role=Senior Practitioner", column="percent", printed="0")
    assert (row["recomputed"], row["status"]) == (ledger.MISSING, "contradicted")


def test_rivals_are_both_contradicted(mini: Path) -> None:
    write_claims(
        mini,
        AGREEING | {"status": "contradicted", "answer": "Three", "conflicts": "other"},
        AGREEING
        | {
            "id": "other",
            "printed": "5",
            "status": "contradicted",
            "answer": "3",
            "conflicts": "trained",
        },
    )
    table = ledger.ledger(open_pilot(mini))
    assert table["status"].tolist() == ["contradicted", "contradicted"]
    assert table["given_back"].tolist() == [True, False]
    assert table["agrees"].all()


def test_a_contradicted_figure_must_keep_its_answer(mini: Path) -> None:
    row = answer(mini, printed="5", status="contradicted", answer="4")
    assert (row["status"], row["agrees"]) == ("contradicted", False)


def test_a_claim_must_name_columns_and_pick_one_row(mini: Path) -> None:
    write_claims(
        mini,
        AGREEING | {"id": "many", "select": ""},
        AGREEING | {"id": "column", "column": "attendance"},
        AGREEING | {"id": "key", "select": "rôle=all"},
    )
    attendance = "attendance"
    columns = f"{attendance}: role, eligible, attended, both_parts, not_attended, percent"
    assert told(lambda: ledger.ledger(open_pilot(mini))) == [
        f"claims.csv, many: found 6 rows of {attendance} for ''; expected one row",
        f"claims.csv, column: found 'attendance'; expected a column of {columns}",
        f"claims.csv, key: found 'rôle'; expected a column of {columns}",
    ]


@pytest.mark.parametrize("value", ["all", math.inf])
def test_what_is_no_number_is_shown_as_it_stands(value: object) -> None:
    claim = Claim(**{**dict.fromkeys(COLUMNS, ""), **AGREEING})
    assert ledger._answer(claim, value) == (str(value), False)


def test_exact_answers_keep_their_kind_beside_missing_ones(mini: Path) -> None:
    write_claims(
        mini, AGREEING, {"id": "gone", "kind": "count", "status": "not in our data", "note": "-"}
    )
    table = ledger.ledger(open_pilot(mini))
    assert table["exact"].tolist() == [3, None]
    assert table["given_back"].tolist() == [True, None]


def test_a_row_that_a_study_does_not_have_is_not_given_back(mini: Path) -> None:
    row = answer(mini, select="role=Cook")
    assert (row["recomputed"], row["status"]) == (ledger.MISSING, "contradicted")


def test_formatted_texts_carry_their_percent_sign(mini: Path) -> None:
    write_claims(
        mini,
        AGREEING,
        AGREEING | {"id": "share", "column": "percent", "unit": "%", "printed": "75.0"},
        {"id": "gone", "kind": "count", "status": "not in our data", "note": "a test"},
    )
    table = ledger.ledger(open_pilot(mini))
    assert ledger.formatted(table) == {"trained": "Three", "share": "75.0%"}


def test_a_study_without_a_ledger_has_no_numbers_for_prose(mini: Path) -> None:
    assert claims_of(mini) == []
    assert ledger.formatted(ledger.ledger(open_pilot(mini), [])) == {}


def test_ledgers_are_compared(mini: Path) -> None:
    path = write_claims(
        mini, AGREEING, AGREEING | {"id": "listed", "column": "eligible", "printed": "4"}
    )
    pilot, read = open_pilot(mini), read_claims(path)
    register = pilot.training_attendance.copy()
    register.loc[0, ["part_1", "part_2"]] = "not attended"
    other = pilot.with_raw(training_attendance=register)
    changed = ledger.compare(ledger.ledger(pilot, read), ledger.ledger(other, read))
    assert changed[["id", "before", "after", "status_after"]].to_numpy().tolist() == [
        ["trained", "Three", "Two", "contradicted"]
    ]
    assert changed.columns.tolist() == [
        *("id", "subject", "population", "printed", "before", "after"),
        *("status_before", "status_after"),
    ]


@pytest.mark.parametrize("rows", [[], [{"id": "a", "recomputed": "1", "status": "reproduced"}]])
def test_a_saved_ledger_is_read(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps([row | {"unit": "%"} for row in rows]))
    read = ledger.read_ledger(path)
    assert read.columns.tolist() == ["id", "recomputed", "status"]
    assert read.to_dict("records") == rows


def test_every_claim_of_the_report_is_well_formed(rotherham: Path) -> None:
    read = read_claims(rotherham / "claims.csv")
    assert len(read) >= 350


def test_every_reading_of_a_word_is_used(rotherham: Path) -> None:
    used = {(claim.printed, claim.interval) for claim in read_claims(rotherham / "claims.csv")}
    readings = read_words(rotherham / "words.yml")
    unused = [
        (phrase, reading.interval)
        for reading in readings
        for phrase in reading.phrases
        if (phrase, reading.interval) not in used
    ]
    assert unused == []


@pytest.fixture(scope="session")
def pilot(rotherham: Path) -> Pilot:
    return open_pilot(rotherham)


def test_the_report_is_given_back_as_recorded(pilot: Pilot) -> None:
    table = ledger.ledger(pilot)
    differing = table.loc[~table["agrees"], ["id", "printed", "recomputed", "status", "recorded"]]
    assert differing.empty, differing.to_string()


CELLS = [
    ("baseline_survey", "prior_ors", "no", "yes"),
    ("baseline_survey", "team", "C1", "C2"),
    ("baseline_survey", "wai_05", 6, 1),
    ("post_training_survey", "iam_ors_3", 4, 1),
    ("post_training_survey", "preferred_format", "one full day", "no preference"),
    ("post_training_survey", "pace_right", 4, 1),
    ("endline_survey", "family_engagement", "engaged", "not engaged"),
    ("endline_survey", "proqol_12", 5, 1),
    ("training_attendance", "role", "Senior Practitioner", "Team Manager"),
    ("tool_use", "tool", "SRS", "ORS"),
    ("observations", "attendees", 7, 8),
    ("interviews", "role", "Team Manager", "Senior Practitioner"),
]


@pytest.mark.parametrize(("file", "column", "old", "new"), CELLS)
def test_one_changed_cell_turns_the_ledger_red(
    pilot: Pilot, file: str, column: str, old: object, new: object
) -> None:
    frame = pilot.raw[file].copy()
    frame.loc[frame.index[frame[column] == old][0], column] = new
    assert not ledger.ledger(pilot.with_raw(**{file: frame}))["agrees"].all()


@pytest.mark.parametrize("study", ["data/rotherham", "tests/studies/complete"])
def test_no_contradiction_rests_on_a_free_number(study: str) -> None:
    """Its answer would move with the seed of the reconstruction."""
    pilot = open_pilot(ROOT / study)
    read = read_claims(pilot.study.folder / "claims.csv")
    _, statuses = ledger.judged(pilot, read)
    free = [
        claim.id
        for claim in read
        if claim.status == "contradicted" and statuses.of_claim(claim) == FREE
    ]
    assert free == []


def test_a_word_that_is_not_testable_has_no_recomputed_value(rotherham: Path) -> None:
    table = ledger.ledger(open_pilot(rotherham))
    words = table[table["status"] == "not testable"]
    assert "characteristics-difference" in set(words["id"])
    assert set(words["recomputed"]) == {""}
    assert words["exact"].isna().all()
    shown = ledger.formatted(table)
    assert all(shown[row["id"]] == row["printed"] for row in words.to_dict("records"))
