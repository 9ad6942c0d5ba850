"""Known values: hand calculation and the reconstruction."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import pytest
from helpers import ROOT, holds, row_of
from scipy import stats

from earlyhelp.analysis import instruments
from earlyhelp.possible.two_waves import WAVES
from earlyhelp.published.identified import scores, stored
from earlyhelp.published.identified.ranges import IdentifiedSets
from earlyhelp.report.figures import score_ranges
from earlyhelp.study.raw import Pilot

STUDY = ROOT / "data/rotherham"
CS = "compassion_satisfaction"
OUTCOMES = ("wai", CS)


def test_the_reconstruction_lies_inside_the_ranges_of_its_distributions(
    sets: IdentifiedSets, pilot: Pilot
) -> None:
    top, shape = scores.top(sets), scores.shape(sets)
    drawn = instruments.outcome_scores(pilot).dropna()
    drawn = drawn[drawn["measure"].isin(OUTCOMES)]
    for (measure, arm, wave), group in drawn.groupby(["measure", "arm", "wave"]):
        population = f"{arm}, {wave}"
        for cutoff in {"wai": (84, 79), CS: (50, 45, 42)}[measure]:
            name = f"{sets.outcomes[measure].scale.key.name}: people with {cutoff} or more"
            assert holds(row_of(top, name, population), (group["score"] >= cutoff).sum())
        if measure == "wai":
            median = row_of(shape, "Working alliance: median", population)
            skewness = row_of(shape, "Working alliance: skewness", population)
            assert holds(median, group["score"].median())
            assert holds(skewness, stats.skew(group["score"]))


def attain(totals: list[int], sums: tuple[int, ...], least: int, most: int) -> bool:
    """Whether people with these totals can have these sums of three domains.

    A person's domains are a base of a box, and sums of such bases leave no gaps: the sums can be
    had if those of every set of domains stay below what all people together can have there.
    """
    within = sum(sums) == sum(totals)
    for size in (1, 2):
        room = sum(min(size * most, total - (3 - size) * least) for total in totals)
        floor = sum(max(size * least, total - (3 - size) * most) for total in totals)
        within &= all(floor <= sum(chosen) <= room for chosen in combinations(sums, size))
    return within


@pytest.mark.parametrize(("arm", "wave"), list(product(("intervention", "comparison"), WAVES)))
def test_domain_sums_have_answers_and_nothing_beyond_has(
    sets: IdentifiedSets, arm: str, wave: str
) -> None:
    """Figure 3.4 as the text has it: all means above 20, bond highest; four items from 1 to 7."""
    outcome = sets.outcomes["wai"]
    chosen = stored.people(
        sets.stored, outcome, arm, sets.contrasts("wai")[1][arm != "intervention"]
    )
    index = WAVES.index(wave)
    totals = [score for person in chosen if (score := person[index]) is not None]
    n, total = len(totals), sum(totals)
    sums = scores.domain_sums((total, total), n, Fraction(20), 28)
    attainable = [
        (bond, goal, total - bond - goal)
        for bond in range(20 * n, 28 * n + 1)
        for goal in range(20 * n + 1, bond)
        if 20 * n < total - bond - goal < bond
        and attain(totals, (bond, goal, total - bond - goal), 4, 28)
    ]
    for found, values in zip(
        sums,
        ([bond for bond, _, _ in attainable], [goal for _, goal, _ in attainable]),
        strict=True,
    ):
        assert found == (min(values), max(values))


def test_items_are_a_total_over_their_number(sets: IdentifiedSets) -> None:
    """1868 and 1869 points of 27 people in twelve items each, as 69.2 * 27 is 1868.4."""
    row = row_of(scores.items(sets), "Working alliance: mean answer", "intervention, baseline")
    assert (row["low"], row["high"]) == (1868 / 324, 1869 / 324)


def test_the_figure_shows_every_score_of_each_arm_and_wave(sets: IdentifiedSets) -> None:
    frame = scores.score_ranges(sets, "wai")
    drawn = score_ranges(frame, 84, "Working alliance")
    groups = frame.groupby(["arm", "wave"], sort=False)
    for axes, (_, rows) in zip(drawn.axes, groups, strict=True):
        ends = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches]
        assert ends == list(zip(rows["low"], rows["high"], strict=True))
