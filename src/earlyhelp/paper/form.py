"""The form of a paper's figures: its columns, what may stand in a cell, a template."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import inf, lcm
from pathlib import Path
from typing import Any

from earlyhelp.published.numbers import Ambiguous, plain, printed_number
from earlyhelp.published.printed_tests import TESTS, read_p
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import cells, shown

PaperRow = Mapping[str, Any]


def _whole(least: float) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = printed_number(text)
        if value != value.to_integral_value() or value < least:
            raise ValueError
        return int(value)

    return read


def _exact(text: str) -> Fraction:
    return Fraction(_figure(text))


def _several(text: str) -> tuple[int, ...]:
    return tuple(_whole(1)(part.strip()) for part in text.split(";"))


def _level(text: str) -> float:
    level = float(_positive(text))
    if level >= 100:
        raise ValueError
    return level


def _counts(text: str) -> tuple[tuple[str, int], ...]:
    pairs = [part.split(":") for part in text.split(";")]
    counts = {_figure(score): _whole(0)(people) for score, people in pairs}
    if len(counts) < len(pairs):
        raise ValueError
    return tuple(counts.items())


def _words(text: str) -> str:
    return " ".join(text.split())


def _figure(text: str) -> str:
    figure = plain(text)
    if len(figure) > LONGEST:
        raise ValueError
    return figure


def _positive(text: str) -> str:
    if Decimal(_figure(text)) <= 0:
        raise ValueError
    return _figure(text)


def _test(text: str) -> str:
    name = unicodedata.normalize("NFKC", text).casefold().replace("χ", "chi")
    name = CHI_SQUARE.sub("chi2", re.sub(r"[\s^‐–-]", "", name))
    return {known.casefold(): known for known in TESTS}[name]


CHI_SQUARE = re.compile(r"^(x2|chi(sq|squared?))$")
LONGEST = 12  # characters of a figure, so that `Figures` reads what is read here
NUMBER = "a number as printed, such as 4.20"
COUNTS_EXPECTED = "scores, each once, and their people, such as 1: 3; 5: 0"
# Reader of a cell, and what is expected there.
PAPER_COLUMNS: dict[str, tuple[Callable[[str], Any], str]] = {
    "what": (_words, "text"),
    "where": (_words, "text"),
    "n": (_whole(1), "a whole number from 1"),
    "mean": (_figure, NUMBER),
    "sd": (_figure, NUMBER),
    "items": (_several, "a whole number from 1, or several such as 3; 4"),
    "step": (_positive, "a number above 0"),
    "low": (_exact, NUMBER),
    "high": (_exact, NUMBER),
    "min": (_figure, NUMBER),
    "max": (_figure, NUMBER),
    "exactly": (_counts, COUNTS_EXPECTED),
    "at_least": (_counts, COUNTS_EXPECTED),
    "total": (_whole(2), "a whole number from 2"),
    "count": (_whole(0), "a whole number from 0"),
    "percent": (_figure, NUMBER),
    "test": (_test, "t, F, chi2, r, z or Q"),
    "value": (_figure, NUMBER),
    "df": (_positive, "a number above 0, the second of an F in df2"),
    "df2": (_positive, "a number above 0"),
    "p": (read_p, "a p from 0 to 1 as printed, such as .036, < .05 or ns"),
    "tails": (lambda text: ("1", "2").index(text) + 1, "1 or 2"),
    "n2": (_whole(1), "a whole number from 1"),
    "d": (_figure, NUMBER),
    "diff": (_figure, NUMBER),
    "ci_low": (_figure, NUMBER),
    "ci_high": (_figure, NUMBER),
    "level": (_level, "a percentage below 100"),
}
EXAMPLES = (
    {"what": "Satisfaction", "where": "Table 1", "n": "28", "mean": "5.18", "sd": "1.59",
     "items": "1", "low": "1", "high": "7"},
    {"what": "Effort", "where": "Table 1", "n": "20", "mean": "2.98", "sd": "0.90", "items": "1",
     "step": "0.5", "low": "0", "high": "5", "min": "1.5", "max": "5", "exactly": "3: 4",
     "at_least": "2: 2"},
    {"what": "Trust", "where": "Table 2", "mean": "3.67", "items": "1", "low": "1",
     "high": "5", "total": "10"},
    {"what": "Trust", "where": "Table 2", "mean": "2.25", "items": "1", "low": "1",
     "high": "5", "total": "10"},
    {"what": "Attended", "where": "Table 1", "n": "16", "count": "13", "percent": "81.3"},
    {"what": "Alliance, two groups", "where": "p. 7", "n": "15", "n2": "15", "test": "t",
     "value": "2.20", "df": "28", "p": ".036", "d": "0.80", "diff": "4.0", "ci_low": "0.3",
     "ci_high": "7.7", "level": "95"},
    {"what": "Change, one group", "where": "p. 8", "n": "29", "test": "t", "value": "2.20",
     "df": "28", "p": ".036", "d": "0.41"},
    {"what": "Roles", "where": "p. 8", "test": "F", "value": "2.20", "df": "2", "df2": "28",
     "p": "ns"},
)  # fmt: skip


def template() -> str:
    """Table to fill: the header, and a row for each kind of figure as an example.

    Examples
    --------
    >>> print(template().splitlines()[0])  # doctest: +ELLIPSIS
    what,where,n,mean,sd,items,step,low,high,min,max,exactly,at_least,total,count,...
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(PAPER_COLUMNS), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(EXAMPLES)
    return text.getvalue()


