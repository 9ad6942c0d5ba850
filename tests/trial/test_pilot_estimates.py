"""What a pilot tells the next trial; expected values by hand, from the report or from scipy."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from earlyhelp.report import tables
from earlyhelp.study.design import read_study
from earlyhelp.study.raw import open_pilot
from earlyhelp.trial import pilot_estimates, power
from earlyhelp.trial.assumptions import DESIGNS, Assumptions
from earlyhelp.trial.design_grid import Sweep

SMALL = Sweep(icc=(0.05, 0.2), cac=(0.5, 1), iac=(0,), effect=(0.5,), cv=0)


@pytest.fixture(scope="module")
def printed_room(rotherham: Path) -> pd.DataFrame:
    return pilot_estimates.room(open_pilot(rotherham)).set_index(["measure", "arm", "wave"])


def test_room_of_reconstructed_data_comes_from_printed_figures(printed_room: pd.DataFrame) -> None:
    row = printed_room.loc["wai", "intervention", "endline"]
    # Evidence of outcomes: M = 70.5, SD = 3.9, n = 17, maximum 84. 70.45 * 17 = 1197.65 and
    # 70.55 * 17 = 1199.35, so the sum is 1198 or 1199.
    assert row["headroom_low"] == pytest.approx(84 - 1199 / 17)
    assert row["headroom_high"] == pytest.approx(84 - 1198 / 17)
    assert row[["sd_low", "sd_high"]].tolist() == pytest.approx([3.85, 3.95])


def test_room_without_a_printed_sd_is_what_the_mean_allows(printed_room: pd.DataFrame) -> None:
    row = printed_room.loc["compassion_satisfaction", "comparison", "baseline"]
    # Printed: between 41 and 42 of 50, n = 18.
    assert 8 < row["headroom_low"] < row["headroom_high"] < 9
    assert not row["sd_known"]
    # At a mean of 41 to 42 the SD is at most sqrt(n / (n - 1) * (50 - mean) * (mean - 10)) < 17.2.
    assert 0 < row["sd_low"] < row["sd_high"] < 17.2
    # Everybody at 50 would have a mean of 50; nobody at 45 would leave at most 44.
    assert 0 == row["near_low"] < row["near_high"] < 18


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        # Three people on a scale of 0 to 2, by hand: 1 1 1, or 0 1 2 with variance 1.
        ((3, 3), (0, 1)),
        # Sum 4: 1 1 2 (variance 1/3) or 0 2 2 (variance 4/3).
        ((4, 4), ((1 / 3) ** 0.5, (4 / 3) ** 0.5)),
        ((3, 4), (0, (4 / 3) ** 0.5)),
        # Nobody can differ at the top.
        ((6, 6), (0, 0)),
    ],
)
def test_spread_that_a_sum_allows(sums: tuple[int, int], expected: tuple[float, float]) -> None:
    assert pilot_estimates.sd_by_sum(3, sums, (0, 2)) == pytest.approx(expected)


def test_synthetic_people_do_not_change_what_is_bounded(rotherham: Path) -> None:
    pilot = open_pilot(rotherham)
    blank = pilot.with_raw(endline_survey=pilot.raw["endline_survey"].iloc[:0])
    pd.testing.assert_frame_equal(pilot_estimates.room(blank), pilot_estimates.room(pilot))


def test_room_of_observed_data(mini: Path) -> None:
    room = pilot_estimates.room(open_pilot(mini)).set_index(["measure", "arm", "wave"])
    # P1, P2 and P3 at endline: 61, 62 and 60 of 84, mean 61, SD 1.
    row = room.loc["wai", "intervention", "endline"]
    assert row[["headroom_low", "sd_low", "near_high"]].tolist() == [23, 1, 0]


def test_identified_set_has_the_printed_test(rotherham: Path) -> None:
    table = pilot_estimates.stability(open_pilot(rotherham)).set_index(["measure", "arm"])
    row = table.loc["wai", "intervention"]
    # t(16) = 1.22 = dz * sqrt(17): 1.215 / 4.123 to 1.225 / 4.123.
    assert 1.215 / 17**0.5 <= row["dz_low"] <= row["dz_high"] <= 1.225 / 17**0.5
    assert table.loc["compassion_satisfaction", ["correlation_low"]].isna().all().all()


def test_correlation_is_what_is_stored_as_proved(rotherham: Path) -> None:
    pilot = open_pilot(rotherham)
    table = pilot_estimates.stability(pilot).set_index(["measure", "arm"])
    stored = pd.read_csv(rotherham / "derived" / "extremes.csv")
    proved = stored[
        (stored["quantity"] == "correlation") & stored["how"].isin(["exact", "outer bound"])
    ].set_index(["measure", "arm"])
    for arm in ("intervention", "comparison"):
        found = table.loc[("wai", arm), ["correlation_low", "correlation_high"]].tolist()
        assert found == proved.loc[("wai", arm), ["low", "high"]].astype(float).tolist()


def test_nothing_stored_bounds_nothing(rotherham: Path, tmp_path: Path) -> None:
    pilot = open_pilot(rotherham)
    for file in rotherham.iterdir():
        if file.name != "derived":
            (tmp_path / file.name).symlink_to(file)
    bare = replace(pilot, study=read_study(tmp_path))
    columns = ["sd_change_low", "dz_high", "correlation_low"]
    assert pilot_estimates.stability(bare)[columns].isna().all().all()
    room = pilot_estimates.room(bare).set_index("measure")
    assert room.loc["compassion_satisfaction", "near_high"].isna().all()


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([(-0.2, 0.6), (0.1, 0.5)], (0, 0.6)),
        ([(0.3, 0.6), (0.2, 0.5)], (0.2, 0.6)),
        # Opposed scores tell as much as like ones.
        ([(-0.8, -0.3), (-0.5, -0.4)], (0.3, 0.8)),
        ([(-0.8, 0.1), (float("nan"), float("nan"))], (0, 1)),
    ],
)
def test_the_correlation_that_can_be_used(
    ends: list[tuple[float, float]], expected: tuple[float, float]
) -> None:
    frame = pd.DataFrame(ends, columns=["correlation_low", "correlation_high"])
    assert pilot_estimates.usable_correlation(frame.assign(measure="wai"), "wai") == expected


def test_a_known_correlation_saves_its_square() -> None:
    stability = pd.DataFrame(
        [(measure, 0.6, 0.6) for measure in ("wai", "compassion_satisfaction")],
        columns=["measure", "correlation_low", "correlation_high"],
    )
    sweep = SMALL.model_copy(update={"icc": (0.05,), "cac": (1,)})
    gain = pilot_estimates.gain_from_baseline(stability, sweep, 0.05, 0.8)
    row = gain.set_index(["measure", "design"]).loc[("wai", "baseline")]
    assert row[["factor_low", "factor_high"]].tolist() == pytest.approx([0.64, 0.64])
    # By hand: 0.05 + 0.95 iac = 0.6, so iac = 0.57895.
    a = Assumptions(effect=0.5, icc=0.05, cac=1, iac=0.55 / 0.95, **sweep.fixed)
    expected = power.clusters_needed(DESIGNS["baseline"], a)
    assert row[["teams_low", "teams_high"]].tolist() == [expected, expected]


def test_sd_of_observed_data_has_an_interval(mini: Path) -> None:
    pilot = open_pilot(mini)
    low, high = pilot_estimates.sd_range(pilot, pilot_estimates.room(pilot), 0.95)
    # At endline 61, 62, 60 and, in the other arm, three with an SD of 1: pooled SD 1, df 4;
    # chi-squared with 4 df: 0.4844 and 11.143 cut off 2.5% each.
    assert (low, high) == pytest.approx(((4 / 11.143) ** 0.5, (4 / 0.4844) ** 0.5), rel=1e-3)


def test_sd_of_printed_figures_has_an_interval(rotherham: Path) -> None:
    pilot = open_pilot(rotherham)
    found = pilot_estimates.sd_range(pilot, pilot_estimates.room(pilot), 0.95)
    # Evidence of outcomes: SD 5.1 of 27 and 7.0 of 18 at baseline, 3.9 of 17 and 4.2 of 22 at
    # endline, each rounded; pooled over the arms, 43 and 37 degrees of freedom.
    low = (16 * 3.85**2 + 21 * 4.15**2) / stats.chi2.ppf(0.975, 37)
    high = (26 * 5.15**2 + 17 * 7.05**2) / stats.chi2.ppf(0.025, 43)
    assert found == pytest.approx((low**0.5, high**0.5), rel=2e-3)
    # Wider than what the printed SDs are between themselves.
    assert found[0] < 3.85
    assert found[1] > 7.05


def test_candidates_compare_room_and_need() -> None:
    room = pd.DataFrame(
        {
            "measure": ["a", "a", "b", "c"],
            "wave": "endline",
            "headroom_sd_low": [3.0, 2.0, 0.5, 0.1],
            "headroom_sd_high": [3.5, 2.5, float("inf"), 0.3],
        }
    )
    required = pd.DataFrame(
        {"design": "parallel", "teams": ["few"], "clusters": [9], "low": [0.7], "high": [1.4]}
    )
    found = pilot_estimates.candidates(room, required).set_index("measure")["enough"].to_dict()
    assert found == {"a": "yes", "b": "not determined", "c": "no"}


def test_the_interval_of_a_correlation_is_fishers() -> None:
    x, y = pd.Series([1, 2, 3, 4, 5, 6]), pd.Series([2, 1, 4, 3, 6, 4])
    z, margin = math.atanh(np.corrcoef(x, y)[0, 1]), stats.norm.ppf(0.95) / math.sqrt(3)
    found = pilot_estimates.correlation_interval(x, y, 0.9)
    assert found == pytest.approx((math.tanh(z - margin), math.tanh(z + margin)))


@pytest.mark.parametrize("y", [[2, 1, 4], [2, 4, 6, 8], [5, 5, 5, 5]])
def test_too_few_pairs_or_all_on_a_line_give_no_interval(y: list[int]) -> None:
    x = pd.Series(range(1, len(y) + 1))
    assert np.isnan(pilot_estimates.correlation_interval(x, pd.Series(y), 0.95)).all()


def test_no_reliability_of_reconstructed_items(rotherham: Path) -> None:
    assert pilot_estimates.reliability(open_pilot(rotherham)).empty


def test_reliability_of_real_items(mini: Path) -> None:
    pilot = open_pilot(mini)
    survey = pilot.raw["baseline_survey"].copy()
    # Every person gives one answer to all items of the alliance: alpha is 1.
    for number in range(1, 13):
        survey[f"wai_{number:02d}"] = [1.0, 3, 4, 6, 2, 5, 7, 3][: len(survey)]
    found = pilot_estimates.reliability(pilot.with_raw(baseline_survey=survey))
    assert found.loc[found["wave"] == "baseline", "alpha"].iloc[0] == pytest.approx(1)


def test_a_correlation_that_is_not_narrowed_determines_nothing(rotherham: Path) -> None:
    stability = pilot_estimates.stability(open_pilot(rotherham))
    gain = pilot_estimates.gain_from_baseline(stability, SMALL, 0.05, 0.8)
    # Two correlations, a column each: of people's scores, and what stays of a person alone.
    assert (gain["r_low"].isna() ^ gain["iac_low"].isna()).all()
    shown = tables.gain_from_baseline(gain).set_index("Measure")
    row = shown.loc["Working alliance \\(WAI\\)"]
    assert row["Effect (SD)"] == "any"
    assert set(row.iloc[-2:]) == {"not determined"}
    assert shown.loc["Chosen range", "Teams with baseline"][0].isdigit()


def test_months_between_the_waves(rotherham: Path) -> None:
    # September 2022 to February 2023.
    assert pilot_estimates.months_between(read_study(rotherham)) == 5
