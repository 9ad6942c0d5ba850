"""The command line: exit status, one place for messages, no traceback."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import ROOT

from earlyhelp.cli import COMMANDS, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS if name != "report")


def test_validate_counts_the_files(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(mini)]) == 0
    # study.yml, datapackage.json, research_questions.yml and six raw files; no qualitative data.
    assert capsys.readouterr().out == f"{mini}: 9 files, no problem\n"


def test_validate_tells_problems_on_standard_error(
    mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mini / "raw/tool_use.csv").unlink()
    assert main(["validate", str(mini)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "tool_use.csv: found no such file; expected raw/tool_use.csv\n"


def test_execute_tells_every_wrong_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.ipynb"
    assert main(["execute", "nowhere.md", "--output", str(output), "-p", "alpha"]) == 1
    shown = capsys.readouterr().err
    assert "alpha: found no =; expected NAME=VALUE" in shown
    assert "nowhere.md: found no such file" in shown
    assert not output.exists()


def test_execute_with_another_parameter(tmp_path: Path, mini: Path) -> None:
    output = tmp_path / "readiness.ipynb"
    source = ROOT / "notebooks/readiness.md"
    assert main(["execute", str(source), "--output", str(output), "-p", f"study={mini}"]) == 0
    assert f"study = '{mini}'" in output.read_text()


def test_execute_that_fails_exits_one(
    tmp_path: Path, mini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mini / "raw/tool_use.csv").unlink()
    output = tmp_path / "readiness.ipynb"
    source = ROOT / "notebooks/readiness.md"
    assert main(["execute", str(source), "--output", str(output), "-p", f"study={mini}"]) == 1
    shown = capsys.readouterr().err
    assert "readiness.md: cell 3 failed" in shown
    assert "tool_use.csv: found no such file" in shown


@pytest.mark.parametrize("after", [1.0, 2.0, 4.0])
def test_ctrl_c_ends_a_long_search_with_all_its_processes(tmp_path: Path, after: float) -> None:
    """At the start of its processes, while they import, and in the search."""
    study = ROOT / "tests/studies/complete"
    command = [sys.executable, "-m", "earlyhelp", "determine", str(study)]
    running = subprocess.Popen(
        [*command, "--output", str(tmp_path / "derived")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    while not children.read_text():
        time.sleep(0.01)
    time.sleep(after)
    os.killpg(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=10)
    assert running.returncode == 130
    assert told.splitlines()[-1] == "stopped"
    assert "Traceback" not in told
    assert not (tmp_path / "derived").exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_fault(mini: Path, closed: str) -> None:
    command = shlex.join([sys.executable, "-m", "earlyhelp", "validate", str(mini)])
    done = subprocess.run(f"{command} {closed}", shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
