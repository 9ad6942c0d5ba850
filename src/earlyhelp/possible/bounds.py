"""Ends that counts and sums over an arm's people cannot exceed, by whole-number arithmetic.

No solver takes part: each function leaves aside some of the printed figures, so what it returns may
be too wide but never too narrow. Where people are known who reach an end, the end is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

from earlyhelp.possible.two_waves import MARGIN, ArmFigures, Change, WaveFigures, paired_spread


def most_squares(arm: ArmFigures, total: int) -> int:
    """Greatest sum of squares of changes with a sum, by the scales and the sums of scores alone.

    Parameters
    ----------
    arm : ArmFigures
    total : int
        Sum of the changes of those in both waves.

    Returns
    -------
    int
        -1 where nobody's scores have such a sum of changes. Exact where no SD is printed.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest
    >>> wave, test = WaveFigures(3, 1, 5, (9, 9)), TTest(2, "1.00", "0.4")
    >>> arm = ArmFigures(wave, wave, 3, test)
    >>> most_squares(arm, 0)  # from 1, 3 and 5 to 5, 3 and 1
    32
    """
    before, after = paired_sums(arm.baseline, arm.pairs), paired_sums(arm.endline, arm.pairs)
    return max((_apart(arm, x, x + total) for x in before if x + total in after), default=-1)


def paired_sums(wave: WaveFigures, pairs: int) -> range:
    """Sums that the scores of those in both waves can have, by the scale and the wave's sum."""
    rest = wave.n - pairs
    first = max(pairs * wave.low, wave.totals[0] - rest * wave.high)
    return range(first, min(pairs * wave.high, wave.totals[1] - rest * wave.low) + 1)


def _apart(arm: ArmFigures, before: int, after: int) -> int:
    """Greatest sum of squares of changes of pairs with these sums of scores.

    If two people had scores of one wave inside the scale, moving one up and the other down by a
    point would raise the sum of squares in one of the two directions: it is greatest with at most
    one such score in each wave. The sums then fix all scores, and by the rearrangement inequality
    people are furthest apart when the lowest score at baseline meets the highest at endline.
    """
    lowest_first = _at_the_ends(arm.pairs, before, arm.baseline)
    highest_first = reversed(_at_the_ends(arm.pairs, after, arm.endline))
    return sum((x - y) ** 2 for x, y in zip(lowest_first, highest_first, strict=True))


def _at_the_ends(n: int, total: int, wave: WaveFigures) -> list[int]:
    """Return n scores with a sum, all but one at the ends of the scale, ascending."""
    at_top, rest = divmod(total - n * wave.low, wave.high - wave.low)
    inside = [wave.low + rest] * (at_top < n)
    return [wave.low] * (n - at_top - len(inside)) + inside + [wave.high] * at_top


def endline_sums(arm: ArmFigures, changes: Iterable[Change]) -> tuple[int, int]:
    """Least and greatest endline sum of those in both waves, who have one of some changes.

    Every sum left has scores far enough apart for the change's sum of squares, and spreads of both
    waves whose roots add up to at least the root of the change's.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest
    >>> before, after = WaveFigures(3, 1, 5, (9, 9)), WaveFigures(4, 1, 5, (12, 12))
    >>> arm = ArmFigures(before, after, 3, TTest(2, "1.00", "0.4"))
    >>> endline_sums(arm, [Change(3, 1, 3)])
    (10, 10)
    """
    before, after = (paired_spread(wave, arm.pairs) for wave in (arm.baseline, arm.endline))
    left = [
        total
        for change in changes
        for total, spread in after.items()
        if (start := total - change.total) in before
        and change.squares <= _apart(arm, start, total)
        and sqrt(change.spread) <= sqrt(before[start]) + sqrt(spread) + float(MARGIN)
    ]
    return min(left), max(left)


def risen(arm: ArmFigures, changes: Sequence[Change], points: int) -> tuple[int, int]:
    """Fewest and most people who rise by some points or more, with one of some changes.

    Exact for the changes alone: whole numbers with the number, the sum and the sum of squares.

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest
    >>> wave, test = WaveFigures(3, 1, 5, (9, 9)), TTest(2, "1.00", "0.4")
    >>> arm = ArmFigures(wave, wave, 3, test)
    >>> risen(arm, [Change(3, 0, 6)], points=1)  # changes of 2, -1 and -1, or the other way
    (1, 2)
    """
    reach, most = arm.endline.high - arm.baseline.low, max(change.squares for change in changes)
    up = _squares(range(points, reach + 1), arm.pairs, most)
    rest = _squares(range(arm.baseline.low - arm.endline.high, points), arm.pairs, most)
    mirrored = [
        {total: int(f"{bits:0{most + 1}b}"[::-1], 2) for total, bits in of_number.items()}
        for of_number in rest
    ]

    def occurs(number: int) -> bool:
        # Bit q of the first and bit (squares - q) of the second: both parts' squares add up.
        return any(
            bits
            & mirrored[arm.pairs - number].get(change.total - total, 0) >> most - change.squares
            for change in changes
            for total, bits in up[number].items()
        )

    numbers = [number for number in range(arm.pairs + 1) if occurs(number)]
    return numbers[0], numbers[-1]


def _squares(values: Iterable[int], people: int, most: int) -> list[dict[int, int]]:
    """Sums of squares that some values can have: by how many they are and by sum, as set bits."""
    kept = (1 << most + 1) - 1
    usable = [value for value in values if value**2 <= most]
    found = [{0: 1}]
    for number in range(1, people + 1):
        longer: dict[int, int] = {}
        for total, bits in found[-1].items():
            for value in usable:
                # No values have a square of their sum above their number times their squares.
                if (total + value) ** 2 <= number * most:
                    more = (bits << value**2) & kept
                    longer[total + value] = longer.get(total + value, 0) | more
        found.append(longer)
    return found
