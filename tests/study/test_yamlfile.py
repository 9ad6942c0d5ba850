"""Reading YAML into a model."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from helpers import ROOT
from pydantic import Field

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.yamlfile import DEEPEST, Strict, WholeKey, read_yaml


class Part(Strict):
    """A part of the model below."""

    name: str
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Model(Strict):
    """One of everything that a study's files hold."""

    whole: Annotated[int, Field(ge=1, le=9)] = 1
    number: float = 0
    truth: bool = False
    text: Annotated[str, Field(min_length=1)] = "a"
    month: Annotated[str, Field(pattern="^[0-9]{4}$", description="a year such as 2022")] = "2022"
    choice: Literal["red", "green", "blue"] = "red"
    day: date | None = None
    pair: tuple[float, float] = (0, 1)
    some: Annotated[tuple[int, ...], Field(min_length=1)] = (1,)
    names: list[str] = Field(default_factory=list)
    by_number: dict[WholeKey, str] = Field(default_factory=dict)
    part: Part | None = None
    parts: tuple[str | Part, ...] = ()


def read(tmp_path: Path, text: str, model: Any = Model) -> Any:
    path = tmp_path / "numbers.yml"
    path.write_bytes(text.encode())
    return read_yaml(path, model)


def problems(tmp_path: Path, text: str, model: Any = Model) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, model)
    return caught.value.problems


def test_content_is_validated(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff[1, 2]\r\n", list[int]) == [1, 2]


def test_missing_file_names_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"expected {tmp_path.name}/numbers.yml"):
        read_yaml(tmp_path / "numbers.yml", list[int])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text: no", "no"),
        ("text: on", "on"),
        ("text: 2022-13-45", "2022-13-45"),
        ("text: 2022-12-24", "2022-12-24"),
        ("text: 12:30", "12:30"),
        ("text: 1_0", "1_0"),
        ("text: 0x1F", "0x1F"),
        ("text: 0x_", "0x_"),
        ("text: 010", "010"),
        ("text: .inf", ".inf"),
        ("text: '5'", "5"),
        ("text: =", "="),
        ("number: 1e-3", 0.001),
        ("number: 5", 5),
        ("number: -.5", -0.5),
        ("truth: true", True),
        ("pair: [0.5, 1]", (0.5, 1)),
        ("by_number: {5: a}", {5: "a"}),
        ("by_number: {'5': a}", {5: "a"}),
        ("part:", None),
        ("parts: [a, {name: b}]", ("a", Part(name="b"))),
    ],
)
def test_a_plain_scalar_is_what_it_seems_to_be(tmp_path: Path, text: str, value: Any) -> None:
    assert getattr(read(tmp_path, text), text.partition(":")[0]) == value


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("size: 1", "a key that nothing reads", "one of the keys: whole, number, truth, text"),
        ("part: {share: 0.2}", "nothing", "this key"),
        ("part: {name: a, size: 2}", "a key that nothing reads", "one of the keys: name, share"),
        ("part: [1, 2]", "a list of 2", "keys with values: name, share"),
        ("whole: '5'", "'5'", "a whole number"),
        ("whole: 5.0", "5.0", "a whole number"),
        ("whole: 0x1F", "'0x1F'", "a whole number"),
        ("whole: 010", "'010'", "a whole number"),
        ("whole: 0", "0", "a number from 1"),
        ("whole: 10", "10", "a number up to 9"),
        ("number: 1_0.5", "'1_0.5'", "a number"),
        ("number: .nan", "'.nan'", "a number"),
        ("number: 1e999", "'1e999'", "a number"),
        ("whole: " + "9" * 6001, "'" + "9" * 79, "a whole number"),
        ("truth: yes", "'yes'", "true or false"),
        ("text: 5", "5", "text (write a number in quotes)"),
        ("text: true", "True", "text (write a number in quotes)"),
        ("text: ''", "''", "a text that is not empty"),
        ("month: 22-1", "'22-1'", "a year such as 2022"),
        ("choice: pink", "'pink'", "one of: red, green, blue"),
        ("day: 1 December 2026", "'1 December 2026'", "a day such as 2026-11-30"),
        ("day: 2026-02-30", "'2026-02-30'", "a day such as 2026-11-30"),
        ("day: 2026-02-03 10:00", "'2026-02-03 10:00'", "a day such as 2026-11-30"),
        ("day: true", "True", "a day such as 2026-11-30"),
        ("day: 2026", "2026", "a day such as 2026-11-30"),
        ("pair: [1]", "nothing", "this key"),
        ("pair: [1, 2, 3]", "a list of 3", "at most 2 in this list"),
        ("some: []", "a list of 0", "at least 1 in this list"),
        ("some: 5", "5", "a list"),
        ("names: {a: b}", "the keys a", "a list"),
        ("by_number: {05: a}", "'05'", "a whole number"),
        ("by_number: {1_0: a}", "'1_0'", "a whole number"),
        ("by_number: a", "'a'", "keys with values"),
        ("part: {name: a, share: 1}", "1", "a number below 1"),
        ("part: {name: a, share: 0}", "0", "a number above 0"),
    ],
)
def test_what_does_not_fit_is_told_in_plain_words_with_its_line(
    tmp_path: Path, text: str, found: str, expected: str
) -> None:
    (told,) = problems(tmp_path, f"# first line\n\n{text}")
    assert (told.row, told.found) == (3, found)
    assert told.expected.startswith(expected)
    assert told.column.startswith(text.partition(":")[0])


