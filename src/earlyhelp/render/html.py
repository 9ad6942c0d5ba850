"""HTML: the book's chapters and a study's executed notebooks, built strictly by Jupyter Book.

The build is a function of its sources: pages carry no date and no copyright year (`_config.yml`),
figures and search index are ordered by Sphinx, so the same sources give the same bytes.
"""

from __future__ import annotations

import html
import json
import os
import posixpath
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import lxml.html
import yaml
from joblib import cpu_count
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.search.en import SearchEnglish
from sphinx.util.console import strip_colors
from sphinx.util.docutils import docutils_namespace, patch_docutils

from earlyhelp.render.again import SeenElsewhere
from earlyhelp.render.elements import BLOCKS
from earlyhelp.render.volumes import Contents, Imprint, imprint, read_contents
from earlyhelp.study.design import Study, read_study
from earlyhelp.study.problems import InputError, Problem

FRONT_PAGE = "index.ipynb"  # a notebook like the others, but above their folder
# Pages of book/ that every study's book has.
REFERENCE_PAGES = ("instruments", "reading_statuses", "glossary", "references")

PAGES = (".md", ".ipynb")
# What no excerpt of a page shows, by its element or class.
UNSAID = {"headerlink", "cell_input", "rows", "script", "style", "svg"}

_WARNING = re.compile(r"(?P<file>.+?)(?::(?P<row>\d+))?: (?:WARNING|ERROR|CRITICAL): (?P<text>.+)")


class Search(SearchEnglish):
    """Search in English that takes a number such as 70.6 or .697, or A-05, for one word."""

    _word_re = re.compile(r"\d+(?:[.,]\d+)+|(?<!\w)\.\d+|\b[A-Z]-\d+|\w+")
    js_splitter_code = (
        "var splitQuery = (query) => query.match("
        "/\\d+(?:[.,]\\d+)+|(?<![\\p{Letter}\\p{Number}_])\\.\\d+|\\b[A-Z]-\\d+"
        "|[\\p{Letter}\\p{Number}_]+/giu) ?? [];"
    )


def build_html(
    study_folder: str | Path,
    results: str | Path,
    told: str | Path,
    output: str | Path,
    kept: str | Path,
    root: str | Path = ".",
) -> None:
    """Build the HTML book of one study.

    The pages take the place of `output` only when nothing warned, so a failed build leaves the last
    good one.

    Parameters
    ----------
    study_folder : path
        Folder of the study.
    results : path
        Folder of its executed notebooks.
    told : path
        What `results.build_results` told of it.
    output : path
        Folder for the pages; replaced.
    kept : path
        Folder that keeps what a later build can use, of which nothing but the text of pages may
        differ: neither code nor data, settings, styles or templates. What comes out has the same
        bytes as without it.
    root : path
        The compendium: `_config.yml`, `_toc.yml`, `book/`.

    Raises
    ------
    InputError
        With every warning of the build.
    """
    study, output, kept, root = read_study(study_folder), Path(output), Path(kept), Path(root)
    for folder in (output.parent, kept):
        folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".html-", dir=output.parent) as name:
        new = Path(name)
        contents = assemble(study, Path(results), root, new / "book")
        given = json.loads(Path(told).read_text("utf-8"))
        said = imprint(study, root, given["digest"])
        pages = kept.resolve() / "html"
        _build(new / "book", study_settings(study, said, contents, given), root, kept.resolve())
        _write_data(pages / "_static/claim_data.js", "earlyhelpClaims", given["cards"])
        _write_data(pages / "_static/page_texts.js", "earlyhelpTexts", texts(pages))
        shutil.copytree(pages, new / "html")
        if output.exists():
            output.rename(new / "replaced")
        (new / "html").rename(output)


def _write_data(path: Path, name: str, data: dict[str, Any]) -> None:
    """Write data as a script, which a browser loads from disk, too."""
    path.write_text(f"window.{name} = {json.dumps(data, sort_keys=True)};\n", "utf-8", newline="\n")


def texts(pages: Path) -> dict[str, str]:
    """What each page says, by its address: its text, and the ids of its sections, as HTML."""
    found = {}
    for path in sorted(pages.rglob("*.html")):
        # The theme leaves templates of its own among the static files.
        if "_static" in path.parts:
            continue
        page = lxml.html.document_fromstring(path.read_text("utf-8"))
        for article in page.xpath("//article[contains(@class, 'bd-article')]"):
            text = re.sub(r"\s+", " ", "".join(_text(article)))
            found[path.relative_to(pages).as_posix()] = f'<article role="main">{text}</article>'
    return found


