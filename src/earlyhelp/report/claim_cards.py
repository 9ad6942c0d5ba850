"""Claim cards: what a reader may ask of one printed number, from the report to the raw column."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import permutations
from math import isclose
from textwrap import dedent
from typing import Any

import pandas as pd

from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.published.audit import Checked, finding_target
from earlyhelp.published.claims import DESIGN, Claim
from earlyhelp.published.numbers import number, with_unit
from earlyhelp.published.statuses import STATUSES
from earlyhelp.study.raw import Pilot

SYNTHETIC = "The data are synthetic: that they give a figure back shows that figures fit together."
# Columns that stand one after the other are told as a range from so many on.
RUN = 3

RawColumns = Mapping[str, list[str]]
# A quantity's table, and the raw columns that it was seen to read.
Computed = tuple[pd.DataFrame, RawColumns]


def columns_read(pilot: Pilot, quantity: str) -> RawColumns:
    """Raw columns that a quantity reads, by file.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> columns_read(open_pilot("tests/studies/complete"), "difficulty")
    {'endline_survey': ['difficulty']}
    """
    return _watched(pilot, quantity)[1]


def _watched(pilot: Pilot, quantity: str) -> Computed:
    """A quantity's table, and the raw columns that it was seen to read."""
    seen: dict[str, list[str]] = defaultdict(list)

    def watched(stem: str, frame: pd.DataFrame) -> pd.DataFrame:
        known = set(frame)

        def note(key: object) -> None:
            for one in key if isinstance(key, list) else [key]:
                if isinstance(one, str) and one in known and one not in seen[stem]:
                    seen[stem].append(one)

        class Watched(pd.DataFrame):
            """Tells which of its columns are taken, also where `loc` or a query takes them."""

            @property
            def _constructor(self) -> type[pd.DataFrame]:
                return Watched

            def __getitem__(self, key: Any) -> Any:
                note(key)
                return super().__getitem__(key)

            def _ixs(self, i: int, axis: int = 0) -> Any:
                if axis == 1:
                    note(self.columns[i])
                return super()._ixs(i, axis)  # type: ignore[misc]

        return Watched(frame)

    frames = {name: watched(name, table) for name, table in pilot.raw.items()}
    table = QUANTITIES[quantity].told(pilot.with_raw(**frames))
    return table, {stem: columns for stem, columns in seen.items() if columns}


def without_docstring(function: Callable[..., Any]) -> str:
    """The code of a function, without its docstring.

    Examples
    --------
    >>> print(without_docstring(QUANTITIES["know_more"].compute).splitlines()[1])
    def know_more(pilot: Pilot) -> pd.DataFrame:
    """
    text = dedent(inspect.getsource(function))
    (tree,) = ast.parse(text).body
    assert isinstance(tree, ast.FunctionDef)
    docstring, lines = tree.body[0], text.rstrip().splitlines()
    if ast.get_docstring(tree) and docstring.end_lineno:
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def cards(
    pilot: Pilot, claims: Iterable[Claim], answered: pd.DataFrame, outcomes: Iterable[Checked]
) -> dict[str, Any]:
    """The cards of all claims that data answer, and the code that they name.

    Parameters
    ----------
    answered : DataFrame
        Their ledger (`ledger.ledger`).
    outcomes : iterable of Checked
        The audit of the printed figures.

    Returns
    -------
    dict
        cards: by claim id its title, its quantity, its lines, pairs of a label and a text, and its
        findings, pairs of a target on the audit's page and a text; code: source by quantity. Texts
        are data, to be shown as they stand.
    """
    rows = {row["id"]: row for row in answered.to_dict("records")}
    named = [claim for claim in claims if claim.quantity]
    computed = _computed(pilot, named)
    found = [outcome for outcome in outcomes if outcome.severity]
    return {
        "cards": {
            claim.id: {
                "title": f"{claim.subject} ({claim.population})",
                "quantity": claim.quantity if claim.quantity in computed else "",
                "lines": [
                    [label, text]
                    for label, text in _lines(
                        pilot, claim, rows[claim.id], computed.get(claim.quantity)
                    )
                    if text
                ],
                "findings": [
                    [finding_target(one.id), f"{one.about} ({one.severity})"]
                    for one in found
                    if claim.id in one.claims
                ],
            }
            for claim in named
        },
        "code": {name: without_docstring(QUANTITIES[name].compute) for name in computed},
    }


