"""Teams over a design grid; expected values by hand, or from `power` one design at a time."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT
from scipy import stats

from earlyhelp.trial import planning, power
from earlyhelp.trial.assumptions import DESIGNS, PLANNED, Assumptions
from earlyhelp.trial.design_grid import Sweep, read_sweep

SMALL = Sweep(icc=(0.05, 0.2), cac=(0.5, 1), iac=(0,), effect=(0.5,), cv=0)


def test_what_the_pilot_could_find() -> None:
    table = planning.pilot_power(SMALL, 4, 0.05, 0.8).set_index("analysed")
    people, units = table.loc["people"], table.loc["units"].iloc[1]
    assert (people["df"], units["df"]) == (38, 2)
    # By hand: ICC 0.2, 10 people: variance of a unit mean 0.2 + 0.8 / 10 = 0.28, of the
    # difference of two against two 0.28; a noncentral t with 2 df has power 0.8 there.
    ratio = units["detectable"] / 0.28**0.5
    critical = stats.t.ppf(0.975, 2)
    reached = stats.nct.sf(critical, 2, ratio) + stats.nct.cdf(-critical, 2, ratio)
    assert reached == pytest.approx(0.8)


def test_ranges_hold_every_combination() -> None:
    needed = planning.needed(SMALL, 0.05, 0.8).set_index(["design", "icc"])
    design, fixed = DESIGNS["baseline"], SMALL.fixed
    each = [
        power.clusters_needed(design, Assumptions(effect=0.5, icc=0.2, cac=cac, **fixed))
        for cac in (0.5, 1)
    ]
    assert set(needed.index) == {(design.name, icc) for design in PLANNED for icc in SMALL.icc}
    row = needed.loc["baseline", 0.2]
    assert (row["low"], row["high"]) == (min(each), max(each))
    assert row["low"] < row["high"]


def test_points_are_effects_over_the_sd() -> None:
    # 2 points with an SD of 4 are half an SD: the same teams as an effect of 0.5 over both ICCs.
    sweep = SMALL.model_copy(update={"points": (2.0,)})
    points = planning.needed_in_points(sweep, (4.0, 4.0), 0.05, 0.8).set_index("design")
    sds = planning.needed(SMALL, 0.05, 0.8).groupby("design").agg({"low": "min", "high": "max"})
    assert set(points["effect"]) == {0.5}
    assert points.loc["parallel", "high"] == sds.loc["parallel", "high"]
    assert points.loc["stepped-wedge", "low"] == sds.loc["stepped-wedge", "low"]


def test_a_wider_sd_needs_more_teams() -> None:
    table = planning.needed_in_points(SMALL, (4.0, 7.0), 0.05, 0.8)
    narrow, wide = (table[table["sd"] == sd] for sd in (4, 7))
    assert (wide["low"].to_numpy() > narrow["low"].to_numpy()).all()
    assert (wide["high"].to_numpy() > narrow["high"].to_numpy()).all()


def test_teams_for_an_interval_are_the_fewest_that_give_it() -> None:
    table = planning.needed_for_width(SMALL, 0.05).set_index("design")
    design = DESIGNS["parallel"]
    for end, icc in (("low", 0.05), ("high", 0.2)):
        a = Assumptions(effect=0, icc=icc, **SMALL.fixed)
        teams = int(table.loc["parallel", end])
        widths = [power.half_width(design, a, count) for count in (teams, teams - 2)]
        assert widths[0] <= 0.5 < widths[1]


def test_responsiveness_leaves_out_designs_that_do_not_fit() -> None:
    table = planning.responsiveness({"few": (3, SMALL)}, 0.05, 0.8)
    # Three clusters leave one degree of freedom to two arms, none with a baseline, and the
    # stepped wedge has four sequences.
    assert table["design"].tolist() == ["individual", "individual-baseline", "parallel"]


@pytest.mark.parametrize("teams", [9, 151])
def test_responsiveness_is_what_the_trial_detects(teams: int) -> None:
    table = planning.responsiveness({"teams": (teams, SMALL)}, 0.05, 0.8)
    table = table.set_index("design")
    a = Assumptions(effect=table.loc["parallel", "low"], icc=0.05, **SMALL.fixed)
    assert power.power(DESIGNS["parallel"], a, teams) == pytest.approx(0.8)
    width = power.half_width(DESIGNS["parallel"], a, teams)
    assert table.loc["parallel", "half_low"] == pytest.approx(width)


def test_designs_are_compared_by_what_they_ask_for() -> None:
    table = planning.compared(SMALL, 0.5, 6, 0.05, 0.8).set_index("design")
    for design in PLANNED:
        row = table.loc[design.name]
        assert row["months"] == 6 * max(row["rounds"] - 1, 1)
        # Ten people in a team; every one is measured in every round.
        assert row["people_high"] == 10 * row["teams_high"]
        assert row["measurements_low"] == 10 * row["teams_low"] * row["rounds"]
    a = Assumptions(effect=0.5, icc=0.05)
    teams = table.loc["parallel", "teams_low"]
    assert teams == power.clusters_needed(DESIGNS["parallel"], a)
    widths = table.loc["parallel", ["half_width_low", "half_width_high"]].tolist()
    assert power.half_width(DESIGNS["parallel"], a, teams) in widths


def test_teams_are_enough_whatever_is_assumed_or_under_some_assumptions_or_never() -> None:
    needed = planning.needed(SMALL, 0.05, 0.8)
    ends = needed[needed["design"] == "parallel"].agg({"low": "min", "high": "max"})
    for teams, expected in (
        (ends["high"], planning.WHATEVER),
        (ends["high"] - 2, "under 1 of 2 combinations of the assumptions"),
        (ends["low"], "under 1 of 2 combinations of the assumptions"),
        (ends["low"] - 2, planning.NEVER),
        (2, planning.NEVER),
    ):
        assert planning.enough(SMALL, int(teams), 0.05, 0.8)["parallel"] == expected


def test_low_ends_are_reached_as_told_and_not_otherwise(rotherham: Path) -> None:
    sweep = read_sweep(rotherham)
    told = planning.supposed_by_lowest(sweep, 0.05, 0.8)
    assert told["parallel"] == "ICC 0.01"
    over_time = "cluster autocorrelation 1, individual autocorrelation 0.7"
    assert told["baseline"] == f"ICC 0.2 or 0.3, {over_time}"
    design, fixed = DESIGNS["baseline"], sweep.fixed
    teams = {
        (icc, cac, iac): power.clusters_needed(
            design, Assumptions(effect=0.5, icc=icc, cac=cac, iac=iac, **fixed), 0.8
        )
        for icc, cac, iac in product(sweep.icc, sweep.cac, sweep.iac)
    }
    lowest = {case for case, count in teams.items() if count == min(teams.values())}
    assert lowest == {(0.2, 1, 0.7), (0.3, 1, 0.7)}


def test_low_ends_that_hang_together_are_told_case_by_case() -> None:
    told = planning.supposed_by_lowest(read_sweep(ROOT / "tests/studies/complete"), 0.05, 0.8)
    cases = [case.split(", individual")[0] for case in told["baseline"].split(", or ")]
    # With the higher ICC as few teams are enough only where teams do not change.
    assert cases == [
        "ICC 0.02, cluster autocorrelation 0.5",
        "ICC 0.02 or 0.1, cluster autocorrelation 1",
    ]


def test_an_odd_number_of_teams_is_judged_by_its_own_power() -> None:
    design = DESIGNS["parallel"]
    judged = []
    for target in (0.5, 0.7, 0.8, 0.9):
        sweep = SMALL.model_copy(update={"icc": (0.05,)})
        a = Assumptions(effect=0.5, icc=0.05, **sweep.fixed)
        odd = power.clusters_needed(design, a, target) - 1
        reached = power.power(design, a, odd) >= target
        told = planning.enough(sweep, odd, 0.05, target)["parallel"]
        assert told == (planning.WHATEVER if reached else planning.NEVER)
        judged.append(reached)
    # One team less than an even number sometimes does.
    assert any(judged)


def test_teams_that_differ_much_in_size_are_warned_of() -> None:
    teams = pd.DataFrame({"design": ["parallel"], "low": [30]})
    for cv, warned in ((0.5, False), (0.6, True)):
        sweep = SMALL.model_copy(update={"cv": cv})
        assert ("differ in size" in planning.caution(teams, "low", sweep, 0.05)) == warned
