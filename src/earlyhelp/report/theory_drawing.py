"""The theory of change as columns of boxes and as a list.

Columns are known beforehand, so no layout engine is needed: boxes are stacked in columns, links run
through the gaps between boxes. Text is measured with the font that matplotlib ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import SubElement, tostring

from matplotlib.font_manager import FontProperties, findfont, get_font

from earlyhelp.qualitative.theory import (
    ABOVE,
    BASIS_LABELS,
    BELOW,
    OVERLAY,
    TITLES,
    Element,
    Link,
    Theory,
    TheoryColumn,
    Who,
)
from earlyhelp.report import FONTS
from earlyhelp.report.figures import MEASURED
from earlyhelp.report.myst import escape
from earlyhelp.study.problems import InputError, Problem

# Lanes by column of the drawing, left to right; a lane is a column of the theory and, for
# short-term outcomes, whom they concern.
DRAWN: tuple[tuple[tuple[TheoryColumn, Who | None], ...], ...] = (
    (("inputs", None),),
    (("activities", None),),
    (("mechanisms", None),),
    (("short-term", "practitioners"),),
    (("short-term", "families"), ("short-term", "system")),
    (("medium-term", None),),
    (("long-term", None), ("system", None)),
)


# The list -----------------------------------------------------------------------------------------


def evidence_target(outcome: str) -> str:
    """The target of an outcome's row in the table of evidence on the theory's page."""
    return f"outcome-evidence-{outcome}"


def as_list(
    theory: Theory,
    overlay: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> str:
    """Give the content of the drawing as a MyST definition list, column by column.

    Parameters
    ----------
    overlay : mapping, optional
        Evidence by element id, one of `OVERLAY`.
    links : mapping, optional
        MyST by element id that leads to its evidence.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.theory import load_theory
    >>> print(as_list(load_theory(Path("tests/studies/complete"))).splitlines()[0])
    Need and context
    """
    groups: dict[str, list[str]] = {}
    for element in theory.elements.values():
        item = _item(theory, element, overlay or {}, (links or {}).get(element.id, ""))
        groups.setdefault(_lane_title(element), []).append(item)
    blocks = (f"{title}\n: " + "\n  ".join(items) for title, items in groups.items())
    return "\n\n".join(blocks)


def _lane_title(element: Element) -> str:
    whom = f", {element.who}" if element.column == "short-term" else ""
    return f"{TITLES[element.column]}{whom}"


def _item(theory: Theory, element: Element, overlay: Mapping[str, str], links: str) -> str:
    target = element.section.partition("#")[2]
    facts = [_sourced(BASIS_LABELS[element.basis].capitalize(), element.place)]
    if element.proposed:
        facts.append(theory.proposal)
    if element.id in overlay:
        facts.append(overlay[element.id])
    if element.not_assessed:
        facts.append(f"not assessed: {element.not_assessed.rstrip('.')}")
    facts += [f"reference {number}: {theory.references[number]}" for number in element.evidence]
    onward = [
        f"{theory.elements[link.target].label} ({_sourced(BASIS_LABELS[link.basis], link.place)})"
        for link in theory.links
        if link.source == element.id
    ]
    if onward:
        facts.append(f"leads to: {', '.join(onward)}")
    details = "; ".join(filter(None, [escape("; ".join(facts)), links]))
    return f"- {{ref}}`{_title(element.label)} <{target}>`: {escape(element.text)} {details}."


def _sourced(basis: str, place: str) -> str:
    return f"{basis}: {place}" if place else basis


def _title(label: str) -> str:
    """A label as the title of a cross reference, where these characters have a meaning."""
    return label.translate(str.maketrans("`<>\\", "'()/"))


# The drawing --------------------------------------------------------------------------------------

WIDTH = 1210.0  # on a landscape page of A4 the text then has seven points
PADDING = 10.0
GAP = 24.0  # between columns, where links run
SIZE = 12.0  # of the text, in px at full width
LINE = 13.4
CLEAR = 7.0  # above a column, where links pass between it and its heading
PAD = 4.0
INK, SOFT, PAPER = "#1b1b1b", "#4d5560", "#fbfaf6"
# Fills by whom an element concerns; its lane says the same in words.
FILLS = {"practitioners": "#e8f0fa", "families": "#eaf5e6", "system": "#f1eff4"}
DASH = {"stated": "", "reported": "9 2.5 1.5 2.5", "inferred": "4 3"}


@dataclass
class _Box:
    element: Element
    x: float
    y: float
    width: float
    lines: list[str]
    notes: list[str]

    @property
    def height(self) -> float:
        return 2 * PAD + LINE * (len(self.lines) + len(self.notes))

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def draw(
    theory: Theory,
    overlay: Mapping[str, str] | None = None,
    root: str = "../",
    name: str = "theory",
) -> str:
    """Draw a theory as columns.

    Elements and links that the theory states have solid lines, those that staff report lines of
    dashes and dots, inferred ones dashed lines; proposed elements a double border and the word.
    Every box links to its section of the book, or, under the overlay,
    to its row in the table of evidence on the same page.

    Parameters
    ----------
    overlay : mapping, optional
        Evidence by element id, one of `OVERLAY`; shown as a symbol and in words.
    root : str
        Path from the page that shows the drawing to the book's root.
    name : str
        What the ids of the boxes begin with; a page with several drawings has a name for each.

    Returns
    -------
    str
        SVG of `WIDTH` units width with selectable text.

    Raises
    ------
    InputError
        When the overlay names an unknown element or evidence.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.theory import load_theory
    >>> draw(load_theory(Path("tests/studies/complete"))).count("<a ")
    16
    """
    overlay = overlay or {}
    _check_overlay(theory, overlay)
    canvas = Node("svg")
    panel = SubElement(canvas, "rect", {"rx": "6", "fill": PAPER, "stroke": "#c9c5b8"})
    y = _band(canvas, theory, ABOVE, overlay, PADDING, root, name)
    links, boxes = SubElement(canvas, "g"), SubElement(canvas, "g")
    columns, y = _columns(canvas, theory, overlay, y)
    _draw_links(links, theory, columns)
    for column in columns:
        for box in column:
            _draw_box(boxes, box, theory, overlay, root, name)
    y = _band(canvas, theory, BELOW, overlay, y, root, name)
    y = _legend(canvas, theory, bool(overlay), y)
    panel.attrib |= {"width": f"{WIDTH:g}", "height": f"{y:g}"}
    canvas.attrib |= {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH:g} {y:g}",
        "width": "100%",
        "role": "graphics-document document",
        "class": "theory full-page",
        "aria-label": f"Theory of change. {theory.title}. The list beside it has the same content.",
        "font-family": FONTS,
        "font-size": f"{SIZE:g}",
        "fill": INK,
    }
    return tostring(canvas, encoding="unicode")


def _check_overlay(theory: Theory, overlay: Mapping[str, str]) -> None:
    problems = [
        Problem("overlay", None, key, found, expected)
        for key, evidence in overlay.items()
        for wrong, found, expected in (
            (key not in theory.elements, key, "the id of an element"),
            (evidence not in OVERLAY, evidence, f"one of {', '.join(OVERLAY)}"),
        )
        if wrong
    ]
    if problems:
        raise InputError(problems)


def _notes(element: Element, overlay: Mapping[str, str], width: float) -> list[str]:
    proposed = _wrap("proposed addition", width) if element.proposed else []
    # Room for the symbol, which stands on the first line of the evidence.
    words = overlay.get(element.id, "")
    evidence = _wrap(words, width - 15)
    return proposed + evidence


def _columns(
    canvas: Node, theory: Theory, overlay: Mapping[str, str], top: float
) -> tuple[list[list[_Box]], float]:
    """Place the boxes of the columns that hold any; return them and where they end."""
    lanes = [
        [(lane, found) for lane in column if (found := _in_lane(theory, *lane))] for column in DRAWN
    ]
    lanes = [column for column in lanes if column]
    places = _places([column[0][0][0] for column in lanes])
    headings = [
        _heading(column[0][1][0], width) for column, (_, width) in zip(lanes, places, strict=True)
    ]
    header = max(map(len, headings), default=0) * LINE + 2 * CLEAR
    stacks: list[list[_Box | list[str]]] = []
    for column, (x, width) in zip(lanes, places, strict=True):
        inner = width - 2 * PAD
        stack: list[_Box | list[str]] = []
        for position, (_, elements) in enumerate(column):
            if position:
                stack.append(_heading(elements[0], width))
            for element in elements:
                lines, notes = _wrap(element.label, inner), _notes(element, overlay, inner)
                stack.append(_Box(element, x, 0, width, lines, notes))
        stacks.append(stack)
    height = max((_extent(stack) + 13 * (len(stack) - 1) for stack in stacks), default=0)
    for stack, heading, (x, _) in zip(stacks, headings, places, strict=True):
        _text(canvas, x, top + 14, heading, bold=True)
        gap = min((height - _extent(stack)) / max(len(stack) - 1, 1), 46)
        y = top + header + (height - _extent(stack) - gap * (len(stack) - 1)) / 2
        for item in stack:
            if isinstance(item, _Box):
                item.y = y
                y += item.height + gap
            else:
                _text(canvas, x, y + 14, item, bold=True)
                y += LINE * len(item) + gap
    columns = [[item for item in stack if isinstance(item, _Box)] for stack in stacks]
    return columns, top + header + height + 14


def _places(columns: list[TheoryColumn]) -> list[tuple[float, float]]:
    """Left edge and width of each column; a pathway's fewer columns keep their widths."""
    shares = [_share(column[0][0]) for column in DRAWN]
    unit = (WIDTH - 2 * PADDING - GAP * (len(shares) - 1)) / sum(shares)
    widths = [unit * _share(column) for column in columns]
    gap = (WIDTH - 2 * PADDING - sum(widths)) / max(len(widths) - 1, 1)
    return [
        (PADDING + sum(widths[:number]) + gap * number, width)
        for number, width in enumerate(widths)
    ]


