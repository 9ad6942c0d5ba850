"""Executing all notebooks of a study: once for their code, whatever stands around it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import NOTEBOOK, ROOT

from earlyhelp.cli import main
from earlyhelp.execution import forked, notebooks
from earlyhelp.execution.dependencies import code_cells
from earlyhelp.execution.notebooks import NotebookError, read_notebook
from earlyhelp.execution.results import build_results

CELL = 'print("said")'
TO = ("--kept", "kept", "--output", "results", "--told", "told.json")
STUDY = "tests/studies/mini"
PAGE = NOTEBOOK.replace("alpha = 0.05", f'study = "{STUDY}"').replace("print(alpha)", CELL)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The top of a checkout with one notebook, as working directory."""
    for part in ("src", "data", "tests", "requirements.txt"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/page.md").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    # Set for good by whoever forks kernels.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return tmp_path


def build(study: str = STUDY) -> dict[str, bytes]:
    """Executed notebooks, by name."""
    build_results(study, "results", "told.json", "kept")
    return {path.name: path.read_bytes() for path in Path("results").iterdir()}


def test_forked_kernels_give_the_same_bytes_as_others(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tables, a figure, seaborn; what a test of one process may not hand on.
    shutil.copy(ROOT / "notebooks/feasibility_training.md", "notebooks")
    from_server, told = build("data/rotherham"), Path("told.json").read_bytes()
    shutil.rmtree("kept")
    monkeypatch.setattr(forked, "AVAILABLE", False)
    assert build("data/rotherham") == from_server
    assert Path("told.json").read_bytes() == told
    committed = ROOT / "book/results/feasibility_training.ipynb"
    assert from_server[committed.name] == committed.read_bytes()


def test_a_changed_sentence_executes_nothing(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build()
    page = top / "notebooks/page.md"
    page.write_text(PAGE.replace("# A page", "# A page\n\nOne sentence more."))
    with monkeypatch.context() as patched:
        patched.setattr(notebooks, "_run", None)
        after = build()
    assert after["page.ipynb"] != before["page.ipynb"]
    assert len([*Path("kept").iterdir()]) == 3
    # As if all had been executed.
    shutil.rmtree("kept")
    assert build() == after


def test_what_is_kept_has_the_same_bytes_each_time(top: Path) -> None:
    build()
    before = {path.name: path.read_bytes() for path in Path("kept").iterdir()}
    shutil.rmtree("kept")
    build()
    assert {path.name: path.read_bytes() for path in Path("kept").iterdir()} == before


def test_a_changed_cell_is_executed_and_what_was_kept_of_it_is_removed(top: Path) -> None:
    build()
    kept = {*Path("kept").iterdir()}
    (top / "notebooks/page.md").write_text(PAGE.replace(CELL, 'print("said anew")'))
    assert b"said anew" in build()["page.ipynb"]
    others = {*Path("kept").iterdir()}
    # What its cells gave, and with prose; of the study is kept what pages are told.
    assert len(kept) == len(others) == 3
    assert [path.name[:5] for path in kept & others] == ["told-"]


def test_output_of_other_code_is_not_joined(top: Path) -> None:
    build()
    kept = min(Path("kept").glob("page*"), key=lambda path: len(path.name))
    kept.write_text(kept.read_text().replace("said", "what nobody wrote"))
    (top / "notebooks/page.md").write_text(PAGE.replace("# A page", "# Another page"))
    with pytest.raises(NotebookError, match=r"page\.md: .* has the output of other code"):
        build()


def test_a_study_has_the_pages_that_it_has_something_for(top: Path) -> None:
    page = PAGE.replace("tags: [parameters]", "tags: [needs-claims, parameters]")
    (top / "notebooks/ledger.md").write_text(page)
    for study, cells in ((ROOT / "data/rotherham", True), (ROOT / "tests/studies/mini", False)):
        pages = build(str(study))
        assert {*pages} == {"page.ipynb", "ledger.ipynb"}
        assert bool(json.loads(pages["ledger.ipynb"])["cells"]) is cells


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("quit()", "it ends the kernel"),
        ("import os; os._exit(0)", "the kernel died"),
        ("import os; os.kill(os.getpid(), 9)", "the kernel died"),
        ("input()", "StdinNotImplementedError: "),
        ("---\ntags: [skip-execution]\n---\nprint(1)", "execution count None"),
    ],
)
def test_a_cell_that_does_not_end_is_named_and_the_last_good_results_stay(
    top: Path, cell: str, what: str
) -> None:
    before = build()
    (top / "notebooks/page.md").write_text(PAGE.replace(CELL, cell))
    with pytest.raises(NotebookError) as caught:
        build()
    assert str(caught.value).startswith(f"{Path('notebooks/page.md')}: cell 3 failed\n")
    assert str(caught.value).splitlines()[-1].startswith(what)
    assert {path.name: path.read_bytes() for path in Path("results").iterdir()} == before
    assert not Path("results.new").exists()


OPEN = """\
from earlyhelp.report import page
print(bool(page._kept), page.open_page(study).pilot.study.title)"""
# In a process of its own: the server of kernels of the tests may have been started before.
TWICE = """
import sys
from pathlib import Path
from earlyhelp.execution.results import build_results
build_results(sys.argv[1], "first", "told.json", "kept")
file = Path(sys.argv[1], "study.yml")
file.write_text(file.read_text().replace("A miniature pilot", "Another pilot"))
build_results(sys.argv[1], "second", "told.json", "kept")
"""


def test_forked_kernels_find_the_study_open_until_its_files_change(top: Path, mini: Path) -> None:
    (top / "notebooks/page.md").write_text(PAGE.replace(CELL, OPEN))
    subprocess.run([sys.executable, "-c", TWICE, str(mini)], check=True)
    first, second = (Path(name, "page.ipynb").read_text() for name in ("first", "second"))
    assert "True A miniature pilot" in first
    # Read anew, by each kernel itself.
    assert "True Another pilot" in second


ONCE = """
import sys
from earlyhelp.execution import forked
from earlyhelp.execution.results import build_results
build_results(sys.argv[1], "results", "told.json", "kept")
worker = forked.worker()
for name in ("checked", "told"):
    worker.submit(forked.ask, name, forked.Path(sys.argv[1]).absolute()).result()
opened = "__import__('importlib').import_module('earlyhelp.execution.opened')._opened"
print(worker.submit(eval, opened + ".cache_info().misses").result())
"""


@pytest.mark.skipif(not forked.AVAILABLE, reason="without a fork each process opens it")
def test_the_study_is_checked_and_opened_once_by_the_server(top: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONCE, STUDY], check=True, capture_output=True, text=True
    )
    assert done.stdout == "1\n"


