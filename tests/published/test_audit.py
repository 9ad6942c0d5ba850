"""The audit of a study's printed figures: what becomes of declared checks, and Rotherham's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import claim

from earlyhelp.published import audit
from earlyhelp.published.checks.base import SEVERITIES, UNSETTLED
from earlyhelp.published.claims import COLUMNS, Claim, read_claims
from earlyhelp.published.ledger import ledger
from earlyhelp.report import annex_tables
from earlyhelp.study.problems import InputError
from earlyhelp.study.raw import open_pilot

ROOT = Path(__file__).parents[2]
WORDS = "- {id: half, phrases: [half], interval: '[45, 55]', why: near enough}\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study with two claims and one count that does not give its percentage."""
    write_claims(tmp_path, [claim("few", "9"), claim("share", "55.6", "percent", "Text")])
    declare(tmp_path, {"proportions": [COUNT]})
    return tmp_path


COUNT = {"id": "count", "about": "those who said yes", "of": [["18"]], "shares": [["few", "share"]]}


def write_claims(folder: Path, claims: list[Claim]) -> None:
    lines = [",".join(COLUMNS)]
    for one in claims:
        lines.append(",".join(f'"{getattr(one, name)}"' for name in COLUMNS))
    (folder / "claims.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "words.yml").write_text(WORDS, encoding="utf-8")


def declare(folder: Path, declarations: object) -> None:
    (folder / "audit.yml").write_text(json.dumps(declarations), encoding="utf-8")


def test_finding_has_its_severity_places_and_claims(study: Path) -> None:
    (finding,) = (one for one in audit.audit(study) if one.id == "count")
    assert (finding.verdict, finding.severity) == ("finding", "cannot all be true")
    assert finding.places == ("Results, Table 1", "Results, Text")
    assert finding.claims == ("few", "share")


def test_texts_are_filled_with_what_is_printed(study: Path) -> None:
    declare(study, {"proportions": [COUNT | {"says": "{few} beside {share}"}]})
    assert audit.audit(study)[0].says == "9 beside 55.6"


def test_a_check_that_holds_says_nothing_of_readings(study: Path) -> None:
    held = COUNT | {"shares": [["10", "share"]], "says": "wrong", "readings": ["a slip"]}
    declare(study, {"proportions": [held]})
    outcome = audit.audit(study)[0]
    assert (outcome.verdict, outcome.severity, outcome.readings) == ("held", "", ())


def test_every_problem_of_the_declarations_is_told(study: Path) -> None:
    wrong = COUNT | {"shares": [["nobody", "share"]], "claims": ["nothing"], "says": "{gone}"}
    declare(study, {"proportions": [wrong, COUNT]})
    with pytest.raises(InputError) as caught:
        audit.audit(study)
    assert [problem.found for problem in caught.value.problems] == [
        "'nothing'",
        "'gone'",
        "'nobody'",
        "an id that stands twice",
    ]


def test_figures_that_cannot_be_compared_are_an_input_error(study: Path) -> None:
    named = {"id": "r", "about": "a"}
    zero = {"op": "percent", "of": ["1", "0"]}
    reviewed = named | {"severity": "editorial", "says": "s", "arithmetic": [zero]}
    test = named | {"id": "t", "t": "1", "df": "0", "p": "0.5"}
    score = named | {"id": "s", "n": "1", "mean": "1", "sd": "1", "minimum": 1, "maximum": 5}
    declare(study, {"reviewed": [reviewed], "tests": [test], "scores": [score]})
    with pytest.raises(InputError) as caught:
        audit.audit(study)
    assert len(caught.value.problems) == 3


def test_too_large_a_problem_is_undecided(study: Path) -> None:
    large = {"n": "5000000", "mean": "500.5", "sd": "100.1", "minimum": 0, "maximum": 100000}
    declare(study, {"scores": [{"id": "s", "about": "a", **large}]})
    assert audit.audit(study)[0].verdict == "undecided"


def test_what_is_too_large_to_count_is_decided(study: Path) -> None:
    # GitHub, ben-domingue/irw, issue 2115: real scores.
    large = {"n": "1151", "mean": "14.66", "sd": "5.61", "minimum": 4, "maximum": 28}
    declare(study, {"scores": [{"id": "s", "about": "a", **large}]})
    assert audit.audit(study)[0].verdict == "held"


def test_a_mean_off_its_scale_is_a_finding_without_an_sd(study: Path) -> None:
    off = {"n": "20", "mean": "7.40", "minimum": 1, "maximum": 5}
    declare(study, {"scores": [{"id": "s", "about": "a", **off}]})
    assert audit.audit(study)[0].verdict == "finding"


def test_a_study_without_claims_has_nothing_to_audit(mini: Path) -> None:
    assert audit.audit(mini) == []


def test_conventions_are_counted(study: Path) -> None:
    claims = [claim("a", ".04", "p"), claim("b", "0.04", "p"), claim("c", "0.5", "p")]
    claims += [claim("x", "81.2", "percent"), claim("y", "81.3", "percent")]
    write_claims(study, claims)
    shares = [["13", "x"], ["13", "y"]]
    declare(study, {"proportions": [COUNT | {"of": [["16"]], "shares": shares}]})
    outcomes = {one.id: one for one in audit.audit(study)}
    assert outcomes["style-leading-zero"].claims == ("a",)
    assert outcomes["style-percent-decimals"].verdict == "held"
    assert outcomes["style-ties"].arithmetic == ("down: 1 (81.2)", "up: 1 (81.3)")


def test_summary_counts_every_outcome_once(study: Path) -> None:
    outcomes = audit.audit(study)
    table = audit.summary(outcomes)
    assert table["n"].sum() == len(outcomes)
    assert list(table["outcome"]) == [*SEVERITIES, "held", "undecided"]


def test_findings_are_escaped_and_have_targets(study: Path) -> None:
    declare(study, {"proportions": [COUNT | {"says": "<b>{{share}}</b> | *x*"}]})
    text = annex_tables.findings_markdown(
        audit.with_severity(audit.audit(study), "cannot all be true")
    )
    assert "{#audit-count}" in text
    assert "<b>" not in text
    assert r"\<b\>" in text


# Rotherham


@pytest.fixture(scope="module")
def outcomes(rotherham: Path) -> dict[str, audit.Checked]:
    return {outcome.id: outcome for outcome in audit.audit(rotherham)}


@pytest.mark.parametrize(
    ("id", "severity"),
    [
        ("continue", "cannot all be true"),
        ("observations", "cannot all be true"),
        ("comparison-baseline-n", "cannot all be true"),
        ("intervention-endline-n", "two places disagree"),
        ("distinct-people", "two places disagree"),
        ("months", "two places disagree"),
        ("intervention-units", "two places disagree"),
        ("families-per-practitioner", "two places disagree"),
        ("senior-users", "two places disagree"),
        ("question-labels", "two places disagree"),
        ("question-sources", "two places disagree"),
        ("rating-items", "two places disagree"),
        ("pace-and-balance", "two places disagree"),
        ("wai-published", "two places disagree"),
        ("engaged-three-quarters", "wording stretches a number"),
        ("easy-to-use", "wording stretches a number"),
        ("outcomes-agreed", "wording stretches a number"),
        ("arms-at-endline", "wording stretches a number"),
        ("cs-bands", "wording without a number"),
        ("raters-without-use", "wording stretches a number"),
        ("conclusion-users", "wording stretches a number"),
        ("table-labels", "editorial"),
        ("style-ties", "editorial"),
        ("style-leading-zero", "editorial"),
        # held
        ("wai-intervention-p", ""),
        ("wai-joint", ""),
        ("iam-ors", ""),
        ("equal-completions", ""),
        ("attended-text-and-table", ""),
        ("arms-at-baseline", ""),
    ],
)
def test_known_findings(outcomes: dict[str, audit.Checked], id: str, severity: str) -> None:
    assert outcomes[id].severity == severity


def test_five_and_four_items_could_both_have_given_the_ratings(
    outcomes: dict[str, audit.Checked],
) -> None:
    for id in ("iam-ors", "iam-srs", "fim-ors", "fim-srs"):
        assert [line.endswith("data sets") for line in outcomes[id].arithmetic] == [True, True]


def test_nothing_is_left_undecided(outcomes: dict[str, audit.Checked]) -> None:
    assert not [one.id for one in outcomes.values() if one.verdict == "undecided"]


def test_every_declared_finding_says_how_it_could_be_reconciled(
    outcomes: dict[str, audit.Checked],
) -> None:
    assert [one.id for one in outcomes.values() if one.severity and not one.readings] == []


def test_findings_come_by_severity_and_by_what_rests_on_them(
    outcomes: dict[str, audit.Checked],
) -> None:
    findings = [one for one in outcomes.values() if one.severity]
    ranks = [(SEVERITIES.index(one.severity), -len(one.used_by)) for one in findings]
    assert ranks == sorted(ranks)
    assert "answer to 1.3, training" in outcomes["trained-nearly-all"].used_by
    assert not any(one.used_by for one in outcomes.values() if not one.severity)


def test_one_table_that_does_not_fit_the_findings_is_one_finding_of_labels_and_one_of_sources(
    outcomes: dict[str, audit.Checked],
) -> None:
    questions = [one for one in outcomes.values() if one.check == "research questions"]
    assert [one.id for one in questions] == ["question-labels", "question-sources"]
    assert questions[0].arithmetic == (
        "text: 1.3; table: 1.4",
        "text: 1.4; table: 1.3",
        "text: 3.6; table: 3.7",
    )
    # What names no source does not disagree with a table that does.
    assert not [line for line in questions[1].arithmetic if line.startswith(("3.1", "3.2"))]


def test_every_contradiction_of_the_ledger_is_in_a_finding(
    rotherham: Path, outcomes: dict[str, audit.Checked]
) -> None:
    claims = read_claims(rotherham / "claims.csv")
    found = {id for one in outcomes.values() if one.severity for id in one.claims}
    contradicted = {claim.id for claim in claims if claim.status == "contradicted"}
    assert contradicted
    assert contradicted <= found


@pytest.mark.parametrize("study", ["data/rotherham", "tests/studies/complete"])
def test_ledger_and_audit_agree_on_every_word_that_the_audit_judges(study: str) -> None:
    folder = ROOT / study
    claims = read_claims(folder / "claims.csv")
    status = ledger(open_pilot(folder), claims).set_index("id")["status"]
    checks = {one.id: one for one in audit.read_declarations(folder / "audit.yml", claims).checks}
    judged = {
        word: one.severity
        for one in audit.audit(folder)
        if one.id in checks
        for word in checks[one.id].judged()
        if one.severity
    }
    assert judged
    unsettled = {"not testable", "not in our data"}
    for word, severity in judged.items():
        allowed = unsettled if severity == UNSETTLED else {"contradicted"}
        assert status[word] in allowed, (word, severity)
    # And no word fails in the ledger alone, unless it stands against another.
    alone = {
        one.id for one in claims
        if one.kind == "word" and status[one.id] == "contradicted" and not one.conflicts
    }  # fmt: skip
    assert alone <= judged.keys()


def test_a_word_that_a_finding_refuses_is_contradicted_without_any_data(study: Path) -> None:
    finding = {"id": "a", "about": "those who said yes", "says": "s", "words": ["few"]}
    declare(study, {"reviewed": [finding | {"severity": "two places disagree"}]})
    assert audit.refused(study) == {"few"}
    declare(study, {"reviewed": [finding | {"severity": UNSETTLED}]})
    assert audit.refused(study) == frozenset()


def test_coverage_counts_figures_once(study: Path) -> None:
    write_claims(study, [claim("few", "9"), claim("share", "55.6", "percent"), claim("x", "1")])
    assert audit.coverage(study, audit.audit(study)) == (2, 3)
