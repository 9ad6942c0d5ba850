"""The ledger, on a few claims about tests/studies/mini and on Rotherham's own."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.published import ledger
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot

WORDS = """\
- phrases: [majority]
  interval: "(50, 100]"
  why: more than half
"""
AGREEING = {
    "id": "trained",
    "kind": "count",
    "printed": "Three",
    "quantity": "attendance",
    "select": "role=all",
    "column": "attended",
    "status": "reproduced",
}


def write(study: Path, *rows: dict[str, str]) -> Path:
    """Write claims.csv and words.yml into a study; what a row leaves out is empty."""
    (study / "words.yml").write_text(WORDS)
    path = study / "claims.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ledger.COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def answer(study: Path, **changes: str) -> pd.Series:
    """The ledger's row for one claim."""
    write(study, AGREEING | changes)
    return ledger.ledger(open_pilot(study)).iloc[0]


def problems(call: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [
        (81.25, "81.2", "81.3"),
        (68.75, "68.8", "68.8"),
        (0.2375, ".238", ".238"),
        (0.6844, "0.684", "0.684"),
        (-0.04, "0.0", "0.0"),
        (-1.25, "1.2", "-1.3"),
        (4.0, "4.00", "4.00"),
        (1500.0, "1,500", "1,500"),
        (9, "nine", "nine"),
        (9.49, "nine", "nine"),
        (4, "Four", "Four"),
        (13, "nine", "13"),
        # 100 × 0.285 is 28.499999999999996 in binary.
        (100 * 0.285, "29", "29"),
        (1.005, "1.00", "1.01"),
    ],
)
def test_values_are_rounded_half_up_and_written_like_the_printed(
    value: float, printed: str, expected: str
) -> None:
    assert ledger.round_like(value, printed) == expected


