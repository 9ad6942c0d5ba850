"""Reading `claims.csv` and `words.yml` of tests/studies/mini."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import AGREEING, WORDS, told, write_claims

from earlyhelp.published import claims


def test_intervals_are_open_or_closed() -> None:
    interval = claims.parse_interval("(50, 100]")
    assert 50 not in interval
    assert 100 in interval
    assert 50.001 in interval
    assert 100.1 not in interval
    assert 45 in claims.parse_interval("[45, 55)")
    assert 55 not in claims.parse_interval("[45, 55)")


@pytest.mark.parametrize("text", ["", "50", "50, 100", "(100, 50]", "[a, b]", "[1; 2]"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"an interval such as|the lower end first"):
        claims.parse_interval(text)


def test_every_problem_is_told_at_once(mini: Path) -> None:
    path = write_claims(
        mini,
        AGREEING | {"kind": "number", "quantity": "os.system"},
        AGREEING | {"printed": "some", "status": "fine"},
        AGREEING | {"id": "word", "kind": "word", "printed": "majority", "interval": "[0, 1]"},
        AGREEING | {"id": "lost", "conflicts": "nowhere", "select": "role"},
        AGREEING | {"id": "bare", "status": "not in our data"},
        AGREEING | {"id": "", "kind": "tick", "column": "", "answer": "4"},
    )
    statuses = "reproduced, contradicted, design fact, not in our data"
    assert told(lambda: claims.read_claims(path)) == [
        f"claims.csv, {told}"
        for told in (
            f"row 2, column kind: found 'number'; expected one of: {', '.join(claims.KINDS)}",
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


def test_other_columns_are_refused(mini: Path) -> None:
    path = write_claims(mini)
    path.write_text("id,printed\n")
    assert told(lambda: claims.read_claims(path)) == [
        f"claims.csv, row 1: found id, printed; expected {', '.join(claims.COLUMNS)}"
    ]


def test_uneven_rows_are_refused(mini: Path) -> None:
    path = write_claims(mini, AGREEING)
    path.write_text(path.read_text() + "short,row\n")
    assert told(lambda: claims.read_claims(path)) == [
        "claims.csv, row 3: found 2 cells; expected 16 cells"
    ]


def test_what_is_no_csv_is_refused_with_a_row(mini: Path) -> None:
    path = write_claims(mini, AGREEING)
    path.write_text(path.read_text() + '"never closed\n')
    (found,) = told(lambda: claims.read_claims(path))
    ended = "found unexpected end of data; expected comma-separated values"
    assert re.fullmatch(rf"claims.csv, row \d: {ended}", found)


def test_a_study_without_claims_says_so(mini: Path) -> None:
    (mini / "words.yml").write_text(WORDS)
    assert "no such file" in told(lambda: claims.read_claims(mini / "claims.csv"))[0]


def test_words_without_a_reading_are_refused(mini: Path) -> None:
    path = write_claims(mini)
    (mini / "words.yml").write_text("- phrases: [half]\n  interval: half\n  why: because\n")
    assert "interval" in told(lambda: claims.read_claims(path))[0]
