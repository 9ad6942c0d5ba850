"""The study, opened when this module is imported: by the server of kernels (`forked`), once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from earlyhelp.execution.dependencies import digest
from earlyhelp.execution.forked import STUDY
from earlyhelp.report.page import forget, keep_open
from earlyhelp.study.problems import InputError

_states: dict[Path, str] = {}


def open_study(folder: Path) -> None:
    """Open a study; what is wrong with it, a notebook that opens it says."""
    with suppress(InputError):
        _states[folder] = digest(folder)
        keep_open(folder)


def forget_changed() -> None:
    """Let a kernel read the study itself if its files are others by now."""
    with suppress(InputError):
        if all(digest(folder) == state for folder, state in _states.items()):
            return
    forget()


if STUDY in os.environ:
    open_study(Path(os.environ[STUDY]))
