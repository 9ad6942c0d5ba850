"""What was planned: the design of a pilot (`study.yml`) and its research questions."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import Field, FiniteFloat, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import Strict, Text, read_yaml

STUDY_FILE = "study.yml"
QUESTIONS_FILE = "research_questions.yml"
PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")
# Rows of the framework matrix that bear what stands before them in an answer.
ROWS = re.compile(r"\{rows: ([^{}]+)\}")
PersonType = Literal["child", "adult"]
PERSON_TYPES = get_args(PersonType)
# What an answer is about: a part of the approach, or last the whole.
Part = Literal["training", "tools", "approach"]
QuestionId = Annotated[str, Field(pattern=r"^[1-9]\.[1-9]$", description="a number such as '1.4'")]
Month = Annotated[
    str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="a month such as 2022-09")
]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Band = tuple[FiniteFloat, FiniteFloat]

# The smallest count that is told of real people (`safe_threshold` of ACRO's default rules).
OF_REAL_PEOPLE = 10

# What tables say of several arms or waves at once, so no name of one.
RESERVED = ("all", "between", "change", "difference")


class Arm(Strict):
    """One arm; `reference` is the one that the others are compared with."""

    id: Text
    label: Text
    reference: bool = False


class Team(Strict):
    """One team.

    Attributes
    ----------
    arm : str, optional
        The arm of all its people; without one they were allocated one by one.
    unit : str, optional
        The unit in which it was randomised, or else the cluster.
    """

    id: Text
    arm: Text | None = None
    unit: Text | None = None

    @model_validator(mode="after")
    def _allocated(self) -> Team:
        if (self.arm is None) != (self.unit is None):
            raise ValueError("arm and unit, or for a team of people allocated one by one neither")
        return self


class Wave(Strict):
    """One survey wave.

    What it was for follows from the columns of its file.

    Attributes
    ----------
    id, label : str
    month : str
    arms : tuple of str
        Those that it went to.
    file : str
        Stem of its file in `raw/`.
    """

    id: Text
    label: Text
    month: Month
    arms: Texts
    file: Text


class Criterion(Strict):
    """A progression criterion: bands of one quantity, each with inclusive bounds, that meet.

    A value on a shared bound belongs to the better band. Whether high or low values are good
    follows from where green lies.

    Attributes
    ----------
    quantity : str
        What it is about, one of `earlyhelp.trial.criteria.quantities`.
    green, amber, red : tuple of float
        Lower and upper bound.
    reason : str
        Why the bands lie where they lie.
    """

    quantity: Text
    label: str
    green: Band
    amber: Band
    red: Band
    reason: str

    @model_validator(mode="after")
    def _meeting(self) -> Criterion:
        bands = {"green": self.green, "amber": self.amber, "red": self.red}
        for name, (low, high) in bands.items():
            if not low < high:
                raise ValueError(f"a lower bound below the upper bound in {name}: {low} to {high}")
        up = self.red[1] == self.amber[0] and self.amber[1] == self.green[0]
        down = self.green[1] == self.amber[0] and self.amber[1] == self.red[0]
        if not (up or down):
            found = ", ".join(f"{name} {band}" for name, band in bands.items())
            raise ValueError(f"bands that meet in shared bounds, amber in the middle: {found}")
        return self

    @property
    def higher_is_better(self) -> bool:
        """Whether green lies above red."""
        return self.green[0] > self.red[0]


class Criteria(Strict):
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


class Grouped(Strict):
    """Answers to a question of the endline survey that are read together."""

    column: Text
    answers: Texts


class Counted(Strict):
    """Which columns and answers are counted as what; lists of answers are the dictionary's.

    What a study did not ask or record is left out.

    Attributes
    ----------
    characteristics : tuple of str
        Questions of surveys that say who people are, such as sex or age, told arm by arm: with
        listed answers, or numbers.
    agreement : tuple of str
        Words for the answers to statements, from the lowest.
    agree : tuple of str
        Those that are agreement.
    training_views, training_parts, know_more, anticipated_outcomes : tuple of str
        Statements of the post-training survey: on the training, on a part of it, on wishing to know
        more, and on what respondents expect.
    prior_training, prior_tools : tuple of str
        Questions of the baseline survey on what people had met before.
    frequency : dict
        Question of the endline survey on how often each tool was used, by tool.
    never : str
        The answer that means no use.
    affirmed : str
        The answer to questions of yes or no that affirms them.
    regularly : tuple of str
        Those that count as regular use.
    grouped : dict
        Other answers that are read together.
    absent : str
        In the register, of who missed a part of the training.
    full_time_hours : float
        Weekly hours from which a post is full time.
    practitioners : tuple of str
        Roles that were to use the tools.
    roles_together : dict
        Some of them, taken together.
    compared : tuple of str, optional
        Two outcomes whose means are compared.
    """

    characteristics: tuple[Text, ...] = ()
    agreement: tuple[Text, ...] = ()
    agree: tuple[Text, ...] = ()
    training_views: tuple[Text, ...] = ()
    training_parts: tuple[Text, ...] = ()
    know_more: tuple[Text, ...] = ()
    anticipated_outcomes: tuple[Text, ...] = ()
    prior_training: tuple[Text, ...] = ()
    prior_tools: tuple[Text, ...] = ()
    frequency: dict[Text, Text] = Field(default_factory=dict)
    never: Text | None = None
    affirmed: Text | None = None
    regularly: tuple[Text, ...] = ()
    grouped: dict[Text, Grouped] = Field(default_factory=dict)
    absent: Text | None = None
    full_time_hours: Annotated[float, Field(gt=0)] | None = None
    practitioners: tuple[Text, ...] = ()
    roles_together: dict[Text, Texts] = Field(default_factory=dict)
    compared: tuple[Text, Text] | None = None

    @model_validator(mode="after")
    def _known(self) -> Counted:
        if unknown := [answer for answer in self.agree if answer not in self.agreement]:
            raise ValueError(f"in agree only answers of agreement, not {unknown[0]}")
        together = {role for roles in self.roles_together.values() for role in roles}
        if unknown := sorted(together - set(self.practitioners)):
            raise ValueError(f"in roles_together only practitioners, not {unknown[0]}")
        if self.statements and not self.agree:
            raise ValueError("agreement and agree, by which statements are read")
        if self.frequency and not (self.never and self.regularly):
            raise ValueError("never and regularly, by which the frequency is read")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of a survey that is named, in order."""
        grouped = (group.column for group in self.grouped.values())
        prior = (*self.prior_training, *self.prior_tools)
        asked = (*self.characteristics, *self.statements, *prior, *self.frequency.values())
        return (*asked, *dict.fromkeys(grouped))

    @property
    def statements(self) -> tuple[str, ...]:
        """Every statement of the post-training survey, in order."""
        return (
            *self.training_views,
            *self.training_parts,
            *self.know_more,
            *self.anticipated_outcomes,
        )


