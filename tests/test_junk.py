"""Junk in the place of any file of a study is refused, with the file's name, by who reads it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.validate import FILES, registered, study_files, validate

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "data/rotherham"


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


# What may stand in a file's place; None is a file that may not be read (root may read all).
JUNK: dict[str, Callable[[Path], object] | None] = {
    "binary": written(b"\x89PNG\r\n\x1a\n\0\xff\xfe"),
    "broken": written(b"nonsense: [1,2"),
    "empty": written(b""),
    "another shape": written(b"5\n"),
    "a folder": Path.mkdir,
    "a dangling link": lambda path: path.symlink_to("nobody"),
    "a looping link": lambda path: path.symlink_to(path.name),
    "a named pipe": os.mkfifo,
    "no permission": None,
}
NAMES = [path.relative_to(STUDY).as_posix() for path in study_files(STUDY)]


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError("a reader that waits for ever")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STUDY, tmp_path / "rotherham"))


@pytest.mark.parametrize("kind", JUNK)
@pytest.mark.parametrize("name", NAMES)
def test_junk_in_a_files_place_is_told(
    name: str, kind: str, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, file = study / name, registered(name)
    assert file
    if put := JUNK[kind]:
        path.unlink()
        put(path)
    else:
        read_bytes = Path.read_bytes

        def refuse(self: Path) -> bytes:
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return read_bytes(self)

        monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError) as caught:
        file.read(study)
    assert {Path(problem.file).name for problem in caught.value.problems} == {path.name}


def test_validate_asks_every_reader(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The readers are those of the test above, so what they refuse `validate` refuses.
    for file in FILES:
        wrong = InputError([Problem(file.name, None, "", "junk", "no junk")])

        def refuse(folder: Path, wrong: InputError = wrong) -> None:
            raise wrong

        monkeypatch.setitem(file.__dict__, "read", refuse)
    with pytest.raises(InputError) as caught:
        validate(study)
    there = [file.name for file in FILES if file.needed or [*study.glob(file.name)]]
    assert [problem.file for problem in caught.value.problems] == there
    assert len(there) >= len(FILES) - 1  # Nobody imported the study's files.


def test_every_file_of_the_committed_study_is_registered() -> None:
    files = [path for path in STUDY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    # The script that wrote the raw files makes no report.
    assert study_files(STUDY) == sorted({*files} - {STUDY / "reconstruct.py"})
