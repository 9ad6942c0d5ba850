"""What a reader of the complete study sees, as text: the pages' tables, figures and numbers.

`python tests/recorder.py` writes the golden files, one for each page and command, and names those
that changed. Nothing else writes them; `test_golden.py` compares.
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import jupytext
import matplotlib.pyplot as plt
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from traitlets.config import Config

from earlyhelp.cli import main as command_line
from earlyhelp.execution.notebooks import NEEDS
from earlyhelp.report import page
from earlyhelp.report.myst import CAPTION, TITLE
from earlyhelp.study.raw import open_pilot
from earlyhelp.validate import study_has

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "tests/studies/complete"
GOLDEN = ROOT / "tests/golden"
COMMANDS = ("audit", "ledger")


# Figures ------------------------------------------------------------------------------------------


def describe(figure: Figure) -> str:
    """Everything that a figure draws, in words: texts with their places, shapes with their data.

    A text's place is followed by its size, colour and alignment, a shape's colours by its width.
    Numbers have four significant digits. What no word is known for is an error, so that nothing is
    drawn unseen.
    """
    # Swarms find their places, and ticks their labels, when they are drawn.
    # What does not fit into the figure is told as a warning.
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        figure.draw_without_rendering()
    lines = [f"figure {_numbers(figure.get_size_inches())} inches"]
    lines += [line for text in figure.texts for line in _artist(text)]
    lines += [line for legend in figure.legends for line in _artist(legend)]
    for number, axes in enumerate(figure.axes, start=1):
        lines += [f"axes {number}", *(f"  {line}" for line in _axes(axes))]
    return "\n".join(lines)


def _axes(axes: Axes) -> Iterator[str]:
    titles = (axes.title, axes._left_title, axes._right_title)  # type: ignore[attr-defined]
    yield from (
        f"title {text.get_text()!r}: {_letters(text)}" for text in titles if text.get_text()
    )
    if axes.axison:
        sides = [side for side, spine in axes.spines.items() if spine.get_visible()]
        yield f"sides {', '.join(sides)}"
        yield from _axis("x", axes.xaxis, axes.get_xscale(), axes.get_xlim())
        yield from _axis("y", axes.yaxis, axes.get_yscale(), axes.get_ylim())
    else:
        yield f"no axis; x {_numbers(axes.get_xlim())}, y {_numbers(axes.get_ylim())}"
    for artist in axes.get_children():
        if not isinstance(artist, Axis | Spine) and artist not in (axes.patch, *titles):
            yield from _artist(artist)


def _axis(name: str, axis: Axis, scale: str, limits: tuple[float, float]) -> Iterator[str]:
    low, high = sorted(limits)
    label = f"{axis.get_label().get_text()!r} ({_letters(axis.get_label())})"
    places = [(text.get_position()["xy".index(name)], text) for text in axis.get_ticklabels()]
    ticks = [
        f"{_number(place)} {text.get_text()!r}"
        for place, text in places
        if low <= place <= high and text.get_visible()
    ]
    grid = ", grid" if any(line.get_visible() for line in axis.get_gridlines()) else ""
    letters = "".join(f" ({text})" for text in dict.fromkeys(_letters(text) for _, text in places))
    yield f"{name} axis {label}, {scale}{grid}, {_numbers(limits)}: {', '.join(ticks)}{letters}"


def _artist(artist: Artist) -> Iterator[str]:
    """One line for an artist, more for a legend; none for what is not seen."""
    beside = isinstance(artist, Annotation) and not artist._check_xy()  # type: ignore[attr-defined]
    if not artist.get_visible() or beside:
        return
    match artist:
        case Legend():
            yield from _legend(artist)
        case Text():
            if artist.get_text() or getattr(artist, "arrow_patch", None):
                yield _text(artist)
        case AxLine():
            line = f"{_numbers(artist.get_xy1())}, slope {_number(artist.get_slope())}"
            yield f"line {_look(artist)} through {line}"
        case Line2D():
            if len(artist.get_xdata()):
                data = f"x {_numbers(artist.get_xdata())}; y {_numbers(artist.get_ydata())}"
                yield f"line {_look(artist)}: {data}"
        case Rectangle() | FancyBboxPatch():
            place = f"({_numbers((artist.get_x(), artist.get_y()))})"
            size = f"{_number(artist.get_width())} by {_number(artist.get_height())}"
            yield f"box {_look(artist)}: {place}, {size}"
        case Collection():
            yield _collection(artist)
        case _:
            raise TypeError(f"no words for {artist!r}")


def _legend(legend: Legend) -> Iterator[str]:
    yield f"legend {legend.get_title().get_text()!r}, {_layout(legend)}"
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        yield f"  {text.get_text()!r}: {_look(handle)}"


def _text(text: Text) -> str:
    """A text's place, the arrow that starts there, and how it is written."""
    place = _numbers(text.get_position())
    if isinstance(text, Annotation):
        place = _numbers(_place(text))
        if text.anncoords == "offset points":
            place += f" and {_numbers(text.xyann)} points"
        if text.arrow_patch:
            place += f" from {_numbers(text.xyann)} by arrow {_look(text.arrow_patch)}"
    letters = f": {_letters(text)}" if text.get_text() else ""
    return f"text {text.get_text()!r} at {place}{letters}"


