"""Build the reports of studies by the workflow, without a shell and without make."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from earlyhelp.execution import locked
from earlyhelp.study.problems import InputError, Problem

WORKFLOW = "Snakefile"
BuildTarget = Literal["report", "html", "derived"]
# A build knows nothing of the account it runs in: no personal settings, locale or home folder.
PERSONAL = (
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
    "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC",
)  # fmt: skip
# One build at a time. Threads, because snakemake starts a process for a rule's Python by a command
# in which the interpreter's path may hold no space.
OPTIONS = (
    *("--cores", "all", "--rerun-triggers", "code", "--rerun-incomplete"),
    *("--force-use-threads", "--nolock", "--quiet", "rules"),
)


def folders(text: str) -> list[Path]:
    """Study folders that a text names: one, or several with blanks between, quoted as for a shell.

    Examples
    --------
    >>> folders("data/rotherham tests/studies/mini")[1].name, folders("'data/my pilot'")[0].name
    ('mini', 'my pilot')
    """
    if Path(text).is_dir():
        return [Path(text)]
    try:
        return [Path(part) for part in shlex.split(text)] or [Path(text)]
    except ValueError:
        return [Path(text)]


def check_is_compendium(folder: Path) -> None:
    """Check that a folder holds a compendium.

    Raises
    ------
    InputError

    Examples
    --------
    >>> check_is_compendium(Path("nowhere"))
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: Snakefile: found no such file; expected one: run this in \
the folder of a compendium
    """
    if not (folder / WORKFLOW).is_file():
        expected = "one: run this in the folder of a compendium"
        raise InputError([Problem(WORKFLOW, None, "", "no such file", expected)])


def build(studies: Sequence[str], target: BuildTarget = "report") -> int:
    """Build what is out of date for some studies, side by side; a second call waits its turn.

    Parameters
    ----------
    studies : sequence of str
        Study folders (`folders`), from the compendium's folder, in which this is called.
    target : {"report", "html", "derived"}
        The second is the report's pages alone, in `draft`; the third what is stored beside a
        study, computed afresh.

    Returns
    -------
    int
        Exit status of the workflow.

    Raises
    ------
    InputError
        Outside a compendium.

    Examples
    --------
    A folder that is not there is told, and nothing is built:

    >>> build(["data/nowhere"])
    1
    """
    check_is_compendium(Path())
    chosen = [folder for text in studies for folder in folders(text)]
    command, settings = workflow(Path(), chosen, target)
    Path(settings["HOME"]).mkdir(parents=True, exist_ok=True)
    locker = [sys.executable, locked.__file__, WORKFLOW]
    return subprocess.run([*locker, *command], env=settings, check=False).returncode


def is_current(study: Path, root: Path) -> bool:
    """Whether a build of the report would find nothing to do: no data, text or code changed since.

    Parameters
    ----------
    study : Path
        Its folder.
    root : Path
        The compendium.
    """
    command, settings = workflow(root, [study.absolute()], "report", "--dry-run")
    run = subprocess.run(
        command, cwd=root, env=settings, capture_output=True, encoding="utf-8", check=False
    )
    return "Nothing to be done" in run.stdout + run.stderr


def workflow(
    root: Path, studies: Sequence[Path], target: BuildTarget, *options: str
) -> tuple[list[str], dict[str, str]]:
    """Command that runs a compendium's workflow in its folder, and the environment for it.

    Examples
    --------
    >>> command, settings = workflow(Path("/srv/ours"), [Path("data/pilot")], "html", "--dry-run")
    >>> command[-3:], settings["HOME"]
    (['--dry-run', '--', 'html'], '/srv/ours/_build/.home')
    """
    command = [sys.executable, "-m", "snakemake", *OPTIONS, *options, "--", target]
    return command, environment(studies, root)


def environment(studies: Sequence[Path], root: Path = Path()) -> dict[str, str]:
    """Environment of a build in a folder: nothing personal, and the studies for the workflow.

    Examples
    --------
    >>> environment([Path("data/my pilot"), Path("data/other")])["STUDY"]
    "'data/my pilot' data/other"
    """
    kept = {name: value for name, value in os.environ.items() if name not in PERSONAL}
    return kept | {
        "STUDY": shlex.join(map(str, studies)),
        "HOME": str((root / "_build/.home").absolute()),
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        # Without it the debugger in every kernel warns about frozen modules.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
