"""Data as MyST text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from earlyhelp.published.statuses import STATUSES
from earlyhelp.report.myst import LETTERS, badge, escape, statuses


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[a](http://x.example)",
        "{glue:text}`x`",
        "`code` and *stars* and _lines_",
        "# heading",
        "a | b",
        "$x$ ~~gone~~ ![i](j)",
        "1. one",
        "&lt; &amp;",
        "back\\slash",
    ],
)
def test_escaped_text_is_shown_literally(text: str) -> None:
    html = MarkdownIt("commonmark").enable("table").render(escape(text))
    assert html.count("<") == html.count("<p>") + html.count("</p>")
    shown = html.removeprefix("<p>").removesuffix("</p>\n")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    assert shown == text


def test_escape_joins_lines() -> None:
    assert escape("a\n# b") == "a \\# b"


def test_each_status_has_a_letter_of_its_own() -> None:
    assert sorted(LETTERS) == sorted(STATUSES)
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_the_table_of_statuses_says_what_each_means_and_its_letter() -> None:
    lines = statuses().splitlines()
    assert lines[:2] == [":::{table} The statuses.", ":name: tbl-statuses"]
    assert lines[3:5] == ["| Status | Letter | A number with it is |", "|---|---|---|"]
    assert lines[-1] == ":::"
    rows = [line.strip("| ").split(" | ") for line in lines[5:-1]]
    assert [row[:2] for row in rows] == [[badge(name), LETTERS[name]] for name in STATUSES]
    meanings = [row[2] for row in rows]
    assert [text[0].lower() + text[1:] for text in meanings] == [*STATUSES.values()]
    assert all(text[0].isupper() for text in meanings)
