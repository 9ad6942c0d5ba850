"""The raw files of a pilot that has no data yet: a data dictionary, and headers."""

from __future__ import annotations

from calendar import monthrange
from typing import Any

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
        year, month = map(int, wave.month.split("-"))
        days = {"minimum": f"{wave.month}-01"}
        days["maximum"] = f"{wave.month}-{monthrange(year, month)[1]}"
        known = [
            _field("practitioner_id", "string", "Person", required=True, pattern="[A-Z]{1,3}[0-9]+")
            | {"description": "a pseudonym such as P07"},
            _field(
                "team", "string", "Team", required=True, enum=[team.id for team in design.teams]
            ),
            _field("completed_on", "date", "Day of the answer", required=True, **days),
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
