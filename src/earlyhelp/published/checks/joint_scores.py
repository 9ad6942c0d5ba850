"""Whether scores at two waves can have their printed figures and tests, all together."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Annotated

from pydantic import Field
from scipy import stats

from earlyhelp.possible.existence import agreeing_changes
from earlyhelp.possible.printed_group import Figures
from earlyhelp.possible.two_waves import ArmFigures, TTest, WaveFigures, squared_t
from earlyhelp.possible.witness import why_impossible
from earlyhelp.published.checks.base import Check, Operand, Printed, Scores, Verdict
from earlyhelp.published.checks.t_tests import Tested
from earlyhelp.published.numbers import as_p, number, p_value


class Result(Tested):
    """A printed t with its degrees of freedom and p."""

    p: Operand

    def numbers(self) -> Iterable[str]:
        """Operands of the test."""
        return (self.t, self.df, self.p)

    def test(self, printed: Printed) -> TTest:
        """Printed figures as `possible` takes them; ties go either way."""
        t = printed.text(self.t).lstrip("-")
        return TTest(printed.whole(self.df), t, printed.text(self.p), "either")

    def shown(self, t: float, printed: Printed) -> str:
        """A t and its p beside the printed ones."""
        p = 2 * stats.t.sf(abs(t), printed.whole(self.df))
        printed_as = f"{printed.text(self.t)} and {as_p(printed.text(self.p))}"
        return f"t = {number(t, 4)}, p = {p_value(p, 4)} (printed {printed_as})"


class Paired(Result):
    """Printed scores of one arm before and after, and its paired test."""

    before: Scores
    after: Scores


class JointScores(Check):
    """Joint possibility of n, M, SD, t and p in one arm, or in two and between them.

    Fails when it is proved that no whole-number scores have all of these figures
    (`possible.existence`).

    Examples
    --------
    >>> from earlyhelp.published.checks.base import Printed
    >>> before = {"n": "5", "mean": "4.4", "sd": "1.14"}
    >>> after = {"n": "5", "mean": "5.4", "sd": "1.34"}
    >>> arm = {"before": before, "after": after, "t": "3.16", "df": "4", "p": ".034"}
    >>> check = JointScores(id="a", about="alliance", arms=[arm], minimum=1, maximum=7)
    >>> (line,) = check.run(Printed([])).arithmetic
    >>> for part in line.split(": "):
    ...     print(part)
    possible with 5 changes of mean 1.00 and SD 0.71
    t = 3.1623, p = .0341 (printed 3.16 and .034)
    >>> arm |= {"t": "9.00", "p": ".001"}
    >>> check = JointScores(id="a", about="alliance", arms=[arm], minimum=1, maximum=7)
    >>> check.run(Printed([]))
    Verdict(holds=False, arithmetic=['no whole-number scores have all of these figures'])
    """

    title = "t, p, M and SD together"

    arms: Annotated[tuple[Paired, ...], Field(min_length=1, max_length=2)]
    between: Result | None = None
    minimum: int
    maximum: int

    def numbers(self) -> Iterable[str]:
        results = [*self.arms, *([self.between] if self.between else ())]
        scores = [scores for arm in self.arms for scores in (arm.before, arm.after)]
        return [operand for part in (*results, *scores) for operand in part.numbers()]

    def run(self, printed: Printed) -> Verdict:
        arms = []
        for arm in self.arms:
            before, after = (self._figures(scores, printed) for scores in (arm.before, arm.after))
            reason = why_impossible(before) or why_impossible(after)
            if reason:
                return Verdict(False, [reason])
            test = arm.test(printed)
            pairs = test.df + 1
            if pairs > min(before.n, after.n):
                return Verdict(False, [f"{pairs} pairs of {before.n} and {after.n} people"])
            first, last = map(WaveFigures.printed, (before, after))
            arms.append(ArmFigures(first, last, pairs, test))
        between = self.between.test(printed) if self.between else None
        changes = agreeing_changes(arms, between)
        if changes is None:
            return Verdict(False, ["no whole-number scores have all of these figures"])
        lines = []
        for arm, change in zip(self.arms, changes, strict=True):
            tested = arm.shown(change.dz * sqrt(change.pairs), printed)
            moments = f"mean {number(change.mean, 2)} and SD {number(change.sd, 2)}"
            lines.append(f"possible with {change.pairs} changes of {moments}: {tested}")
        if self.between and between:
            t = sqrt(squared_t(changes[0], changes[1], between.df))
            lines.append(f"and between the arms {self.between.shown(t, printed)}")
        return Verdict(True, lines)

    def _figures(self, scores: Scores, printed: Printed) -> Figures:
        n, mean, sd = printed.whole(scores.n), printed.text(scores.mean), printed.text(scores.sd)
        return Figures(n, mean, sd, self.minimum, self.maximum, rounding="either")