class Study(Strict):
    """The design of one pilot.

    Attributes
    ----------
    folder : Path
        Where `study.yml` and `raw/` are; no key of the file.
    provenance : {"reconstructed", "observed"}
        Whether people are synthetic or real; decides what a number may claim.
    licence : str
        That of its text and data, for the covers.
    date : date, optional
        Day of this version of its text and data, for the covers and the files' properties.
    progression : Criteria, optional
        Progression criteria, where the study has any.
    design : dict
        Facts that no file of people holds, for claims and for the next steps.
    assumed : dict
        Of a reconstruction: assumptions that free numbers rest on, by quantity.
    teams : tuple of Team
        Where people belong, if anywhere: either every team has an arm, or none has and each
        person's arm stands in the surveys.
    chapters : bool
        Whether the chapters in book/ are about it; others get pages of results and of reference.
    smallest_count : int, optional
        The smallest number of people that readers are told of (`told_from`).
    """

    folder: SkipJsonSchema[Path] = Path()
    id: Annotated[
        str, Field(pattern=r"^[a-z0-9-]+$", description="small letters, digits and hyphens")
    ]
    title: Text
    subtitle: str = ""
    place: str
    provenance: Literal["reconstructed", "observed"]
    licence: str = ""
    date: datetime.date | None = None
    reconstruction_seed: int | None = None
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    teams: tuple[Team, ...] = ()
    waves: Annotated[tuple[Wave, ...], Field(min_length=1)]
    tool_months: tuple[Month, ...] = ()
    counted: Counted = Field(default_factory=Counted)
    progression: Criteria | None = None
    design: dict[str, Text | int | float] = Field(default_factory=dict)
    assumed: dict[Text, Texts] = Field(default_factory=dict)
    chapters: bool = False
    smallest_count: Annotated[int, Field(ge=1)] | None = None

    @field_validator("folder", mode="before")
    @classmethod
    def _not_of_the_file(cls, _: object) -> Path:
        raise ValueError("no such key: the folder is that of the file")

    @model_validator(mode="after")
    def _distinct(self) -> Study:
        for name in ("arms", "teams", "waves"):
            ids = [item.id for item in getattr(self, name)]
            if len(set(ids)) < len(ids):
                raise ValueError(f"each of the {name} has an id of its own")
        arms, waves = self.labels_of_arms, self.labels_of_waves
        if taken := [id for id in arms if id in waves] + [*{*arms, *waves} & {*RESERVED}]:
            raise ValueError(f"ids that are no other's; {taken[0]} is taken")
        if len({wave.file for wave in self.waves}) < len(self.waves):
            raise ValueError("each wave has a file of its own")
        # Scores are compared with those of the first.
        if [wave.month for wave in self.waves] != sorted(wave.month for wave in self.waves):
            raise ValueError("waves in the order of their months")
        stated = sum(arm.reference for arm in self.arms)
        if stated != (len(arms) > 1):
            raise ValueError(f"one arm of several is the reference, not {stated} of {len(arms)}")
        if len(set(self.tool_months)) < len(self.tool_months):
            raise ValueError("each of the tool_months once")
        return self

    @model_validator(mode="after")
    def _of_known_arms(self) -> Study:
        arms = self.labels_of_arms
        named = {f"team {team.id}": {team.arm} for team in self.teams if team.arm}
        named |= {f"wave {wave.id}": set(wave.arms) for wave in self.waves}
        for name, found in named.items():
            if unknown := sorted(found - set(arms)):
                raise ValueError(f"arms that are stated; {unknown[0]} of {name} is none")
        if self.one_by_one:
            return self
        if without := [team.id for team in self.teams if not team.arm]:
            raise ValueError(f"an arm for every team or for none; {without[0]} has none")
        if without := sorted(set(arms) - {*self.arm_of.values()}):
            raise ValueError(f"each arm has a team; {without[0]} has none")
        for unit in {*self.unit_of.values()}:
            if len({team.arm for team in self.teams if team.unit == unit}) > 1:
                raise ValueError(f"each unit in one arm; {unit} is in several")
        return self

    @property
    def told_from(self) -> int:
        """The smallest number of people that readers are told of; 1 where all are.

        Unless the study says otherwise 10 for real people, as ACRO has it, and 1 for synthetic.
        """
        return self.smallest_count or (OF_REAL_PEOPLE if self.provenance == "observed" else 1)

    @property
    def raw_may_leave(self) -> bool:
        """Whether raw files may be handed on with the report: those of synthetic people alone."""
        return self.provenance == "reconstructed"

    @property
    def labels_of_arms(self) -> dict[str, str]:
        """Words for the arms, by id."""
        return {arm.id: arm.label for arm in self.arms}

    @property
    def labels_of_waves(self) -> dict[str, str]:
        """Words for the waves, by id."""
        return {wave.id: wave.label for wave in self.waves}

    @property
    def labels(self) -> dict[str, str]:
        """Words for arms, contrasts and waves, by id."""
        arms = self.labels_of_arms
        against = {
            contrast(arm, self.reference): contrast(
                arms[arm], within_sentence(arms[self.reference])
            )
            for arm in self.treated
            if self.reference
        }
        return arms | against | self.labels_of_waves

    @property
    def arm_ids(self) -> tuple[str, ...]:
        """The arms, in order."""
        return tuple(arm.id for arm in self.arms)

    @property
    def reference(self) -> str | None:
        """The arm that others are compared with; None for a single arm."""
        return next((arm.id for arm in self.arms if arm.reference), None)

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms that had what the pilot tried: all but the reference."""
        return tuple(arm.id for arm in self.arms if not arm.reference)

    @property
    def first_wave(self) -> str:
        """The wave that later ones are compared with."""
        return self.waves[0].id

    @property
    def one_by_one(self) -> bool:
        """Whether people were allocated one by one, and not with their team."""
        return not any(team.arm for team in self.teams)

    def teams_of(self, *arms: str) -> tuple[str, ...]:
        """Ids of the teams that have people of some arms."""
        return tuple(team.id for team in self.teams if team.arm in (None, *arms))

    @property
    def arm_of(self) -> dict[str, str]:
        """Arm by team id; empty where people were allocated one by one."""
        return {team.id: team.arm for team in self.teams if team.arm}

    @property
    def unit_of(self) -> dict[str, str]:
        """Randomised unit by team id; empty where people were allocated one by one."""
        return {team.id: team.unit for team in self.teams if team.unit}

    @property
    def units(self) -> int | None:
        """How many units were randomised; None where people were allocated one by one."""
        return None if self.one_by_one else len(set(self.unit_of.values()))

    def placed(self, people: pd.DataFrame) -> pd.DataFrame:
        """Where each row's person belongs.

        Parameters
        ----------
        people : DataFrame
            Raw file with `practitioner_id` and `team`, or with `arm` where people were allocated
            one by one to several arms.

        Returns
        -------
        DataFrame
            practitioner_id, team ("" where there are no teams), unit (the person, where people were
            allocated one by one) and arm, with the index of `people`.
        """
        frame = people[["practitioner_id"]].copy()
        frame["team"] = people["team"] if self.teams else ""
        if self.one_by_one:
            frame["unit"] = people["practitioner_id"]
            frame["arm"] = people["arm"] if len(self.arms) > 1 else self.arm_ids[0]
        else:
            frame["unit"] = people["team"].map(self.unit_of)
            frame["arm"] = people["team"].map(self.arm_of)
        return frame


def contrast(arm: str, reference: str | None) -> str:
    """Name of the difference between an arm and the reference.

    Examples
    --------
    >>> contrast("intervention", "comparison")
    'intervention less comparison'
    """
    return f"{arm} less {reference}"


def within_sentence(label: str) -> str:
    """A label without its capital, unless it begins with an abbreviation.

    Examples
    --------
    >>> within_sentence("Usual practice"), within_sentence("GP list")
    ('usual practice', 'GP list')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def find_folder(folder: str | Path) -> Path:
    """Find a study folder, looking from the working directory upwards.

    A notebook runs from `notebooks/`, from `book/results/` or from the top of the checkout; the
    same relative path means the same study in each.

    Raises
    ------
    InputError
        When no such folder exists.

    Examples
    --------
    >>> (find_folder("tests/studies/mini") / STUDY_FILE).is_file()
    True
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

    Examples
    --------
    >>> study = read_study("tests/studies/complete")
    >>> study.arm_ids, study.reference, study.units
    (('intervention', 'comparison'), 'comparison', 4)
    """
    folder = find_folder(folder)
    study: Study = read_yaml(folder / STUDY_FILE, Study)
    return study.model_copy(update={"folder": folder})


