"""The design grid, its parts and where its simulation is stored."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT

from earlyhelp.cli import main
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.trial import design_grid, simulation
from earlyhelp.trial.assumptions import DESIGNS

GRID = "icc: [0.05]\ncac: [1]\niac: [0]\neffect: [0.5]\ntrials: 50\n"


def test_defaults_without_a_grid(mini: Path) -> None:
    assert design_grid.read_sweep(mini) == design_grid.Sweep()


def test_impossible_values_are_all_named(mini: Path) -> None:
    (mini / "sweep.yml").write_text("icc: [1.5]\npower: 1\ntrials: 0\nsize: 3\n")
    with pytest.raises(InputError) as caught:
        design_grid.read_sweep(mini)
    places = {problem.column for problem in caught.value.problems}
    assert {"icc.0", "power", "trials", "size"} <= places


def test_cells_reach_the_target_or_are_the_pilots(mini: Path) -> None:
    cells = design_grid.cells(
        design_grid.Sweep(icc=(0.05,), cac=(1,), iac=(0,), effect=(0.5,)), units=4
    )
    counts = cells.groupby(["kind", "design"], sort=False).size().unstack(fill_value=0)
    # Teams of people do not differ in size; the pilot's four units are too few for four sequences,
    # twice: with and without an effect.
    of_people = ["individual", "individual-baseline"]
    of_teams = ["parallel", "baseline", "stepped-wedge"]
    expected = {
        "equal": of_people + of_teams,
        "level": of_people + of_teams,
        "unequal": of_teams,
        "pilot": 2 * ["parallel", "baseline", "change"],
    }
    for kind, designs in expected.items():
        assert counts.loc[kind].to_dict() == {name: designs.count(name) for name in counts}
    assert set(cells.loc[cells["kind"] == "pilot", "clusters"]) == {4}
    assert (cells.loc[cells["kind"] == "equal", "cv"].fillna(0) == 0).all()


def test_every_simulated_analysis_has_cells_without_an_effect(rotherham: Path) -> None:
    stored = design_grid.read_stored(rotherham)
    without = stored[stored["effect"] == 0]
    assert set(without["design"]) == set(stored["design"]) == set(DESIGNS)
    assert (without["trials"] == design_grid.NULL_TRIALS).all()
    of = ["design", "clusters", "icc", "cac", "iac"]
    # At every number of the pilot's units, and at the fewest teams that each assumption needs.
    for kind, fewest in (("pilot", "pilot"), ("unequal", "level")):
        largest = stored[(stored["kind"] == kind) & (stored["effect"] == stored["effect"].max())]
        cells = without[without["kind"] == fewest]
        found = set(cells[of].fillna(-1).itertuples(index=False))
        assert set(largest[of].fillna(-1).itertuples(index=False)) <= found


def test_designs_are_not_repeated_over_what_they_ignore() -> None:
    cells = design_grid.cells(design_grid.Sweep(icc=(0.01, 0.1), effect=(0.5,)), units=2)
    # One for people, one per IAC with a baseline; one per ICC for parallel clusters; the others
    # also over 3 CACs and 3 IACs.
    counts = cells.query("kind == 'equal'")["design"].value_counts()
    names = ["individual", "individual-baseline", "parallel", "baseline"]
    assert counts[names].tolist() == [1, 3, 2, 18]


def test_parts_together_are_the_whole(mini: Path) -> None:
    (mini / "sweep.yml").write_text(GRID)
    whole = design_grid.simulate_part(mini, 1, 1)
    parts = pd.concat([design_grid.simulate_part(mini, part, 4) for part in (3, 1, 4, 2)])
    parts = parts.sort_values("cell", ignore_index=True)
    pd.testing.assert_frame_equal(parts, whole)


@pytest.mark.parametrize(
    ("old", "new"), [("trials: 50", "trials: 51"), ("effect: [0.5]", "effect: [0.4]")]
)
def test_another_grid_is_stored_elsewhere(mini: Path, old: str, new: str) -> None:
    (mini / "sweep.yml").write_text(GRID)
    before = design_grid.stored_at(mini)
    (mini / "sweep.yml").write_text(GRID.replace(old, new))
    assert design_grid.stored_at(mini) != before


def test_marks_do_not_change_the_key(mini: Path) -> None:
    (mini / "sweep.yml").write_text(GRID)
    before = design_grid.stored_at(mini)
    (mini / "sweep.yml").write_text(GRID + "marks: {Our teams: 9}\n")
    assert design_grid.stored_at(mini) == before


def test_nothing_stored(mini: Path) -> None:
    assert design_grid.read_stored(mini).empty


@pytest.fixture
def complete(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "tests/studies/complete", tmp_path / "complete"))


def refused(study: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        design_grid.read_stored(study)
    return caught.value.problems


def test_the_simulation_of_another_grid_is_refused_with_the_command(complete: Path) -> None:
    stored = design_grid.stored_at(complete)
    grid = complete / "sweep.yml"
    grid.write_text(grid.read_text().replace("trials: 20", "trials: 21"))
    (problem,) = refused(complete)
    assert problem.file == f"derived/{stored.name}"
    assert problem.found.startswith("a simulation of another grid")
    assert f"`earlyhelp trial simulate {complete}" in problem.expected
    assert design_grid.stored_at(complete).name in problem.expected


def test_a_grid_without_a_simulation_is_refused_with_the_command(complete: Path) -> None:
    design_grid.stored_at(complete).unlink()
    (problem,) = refused(complete)
    assert problem.found == "no such file"
    assert f"`earlyhelp trial simulate {complete}" in problem.expected


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("design", "another"), ("kind", "maybe"), ("power_simulated", "1.5")),
        *(("coverage", "-0.1"), ("bias", "no number"), ("standard_error", "")),
    ],
)
def test_a_spoilt_row_of_a_simulation_is_refused(complete: Path, column: str, value: str) -> None:
    path = design_grid.stored_at(complete)
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[3, column] = value
    table.to_csv(path, index=False)
    assert [(problem.row, problem.column) for problem in refused(complete)] == [(5, column)]


def test_a_simulation_with_other_columns_is_refused(complete: Path) -> None:
    path = design_grid.stored_at(complete)
    pd.read_csv(path).drop(columns="coverage").to_csv(path, index=False)
    (problem,) = refused(complete)
    assert (problem.row, problem.found) == (1, "other columns")


def test_a_simulation_cut_at_a_row_end_is_refused(complete: Path) -> None:
    path = design_grid.stored_at(complete)
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rows[:-1]))
    (problem,) = refused(complete)
    assert (problem.column, problem.found) == ("cell", f"{len(rows) - 2} rows")


def test_stored_simulation_belongs_to_the_present_grid_and_code(rotherham: Path) -> None:
    stored = design_grid.read_stored(rotherham)
    assert len(stored), "run `make update`: grid or method changed since the simulation"
    assert list((rotherham / "derived").glob("simulation-*.csv")) == [
        design_grid.stored_at(rotherham)
    ]
    grid = design_grid.read_sweep(rotherham)
    sizes = stored.groupby(stored["kind"] == "pilot")["cluster_size"].unique()
    # 52 people in five teams; the pilot drew them in four units.
    assert (sizes[False], sizes[True]) == (pytest.approx([52 / 5]), pytest.approx([52 / 4]))
    assert len(stored) == len(design_grid.cells(grid, design_grid.randomised_units(rotherham)))


def test_stored_power_of_equal_teams_agrees_with_the_calculated(rotherham: Path) -> None:
    stored = design_grid.read_stored(rotherham).query("kind == 'equal'")
    off = (stored["power_simulated"] - stored["power"]) / stored["power_mc_error"]
    # Two-sided: two errors leave a false alarm in 4.6% of the cells, here 16 of 354 (SD 4).
    assert (off.abs() > 2).mean() < 0.08
    assert off.abs().max() < 4
    assert abs(off.mean()) < 4 / len(off) ** 0.5


def test_stored_tests_keep_their_level(rotherham: Path) -> None:
    stored = design_grid.read_stored(rotherham)
    for kind, most in (("level", 1), ("pilot", 0)):
        table = simulation.sizes(stored, kind)
        assert set(table["verdict"]) == {simulation.KEEPS}
        # By chance alone 14 in ten thousand lie three errors above, of some hundred cells.
        assert table["barred"].sum() <= most


def test_parts_on_the_command_line(mini: Path, tmp_path: Path) -> None:
    (mini / "sweep.yml").write_text(GRID)
    parts = [tmp_path / f"{part}.csv" for part in (2, 1)]
    for part, path in zip((2, 1), parts, strict=True):
        command = ["trial", "simulate", str(mini), "--part", f"{part}-of-2"]
        assert main([*command, "--output", str(path)]) == 0
    gathered = tmp_path / "all.csv"
    assert main(["trial", "gather", *map(str, parts), "--output", str(gathered)]) == 0
    assert pd.read_csv(gathered)["cell"].tolist() == list(range(19))
    whole = tmp_path / "whole.csv"
    command = ["trial", "simulate", str(mini), "--part", "1-of-1", "--output", str(whole)]
    assert main(command) == 0
    assert whole.read_bytes() == gathered.read_bytes()


@pytest.mark.parametrize("part", ["3-of-2", "0-of-2", "one", "1-of-100000"])
def test_impossible_part(
    mini: Path, tmp_path: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.csv"
    status = main(["trial", "simulate", str(mini), "--part", part, "--output", str(output)])
    assert status != 0
    assert not output.exists()
    assert f"part: found {part}" in capsys.readouterr().err


def test_missing_parts_are_all_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "x.csv"
    missing = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    assert main(["trial", "gather", *missing, "--output", str(output)]) != 0
    told = capsys.readouterr().err
    assert all(Path(name).name in told for name in missing)
    assert not output.exists()


def test_files_that_are_no_parts_are_all_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {"empty": b"", "text": b"a\nb,c\n", "bytes": b"\xff\xfe\x00", "csv": b"a,b\n1,2\n"}
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in wrong]
    assert main(["trial", "gather", *paths, "--output", str(tmp_path / "x.csv")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0].split(",")[0] for line in told] == list(wrong)
    assert not (tmp_path / "x.csv").exists()


def run_workflow(folder: Path, *options: str) -> bytes:
    """Simulate a small grid in a copy of the compendium; the bytes that are stored."""
    kept = ("src", "data", "notebooks", "book", "profiles")
    for name in kept:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("derived"))
    for name in ("Snakefile", "requirements.txt", "_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, folder)
    (folder / "data/rotherham/sweep.yml").write_text(GRID)
    command = [sys.executable, "-m", "snakemake", "simulation", *options]
    paths = {
        "PYTHONPATH": str(folder / "src"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        command, cwd=folder, env=os.environ | paths, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (stored,) = (folder / "_build/rotherham/simulation").glob("*.csv")
    return stored.read_bytes()


@pytest.mark.slow
def test_workflow_stores_the_same_whatever_the_parts(tmp_path: Path) -> None:
    one = run_workflow(tmp_path / "one", "--cores", "2", "--set-scatter", "grid=1")
    three = run_workflow(tmp_path / "three", "--cores", "2", "--set-scatter", "grid=3")
    assert one == three


@pytest.mark.cluster
def test_workflow_on_slurm_stores_the_same_as_here(tmp_path: Path) -> None:
    options = ("--profile", "profiles/slurm", "--set-scatter", "grid=3")
    # The nodes see the home folder, seldom /tmp.
    shared = Path(os.environ.get("EARLYHELP_SHARED", tmp_path))
    folder = shared / f"earlyhelp-slurm-{os.getpid()}"
    try:
        there = run_workflow(folder, *options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert there == run_workflow(tmp_path / "here", "--cores", "1")
