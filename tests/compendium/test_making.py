"""A compendium of a team's own: generated, valid, its pages run, and whole when it is built."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from random import Random

import jupytext
import nbformat
import pytest
import yaml
from frictionless import Package
from helpers import ROOT, run_page, told

from earlyhelp.cli import main
from earlyhelp.compendium import making
from earlyhelp.compendium.asked import ASKED
from earlyhelp.execution.dependencies import imported
from earlyhelp.execution.notebooks import without_shells
from earlyhelp.render.citation import UNNAMED
from earlyhelp.render.volumes import imprint
from earlyhelp.study.design import read_study

TEMPLATE = Path(making.__file__).with_name("template")
EXAMPLES = {name: example for name, (_, example) in ASKED.items()}
DESIGNS = {
    "two arms": {
        "waves": "Baseline 2026-01, Three months 2026-04, Nine months 2026-10",
        "questions": "2.1 Do people fare better?; 3.3",
    },
    "single arm": {"arms": "Course", "clusters": "North, O'Brien & Sons"},
}
PAGES = {
    "two arms": {"index", "sample", "promise", "readiness", "codebook"},
    "single arm": {"index", "sample", "promise", "readiness", "codebook"},
}


@pytest.fixture(scope="module", params=DESIGNS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new compendium; not to be written to."""
    place = tmp_path_factory.mktemp("new") / request.param
    making.new(place, EXAMPLES | DESIGNS[request.param])
    return place


def study_of(place: Path) -> Path:
    (study,) = (place / "data").iterdir()
    return study


