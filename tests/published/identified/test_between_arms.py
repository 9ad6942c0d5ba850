"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT, holds, row_of

from earlyhelp.analysis import outcomes
from earlyhelp.possible.two_waves import WAVES
from earlyhelp.published.identified import between_arms
from earlyhelp.published.identified.ranges import IdentifiedSets, open_sets
from earlyhelp.study.raw import Pilot

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_estimates_hold_every_interval(sets: IdentifiedSets) -> None:
    words, table = between_arms.estimates_in_words(sets)["wai-difference-estimate"]
    rows = between_arms.intervals(sets, "wai", 0.95)
    low, high = rows["difference_low"].min(), rows["difference_high"].max()
    # Of the third solution: 1.456 and t(31) = 2.0395 times its standard error, 3.7066.
    assert (low, high) == pytest.approx((-6.104, 9.016), abs=0.002)
    assert words == "−0.7 or 0.7 or 1.5 points (95% intervals between −6.1 and 9.0)"
    assert table == "tbl-determined-wai-between"
    alike, table = between_arms.estimates_in_words(sets)["wai-units-estimate"]
    # Of the third solution, as below: 1.456 and 4.3027 * 3.7066 * sqrt(1 + 7.25 * 0.05).
    assert alike == "between −17.2 and 20.1 points (intracluster correlation 0.05)"
    assert table == "tbl-intervals-units-wai"
    adjusted, table = between_arms.estimates_in_words(sets)["wai-adjusted-estimate"]
    # The stored outer bound, rounded outwards: no data set goes below it.
    low, high, _ = sets.extreme("wai", "between", "adjusted difference")
    assert (low, high) == pytest.approx((1.2655, 28.7171), abs=1e-4)
    assert adjusted == "above zero in every data set that is possible: 1.2 to 28.8 points"
    assert table == "tbl-determined-wai-between"
    assert "compassion-satisfaction-adjusted-estimate" not in between_arms.estimates_in_words(sets)
    many, _ = between_arms.estimates_in_words(sets)["compassion-satisfaction-difference-estimate"]
    assert many.startswith("−4.2 to 4.9 points (95% intervals between ")


def test_points_have_the_intervals_that_answers_tell(sets: IdentifiedSets) -> None:
    points = between_arms.in_points(sets, "wai", 0.95).set_index(["quantity", "population"])
    rows = between_arms.intervals(sets, "wai", 0.95)
    for name, of, column in (
        ("Mean change", "intervention", "intervention"),
        ("Mean change", "comparison", "comparison"),
        ("Difference of mean changes", sets.between, "difference"),
    ):
        ends = rows[f"{column}_low"].min(), rows[f"{column}_high"].max()
        assert tuple(points.loc[(name, of), ["ci_low", "ci_high"]]) == ends
    at_waves = between_arms.differences(sets, "wai", 0.95).set_index("contrast")
    endline = points.loc[("Difference of all scores at endline", sets.between)]
    assert endline["ci_low"] == at_waves.loc["endline", "ci_low"]
    # What is bounded is drawn, what was only found is not.
    assert (between_arms.ADJUSTED_DIFFERENCE, sets.between) in points.index
    assert between_arms.ADJUSTED_DIFFERENCE not in set(
        between_arms.in_points(sets, CS, 0.95)["quantity"]
    )


def test_intervals_without_zero_are_counted(sets: IdentifiedSets) -> None:
    alike = between_arms.clustered(sets, "wai", 0.95)
    told = "Counted by units, every interval of the difference includes zero."
    assert between_arms.units_in_words([alike]) == told
    apart = alike.assign(low=alike["low"].where(alike["solution"] > 1, 0.1))
    assert between_arms.units_in_words([apart]).startswith("Counted by units, 10 of 15 intervals")