def test_a_study_with_a_problem_executes_nothing(top: Path, mini: Path) -> None:
    (mini / "raw/endline_survey.csv").write_text("practitioner_id\n")
    (top / "notebooks/page.md").write_text(PAGE.replace(CELL, "import os; os._exit(0)"))
    command = [sys.executable, "-m", "earlyhelp", "results", str(mini), *TO]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    _, *told = done.stderr.splitlines()
    assert told
    assert all(line.startswith("endline_survey.csv") for line in told)
    assert not Path("results.new").exists()


def test_every_failure_is_told(top: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        (top / f"notebooks/{name}.md").write_text(PAGE.replace(CELL, f"raise OSError('{name}')"))
    assert main(["results", STUDY, *TO]) == 1
    told = capfd.readouterr().err
    assert all(f"OSError: {name}" in told for name in ("first", "second"))
    assert "Traceback" not in told


def test_a_good_run_says_only_what_it_does(top: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["results", STUDY, *TO]) == 0
    out, said = capfd.readouterr()
    assert out == ""
    assert said.splitlines()[:2] == [
        "Executing the notebooks in results",
        f"{STUDY}: 10 files, no problem",
    ]
    assert main(["results", STUDY, *TO]) == 0
    assert capfd.readouterr() == ("", "Executing the notebooks in results\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_kernel_outlives_the_command(top: Path, number: int) -> None:
    endless = (
        "import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\nwhile True: pass"
    )
    (top / "notebooks/page.md").write_text(PAGE.replace(CELL, endless))
    command = [sys.executable, "-m", "earlyhelp", "results", STUDY, *TO]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        pid = _when(lambda: Path("pid").exists() and Path("pid").read_text())
        running.send_signal(number)
        told = running.communicate(timeout=60)[1]
    finally:
        running.kill()
    assert "Traceback" not in told
    if number == signal.SIGINT:
        assert running.returncode == 130
    assert _when(lambda: not _runs(int(pid)))


def _when(happened, seconds: int = 60):
    """What a call gives, once it gives something."""
    for _ in range(10 * seconds):
        if found := happened():
            return found
        time.sleep(0.1)
    raise TimeoutError


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Ended, but nobody has asked how.
    return ") Z" not in Path(f"/proc/{pid}/stat").read_text()


@pytest.mark.parametrize("path", sorted(Path("notebooks").glob("*.md")), ids=lambda p: p.stem)
def test_all_that_is_executed_counts(path: Path) -> None:
    cells = code_cells(path.read_text("utf-8"))
    executed = [cell for cell in read_notebook(path).cells if cell.cell_type == "code"]
    assert len(cells) == len(executed)
    assert all(ran.source in cell for ran, cell in zip(executed, cells, strict=True))
