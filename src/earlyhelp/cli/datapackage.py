"""`earlyhelp datapackage`: describe the raw files for other software."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = subparsers.add_parser(
        "datapackage", help="write datapackage.json beside the raw files"
    )
    command.add_argument("study", type=Path, help="study folder, such as data/rotherham")
    command.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the description of a study that has no problem."""
    from earlyhelp.datapackage import DATAPACKAGE_FILE, as_text
    from earlyhelp.raw import open_pilot

    study = open_pilot(args.study).study
    path = study.folder / DATAPACKAGE_FILE
    path.write_text(as_text(study), encoding="utf-8")
    print(path)
    return 0
