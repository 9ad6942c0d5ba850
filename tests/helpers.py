"""What several test modules build or pick."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import pandas as pd
import pytest
import yaml

from earlyhelp.execution.notebooks import cells_of
from earlyhelp.published.checks.base import Check, Printed, Verdict
from earlyhelp.published.claims import COLUMNS, Claim
from earlyhelp.qualitative.framework import MATRIX_COLUMNS, SUPPORT, Codebook
from earlyhelp.qualitative.theory import Theory, load_theory
from earlyhelp.report.myst import statuses
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, as_text
from earlyhelp.study.problems import InputError
from earlyhelp.validate import digest, table, validate

# A page with a parameter and a cell that shows something.
NOTEBOOK = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# A page

```{code-cell}
---
tags: [parameters]
---
alpha = 0.05
```

```{code-cell}
print(alpha)
```
"""

ROOT = Path(__file__).parents[1]


def write_told(study: Path) -> Path:
    """What pages are told of a study without printed figures, in a file beside its folder."""
    shared = {"study_files": table(), "statuses": statuses()}
    cards: dict[str, Any] = {"cards": {}, "code": {}}
    told = {"claims": {}, "cards": cards, "digest": digest(study), "substitutions": shared}
    path = study.with_suffix(".json")
    path.write_text(json.dumps(told), "utf-8")
    return path


WORDS = """\
- id: majority
  phrases: [majority]
  interval: "(50, 100]"
  why: more than half
"""
AGREEING = {
    "id": "trained",
    "kind": "count",
    "printed": "Three",
    "quantity": "attendance",
    "select": "role=all",
    "column": "attended",
    "status": "reproduced",
}


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


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
        "word": "half" if kind == "word" else "",
    }
    return Claim(**cells, interval="[45, 55]" if kind == "word" else "")


def write_claims(study: Path, *rows: dict[str, str]) -> Path:
    """Write claims.csv and words.yml into a study; what a row leaves out is empty."""
    (study / "words.yml").write_text(WORDS)
    path = study / "claims.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def change_claims(study: Path, claim: str, changes: dict[str, str] | None) -> None:
    """Change cells of one row of claims.csv, or take it out."""
    path = study / "claims.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert claim in [row["id"] for row in rows]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            if row["id"] != claim:
                writer.writerow(row)
            elif changes is not None:
                writer.writerow(row | changes)


def told(call: Callable[[], object]) -> list[str]:
    """The problems that a call tells."""
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


NO_CLAIMS = Printed([])


def run_check(kind: type[Check], printed: Printed = NO_CLAIMS, **given: object) -> Verdict:
    """The verdict of a check of some figures."""
    return kind.model_validate({"id": "a", "about": "a test", **given}).run(printed)


def describe(study: Path, change: Callable[[dict[str, dict]], object]) -> None:
    """Change the resources of a study's data dictionary, by name."""
    path = study / DATAPACKAGE_FILE
    package = json.loads(path.read_text())
    resources = {resource["name"]: resource for resource in package["resources"]}
    change(resources)
    path.write_text(as_text(package | {"resources": list(resources.values())}))


def run_page(page: str, study: Path, root: Path = ROOT) -> None:
    """Validate a study and execute a page of its results, without a kernel."""
    validate(study)
    names: dict[str, object] = {}
    line = f"study = {str(study)!r}"
    for cell in cells_of(jupytext.read(root / f"notebooks/{page}.md"), study):
        if cell.cell_type == "code":
            exec(re.sub("^study = .*$", lambda _: line, cell.source, flags=re.M), names)
    assert "page" in names


def element(name: str, column: str, **more: Any) -> dict[str, Any]:
    """One element as the file has it; outcomes get an evidence status."""
    status = {"assessed_by": ["endline survey"]} if column == "short-term" else {}
    return {
        "id": name,
        "column": column,
        "label": f"Label of {name}",
        "text": f"Text of {name}.",
        "basis": "stated",
        "place": "Chapter 1",
        "evidence": [],
        "who": "families",
        "section": f"promise.md#{name}",
        **status,
        **more,
    }


def load_content(folder: Path, content: dict[str, Any]) -> Theory:
    """Write the theory's file and read it."""
    (folder / "theory_of_change.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_theory(folder)


HEAD = dict.fromkeys(MATRIX_COLUMNS, "")

CODEBOOK = Codebook.model_validate(
    {
        "source_types": [
            {"id": "interview", "name": "Interviews", "directness": "self-report"},
            {"id": "survey", "name": "Survey", "directness": "self-report"},
            {"id": "records", "name": "Records", "directness": "record"},
            {
                "id": "report",
                "name": "Report",
                "directness": "evaluators' synthesis",
                "attributed": False,
            },
        ],
        "components": [{"id": "tools"}],
        "directions": [{"id": "barrier"}, {"id": "facilitator"}],
        "concerns": [{"id": "practitioners"}, {"id": "families"}],
        "supports": [{"id": support} for support in SUPPORT],
        "outcomes": [{"id": "trust"}, {"id": "skill"}],
        "research_questions": [{"id": "1.1", "name": "Use", "affirmative": "It is used."}],
        "themes": [
            {
                "id": theme,
                "name": theme.capitalize(),
                "definition": "D.",
                "include": "I.",
                "exclude": "E.",
                "research_questions": ["1.1"],
            }
            for theme in ("time", "ease")
        ],
    }
)


def matrix_of(*rows: dict[str, str]) -> pd.DataFrame:
    """Rows of question 1.1, numbered A1, A2, ..., by line, with plausible cells.

    The first summary is "Time is short.", the second "Time is short 2.".
    """
    plain = {
        "source_type": "interview",
        "research_question": "1.1",
        "component": "tools",
        "theme": "time",
        "direction": "barrier",
        "concerns": "practitioners",
        "support": "against",
    }
    table = []
    for n, row in enumerate(rows, start=1):
        summary = "Time is short." if n == 1 else f"Time is short {n}."
        table.append({**HEAD, **plain, "summary": summary, **row, "row_id": f"A{n}"})
    return pd.DataFrame(table, range(2, 2 + len(table)), MATRIX_COLUMNS)


def row_of(frame: pd.DataFrame, quantity: str, population: str) -> pd.Series:
    """The one row of what is determined of a quantity, by how its name begins."""
    rows = frame[frame["quantity"].str.startswith(quantity) & (frame["population"] == population)]
    assert len(rows) == 1, list(frame["quantity"])
    return rows.iloc[0]


def holds(row: pd.Series, value: float) -> bool:
    """Whether a row's range holds a value."""
    return bool(row["low"] - 1e-9 <= value <= row["high"] + 1e-9)
