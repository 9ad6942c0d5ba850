"""What several test modules build or pick."""

from __future__ import annotations

import pandas as pd

from earlyhelp.claims import COLUMNS, Claim


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
