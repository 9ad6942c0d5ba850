"""The ledger: what the report prints against what the analysis gives back.

`claims.csv` of a study holds the printed figures, `words.yml` how words that bind a number are
read. A claim names a public function of the analysis, picks one row of what it returns, and one
column of that row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, field_validator

# Importing them registers their quantities.
from earlyhelp.analysis import feasibility, outcomes, participants, readiness  # noqa: F401
from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.study import rawtable
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot
from earlyhelp.study.textfile import is_there
from earlyhelp.study.yamlfile import Strict, read_yaml

STATUSES = ("reproduced", "contradicted", "design fact", "not in our data")
WORD, TEXT, TICK = "word", "text", "tick"
KINDS = (
    *("count", "n", "percent", "mean", "sd", "t", "df", "p", "range", "coefficient"),
    *("duration", "month", WORD, TEXT, TICK),
)
NUMBER_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
TICKS = {"✓": 1, "×": 0}
DESIGN = "design"
CLAIMS_FILE = "claims.csv"
WORDS_FILE = "words.yml"
MISSING = "—"
LONGEST_NUMBER = 15
_NUMBER = re.compile(r"[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?|\.[0-9]+)")


@dataclass(frozen=True)
class Interval:
    """A range of numbers, each end closed or open."""

    low: float
    high: float
    low_closed: bool
    high_closed: bool

    def __contains__(self, value: float) -> bool:
        above = value > self.low or (self.low_closed and value == self.low)
        return above and (value < self.high or (self.high_closed and value == self.high))


def parse_interval(text: str) -> Interval:
    """Read an interval such as ``(50, 100]``.

    Raises
    ------
    ValueError
        When it is not one.
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
    return Interval(float(low), float(high), match[1] == "[", match[4] == "]")


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
    interval : str
        For a word: the interval it binds, one that `words.yml` gives for it.
    quantity, select, column : str
        The function that answers it, ``key=value;...`` for the row, and the column; empty when no
        data can.
    status : str
        Recorded status, one of `STATUSES`.
    answer : str
        For a contradicted figure: what our data give, at the printed precision.
    conflicts : str
        Ids of the claims that cannot hold beside it, separated by semicolons.
    note : str
    """

    id: str
    section: str
    place: str
    subject: str
    kind: str
    population: str
    printed: str
    unit: str
    interval: str
    quantity: str
    select: str
    column: str
    status: str
    answer: str
    conflicts: str
    note: str

    @property
    def keys(self) -> dict[str, str]:
        """Key columns and values that pick the row."""
        pairs = (part.partition("=") for part in self.select.split(";") if part)
        return {name: value for name, _, value in pairs}

    @property
    def rivals(self) -> list[str]:
        """Ids of the claims it conflicts with."""
        return [rival for rival in self.conflicts.split(";") if rival]


COLUMNS = tuple(field.name for field in fields(Claim))


def printed_number(printed: str) -> Decimal:
    """Number that a printed figure states, with its printed decimals.

    ``"4.20"``, ``".238"``, ``"1,500"`` and number words up to twelve are read.
    A figure has at most `LONGEST_NUMBER` characters.

    Raises
    ------
    ValueError
        When it is not a number.
    """
    text = printed.strip().lower()
    if text in NUMBER_WORDS:
        return Decimal(NUMBER_WORDS.index(text))
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number as printed, such as 4.20 or 1,500, not {printed[:40]!r}")
    return Decimal(text.replace(",", ""))


def round_like(value: float, printed: str) -> str:
    """Round half up to the decimals of a printed figure and write it the same way.

    Binary noise is cut off at twelve significant digits first, so that a tie is a tie.
    """
    pattern = printed_number(printed)
    number = Decimal(f"{value:.12g}").quantize(
        Decimal(1).scaleb(min(0, int(pattern.as_tuple().exponent))), rounding=ROUND_HALF_UP
    )
    number = number if number else abs(number)
    if printed.isalpha() and 0 <= number < len(NUMBER_WORDS):
        word = NUMBER_WORDS[int(number)]
        return word.capitalize() if printed[0].isupper() else word
    text = f"{number:,f}" if "," in printed else f"{number:f}"
    return text.replace("0.", ".", 1) if printed.startswith(".") and abs(number) < 1 else text


class Reading(Strict):
    """How words that bind a number are read: one entry of `words.yml`."""

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
    """
    readings: list[Reading] = read_yaml(path, list[Reading])
    return readings


