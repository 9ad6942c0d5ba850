"""A built report with all that it was made from, as one folder to hand on: an RO-Crate.

The folder is described in `ro-crate-metadata.json` by RO-Crate 1.1 (researchobject.org/ro-crate).
That file is a list of what lies there, which is written here as such: the library for it would be
one more pin for every team, and puts the time of writing into what it writes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from earlyhelp.compendium.building import check_is_compendium, is_current
from earlyhelp.render.citation import CITATION_FILE, UNNAMED, Citation, read_citation
from earlyhelp.render.volumes import read_contents
from earlyhelp.study.design import STUDY_FILE, Study, read_study
from earlyhelp.study.dictionary import DATAPACKAGE_FILE, as_text
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_text, read_whole
from earlyhelp.validate import study_files

METADATA_FILE = "ro-crate-metadata.json"
# What a compendium is made of beside data and notebooks, as far as it has these.
PACKED_FILES = {
    "README.md": "How the report is built",
    CITATION_FILE: "How it is cited",
    "LICENSE": "What others may do with it",
    "requirements.txt": "The environment: every package with its version and digest",
    "environment.yml": "The same environment for conda",
    "earlyhelp.txt": "The package that makes the report, as pip installs it",
    "pyproject.toml": "The package of `src`",
    "Makefile": "The steps as targets of make",
    "Snakefile": "The workflow from data to report",
    "_config.yml": "How pages are made",
    "_toc.yml": "Which chapter comes where, and in which volume",
}
FOLDERS = {"book": "Chapters without computation", "src": "The package that makes the report"}
_FORMATS = {
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".toml": "application/toml",
    ".yml": "application/yaml",
}
_TABULAR = "https://specs.frictionlessdata.io/tabular-data-package/"
# What is nobody's work: hidden files, and what Python and the committed copies leave.
_LEFT_OUT = shutil.ignore_patterns(".*", "~$*", "*~", "__pycache__", "results", "*.egg-info")
Entity = dict[str, Any]


def package(study_folder: str | Path, output: str | Path, root: str | Path = ".") -> Path:
    """Put a built report and what it was made from into one folder, described as RO-Crate.

    The same compendium gives the same bytes; the only date is that of the study. Of real people the
    folder holds the data dictionary and no raw file.

    Parameters
    ----------
    study_folder : path
        Folder of the study.
    output : path
        Folder to write; an earlier package there is replaced.
    root : path
        The compendium, with the built report in `_build`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        When there is no compendium; when the report is not built, or something it is made from has
        changed since; when date, licence or authors are not stated; when the package is a path on
        this computer; or when something else stands at `output`.

    Examples
    --------
    >>> package("tests/studies/mini", "nowhere", "nowhere")
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: Snakefile: found no such file; expected one: run this in \
the folder of a compendium
    """
    study, root, output = read_study(study_folder), Path(root), Path(output)
    check_is_compendium(root)
    cited = read_citation(root)
    built = root / "_build" / study.folder.resolve().name
    problems = [*_unsaid(study, cited), *_of_this_computer(root)]
    problems += [*_unbuilt(study, built, root, study_folder), *_taken(output)]
    if problems:
        raise InputError(problems)
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".package-", dir=output.parent) as folder:
        made = Path(folder) / "made"
        described = [*_copied(study, built, root, made)]
        graph = _graph(study, cited, described)
        text = json.dumps(graph, indent=1, ensure_ascii=False) + "\n"
        (made / METADATA_FILE).write_text(text, "utf-8", newline="\n")
        if output.exists():
            output.rename(Path(folder) / "replaced")
        made.rename(output)
    return output


def _unsaid(study: Study, cited: Citation) -> Iterator[Problem]:
    if not study.date:
        yield Problem(STUDY_FILE, None, "date", "nothing", "the day of this version: 2026-11-30")
    if not study.licence:
        expected = "what others may do with text and data, such as CC BY 4.0"
        yield Problem(STUDY_FILE, None, "licence", "nothing", expected)
    if any(author.in_words == UNNAMED for author in cited.authors):
        yield Problem(CITATION_FILE, None, "authors", repr(UNNAMED), "who wrote the report")
    if not study.chapters:
        expected = "true: the authors of CITATION.cff are those of the study in book/"
        yield Problem(STUDY_FILE, None, "chapters", "false", expected)


def _of_this_computer(root: Path) -> Iterator[Problem]:
    """Tell a requirement that nobody else can install."""
    name = "earlyhelp.txt"
    lines = (root / name).read_text("utf-8").splitlines() if (root / name).is_file() else []
    for row, line in enumerate(lines, start=1):
        if "file:" in line and not line.startswith("#"):
            expected = "the address of a repository or of a wheel, or earlyhelp==0.1.0"
            yield Problem(name, row, "", "a path on this computer", expected)


def _unbuilt(study: Study, built: Path, root: Path, folder: str | Path) -> Iterator[Problem]:
    expected = f"a built report: `earlyhelp report {folder}` makes it"
    if not ((built / "html/index.html").is_file() and (built / "results").is_dir()):
        yield Problem(str(built), None, "", "no report", expected)
    elif not is_current(study.folder, root):
        found = "a report that is not of the data, texts and code as they are now"
        yield Problem(str(built), None, "", found, expected)


def _taken(output: Path) -> Iterator[Problem]:
    if output.exists() and not (output / METADATA_FILE).is_file():
        expected = "an earlier package, or nothing; nobody's work is replaced"
        yield Problem(str(output), None, "", "something there", expected)


def _copied(study: Study, built: Path, root: Path, made: Path) -> Iterator[Entity]:
    """Copy everything, and describe each file and folder that readers ask for."""
    shutil.copytree(built / "html", made / "html", ignore=_ignoring_hidden)
    yield _folder("html", "The report as web pages; open index.html")
    volumes = read_contents(root).volumes
    for volume in volumes:
        if (made / "html" / volume.file(study)).is_file():
            yield _file(f"html/{volume.file(study)}", f"{study.title}. {volume.heading}")
    word = volumes[0].file(study, "docx")
    yield _file(f"html/{word}", f"{study.title}. {volumes[0].heading}, for Word")
    yield from _data(study, made)
    for folder, said in {"notebooks": "Notebook", "results": "Executed notebook"}.items():
        source = (root if folder == "notebooks" else built) / folder
        shutil.copytree(source, made / folder, ignore=_ignoring_hidden)
        for path in sorted((made / folder).glob("*.*")):
            yield _file(f"{folder}/{path.name}", f"{said} {path.stem}", "SoftwareSourceCode")
    for name, about in FOLDERS.items():
        if (root / name).is_dir():
            shutil.copytree(root / name, made / name, ignore=_LEFT_OUT)
            yield _folder(name, about)
    for name, about in PACKED_FILES.items():
        if (root / name).is_file():
            shutil.copyfile(root / name, made / name)
            yield _file(name, about)


def _ignoring_hidden(_folder: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(".")]


def _data(study: Study, made: Path) -> Iterator[Entity]:
    """Copy the study's files; where raw files stay with the team, their columns alone."""
    folder = PurePosixPath("data", study.folder.resolve().name)
    for path in study_files(study.folder):
        name = path.relative_to(study.folder).as_posix()
        target = made / folder / name
        if name.startswith("raw/") and not study.raw_may_leave:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = read_whole(path, "a file of the study")
        about = "Data" if name.startswith("raw/") else "What the report was made from"
        more: Entity = {}
        if name == DATAPACKAGE_FILE:
            about, more = "The data dictionary", {"conformsTo": {"@id": _TABULAR}}
            if not study.raw_may_leave:
                content = without_data(read_text(path)).encode()
        target.write_bytes(content)
        yield _file(str(folder / name), f"{about}: {name}") | more


