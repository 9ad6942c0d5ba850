"""Volumes: which parts of the table of contents are printed together, and what stands on a cover.

`_toc.yml` names the volumes and gives each part one of them, or `html only`. What a cover says
comes from `study.yml` and `CITATION.cff`; what neither says is left out.
"""

from __future__ import annotations

import platform
from calendar import month_name
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from earlyhelp.render.citation import Citation, read_citation
from earlyhelp.study.design import Study
from earlyhelp.study.problems import InputError, Problem

PACKAGES = ("pandas", "seaborn", "pingouin", "papermill", "jupyter-book")
HTML_ONLY = "html only"

PROVENANCE = {
    "reconstructed": (
        "Synthetic data: the individual records were rebuilt from published figures; they describe "
        "no real person and are not findings."
    ),
    "observed": (
        "Observed data: every number is computed from the pseudonymous records of real people."
    ),
}


@dataclass(frozen=True)
class Volume:
    """One printed document; the first of a book is its report, which also comes as Word file.

    Attributes
    ----------
    id : str
        Its key in `_toc.yml`, a part of the file's name.
    heading : str
        What its cover says.

    Examples
    --------
    >>> Volume("annex-b", "Annex B: the checks").name
    'Annex B'
    """

    id: str
    heading: str

    @property
    def name(self) -> str:
        """What links call it: its heading up to a colon."""
        return self.heading.partition(":")[0]

    def file(self, study: Study, suffix: str = "pdf") -> str:
        """Name of its file, which says of what study it is; it is handed on by itself."""
        return f"earlyhelp-{study.folder.name}-{self.id}.{suffix}"


@dataclass(frozen=True)
class Contents:
    """The table of contents of a compendium.

    Attributes
    ----------
    sphinx : dict
        What Sphinx reads of it.
    volumes : tuple of Volume
        The report first; it has the front page.
    printed_in : dict
        Volume of each part by the part's caption, of the front page by ""; None for HTML only.
    """

    sphinx: dict[str, Any]
    volumes: tuple[Volume, ...]
    printed_in: dict[str, Volume | None]

    @property
    def pages(self) -> set[str]:
        """All pages but the front page."""
        return {item["file"] for part in self.sphinx["parts"] for item in part["chapters"]}

    def of(self, pages: set[str]) -> Contents:
        """Keep these pages, the parts that have some of them, and the volumes of these parts."""
        parts = [
            {**part, "chapters": [item for item in part["chapters"] if item["file"] in pages]}
            for part in self.sphinx["parts"]
        ]
        parts = [part for part in parts if part["chapters"]]
        kept = {"", *(part["caption"] for part in parts)}
        printed_in = {part: volume for part, volume in self.printed_in.items() if part in kept}
        volumes = tuple(volume for volume in self.volumes if volume in printed_in.values())
        return Contents({**self.sphinx, "parts": parts}, volumes, printed_in)


def read_contents(root: Path) -> Contents:
    """Read the `_toc.yml` of a compendium.

    Raises
    ------
    InputError
        When a part has no volume, or one that the file does not name.

    Examples
    --------
    >>> [volume.name for volume in read_contents(Path()).volumes]
    ['Report', 'Annex A', 'Annex B']
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    named = {name: Volume(name, heading) for name, heading in toc.pop("volumes").items()}
    volumes = tuple(named.values())
    printed_in: dict[str, Volume | None] = {"": volumes[0]}
    problems = []
    for part in toc["parts"]:
        chosen = part.pop("volume", None)
        if chosen not in (*named, HTML_ONLY):
            expected = f"one of: {', '.join((*named, HTML_ONLY))}"
            problems.append(
                Problem("_toc.yml", None, f"volume of {part['caption']!r}", repr(chosen), expected)
            )
        printed_in[part["caption"]] = named.get(chosen)
    if problems:
        raise InputError(problems)
    return Contents(toc, volumes, printed_in)


@dataclass(frozen=True)
class Imprint:
    """What the cover and the properties of a document say; "" and () where nothing is known.

    The date is one of ISO 8601; `in_words` says it.
    """

    title: str
    subtitle: str
    authors: tuple[str, ...]
    licence: str
    keywords: tuple[str, ...]
    cite: str
    provenance: str
    edition: str
    date: str


def imprint(study: Study, root: Path, digest: str) -> Imprint:
    """Gather a study's imprint; the compendium itself is described in `CITATION.cff`.

    Authors and keywords there are those of the study that the compendium was made for. Who wrote
    another one nothing says, so that only the compendium is named with it. `digest` is that of the
    study's files (`validate.digest`).

    Examples
    --------
    >>> from earlyhelp.study.design import read_study
    >>> imprint(read_study("data/rotherham"), Path(), "2f3a").licence
    'Creative Commons Attribution 4.0 International (CC BY 4.0)'
    """
    cited = read_citation(root)
    authors: tuple[str, ...] = ()
    made_by = f"Made with version {cited.version} of {cited.title}"
    if study.chapters:
        authors = tuple(author.in_words for author in cited.authors)
        of = "" if cited.title == study.title else f" of {cited.title}"
        made_by = f"Version {cited.version}{of}"
    said = ("; ".join(authors), study.title, made_by)
    return Imprint(
        title=study.title,
        subtitle=study.subtitle,
        authors=authors,
        licence=study.licence,
        keywords=cited.keywords if study.chapters else (),
        cite=f"{'. '.join(filter(None, said))}.",
        provenance=PROVENANCE[study.provenance],
        edition=_edition(study, cited, digest),
        date=study.date.isoformat() if study.date else "",
    )


def in_words(day: date) -> str:
    """Write a date, in English whatever the locale.

    Examples
    --------
    >>> in_words(date(2023, 5, 1))
    '1 May 2023'
    """
    return f"{day.day} {month_name[day.month]} {day.year}"


def _edition(study: Study, cited: Citation, digest: str) -> str:
    """What a book was made from: its version, the study's files and the packages used."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    dated = f" of {in_words(study.date)}" if study.date else ""
    return (
        f"Version {cited.version}{dated}. "
        f"The SHA-256 of the study's data and figures begins {digest}. "
        f"Computed with Python {platform.python_version()}, {packages}."
    )
