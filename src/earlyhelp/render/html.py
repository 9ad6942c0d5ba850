"""HTML: the book's chapters and a study's executed notebooks, built strictly by Jupyter Book.

The build is a function of its sources: pages carry no date and no copyright year (`_config.yml`),
figures and search index are ordered by Sphinx, so the same sources give the same bytes.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import yaml
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.console import strip_colors
from sphinx.util.docutils import docutils_namespace, patch_docutils

from earlyhelp.published.claims import claims_of
from earlyhelp.published.ledger import formatted, ledger
from earlyhelp.report.myst import escape
from earlyhelp.study.design import PUBLISHED, Study, read_study
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import open_pilot

# Pages of book/ that every study's book has.
REFERENCE_PAGES = ("instruments", "reading_statuses", "glossary", "references")

PROVENANCE = {
    "reconstructed": (
        "Synthetic data: the individual records were rebuilt from published figures; they describe "
        "no real person and are not findings."
    ),
    "observed": (
        "Observed data: every number is computed from the pseudonymous records of real people."
    ),
}

_WARNING = re.compile(r"(?P<file>.+?)(?::(?P<row>\d+))?: (?:WARNING|ERROR|CRITICAL): (?P<text>.+)")


def build_html(
    study_folder: str | Path, results: str | Path, output: str | Path, root: str | Path = "."
) -> None:
    """Build the HTML book of one study.

    The pages are built beside `output` and take its place only when nothing warned, so a failed
    build leaves the last good one.

    Parameters
    ----------
    study_folder : path
        Folder of the study.
    results : path
        Folder of its executed notebooks.
    output : path
        Folder for the pages; replaced.
    root : path
        The compendium: `_config.yml`, `_toc.yml`, `book/`.

    Raises
    ------
    InputError
        With every warning of the build.
    """
    study, output, root = read_study(study_folder), Path(output), Path(root)
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".html-", dir=output.parent) as folder:
        work = Path(folder).resolve()
        assemble(study, Path(results), root, work / "book")
        _run_sphinx(study, root / "_config.yml", work)
        if output.exists():
            output.rename(work / "replaced")
        # Sphinx's note for a later build that adds to this one; it changes with the folder's path.
        (work / "html/.buildinfo").unlink()
        (work / "html").rename(output)


def assemble(study: Study, results: Path, root: Path, source: Path) -> None:
    """Bring together the Sphinx sources of one study's book in a new folder `source`."""
    book, toc = root / "book", yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    own_chapters = () if study.id == PUBLISHED else ("*.md",)
    shutil.copytree(book, source, ignore=shutil.ignore_patterns("results", *own_chapters))
    shutil.copytree(results, source / "results")
    if study.id != PUBLISHED:
        for page in REFERENCE_PAGES:
            shutil.copy(book / f"{page}.md", source)
        (source / "index.md").write_text(_front_page(study), encoding="utf-8")
        toc = _existing(toc, source)
    (source / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")


def _front_page(study: Study) -> str:
    title, subtitle = (escape(text) for text in (study.title, study.subtitle))
    return f"# Overview\n\n{title}\n\n{subtitle}\n\n```{{tableofcontents}}\n```\n"


def _existing(toc: dict[str, Any], source: Path) -> dict[str, Any]:
    """Keep the chapters that this study has, and the parts that still have chapters."""
    pages = {path.relative_to(source).with_suffix("").as_posix() for path in source.rglob("*.*")}
    parts = [
        {**part, "chapters": [item for item in part["chapters"] if item["file"] in pages]}
        for part in toc["parts"]
    ]
    return {**toc, "parts": [part for part in parts if part["chapters"]]}


def _run_sphinx(study: Study, config: Path, work: Path) -> None:
    source = work / "book"
    settings, _ = get_final_config(
        user_yaml=config,
        # Jupyter Book takes this LaTeX option from its command line and misses it otherwise.
        cli_config={
            "latex_individualpages": False,
            **study_settings(study, citation(study, config.parent)),
        },
        sourcedir=source,
        raise_on_invalid=True,
    )
    settings["extensions"].remove("sphinx_thebe")  # puts a remote server's settings on every page
    warnings = StringIO()
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=work / "html",
                doctreedir=work / "doctrees",
                buildername="html",
                confoverrides=settings,
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build(force_all=True)
    except SphinxError as error:
        raise InputError([Problem("book", None, "", str(error), "a book that builds")]) from error
    # Like Sphinx's -W --keep-going, but with every warning in the error.
    if problems := list(_problems(warnings.getvalue(), source)):
        raise InputError(problems)


def citation(study: Study, root: Path) -> str:
    """How to cite a study's book; the compendium itself is described in `CITATION.cff`."""
    cff = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    authors = "; ".join(author["name"] for author in cff["authors"])
    return f"{authors}. {study.title}. Version {cff['version']} of {cff['title']}."


def study_settings(study: Study, cite: str) -> dict[str, Any]:
    """Sphinx settings that depend on the study: title, provenance, PDF and citation."""
    return {
        "nitpicky": True,
        "html_title": study.title,
        # The theme takes both as HTML.
        "html_theme_options": {
            "announcement": html.escape(PROVENANCE[study.provenance]),
            "logo": {"text": html.escape(study.title)},
        },
        "html_context": {
            "subtitle": study.subtitle,
            "cite": cite,
            # The build folder has the name of the study's folder, which may hold any character.
            "pdf": quote(f"../earlyhelp-{study.folder.name}.pdf"),
            # The theme's own default, which it misses when nobody says so.
            "default_mode": "auto",
        },
        "earlyhelp_claims": claims_in_prose(study),
    }


def claims_in_prose(study: Study) -> dict[str, tuple[str, str]]:
    """What the data give for each claim, and what the report prints and became of it, by id."""
    claims = claims_of(study.folder)
    if not claims:
        return {}
    table = ledger(open_pilot(study.folder), claims)
    values = formatted(table)
    return {
        row["id"]: (
            values[row["id"]],
            f"Report, {row['place']}: {row['printed']} {row['unit']}".strip()
            + f" ({row['status']})",
        )
        for row in table.to_dict("records")
        if row["id"] in values
    }


def _problems(warnings: str, source: Path) -> Iterator[Problem]:
    """Read Sphinx's warnings; a line that starts no warning continues the one before."""
    expected = "a build without warnings"
    for line in strip_colors(warnings).replace(f"{source}/", "").splitlines():
        if match := _WARNING.match(line):
            row = int(match["row"]) if match["row"] else None
            yield Problem(match["file"], row, "", match["text"], expected)
        elif line.strip():
            yield Problem("book", None, "", line.strip(), expected)