def sources(pilot: Pilot, claims: Iterable[Claim]) -> dict[str, tuple[str, str]]:
    """Where each claim that data answer comes from: raw files with columns, and the function.

    Examples
    --------
    >>> from earlyhelp.published.claims import claims_of
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> sources(pilot, claims_of(pilot.study.folder))["harder-n"]
    ('endline_survey.csv: difficulty', 'earlyhelp.analysis.feasibility.difficulty')
    """
    named = [claim for claim in claims if claim.quantity]
    computed = _computed(pilot, named)
    return {claim.id: _source(pilot, claim, computed.get(claim.quantity)) for claim in named}


def _computed(pilot: Pilot, claims: Iterable[Claim]) -> dict[str, Computed]:
    """Tables of the quantities that claims name, with the raw columns that they read."""
    quantities = dict.fromkeys(claim.quantity for claim in claims if claim.quantity != DESIGN)
    return {name: _watched(pilot, name) for name in quantities}


def _source(pilot: Pilot, claim: Claim, computed: Computed | None) -> tuple[str, str]:
    columns = _told(_those_asked(pilot, claim, computed[1])) if computed else ""
    path = QUANTITIES[claim.quantity].compute.__module__
    return columns or f"{pilot.study.folder.name}/study.yml, design", f"{path}.{claim.quantity}"


def _lines(
    pilot: Pilot,
    claim: Claim,
    row: Mapping[Hashable, Any],
    computed: Computed | None,
) -> list[tuple[str, str]]:
    reconstructed = pilot.study.provenance == "reconstructed"
    arithmetic = _arithmetic(claim, computed[0]) if computed else ""
    columns, code = _source(pilot, claim, computed)
    printed, found = (with_unit(row[name], claim.unit) for name in ("printed", "recomputed"))
    return [
        ("Printed", f"{printed}: {claim.section}, {claim.place}"),
        ("Recomputed", f"{found}{arithmetic}" if row["recomputed"] else ""),
        ("Status", f"{row['status']}: {STATUSES[row['status']]}" if reconstructed else "observed"),
        ("Raw data", columns),
        ("Computed by", f"{code}, {claim.select}, column {claim.column}"),
        ("Conflicts with", claim.conflicts.replace(";", ", ")),
        ("Rests on", claim.assumptions.replace(";", ", ")),
        ("Note", claim.note),
        ("Synthetic", SYNTHETIC if reconstructed and claim.quantity != DESIGN else ""),
    ]


def _arithmetic(claim: Claim, table: pd.DataFrame) -> str:
    """The two counts of a claim's row whose share it prints."""
    if claim.unit != "%":
        return ""
    picked = [row for row in table.to_dict("records") if claim.part(row) is not None]
    if len(picked) != 1:
        return ""
    (row,) = picked
    numeric = table.select_dtypes("number")
    numbers = [float(row[name]) for name in numeric]
    counts = [value for value in numbers if value > 0 and value.is_integer()]
    share = float(row[claim.column])
    for n, total in permutations(counts, 2):
        if n <= total and isclose(100 * n / total, share, rel_tol=1e-9):
            return f" = {number(n, 0)} of {number(total, 0)}"
    return ""


def _those_asked(pilot: Pilot, claim: Claim, read: RawColumns) -> RawColumns:
    """Of the columns that a quantity reads, those that the claim's row is about, where it says."""
    values = {one for key in claim.keys for one in claim.alternatives(key)}
    scales = [
        scale
        for name, scale in pilot.instruments.scales.items()
        if name in values or (scale.instrument in values and scale.key.tool in values)
    ]
    used = pilot.study.counted.frequency
    wanted = values | {column for scale in scales for column in scale.columns}
    wanted |= {used[tool] for tool in values & used.keys()}
    asked = {stem: [one for one in columns if one in wanted] for stem, columns in read.items()}
    return asked if any(asked.values()) else read


def _told(read: RawColumns) -> str:
    """Files and columns in words; neighbours with running numbers as a range.

    Examples
    --------
    >>> _told({"endline_survey": ["team", "wai_01", "wai_02", "wai_03"]})
    'endline_survey.csv: team, wai_01 to wai_03'
    """
    files = []
    for stem, columns in read.items():
        groups: dict[str, list[str]] = defaultdict(list)
        for column in columns:
            groups[column.rstrip("0123456789")].append(column)
        words = [
            text
            for group in groups.values()
            for text in ([f"{group[0]} to {group[-1]}"] if len(group) >= RUN else group)
        ]
        if words:
            files.append(f"{stem}.csv: {', '.join(words)}")
    return "; ".join(files)
