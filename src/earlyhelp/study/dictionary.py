"""The data dictionary of a study: what its raw files hold, read from `datapackage.json`.

A Frictionless data package with a Table Schema for each file (specs.frictionlessdata.io), which any
other tool of the standard can check as well. Of the standard only what this package does is taken,
so that nothing in a dictionary is silently without effect; files lie in the study's `raw` folder,
and nothing is ever fetched.

A cell is read here and not by the frictionless package, which takes ``1_0``, ``05``, ``+5``,
``NaN`` and ``2022-9-4``, and whose import alone takes longer than reading a study. Its verdict on
whole studies is compared with ours in the tests.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import ValidationError, model_validator

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_text
from earlyhelp.study.yamlfile import Strict, read_yaml

DATAPACKAGE_FILE = "datapackage.json"
# What is expected of a text that is there.
TIDY = " without blanks at its ends and without line breaks or hidden characters"
# Of each type: how its values are written, what they are, and what to call them. A float holds
# every number of so many digits without loss.
_WRITTEN: dict[str, tuple[re.Pattern[str], Callable[[str], Any], str]] = {
    "integer": (re.compile(r"0|-?[1-9][0-9]{0,14}"), int, "a whole number"),
    "number": (re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?"), float, "a number"),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), date.fromisoformat, "a date"),
    "string": (re.compile(r".+"), str, "text"),
}


Name = Annotated[
    str,
    pydantic.Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$",
        description="a name of small letters, digits and underscores",
    ),
]
Natural = Annotated[int, pydantic.Field(ge=0)]
Limit = int | float | str


class Constraints(Strict):
    """What the values of a field have to meet; a blank cell is a missing value."""

    required: bool = False
    unique: bool = False
    enum: Annotated[tuple[Limit, ...], pydantic.Field(min_length=1)] | None = None
    minimum: Limit | None = None
    maximum: Limit | None = None
    pattern: str | None = None


class Field(Strict):
    """One column of a file.

    Attributes
    ----------
    title : str
        The column in words, as a reader sees it.
    description : str
        What a text with a pattern is, for the message; otherwise what a person needs to know.
    """

    name: Name
    type: Literal["integer", "number", "date", "string"]
    title: str = ""
    description: str = ""
    constraints: Constraints = Constraints()

    @model_validator(mode="after")
    def _constraints_of_its_type(self) -> Field:
        limits = self.constraints
        bounds = [bound for bound in (limits.minimum, limits.maximum) if bound is not None]
        if self.type == "string" and bounds:
            raise ValueError("a minimum and maximum for numbers and dates only")
        if self.type != "string" and limits.pattern is not None:
            raise ValueError("a pattern for strings only")
        wanted = {"integer": int, "number": int | float}.get(self.type, str)
        for bound in (*bounds, *(limits.enum or ())):
            if not isinstance(bound, wanted):
                raise ValueError(f"limits and answers that are of the type {self.type}")
            self._parsed(str(bound))
        if len(bounds) == 2 and self._limits[0] > self._limits[1]:
            raise ValueError("a minimum that is not above the maximum")
        try:
            re.compile(limits.pattern or "")
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from None
        return self

    @cached_property
    def _limits(self) -> tuple[Any, Any, frozenset[Any] | None]:
        limits = self.constraints
        low, high = (
            None if bound is None else self._parsed(str(bound))
            for bound in (limits.minimum, limits.maximum)
        )
        if limits.enum is None:
            return low, high, None
        return low, high, frozenset(self._parsed(str(answer)) for answer in limits.enum)

    def _parsed(self, text: str) -> Any:
        written, convert, _ = _WRITTEN[self.type]
        # Neither blanks at an end nor characters that nobody sees make one text two.
        if text != text.strip() or not text.isprintable() or not written.fullmatch(text):
            raise ValueError(self.expected)
        return convert(text)

    def value(self, text: str) -> Any:
        """Read a cell that is not missing.

        Returns
        -------
        int, float, date or str

        Raises
        ------
        ValueError
            When the text is not written as the type is, or does not meet the constraints.
        """
        value = self._parsed(text)
        low, high, allowed = self._limits
        pattern = self.constraints.pattern
        if (
            (low is not None and value < low)
            or (high is not None and value > high)
            or (allowed is not None and value not in allowed)
            or (pattern is not None and not re.fullmatch(pattern, value))
        ):
            raise ValueError(self.expected)
        return value

    @property
    def answers(self) -> tuple[Limit, ...]:
        """The answers that are listed, in order; or every whole number from minimum to maximum."""
        limits = self.constraints
        if limits.enum is not None:
            return limits.enum
        if isinstance(limits.minimum, int) and isinstance(limits.maximum, int):
            return tuple(range(limits.minimum, limits.maximum + 1))
        return ()

    @property
    def expected(self) -> str:
        """What a cell may hold, in words."""
        limits = self.constraints
        if limits.enum is not None:
            return f"one of: {', '.join(map(str, limits.enum))}"
        if limits.pattern is not None:
            return f"{self.description or self.title or 'text'} ({limits.pattern})"
        kind = _WRITTEN[self.type][2]
        if limits.minimum is not None:
            kind += f" from {limits.minimum}"
        if limits.maximum is not None:
            kind += f" to {limits.maximum}"
        if self.type == "date":
            return f"{kind}, written as {limits.minimum or '2022-09-14'}"
        if self.type == "string":
            return f"text{TIDY}"
        return kind


class Reference(Strict):
    """The column of another file in which a value has to stand."""

    resource: Name
    fields: Name


class ForeignKey(Strict):
    """A column whose values have to stand in a column of another file."""

    fields: Name
    reference: Reference


class TableSchema(Strict):
    """The columns of one file.

    Attributes
    ----------
    primaryKey : str
        The column whose values stand once and are never missing.
    """

    fields: Annotated[tuple[Field, ...], pydantic.Field(min_length=1)]
    missingValues: tuple[str, ...] = ("",)
    primaryKey: Name
    foreignKeys: tuple[ForeignKey, ...] = ()

    @model_validator(mode="after")
    def _names_once(self) -> TableSchema:
        if repeated := _repeated(field.name for field in self.fields):
            raise ValueError(f"each field once ({repeated})")
        for name in (self.primaryKey, *(key.fields for key in self.foreignKeys)):
            if name not in self.by_name:
                raise ValueError(f"keys that are fields ({name} is none)")
        return self

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by name, in order."""
        return {field.name: field for field in self.fields}


