"""What printed figures say of each outcome, as problems that `earlyhelp.possible` takes.

Sets are searched for where two arms are compared at two waves. The arms and the waves are the
study's, the arm that was treated first; `possible` calls the waves baseline and endline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from math import sqrt
from typing import Any, NamedTuple

from earlyhelp.analysis.outcomes import NEAR
from earlyhelp.possible import bounds, existence, one_group
from earlyhelp.possible.existence import Worth
from earlyhelp.possible.printed_group import Figures, Interval
from earlyhelp.possible.two_waves import WAVES, ArmFigures, Change, TTest, WaveFigures
from earlyhelp.published.claims import CLAIMS_FILE
from earlyhelp.published.printed import Group, PrintedFigures
from earlyhelp.study.design import Study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.scoring_keys import Scale, outcome_waves, read_instruments

# Jacobson and Truax (1991): reliable at 1.96 standard errors of a difference.
RELIABLE = 1.96


@dataclass(frozen=True)
class Outcome:
    """Printed figures of one measure, as problems that `two_waves` and `existence` take.

    Attributes
    ----------
    waves : tuple of str
        The study's names of the first wave and the last.
    groups : dict of dict of Group
        By arm, the treated one first, and wave.
    pairs : dict
        People of each arm who answered twice: one more than the paired test's degrees of freedom.
    paired : dict of TTest
        Of the change within each arm.
    between : TTest
        Of the change between the arms, pooled variance.
    """

    scale: Scale
    waves: tuple[str, str]
    groups: Mapping[str, Mapping[str, Group]]
    pairs: Mapping[str, int]
    paired: Mapping[str, TTest]
    between: TTest

    @cached_property
    def arms(self) -> dict[str, ArmFigures]:
        """Both arms by name."""
        first, last = self.waves
        return {
            arm: ArmFigures(
                self._wave(groups[first]),
                self._wave(groups[last]),
                self.pairs[arm],
                self.paired[arm],
            )
            for arm, groups in self.groups.items()
        }

    def position(self, wave: str) -> str:
        """What `possible` calls a wave of the study."""
        return WAVES[self.waves.index(wave)]

    def at(self, arm: str, wave: str) -> WaveFigures:
        """One arm at one wave."""
        found: WaveFigures = getattr(self.arms[arm], self.position(wave))
        return found

    @property
    def measure(self) -> str:
        """Id of the scale."""
        return self.scale.id

    @property
    def ends(self) -> tuple[int, int]:
        """Lowest and highest total."""
        return self.scale.total_minimum, self.scale.total_maximum

    @property
    def given(self) -> list[Any]:
        """Every number that the search takes."""
        tests = [(test.df, test.t, test.p) for test in (*self.paired.values(), self.between)]
        groups = [
            (arm, wave, group.n, group.mean, group.sd, group.within and _floats(group.within))
            for arm, waves in self.groups.items()
            for wave, group in waves.items()
        ]
        return [self.scale.id, *self.ends, self.scale.items, groups, self.pairs, tests]

    def figures(self, arm: str, wave: str) -> Figures | None:
        """One group's printed n, mean and SD on the scale of the total; None without an SD."""
        group = self.groups[arm][wave]
        if group.mean is None or group.sd is None:
            return None
        return Figures(group.n, group.mean, group.sd, *self.ends)

    def _wave(self, group: Group) -> WaveFigures:
        if group.mean is not None and group.sd is not None:
            return WaveFigures.printed(Figures(group.n, group.mean, group.sd, *self.ends))
        sums = group.sums(self.ends)
        if not sums:
            found, expected = str(group), "a mean that scores of the scale can have"
            raise InputError([Problem(CLAIMS_FILE, None, self.measure, found, expected)])
        return WaveFigures(group.n, *self.ends, (sums[0], sums[-1]))


def _floats(within: Interval) -> tuple[float, float, bool, bool]:
    """An interval as JSON has it."""
    return float(within.low), float(within.high), within.low_included, within.high_included


def outcomes(study: Study, printed: PrintedFigures) -> dict[str, Outcome]:
    """Outcomes of a study whose paired tests are printed, by the scale's id.

    None where other than two arms are compared at two waves.

    Raises
    ------
    InputError
        With every figure that is missing beside them, or makes no group.

    Examples
    --------
    >>> from earlyhelp.published.printed import read_printed
    >>> from earlyhelp.study.design import read_study
    >>> study = read_study("tests/studies/complete")
    >>> found = outcomes(study, read_printed(study.folder))
    >>> list(found)
    ['wai', 'compassion_satisfaction']
    >>> found["wai"].pairs
    {'intervention': 7, 'comparison': 5}
    """
    found, problems = {}, []
    arms = compared(study)
    waves = outcome_waves(study, instruments := read_instruments(study.folder))
    for measure, scale in instruments.whole.items() if arms and len(waves) == 2 else ():
        if printed.of("paired_tests", "t_size", measure=measure):
            try:
                found[measure] = _outcome(scale, arms, (waves[0], waves[1]), printed)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def compared(study: Study) -> tuple[str, ...]:
    """The two arms of a study, the treated one first; none where there are fewer or more.

    Examples
    --------
    >>> from earlyhelp.study.design import read_study
    >>> compared(read_study("tests/studies/complete"))
    ('intervention', 'comparison')
    """
    return (*study.treated, *filter(None, [study.reference])) if len(study.arms) == 2 else ()


