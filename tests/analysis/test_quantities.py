"""Tables of a pilot: each is computed once."""

from __future__ import annotations

import pandas as pd
import pytest

from earlyhelp.analysis.quantities import Quantity
from earlyhelp.study.raw import Pilot


@pytest.fixture
def levels() -> list[float]:
    """Levels at which `people` was computed."""
    return []


@pytest.fixture
def people(levels: list[float]) -> Quantity:
    def compute(pilot: Pilot, level: float = 0.95) -> pd.DataFrame:
        levels.append(level)
        return pd.DataFrame({"n": [len(pilot.survey("endline"))]})

    return Quantity(compute, ())


def test_a_table_is_computed_once_for_the_same_settings(
    pilot: Pilot, people: Quantity, levels: list[float]
) -> None:
    people.told(pilot)
    people.told(pilot.exact())
    people.told(pilot, level=0.9)
    people.told(pilot, level=0.9)
    assert levels == [0.95, 0.9]


def test_what_becomes_of_a_table_does_not_change_the_next(pilot: Pilot, people: Quantity) -> None:
    told = people.told(pilot)
    told["n"] += 1
    assert (people.told(pilot)["n"] == told["n"] - 1).all()


def test_other_data_are_computed_from(pilot: Pilot, people: Quantity) -> None:
    before = people.told(pilot)["n"]
    fewer = pilot.with_raw(endline_survey=pilot.survey("endline")[1:])
    assert (people.told(fewer)["n"] == before - 1).all()
