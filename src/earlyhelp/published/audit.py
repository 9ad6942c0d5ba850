"""The audit: what a report's printed figures say of each other, without any raw data.

`claims.csv` of a study holds the printed figures; `audit.yml` declares which of them belong
together, and records as reviewed what no arithmetic finds by itself. Each declaration is a check
(`published.checks`) that either holds or becomes a finding; its severity, the readings that would
reconcile the figures and the choice of the reconstruction stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
from pydantic import Field

from earlyhelp.possible.existence import Undecided
from earlyhelp.possible.printed_group import TooLarge, printed_interval
from earlyhelp.published.checks.base import SEVERITIES, UNSETTLED, Check, Printed, Verdict
from earlyhelp.published.checks.joint_scores import JointScores
from earlyhelp.published.checks.percentages import Proportions, counts_of
from earlyhelp.published.checks.places import Labels, Published, Same
from earlyhelp.published.checks.scores import Ceiling, ScoreCheck
from earlyhelp.published.checks.t_tests import ChangeTests, Difference, PrintedTest
from earlyhelp.published.checks.totals import AtMost, MeanTotals, People, Totals
from earlyhelp.published.checks.wording import Reviewed, Wording
from earlyhelp.published.claims import CLAIMS_FILE, Claim, read_claims
from earlyhelp.qualitative.framework import kinds, read_codebook
from earlyhelp.qualitative.triangulation import TRIANGULATION_FILE, read_triangulation
from earlyhelp.study.design import PLACEHOLDER, QUESTIONS_FILE, read_questions
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import is_there
from earlyhelp.study.yamlfile import Strict, read_yaml

AUDIT_FILE = "audit.yml"
NO_FIGURES = f"No printed figures to audit: the study has no {CLAIMS_FILE}."


def finding_target(finding: str) -> str:
    """Target of a finding on the page of the audit.

    Examples
    --------
    >>> finding_target("table-2.1")
    'audit-table-2-1'
    """
    return f"audit-{finding.replace('.', '-')}"


@dataclass(frozen=True)
class Checked:
    """One check and what came of it.

    Attributes
    ----------
    id, check, about : str
        Id; kind of check; what it is about, in a few words.
    verdict : str
        "finding", "held" or "undecided".
    severity : str
        Of a finding, one of `SEVERITIES`; otherwise empty.
    places : tuple of str
        Sections, tables and figures of the report.
    says : str
        What these places say, in our words.
    arithmetic : tuple of str
    readings : tuple of str
        What would reconcile the figures.
    chosen : str
        What our reconstruction does about it.
    claims : tuple of str
        Ids of the claims that it concerns.
    used_by : tuple of str
        Answers to research questions and statements of the triangulation that rest on these claims.
    """

    id: str
    check: str
    about: str
    verdict: str
    severity: str
    places: tuple[str, ...]
    says: str
    arithmetic: tuple[str, ...]
    readings: tuple[str, ...]
    chosen: str
    claims: tuple[str, ...]
    used_by: tuple[str, ...] = ()


class Remark(Strict):
    """Readings and choice for a check that needs no declaration."""

    readings: tuple[str, ...] = ()
    chosen: str = ""


class Declarations(Strict):
    """Everything that `audit.yml` declares, by kind of check."""

    proportions: tuple[Proportions, ...] = ()
    totals: tuple[Totals, ...] = ()
    same: tuple[Same, ...] = ()
    people: tuple[People, ...] = ()
    scores: tuple[ScoreCheck, ...] = ()
    tests: tuple[PrintedTest, ...] = ()
    changes: tuple[ChangeTests, ...] = ()
    joint: tuple[JointScores, ...] = ()
    differences: tuple[Difference, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    wordings: tuple[Wording, ...] = ()
    published: tuple[Published, ...] = ()
    limits: tuple[AtMost, ...] = ()
    means: tuple[MeanTotals, ...] = ()
    labels: tuple[Labels, ...] = ()
    reviewed: tuple[Reviewed, ...] = ()
    remarks: Mapping[str, Remark] = Field(default_factory=dict)

    @property
    def checks(self) -> list[Check]:
        """All checks, in the order of the fields."""
        return [
            check for name in type(self).model_fields if name != "remarks"
            for check in getattr(self, name)
        ]  # fmt: skip


def read_declarations(path: Path, claims: list[Claim]) -> Declarations:
    """Read and validate `audit.yml`.

    Raises
    ------
    InputError
        With every problem of the file: ids that stand twice, claims that do not exist or are no
        number.

    Examples
    --------
    >>> folder = Path("tests/studies/complete")
    >>> declarations = read_declarations(folder / "audit.yml", read_claims(folder / "claims.csv"))
    >>> declarations.limits[0].about
    'Staff who came among those who could'
    """
    declarations: Declarations = read_yaml(path, Declarations)
    problems = list(_problems(path.name, declarations.checks, Printed(claims)))
    if problems:
        raise InputError(problems)
    return declarations


def _problems(name: str, checks: list[Check], printed: Printed) -> Iterator[Problem]:
    seen: set[str] = set()
    for check in checks:
        if check.id in seen:
            yield Problem(name, None, check.id, "an id that stands twice", "an id of its own")
        seen.add(check.id)
        for claim in (*check.mentions(), *check.named()):
            if claim not in printed.claims:
                yield Problem(name, None, check.id, repr(claim), f"a claim of {CLAIMS_FILE}")
        for operand, expected in check.unread(printed):
            yield Problem(name, None, check.id, repr(operand), expected)


def audit(folder: Path) -> list[Checked]:
    """Check the printed figures of a study against each other.

    Parameters
    ----------
    folder : Path
        Study folder. Without `claims.csv` there are no printed figures, and nothing is checked.

    Returns
    -------
    list of Checked
        Findings by severity, those first whose claims most answers and statements rest on; then
        the other checks in the order of `audit.yml`, and those that need no declaration.

    Raises
    ------
    InputError
        With every problem of `claims.csv`, `words.yml` or `audit.yml`.

    Examples
    --------
    >>> audit(Path("tests/studies/mini"))  # prints no figures, so that nothing can disagree
    []
    """
    if not is_there(folder / CLAIMS_FILE):
        return []
    claims = read_claims(folder / CLAIMS_FILE)
    declarations = read_declarations(folder / AUDIT_FILE, claims)
    printed = Printed(claims)
    declared = _run(declarations.checks, printed)
    undeclared = [
        *_style(printed, declarations.proportions),
        *(_questions(folder) if is_there(folder / TRIANGULATION_FILE) else ()),
    ]
    outcomes = [*declared, *(_remarked(outcome, declarations.remarks) for outcome in undeclared)]
    users = _users(folder)
    ranked = [replace(one, used_by=tuple(_used_by(one, users))) for one in outcomes]
    return sorted(ranked, key=_rank)


def refused(folder: Path) -> frozenset[str]:
    """Claims of a study whose wording a finding of its audit refuses.

    The ledger takes the verdict from here, so that the two cannot differ.

    Raises
    ------
    InputError
        As `audit`, of the checks of words.

    Examples
    --------
    >>> sorted(refused(Path("tests/studies/complete")))
    ['continue-word']
    """
    if not is_there(folder / CLAIMS_FILE) or not is_there(folder / AUDIT_FILE):
        return frozenset()
    claims = read_claims(folder / CLAIMS_FILE)
    checks = [one for one in read_declarations(folder / AUDIT_FILE, claims).checks if one.judged()]
    found = zip(checks, _run(checks, Printed(claims)), strict=True)
    return frozenset(
        word
        for check, outcome in found
        if outcome.severity not in ("", UNSETTLED)
        for word in check.judged()
    )


def disputed(outcomes: Iterable[Checked]) -> frozenset[str]:
    """Claims that a finding names because figures or places disagree.

    Words that say more than their number, and what is editorial, leave the numbers as they are.

    Examples
    --------
    >>> claims = ("attended-n", "attended-percent")
    >>> one = Checked("a", "shares", "staff", "finding", SEVERITIES[1], (), "", (), (), "", claims)
    >>> sorted(disputed([one, replace(one, severity="editorial", claims=("few",))]))
    ['attended-n', 'attended-percent']
    """
    disagree = [one for one in outcomes if one.severity in SEVERITIES[:2]]
    return frozenset(claim for outcome in disagree for claim in outcome.claims)


def _users(folder: Path) -> dict[str, set[str]]:
    """Claims that each answer to a research question and each statement rests on."""
    users: dict[str, set[str]] = {}
    if is_there(folder / QUESTIONS_FILE):
        for question in read_questions(folder).values():
            for part, text in question.answers.items():
                users[f"answer to {question.id}, {part}"] = set(PLACEHOLDER.findall(text))
    if is_there(folder / TRIANGULATION_FILE):
        for compared in read_triangulation(folder).questions:
            for statement in compared.statements:
                named = {claim for evidence in statement.evidence for claim in evidence.claims}
                users[f"statement {statement.id}"] = named
    return users


def _used_by(outcome: Checked, users: Mapping[str, set[str]]) -> Iterator[str]:
    if outcome.severity:
        yield from (name for name, claims in users.items() if claims & set(outcome.claims))


def _rank(outcome: Checked) -> tuple[int, int, int]:
    if not outcome.severity:
        return len(SEVERITIES), 0, 0
    return SEVERITIES.index(outcome.severity), -len(outcome.used_by), -len(outcome.claims)


def _run(checks: Iterable[Check], printed: Printed) -> list[Checked]:
    outcomes, problems = [], []
    for check in checks:
        try:
            verdict = check.run(printed)
        except (TooLarge, Undecided) as error:
            verdict = Verdict(None, [str(error)])
        except InputError as error:
            problems += [replace(problem, file=AUDIT_FILE) for problem in error.problems]
            continue
        except (ArithmeticError, ValueError) as error:
            found = f"figures that cannot be compared ({error})"
            problems.append(Problem(AUDIT_FILE, None, check.id, found, check.title))
            continue
        outcomes.append(_outcome(check, verdict, printed))
    if problems:
        raise InputError(problems)
    return outcomes


def _outcome(check: Check, verdict: Verdict, printed: Printed) -> Checked:
    named = (*check.mentions(), *check.numbers(), *check.named())
    ids = tuple(dict.fromkeys(operand for operand in named if operand in printed.claims))
    places = tuple(dict.fromkeys([*map(printed.place, ids), *check.places]))
    failed = verdict.holds is False
    return Checked(
        check.id,
        check.title,
        check.about,
        _verdict(verdict.holds),
        (check.severity or check.usual) if failed else "",
        places,
        printed.filled(check.says or check.about) if failed else check.about,
        tuple(verdict.arithmetic),
        tuple(map(printed.filled, check.readings)) if failed else (),
        printed.filled(check.chosen) if failed else "",
        ids,
    )


def _verdict(holds: bool | None) -> str:
    return "undecided" if holds is None else "held" if holds else "finding"


def _remarked(outcome: Checked, remarks: Mapping[str, Remark]) -> Checked:
    remark = remarks.get(outcome.id)
    if remark is None or outcome.verdict != "finding":
        return outcome
    readings = (*outcome.readings, *remark.readings)
    return replace(outcome, readings=readings, chosen=remark.chosen)


def _style(printed: Printed, proportions: Iterable[Proportions]) -> Iterator[Checked]:
    """One convention for one kind of figure: leading zeros, decimals, the rounding of ties."""
    claims = list(printed.claims.values())
    zeros: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.kind == "p":
            form = "without a leading zero" if claim.printed.startswith(".") else "with a zero"
            zeros.setdefault(form, []).append(claim)
    yield _convention("style-leading-zero", "leading zero of p values", zeros, printed)
    decimals: dict[str, list[Claim]] = {}
    for claim in claims:
        # 0 and 100% say no more with a decimal.
        if claim.kind == "percent" and claim.printed not in ("0", "100"):
            places = len(claim.printed.partition(".")[2])
            decimals.setdefault(f"with {places} decimal places", []).append(claim)
    yield _convention("style-percent-decimals", "decimals of percentages", decimals, printed)
    ties: dict[str, list[Claim]] = {}
    for check in proportions:
        for share in check.shares:
            direction = _tie(printed, share, [sum(map(printed.whole, n)) for n in check.of])
            if direction and share[1] in printed.claims:
                ties.setdefault(direction, []).append(printed.claims[share[1]])
    yield _convention("style-ties", "rounding of percentages that end in 5", ties, printed)


def _tie(printed: Printed, share: tuple[str | None, str], bases: list[int]) -> str:
    """How a percentage that lies halfway was rounded; empty if it does not."""
    interval = printed_interval(printed.text(share[1]), "either")
    for n in bases:
        for people in counts_of(printed, share, n):
            if Fraction(100 * people, n) in (interval.low, interval.high):
                return "up" if Fraction(100 * people, n) == interval.low else "down"
    return ""


def _convention(id: str, about: str, forms: Mapping[str, list[Claim]], printed: Printed) -> Checked:
    lines = [
        f"{form}: {len(claims)} ({', '.join(dict.fromkeys(claim.printed for claim in claims))})"
        for form, claims in forms.items()
    ]
    rare = min(forms.values(), key=len) if len(forms) > 1 else []
    return Checked(
        id,
        "one convention throughout",
        about,
        _verdict(not rare),
        "editorial" if rare else "",
        tuple(dict.fromkeys(printed.place(claim.id) for claim in rare)),
        f"More than one convention: {about}." if rare else about,
        tuple(lines),
        (),
        "",
        tuple(claim.id for claim in rare),
    )


def _questions(folder: Path) -> Iterator[Checked]:
    """Research questions: labels and sources of the methods table against the findings."""
    attributed = {source.id for source in read_codebook(folder).source_types if source.attributed}
    questions = read_triangulation(folder).questions
    labels, sources = [], []
    for question in questions:
        table, used = question.methods_table, set()
        for statement in question.statements:
            for evidence in statement.evidence:
                used |= attributed & set(kinds(evidence.source))
        if table.label != question.id:
            labels.append((question.id, f"text: {question.id}; table: {table.label}", table.note))
        listed = set(table.sources) & attributed
        # Findings that name no source do not disagree with a table that does.
        missing = (("named but not listed", used - listed), ("listed but not named", listed - used))
        parts = [f"{name}: {', '.join(sorted(them))}" for name, them in missing if them and used]
        if parts:
            sources.append((question.id, f"{question.id} {'; '.join(parts)}", table.note))
    yield _question("question-labels", "labels of the research questions", labels, len(questions))
    yield _question(
        "question-sources", "sources of the research questions", sources, len(questions)
    )


def _question(id: str, about: str, differing: list[tuple[str, str, str]], asked: int) -> Checked:
    """One outcome for all questions that differ: each has its id, a line, and a note."""
    about = f"{about} in the methods table and the findings"
    return Checked(
        id,
        "research questions",
        about,
        _verdict(not differing),
        "two places disagree" if differing else "",
        ("table of questions and methods", *(f"RQ {question}" for question, _, _ in differing)),
        f"Text and table disagree: {about}." if differing else about,
        tuple(line for _, line, _ in differing) or (f"the same for {asked} questions",),
        tuple(dict.fromkeys(note for _, _, note in differing if note)),
        "",
        (),
    )


def summary(outcomes: Iterable[Checked]) -> pd.DataFrame:
    """Count findings by severity, and checks that held or could not be decided.

    Returns
    -------
    DataFrame
        outcome (severity, "held" or "undecided"), n; every outcome has its row.

    Examples
    --------
    >>> claims = ("attended-n", "attended-percent")
    >>> found = Checked("a", "shares", "staff", "finding", "editorial", (), "", (), (), "", claims)
    >>> table = summary([found])
    >>> print(table[table["n"] > 0].to_string(index=False))
      outcome  n
    editorial  1
    """
    rows = [outcome.severity or outcome.verdict for outcome in outcomes]
    names = [*SEVERITIES, "held", "undecided"]
    return pd.DataFrame({"outcome": names, "n": [rows.count(name) for name in names]})


def coverage(folder: Path, outcomes: Iterable[Checked]) -> tuple[int, int]:
    """Count the printed figures that stand in at least one check, and all of them.

    Examples
    --------
    >>> claims = ("attended-n", "attended-percent")
    >>> found = Checked("a", "shares", "staff", "finding", "editorial", (), "", (), (), "", claims)
    >>> coverage(Path("tests/studies/complete"), [found])
    (2, 120)
    """
    checked = {claim for outcome in outcomes for claim in outcome.claims}
    return len(checked), len(read_claims(folder / CLAIMS_FILE))


def with_severity(outcomes: Iterable[Checked], severity: str) -> list[Checked]:
    """Findings of one severity.

    Examples
    --------
    >>> found = Checked("a", "shares", "staff", "finding", "editorial", (), "", (), (), "", ())
    >>> len(with_severity([found], "editorial")), len(with_severity([found], "two places disagree"))
    (1, 0)
    """
    return [outcome for outcome in outcomes if outcome.severity == severity]
