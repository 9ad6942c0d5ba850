"""What readers are told of few people, and that nobody can work back the rest."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import recorder
import yaml
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from earlyhelp.analysis import outcomes
from earlyhelp.analysis.instruments import outcome_scores
from earlyhelp.analysis.quantities import QUANTITIES, Formula, Rule, SameAs, Sum, Total
from earlyhelp.analysis.small_numbers import (
    BASES,
    COUNTS,
    DECIMALS,
    OF_THE_DESIGN,
    STATED,
    safe,
)
from earlyhelp.report.layout import LAYOUTS
from earlyhelp.study.design import OF_REAL_PEOPLE, read_study
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.trial import criteria, pilot_estimates

LEAST = 4
# What is about a published report, or names its figures.
PUBLISHED = (
    *("claims.csv", "audit.yml", "words.yml", "triangulation.yml", "next_steps.yml"),
    "sweep.yml",
)
Cell = tuple[str, object, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The complete study, as if its people were real."""
    folder = tmp_path_factory.mktemp("observed") / "complete"
    shutil.copytree(ROOT / "tests/studies/complete", folder)
    for name in PUBLISHED:
        (folder / name).unlink()
    shutil.rmtree(folder / "derived")
    study = yaml.safe_load((folder / "study.yml").read_text("utf-8"))
    study |= {"provenance": "observed", "smallest_count": LEAST}
    study = {key: value for key, value in study.items() if key != "assumed"}
    (folder / "study.yml").write_text(yaml.safe_dump(study), "utf-8")
    questions = yaml.safe_load((folder / "research_questions.yml").read_text("utf-8"))
    asked = [question | {"answers": {}, "findings": {}} for question in questions]
    (folder / "research_questions.yml").write_text(yaml.safe_dump(asked), "utf-8")
    return folder


@pytest.fixture(scope="module")
def observed(folder: Path) -> Pilot:
    return open_pilot(folder)


# What is told ------------------------------------------------------------------------------------


def test_the_rule_is_the_studys_and_ten_for_real_people(folder: Path) -> None:
    study = read_study(folder)
    assert study.told_from == LEAST
    assert study.model_copy(update={"smallest_count": None}).told_from == OF_REAL_PEOPLE
    assert read_study(ROOT / "tests/studies/complete").told_from == 1


def test_whoever_analyses_a_pilot_is_told_everything(observed: Pilot) -> None:
    for name, quantity in QUANTITIES.items():
        pd.testing.assert_frame_equal(quantity.told(observed), quantity.compute(observed), obj=name)


def test_readers_of_synthetic_people_are_told_everything() -> None:
    pilot = open_pilot(ROOT / "tests/studies/complete")
    for name, quantity in QUANTITIES.items():
        told = quantity.told(pilot.for_readers())
        pd.testing.assert_frame_equal(told, quantity.compute(pilot), obj=name)


@pytest.mark.parametrize("name", sorted(set(QUANTITIES) - OF_THE_DESIGN))
def test_a_table_tells_counts_in_bands_and_nothing_of_few_people(
    observed: Pilot, name: str
) -> None:
    exact, told = QUANTITIES[name].compute(observed), QUANTITIES[name].told(observed.for_readers())
    numbers = set(told.select_dtypes("number"))
    for column in numbers - STATED - {"value"}:
        there = told[column].dropna()
        if column in COUNTS:
            of_units = told.get("stage", pd.Series("", told.index)).isin(
                ["teams", "randomised units"]
            ) | (told.get("analysed", pd.Series("", told.index)) == "unit means")
            there = told.loc[~of_units, column].dropna()
            assert (there % LEAST == 0).all()
            assert (there >= LEAST).all()
            assert (exact.loc[there.index, column] - there).between(0, LEAST - 1).all()
        elif column in DECIMALS:
            np.testing.assert_allclose(there, there.round(DECIMALS[column]), atol=1e-12)
        elif column.endswith("percent"):
            np.testing.assert_allclose(there, there.round(), atol=1e-12)
        else:
            assert there.empty, column


