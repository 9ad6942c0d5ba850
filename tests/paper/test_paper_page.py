"""The page of an audit: all that was found, nothing from elsewhere, and typed text as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from earlyhelp.cli import main
from earlyhelp.paper.audit import audit
from earlyhelp.paper.form import template
from earlyhelp.paper.page import page
from earlyhelp.paper.verdicts import VERDICTS

HOSTILE = '<script>alert(1)</script>"&{{ 7 * 7 }}'


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.csv"
    text = template().replace("5.18", "5.19").replace(".036", ".000")
    path.write_text(text.replace("Satisfaction", f'"{HOSTILE.replace(chr(34), chr(34) * 2)}"'))
    return path


def test_the_page_says_what_the_text_says(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = paper.with_name("paper.html")
    assert main(["audit", str(paper), "--html", str(out)]) == 1
    text = " ".join(html.fromstring(out.read_bytes()).text_content().split())
    for line in capsys.readouterr().out.splitlines():
        _, _, says = line.partition(": ") if line.startswith(VERDICTS) else ("", "", line)
        assert " ".join(says.split()) in text


def test_what_was_typed_is_text(paper: Path) -> None:
    tree = html.fromstring(page("<b>.csv", audit(paper)))
    assert tree.xpath("//script | //b") == []
    assert any(HOSTILE in heading.text_content() for heading in tree.xpath("//h3"))


def test_the_page_is_whole_and_the_same_every_time(paper: Path) -> None:
    once, again = (page(paper.name, audit(paper)) for _ in range(2))
    assert once == again
    tree = html.fromstring(once)
    assert tree.xpath("//@src | //@href | //link | //img") == []
    assert "url(" not in once
    assert "@import" not in once


def test_every_verdict_is_counted(paper: Path) -> None:
    outcomes = audit(paper)
    rows = html.fromstring(page(paper.name, outcomes)).xpath("//tbody/tr")
    assert [[cell.text for cell in row] for row in rows] == [
        [verdict, str(sum(outcome.verdict == verdict for outcome in outcomes))]
        for verdict in VERDICTS
    ]


def test_a_page_of_a_study_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["audit", "tests/studies/complete", "--html", str(tmp_path / "x.html")]) == 1
    assert "--html for a .csv file alone" in capsys.readouterr().err
