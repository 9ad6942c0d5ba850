"""What is stored beside a study belongs to its figures, or is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from earlyhelp import determined, identified, planning, reconstruct
from earlyhelp.cli import main
from earlyhelp.errors import InputError, Problem
from earlyhelp.raw import open_pilot

ROOT = Path(__file__).parents[1]
FILES = (*(f"{name}.csv" for name in identified.TABLES), "inputs.json")
# Another study's alliance of the intervention arm, as a report would print it.
OTHER = [
    ('mean: "69.2", sd: "5.1"', 'mean: "60.2", sd: "9.9"'),
    ('t: "1.22", p: "0.238"', 't: "2.22", p: "0.041"'),
]


@pytest.fixture
def study(tmp_path: Path, rotherham: Path) -> Path:
    """A writable copy of the study, where the command line finds it by its usual name."""
    return Path(shutil.copytree(rotherham, tmp_path / "data/rotherham"))


def spoil(study: Path, old: str, new: str) -> None:
    path = study / "printed.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def other(study: Path) -> Path:
    """The study with other printed figures beside what was computed from the first ones."""
    for old, new in OTHER:
        spoil(study, old, new)
    return study


def told(read: Callable[[], object]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read()
    return caught.value.problems


def test_every_differing_figure_is_told_with_the_command(other: Path) -> None:
    problems = told(lambda: identified.read(other))
    places = "wai.intervention."
    assert {(problem.column, problem.found) for problem in problems} == {
        (f"{places}baseline.mean", "69.2"),
        (f"{places}baseline.sd", "5.1"),
        (f"{places}paired.t", "1.22"),
        (f"{places}paired.p", "0.238"),
    }
    for problem in problems:
        assert problem.file == "derived/inputs.json"
        assert re.match(r"(60\.2|9\.9|2\.22|0\.041), ", problem.expected)
        assert f"`earlyhelp determine {other}`" in problem.expected


@pytest.mark.parametrize(
    "read",
    [
        determined.read,
        lambda study: planning.room(open_pilot(study)),
        lambda study: planning.stability(open_pilot(study)),
        reconstruct.write,
    ],
)
def test_no_reader_takes_what_belongs_to_other_figures(
    other: Path, read: Callable[[Path], object]
) -> None:
    problems = told(lambda: read(other))
    assert {problem.file for problem in problems} == {"derived/inputs.json"}


@pytest.mark.parametrize("notebook", ["determined", "promise", "trial"])
def test_no_notebook_shows_what_belongs_to_other_figures(
    other: Path, tmp_path: Path, notebook: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "executed.ipynb"
    source = str(ROOT / f"notebooks/{notebook}.md")
    assert main(["execute", source, "--output", str(output), "-p", f"study={other}"]) == 1
    assert "run `earlyhelp determine" in capsys.readouterr().err
    assert not output.exists()


def test_the_command_line_draws_nothing_from_sets_of_other_figures(
    other: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (other / "raw/baseline_survey.csv").read_bytes()
    monkeypatch.chdir(other.parents[1])
    assert main(["reconstruct"]) == 1
    assert "run `earlyhelp determine" in capsys.readouterr().err
    assert (other / "raw/baseline_survey.csv").read_bytes() == before


def test_another_scale_is_another_input(study: Path) -> None:
    path = study / "study.yml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^(\s+proqol: .*maximum: )5", r"\g<1>6", text), "utf-8")
    assert path.read_text("utf-8") != text
    assert "scales.proqol.maximum" in {p.column for p in told(lambda: identified.read(study))}


def test_a_comment_or_another_order_of_lines_costs_nothing(study: Path) -> None:
    spoil(study, "pairs: {", "# two waves\npairs: {")
    spoil(study, 't: "1.22", p: "0.238"', 'p: "0.238", t: "1.22"')
    assert identified.read(study) is not None


def test_a_figure_that_is_not_used_costs_nothing(study: Path) -> None:
    spoil(study, "not_attended: 4", "not_attended: 5")
    assert identified.read(study) is not None


def test_what_another_method_stored_is_refused(study: Path) -> None:
    path = study / "derived/inputs.json"
    stored = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(stored | {"method": stored["method"] - 1}), "utf-8")
    (problem,) = told(lambda: identified.read(study))
    assert (problem.file, problem.column) == ("derived/inputs.json", "method")


def junk(path: Path) -> None:
    path.write_text("junk\n", "utf-8")


def cut(path: Path) -> None:
    """Leave out the last line, as a copy that was stopped does."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def no_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe_instead(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def nested(path: Path) -> None:
    path.write_text("[" * 100_000, "utf-8")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "spoilt", [junk, cut, nothing, no_text, nested, folder_instead, pipe_instead, Path.unlink]
)
def test_a_spoilt_file_is_refused_by_name(
    study: Path, file: str, spoilt: Callable[[Path], None]
) -> None:
    spoilt(study / "derived" / file)
    problems = told(lambda: identified.read(study))
    assert {problem.file for problem in problems} == {f"derived/{file}"}
    assert all("`earlyhelp determine " in problem.expected for problem in problems)


def test_all_spoilt_tables_are_told_at_once(study: Path) -> None:
    junk(study / "derived/changes.csv")
    (study / "derived/groups.csv").unlink()
    problems = told(lambda: identified.read(study))
    assert {problem.file for problem in problems} == {"derived/changes.csv", "derived/groups.csv"}


def test_nothing_stored_is_told(study: Path) -> None:
    shutil.rmtree(study / "derived")
    (problem,) = told(lambda: identified.read(study))
    assert (problem.file, problem.found) == ("derived/inputs.json", "no such file")


def test_observed_data_need_nothing_stored(mini: Path) -> None:
    assert identified.read(mini) is None
    assert determined.read(mini) is None