def read_claims(path: str | Path) -> list[Claim]:
    """Read and validate `claims.csv`; the readings of words lie beside it.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    path = Path(path)
    readings = {
        (phrase, reading.interval)
        for reading in read_words(path.parent / WORDS_FILE)
        for phrase in reading.phrases
    }
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
    return list(claims.values())


def _problems(
    name: str, claims: Mapping[int, Claim], readings: set[tuple[str, str]]
) -> Iterator[Problem]:
    row_of: dict[str, int] = {}
    by_id = {claim.id: claim for claim in claims.values()}
    for row, claim in claims.items():

        def problem(column: str, expected: str, row: int = row, claim: Claim = claim) -> Problem:
            return Problem(name, row, column, repr(getattr(claim, column)), expected)

        if not claim.id or claim.id in row_of:
            yield problem("id", "an id that stands once")
        row_of[claim.id] = row
        if claim.kind not in KINDS:
            yield problem("kind", f"one of: {', '.join(KINDS)}")
        if claim.status not in STATUSES:
            yield problem("status", f"one of: {', '.join(STATUSES)}")
        if (claim.status == "not in our data") != (not claim.quantity):
            yield problem("quantity", "a quantity, or the status 'not in our data'")
        if claim.quantity and claim.quantity not in QUANTITIES:
            yield problem("quantity", "a public function of the analysis, such as people")
        if claim.quantity and not claim.column:
            yield problem("column", "the column that answers")
        if any("=" not in part for part in claim.select.split(";") if part):
            yield problem("select", "key=value;key=value")
        if claim.kind == WORD and (claim.printed, claim.interval) not in readings:
            yield problem("interval", f"an interval that words.yml gives for {claim.printed!r}")
        if claim.quantity and claim.kind not in (WORD, TEXT) and not _readable(claim):
            yield problem("printed", "a tick" if claim.kind == TICK else "a number")
        if (claim.status == "contradicted") != bool(claim.answer):
            yield problem("answer", "what our data give, for a contradicted figure only")
        if claim.status == "not in our data" and not claim.note:
            yield problem("note", "why our data cannot answer")
        for rival in claim.rivals:
            if rival not in by_id or claim.id not in by_id[rival].rivals:
                yield problem("conflicts", f"claims that point back; {rival!r} does not")


def _readable(claim: Claim) -> bool:
    if claim.kind == TICK:
        return claim.printed in TICKS
    try:
        printed_number(claim.printed)
    except ValueError:
        return False
    return True


def ledger(pilot: Pilot, claims: list[Claim] | None = None) -> pd.DataFrame:
    """Answer every claim from the raw data.

    Parameters
    ----------
    pilot : Pilot
    claims : list of Claim, optional
        Those of the study's own `claims.csv` by default.

    Returns
    -------
    DataFrame
        One row per claim: the columns of `Claim`, where status is called recorded; recomputed
        (str, at the printed precision), exact (number or text, None without data), given_back
        (bool, None without data), status (now), agrees (the status is the recorded one, and a
        contradicted figure has the recorded answer).

    Raises
    ------
    InputError
        With every claim that names no column, or picks more than one row.
    """
    claims = read_claims(pilot.study.folder / CLAIMS_FILE) if claims is None else claims
    frames: dict[str, list[dict[Any, Any]]] = {}
    problems: list[Problem] = []
    rows = []
    for claim in claims:
        if claim.quantity and claim.quantity not in frames:
            frames[claim.quantity] = QUANTITIES[claim.quantity].compute(pilot).to_dict("records")
        exact = None
        if claim.quantity:
            try:
                exact = _cell(frames[claim.quantity], claim)
            except InputError as error:
                problems.extend(error.problems)
        recomputed, given_back = _answer(claim, exact) if claim.quantity else ("", None)
        rows.append((recomputed, exact, given_back))
    if problems:
        raise InputError(problems)
    table = pd.DataFrame([vars(claim) for claim in claims], columns=list(COLUMNS))
    table = table.rename(columns={"status": "recorded"})
    answers = pd.DataFrame(rows, columns=["recomputed", "exact", "given_back"], dtype=object)
    table = pd.concat([table, answers], axis=1)
    holds = dict(zip(table["id"], table["given_back"], strict=True))
    table["status"] = [_status(claim, holds) for claim in claims]
    table["agrees"] = (table["status"] == table["recorded"]) & (
        (table["answer"] == "") | (table["answer"] == table["recomputed"])
    )
    return table


def _cell(rows: list[dict[Any, Any]], claim: Claim) -> Any:
    """Value of the one cell a claim picks; None when it is missing, or has no row in this study."""
    for key in (*claim.keys, claim.column):
        if rows and key not in rows[0]:
            expected = f"a column of {claim.quantity}: {', '.join(rows[0])}"
            raise InputError([Problem(CLAIMS_FILE, None, claim.id, repr(key), expected)])
    chosen = [row for row in rows if all(str(row[k]) == v for k, v in claim.keys.items())]
    if len(chosen) > 1:
        found = f"{len(chosen)} rows of {claim.quantity} for {claim.select!r}"
        raise InputError([Problem(CLAIMS_FILE, None, claim.id, found, "one row")])
    value = chosen[0][claim.column] if chosen else None
    return None if pd.isna(value) else value


def _answer(claim: Claim, exact: Any) -> tuple[str, bool]:
    """What the data give at the printed precision, and whether that is what is printed."""
    if exact is None:
        return MISSING, False
    if claim.kind == TEXT:
        return str(exact), str(exact) == claim.printed
    if isinstance(exact, str) or not math.isfinite(exact):
        return str(exact), False
    if claim.kind == WORD:
        value = float(f"{exact:.12g}")
        shown = round_like(value, "0.0") if claim.unit == "%" else f"{value:.3g}"
        return shown, value in parse_interval(claim.interval)
    if claim.kind == TICK:
        mark = next((mark for mark, value in TICKS.items() if value == exact), str(exact))
        return mark, mark == claim.printed
    recomputed = round_like(exact, claim.printed)
    return recomputed, recomputed == claim.printed


def _status(claim: Claim, holds: dict[str, bool | None]) -> str:
    if not claim.quantity:
        return "not in our data"
    if not all(holds[one] for one in (claim.id, *claim.rivals)):
        return "contradicted"
    return "design fact" if claim.quantity == DESIGN else "reproduced"


def ledger_target(claim: str) -> str:
    """Target of a claim's row on the ledger's page."""
    return f"ledger-{claim}"


def claims_of(folder: Path) -> list[Claim]:
    """Claims of a study; none without a ledger."""
    path = folder / CLAIMS_FILE
    return read_claims(path) if is_there(path) else []


def formatted(table: pd.DataFrame) -> dict[str, str]:
    """Recomputed values of a ledger as text for prose, by claim id.

    At the printed precision, with a percent sign where the unit is one; claims that no data
    answer are left out.
    """
    return {
        row["id"]: f"{row['recomputed']}%" if row["unit"] == "%" else str(row["recomputed"])
        for row in table[table["given_back"].notna()].to_dict("records")
    }


def compare(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Claims that change between two ledgers.

    Returns
    -------
    DataFrame
        id, subject, population, printed, before, after (recomputed values), status_before,
        status_after.
    """
    columns = ["id", "recomputed", "status"]
    both = before[[*columns, "subject", "population", "printed"]].merge(
        after[columns], on="id", suffixes=("_before", "_after")
    )
    changed = (both["recomputed_before"] != both["recomputed_after"]) | (
        both["status_before"] != both["status_after"]
    )
    both = both.rename(columns={"recomputed_before": "before", "recomputed_after": "after"})
    order = ["id", "subject", "population", "printed", "before", "after"]
    return both.loc[changed, [*order, "status_before", "status_after"]].reset_index(drop=True)


class SavedAnswer(BaseModel):
    """What `compare` needs of one row of a saved ledger."""

    id: str
    recomputed: str
    status: str


def read_ledger(path: Path) -> pd.DataFrame:
    """Read a ledger that ``earlyhelp ledger --format json`` wrote.

    Returns
    -------
    DataFrame
        id, recomputed, status.

    Raises
    ------
    InputError
        When it is not one. JSON is YAML, so that the YAML reader tells.
    """
    rows = read_yaml(path, list[SavedAnswer])
    return pd.DataFrame([row.model_dump() for row in rows], columns=list(SavedAnswer.model_fields))
