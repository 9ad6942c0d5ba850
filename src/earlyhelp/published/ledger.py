"""The ledger: what the report prints against what the analysis gives back."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from earlyhelp.analysis.quantities import FREE, QUANTITIES
from earlyhelp.published.audit import refused
from earlyhelp.published.claims import (
    CLAIMS_FILE,
    COLUMNS,
    DESIGN,
    TEXT,
    TICK,
    TICKS,
    WORD,
    Claim,
    claims_of,
    parse_interval,
    read_claims,
)
from earlyhelp.published.numbers import P_COLUMNS, as_p, round_like, short
from earlyhelp.published.statuses import Statuses
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot
from earlyhelp.study.yamlfile import read_yaml

MISSING = "—"


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
        (str, at the printed precision; every value once; empty without data, and of a word that
        is not testable), exact (number or text, None where that is empty; a list for several
        cells), given_back (bool, None without data), status (now), agrees (the status is the
        recorded one, and a contradicted figure has the recorded answer).

    Raises
    ------
    InputError
        With every claim that names no column, or picks more than one row.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> claims = claims_of(pilot.study.folder)
    >>> chosen = [one for one in claims if (one.quantity, one.column) == ("difficulty", "percent")]
    >>> table = ledger(pilot, chosen)[["id", "printed", "recomputed", "status"]]
    >>> print(table.to_string(index=False))
                 id printed recomputed       status
     harder-percent    31.2       31.3 contradicted
    neither-percent    43.8       43.8   reproduced
    """
    claims = read_claims(pilot.study.folder / CLAIMS_FILE) if claims is None else claims
    return judged(pilot, claims)[0]


def judged(pilot: Pilot, claims: list[Claim]) -> tuple[pd.DataFrame, Statuses]:
    """The ledger, and what every number may claim by it; each quantity is computed once for both.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> claims = claims_of(pilot.study.folder)
    >>> table, statuses = judged(pilot, claims)
    >>> print(claims[0].id, table.loc[0, "status"], statuses.of_claim(claims[0]))
    teams-n design fact design fact
    """
    asked = dict.fromkeys(claim.quantity for claim in claims if claim.quantity)
    frames = {name: QUANTITIES[name].told(pilot) for name in asked}
    records = {name: frame.to_dict("records") for name, frame in frames.items()}
    problems: list[Problem] = []
    rows = []
    for claim in claims:
        cells: list[Any] = []
        if claim.quantity:
            try:
                cells = _cells(records[claim.quantity], claim)
            except InputError as error:
                problems.extend(error.problems)
        rows.append(_row(claim, cells))
    if problems:
        raise InputError(problems)
    table = pd.DataFrame([vars(claim) for claim in claims], columns=[*COLUMNS, "interval"])
    table = table.rename(columns={"status": "recorded"})
    answers = pd.DataFrame(rows, columns=["recomputed", "exact", "given_back"], dtype=object)
    table = pd.concat([table, answers], axis=1)
    holds = dict(zip(table["id"], table["given_back"], strict=True))
    table["status"] = [_status(claim, holds) for claim in claims]
    # Words settle nothing, so that what becomes of them below changes none of these.
    statuses = Statuses(pilot, table, frames)
    if pilot.study.provenance != "observed":
        for row, claim in enumerate(claims):
            # The reconstruction is made so that a word about a free number holds.
            if claim.kind == WORD and holds[claim.id] and statuses.of_claim(claim) == FREE:
                table.loc[row, ["recomputed", "exact", "status"]] = "", None, "not testable"
    table.loc[table["id"].isin(refused(pilot.study.folder)), "status"] = "contradicted"
    table["agrees"] = (table["status"] == table["recorded"]) & (
        (table["answer"] == "") | (table["answer"] == table["recomputed"])
    )
    return table, statuses


def _cells(rows: list[dict[Any, Any]], claim: Claim) -> list[Any]:
    """Values of the cells that a claim picks; None for one that this study does not have."""
    for key in (*claim.keys, claim.column):
        if rows and key not in rows[0]:
            expected = f"a column of {claim.quantity}: {', '.join(rows[0])}"
            raise InputError([Problem(CLAIMS_FILE, None, claim.id, repr(key), expected)])
    parts: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        part = claim.part(row)
        if part is not None:
            parts.setdefault(part, []).append(row[claim.column])
    rows_of = {part: math.prod(one.count("+") + 1 for one in part) for part in parts}
    if any(len(found) > rows_of[part] for part, found in parts.items()):
        rows_found = f"{sum(map(len, parts.values()))} rows of {claim.quantity}"
        problem = Problem(
            CLAIMS_FILE, None, claim.id, f"{rows_found} for {claim.select!r}", "one row"
        )
        raise InputError([problem])
    values = [
        (found[0] if len(found) == 1 else sum(found)) if len(found) == rows_of[part] else None
        for part, found in parts.items()
    ]
    every = [set(claim.alternatives(key)) for key in claim.keys]
    if not parts or [set(column) for column in zip(*parts, strict=True)] != every:
        values.append(None)
    return [None if pd.isna(value) else value for value in values]


