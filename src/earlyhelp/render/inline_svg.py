"""Sphinx extension: a figure of class `inline` puts its SVG into the page itself.

Only then can readers select its text and follow its links. The figure is written like any other
(number, caption, name); its `alt` becomes the drawing's accessible name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from defusedxml.ElementTree import parse
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SVG = "http://www.w3.org/2000/svg"


class InlineSvg(SphinxPostTransform):
    """Replace each image of class `inline` by its SVG."""

    default_priority = 5  # before Sphinx collects images to copy
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Replace the images of one document."""
        for image in list(self.document.findall(nodes.image)):
            if "inline" in image["classes"]:
                markup = inline(Path(self.app.srcdir, image["uri"]), image)
                image.replace_self(nodes.raw("", markup, format="html"))


def inline(path: Path, image: nodes.image) -> str:
    """Return the SVG of a file as HTML takes it, named by the figure's alternative text."""
    from xml.etree.ElementTree import register_namespace, tostring

    register_namespace("", SVG)
    register_namespace("xlink", "http://www.w3.org/1999/xlink")
    svg = parse(path).getroot()
    # A drawing with links says so itself: as an `img` its links would have no names.
    svg.set("role", svg.get("role", "img"))
    svg.set("aria-label", image["alt"])
    svg.set("class", " ".join(image["classes"]))
    return tostring(svg, encoding="unicode")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_post_transform(InlineSvg)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
