"""Compare what is computed with what is committed, and the checkout with itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMITTED, UNTOUCHED = ROOT / "tests/committed.py", ROOT / "tests/untouched.py"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A computed folder and its committed copy, alike."""
    for name in ("computed", "committed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text("x\n1\n")
    return tmp_path / "computed", tmp_path / "committed"


def run(action: str, folders: tuple[Path, Path]) -> tuple[int, str]:
    command = [sys.executable, COMMITTED, action, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_is_alike_passes(folders: tuple[Path, Path]) -> None:
    assert run("compare", folders)[0] == 0


def test_a_changed_line_fails_and_is_shown(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a.csv").write_text("x\n2\n")
    status, shown = run("compare", folders)
    assert status == 1
    assert "-1\n+2\n" in shown
    assert (folders[1] / "a.csv").read_text() == "x\n1\n"


def test_a_new_file_fails(folders: tuple[Path, Path]) -> None:
    (folders[0] / "b.csv").write_text("x\n")
    assert run("compare", folders)[0] == 1
    assert not (folders[1] / "b.csv").exists()


def test_a_file_that_is_no_longer_computed_fails(folders: tuple[Path, Path]) -> None:
    (folders[1] / "b.csv").write_text("x\n")
    status, shown = run("compare", folders)
    assert status == 1
    assert "b.csv: no longer computed" in shown


def test_nothing_computed_is_no_agreement(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        (folder / "a.csv").unlink()
    assert run("compare", folders)[0] == 1


def test_replace_shows_what_it_writes(folders: tuple[Path, Path]) -> None:
    (folders[0] / "a.csv").write_text("x\n2\n")
    (folders[1] / "b.csv").write_text("x\n")
    status, shown = run("replace", folders)
    assert status == 0
    assert "-1\n+2\n" in shown
    assert "b.csv: no longer computed" in shown
    assert [path.name for path in folders[1].iterdir()] == ["a.csv"]
    assert run("compare", folders)[0] == 0


@pytest.mark.parametrize(
    ("does", "status"),
    [
        ("pass", 0),
        ("open('_build/a', 'w')", 0),
        ("open('a', 'w')", 1),
        ("open('kept', 'a').write('more')", 1),
        ("import os; os.remove('kept')", 1),
        ("raise SystemExit(3)", 3),
    ],
)
def test_a_command_that_changes_the_checkout_is_told(
    tmp_path: Path, does: str, status: int
) -> None:
    (tmp_path / ".gitignore").write_text("_build/\n")
    (tmp_path / "_build").mkdir()
    (tmp_path / "kept").write_text("as it was")
    command = [sys.executable, UNTOUCHED, sys.executable, "-c", does]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == status
