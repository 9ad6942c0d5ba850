"""A build's study, opened and checked once for all of its notebooks.

The server of kernels imports this module (`forked`): every process forked from it finds the study
open. Where there is no fork, the process that checks opens it.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from earlyhelp.execution.dependencies import all_files, digest
from earlyhelp.execution.forked import CHECKED, STUDY
from earlyhelp.published.ledger import ledger_target
from earlyhelp.published.numbers import with_unit
from earlyhelp.report.claim_cards import cards
from earlyhelp.report.myst import statuses
from earlyhelp.report.page import forget, keep_open, open_page
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot, open_pilot
from earlyhelp.validate import digest as study_digest
from earlyhelp.validate import remarks, table, validate


def asked() -> tuple[Path, bool]:
    """The study of this build, and whether it is to be checked."""
    return Path(os.environ[STUDY]), bool(os.environ[CHECKED])


def _state(folder: Path) -> str:
    return digest(*all_files(folder))


@cache
def _opened(folder: Path, check: bool, _digest: str) -> Pilot | list[Problem]:
    """Open a study whose files have a digest, or say what is wrong with it."""
    forget()
    try:
        pilot = validate(folder) if check else open_pilot(folder)
        keep_open(pilot)
    except InputError as error:
        return error.problems
    return pilot


def open_study(folder: Path, check: bool) -> Pilot:
    """Open a study, or take the open one if its files are as they were.

    Raises
    ------
    InputError
    """
    pilot = _opened(folder, check, _state(folder))
    if isinstance(pilot, list):
        raise InputError(pilot)
    return pilot


def checked(folder: Path) -> list[str]:
    """Check a study; what a person should know or look at (`validate.remarks`).

    Raises
    ------
    InputError
    """
    return remarks(open_study(folder, True))


def told(folder: Path) -> dict[str, Any]:
    """What pages are told of a study that only computing gives, as JSON holds it.

    Returns
    -------
    dict
        claims: for prose, by id what the data give for each claim, what became of it and its row's
        target; cards: `claim_cards.cards`; digest: `validate.digest`; substitutions: MyST that all
        pages share, the list of a study folder's files and the table of statuses.
    """
    page = open_page(folder)
    claims = {
        row["id"]: (
            page.numbers[row["id"]],
            f"Report, {row['place']}: {with_unit(row['printed'], row['unit'])} ({row['status']})",
            ledger_target(row["id"]),
        )
        for row in page.ledger.to_dict("records")
        if row["id"] in page.numbers
    }
    return {
        "claims": claims,
        "cards": cards(page.pilot, page.claims.values(), page.ledger, page.audited),
        "digest": study_digest(folder),
        "substitutions": {"study_files": table(), "statuses": statuses()},
    }


if STUDY in os.environ:
    _opened(*asked(), _state(asked()[0]))
