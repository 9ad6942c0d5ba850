"""What each number may claim: derived from claims and rules, cell by cell."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT

from earlyhelp.analysis import feasibility, outcomes, participants, readiness
from earlyhelp.analysis.quantities import (
    QUANTITIES,
    Answers,
    Formula,
    Quantity,
    SameAs,
    Sum,
    Total,
    quantity,
)
from earlyhelp.published.claims import claims_of
from earlyhelp.published.ledger import with_statuses
from earlyhelp.published.statuses import (
    STATUSES,
    Statuses,
    cell_claims,
    cell_statuses,
    combined,
    statuses_in,
)
from earlyhelp.study.raw import Pilot, open_pilot

# With a number: people and answers are lost at random; rules are to hold whatever the data.
STUDIES = ("data/rotherham", "tests/studies/complete", "tests/studies/mini")
STUDIES += tuple(f"{study} {seed}" for study in STUDIES for seed in (1, 2))
# What every row has.
KEPT = ("practitioner_id", "team", "role", "completed_on", "completion_id", "person_id")
KEPT += ("person_type", "tool", "month")
Cell = Callable[..., str]


def table_of(pilot: Pilot, name: str) -> pd.DataFrame:
    """A quantity's table, with its statuses."""
    function = QUANTITIES[name].compute
    table: pd.DataFrame = getattr(sys.modules[function.__module__], name)(pilot)
    return table


@pytest.fixture(scope="module")
def pilot(rotherham: Path) -> Pilot:
    return with_statuses(open_pilot(rotherham))


def status(frame: pd.DataFrame, column: str, **keys: str) -> str:
    """Status of one cell."""
    for key, value in keys.items():
        frame = frame[frame[key] == value]
    (found,) = cell_statuses(frame, column)
    return found


def test_a_printed_number_is_reproduced(pilot: Pilot) -> None:
    frame = outcomes.outcome_summary(pilot)
    keys = {"measure": "compassion_satisfaction", "wave": "endline"}
    assert status(frame, "mean", arm="intervention", **keys) == "reproduced"
    # Of the comparison arm the report says "between 41 and 42" only.
    assert status(frame, "mean", arm="comparison", **keys) == "illustrative"
    assert status(frame, "sd", arm="intervention", **keys) == "illustrative"


def test_a_claim_about_several_rows_settles_those_that_nothing_else_is_printed_of(
    pilot: Pilot,
) -> None:
    # 100% is printed of six outcomes together, and other shares of five of them.
    frame = outcomes.anticipated_outcomes(pilot)
    assert status(frame, "percent", question="explain_benefits") == "reproduced"


def test_the_parts_of_a_printed_sum_are_free(pilot: Pilot) -> None:
    frame = feasibility.know_more(pilot)
    assert status(frame, "percent", answer="disagree") == "illustrative"
    assert status(frame, "percent", answer="agree") == "reproduced"


def test_figures_that_cannot_all_be_true_are_contradicted_wherever_they_stand(pilot: Pilot) -> None:
    # The report prints 18 and 19 comparison respondents at baseline, 81.2% and 81.3%, and 9
    # respondents that are 55.6% of 18.
    views = feasibility.training_views(pilot)
    assert status(views, "percent", question="comfortable_asking") == "contradicted"
    people = participants.people(pilot)
    for column in ("before", "both", "lost", "distinct", "retained_percent"):
        assert status(people, column, arm="comparison") == "contradicted", column
    rates = participants.response_rates(pilot)
    chosen = rates[rates["denominator"] == "baseline respondents"]
    assert status(chosen, "percent", arm="comparison") == "contradicted"
    assert status(chosen, "percent", arm="intervention") == "determined"
    continuation = feasibility.continuation(pilot)
    assert status(continuation, "n", answer="yes") == "contradicted"
    # No number of respondents makes 9 of them 55.6%.
    assert status(continuation, "total", answer="yes") == "contradicted"


def test_a_cell_knows_the_claim_that_prints_it(pilot: Pilot) -> None:
    managers = feasibility.attendance(pilot).query("role == 'Team Manager'")
    assert cell_claims(managers, "attended") == ["trained-team-manager"]
    assert cell_claims(managers, "eligible") == [""]
    # A word binds the number and does not print it; a sum is printed without its parts.
    assert set(cell_claims(feasibility.know_more(pilot), "n")) == {""}
    # Under another setting no claim is about it.
    users = outcomes.paired_tests(pilot, analysis_set="users")
    assert set(cell_claims(users.query("arm == 'intervention'"), "p")) == {""}


def test_each_printed_number_of_a_quantity_leads_to_its_claim(pilot: Pilot) -> None:
    claims = claims_of(pilot.study.folder)
    single = [
        claim
        for claim in claims
        if claim.quantity and claim.kind != "word" and not set("+|") & set(claim.select)
    ]
    shown = {
        one
        for name in {claim.quantity for claim in single}
        for frame in [table_of(pilot, name)]
        for column in frame
        for one in cell_claims(frame, column)
    }
    # Where one number is printed twice, the cell leads to one of the two.
    told_twice = [claim for claim in single if claim.id not in shown]
    places = {(one.quantity, one.select, one.column) for one in claims if one.id in shown}
    assert len(shown) > 200
    assert all((one.quantity, one.select, one.column) in places for one in told_twice)


