"""Whether readers can work back what they are not told."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from earlyhelp.analysis.differencing import settled, worked_back
from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.analysis.small_numbers import bands, safe
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.validate import validate


@pytest.fixture
def observed(tmp_path: Path) -> Path:
    """The small study, as if its people were real."""
    folder = tmp_path / "mini"
    shutil.copytree(ROOT / "tests/studies/mini", folder)
    return folder


def told_from(folder: Path, least: int | None) -> Path:
    study = yaml.safe_load((folder / "study.yml").read_text("utf-8"))
    study |= {"provenance": "observed", "smallest_count": least}
    study = {key: value for key, value in study.items() if value is not None and key != "assumed"}
    (folder / "study.yml").write_text(yaml.safe_dump(study), "utf-8")
    return folder


@pytest.fixture(scope="module")
def complete() -> Pilot:
    return open_pilot(ROOT / "tests/studies/complete")


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(2, 3), st.integers(2, 3), st.sampled_from([2, 3]))
def test_a_count_is_settled_where_every_table_of_the_same_bands_has_it(
    data: st.DataObject, rows: int, columns: int, least: int
) -> None:
    drawn = st.integers(0, 2 * least)
    cells = data.draw(st.lists(drawn, min_size=rows * columns, max_size=rows * columns))

    def whole(inner: tuple[int, ...]) -> np.ndarray:
        table = np.array(inner).reshape(rows, columns)
        return np.block([[table, table.sum(1)[:, None]], [table.sum(0), table.sum()]]).ravel()

    true = whole(tuple(cells))
    shown = np.where(true < least, np.nan, true // least * least)
    low, high = bands(shown, true, least)
    # Every table of which readers are told the same.
    inner = np.arange(true.size).reshape(rows + 1, columns + 1)[:-1, :-1].ravel()
    able = (range(int(low[cell]), int(high[cell]) + 1) for cell in inner)
    tables = np.array([whole(table) for table in product(*able)])
    same = tables[((low <= tables) & (tables <= high)).all(axis=1)]
    place = np.arange(true.size).reshape(rows + 1, columns + 1)
    sums = np.zeros((rows + columns + 2, true.size))
    for equation, line in zip(sums, [*place, *place.T], strict=True):
        equation[line] = [*[1] * (len(line) - 1), -1]
    expected = (same == true).all(axis=0) & np.isnan(shown)
    np.testing.assert_array_equal(settled(true, low, high, sums), expected)


def test_nobody_works_a_small_count_back_from_all_tables_of_a_study(complete: Pilot) -> None:
    assert worked_back(complete, 4) == []


def test_what_can_be_worked_back_is_found_through_another_table(complete: Pilot) -> None:
    """Who came new follows from who was there after and who had been there before."""
    found = worked_back(complete, 2)
    assert "new of endline comparison (people)" in found
    rows = safe(QUANTITIES["people"].compute(complete), 2).query("arm == 'comparison'")
    assert rows["new"].isna().all()


def test_a_study_whose_small_counts_can_be_worked_back_is_refused(observed: Path) -> None:
    with pytest.raises(InputError) as error:
        validate(told_from(observed, 2))
    [problem] = error.value.problems
    assert (problem.file, problem.column) == ("study.yml", "smallest_count")
    assert problem.found.startswith("2, with which readers can work out not_attended of all")
    assert problem.expected == "3, with which they cannot"


@pytest.mark.parametrize("least", [1, 3, None])
def test_a_study_whose_small_counts_are_safe_or_all_told_is_not(
    observed: Path, least: int | None
) -> None:
    assert validate(told_from(observed, least))
