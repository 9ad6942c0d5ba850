"""The `earlyhelp` command: the only place that prints and exits."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from earlyhelp.study.problems import InputError, Problem

COMMANDS: tuple[str, ...] = (
    "audit",
    "determine",
    "execute",
    "ledger",
    "qualitative",
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
    """Run one command and return its exit status."""

    def run() -> int:
        words = sys.argv[1:] if argv is None else argv
        # argparse of Python 3.11 takes this for no value at all, and hands on an empty list.
        if lost := [word.removesuffix("=--") for word in words if word.endswith("=--")]:
            raise InputError(Problem("options", None, word, "'--'", "a value") for word in lost)
        args = parser().parse_args(words)
        status: int = args.func(args)
        return status

    return guarded(run)


def guarded(run: Callable[[], int]) -> int:
    """Run a program and return its exit status.

    Whatever goes wrong is told in a line and not traced: 1 for bad input and for all else, 130 for
    an interruption from the keyboard. Whoever stops reading, such as ``head``, has read enough.
    """
    # Who closes a stream wants to read nothing from it.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    try:
        status = run()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is still to be written goes nowhere, or Python would complain when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        told = "stopped"
        status = 130
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        told = _told(error)
        status = 1
    print(told, file=sys.stderr)
    return status


def _told(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "earlyhelp: found more work than there is memory for; expected smaller input"
    if isinstance(error, OSError) and error.strerror:
        where = error.filename or "earlyhelp"
        return str(Problem(str(where), None, "", error.strerror, "a file that can be used"))
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, ValueError | RecursionError):
        return str(Problem("earlyhelp", None, "", what, "input that can be used"))
    fault = "no fault of earlyhelp, which this is; `python -X dev -m earlyhelp` shows where"
    return str(Problem("earlyhelp", None, "", what, fault))
