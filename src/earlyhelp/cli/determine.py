"""`earlyhelp determine`: compute and store what a study's printed figures determine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

DESCRIPTION = """\
Compute the sets that STUDY/printed.yml identifies and store them in STUDY/derived, where the book
reads them. Needed after a change of a printed figure. The search for people who agree with all
figures takes some minutes.
"""


def register(subparsers: Any) -> None:
    """Add the command and its options."""
    command = subparsers.add_parser(
        "determine",
        help="compute and store what the printed figures determine",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("study", metavar="STUDY", help="study folder with printed.yml")
    command.add_argument("--output", type=Path, help="folder to write (default: STUDY/derived)")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Compute, tell progress on stderr, and name each file written."""
    from earlyhelp.published.identified_sets import write
    from earlyhelp.published.printed import read_printed
    from earlyhelp.study.design import read_study
    from earlyhelp.study.problems import InputError, Problem

    # Bad input is told before the long work, not after.
    read_printed(read_study(args.study).folder)
    if args.output and args.output.exists() and not args.output.is_dir():
        raise InputError([Problem("options", None, "--output", str(args.output), "a folder")])

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    for path in write(args.study, tell, args.output):
        print(path)
    return 0
