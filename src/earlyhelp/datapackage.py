"""The raw files described as a Frictionless data package (specs.frictionlessdata.io)."""

from __future__ import annotations

import json
from typing import Any

from earlyhelp.raw import Column, schema
from earlyhelp.study import Study

DATAPACKAGE_FILE = "datapackage.json"
_TYPES = {"number": "number", "date": "date", "text": "string"}


def describe(study: Study) -> dict[str, Any]:
    """Describe the raw files that a study has.

    Returns
    -------
    dict
        Content of `datapackage.json`: a resource per file, a field per column, with what a cell
        may hold as its description; the first column is the primary key.
    """
    kind = "synthetic, reconstructed from published figures; no findings"
    return {
        "profile": "tabular-data-package",
        "name": study.id,
        "title": study.title,
        "description": kind if study.provenance == "reconstructed" else "observed",
        "resources": [
            _resource(stem, columns)
            for stem, columns in schema(study).items()
            if (study.folder / "raw" / f"{stem}.csv").is_file()
        ],
    }


def _resource(stem: str, columns: dict[str, Column]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": stem,
        "path": f"raw/{stem}.csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                {
                    "name": name,
                    "type": _TYPES[column.kind],
                    "description": column.expected,
                    "constraints": {"required": not column.optional},
                }
                for name, column in columns.items()
            ],
            "missingValues": [""],
            "primaryKey": [next(iter(columns))],
        },
    }


def as_text(study: Study) -> str:
    """Content of `datapackage.json` as text."""
    return json.dumps(describe(study), indent=2, ensure_ascii=False) + "\n"
