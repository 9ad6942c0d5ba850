"""The theory of change: its elements and links, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import Strict, WholeKey, read_yaml

THEORY_FILE = "theory_of_change.yml"
ID = "an id of small letters and digits, joined by hyphens"

Basis = Literal["stated", "reported", "inferred"]
Who = Literal["practitioners", "families", "system"]
TheoryColumn = Literal[
    "need", "inputs", "activities", "mechanisms", "short-term", "medium-term", "long-term",
    "system", "assumptions", "external",
]  # fmt: skip

# Context stands above and below the columns; no link leads to or from it.
ABOVE: tuple[TheoryColumn, ...] = ("need",)
BELOW: tuple[TheoryColumn, ...] = ("assumptions", "external")
OUTCOMES: tuple[TheoryColumn, ...] = ("short-term", "medium-term", "long-term", "system")
TITLES: Mapping[str, str] = {
    "need": "Need and context",
    "inputs": "Inputs",
    "activities": "Activities",
    "mechanisms": "Mechanisms",
    "short-term": "Short-term outcomes",
    "medium-term": "Medium-term outcomes",
    "long-term": "Long-term outcomes",
    "system": "Wider system",
    "assumptions": "Assumptions",
    "external": "External factors",
}
# Where an element or link comes from, as readers see it.
BASIS_LABELS: Mapping[Basis, str] = {
    "stated": "stated in theory or plan",
    "reported": "reported in the findings",
    "inferred": "inferred by us",
}
OVERLAY = ("qualitative support", "measured support", "no evidence", "evidence against")

# The framework matrix, as what assessed an outcome, beside the study's surveys and measures.
IN_WORDS = "qualitative"


class Element(Strict):
    """One box of the theory.

    `label` is what the drawing shows, `text` the full sentence, `place` where in the report it is
    stated or reported or what it is inferred from, `evidence` numbers of the theory's references,
    `section` a page of the book and its target (the drawing when left out).
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description=ID)]
    column: TheoryColumn
    label: str
    text: str
    basis: Basis
    place: Annotated[str, Field(min_length=1, description="a place of the report")]
    evidence: list[int]
    who: Who
    section: Annotated[
        str,
        Field(
            pattern=r"^[a-z_/]+\.md#[a-z0-9-]+$",
            description="a page and its target, such as results/promise.md#rq-2-1",
        ),
    ] = "results/theory_of_change.md#theory-drawing"
    assessed_by: list[str] = Field(default_factory=list)
    not_assessed: str = ""
    proposed: bool = False


class Link(Strict):
    """One element leads to another; `place` is where in the report, unless it is inferred."""

    source: Annotated[str, Field(alias="from")]
    target: Annotated[str, Field(alias="to")]
    basis: Basis
    place: str = ""


class File(Strict):
    """What `theory_of_change.yml` holds."""

    title: str
    proposal: str = ""
    references: dict[WholeKey, str] = Field(default_factory=dict)
    elements: list[Element]
    links: list[Link]


@dataclass(frozen=True)
class Theory:
    """A theory of change without loops.

    Attributes
    ----------
    title, proposal : str
        What it is a theory of; who proposes the elements marked as proposed.
    references : dict
        What the evidence numbers stand for.
    elements : dict
        Elements by id, in the order in which they are drawn.
    links : tuple of Link
    """

    title: str
    proposal: str
    references: Mapping[int, str]
    elements: Mapping[str, Element]
    links: tuple[Link, ...]

    @property
    def outcomes(self) -> dict[str, Element]:
        """Outcomes of every term, by id."""
        return {key: item for key, item in self.elements.items() if item.column in OUTCOMES}


def load_theory(folder: Path) -> Theory:
    """Read `theory_of_change.yml` of a study folder.

    Raises
    ------
    InputError
        With every problem: of the file's form, or else repeated ids, dangling links and references,
        links of context elements or without a place, loops, outcomes that nothing leads to or
        without evidence status.

    Examples
    --------
    >>> theory = load_theory(Path("tests/studies/complete"))
    >>> list(theory.elements)[:3], list(theory.outcomes)[:2]
    (['need', 'trainers', 'forms'], ['confidence', 'alliance'])
    """
    file: File = read_yaml(folder / THEORY_FILE, File)
    problems = list(_problems(file))
    if problems:
        raise InputError(problems)
    elements = {element.id: element for element in file.elements}
    return Theory(file.title, file.proposal, file.references, elements, tuple(file.links))


