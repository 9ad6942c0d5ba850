"""Exchange of the framework matrix with other tools for qualitative analysis.

REFI-QDA 1.0 (qdasoftware.org): a project is a zip file (`.qdpx`) of `project.qde` and the texts it
codes, a codebook (`.qdc`) is XML alone. A project holds one text per source, a paragraph per row of
the matrix; the paragraph's codes are the row's coded cells, so that every tool keeps them.

Both directions are checked against the standard's schemas: refi_qda_project.xsd is the
consortium's own file of 18 March 2019 (MIT licence, in its head); refi_qda_codebook.xsd is
written out from what the specification prints for codebooks.

Files to import are hostile until shown otherwise. defusedxml refuses document type declarations,
and with them every entity, before lxml, which alone knows XML Schema, parses anything; defusedxml's
own lxml interface is deprecated.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import ParseError

import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring as refuse_tricks
from lxml import etree

from earlyhelp.qualitative.framework import (
    CODEBOOK_FILE,
    MATRIX_COLUMNS,
    MATRIX_FILE,
    Codebook,
    Theme,
    texts,
)
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import MOST_DIGITS, check_is_file

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOK = "urn:QDA-XML:codebook:1.0"
ORIGIN = "earlyhelp"
PROJECT_FILE = "project.qde"
SOURCES = "sources"  # in small letters, as the standard's section 8.1 has it
INTERNAL = "internal://"
GUIDS = uuid5(NAMESPACE_URL, "urn:earlyhelp:refi-qda")

# Columns whose cells are codes. A theme's code has the theme's id for a name, any other code its
# column before it: some tools keep one flat list of names.
CODED = ("theme", "research_question", "component", "direction", "concerns", "outcome", "support")
# Columns that hold free text travel in the selection's description, one line each; so does the
# row's id, because QualCoder replaces the names of selections by their text.
DESCRIBED = {
    "row_id": "Row",
    "sub_theme": "Sub-theme",
    "report_section": "Place in the report",
}
CASE_VARIABLES = ("source_type", "source_id")
ENDS = ("start", "end")
MEDIA_SELECTIONS = ("PDFSelection", "PictureSelection", "AudioSelection", "VideoSelection")

# Most that is read of one archive, and most that it may grow: text shrinks tenfold to thirtyfold.
READ_LIMIT = 64 * 2**20
GROWTH_LIMIT = 200
MEMBERS_LIMIT = 10_000
_UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error),
    *(EOFError, OSError, RuntimeError, NotImplementedError, ValueError),
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export_codebook(codebook: Codebook) -> bytes:
    """Write the codebook as REFI-QDA codebook XML (`.qdc`), the same bytes every time."""
    root = etree.Element(f"{{{CODEBOOK}}}CodeBook", nsmap={None: CODEBOOK}, origin=ORIGIN)
    _add_codes(root, codebook)
    _check(root, "codebook", CODEBOOK_FILE)
    return _bytes(root)


def export_project(matrix: pd.DataFrame, codebook: Codebook, name: str) -> bytes:
    """Write the framework matrix as a REFI-QDA project (`.qdpx`), the same bytes every time.

    Parameters
    ----------
    matrix : DataFrame
        Valid by `framework.validate_matrix`.
    codebook : Codebook
    name : str
        The project's name.

    Raises
    ------
    InputError
        When the matrix is empty or a cell holds a character that XML cannot carry.
    """
    rows = texts(matrix)[list(MATRIX_COLUMNS)]
    _refuse_control_characters(rows)
    user = _guid("user", ORIGIN)
    root = etree.Element(
        f"{{{PROJECT}}}Project",
        nsmap={None: PROJECT},
        name=name,
        origin=ORIGIN,
        creatingUserGUID=user,
    )
    _add(_add(root, "Users"), "User", guid=user, name=ORIGIN)
    _add_codes(_add(root, "CodeBook"), codebook)
    variables = _add(root, "Variables")
    for variable in CASE_VARIABLES:
        guid = _guid("variable", variable)
        _add(variables, "Variable", guid=guid, name=variable, typeOfVariable="Text")
    cases = _add(root, "Cases")
    sources = _add(root, "Sources")
    members = {}
    for key, of_source in rows.groupby(list(CASE_VARIABLES), sort=False):
        kind, source_id = map(str, key)
        guid = _guid("source", kind, source_id)
        text = "".join(f"{summary}\n" for summary in of_source["summary"])
        members[f"{SOURCES}/{guid}.txt"] = text.encode()
        _add_case(cases, kind, source_id, guid)
        source = _add_source(sources, of_source, source_id or kind, guid, user)
        # On the source too: not every tool keeps the tie between a case and its source.
        _add_variables(source, kind, source_id)
    _check(root, "project", MATRIX_FILE)
    return _zipped({PROJECT_FILE: _bytes(root), **members})


def _guid(*parts: str) -> str:
    return str(uuid5(GUIDS, "\n".join(parts)))


def _add(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
    child = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, tag), attributes)
    child.text = text
    return child


def _bytes(root: Any) -> bytes:
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _code_name(column: str, value: str) -> str:
    return value if column == "theme" else f"{column}: {value}"


def _add_codes(parent: Any, codebook: Codebook) -> None:
    codes = _add(parent, "Codes")
    terms = codebook.terms()
    for column in CODED:
        title = f"{column.replace('_', ' ').capitalize()} codes"
        group = _add(codes, "Code", guid=_guid("codes", column), name=title, isCodable="false")
        for term in terms[column]:
            name = _code_name(column, term.id)
            guid = _guid("code", column, term.id)
            code = _add(group, "Code", guid=guid, name=name, isCodable="true")
            _add(code, "Description", _definition(term))


def _definition(term: Any) -> str:
    if isinstance(term, Theme):
        return (
            f"{term.name}. {term.definition}\nInclude: {term.include}\nExclude: {term.exclude}\n"
            f"Research questions: {', '.join(term.research_questions)}"
        )
    return getattr(term, "definition", "") or term.name


def _add_case(cases: Any, kind: str, source_id: str, source_guid: str) -> None:
    case = _add(cases, "Case", guid=_guid("case", kind, source_id), name=source_id or kind)
    _add_variables(case, kind, source_id)
    _add(case, "SourceRef", targetGUID=source_guid)


def _add_variables(parent: Any, kind: str, source_id: str) -> None:
    for variable, value in zip(CASE_VARIABLES, (kind, source_id), strict=True):
        if value:
            holder = _add(parent, "VariableValue")
            _add(holder, "VariableRef", targetGUID=_guid("variable", variable))
            _add(holder, "TextValue", value)


def _add_source(sources: Any, rows: pd.DataFrame, name: str, guid: str, user: str) -> Any:
    path = f"{INTERNAL}{guid}.txt"
    source = _add(
        sources, "TextSource", guid=guid, name=name, plainTextPath=path, creatingUser=user
    )
    start = 0
    for row in rows.to_dict("records"):
        end = start + len(row["summary"])
        selection = _add(
            source,
            "PlainTextSelection",
            guid=_guid("selection", row["row_id"]),
            name=row["row_id"],
            startPosition=str(start),
            endPosition=str(end),
            creatingUser=user,
        )
        start = end + 1  # the line's end
        notes = [f"{label}: {row[column]}" for column, label in DESCRIBED.items() if row[column]]
        _add(selection, "Description", "\n".join(notes))
        for column in CODED:
            if row[column]:
                coding_guid = _guid("coding", row["row_id"], column)
                coding = _add(selection, "Coding", guid=coding_guid, creatingUser=user)
                _add(coding, "CodeRef", targetGUID=_guid("code", column, row[column]))
    return source


def _refuse_control_characters(rows: pd.DataFrame) -> None:
    problems = [
        Problem(MATRIX_FILE, line, str(column), repr(value), "text without control characters")
        for line, row in enumerate(rows.to_dict("records"), start=2)
        for column, value in row.items()
        if _NOT_XML.search(value)
    ]
    if problems:
        raise InputError(problems)


def _zipped(members: dict[str, bytes]) -> bytes:
    """An archive of equal bytes everywhere: no dates, and stored, as zlib's versions differ."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def import_project(path: Path) -> pd.DataFrame:
    """Read a REFI-QDA project (`.qdpx`) back to a framework matrix.

    Every coded passage of a text becomes a row; selections of the same characters are one passage,
    as QualCoder and others write a selection for each code. Codes that this package did not write
    are taken for themes, and a source without this package's variables, on itself or on its case,
    gives its name as its kind; a passage with several themes gives a row for each. Codes on whole
    sources are no rows.

    Parameters
    ----------
    path : Path
        Is never unpacked to disk.

    Returns
    -------
    DataFrame
        `framework.MATRIX_COLUMNS`, texts, empty where nothing is known; sorted by row id. Rows
        keep the names of their passages as ids when all of these are different ids, else they are
        numbered.

    Raises
    ------
    InputError
        When the archive is damaged, hostile, not of the standard's structure, or codes something
        other than plain text.
    """
    with _Archive(path) as archive:
        root = _parsed(archive.read(PROJECT_FILE), f"{path.name}/{PROJECT_FILE}")
        rows = list(_Project(root, archive).rows())
    if archive.problems:
        raise InputError(archive.problems)
    ids = [row["row_id"] for row in rows]
    if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[A-Za-z][\w-]*", i) for i in ids):
        for number, row in enumerate(rows, start=1):
            row["row_id"] = f"Q{number:03d}"
    frame = pd.DataFrame(rows, columns=MATRIX_COLUMNS, dtype=str)
    return frame.sort_values("row_id", ignore_index=True)


