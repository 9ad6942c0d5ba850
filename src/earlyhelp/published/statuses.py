"""What each number of a table may claim, derived from the ledger and the rules of quantities.

In a reconstructed study a number is *reproduced* or *contradicted* as its claim is, *determined*
when the rules of its quantity (`earlyhelp.analysis.quantities`) give it from numbers that are
settled, and *illustrative* otherwise: nothing printed bears on it, so the reconstruction has set
it. What follows from a contradicted number is contradicted too. In a study of real data every
number is *observed*. The status that `claims.csv` records is the one expected, which the ledger
compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import pandas as pd

from earlyhelp.analysis.quantities import (
    FREE,
    QUANTITIES,
    Answers,
    Formula,
    Given,
    Rule,
    SameAs,
    Sum,
    Total,
    grouped,
    matching,
)
from earlyhelp.published.claims import COLUMNS, WORD, Claim
from earlyhelp.published.numbers import printed_number, round_like
from earlyhelp.study.raw import Pilot

# What a number may claim, and what that means.
STATUSES = {
    "reproduced": "printed in the report and given back by the data at the printed precision",
    "determined": "not printed, but the same in every data set that the printed figures allow",
    "bounded": "not the same in every data set that the printed figures allow; its range is shown",
    "contradicted": "one of several printed figures that cannot all be true, or a word that the "
    "figures do not bear out; the audit shows why",
    "assumed": "worked out from values that somebody chose; they stand beside it",
    FREE: "free in the reconstruction: it shows the form of an analysis and is no finding",
    "observed": "computed from a study's real data",
    "design fact": "a fact of the design, from the study's description",
    "not testable": "words about a number that nothing printed settles",
    "not in our data": "printed in the report; no data of this compendium can answer it",
}


class Marks:
    """Statuses of a table's cells and the claims that print them, kept in the table's ``attrs``."""

    def __init__(self, frame: pd.DataFrame, cells: pd.DataFrame, claims: pd.DataFrame) -> None:
        self.frame, self.cells, self.claims = frame.copy(deep=False), cells, claims
        self.frame.attrs = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Marks:
        # pandas copies attrs with every selection; these are not changed by any.
        return self

    def of(self, frame: pd.DataFrame, column: str) -> tuple[list[str], list[str]]:
        """Statuses of a column of rows that were chosen from the table, and their claims.

        A label has the status "", a cell that no claim prints the claim "".

        Raises
        ------
        ValueError
            When the column is no longer what it was in these rows.
        """
        if not frame[column].equals(self.frame[column].loc[frame.index]):
            raise ValueError(f"{column} was changed after its statuses were derived")
        return list(self.cells[column].loc[frame.index]), list(self.claims[column].loc[frame.index])


def cell_statuses(frame: pd.DataFrame, column: str) -> list[str]:
    """Status of each cell of a column; "" for labels and where nothing is known.

    A quantity's table knows of each cell, other tables of each row (the column `status`) or of all
    (`quantities.claiming`).

    Examples
    --------
    >>> frame = pd.DataFrame({"arm": ["both"], "n": [18], "status": ["reproduced"]})
    >>> cell_statuses(frame, "n"), cell_statuses(frame, "arm")
    (['reproduced'], [''])
    """
    marks: Marks | None = frame.attrs.get("statuses")
    if marks is not None and column in marks.cells:
        return marks.of(frame, column)[0]
    if not pd.api.types.is_numeric_dtype(frame[column]):
        return [""] * len(frame)
    if "status" in frame:
        return list(frame["status"])
    return [frame.attrs.get("status", "")] * len(frame)


def cell_claims(frame: pd.DataFrame, column: str) -> list[str]:
    """Id of the claim that prints each cell of a column; "" where none does.

    Examples
    --------
    >>> cell_claims(pd.DataFrame({"n": [18]}), "n")
    ['']
    """
    marks: Marks | None = frame.attrs.get("statuses")
    known = marks is not None and column in marks.claims
    return marks.of(frame, column)[1] if marks and known else [""] * len(frame)


def combined(statuses: Iterable[str]) -> str:
    """What a number may claim that several together make.

    Examples
    --------
    >>> combined(["reproduced", "reproduced"]), combined(["reproduced", "design fact"])
    ('reproduced', 'determined')
    >>> combined(["reproduced", "illustrative"])
    'illustrative'
    """
    found = set(statuses)
    for status in (FREE, "contradicted", "bounded", "assumed"):
        if status in found:
            return status
    return found.pop() if len(found) == 1 else "determined"


def statuses_in(frame: pd.DataFrame, *columns: str) -> tuple[str, ...]:
    """The statuses of some columns (of all by default), the most frequent first.

    Examples
    --------
    >>> frame = pd.DataFrame({"n": [1, 2, 3], "status": ["bounded", "determined", "determined"]})
    >>> statuses_in(frame)
    ('determined', 'bounded')
    """
    found = Counter(
        status for column in columns or map(str, frame) for status in cell_statuses(frame, column)
    )
    return tuple(status for status, _ in found.most_common() if status)


def together(frame: pd.DataFrame, claims: Iterable[Claim]) -> pd.DataFrame:
    """A quantity's table of answers, those that the report only gives the sum of as one row.

    Parameters
    ----------
    frame : DataFrame
        With the columns n and percent.
    claims : iterable of Claim
        With ``key=a+b`` where a sum is printed.

    Examples
    --------
    >>> from earlyhelp.analysis.feasibility import know_more
    >>> from earlyhelp.published.claims import claims_of
    >>> from earlyhelp.published.ledger import judged
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("data/rotherham")
    >>> claims = claims_of(pilot.study.folder)
    >>> frame = know_more(replace(pilot, statuses=judged(pilot, claims)[1]))
    >>> table = together(frame, claims)
    >>> print(table[["answer", "n"]].to_string(index=False))
                           answer  n
    strongly disagree or disagree  3
                          neither  5
                            agree  5
                   strongly agree  3
    >>> set(cell_statuses(table, "n"))
    {'determined'}
    """
    marks: Marks | None = frame.attrs.get("statuses")
    if marks is None:
        return frame
    table, cells, printing = frame.copy(), marks.cells.copy(), marks.claims.copy()
    for claim in claims:
        rows = _picked(claim, table) if claim.quantity == frame.attrs["quantity"] else []
        added = [key for key, value in claim.keys.items() if "+" in value]
        of_words = claim.kind == WORD or claim.column not in table
        if not added or not rows or of_words or FREE not in list(cells.loc[rows, claim.column]):
            continue
        first, *others = rows
        for key in added:
            table.loc[first, key] = " or ".join(map(str, table.loc[rows, key]))
        for column in ("n", "percent"):
            table.loc[first, column] = table.loc[rows, column].sum()
            cells.loc[first, column] = combined([claim.status, "design fact"])
        cells.loc[first, claim.column] = claim.status
        printing.loc[first, claim.column] = claim.id
        table = table.drop(index=others)
    table.attrs["statuses"] = Marks(table, cells.loc[table.index], printing.loc[table.index])
    return table


class Statuses:
    """Statuses of every quantity of one pilot.

    Parameters
    ----------
    pilot : Pilot
    answered : DataFrame
        Its ledger (`ledger.ledger`); empty without claims.
    computed : dict of DataFrame
        Tables of quantities, with the default settings, that need not be computed again.
    """

    def __init__(
        self, pilot: Pilot, answered: pd.DataFrame, computed: Mapping[str, pd.DataFrame]
    ) -> None:
        self._pilot = replace(pilot.exact(), statuses=None)
        self._answered, self._computed = answered, computed
        self._settled: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self._printing: dict[str, pd.DataFrame] = {}

    def __call__(self, name: str, frame: pd.DataFrame) -> Marks:
        """Statuses of a quantity's table; numbers that differ from the default's are free."""
        none = _blank(frame)
        if self._pilot.study.provenance == "observed":
            return Marks(frame, _numeric(frame, "observed"), none)
        default, cells = self.settled(name)
        if list(default.index) != list(frame.index) or list(default) != list(frame):
            return Marks(frame, _numeric(frame, FREE), none)
        same = (frame == default) | (frame.isna() & default.isna())
        claims = self._printing[name].where(same, "")
        return Marks(frame, cells.where(same | (cells == ""), FREE), claims)

    def settled(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A quantity's table with the default settings, and the statuses of its cells."""
        if name not in self._settled:
            frame = self._computed.get(name)
            if frame is None:
                frame = QUANTITIES[name].computed(self._pilot)
            # Found while it is being settled itself, a quantity settles nothing.
            self._settled[name] = frame, _numeric(frame, FREE)
            self._settled[name] = frame, self._derive(name, frame)
        return self._settled[name]

    def of_claim(self, claim: Claim) -> str:
        """Status of the cells that a claim picks together; without any, free."""
        for other in self._claims.get(claim.quantity, []):
            # A sum may be printed where its parts are not.
            if other.kind != WORD and (other.select, other.column) == (claim.select, claim.column):
                return other.status
        frame, cells = self.settled(claim.quantity)
        found = [cells.loc[index, claim.column] for index in _picked(claim, frame)]
        return combined(found) if found else FREE

    def rests_on(
        self, name: str, columns: Iterable[str], where: Mapping[str, str] | None = None
    ) -> list[str]:
        """Readings and assumptions behind the printed figures that settle columns of a quantity.

        Those of its claims, and of all that its rules take it from; of the rows that have some
        values, or of all.
        """
        asked = [Source(name, column, where or {}) for column in columns]
        told = (claim.assumptions.split(";") for claim in self._behind(asked))
        return sorted(set(filter(None, chain(*told))))

    def otherwise(self, name: str, column: str, where: Mapping[str, str]) -> list[float]:
        """What else the report prints for a number that it prints, or repeats, in these rows."""
        claims = {claim.id: claim for claim in chain(*self._claims.values())}
        return sorted(
            float(printed_number(claims[other].printed))
            for claim in self._behind([Source(name, column, where)], (SameAs,))
            for other in filter(None, claim.conflicts.split(";"))
            if claims[other].kind == claim.kind and claims[other].printed != claim.printed
        )

    def _behind(
        self, asked: list[Source], kinds: tuple[type[Rule], ...] = (Formula, SameAs, Sum, Answers)
    ) -> Iterator[Claim]:
        """Yield the claims of numbers, and of all that some kinds of rules take them from."""
        seen: list[Source] = []
        while asked:
            if (source := asked.pop()) in seen:
                continue
            seen.append(source)
            for claim in self._claims.get(source.quantity, []):
                if claim.kind != WORD and claim.column == source.column and source.meets(claim):
                    yield claim
            for rule in QUANTITIES[source.quantity].rules(self._pilot):
                if isinstance(rule, kinds):
                    asked += _sources(rule, source)

    @cached_property
    def _claims(self) -> dict[str, list[Claim]]:
        """Claims with their present statuses, by quantity; those about several rows last."""
        claims: dict[str, list[Claim]] = {}
        for row in self._answered.to_dict("records"):
            claim = Claim(**{name: str(row.get(name, "")) for name in COLUMNS})
            claims.setdefault(claim.quantity, []).append(claim)
        return {name: sorted(of, key=lambda one: "|" in one.select) for name, of in claims.items()}

    def _derive(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        cells, printed = _numeric(frame, FREE), dict[Any, str]()
        printing = self._printing[name] = _blank(frame)
        for claim in self._claims.get(name, []):
            # A word leaves the number within its interval free, and a sum its parts.
            if claim.kind == WORD or "+" in claim.select or claim.column not in frame:
                continue
            for index in _picked(claim, frame):
                # What is printed of a cell alone is not undone by a claim about several.
                if "|" not in claim.select or (index, claim.column) not in printed:
                    old = cells.loc[index, claim.column]
                    cells.loc[index, claim.column] = _worse(old, claim.status)
                    printed[index, claim.column] = claim.printed
                    printing.loc[index, claim.column] = claim.id
        rules = QUANTITIES[name].rules(self._pilot)
        before = None
        while before is None or not cells.equals(before):
            before = cells.copy()
            for rule in rules:
                self._apply(rule, frame, cells, printed)
        return cells

    def _apply(
        self, rule: Rule, frame: pd.DataFrame, cells: pd.DataFrame, printed: Mapping[Any, str]
    ) -> None:
        match rule:
            case Formula():
                _formula(rule, cells)
            case Given():
                cells.loc[cells[rule.column].isin([FREE, ""]), rule.column] = "design fact"
            case Total():
                _total(rule, frame, cells)
            case SameAs():
                for index in matching(frame, rule.where).index:
                    if cells.loc[index, rule.column] == FREE:
                        cells.loc[index, rule.column] = self._repeated(rule, frame.loc[index])
            case Sum():
                for index, row in matching(frame, rule.where).iterrows():
                    parts = (
                        SameAs(rule.column, rule.quantity, rule.of, {}, {rule.key: value}, rule.on)
                        for value in rule.rows
                    )
                    inputs = [self._other(part, row)[1] for part in parts]
                    _settle(cells, index, rule.column, inputs)
            case Answers():
                _answers(rule, frame, cells, self._totals(rule, frame, printed))

    def _totals(
        self, rule: Answers, frame: pd.DataFrame, printed: Mapping[Any, str]
    ) -> dict[tuple[Any, ...], str]:
        """Rows of each question of which printed figures leave one total, or none at all."""
        if frame.empty or rule.asked is None:
            return {}
        most, status = self._other(rule.asked, frame.iloc[0])
        if status == FREE:
            return {}
        fixed = {}
        for index in (rows.index for rows in grouped(frame, rule.by)):
            if any((row, "percent") in printed for row in index):
                fits = _totals(index, rule.n, printed, most)
                if len(fits) < 2:
                    fixed[tuple(index)] = "determined" if fits else "contradicted"
        return fixed

    def _repeated(self, rule: SameAs, row: pd.Series) -> str:
        """Status of a number that stands elsewhere, too, on the rule's conditions."""
        ends = [[self._other(end, row) for end in pair] for pair in rule.when]
        if any(one[0] != other[0] for one, other in ends):
            return FREE
        conditions = [status for pair in ends for _, status in pair]
        status = self._other(rule, row)[1]
        return combined([status, *conditions]) if conditions else status

    def _other(self, rule: SameAs, row: pd.Series) -> tuple[Any, str]:
        """Value and status of the cell that a rule points to; free where there is none."""
        frame, cells = self.settled(rule.quantity)
        found = matching(frame, {**rule.select, **{key: row[key] for key in rule.on}}).index
        if len(found) != 1:
            return None, FREE
        return frame.loc[found[0], rule.of], cells.loc[found[0], rule.of]


class Source(NamedTuple):
    """A column of a quantity, in the rows that have some values (in all of them when empty)."""

    quantity: str
    column: str
    where: Mapping[str, str]

    def meets(self, claim: Claim) -> bool:
        """Whether a claim is about any of these rows."""
        told = {key: "+".join(claim.alternatives(key)).split("+") for key in claim.keys}
        return all(self.where.get(key) in (None, *values) for key, values in told.items())


def _sources(rule: Rule, given: Source) -> Iterator[Source]:
    """What a rule takes a column from."""

    def other(end: SameAs | Sum, select: Mapping[str, str]) -> Source:
        known = {**given.where, **rule.where} if isinstance(rule, SameAs | Sum) else given.where
        repeated = {key: known[key] for key in end.on if key in known}
        return Source(end.quantity, end.of, {**repeated, **select})

    if isinstance(rule, SameAs | Sum) and any(
        given.where.get(key, value) != value for key, value in rule.where.items()
    ):
        return
    match rule:
        case Formula() if rule.column == given.column:
            yield from (given._replace(column=name) for name in rule.names)
        case SameAs() if rule.column == given.column:
            yield from (other(end, end.select) for end in (rule, *chain(*rule.when)))
        case Sum() if rule.column == given.column:
            yield from (other(rule, {rule.key: value}) for value in rule.rows)
        case Answers() if given.column in (rule.n, "total", "percent"):
            yield from (given._replace(column=name) for name in (rule.n, "total", "percent"))
            if rule.asked is not None:
                yield other(rule.asked, rule.asked.select)


def _numeric(frame: pd.DataFrame, status: str) -> pd.DataFrame:
    """The same status for every number, none for labels."""
    kinds = {name: pd.api.types.is_numeric_dtype(frame[name]) for name in frame}
    return pd.DataFrame(
        {name: status if number else "" for name, number in kinds.items()},
        index=frame.index,
        dtype=object,
    )


def _blank(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame("", index=frame.index, columns=frame.columns, dtype=object)


def _worse(old: str, new: str) -> str:
    return "contradicted" if "contradicted" in (old, new) else new


def _picked(claim: Claim, frame: pd.DataFrame) -> list[Any]:
    """Rows of a table that a claim is about."""
    if not set(claim.keys) <= set(frame):
        return []
    return [index for index, row in frame.iterrows() if claim.part(row) is not None]


def _settle(cells: pd.DataFrame, index: Any, column: str, inputs: Iterable[str]) -> None:
    """Give a free cell the status that follows from those it is computed from."""
    found = set(inputs)
    if cells.loc[index, column] == FREE and FREE not in found:
        cells.loc[index, column] = "contradicted" if "contradicted" in found else "determined"


def _formula(rule: Formula, cells: pd.DataFrame) -> None:
    for index in cells.index:
        _settle(cells, index, rule.column, cells.loc[index, rule.names])


def _total(rule: Total, frame: pd.DataFrame, cells: pd.DataFrame) -> None:
    """In each sum, one free number follows from all the others."""
    for rows in rule.sums(frame):
        column = cells.loc[rows.index, rule.column]
        free = column.index[column == FREE]
        if len(free) == 1:
            _settle(cells, free[0], rule.column, column.drop(free))


def _answers(
    rule: Answers, frame: pd.DataFrame, cells: pd.DataFrame, fixed: Mapping[tuple[Any, ...], str]
) -> None:
    """Totals that printed counts and percentages leave, and what follows from a settled total."""
    for index in (rows.index for rows in grouped(frame, rule.by)):
        counts = cells.loc[index, rule.n]
        # Where every answer is printed, their counts add up to those who answered.
        if tuple(index) in fixed or (len(index) > 1 and FREE not in set(counts)):
            for row in index:
                _settle(cells, row, "total", [fixed.get(tuple(index), combined(counts))])
        for row in index:
            total = cells.loc[row, "total"]
            _settle(cells, row, rule.n, [total, cells.loc[row, "percent"]])
            _settle(cells, row, "percent", [total, cells.loc[row, rule.n]])


def _totals(index: Iterable[Any], n: str, printed: Mapping[Any, str], most: int) -> list[int]:
    """Totals that give back every printed percentage and count with whole people."""
    shares = [
        (printed[row, "percent"], printed.get((row, n)))
        for row in index
        if (row, "percent") in printed
    ]

    def people(total: int, percent: str, count: str | None) -> int | None:
        """The people of whom the percentage can be printed; None when there are none."""
        able = range(total + 1) if count is None else [int(printed_number(count))]
        return next((k for k in able if round_like(100 * k / total, percent) == percent), None)

    fits = []
    for total in range(1, int(most) + 1) if shares else ():
        found = [people(total, *share) for share in shares]
        if None not in found and sum(filter(None, found)) <= total:
            fits.append(total)
    return fits
