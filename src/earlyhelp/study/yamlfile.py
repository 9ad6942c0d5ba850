"""Read a YAML file into a validated model; every problem of the file is told at once.

Of YAML only what people write by hand is taken, and it says what it seems to say: a plain scalar is
a number (`textfile.read_number`), `true`, `false`, `null` or else a text, so that 1_0, 2022-13-45,
12:30 and `no` stay the texts that they are. A key stands once, and nothing refers to something
else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import CONTROL, read_number, read_text

# More than any file that a person keeps in order; deeper files would end in a RecursionError.
DEEPEST = 50
# A text that a file may not leave empty.
Text = Annotated[str, Field(min_length=1)]

_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
# What pydantic expects, in our words; braces are filled from the error's context.
A_DAY = "a day such as 2026-11-30"
_EXPECTED = {
    "missing": "this key",
    "string_type": "text (write a number in quotes)",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number from {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number up to {le}",
    "too_short": "at least {min_length} in this list",
    "too_long": "at most {max_length} in this list",
    "string_too_short": "a text that is not empty",
    "date_type": A_DAY,
    "date_parsing": A_DAY,
    "date_from_datetime_parsing": A_DAY,
    "date_from_datetime_inexact": A_DAY,
    "value_error": "{error}",
}


class Strict(BaseModel):
    """A part of a study's file; a key that nothing reads is a problem."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole_key(text: str) -> int:
    # "05" and "5" are two keys, but would be one number.
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise ValueError("a whole number")
    return int(text)


WholeKey = Annotated[int, BeforeValidator(_whole_key)]


def read_yaml(path: Path, model: Any) -> Any:
    r"""Parse a file and validate its content.

    Parameters
    ----------
    path : Path
        YAML in UTF-8; a byte order mark is accepted.
    model : type
        A pydantic model or any type that pydantic can validate, such as ``list[Model]``.

    Raises
    ------
    InputError
        When the file cannot be read (`textfile.read_text`), is no YAML, has a key twice, an alias,
        a tag or a second document, is nested deeper than `DEEPEST`, or does not fit the model.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp(), "a.yml")
    >>> path.write_text("sent: 20\nback: 1_0\n", "utf-8") > 0
    True
    >>> read_yaml(path, dict[str, int])
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: a.yml, line 2, back: found '1_0'; expected a whole number
    """
    content = _Content(
        path.name, read_text(path, f"{Path(path.parent.name, path.name)}, YAML in UTF-8")
    )
    adapter = TypeAdapter(model)
    try:
        # Strict about types and yet a list for a tuple: pydantic has both for JSON only.
        return adapter.validate_json(json.dumps(content.value), strict=True)
    except ValidationError as error:
        schema = adapter.json_schema()
        errors = [dict(item) for item in error.errors() if not _of_its_items(dict(item))]
        raise InputError(content.problem(item, schema) for item in errors) from None


def _of_its_items(error: dict[str, Any]) -> bool:
    """Whether a list is called too short only because what is wrong in it was told and left out."""
    return error["type"] == "too_short" and bool(len(error["input"]) >= error["ctx"]["min_length"])


class _Open(NamedTuple):
    """A list or mapping that is not at its end: its path, and the key that waits for a value."""

    value: Any
    path: tuple[str, ...]
    keys: list[str]


