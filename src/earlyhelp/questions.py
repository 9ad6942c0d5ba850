"""The research questions of a study and the answers its authors give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from earlyhelp.yamlfile import read_yaml

PARTS = ("training", "tools", "approach")
PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


class Question(BaseModel):
    """One research question; `answers` maps a part (training, tools, approach) to an answer.

    A number in an answer is a claim id in braces, never a digit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^\d\.\d$")]
    dimension: Literal["feasibility", "promise", "readiness"]
    name: str
    question: str
    answers: dict[str, str] = {}

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
