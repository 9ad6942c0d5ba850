"""`earlyhelp validate`: every problem of a study folder at once."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser("validate", help="check a study folder; tell every problem")
    command.add_argument("study", type=Path, help="study folder, such as data/rotherham")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Check; status 1 with every problem when there is any."""
    from earlyhelp.validate import validate

    files = validate(args.study)
    print(f"{args.study}: {len(files)} files, no problem")
    return 0
