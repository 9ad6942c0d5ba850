"""The `earlyhelp` command: the only place that prints and exits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from earlyhelp.errors import InputError

COMMANDS: tuple[str, ...] = (
    "audit",
    "determine",
    "execute",
    "ledger",
    "qualitative",
    "reconstruct",
    "report",
    "samples",
    "trial",
    "validate",
)


def parser() -> argparse.ArgumentParser:
    """Build the command line; each command lives in a module of its own name."""
    top = argparse.ArgumentParser(prog="earlyhelp", description=__doc__)
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"earlyhelp.cli.{name}").register(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; bad input is told, never traced."""
    args = parser().parse_args(argv)
    try:
        return args.func(args)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