def _share(column: TheoryColumn) -> float:
    # Evidence stands in the boxes of short-term outcomes first of all: its words take one line.
    return 1.36 if column == "short-term" else 1.0


def _in_lane(theory: Theory, column: TheoryColumn, who: Who | None) -> list[Element]:
    return [
        element
        for element in theory.elements.values()
        if element.column == column and who in (None, element.who)
    ]


def _heading(element: Element, width: float) -> list[str]:
    lines = _wrap(TITLES[element.column], width, bold=True)
    return [*lines, f"({element.who})"] if element.column == "short-term" else lines


def _extent(stack: Iterable[_Box | list[str]]) -> float:
    return sum(item.height if isinstance(item, _Box) else LINE * len(item) for item in stack)


def _band(
    canvas: Node,
    theory: Theory,
    columns: Iterable[TheoryColumn],
    overlay: Mapping[str, str],
    top: float,
    root: str,
    name: str,
) -> float:
    """Draw context columns as full-width rows of boxes; return where they end."""
    for column in columns:
        elements = _in_lane(theory, column, None)
        if not elements:
            continue
        _text(canvas, PADDING, top + 14, [TITLES[column]], bold=True)
        width = (WIDTH - 2 * PADDING - 12 * (len(elements) - 1)) / len(elements)
        inner = width - 2 * PAD
        row = [
            _Box(
                element,
                PADDING + number * (width + 12),
                top + 21,
                width,
                _wrap(element.label, inner),
                _notes(element, overlay, inner),
            )
            for number, element in enumerate(elements)
        ]
        height = max(box.height for box in row)
        for box in row:
            box.lines += [""] * round((height - box.height) / LINE)
            _draw_box(canvas, box, theory, overlay, root, name)
        top += 21 + height + 12
    return top