def _outcome(
    scale: Scale, arms: tuple[str, ...], waves: tuple[str, str], printed: PrintedFigures
) -> Outcome:
    measure = scale.id

    def problem(found: str, expected: str) -> Problem:
        return Problem(CLAIMS_FILE, None, measure, found, expected)

    def test(quantity: str, df: int, **keys: str) -> TTest:
        t, p = (printed.figure(quantity, x, measure=measure, **keys) for x in ("t_size", "p"))
        return TTest(df, t, p)

    groups = {
        arm: {
            wave: printed.group("outcome_summary", measure=measure, arm=arm, wave=wave)
            for wave in waves
        }
        for arm in arms
    }
    pairs = {arm: printed.count("paired_tests", "df", measure=measure, arm=arm) + 1 for arm in arms}
    problems = [
        problem(f"df of {pairs[arm] - 1} with {group.n} people", f"at most {group.n} pairs, {arm}")
        for arm, of_arm in groups.items()
        for group in of_arm.values()
        if pairs[arm] > group.n
    ]
    every = [group.sd is None for of_arm in groups.values() for group in of_arm.values()]
    if len(set(every)) > 1:
        problems.append(problem(f"{every.count(False)} SDs", "an SD of every group or of none"))
    if problems:
        raise InputError(problems)
    paired = {arm: test("paired_tests", pairs[arm] - 1, arm=arm) for arm in arms}
    df = sum(pairs.values()) - 2
    between = test("between_tests", df, contrast="change")
    return Outcome(scale, waves, groups, pairs, paired, between)


class Rated(NamedTuple):
    """Printed ratings of a tool: by whom, and the figures of the means of items."""

    arm: str
    wave: str
    figures: Figures


def ratings(study: Study, printed: PrintedFigures) -> dict[str, Rated]:
    """Printed ratings of the tools by the arm that was treated, by the scale's id.

    Where no number of raters is printed, everybody who answered the survey rated every tool.

    Examples
    --------
    >>> from earlyhelp.published.printed import read_printed
    >>> from earlyhelp.study.design import read_study
    >>> study = read_study("tests/studies/complete")
    >>> found = ratings(study, read_printed(study.folder))
    >>> found["iam_ors"].wave, found["iam_ors"].figures.mean, found["iam_ors"].figures.sd
    ('post_training', '4.34', '0.46')
    """
    found = {}
    for name, scale in read_instruments(study.folder).ratings.items():
        keys = {"measure": scale.instrument, "tool": scale.key.tool}
        if compared(study) and scale.key.tool in printed.values(
            "tool_ratings", "tool", measure=scale.instrument
        ):
            arm, wave = study.treated[0], next(w.id for w in study.waves if w.file in scale.files)
            answered = printed.respondents(arm, wave)
            group = printed.group("tool_ratings", answered, **keys)
            if group.mean is not None and group.sd is not None:
                limits = (scale.minimum, scale.maximum, scale.items)
                found[name] = Rated(arm, wave, Figures(group.n, group.mean, group.sd, *limits))
    return found


def reliable_change(outcome: Outcome) -> int | None:
    """Points from which a change of score is reliable; None where no baseline SD is printed.

    1.96 standard errors of a difference, with the SD of both arms pooled at baseline.
    """
    groups = [of_arm[outcome.waves[0]] for of_arm in outcome.groups.values()]
    known = [(group.n - 1, float(group.sd)) for group in groups if group.sd is not None]
    reliability = outcome.scale.key.reliability
    if reliability is None or len(known) < len(groups):
        return None
    sd = sqrt(sum(df * sd**2 for df, sd in known) / sum(df for df, _ in known))
    return int(RELIABLE * sd * sqrt(2 * (1 - reliability))) + 1


def top_cutoffs(outcome: Outcome) -> dict[str, int]:
    """Lowest total that is at or near the top of the scale."""
    top = outcome.scale.total_maximum
    return {"at the maximum": top, f"within {NEAR} points": top - NEAR}


class Count(NamedTuple):
    """A count or sum as each person's part in it, and ends that it cannot exceed (`bounds`)."""

    worth: Worth
    ends: Callable[[list[Change]], tuple[int, int]]


def counts(outcome: Outcome, arm: str) -> dict[str, Count]:
    """Counts and sums of an arm whose extremes are asked for."""
    problem = outcome.arms[arm]
    asked = {"improved": _risen(problem, 1)}
    points = reliable_change(outcome)
    if points is not None:
        asked["reliably improved"] = _risen(problem, points)
        asked["reliably worse"] = _risen(problem, points, sign=-1)
        for (index, wave), (name, cutoff) in product(
            enumerate(WAVES), top_cutoffs(outcome).items()
        ):
            asked[f"{name}, {wave}"] = _high(outcome, arm, index, cutoff)
    asked["endline sum of pairs"] = Count(
        lambda person: 0 if person[0] is None or person[1] is None else person[1],
        partial(bounds.endline_sums, problem),
    )
    return asked


def _risen(arm: ArmFigures, points: int, sign: int = 1) -> Count:
    """People who rise, or with the sign -1 fall, by some points or more."""

    def ends(changes: list[Change]) -> tuple[int, int]:
        return bounds.risen(arm, [c._replace(total=sign * c.total) for c in changes], points)

    return Count(lambda person: int(sign * existence.moved(person) >= points), ends)


def _high(outcome: Outcome, arm: str, index: int, cutoff: int) -> Count:
    """People whose score at a wave is at or above a cut-off; bounded by that group's figures."""

    def ends(changes: list[Change]) -> tuple[int, int]:
        figures = outcome.figures(arm, outcome.waves[index])
        assert figures is not None  # asked for groups with a printed SD only
        found = one_group.bounds(figures, [cutoff])
        ((low, high),) = [(b.low, b.high) for b in found if b.quantity == "at or above"]
        return int(low), int(high)

    return Count(lambda person: int((person[index] or 0) >= cutoff), ends)