@pytest.mark.parametrize("text", ["", "some", "nan", "inf", "1.2.3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number as printed"):
        ledger.printed_number(text)


def test_intervals_are_open_or_closed() -> None:
    interval = ledger.parse_interval("(50, 100]")
    assert 50 not in interval
    assert 100 in interval
    assert 50.001 in interval
    assert 100.1 not in interval
    assert 45 in ledger.parse_interval("[45, 55)")
    assert 55 not in ledger.parse_interval("[45, 55)")


@pytest.mark.parametrize("text", ["", "50", "50, 100", "(100, 50]", "[a, b]", "[1; 2]"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"an interval such as|the lower end first"):
        ledger.parse_interval(text)


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
    word = {"kind": "word", "printed": "majority", "interval": "(50, 100]", "column": "percent"}
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


def test_a_missing_value_is_not_given_back(mini: Path) -> None:
    row = answer(mini, select="role=Senior Practitioner", column="percent", printed="0")
    assert (row["recomputed"], row["status"]) == (ledger.MISSING, "contradicted")


def test_rivals_are_both_contradicted(mini: Path) -> None:
    write(
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


def test_every_problem_is_told_at_once(mini: Path) -> None:
    path = write(
        mini,
        AGREEING | {"kind": "number", "quantity": "os.system"},
        AGREEING | {"printed": "some", "status": "fine"},
        AGREEING | {"id": "word", "kind": "word", "printed": "majority", "interval": "[0, 1]"},
        AGREEING | {"id": "lost", "conflicts": "nowhere", "select": "role"},
        AGREEING | {"id": "bare", "status": "not in our data"},
        AGREEING | {"id": "", "kind": "tick", "column": "", "answer": "4"},
    )
    statuses = "reproduced, contradicted, design fact, not in our data"
    assert problems(lambda: ledger.read_claims(path)) == [
        f"claims.csv, {told}"
        for told in (
            f"row 2, column kind: found 'number'; expected one of: {', '.join(ledger.KINDS)}",
            "row 2, column quantity: found 'os.system'; expected a public function of the "
            "analysis, such as people",
            "row 3, column id: found 'trained'; expected an id that stands once",
            f"row 3, column status: found 'fine'; expected one of: {statuses}",
            "row 3, column printed: found 'some'; expected a number",
            "row 4, column interval: found '[0, 1]'; expected an interval that words.yml gives for "
            "'majority'",
            "row 5, column select: found 'role'; expected key=value;key=value",
            "row 5, column conflicts: found 'nowhere'; expected claims that point back; 'nowhere' "
            "does not",
            "row 6, column quantity: found 'attendance'; expected a quantity, or the "
            "status 'not in our data'",
            "row 6, column note: found ''; expected why our data cannot answer",
            "row 7, column id: found ''; expected an id that stands once",
            "row 7, column column: found ''; expected the column that answers",
            "row 7, column printed: found 'Three'; expected a tick",
            "row 7, column answer: found '4'; expected what our data give, for a contradicted "
            "figure only",
        )
    ]


def test_a_claim_must_name_columns_and_pick_one_row(mini: Path) -> None:
    write(
        mini,
        AGREEING | {"id": "many", "select": ""},
        AGREEING | {"id": "column", "column": "attendance"},
        AGREEING | {"id": "key", "select": "rôle=all"},
    )
    attendance = "attendance"
    columns = f"{attendance}: role, eligible, attended, both_parts, not_attended, percent"
    assert problems(lambda: ledger.ledger(open_pilot(mini))) == [
        f"claims.csv, many: found 6 rows of {attendance} for ''; expected one row",
        f"claims.csv, column: found 'attendance'; expected a column of {columns}",
        f"claims.csv, key: found 'rôle'; expected a column of {columns}",
    ]


@pytest.mark.parametrize("value", ["all", math.inf])
def test_what_is_no_number_is_shown_as_it_stands(value: object) -> None:
    claim = ledger.Claim(**{**dict.fromkeys(ledger.COLUMNS, ""), **AGREEING})
    assert ledger._answer(claim, value) == (str(value), False)


def test_exact_answers_keep_their_kind_beside_missing_ones(mini: Path) -> None:
    write(mini, AGREEING, {"id": "gone", "kind": "count", "status": "not in our data", "note": "-"})
    table = ledger.ledger(open_pilot(mini))
    assert table["exact"].tolist() == [3, None]
    assert table["given_back"].tolist() == [True, None]


def test_a_row_that_a_study_does_not_have_is_not_given_back(mini: Path) -> None:
    row = answer(mini, select="role=Cook")
    assert (row["recomputed"], row["status"]) == (ledger.MISSING, "contradicted")


def test_other_columns_are_refused(mini: Path) -> None:
    path = write(mini)
    path.write_text("id,printed\n")
    assert problems(lambda: ledger.read_claims(path)) == [
        f"claims.csv, row 1: found id, printed; expected {', '.join(ledger.COLUMNS)}"
    ]


def test_uneven_rows_are_refused(mini: Path) -> None:
    path = write(mini, AGREEING)
    path.write_text(path.read_text() + "short,row\n")
    assert problems(lambda: ledger.read_claims(path)) == [
        "claims.csv, row 3: found 2 cells; expected 16 cells"
    ]


def test_what_is_no_csv_is_refused_with_a_row(mini: Path) -> None:
    path = write(mini, AGREEING)
    path.write_text(path.read_text() + '"never closed\n')
    (found,) = problems(lambda: ledger.read_claims(path))
    told = "found unexpected end of data; expected comma-separated values"
    assert re.fullmatch(rf"claims.csv, row \d: {told}", found)


def test_a_study_without_claims_says_so(mini: Path) -> None:
    (mini / "words.yml").write_text(WORDS)
    assert "no such file" in problems(lambda: ledger.read_claims(mini / "claims.csv"))[0]


def test_words_without_a_reading_are_refused(mini: Path) -> None:
    path = write(mini)
    (mini / "words.yml").write_text("- phrases: [half]\n  interval: half\n  why: because\n")
    assert "interval" in problems(lambda: ledger.read_claims(path))[0]


def test_formatted_texts_carry_their_percent_sign(mini: Path) -> None:
    write(
        mini,
        AGREEING,
        AGREEING | {"id": "share", "column": "percent", "unit": "%", "printed": "75.0"},
        {"id": "gone", "kind": "count", "status": "not in our data", "note": "a test"},
    )
    table = ledger.ledger(open_pilot(mini))
    assert ledger.formatted(table) == {"trained": "Three", "share": "75.0%"}


def test_a_study_without_a_ledger_has_no_numbers_for_prose(mini: Path) -> None:
    assert ledger.claims_of(mini) == []
    assert ledger.formatted(ledger.ledger(open_pilot(mini), [])) == {}


def test_ledgers_are_compared(mini: Path) -> None:
    path = write(mini, AGREEING, AGREEING | {"id": "listed", "column": "eligible", "printed": "4"})
    pilot, read = open_pilot(mini), ledger.read_claims(path)
    register = pilot.training_attendance.copy()
    register.loc[0, ["part_1", "part_2"]] = "not attended"
    other = replace(pilot, training_attendance=register)
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
    read = ledger.read_claims(rotherham / "claims.csv")
    assert len(read) >= 350


def test_every_reading_of_a_word_is_used(rotherham: Path) -> None:
    used = {
        (claim.printed, claim.interval) for claim in ledger.read_claims(rotherham / "claims.csv")
    }
    readings = ledger.read_words(rotherham / "words.yml")
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
    frame = getattr(pilot, file).copy()
    frame.loc[frame.index[frame[column] == old][0], column] = new
    assert not ledger.ledger(replace(pilot, **{file: frame}))["agrees"].all()
