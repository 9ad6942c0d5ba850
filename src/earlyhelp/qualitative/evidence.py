"""What the evidence says of each outcome of the theory of change: the overlay of its drawing.

The rule, applied by `outcome_evidence` in this order:

1. "evidence against": a test of the outcome's measure between the arms goes against the
   intervention at alpha, or more rows of the framework matrix speak against the outcome than for.
2. "measured support": such a test favours the intervention at alpha.
3. "qualitative support": more rows speak for the outcome than against it.
4. "no evidence": none of these; the reason is told. A test that is not significant is no evidence
   either way (`framework.INCONCLUSIVE`, which the joint displays keep to as well).

Measures without a comparison, such as survey ratings after the training, decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from earlyhelp.analysis.outcomes import between_tests
from earlyhelp.analysis.quantities import labelled
from earlyhelp.qualitative.framework import Codebook, evidence_for_outcomes
from earlyhelp.qualitative.theory import OVERLAY, Element, Theory
from earlyhelp.study.raw import Pilot


def outcome_evidence(
    theory: Theory, pilot: Pilot, codebook: Codebook | None, alpha: float = 0.05
) -> pd.DataFrame:
    """Say for every outcome of a theory what rows and tests bear on it, by the module's rule.

    Parameters
    ----------
    codebook : Codebook, optional
        Of the study's framework matrix; without one, no row bears on any outcome.
    alpha : float
        Significance level of the tests, in (0, 1).

    Returns
    -------
    DataFrame
        outcome, measure (as in `between_tests`, or ""), difference, p (both NaN without a test),
        measured and qualitative ("for", "against" or ""), supports, against, mixed, silent (rows),
        named (rows of sources that the report names), row_ids (tuple), evidence, one of
        `theory.OVERLAY`, and reason (why there is no evidence, else "").
    """
    changes = between_tests(pilot, alpha).query("contrast == 'change'")
    tests = {row["measure"]: row for row in changes.to_dict("records")}
    rows = _rows_by_outcome(pilot.framework_matrix, codebook)
    table = []
    for name, outcome in theory.outcomes.items():
        measure = next((name for name in outcome.assessed_by if name in tests), "")
        test = tests.get(measure, {})
        difference, p = (test.get(key, float("nan")) for key in ("difference", "p"))
        found = rows.get(name, NOTHING)
        better = not measure or pilot.instruments.scales[measure].about.higher_is_better
        measured = _direction(difference if better else -difference, 0) if p < alpha else ""
        qualitative = _direction(found["supports"], found["against"])
        shown = _overlay(measured, qualitative)
        table.append(
            {
                "outcome": name,
                "measure": measure,
                "difference": difference,
                "p": p,
                "measured": measured,
                "qualitative": qualitative,
                **found,
                "evidence": shown,
                "reason": _reason(outcome, found, tested=p >= 0) if shown == OVERLAY[2] else "",
            }
        )
    return labelled(pd.DataFrame(table), pilot.labels)


NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("supports", "against", "mixed", "silent", "named"), 0),
    "row_ids": (),
}


def _rows_by_outcome(
    matrix: pd.DataFrame, codebook: Codebook | None
) -> dict[str, Mapping[str, Any]]:
    if codebook is None:
        return {}
    counted = evidence_for_outcomes(matrix, codebook)
    counted["named"] = counted["n"].where(counted["source"].map(codebook.names), 0)
    return {
        str(outcome): {key: of_outcome[key].sum() for key in NOTHING}
        for outcome, of_outcome in counted.groupby("outcome", sort=False)
    }


def _direction(in_favour: float, opposed: float) -> str:
    if in_favour == opposed:
        return ""
    return "for" if in_favour > opposed else "against"


def _overlay(measured: str, qualitative: str) -> str:
    if "against" in (measured, qualitative):
        return "evidence against"
    if measured == "for":
        return "measured support"
    return "qualitative support" if qualitative == "for" else "no evidence"


def _reason(outcome: Element, found: Mapping[str, Any], tested: bool) -> str:
    """Why there is no evidence on an outcome."""
    if outcome.not_assessed:
        return outcome.not_assessed
    said = []
    if tested:
        said.append("the test cannot tell")
    if found["supports"]:
        said.append("as many rows speak for it as against it")
    elif found["mixed"]:
        said.append("rows speak for it in part only, or tell of an expectation")
    elif not tested:
        said.append("no row takes a side")
    return f"{'; '.join(said).capitalize()}."


def overlay(evidence: pd.DataFrame) -> dict[str, str]:
    """Evidence by outcome, as `theory.draw` and `theory.as_list` take it."""
    return dict(zip(evidence["outcome"], evidence["evidence"], strict=True))