class _Content:
    """What a file says, and in which line it says it.

    Attributes
    ----------
    value
        Of texts, numbers, truth values, None, lists, and mappings with texts as keys.
    lines : dict
        Line, from 1, by path: the keys and places that lead to a value, as text.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.value: Any = None
        self.lines: dict[tuple[str, ...], int] = {(): 1}
        self._problems: list[Problem] = []
        try:
            self._build(_events(text))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line: int = mark.line if mark else 0
            found = (text.splitlines() or [""])[line:][:1]
            what = str(getattr(error, "problem", None) or "characters that YAML does not allow")
            self._tell(line, "", repr(found[0][:80]) if found else "the end", f"YAML ({what})")
        if self._problems:
            raise InputError(self._problems)

    def _tell(self, line: int, place: str, found: str, expected: str) -> None:
        self._problems.append(Problem(self.name, line + 1, place, found, expected))

    def _end(self, line: int, place: str, found: str, expected: str) -> InputError:
        """All problems so far, where what follows cannot be read."""
        self._tell(line, place, found, expected)
        return InputError(self._problems)

    def _build(self, events: Iterator[Any]) -> None:
        """Put the values together as the parser comes by them; recursion would have an end."""
        open_: list[_Open] = []
        documents = 0
        for event in events:
            kind = type(event)
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self._end(event.start_mark.line, "", "a second document", "one")
            elif issubclass(kind, yaml.CollectionEndEvent):
                open_.pop()
            elif issubclass(kind, yaml.NodeEvent):
                self._node(event, open_)

    def _node(self, event: Any, open_: list[_Open]) -> None:
        line = event.start_mark.line
        parent, path, keys = open_[-1] if open_ else _Open(None, (), [])
        place = ".".join((*path, *keys))
        self._check_plain(event, place)
        if isinstance(parent, dict) and not keys:
            self._key(event, open_[-1])
            return
        value = self._value(event, place)
        if isinstance(parent, dict):
            path = (*path, keys.pop())
            parent[path[-1]] = value
        elif isinstance(parent, list):
            path = (*path, str(len(parent)))
            parent.append(value)
            self.lines[path] = line + 1
        else:
            self.value = value
        if isinstance(value, dict | list):
            open_.append(_Open(value, path, []))
            if len(open_) > DEEPEST:
                found = f"more than {DEEPEST} levels, one in the other"
                raise self._end(line, "", found, f"at most {DEEPEST}")

    def _check_plain(self, event: Any, place: str) -> None:
        line = event.start_mark.line
        if isinstance(event, yaml.AliasEvent):
            self._tell(line, place, f"the alias *{event.anchor}", "the value itself")
        elif event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._tell(line, place, f"the tag {tag}", "a value without a tag")

    def _key(self, event: Any, of: _Open) -> None:
        line, place = event.start_mark.line, ".".join(of.path)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._end(line, place, "a key that is no text", "keys that are texts")
        self._check_text(event.value, line, place)
        path = (*of.path, event.value)
        if event.value in of.value:
            found = f"the key again (line {self.lines[path]})"
            self._tell(line, ".".join(path), found, "one")
        self.lines[path] = line + 1
        of.keys.append(event.value)

    def _value(self, event: Any, place: str) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if isinstance(event, yaml.AliasEvent):
            return None
        text, line = event.value, event.start_mark.line
        self._check_text(text, line, place)
        if event.style:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        value = read_number(text)
        return text if value is None else value

    def _check_text(self, text: str, line: int, place: str) -> None:
        # An escape such as "\0" writes what `read_text` refuses.
        if control := CONTROL.search(text):
            found = f"the control character U+{ord(control[0]):04X}"
            self._tell(line, place, found, "text")

    def problem(self, item: dict[str, Any], schema: dict[str, Any]) -> Problem:
        """Say in our words what pydantic found."""
        kind: str = item["type"]
        known: tuple[str, ...] = ()
        for part in map(str, item["loc"]):
            # What is no place of the file names a kind of key or one of several models.
            known = (*known, part) if (*known, part) in self.lines else known
        path = (*known, str(item["loc"][-1])) if kind == "missing" else known
        meant = _schema_at(schema, path)
        keys = ", ".join(meant.get("properties", ()))
        context = dict(item.get("ctx") or {})
        expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else item["msg"]
        if kind == "literal_error":
            # An answer with an apostrophe stands in double quotes there, others in single ones.
            answers = re.findall(r"""'[^']*'|"[^"]*\"""", context["expected"])
            expected = f"one of: {', '.join(answer[1:-1] for answer in answers)}"
        elif kind == "model_type":
            expected = f"keys with values: {keys}"
        elif kind == "string_pattern_mismatch":
            expected = meant["description"]
        elif kind == "extra_forbidden":
            above = ", ".join(_schema_at(schema, path[:-1]).get("properties", ()))
            expected = f"one of the keys: {above}"
        found = "nothing" if kind == "missing" else _shown(item["input"])
        if kind == "extra_forbidden":
            found = "a key that nothing reads"
        return Problem(self.name, self.lines[known], ".".join(path), found, expected)


def _events(text: str) -> Iterator[Any]:
    """What a parser comes by; where there is no way on, the one in Python says better why."""
    try:
        return iter([*yaml.parse(text, Loader=yaml.CSafeLoader)])
    except yaml.YAMLError:
        return yaml.parse(text, Loader=yaml.SafeLoader)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"the keys {', '.join(value)}"[:80] if value else "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else repr(value)[:80]


def _schema_at(schema: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Part of a JSON schema that a path leads to; empty where it leads nowhere."""

    def alternatives(part: Any) -> Iterator[dict[str, Any]]:
        if "$ref" in part:
            target = schema["$defs"][part["$ref"].rpartition("/")[2]]
            yield from alternatives({**target, **{k: v for k, v in part.items() if k != "$ref"}})
        elif "anyOf" in part:
            for one in part["anyOf"]:
                yield from alternatives(one)
        else:
            yield part

    here = list(alternatives(schema))
    for step in path:
        below = [
            part["properties"].get(step)
            if "properties" in part
            else part.get("items") or part.get("additionalProperties")
            for part in here
        ]
        here = [one for part in below if isinstance(part, dict) for one in alternatives(part)]
    return next((part for part in here if part.get("type") != "null"), {})
