"""SPSS data as texts, read by a program of its own: a broken file ends the library's process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

# Seconds that no survey takes.
LONGEST = 60


class Data(NamedTuple):
    """What SPSS data hold: columns with their titles, what their codes mean, and the cells."""

    names: list[str]
    titles: list[str]
    labels: dict[str, dict[str, str]]
    rows: list[list[str]]


def read(path: Path, most_cells: int) -> Data | str:
    """Read SPSS data, or say why they cannot be read."""
    command = [sys.executable, "-P", __file__, str(path), str(most_cells)]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        return f"reading took longer than {LONGEST} seconds"
    if ended.returncode:
        return "a broken file"
    told: dict[str, Any] = json.loads(ended.stdout)
    return told["problem"] if "problem" in told else Data(**told)


def as_text(value: Any) -> str:
    """Write a cell as a person would type it.

    Examples
    --------
    >>> as_text(0.1 + 0.2), as_text(5.0), as_text(datetime(2024, 2, 1)), as_text(None)
    ('0.3', '5', '2024-02-01', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # As many digits as are certain.
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _read(path: str, most_cells: int) -> dict[str, Any]:
    import pyreadstat

    try:
        _, about = pyreadstat.read_sav(path, metadataonly=True)
        names = list(about.column_names)
        # A row more than there may be, so that the reader of the rows can tell.
        most = most_cells // max(len(names), 1) + 1
        # What SPSS was told to take for missing is missing.
        values, about = pyreadstat.read_sav(path, output_format="dict", row_limit=most)
    except Exception as error:
        return {"problem": str(error) or type(error).__name__}
    return {
        "names": names,
        "titles": [str(about.column_names_to_labels.get(name) or name) for name in names],
        "labels": {
            name: {as_text(code): str(label) for code, label in coded.items()}
            for name, coded in about.variable_value_labels.items()
        },
        "rows": [list(map(as_text, row)) for row in zip(*values.values(), strict=True)],
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(json.dumps(_read(sys.argv[1], int(sys.argv[2]))).encode())
