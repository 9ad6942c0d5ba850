"""`earlyhelp reconstruct`: write the raw files of a reconstructed pilot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(subparsers: Any) -> None:
    """Add the command and its options."""
    command = subparsers.add_parser("reconstruct", help="write raw files from printed figures")
    command.add_argument("--seed", type=int, help="of the draw (default: the study's own)")
    command.add_argument("--output", type=Path, help="folder to write (default: the study's raw)")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the raw files and name each."""
    from earlyhelp.reconstruct import write

    for path in write("data/rotherham", args.seed, args.output):
        print(path)
    return 0
