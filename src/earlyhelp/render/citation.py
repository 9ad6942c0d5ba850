"""Who wrote what, and under which title it is cited: `CITATION.cff` of a compendium.

Of the Citation File Format 1.2 (citation-file-format.github.io) what covers, pages and a package
say; its other keys are for other programs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from earlyhelp.study.yamlfile import read_yaml

CITATION_FILE = "CITATION.cff"
# What a new compendium says until its team has named itself.
UNNAMED = "AUTHORS TO BE NAMED"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Author(_Part):
    """A person by family and given names, or an organisation by its name.

    Examples
    --------
    >>> Author(**{"family-names": "Burridge", "given-names": "Helen"}).in_words
    'Helen Burridge'
    """

    name: str = ""
    family_names: str = Field("", alias="family-names")
    given_names: str = Field("", alias="given-names")
    orcid: str = ""

    @model_validator(mode="after")
    def _named(self) -> Author:
        if bool(self.name) == bool(self.family_names):
            raise ValueError("family-names of a person, or else the name of an organisation")
        return self

    @property
    def in_words(self) -> str:
        """The name as covers have it."""
        return self.name or f"{self.given_names} {self.family_names}".strip()


class Citation(_Part):
    """How a compendium is cited."""

    title: str
    version: str
    authors: Annotated[tuple[Author, ...], Field(min_length=1)]
    keywords: tuple[str, ...] = ()
    abstract: str = ""


def read_citation(root: Path) -> Citation:
    r"""Read how the compendium in a folder is cited.

    Parameters
    ----------
    root : Path

    Returns
    -------
    Citation

    Raises
    ------
    InputError
        When the file cannot be read, or lacks title, version or authors.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> root = Path(mkdtemp())
    >>> text = "title: Our pilot\nversion: 0.1.0\nauthors:\n  - name: Our service\n"
    >>> _ = (root / CITATION_FILE).write_text(text, "utf-8")
    >>> read_citation(root).authors[0].in_words
    'Our service'
    """
    citation: Citation = read_yaml(root / CITATION_FILE, Citation)
    return citation
