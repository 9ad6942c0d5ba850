"""The `earlyhelp` command: the only place that prints and exits."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from earlyhelp.cli.boundary import guarded, run
from earlyhelp.cli.samples import samples
from earlyhelp.cli.study import app
from earlyhelp.cli.trial import trial

__all__ = ["guarded", "main"]

app.add_typer(samples, name="samples")
app.add_typer(trial, name="trial")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    return guarded(lambda: run(app, "earlyhelp", sys.argv[1:] if argv is None else argv))
