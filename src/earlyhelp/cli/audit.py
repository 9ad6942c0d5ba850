"""`earlyhelp audit`: what the printed figures of a study say of each other."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earlyhelp.published.audit import Outcome

DESCRIPTION = """\
Check the printed figures of STUDY/claims.csv against each other, without raw data, as
STUDY/audit.yml declares. Findings come first, by severity, then the checks that held.
"""


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = subparsers.add_parser(
        "audit",
        help="printed figures against each other",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("study", metavar="STUDY", help="study folder")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print every finding and every check that held."""
    from earlyhelp.published.audit import NOTHING, audit, summary, with_severity
    from earlyhelp.published.checks import SEVERITIES
    from earlyhelp.study.design import find_folder

    outcomes = audit(find_folder(args.study))
    counts = dict(zip(*summary(outcomes).T.to_numpy().tolist(), strict=True))
    if args.format == "json":
        document = {"summary": counts, "outcomes": [vars(outcome) for outcome in outcomes]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for severity in SEVERITIES:
            for outcome in with_severity(outcomes, severity):
                print(_entry(outcome))
        for outcome in outcomes:
            if not outcome.severity:
                arithmetic = "; ".join(outcome.arithmetic)
                print(f"{outcome.verdict}: {outcome.id} ({outcome.check}): {arithmetic}")
    told = ", ".join(f"{n} {name}" for name, n in counts.items())
    print(f"{len(outcomes)} checks: {told}" if outcomes else NOTHING, file=sys.stderr)
    return 0


def _entry(outcome: Outcome) -> str:
    parts = [
        ("places", "; ".join(outcome.places)),
        *(("arithmetic", line) for line in outcome.arithmetic),
        *(("reading", line) for line in outcome.readings),
        ("chosen", outcome.chosen),
        ("claims", ", ".join(outcome.claims)),
    ]
    lines = [f"{outcome.severity}: {outcome.id}", f"  {outcome.says}"]
    lines += [f"  {name}: {text}" for name, text in parts if text]
    return "\n".join(lines) + "\n"
