"""The data codebook as MyST: columns of the raw files, and how instruments are scored."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from earlyhelp.report.myst import escape
from earlyhelp.study.dictionary import Field, Resource
from earlyhelp.study.scoring_keys import Instruments, Scale


def fields(resource: Resource) -> pd.DataFrame:
    """Every column of one raw file."""
    table = resource.table
    blank = ", ".join(filter(None, table.missingValues))
    missing = f"yes, written {escape(blank)}" if blank else "yes"
    return pd.DataFrame(
        [
            {
                "Column": f"`{field.name}`",
                "What it holds": escape(": ".join(filter(None, [field.title, field.description]))),
                "Type": field.type,
                "Allowed values": _allowed(field, resource),
                "May be missing": "no" if _always(field, resource) else missing,
            }
            for field in table.fields
        ],
        dtype=str,
    )


def _always(field: Field, resource: Resource) -> bool:
    return field.constraints.required or field.name == resource.table.primaryKey


def _allowed(field: Field, resource: Resource) -> str:
    limits = field.constraints
    told = []
    if limits.enum is not None:
        told.append(escape(", ".join(map(str, limits.enum))))
    if limits.minimum is not None or limits.maximum is not None:
        ends = (limits.minimum, limits.maximum)
        told.append(escape(" to ".join("any" if end is None else str(end) for end in ends)))
    if limits.pattern is not None:
        told.append(f"the pattern {escape(limits.pattern)}")
    if limits.unique or field.name == resource.table.primaryKey:
        told.append("each once")
    told += [
        f"stands in `{key.reference.fields}` of `{key.reference.resource}`"
        for key in resource.table.foreignKeys
        if key.fields == field.name
    ]
    return "; ".join(told) or "any text"


def instruments(keys: Instruments) -> str:
    """Every instrument with its scales, as a MyST definition list."""
    of: dict[str, list[Scale]] = {}
    for scale in keys.scales.values():
        of.setdefault(scale.instrument, []).append(scale)
    return "\n\n".join("\n".join(_instrument(scales)) for scales in of.values())


def _instrument(scales: list[Scale]) -> Iterator[str]:
    about = scales[0].about
    yield escape(about.title)
    missing = f"up to {about.missing} missing" if about.missing else "none missing"
    better = "higher" if about.higher_is_better else "lower"
    scored = "" if scales[0].key.total else f"The {about.score} of the items, {missing}. "
    yield f": {scored}{better.capitalize()} is better. Source: {{cite:t}}`{about.source}`."
    for scale in scales:
        yield f": **{escape(scale.key.name)}:** {'; '.join(_scale(scale))}."


def _scale(scale: Scale) -> Iterator[str]:
    columns = ", ".join(f"`{column}`" for column in scale.columns)
    ends = f"{scale.minimum} to {scale.maximum}"
    yield f"total in {columns}" if scale.key.total else f"{columns}, each from {ends}"
    yield f"scores from {scale.lowest} to {scale.highest}"
    if scale.key.reversed:
        yield f"reversed {', '.join(f'`{column}`' for column in scale.key.reversed)}"
    if scale.key.bands:
        bands = scale.key.bands.items()
        yield ", ".join(f"{escape(name)} {low:g} to {high:g}" for name, (low, high) in bands)
    for kind, cutoff in scale.key.cutoffs.items():
        yield f"{kind}: below {cutoff:g} is of concern"
    if scale.key.reliability is not None:
        yield f"reliability taken as {scale.key.reliability:g}"
