"""The workflow: what it would write, and under which names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from helpers import ROOT

PARTS = (
    *("Snakefile", "src", "notebooks", "book", "data", "requirements.txt"),
    *("_config.yml", "_toc.yml", "CITATION.cff", "profiles"),
)


def outputs(checkout: Path) -> list[str]:
    """Names of all that a report of this checkout writes."""
    checkout.mkdir()
    for part in PARTS:
        (checkout / part).symlink_to(ROOT / part)
    command = [sys.executable, "-m", "snakemake", "report", "--summary"]
    shown = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout
    return [line.partition("\t")[0] for line in shown.splitlines()[1:]]


def test_names_do_not_depend_on_where_the_checkout_lies(tmp_path: Path) -> None:
    here = outputs(tmp_path / "here")
    assert len(here) > 10
    assert outputs(tmp_path / "One Drive") == here
