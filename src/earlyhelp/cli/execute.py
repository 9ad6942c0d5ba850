"""`earlyhelp execute`: run one notebook, with other parameters if wanted."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml


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
        help="override a parameter; may be repeated",
    )
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Execute; status 1 when a cell fails."""
    from earlyhelp.errors import InputError, Problem
    from earlyhelp.notebooks import NotebookError, execute

    problems, parameters = [], {}
    for text in args.parameter:
        name, equals, value = text.partition("=")
        if equals:
            parameters[name] = yaml.safe_load(value)
        else:
            problems.append(Problem("--parameter", None, text, "no =", "NAME=VALUE"))
    if not args.notebook.is_file():
        problems.append(Problem(str(args.notebook), None, "", "no such file", "a text notebook"))
    if problems:
        raise InputError(problems)
    print(f"executing {args.notebook}", file=sys.stderr)
    try:
        execute(args.notebook, args.output, parameters)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