def test_a_column_that_nobody_knows_is_not_told() -> None:
    frame = pd.DataFrame({"n": [40], "mean": [2.345], "of_one_person": [7.0]})
    told = safe(frame, 10)
    assert told.loc[0, ["n", "mean"]].tolist() == [40, 2.3]
    assert np.isnan(told.loc[0, "of_one_person"])


def test_a_row_of_few_people_tells_no_mean() -> None:
    told = safe(pd.DataFrame({"n": [9, 10], "mean": [2.5, 2.5]}), 10)
    assert told["mean"].isna().tolist() == [True, False]


def test_a_percentage_of_something_else_is_not_told() -> None:
    told = safe(pd.DataFrame({"n": [20], "total": [40], "percent": [51.0]}), 10)
    assert told["percent"].isna().all()


def test_a_contrast_does_not_give_back_the_change_of_a_small_arm(observed: Pilot) -> None:
    least = observed.study.told_from + 2
    readers = replace(observed, told_from=least)
    exact, told = outcomes.estimates(observed), outcomes.estimates(readers)
    small = exact["fewest"] < least
    assert 0 < small.sum() < len(small)
    contrasts = exact["arm"].str.contains(" less ")
    assert (small & contrasts & (exact["n"] >= least)).any()
    for table in (told, outcomes.design_effects(readers), outcomes.randomisation_tests(readers)):
        value = "value" if "value" in table else "difference"
        assert table.loc[table["fewest"].isna(), value].isna().all()


def test_nearly_all_are_not_called_all() -> None:
    told = safe(
        pd.DataFrame({"n": [27, 18], "total": [29, 29], "percent": [2700 / 29, 1800 / 29]}), 10
    )
    assert told["percent"].isna().tolist() == [True, False]


def test_nobody_is_shown_one_by_one(observed: Pilot) -> None:
    assert len(outcome_scores(observed)) > 0
    assert outcome_scores(observed.for_readers()).empty
    assert outcomes.changes(observed.for_readers()).empty


def test_names_of_columns_are_those_of_tables(observed: Pilot) -> None:
    frames = [quantity.compute(observed) for quantity in QUANTITIES.values()]
    more = (pilot_estimates.stability, pilot_estimates.reliability, criteria.assess)
    frames += [function(observed) for function in more]
    known = {str(column) for frame in frames for column in frame}
    assert {*COUNTS, *STATED, *DECIMALS, *(name for base in BASES for name in base)} <= known


# Working back ------------------------------------------------------------------------------------


def ends(low: np.ndarray, high: np.ndarray, sums: np.ndarray, wanted: int) -> tuple[float, float]:
    """The least and greatest whole number that a count can be, given bands and sums that are 0."""
    limits = {"bounds": Bounds(low, high), "integrality": np.ones(len(low))}
    if len(sums):
        limits["constraints"] = LinearConstraint(sums, 0, 0)
    aim = np.zeros(len(low))
    aim[wanted] = 1
    found = [milp(way * aim, **limits) for way in (1, -1)]
    assert all(one.status == 0 for one in found)
    return round(found[0].fun), round(-found[1].fun)


def bands(told: pd.Series, least: int) -> tuple[np.ndarray, np.ndarray]:
    """What a reader knows of counts: those not told are below `least`; what is no step is exact."""
    low = told.fillna(0).to_numpy(float)
    return low, np.where(low % least > 0, low, low + least - 1)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([5, 10]))
