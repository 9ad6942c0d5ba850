"""A package to hand on: whole, described, the same each time, and without anybody's answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from frictionless import Package
from helpers import told

from earlyhelp.cli import main
from earlyhelp.compendium import making, packaging
from earlyhelp.compendium.asked import ASKED
from earlyhelp.compendium.building import environment, is_current
from earlyhelp.compendium.packaging import METADATA_FILE, package
from earlyhelp.render.citation import UNNAMED
from earlyhelp.render.volumes import read_contents
from earlyhelp.study.design import read_study

EXAMPLES = {name: example for name, (_, example) in ASKED.items()}
# What one person answers, with an identifier that nothing else holds.
WHO = "XYZ987654"


@pytest.fixture(autouse=True)
def current(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands for a report is taken for the newest; one test asks the workflow itself."""
    if "asks_the_workflow" not in request.node.name:
        monkeypatch.setattr(packaging, "is_current", lambda *_: True)


def built(place: Path, **said: Any) -> Path:
    """A compendium with an answer and what stands for its report; the study's folder."""
    study = making.new(place, EXAMPLES)
    for path in study.glob("raw/*.csv"):
        columns = path.read_text("utf-8").strip().split(",")
        scores = ["1"] * (len(columns) - 3)
        day = "2026-01-05" if path.stem == "baseline" else "2026-07-05"
        path.write_text(
            path.read_text("utf-8") + ",".join([WHO, "A", day, *scores]) + "\n", "utf-8"
        )
    state(study / "study.yml", licence="CC BY 4.0", date="2026-11-30", **said)
    people = [{"family-names": "Noor", "given-names": "Ana", "orcid": "https://orcid.org/0"}]
    state(place / "CITATION.cff", authors=people, keywords=["early help"])
    (place / "earlyhelp.txt").write_text("# file: none\nearlyhelp==0.1.0\n", "utf-8")
    report(study)
    return study


def state(path: Path, **said: Any) -> None:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | said), "utf-8")


def report(folder: Path) -> None:
    """Write what a build leaves, as far as a package looks at it."""
    study, place = read_study(folder), folder.parents[1]
    pages = place / "_build" / folder.name
    shutil.rmtree(pages, ignore_errors=True)
    for name in ("html", "results"):
        (pages / name).mkdir(parents=True)
    (pages / "html/index.html").write_text("<html>", "utf-8")
    (pages / "html/.stamp").touch()
    volume = read_contents(place).volumes[0]
    for suffix in ("pdf", "docx"):
        (pages / "html" / volume.file(study, suffix)).write_text(suffix)
    (pages / "results/promise.ipynb").write_text("{}", "utf-8")


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def entities(crate: Path) -> dict[str, Any]:
    graph = json.loads((crate / METADATA_FILE).read_text("utf-8"))["@graph"]
    assert len({one["@id"] for one in graph}) == len(graph)
    return {one["@id"]: one for one in graph}


