"""`earlyhelp trial`: what it prints, and how it tells bad input."""

import json

import pytest

from earlyhelp.cli import main
from earlyhelp.trial import power
from earlyhelp.trial.assumptions import DESIGNS, Assumptions


def _json(capsys, *argv):
    assert main(["trial", *argv, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_power_is_that_of_the_library(capsys):
    row = _json(capsys, "power", "--design", "parallel", "--clusters", "32", "--effect", "1",
                "--sd", "2.23606797749979", "--icc", "0.1")  # fmt: skip
    # clusterPower's manual; see test_trial.
    assert row["power"] == pytest.approx(0.801766, abs=2e-6)


def test_size_reaches_the_power(capsys):
    row = _json(capsys, "size", "--design", "baseline", "--effect", "0.4", "--cac", "0.8",
                "--power", "0.9")  # fmt: skip
    assert row["power"] >= 0.9
    assert row["clusters"] % 2 == 0


def test_size_reaches_the_width_without_an_effect(capsys):
    row = _json(capsys, "size", "--design", "parallel", "--half-width", "0.3", "--sd", "1")
    a = Assumptions(effect=0)
    assert row["clusters"] == power.clusters_for_width(DESIGNS["parallel"], a, 0.3)
    assert row["half_width"] <= 0.3
    assert not {"effect", "power"} & set(row)


def test_size_reaches_power_and_width_together(capsys):
    both = ["size", "--design", "parallel", "--effect", "0.5", "--power", "0.9"]
    needed = _json(capsys, *both)["clusters"]
    for width, more in (("0.2", True), ("2", False)):
        row = _json(capsys, *both, "--half-width", width)
        assert row["power"] >= 0.9
        assert row["half_width"] <= float(width)
        assert (row["clusters"] > needed) == more


@pytest.mark.parametrize(
    ("design", "options", "column"),
    [
        ("baseline", ["--cac", "0.8", "--iac", "0.7"], "iac"),
        ("individual-baseline", ["--iac", "0.7"], "iac"),
        ("stepped-wedge", ["--cac", "1", "--icc", "0.6"], "cac"),
    ],
)
def test_answers_of_yes_or_no_cannot_correlate_so_much(capsys, design, options, column):
    # From 20% to 50% of yes: at most sqrt(0.2 * 0.5 / (0.5 * 0.8)) = 0.5.
    argv = ["trial", "size", "--design", design, "--control", "0.2", "--intervention", "0.5"]
    assert main([*argv, *options]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith(f"trial, {column}: ")
    assert "at most 0.5" in streams.err
    assert main([*argv, "--cac", "0.5", "--iac", "0.3"]) == 0


def test_binary_outcomes_take_two_proportions(capsys):
    row = _json(capsys, "size", "--design", "parallel", "--control", "0.5", "--intervention", "0.7")
    expected = power.clusters_needed(DESIGNS["parallel"], Assumptions.binary(0.5, 0.7))
    assert row["clusters"] == expected


def test_the_stepped_wedge_takes_its_sequences(capsys):
    row = _json(capsys, "size", "--design", "stepped-wedge", "--sequences", "3", "--effect", "0.5",
                "--cac", "0.8")  # fmt: skip
    assert (row["sequences"], row["periods"]) == (3, 4)


def test_sweep_covers_the_designs(capsys):
    rows = _json(capsys, "sweep", "--effect", "0.5", "--icc", "0.01", "0.1", "--cac", "0.8")
    assert len(rows) == 2 * len(DESIGNS)


def test_several_values_follow_one_name_or_each_its_own(capsys):
    parallel = ["sweep", "--design", "parallel", "--icc", "0.1"]
    several = _json(capsys, *parallel, "0.2", "--effect", "-0.3", "0.5")
    each = _json(capsys, *parallel, "--icc=0.2", "--effect=-0.3", "--effect", "0.5")
    assert several == each
    assert sorted((row["effect"], row["icc"]) for row in several) == [
        (-0.3, 0.1), (-0.3, 0.2), (0.5, 0.1), (0.5, 0.2),
    ]  # fmt: skip


def test_sweep_takes_proportions(capsys):
    rows = _json(capsys, "sweep", "--design", "parallel", "--control", "0.5",
                 "--intervention", "0.6", "0.7", "--icc", "0.05")  # fmt: skip
    expected = [
        power.clusters_needed(DESIGNS["parallel"], Assumptions.binary(0.5, p)) for p in (0.6, 0.7)
    ]
    assert [row["clusters"] for row in rows] == expected


def test_sweep_of_one_cell_is_still_a_list(capsys):
    rows = _json(capsys, "sweep", "--design", "parallel", "--effect", "0.5", "--icc", "0.1")
    assert len(rows) == 1


def test_simulation_tells_its_progress_on_stderr_only(capsys):
    argv = ["sweep", "--design", "parallel", "--effect", "0.5", "--icc", "0.1", "--simulate", "50"]
    assert main(["trial", *argv, "--format", "json"]) == 0
    streams = capsys.readouterr()
    assert "simulated 1 of 1" in streams.err
    assert json.loads(streams.out)[0]["trials"] == 50


def test_text_names_every_number(capsys):
    assert main(["trial", "power", "--design", "parallel", "--clusters", "4", "--effect", "1"]) == 0
    printed = capsys.readouterr().out
    assert "standard_error" in printed
    assert "df" in printed


def test_few_teams_come_with_a_caution(capsys):
    argv = ["trial", "power", "--design", "baseline", "--effect", "0.5", "--cac", "0.8"]
    for clusters, warned in (("4", True), ("8", False)):
        assert main([*argv, "--clusters", clusters]) == 0
        assert ("no randomisation test can reject" in capsys.readouterr().out) == warned


def test_people_randomised_one_by_one_may_still_end_alike(capsys):
    argv = ["trial", "size", "--effect", "0.5"]
    for design, told in (("individual", True), ("individual-baseline", True), ("parallel", False)):
        assert main([*argv, "--design", design]) == 0
        assert ("may end alike" in capsys.readouterr().out) == told


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_was_assumed_by_default_is_told(capsys, form):
    argv = ["trial", "size", "--design", "parallel", "--effect", "0.5", "--format", form]
    assert main([*argv, "--icc", "0.1", "--cv", "0.4"]) == 0
    told = "assumed, as by default: --cluster-size 10, --attrition 0\n"
    assert capsys.readouterr().err == told
    assert main(["trial", "sweep", "--effect", "0.5", "--cac", "0.8", "--icc", "0.1"]) == 0
    told = "assumed, as by default: --iac 0, --cluster-size 10, --cv 0, --attrition 0\n"
    assert capsys.readouterr().err == told


def test_correlations_that_a_design_ignores_are_not_printed(capsys):
    argv = ["trial", "power", "--design", "individual", "--effect", "0.5", "--clusters", "8"]
    assert main(argv) == 0
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert not names & {"icc", "cac", "iac", "cv"}


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (
            ["power", "--design", "parallel", "--clusters", "1", "--effect", "1", "--icc", "2"],
            ["icc", "clusters"],
        ),
        (
            ["size", "--design", "stepped-wedge", "--sequences", "1", "--sd", "-1", "--power", "1"],
            ["sequences", "outcome", "sd", "cac", "power"],
        ),
        (["size", "--design", "parallel", "--control", "0.2"], ["outcome"]),
        (["sweep", "--icc", "0.1", "1.5", "--simulate", "0", "--power", "0"],
         ["power", "trials", "cac", "icc"]),
        (["sweep", "--icc", "nan", "--effect", "0.3", "inf"], ["effect", "cac", "icc"]),
        (["sweep", "--control", "0.5", "--intervention", "0.6", "1.7"], ["intervention", "cac"]),
        (["sweep", "--control", "0.5"], ["outcome", "cac"]),
        (["size", "--design", "parallel", "--effect", "much", "--icc", "two", "--power", "1"],
         ["effect", "icc", "power"]),
        (["power", "--design", "parallel", "--effect", "1", "--clusters", "2.5", "--alpha", "0"],
         ["alpha", "clusters"]),
        (["power", "--design", "stepped-wedge", "--effect", "1", "--clusters", "1e99",
          "--sequences", "4.5", "--cluster-size", "1e308"],
         ["sequences", "cluster_size", "cac", "clusters"]),
        (["size", "--design", "baseline", "--effect", "1e-300", "--iac", "0"], ["effect", "cac"]),
        (["size", "--design", "parallel", "--effect", "1", "--attrition", "0.95"], ["attrition"]),
        (["power", "--design", "baseline", "--effect", "1", "--clusters", "8"], ["cac"]),
        (["size", "--design", "parallel", "--half-width", "0", "--power", "2"],
         ["outcome", "power", "half_width"]),
    ],
)  # fmt: skip
def test_bad_input_is_told_all_at_once(capsys, argv, names):
    assert main(["trial", *argv]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    told = streams.err.splitlines()
    assert [line.split(", ", 1)[1].split(":")[0] for line in told] == names
