"""The study, opened when this module is imported: by the server of kernels (`forked`), once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from earlyhelp.execution.dependencies import digest
from earlyhelp.execution.forked import STUDY
from earlyhelp.report.page import forget, keep_open
from earlyhelp.study.problems import InputError

FOLDER = Path(os.environ[STUDY])
state = ""
# A notebook that opens it says what is wrong with it.
with suppress(InputError):
    state = digest(FOLDER)
    keep_open(FOLDER)


def forget_changed() -> None:
    """Let a kernel read the study itself if its files are others by now."""
    with suppress(InputError):
        if digest(FOLDER) == state:
            return
    forget()
