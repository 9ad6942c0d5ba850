"""The data dictionary: what is taken of the standard, how a cell is read, and what others see."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from earlyhelp.study.dictionary import DATAPACKAGE_FILE, Field, as_text, read_dictionary
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import open_pilot
from earlyhelp.study.rawtable import restate

STUDIES = ["data/rotherham", "tests/studies/mini", "tests/studies/complete"]


def problems(study: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_dictionary(study)
    return caught.value.problems


def change(study: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = study / DATAPACKAGE_FILE
    package = json.loads(path.read_text())
    edit(package)
    path.write_text(as_text(package))


def field(type: str, **constraints: object) -> Field:
    values = {"name": "x", "type": type, "constraints": constraints}
    return Field.model_validate_json(json.dumps(values), strict=True)


# --- Cells ----------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.text(),
    st.from_regex(r"[-+ ]?[0-9_.,eE٠-٩]{1,20}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9W]{2,3}-[0-9]{1,2}", fullmatch=True),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
)


@settings(database=None, derandomize=True, deadline=None)
@given(TEXTS)
@pytest.mark.parametrize("type", ["integer", "number", "date", "string"])
def test_a_text_is_refused_or_is_the_value_used(type: str, text: str) -> None:
    try:
        value = field(type).value(text)
    except ValueError:
        return
    if type == "number":
        # Nothing is lost between the digits that stand there and the float.
        assert Decimal(repr(value)) == Decimal(text)
    else:
        assert str(value) == text


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("integer", "0", 0),
        ("integer", "-12", -12),
        ("number", "18.5", 18.5),
        ("number", "0.25", 0.25),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("string", "two words, and é", "two words, and é"),
    ],
)
def test_what_people_write_is_taken(type: str, text: str, value: object) -> None:
    assert field(type).value(text) == value


@pytest.mark.parametrize(
    "text", [" a", "a ", "a\u00a0", "a\u200b", "a\nb", "a\tb", "\ufeffa", "a\u202e", ""]
)
def test_text_has_no_characters_that_nobody_sees(text: str) -> None:
    with pytest.raises(ValueError, match="hidden characters"):
        field("string").value(text)


@pytest.mark.parametrize(
    ("type", "constraints", "inside", "outside"),
    [
        ("integer", {"minimum": 1}, "1", "0"),
        ("integer", {"maximum": 7}, "7", "8"),
        ("number", {"minimum": 0.5}, "0.5", "0.4"),
        ("date", {"minimum": "2024-01-02"}, "2024-01-02", "2024-01-01"),
        ("date", {"maximum": "2024-01-02"}, "2024-01-02", "2024-01-03"),
        ("integer", {"enum": [1, 3]}, "3", "2"),
        ("string", {"enum": ["yes", "no"]}, "no", "No"),
        ("string", {"pattern": "P[0-9]|Q"}, "P1", "P1 or so"),
        ("string", {"pattern": "P[0-9]|Q"}, "Q", "aQ"),
    ],
)
def test_constraints_take_in_their_ends(
    type: str, constraints: dict[str, object], inside: str, outside: str
) -> None:
    limited = field(type, **constraints)
    assert limited.value(inside) is not None
    with pytest.raises(ValueError, match=re.escape(limited.expected)):
        limited.value(outside)


@pytest.mark.parametrize(
    ("type", "constraints", "words"),
    [
        ("integer", {"minimum": 1, "maximum": 7}, "a whole number from 1 to 7"),
        ("number", {"maximum": 0.5}, "a number to 0.5"),
        ("date", {"minimum": "2024-01-02"}, "a date from 2024-01-02, written as 2024-01-02"),
        ("date", {}, "a date, written as 2022-09-14"),
        ("string", {"enum": ["yes", "no"]}, "one of: yes, no"),
    ],
)
def test_a_message_says_what_the_dictionary_says(
    type: str, constraints: dict[str, object], words: str
) -> None:
    assert field(type, **constraints).expected == words


# --- The dictionary -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "constraints"),
    [
        ("string", {"minimum": 1}),
        ("integer", {"pattern": "[0-9]"}),
        ("integer", {"minimum": "one"}),
        ("integer", {"minimum": 0.5}),
        ("integer", {"minimum": True}),
        ("integer", {"enum": ["1"]}),
        ("number", {"minimum": 2, "maximum": 1}),
        ("date", {"minimum": "2024-02-30"}),
        ("date", {"minimum": "01/02/2024"}),
        ("string", {"enum": []}),
        ("string", {"enum": ["yes "]}),
        ("string", {"pattern": "("}),
        ("integer", {"exclusiveMinimum": 1}),
        ("boolean", {}),
    ],
)
def test_a_constraint_that_means_nothing_is_refused(type: str, constraints: dict) -> None:
    with pytest.raises(ValidationError):
        field(type, **constraints)


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/observations.csv",
        "http://127.0.0.1:9/raw/observations.csv",
        "//example.org/raw/observations.csv",
        "file:///etc/passwd",
        "/etc/passwd",
        "../mini/raw/observations.csv",
        "raw/../raw/observations.csv",
        "raw\\observations.csv",
        "raw/*.csv",
        "raw/observations.csv.gz",
        "raw/tool_use.csv",
        ["raw/observations.csv"],
    ],
)
def test_a_path_is_a_plain_name_and_nothing_is_fetched(
    mini: Path, path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    def point_elsewhere(package: dict[str, Any]) -> None:
        (resource,) = (r for r in package["resources"] if r["name"] == "observations")
        resource["path"] = path

    change(mini, point_elsewhere)
    assert "path" in str(problems(mini)[0])


def test_a_schema_that_lies_elsewhere_is_not_fetched(mini: Path) -> None:
    text = (mini / DATAPACKAGE_FILE).read_text()
    package = json.loads(text)
    package["resources"][0]["schema"] = "https://example.org/schema.json"
    (mini / DATAPACKAGE_FILE).write_text(json.dumps(package))
    assert "schema" in str(problems(mini)[0])


@pytest.mark.parametrize(
    "edit",
    [
        lambda package: package.update(image="cat.png"),
        lambda package: package["resources"][0].update(dialect={"delimiter": ";"}),
        lambda package: package["resources"][0].update(compression="zip"),
        lambda package: package["resources"][0].update(encoding="latin-1"),
        lambda package: package["resources"][0]["schema"].update(fieldsMatch="subset"),
        lambda package: package["resources"][0]["schema"]["fields"][0].update(format="email"),
        lambda package: package["resources"][0].update(hash="md5:0"),
        lambda package: package["resources"][0].update(rows=-1),
        lambda package: package["resources"][0].update(name="Baseline survey"),
        lambda package: package["resources"].append(package["resources"][0]),
        lambda package: package["resources"][0]["schema"]["fields"].append(
            package["resources"][0]["schema"]["fields"][0]
        ),
        lambda package: package["resources"][0]["schema"].update(primaryKey="nobody"),
        lambda package: package["resources"][0]["schema"].pop("primaryKey"),
        lambda package: package.update(resources=[]),
        lambda package: package["resources"][0]["schema"].update(
            foreignKeys=[{"fields": "team", "reference": {"resource": "teams", "fields": "team"}}]
        ),
        lambda package: package["resources"][0]["schema"].update(
            foreignKeys=[
                {"fields": "nobody", "reference": {"resource": "tool_use", "fields": "team"}}
            ]
        ),
    ],
)
def test_what_is_not_taken_of_the_standard_is_refused(
    mini: Path, edit: Callable[[dict[str, Any]], object]
) -> None:
    change(mini, edit)
    assert {problem.file for problem in problems(mini)} == {DATAPACKAGE_FILE}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("{\n  'name': 1\n}", 2),
        ('{"name": "a",\n"name": "b"}', None),
        ("[" * 100_000, None),
        ('{"rows": ' + "9" * 5000 + "}", None),
        ("[]", None),
        ("null", None),
    ],
    ids=["empty", "quotes", "twice", "deep", "digits", "list", "null"],
)
def test_a_dictionary_that_is_none(mini: Path, text: str, row: int | None) -> None:
    (mini / DATAPACKAGE_FILE).write_text(text)
    (problem,) = problems(mini)
    assert problem.file == DATAPACKAGE_FILE
    assert row in (problem.row, None)


def test_a_missing_dictionary_is_told_once(mini: Path) -> None:
    (mini / DATAPACKAGE_FILE).unlink()
    with pytest.raises(InputError) as caught:
        open_pilot(mini)
    (problem,) = caught.value.problems
    assert (problem.file, problem.found) == (DATAPACKAGE_FILE, "no such file")


def test_every_field_has_a_title_and_every_text_a_rule_or_a_description(rotherham: Path) -> None:
    for resource in read_dictionary(rotherham).resources:
        for column in resource.table.fields:
            assert column.title
            limits = column.constraints
            free = column.type == "string" and not (limits.enum or limits.pattern)
            assert not free or column.description or column.name in ("sub_theme", "support")


@pytest.mark.parametrize("study", STUDIES)
def test_a_dictionary_is_laid_out_with_a_line_for_each_field(study: str) -> None:
    text = (ROOT / study / DATAPACKAGE_FILE).read_text("utf-8")
    assert as_text(json.loads(text)) == text


def test_written_files_are_stated_anew(mini: Path) -> None:
    change(mini, lambda package: package["resources"][0].update(rows=3))
    before = json.loads((mini / DATAPACKAGE_FILE).read_text())
    restate(mini)
    after = json.loads((mini / DATAPACKAGE_FILE).read_text())
    # Eight people answered at baseline; what is not stated stays so.
    assert after["resources"][0]["rows"] == 8
    assert "hash" not in after["resources"][0]
    before["resources"][0]["rows"] = 8
    assert before == after


# --- What other tools of the standard see ---------------------------------------------------------


def verdict(study: Path) -> list[list[object]]:
    report = Package(str(study / DATAPACKAGE_FILE)).validate()
    return report.flatten(["title", "rowNumber", "fieldName"])


@pytest.mark.parametrize("study", STUDIES)
def test_frictionless_finds_the_files_as_described(study: str) -> None:
    assert verdict(ROOT / study) == []


@pytest.mark.parametrize(
    ("stem", "old", "new"),
    [
        ("endline_survey", "6,5,5", "9,5,5"),
        ("baseline_survey", "P8,D", "P8,Z"),
        ("tool_use", "T6,F3,adult,ORS,P3", "T6,F3,adult,ORS,P9"),
        ("tool_use", "T2", "T1"),
        ("baseline_survey", "P8,D", "jane.doe@example.org,D"),
        ("endline_survey", "easier", "so so"),
        ("observations", "2024-02-01", "2034-02-01"),
        ("observations", "2024-02-01,2,3", "2024-02-01,2,500"),
    ],
)
def test_frictionless_refuses_what_is_refused_here(
    mini: Path, stem: str, old: str, new: str
) -> None:
    path = mini / f"raw/{stem}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert verdict(mini)
    with pytest.raises(InputError):
        open_pilot(mini)


def test_an_address_or_a_name_is_no_pseudonym(rotherham: Path) -> None:
    patterns = {
        column.constraints.pattern
        for resource in read_dictionary(rotherham).resources
        for column in resource.table.fields
        if column.name.endswith("_id") and column.name != "source_id"
    }
    for text in ("jane.doe@example.org", "Jane Doe", "jane", "07700 900123", "JD"):
        assert not [pattern for pattern in patterns if re.fullmatch(str(pattern), text)]
