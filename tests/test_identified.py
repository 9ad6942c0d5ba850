"""What is stored for a study is right, and a falsified row of any table is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp import bounds, identified
from earlyhelp.identified import Identified
from earlyhelp.printed import read_printed
from earlyhelp.study import read_study

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tables(rotherham: Path) -> Identified:
    found = identified.read(rotherham)
    assert found is not None
    return found


def files(tables: Identified, study: Path) -> list[tuple[str, int | None]]:
    found = identified.problems(tables, read_study(study), read_printed(study))
    return [(problem.file, problem.row) for problem in found]


@pytest.mark.parametrize("study", ["data/rotherham", "tests/studies/complete"])
def test_everything_stored_is_right(study: str) -> None:
    tables = identified.read(ROOT / study)
    assert tables is not None
    assert files(tables, ROOT / study) == []


def test_arithmetic_excludes_every_impossible_change(tables: Identified, rotherham: Path) -> None:
    """So that no solver has to be believed."""
    outcomes = identified.outcomes(read_study(rotherham), read_printed(rotherham))
    nobody = tables.changes[tables.changes["baseline"] == ""]
    assert len(nobody) > 300
    for row in nobody.itertuples():
        arm = outcomes[row.measure].arms[row.arm]
        assert row.squares > bounds.most_squares(arm, row.total)


def test_every_extreme_but_outer_bounds_has_examples_of_both_ends(tables: Identified) -> None:
    keys = ["measure", "arm", "quantity"]
    needed = tables.extremes[tables.extremes["how"] != "outer bound"]
    ends = tables.examples.groupby(keys)["end"].agg(set)
    assert all(ends[tuple(row)] == {"low", "high"} for row in needed[keys].to_numpy())


def first(table: pd.DataFrame, **wanted: object) -> int:
    """Place of the first row with these values."""
    return int(table[(table[list(wanted)] == list(wanted.values())).all(axis=1)].index[0])


def altered(tables: Identified, name: str, row: int, column: str, value: object) -> Identified:
    table: pd.DataFrame = getattr(tables, name).astype(object)
    table.loc[row, column] = value
    return replace(tables, **{name: table.infer_objects()})


def witness(tables: Identified) -> tuple[str, int, str, object]:
    """One point more for the first of the people."""
    before = tables.changes.loc[0, "baseline"].split()
    return "changes", 0, "baseline", " ".join([str(int(before[0]) + 1), *before[1:]])


def possible(tables: Identified) -> tuple[str, int, str, object]:
    """A change that somebody has is called impossible."""
    row = first(tables.changes, measure="wai", arm="intervention", total=46)
    return "changes", row, "baseline", ""


def impossible(tables: Identified) -> tuple[str, int, str, object]:
    """A change that the tests do not leave."""
    return "changes", 1, "squares", 365


def contrast(tables: Identified) -> tuple[str, int, str, object]:
    return "contrasts", 0, "comparison_squares", 554


def exact(tables: Identified) -> tuple[str, int, str, object]:
    return "extremes", first(tables.extremes, quantity="reliably improved"), "high", 11.0


def too_wide(tables: Identified) -> tuple[str, int, str, object]:
    return "extremes", first(tables.extremes, quantity="reliably improved"), "high", 13.0


def outer(tables: Identified) -> tuple[str, int, str, object]:
    row = first(tables.extremes, quantity="correlation", how="outer bound")
    return "extremes", row, "high", tables.extremes.loc[row, "high"] - 1e-3


def attained(tables: Identified) -> tuple[str, int, str, object]:
    row = first(tables.extremes, quantity="adjusted difference", how="attained")
    return "extremes", row, "high", tables.extremes.loc[row, "high"] + 1e-3


def group(tables: Identified) -> tuple[str, int, str, object]:
    return "groups", 3, "high", "2"


@pytest.mark.parametrize(
    "falsify",
    [
        *(witness, possible, impossible, contrast),
        *(exact, too_wide, outer, attained, group),
    ],
)
def test_a_falsified_row_is_found(
    tables: Identified,
    rotherham: Path,
    falsify: Callable[[Identified], tuple[str, int, str, object]],
) -> None:
    name, row, column, value = falsify(tables)
    found = files(altered(tables, name, row, column, value), rotherham)
    assert (f"{name}.csv", row + 2) in found


@pytest.mark.parametrize("arm", ["intervention", "between"])
def test_a_falsified_example_is_found(tables: Identified, rotherham: Path, arm: str) -> None:
    row = first(tables.examples, arm=arm)
    after = tables.examples.loc[row, "endline"].split()
    spoilt = " ".join([str(int(after[0]) - 1), *after[1:]])
    found = files(altered(tables, "examples", row, "endline", spoilt), rotherham)
    assert ("examples.csv", row + 2) in found


def test_a_change_left_out_is_found(tables: Identified, rotherham: Path) -> None:
    left = tables.changes.drop(index=2).reset_index(drop=True)
    assert any(file == "changes.csv" for file, _ in files(replace(tables, changes=left), rotherham))


def test_a_pair_left_out_is_found(tables: Identified, rotherham: Path) -> None:
    left = tables.contrasts.drop(index=2).reset_index(drop=True)
    found = files(replace(tables, contrasts=left), rotherham)
    assert ("contrasts.csv", 4) in found