def _draw_box(
    parent: Node, box: _Box, theory: Theory, overlay: Mapping[str, str], root: str, name: str
) -> None:
    element = box.element
    facts = [_lane_title(element), BASIS_LABELS[element.basis]]
    facts += [theory.proposal] * element.proposed + [overlay.get(element.id, "")]
    words = f"{element.label} ({'; '.join(filter(None, facts))})"
    page, _, target = element.section.partition("#")
    link = SubElement(
        parent,
        "a",
        {
            "href": f"#{evidence_target(element.id)}"
            if element.id in overlay
            else f"{root}{page.removesuffix('.md')}.html#{target}",
            "id": f"{name}-{element.id}",
            "aria-label": words,
            "style": "text-decoration: none",
        },
    )
    SubElement(link, "title").text = element.text
    edge = {"stroke": INK, "fill": FILLS[element.who], "stroke-dasharray": DASH[element.basis]}
    _rect(link, box, 0, {**edge, "stroke-width": "1.2"})
    if element.proposed:
        _rect(link, box, 3, {**edge, "fill": "none", "stroke-width": "0.8"})
    _text(link, box.x + PAD, box.y + PAD + 10, box.lines)
    lines = len(box.lines)
    proposed = _wrap("proposed addition", box.width - 2 * PAD) if element.proposed else []
    _text(link, box.x + PAD, box.y + PAD + 10 + LINE * lines, proposed, italic=True)
    lines += len(proposed)
    if element.id in overlay:
        y = box.y + PAD + 10 + LINE * lines
        _symbol(link, overlay[element.id], box.x + PAD + 5, y - 4)
        _text(link, box.x + PAD + 15, y, box.notes[len(proposed) :])


