"""The study's design file."""

from __future__ import annotations

from pathlib import Path

import pytest

from earlyhelp.published.claims import claims_of
from earlyhelp.study.design import (
    PLACEHOLDER,
    ROWS,
    Question,
    find_folder,
    read_questions,
    read_study,
)
from earlyhelp.study.problems import InputError


def message(study: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_study(study)
    return str(caught.value)


def edit(study: Path, old: str, new: str) -> None:
    path = study / "study.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def test_arms_and_units_by_team(rotherham: Path) -> None:
    study = read_study(rotherham)
    # Methods, Sample: three intervention and two comparison teams from four randomised units.
    assert sorted(study.arm_of.values()).count("intervention") == 3
    assert len(set(study.unit_of.values())) == 4


def test_folder_is_found_from_below(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mini / "raw")
    assert find_folder("mini") == mini


def test_no_such_folder() -> None:
    with pytest.raises(InputError, match="nowhere: found no such folder"):
        find_folder("nowhere")


def test_every_problem_is_told(mini: Path) -> None:
    edit(mini, "provenance: observed", "provenance: guessed")
    edit(mini, "month: 2024-01", "month: 2024-13")
    text = message(mini)
    assert "study.yml, line 5, provenance: found 'guessed'" in text
    assert "study.yml, line 16, waves.0.month: found '2024-13'" in text


def test_missing_key(mini: Path) -> None:
    edit(mini, "title: A miniature pilot\n", "")
    assert "study.yml, line 1, title: found nothing" in message(mini)


def test_unknown_key(mini: Path) -> None:
    edit(mini, "place:", "size: 3\nplace:")
    assert "study.yml, line 4, size" in message(mini)


def test_two_teams_of_one_name(mini: Path) -> None:
    edit(mini, "id: B", "id: A")
    assert "each of the teams has an id of its own" in message(mini)


def test_one_arm_only(mini: Path) -> None:
    path = mini / "study.yml"
    path.write_text(path.read_text().replace("arm: comparison", "arm: intervention"))
    assert "each arm has a team; comparison has none" in message(mini)


def test_no_yaml(mini: Path) -> None:
    (mini / "study.yml").write_text("a: [1, 2")
    assert message(mini).startswith("study.yml, line 1: found 'a: [1, 2'; expected YAML")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2024-04", "2024-03", "each of the tool_months once"),
        ("month: 2024-06", "month: 2023-12", "waves in the order of their months"),
        (", reference: true", "", "one arm of several is the reference, not 0 of 2"),
        ("Intervention}", "I, reference: true}", "one arm of several is the reference, not 2 of 2"),
        ("id: A, arm: intervention", "id: A, arm: other", "arms that are stated; other of team A"),
        (
            "arms: [intervention]",
            "arms: [other]",
            "arms that are stated; other of wave post_training",
        ),
        ("{id: endline", "{id: comparison", "ids that are no other's; comparison is taken"),
        ("{id: endline", "{id: all", "ids that are no other's; all is taken"),
        ("file: endline_survey", "file: baseline_survey", "each wave has a file of its own"),
        ("unit: C", "unit: A", "each unit in one arm; A is in several"),
        (", unit: C", "", "arm and unit, or for a team of people allocated one by one neither"),
        (", arm: comparison, unit: C", "", "an arm for every team or for none; C has none"),
        ("title: A miniature pilot", "title: ''", "a text that is not empty"),
        ("place:", "folder: /tmp\nplace:", "no such key: the folder"),
        ("agree: [agree,", "agree: [yes,", "in agree only answers of agreement, not yes"),
        (
            "Worker, Senior Practitioner]",
            "Worker]",
            "in roles_together only practitioners, not Senior Practitioner",
        ),
        ("place:", "design: {teams: [1]}\nplace:", "text (write a number in quotes)"),
    ],
)
def test_what_the_pages_need(mini: Path, old: str, new: str, expected: str) -> None:
    edit(mini, old, new)
    assert f"expected {expected}" in message(mini)


# Research questions


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
        for text in (*question.answers.values(), *question.findings.values()):
            assert not any(
                character.isdigit() for character in PLACEHOLDER.sub("", ROWS.sub("", text))
            )


def test_answers_give_an_estimate_before_any_test(rotherham: Path) -> None:
    kinds = {claim.id: claim.kind for claim in claims_of(rotherham)}
    tested = 0
    for question in read_questions(rotherham).values():
        for text in question.answers.values():
            named = PLACEHOLDER.findall(text)
            tests = [place for place, name in enumerate(named) if kinds.get(name) == "p"]
            if tests:
                tested += 1
                before = named[: tests[0]]
                assert [name for name in before if name.endswith("-estimate")]
    assert tested


def test_placeholders() -> None:
    question = Question(
        id="1.1",
        dimension="feasibility",
        name="n",
        question="q",
        answers={"training": "{a-1} of {b}"},
        findings={"fig-a": "{c}"},
    )
    assert question.placeholders == {"a-1", "b", "c"}


def test_unknown_dimension(mini: Path) -> None:
    path = mini / "research_questions.yml"
    path.write_text(path.read_text().replace("feasibility", "beauty"))
    with pytest.raises(InputError, match=r"0\.dimension: found 'beauty'"):
        read_questions(mini)
