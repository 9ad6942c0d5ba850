"""Random walk through the data sets of one arm that agree with all of its printed figures.

A data set is the scores of people, each in both waves or in one. Three moves lead from one to
another with the same sum and sum of squares of change: shifting people's scores, both waves alike;
exchanging the changes of two people; and turning the changes of three, which keeps their sum and
their sum of squares. Each move is as likely as the one back, and a move out of the set is not made,
so the walk visits every data set that it can reach equally often (Metropolis et al. 1953).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, isqrt
from random import Random

from earlyhelp.possible.existence import Person
from earlyhelp.possible.two_waves import ArmFigures, spread_limits

# People are shifted by up to so many points.
SHIFT = 3
# New scores by wave and place.
Move = dict[tuple[int, int], int]


class Walk:
    """Where a walk stands: scores by wave, those of people in both waves first and in one order.

    Parameters
    ----------
    arm : ArmFigures
    people : sequence of Person
        Agree with the arm's figures, as `existence.agrees` checks.
    random : Random
        Source of every choice.
    """

    def __init__(self, arm: ArmFigures, people: Sequence[Person], random: Random) -> None:
        self.arm, self.random = arm, random
        both_first = sorted(people, key=lambda person: None in person)
        self.scores = [
            [score for person in both_first if (score := person[wave]) is not None]
            for wave in (0, 1)
        ]
        # Places of a person's scores.
        self._places: list[tuple[tuple[int, int], ...]]
        self._places = [((0, i), (1, i)) for i in range(arm.pairs)]
        self._places += [((0, i),) for i in range(arm.pairs, arm.baseline.n)]
        self._places += [((1, i),) for i in range(arm.pairs, arm.endline.n)]
        self._waves = (arm.baseline, arm.endline)
        self._limits = [spread_limits(wave) for wave in self._waves]
        self._sums = [sum(scores) for scores in self.scores]
        self._squares = [sum(score**2 for score in scores) for scores in self.scores]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Scores at baseline and endline of those in both waves."""
        return list(zip(*(scores[: self.arm.pairs] for scores in self.scores), strict=True))

    @property
    def people(self) -> list[Person]:
        """Everybody, those in both waves first."""
        first, second = (scores[self.arm.pairs :] for scores in self.scores)
        return [
            *self.pairs,
            *((score, None) for score in first),
            *((None, score) for score in second),
        ]

    def step(self) -> Move:
        """Make one move if it stays in the set; return the scores that it replaced."""
        move = self.random.choice((self._shift, self._exchange, self._turn))()
        return self.put(move) if move and self._stays(move) else {}

    def put(self, move: Move) -> Move:
        """Put scores in place and return those replaced, which undo it."""
        replaced = {}
        for (wave, place), score in move.items():
            old = self.scores[wave][place]
            replaced[wave, place] = old
            self.scores[wave][place] = score
            self._sums[wave] += score - old
            self._squares[wave] += score**2 - old**2
        return replaced

    def _stays(self, move: Move) -> bool:
        sums, squares = self._sums.copy(), self._squares.copy()
        for (wave, place), score in move.items():
            if not self._waves[wave].low <= score <= self._waves[wave].high:
                return False
            old = self.scores[wave][place]
            sums[wave] += score - old
            squares[wave] += score**2 - old**2
        for scale, total, square, limits in zip(
            self._waves, sums, squares, self._limits, strict=True
        ):
            if not scale.totals[0] <= total <= scale.totals[1]:
                return False
            if limits and not limits[0] <= scale.n * square - total**2 <= limits[1]:
                return False
        return True

    def _shift(self) -> Move:
        people = self.random.sample(self._places, min(3, len(self._places)))
        return {
            (wave, place): self.scores[wave][place] + by
            for places in people
            for by in (self.random.randint(-SHIFT, SHIFT),)
            for wave, place in places
        }

    def _exchange(self) -> Move:
        if self.arm.pairs < 2:
            return {}
        i, j = self.random.sample(range(self.arm.pairs), 2)
        by = self._change(j) - self._change(i)
        return self._changed({i: by, j: -by})

    def _turn(self) -> Move:
        """Change by u, v and w with u + v + w = 0 and the same sum of squares of change.

        For a given u these are the roots of v**2 + v (u + cj - ck) + u (u + ci - ck); both are
        whole numbers or none. A double root is refused half the time: the way back has two.
        """
        if self.arm.pairs < 3:
            return {}
        i, j, k = self.random.sample(range(self.arm.pairs), 3)
        u = self.random.choice((-1, 1)) * self.random.randint(1, SHIFT)
        ci, cj, ck = map(self._change, (i, j, k))
        middle = u + cj - ck
        square = middle**2 - 4 * u * (u + ci - ck)
        sign = self.random.choice((-1, 1))
        if square < 0 or isqrt(square) ** 2 != square or (square == 0 and sign < 0):
            return {}
        v = (sign * isqrt(square) - middle) // 2
        return self._changed({i: u, j: v, k: -u - v})

    def _change(self, place: int) -> int:
        return self.scores[1][place] - self.scores[0][place]

    def _changed(self, by: dict[int, int]) -> Move:
        """Move that alters changes: at endline or, the other way, at baseline."""
        wave, sign = self.random.choice(((0, -1), (1, 1)))
        return {
            (wave, place): self.scores[wave][place] + sign * amount for place, amount in by.items()
        }


def draw(arm: ArmFigures, people: Sequence[Person], steps: int, random: Random) -> Walk:
    """Walk from one data set to another.

    Parameters
    ----------
    arm : ArmFigures
    people : sequence of Person
        Where the walk begins.
    steps : int
        Tried moves.
    random : Random

    Examples
    --------
    >>> from earlyhelp.possible.two_waves import TTest, WaveFigures
    >>> wave = WaveFigures(4, 1, 7, (16, 16))
    >>> arm = ArmFigures(wave, wave, 4, TTest(3, "1.00", "0.4"))
    >>> people = [(3, 5), (5, 3), (4, 5), (4, 3)]
    >>> walk = draw(arm, people, steps=1000, random=Random(1))
    >>> sum(after - before for before, after in walk.pairs)
    0
    >>> sum((after - before) ** 2 for before, after in walk.pairs)
    10
    """
    walk = Walk(arm, people, random)
    for _ in range(steps):
        walk.step()
    return walk


def climb(
    walks: Sequence[Walk], value: Callable[[], float], steps: int, random: Random
) -> tuple[float, list[list[Person]]]:
    """Walk to data sets with a great value (simulated annealing); return the greatest met.

    Parameters
    ----------
    walks : sequence of Walk
        One for each arm that `value` looks at.
    value : callable
        Of where the walks stand, in units of which about 1 can be gained.
    steps : int
        Tried moves.
    random : Random

    Returns
    -------
    (float, list of list of Person)
        The greatest value, and the people of each walk who have it.
    """
    at = best = value()
    people = [walk.people for walk in walks]
    for step in range(steps):
        walk = random.choice(walks)
        replaced = walk.step()
        if not replaced:  # no move, and so the same value
            continue
        new = value()
        heat = 0.1 * (1 - step / steps) ** 2 + 1e-6
        if new >= at or random.random() < exp((new - at) / heat):
            at = new
            if new > best:
                best, people = new, [walk.people for walk in walks]
        else:
            walk.put(replaced)
    return best, people
