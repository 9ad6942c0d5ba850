"""The theory of change: reading, checks, drawing and list, on a theory of five elements."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers import ROOT, element, load_content

from earlyhelp.qualitative.theory import (
    load_theory,
    pathway,
    unknown_assessors,
)
from earlyhelp.study.problems import InputError

FILE = "theory_of_change.yml"
KNOWN = ("endline survey", "wai")
SVG = "{http://www.w3.org/2000/svg}"


def problems(folder: Path, theory_content: dict[str, Any]) -> list[str]:
    """The problems that reading the theory tells."""
    with pytest.raises(InputError) as raised:
        load_content(folder, theory_content)
    return [str(problem) for problem in raised.value.problems]


def test_sound_theory_is_read(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory = load_content(tmp_path, theory_content)
    assert list(theory.outcomes) == ["heard", "calm", "stay"]
    assert len(theory.links) == 4


def test_dangling_ends_are_all_told(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["links"] += [
        {"from": "nowhere", "to": "heard", "basis": "inferred"},
        {"from": "habit", "to": "nothing", "basis": "inferred"},
    ]
    found = problems(tmp_path, theory_content)
    assert found == [
        f"{FILE}, links.4.from: found nowhere; expected the id of an element",
        f"{FILE}, links.5.to: found nothing; expected the id of an element",
    ]


@pytest.mark.parametrize("basis", ["stated", "reported"])
def test_a_link_that_is_not_inferred_names_its_place(
    tmp_path: Path, theory_content: dict[str, Any], basis: str
) -> None:
    theory_content["links"][1] = {"from": "habit", "to": "heard", "basis": basis}
    (found,) = problems(tmp_path, theory_content)
    assert found == (
        f"{FILE}, links.1.place: found a {basis} link without one; "
        "expected where in the report, or the basis inferred"
    )


def test_an_element_names_its_place(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"][0]["place"] = ""
    (found,) = problems(tmp_path, theory_content)
    assert "elements.0.place: found ''" in found


def test_loop_is_told_with_its_path(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["links"].append({"from": "heard", "to": "habit", "basis": "inferred"})
    (found,) = problems(tmp_path, theory_content)
    loops = ("habit -> heard -> habit", "heard -> habit -> heard")
    assert found in [f"{FILE}, links: found {loop}; expected no loop" for loop in loops]


def test_outcome_needs_an_evidence_status(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"][2]["assessed_by"] = []
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, heard: found neither; expected either assessed_by or not_assessed"


def test_outcome_has_one_evidence_status(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"][2]["not_assessed"] = "Nobody asked."
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, heard: found both; expected either assessed_by or not_assessed"


def test_what_assessed_an_outcome_is_known_to_the_analysis(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    theory_content["elements"][2]["assessed_by"] = ["wai", "hearsay"]
    (found,) = unknown_assessors(load_content(tmp_path, theory_content), KNOWN)
    expected = f"found 'hearsay'; expected one of: qualitative, {', '.join(KNOWN)}"
    assert str(found) == f"{FILE}, heard.assessed_by: {expected}"


def test_outcome_is_led_to(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    del theory_content["links"][3]
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, stay: found an outcome that nothing leads to; expected a link to it"


def test_context_takes_no_links(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["links"].append({"from": "trust", "to": "heard", "basis": "inferred"})
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, links.4.from: found trust; expected no context element"


def test_ids_are_unique(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"].append(element("habit", "mechanisms"))
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, elements.6.id: found habit again; expected an id of its own"


def test_evidence_numbers_stand_for_a_reference(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    theory_content["elements"][1]["evidence"] = [9]
    (found,) = problems(tmp_path, theory_content)
    assert found == f"{FILE}, habit.evidence: found 9; expected a number of references"


def test_unknown_key_and_column_are_told_together(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    theory_content["elements"][0]["colour"] = "red"
    theory_content["elements"][1]["column"] = "middle"
    assert len(problems(tmp_path, theory_content)) == 2


def test_pathway_keeps_what_leads_to_the_outcome_and_on(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    path = pathway(load_content(tmp_path, theory_content), "heard")
    assert list(path.elements) == ["course", "habit", "heard", "stay"]
    assert [link.target for link in path.links] == ["habit", "heard", "stay"]


def test_pathway_of_no_outcome_is_an_error(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    told = "pathway, outcome: found habit; expected an outcome: heard, calm, stay"
    with pytest.raises(InputError, match=f"^{told}$"):
        pathway(load_content(tmp_path, theory_content), "habit")


def test_rotherham_names_the_outcomes_of_the_qualitative_codebook() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    codebook = yaml.safe_load((ROOT / "data/rotherham/codebook.yml").read_text("utf-8"))
    assert {outcome["id"] for outcome in codebook["outcomes"]} <= set(theory.outcomes)
    assert [key for key, item in theory.elements.items() if item.proposed] == [
        "reflective-practice"
    ]


def test_rotherham_says_where_everything_stands() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    place = re.compile(r"(Summary|Chapter [14]|Section 3\.[123]), [A-Za-z]")
    for item in theory.elements.values():
        assert place.match(item.place), item.id
    for link in theory.links:
        assert bool(place.match(link.place)) == (link.basis != "inferred"), link


def test_rotherham_tells_what_staff_report_from_what_the_theory_states() -> None:
    outcomes = load_theory(ROOT / "data/rotherham").outcomes
    # Report, 3.2, self-reflection: improved practice is of the theory, reflective practice is not.
    assert outcomes["improved-practice"].basis == "stated"
    # Chapter 4 and 3.2, self-awareness: told by staff, and nowhere said to be of the theory.
    reported = {key for key, item in outcomes.items() if item.basis == "reported"}
    assert reported == {"reflective-practice", "better-support", "further-help"}
    assert not any(item.column == "medium-term" for item in outcomes.values())


def test_rotherham_boxes_lead_to_targets_of_the_book() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    for item in theory.elements.values():
        page, _, target = item.section.partition("#")
        path = ROOT / "book" / page
        if page.startswith("results/"):
            path = ROOT / "notebooks" / path.name
        assert f"({target})=" in path.read_text("utf-8"), item.id
