"""`earlyhelp ledger`: the printed figures beside what the raw data give back."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ["id", "population", "printed", "unit", "recomputed", "status"]
DESCRIPTION = """\
Answer every claim of STUDY/claims.csv from the study's raw data and show it beside what is printed.
Exit status 1 when a status is not the recorded one, or, with --against, when a claim changes.
"""


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = subparsers.add_parser(
        "ledger",
        help="printed figures beside what the raw data give back",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument("--format", choices=("text", "json", "csv"), default="text")
    command.add_argument("--only", metavar="STATUS", help="only claims of this status")
    command.add_argument("--where", metavar="TEXT", help="only ids, sections and places with TEXT")
    command.add_argument(
        "--against",
        metavar="OTHER",
        help="list the claims that change with the raw data of another study folder, or in a "
        "ledger saved with --format json",
    )
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the ledger, or how another study's data would change it."""
    from earlyhelp.published.ledger import (
        CLAIMS_FILE,
        STATUSES,
        compare,
        ledger,
        read_claims,
        read_ledger,
    )
    from earlyhelp.study.problems import InputError, Problem
    from earlyhelp.study.raw import open_pilot
    from earlyhelp.study.textfile import is_there

    if args.only and args.only not in STATUSES:
        expected = f"one of: {', '.join(STATUSES)}"
        raise InputError([Problem("options", None, "--only", repr(args.only), expected)])
    pilot = open_pilot(args.study)
    claims = read_claims(pilot.study.folder / CLAIMS_FILE)
    table = ledger(pilot, claims)
    chosen = table["id"].isin(_chosen(table, args)["id"])
    if args.against:
        saved = Path(args.against)
        is_file = is_there(saved) and not saved.is_dir()
        other = read_ledger(saved) if is_file else ledger(open_pilot(saved), claims)
        changed = compare(table[chosen], other)
        _show(changed, list(changed.columns), args.format)
        print(f"{len(changed)} of {chosen.sum()} claims change", file=sys.stderr)
        return int(len(changed) > 0)
    _show(table[chosen], SHOWN, args.format)
    differing = table[~table["agrees"]]
    for row in differing.to_dict("records"):
        print(_difference(row), file=sys.stderr)
    counts = table["status"].value_counts()
    summary = ", ".join(f"{counts.get(status, 0)} {status}" for status in STATUSES)
    print(f"{len(table)} claims: {summary}; {len(differing)} not as recorded", file=sys.stderr)
    return int(len(differing) > 0)


def _chosen(table: pd.DataFrame, args: argparse.Namespace) -> pd.DataFrame:
    if args.only:
        table = table[table["status"] == args.only]
    if args.where:
        places = table["id"] + "\n" + table["section"] + "\n" + table["place"]
        table = table[places.str.casefold().str.contains(args.where.casefold(), regex=False)]
    return table


def _difference(row: dict[Any, Any]) -> str:
    recorded = row["recorded"] + (f" ({row['answer']})" if row["answer"] else "")
    now = f"{row['status']} ({row['recomputed']})"
    return f"{row['id']}: printed {row['printed']}; recorded {recorded}; now {now}"


def _show(table: pd.DataFrame, columns: list[str], form: str) -> None:
    if form == "json":
        print(json.dumps(json.loads(table.to_json(orient="records")), ensure_ascii=False, indent=1))
    elif form == "csv":
        print(table.to_csv(index=False), end="")
    else:
        rows = [columns, *table[columns].astype(str).to_numpy().tolist()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print(line.rstrip())