def test_every_problem_has_its_own_line_and_place(tmp_path: Path) -> None:
    told = problems(tmp_path, "names: [a,\n  1,\n  2]\nparts:\n  - name: x\n    share: 7\n")
    assert [(p.row, p.column) for p in told if not p.column.startswith("parts")] == [
        (2, "names.1"),
        (3, "names.2"),
    ]
    assert (6, "parts.0.share") in [(p.row, p.column) for p in told]


def test_a_list_whose_items_are_wrong_is_not_too_short(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "some: [a]")
    assert told == Problem("numbers.yml", 1, "some.0", "'a'", "a whole number")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "[1]", "5", "a text"])
def test_a_file_of_another_shape(tmp_path: Path, text: str) -> None:
    (told,) = problems(tmp_path, text)
    assert told.row == 1
    assert told.expected.startswith("keys with values: whole, number, truth")


BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdefghi"))


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: 1\na: 2", 2, "the key again (line 1)"),
        ("part:\n  name: a\n  name: b", 3, "the key again (line 2)"),
        ("parts: [{name: a, 'name': b}]", 1, "the key again (line 1)"),
        ("whole: !!float abc", 1, "the tag !!float"),
        ("!!python/object/apply:os.getcwd []", 1, "the tag !!python/object/apply:os.getcwd"),
        ("text: !mine x", 1, "the tag !mine"),
        ("text: ! x", 1, "the tag !"),
        ("? [a]\n: b", 1, "a key that is no text"),
        ("? {a: b}\n: b", 1, "a key that is no text"),
        ("---\nwhole: 1\n---\nwhole: 2", 3, "a second document"),
        (BOMB, 2, "the alias *a"),
        ("names: &n [a, *n]", 1, "the alias *n"),
        ("part: &p {name: a}\nparts: [*p]", 2, "the alias *p"),
        ('text: "\\0"', 1, "the control character U+0000"),
        ('text: "\\ud800"', 1, "the control character U+D800"),
        ('"\\e": x', 1, "the control character U+001B"),
        ("a:\n\tb: 1", 2, "'\\tb: 1'"),
        ("a: [1, 2", 1, "'a: [1, 2'"),
        ("a: 'x", 1, '"a: \'x"'),
        ("a: b: c", 1, "'a: b: c'"),
        ("text: @x", 1, "'text: @x'"),
        ("%YAML 1.1 1\n---\na: 1", 1, "'%YAML 1.1 1'"),
    ],
)
def test_yaml_that_is_refused_whatever_the_model(
    tmp_path: Path, text: str, line: int, found: str
) -> None:
    told = problems(tmp_path, text)[0]
    assert (told.row, told.found) == (line, found)


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- "])
def test_depth_has_an_end(tmp_path: Path, bracket: str) -> None:
    (told,) = problems(tmp_path, bracket * 3000)
    assert told.expected == f"at most {DEEPEST}"


def test_every_pattern_of_a_studys_models_has_words() -> None:
    # Without them a reader of a message would have to read a regular expression.
    from earlyhelp.published.audit import Declarations
    from earlyhelp.published.claims import Reading
    from earlyhelp.qualitative.framework import Codebook
    from earlyhelp.qualitative.theory import File
    from earlyhelp.qualitative.triangulation import Triangulation
    from earlyhelp.study.design import Question, Study
    from earlyhelp.trial.design_grid import Sweep
    from earlyhelp.trial.next_steps import ThemeNumber

    def patterns(part: Any) -> list[Any]:
        if isinstance(part, list):
            return [found for item in part for found in patterns(item)]
        if not isinstance(part, dict):
            return []
        here = [part] if "pattern" in part and isinstance(part["pattern"], str) else []
        return here + patterns(list(part.values()))

    models = (Declarations, Reading, ThemeNumber, Codebook, Triangulation)
    for model in (*models, Question, Study, Sweep, File):
        without = [
            part for part in patterns(model.model_json_schema()) if "description" not in part
        ]
        assert not without, model


def test_an_answer_is_listed_as_it_is_to_be_written(tmp_path: Path) -> None:
    class Source(Strict):
        directness: Literal["record", "evaluators' synthesis"]
        only: Literal["one"] = "one"

    path = tmp_path / "a.yml"
    path.write_text("directness: else\nonly: two\n")
    with pytest.raises(InputError) as caught:
        read_yaml(path, Source)
    expected = [problem.expected for problem in caught.value.problems]
    assert expected == ["one of: record, evaluators' synthesis", "one of: one"]


@pytest.mark.parametrize(
    "path",
    sorted(p for at in ("data", "src", "tests") for p in (ROOT / at).rglob("*.yml")),
    ids=lambda path: path.name,
)
def test_both_parsers_say_the_same_of_every_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = read_yaml(path, Any)
    monkeypatch.setattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert read_yaml(path, Any) == quick
