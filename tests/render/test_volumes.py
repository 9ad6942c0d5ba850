"""Volumes: every part of the table of contents has one, and covers say what is known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from helpers import ROOT, told

from earlyhelp.render.citation import CITATION_FILE, read_citation
from earlyhelp.render.volumes import Volume, imprint, in_words, read_contents
from earlyhelp.study.design import read_study
from earlyhelp.study.problems import InputError


def toc(folder: Path, *parts: dict[str, object]) -> Path:
    written = {"root": "index", "volumes": {"report": "Report", "annex": "Annex: more"}}
    (folder / "_toc.yml").write_text(
        yaml.safe_dump({**written, "parts": [*parts]}, sort_keys=False)
    )
    return folder


def part(caption: str, **keys: str) -> dict[str, object]:
    return {"caption": caption, "chapters": [{"file": caption.lower()}], **keys}


def test_every_part_of_the_book_has_a_volume_or_is_html_only() -> None:
    contents = read_contents(ROOT)
    assert [volume.id for volume in contents.volumes] == ["report", "annex-a", "annex-b"]
    assert set(contents.printed_in.values()) == {*contents.volumes, None}
    assert len(contents.printed_in) == 1 + len(contents.sphinx["parts"])


def test_a_part_without_a_volume_is_a_problem(tmp_path: Path) -> None:
    folder = toc(tmp_path, part("One", volume="report"), part("Two"), part("Three", volume="anex"))
    with pytest.raises(InputError) as error:
        read_contents(folder)
    assert [str(problem) for problem in error.value.problems] == [
        "_toc.yml, volume of 'Two': found None; expected one of: report, annex, html only",
        "_toc.yml, volume of 'Three': found 'anex'; expected one of: report, annex, html only",
    ]


def test_sphinx_sees_no_volume(tmp_path: Path) -> None:
    contents = read_contents(toc(tmp_path, part("One", volume="html only")))
    assert contents.sphinx == {"root": "index", "parts": [part("One")]}


def test_what_a_study_lacks_leaves_no_part_and_no_volume(tmp_path: Path) -> None:
    folder = toc(tmp_path, part("One", volume="report"), part("Two", volume="annex"))
    kept = read_contents(folder).of({"index", "one"})
    assert kept.sphinx["parts"] == [part("One")]
    assert kept.volumes == (Volume("report", "Report"),)
    assert kept.printed_in == {"": kept.volumes[0], "One": kept.volumes[0]}


def test_a_cover_says_what_the_repository_says_and_no_more() -> None:
    study, cff = read_study(ROOT / "data/rotherham"), (ROOT / "CITATION.cff").read_text("utf-8")
    said = imprint(study, ROOT, "2f3a")
    version = re.search(r"^version: (.+)$", cff, re.MULTILINE)[1]
    assert study.date
    dated = f"Version {version} of {in_words(study.date)}. The SHA-256 of the study's data"
    assert said.edition.startswith(dated)
    assert "begins 2f3a." in said.edition
    assert said.date == study.date.isoformat()
    undated = imprint(study.model_copy(update={"date": None}), ROOT, "2f3a")
    assert undated.edition.startswith(f"Version {version}. The SHA-256 of the study's data")
    assert undated.date == ""
    assert all(f"name: {author}\n" in cff for author in said.authors)
    assert said.licence in (ROOT / "LICENSE").read_text("utf-8")


def test_a_study_beside_the_compendiums_own_has_none_of_its_authors_and_keywords() -> None:
    """Whoever wrote the tool wrote no other team's report."""
    other = imprint(read_study(ROOT / "tests/studies/complete"), ROOT, "")
    cited = read_citation(ROOT)
    assert other.keywords == other.authors == ()
    named = f"Made with version {cited.version} of {cited.title}."
    assert other.cite == f"A complete pilot in small. {named}"
    assert not any(author.in_words in other.cite for author in cited.authors)


def test_people_and_organisations_are_authors_and_a_title_stands_once(tmp_path: Path) -> None:
    authors = [{"family-names": "Noor", "given-names": "Ana"}, {"name": "A service"}]
    study = read_study(ROOT / "data/rotherham")
    cff = {"title": study.title, "version": "1.2", "authors": authors, "license": "CC-BY-4.0"}
    (tmp_path / CITATION_FILE).write_text(yaml.safe_dump(cff), "utf-8")
    said = imprint(study, tmp_path, "")
    assert said.authors == ("Ana Noor", "A service")
    assert said.cite == f"Ana Noor; A service. {study.title}. Version 1.2."


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("authors: []", "at least 1 in this list"),
        ("authors: [{given-names: Ana}]", "family-names of a person, or else the name of an"),
        ("editors: []", "this key"),
    ],
)
def test_a_citation_without_authors_is_told(tmp_path: Path, authors: str, expected: str) -> None:
    text = f"title: Pilot\nversion: 0.1.0\n{authors}\n"
    (tmp_path / "CITATION.cff").write_text(text, "utf-8")
    (line,) = told(lambda: read_citation(tmp_path))
    assert line.startswith("CITATION.cff, ")
    assert expected in line
