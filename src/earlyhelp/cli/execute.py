"""`earlyhelp execute`: run one notebook, with other parameters if wanted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser("execute", help="run one notebook and keep its executed copy")
    command.add_argument("notebook", type=Path, help="text notebook, e.g. notebooks/promise.md")
    command.add_argument("--output", type=Path, required=True, help="the .ipynb to write")
    command.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a parameter of the notebook's `parameters` cell; may be repeated. VALUE is "
        "taken as the type that it has there: text as it stands, a decimal number (0.05, .05 or "
        "5e-2), a whole number, or for anything else a Python literal",
    )
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Execute; status 1 when a cell fails."""
    from earlyhelp.render.notebooks import NotebookError, execute
    from earlyhelp.study.problems import InputError, Problem
    from earlyhelp.study.textfile import is_there

    problems: list[Problem] = []
    given: dict[str, str] = {}
    for text in args.parameter:
        name, equals, value = text.partition("=")
        if not equals:
            problems.append(Problem("--parameter", None, text, "no =", "NAME=VALUE"))
        elif name in given:
            problems.append(Problem("--parameter", None, name, "two values", "one"))
        given[name] = value
    # The source is a text file, which must not be overwritten by a slip.
    if args.output.suffix != ".ipynb":
        problems.append(Problem("--output", None, "", repr(str(args.output)), "an .ipynb file"))
    if not is_there(args.notebook):
        problems.append(Problem(str(args.notebook), None, "", "no such file", "a notebook"))
    if problems:
        raise InputError(problems)
    print(f"executing {args.notebook}", file=sys.stderr)
    try:
        execute(args.notebook, args.output, given)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
