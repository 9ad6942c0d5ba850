"""The audit of a paper: one CSV file, one printed result a row, each checked by itself.

A row's mean and SD (GRIM [1]_, GRIMMER [2]_, DEBIT [3]_), its count and percentage, and its test
and p [4]_ are read under every usual convention: how figures were rounded, what an SD is, which
tail a p is of. A row *holds* when the first reading allows it, *holds only if* another one was
meant, and *cannot be true* when none of them allows it. One way of rounding is taken for all
figures of a row.

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
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil, floor, inf, sqrt
from pathlib import Path
from typing import Any, NamedTuple

from scipy import stats

from earlyhelp.possible.one_group import (
    ROUNDINGS,
    SPREADS,
    Figures,
    TooLarge,
    printed_interval,
    why_impossible,
    witness,
)
from earlyhelp.published.numbers import Ambiguous, number, plain, printed_number, short, span
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
}
# Ties do not occur among recomputed ps, so that two ways of rounding are left.
P_ROUNDINGS = ("half-up", "truncated")
LARGEST_P_OF_EFFECTS, NS = ".05", "ns"  # "ns" says that p is larger
_P = re.compile(r"p?(=|<=|>=|[<>≤≥]?)([^=<>≤≥]+)")

Row = Mapping[str, Any]
Read = Callable[[str, str], tuple[bool | None, str]]


class P(NamedTuple):
    """A printed p: "=", "<", "<=", ">", ">=" or "ns", and its figure in plain digits."""

    sign: str
    figure: str

    def __str__(self) -> str:
        return f"ns (p > {self.figure})" if self.sign == NS else f"p {self.sign} {self.figure}"

    def fits(self, low: float, high: float, rounding: str) -> bool:
        """Whether a p from low to high may be printed like this."""
        if self.sign == "=":
            interval = printed_interval(self.figure, rounding)
            return low <= float(interval.high) and high >= float(interval.low)
        bound = float(self.figure)
        if "<" in self.sign:
            return low < bound or ("=" in self.sign and low == bound)
        return high > bound or ("=" in self.sign and high == bound)


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


def _p(text: str) -> P:
    compact = re.sub(r"\s", "", text).casefold()
    if compact.replace(".", "") == "ns":
        return P(NS, plain(LARGEST_P_OF_EFFECTS))
    match = _P.fullmatch(compact)
    if not match or not 0 <= Decimal(plain(match[2])) <= 1:
        raise ValueError
    return P(match[1].replace("≤", "<=").replace("≥", ">=") or "=", plain(match[2]))


LONGEST = 12  # characters of a figure, so that `Figures` reads what is read here
NUMBER = "a number as printed, such as 4.20"
# Reader of a cell, and what is expected there.
COLUMNS: dict[str, tuple[Callable[[str], Any], str]] = {
    "what": (_words, "text"),
    "where": (_words, "text"),
    "n": (_whole(1), "a whole number from 1"),
    "mean": (_figure, NUMBER),
    "sd": (_figure, NUMBER),
    "items": (_whole(1), "a whole number from 1"),
    "low": (_whole(-inf), "a whole number"),
    "high": (_whole(-inf), "a whole number"),
    "count": (_whole(0), "a whole number from 0"),
    "percent": (_figure, NUMBER),
    "test": (_test, "t, F, chi2, r, z or Q"),
    "value": (_figure, NUMBER),
    "df": (_positive, "a number above 0"),
    "df2": (_positive, "a number above 0"),
    "p": (_p, "a p from 0 to 1 as printed, such as .036, < .05 or ns"),
    "tails": (lambda text: ("1", "2").index(text) + 1, "1 or 2"),
}
EXAMPLES = (
    {"what": "Satisfaction", "where": "Table 1", "n": "28", "mean": "5.18", "sd": "1.59",
     "items": "1", "low": "1", "high": "7"},
    {"what": "Attended", "where": "Table 1", "n": "16", "count": "13", "percent": "81.3"},
    {"what": "Alliance", "where": "p. 7", "test": "t", "value": "2.20", "df": "28", "p": ".036"},
    {"what": "Roles", "where": "p. 8", "test": "F", "value": "2.20", "df": "2", "df2": "28",
     "p": "ns"},
)  # fmt: skip


def template() -> str:
    """Table to fill: the header, and a row for each kind of figure as an example.

    Examples
    --------
    >>> print(template().splitlines()[0])
    what,where,n,mean,sd,items,low,high,count,percent,test,value,df,df2,p,tails
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
    elif ends and None not in (row["low"], row["high"]) and row["low"] >= row["high"]:
        yield Problem(name, line, "high", str(row["high"]), f"more than low, {row['low']}")


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
    """
    outcomes = [outcome for line, row in read_rows(path) for outcome in _checked(line, row)]
    return sorted(outcomes, key=lambda outcome: VERDICTS.index(outcome.verdict))


def _checked(line: int, row: Row) -> Iterator[Outcome]:
    checks: tuple[tuple[str, set[str], Callable[[Row], _Judged]], ...] = (
        ("mean and SD", {"mean", "sd"}, _scores),
        ("count and percentage", {"count", "percent"}, _share),
        ("test and p", {"test", "value", "p"}, _p_of_test),
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
    whole, scale = {"n", "items"} <= row.keys(), "low" in row
    if not whole and not scale:
        return _lacking("n and items, or the scale's low and high")
    if {"n", "sd"} <= row.keys():
        if row["n"] == 1:
            return _lacking("a second person, without whom there is no SD")
        read = _existence(row) if whole else _spread_on_scale(row)
        return _judged(_printed(row), SPREADS, ROUNDINGS, read)
    read = _grim(row) if whole else _mean_on_scale(row)
    return _judged(_printed(row), [""], ROUNDINGS, read)


def _printed(row: Row) -> str:
    names = {"n": "n", "mean": "M", "sd": "SD"}
    told = ", ".join(f"{name} = {row[column]}" for column, name in names.items() if column in row)
    if row.get("items", 1) > 1:
        told += f", means of {row['items']} items"
    return told + (f", scale {row['low']} to {row['high']}" if "low" in row else "")


def _existence(row: Row) -> Read:
    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        figures = _figures(row, rounding, spread)
        try:
            reason = why_impossible(figures)
        except TooLarge as error:
            return None, str(error)
        found = witness(figures) if reason is None else None
        people = ", ".join(f"{n} × {short(score)}" for score, n in (found or {}).items())
        return reason is None, reason or f"possible{people and f', for example {people}'}"

    return read


def _figures(row: Row, rounding: str, spread: str) -> Figures:
    """A scale that is not printed is as wide as the SD lets the scores be."""
    n, mean, reach = row["n"], Fraction(row["mean"]), (abs(Fraction(row["sd"])) + 1) * row["n"]
    low, high = row.get("low", floor(mean - reach)), row.get("high", ceil(mean + reach))
    items = row.get("items", 1)
    return Figures(n, row["mean"], row["sd"], low, high, items, rounding, spread)


def _grim(row: Row) -> Read:
    n, mean = row["n"] * row["items"], row["mean"]

    def read(_: str, rounding: str) -> tuple[bool, str]:
        first, last = printed_interval(mean, rounding).whole(n)
        if first > last:
            near = " and ".join(number(Fraction(total, n), 4) for total in (last, first))
            return False, f"GRIM fails: the nearest means are {near}"
        low, high = (row.get(end, edge) * n for end, edge in (("low", -inf), ("high", inf)))
        if first > high or last < low:
            return False, "the mean is off the scale"
        return True, f"{int(max(first, low))} / {n} gives the mean"

    return read


def _mean_on_scale(row: Row) -> Read:
    def read(_: str, rounding: str) -> tuple[bool, str]:
        mean = printed_interval(row["mean"], rounding)
        fits = mean.low <= row["high"] and mean.high >= row["low"]
        return fits, f"the mean is {'on' if fits else 'off'} the scale"

    return read


def _spread_on_scale(row: Row) -> Read:
    """The greatest variance that scores on the scale can have is (M - low)(high - M)."""
    on_scale = _mean_on_scale(row)

    def read(spread: str, rounding: str) -> tuple[bool | None, str]:
        fits, says = on_scale("", rounding)
        if not fits:
            return fits, says
        low, high, n = row["low"], row["high"], row["n"]
        mean = printed_interval(row["mean"], rounding)
        middle = min(max(Fraction(low + high, 2), mean.low), mean.high)
        most = (middle - low) * (high - middle) * Fraction(n, n - 1)
        fits = _figures(row, rounding, spread).variance_interval.low <= most
        fits = fits and not row["sd"].startswith("-")
        return fits, f"the scale allows an SD (n − 1) up to {number(sqrt(most), 4)}"

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


def _p_of_r(r: float, df: float) -> float:
    return 2 * float(stats.t.sf(inf if r >= 1 else r * sqrt(df / (1 - r * r)), df))


# How many degrees of freedom a test has, and its p: two-sided, or of the upper tail.
TESTS: dict[str, tuple[int, Callable[..., float]]] = {
    "t": (1, lambda t, df: 2 * float(stats.t.sf(t, df))),
    "F": (2, lambda f, df, df2: float(stats.f.sf(f, df, df2))),
    "chi2": (1, lambda chi2, df: float(stats.chi2.sf(chi2, df))),
    "r": (1, _p_of_r),
    "z": (0, lambda z: 2 * float(stats.norm.sf(z))),
    "Q": (1, lambda q, df: float(stats.chi2.sf(q, df))),
}
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
        low, high = _p_interval(test, value, dfs, rounding)
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


def _p_interval(test: str, value: str, dfs: Iterable[str], rounding: str) -> tuple[float, float]:
    """Least and greatest p over the rounding of the value and of fractional df.

    In each of them p only rises or only falls, so that it is enough to look at the ends; in the df
    of an F this holds over so short a range for all that can be printed.
    """
    interval = printed_interval(value.lstrip("-"), rounding)
    ends = [(max(float(interval.low), 0.0), float(interval.high))]
    for df in dfs:
        exact = printed_interval(df, rounding)[:2] if "." in df else (Fraction(df),)
        ends.append(tuple(max(float(end), 1e-9) for end in exact))  # type: ignore[arg-type]
    ps = [TESTS[test][1](*corner) for corner in product(*ends)]
    return min(ps), max(ps)


def _remark(p: P) -> str:
    if not Decimal(p.figure):
        decimals = len(p.figure.partition(".")[2])
        return f"no p is 0: p < {Decimal(1).scaleb(-decimals):f} is meant"
    return ""