def test_only_counts_at_the_end_of_their_band_help_to_work_another_back(
    data: st.DataObject, least: int
) -> None:
    rows, columns = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 4))
    drawn = st.integers(0, 3 * least)
    cells = data.draw(st.lists(drawn, min_size=rows * columns, max_size=rows * columns))
    inner = np.array(cells).reshape(rows, columns)
    whole = np.block([[inner, inner.sum(1)[:, None]], [inner.sum(0), inner.sum()]])
    places = {place: n for n, place in enumerate(product(range(rows + 1), range(columns + 1)))}
    sums = []
    for fixed, axis in [*((r, 0) for r in range(rows + 1)), *((c, 1) for c in range(columns + 1))]:
        line = [(fixed, c) if axis == 0 else (c, fixed) for c in range((columns, rows)[axis] + 1)]
        equation = np.zeros(len(places))
        equation[[places[place] for place in line]] = [1] * (len(line) - 1) + [-1]
        sums.append(equation)
    told = safe(pd.DataFrame({"n": whole.ravel()}), least)["n"]
    low, high = bands(told, least)
    for place, n in places.items():
        if whole[place] < least:
            least_possible, most_possible = ends(low, high, np.array(sums), n)
            others = np.delete(whole.ravel(), n)
            assert least_possible < most_possible or (others % least == least - 1).any()


def equations(pilot: Pilot, frames: dict[str, pd.DataFrame]) -> Iterator[dict[Cell, float]]:
    """What adds up to nothing, by the rules of the quantities: factors of cells."""
    for name, quantity in QUANTITIES.items():
        for rule in quantity.rules(pilot):
            yield from of_rule(rule, name, frames)
    for name in ("attendance_by_part", "prior_training", "tool_frequency", "difficulty"):
        keys = [key for key in ("part", "question", "tool") if key in frames[name]]
        grouped = frames[name].groupby(keys) if keys else [((), frames[name])]
        for _, rows in grouped:
            first = (name, rows.index[0], "total")
            yield {**{(name, index, "n"): 1.0 for index in rows.index}, first: -1.0}
            yield from ({first: 1.0, (name, i, "total"): -1.0} for i in rows.index[1:])


def of_rule(rule: Rule, name: str, frames: dict[str, pd.DataFrame]) -> Iterator[dict[Cell, float]]:
    match rule:
        case Total() if rule.column in COUNTS:
            yield from of_total(rule, name, frames[name])
        case Formula() if rule.column in COUNTS and not re.search(r"[*/\d]", rule.formula):
            yield from of_formula(rule, name, frames[name])
        case SameAs() | Sum() if rule.column in COUNTS and not getattr(rule, "when", ()):
            yield from of_others(rule, name, frames)


def of_total(rule: Total, name: str, frame: pd.DataFrame) -> Iterator[dict[Cell, float]]:
    chosen = matching(frame, rule.where)
    chosen = chosen[~chosen[rule.key].isin(rule.besides)]
    if rule.parts:
        chosen = chosen[chosen[rule.key].isin((*rule.parts, rule.total))]
    for _, rows in chosen.groupby(list(rule.by)) if rule.by else [((), chosen)]:
        signs = rows[rule.key].map(lambda key: -1.0 if key == rule.total else 1.0)
        if len(rows) > 1 and -1.0 in set(signs):
            yield {(name, i, rule.column): sign for i, sign in signs.items()}


def of_formula(rule: Formula, name: str, frame: pd.DataFrame) -> Iterator[dict[Cell, float]]:
    tree = ast.walk(ast.parse(rule.formula))
    names = sorted({node.id for node in tree if isinstance(node, ast.Name)})
    if not {*names} <= COUNTS:
        return
    alone = ({other: int(other == one) for other in names} for one in names)
    factors = [float(eval(rule.formula, {}, values)) for values in alone]
    for i in frame.index:
        yield {(name, i, rule.column): -1.0} | {
            (name, i, one): factor for one, factor in zip(names, factors, strict=True)
        }