class Resource(Strict):
    """One file of the study's `raw` folder.

    Attributes
    ----------
    bytes, hash, rows : optional
        Size, ``sha256:`` and digest, and number of rows under the header, as the file should be.
    """

    profile: Literal["tabular-data-resource"] = "tabular-data-resource"
    name: Name
    title: str = ""
    description: str = ""
    path: str
    encoding: Literal["utf-8"] = "utf-8"
    bytes: Natural | None = None
    hash: (
        Annotated[
            str,
            pydantic.Field(
                pattern=r"^sha256:[0-9a-f]{64}$", description="sha256: and 64 hexadecimal digits"
            ),
        ]
        | None
    ) = None
    rows: Natural | None = None
    table: TableSchema = pydantic.Field(alias="schema")

    @model_validator(mode="after")
    def _plain_path(self) -> Resource:
        if self.path != f"raw/{self.name}.csv":
            raise ValueError(f"the path raw/{self.name}.csv (found {self.path[:80]!r})")
        return self


def measured(content: bytes, rows: int) -> dict[str, Any]:
    r"""What can be stated of a file: its rows under the header, size and digest.

    Examples
    --------
    >>> measured(b"id\nP01\n", rows=1)["bytes"]
    7
    """
    digest = f"sha256:{sha256(content).hexdigest()}"
    return {"rows": rows, "bytes": len(content), "hash": digest}


def differences(resource: Resource, content: bytes, rows: int) -> Iterator[Problem]:
    """Compare a file with what is stated of it.

    Parameters
    ----------
    content : bytes
        The whole file.
    rows : int
        Rows under the header.
    """
    for name, found in measured(content, rows).items():
        stated = getattr(resource, name)
        if stated not in (None, found):
            file, expected = Path(resource.path).name, f"{stated}, as {DATAPACKAGE_FILE} states"
            yield Problem(file, None, name, str(found), expected)


