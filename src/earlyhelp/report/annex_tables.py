"""The annexes as MyST: the audit of the printed figures, and the codebook of the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from earlyhelp.published.audit import Checked, finding_target, summary
from earlyhelp.published.ledger import ledger_target
from earlyhelp.report.myst import escape
from earlyhelp.study.dictionary import Field, Resource
from earlyhelp.study.scoring_keys import Instruments, Scale


def summary_table(outcomes: Iterable[Checked]) -> pd.DataFrame:
    """Lay the summary out for a table of finished cells.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.published.audit import audit
    >>> print(summary_table(audit(Path("tests/studies/complete"))).to_string(index=False))
                       Outcome Checks
            cannot all be true      9
           two places disagree      5
    wording stretches a number      4
      wording without a number      0
                     editorial      5
                          held     17
                     undecided      0
    """
    table = summary(outcomes).astype(str)
    return table.set_axis(["Outcome", "Checks"], axis=1)


def findings_markdown(findings: Iterable[Checked]) -> str:
    """Findings as a MyST definition list; each has a target, ``audit-`` and its id.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.published.audit import audit
    >>> print(findings_markdown(audit(Path("tests/studies/complete"))).splitlines()[1][:60])
    : Degrees of freedom that are not those of both arms
    """
    return "\n\n".join(map(_entry, findings)) or "None."


def _entry(finding: Checked) -> str:
    parts = {
        "Places": "; ".join(finding.places),
        "Arithmetic": "; ".join(finding.arithmetic),
        "What would reconcile them": " / ".join(finding.readings),
        "Our reconstruction": finding.chosen,
        "What rests on them": "; ".join(finding.used_by),
    }
    claims = ", ".join(f"[{escape(claim)}](#{ledger_target(claim)})" for claim in finding.claims)
    title = finding.about[:1].upper() + finding.about[1:]
    lines = [f"[{escape(title)}]{{#{finding_target(finding.id)}}}"]
    lines += [f": {escape(finding.says)}"]
    lines += [f": **{name}:** {escape(text)}" for name, text in parts.items() if text]
    lines += [f": **Claims:** {claims}"] if claims else []
    return "\n".join(lines)


def checks_table(outcomes: Iterable[Checked]) -> pd.DataFrame:
    """Lay checks out for a table of finished MyST cells: check, about, arithmetic.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.published.audit import audit
    >>> table = checks_table(audit(Path("tests/studies/complete")))
    >>> table.columns.tolist(), table["Of"].iloc[0]
    (['Check', 'Of', 'Arithmetic'], 'Degrees of freedom that are not those of both arms')
    """
    rows = [(o.check, o.about, "; ".join(o.arithmetic)) for o in outcomes]
    table = pd.DataFrame(rows, columns=["Check", "Of", "Arithmetic"])
    return table.map(escape)


def fields(resource: Resource) -> pd.DataFrame:
    r"""Every column of one raw file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.study.dictionary import read_dictionary
    >>> dictionary = read_dictionary(Path("tests/studies/complete"))
    >>> print(fields(dictionary.by_name["interviews"]).iloc[:2, :2].to_string(index=False))
            Column                          What it holds
    `interview_id` Interview\: the number of an interview
            `role`                                   Role
    """
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
    """Every instrument with its scales, as a MyST definition list.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.study.scoring_keys import read_instruments
    >>> print(instruments(read_instruments(Path("tests/studies/complete"))).splitlines()[0])
    Working Alliance Inventory
    """
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
    if scale.graded:
        yield f"scores from {scale.lowest} to {scale.highest}"
    else:
        yield "yes (1) or no (0)" if scale.yes_or_no else f"measured in {escape(scale.unit)}"
    if scale.key.reversed:
        yield f"reversed {', '.join(f'`{column}`' for column in scale.key.reversed)}"
    if scale.key.bands:
        bands = scale.key.bands.items()
        yield ", ".join(f"{escape(name)} {low:g} to {high:g}" for name, (low, high) in bands)
    for kind, cutoff in scale.key.cutoffs.items():
        yield f"{kind}: below {cutoff:g} is of concern"
    if scale.key.reliability is not None:
        yield f"reliability taken as {scale.key.reliability:g}"
