"""What several test modules build or pick."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from earlyhelp.claims import COLUMNS, Claim
from earlyhelp.datapackage import DATAPACKAGE_FILE, as_text


def row(frame: pd.DataFrame, **keys: object) -> pd.Series:
    """The one row with these values."""
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def claim(id: str, printed: str, kind: str = "count", place: str = "Table 1") -> Claim:
    """A claim that no data answer."""
    cells = dict.fromkeys(COLUMNS, "") | {
        "id": id,
        "section": "Results",
        "place": place,
        "kind": kind,
        "printed": printed,
        "status": "not in our data",
        "note": "a test",
        "interval": "[45, 55]" if kind == "word" else "",
    }
    return Claim(**cells)


def describe(study: Path, change: Callable[[dict[str, dict]], object]) -> None:
    """Change the resources of a study's data dictionary, by name."""
    path = study / DATAPACKAGE_FILE
    package = json.loads(path.read_text())
    resources = {resource["name"]: resource for resource in package["resources"]}
    change(resources)
    path.write_text(as_text(package | {"resources": list(resources.values())}))
