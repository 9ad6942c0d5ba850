"""What the evidence says of each outcome of the theory of change: the overlay of its drawing.

The rule, applied by `outcome_evidence` in this order:

1. "evidence against": a test of the outcome's measure between the arms goes against the
   intervention at alpha, or more rows of the framework matrix speak against the outcome than for.
2. "measured support": such a test favours the intervention at alpha.
3. "qualitative support": more rows speak for the outcome than against it.
4. "no evidence": none of these; the reason is told. A test that is not significant is no evidence
   either way; the joint displays keep to that as well.

Measures without a comparison, such as survey ratings after the training, decide nothing.

How sure an answer is (`confidence`) follows from four points, of which each counts one:

S. Two or more kinds of source that the report names, each by itself, are on the side of most rows,
   and the triangulation finds no dissonance on a statement of the answer.
D. Such a row is no reflection on others and no synthesis: people speak of themselves, or a record
   or an observer shows it.
N. The answer holds a number that the report prints and that the data give back.
K. The report names a source; no row of named sources, singly or together, is on the other side; by
   the triangulation sources nowhere differ on a statement of the answer, wholly or in part; and no
   figure that it rests on is contradicted or in a finding of the audit that figures or places
   disagree.

Four are strong, three moderate, two limited, fewer very limited. Answers that rest on the
evaluators' synthesis alone, or on a test between the arms with fewer than `FEW_UNITS` randomised
units, are very limited; those about families that neither families nor records speak of are limited
at most.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

import pandas as pd

from earlyhelp.analysis.outcomes import between_tests, check_share
from earlyhelp.analysis.quantities import FREE, labelled
from earlyhelp.analysis.randomisation import smallest_p
from earlyhelp.qualitative.framework import (
    STAFF_ON_FAMILIES,
    SYNTHESIS,
    Codebook,
    evidence_for_outcomes,
    on_part,
    strength_of_evidence,
)
from earlyhelp.qualitative.theory import OVERLAY, Element, Theory
from earlyhelp.qualitative.triangulation import (
    JUDGEMENTS,
    Triangulation,
    coded_evidence,
    judgements,
)
from earlyhelp.study.design import PLACEHOLDER, Question
from earlyhelp.study.raw import Pilot

# What is to be said of an answer that lacks a point.
POINTS = {
    "S": "no two kinds of source confirm it",
    "D": "no first-hand account, record or observer",
    "N": "no printed number",
    "K": "sources or figures differ",
}
DISSONANCE, PARTIAL, *_ = JUDGEMENTS
LEVELS = ("very limited", "very limited", "limited", "moderate", "strong")
# What of a test takes a side.
SETTLED = ("difference", "p")
# Fewest units in equal arms with which a randomisation test can find anything at the usual level.
FEW_UNITS = next(n for n in count(2, 2) if smallest_p(n, n // 2) < 0.05)


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
        outcome, measure (as in `between_tests`, or ""), difference, p (NaN without a test and
        where the reconstruction has set them, for what is illustrative is no evidence),
        measured and qualitative ("for", "against" or ""), supports, against, mixed, silent (rows),
        named (rows of sources that the report names), row_ids (tuple), evidence, one of
        `theory.OVERLAY`, and reason (why there is no evidence, else "").

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.qualitative.theory import load_theory
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> table = outcome_evidence(load_theory(study), open_pilot(study), read_codebook(study))
    >>> print(table[["outcome", "measure", "supports", "evidence"]].head(2).to_string(index=False))
       outcome measure  supports            evidence
    confidence                 2 qualitative support
      alliance     wai         0    measured support
    """
    check_share("alpha", alpha)
    changes = _settled(between_tests(pilot).query("contrast == 'change'"))
    tests = {row["measure"]: row for row in changes.to_dict("records")}
    rows = _rows_by_outcome(pilot.framework_matrix, codebook)
    table = []
    for name, outcome in theory.outcomes.items():
        measure = next((name for name in outcome.assessed_by if name in tests), "")
        test = tests.get(measure, {})
        difference, p = (test.get(key, float("nan")) for key in ("difference", "p"))
        found = rows.get(name, NO_EVIDENCE)
        better = not measure or pilot.instruments.scales[measure].about.higher_is_better
        told = p < alpha and pd.notna(difference)
        measured = _direction(difference if better else -difference, 0) if told else ""
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


def _settled(tests: pd.DataFrame) -> pd.DataFrame:
    """Differences and p without those that the reconstruction has set."""
    if not (marks := tests.attrs.get("statuses")):
        return tests
    shown = tests.copy()
    for column in SETTLED:
        shown.loc[[status == FREE for status in marks.of(tests, column)[0]], column] = float("nan")
    return shown