def _text(element: Any) -> Iterator[str]:
    """Text of an element, as HTML; of elements in it only sections are left."""
    yield html.escape(element.text or "", quote=False)
    for child in element:
        if not _unsaid(child):
            if child.tag == "section":
                yield f'<section id="{html.escape(child.get("id"))}">'
            yield from _text(child)
            yield {"section": "</section>"}.get(child.tag, " " if child.tag in BLOCKS else "")
        yield html.escape(child.tail or "", quote=False)


def _unsaid(element: Any) -> bool:
    """Whether no excerpt of a page shows an element; a comment's tag is no text."""
    classes = element.get("class", "").split()
    folds = element.tag == "summary" and "hide" in element.getparent().get("class", "").split()
    return (
        folds or not isinstance(element.tag, str) or not UNSAID.isdisjoint([element.tag, *classes])
    )


def assemble(study: Study, results: Path, root: Path, source: Path) -> Contents:
    """Bring together the Sphinx sources of one study's book in a new folder `source`.

    A page of results that shows nothing has no cells (`notebooks.execute`); it is left out.
    """
    book, contents = root / "book", read_contents(root)
    own_chapters = () if study.chapters else ("*.md",)
    shutil.copytree(book, source, ignore=shutil.ignore_patterns("results", *own_chapters))
    shutil.copytree(results, source / "results")
    (source / "results" / FRONT_PAGE).rename(source / FRONT_PAGE)
    empty = [page for page in source.glob("results/*.ipynb") if not _cells(page)]
    for page in empty:
        page.unlink()
    if study.raw_may_leave:
        shutil.copytree(study.folder / "raw", source / "raw")
    if study.chapters:
        pages = contents.pages - {f"results/{page.stem}" for page in empty}
    else:
        for name in REFERENCE_PAGES:
            shutil.copy(book / f"{name}.md", source)
        files = (path.relative_to(source).with_suffix("") for path in source.rglob("*.*"))
        pages = {file.as_posix() for file in files}
    if absent := contents.pages - pages:
        _leave_out_links(source, absent)
    if study.provenance == "reconstructed":
        _print_nothing_about_people(source)
    contents = contents.of(pages)
    toc = yaml.safe_dump(contents.sphinx, sort_keys=False)
    (source / "_toc.yml").write_text(toc, "utf-8", newline="\n")
    return contents


def _cells(notebook: Path) -> list[Any]:
    found: list[Any] = json.loads(notebook.read_text("utf-8"))["cells"]
    return found


# How text leads to a page: in brackets, or by words.
_LINKS = re.compile(r" \(\{doc\}`([^`<]+)`\)|\{doc\}`([^`<]+) <([^>`]+)>`")


def _leave_out_links(source: Path, absent: set[str]) -> None:
    """Take links to pages that the study has not out of the pages that all studies share."""

    def without(text: str, folder: str) -> str:
        def kept(link: re.Match[str]) -> str:
            in_brackets, words, page = link.groups()
            leads_to = posixpath.join("/", folder, page or in_brackets).removeprefix("/")
            return (words or "") if leads_to in absent else link[0]

        return _LINKS.sub(kept, text)

    for name in REFERENCE_PAGES:
        path = source / f"{name}.md"
        path.write_text(without(path.read_text("utf-8"), ""), "utf-8", newline="\n")
    for path in (source / FRONT_PAGE, *source.glob("results/*.ipynb")):
        notebook = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                folder = "" if path.name == FRONT_PAGE else "results"
                cell["source"] = without("".join(cell["source"]), folder)
        path.write_text(json.dumps(notebook), "utf-8", newline="\n")


def _print_nothing_about_people(source: Path) -> None:
    """Leave to the screen what concerns only reports on real people."""
    for path in source.glob("*.md"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("{.observed-only}", "{.screen-only}"), "utf-8", newline="\n")


def _build(new: Path, settings: dict[str, Any], root: Path, kept: Path) -> None:
    """Build pages from a folder of sources; all that comes of it lies in `kept`."""
    whole, source, pages = kept / "whole", kept / "book", kept / "html"
    changed = _changed(source, new) if whole.exists() else None
    whole.unlink(missing_ok=True)
    if changed is not None:
        for page in changed:
            shutil.copyfile(new / page, source / page)
        try:
            if changed:
                _run_sphinx(settings, root, kept, changed)
                _lay_over(kept / "new", pages)
        except SeenElsewhere:
            changed = None
    if changed is None:
        for folder in filter(Path.is_dir, list(kept.iterdir())):
            shutil.rmtree(folder)
        shutil.move(new, source)
        _run_sphinx(settings, root, kept)
        (kept / "new").rename(pages)
    whole.touch()