def test_what_follows_from_printed_numbers_is_determined(pilot: Pilot) -> None:
    attendance = feasibility.attendance(pilot)
    assert status(attendance, "attended", role="Family Support Worker") == "reproduced"
    assert status(attendance, "eligible", role="all") == "determined"
    # Who did not attend is printed as a number, not by role.
    assert status(attendance, "eligible", role="Family Support Worker") == "illustrative"
    frequency = feasibility.tool_frequency(pilot)
    assert set(cell_statuses(frequency, "n")) == {"determined"}
    assert set(cell_statuses(frequency, "percent")) == {"reproduced"}


def test_what_is_left_of_a_printed_count_is_illustrative(pilot: Pilot) -> None:
    # which answers those gave of whom the report says nothing.
    assert status(feasibility.prior_training(pilot), "n", answer="not sure") == "illustrative"
    prior = feasibility.prior_tools(pilot)
    assert status(prior, "percent", question="prior_ors", answer="yes") == "illustrative"
    # Of those who used the tools 80.0% uploaded scores: 4 of 5, 8 of 10 or 12 of 15.
    assert status(feasibility.uploaded(pilot), "n", answer="yes") == "illustrative"
    more = feasibility.know_more(pilot)
    assert status(more, "n", answer="strongly disagree") == "illustrative"


def test_a_sentence_without_a_number_settles_none(pilot: Pilot) -> None:
    # Section 3.3 says that there was no sign of contamination; no item, base or count is printed.
    assert statuses_in(readiness.contamination(pilot)) == ("illustrative",)


def test_every_free_number_names_its_assumptions(pilot: Pilot) -> None:
    """Nothing is set without a printed figure unless the page of assumptions says how."""
    one_by_one = {"outcome_scores", "allocations"}
    free = {name for name in QUANTITIES if "illustrative" in statuses_in(table_of(pilot, name))}
    assert set(pilot.study.assumed) == free | one_by_one
    page = (ROOT / "book/assumptions.md").read_text("utf-8")
    stated = set(re.findall(r"^\| \[(R-[0-9]{2})\]\{#r-", page, re.MULTILINE))
    assert {one for ids in pilot.study.assumed.values() for one in ids} == stated


def test_tables_with_free_numbers_lead_to_their_assumptions() -> None:
    shown = 0
    for path in sorted((ROOT / "book/results").glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
            texts = ["".join(data.get("text/markdown", "")) for data in outputs]
            told = [text for text in texts if text.startswith(":::{table}")]
            told += [cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption", "")]
            for text in told:
                if "{.status .status-illustrative}" in text:
                    shown += 1
                    assert "Free numbers: [R-" in text, f"{path.name}: {text[:80]}"
    assert shown > 15


def test_numbers_under_another_setting_are_free(pilot: Pilot) -> None:
    frame = outcomes.paired_tests(pilot, confidence=0.8)
    assert status(frame, "p", measure="wai", arm="intervention") == "reproduced"
    users = outcomes.paired_tests(pilot, analysis_set="users")
    assert status(users, "p", measure="wai", arm="intervention") == "illustrative"


def test_statuses_follow_chosen_rows_and_columns(pilot: Pilot) -> None:
    frame = outcomes.paired_tests(pilot).query("measure == 'wai'")[["arm", "p"]]
    assert statuses_in(frame) == ("reproduced",)


def test_a_column_that_was_changed_claims_nothing(pilot: Pilot) -> None:
    frame = participants.people(pilot)
    with pytest.raises(ValueError, match="before was changed"):
        cell_statuses(frame.assign(before=frame["before"] + 1), "before")


def test_real_numbers_are_observed() -> None:
    observed = with_statuses(open_pilot(ROOT / "tests/studies/mini"))
    assert statuses_in(participants.people(observed)) == ("observed",)


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        (["reproduced", "reproduced"], "reproduced"),
        (["reproduced", "determined"], "determined"),
        (["reproduced", "contradicted"], "contradicted"),
        (["contradicted", "illustrative"], "illustrative"),
        (["bounded", "reproduced"], "bounded"),
        (["assumed", "determined"], "assumed"),
    ],
)
def test_what_several_numbers_make_claims_no_more_than_the_least(
    several: list[str], expected: str
) -> None:
    assert combined(several) == expected


# The rules are arithmetic: they hold in the tables of every study.