def _collection(collection: Collection) -> str:
    look = _look(collection)
    if isinstance(collection, PathCollection):
        return f"points {look}: {_points(collection.get_offsets())}"
    if isinstance(collection, LineCollection):
        return f"segments {look}: {' | '.join(map(_points, collection.get_segments()))}"
    return f"areas {look}: {' | '.join(_points(path.vertices) for path in collection.get_paths())}"


def _place(text: Annotation) -> tuple[float, float]:
    """Where an annotation points; for one within a bar, in the coordinates of the data."""
    x, y = text.xy
    if not callable(text.xycoords):
        return x, y
    box = text.xycoords(text.figure.canvas.get_renderer())
    pixels = box.x0 + x * box.width, box.y0 + y * box.height
    return tuple(text.axes.transData.inverted().transform(pixels))


def _look(artist: Any) -> str:
    """Colour, pattern, form and width of a line, a shape or a legend's sign."""
    if isinstance(artist, Line2D):
        line = "none" if artist.get_linestyle() == "None" else artist.get_linestyle()
        parts = [_colour(artist.get_color()), line, artist.get_marker()]
        marked = parts[-1] not in (None, "", "None")
        sizes = [artist.get_linewidth(), *([artist.get_markersize()] if marked else [])]
    elif isinstance(artist, Patch):
        parts = [_colour(artist.get_facecolor()), _colour(artist.get_edgecolor())]
        parts += [artist.get_linestyle(), artist.get_hatch()]
        sizes = [artist.get_linewidth()]
    else:
        colours = [*artist.get_facecolor(), *artist.get_edgecolor()]
        parts = [_colour(colour) for colour in np.unique(np.array(colours), axis=0)]
        points = artist.get_sizes() if isinstance(artist, PathCollection) else []
        sizes = [*np.unique(artist.get_linewidth()), *np.unique(points)]
    parts += map(_number, sizes)
    return " ".join(str(part) for part in parts if part not in (None, "", "None"))


def _letters(text: Text) -> str:
    """Size, colour, alignment and weight of a text."""
    parts = [_number(text.get_fontsize()), _colour(text.get_color())]
    parts += [text.get_ha(), text.get_va(), "bold" if text.get_weight() == "bold" else ""]
    return " ".join(filter(None, parts))


def _layout(legend: Legend) -> str:
    """Where a legend stands, its columns and whether it has a frame."""
    place = {code: name for name, code in Legend.codes.items()}[legend._loc]  # type: ignore[attr-defined]
    outside = "outside " if legend._outside_loc else ""  # type: ignore[attr-defined]
    framed = ", framed" if legend.get_frame_on() else ""
    return f"{outside}{place}, {legend._ncols} wide{framed}"  # type: ignore[attr-defined]


def _colour(colour: Any) -> str:
    """A colour by its digits; with its opacity where it is not full."""
    digits = to_hex(colour, keep_alpha=True)
    return digits[:7] if digits.endswith("ff") else digits


def _number(value: float) -> str:
    # Nine decimals first: what is left of a nought by the arithmetic of a drawing is no number.
    text = f"{round(float(value), 9):.4g}"
    return "0" if text == "-0" else text


def _numbers(values: Iterable[Any]) -> str:
    return ", ".join(v if isinstance(v, str) else _number(v) for v in values)


def _points(points: Any) -> str:
    return " ".join(f"({_numbers(point)})" for point in np.asarray(points))


# Drawings -----------------------------------------------------------------------------------------


def describe_svg(svg: str) -> str:
    """A drawing's elements with their texts and attributes, lengths rounded to whole pixels."""
    return "\n".join(_element(ElementTree.fromstring(svg), ""))