class Question(Strict):
    """One research question, and its answers by part of the approach.

    A number in an answer is a claim id in braces, never a digit; ``{rows: Q001, Q002}`` names the
    rows of the framework matrix that bear what stands before it. Its first paragraph answers; what
    follows it stands with the question alone. `findings` has, by the name of a figure, the finding
    that its title says, with numbers as in an answer.
    """

    id: QuestionId
    dimension: Literal["feasibility", "promise", "readiness"]
    name: str
    question: str
    answers: dict[Part, str] = Field(default_factory=dict)
    findings: dict[str, str] = Field(default_factory=dict)

    @property
    def placeholders(self) -> set[str]:
        """Claim ids that the answers and findings name."""
        texts = (*self.answers.values(), *self.findings.values())
        return {claim for text in texts for claim in PLACEHOLDER.findall(text)}


def rows_named(text: str) -> list[str]:
    """Ids of the rows that an answer, or a sentence of it, names.

    Examples
    --------
    >>> rows_named("As planned {rows: Q001, Q002}, but late {rows: Q004}.")
    ['Q001', 'Q002', 'Q004']
    """
    return [row for rows in ROWS.findall(text) for row in rows.split(", ")]


def read_questions(folder: Path) -> dict[str, Question]:
    """Read `research_questions.yml` of a study folder, by question id.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> list(read_questions(Path("tests/studies/mini")))[:2]
    ['1.1']
    """
    questions: list[Question] = read_yaml(folder / QUESTIONS_FILE, list[Question])
    ids = [question.id for question in questions]
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        raise InputError(
            Problem(QUESTIONS_FILE, None, id, "this question again", "each question once")
            for id in twice
        )
    return dict(zip(ids, questions, strict=True))
