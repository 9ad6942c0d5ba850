"""`printed.yml`: what a report prints, with decimals as text for their last digit."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from earlyhelp.possible.one_group import printed_interval
from earlyhelp.study.yamlfile import Strict, WholeKey, read_yaml

PRINTED_FILE = "printed.yml"
Printed = Mapping[str, Any]

Count = Annotated[int, Field(ge=0, strict=True)]
People = Annotated[int, Field(ge=1, strict=True)]
# Of a group; more are beyond any search for people who agree with its figures.
Size = Annotated[int, Field(ge=2, le=1000, strict=True)]
Decimal = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{0,9}\.?[0-9]{1,9}$",
        description="a number as printed, in quotes, such as '69.20'",
    ),
]
Counts = dict[str, Count]


class Test(Strict):
    """A t test."""

    t: Decimal
    p: Decimal


class Group(Strict):
    """Scores of one group: their mean, or what it lies between."""

    n: Size
    mean: Decimal | None = None
    sd: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None

    @model_validator(mode="after")
    def _whole(self) -> Group:
        if self.mean is None and self.sd is not None:
            raise ValueError("a mean beside the SD")
        if self.mean is not None and (self.above, self.below) != (None, None):
            raise ValueError("a mean, or what it lies above or below")
        if self.above and self.below and float(self.above) >= float(self.below):
            raise ValueError("the number above which the mean lies smaller than the one below")
        return self


class Rating(Strict):
    """Scores of one group with mean and SD."""

    n: Size
    mean: Decimal
    sd: Decimal


class OutcomeOfArm(Strict):
    """One outcome in one arm."""

    baseline: Group
    endline: Group
    paired: Test


class Outcome(Strict):
    """One outcome in both arms."""

    intervention: OutcomeOfArm
    comparison: OutcomeOfArm
    between: Test
    domain_mean_above: Decimal | None = None

    @property
    def groups(self) -> dict[str, tuple[Group, Group]]:
        """Baseline and endline of each arm."""
        arms = {"intervention": self.intervention, "comparison": self.comparison}
        return {name: (arm.baseline, arm.endline) for name, arm in arms.items()}

    @model_validator(mode="after")
    def _alike(self) -> Outcome:
        if len({group.sd is None for arm in self.groups.values() for group in arm}) > 1:
            raise ValueError("an SD of every group or of none")
        return self


class Span(Strict):
    """Ends of a distribution and what else is printed of it."""

    minimum: Count
    maximum: Count
    mean: Decimal | None = None
    mean_above: Decimal | None = None
    most_common: Count | None = None


class Characteristics(Strict):
    """Background of the respondents."""

    n: People
    time_in_service_most_common: str
    years_practising: Span
    qualification_level: Span
    full_time_hours: People
    families_supported: Span


class EndlineUse(Strict):
    """Use of the tools, as reported at endline."""

    frequency: Counts
    family_engagement: Counts
    difficulty: Counts
    senior_family_support_workers_using: Count
    uploaded: Count
    continue_: Count = Field(alias="continue")


class Reach(Strict):
    """Families' people who completed each tool."""

    persons: dict[str, Counts]
    completions_per_person: Span


class Observation(Strict):
    """One observed session of the training."""

    training_part: Annotated[int, Field(ge=1, le=2, strict=True)]
    session: str
    facilitators: Count
    attendees: Count


class Interviews(Strict):
    """Who was interviewed."""

    roles: list[str]
    months_in_role: Span


class Readings(Strict):
    """What is not printed but chosen, so that the printed figures can be given back."""

    completions: Count
    years_practising_mean_below: Decimal
    greatest_sd_of_change: People


class Response(Strict):
    """Responses per team."""

    baseline: Counts
    post_training: Counts
    endline: Counts


class Pairs(Strict):
    """People of each arm who answered twice."""

    intervention: Size
    comparison: Size


class PrintedFigures(Strict):
    """Everything that `printed.yml` holds."""

    response: Response
    pairs: Pairs
    wai: Outcome
    proqol: Outcome
    ratings: dict[Literal["iam_ors", "iam_srs", "fim_ors", "fim_srs"], Rating]
    prior: dict[str, Counts]
    characteristics: Characteristics
    agree: Counts
    know_more: dict[WholeKey, Count]
    one_full_day: Count
    attended: Counts
    not_attended: Count
    recorded_tools: Counts
    endline_use: EndlineUse
    reach: Reach
    observations: list[Observation]
    interviews: Interviews
    readings: Readings

    @model_validator(mode="after")
    def _paired(self) -> PrintedFigures:
        for outcome in (self.wai, self.proqol):
            for name, groups in outcome.groups.items():
                pairs: int = getattr(self.pairs, name)
                if any(pairs > group.n for group in groups):
                    raise ValueError(f"at most as many pairs of the {name} arm as people in a wave")
        return self


def read_printed(folder: Path) -> Printed:
    """Read the printed figures of a study.

    Raises
    ------
    InputError
        The file is missing or does not have the shape of `PrintedFigures`.
    """
    figures: PrintedFigures = read_yaml(folder / PRINTED_FILE, PrintedFigures)
    return figures.model_dump(by_alias=True, exclude_unset=True)


def possible_sums(figures: Printed, scale: tuple[int, int]) -> range:
    """Sums of n whole numbers on a scale whose mean is printed, or printed as above and below.

    A printed mean stands for what rounds to it half up; above and below exclude the limit itself.
    """
    n = figures["n"]
    if "mean" in figures:
        first, last = printed_interval(figures["mean"], "half-up").whole(n)
        return range(first, last + 1)
    first = floor(Fraction(figures["above"]) * n) + 1 if "above" in figures else scale[0] * n
    last = ceil(Fraction(figures["below"]) * n) - 1 if "below" in figures else scale[1] * n
    return range(first, last + 1)
