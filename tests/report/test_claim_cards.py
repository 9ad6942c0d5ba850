"""Claim cards: from a printed number to the raw column and the code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers import ROOT

from earlyhelp.analysis.quantities import QUANTITIES
from earlyhelp.published.audit import audit
from earlyhelp.published.claims import DESIGN, claims_of
from earlyhelp.published.ledger import ledger
from earlyhelp.report.annex_tables import findings_markdown
from earlyhelp.report.claim_cards import cards, columns_read, sources, without_docstring
from earlyhelp.study.raw import Pilot, open_pilot


@pytest.fixture(scope="module")
def pilot(rotherham: Path) -> Pilot:
    return open_pilot(rotherham)


@pytest.fixture(scope="module")
def made(pilot: Pilot) -> dict[str, Any]:
    """Every card, by claim."""
    claims = claims_of(pilot.study.folder)
    found: dict[str, Any] = cards(pilot, claims, ledger(pilot, claims), audit(pilot.study.folder))[
        "cards"
    ]
    return found


@pytest.fixture(scope="module")
def told(made: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The lines of every card, by claim and label."""
    return {claim: dict(card["lines"]) for claim, card in made.items()}


def test_every_claim_that_data_answer_leads_to_a_raw_column(
    pilot: Pilot, told: dict[str, dict[str, str]]
) -> None:
    tables = {f"{stem}.csv": frame for stem, frame in pilot.raw.items()}
    answered = [claim for claim in claims_of(pilot.study.folder) if claim.quantity]
    assert set(told) == {claim.id for claim in answered}
    for claim in answered:
        raw = told[claim.id]["Raw data"]
        if claim.quantity == DESIGN:
            assert raw == "rotherham/study.yml, design"
            continue
        for part in raw.split("; "):
            file, _, columns = part.partition(": ")
            ends = [end for column in columns.split(", ") for end in column.split(" to ")]
            assert ends, claim.id
            assert set(ends) <= set(tables[file]), claim.id


def test_every_claim_leads_to_a_cell_and_to_raw_columns_or_says_why_not(pilot: Pilot) -> None:
    claims = claims_of(pilot.study.folder)
    origin = sources(pilot, claims)
    notebooks = "".join(path.read_text("utf-8") for path in (ROOT / "notebooks").glob("*.md"))
    for claim in claims:
        if not claim.quantity:
            assert claim.note, claim.id
            continue
        columns, code = origin[claim.id]
        assert columns, claim.id
        module, _, name = code.rpartition(".")
        # The cell that shows it calls it by its module.
        assert f"{module.rpartition('.')[2]}.{name}(" in notebooks, claim.id


def test_a_card_names_the_findings_about_its_claim(pilot: Pilot, made: dict[str, Any]) -> None:
    # Tables 2.2 and E.1: 18 and 19 people of the comparison arm at baseline.
    findings = dict(made["cs-comparison-baseline-n"]["findings"])
    assert "cannot all be true" in " ".join(findings.values())
    page = findings_markdown(one for one in audit(pilot.study.folder) if one.severity)
    targets = {target for card in made.values() for target, _ in card["findings"]}
    assert targets
    assert all(f"{{#{target}}}" in page for target in targets)
    # Each claim that the page of the audit names says so in its card.
    named = set(re.findall(r"#ledger-([a-z0-9-]+)", page))
    assert {claim for claim in made if made[claim]["findings"]} == named & set(made)


@pytest.mark.parametrize("quantity", ["prior_training", "outcome_summary", "response_rates"])
def test_a_quantity_depends_on_no_column_that_it_was_not_seen_to_read(
    pilot: Pilot, quantity: str
) -> None:
    read = columns_read(pilot, quantity)
    blank = {}
    for name in ("baseline_survey", "post_training_survey", "endline_survey", "tool_use"):
        table = pilot.raw[name]
        unread = [column for column in table if column not in read.get(name, [])]
        blank[name] = table.assign(**{column: pd.NA for column in unread})
    compute = QUANTITIES[quantity].compute
    pd.testing.assert_frame_equal(compute(pilot.with_raw(**blank)), compute(pilot))


def test_a_share_is_told_as_people_of_people(told: dict[str, dict[str, str]]) -> None:
    # Table 3.1: 64.7% of the 17 who rated their use.
    card = told["ors-frequency-some-sessions-percent"]
    assert card["Printed"] == "64.7%: 3.1 Feasibility: tools, Table 3.1"
    assert card["Recomputed"] == "64.7% = 11 of 17"
    assert card["Raw data"] == "endline_survey.csv: ors_frequency"
    assert card["Rests on"] == "A-03"
    assert "of" not in told["ors-children"]["Recomputed"].split()


def test_a_share_has_its_arithmetic_and_a_fact_of_the_design_has_none(pilot: Pilot) -> None:
    wanted = {"ors-frequency-some-sessions-percent": "64.7% = 11 of 17", "sample-units": "four"}
    claims = [claim for claim in claims_of(pilot.study.folder) if claim.id in wanted]
    made = cards(pilot, claims, ledger(pilot, claims), [])["cards"]
    told = {claim: dict(card["lines"])["Recomputed"] for claim, card in made.items()}
    assert told == {
        "ors-frequency-some-sessions-percent": "64.7% = 11 of 17",
        "sample-units": "four",
    }


def test_items_of_a_scale_are_told_as_a_range(told: dict[str, dict[str, str]]) -> None:
    raw = told["iam-ors-mean"]["Raw data"]
    assert raw == "post_training_survey.csv: iam_ors_1 to iam_ors_5"


def test_synthetic_data_are_called_so_and_real_ones_observed(
    pilot: Pilot, told: dict[str, dict[str, str]]
) -> None:
    assert "synthetic" in told["wai-between-p"]["Synthetic"]
    real = replace(pilot, study=pilot.study.model_copy(update={"provenance": "observed"}))
    claims = [claim for claim in claims_of(pilot.study.folder) if claim.id == "wai-between-p"]
    (card,) = cards(real, claims, ledger(real, claims), [])["cards"].values()
    lines = dict(card["lines"])
    assert lines["Status"] == "observed"
    assert "Synthetic" not in lines


def test_the_code_is_shown_without_its_docstring() -> None:
    code = without_docstring(QUANTITIES["prior_training"].compute)
    assert "def prior_training(" in code
    assert '"""' not in code
