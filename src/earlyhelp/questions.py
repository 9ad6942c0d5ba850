"""The research questions of a study and the answers its authors give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from earlyhelp.yamlfile import Strict, read_yaml

PARTS = ("training", "tools", "approach")
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

    @field_validator("answers")
    @classmethod
    def _parts(cls, answers: dict[str, str]) -> dict[str, str]:
        if not set(answers) <= set(PARTS):
            raise ValueError(f"answers are for: {', '.join(PARTS)}")
        return answers

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
    questions = read_yaml(folder / "research_questions.yml", list[Question])
    return {question.id: question for question in questions}
