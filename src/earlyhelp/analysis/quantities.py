"""The quantities that the analysis computes, each registered where it is computed.

A quantity is a function that makes a tidy table of a pilot. Beside it stand rules that say what in
the table follows from what, whatever the data: with them `earlyhelp.published.statuses` tells which
numbers are settled once some are printed. Rules are arithmetic, so a test holds each of them to
the tables of every study.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pandas as pd

from earlyhelp.analysis.small_numbers import safe
from earlyhelp.study.raw import Pilot

# What a number may claim that the reconstruction has set freely.
FREE = "illustrative"


@dataclass(frozen=True)
class Formula:
    """A column that other columns of the same row give, such as ``100 * n / total``."""

    column: str
    formula: str

    @property
    def names(self) -> list[str]:
        """The columns that it is computed from."""
        tree = ast.walk(ast.parse(self.formula))
        return sorted({node.id for node in tree if isinstance(node, ast.Name)})


@dataclass(frozen=True)
class Given:
    """A column that the study's design states."""

    column: str


@dataclass(frozen=True)
class Total:
    """A column whose rows add up to the row where `key` is `total`, within each group of `by`.

    Attributes
    ----------
    parts : tuple of str
        Values of `key` that add up; all of them when empty.
    where : mapping
        The rows that it is about, by column; all of them when empty.
    besides : tuple of str
        Values of `key` that repeat what other rows count.
    """

    column: str
    key: str
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    besides: tuple[str, ...] = ()
    total: str = "all"
    parts: tuple[str, ...] = ()

    def sums(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """The rows of each sum, its total among them."""
        chosen = matching(frame, self.where)
        chosen = chosen[~chosen[self.key].isin(self.besides)]
        if self.parts:
            chosen = chosen[chosen[self.key].isin((*self.parts, self.total))]
        for rows in grouped(chosen, self.by):
            if len(rows) > 1 and (rows[self.key] == self.total).any():
                yield rows


@dataclass(frozen=True)
class SameAs:
    """A column that repeats a number of another quantity.

    Attributes
    ----------
    column : str
    quantity, of : str
        The other quantity and its column.
    where : mapping
        Rows of this table, by column; all of them when empty.
    select : mapping
        Columns that pick the other table's row, beside those in `on`.
    on : tuple of str
        Columns that both tables have.
    when : tuple of pairs of SameAs
        Numbers that have to be equal for the rule to hold.
    """

    column: str
    quantity: str
    of: str
    where: Mapping[str, str] = field(default_factory=dict)
    select: Mapping[str, str] = field(default_factory=dict)
    on: tuple[str, ...] = ()
    when: tuple[tuple[SameAs, SameAs], ...] = ()


@dataclass(frozen=True)
class Sum:
    """A column that adds up numbers of another quantity.

    Attributes
    ----------
    column : str
    quantity, of : str
        The other quantity and its column.
    key, rows
        Rows of the other table that are added up: a column and its values.
    on : tuple of str
        Columns that both tables have.
    where : mapping
        Rows of this table, by column; all of them when empty.
    """

    column: str
    quantity: str
    of: str
    key: str
    rows: tuple[str, ...]
    on: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """Rows that are answers to a question: `n` people of `total`, as `percent`.

    Attributes
    ----------
    by : tuple of str
        Columns that tell questions apart.
    n : str
        Column of the counts.
    asked : SameAs, optional
        How many were asked, which `total` cannot exceed.
    """

    by: tuple[str, ...] = ()
    n: str = "n"
    asked: SameAs | None = None


def matching(frame: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """Rows that have some values, by column.

    Examples
    --------
    >>> list(matching(pd.DataFrame({"arm": ["a", "b"]}), {"arm": "b"}).index)
    [1]
    """
    for key, value in where.items():
        frame = frame[frame[key] == value]
    return frame


def grouped(frame: pd.DataFrame, by: Iterable[str]) -> list[pd.DataFrame]:
    """The rows of each group; of one, without columns that tell groups apart.

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["a", "b", "b"]})
    >>> [len(rows) for rows in grouped(frame, ["arm"])], len(grouped(frame, []))
    ([1, 2], 1)
    """
    keys = list(by)
    return [rows for _, rows in frame.groupby(keys)] if keys else [frame]


Rule = Formula | Given | Total | SameAs | Sum | Answers
# Rules that depend on what a study has, such as its instruments.
RulesOf = Callable[[Pilot], Iterable[Rule]]


@dataclass(frozen=True)
class Quantity:
    """A registered function with its rules."""

    compute: Callable[..., pd.DataFrame]
    stated: tuple[Rule | RulesOf, ...]

    def rules(self, pilot: Pilot) -> list[Rule]:
        """The rules of the table of a pilot."""
        return [
            rule
            for stated in self.stated
            for rule in (stated(pilot) if callable(stated) else (stated,))
        ]

    def computed(self, pilot: Pilot, *arguments: Any, **options: Any) -> pd.DataFrame:
        """The table from everything that is known; computed once for a pilot and its settings."""
        known, settings = pilot.exact(), (self.compute, arguments, *options.items())
        if settings not in known.computed:
            known.computed[settings] = self.compute(known, *arguments, **options)
        table: pd.DataFrame = known.computed[settings]
        return table.copy()

    def told(self, pilot: Pilot, *arguments: Any, **options: Any) -> pd.DataFrame:
        """The table as far as it is told (`Pilot.told_from`)."""
        frame = self.computed(pilot, *arguments, **options)
        words = pilot.labels | frame.attrs.get("labels", {})
        labelled(frame, words).attrs["quantity"] = self.compute.__name__
        return safe(frame, pilot.told_from)


QUANTITIES: dict[str, Quantity] = {}


def quantity(
    *rules: Rule | RulesOf,
) -> Callable[[Callable[..., pd.DataFrame]], Callable[..., pd.DataFrame]]:
    """Register a function of a pilot as a quantity, with the rules of its table.

    Its table carries its name in ``attrs["quantity"]``, words for names in ``attrs["labels"]`` and,
    where the pilot knows it (`Pilot.statuses`), what each number may claim in
    ``attrs["statuses"]``. Of a pilot for readers it tells no small numbers (`small_numbers`).
    """

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        name = function.__name__
        if name in QUANTITIES:
            raise ValueError(f"a quantity {name} is registered already")

        @wraps(function)
        def computed(pilot: Pilot, *arguments: Any, **options: Any) -> pd.DataFrame:
            frame = QUANTITIES[name].told(pilot, *arguments, **options)
            if pilot.statuses is not None:
                frame.attrs["statuses"] = pilot.statuses(name, frame)
            return frame

        QUANTITIES[name] = Quantity(function, rules)
        return computed

    return register


class WordsForNames(dict[str, str]):
    """Words for names, which pandas does not copy with every selection."""

    def __deepcopy__(self, memo: dict[int, Any]) -> WordsForNames:
        return self


def labelled(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Give a table the words for names in its cells.

    Examples
    --------
    >>> frame = labelled(pd.DataFrame({"measure": ["wai"]}), {"wai": "Working alliance"})
    >>> frame.attrs["labels"]["wai"]
    'Working alliance'
    """
    frame.attrs["labels"] = WordsForNames(labels)
    return frame


def claiming(frame: pd.DataFrame, status: str) -> pd.DataFrame:
    """Say of a computed table what all of its numbers may claim.

    Examples
    --------
    >>> claiming(pd.DataFrame({"low": [3], "high": [5]}), "bounded").attrs["status"]
    'bounded'
    """
    frame.attrs["status"] = status
    return frame


def set_in(frame: pd.DataFrame) -> str:
    """The quantity, or the table of people one by one (`free`), that a table's numbers are of.

    Examples
    --------
    >>> from earlyhelp.analysis.instruments import outcome_scores
    >>> from earlyhelp.study.raw import open_pilot
    >>> set_in(outcome_scores(open_pilot("tests/studies/complete"))), set_in(pd.DataFrame())
    ('outcome_scores', '')
    """
    name: str = frame.attrs.get("quantity") or frame.attrs.get("free", "")
    return name


def free(pilot: Pilot, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Say of a table that it shows people one by one: seen ones, or synthetic ones."""
    observed = pilot.study.provenance == "observed"
    frame.attrs["free"] = name
    return claiming(labelled(frame, pilot.labels), "observed" if observed else FREE)