def opened(study: str) -> Pilot:
    """A study, or with a number after it one in which people and answers were lost at random."""
    folder, _, seed = study.partition(" ")
    pilot = open_pilot(ROOT / folder)
    if not seed:
        return pilot
    rng = np.random.default_rng(int(seed))
    lost: dict[str, pd.DataFrame] = {}
    for name in ("baseline_survey", "post_training_survey", "endline_survey", "tool_use"):
        frame = pilot.raw[name]
        frame = frame[rng.random(len(frame)) < 0.8].reset_index(drop=True)
        answers = [column for column in frame if column not in KEPT]
        lost[name] = frame.assign(
            **{column: frame[column].where(rng.random(len(frame)) < 0.9) for column in answers}
        )
    register = pilot.training_attendance
    lost["training_attendance"] = register[rng.random(len(register)) < 0.9].reset_index(drop=True)
    return pilot.with_raw(**lost)


def named(pilot: Pilot) -> dict[str, pd.DataFrame]:
    return {name: quantity.compute(pilot) for name, quantity in QUANTITIES.items()}


@pytest.mark.parametrize("study", STUDIES)
def test_formulas_hold(study: str) -> None:
    pilot = opened(study)
    for name, frame in named(pilot).items():
        for rule in QUANTITIES[name].rules(pilot):
            if isinstance(rule, Formula) and len(frame):
                pairs = pd.DataFrame(
                    {"is": frame[rule.column], "gives": frame.eval(rule.formula)}
                ).dropna()
                assert pairs["is"].tolist() == pytest.approx(pairs["gives"].tolist()), (name, rule)


@pytest.mark.parametrize("study", STUDIES)
def test_totals_hold(study: str) -> None:
    pilot = opened(study)
    for name, frame in named(pilot).items():
        for rule in QUANTITIES[name].rules(pilot):
            if isinstance(rule, Total):
                chosen = frame[~frame[rule.key].isin(rule.besides)]
                if rule.parts:
                    chosen = chosen[chosen[rule.key].isin((*rule.parts, rule.total))]
                for key, value in rule.where.items():
                    chosen = chosen[chosen[key] == value]
                groups = chosen.groupby(list(rule.by)) if rule.by else [("", chosen)]
                for _, rows in groups:
                    total = rows.loc[rows[rule.key] == rule.total, rule.column]
                    parts = rows.loc[rows[rule.key] != rule.total, rule.column]
                    if len(total) and len(parts):
                        assert total.tolist() == [parts.sum()], (name, rule)


def holds(rule: SameAs, row: dict, tables: dict[str, pd.DataFrame]) -> bool:
    """Whether the conditions of a rule are met in a row."""

    def number(end: SameAs) -> object:
        table = tables[end.quantity]
        for key, value in (dict(end.select) | {key: row[key] for key in end.on}).items():
            table = table[table[key] == value]
        return table[end.of].iloc[0] if len(table) else None

    return all(number(one) == number(other) for one, other in rule.when)


@pytest.mark.parametrize("study", STUDIES)
def test_repeated_and_added_numbers_agree(study: str) -> None:
    pilot = opened(study)
    tables = named(pilot)
    for name, frame in tables.items():
        for rule in QUANTITIES[name].rules(pilot):
            if not isinstance(rule, SameAs | Sum):
                continue
            for row in frame.to_dict("records"):
                if isinstance(rule, SameAs) and not holds(rule, row, tables):
                    continue
                if any(row[key] != value for key, value in rule.where.items()):
                    continue
                other = tables[rule.quantity]
                select = dict(rule.select) if isinstance(rule, SameAs) else {}
                for key, value in (select | {key: row[key] for key in rule.on}).items():
                    other = other[other[key] == value]
                if isinstance(rule, Sum):
                    other = other[other[rule.key].isin(rule.rows)]
                    assert row[rule.column] == other[rule.of].sum(), (name, rule)
                elif len(other):
                    assert row[rule.column] == other[rule.of].iloc[0], (name, rule)


@pytest.mark.parametrize("study", STUDIES)
def test_answers_are_shares_of_their_total(study: str) -> None:
    pilot = opened(study)
    for name, frame in named(pilot).items():
        for rule in QUANTITIES[name].rules(pilot):
            if isinstance(rule, Answers):
                given = frame[frame["total"] > 0]
                shares = (100 * given[rule.n] / given["total"]).tolist()
                assert given["percent"].tolist() == pytest.approx(shares), name


def test_two_quantities_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="registered already"):
        quantity()(participants.people)
    assert isinstance(QUANTITIES["people"], Quantity)


def test_a_table_rests_on_the_readings_behind_its_numbers(pilot: Pilot) -> None:
    assert isinstance(pilot.statuses, Statuses)
    rests_on = pilot.statuses.rests_on
    # People lost: the comparison arm's respondents, who has a score, and who answered twice.
    assert rests_on("people", ["lost"]) == ["A-01", "A-03", "A-20"]
    assert rests_on("people", ["after"]) == []
    # Asked were those who came to the training; the two numbers of the comparison arm do not bear.
    assert rests_on("training_views", ["percent"]) == ["A-09"]
    assert rests_on("between_tests", ["df"]) == ["A-16"]


def test_the_readme_says_of_each_status_what_the_pages_say() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme.partition("| Status | A number with it is |\n|---|---|\n")[2]
    lines = table.partition("\n\n")[0].splitlines()
    assert dict(line.strip("| ").split(" | ") for line in lines) == STATUSES
