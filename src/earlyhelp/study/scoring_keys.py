"""The instruments of a study and how they are scored, read from `instruments.yml`.

Which answers an item allows stands in the data dictionary and nowhere else; so a scale here is what
both files say of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from earlyhelp.study import dictionary
from earlyhelp.study.design import PersonType, Study, read_study
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, Dictionary, read_dictionary
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import Strict, Text, read_yaml

INSTRUMENTS_FILE = "instruments.yml"
ItemColumns = tuple[dictionary.Name, ...]


class ScaleKey(Strict):
    """How one score is made: of `items`, or in another column as a `total`.

    A total from 0 to 1 answers yes or no and counts as 0 or 100: its mean is the percentage of yes.

    Attributes
    ----------
    name : str
        In words.
    measured_in : str
        Of a total that is no score but a quantity, such as a weight: its unit. The ends of its
        answers are then those of what is plausible.
    reversed : tuple of str
        Items whose answers count from the other end.
    tool : str
        The tool that the items are about, where each tool is rated.
    bands : dict
        Lowest and highest score of each band.
    cutoffs : dict
        Score below which there is concern, by kind of person.
    reliability : float
        From the literature, for the change that counts as reliable.
    """

    name: Text
    items: ItemColumns = ()
    total: dictionary.Name | None = None
    measured_in: str = ""
    reversed: ItemColumns = ()
    tool: str = ""
    bands: dict[Text, tuple[FiniteFloat, FiniteFloat]] = Field(default_factory=dict)
    cutoffs: dict[PersonType, FiniteFloat] = Field(default_factory=dict)
    reliability: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> ScaleKey:
        if bool(self.items) == bool(self.total):
            raise ValueError("either items or a total")
        if self.measured_in and not self.total:
            raise ValueError("measured_in of a total only")
        if len(set(self.items)) < len(self.items):
            raise ValueError("each item once")
        if unknown := sorted(set(self.reversed) - set(self.items)):
            raise ValueError(f"reversed items that are items ({unknown[0]} is none)")
        ends = [end for band in self.bands.values() for end in band]
        if ends != sorted(ends):
            raise ValueError("bands from low to high that do not overlap")
        return self


class Instrument(Strict):
    """One instrument.

    Attributes
    ----------
    label : str
        For tables, where the scale's name is not enough.
    source : str
        Key of the work in the book's references.
    score : {"sum", "mean"}
        Of the items.
    missing : int
        Most items that may be missing; the others' mean then stands for them.
    """

    title: Text
    label: str = ""
    source: Text
    score: Literal["sum", "mean"]
    missing: Annotated[int, Field(ge=0)]
    higher_is_better: bool
    scales: Annotated[dict[Text, ScaleKey], Field(min_length=1)]


@dataclass(frozen=True)
class Scale:
    """One score of an instrument.

    Attributes
    ----------
    id, instrument : str
    about : Instrument
    key : ScaleKey
    minimum, maximum : int
        Lowest and highest answer to an item, or the ends of a total.
    files : tuple of str
        Raw files that hold it.
    part_of : str
        The scale that has all of its items and more, or "".
    """

    id: str
    instrument: str
    about: Instrument
    key: ScaleKey
    minimum: int
    maximum: int
    files: tuple[str, ...]
    part_of: str

    @property
    def anchor(self) -> str:
        """Its id as names of tables and of estimates have it."""
        return self.id.lower().replace("_", "-")

    @property
    def columns(self) -> list[str]:
        """Columns that hold its items, or its total."""
        return list(self.key.items) or [str(self.key.total)]

    @property
    def items(self) -> int:
        """How many columns it has."""
        return len(self.columns)

    @property
    def yes_or_no(self) -> bool:
        """Whether it is one answer, yes (1) or no (0)."""
        return bool(self.key.total) and (self.minimum, self.maximum) == (0, 1)

    @property
    def graded(self) -> bool:
        """Whether scores lie between two ends that somebody chose, so that they may be too near."""
        return not self.key.measured_in and not self.yes_or_no

    @property
    def lowest(self) -> int:
        """Lowest possible score."""
        return self.total_minimum if self.about.score == "sum" else self.minimum

    @property
    def highest(self) -> int:
        """Highest possible score."""
        return self.total_maximum if self.about.score == "sum" else self.maximum

    @property
    def unit(self) -> str:
        """What its numbers count, where they are no points of a scale."""
        return "%" if self.yes_or_no else self.key.measured_in

    @property
    def better(self) -> int:
        """1 where a higher score is better, otherwise -1."""
        return 1 if self.about.higher_is_better else -1

    @property
    def best(self) -> int:
        """The best possible score."""
        return self.highest if self.about.higher_is_better else self.lowest

    @property
    def high(self) -> tuple[int, ...]:
        """Lowest score of the highest band; empty without bands."""
        return tuple(int(low) for low, _ in self.key.bands.values())[-1:]

    @property
    def total_minimum(self) -> int:
        """Lowest possible total of the items."""
        return self.items * self.minimum

    @property
    def total_maximum(self) -> int:
        """Highest possible total of the items."""
        return 100 if self.yes_or_no else self.items * self.maximum


@dataclass(frozen=True)
class Instruments:
    """The instruments of a study.

    Attributes
    ----------
    scales : mapping
        Every scale by id, in the order of the file.
    surveys : tuple of str
        Files of the study's waves, in order.
    """

    scales: Mapping[str, Scale]
    surveys: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Words for scales and instruments, by id."""
        names = {
            name: scale.key.name
            + (f" ({scale.unit})" if scale.unit else "")
            + ", less is better" * (scale.better < 0)
            for name, scale in self.scales.items()
        }
        given = {scale.instrument: scale.about.label for scale in self.scales.values()}
        return names | {name: label for name, label in given.items() if label}

    @property
    def outcomes(self) -> dict[str, Scale]:
        """Scales that the first survey has and a later one, too, by id."""
        first, *later = self.surveys
        return {
            name: scale
            for name, scale in self.scales.items()
            if first in scale.files and {*later} & {*scale.files}
        }

    @property
    def whole(self) -> dict[str, Scale]:
        """Outcomes that are no part of another, by id."""
        return {name: scale for name, scale in self.outcomes.items() if not scale.part_of}

    @property
    def ratings(self) -> dict[str, Scale]:
        """Scales on which a tool is rated, by id."""
        return {name: scale for name, scale in self.scales.items() if scale.key.tool}

    @property
    def measured(self) -> dict[str, Scale]:
        """One scale of each instrument that has items, by id of the instrument."""
        found: dict[str, Scale] = {}
        for scale in (*self.whole.values(), *self.ratings.values()):
            found.setdefault(scale.instrument, scale)
        return found

    def parts(self, name: str) -> list[Scale]:
        """Subscales of a scale."""
        return [scale for scale in self.scales.values() if scale.part_of == name]


