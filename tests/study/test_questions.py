"""Research questions and their answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from earlyhelp.study.problems import InputError
from earlyhelp.study.questions import PLACEHOLDER, Question, read_questions


def test_every_question_of_the_report_is_there(rotherham: Path) -> None:
    # Methods, Research questions: six, two and six.
    ids = list(read_questions(rotherham))
    expected = [f"{d}.{q}" for d, n in ((1, 6), (2, 2), (3, 6)) for q in range(1, n + 1)]
    assert ids == expected


def test_feasibility_is_answered_for_training_and_tools(rotherham: Path) -> None:
    for question in read_questions(rotherham).values():
        parts = {"training", "tools"} if question.dimension == "feasibility" else {"approach"}
        assert set(question.answers) == parts


def test_answers_type_no_number(rotherham: Path) -> None:
    for question in read_questions(rotherham).values():
        for text in question.answers.values():
            assert not any(character.isdigit() for character in PLACEHOLDER.sub("", text))


def test_placeholders() -> None:
    question = Question(
        id="1.1",
        dimension="feasibility",
        name="n",
        question="q",
        answers={"training": "{a-1} of {b}"},
    )
    assert question.placeholders == {"a-1", "b"}


def test_unknown_dimension(mini: Path) -> None:
    path = mini / "research_questions.yml"
    path.write_text(path.read_text().replace("feasibility", "beauty"))
    with pytest.raises(InputError, match=r"0\.dimension: found 'beauty'"):
        read_questions(mini)