class Dictionary(Strict):
    """The raw files of a study."""

    profile: Literal["tabular-data-package"] = "tabular-data-package"
    name: str
    title: str
    description: str = ""
    resources: Annotated[tuple[Resource, ...], pydantic.Field(min_length=1)]

    @model_validator(mode="after")
    def _references_lead_somewhere(self) -> Dictionary:
        if repeated := _repeated(resource.name for resource in self.resources):
            raise ValueError(f"each resource once ({repeated})")
        for resource in self.resources:
            for key in resource.table.foreignKeys:
                target = self.by_name.get(key.reference.resource)
                if target is None or key.reference.fields not in target.table.by_name:
                    place = f"{key.reference.resource}.{key.reference.fields}"
                    raise ValueError(f"references to a field of a resource ({place} is none)")
        return self

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of all fields by name; of a name in several files the first."""
        found: dict[str, str] = {}
        for resource in self.resources:
            for field in resource.table.fields:
                if field.title:
                    found.setdefault(field.name, field.title)
        return found

    @cached_property
    def by_name(self) -> dict[str, Resource]:
        """Resources by name, in order."""
        return {resource.name: resource for resource in self.resources}


def _repeated(names: Any) -> str:
    return ", ".join(name for name, count in Counter(names).items() if count > 1)


def read_dictionary(folder: Path) -> Dictionary:
    """Read `datapackage.json` of a study folder.

    Raises
    ------
    InputError
        When the file cannot be read, is no JSON, has a key twice, or holds what is not taken of the
        standard.

    Examples
    --------
    >>> dictionary = read_dictionary(Path("tests/studies/complete"))
    >>> dictionary.by_name["tool_use"].table.by_name["month"].answers
    ('2024-03', '2024-04', '2024-05', '2024-06')
    """
    path = folder / DATAPACKAGE_FILE
    text = read_text(path, f"{folder.name}/{path.name}, the data dictionary in JSON")
    parse(text)
    try:
        return Dictionary.model_validate_json(text, strict=True)
    except ValidationError:
        # JSON is YAML, whose reader tells each problem in its place.
        dictionary: Dictionary = read_yaml(path, Dictionary)
        return dictionary


def parse(text: str) -> Any:
    """Parse JSON whose keys stand once each.

    Raises
    ------
    InputError
        With the line, where there is one.

    Examples
    --------
    >>> parse('{"name": "pilot"}')
    {'name': 'pilot'}
    >>> parse('{"name": "pilot", "name": "other"}')
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: ...
    """

    def problem(found: str, expected: str, row: int | None = None) -> InputError:
        return InputError([Problem(DATAPACKAGE_FILE, row, "", found, expected)])

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if repeated := _repeated(key for key, _ in pairs):
            place = str(dict(pairs).get("name", ""))
            raise problem(f"keys that stand twice: {repeated} {place}".rstrip(), "each key once")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise problem(f"no JSON ({error.msg})", "JSON", error.lineno) from None
    except InputError:
        raise
    except ValueError:
        raise problem("a number of thousands of digits", "shorter numbers") from None
    except RecursionError:
        raise problem("thousands of brackets in one another", "a data dictionary") from None


def as_text(package: dict[str, Any]) -> str:
    """Write a dictionary as JSON with a line for each field.

    Examples
    --------
    >>> package = {"resources": [{"name": "people", "schema": {"fields": [{"name": "id"}]}}]}
    >>> print(as_text(package), end="")
    {
      "resources": [
        {
          "name": "people",
          "schema": {
            "fields": [
              {"name": "id"}
            ]
          }
        }
      ]
    }
    """
    fields: list[str] = []

    def in_one_line(match: re.Match[str]) -> str:
        return fields[int(match[1])]

    def marked(resource: dict[str, Any]) -> dict[str, Any]:
        lines = []
        for field in resource["schema"]["fields"]:
            lines.append(f"\0{len(fields)}\0")
            fields.append(json.dumps(field, ensure_ascii=False))
        return {**resource, "schema": {**resource["schema"], "fields": lines}}

    outline = {**package, "resources": [marked(resource) for resource in package["resources"]]}
    text = json.dumps(outline, indent=2, ensure_ascii=False)
    return re.sub(r'"\\u0000(\d+)\\u0000"', in_one_line, text) + "\n"