def test_a_package_describes_all_that_it_holds_and_holds_all_that_it_describes(
    tmp_path: Path,
) -> None:
    study = built(tmp_path / "Our pilot")
    crate = package(study, tmp_path / "package", study.parents[1])
    found = entities(crate)
    root = found["./"]
    parts = {unquote(part["@id"]) for part in root["hasPart"]}
    for part in parts:
        assert (crate / part).is_dir() if part.endswith("/") else (crate / part).is_file()
    folders = tuple(part for part in parts if part.endswith("/"))
    undescribed = {name for name in files(crate) if name not in parts}
    assert [n for n in undescribed if not n.startswith(folders)] == [METADATA_FILE]
    asked = {"html/earlyhelp-our-pilot-report.pdf", "html/earlyhelp-our-pilot-report.docx"}
    asked |= {"data/our-pilot/datapackage.json", "notebooks/promise.md", "results/promise.ipynb"}
    asked |= {"CITATION.cff", "requirements.txt", "earlyhelp.txt", "html/", "book/"}
    assert asked <= parts
    assert not any(Path(name).name.startswith(".") for name in files(crate))
    assert root["datePublished"] == "2026-11-30"
    assert found[root["license"]["@id"]]["name"] == "CC BY 4.0"
    assert found[root["author"]["@id"]] == {
        "@id": "https://orcid.org/0",
        "@type": "Person",
        "name": "Ana Noor",
    }
    described = found[METADATA_FILE]
    assert described["about"] == {"@id": "./"}
    assert described["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}


def test_references_within_a_package_lead_somewhere(tmp_path: Path) -> None:
    study = built(tmp_path / "pilot")
    found = entities(package(study, tmp_path / "package", study.parents[1]))
    named = {one["@id"] for entity in found.values() for one in references(entity)}
    assert named - set(found) == {"https://w3id.org/ro/crate/1.1"}


def references(value: Any) -> list[dict[str, str]]:
    values = list(value.values()) if isinstance(value, dict) else value
    values = values if isinstance(values, list) else []
    here = [one for one in values if isinstance(one, dict) and set(one) == {"@id"}]
    return here + [found for one in values for found in references(one)]


def test_the_same_compendium_gives_the_same_package(tmp_path: Path) -> None:
    first, second = built(tmp_path / "pilot"), built(tmp_path / "elsewhere" / "pilot")
    crates = [
        package(study, study.parents[2] / "package", study.parents[1]) for study in (first, second)
    ]
    assert files(crates[0]) == files(crates[1])
    again = package(first, crates[0], first.parents[1])
    assert files(again) == files(crates[1])


def test_no_answer_of_real_people_is_in_a_package(tmp_path: Path) -> None:
    study = built(tmp_path / "pilot")
    assert WHO in (study / "raw/baseline.csv").read_text("utf-8")
    crate = package(study, tmp_path / "package", study.parents[1])
    assert [name for name, content in files(crate).items() if WHO.encode() in content] == []
    assert not (crate / "data/pilot/raw").exists()
    # Nor what says how many there are, and how exports became raw files.
    described = Package(crate / "data/pilot/datapackage.json")
    assert described.resources[0].to_descriptor().keys().isdisjoint({"rows", "bytes", "hash"})
    assert described.validate().valid
    original = json.loads((study / "datapackage.json").read_text("utf-8"))["resources"]
    assert [one["schema"] for one in original] == [
        one["schema"]
        for one in json.loads((crate / "data/pilot/datapackage.json").read_text("utf-8"))[
            "resources"
        ]
    ]


def test_data_of_synthetic_people_are_in_a_package(tmp_path: Path) -> None:
    study = built(tmp_path / "pilot", provenance="reconstructed")
    crate = package(study, tmp_path / "package", study.parents[1])
    assert (crate / "data/pilot/raw/baseline.csv").read_bytes() == (
        study / "raw/baseline.csv"
    ).read_bytes()
    assert Package(crate / "data/pilot/datapackage.json").validate().valid


def test_what_a_package_lacks_is_told_at_once(tmp_path: Path) -> None:
    study = making.new(tmp_path / "pilot", EXAMPLES)
    (tmp_path / "pilot/earlyhelp.txt").write_text("# why\nearlyhelp @ file:///a/b\n", "utf-8")
    (tmp_path / "taken").mkdir()
    lines = told(lambda: package(study, tmp_path / "taken", tmp_path / "pilot"))
    assert [line.partition(";")[0] for line in lines] == [
        "study.yml, date: found nothing",
        "study.yml, licence: found nothing",
        f"CITATION.cff, authors: found {UNNAMED!r}",
        "earlyhelp.txt, row 2: found a path on this computer",
        f"{tmp_path / 'pilot/_build/pilot'}: found no report",
        f"{tmp_path / 'taken'}: found something there",
    ]
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_report_of_what_has_changed_since_is_not_packaged_which_asks_the_workflow(
    tmp_path: Path,
) -> None:
    study = built(tmp_path / "pilot")
    place = study.parents[1]
    plan = [sys.executable, "-m", "snakemake", "report", "--summary"]
    settings = environment([study])
    shown = subprocess.run(plan, cwd=place, env=settings, capture_output=True, text=True)
    published, *steps = (place / line.partition("\t")[0] for line in shown.stdout.splitlines()[1:])
    for step in steps:
        step.parent.mkdir(exist_ok=True)
        step.touch() if step.suffix else step.mkdir()
    # Like a build, last.
    published.touch()
    assert is_current(study, place)
    changed = (
        *("book/background.md", "notebooks/promise.md", "data/pilot/study.yml"),
        *("data/pilot/raw/baseline.csv", "_build/pilot/html/index.html", "CITATION.cff"),
    )
    for name in changed:
        before = (place / name).read_bytes()
        (place / name).write_bytes(before + b"\n")
        (line,) = told(lambda: package(study, tmp_path / "package", place))
        assert "found a report that is not of the data, texts and code as they are now" in line
        assert f"`earlyhelp report {study}`" in line
        (place / name).write_bytes(before)
    assert package(study, tmp_path / "package", place)


def test_nobody_else_is_named_as_author_of_a_study_beside_the_compendiums_own(
    tmp_path: Path,
) -> None:
    study = built(tmp_path / "pilot", chapters=False)
    (line,) = told(lambda: package(study, tmp_path / "package", tmp_path / "pilot"))
    assert line.startswith("study.yml, chapters: found false; expected true")


def test_the_command_says_where_the_package_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built(tmp_path / "pilot")
    monkeypatch.chdir(tmp_path / "pilot")
    assert main(["package", "data/pilot"]) == 0
    where = Path(capsys.readouterr().out.strip())
    assert where == Path("_build/pilot/package")
    assert (where / METADATA_FILE).is_file()
