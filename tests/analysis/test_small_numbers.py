"""What readers are told of few people."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import recorder
import yaml
from helpers import ROOT

from earlyhelp.analysis import outcomes
from earlyhelp.analysis.instruments import outcome_scores
from earlyhelp.analysis.quantities import QUANTITIES
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


@pytest.mark.parametrize("study", ["complete", "mini", "single_arm", "three_arms"])
def test_no_number_passes_for_text(study: str) -> None:
    pilot = open_pilot(ROOT / "tests/studies" / study)
    for name, quantity in QUANTITIES.items():
        told = quantity.told(pilot)
        pd.testing.assert_frame_equal(told, told.infer_objects(), obj=name)


@pytest.mark.parametrize("study", ["complete", "mini", "single_arm", "three_arms"])
@pytest.mark.parametrize("name", sorted(set(QUANTITIES) - OF_THE_DESIGN))
def test_a_table_tells_counts_in_bands_and_nothing_of_few_people(study: str, name: str) -> None:
    pilot = open_pilot(ROOT / "tests/studies" / study)
    exact = QUANTITIES[name].compute(pilot).infer_objects()
    told = QUANTITIES[name].told(replace(pilot, told_from=LEAST))
    answers = {"value"} if "answer" in exact else set()
    for column in set(exact.select_dtypes("number")) - STATED - answers:
        there = told[column].dropna().astype(float)
        if column == "n":
            of_units = told.get("stage", pd.Series("", told.index)).isin(
                ["teams", "randomised units"]
            ) | (told.get("analysed", pd.Series("", told.index)) == "unit means")
            there = there[~of_units[there.index]]
        if column in COUNTS:
            assert (there % LEAST == 0).all()
            assert (there >= LEAST).all()
            assert (exact.loc[there.index, column] - there).between(0, LEAST - 1).all()
        elif column in DECIMALS:
            np.testing.assert_allclose(there, there.round(DECIMALS[column]), atol=1e-12)
        elif column.endswith("percent"):
            np.testing.assert_allclose(there, there.round(), atol=1e-12)
        else:
            assert there.empty, column


def test_numbers_that_pass_for_text_are_told_as_numbers() -> None:
    told = safe(pd.DataFrame({"n": [41, 9], "mean": [2.345, None]}, dtype=object), 10)
    assert told["n"].tolist()[0] == 40
    assert np.isnan(told["n"].tolist()[1])
    assert told["mean"].tolist()[0] == 2.3


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


# Pages -------------------------------------------------------------------------------------------

PAGES = ("sample", "feasibility_training", "feasibility_tools", "promise", "readiness", "trial")
HEADS = {
    columns[name][0]
    for layout in LAYOUTS.values()
    if not callable(columns := layout.columns)
    for name in columns
    if name in COUNTS
}

# A figure of trials to come, which tells of nobody.
PLANNED = re.compile(r"^figure (?:(?!^fig-).*\n)*fig-.*\[assumed\].*$", re.MULTILINE)


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
    drawn = re.sub(PLANNED, "", shown)
    labels = re.findall(r"text '(?:[^']*: )?(\d+)(?: \([\d.]+%\))?'", drawn)
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
