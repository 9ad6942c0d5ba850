"""What a new compendium is asked for: arms, clusters, waves, instruments and questions, in words.

Each is one text with commas between its parts, or semicolons where a part may have commas. Names
stand as they are typed, and ids are made of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from docutils.nodes import make_id

from earlyhelp.compendium.asked import ASKED
from earlyhelp.study.design import Arm, Question, Team, Wave
from earlyhelp.study.problems import InputError, Problem

_WAVE = re.compile(r"(?P<name>.+?) +(?P<month>[0-9]{4}-(0[1-9]|1[0-2]))")
_INSTRUMENT = re.compile(
    r"(?P<name>.+?)( +(?P<items>[1-9][0-9]?) items?)? +(?P<low>[0-9]{1,4})[-–](?P<high>[0-9]{1,4})"
    r"(?P<lower> +lower)?"
)
_QUESTION = re.compile(r"(?P<id>[1-9]\.[1-9])( +(?P<words>.+))?")


@dataclass(frozen=True)
class WantedInstrument:
    """An instrument as far as a data dictionary needs it.

    Attributes
    ----------
    items : int
        How many; 0 of a total that stands in a column of its own.
    low, high : int
        Ends of the range of an item, or of the total.
    """

    id: str
    name: str
    items: int
    low: int
    high: int
    higher_is_better: bool

    @property
    def columns(self) -> list[str]:
        """Columns of its items, or that of its total.

        Examples
        --------
        >>> WantedInstrument("calm", "Calm", 2, 1, 5, True).columns
        ['calm_1', 'calm_2']
        """
        return [f"{self.id}_{n}" for n in range(1, self.items + 1)] or [self.id]


@dataclass(frozen=True)
class Wanted:
    """The design of a pilot as far as a new compendium needs it."""

    arms: list[Arm]
    teams: list[Team]
    waves: list[Wave]
    instruments: list[WantedInstrument]
    questions: list[Question]


def wanted(said: Mapping[str, str], known: Mapping[str, Question]) -> Wanted:
    """Read what was said.

    Parameters
    ----------
    said : mapping
        A text for each name of `ASKED`.
    known : mapping
        Questions that pages ask, by id.

    Raises
    ------
    InputError
        With everything that cannot be read.

    Examples
    --------
    >>> said = {name: example for name, (_, example) in ASKED.items()} | {"questions": "2.1"}
    >>> asked = Question(id="2.1", dimension="promise", name="Impacts", question="Better?")
    >>> found = wanted(said, {"2.1": asked})
    >>> [(arm.id, arm.reference) for arm in found.arms]
    [('support', False), ('usual_support', True)]
    >>> wanted(said | {"arms": "A,"}, {"2.1": asked})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: --arms: found 'A,'; expected something on both ...
    """
    reader = _Reader(said)
    arms = _arms(reader)
    found = Wanted(
        arms,
        _teams(reader, arms),
        _waves(reader, arms),
        _instruments(reader),
        _questions(reader, known),
    )
    if reader.problems:
        raise InputError(reader.problems)
    return found


@dataclass
class _Reader:
    """Takes texts apart and gathers what is wrong with them."""

    said: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def tell(self, name: str, found: str, expected: str) -> None:
        self.problems.append(Problem(f"--{name}", None, "", repr(found), expected))

    def parts(self, name: str, text: str, between: str = ",") -> list[str]:
        found = [part.strip() for part in text.split(between)]
        if "" in found:
            self.tell(name, text, f"something on both sides of each {between!r}")
        return [part for part in found if part]

    def matches(
        self, name: str, pattern: re.Pattern[str], between: str = ","
    ) -> list[re.Match[str]]:
        found = []
        for part in self.parts(name, self.said[name], between):
            if match := pattern.fullmatch(part):
                found.append(match)
            else:
                self.tell(name, part, f"such as {ASKED[name][1].partition(between)[0]!r}")
        return found

    def ids(self, name: str, words: list[str]) -> list[str]:
        found = [make_id(word).replace("-", "_") for word in words]
        for word, id in zip(words, found, strict=True):
            if not id or found.count(id) > 1:
                self.tell(name, word, "a name with letters from a to z that no other has")
        return [id or "none" for id in found]


def _arms(reader: _Reader) -> list[Arm]:
    labels = reader.parts("arms", reader.said["arms"])
    last = len(labels) - 1
    return [
        Arm(id=id, label=label, reference=0 < last == n)
        for n, (id, label) in enumerate(zip(reader.ids("arms", labels), labels, strict=True))
    ]


def _teams(reader: _Reader, arms: list[Arm]) -> list[Team]:
    groups = reader.parts("clusters", reader.said["clusters"], ";")
    if len(groups) != len(arms):
        expected = f"those of {len(arms)} arms, with ';' between the arms"
        reader.tell("clusters", reader.said["clusters"], expected)
    of_arms = [reader.parts("clusters", group) for group in groups]
    names = [name for names in of_arms for name in names]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        reader.tell("clusters", name, "each in one arm, once")
    return [
        Team(id=name, arm=arm.id, unit=name)
        for arm, names in zip(arms, of_arms, strict=False)
        for name in names
    ]


def _waves(reader: _Reader, arms: list[Arm]) -> list[Wave]:
    found = reader.matches("waves", _WAVE)
    ids = reader.ids("waves", [wave["name"] for wave in found])
    if [wave["month"] for wave in found] != sorted(wave["month"] for wave in found):
        reader.tell("waves", reader.said["waves"], "them in the order of their months")
    asked = tuple(arm.id for arm in arms) or ("none",)
    return [
        Wave(id=id, label=wave["name"], month=wave["month"], arms=asked, file=id)
        for wave, id in zip(found, ids, strict=True)
    ]


def _instruments(reader: _Reader) -> list[WantedInstrument]:
    matches = reader.matches("instruments", _INSTRUMENT)
    ids = reader.ids("instruments", [match["name"] for match in matches])
    found = []
    for match, id in zip(matches, ids, strict=True):
        low, high, items = int(match["low"]), int(match["high"]), int(match["items"] or 0)
        if low >= high:
            reader.tell("instruments", match[0], "a range from the lowest to the highest")
        found.append(WantedInstrument(id, match["name"], items, low, high, not match["lower"]))
    return found


def _questions(reader: _Reader, known: Mapping[str, Question]) -> list[Question]:
    found = []
    for match in reader.matches("questions", _QUESTION, ";"):
        if asked := known.get(match["id"]):
            words = match["words"] or asked.question
            found.append(asked.model_copy(update={"question": words, "answers": {}}))
        else:
            reader.tell("questions", match["id"], f"one of: {', '.join(known)}")
    return found
