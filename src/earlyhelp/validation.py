"""Everything a study folder holds, checked before any notebook runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from earlyhelp.claims import read_claims
from earlyhelp.errors import InputError, Problem
from earlyhelp.planning import NUMBERS_FILE, read_numbers, unknown_themes
from earlyhelp.qualitative import (
    Triangulation,
    read_codebook,
    read_triangulation,
    validate_matrix,
    validate_triangulation,
)
from earlyhelp.questions import read_questions
from earlyhelp.raw import open_pilot
from earlyhelp.study import find_folder
from earlyhelp.sweep import read_sweep
from earlyhelp.theory import load_theory

# Files that a study may do without; the report then leaves out what they would show.
OPTIONAL: dict[str, Callable[[Path], Any]] = {
    "codebook.yml": read_codebook,
    "triangulation.yml": read_triangulation,
    "theory_of_change.yml": load_theory,
    "sweep.yml": read_sweep,
    NUMBERS_FILE: read_numbers,
    "claims.csv": lambda folder: read_claims(folder / "claims.csv"),
}


def validate(folder: str | Path) -> list[Path]:
    """Read every file of a study folder and check what ties them together.

    Returns
    -------
    list of Path
        The files that were read.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    path = find_folder(folder)
    problems: list[Problem] = []

    def read(reader: Callable[[Path], Any]) -> Any:
        try:
            return reader(path)
        except InputError as error:
            problems.extend(p for p in error.problems if p not in problems)

    pilot, questions = read(open_pilot), read(read_questions)
    held = {name: read(reader) for name, reader in OPTIONAL.items() if (path / name).is_file()}
    if not problems:
        problems.extend(_ties(pilot, questions, held))
    if problems:
        raise InputError(problems)
    names = ["study.yml", "research_questions.yml", *held]
    return [path / name for name in names] + sorted((path / "raw").glob("*.csv"))


def _ties(pilot: Any, questions: Any, held: dict[str, Any]) -> Iterator[Problem]:
    """Check references from one file to another."""
    ids = {claim.id for claim in held.get("claims.csv", [])}
    for question in questions.values():
        for claim in sorted(question.placeholders - ids):
            yield Problem(
                "research_questions.yml",
                None,
                question.id,
                f"{{{claim}}}",
                "the id of a claim of claims.csv",
            )
    for name, claim in _claims_of(held.get("triangulation.yml")):
        if claim not in ids:
            expected = "the id of a claim of claims.csv"
            yield Problem("triangulation.yml", None, name, repr(claim), expected)
    matrix, codebook = pilot.framework_matrix, held.get("codebook.yml")
    yield from unknown_themes(held.get(NUMBERS_FILE, []), matrix)
    if codebook is None:
        if not matrix.empty:
            yield Problem("codebook.yml", None, "", "no such file", "the framework matrix's codes")
        return
    if theory := held.get("theory_of_change.yml"):
        for outcome in codebook.outcomes:
            if outcome.id not in theory.outcomes:
                expected = "the id of an outcome of theory_of_change.yml"
                yield Problem("codebook.yml", None, "outcomes", repr(outcome.id), expected)
    sources = {
        "interview": set(pilot.interviews["interview_id"]),
        "observation": set(pilot.observations["observation_id"]),
    }
    yield from validate_matrix(matrix, codebook, sources)
    if "triangulation.yml" in held:
        yield from validate_triangulation(held["triangulation.yml"], matrix, codebook)


def _claims_of(triangulation: Triangulation | None) -> Iterator[tuple[str, str]]:
    """Yield each statement with the claims that its evidence names."""
    for question in triangulation.questions if triangulation else ():
        for statement in question.statements:
            for evidence in statement.evidence:
                yield from ((statement.id, claim) for claim in evidence.claims)
