"""What is taken for granted of the next trial: its design, and values within their ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite, sqrt

from earlyhelp.study.problems import InputError, Problem

# What is computed from chosen values claims no more, whatever of a pilot goes into it.
ASSUMED = "assumed"

# Beyond these ends no trial is meant, and floats run out of digits.
MOST, FINEST = 1_000_000, 1e-6


def _whole(least: int, most: int) -> tuple[Callable[[float], bool], str]:
    return lambda x: least <= x <= most and x == int(x), f"a whole number from {least} to {most}"


def _below_one() -> tuple[Callable[[float], bool], str]:
    return lambda x: 0 <= x <= 1 - FINEST, f"a number from 0 to below 1, at most {1 - FINEST:f}"


RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "effect": (lambda x: abs(x) <= MOST, f"a number from -{MOST} to {MOST}"),
    "sd": (lambda x: FINEST <= x <= MOST, f"a number above 0, from {FINEST:f} to {MOST}"),
    "icc": _below_one(),
    "cac": (lambda x: 0 <= x <= 1, "a number from 0 to 1"),
    "iac": _below_one(),
    "cluster_size": (lambda x: 1 <= x <= MOST, f"a number from 1 to {MOST}"),
    "cv": (lambda x: 0 <= x <= 10, "a number from 0 to 10"),
    "attrition": _below_one(),
    "alpha": (lambda x: FINEST <= x < 1, f"a number above 0, from {FINEST:f} to below 1"),
    "power": (lambda x: 0 < x < 1, "a number above 0 and below 1"),
    "half_width": (lambda x: FINEST <= x <= MOST, f"a number above 0, from {FINEST:f} to {MOST}"),
    "control": (lambda x: 0 < x < 1, "a proportion above 0 and below 1"),
    "intervention": (lambda x: 0 < x < 1, "a proportion above 0 and below 1"),
    "correlation": (lambda x: -1 <= x <= 1, "a number from -1 to 1"),
    "sequences": _whole(2, 100),
    "clusters": _whole(2, MOST),
    "trials": _whole(2, MOST),
    "seed": (lambda x: x >= 0 and x == int(x), "a whole number of 0 or more"),
}


def problem(name: str, found: object, expected: str) -> Problem:
    """What is wrong with something that is assumed."""
    return Problem("trial", None, name, str(found), expected)


def check(**values: float | str) -> None:
    """Raise `InputError` with every value that is no number or outside its range in `RANGES`.

    Examples
    --------
    >>> check(icc=0.05, clusters=12)
    >>> try:
    ...     check(icc=1.5)
    ... except InputError as error:
    ...     print(error.problems[0].found, "-", error.problems[0].expected)
    1.5 - a number from 0 to below 1, at most 0.999999
    """
    problems = [
        problem(name, value, RANGES[name][1])
        for name, value in values.items()
        if isinstance(value, str) or not (isfinite(value) and RANGES[name][0](value))
    ]
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class Design:
    """Which sequence of clusters is exposed in which period.

    Attributes
    ----------
    name : str
        One of `DESIGNS`.
    exposure : tuple of tuple of int
        Sequences by periods: 1 where the intervention is in use, else 0.
    unit : str
        What is randomised: "cluster" or "person".
    analysis : str
        "means", "ancova", "change" or "gls" (`trial.power` says what they are).
    """

    name: str
    exposure: tuple[tuple[int, ...], ...]
    unit: str = "cluster"
    analysis: str = "means"

    @property
    def sequences(self) -> int:
        """Number of sequences; two arms are two sequences."""
        return len(self.exposure)

    @property
    def periods(self) -> int:
        """Number of measurement periods."""
        return len(self.exposure[0])

    @property
    def fewest(self) -> int:
        """Smallest number of randomised units that leaves one degree of freedom."""
        return max(self.sequences, 4 if self.analysis in ("ancova", "gls") else 3)

    @property
    def ignores(self) -> tuple[str, ...]:
        """Fields of `Assumptions` that its power does not depend on."""
        over_time = () if self.periods > 1 else ("iac",)
        if self.unit == "person":
            return ("icc", "cac", "cv", *over_time)
        return ("cac", *over_time) if over_time else ()


def stepped_wedge(sequences: int = 4) -> Design:
    """Complete stepped wedge: all start unexposed, one sequence crosses over at each step.

    Examples
    --------
    >>> for sequence in stepped_wedge(3).exposure:
    ...     print(sequence)
    (0, 1, 1, 1)
    (0, 0, 1, 1)
    (0, 0, 0, 1)
    """
    check(sequences=sequences)
    sequences = int(sequences)
    exposure = tuple(
        tuple(int(period > step) for period in range(sequences + 1)) for step in range(sequences)
    )
    return Design("stepped-wedge", exposure, analysis="gls")


def with_sequences(design: Design, sequences: int) -> Design:
    """The same design, a stepped wedge with so many sequences.

    Examples
    --------
    >>> with_sequences(DESIGNS["stepped-wedge"], 3).sequences
    3
    >>> with_sequences(DESIGNS["parallel"], 3).sequences
    2
    """
    return stepped_wedge(sequences) if design.name == "stepped-wedge" else design


def allocated(design: Design, control: int, intervention: int) -> Design:
    """Two arms with so many units in one for so many in the other.

    Examples
    --------
    >>> allocated(DESIGNS["parallel"], control=1, intervention=2).exposure
    ((0,), (1,), (1,))
    """
    without, used = design.exposure
    return replace(design, exposure=(without,) * control + (used,) * intervention)


WITH_BASELINE = ((0, 0), (0, 1))
DESIGNS: Mapping[str, Design] = {
    design.name: design
    for design in (
        Design("individual", ((0,), (1,)), unit="person"),
        Design("individual-baseline", WITH_BASELINE, unit="person", analysis="ancova"),
        Design("parallel", ((0,), (1,))),
        Design("baseline", WITH_BASELINE, analysis="ancova"),
        Design("change", WITH_BASELINE, analysis="change"),
        stepped_wedge(),
    )
}
# Those to plan a trial with: of two analyses of a baseline, ANCOVA needs fewer units.
PLANNED = tuple(design for design in DESIGNS.values() if design.analysis != "change")
# Those of them that randomise teams.
OF_TEAMS = tuple(design for design in PLANNED if design.unit == "cluster")
# What the designs that randomise people leave out (Roberts & Roberts 2005).
ALIKE = "people count as independent, but those of one team or trainer may end alike"


@dataclass(frozen=True)
class Assumptions:
    """What the calculation takes for granted.

    Attributes
    ----------
    effect : float
        Difference between intervention and control, in units of the outcome.
    sd : float
        Total standard deviation of the outcome within an arm and period.
    icc : float
        Intracluster correlation of two people of a cluster in the same period.
    cac : float or None
        Cluster autocorrelation: the ICC between periods as a share of `icc`. Designs that measure
        clusters more than once need it; it has no cautious default.
    iac : float
        Individual autocorrelation: 0 when every period measures new people, above 0 in a cohort.
        In a design that randomises people, the correlation of a person's two measurements.
    cluster_size : float
        Mean number of people approached in a cluster in each period.
    cv : float
        Coefficient of variation of cluster size.
    attrition : float
        Share of those people whose outcome is missing, in every period.
    alpha : float
        Two-sided significance level.
    control : float or None
        Proportion in the control arm when the outcome is binary.

    Raises
    ------
    InputError
        Naming every value out of range, and the attrition that leaves less than one person in a
        cluster.
    """

    effect: float
    sd: float = 1.0
    icc: float = 0.05
    cac: float | None = None
    iac: float = 0.0
    cluster_size: float = 10.0
    cv: float = 0.0
    attrition: float = 0.0
    alpha: float = 0.05
    control: float | None = field(default=None)

    def __post_init__(self) -> None:
        check(**{name: value for name, value in asdict(self).items() if value is not None})
        if self.analysed < 1:
            found = f"{self.attrition:g}, with {self.cluster_size:g} people in a cluster"
            expected = "a share that leaves one person or more in a cluster"
            raise InputError([problem("attrition", found, expected)])

    @classmethod
    def binary(cls, control: float, intervention: float, **rest: float) -> Assumptions:
        """Assumptions for two proportions; the effect is the risk difference.

        The variance is the mean of the two binomial variances (Donner & Klar 2000, ch. 5,
        unpooled), so that equal arms give the usual comparison of two proportions.
        """
        try:
            check(control=control, intervention=intervention)
        except InputError as error:
            raise InputError([*error.problems, *_problems_of(rest)]) from None
        variance = (control * (1 - control) + intervention * (1 - intervention)) / 2
        return cls(effect=intervention - control, sd=sqrt(variance), control=control, **rest)

    @property
    def analysed(self) -> float:
        """Mean number of people per cluster and period whose outcome is known."""
        return self.cluster_size * (1 - self.attrition) * (1 + 1e-12)  # 0.1 of 30 is 3, not 2.99

    @property
    def harmonic(self) -> float:
        """Harmonic mean of those numbers, to the second order: what unit means are as exact as."""
        return self.analysed / (1 + self.cv**2)


def _problems_of(values: Mapping[str, float]) -> list[Problem]:
    try:
        check(**values)
    except InputError as error:
        return error.problems
    return []


def individual_autocorrelation(correlation: float, icc: float, cac: float) -> float:
    """Individual autocorrelation that gives people the stated correlation over time.

    Under the model of `trial.power` the correlation of one person's two measurements is
    ``icc * cac + (1 - icc) * iac``.
    """
    check(correlation=correlation, icc=icc, cac=cac)
    iac = (correlation - icc * cac) / (1 - icc)
    if not 0 <= iac <= 1 - FINEST:
        expected = f"{icc * cac:g} to below {icc * cac + 1 - icc:g}"
        raise InputError([problem("correlation", correlation, expected)])
    return iac


def check_cac(design: Design, cac: float | None) -> None:
    """Raise `InputError` when a design that measures clusters repeatedly lacks their `cac`.

    Examples
    --------
    >>> check_cac(DESIGNS["parallel"], None)
    >>> try:
    ...     check_cac(DESIGNS["baseline"], None)
    ... except InputError as error:
    ...     print(error.problems[0].column, error.problems[0].found)
    cac none
    """
    if cac is None and "cac" not in design.ignores:
        expected = f"{RANGES['cac'][1]}, for a design that measures clusters more than once"
        raise InputError([problem("cac", "none", expected)])


def check_answers(design: Design, a: Assumptions) -> None:
    """Raise `InputError` when answers of yes or no cannot correlate as much as is assumed.

    Whoever answers before and after a change of the share of yes from p to a greater q cannot give
    answers that correlate more than ``sqrt(p * (1 - q) / (q * (1 - p)))``, which is the upper
    Fréchet bound of phi.

    Examples
    --------
    >>> shares = {"control": 0.2, "intervention": 0.5, "cac": 0.8}
    >>> check_answers(DESIGNS["baseline"], Assumptions.binary(iac=0.4, **shares))
    >>> try:
    ...     check_answers(DESIGNS["baseline"], Assumptions.binary(iac=0.7, **shares))
    ... except InputError as error:
    ...     print(error.problems[0].column, error.problems[0].found)
    iac 0.7, so that the two answers of a person correlate by 0.705
    """
    if a.control is None or design.periods == 1:
        return
    low, high = sorted((a.control, a.control + a.effect))
    most = sqrt(low * (1 - high) / (high * (1 - low)))
    of_team = 0.0 if design.unit == "person" else a.icc * (a.cac or 0.0)
    found = of_team + (1 - a.icc * (design.unit == "cluster")) * a.iac
    if found > most + FINEST:
        name = "iac" if of_team <= most else "cac"
        told = f"{getattr(a, name):g}, so that the two answers of a person correlate by {found:.3g}"
        expected = f"a correlation of at most {most:.3g}: a change from {low:g} to {high:g} of yes"
        raise InputError([problem(name, told, f"{expected} allows no more")])