def without_data(dictionary: str) -> str:
    """A data dictionary whose files are not there: the names of the columns stand in their place.

    Examples
    --------
    >>> column = {"name": "calm", "type": "integer"}
    >>> one = {"name": "start", "path": "raw/start.csv", "rows": 9, "schema": {"fields": [column]}}
    >>> json.loads(without_data(json.dumps({"resources": [one]})))["resources"][0]["data"]
    [['calm']]
    """
    described = json.loads(dictionary)
    for resource in described["resources"]:
        for stated in ("path", "encoding", "bytes", "hash", "rows"):
            resource.pop(stated, None)
        resource["data"] = [[field["name"] for field in resource["schema"]["fields"]]]
    return as_text(described)


def _folder(name: str, about: str) -> Entity:
    return {"@id": f"{quote(name)}/", "@type": "Dataset", "name": about, "description": about}


def _file(name: str, about: str, *types: str) -> Entity:
    kind = _FORMATS.get(PurePosixPath(name).suffix, "text/plain")
    entity = {"@id": quote(name), "@type": ["File", *types] if types else "File"}
    return entity | {"name": about, "encodingFormat": kind}


def _graph(study: Study, cited: Citation, described: list[Entity]) -> Entity:
    """Everything as linked data (JSON-LD)."""
    assert study.date
    authors = [
        {
            "@id": author.orcid or f"#author-{n}",
            "@type": "Organization" if author.name else "Person",
            "name": author.in_words,
        }
        for n, author in enumerate(cited.authors, start=1)
    ]
    crate = {
        "@id": "./",
        "@type": "Dataset",
        "name": study.title,
        "description": " ".join(cited.abstract.split()) or study.subtitle or study.title,
        "version": cited.version,
        "datePublished": study.date.isoformat(),
        "license": {"@id": "#licence"},
        "author": _to(authors),
        "hasPart": _to(described),
        "mentions": {"@id": "#made"},
    }
    if cited.keywords:
        crate["keywords"] = ", ".join(cited.keywords)
    inputs = [one for one in described if not one["@id"].startswith(("html/", "results/"))]
    about: list[Entity] = [
        {"@id": "#licence", "@type": "CreativeWork", "name": study.licence}
        | {"description": "The licence of text and data"},
        {"@id": "#earlyhelp", "@type": "SoftwareApplication", "name": "earlyhelp"}
        | {"softwareVersion": version("earlyhelp")},
        {
            "@id": "#made",
            "@type": "CreateAction",
            "name": "The report is computed from data and notebooks",
            "instrument": {"@id": "#earlyhelp"},
            "object": _to(inputs),
            "result": _to(one for one in described if one not in inputs),
        },
        {"@id": _TABULAR, "@type": "CreativeWork", "name": "Tabular Data Package"},
    ]
    descriptor = {
        "@id": METADATA_FILE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, crate, *described, *authors, *about]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _to(entities: Iterable[Entity]) -> Entity | list[Entity]:
    """Refer to entities; to one without a list, as the standard has it."""
    found = [{"@id": one["@id"]} for one in entities]
    return found[0] if len(found) == 1 else found