def _rect(parent: Node, box: _Box, inset: float, attributes: dict[str, str]) -> None:
    SubElement(
        parent,
        "rect",
        {
            "x": f"{box.x + inset:g}",
            "y": f"{box.y + inset:g}",
            "width": f"{box.width - 2 * inset:g}",
            "height": f"{box.height - 2 * inset:g}",
            "rx": "4",
            **{key: value for key, value in attributes.items() if value},
        },
    )


def _draw_links(parent: Node, theory: Theory, columns: list[list[_Box]]) -> None:
    """Draw links from the right of one box to the left of another, or within a column."""
    places = {
        box.element.id: (number, row, box)
        for number, column in enumerate(columns)
        for row, box in enumerate(column)
    }
    across = [link for link in theory.links if places[link.source][0] < places[link.target][0]]
    for link in theory.links:
        (begin, row, source), (end, other, target) = places[link.source], places[link.target]
        if begin < end:
            onward = [other.target for other in across if other.source == link.source]
            inward = [other.source for other in across if other.target == link.target]
            start = _port(source, onward, link.target, places)
            stop = _port(target, inward, link.source, places)
            points = [(source.x + source.width, start)]
            for number in range(begin + 1, end):
                column, share = columns[number], (number - begin) / (end - begin)
                y = _nearest_gap(column, start + (stop - start) * share)
                points += [(column[0].x - 4, y), (column[0].x + column[0].width + 4, y)]
            path = _curve([*points, (target.x - 5, stop)])
            _arrow(parent, link, path, target.x, stop, "right")
        elif begin == end and abs(row - other) == 1:
            down = row < other
            # Clear of headings, which stand to the left.
            x = source.x + 0.88 * source.width
            y = source.y + source.height if down else source.y
            stop = target.y if down else target.y + target.height
            path = f"M{x:g} {y:g}V{stop - (5 if down else -5):g}"
            _arrow(parent, link, path, x, stop, "down" if down else "up")
        else:
            x = source.x + source.width
            start, stop = source.middle, target.middle + (8 if row < other else -8)
            bend = x + 10 + 3 * abs(row - other)
            path = f"M{x:g} {start:g}C{bend:g} {start:g} {bend:g} {stop:g} {x + 5:g} {stop:g}"
            _arrow(parent, link, path, target.x + target.width, stop, "left")


def _port(
    box: _Box, ends: list[str], end: str, places: Mapping[str, tuple[int, int, _Box]]
) -> float:
    """Where a link meets a box's side: its links are spread in the order of their other ends."""
    order = sorted(ends, key=lambda name: (places[name][2].middle, places[name][0]))
    return box.y + box.height * (order.index(end) + 1) / (len(order) + 1)


def _nearest_gap(column: list[_Box], wanted: float) -> float:
    """Where a link passes a column: in the gap between boxes nearest to the height wanted."""
    edges = [column[0].y - CLEAR, column[-1].y + column[-1].height + 14]
    between = [(upper.y + upper.height + lower.y) / 2 for upper, lower in pairwise(column)]
    return min(edges + between, key=lambda y: abs(y - wanted))


def _curve(points: list[tuple[float, float]]) -> str:
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        path += f"C{middle:g} {y:g} {middle:g} {v:g} {u:g} {v:g}"
    return path


