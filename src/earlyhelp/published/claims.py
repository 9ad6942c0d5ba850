"""The printed figures of a report: `claims.csv`, and `words.yml` for words that bind a number.

A claim names a public function of the analysis, picks one row of what it returns, or several of
which the same is said, and one column.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import field_validator

# Importing them registers their quantities.
from earlyhelp.analysis import feasibility, outcomes, participants, readiness  # noqa: F401
from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.possible.printed_group import Interval
from earlyhelp.published.numbers import printed_number
from earlyhelp.study import rawtable
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import is_there
from earlyhelp.study.yamlfile import Strict, read_yaml

CLAIM_STATUSES = ("reproduced", "contradicted", "design fact", "not testable", "not in our data")
WORD, TEXT, TICK = "word", "text", "tick"
KINDS = (
    *("count", "n", "percent", "mean", "sd", "t", "df", "p", "range", "coefficient"),
    *("duration", "month", WORD, TEXT, TICK),
)
TICKS = {"✓": 1, "×": 0}
DESIGN = "design"
CLAIMS_FILE = "claims.csv"
WORDS_FILE = "words.yml"
_ASSUMPTION = re.compile(r"[AR]-[0-9]{2}")


def parse_interval(text: str) -> Interval:
    """Read an interval such as ``(50, 100]``.

    Raises
    ------
    ValueError
        When it is not one.

    Examples
    --------
    >>> above_half = parse_interval("(50, 100]")
    >>> 50 in above_half, 100 in above_half
    (False, True)
    """
    match = re.fullmatch(r"([\[(])([^,]+),([^,]+)([\])])", text)
    try:
        low, high = map(printed_number, match.group(2, 3)) if match else (1, 0)
    except ValueError:
        match = None
    if not match:
        raise ValueError("an interval such as (50, 100]")
    if low > high:
        raise ValueError("the lower end first")
    return Interval(Fraction(low), Fraction(high), match[1] == "[", match[4] == "]")


@dataclass(frozen=True)
class Claim:
    """One printed figure; the fields are the columns of `claims.csv`.

    Attributes
    ----------
    id : str
    section, place, subject, population : str
        Where it stands and what it is about.
    kind : str
        One of `KINDS`.
    printed : str
        Exactly as printed; for a word, the word.
    unit : str
    word : str
        For a word: its class in `words.yml`, which says what interval it binds.
    quantity, select, column : str
        The function that answers it, ``key=value;...`` for the row, and the column; empty when no
        data can. ``key=a|b`` picks several rows, and each has to give back what is printed;
        ``key=a+b`` adds rows up.
    status : str
        Recorded status, one of `CLAIM_STATUSES`. A word about a number that nothing printed
        settles is not testable.
    answer : str
        For a contradicted figure that data answer: what ours give, at the printed precision.
    conflicts : str
        Ids of the claims that cannot hold beside it, separated by semicolons.
    assumptions : str
        Ids of the readings and assumptions that its answer rests on, separated by semicolons.
    note : str
    interval : str
        No column: that of its word.
    """

    id: str
    section: str
    place: str
    subject: str
    kind: str
    population: str
    printed: str
    unit: str
    word: str
    quantity: str
    select: str
    column: str
    status: str
    answer: str
    conflicts: str
    assumptions: str
    note: str
    interval: str = ""

    @property
    def keys(self) -> dict[str, str]:
        """Key columns and values that pick the row."""
        pairs = (part.partition("=") for part in self.select.split(";") if part)
        return {name: value for name, _, value in pairs}

    def alternatives(self, key: str) -> list[str]:
        """Values of a key, each of which picks a row or, with ``+``, rows that are added up.

        Examples
        --------
        >>> blank = dict.fromkeys(COLUMNS, "")
        >>> claim = Claim(**blank | {"select": "arm=all;tool=card|dial"})
        >>> claim.alternatives("tool")
        ['card', 'dial']
        """
        return self.keys.get(key, "").split("|")

    def part(self, row: Mapping[Any, Any] | pd.Series) -> tuple[str, ...] | None:
        """Which of its alternatives a table's row belongs to; None for a row that it is not about.

        Examples
        --------
        >>> cells = {column: "" for column in COLUMNS} | {"select": "arm=all;answer=low+mid|high"}
        >>> Claim(**cells).part({"arm": "all", "answer": "mid"})
        ('all', 'low+mid')
        """
        found = [
            next((one for one in self.alternatives(key) if str(row[key]) in one.split("+")), None)
            for key in self.keys
        ]
        return None if None in found else tuple(map(str, found))

    @property
    def rivals(self) -> list[str]:
        """Ids of the claims it conflicts with."""
        return [rival for rival in self.conflicts.split(";") if rival]


COLUMNS = tuple(field.name for field in fields(Claim) if field.name != "interval")


class Reading(Strict):
    """How words that bind a number are read: one entry of `words.yml`."""

    id: str
    phrases: tuple[str, ...]
    interval: str
    why: str

    @field_validator("interval")
    @classmethod
    def _is_interval(cls, text: str) -> str:
        parse_interval(text)
        return text


def read_words(path: Path) -> list[Reading]:
    """Readings of words that bind a number.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> reading = read_words(Path("tests/studies/complete/words.yml"))[0]
    >>> print(reading.phrases, reading.interval)
    ('most', 'a majority') (50, 100]
    """
    readings: list[Reading] = read_yaml(path, list[Reading])
    counts = Counter(reading.id for reading in readings)
    problems = [
        Problem(path.name, None, "id", repr(name), "an id that stands once")
        for name, count in counts.items()
        if count > 1
    ]
    if problems:
        raise InputError(problems)
    return readings


def read_claims(path: str | Path) -> list[Claim]:
    """Read and validate `claims.csv`; the readings of words lie beside it.

    Raises
    ------
    InputError
        With every problem of the file.

    Examples
    --------
    >>> claims = {claim.id: claim for claim in read_claims("tests/studies/complete/claims.csv")}
    >>> claim = claims["attended-percent"]
    >>> print(claim.printed, claim.unit, "is", claim.quantity, claim.select, claim.column)
    88.9 % is attendance role=all percent
    """
    path = Path(path)
    readings = {reading.id: reading for reading in read_words(path.parent / WORDS_FILE)}
    header, rows = rawtable.cells(path)
    if header != list(COLUMNS):
        raise InputError([Problem(path.name, 1, "", ", ".join(header), ", ".join(COLUMNS))])
    uneven = [
        Problem(path.name, row, "", f"{len(cells)} cells", f"{len(COLUMNS)} cells")
        for row, cells in rows
        if len(cells) != len(COLUMNS)
    ]
    if uneven:
        raise InputError(uneven)
    claims = {row: Claim(*cells) for row, cells in rows}
    problems = list(_problems(path.name, claims, readings))
    if problems:
        raise InputError(problems)
    return [
        replace(claim, interval=readings[claim.word].interval) if claim.word else claim
        for claim in claims.values()
    ]


def _problems(
    name: str, claims: Mapping[int, Claim], readings: Mapping[str, Reading]
) -> Iterator[Problem]:
    row_of: dict[str, int] = {}
    by_id = {claim.id: claim for claim in claims.values()}
    for row, claim in claims.items():
        alone = bool(claim.id) and claim.id not in row_of
        row_of[claim.id] = row
        rules = [(alone, "id", "an id that stands once"), *_rules(claim, readings)]
        rules += [
            (
                rival in by_id and claim.id in by_id[rival].rivals,
                "conflicts",
                f"claims that point back; {rival!r} does not",
            )
            for rival in claim.rivals
        ]
        for kept, column, expected in rules:
            if not kept:
                yield Problem(name, row, column, repr(getattr(claim, column)), expected)


def _rules(claim: Claim, readings: Mapping[str, Reading]) -> list[tuple[bool, str, str]]:
    """Whether a claim keeps each rule, the column that the rule is for, and what it expects."""
    answered, contradicted = bool(claim.quantity), claim.status == "contradicted"
    keys = [part for part in claim.select.split(";") if part]
    reading = readings.get(claim.word)
    known = reading is not None and claim.printed in reading.phrases
    assumptions = [one for one in claim.assumptions.split(";") if one]
    number = "a tick" if claim.kind == TICK else "a number"
    return [
        (claim.kind in KINDS, "kind", f"one of: {', '.join(KINDS)}"),
        (claim.status in CLAIM_STATUSES, "status", f"one of: {', '.join(CLAIM_STATUSES)}"),
        (
            contradicted or answered != (claim.status == "not in our data"),
            "quantity",
            "a quantity, or the status 'not in our data'",
        ),
        (
            not answered or claim.quantity in QUANTITIES,
            "quantity",
            "a public function of the analysis, such as people",
        ),
        (not answered or bool(claim.column), "column", "the column that answers"),
        (all("=" in key for key in keys), "select", "key=value;key=value"),
        (
            claim.kind != WORD or known,
            "word",
            f"an id of {WORDS_FILE} whose phrases have {claim.printed!r}",
        ),
        (claim.kind == WORD or not claim.word, "word", "none: it is no word"),
        (all(map(_ASSUMPTION.fullmatch, assumptions)), "assumptions", "ids such as A-01;R-12"),
        (not answered or claim.kind in (WORD, TEXT) or _readable(claim), "printed", number),
        (
            (answered and contradicted) == bool(claim.answer),
            "answer",
            "what our data give, for a contradicted figure only",
        ),
        (
            (answered and claim.status != "not in our data") or bool(claim.note),
            "note",
            "why our data cannot answer",
        ),
    ]


def _readable(claim: Claim) -> bool:
    if claim.kind == TICK:
        return claim.printed in TICKS
    try:
        printed_number(claim.printed)
    except ValueError:
        return False
    return True


def claims_of(folder: Path) -> list[Claim]:
    """Claims of a study; none without a ledger.

    Examples
    --------
    >>> claims_of(Path("tests/studies/complete"))[0].id
    'teams-n'
    >>> claims_of(Path("tests/studies/mini"))
    []
    """
    path = folder / CLAIMS_FILE
    return read_claims(path) if is_there(path) else []
