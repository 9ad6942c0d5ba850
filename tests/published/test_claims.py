"""Reading `claims.csv` and `words.yml` of tests/studies/mini."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import AGREEING, ROOT, WORDS, told, write_claims

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
        AGREEING | {"id": "word", "kind": "word", "printed": "majority", "word": "most"},
        AGREEING | {"id": "lost", "conflicts": "nowhere", "select": "role"},
        AGREEING | {"id": "bare", "status": "not in our data"},
        AGREEING | {"id": "", "kind": "tick", "column": "", "answer": "4"},
    )
    statuses = "reproduced, contradicted, design fact, not testable, not in our data"
    assert told(lambda: claims.read_claims(path)) == [
        f"claims.csv, {told}"
        for told in (
            f"row 2, column kind: found 'number'; expected one of: {', '.join(claims.KINDS)}",
            "row 2, column quantity: found 'os.system'; expected a public function of the "
            "analysis, such as people",
            "row 3, column id: found 'trained'; expected an id that stands once",
            f"row 3, column status: found 'fine'; expected one of: {statuses}",
            "row 3, column printed: found 'some'; expected a number",
            "row 4, column word: found 'most'; expected an id of words.yml whose phrases have "
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
        "claims.csv, row 3: found 2 cells; expected 17 cells"
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
    (mini / "words.yml").write_text(
        "- id: half\n  phrases: [half]\n  interval: half\n  why: because\n"
    )
    assert "interval" in told(lambda: claims.read_claims(path))[0]


def test_assumptions_that_claims_name_are_those_of_the_book(rotherham: Path) -> None:
    """Every reading of the report stands behind a claim, every id on the page of assumptions."""
    page = (ROOT / "book/assumptions.md").read_text("utf-8")
    known = set(re.findall(r"^(?:\| )?\[([AR]-[0-9]{2})\]", page, re.MULTILINE))
    read = claims.read_claims(rotherham / "claims.csv")
    named = {one for claim in read for one in claim.assumptions.split(";") if one}
    assert named <= known
    assert {one for one in known if one.startswith("A")} <= named


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"kind": "word", "printed": "half", "word": "majority"}, "whose phrases have 'half'"),
        ({"kind": "word", "printed": "half"}, "an id of words.yml"),
        ({"word": "majority"}, "none: it is no word"),
        ({"assumptions": "A-1"}, "ids such as A-01;R-12"),
    ],
)
def test_words_and_assumptions_have_ids(mini: Path, row: dict[str, str], expected: str) -> None:
    path = write_claims(mini, AGREEING | row)
    (problem,) = told(lambda: claims.read_claims(path))
    assert expected in problem


def test_two_readings_of_one_id_are_told(mini: Path) -> None:
    path = write_claims(mini, AGREEING)
    (mini / "words.yml").write_text(WORDS + WORDS)
    (problem,) = told(lambda: claims.read_claims(path))
    assert problem == "words.yml, id: found 'majority'; expected an id that stands once"
