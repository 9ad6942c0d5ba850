"""The raw files of a pilot that has no data yet: a data dictionary, and headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from earlyhelp.compendium.wanted import Wanted


def dictionary(id: str, title: str, design: Wanted) -> dict[str, Any]:
    """The data dictionary of the surveys: who answered, when, and the columns of instruments.

    Parameters
    ----------
    id, title : str
        Of the study.
    design : Wanted

    Returns
    -------
    dict
        As `datapackage.json` has it.
    """
    scores = [
        _field(
            column,
            "integer",
            f"{scale.name}, item {n}" if scale.items else scale.name,
            minimum=scale.low,
            maximum=scale.high,
        )
        for scale in design.instruments
        for n, column in enumerate(scale.columns, start=1)
    ]
    resources = []
    for wave in design.waves:
        first, last = days_of(wave.month, [other.month for other in design.waves])
        known = [
            _field("practitioner_id", "string", "Person", required=True, pattern="[A-Z]{1,3}[0-9]+")
            | {"description": "a pseudonym such as P07"},
            _field(
                "team", "string", "Team", required=True, enum=[team.id for team in design.teams]
            ),
            _field(
                "completed_on",
                "date",
                "Day of the answer",
                required=True,
                minimum=first,
                maximum=last,
            ),
        ]
        resources.append(
            {
                "profile": "tabular-data-resource",
                "name": wave.file,
                "path": f"raw/{wave.file}.csv",
                "title": wave.label,
                "description": "One row per response",
                "schema": {"primaryKey": "practitioner_id", "fields": [*known, *scores]},
            }
        )
    return {
        "profile": "tabular-data-package", "name": id, "title": title, "resources": resources,
    }  # fmt: skip


def days_of(month: str, waves: Sequence[str]) -> tuple[str, str]:
    """First and last day on which a survey is answered: three months, or until the next begins.

    Parameters
    ----------
    month : str
        In which the survey begins.
    waves : sequence of str
        The months of all surveys.

    Examples
    --------
    >>> days_of("2026-01", ["2026-01", "2026-03"]), days_of("2026-12", ["2026-12"])
    (('2026-01-01', '2026-02-28'), ('2026-12-01', '2027-02-28'))
    """
    begins = pd.Period(month, "M")
    later = [pd.Period(other, "M") for other in waves if other > month]
    last = min([begins + 2, *(other - 1 for other in later)])
    return f"{begins.start_time:%Y-%m-%d}", f"{last.end_time:%Y-%m-%d}"


def _field(name: str, kind: str, title: str, **constraints: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "title": title, "constraints": constraints}


def headers(described: dict[str, Any]) -> dict[str, str]:
    r"""The header of each raw file, by path.

    Examples
    --------
    >>> fields = [{"name": "practitioner_id"}, {"name": "calm"}]
    >>> headers({"resources": [{"path": "raw/start.csv", "schema": {"fields": fields}}]})
    {'raw/start.csv': 'practitioner_id,calm\n'}
    """
    return {
        resource["path"]: ",".join(one["name"] for one in resource["schema"]["fields"]) + "\n"
        for resource in described["resources"]
    }
