"""Data as MyST text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from earlyhelp.published.statuses import STATUSES
from earlyhelp.report.myst import LETTERS, escape


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