def _arrow(parent: Node, link: Link, path: str, x: float, y: float, towards: str) -> None:
    stroke = {"d": path, "fill": "none", "stroke": SOFT, "stroke-width": "1.1"}
    if DASH[link.basis]:
        stroke["stroke-dasharray"] = DASH[link.basis]
    SubElement(parent, "path", stroke)
    dx, dy = {"right": (-1, 0), "left": (1, 0), "down": (0, -1), "up": (0, 1)}[towards]
    back, side = (x + 6 * dx, y + 6 * dy), (3 * dy, 3 * dx)
    corners = [(x, y), *((back[0] + sign * side[0], back[1] + sign * side[1]) for sign in (1, -1))]
    head = " ".join(f"{a:g},{b:g}" for a, b in corners)
    SubElement(parent, "polygon", {"points": head, "fill": SOFT})


def _symbol(parent: Node, evidence: str, x: float, y: float) -> None:
    """Full circle: measured; half: qualitative; empty: none; cross: against."""
    circle = {"cx": f"{x:g}", "cy": f"{y:g}", "r": "4.5", "stroke": INK, "stroke-width": "1.2"}
    if evidence == "evidence against":
        cross = f"M{x - 4:g} {y - 4:g}l8 8m0 -8l-8 8"
        SubElement(parent, "path", {"d": cross, "stroke": INK, "stroke-width": "2.2"})
        return
    fill = INK if evidence == "measured support" else "#fff"
    SubElement(parent, "circle", circle | {"fill": fill})
    if evidence == "qualitative support":
        SubElement(parent, "path", {"d": f"M{x:g} {y - 4.5:g}a4.5 4.5 0 0 0 0 9z", "fill": INK})


def _legend(canvas: Node, theory: Theory, overlay: bool, top: float) -> float:
    x, y = PADDING, top + 12
    for basis, words in BASIS_LABELS.items():
        line = {"stroke": INK, "stroke-width": "1.3", "stroke-dasharray": DASH[basis]}
        ends = {"x1": f"{x:g}", "x2": f"{x + 30:g}", "y1": f"{y - 4:g}", "y2": f"{y - 4:g}"}
        SubElement(canvas, "line", {key: value for key, value in (ends | line).items() if value})
        _text(canvas, x + 36, y, [words])
        x += 36 + _measure(words) + 14
    boxes = [(who.replace("system", "the system"), [0], fill) for who, fill in FILLS.items()]
    if any(element.proposed for element in theory.elements.values()):
        boxes.append((theory.proposal, [0, 3], "none"))
    for words, insets, fill in boxes:
        for inset in insets:
            frame = {"x": f"{x + inset:g}", "y": f"{y - 12 + inset:g}", "rx": "2", "fill": fill}
            size = {"width": f"{26 - 2 * inset:g}", "height": f"{15 - 2 * inset:g}", "stroke": INK}
            SubElement(canvas, "rect", frame | size)
        _text(canvas, x + 32, y, [words])
        x += 32 + _measure(words) + 14
    if overlay:
        x, y = PADDING, y + LINE + 6
    for evidence in OVERLAY if overlay else ():
        _symbol(canvas, evidence, x + 5, y - 4)
        _text(canvas, x + 15, y, [evidence])
        x += 15 + _measure(evidence) + 12
    return y + 10


def _text(
    parent: Node, x: float, y: float, lines: list[str], bold: bool = False, italic: bool = False
) -> None:
    if not lines:
        return
    style = {"font-weight": "bold"} if bold else {}
    style |= {"font-style": "italic"} if italic else {}
    text = SubElement(parent, "text", {"fill": INK, **style})
    for number, line in enumerate(lines):
        place = {"x": f"{x:g}", "y": f"{y + LINE * number:g}"}
        # The space keeps words apart for whoever reads or copies the text.
        SubElement(text, "tspan", place).text = f"{line} " if line else ""


def _wrap(text: str, width: float, bold: bool = False) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and _measure(f"{lines[-1]} {word}", bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@cache
def _measure(text: str, bold: bool = False) -> float:
    """Width of a text in px at the drawing's size."""
    weight = "bold" if bold else "normal"
    font = get_font(findfont(FontProperties(family=MEASURED, weight=weight)))
    font.set_size(SIZE, 72)
    font.set_text(text, 0)
    # A little more than measured: a fallback font may be wider.
    return 1.04 * float(font.get_width_height()[0]) / 64
