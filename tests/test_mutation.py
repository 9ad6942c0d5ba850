"""How much of the raw data the ledger watches: cells are changed at random, one at a time.

A changed cell that the ledger does not notice is a miss. It is explained when a figure moved less
than its printed digits, or a word's interval, can show; when nothing printed reads the column
(`UNREAD`); or when what is printed reads only a summary of it (`SUMMARISED`). Code checks each:
a column is unread when changing every cell of it changes no answer.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from earlyhelp.published.claims import Claim, read_claims
from earlyhelp.published.ledger import ledger
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import Pilot, columns_read, open_pilot
from earlyhelp.study.scoring_keys import read_instruments

STUDY = Path(__file__).parents[1] / "data/rotherham"
COUNTED = read_study(STUDY).counted
SATISFACTION = read_instruments(STUDY).whole["compassion_satisfaction"]
CELLS = 300
SEED = 2023
AGREED = "whether people agree, not how strongly"
MONTH = "the month"
ANY = "who did anything at all"
UNREAD = {
    ("baseline_survey", "role"),
    ("post_training_survey", "role"),
    ("training_attendance", "reason_not_attended"),
    ("tool_use", "score"),
}
SUMMARISED = {
    **{(f"{wave}_survey", "completed_on"): MONTH for wave in ("baseline", "endline")},
    ("post_training_survey", "completed_on"): MONTH,
    **{
        ("post_training_survey", question): AGREED
        for question in COUNTED.statements
        if question not in COUNTED.know_more
    },
    ("post_training_survey", "preferred_format"): "how many prefer one full day",
    ("baseline_survey", "time_in_service"): "which band is most common",
    ("endline_survey", "time_in_service"): "which band is most common",
    ("baseline_survey", "qualification_level"): "lowest, highest and most common level",
    ("endline_survey", "qualification_level"): "lowest, highest and most common level",
    **{
        (f"{wave}_survey", item): f"of those without {other}, their mean by whole points or bands"
        for wave, other in (("baseline", "an endline"), ("endline", "a baseline"))
        for item in SATISFACTION.columns
    },
    **{
        (f"{wave}_survey", column): told
        for wave in ("baseline", "endline")
        for column, told in (
            ("years_practising", "fewest and most years, their mean in words"),
            ("hours_per_week", "in words how many work full time"),
        )
    },
    ("endline_survey", "role"): "Senior Family Support Workers who used the tools",
    ("endline_survey", "continue_tools"): "how many would like to continue",
    ("training_attendance", "role"): "roles of those who attended",
    ("training_attendance", "team"): ANY,
    ("training_attendance", "part_1"): "who attended either part",
    ("training_attendance", "part_2"): "who attended either part",
    ("tool_use", "practitioner_id"): "who used the tools, and in how many months",
    ("tool_use", "person_id"): "how many people, and the most completions of one",
    ("tool_use", "month"): "which month has most, and the last beside the first",
    ("interviews", "months_in_role"): "shortest and longest time in the role",
    ("interviews", "conducted_on"): MONTH,
    ("observations", "observed_on"): MONTH,
}


@pytest.fixture(scope="module")
def pilot(rotherham: Path) -> Pilot:
    return open_pilot(rotherham)


@pytest.fixture(scope="module")
def claims(rotherham: Path) -> list[Claim]:
    return read_claims(rotherham / "claims.csv")


def changed(pilot: Pilot, file: str, cells: dict[tuple[int, str], object]) -> Pilot:
    frame = pilot.raw[file].copy()
    for (row, column), value in cells.items():
        frame.loc[row, column] = value
    return pilot.with_raw(**{file: frame})


def same_answers(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    # What is said of several items at once has several answers.
    return [*map(repr, one["exact"])] == [*map(repr, other["exact"])]


def other_values(frame: pd.DataFrame, column: str, value: object) -> list[object]:
    return [other for other in frame[column].dropna().unique() if other != value]


def quite_different(frame: pd.DataFrame, column: str, value: object) -> object:
    """A value in another month, or at the low end of its scale, or another word."""
    if frame[column].dtype.kind == "M":
        return value + pd.Timedelta(days=60)
    if frame[column].dtype.kind == "f":
        return 2.0 if value == 1 else 1.0
    others = other_values(frame, column, value)
    return others[0] if others else None


def reads(pilot: Pilot, claims: list[Claim], before: pd.DataFrame, file: str, column: str) -> bool:
    """Whether any answer changes when every cell of a column does."""
    frame = pilot.raw[file]
    cells = {
        (row, column): quite_different(frame, column, value) for row, value in frame[column].items()
    }
    return not same_answers(before, ledger(changed(pilot, file, cells), claims))


@pytest.mark.slow
def test_every_change_the_ledger_misses_is_explained(
    pilot: Pilot, claims: list[Claim], capsys: pytest.CaptureFixture[str]
) -> None:
    before = ledger(pilot, claims)
    draw = random.Random(SEED)
    places = [
        (file, row, column)
        for file, columns in columns_read(pilot.study, pilot.instruments).items()
        if file != "framework_matrix"
        for column in [name for name in columns if name in pilot.raw[file]][1:]
        for row, value in pilot.raw[file][column].items()
        if pd.notna(value) and other_values(pilot.raw[file], column, value)
    ]
    outcomes: Counter[str] = Counter()
    unexplained = []
    for file, row, column in draw.sample(places, CELLS):
        frame = pilot.raw[file]
        old = frame.loc[row, column]
        new = draw.choice(other_values(frame, column, old))
        try:
            after = ledger(changed(pilot, file, {(row, column): new}), claims)
        except InputError:
            # A claim no longer finds its one row.
            outcomes["caught"] += 1
            continue
        if not after["agrees"].all():
            outcomes["caught"] += 1
        elif not same_answers(before, after):
            outcomes["rounded away"] += 1
        elif (file, column) in UNREAD:
            outcomes["unread column"] += 1
        elif (file, column) in SUMMARISED:
            outcomes["same summary"] += 1
        else:
            unexplained.append((file, row, column, old, new))
    with capsys.disabled():
        print(f"\n{CELLS} changed cells: {dict(outcomes.most_common())}")
    assert unexplained == []
    assert outcomes["caught"] >= 0.6 * CELLS


@pytest.mark.slow
def test_the_explanations_hold(pilot: Pilot, claims: list[Claim]) -> None:
    before = ledger(pilot, claims)
    read = {place for place in UNREAD if reads(pilot, claims, before, *place)}
    unread = {place for place in SUMMARISED if not reads(pilot, claims, before, *place)}
    assert (read, unread) == (set(), set())
