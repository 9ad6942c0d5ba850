"""The research questions of a study and the answers its authors give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import Strict, read_yaml

QUESTIONS_FILE = "research_questions.yml"
PARTS = ("training", "tools", "approach")
# The questions that pages of results answer, and for which parts.
ANSWERED = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.4", "1.5", "1.6"), ("training", "tools")),
    **dict.fromkeys(("2.1", "2.2", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6"), ("approach",)),
}
PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


class Question(Strict):
    """One research question; `answers` maps a part (training, tools, approach) to an answer.

    A number in an answer is a claim id in braces, never a digit.
    """

    id: Annotated[str, Field(pattern=r"^[1-9]\.[1-9]$", description="a number such as '1.4'")]
    dimension: Literal["feasibility", "promise", "readiness"]
    name: str
    question: str
    answers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _shown(self) -> Question:
        if self.id not in ANSWERED:
            raise ValueError(f"a question that a page answers: {', '.join(ANSWERED)}")
        if unknown := sorted(set(self.answers) - set(ANSWERED[self.id])):
            parts = " or ".join(ANSWERED[self.id])
            raise ValueError(f"answers for {parts} to question {self.id}, not {unknown[0]}")
        return self

    @property
    def placeholders(self) -> set[str]:
        """Claim ids that the answers name."""
        return {claim for text in self.answers.values() for claim in PLACEHOLDER.findall(text)}


def read_questions(folder: Path) -> dict[str, Question]:
    """Read `research_questions.yml` of a study folder, by question id.

    Raises
    ------
    InputError
        With every problem of the file.
    """
    questions: list[Question] = read_yaml(folder / QUESTIONS_FILE, list[Question])
    ids = [question.id for question in questions]
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        raise InputError(
            Problem(QUESTIONS_FILE, None, id, "this question again", "each question once")
            for id in twice
        )
    return dict(zip(ids, questions, strict=True))
