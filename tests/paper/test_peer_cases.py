"""Cases that other tools publish: our verdicts, and the table of the book made of them.

`peer_cases.csv` has the figures as `earlyhelp audit` reads them, where the case stands, what the
tool says of it, and what we say; a reason where these differ. Run as a program, this file prints
the table for the book.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import pytest
from helpers import ROOT

from earlyhelp.paper.audit import audit
from earlyhelp.paper.form import PAPER_COLUMNS, read_rows
from earlyhelp.possible.one_group import bounds, count
from earlyhelp.possible.printed_group import Figures

CASES = Path(__file__).with_name("peer_cases.csv")
PAGE = ROOT / "book/audit_a_paper.md"
Case = dict[str, str]
VERDICTS = {"consistent": "holds", "inconsistent": "cannot be true"}


def cases() -> list[Case]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def agrees(case: Case) -> bool:
    return VERDICTS.get(case["theirs"], case["theirs"]) == case["ours"]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return tmp_path / "paper.csv"


def typed(paper: Path, case: Case) -> Path:
    row = {name: text for name, text in case.items() if name in PAPER_COLUMNS and text}
    cells = (f'"{text}"' for text in row.values())
    paper.write_text(f"{','.join(row)}\n{','.join(cells)}\n", encoding="utf-8")
    return paper


def figures(paper: Path, case: Case) -> Figures:
    """Ties up or down, as those tools read them."""
    ((_, row),) = read_rows(typed(paper, case))
    counts = tuple((Fraction(score), people) for score, people in row.get("exactly", ()))
    known = (row["n"], row["mean"], row.get("sd"), row["low"], row["high"], row["items"])
    return Figures(*known, rounding="either", exactly=counts)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['package']}, {case['about']}")
def test_a_published_case(paper: Path, case: Case) -> None:
    if case["about"] == "number of samples":
        assert str(count(figures(paper, case))) == case["ours"]
    elif case["about"] == "horns index":
        horns = [b for b in bounds(figures(paper, case)) if b.quantity == "horns index"]
        assert [bound.low for bound in horns] == pytest.approx([float(case["ours"])], abs=1e-6)
    else:
        (outcome,) = audit(typed(paper, case))
        assert outcome.verdict == case["ours"]
    assert agrees(case) == (not case["why"])


def table() -> Iterator[str]:
    yield "| Package | Cases | Where they stand | Agree | Differ, and why |"
    yield "|---|---|---|--:|---|"
    keys = ("package", "about", "source")
    for (package, about, source), group in groupby(
        cases(), key=lambda case: tuple(case[key] for key in keys)
    ):
        found = list(group)
        differ: dict[str, int] = {}
        for case in found:
            if not agrees(case):
                differ[case["why"]] = differ.get(case["why"], 0) + 1
        told = "; ".join(f"{n}: {why}" for why, n in differ.items())
        place = f"`{source}`" if "/" in source or source.endswith(".md") else source
        agreeing = sum(map(agrees, found))
        yield f"| {package} | {about} | {place} | {agreeing} of {len(found)} | {told} |"


def test_the_page_shows_the_table_of_the_cases() -> None:
    assert "\n".join(table()) in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    print("\n".join(table()))
