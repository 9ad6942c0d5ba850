"""What Windows has not, or has otherwise: nothing of it may be needed, for nobody runs it there.

The source is read, not run: what stands behind a question for the system, or in a module that asks
it first, is left out.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import ROOT

from earlyhelp.execution import forked

SOURCE = ROOT / "src/earlyhelp"
# `forked.AVAILABLE` is asked before anything of it is called.
ASKED_FIRST = {Path(forked.__file__)}
# Texts on the way to a PDF or a Word file, which nobody gets: line ends do not matter there.
ON_THE_WAY = SOURCE / "printing"
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
CALLS = {
    *("execv", "execvp", "execve", "fork", "forkpty", "geteuid", "getpgid", "getuid", "kill"),
    *("killpg", "mkfifo", "nice", "popen", "setsid", "system", "uname", "umask"),
    *("chmod", "chown", "hardlink_to", "link", "symlink", "symlink_to"),
    *("SIGALRM", "SIGHUP", "SIGKILL", "alarm", "setitimer"),
}
# Functions of these names that are given no encoding: of what is no text, or of one of its own.
OTHERS = {"os.open", "self._zip.open", "package.read_text"}
# Days without a nought and the like, which only some systems write.
FORMAT = re.compile(r"%-[a-zA-Z]|%[eskPrRT]\b")
# What no name of a file may have there, or be.
NO_NAME = re.compile(r'[<>:"|?*\\]|[ .]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def faults(tree: ast.AST, printing: bool = False) -> Iterator[str]:
    """Everything in a tree of source that works on some systems only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "sys.platform" in ast.unparse(node.test):
            continue
        yield from (f"line {node.lineno}: {fault}" for fault in _fault(node, printing))
        yield from faults(node, printing)


def _fault(node: ast.AST, printing: bool) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
        yield from sorted(MODULES & (names | {getattr(node, "module", None)}))
    elif isinstance(node, ast.Attribute) and node.attr in CALLS:
        yield node.attr
    elif isinstance(node, ast.FormattedValue):
        if _is_relative(node.value):
            yield "the system's separators"
        if node.format_spec and FORMAT.search(ast.unparse(node.format_spec)):
            yield "a format of some systems"
    elif isinstance(node, ast.Call):
        yield from _of_call(node, printing)


def _called(node: ast.AST) -> str:
    function = getattr(node, "func", None)
    return str(getattr(function, "attr", getattr(function, "id", "")))


def _is_relative(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _called(node) == "relative_to"


def _of_call(node: ast.Call, printing: bool) -> Iterator[str]:
    name, given = _called(node), {keyword.arg for keyword in node.keywords}
    is_method = isinstance(node.func, ast.Attribute)
    texts = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
    if "shell" in given:
        yield "a shell"
    if {"text", "universal_newlines"} & given or (
        (name == "open" or (name in ("read_text", "write_text") and is_method))
        and "encoding" not in given
        and ast.unparse(node.func) not in OTHERS
        and not {"utf-8", "rb", "wb", "ab", "xb"} & {*texts}
    ):
        yield "the system's encoding"
    ends = {"write_text": "newline", "to_csv": "lineterminator"}.get(name)
    if ends and ends not in given and not printing:
        yield "the system's line ends"
    if name == "str" and any(map(_is_relative, node.args)):
        yield "the system's separators"
    if name == "strftime" and any(map(FORMAT.search, texts)):
        yield "a format of some systems"


@pytest.mark.parametrize(
    "fault",
    [
        "import fcntl",
        "from os import path, system\nimport pwd",
        "import os\nos.fork()",
        "run('ls', shell=True)",
        "run(['ls'], text=True)",
        "path.read_text()",
        "path.write_text(text)",
        "path.write_text(text, 'utf-8')",
        "path.write_text(text, encoding='utf-8')",
        "open(path)",
        "path.open('w', newline='')",
        "table.to_csv(index=False)",
        "str(path.relative_to(folder))",
        "f'{path.relative_to(folder)}'",
        "f'{day:%-d %B}'",
        "day.strftime('%-d')",
        "link.symlink_to(path)",
        "signal.alarm(1)",
    ],
)
def test_each_kind_of_fault_is_seen(fault: str) -> None:
    assert [*faults(ast.parse(fault))]


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nif sys.platform == 'win32':\n    import msvcrt\nelse:\n    import fcntl",
        "path.write_text(text, 'utf-8', newline='\\n')",
        "path.open('rb')",
        "run(['ls'], encoding='utf-8')",
        "path.relative_to(folder).as_posix()",
        "f'{day:%d %B}'",
    ],
)
def test_what_works_everywhere_is_no_fault(text: str) -> None:
    assert [*faults(ast.parse(text))] == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.stem)
def test_the_source_needs_nothing_that_windows_has_not(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    found = [*faults(tree, ON_THE_WAY in path.parents)]
    assert found == [] or path in ASKED_FIRST


def test_the_workflow_needs_no_shell() -> None:
    assert not re.search(
        r"^ *(shell|script|wrapper|pipe) *[:(]", (ROOT / "Snakefile").read_text(), re.M
    )


def test_names_of_files_are_names_everywhere() -> None:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    parts = {part for name in names.split("\0") for part in name.split("/")}
    assert len(parts) > 100
    assert sorted(part for part in parts if NO_NAME.search(part)) == []
    lower = [name.casefold() for name in names.split("\0")]
    assert len(set(lower)) == len(lower)
