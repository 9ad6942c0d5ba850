"""Every row of a paper's figures checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from earlyhelp.paper.form import PaperRow, read_rows
from earlyhelp.paper.scores import mean_and_sd, percentage
from earlyhelp.paper.statistics import confidence_interval, effect_size, p_of_test
from earlyhelp.paper.verdicts import VERDICTS, Judged, RowResult, lacking


def audit(path: Path) -> list[RowResult]:
    """Check every row of a paper's figures.

    Returns
    -------
    list of RowResult
        By verdict, the worst first, then in the order of the file. Every row has at least one.

    Raises
    ------
    InputError
        With everything that cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from earlyhelp.paper.form import template
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


def _grouped(row: PaperRow, rows: list[tuple[int, PaperRow]]) -> PaperRow:
    """Take to a row without n the other groups, which share what and total with it."""
    if "n" in row or "total" not in row:
        return row
    same = [other for _, other in rows if _whole_of(other) == _whole_of(row)]
    groups = [other for other in same if "n" not in other]
    left = row["total"] - sum(other.get("n", 0) for other in same)
    place = next(i for i, one in enumerate(groups) if one is row)
    return {**row, "groups": groups, "left": left, "place": place}


def _whole_of(row: PaperRow) -> tuple[Any, ...]:
    return row.get("what"), row.get("total")


def _checked(line: int, row: PaperRow) -> Iterator[RowResult]:
    checks: tuple[tuple[str, set[str], Callable[[PaperRow], Judged]], ...] = (
        ("mean and SD", {"mean", "sd"}, mean_and_sd),
        ("count and percentage", {"count", "percent"}, percentage),
        (
            "test and p",
            {"p"} if {"d", "ci_low"} & row.keys() else {"test", "value", "p"},
            p_of_test,
        ),
        ("effect size", {"d"}, effect_size),
        ("confidence interval", {"diff", "ci_low", "ci_high"}, confidence_interval),
    )
    asked = [(name, run) for name, columns, run in checks if columns & row.keys()]
    for name, run in asked or [("row", lambda _: lacking("a mean, a percentage or a test"))]:
        yield RowResult(line, row.get("what", ""), row.get("where", ""), name, *run(row))
