"""Exports as tables of texts; what is broken or hostile is told, and soon."""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from helpers import told

from earlyhelp.intake import reading, spss
from earlyhelp.intake.mapping import Rules
from earlyhelp.intake.reading import read_grid, table
from earlyhelp.study.rawtable import likely_separator

LONGEST = 20  # seconds


def read(path: Path, rules: Rules | None = None) -> dict[str, list[str]]:
    rules = rules or Rules()
    return table(read_grid(path, rules), rules).cells.to_dict("list")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators_are_found(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(f"id{separator}it’s\r\n1{separator}café, au lait\r\n".encode(encoding))
    if separator == ",":
        path.write_bytes('id,it’s\r\n1,"café, au lait"\r\n'.encode(encoding))
    assert read(path) == {"id": ["1"], "it’s": ["café, au lait"]}


def test_what_excel_is_told_of_the_separator_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("sep=;\nid;hours\n1;37,5\n")
    assert read(path) == {"id": ["1"], "hours": ["37,5"]}


def test_the_mapping_knows_the_encoding_better(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes("id,wie\n1,café\n".encode("mac_roman"))
    assert read(path, Rules(encoding="mac_roman"))["wie"] == ["café"]
    (problem,) = told(lambda: read(path, Rules(encoding="utf-8")))
    assert problem == "export.csv, row 2: found byte 0x8e; expected text in utf-8"


def test_a_text_with_many_commas_does_not_make_commas_separators() -> None:
    rows = "id;note;hours\n" + "1;a, b, c, d;37,5\n" * 5
    assert likely_separator(rows) == ";"
    assert likely_separator("one column\n1\n") == ","


def test_blank_rows_and_unseen_characters_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text('\n\xa0id\u200b,"a\nb",\n,,\n1," x\xa0 y",\n,,\n', "utf-8")
    assert read(path) == {"id": ["1"], "a b": ["x y"]}


def test_columns_of_one_name_and_without_a_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Other,Other,\n1,2,3\n")
    assert list(read(path)) == ["Other", "Other (2)", "column 3"]


def test_rows_of_other_lengths_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("a,b\n1\n1,2,3\n1,2,\n")
    assert told(lambda: read(path)) == [
        "export.csv, row 2: found 1 cells; expected 2, as in the header",
        "export.csv, row 3: found 3 cells; expected 2, as in the header",
    ]


def test_the_sheet_that_is_named_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    sheet = book.create_sheet("Answers")
    for row in (["id", "yes"], [1, True], [2.5, None]):
        sheet.append(row)
    book.save(tmp_path / "export.xlsx")
    found = read(tmp_path / "export.xlsx", Rules(sheet="Answers"))
    assert found == {"id": ["1", "2.5"], "yes": ["TRUE", ""]}
    (problem,) = told(lambda: read(tmp_path / "export.xlsx", Rules(sheet="Other")))
    assert problem == "export.xlsx: found no sheet Other; expected one of: Sheet, Answers"


def test_missing_values_and_labels_of_spss(tmp_path: Path) -> None:
    frame = pd.DataFrame({"calm": [1.0, 9.0, 2.0, 8.0], "who": ["a", "b", "", "d"]})
    pyreadstat.write_sav(
        frame,
        tmp_path / "export.sav",
        column_labels={"calm": "How calm?"},
        variable_value_labels={"calm": {1: "not", 2: "very"}},
        missing_ranges={"calm": [{"lo": 8, "hi": 9}]},
    )
    export = table(read_grid(tmp_path / "export.sav", Rules()), Rules())
    assert export.cells.to_dict("list") == {"calm": ["1", "", "2", ""], "who": ["a", "b", "", "d"]}
    assert export.cells.index.tolist() == [1, 2, 3, 4]
    assert export.titles == {"calm": "How calm?", "who": "who"}
    assert export.labels == {"calm": {"1": "not", "2": "very"}}


# Broken and hostile -------------------------------------------------------------------------------


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["id", "calm"], ["P1", 3]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_sheet(change: Callable[[str], str]) -> bytes:
    """The workbook with another text in its sheet."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as source,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            text = source.read(entry).decode()
            target.writestr(entry, change(text) if "sheet1" in entry.filename else text)
    return content.getvalue()


def bomb(_: str) -> str:
    return " " * 200_000_000


def laughing(text: str) -> str:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    body = text.partition("?>")[2] if text.startswith("<?xml") else text
    return f"<!DOCTYPE x [{entities}]>" + body.replace("<v>3</v>", "<v>&a9;</v>")


def far_row(text: str) -> str:
    return text.replace('r="2"', 'r="999999999"').replace('"A2"', '"A999999999"')


def far_column(text: str) -> str:
    return text.replace('"B2"', '"ZZZZZZZ2"')


def many_wide_rows(text: str) -> str:
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(3, 3000))
    return text.replace("</sheetData>", rows + "</sheetData>")


def broken_xml(text: str) -> str:
    return text.replace("</sheetData>", "<")


def spss_data() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.sav"
        pyreadstat.write_sav(pd.DataFrame({"id": ["P1", "P2"], "calm": [1.0, 2.0]}), path)
        return path.read_bytes()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty.csv": lambda: b"",
    "blank.csv": lambda: b"\n ,\n",
    "nul.csv": lambda: b"id,a\n1,x\x07\n",
    "cut utf-16.csv": lambda: "id,a\n".encode("utf-16")[:-1],
    "open quote.csv": lambda: b'id,a\n1,"x\n',
    "long cell.csv": lambda: b"id,a\n1," + b"x" * 1_000_000 + b"\n",
    "cells.csv": lambda: b"id\n" + b"," * 4_000_000 + b"\n",
    "columns.csv": lambda: b"a," * 1_000_000 + b"b\n",
    "workbook.csv": workbook,
    "old.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "password.xlsx": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "text.xlsx": lambda: b"id,a\n1,2\n",
    "cut.xlsx": lambda: workbook()[:-200],
    "no workbook.xlsx": lambda: with_sheet(lambda text: "")[:50],
    "bomb.xlsx": lambda: with_sheet(bomb),
    "laughing.xlsx": lambda: with_sheet(laughing),
    "far row.xlsx": lambda: with_sheet(far_row),
    "far column.xlsx": lambda: with_sheet(far_column),
    "wide.xlsx": lambda: with_sheet(many_wide_rows),
    "broken.xlsx": lambda: with_sheet(broken_xml),
    "empty.sav": lambda: b"",
    "text.sav": lambda: b"id,a\n1,2\n",
    "cut.sav": lambda: spss_data()[:200],
    "cut.zsav": lambda: spss_data()[:-30],
    "export.pdf": lambda: b"%PDF",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_broken_or_hostile_is_told_soon(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    start = time.monotonic()
    problems = told(lambda: read(path))
    assert time.monotonic() - start < LONGEST
    assert len(problems) == 1
    assert problems[0].startswith(name)


def test_a_long_cell_is_told_whatever_another_package_allows(tmp_path: Path) -> None:
    limit = csv.field_size_limit(sys.maxsize)
    try:
        test_what_is_broken_or_hostile_is_told_soon(tmp_path, "long cell.csv")
    finally:
        csv.field_size_limit(limit)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for name in ("nowhere.csv", "nowhere.xlsx", "nowhere.sav"):
        assert told(lambda path=tmp_path / name: read(path))[0].startswith(f"{name}: found no such")
    (tmp_path / "folder.csv").mkdir()
    assert told(lambda: read(tmp_path / "folder.csv"))[0].startswith("folder.csv: found a folder")


def test_a_file_larger_than_any_survey_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_EXPORT", 10)
    path = tmp_path / "export.csv"
    path.write_text("id,a\n1,2,\n3,4\n")
    assert told(lambda: read(path)) == ["export.csv: found 14 bytes; expected at most 10"]


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        ("import os; os.abort()", "a broken file"),
        ("import time; time.sleep(60)", "reading took longer than 2 seconds"),
        ("def read_sav(*_, **__): raise ValueError('odd')", "odd"),
    ],
)
def test_spss_data_on_which_their_reader_ends_or_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, found: str
) -> None:
    (tmp_path / "export.sav").write_bytes(b"$FL2")
    (tmp_path / "pyreadstat.py").write_text(reader)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(spss, "LONGEST", 2)
    (problem,) = told(lambda: read(tmp_path / "export.sav"))
    assert (
        problem == f"export.sav: found data that cannot be read ({found}); expected SPSS data, .sav"
    )
