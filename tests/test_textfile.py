"""What can stand in a file's place, one test each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from earlyhelp.errors import InputError
from earlyhelp.textfile import is_there, read_text


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