NO_EVIDENCE: Mapping[str, Any] = {
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
        str(outcome): {key: of_outcome[key].sum() for key in NO_EVIDENCE}
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
    """Evidence by outcome, as `theory_drawing.draw` and `theory_drawing.as_list` take it.

    Examples
    --------
    >>> overlay(pd.DataFrame({"outcome": ["skills"], "evidence": ["qualitative support"]}))
    {'skills': 'qualitative support'}
    """
    return dict(zip(evidence["outcome"], evidence["evidence"], strict=True))


def confidence(
    pilot: Pilot,
    codebook: Codebook | None,
    questions: Mapping[str, Question],
    answered: pd.DataFrame,
    plan: Triangulation | None = None,
    disputed: Collection[str] = (),
) -> pd.DataFrame:
    """How sure one can be of each answer to a research question, by the module's rule.

    Parameters
    ----------
    answered : DataFrame
        The ledger: id, quantity and status of each claim, with one row each.
    plan : Triangulation, optional
        Of the study; without one, no statement of an answer is compared.
    disputed : collection of str
        Claims that the audit finds to disagree with others (`audit.disputed`).

    Returns
    -------
    DataFrame
        question, part, points (of `POINTS`), named (whether the report names a source), cap (why
        the answer is no surer, else "") and confidence, one of `LEVELS`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.design import read_questions
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> pilot, codebook, asked = open_pilot(study), read_codebook(study), read_questions(study)
    >>> ledger = pd.DataFrame({"id": [], "quantity": [], "status": []})
    >>> table = confidence(pilot, codebook, asked, ledger)
    >>> print(table[["question", "part", "points", "confidence"]].head(1).to_string(index=False))
    question     part points confidence
         1.1 training     DK    limited
    """
    table, matrix = [], pilot.framework_matrix
    coded = coded_evidence(matrix, plan) if plan and codebook else None
    for question in questions.values():
        rows = matrix[matrix["research_question"] == question.id]
        for part, answer in question.answers.items():
            found = _by_side(on_part(rows, part), codebook)
            cited = answered[answered["id"].isin(PLACEHOLDER.findall(answer))]
            judged, claims = _compared(coded, codebook, question.id, part)
            rests = answered[answered["id"].isin(claims)]
            against = "contradicted" in {*cited["status"], *rests["status"]}
            against |= not {*cited["id"], *claims}.isdisjoint(disputed)
            points = _points(found, set(cited["status"]), judged, against)
            tested = between_tests.__name__ in set(cited["quantity"])
            units = pilot.study.units
            cap, most = _cap(found, tested and units is not None and units < FEW_UNITS)
            level = LEVELS[min(len(points), most)]
            binds = level != LEVELS[len(points)]
            told = cap if binds else ""
            table.append((question.id, part, points, bool(found["named"].any()), told, level))
    columns = ["question", "part", "points", "named", "cap", "confidence"]
    return pd.DataFrame(table, columns=columns)


def _by_side(rows: pd.DataFrame, codebook: Codebook | None) -> pd.DataFrame:
    """Sources of some rows with how many are on the side of most (`most`) and on the other."""
    if codebook is None or rows.empty:
        return pd.DataFrame(columns=["source", "directness", "most", "other", "singly", "named"])
    found = strength_of_evidence(rows, codebook)
    sides = ["supports", "against"]
    most, other = sorted(sides, key=lambda side: -found[side].sum())
    singly = found["source"].isin(codebook.attributed)
    named = found["source"].map(codebook.names)
    return found.assign(most=found[most], other=found[other], singly=singly, named=named)


def _compared(
    coded: pd.DataFrame | None, codebook: Codebook | None, question: str, part: str
) -> tuple[set[str], set[str]]:
    """How sources are judged on the statements of an answer, and the claims behind these."""
    if coded is None or codebook is None:
        return set(), set()
    statements = on_part(coded[coded["question"] == question], part)
    judged = set(judgements(statements, codebook)["judgement"]) if len(statements) else set()
    return judged, set(statements["claims"].explode().dropna())


def _points(found: pd.DataFrame, statuses: set[str], judged: set[str], against: bool) -> str:
    """Which points an answer has."""
    on_side = found[found["most"] > 0]
    near = ~on_side["directness"].isin([STAFF_ON_FAMILIES, SYNTHESIS])
    has = {
        "S": on_side.loc[on_side["singly"], "source"].nunique() >= 2 and DISSONANCE not in judged,
        "D": bool(near.any()),
        "N": bool({"reproduced", "determined", "observed"} & statuses),
        "K": bool(found["named"].any())
        and not found.loc[found["named"], "other"].any()
        and judged.isdisjoint({DISSONANCE, PARTIAL})
        and not against,
    }
    return "".join(point for point in POINTS if has[point])


def _cap(found: pd.DataFrame, few_units: bool) -> tuple[str, int]:
    """Why an answer is no surer, and the most points that it can count."""
    near = set(found.loc[found["most"] > 0, "directness"])
    if few_units:
        return "too few units to show an effect", 1
    if STAFF_ON_FAMILIES in near <= {SYNTHESIS, STAFF_ON_FAMILIES}:
        return "only staff speak for families", 2
    return "", len(POINTS)
