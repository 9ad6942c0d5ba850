"""`earlyhelp qualitative`: exchange the framework matrix with other tools (REFI-QDA)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from earlyhelp.study.problems import InputError, Problem

DESCRIPTION = """\
Exchange a study's framework matrix with other tools for qualitative analysis, in the REFI-QDA
format that NVivo, ATLAS.ti, MAXQDA and QualCoder read and write.
"""


def register(subparsers: Any) -> None:
    """Add the command to the command line."""
    command = subparsers.add_parser(
        "qualitative",
        help="exchange the framework matrix with other tools (REFI-QDA)",
        description=DESCRIPTION,
    )
    actions = command.add_subparsers(required=True, metavar="export|import")
    export = actions.add_parser("export", help="write a project (.qdpx) or a codebook (.qdc)")
    export.add_argument("study", metavar="STUDY", help="study folder")
    export.add_argument("output", metavar="OUT", type=Path, help="file ending in .qdpx or .qdc")
    export.set_defaults(func=_export)
    read = actions.add_parser("import", help="read a project (.qdpx) back to a matrix")
    read.add_argument("project", metavar="FILE", type=Path, help="file ending in .qdpx")
    read.add_argument("--output", metavar="CSV", type=Path, required=True, help="matrix to write")
    read.set_defaults(func=_import)


def _export(args: argparse.Namespace) -> int:
    from earlyhelp.qualitative.framework import read_codebook, validate_matrix
    from earlyhelp.qualitative.refi_qda import export_codebook, export_project
    from earlyhelp.study.raw import open_pilot

    suffix = args.output.suffix.lower()
    if suffix not in (".qdpx", ".qdc"):
        raise _error(args.output.name, repr(suffix), "a name ending in .qdpx or .qdc")
    pilot = open_pilot(args.study)
    matrix = pilot.framework_matrix
    if matrix.empty:
        raise _error("framework_matrix.csv", "no rows", "a study with qualitative data")
    codebook = read_codebook(pilot.study.folder)
    sources = {
        "interview": pilot.interviews["interview_id"].tolist(),
        "observation": pilot.observations["observation_id"].tolist(),
    }
    problems = validate_matrix(matrix, codebook, sources)
    if problems:
        raise InputError(problems)
    if suffix == ".qdc":
        _write(args.output, export_codebook(codebook))
    else:
        _write(args.output, export_project(matrix, codebook, pilot.study.title))
    return 0


def _import(args: argparse.Namespace) -> int:
    from earlyhelp.qualitative.refi_qda import import_project

    if args.project.suffix.lower() == ".qdc":
        raise _error(args.project.name, "a codebook", "a project (.qdpx): a codebook has no rows")
    matrix = import_project(args.project)
    if matrix.empty:
        raise _error(args.project.name, "no coded passage of text", "at least one")
    _write(args.output, matrix.to_csv(index=False, lineterminator="\n").encode())
    print(f"{args.output}: {len(matrix)} rows", file=sys.stderr)
    return 0


def _error(file: str, found: str, expected: str) -> InputError:
    return InputError([Problem(file, None, "", found, expected)])


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _error(
            str(path), error.strerror or "an error", "a file that can be written"
        ) from None
