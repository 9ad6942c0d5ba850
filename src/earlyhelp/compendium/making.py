"""A compendium of a team's own, made of what the first one has and of a template.

Notebooks, workflow and style stand once, in the checkout of this package, which takes them along
when it is installed (`pyproject.toml`); the template has only what is a team's own. That is why
copier's update, which is for files of a template, has nothing to do here: README.md of a compendium
says how it takes the files of a newer package.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import copier
import jupytext
import nbformat
from docutils.nodes import make_id

from earlyhelp.compendium.blank import dictionary, headers
from earlyhelp.compendium.wanted import Wanted, wanted
from earlyhelp.execution.notebooks import CHAPTER, NEEDS, RECONSTRUCTED
from earlyhelp.render.citation import UNNAMED
from earlyhelp.study.design import Question, read_questions
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, as_text
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import is_there
from earlyhelp.validate import validate

# What both have, as it is.
SHARED = (
    "Snakefile",
    "_config.yml",
    "book/_static",
    "book/_templates",
    "book/glossary.md",
    "book/reading_statuses.md",
    "book/references.md",
    "requirements.txt",
)
# A line that no page shows, where another study's text stood.
YOURS = "% Your text."
_CHAPTER = re.compile("^ +- file: ([a-z_]+)\n", re.MULTILINE)
_STUDY = re.compile('^study = "(.*)"$', re.MULTILINE)


def shared() -> Path:
    """Folder of what compendia share: in the installed package, or else the checkout's own.

    Examples
    --------
    >>> (shared() / "notebooks/promise.md").is_file()
    True
    """
    packed = Path(__file__).with_name("shared")
    return packed if packed.is_dir() else Path(__file__).parents[3]


def questions() -> dict[str, Question]:
    """Questions that the pages ask, by id, in the words of the study that they were written for.

    Examples
    --------
    >>> questions()["2.1"].name
    'Potential impacts'
    """
    written_for = _STUDY.search((shared() / "notebooks/index.md").read_text("utf-8"))
    assert written_for
    return read_questions(shared() / written_for[1])


def new(place: Path, said: Mapping[str, str]) -> Path:
    """Make a compendium.

    Parameters
    ----------
    place : Path
        Its folder, which is not there yet; its name is that of the study.
    said : mapping
        A text for each name of `asked.ASKED`.

    Returns
    -------
    Path
        The study's folder in it.

    Raises
    ------
    InputError
        With everything that cannot be read, or when something stands at the place; nothing is
        written then.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from earlyhelp.compendium.asked import ASKED
    >>> place = Path(mkdtemp()) / "My pilot"
    >>> study = new(place, {name: example for name, (_, example) in ASKED.items()})
    >>> study.relative_to(place).as_posix()
    'data/my-pilot'
    >>> (study / "raw/baseline.csv").read_text("utf-8").split(",")[:3]
    ['practitioner_id', 'team', 'completed_on']
    """
    title = place.absolute().name
    id: str = make_id(title)
    problems = []
    if is_there(place):
        problems.append(Problem(str(place), None, "", "something there", "a new folder"))
    if not id:
        expected = "a name with letters from a to z"
        problems.append(Problem(str(place), None, "", repr(title), expected))
    try:
        design = wanted(said, questions())
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".new-", dir=place.parent) as folder:
        made = Path(folder) / "made"
        _make(made, id, title, design)
        # Two ids that clash are told before anything stands at the place.
        validate(made / "data" / id)
        made.rename(place)
    return place / "data" / id


def _make(made: Path, id: str, title: str, design: Wanted) -> None:
    about = {"id": id, "title": title, "requirement": requirement(), **asdict(design)}
    about |= {"references": (shared() / "book/references.bib").read_text("utf-8")}
    about |= {"unnamed": UNNAMED, "shared": SHARED}
    template = Path(__file__).with_name("template")
    copier.run_copy(str(template), made, data=about, defaults=True, quiet=True)
    for name in SHARED:
        source, target = shared() / name, made / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, target)
    pages = {path.stem for path in (made / "book").glob("*.md")}
    toc = without_chapters((shared() / "_toc.yml").read_text("utf-8"), pages)
    (made / "_toc.yml").write_text(toc, "utf-8", newline="\n")
    study = made / "data" / id
    (study / "raw").mkdir()
    described = dictionary(id, title, design)
    (study / DATAPACKAGE_FILE).write_text(as_text(described), "utf-8", newline="\n")
    for name, header in headers(described).items():
        (study / name).write_text(header, "utf-8", newline="\n")
    (made / "notebooks").mkdir()
    for source in sorted((shared() / "notebooks").glob("*.md")):
        text = with_room_for_text(source.read_text("utf-8"), f"data/{id}")
        (made / "notebooks" / source.name).write_text(text, "utf-8", newline="\n")


def without_chapters(contents: str, pages: Collection[str]) -> str:
    r"""A table of contents without chapters that a book has not, and parts that had these alone.

    Parameters
    ----------
    contents : str
        As `_toc.yml` has it; pages of results stay.
    pages : collection of str

    Examples
    --------
    >>> contents = "parts:\n  - caption: A\n    chapters:\n      - file: ours\n"
    >>> without_chapters(contents, ["yours"])
    'parts:\n'
    """
    parts = re.split(r"^(?=  - caption: )", contents, flags=re.MULTILINE)
    kept = [_CHAPTER.sub(lambda line: line[0] if line[1] in pages else "", part) for part in parts]
    return "".join(part for part in kept if "- file: " in part or not part.startswith("  - "))


def with_room_for_text(notebook: str, study: str) -> str:
    """A notebook about another study: its parameter, and room where the text of the first stood.

    Parameters
    ----------
    notebook : str
        As MyST Markdown.
    study : str
        Folder of the other study.

    Returns
    -------
    str

    Examples
    --------
    >>> text = (shared() / "notebooks/promise.md").read_text("utf-8")
    >>> "report {cite}" in text, "report {cite}" in with_room_for_text(text, "data/mine")
    (True, False)
    """
    read = jupytext.reads(notebook, "md:myst")
    cells: list[nbformat.NotebookNode] = []
    for cell in read.cells:
        tags = cell.metadata.get("tags", [])
        cell.source = _STUDY.sub(f'study = "{study}"', cell.source)
        if CHAPTER in tags and cell.cell_type == "markdown":
            cell.source = YOURS
        elif CHAPTER in tags or RECONSTRUCTED in tags:
            continue
        if f"{NEEDS}own-words" in tags:
            tags.remove(f"{NEEDS}own-words")
        if cell.source != YOURS or not cells or cells[-1].source != YOURS:
            cells.append(cell)
    read.cells = cells
    written: str = jupytext.writes(read, "md:myst")
    return written


def requirement() -> str:
    """The installed package as pip is asked for it: from where it came (PEP 610)."""
    package = distribution("earlyhelp")
    found = json.loads(package.read_text("direct_url.json") or "{}")
    if "vcs_info" in found:
        vcs = found["vcs_info"]
        return f"earlyhelp @ {vcs['vcs']}+{found['url']}@{vcs['commit_id']}"
    return f"earlyhelp @ {found['url']}" if found else f"earlyhelp=={package.version}"