def test_intervals_that_respect_units_are_wider(sets: IdentifiedSets) -> None:
    table = between_arms.clustered(sets, "wai", 0.95).set_index(["icc", "solution"])
    # Third solution by hand: 33 pairs in four units, 8.25 each; standard error 3.7066, t(2) 4.3027.
    for icc, effect in ((0.0, 1.0), (0.1, 1.725)):
        row = table.loc[(icc, 3)]
        assert row["design_effect"] == pytest.approx(effect)
        reach = 4.3027 * 3.7066 * effect**0.5
        assert row["high"] - row["mean_high"] == pytest.approx(reach, rel=1e-3)
    apart = between_arms.intervals(sets, "wai", 0.95)
    assert (table.loc[0.0, "low"].to_numpy() < apart["difference_low"].to_numpy()).all()
    # Too many solutions to be listed are told as one, by the widest interval of any.
    many = between_arms.clustered(sets, CS, 0.95).set_index("icc").loc[0.1]
    pairs = sets.contrasts(CS)
    means = [float(first.mean - second.mean) for first, second in pairs]
    assert (many["mean_low"], many["mean_high"]) == pytest.approx((min(means), max(means)))
    n, m = (change.pairs for change in pairs[0])
    spreads = [float(sum(change.spread for change in pair)) / (n + m - 2) for pair in pairs]
    assert many["high"] == pytest.approx(
        max(
            mean + 4.3027 * (variance * (1 / n + 1 / m) * many["design_effect"]) ** 0.5
            for mean, variance in zip(means, spreads, strict=True)
        ),
        rel=1e-4,
    )


@pytest.mark.parametrize("measure", OUTCOMES)
def test_the_reconstruction_lies_inside_every_range_between_the_arms(
    sets: IdentifiedSets, pilot: Pilot, measure: str
) -> None:
    frame = between_arms.between(sets, measure, 0.95)
    tests = outcomes.between_tests(pilot).query("measure == @measure").set_index("contrast")
    arms = sets.between
    assert holds(
        row_of(frame, "Difference of mean changes", arms), tests.loc["change", "difference"]
    )
    for wave in WAVES:
        row = row_of(
            frame[~frame["quantity"].str.contains(":")],
            f"Difference of all scores at {wave}",
            arms,
        )
        assert holds(row, tests.loc[wave, "difference"])
    if measure == "wai":
        row = row_of(frame, "Difference of all scores at endline: t", arms)
        assert holds(row, tests.loc["endline", "t"])
        assert holds(row_of(frame, "Endline difference of the pairs", arms), adjusted(pilot))


def adjusted(pilot: Pilot) -> float:
    """Coefficient of the arm in a least-squares regression of endline on arm and baseline."""
    changes = outcomes.changes(pilot).query("measure == 'wai'")
    columns = [np.ones(len(changes)), changes["arm"] == "intervention", changes["before"]]
    design = np.column_stack(columns).astype(float)
    return float(np.linalg.lstsq(design, changes["after"].to_numpy(), rcond=None)[0][1])


def test_the_adjusted_difference_has_one_sign_and_that_of_changes_two(sets: IdentifiedSets) -> None:
    """The page says so in words."""
    frame = between_arms.between(sets, "wai", 0.95)
    assert row_of(frame, "Endline difference of the pairs", sets.between)["low"] > 0
    changes = row_of(frame, "Difference of mean changes", sets.between)
    assert changes["low"] < 0 < changes["high"]
    assert row_of(frame, "Difference of all scores at endline: p", sets.between)["high"] < 0.05


def test_intervals_of_every_change_that_the_figures_allow(rotherham: Path) -> None:
    """Computed elsewhere from the solutions (+-23, 363; +-10, 552) and (46, 1452; 20, 2208)."""
    sets = open_sets(rotherham)
    table = between_arms.intervals(sets, "wai", 0.95).round(1)
    assert len(table) == 3
    columns = [
        f"{name}_{end}"
        for name in ("intervention", "comparison", "difference")
        for end in ("low", "high")
    ]
    assert table[columns].iloc[0].tolist() == [-3.7, 1.0, -3.8, 2.6, -4.5, 3.1]
    assert table[columns].iloc[1].tolist() == [-1.0, 3.7, -2.6, 3.8, -3.1, 4.5]
