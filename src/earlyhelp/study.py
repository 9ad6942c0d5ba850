"""What was planned: the design of a pilot, read from its `study.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from earlyhelp.errors import InputError, Problem
from earlyhelp.yamlfile import read_yaml

Arm = Literal["intervention", "comparison"]
WaveId = Literal["baseline", "post_training", "endline"]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
# What a progression criterion can be about; `earlyhelp.criteria` observes each.
Quantity = Literal[
    "attendance",
    "tool_users",
    "sessions_used",
    "recording",
    "response_baseline_intervention",
    "response_baseline_comparison",
    "response_post_training",
    "response_endline_intervention",
    "response_endline_comparison",
    "retention_intervention",
    "retention_comparison",
    "iam_ors",
    "iam_srs",
    "fim_ors",
    "fim_srs",
    "continuation",
    "contamination_training",
    "contamination_tools",
]
# What a number may claim (`earlyhelp.display.STATUSES`).
Status = Literal["reproduced", "determined", "bounded", "contradicted", "illustrative", "observed"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Team(_Strict):
    """One team; `unit` is the unit in which it was randomised."""

    id: str
    arm: Arm
    unit: str


class Wave(_Strict):
    """One survey wave and the arms it went to."""

    id: WaveId
    label: str
    month: Month
    arms: tuple[Arm, ...]


class Scale(_Strict):
    """An instrument as administered: its number of items and the answers an item allows."""

    items: Annotated[int, Field(ge=1)]
    minimum: int
    maximum: int

    @model_validator(mode="after")
    def _ordered(self) -> Scale:
        if self.minimum >= self.maximum:
            raise ValueError("the minimum is below the maximum")
        return self

    @property
    def total_minimum(self) -> int:
        """Lowest possible total of the items."""
        return self.items * self.minimum

    @property
    def total_maximum(self) -> int:
        """Highest possible total of the items."""
        return self.items * self.maximum


class Measures(_Strict):
    """The instruments of the pilot (Methodology, Practitioner surveys)."""

    wai: Scale
    proqol: Scale
    iam: Scale
    fim: Scale


class Criterion(_Strict):
    """A progression criterion: bands with inclusive bounds that meet (`progression.Criterion`).

    Attributes
    ----------
    status : str
        What the observed quantity may claim where the data are reconstructed.
    reason : str
        Why the bands lie where they lie.
    """

    quantity: Quantity
    label: str
    green: tuple[float, float]
    amber: tuple[float, float]
    red: tuple[float, float]
    reason: str
    status: Status = "observed"

    @model_validator(mode="after")
    def _meeting(self) -> Criterion:
        from earlyhelp import progression

        try:
            progression.Criterion(self.quantity, self.green, self.amber, self.red)
        except InputError as error:
            found = "; ".join(f"{p.column}: {p.found}" for p in error.problems)
            raise ValueError(f"{error.problems[0].expected} (found {found})") from None
        return self


class Criteria(_Strict):
    """The progression criteria of a study: when they were set and how they are combined."""

    timing: Literal["prespecified", "retrospective"]
    rule: Literal["worst", "majority"]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> Criteria:
        quantities = [criterion.quantity for criterion in self.criteria]
        if len(set(quantities)) < len(quantities):
            raise ValueError("each quantity has one criterion")
        return self


class Study(_Strict):
    """The design of one pilot.

    Attributes
    ----------
    folder : Path
        Where `study.yml` and `raw/` are.
    provenance : {"reconstructed", "observed"}
        Whether people are synthetic or real; decides what a number may claim.
    progression : Criteria, optional
        Progression criteria, where the study has any.
    """

    folder: Path = Path()
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: str
    subtitle: str = ""
    place: str
    provenance: Literal["reconstructed", "observed"]
    reconstruction_seed: int | None = None
    teams: tuple[Team, ...]
    waves: tuple[Wave, ...]
    tool_months: tuple[Month, ...]
    measures: Measures
    progression: Criteria | None = None
    design: dict[str, Any] = {}

    @model_validator(mode="after")
    def _distinct(self) -> Study:
        for name in ("teams", "waves"):
            ids = [item.id for item in getattr(self, name)]
            if len(set(ids)) < len(ids):
                raise ValueError(f"each of the {name} has an id of its own")
        if not {"intervention", "comparison"} <= {team.arm for team in self.teams}:
            raise ValueError("both arms have a team")
        arm_of_unit: dict[str, str] = {}
        for team in self.teams:
            if arm_of_unit.setdefault(team.unit, team.arm) != team.arm:
                raise ValueError(f"a randomised unit is in one arm ({team.unit} is in two)")
        return self

    @property
    def arm_of(self) -> dict[str, str]:
        """Arm by team id."""
        return {team.id: team.arm for team in self.teams}

    @property
    def unit_of(self) -> dict[str, str]:
        """Randomised unit by team id."""
        return {team.id: team.unit for team in self.teams}


def find_folder(folder: str | Path) -> Path:
    """Find a study folder, looking from the working directory upwards.

    A notebook runs from `notebooks/`, from `book/results/` or from the top of the checkout; the
    same relative path means the same study in each.

    Raises
    ------
    InputError
        When no such folder exists.
    """
    folder = Path(folder)
    for base in (Path.cwd(), *Path.cwd().parents):
        if (base / folder).is_dir():
            return base / folder
    raise InputError([Problem(str(folder), None, "", "no such folder", "a study folder")])


def read_study(folder: str | Path) -> Study:
    """Read and validate `study.yml` of a study folder.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    folder = find_folder(folder)
    return read_yaml(folder / "study.yml", Study).model_copy(update={"folder": folder})
