"""Instruments as a study has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import describe

from earlyhelp.study.problems import InputError
from earlyhelp.study.scoring_keys import read_instruments


def edit(study: Path, old: str, new: str) -> None:
    path = study / "instruments.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def message(study: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_instruments(study)
    return str(refused.value)


def test_ends_of_a_score_follow_from_the_dictionary(rotherham: Path) -> None:
    scales = read_instruments(rotherham).scales
    # Evidence of outcomes: the maximum score is 84, of a domain 28; ratings go from 1 to 5.
    ends = {name: (scale.lowest, scale.highest) for name, scale in scales.items()}
    assert [ends["wai"], ends["wai_bond"]] == [(12, 84), (4, 28)]
    assert [ends["iam_ors"], ends["ORS"]] == [(1, 5), (0, 40)]


def test_what_an_instrument_is_asked_for_follows_from_its_files(mini: Path) -> None:
    instruments = read_instruments(mini)
    assert list(instruments.whole) == ["wai", "compassion_satisfaction"]
    assert list(instruments.ratings) == ["iam_ors", "iam_srs", "fim_ors", "fim_srs"]
    assert list(instruments.measured) == ["wai", "proqol", "iam", "fim"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("score: sum", "score: product", "line 7, wai.score: found 'product'"),
        ("missing: 0", "missing: -1", "line 8, wai.missing: found -1"),
        ("source: hatcher2006", "weight: 3", "wai.source: found nothing; expected this key"),
        ("items: [wai_04", "total: score, items: [wai_04", "either items or a total"),
        ("items: [wai_04", "measured_in: kg, items: [wai_04", "measured_in of a total only"),
        ("items: [wai_04", "items: [wai_06", "each item once"),
        ("name: Goal", "name: Goal, reversed: [wai_01]", "(wai_01 is none)"),
        ("low: [10, 22]", "low: [10, 30]", "bands from low to high"),
        ("low: [10, 22]", "low: [9, 22]", "proqol.scales.compassion_satisfaction.bands: found 9"),
        ("cutoffs: {adult: 25}", "cutoffs: {adult: 41}", "scores from 0 to 40"),
        ("cutoffs: {adult: 25}", "cutoffs: {elder: 25}", "adult"),
        ("wai_goal: ", "iam_ors: ", "iam.scales.iam_ors: found this scale again"),
        ("[wai_04, wai_06, wai_08, wai_11]", "[wai_99]", "expected columns of datapackage.json"),
        ("[wai_04,", "[iam_ors_1,", "found iam_ors_1, which baseline_survey of"),
    ],
)
def test_every_problem_has_its_place(mini: Path, old: str, new: str, expected: str) -> None:
    edit(mini, old, new)
    assert expected in message(mini)


def test_items_of_a_scale_allow_the_same_answers(mini: Path) -> None:
    def other_scale(resources: dict[str, dict]) -> None:
        fields = resources["baseline_survey"]["schema"]["fields"]
        next(f for f in fields if f["name"] == "wai_01")["constraints"]["maximum"] = 9

    describe(mini, other_scale)
    assert "wai.scales.wai: found minimum 1, maximum 7, minimum 1, maximum 9" in message(mini)
    assert "wai.scales.wai_task" in message(mini)
