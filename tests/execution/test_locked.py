"""Two builds in one folder: the second waits and says so; nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from earlyhelp.execution import locked

SCRIPT = [sys.executable, locked.__file__]
# Says that it has begun, waits to be told, and ends.
HOLDER = [sys.executable, "-c", "print('begun', flush=True); input()"]
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def start(lock: Path, command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([*SCRIPT, str(lock), *command], text=True, **PIPES)


def test_the_command_runs_and_its_status_is_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit(7)"]
    assert subprocess.run([*SCRIPT, str(tmp_path / "lock"), *command], check=False).returncode == 7


def test_a_second_command_waits_and_says_so(tmp_path: Path) -> None:
    first = start(tmp_path / "lock", HOLDER)
    assert first.stdout
    assert first.stdout.readline() == "begun\n"
    second = start(tmp_path / "lock", [sys.executable, "-c", "print('second')"])
    assert second.stderr
    assert "waiting for it to end" in second.stderr.readline()
    assert second.poll() is None
    first.communicate("\n")
    assert second.communicate()[0] == "second\n"


def test_a_killed_command_leaves_no_lock(tmp_path: Path) -> None:
    first = start(tmp_path / "lock", HOLDER)
    assert first.stdout
    assert first.stdout.readline() == "begun\n"
    first.kill()
    first.communicate()
    second = start(tmp_path / "lock", [sys.executable, "-c", "print('second')"])
    assert second.communicate() == ("second\n", "")
