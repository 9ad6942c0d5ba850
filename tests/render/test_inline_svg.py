"""Drawings put into the page itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from earlyhelp.render.inline_svg import SVG, inline


@pytest.mark.parametrize(
    ("own", "role"),
    [
        ("", "img"),
        # As an `img` the links inside would be hidden from assistive technology.
        ('role="graphics-document document" aria-label="old"', "graphics-document document"),
    ],
)
def test_a_drawing_keeps_its_role_and_takes_the_figures_name(
    tmp_path: Path, own: str, role: str
) -> None:
    path = tmp_path / "a.svg"
    path.write_text(f'<svg xmlns="{SVG}" {own}><a href="x.html"><text>X</text></a></svg>')
    markup = inline(path, nodes.image(alt="A drawing", classes=["inline", "full-page"]))
    svg = BeautifulSoup(markup, "lxml").svg
    assert svg is not None
    assert (svg["role"], svg["aria-label"]) == (role, "A drawing")
    assert svg["class"] == ["inline", "full-page"]