def _problems(file: File) -> Iterator[Problem]:
    elements: dict[str, Element] = {}
    for number, element in enumerate(file.elements):
        if elements.setdefault(element.id, element) is not element:
            yield _problem(f"elements.{number}.id", f"{element.id} again", "an id of its own")
    for element in elements.values():
        yield from _element_problems(element, file)
    for number, link in enumerate(file.links):
        yield from _link_problems(f"links.{number}", link, elements)
    sources: dict[str, set[str]] = {}
    for link in file.links:
        sources.setdefault(link.target, set()).add(link.source)
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        yield _problem("links", " -> ".join(reversed(error.args[1])), "no loop")


def _problem(place: str, found: str, expected: str) -> Problem:
    return Problem(THEORY_FILE, None, place, found, expected)


def _link_problems(place: str, link: Link, elements: Mapping[str, Element]) -> Iterator[Problem]:
    for end, name in (("from", link.source), ("to", link.target)):
        if name not in elements:
            yield _problem(f"{place}.{end}", name, "the id of an element")
        elif elements[name].column in ABOVE + BELOW:
            yield _problem(f"{place}.{end}", name, "no context element")
    if link.basis != "inferred" and not link.place:
        expected = "where in the report, or the basis inferred"
        yield _problem(f"{place}.place", f"a {link.basis} link without one", expected)


def _element_problems(element: Element, file: File) -> Iterator[Problem]:
    for reference in element.evidence:
        if reference not in file.references:
            yield _problem(f"{element.id}.evidence", str(reference), "a number of references")
    if element.column in OUTCOMES:
        if bool(element.assessed_by) == bool(element.not_assessed):
            found = "both" if element.assessed_by else "neither"
            yield _problem(element.id, found, "either assessed_by or not_assessed")
        if not any(link.target == element.id for link in file.links):
            yield _problem(element.id, "an outcome that nothing leads to", "a link to it")


def unknown_assessors(theory: Theory, known: Iterable[str]) -> list[Problem]:
    """Problems of outcomes that were assessed by what there is not.

    Parameters
    ----------
    known : iterable of str
        The study's surveys and measures.

    Examples
    --------
    >>> theory = load_theory(Path("tests/studies/complete"))
    >>> [problem.found for problem in unknown_assessors(theory, known=[])]
    ["'post-training survey'", "'wai'", "'compassion_satisfaction'"]
    """
    known = (IN_WORDS, *known)
    return [
        Problem(
            THEORY_FILE,
            None,
            f"{element.id}.assessed_by",
            repr(unknown),
            f"one of: {', '.join(known)}",
        )
        for element in theory.elements.values()
        for unknown in sorted(set(element.assessed_by) - set(known))
    ]


def pathway(theory: Theory, outcome: str) -> Theory:
    """Return the part of a theory that leads to an outcome and on from it.

    Raises
    ------
    InputError
        When the theory has no such outcome.

    Examples
    --------
    >>> theory = load_theory(Path("tests/studies/complete"))
    >>> part = pathway(theory, next(iter(theory.outcomes)))
    >>> part.title, len(part.elements), len(theory.elements)
    ('A course and two forms in a service nowhere: Confidence', 11, 16)
    """
    if outcome not in theory.outcomes:
        expected = f"an outcome: {', '.join(theory.outcomes)}"
        raise InputError([Problem("pathway", None, "outcome", outcome, expected)])
    before = {(link.target, link.source) for link in theory.links}
    after = {(link.source, link.target) for link in theory.links}
    kept = _reached(outcome, before) | _reached(outcome, after)
    return Theory(
        f"{theory.title}: {theory.elements[outcome].label}",
        theory.proposal,
        theory.references,
        {key: element for key, element in theory.elements.items() if key in kept},
        tuple(link for link in theory.links if {link.source, link.target} <= kept),
    )


def _reached(start: str, steps: set[tuple[str, str]]) -> set[str]:
    found, fresh = {start}, {start}
    while fresh:
        fresh = {end for begin, end in steps if begin in fresh} - found
        found |= fresh
    return found
