"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from helpers import ROOT, row_of

from earlyhelp.published.identified import people
from earlyhelp.published.identified.ranges import IdentifiedSets

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_worst_case_of_those_lost_by_hand(sets: IdentifiedSets) -> None:
    """Ten of 27 lost: (1198 + 10 * 12) / 27 and (1199 + 10 * 84) / 27, as 70.5 * 17 is 1198.5."""
    row = row_of(people.loss(sets, "wai"), "Endline mean", "intervention")
    assert (row["low"], row["high"]) == (1318 / 27, 2039 / 27)


def test_completions_and_missing_uploaders_by_hand(sets: IdentifiedSets) -> None:
    """75 and 73 people with a mean of 1.45 to 1.55: 109 to 116 and 106 to 113. 12 - 5 - 5 = 2."""
    frame = people.use(sets)
    completions, missing = frame.iloc[0], frame.iloc[1]
    assert (completions["low"], completions["high"]) == (109, 113)
    assert (missing["low"], missing["status"]) == (2, "bounded")