def _row(claim: Claim, cells: list[Any]) -> tuple[str, Any, bool | None]:
    """What its cells give at the printed precision, and exactly; whether all are printed so."""
    if not claim.quantity:
        return "", None, None
    answers = [_answer(claim, cell) for cell in cells]
    shown = ", ".join(dict.fromkeys(text for text, _ in answers))
    exact = cells[0] if len(cells) == 1 else cells
    return shown, exact, all(given_back for _, given_back in answers)


def _answer(claim: Claim, exact: Any) -> tuple[str, bool]:
    """What the data give at the printed precision, and whether that is what is printed."""
    if exact is None:
        return MISSING, False
    if claim.kind == TEXT:
        return str(exact), str(exact) == claim.printed
    if isinstance(exact, str) or not math.isfinite(exact):
        return str(exact), False
    if claim.kind == WORD:
        value = f"{exact:.12g}"
        shown = round_like(exact, "0.0") if claim.unit == "%" else short(float(value))
        shown = as_p(shown) if claim.column in P_COLUMNS else shown
        return shown, Fraction(value) in parse_interval(claim.interval)
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


def with_statuses(pilot: Pilot) -> Pilot:
    """Give a pilot the statuses of its numbers.

    Examples
    --------
    >>> from earlyhelp.analysis.feasibility import attendance
    >>> from earlyhelp.published.statuses import cell_statuses
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = with_statuses(open_pilot("tests/studies/complete"))
    >>> cell_statuses(attendance(pilot).tail(2), "percent")
    ['illustrative', 'reproduced']
    """
    return replace(pilot, statuses=of_study(pilot)[1])


def of_study(pilot: Pilot) -> tuple[pd.DataFrame, Statuses]:
    """What `judged` gives of a study's own claims, computed once for a pilot.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> pilot = open_pilot("tests/studies/complete")
    >>> of_study(pilot)[1] is of_study(pilot)[1]
    True
    """
    if judged not in pilot.computed:
        pilot.computed[judged] = judged(pilot, claims_of(pilot.study.folder))
    table, statuses = pilot.computed[judged]
    return table.copy(), statuses


def ledger_target(claim: str) -> str:
    """Target of a claim's row on the ledger's page.

    Examples
    --------
    >>> ledger_target("attended-n")
    'ledger-attended-n'
    """
    return f"ledger-{claim}"


def formatted(table: pd.DataFrame) -> dict[str, str]:
    """Recomputed values of a ledger as text for prose, by claim id.

    At the printed precision, with a percent sign where the unit is one and p without a leading
    zero; of a word that is not testable the word. Claims that no data answer are left out.

    Examples
    --------
    >>> row = {"id": "attended-percent", "recomputed": "88.9", "unit": "%", "given_back": True}
    >>> formatted(pd.DataFrame([row]))
    {'attended-percent': '88.9%'}
    """
    answered = table[table["given_back"].notna()].to_dict("records")
    found = {}
    for row in answered:
        value = str(row["recomputed"]) or row["printed"]
        if row.get("kind") == "p":
            value = as_p(value)
        found[row["id"]] = f"{value}%" if row["recomputed"] and row["unit"] == "%" else value
    return found


def compare(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Claims that change between two ledgers.

    Returns
    -------
    DataFrame
        id, subject, population, printed, before, after (recomputed values), status_before,
        status_after.

    Examples
    --------
    >>> claim = {"id": "came", "subject": "staff who came", "population": "staff", "printed": "16"}
    >>> before = pd.DataFrame([claim | {"recomputed": "16", "status": "reproduced"}])
    >>> after = pd.DataFrame([claim | {"recomputed": "15", "status": "contradicted"}])
    >>> table = compare(before, after)[["id", "printed", "before", "after", "status_after"]]
    >>> print(table.to_string(index=False))
      id printed before after status_after
    came      16     16    15 contradicted
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

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "ledger.json")
    ...     _ = path.write_text('[{"id": "came", "recomputed": "16", "status": "reproduced"}]')
    ...     print(read_ledger(path).to_string(index=False))
      id recomputed     status
    came         16 reproduced
    """
    rows = read_yaml(path, list[SavedAnswer])
    return pd.DataFrame([row.model_dump() for row in rows], columns=list(SavedAnswer.model_fields))