def _element(node: ElementTree.Element, indent: str) -> Iterator[str]:
    def rounded(value: str) -> str:
        return re.sub(r"-?\d+\.\d+", lambda match: f"{float(match[0]):.0f}", value)

    attributes = [f"{key}={rounded(value)!r}" for key, value in node.attrib.items()]
    text = [repr(node.text)] if node.text else []
    yield indent + " ".join([node.tag.rpartition("}")[2], *attributes, *text])
    for child in node:
        yield from _element(child, indent + "  ")


# Pages and commands -------------------------------------------------------------------------------


@contextlib.contextmanager
def opened_once() -> Iterator[None]:
    """Read the study and answer its claims once for all pages within: half of their time."""
    page.keep_open(open_pilot(STUDY))
    try:
        yield
    finally:
        page.forget()


def record_page(source: Path) -> str:
    """Run a notebook on the complete study, in this process, and put down all that it shows.

    Of its prose, headings are kept for orientation.
    """
    blocks: list[str] = []
    as_words = mock.patch("earlyhelp.report.page.print_figure", _figure_in_words)
    has = study_has(open_pilot(STUDY))
    with _shell() as shell, plt.rc_context(), as_words:
        for cell in jupytext.read(source).cells:
            needs = (tag for tag in cell.metadata.get("tags", []) if tag.startswith(NEEDS))
            if not all(has[tag.removeprefix(NEEDS)] for tag in needs):
                continue
            if cell.cell_type == "markdown":
                blocks += re.findall(r"^#+ .*$", cell.source, re.MULTILINE)
                continue
            code = cell.source
            if "parameters" in cell.metadata.get("tags", ()):
                code += f"\nstudy = {str(STUDY)!r}"
            with capture_output() as captured:
                result = shell.run_cell(code)
            result.raise_error()
            blocks += filter(None, [captured.stdout, captured.stderr])
            blocks += map(_shown, captured.outputs)
            if figure := cell.metadata.get("mystnb", {}).get("figure"):
                alternative = cell.metadata["mystnb"].get("image", {}).get("alt", "")
                told = [
                    *(output.metadata.get(TITLE, "") for output in captured.outputs),
                    figure["caption"],
                    *(output.metadata.get(CAPTION, "") for output in captured.outputs),
                ]
                caption = f"{figure['name']}: {' '.join(filter(None, told))}"
                blocks.append(f"{caption}\n\n{alternative}".strip())
    return "\n\n".join(block.strip() for block in blocks) + "\n"


def _figure_in_words(figure: Figure, *_: Any, **__: Any) -> str:
    """Stand where a page turns its figure into SVG."""
    return describe(figure)


@contextlib.contextmanager
def _shell() -> Iterator[InteractiveShell]:
    """Give a shell of its own, which knows text only."""
    with tempfile.TemporaryDirectory() as folder:
        shell = InteractiveShell.instance(
            config=Config(HistoryManager={"enabled": False}),
            ipython_dir=folder,
            user_module=ModuleType("notebook"),
        )
        shell.display_formatter.active_types = ["text/plain"]
        try:
            yield shell
        finally:
            plt.close("all")
            shell.cleanup()
            InteractiveShell.clear_instance()


def _shown(output: RichOutput) -> str:
    if drawing := output.data.get("image/svg+xml"):
        return describe_svg(drawing) if drawing.lstrip().startswith("<") else drawing
    return str(output.data.get("text/markdown", output.data["text/plain"]))


def record_command(name: str) -> str:
    """Run a command on the complete study and put down what it prints."""
    printed, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(told):
        status = command_line([name, str(STUDY)])
    return f"{printed.getvalue()}\nstderr:\n{told.getvalue()}\nstatus: {status}\n"


RECORDS: dict[str, Callable[[], str]] = {
    **{
        f"{source.stem}.txt": partial(record_page, source)
        for source in sorted((ROOT / "notebooks").glob("*.md"))
    },
    **{f"earlyhelp-{name}.txt": partial(record_command, name) for name in COMMANDS},
}


def main() -> None:
    """Write the golden files and name those that changed; all are made before any is written."""
    with opened_once():
        made = {name: make() for name, make in RECORDS.items()}
    GOLDEN.mkdir(exist_ok=True)
    for path in sorted(GOLDEN.iterdir()):
        if path.name not in made:
            path.unlink()
            print(f"{path.relative_to(ROOT)}: removed")
    for name, text in made.items():
        path = GOLDEN / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)}: written")


if __name__ == "__main__":
    main()
