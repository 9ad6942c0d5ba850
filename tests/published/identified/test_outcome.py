"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from itertools import product

from helpers import ROOT

from earlyhelp.possible import two_waves
from earlyhelp.published.identified.outcome import outcomes, reliable_change
from earlyhelp.published.identified.ranges import IdentifiedSets
from earlyhelp.published.printed import read_printed
from earlyhelp.study.design import read_study

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_inputs_are_read_from_the_folder() -> None:
    found = outcomes(read_study(STUDY), read_printed(STUDY))
    # By hand: SDs of 5.1 (n = 27) and 7.0 (18) pool to 5.92; 1.96 * 5.92 * sqrt(2 * 0.20) = 7.34.
    assert reliable_change(found["wai"]) == 8
    assert reliable_change(found[CS]) is None


def test_no_endline_scores_of_the_pairs_have_the_printed_t(sets: IdentifiedSets) -> None:
    """A-16: over all sums of the pairs, each with the most spread that its wave leaves."""

    def least(measure: str) -> float:
        arms = sets.outcomes[measure].arms.values()
        n, m = (arm.pairs for arm in arms)
        spreads = [two_waves.paired_spread(arm.endline, arm.pairs).items() for arm in arms]
        return min(
            abs(x / n - y / m) / float((a + b) / (n + m - 2) * (1 / n + 1 / m)) ** 0.5
            for (x, a), (y, b) in product(*spreads)
            if a + b
        )

    # Printed: 0.39.
    assert 1.03 < least("wai") < 1.04
    # For compassion satisfaction this excludes nothing.
    assert least(CS) == 0


def test_no_welch_test_has_the_printed_t_and_degrees_of_freedom(sets: IdentifiedSets) -> None:
    """A-16: of all changes that the paired tests leave, whether or not people have them."""
    changes = [two_waves.changes(arm) for arm in sets.outcomes["wai"].arms.values()]
    sizes = []
    for pair in product(*changes):
        first, second = (float(c.spread) / (c.pairs - 1) / c.pairs for c in pair)
        parts = first**2 / (pair[0].pairs - 1) + second**2 / (pair[1].pairs - 1)
        if (first + second) ** 2 / parts >= 30.5:
            sizes.append(abs(float(pair[0].mean - pair[1].mean)) / (first + second) ** 0.5)
    assert sizes
    assert min(sizes) > 0.5
