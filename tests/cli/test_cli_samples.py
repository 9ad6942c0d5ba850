"""The command `earlyhelp samples`, run as a user runs it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from earlyhelp.cli import main
from earlyhelp.possible.one_group import enumerate_all
from earlyhelp.possible.printed_group import Figures
from earlyhelp.published.numbers import span

CLOSURE = "--n 130 --mean 2.7 --sd 1.9 --min 1 --max 5"  # 5,359: README of R package unsum
WAI = "--n 27 --mean 69.2 --sd 5.1 --min 12 --max 84"
SMALL = "--n 5 --mean 2.4 --sd 1.1 --min 1 --max 4"
GRIM_FAILS = "--n 28 --mean 5.19 --sd 1.50 --min 1 --max 7"  # Brown and Heathers (2017)


def run(capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str, str]:
    status = main(["samples", *line.split()])
    out, err = capsys.readouterr()
    return status, out, err


def as_json(capsys: pytest.CaptureFixture[str], line: str) -> dict[str, Any]:
    status, out, _ = run(capsys, f"{line} --format json")
    assert status == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_count_is_the_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, f"count {CLOSURE}")[1].splitlines()[0] == "5359"


def test_count_states_which_bounds_are_included(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, f"count {CLOSURE}")[1]
    assert "2.65 <= mean < 2.75 and 1.85 <= SD < 1.95" in out
    out = run(capsys, f"count {CLOSURE} --rounding either")[1]
    assert "2.65 <= mean <= 2.75 and 1.85 <= SD <= 1.95" in out


def test_count_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, f"count {CLOSURE}")
    assert (found["count"], found["reason"]) == (5359, None)
    assert found["figures"]["scale"] == [1, 5]


@pytest.mark.parametrize("action", ["count", "draw", "list", "bounds"])
def test_impossible_figures_answer_0_with_the_reason(
    capsys: pytest.CaptureFixture[str], action: str
) -> None:
    status, out, _ = run(capsys, f"{action} {GRIM_FAILS}")
    assert status == 0
    assert out.splitlines()[0] == "0"
    assert "GRIM fails" in out
    found = as_json(capsys, f"{action} {GRIM_FAILS}")
    assert found["count"] == 0
    assert "GRIM fails" in found["reason"]


def test_an_sd_of_another_kind_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    # 1, 2, 3, 4, 5, 5: mean 3.33, SD with denominator n 1.49.
    _, out, _ = run(capsys, "count --n 6 --mean 3.33 --sd 1.49 --min 1 --max 5")
    assert out.splitlines()[-1].endswith("; possible if 1.49 is a population SD")
    # A mean that nobody can have is not saved by its SD.
    assert "possible if" not in run(capsys, f"count {GRIM_FAILS}")[1]


def test_copied_figures_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    line = "count --n 10 --mean {} --sd 1.2 --min -5 --max 5"
    typed = run(capsys, line.format("-1.9"))
    assert typed[0] == 0
    for copied in ("\N{MINUS SIGN}1.9", "\N{MINUS SIGN}1,9", "\N{MINUS SIGN}1\N{MIDDLE DOT}9"):
        assert run(capsys, line.format(copied)) == typed


def test_draw_shows_one_data_set_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, f"draw {WAI} --k 3 --seed 7")[1].splitlines()
    assert [len(line.split()) for line in lines] == [27, 27, 27]


def test_draw_is_the_same_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    first, again, other = (run(capsys, f"draw {WAI} --seed {s}")[1] for s in (7, 7, 8))
    assert first == again != other


def test_list_shows_all(capsys: pytest.CaptureFixture[str]) -> None:
    expected = enumerate_all(Figures(5, "2.4", "1.1", 1, 4)).tolist()
    lines = run(capsys, f"list {SMALL}")[1].splitlines()
    assert [[int(score) for score in line.split()] for line in lines] == expected
    assert as_json(capsys, f"list {SMALL}")["data_sets"] == expected


def test_means_of_items_are_fractions_in_text_and_totals_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Means of two items with the sum 3 + 3 + 4 = 10 halves: the only set with an SD of 0.29.
    line = "list --n 3 --mean 1.67 --sd 0.29 --min 1 --max 4 --items 2"
    assert run(capsys, line)[1] == "3/2 3/2 2\n"
    found = as_json(capsys, line)
    assert (found["unit"], found["data_sets"]) == ("1/2", [[3, 3, 4]])


def test_scores_are_written_as_the_audit_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    paper = tmp_path / "paper.csv"
    paper.write_text("n,mean,sd,items,step,low,high\n3,1.67,0.29,2,,1,4\n2,.0010,,1,.0005,0,.002\n")
    assert main(["audit", str(paper)]) == 0
    audit = capsys.readouterr().out
    assert "2 × 1.5, 1 × 2" in audit
    assert "2 × 0.001" in audit
    assert main(["samples", "table", str(paper)]) == 0
    table = capsys.readouterr().out
    assert "people with 1.5: 2.00 on average" in table
    assert "people with 0.0005: " in table


def test_bounds_show_people_at_a_cutoff(capsys: pytest.CaptureFixture[str]) -> None:
    above = [
        sum(score >= 4 for score in row)
        for row in enumerate_all(Figures(5, "2.4", "1.1", 1, 4)).tolist()
    ]
    out = run(capsys, f"bounds {SMALL} --cutoff 4")[1]
    assert f"people with at least 4: {min(above)} to {max(above)} of 5" in out


def test_a_range_told_loses_none_of_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    # 1 / 7 is 14.29 %, so that 14.3 would be above the least.
    out = run(capsys, "bounds --n 7 --mean 2.4 --sd 1.1 --min 1 --max 4")[1]
    assert "people with 2: 1 to 4 of 7 (14.2 to 57.2%)" in out
    skewness = next(line for line in out.splitlines() if line.startswith("skewness"))
    exact = as_json(capsys, "bounds --n 7 --mean 2.4 --sd 1.1 --min 1 --max 4")["bounds"][-1]
    assert skewness == f"skewness: {span(exact['low'], exact['high'], 4)}"


def test_bounds_as_json_have_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, f"bounds {SMALL} --cutoff 4")
    median = next(b for b in found["bounds"] if b["quantity"] == "median")
    assert sum(sets for _, sets in median["data_sets"]) == found["count"]


def test_unreadable_options_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(
        capsys, "draw --n x --mean 1e3 --sd ? --min 5 --max 1 --k 0 --seed s --rounding up"
    )
    assert (status, out) == (1, "")
    for name in ("n:", "mean:", "sd:", "maximum:", "rounding:", "--k:", "--seed:"):
        assert f", {name} found" in err


def test_cutoff_must_be_a_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, f"bounds {SMALL} --cutoff high")
    assert status == 1
    assert "--cutoff: found 'high'" in err


def test_what_is_too_large_is_refused_with_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "count --n 500 --mean 50.00 --sd 20.00 --min 0 --max 100")
    assert (status, out) == (1, "")
    assert "353,892,634,401 cells" in err
    assert "the figures are possible, one data set was found" in err
    # What cannot be needs no count.
    status, out, _ = run(capsys, "count --n 500 --mean 50.001 --sd 20.00 --min 0 --max 100")
    assert (status, out.splitlines()[0]) == (0, "0")


def test_long_work_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "count --n 100 --mean 6 --sd 3 --min 0 --max 12")
    assert "working on a table of" in err
    assert "working" not in out


TABLE = """what,n,mean,sd,items,step,low,high,min,exactly
First,5,2.4,1.1,1,,1,4,,
Halves,4,2.1,1.2,1,0.5,0,4,0.5,2: 1
Large,1151,14.66,5.61,1,,4,28,,
Never,28,5.19,1.60,1,,1,7,,
A test,,,,,,,,,
"""


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_table_of_cases_is_read(capsys: pytest.CaptureFixture[str], paper: Path) -> None:
    first, halves, large, never = as_json(capsys, f"table {paper}")  # type: ignore[misc]
    listed = enumerate_all(Figures(5, "2.4", "1.1", 1, 4))
    assert first["count"] == len(listed)
    for bound, score in zip(first["bounds"], range(1, 5), strict=False):
        have = [row.count(score) for row in listed.tolist()]
        assert (bound["low"], bound["high"]) == (min(have), max(have))
    horns = [4 * row.var() / 9 for row in listed]
    assert first["bounds"][-1]["low"] == pytest.approx(min(horns))
    known = Figures(
        *(4, "2.1", "1.2", Fraction(1, 2), 4),
        step=Fraction(1, 2),
        exactly=((2, 1),),
        at_least=((Fraction(1, 2), 1),),
    )
    assert halves["count"] == len(enumerate_all(known)) > 0
    assert (large["count"], "cells" in large["too large"]) == (None, True)
    assert (never["count"], "GRIM fails" in never["reason"]) == (0, True)


def test_a_table_is_told_by_row(capsys: pytest.CaptureFixture[str], paper: Path) -> None:
    out = run(capsys, f"table {paper}")[1].splitlines()
    assert out[0] == f"row 2, First: {len(enumerate_all(Figures(5, '2.4', '1.1', 1, 4)))} data sets"
    assert out[1] == "  read as: rounded half up, SD with denominator n − 1"
    assert out[2].startswith("  people with 1: ")
    assert out[-4].startswith("row 4, Large: not counted, for it takes a table of")
    assert out[-2].startswith("row 5, Never: GRIM fails")


def test_a_row_of_a_table_is_read_as_the_audit_reads_it(
    capsys: pytest.CaptureFixture[str], paper: Path
) -> None:
    rows = ["Error,25,3.20,0.20,1,1,7", "Cut,3,1.66,,1,1,3"]
    paper.write_text("\n".join(["what,n,mean,sd,items,low,high", *rows]), encoding="utf-8")
    error, cut = as_json(capsys, f"table {paper}")  # type: ignore[misc]
    assert error["read as"] == "rounded half up, SD is a standard error"
    assert error["count"] == 34
    assert (cut["read as"], cut["count"] > 0) == ("decimals cut off", True)


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_the_picture_of_a_table_is_the_same_every_time(
    capsys: pytest.CaptureFixture[str], paper: Path, kind: str
) -> None:
    pictures = [paper.with_name(f"{name}.{kind}") for name in ("once", "again")]
    for picture in pictures:
        assert run(capsys, f"table {paper} --picture {picture}")[0] == 0
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_a_table_without_scores_or_a_picture_of_nothing_is_told(
    capsys: pytest.CaptureFixture[str], paper: Path
) -> None:
    paper.write_text("what,n,mean,sd,items,low,high\nNever,28,5.19,1.6,1,1,7\n")
    status, _, err = run(capsys, f"table {paper} --picture x.gif")
    assert (status, "x.gif" in err, "no data sets" in err) == (1, True, True)
    paper.write_text("what,n,mean\nA,28,5.19\n")
    status, _, err = run(capsys, f"table {paper}")
    assert (status, "no row of scores" in err) == (1, True)
