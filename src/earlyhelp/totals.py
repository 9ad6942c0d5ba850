"""Whole-number totals of two waves and two arms that agree with printed figures.

Every printed figure is a decimal string and stands for the half-open interval that rounds to it
half-up. Sums, sums of squares and t are compared as exact fractions; only p needs floating point.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from earlyhelp.errors import InputError, Problem

Whole = npt.NDArray[np.int64]
# A person's scores by wave; a rule is a weight of such scores and the bounds of its sum.
Scores = tuple[int | None, ...]
Rule = tuple[Callable[[Scores], int], int, int]

ARMS = ("intervention", "comparison")
WAVES = ("baseline", "endline")

# How many drafts are tried, how far a person's total may be moved from a draft, how many moves a
# search may take, and among how many of the best moves it draws.
DRAFTS = 50
WINDOW = 5
MOVES = 400
NEAR_BEST = 8


@dataclass(frozen=True)
class ArmTotals:
    """Totals of one arm: paired respondents (n x 2: baseline, endline) and the rest."""

    pairs: Whole
    baseline_only: Whole
    endline_only: Whole


@dataclass(frozen=True)
class Change:
    """Sufficient statistics of the change of n pairs: its sum and its sum of squares."""

    n: int
    total: int
    squares: int

    @property
    def deviations(self) -> Fraction:
        """Sum of squared deviations from the mean change."""
        return self.squares - Fraction(self.total**2, self.n)


def rounding_interval(printed: str) -> tuple[Fraction, Fraction]:
    """Bounds [low, high) of the non-negative numbers that round half-up to a printed one."""
    half = Fraction(1, 2 * 10 ** len(printed.partition(".")[2]))
    return Fraction(printed) - half, Fraction(printed) + half


def possible_sums(figures: Mapping[str, Any], scale: tuple[int, int], items: int = 1) -> list[int]:
    """Sums of n whole numbers on a scale whose mean is printed, or printed as above and below.

    When people's scores are means of items, `items` is their number and the sum is of totals.
    """
    n = figures["n"] * items
    if "mean" in figures:
        low, high = rounding_interval(figures["mean"])
        return list(range(math.ceil(low * n), math.ceil(high * n)))
    low = Fraction(figures.get("above", scale[0]))
    high = Fraction(figures.get("below", scale[1]))
    return list(range(math.floor(low * n) + 1, math.ceil(high * n)))


def possible_squares(figures: Mapping[str, Any], total: int, items: int = 1) -> tuple[int, int]:
    """Least and greatest sum of squares of n numbers with this sum and the printed sample SD."""
    n = figures["n"]
    low, high = (bound * items for bound in rounding_interval(figures["sd"]))
    deviations = (math.ceil(low**2 * n * (n - 1)), math.ceil(high**2 * n * (n - 1)) - 1)
    return -((-deviations[0] - total**2) // n), (deviations[1] + total**2) // n


def possible_changes(n: int, printed: Mapping[str, str], greatest_sd: int) -> list[Change]:
    """Changes of n pairs whose paired t and p (both as magnitudes) are the printed ones.

    Parameters
    ----------
    n : int
        Number of pairs.
    printed : mapping
        `t` and `p` as printed.
    greatest_sd : int
        Changes with a greater sample SD are left out.
    """
    low, high = rounding_interval(printed["t"])
    found = []
    squares_of_t = [(n - 1) / bound**2 for bound in (high, low)]
    total = 1
    # t**2 = (n - 1) total**2 / (n squares - total**2), and t lies in [low, high).
    while (first := math.floor(total**2 * (1 + squares_of_t[0]) / n) + 1) <= (
        greatest_sd**2 * (n - 1) + Fraction(total**2, n)
    ):
        for squares in range(first, math.floor(total**2 * (1 + squares_of_t[1]) / n) + 1):
            change = Change(n, total, squares)
            # A whole number and its square are both even or both odd, and so are their sums.
            if squares % 2 == total % 2 and _p_agrees(_paired_t(change), n - 1, printed["p"]):
                found.append(change)
        total += 1
    return [change for change in found if change.deviations <= (n - 1) * greatest_sd**2]


def possible_contrasts(
    intervention: Iterable[Change],
    comparison: Iterable[Change],
    printed: Mapping[str, str],
    signs: tuple[int, int],
) -> list[tuple[Change, Change]]:
    """Changes of both arms whose pooled-variance t and p between arms are the printed ones."""
    found = []
    low, high = rounding_interval(printed["t"])
    for first, second in itertools.product(intervention, comparison):
        one, two = (
            Change(change.n, sign * change.total, change.squares)
            for change, sign in zip((first, second), signs, strict=True)
        )
        df = one.n + two.n - 2
        difference = Fraction(one.total, one.n) - Fraction(two.total, two.n)
        variance = (one.deviations + two.deviations) / df * Fraction(one.n + two.n, one.n * two.n)
        square = difference**2 / variance
        if low**2 <= square < high**2 and _p_agrees(math.sqrt(square), df, printed["p"]):
            found.append((one, two))
    return found


def paired_totals(
    printed: Mapping[str, Any],
    pairs: Mapping[str, int],
    scale: tuple[int, int],
    signs: tuple[int, int],
    greatest_sd: int,
    draft_sds: Mapping[str, str],
    rng: np.random.Generator,
) -> dict[str, ArmTotals]:
    """Draw totals of both arms that agree with every printed figure of one measure.

    Parameters
    ----------
    printed : mapping
        Per arm `baseline`, `endline` (n, mean or above and below, sd if printed) and `paired`
        (t, p); `between` (t, p).
    pairs : mapping
        Number of pairs per arm.
    scale : (int, int)
        Least and greatest total.
    signs : (int, int)
        Direction of the mean change in the intervention and the comparison arm.
    greatest_sd : int
        Changes with a greater sample SD are left out.
    draft_sds : mapping
        SD to aim at, per arm, in a wave whose SD is not printed.
    rng : numpy.random.Generator
        Source of every free choice.

    Raises
    ------
    InputError
        When no candidate has a solution near a draft.
    """
    changes = [possible_changes(pairs[arm], printed[arm]["paired"], greatest_sd) for arm in ARMS]
    contrasts = possible_contrasts(changes[0], changes[1], printed["between"], signs)
    if not contrasts:
        raise _unsatisfiable("no whole-number changes with these t and p")
    candidate = contrasts[rng.integers(len(contrasts))]
    return {
        arm: _draw_arm(printed[arm], change, scale, draft_sds.get(arm), rng)
        for arm, change in zip(ARMS, candidate, strict=True)
    }


def group_totals(
    figures: Mapping[str, Any], scale: tuple[int, int], rng: np.random.Generator, items: int
) -> Whole:
    """Draw item totals of one group with a printed n, mean and SD of people's item means.

    Raises
    ------
    InputError
        When no totals near a plausible draft agree.
    """
    for _ in range(DRAFTS):
        total = int(rng.choice(possible_sums(figures, scale, items)))
        draft = rng.normal(total / figures["n"], float(figures["sd"]) * items, figures["n"])
        people: list[list[Scores]] = [
            [(score,) for score in _near(value, scale)] for value in draft
        ]
        found = _choose(people, _wave_rules(figures, 0, total, items), rng)
        if found is not None:
            return np.array(found, dtype=np.int64)[:, 0]
    raise _unsatisfiable("no whole-number totals near a plausible draft")


def _unsatisfiable(found: str) -> InputError:
    return InputError([Problem("printed figures", None, "", found, "some that agree with all")])


def _paired_t(change: Change) -> float:
    return math.sqrt(Fraction((change.n - 1) * change.total**2, change.n) / change.deviations)


def _p_agrees(t: float, df: int, printed: str) -> bool:
    low, high = rounding_interval(printed)
    return bool(float(low) <= 2 * stats.t.sf(t, df) < float(high))


def _draw_arm(
    printed: Mapping[str, Any],
    change: Change,
    scale: tuple[int, int],
    draft_sd: str | None,
    rng: np.random.Generator,
) -> ArmTotals:
    """One arm: plausible drafts, moved person by person until every figure agrees."""
    waves = [printed[wave] for wave in WAVES]
    for _ in range(DRAFTS):
        sums = [int(rng.choice(possible_sums(wave, scale))) for wave in waves]
        people = _draft(waves, sums, change, scale, draft_sd, rng)
        rules = [rule for i in (0, 1) for rule in _wave_rules(waves[i], i, sums[i])]
        rules.append((_change, change.total, change.total))
        rules.append((lambda scores: _change(scores) ** 2, change.squares, change.squares))
        found = _choose(people, rules, rng)
        if found is not None:
            return _arm_totals(found, change.n)
    raise _unsatisfiable("no whole-number totals near a plausible draft")


def _draft(
    waves: list[Mapping[str, Any]],
    sums: list[int],
    change: Change,
    scale: tuple[int, int],
    draft_sd: str | None,
    rng: np.random.Generator,
) -> list[list[Scores]]:
    """Possible scores of each person, about a draw from a bivariate normal distribution."""
    means = np.array([total / wave["n"] for total, wave in zip(sums, waves, strict=True)])
    sds = np.array([float(wave.get("sd", draft_sd)) for wave in waves])
    correlation = (sum(sds**2) - float(change.deviations) / (change.n - 1)) / (2 * sds.prod())
    noise = rng.standard_normal((change.n, 2))
    noise[:, 1] = correlation * noise[:, 0] + math.sqrt(1 - correlation**2) * noise[:, 1]
    people: list[list[Scores]] = [
        list(itertools.product(_near(before, scale), _near(after, scale)))
        for before, after in means + noise * sds
    ]
    for index, wave in enumerate(waves):
        for value in rng.normal(means[index], sds[index], wave["n"] - change.n):
            near = _near(value, scale)
            people.append([(score, None) if index == 0 else (None, score) for score in near])
    return people


def _arm_totals(found: list[Scores], pairs: int) -> ArmTotals:
    before, after = (
        [scores[wave] for scores in found[pairs:] if scores[wave] is not None] for wave in (0, 1)
    )
    return ArmTotals(*(np.array(part, dtype=np.int64) for part in (found[:pairs], before, after)))


def _near(value: float, scale: tuple[int, int]) -> range:
    """Whole numbers of the scale within the window of a draft."""
    centre = min(max(round(value), scale[0]), scale[1])
    return range(max(centre - WINDOW, scale[0]), min(centre + WINDOW, scale[1]) + 1)


def _change(scores: Scores) -> int:
    before, after = scores[0], scores[-1]
    return 0 if before is None or after is None else after - before


def _wave_rules(figures: Mapping[str, Any], wave: int, total: int, items: int = 1) -> list[Rule]:
    """Sum, and sum of squares if an SD is printed, of one wave's scores about their centre.

    About the centre the two hardly depend on one another, which a search by single moves needs.
    """
    n = figures["n"]
    centre = total // n

    def deviation(scores: Scores) -> int:
        score = scores[wave]
        return 0 if score is None else score - centre

    rules: list[Rule] = [(deviation, total - n * centre, total - n * centre)]
    if "sd" in figures:
        shift = n * centre**2 - 2 * centre * total
        low, high = possible_squares(figures, total, items)
        rules.append((lambda scores: deviation(scores) ** 2, low + shift, high + shift))
    return rules


def _choose(
    people: list[list[Scores]], rules: list[Rule], rng: np.random.Generator
) -> list[Scores] | None:
    """Choose one of each person's possible scores so that every rule's sum is within its bounds.

    A local search in whole numbers: from a random start, one person at a time moves to a score
    that leaves the sums as near their bounds as any move can, ties and near ties broken by lot.
    """
    owner = np.repeat(np.arange(len(people)), [len(options) for options in people])
    scores = [option for options in people for option in options]
    weights = np.array([[weight(option) for weight, _, _ in rules] for option in scores])
    low, high = (np.array([rule[side] for rule in rules]) for side in (1, 2))
    first = np.searchsorted(owner, np.arange(len(people)))
    chosen = first + np.array([rng.integers(len(options)) for options in people])
    for _ in range(MOVES):
        sums = weights[chosen].sum(axis=0)
        if np.all((low <= sums) & (sums <= high)):
            return [scores[index] for index in chosen]
        after = sums + weights - weights[chosen[owner]]
        distance = (np.maximum(low - after, 0) + np.maximum(after - high, 0)).sum(axis=1)
        lot = distance + rng.random(len(distance))
        lot[chosen] = np.inf
        move = rng.choice(np.argsort(lot)[:NEAR_BEST])
        chosen[owner[move]] = move
    return None
