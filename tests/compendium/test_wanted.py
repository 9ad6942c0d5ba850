"""What a new compendium is asked for, in words."""

from __future__ import annotations

import pytest
from helpers import told

from earlyhelp.compendium.asked import ASKED
from earlyhelp.compendium.making import questions
from earlyhelp.compendium.wanted import wanted

LETTERS = "a name with letters from a to z that no other has"
EXAMPLES = {name: example for name, (_, example) in ASKED.items()}


def test_the_examples_are_taken() -> None:
    found = wanted(EXAMPLES, questions())
    assert [(arm.id, arm.reference) for arm in found.arms] == [
        ("support", False),
        ("usual_support", True),
    ]
    assert [(team.id, team.arm) for team in found.teams] == [
        *(("A", "support"), ("B", "support")),
        *(("C", "usual_support"), ("D", "usual_support")),
    ]
    assert [(wave.file, wave.month) for wave in found.waves] == [
        ("baseline", "2026-01"),
        ("endline", "2026-07"),
    ]
    assert [(one.columns[-1], one.low, one.high) for one in found.instruments] == [
        ("wellbeing_7", 1, 5),
        ("distress", 0, 27),
    ]
    assert [one.higher_is_better for one in found.instruments] == [True, False]
    assert [question.answers for question in found.questions] == [{}, {}]


def test_a_single_arm_is_no_reference() -> None:
    found = wanted(EXAMPLES | {"arms": "Course", "clusters": "North, South"}, questions())
    assert [arm.reference for arm in found.arms] == [False]


def test_a_question_may_have_words_of_its_own() -> None:
    found = wanted(EXAMPLES | {"questions": "2.1 Calmer, and for long?; 3.3"}, questions())
    assert found.questions[0].question == "Calmer, and for long?"
    assert found.questions[1].question == questions()["3.3"].question


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"arms": "A,, B"},
            ["--arms: found 'A,, B'; expected something on both sides of each ','"],
        ),
        (
            {"arms": "Ä b, ä-B"},
            [f"--arms: found {name!r}; expected {LETTERS}" for name in ("Ä b", "ä-B")],
        ),
        (
            {"arms": "Да", "clusters": "A"},
            [f"--arms: found 'Да'; expected {LETTERS}"],
        ),
        (
            {"clusters": "A, B"},
            ["--clusters: found 'A, B'; expected those of 2 arms, with ';' between the arms"],
        ),
        ({"clusters": "A; A"}, ["--clusters: found 'A'; expected each in one arm, once"]),
        (
            {"waves": "Baseline, Endline 2026-13"},
            [
                f"--waves: found {wave!r}; expected such as 'Baseline 2026-01'"
                for wave in ("Baseline", "Endline 2026-13")
            ],
        ),
        (
            {"waves": "Endline 2026-07, Baseline 2026-01"},
            [
                "--waves: found 'Endline 2026-07, Baseline 2026-01'; expected them in the order of "
                "their months"
            ],
        ),
        (
            {"instruments": "Calm"},
            ["--instruments: found 'Calm'; expected such as 'Wellbeing 7 items 1-5'"],
        ),
        (
            {"instruments": "Calm 5-5"},
            ["--instruments: found 'Calm 5-5'; expected a range from the lowest to the highest"],
        ),
        (
            {"questions": "9.9"},
            [f"--questions: found '9.9'; expected one of: {', '.join(questions())}"],
        ),
    ],
)
def test_what_cannot_be_read_is_told(changed: dict[str, str], expected: list[str]) -> None:
    assert told(lambda: wanted(EXAMPLES | changed, questions())) == expected


def test_everything_is_told_at_once() -> None:
    found = told(lambda: wanted(dict.fromkeys(EXAMPLES, ","), questions()))
    assert {line.partition(":")[0] for line in found} == {f"--{name}" for name in EXAMPLES}
