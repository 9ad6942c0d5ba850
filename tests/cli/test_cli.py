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

from earlyhelp.cli import main

COMMANDS = [
    *("validate", "new", "import", "audit", "ledger", "determine", "execute", "results", "report"),
    *("package", "watch", "html", "volumes"),
]
GROUPS = {
    "qualitative": ["export", "import"],
    "samples": ["count", "draw", "list", "bounds", "table"],
    "trial": ["power", "size", "sweep", "simulate", "gather"],
}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], [*COMMANDS, *GROUPS]),
        *(([name], names) for name, names in GROUPS.items()),
        *(([name], []) for name in COMMANDS),
        *(([group, name], []) for group, names in GROUPS.items() for name in names),
    ],
)
def test_help_lists_every_command(
    capsys: pytest.CaptureFixture[str], words: list[str], shown: list[str]
) -> None:
    assert main([*words, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    about, _, listed = out.partition("Commands:")
    assert about.startswith(f"Usage: {' '.join(['earlyhelp', *words])} ")
    assert "\n\n  " in about.partition("Options:")[0]
    assert [line.split()[0] for line in listed.splitlines() if line] == shown
    assert main([*words, "-h"]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "earlyhelp: found no command; expected one of: validate, new, import, "),
        (
            "bogus",
            "earlyhelp: found no such command 'bogus'; expected one of: validate, new, import, ",
        ),
        ("--bogus", "earlyhelp: found no such option: --bogus; expected one of: validate, "),
        ("trial powr", "earlyhelp trial: found no such command 'powr'; expected one of: power, "),
        ("validate", "earlyhelp validate: found no 'STUDY'; "),
        ("validate a b c", "earlyhelp validate: found 'b', 'c'; "),
        ("validate --bogus a", "earlyhelp validate: found no such option: --bogus; "),
        ("ledger a --form json", "earlyhelp ledger: found no such option: --form (Possible opti"),
        ("ledger a --format xml", "earlyhelp ledger: found invalid value for '--format': 'xml' is"),
        ("ledger a --format", "earlyhelp ledger: found option '--format' without a value; "),
        ("ledger a --only --where", "earlyhelp ledger: found option '--only' without a value; "),
        ("html a", "earlyhelp html: found no '--results', no '--told', no '--kept', "),
        ("samples count --n 1", "earlyhelp samples count: found no '--mean', no '--sd', no '--mi"),
        ("trial sweep --icc --design x", "earlyhelp trial sweep: found option '--icc' without a "),
        ("trial sweep --icc=0.1 0.2", "earlyhelp trial sweep: found '0.2'; "),
        ("trial sweep --design parallel x", "earlyhelp trial sweep: found invalid value for '--de"),
        ("execute --help=x", "earlyhelp execute: found option '--help' does not take a value; "),
        ("validate \x1b a", "earlyhelp validate: found 'a'; "),
        ("ledger a --format \x1b", "earlyhelp ledger: found invalid value for '--format': '\\x1b'"),
    ],
)
def test_words_that_name_no_command_are_told_in_a_line(
    capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    assert main(line.split(" ") if line else []) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(told)
    assert err.count("\n") == 1
    assert "expected one of: " in err or f"expected what `{told.split(':')[0]} --help` shows" in err


def test_dashes_after_an_equals_sign_are_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    figures = ["--mean=--", "--sd=1", "--min=1", "--max=4"]
    assert main(["samples", "count", "--n=--sd", *figures]) == 1
    assert capsys.readouterr().err == (
        "printed figures, n: found '--sd'; expected a whole number\n"
        "printed figures, mean: found '--'; expected a decimal number as printed, such as 69.2\n"
    )


def test_help_does_not_wait_for_what_only_commands_need() -> None:
    code = "import sys, earlyhelp.cli as c; c.main(['--help']); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "pydantic", "rich"} & set(done.stdout.splitlines())


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
def test_a_closed_stream_is_no_fault(closed: str) -> None:
    study = ROOT / "data/rotherham"  # of which there is nothing to be told
    command = shlex.join([sys.executable, "-m", "earlyhelp", "validate", str(study)])
    done = subprocess.run(f"{command} {closed}", shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
