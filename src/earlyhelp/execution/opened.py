"""The study, opened when this module is imported: by the server of kernels (`forked`), once."""

from __future__ import annotations

import os
from contextlib import suppress

from earlyhelp.execution.forked import STUDY
from earlyhelp.report.page import keep_open
from earlyhelp.study.problems import InputError

# A notebook that opens it says what is wrong with it.
with suppress(InputError):
    keep_open(os.environ[STUDY])
