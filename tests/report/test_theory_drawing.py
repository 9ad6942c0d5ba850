"""The theory of change as a drawing and as a list, on a theory of five elements."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from helpers import ROOT, load_content

from earlyhelp.qualitative.theory import BASIS_LABELS, OVERLAY, Theory, load_theory
from earlyhelp.report.theory_drawing import WIDTH, as_list, draw
from earlyhelp.study.problems import InputError

SVG = "{http://www.w3.org/2000/svg}"


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
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    link = box(drawn(load_content(tmp_path, theory_content)), "habit")
    assert link.get("href") == "../promise.html#habit"
    assert link.get("aria-label") == "Label of habit (Mechanisms; inferred by us)"


def test_drawings_on_one_page_have_ids_of_their_own(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    svg = ElementTree.fromstring(draw(load_content(tmp_path, theory_content), name="pathway"))
    ids = {link.get("id") for link in svg.iter(f"{SVG}a")}
    assert "pathway-habit" in ids
    assert "pathway-trust" in ids
    assert "theory-habit" not in ids


def test_stated_and_inferred_differ_by_line(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    svg = drawn(load_content(tmp_path, theory_content))
    borders = {
        name: [rect.get("stroke-dasharray") for rect in box(svg, name).iter(f"{SVG}rect")]
        for name in ("course", "habit")
    }
    assert borders == {"course": [None], "habit": ["4 3"]}


def test_inferred_links_are_dashed(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    paths = [path for path in drawn(load_content(tmp_path, theory_content)).iter(f"{SVG}path")]
    dashed = [path for path in paths if path.get("stroke-dasharray") == "4 3"]
    dotted = [path for path in paths if path.get("stroke-dasharray") == "9 2.5 1.5 2.5"]
    assert (len(paths), len(dashed), len(dotted)) == (4, 1, 1)


def test_the_key_has_every_basis_and_fits(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    svg = drawn(load_content(tmp_path, theory_content), {"heard": "no evidence"})
    assert all(basis in words(svg) for basis in BASIS_LABELS.values())
    theory = load_theory(ROOT / "data/rotherham")
    svg = drawn(theory, dict.fromkeys(theory.outcomes, "no evidence"))
    lines = {line.text: float(line.get("x", 0)) for line in svg.iter(f"{SVG}tspan")}
    for key in (f"{theory.proposal} ", f"{OVERLAY[-1]} "):
        # Nine px are more than the mean letter takes at this size.
        assert lines[key] + 9 * len(key) < WIDTH


def test_under_the_overlay_an_outcome_leads_to_its_evidence(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    svg = drawn(load_content(tmp_path, theory_content), {"heard": "no evidence"})
    assert box(svg, "heard").get("href") == "#outcome-evidence-heard"
    assert box(svg, "calm").get("href") == "../promise.html#calm"


def test_proposed_element_says_so(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    link = box(drawn(load_content(tmp_path, theory_content)), "calm")
    assert "proposed addition" in " ".join(words(link).split())
    assert len(list(link.iter(f"{SVG}rect"))) == 2


def test_an_addition_by_nobody_in_particular_has_no_words_in_the_legend(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    del theory_content["proposal"]
    assert words(drawn(load_content(tmp_path, theory_content))).endswith("the system  ")


@pytest.mark.parametrize("evidence", OVERLAY)
def test_overlay_is_told_in_words(
    tmp_path: Path, theory_content: dict[str, Any], evidence: str
) -> None:
    theory = load_content(tmp_path, theory_content)
    plain, marked = drawn(theory), drawn(theory, {"heard": evidence})
    assert evidence in " ".join(words(box(marked, "heard")).split())
    assert evidence in (box(marked, "heard").get("aria-label") or "")
    assert evidence not in " ".join(words(plain).split())


def test_overlay_of_unknown_things_is_an_error(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    with pytest.raises(InputError) as raised:
        draw(load_content(tmp_path, theory_content), {"nobody": "no evidence", "heard": "maybe"})
    assert [str(problem) for problem in raised.value.problems] == [
        "overlay, nobody: found nobody; expected the id of an element",
        f"overlay, heard: found maybe; expected one of {', '.join(OVERLAY)}",
    ]


def test_data_cannot_break_the_drawing(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"][0]["label"] = "<script>alert(1)</script> & more"
    svg = drawn(load_content(tmp_path, theory_content))
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


@pytest.mark.parametrize("marked", range(4))
def test_no_link_strikes_through_a_heading(marked: int) -> None:
    theory = load_theory(ROOT / "data/rotherham")
    # Labels move what they stand in, and with it the gaps that links pass through.
    outcomes = [*theory.outcomes]
    svg = drawn(theory, dict.fromkeys(outcomes[: marked * len(outcomes) // 3], "no evidence"))
    headings = [
        (float(line.get("x", 0)), float(line.get("y", 0)))
        for text in svg.iter(f"{SVG}text")
        if text.get("font-weight") == "bold"
        for line in text.iter(f"{SVG}tspan")
    ]
    assert headings
    for path in svg.iter(f"{SVG}path"):
        # A link is straight where it passes a column.
        for begin, height, end in re.findall(
            r"(?<= )([\d.]+) ([\d.]+)C[\d.]+ \2 [\d.]+ \2 ([\d.]+) \2", path.get("d", "")
        ):
            for x, y in headings:
                beside = not float(begin) - 5 <= x <= float(end)
                assert beside or not y - 9 < float(height) < y + 3, path.get("d")


def test_drawing_is_the_same_every_time(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory = load_content(tmp_path, theory_content)
    assert draw(theory) == draw(theory)


def test_list_has_every_element_with_its_links(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    text = as_list(load_content(tmp_path, theory_content), {"heard": "no evidence"})
    for name in theory_content["elements"]:
        assert f"<{name['id']}>`" in text
    assert (
        r"Label of heard \(inferred by us\), Label of calm \(reported in the findings\: Chapter 3"
        in text
    )
    assert r"Stated in theory or plan\: Chapter 1" in text
    assert "reference 1" in text
    assert "A study" in text
    assert "no evidence" in text
    assert "Too early" in text


def test_list_leads_to_the_evidence_of_an_outcome(
    tmp_path: Path, theory_content: dict[str, Any]
) -> None:
    text = as_list(load_content(tmp_path, theory_content), links={"heard": "rows [A1](#a1)"})
    (entry,) = (line for line in text.splitlines() if "<heard>`" in line)
    assert entry.endswith("; rows [A1](#a1).")
    assert text.count("#a1") == 1


def test_list_shows_data_literally(tmp_path: Path, theory_content: dict[str, Any]) -> None:
    theory_content["elements"][0]["text"] = "{eval}`1` <b>bold</b>"
    theory_content["elements"][0]["label"] = "a`b <c>"
    text = as_list(load_content(tmp_path, theory_content))
    assert "<b>" not in text.replace(r"\<b\>", "")
    assert "{ref}`a'b (c) <course>`" in text
