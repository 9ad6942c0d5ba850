"""The audit of a paper: one CSV file, one printed result a row, each checked by itself.

A row's mean and SD (GRIM [1]_, GRIMMER [2]_, DEBIT [3]_), its count and percentage, its test
and p [4]_, effect size and confidence interval are read under every usual convention: how figures
were rounded, what an SD is, which tail a p is of. A row *holds* when the first reading allows it,
*holds only if* another one was meant, and *cannot be true* when none of them allows it. One way of
rounding is taken for all figures of a row.

References
----------
.. [1] Brown and Heathers (2017), The GRIM test. Social Psychological and Personality Science 8(4).
.. [2] Anaya (2016), The GRIMMER test. PeerJ Preprints 4:e2400v1.
.. [3] Heathers and Brown, DEBIT: a simple consistency test for binary data. https://osf.io/5vb3u
.. [4] Nuijten et al. (2016), statcheck. Behavior Research Methods 48.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, exp, floor, inf, lcm, lgamma, sqrt
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats
from scipy.optimize import linprog

from earlyhelp.possible.one_group import (
    ROUNDINGS,
    SPREADS,
    Figures,
    TooLarge,
    printed_interval,
)
from earlyhelp.possible.witness import group_sizes, why_impossible, witness
from earlyhelp.published.numbers import Ambiguous, number, plain, printed_number, short, span
from earlyhelp.published.printed_tests import TESTS, P, p_interval, read_p
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.rawtable import cells, shown

FALSE, ONLY_IF, UNDECIDED, UNCHECKED, HOLDS = VERDICTS = (
    *("cannot be true", "holds only if", "not decided", "not checked", "holds"),
)
CONVENTIONS = {
    "half-up": "rounded half up",
    "half-even": "rounded half to even",
    "either": "ties rounded up or down",
    "truncated": "decimals cut off",
    "sample SD": "SD with denominator n − 1",
    "population SD": "SD with denominator n",
    "standard error": "SD is a standard error",
    "d": "difference over the SD within groups",
    "equal groups": "difference over the SD within groups, as many people in both",
    "g": "Hedges’ correction for few people",
    "2t / √df": "2t / √df",
    "d_z": "change over the SD of change (d_z)",
    "d_av": "change over the average SD of both measurements (d_av)",
}
# Ties do not occur among recomputed ps, so that two ways of rounding are left.
P_ROUNDINGS = ("half-up", "truncated")

Row = Mapping[str, Any]
Read = Callable[[str, str], tuple[bool | None, str]]


@dataclass(frozen=True)
class Outcome:
    """One check of one row.

    Attributes
    ----------
    row : int
        Line of the file from 1, with the header.
    what, where : str
        As typed.
    check : str
    verdict : str
        One of `VERDICTS`.
    conventions : tuple of str
        Readings under which the figures hold; where they cannot, those that were tried.
    arithmetic : tuple of str
    remark : str
        What is worth a word besides; often empty.
    """

    row: int
    what: str
    where: str
    check: str
    verdict: str
    conventions: tuple[str, ...]
    arithmetic: tuple[str, ...]
    remark: str = ""

    @property
    def place(self) -> str:
        """The row, and what its figures are of and where they are printed."""
        return ", ".join(filter(None, (f"row {self.row}", self.what, self.where)))

    @property
    def read_as(self) -> str:
        """The reading that a verdict rests on; empty where the arithmetic names the readings."""
        told = {HOLDS: "read as", FALSE: "under none of"}.get(self.verdict)
        return f"{told}: {', '.join(self.conventions)}" if told and self.conventions else ""


# What stands in a cell ----------------------------------------------------------------------------


def _whole(least: float) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = printed_number(text.replace("−", "-"))
        if value != value.to_integral_value() or value < least:
            raise ValueError
        return int(value)

    return read


def _exact(text: str) -> Fraction:
    return Fraction(_figure(text))


def _several(text: str) -> tuple[int, ...]:
    return tuple(_whole(1)(part.strip()) for part in text.split(";"))


def _step(text: str) -> Fraction:
    return Fraction(_positive(text))


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
    name = text.casefold().replace("χ", "chi").replace("²", "2").replace("chi-square", "chi2")
    return {known.casefold(): known for known in TESTS}[name]


LONGEST = 12  # characters of a figure, so that `Figures` reads what is read here
NUMBER = "a number as printed, such as 4.20"
COUNTS = "scores, each once, and their people, such as 1: 3; 5: 0"
# Reader of a cell, and what is expected there.
COLUMNS: dict[str, tuple[Callable[[str], Any], str]] = {
    "what": (_words, "text"),
    "where": (_words, "text"),
    "n": (_whole(1), "a whole number from 1"),
    "mean": (_figure, NUMBER),
    "sd": (_figure, NUMBER),
    "items": (_several, "a whole number from 1, or several such as 3; 4"),
    "step": (_step, "a number above 0"),
    "low": (_exact, NUMBER),
    "high": (_exact, NUMBER),
    "min": (_figure, NUMBER),
    "max": (_figure, NUMBER),
    "exactly": (_counts, COUNTS),
    "at_least": (_counts, COUNTS),
    "total": (_whole(2), "a whole number from 2"),
    "count": (_whole(0), "a whole number from 0"),
    "percent": (_figure, NUMBER),
    "test": (_test, "t, F, chi2, r, z or Q"),
    "value": (_figure, NUMBER),
    "df": (_positive, "a number above 0"),
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
    writer = csv.DictWriter(text, list(COLUMNS), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(EXAMPLES)
    return text.getvalue()


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """Read a paper's figures; each row with its line, without the cells that are blank.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with any of `COLUMNS` in any order, separated by commas, semicolons or tabs.

    Raises
    ------
    InputError
        With everything that cannot be read.
    """
    header, lines = cells(path, ",;\t")
    header = [name.strip().casefold() for name in header]
    problems = list(_header_problems(path.name, header))
    rows: list[tuple[int, Row]] = []
    for line, texts in lines if not problems else ():
        row: dict[str, Any] = {}
        if len(texts) != len(header):
            expected = f"{len(header)} cells"
            problems.append(Problem(path.name, line, "", f"{len(texts)} cells", expected))
            continue
        for name, text in zip(header, map(str.strip, texts), strict=True):
            read, expected = COLUMNS[name]
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
    expected = f"only: {', '.join(COLUMNS)}"
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            yield Problem(name, 1, "", f"the column {shown(column)}", expected)
        elif header.count(column) > 1:
            yield Problem(name, 1, column, f"{header.count(column)} columns of this name", "one")


def _scale_problems(name: str, line: int, row: Row) -> Iterator[Problem]:
    ends = [end for end in ("low", "high") if end in row]
    if len(ends) == 1:
        yield Problem(name, line, ends[0], "one end of a scale", "low and high, or neither")
    elif ends and None not in (row["low"], row["high"]):
        if row["low"] >= row["high"]:
            yield Problem(name, line, "high", str(row["high"]), f"more than low, {row['low']}")
        unit = 1 / _parts(row) if _has_grid(row) else 0
        for end in ends if unit else ():
            if row[end] % unit:
                yield Problem(name, line, end, str(row[end]), f"a multiple of {unit}")
    if None not in (row.get("n", 0), row.get("total", 0)) and row.get("n", 0) > row.get(
        "total", inf
    ):
        yield Problem(name, line, "n", str(row["n"]), f"at most total, {row['total']}")


# Checks -------------------------------------------------------------------------------------------


def audit(path: Path) -> list[Outcome]:
    """Check every row of a paper's figures.

    Returns
    -------
    list of Outcome
        By verdict, the worst first, then in the order of the file. Every row has at least one.

    Raises
    ------
    InputError
        With everything that cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "paper.csv")
    ...     _ = path.write_text(template().replace("5.18", "5.19"))
    ...     for outcome in audit(path):
    ...         print(outcome.row, outcome.verdict)
    2 cannot be true
    3 holds
    4 holds
    5 holds
    6 holds
    7 holds
    7 holds
    7 holds
    8 holds
    8 holds
    9 holds
    """
    rows = read_rows(path)
    outcomes = [outcome for line, row in rows for outcome in _checked(line, _grouped(row, rows))]
    return sorted(outcomes, key=lambda outcome: VERDICTS.index(outcome.verdict))


def _grouped(row: Row, rows: list[tuple[int, Row]]) -> Row:
    """Take to a row without n those of the other groups, which share what and total with it."""
    if "n" in row or "total" not in row:
        return row
    same = [other for _, other in rows if "n" not in other and _whole_of(other) == _whole_of(row)]
    return {**row, "groups": same, "place": next(i for i, one in enumerate(same) if one is row)}


def _whole_of(row: Row) -> tuple[Any, ...]:
    return row.get("what"), row.get("total")


def _checked(line: int, row: Row) -> Iterator[Outcome]:
    checks: tuple[tuple[str, set[str], Callable[[Row], _Judged]], ...] = (
        ("mean and SD", {"mean", "sd"}, _scores),
        ("count and percentage", {"count", "percent"}, _share),
        (
            "test and p",
            {"p"} if {"d", "ci_low"} & row.keys() else {"test", "value", "p"},
            _p_of_test,
        ),
        ("effect size", {"d"}, _effect),
        ("confidence interval", {"diff", "ci_low", "ci_high"}, _confidence),
    )
    asked = [(name, run) for name, columns, run in checks if columns & row.keys()]
    for name, run in asked or [("row", lambda _: _lacking("a mean, a percentage or a test"))]:
        yield Outcome(line, row.get("what", ""), row.get("where", ""), name, *run(row))


class _Judged(NamedTuple):
    verdict: str
    conventions: tuple[str, ...]
    arithmetic: tuple[str, ...]
    remark: str = ""


def _lacking(what: str) -> _Judged:
    return _Judged(UNCHECKED, (), (f"lacks {what}",))


def _judged(printed: str, kinds: Sequence[str], roundings: Sequence[str], read: Read) -> _Judged:
    """Read by the usual convention; if this fails, find of each kind the first rounding that fits.

    `read` says whether the figures hold under a kind and a rounding, and how it comes.
    """
    holds, says = read(kinds[0], roundings[0])
    told = f"{printed.replace('-', '−')}: {says}"
    if holds:
        return _Judged(HOLDS, (_named(roundings[0], kinds[0]),), (told,))
    fitting, undecided = {}, holds is None
    for kind in kinds:
        for rounding in roundings:
            holds, says = read(kind, rounding)
            undecided = undecided or holds is None
            if holds:
                fitting[_named(rounding, kind)] = says
                break
    if fitting:
        lines = (f"{name}: {says}" for name, says in fitting.items())
        return _Judged(ONLY_IF, tuple(fitting), (told, *lines))
    tried = tuple(_named(one) for one in (*roundings, *filter(None, kinds)))
    return _Judged(UNDECIDED if undecided else FALSE, tried, (told,))


def _named(*conventions: str) -> str:
    return ", ".join(CONVENTIONS.get(one, one) for one in conventions if one)


def _scores(row: Row) -> _Judged:
    if "mean" not in row:
        return _lacking("a mean")
    if "groups" in row:
        return _of_groups(row)
    whole, scale = "n" in row and _has_grid(row), None not in _ends(row)
    if not whole and not scale:
        return _lacking("n and items, or the scale's low and high")
    kinds: Sequence[str] = ("",)
    if {"n", "sd"} <= row.keys():
        if row["n"] == 1:
            return _lacking("a second person, without whom there is no SD")
        kinds = SPREADS
    return _judged(_printed(row), kinds, ROUNDINGS, (_existence if whole else _on_scale)(row))


def _has_grid(row: Row) -> bool:
    """Whether the scores are known to lie in steps."""
    return row.get("items") is not None or row.get("step") is not None


def _parts(row: Row) -> Fraction:
    """How many steps there are in a score of 1."""
    return lcm(*(row.get("items") or (1,))) / (row.get("step") or Fraction(1))


def _ends(row: Row) -> tuple[Fraction | None, Fraction | None]:
    """Ends between which all scores lie, those that occur if they are known."""
    low, high = row.get("low"), row.get("high")
    least, greatest = (Fraction(row[name]) if name in row else None for name in ("min", "max"))
    return (
        max((end for end in (low, least) if end is not None), default=None),
        min((end for end in (high, greatest) if end is not None), default=None),
    )


def _printed(row: Row) -> str:
    names = {"n": "n", "total": "total", "mean": "M", "sd": "SD"}
    told = [f"{name} = {row[column]}" for column, name in names.items() if column in row]
    if (items := row.get("items", (1,))) != (1,):
        told.append(f"means of {' or '.join(map(str, items))} items")
    if "step" in row:
        told.append(f"steps of {short(row['step'])}")
    if "low" in row:
        told.append(f"scale {short(row['low'])} to {short(row['high'])}")
    told += [f"{name} {row[name]}" for name in ("min", "max") if name in row]
    for column, name in (("exactly", ""), ("at_least", "at least ")):
        told += [f"{name}{people} with {score}" for score, people in row.get(column, ())]
    return ", ".join(told)


def _existence(row: Row) -> Read:
    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        try:
            figures = _figures(row, rounding, spread)
            reason = why_impossible(figures)
        except _Off as error:
            return False, str(error)
        except TooLarge as error:
            return None, str(error)
        found = witness(figures) if reason is None else None
        people = ", ".join(f"{n} × {short(score)}" for score, n in (found or {}).items())
        return reason is None, reason or f"possible{people and f', for example {people}'}"

    return read


def groups(path: Path) -> list[tuple[str, Figures]]:
    """Rows that print a mean of scores in steps, and the ends of their scale.

    Returns
    -------
    list of (str, Figures)
        What and where, with the line; the figures as they are usually printed.

    Raises
    ------
    InputError
        With everything that cannot be read; also when no row is of this kind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "paper.csv")
    ...     _ = path.write_text(template())
    ...     (place, figures), _ = groups(path)
    >>> place, figures.sd
    ('row 2, Satisfaction, Table 1', '1.59')
    """
    found: list[tuple[str, Figures]] = []
    problems: list[Problem] = []
    for line, row in read_rows(path):
        least_n = 2 if "sd" in row else 1
        if not {"n", "mean"} <= row.keys() or None in _ends(row) or not _has_grid(row):
            continue
        if row["n"] < least_n:
            problems.append(Problem(path.name, line, "n", str(row["n"]), f"at least {least_n}"))
            continue
        place = Outcome(line, row.get("what", ""), row.get("where", ""), "", "", (), ()).place
        try:
            found.append((place, _figures(row, ROUNDINGS[0], SPREADS[0])))
        except _Off as error:
            problems.append(Problem(path.name, line, "", str(error), "scores on the scale"))
    if not found and not problems:
        expected = "a row with n, mean, items or step, and the scale's low and high"
        problems.append(Problem(path.name, None, "", "no row of scores", expected))
    if problems:
        raise InputError(problems)
    return found


def _of_groups(row: Row) -> _Judged:
    """Sizes of the groups that share a total; told of the one in the row."""
    groups, total = row["groups"], row["total"]
    if len(groups) == 1:
        return _lacking("n, or a row for each other group with the same what and total")
    if not all("mean" in group and _has_grid(group) for group in groups):
        return _lacking("a mean and items in each row with the same what and total")

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        try:
            # Too small an n for the known scores makes a size impossible, which the search finds.
            each = [_figures({"n": total, **group}, rounding, spread) for group in groups]
            sizes = _sizes(tuple(each), total)[row["place"]]
        except _Off as error:
            return False, str(error)
        except TooLarge as error:
            return None, str(error)
        if not sizes:
            return False, f"no sizes of the {len(groups)} groups add up to {total}"
        few = " or ".join(map(str, sizes))
        told = f"any of {len(sizes)} numbers from {sizes[0]} to {sizes[-1]}"
        return True, f"n is {few if len(sizes) < 6 else told}"

    kinds = SPREADS if any("sd" in group for group in groups) else ("",)
    return _judged(_printed(row), kinds, ROUNDINGS, read)


@lru_cache(maxsize=64)
def _sizes(groups: tuple[Figures, ...], total: int) -> list[list[int]]:
    return group_sizes(groups, total)


class _Off(ValueError):
    """A printed score that nobody can have."""


def _figures(row: Row, rounding: str, spread: str) -> Figures:
    """A scale that is not printed is as wide as the SD lets the scores be."""
    n, mean, parts = row["n"], Fraction(row["mean"]), _parts(row)

    def on_grid(score: str) -> Fraction:
        nearest = round(Fraction(score) * parts)
        if nearest not in printed_interval(score, rounding).times(parts):
            raise _Off(f"nobody can have the score {score}")
        return nearest / parts

    exactly, at_least = (
        [(on_grid(score), people) for score, people in row.get(column, ())]
        for column in ("exactly", "at_least")
    )
    at_least += [(on_grid(row[name]), 1) for name in ("min", "max") if name in row]
    least, greatest = (on_grid(row[name]) if name in row else None for name in ("min", "max"))
    known = Figures(
        n, "0", None, 0, 0, 1, exactly=tuple(exactly), at_least=tuple(at_least), step=1 / parts
    ).known
    others = n - known.total()
    middle = (n * mean - sum(known.elements()) / parts) / others if others > 0 else mean
    reach = (abs(Fraction(row["sd"])) + 1) * n if "sd" in row else len(exactly) + 1
    low = row.get("low", floor((min(mean, middle) - reach) * parts) / parts)
    high = row.get("high", ceil((max(mean, middle) + reach) * parts) / parts)
    ends = [
        inner if inner is not None and (end not in row or low <= inner <= high) else outer
        for end, inner, outer in (("low", least, low), ("high", greatest, high))
    ]
    return Figures(
        *(n, row["mean"], row.get("sd"), ends[0], ends[1], row.get("items", (1,)), rounding),
        spread=spread or SPREADS[0],
        step=row.get("step", Fraction(1)),
        exactly=tuple(exactly),
        at_least=tuple(at_least),
    )


def _on_scale(row: Row) -> Read:
    """Scores of any kind: the scale and the scores that are known bound the mean and the SD.

    With m others, who have the sum S, their squares sum up to S² / m at least and to
    S (low + high) - m low high at most.
    """
    low, high = _ends(row)
    known = Counter[Fraction]()
    for score, people in row.get("at_least", ()) if "n" in row else ():
        known |= Counter({Fraction(score): people})
    for name in ("min", "max") if "n" in row else ():
        known |= Counter({Fraction(row[name]): 1}) if name in row else Counter()
    if "n" in row:
        known = +Counter({**known, **{Fraction(s): people for s, people in row.get("exactly", ())}})

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        assert low is not None
        assert high is not None
        if low > high or any(not low <= score <= high for score in known):
            return False, "a score that is known to occur is off the scale"
        n = row.get("n", 1)
        others = n - known.total()
        if others < 0:
            return False, f"{known.total()} people with known scores are more than n = {n}"
        total = Fraction(sum(score * people for score, people in known.items()))
        mean = printed_interval(row["mean"], rounding)
        first = max(mean.low, Fraction(total + others * low, n))
        last = min(mean.high, Fraction(total + others * high, n))
        fits = first <= last
        if not fits or not spread:
            on = "on" if fits else "off"
            return fits, f"the mean is {on} the scale" + " with these counts" * bool(known)
        squares = sum(score**2 * people for score, people in known.items())

        def variance(m: Fraction, of_others: Fraction) -> Fraction:
            return Fraction(squares + of_others - n * m**2) / Fraction(n - 1)

        def clamped(m: Fraction) -> Fraction:
            return min(max(m, first), last)

        middle = clamped((low + high) / 2)
        rest = n * middle - total
        most = variance(middle, rest * (low + high) - others * low * high)
        level = clamped(Fraction(total, known.total())) if known else first
        least = variance(level, (n * level - total) ** 2 / others if others else Fraction(0))
        figures = Figures(n, row["mean"], row["sd"], 0, 1, 1, rounding, spread)
        sd = figures.variance_interval
        fits = least <= sd.high and sd.low <= most and not row["sd"].startswith("-")
        ends = span(sqrt(max(least, Fraction(0))), sqrt(max(most, Fraction(0))), 4)
        return fits, f"the scale allows an SD (n − 1) of {ends}"

    return read


def _share(row: Row) -> _Judged:
    if not {"n", "percent"} <= row.keys():
        return _lacking("n and a percentage")
    n, percent, count = row["n"], row["percent"], row.get("count")

    def read(_: str, rounding: str) -> tuple[bool, str]:
        first, last = printed_interval(percent, rounding).whole(Fraction(n, 100))
        first, last = max(first, 0), min(last, n)
        counts = " or ".join(map(str, dict.fromkeys((first, last))))
        says = f"it is {counts if first <= last else 'no count'} of {n}"
        if count is None:
            return first <= last, says
        exact = number(Fraction(100 * count, n), len(percent.partition(".")[2]) + 1)
        return first <= count <= last, f"{says}; {count} / {n} = {exact}%"

    return _judged(f"{percent}%", [""], ROUNDINGS, read)


# Tests --------------------------------------------------------------------------------------------


SIGNED = ("t", "r", "z")
AGAINST = "one-sided, against the direction of the effect"


def _p_of_test(row: Row) -> _Judged:
    if row.get("test") == "r" and row.get("n", 0) > 2:
        row = {"df": str(row["n"] - 2), **row}
    needed = ["test", "value", "p", *("df", "df2")[: TESTS[row.get("test", "z")][0]]]
    if lacks := [column for column in needed if column not in row]:
        return _lacking(", ".join(lacks))
    test, value, p = row["test"], row["value"], row["p"]
    dfs = [row[column] for column in needed[3:]]
    printed = f"{test}({', '.join(dfs)}) = {value}" if dfs else f"{test} = {value}"
    if (test not in SIGNED and value.startswith("-")) or (test == "r" and abs(Fraction(value)) > 1):
        return _Judged(FALSE, (), (f"{printed}: there is no such {test}",))

    def read(tail: str, rounding: str) -> tuple[bool, str]:
        low, high = p_interval(test, value, dfs, rounding)
        if "one-sided" in tail:
            low, high = low / 2, high / 2
        if tail == AGAINST:
            low, high = 1 - high, 1 - low
        return p.fits(low, high, rounding), f"p recomputed is {span(low, high, 4)}"

    judged = _judged(f"{printed}, {p}", _tails(row), P_ROUNDINGS, read)
    return judged._replace(remark=_remark(p))


def _tails(row: Row) -> tuple[str, ...]:
    """Two-sided first; a test of one degree of freedom may be half of it, too."""
    if row["test"] not in SIGNED:
        halved = row.get("df") == "1" and row.get("tails") != 2
        return ("upper tail", "halved: one-sided") if halved else ("upper tail",)
    tails = {1: ("one-sided", AGAINST), 2: ("two-sided",)}
    return tails.get(row.get("tails", 0), ("two-sided", "one-sided"))


def _remark(p: P) -> str:
    if not Decimal(p.figure):
        decimals = len(p.figure.partition(".")[2])
        return f"no p is 0: p < {Decimal(1).scaleb(-decimals):f} is meant"
    return ""


# Effect sizes and intervals ---------------------------------------------------------------------


def _effect(row: Row) -> _Judged:
    needed = ["test", "value", "n"]
    if lacks := [column for column in needed if column not in row]:
        return _lacking(", ".join(lacks))
    if row["test"] != "t":
        return _lacking("a t, of which d is tested")
    n, n2, df = row["n"], row.get("n2"), row.get("df", "")
    two = n2 is not None or df == str(n - 2)
    own = n + n2 - 2 if n2 else n - (2 if two else 1)
    if own < 1:
        return _lacking("more people")
    kinds = ("d" if n2 else "equal groups", "g", "2t / √df") if two else ("d_z", "g", "d_av")
    factor = sqrt(1 / n + 1 / n2) if n2 else (2 if two else 1) / sqrt(n)

    def read(kind: str, rounding: str) -> tuple[bool, str]:
        t = printed_interval(row["value"].lstrip("-"), rounding)
        least, most = _factors(kind, factor, own)
        low, high = max(float(t.low), 0.0) * least, float(t.high) * most
        size = printed_interval(row["d"].lstrip("-"), rounding)
        fits = low <= float(size.high) and high >= float(size.low)
        if kind != "d_av":
            return fits, f"d recomputed is {span(low, high, 4)}"
        if not fits or not high:
            return fits, f"d is at most {number(high, 4)}"
        r = 1 - 2 * (float(size.low + size.high) / 2 / high) ** 2
        return fits, f"it rests on how both measurements correlate, here by about {number(r, 2)}"

    sizes = f"n = {n}" + (f" and {n2}" if n2 else "")
    judged = _judged(f"t = {row['value']}, {sizes}, d = {row['d']}", kinds, P_ROUNDINGS, read)
    if df and "." not in df and int(df) != own:
        return judged._replace(remark=f"{sizes} would give df = {own}, not {df}")
    return judged


def _factors(kind: str, factor: float, df: int) -> tuple[float, float]:
    """What t is multiplied with to give a d at least and at most.

    d_av = d_z √(2 (1 − r)) where both SDs are the same, and never more than twice d_z.
    """
    if kind == "g":  # exactly, and by the usual approximation
        exact = exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2) if df > 1 else 0.0
        least, most = sorted((factor * exact, factor * (1 - 3 / (4 * df - 1))))
        return least, most
    if kind == "2t / √df":
        return 2 / sqrt(df), 2 / sqrt(df)
    return (0.0, 2 * factor) if kind == "d_av" else (factor, factor)


def _confidence(row: Row) -> _Judged:
    """An interval about a difference, t times its standard error to each side.

    With the difference d and half the width w, t is in its printed interval when w t = c d, c
    being the quantile: all conditions are linear in d and w.
    """
    if lacks := [column for column in ("ci_low", "ci_high") if column not in row]:
        return _lacking(", ".join(lacks))
    tested = row.get("test") == "t" and {"value", "df"} <= row.keys()
    if not tested and "diff" not in row:
        return _lacking("diff, or t and df")
    levels = (row["level"],) if "level" in row else (95.0, 90.0, 99.0)
    laws = ("quantile of t", "normal quantile")
    kinds = {f"{short(level)}% interval, {law}": (level, law) for level in levels for law in laws}
    down = Fraction(row.get("diff", "0")) < 0 or (
        "diff" not in row and Fraction(row["ci_low"]) + Fraction(row["ci_high"]) < 0
    )

    def read(kind: str, rounding: str) -> tuple[bool, str]:
        level, law = kinds[kind]
        tail = (1 - level / 100) / 2
        ends = [printed_interval(row[name], rounding)[:2] for name in ("ci_low", "ci_high")]
        middle = printed_interval(row["diff"], rounding)[:2] if "diff" in row else (-inf, inf)
        (l0, l1), (h0, h1), (d0, d1) = (
            tuple(float(end) for end in pair) for pair in (*ends, middle)
        )
        if down:
            l0, l1, h0, h1, d0, d1 = -h1, -h0, -l1, -l0, -d1, -d0
        # Rows of a d + b w <= bound.
        rows: list[tuple[float, float, float]] = [
            (1, -1, l1),
            (-1, 1, -l0),
            (1, 1, h1),
            (-1, -1, -h0),
        ]
        says = f"the interval's middle is {span((l0 + h0) / 2, (l1 + h1) / 2, 4)}"
        if down:
            says = says.replace("middle is", "middle, without its sign, is")
        if tested:
            df = float(row["df"])
            c = float(stats.t.isf(tail, df) if law == laws[0] else stats.norm.isf(tail))
            t = printed_interval(row["value"].lstrip("-"), rounding)
            t0, t1 = max(float(t.low), 0.0), float(t.high)
            rows += [(c, -t1, 0), (-c, t0, 0)]
            wide, narrow = (h1 - l0) / 2, (h0 - l1) / 2
            if narrow > 0:
                ts = span(max(c * (l0 + h0) / 2 / wide, 0), c * (l1 + h1) / 2 / narrow, 4)
                says += f", t recomputed from it is {ts}"
        found = linprog(
            [0, 0],
            [one[:2] for one in rows],
            [one[2] for one in rows],
            bounds=[(d0 if d0 > -inf else None, d1 if d1 < inf else None), (0, None)],
        )
        return bool(found.success), says

    told = [f"t({row['df']}) = {row['value']}"] if tested else []
    told += [f"difference {row['diff']}"] if "diff" in row else []
    printed = ", ".join([*told, f"interval {row['ci_low']} to {row['ci_high']}"])
    return _judged(printed, list(kinds), P_ROUNDINGS, read)
