"""The audit as MyST: its summary, findings and checks."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from earlyhelp.published.audit import Outcome, summary
from earlyhelp.published.ledger import ledger_target
from earlyhelp.report.myst import escape


def summary_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Lay the summary out for a table of finished cells."""
    table = summary(outcomes).astype(str)
    return table.set_axis(["Outcome", "Checks"], axis=1)


def findings_markdown(findings: Iterable[Outcome]) -> str:
    """Findings as a MyST definition list; each has a target, ``audit-`` and its id."""
    return "\n\n".join(map(_entry, findings)) or "None."


def _entry(finding: Outcome) -> str:
    parts = {
        "Places": "; ".join(finding.places),
        "Arithmetic": "; ".join(finding.arithmetic),
        "What would reconcile them": " / ".join(finding.readings),
        "Our reconstruction": finding.chosen,
        "What rests on them": "; ".join(finding.used_by),
    }
    claims = ", ".join(f"[{escape(claim)}](#{ledger_target(claim)})" for claim in finding.claims)
    lines = [f"[{escape(finding.about)}]{{#audit-{finding.id.replace('.', '-')}}}"]
    lines += [f": {escape(finding.says)}"]
    lines += [f": **{name}:** {escape(text)}" for name, text in parts.items() if text]
    lines += [f": **Claims:** {claims}"] if claims else []
    return "\n".join(lines)


def checks_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Lay checks out for a table of finished MyST cells: check, about, arithmetic."""
    rows = [(o.check, o.about, "; ".join(o.arithmetic)) for o in outcomes]
    table = pd.DataFrame(rows, columns=["Check", "Of", "Arithmetic"])
    return table.map(escape)