def fill(study: Path) -> None:
    """Write what made-up people say, four to a team, below the headers, and an answer."""
    rng = Random(1)
    questions = study / "research_questions.yml"
    answer = "  answers: {approach: That is open.}\n"
    questions.write_text(questions.read_text("utf-8") + answer, "utf-8")
    package = json.loads((study / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        fields = {one["name"]: one["constraints"] for one in resource["schema"]["fields"]}
        with (study / resource["path"]).open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fields, lineterminator="\n")
            for number, team in enumerate(team for team in fields["team"]["enum"] for _ in "abcd"):
                who = {"practitioner_id": f"P{number:02}", "team": team}
                day = {"completed_on": fields["completed_on"]["minimum"]}
                scores = {
                    name: rng.randint(limits["minimum"], limits["maximum"])
                    for name, limits in fields.items()
                    if name not in who | day
                }
                writer.writerow(who | day | scores)


@pytest.mark.parametrize("page", sorted(PAGES["two arms"]))
def test_a_page_runs_on_the_headers_alone(made: Path, page: str) -> None:
    run_page(page, study_of(made), made)


@pytest.mark.parametrize("page", ["promise", "sample"])
@pytest.mark.parametrize("design", DESIGNS)
def test_a_page_runs_on_answers(tmp_path: Path, design: str, page: str) -> None:
    study = making.new(tmp_path / "pilot", EXAMPLES | DESIGNS[design])
    fill(study)
    run_page(page, study, tmp_path / "pilot")


def test_the_dictionary_is_one_that_frictionless_takes(made: Path) -> None:
    assert Package(study_of(made) / "datapackage.json").validate().valid


def test_no_text_of_the_first_study_is_left(made: Path) -> None:
    ours = [*made.glob("notebooks/*.md"), *made.glob("data/*/*.yml"), made / "README.md"]
    assert len(ours) > 15
    for path in ours:
        assert "rotherham" not in path.read_text("utf-8").casefold(), path.name
        assert "{claim}" not in path.read_text("utf-8"), path.name


def test_a_cover_says_that_authors_are_to_be_named(made: Path) -> None:
    said = imprint(read_study(study_of(made)), made, "")
    assert said.authors == (UNNAMED,)
    assert said.cite == f"{UNNAMED}. {made.name}. Version 0.1.0."


def test_validate_says_which_questions_no_page_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = making.new(tmp_path / "pilot", EXAMPLES | {"questions": "1.1; 1.3; 2.1"})
    assert main(["validate", str(study)]) == 0
    told = "no page shows 1.1, 1.3, for there are no data on tools or training"
    assert capsys.readouterr().err.splitlines()[0].endswith(told)


def test_notebooks_have_room_for_text_where_the_first_study_has_text(made: Path) -> None:
    for path in (made / "notebooks").glob("*.md"):
        cells = jupytext.read(path).cells
        room = [cell for cell in cells if cell.source == making.YOURS]
        told_by = [c for c in jupytext.read(ROOT / "notebooks" / path.name).cells if is_told(c)]
        assert bool(room) == bool(told_by), path.name
        assert all(cell.metadata["tags"] == ["chapter-only"] for cell in room)


def test_the_workflow_knows_what_cells_import_however_a_header_is_written(made: Path) -> None:
    """Jupytext writes headers of cells in another form than ours."""
    read = 0
    for path in (made / "notebooks").glob("*.md"):
        imports = imported(path.read_text("utf-8"))
        assert set(imports) <= set(imported((ROOT / "notebooks" / path.name).read_text("utf-8")))
        read += len(imports)
    assert read > 20


def is_told(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "markdown" and "chapter-only" in cell.metadata.get("tags", [])


def section(text: str) -> nbformat.NotebookNode:
    """A page with a section whose cell shows nothing, and a team's text above the cell."""
    new = nbformat.v4
    told = new.new_markdown_cell(text, metadata={"tags": ["chapter-only"]})
    cells = [new.new_markdown_cell("# A page"), new.new_code_cell("1")]
    cells[1].outputs = [new.new_output("display_data", {"text/plain": "1"})]
    cells += [new.new_markdown_cell("## A section"), told, new.new_code_cell("")]
    return without_shells(new.new_notebook(cells=cells))


def test_room_for_text_is_no_text_but_text_in_it_is() -> None:
    headings = [[c.source for c in section(text).cells] for text in (making.YOURS, "We saw it.")]
    assert ["## A section" in texts for texts in headings] == [False, True]


def test_the_contents_have_every_chapter_and_no_other(made: Path) -> None:
    toc = yaml.safe_load((made / "_toc.yml").read_text("utf-8"))
    pages = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    book = {page for page in pages if not page.startswith("results/")}
    assert book == {path.stem for path in (made / "book").glob("*.md")}


def test_what_compendia_share_stands_once() -> None:
    """In Rotherham's, from where the wheel has it; the template has no second copy."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    read = {"_toc.yml", "book/references.bib", "data/rotherham/research_questions.yml", "notebooks"}
    assert set(packed) == {*making.SHARED, *read}
    assert {Path(place).as_posix() for place in packed.values()} == {
        f"earlyhelp/compendium/shared/{name}" for name in packed
    }
    for path in TEMPLATE.rglob("*"):
        name = path.relative_to(TEMPLATE).as_posix()
        assert not any(name.startswith(shared) for shared in making.SHARED), name


def test_what_a_newer_package_brings_depends_on_the_name_alone(made: Path, tmp_path: Path) -> None:
    """As README.md of a compendium has it, which names these files."""
    again = tmp_path / made.name
    making.new(again, EXAMPLES)
    readme = (made / "README.md").read_text("utf-8")
    for name in (*making.SHARED, "notebooks"):
        assert f"`{name}" in readme
        paths = [made / name, *(made / name).rglob("*.*")]
        for path in filter(Path.is_file, paths):
            assert path.read_bytes() == (again / path.relative_to(made)).read_bytes()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "earlyhelp==1.2"),
        ({"url": "file:///a", "dir_info": {"editable": True}}, "earlyhelp @ file:///a"),
        (
            {"url": "https://a.example/b", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "earlyhelp @ git+https://a.example/b@c0ffee",
        ),
    ],
)
def test_the_package_is_asked_for_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, found: dict | None, expected: str
) -> None:
    class Package:
        version = "1.2"

        def read_text(self, name: str) -> str | None:
            return json.dumps(found) if found and name == "direct_url.json" else None

    monkeypatch.setattr(making, "distribution", lambda name: Package())
    assert making.requirement() == expected


def test_nothing_is_written_over_or_by_halves(tmp_path: Path) -> None:
    place = tmp_path / "pilot"
    place.mkdir()
    lines = told(lambda: making.new(place, EXAMPLES | {"waves": "Support 2026-01"}))
    assert lines == [f"{place}: found something there; expected a new folder"]
    # Known only once the files are read together.
    clash = {"waves": "Support 2026-01, Endline 2026-07"}
    assert "support is taken" in told(lambda: making.new(tmp_path / "other", EXAMPLES | clash))[0]
    assert [path.name for path in tmp_path.iterdir()] == ["pilot"]
    assert not any(place.iterdir())


def test_a_name_without_letters_is_told(tmp_path: Path) -> None:
    lines = told(lambda: making.new(tmp_path / "2026", EXAMPLES | {"questions": "x"}))
    assert [line.partition("; ")[2] for line in lines] == [
        "expected a name with letters from a to z",
        "expected such as '2.1'",
    ]


def test_what_is_not_given_is_asked_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def prompt(text: str, default: str) -> str:
        asked.append(text.partition(" ")[0])
        return default

    monkeypatch.setattr("earlyhelp.cli.study.prompt", prompt)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    given = ["--arms", "Course", "--clusters", "North"]
    assert main(["new", str(tmp_path / "pilot"), *given]) == 0
    assert asked == ["Waves", "Instruments", "Questions"]
    *shown, made = capsys.readouterr().out.splitlines()
    assert made.startswith(f"{tmp_path / 'pilot'}: made; README.md in it says")
    # What the numbers of questions stand for.
    assert shown == [f"{id} {asked.question}" for id, asked in making.questions().items()]


@pytest.mark.slow
def test_compendia_are_built_from_the_wheel(tmp_path: Path) -> None:
    """As a team has it: the package installed, no checkout at hand; two compendia as one build."""
    package = tmp_path / "package"
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", str(package)]
    install = [sys.executable, "-m", "pip", "install", *options, str(ROOT)]
    subprocess.run(install, check=True)
    settings = os.environ | {"PYTHONPATH": str(package)}

    def earlyhelp(*words: str, folder: Path = tmp_path) -> None:
        command = [sys.executable, "-m", "earlyhelp", *words]
        subprocess.run(command, cwd=folder, env=settings, check=True)

    said = {
        place: [word for name, text in design.items() for word in (f"--{name}", text)]
        for place, design in DESIGNS.items()
    }
    first, second = DESIGNS
    for place, words in said.items():
        earlyhelp("new", place, *words)
        fill(study_of(tmp_path / place))
    other = study_of(tmp_path / second)
    beside = tmp_path / first / "data" / f"{other.name} too"
    other.rename(beside)
    studies = [f"data/{path.name}" for path in (tmp_path / first / "data").iterdir()]
    # Both have the same instruments, so that one book has the sources of both.
    earlyhelp("report", *studies, folder=tmp_path / first)
    for study in studies:
        pages = tmp_path / first / "_build" / Path(study).name / "html"
        assert (pages / "results/promise.html").is_file()
        assert len(list(pages.glob("*-report.pdf"))) == len(list(pages.glob("*.docx"))) == 1
