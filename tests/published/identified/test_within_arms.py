"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

import pytest
from helpers import ROOT, holds, row_of

from earlyhelp.analysis import outcomes
from earlyhelp.possible import existence
from earlyhelp.possible.two_waves import Change
from earlyhelp.published.identified import between_arms, within_arms
from earlyhelp.published.identified.outcome import reliable_change
from earlyhelp.published.identified.ranges import IdentifiedSets
from earlyhelp.report import tables
from earlyhelp.study.raw import Pilot

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_the_size_of_paired_d_is_determined_though_its_sign_is_not(sets: IdentifiedSets) -> None:
    """23 / 17 over sqrt((363 - 23**2 / 17) / 16) = 0.297; 46 and 1452 double both."""
    frame = within_arms.change(sets, "wai", 0.95)
    size = row_of(frame, "Size of dz", "intervention")
    assert (size["status"], round(size["low"], 3)) == ("determined", 0.297)
    signed = row_of(frame, "dz", "intervention")
    assert (signed["status"], signed["low"]) == ("bounded", -size["low"])


def test_many_can_have_improved_with_one_solution_only(sets: IdentifiedSets) -> None:
    both = within_arms.by_solution(sets, "wai")
    table = both[both["arm"] == "intervention"]
    assert table["mean"].tolist() == pytest.approx([-23 / 17, 23 / 17, 46 / 17])
    # (363 - 23**2 / 17) / 16 and (1452 - 46**2 / 17) / 16.
    for end in ("sd_low", "sd_high"):
        assert table[end].tolist() == pytest.approx([4.554410, 4.554410, 9.108819], abs=1e-6)
    # HiGHS finds these people, and nobody beyond.
    assert table["improved_low"].tolist() == [1, 3, 2]
    assert table["improved_high"].tolist() == [13, 16, 16]
    assert table["reliably improved_high"].tolist() == [3, 5, 12]
    assert table["reliably worse_high"].tolist() == [5, 3, 6]
    frame = within_arms.change(sets, "wai", 0.95)
    how = row_of(frame, "People who improved by", "intervention")["how"]
    assert how.endswith("; at most 5 unless the SD of change is 9.1")
    assert "unless" not in row_of(frame, "People who improved at all", "intervention")["how"]


def test_both_arms_stand_in_every_solution(sets: IdentifiedSets) -> None:
    table = within_arms.by_solution(sets, "wai")
    assert table["solution"].tolist() == [1, 1, 2, 2, 3, 3]
    other = table[table["arm"] == "comparison"]
    assert other["mean"].tolist() == pytest.approx([-10 / 16, 10 / 16, 20 / 16])
    # The third has sums of squares of 2204, 2206 and 2208, of 16 changes with a sum of 20.
    ends = [((squares - 20**2 / 16) / 15) ** 0.5 for squares in (2204, 2208)]
    assert other[["sd_low", "sd_high"]].iloc[2].tolist() == pytest.approx(ends)
    shown = tables.by_solution(table, 8)
    assert shown.iloc[5, :5].tolist() == ["3", "Comparison", "1.3", "12.1", "0.21"]


def test_few_effects_are_listed(sets: IdentifiedSets) -> None:
    # 23 / 17 or 46 / 17 points over the SD of baseline, which is 5.85 to 6.00.
    row = row_of(within_arms.change(sets, "wai", 0.95), "d, baseline SD", "intervention")
    assert row["values"] == (-0.23, 0.23, 0.45, 0.46)
    low, high = within_arms.baseline_sd(sets, "wai")
    assert round(46 / 17 / high, 2) == 0.45
    assert round(46 / 17 / low, 2) == 0.46


def test_the_bounds_of_a_solution_are_attained(sets: IdentifiedSets) -> None:
    arm = sets.outcomes["wai"].arms["intervention"]
    for total, most in ((23, 5), (-23, 3)):
        change = Change(17, total, 363)

        def risen(person: tuple[int | None, int | None]) -> int:
            return int(existence.moved(person) >= 8)

        people = existence.greatest(arm, [change], risen).people
        assert existence.agrees(arm, change, people)
        assert sum(map(risen, people)) == most


def test_many_solutions_are_not_listed(sets: IdentifiedSets) -> None:
    assert within_arms.by_solution(sets, CS).empty
    assert between_arms.intervals(sets, CS, 0.95).empty


def test_the_sd_at_baseline_is_known_up_to_rounding(sets: IdentifiedSets) -> None:
    """Printed: 5.1 of 27 people and 7.0 of 18, so 5.05 to 5.15 and 6.95 to 7.05."""
    low, high = within_arms.baseline_sd(sets, "wai")
    ends = [((26 * a**2 + 17 * b**2) / 43) ** 0.5 for a, b in ((5.05, 6.95), (5.15, 7.05))]
    assert ends[0] <= low < high <= ends[1]
    assert (low, high) == pytest.approx(ends, abs=0.02)


def test_an_interval_is_wider_at_more_confidence(sets: IdentifiedSets) -> None:
    ends = [
        row_of(within_arms.change(sets, "wai", level), "If scores rose: upper", "intervention")[
            "low"
        ]
        for level in (0.8, 0.95)
    ]
    assert ends[0] < ends[1]


@pytest.mark.parametrize("measure", OUTCOMES)
def test_the_reconstruction_lies_inside_every_range_of_change(
    sets: IdentifiedSets, pilot: Pilot, measure: str
) -> None:
    frame = within_arms.change(sets, measure, 0.95)
    paired = outcomes.paired_tests(pilot).query("measure == @measure").set_index("arm")
    changes = outcomes.changes(pilot).query("measure == @measure")
    for arm, row in paired.iterrows():
        people = changes[changes["arm"] == arm]
        for quantity, value in (
            ("Mean change", row["mean_change"]),
            ("SD of change", row["sd_change"]),
            ("dz", row["dz"]),
            ("Correlation", people["before"].corr(people["after"])),
            ("People who improved at all", (people["change"] > 0).sum()),
        ):
            assert holds(row_of(frame, quantity, arm), value), (arm, quantity)
        points = reliable_change(sets.outcomes[measure])
        if points:
            up, down = ((sign * people["change"] >= points).sum() for sign in (1, -1))
            assert holds(row_of(frame, "People who improved by", arm), up)
            assert holds(row_of(frame, "People who got worse", arm), down)
