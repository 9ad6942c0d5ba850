"""The theory of change: reading, checks, drawing and list, on a theory of five elements."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from earlyhelp.errors import InputError
from earlyhelp.theory import ASSESSORS, OVERLAY, Theory, as_list, draw, load_theory, pathway

ROOT = Path(__file__).parents[1]
FILE = "theory_of_change.yml"
SVG = "{http://www.w3.org/2000/svg}"


def element(name: str, column: str, **more: Any) -> dict[str, Any]:
    """One element as the file has it; outcomes get an evidence status."""
    status = {"assessed_by": ["endline survey"]} if column == "short-term" else {}
    return {
        "id": name,
        "column": column,
        "label": f"Label of {name}",
        "text": f"Text of {name}.",
        "basis": "stated",
        "where": "Chapter 1",
        "evidence": [],
        "who": "families",
        "section": f"promise.md#{name}",
        **status,
        **more,
    }


@pytest.fixture
def content() -> dict[str, Any]:
    """A small theory: course -> habit -> heard -> stay, and calm on a branch of its own."""
    return {
        "title": "A course",
        "proposal": "proposed by us",
        "references": {1: "A study"},
        "elements": [
            element("course", "activities", evidence=[1]),
            element("habit", "mechanisms", basis="inferred"),
            element("heard", "short-term"),
            element("calm", "short-term", proposed=True),
            element("stay", "long-term", not_assessed="Too early."),
            element("trust", "assumptions"),
        ],
        "links": [
            {"from": "course", "to": "habit", "basis": "stated"},
            {"from": "habit", "to": "heard", "basis": "inferred"},
            {"from": "habit", "to": "calm", "basis": "inferred"},
            {"from": "heard", "to": "stay", "basis": "stated"},
        ],
    }


def load(folder: Path, content: dict[str, Any]) -> Theory:
    """Write the theory's file and read it."""
    (folder / "theory_of_change.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_theory(folder)


def problems(folder: Path, content: dict[str, Any]) -> list[str]:
    """The problems that reading the theory tells."""
    with pytest.raises(InputError) as raised:
        load(folder, content)
    return [str(problem) for problem in raised.value.problems]


def test_sound_theory_is_read(tmp_path: Path, content: dict[str, Any]) -> None:
    theory = load(tmp_path, content)
    assert list(theory.outcomes) == ["heard", "calm", "stay"]
    assert len(theory.links) == 4


def test_dangling_ends_are_all_told(tmp_path: Path, content: dict[str, Any]) -> None:
    content["links"] += [
        {"from": "nowhere", "to": "heard", "basis": "stated"},
        {"from": "habit", "to": "nothing", "basis": "stated"},
    ]
    found = problems(tmp_path, content)
    assert found == [
        f"{FILE}, links.4.from: found nowhere; expected the id of an element",
        f"{FILE}, links.5.to: found nothing; expected the id of an element",
    ]


def test_loop_is_told_with_its_path(tmp_path: Path, content: dict[str, Any]) -> None:
    content["links"].append({"from": "heard", "to": "habit", "basis": "stated"})
    (found,) = problems(tmp_path, content)
    loops = ("habit -> heard -> habit", "heard -> habit -> heard")
    assert found in [f"{FILE}, links: found {loop}; expected no loop" for loop in loops]


def test_outcome_needs_an_evidence_status(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][2]["assessed_by"] = []
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, heard: found neither; expected either assessed_by or not_assessed"


def test_outcome_has_one_evidence_status(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][2]["not_assessed"] = "Nobody asked."
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, heard: found both; expected either assessed_by or not_assessed"


def test_what_assessed_an_outcome_is_known_to_the_analysis(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    content["elements"][2]["assessed_by"] = ["wai", "hearsay"]
    (found,) = problems(tmp_path, content)
    expected = f"expected one of: {', '.join(ASSESSORS)}"
    assert found == f"{FILE}, heard.assessed_by: found 'hearsay'; {expected}"


def test_outcome_is_led_to(tmp_path: Path, content: dict[str, Any]) -> None:
    del content["links"][3]
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, stay: found an outcome that nothing leads to; expected a link to it"


def test_context_takes_no_links(tmp_path: Path, content: dict[str, Any]) -> None:
    content["links"].append({"from": "trust", "to": "heard", "basis": "stated"})
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, links.4.from: found trust; expected no context element"


def test_ids_are_unique(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"].append(element("habit", "mechanisms"))
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, elements.6.id: found habit again; expected an id of its own"


def test_evidence_numbers_stand_for_a_reference(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][1]["evidence"] = [9]
    (found,) = problems(tmp_path, content)
    assert found == f"{FILE}, habit.evidence: found 9; expected a number of references"


def test_unknown_key_and_column_are_told_together(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][0]["colour"] = "red"
    content["elements"][1]["column"] = "middle"
    assert len(problems(tmp_path, content)) == 2


def test_pathway_keeps_what_leads_to_the_outcome_and_on(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    path = pathway(load(tmp_path, content), "heard")
    assert list(path.elements) == ["course", "habit", "heard", "stay"]
    assert [link.target for link in path.links] == ["habit", "heard", "stay"]


def test_pathway_of_no_outcome_is_an_error(tmp_path: Path, content: dict[str, Any]) -> None:
    told = "pathway, outcome: found habit; expected an outcome: heard, calm, stay"
    with pytest.raises(InputError, match=f"^{told}$"):
        pathway(load(tmp_path, content), "habit")


def drawn(theory: Theory, overlay: dict[str, str] | None = None) -> ElementTree.Element:
    """The drawing, parsed."""
    return ElementTree.fromstring(draw(theory, overlay))


def box(svg: ElementTree.Element, name: str) -> ElementTree.Element:
    """The link that is an element's box."""
    (found,) = [link for link in svg.iter(f"{SVG}a") if link.get("id") == f"theory-{name}"]
    return found


def words(node: ElementTree.Element) -> str:
    """The text that a reader can select."""
    return " ".join("".join(text.itertext()) for text in node.iter(f"{SVG}text"))


def test_box_links_to_its_section_and_says_what_it_is(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    link = box(drawn(load(tmp_path, content)), "habit")
    assert link.get("href") == "../promise.html#habit"
    assert link.get("aria-label") == "Label of habit (Mechanisms; inferred)"


def test_drawings_on_one_page_have_ids_of_their_own(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    svg = ElementTree.fromstring(draw(load(tmp_path, content), name="pathway"))
    ids = {link.get("id") for link in svg.iter(f"{SVG}a")}
    assert "pathway-habit" in ids and "pathway-trust" in ids and "theory-habit" not in ids


def test_stated_and_inferred_differ_by_line(tmp_path: Path, content: dict[str, Any]) -> None:
    svg = drawn(load(tmp_path, content))
    borders = {
        name: [rect.get("stroke-dasharray") for rect in box(svg, name).iter(f"{SVG}rect")]
        for name in ("course", "habit")
    }
    assert borders == {"course": [None], "habit": ["4 3"]}


def test_inferred_links_are_dashed(tmp_path: Path, content: dict[str, Any]) -> None:
    paths = [path for path in drawn(load(tmp_path, content)).iter(f"{SVG}path")]
    dashed = [path for path in paths if path.get("stroke-dasharray") == "4 3"]
    assert (len(paths), len(dashed)) == (4, 2)


def test_under_the_overlay_an_outcome_leads_to_its_evidence(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    svg = drawn(load(tmp_path, content), {"heard": "no evidence"})
    assert box(svg, "heard").get("href") == "#outcome-evidence-heard"
    assert box(svg, "calm").get("href") == "../promise.html#calm"


def test_proposed_element_says_so(tmp_path: Path, content: dict[str, Any]) -> None:
    link = box(drawn(load(tmp_path, content)), "calm")
    assert "proposed addition" in " ".join(words(link).split())
    assert len(list(link.iter(f"{SVG}rect"))) == 2


def test_an_addition_by_nobody_in_particular_has_no_words_in_the_legend(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    del content["proposal"]
    assert words(drawn(load(tmp_path, content))).endswith("inferred by us  ")


@pytest.mark.parametrize("evidence", OVERLAY)
def test_overlay_is_told_in_words(tmp_path: Path, content: dict[str, Any], evidence: str) -> None:
    theory = load(tmp_path, content)
    plain, marked = drawn(theory), drawn(theory, {"heard": evidence})
    assert evidence in " ".join(words(box(marked, "heard")).split())
    assert evidence in (box(marked, "heard").get("aria-label") or "")
    assert evidence not in " ".join(words(plain).split())


def test_overlay_of_unknown_things_is_an_error(tmp_path: Path, content: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        draw(load(tmp_path, content), {"nobody": "no evidence", "heard": "maybe"})
    assert [str(problem) for problem in raised.value.problems] == [
        "overlay, nobody: found nobody; expected the id of an element",
        f"overlay, heard: found maybe; expected one of {', '.join(OVERLAY)}",
    ]


def test_data_cannot_break_the_drawing(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][0]["label"] = "<script>alert(1)</script> & more"
    svg = drawn(load(tmp_path, content))
    assert not list(svg.iter(f"{SVG}script"))
    assert "<script>" in words(box(svg, "course"))


def test_text_stays_in_its_box() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    svg = drawn(theory, dict.fromkeys(theory.outcomes, "qualitative support"))
    for link in svg.iter(f"{SVG}a"):
        rect = link.find(f"{SVG}rect")
        assert rect is not None
        bottom = float(rect.get("y", 0)) + float(rect.get("height", 0))
        lines = [float(line.get("y", 0)) for line in link.iter(f"{SVG}tspan")]
        assert max(lines) < bottom, link.get("id")


def test_drawing_is_the_same_every_time(tmp_path: Path, content: dict[str, Any]) -> None:
    theory = load(tmp_path, content)
    assert draw(theory) == draw(theory)


def test_list_has_every_element_with_its_links(tmp_path: Path, content: dict[str, Any]) -> None:
    text = as_list(load(tmp_path, content), {"heard": "no evidence"})
    for name in content["elements"]:
        assert f"<{name['id']}>`" in text
    assert r"leads to\: Label of heard \(inferred\), Label of calm \(inferred\)" in text
    assert "reference 1" in text and "A study" in text
    assert "no evidence" in text and "Too early" in text


def test_list_leads_to_the_evidence_of_an_outcome(tmp_path: Path, content: dict[str, Any]) -> None:
    text = as_list(load(tmp_path, content), links={"heard": "rows [A1](#a1)"})
    (entry,) = (line for line in text.splitlines() if "<heard>`" in line)
    assert entry.endswith("; rows [A1](#a1).")
    assert text.count("#a1") == 1


def test_list_shows_data_literally(tmp_path: Path, content: dict[str, Any]) -> None:
    content["elements"][0]["text"] = "{eval}`1` <b>bold</b>"
    content["elements"][0]["label"] = "a`b <c>"
    text = as_list(load(tmp_path, content))
    assert "<b>" not in text.replace(r"\<b\>", "")
    assert "{ref}`a'b (c) <course>`" in text


def test_rotherham_names_the_outcomes_of_the_qualitative_codebook() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    codebook = yaml.safe_load((ROOT / "data/rotherham/codebook.yml").read_text("utf-8"))
    assert {outcome["id"] for outcome in codebook["outcomes"]} <= set(theory.outcomes)
    assert [key for key, item in theory.elements.items() if item.proposed] == [
        "reflective-practice"
    ]


def test_rotherham_boxes_lead_to_targets_of_the_book() -> None:
    theory = load_theory(ROOT / "data/rotherham")
    for item in theory.elements.values():
        page, _, target = item.section.partition("#")
        assert f"({target})=" in (ROOT / "book" / page).read_text("utf-8"), item.id