def of_others(
    rule: SameAs | Sum, name: str, frames: dict[str, pd.DataFrame]
) -> Iterator[dict[Cell, float]]:
    select = rule.select if isinstance(rule, SameAs) else {}
    for i, row in matching(frames[name], rule.where).iterrows():
        rows = matching(frames[rule.quantity], {**select, **{key: row[key] for key in rule.on}})
        if isinstance(rule, Sum):
            rows = rows[rows[rule.key].isin(rule.rows)]
        if len(rows) == (len(rule.rows) if isinstance(rule, Sum) else 1):
            parts = {(rule.quantity, j, rule.of): 1.0 for j in rows.index}
            yield {(name, i, rule.column): -1.0} | parts


def matching(frame: pd.DataFrame, where: Mapping[str, object]) -> pd.DataFrame:
    for key, value in where.items():
        frame = frame[frame[key] == value]
    return frame


def test_no_small_count_can_be_worked_back_from_all_tables_together(observed: Pilot) -> None:
    exact = {name: quantity.compute(observed) for name, quantity in QUANTITIES.items()}
    readers = observed.for_readers()
    told = {name: quantity.told(readers) for name, quantity in QUANTITIES.items()}
    cells: list[Cell] = [
        (name, index, column)
        for name, frame in exact.items()
        for column in frame
        if column in COUNTS and name not in OF_THE_DESIGN
        for index in frame.index
    ]
    place = {cell: n for n, cell in enumerate(cells)}
    values = pd.Series([float(exact[name].loc[i, column]) for name, i, column in cells])
    shown = pd.Series([float(told[name].loc[i, column]) for name, i, column in cells])
    low, high = bands(shown, LEAST)
    # Of rows about few people greater counts are not told either.
    high = np.where(shown.isna() & (values >= LEAST), 1e4, high)
    sums = []
    for equation in equations(observed, exact):
        if all(cell in place for cell in equation):
            row = np.zeros(len(cells))
            for cell, factor in equation.items():
                row[place[cell]] += factor
            assert row @ values.to_numpy() == 0, equation
            sums.append(row)
    assert len(sums) > 100
    small = [n for n, value in enumerate(values) if 0 < value < LEAST and np.isnan(shown[n])]
    assert len(small) > 50
    for n in small:
        least_possible, most_possible = ends(low, high, np.array(sums), n)
        assert least_possible < most_possible, cells[n]


# Pages -------------------------------------------------------------------------------------------

PAGES = ("sample", "feasibility_training", "feasibility_tools", "promise", "readiness", "trial")
HEADS = {
    columns[name][0]
    for layout in LAYOUTS.values()
    if not callable(columns := layout.columns)
    for name in columns
    if name in COUNTS
}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_small_count_or_a_raw_row(folder: Path, observed: Pilot, page: str) -> None:
    with mock.patch.object(recorder, "STUDY", folder):
        shown = recorder.record_page(ROOT / f"notebooks/{page}.md")
    ids = {
        person
        for frame in observed.raw.values()
        for column in ("practitioner_id", "person_id", "completion_id")
        for person in frame.get(column, ())
    }
    assert ids
    assert not ids & set(re.findall(r"\w+", shown))
    # Figures: numbers of people beside bars and in the flow; people as points.
    labels = re.findall(r"text '(?:[^']*: )?(\d+)(?: \([\d.]+%\))?'", shown)
    flow = re.findall(r"text '(?:Teams|Randomised units): (\d+)'", shown)
    assert {int(n) % LEAST for n in labels} <= {0, *map(int, flow)}
    assert "\n  points " not in shown
    for table in re.findall(r":::\{table\}.*?\n:::", shown, re.DOTALL):
        name = re.search(r":name: (\S+)", table)
        rows = [line.strip("| ").split(" | ") for line in re.findall(r"^\|.*\|$", table, re.M)]
        for head, *cells in zip(rows[0], *rows[2:], strict=True):
            counts = (
                head in HEADS
                and name
                and name[1] not in ("tbl-estimates", "tbl-observation-counts")
            )
            for cell in cells if counts else ():
                assert cell == "–" or int(cell) % LEAST == 0 < int(cell), (table, head)