def outcome_waves(study: Study, instruments: Instruments) -> tuple[str, ...]:
    """The waves at which outcomes are measured: the first, and those compared with it.

    Examples
    --------
    >>> study = Path("tests/studies/complete")
    >>> outcome_waves(read_study(study), read_instruments(study))
    ('baseline', 'endline')
    """
    files = {file for scale in instruments.outcomes.values() for file in scale.files}
    return tuple(wave.id for wave in study.waves if wave.file in files)


def read_instruments(folder: Path) -> Instruments:
    """Read `instruments.yml` of a study folder, and of its data dictionary what items allow.

    Raises
    ------
    InputError
        With every problem of the file, or else with each column that the dictionary does not have
        or has otherwise.

    Examples
    --------
    >>> scale = read_instruments(Path("tests/studies/complete")).scales["wai"]
    >>> scale.items, scale.lowest, scale.highest, scale.files
    (12, 12, 84, ('baseline_survey', 'endline_survey'))
    """
    file: dict[str, Instrument] = read_yaml(folder / INSTRUMENTS_FILE, dict[str, Instrument])
    described = read_dictionary(folder)
    scales: dict[str, Scale] = {}
    problems: list[Problem] = []
    for name, instrument in file.items():
        for id, key in instrument.scales.items():
            place = f"{name}.scales.{id}"
            if id in scales:
                problems.append(_problem(place, "this scale again", "each scale once"))
            try:
                answers, files = _in_the_dictionary(place, key, described)
            except InputError as error:
                problems += error.problems
                continue
            items = set(key.items)
            whole = (n for n, other in instrument.scales.items() if items < set(other.items))
            scales[id] = Scale(id, name, instrument, key, *answers, files, next(whole, ""))
            problems += _beyond(place, scales[id])
    if problems:
        raise InputError(problems)
    return Instruments(scales, tuple(wave.file for wave in read_study(folder).waves))


def _problem(place: str, found: str, expected: str) -> Problem:
    return Problem(INSTRUMENTS_FILE, None, place, found, expected)


def _in_the_dictionary(
    place: str, key: ScaleKey, described: Dictionary
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Ends of the answers that all columns of a scale have, and the files that they are in.

    Raises
    ------
    InputError
        When no file has all columns, a file has some only, or answers differ.
    """
    columns = key.items or (str(key.total),)
    files, ends = [], set()
    for resource in described.resources:
        fields = resource.table.by_name
        there = [fields[column] for column in columns if column in fields]
        if not there:
            continue
        files.append(resource.name)
        if missing := [column for column in columns if column not in fields]:
            found = f"{missing[0]}, which {resource.name} of {DATAPACKAGE_FILE} does not have"
            raise InputError([_problem(place, found, "columns that a file has all of")])
        ends |= {(field.constraints.minimum, field.constraints.maximum) for field in there}
    if not files:
        expected = f"columns of {DATAPACKAGE_FILE}"
        raise InputError([_problem(place, ", ".join(columns)[:80], expected)])
    (low, high), *others = ends
    if others or not isinstance(low, int) or not isinstance(high, int) or low >= high:
        found = ", ".join(sorted(f"minimum {low}, maximum {high}" for low, high in ends))
        expected = f"one whole minimum below one maximum of all columns in {DATAPACKAGE_FILE}"
        raise InputError([_problem(place, found, expected)])
    return (low, high), tuple(files)


def _beyond(place: str, scale: Scale) -> Iterator[Problem]:
    """Bands and cut-offs that no score can have."""
    stated = {
        "bands": [end for band in scale.key.bands.values() for end in band],
        "cutoffs": list(scale.key.cutoffs.values()),
    }
    for name, values in stated.items():
        for value in values:
            if not scale.lowest <= value <= scale.highest:
                expected = f"scores from {scale.lowest} to {scale.highest}"
                yield _problem(f"{place}.{name}", f"{value:g}", expected)