def read_rows(path: Path) -> list[tuple[int, PaperRow]]:
    """Read a paper's figures; each row with its line, without the cells that are blank.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with any of `PAPER_COLUMNS` in any order, separated by commas, semicolons or
        tabs.

    Raises
    ------
    InputError
        With everything that cannot be read.
    """
    header, lines = cells(path, ",;\t")
    header = [name.strip().casefold() for name in header]
    problems = list(_header_problems(path.name, header))
    rows: list[tuple[int, PaperRow]] = []
    for line, texts in lines if not problems else ():
        row: dict[str, Any] = {}
        if len(texts) != len(header):
            expected = f"{len(header)} cells"
            problems.append(Problem(path.name, line, "", f"{len(texts)} cells", expected))
            continue
        for name, text in zip(header, map(str.strip, texts), strict=True):
            read, expected = PAPER_COLUMNS[name]
            try:
                row |= {name: read(text)} if text else {}
            except (ValueError, LookupError) as error:
                told = str(error) if isinstance(error, Ambiguous) else expected
                problems.append(Problem(path.name, line, name, shown(text), told))
                row[name] = None
        problems += _scale_problems(path.name, line, row)
        rows += [(line, row)] if row else []
    if not rows and not problems:
        problems.append(Problem(path.name, None, "", "a header alone", "a row for each result"))
    if problems:
        raise InputError(problems)
    return rows


def _header_problems(name: str, header: list[str]) -> Iterator[Problem]:
    expected = f"only: {', '.join(PAPER_COLUMNS)}"
    for column in dict.fromkeys(header):
        if column not in PAPER_COLUMNS:
            yield Problem(name, 1, "", f"the column {shown(column)}", expected)
        elif header.count(column) > 1:
            yield Problem(name, 1, column, f"{header.count(column)} columns of this name", "one")


def _scale_problems(name: str, line: int, row: PaperRow) -> Iterator[Problem]:
    ends = [end for end in ("low", "high") if end in row]
    if len(ends) == 1:
        yield Problem(name, line, ends[0], "one end of a scale", "low and high, or neither")
    elif ends and None not in (row["low"], row["high"]):
        if row["low"] >= row["high"]:
            yield Problem(name, line, "high", str(row["high"]), f"more than low, {row['low']}")
        unit = 1 / steps_in_one(row) if has_grid(row) else 0
        for end in ends if unit else ():
            if row[end] % unit:
                yield Problem(name, line, end, str(row[end]), f"a multiple of {unit}")
    if None not in (row.get("n", 0), row.get("total", 0)) and row.get("n", 0) > row.get(
        "total", inf
    ):
        yield Problem(name, line, "n", str(row["n"]), f"at most total, {row['total']}")


def has_grid(row: PaperRow) -> bool:
    """Whether the scores are known to lie in steps."""
    return row.get("items") is not None or row.get("step") is not None


def steps_in_one(row: PaperRow) -> Fraction:
    """How many steps there are in a score of 1."""
    return lcm(*(row.get("items") or (1,))) / Fraction(row.get("step") or 1)