def _changed(before: Path, after: Path) -> list[Path] | None:
    """Pages whose text is another; None where more than that differs."""
    files, others = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*.*")
            if path.is_file()
        }
        for folder in (after, before)
    )
    changed = [name for name in files if files[name] != others.get(name)]
    same = files.keys() == others.keys() and all(name.suffix in PAGES for name in changed)
    return changed if same else None


def _lay_over(new: Path, pages: Path) -> None:
    """Put new pages over old ones, and remove images that no page shows any more."""
    shutil.copytree(new, pages, dirs_exist_ok=True)
    shutil.rmtree(new)
    shown = "".join(path.read_text("utf-8") for path in pages.rglob("*.html"))
    for image in pages.glob("_images/*"):
        if image.name not in shown:
            image.unlink()


def _run_sphinx(
    settings: dict[str, Any], root: Path, kept: Path, changed: Sequence[Path] = ()
) -> None:
    """Build in an empty folder: all pages, or those that changed since the last build."""
    source = kept / "book"
    whole, _ = get_final_config(
        user_yaml=root / "_config.yml",
        # Jupyter Book takes this LaTeX option from its command line and misses it otherwise.
        cli_config={"latex_individualpages": False, **settings},
        sourcedir=source,
        raise_on_invalid=True,
    )
    whole["extensions"].remove("sphinx_thebe")  # puts a remote server's settings on every page
    warnings = StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=kept / "new",
                doctreedir=kept / "doctrees",
                buildername="html",
                confoverrides=whole,
                status=None,
                warning=warnings,
                freshenv=not changed,
                parallel=cpu_count(),
            )
            app.add_search_language(Search)
            app.connect("html-page-context", _list_items)
            names = [page.with_suffix("").as_posix() for page in changed]
            app.connect("env-get-outdated", lambda *_: names)
            app.build(force_all=not changed, filenames=[str(source / page) for page in changed])
    except SeenElsewhere:
        raise
    except SphinxError as error:
        raise InputError([Problem("book", None, "", str(error), "a book that builds")]) from error
    # Like Sphinx's -W --keep-going, but with every warning in the error.
    if problems := list(_problems(warnings.getvalue(), source)):
        raise InputError(sorted(problems, key=lambda problem: (problem.file, problem.row or 0)))
    # Sphinx's note for a later build that adds to this one; it changes with the folder's path.
    (kept / "new/.buildinfo").unlink()


def _list_items(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _: Any) -> None:
    """Entries of the bibliography are items of a list; docutils gives them a deprecated role."""
    body = context.get("body", "")
    context["body"] = body.replace('role="doc-biblioentry"', 'role="listitem"')


def study_settings(
    study: Study, said: Imprint, contents: Contents, told: Mapping[str, Any]
) -> dict[str, Any]:
    """Sphinx settings that depend on the study: title, provenance, volumes and citation.

    A page may show the list of a study folder's files, what a number may claim, or what the book
    was made from, as the substitutions `study_files`, `statuses` and `edition`.
    """
    report = contents.volumes[0]
    return {
        "nitpicky": True,
        "earlyhelp_claims": told["claims"],
        "myst_substitutions": {**told["substitutions"], "edition": said.edition},
        "html_title": study.title,
        # The theme takes both as HTML.
        "html_theme_options": {
            "announcement": html.escape(said.provenance),
            "logo": {"text": html.escape(study.title)},
        },
        "html_context": {
            "subtitle": study.subtitle,
            "cite": said.cite,
            # Beside the front page. The study's folder, and so a file, may have any character.
            "volumes": [(volume.heading, quote(volume.file(study))) for volume in contents.volumes],
            "word": quote(report.file(study, "docx")),
            # The theme's own default, which it misses when nobody says so.
            "default_mode": "auto",
        },
    }


def _problems(warnings: str, source: Path) -> Iterator[Problem]:
    """Read Sphinx's warnings; a line that starts no warning continues the one before."""
    expected = "a build without warnings"
    for line in strip_colors(warnings).replace(f"{source}{os.sep}", "").splitlines():
        if match := _WARNING.match(line):
            row = int(match["row"]) if match["row"] else None
            yield Problem(match["file"], row, "", match["text"], expected)
        elif line.strip():
            yield Problem("book", None, "", line.strip(), expected)
