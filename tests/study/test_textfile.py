"""What can stand in a file's place, one test each."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earlyhelp.study import textfile
from earlyhelp.study.problems import InputError
from earlyhelp.study.textfile import (
    MOST_DIGITS,
    for_spreadsheets,
    from_spreadsheets,
    is_there,
    read_number,
    read_text,
)


def told(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_text(path, "text")
    return str(caught.value)


def test_text_comes_back_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffä,b\r\n1,2\n".encode())
    assert read_text(path) == "ä,b\r\n1,2\n"


def test_nothing(tmp_path: Path) -> None:
    assert not is_there(tmp_path / "a.csv")
    assert told(tmp_path / "a.csv") == "a.csv: found no such file; expected text"


def test_a_folder(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{tmp_path.name}: found a folder; expected text"


@pytest.mark.parametrize(
    ("target", "found"),
    [("a.csv", "a link that leads back to itself"), ("nobody", "a link that leads nowhere")],
)
def test_a_link_to_nothing(tmp_path: Path, target: str, found: str) -> None:
    path = tmp_path / "a.csv"
    path.symlink_to(target)
    assert is_there(path)
    assert told(path) == f"a.csv: found {found}; expected text"


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "found neither a file nor a folder" in told(tmp_path / "a.csv")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    # Whoever runs the tests as root may read everything.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "found a file that may not be read" in told(path)


def test_bytes_that_are_no_utf8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\nb\xe9\n")
    assert told(path) == "a.csv, row 2: found byte 0xe9, which is not UTF-8; expected text"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x85"])
def test_control_characters_are_placed(tmp_path: Path, character: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a\n\n{character}", encoding="utf-8")
    assert f"row 3: found the control character U+{ord(character):04X}" in told(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-7", -7), ("2.50", 2.5), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001), ("+3", 3)],
)
def test_a_number_in_plain_digits(text: str, value: float) -> None:
    assert read_number(text) == value
    assert type(read_number(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".", "1_0", "010", "1,5", "1,000", " 5", "5 ", "5\n", "0x1", "nan", "inf"),
        *("1e400", "\u0663", "\uff13", "\u00bd", "5%", "9" * (MOST_DIGITS + 1)),
    ],
)
def test_what_only_some_parsers_take_for_a_number(text: str) -> None:
    assert read_number(text) is None


# What these read is the book's, an archive, a lock, or the bytes of what was read already.
SOURCES = Path(textfile.__file__).parents[1]
OTHERS = {
    *("render/html.py", "printing/joined.py", "execution/locked.py", "printing/pdf.py"),
    *("render/again.py", "render/volumes.py", "printing/word.py", "cli/boundary.py"),
    *("compendium/building.py", "compendium/making.py", "compendium/packaging.py"),
    *(
        "qualitative/refi_archive.py",
        "qualitative/refi_qda.py",
        "study/rawtable.py",
        "study/textfile.py",
        "validate.py",
    ),
}
READERS = sorted({p.relative_to(SOURCES).as_posix() for p in SOURCES.rglob("*.py")} - OTHERS)
ELSEWHERE = ("open", "read_bytes", "safe_load", "loadtxt", "is_file", "exists")


def reads_by_itself(call: ast.Call) -> bool:
    """Whether a call reads a file, or asks for one in a way that takes a folder for nothing."""
    if isinstance(call.func, ast.Name):
        return call.func.id in ELSEWHERE
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name == "read_csv":
        return not ast.unparse(call.args[0]).startswith(("io.StringIO(", "StringIO("))
    return name in (*ELSEWHERE, "read_text")


@pytest.mark.parametrize("name", READERS)
def test_a_studys_files_are_read_in_one_place(name: str) -> None:
    tree = ast.parse((SOURCES / name).read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls if reads_by_itself(call)] == []


@given(st.text("'=+@-1.a", max_size=6))
def test_what_is_written_for_spreadsheets_is_read_as_it_was(text: str) -> None:
    assert from_spreadsheets(for_spreadsheets(text)) == text