class _Archive:
    """The members of a zip file, read in memory within limits; problems are gathered."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.problems: list[Problem] = []
        self._left = READ_LIMIT
        check_is_file(path, "a REFI-QDA project (.qdpx)")
        try:
            self._zip = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            raise self._error(f"{error}".lower(), "a whole zip file (.qdpx)") from None
        problems = list(self._hostile(self._zip.infolist(), path.stat().st_size))
        if problems:
            self._zip.close()
            raise InputError(problems)

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _error(self, found: str, expected: str) -> InputError:
        return InputError([Problem(self.name, None, "", found, expected)])

    def _hostile(self, members: list[zipfile.ZipInfo], packed: int) -> Iterator[Problem]:
        def problem(member: str, found: str, expected: str) -> Problem:
            return Problem(self.name, None, member, found, expected)

        if len(members) > MEMBERS_LIMIT:
            yield problem("", f"{len(members)} members", f"at most {MEMBERS_LIMIT}")
        names = [member.filename.lower() for member in members]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield problem(repr(name), "the name more than once", "each name once")
        for member in members:
            name = member.filename
            # orig_filename is what the archive says; zipfile cuts it at a null byte.
            inside = PurePosixPath(member.orig_filename.replace("\\", "/"))
            if inside.is_absolute() or ".." in inside.parts or re.search("[:\0]", str(inside)):
                yield problem(repr(member.orig_filename), "a path out of the archive", "one in it")
            if member.file_size > GROWTH_LIMIT * max(member.compress_size, 1):
                yield problem(repr(name), _growth(member), f"at most {GROWTH_LIMIT} times")
            if member.flag_bits & 1:
                yield problem(repr(name), "an encrypted member", "one without a password")
        if sum(member.file_size for member in members) > GROWTH_LIMIT * packed:
            yield problem("", "members that grow too much together", f"{GROWTH_LIMIT} times")

    def read(self, name: str) -> bytes:
        """Read a member, whatever the case of its name, within what is left of the limit."""
        found = [m for m in self._zip.namelist() if m.lower() == name.lower()]
        if not found:
            raise self._error(f"no {name}", "a member of this name")
        try:
            with self._zip.open(found[0]) as member:
                content = member.read(self._left + 1)
        except _UNREADABLE as error:
            raise self._error(f"a damaged {name}: {error}", "a whole zip file (.qdpx)") from None
        self._left -= len(content)
        if self._left < 0:
            expected = f"at most {READ_LIMIT // 2**20} MiB of XML and text"
            raise self._error(f"more than that up to {name}", expected)
        return content


def _growth(member: zipfile.ZipInfo) -> str:
    return f"{member.compress_size} bytes that grow to {member.file_size}"


def _parsed(content: bytes, name: str) -> Any:
    """Parse project XML after refusing what no project needs; check its structure."""
    try:
        refuse_tricks(content, forbid_dtd=True)
    except DefusedXmlException:
        found = "a document type declaration"
        raise InputError([Problem(name, None, "", found, "XML without one")]) from None
    except (ParseError, LookupError, ValueError) as error:
        raise InputError([Problem(name, None, "", str(error), "well-formed XML")]) from None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError([Problem(name, None, "", str(error), "well-formed XML")]) from None
    if root.tag != f"{{{PROJECT}}}Project":
        raise InputError([Problem(name, None, "", repr(root.tag), f"Project of {PROJECT}")])
    _check(root, "project", name)
    return root


def _check(root: Any, kind: str, name: str) -> None:
    content = (files("earlyhelp.qualitative") / f"refi_qda_{kind}.xsd").read_bytes()
    schema = etree.XMLSchema(etree.fromstring(content))
    if not schema.validate(root):
        raise InputError(
            Problem(name, error.line, "", _without_namespace(error.message), "REFI-QDA 1.0")
            for error in schema.error_log
        )


def _without_namespace(message: str) -> str:
    return re.sub(r"\{urn:QDA-XML:\w+:1\.0\}", "", message).rstrip(".")


def _key(guid: str) -> str:
    return guid.strip("{}").lower()


class _Project:
    """A parsed project as rows of a matrix."""

    def __init__(self, root: Any, archive: _Archive) -> None:
        self._root = root
        self._archive = archive
        self._codes = {_key(code.get("guid")): code.get("name") for code in self._all("Code")}
        self._variables = {_key(v.get("guid")): v.get("name") for v in self._all("Variable")}
        self._cases = self._case_values()

    def _all(self, tag: str) -> Iterable[Any]:
        found: Iterable[Any] = self._root.iter(f"{{{PROJECT}}}{tag}")
        return found

    def _problem(self, element: Any, found: str, expected: str) -> None:
        name = f"{self._archive.name}/{PROJECT_FILE}"
        tag = etree.QName(element).localname
        self._archive.problems.append(Problem(name, element.sourceline, tag, found, expected))

    def _case_values(self) -> dict[str, dict[str, str]]:
        """Values of this package's variables, by the source that a case refers to."""
        values: dict[str, dict[str, str]] = {}
        for case in self._all("Case"):
            for source in case.findall(f"{{{PROJECT}}}SourceRef"):
                of_source = values.setdefault(_key(source.get("targetGUID")), {})
                of_source.update(self._values(case))
        return values

    def _values(self, element: Any) -> dict[str, str]:
        values = {}
        for value in element.findall(f"{{{PROJECT}}}VariableValue"):
            name = self._variables.get(_key(value[0].get("targetGUID")), "")
            if name in CASE_VARIABLES:
                values[name] = value.findtext(f"{{{PROJECT}}}TextValue", "")
        return values

    def rows(self) -> Iterator[dict[str, str]]:
        """Every coded passage of every text, in the project's order."""
        for tag in MEDIA_SELECTIONS:
            for selection in self._all(tag):
                if selection.find(f"{{{PROJECT}}}Coding") is not None:
                    self._problem(selection, "codes on it", "codes on plain text only")
        for source in self._root.iterfind(f"{{{PROJECT}}}Sources/{{{PROJECT}}}TextSource"):
            passages = self._passages(source)
            text = self._text(source) if passages else None
            if text is not None:
                yield from self._source_rows(source, text, passages)

    def _passages(self, source: Any) -> dict[tuple[int, int], list[Any]]:
        """Coded selections of a source by where they start and end."""
        passages: dict[tuple[int, int], list[Any]] = {}
        for selection in source.findall(f"{{{PROJECT}}}PlainTextSelection"):
            if selection.find(f"{{{PROJECT}}}Coding") is None:
                continue
            written = [selection.get(f"{side}Position") for side in ENDS]
            # The schema sets no limit; Python converts no more than some thousand digits.
            if (longest := max(map(len, written))) > MOST_DIGITS:
                self._problem(selection, f"a position of {longest} digits", "one in the text")
                continue
            start, end = map(int, written)
            passages.setdefault((start, end), []).append(selection)
        return passages

    def _source_rows(
        self, source: Any, text: str, passages: dict[tuple[int, int], list[Any]]
    ) -> Iterator[dict[str, str]]:
        known = self._cases.get(_key(source.get("guid")), {}) | self._values(source)
        name = source.get("name", "")
        row = {**dict.fromkeys(MATRIX_COLUMNS, ""), "source_type": name, **known}
        for (start, end), selections in passages.items():
            if 0 <= start < end <= len(text):
                summary = " ".join(text[start:end].split())
                yield from self._passage_rows({**row, "summary": summary}, selections)
            else:
                found = f"positions {start} to {end}"
                expected = f"a part of the text's {len(text)} characters"
                self._problem(selections[0], found, expected)

    def _text(self, source: Any) -> str | None:
        content: str | None = source.findtext(f"{{{PROJECT}}}PlainTextContent")
        if content is not None:
            return content
        path = source.get("plainTextPath", "")
        if not path.startswith(INTERNAL):
            self._problem(source, repr(path), f"a text in the archive ({INTERNAL}...)")
            return None
        name = PurePosixPath(path.removeprefix(INTERNAL)).name
        try:
            return self._archive.read(f"{SOURCES}/{name}").decode("utf-8-sig")
        except UnicodeDecodeError:
            self._problem(source, f"{name!r} in another encoding", "text in UTF-8")
        except InputError as error:
            self._archive.problems.extend(error.problems)
        return None

    def _passage_rows(self, row: dict[str, str], selections: list[Any]) -> Iterator[dict[str, str]]:
        row["row_id"] = selections[0].get("name", "")
        themes: list[str] = []
        for selection in selections:
            for line in selection.findtext(f"{{{PROJECT}}}Description", "").splitlines():
                for column, label in DESCRIBED.items():
                    if line.startswith(f"{label}: "):
                        row[column] = line.removeprefix(f"{label}: ")
            for reference in selection.iterfind(f"{{{PROJECT}}}Coding/{{{PROJECT}}}CodeRef"):
                name = self._codes.get(_key(reference.get("targetGUID")))
                if name is None:
                    found = reference.get("targetGUID")
                    self._problem(reference, found, "a code of the codebook")
                    continue
                column, _, value = name.partition(": ")
                if value and column in CODED:
                    row[column] = value
                elif name not in themes:
                    themes.append(name)
        for theme in themes or [""]:
            yield {**row, "theme": theme}
