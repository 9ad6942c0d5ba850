"""The framework matrix as a REFI-QDA project, for other tools for qualitative analysis.

REFI-QDA 1.0 (qdasoftware.org): a project is a zip file (`.qdpx`) of `project.qde` and the texts it
codes, a codebook (`.qdc`) is XML alone. A project holds one text per source, a paragraph per row of
the matrix; the paragraph's codes are the row's coded cells, so that every tool keeps them.
`refi_import` reads what other programs write.

The standard's schemas: refi_qda_project.xsd is the consortium's own file of 18 March 2019 (MIT
licence, in its head); refi_qda_codebook.xsd is written out from what the specification prints for
codebooks.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pandas as pd
from lxml import etree

from earlyhelp.qualitative.framework import (
    CODEBOOK_FILE,
    MATRIX_COLUMNS,
    MATRIX_FILE,
    Code,
    Codebook,
    Theme,
    texts,
)
from earlyhelp.study.problems import InputError, Problem

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
THEME = CODED[0]
# A line of the description of another program's code.
ID_LINE = "Theme: "
# Columns that hold free text travel in the selection's description, one line each; so does the
# row's id, because QualCoder replaces the names of selections by their text.
DESCRIBED = {
    "row_id": "Row",
    "sub_theme": "Sub-theme",
    "report_section": "Place in the report",
}
CASE_VARIABLES = ("source_type", "source_id")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export_codebook(codebook: Codebook) -> bytes:
    r"""Write the codebook as REFI-QDA codebook XML (`.qdc`), the same bytes every time.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> export_codebook(read_codebook(Path("tests/studies/complete")))[:54]
    b"<?xml version='1.0' encoding='utf-8'?>\n<CodeBook xmlns"
    """
    root = etree.Element(f"{{{CODEBOOK}}}CodeBook", nsmap={None: CODEBOOK}, origin=ORIGIN)
    _add_codes(root, codebook)
    _check(root, "codebook", CODEBOOK_FILE)
    return _bytes(root)


def export_project(matrix: pd.DataFrame, codebook: Codebook, name: str) -> bytes:
    """Write the framework matrix as a REFI-QDA project (`.qdpx`), the same bytes every time.

    Parameters
    ----------
    matrix : DataFrame
        Valid by `framework.validate_matrix`; the index is the line of each row.
    codebook : Codebook
    name : str
        The project's name.

    Raises
    ------
    InputError
        When the matrix is empty or a cell holds a character that XML cannot carry.

    Examples
    --------
    >>> from pathlib import Path
    >>> from earlyhelp.qualitative.framework import read_codebook
    >>> from earlyhelp.study.raw import open_pilot
    >>> study = Path("tests/studies/complete")
    >>> matrix, codebook = open_pilot(study).framework_matrix, read_codebook(study)
    >>> project = export_project(matrix, codebook, "pilot")
    >>> zipfile.ZipFile(io.BytesIO(project)).namelist()[:1]
    ['project.qde']
    """
    rows = texts(matrix)[list(MATRIX_COLUMNS)]
    _refuse_control_characters(rows)
    user = guid_of("user", ORIGIN)
    root = etree.Element(
        f"{{{PROJECT}}}Project",
        nsmap={None: PROJECT},
        name=name,
        origin=ORIGIN,
        creatingUserGUID=user,
    )
    _add(_add(root, "Users"), "User", guid=user, name=ORIGIN)
    codes = _add_codes(_add(root, "CodeBook"), codebook)
    variables = _add(root, "Variables")
    for variable in CASE_VARIABLES:
        guid = guid_of("variable", variable)
        _add(variables, "Variable", guid=guid, name=variable, typeOfVariable="Text")
    cases = _add(root, "Cases")
    sources = _add(root, "Sources")
    members = {}
    for key, of_source in rows.groupby(list(CASE_VARIABLES), sort=False):
        kind, source_id = map(str, key)
        guid = guid_of("source", kind, source_id)
        text = "".join(f"{summary}\n" for summary in of_source["summary"])
        members[f"{SOURCES}/{guid}.txt"] = text.encode()
        _add_case(cases, kind, source_id, guid)
        source = _add_source(sources, of_source, source_id or kind, guid, user, codes)
        # On the source too: not every tool keeps the tie between a case and its source.
        _add_variables(source, kind, source_id)
    _check(root, "project", MATRIX_FILE)
    return _zipped({PROJECT_FILE: _bytes(root), **members})


def guid_of(*parts: str) -> str:
    """The same GUID for the same parts, always and everywhere."""
    return str(uuid5(GUIDS, "\n".join(parts)))


def _add(parent: Any, tag: str, text: str | None = None, **attributes: str) -> Any:
    child = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, tag), attributes)
    child.text = text
    return child


def departures(root: Any, kind: str) -> list[tuple[int, str]]:
    """Lines and messages of all that the standard's schema does not allow.

    Parameters
    ----------
    root : lxml element
    kind : {"project", "codebook"}
    """
    content = (files("earlyhelp.qualitative") / f"refi_qda_{kind}.xsd").read_bytes()
    schema = etree.XMLSchema(etree.fromstring(content))
    schema.validate(root)
    return [
        (error.line, re.sub(r"\{urn:QDA-XML:\w+:1\.0\}", "", error.message).rstrip("."))
        for error in schema.error_log
    ]


def _check(root: Any, kind: str, name: str) -> None:
    if found := departures(root, kind):
        raise InputError(Problem(name, line, "", what, "REFI-QDA 1.0") for line, what in found)


def _bytes(root: Any) -> bytes:
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def own_path(column: str, value: str) -> tuple[Code, ...]:
    """The code of a coded value, below that of its column."""
    title = f"{column.replace('_', ' ').capitalize()} codes"
    name = value if column == THEME else f"{column}: {value}"
    return (
        Code(guid=guid_of("codes", column), name=title),
        Code(guid=guid_of("code", column, value), name=name),
    )


def _add_codes(parent: Any, codebook: Codebook) -> dict[tuple[str, str], str]:
    """Add all codes; returns the GUID of each coded value's, by column and value."""
    codes = _add(parent, "Codes")
    elements: dict[str, Any] = {}
    guids = {}
    terms = codebook.terms()
    for column in CODED:
        for term in terms[column]:
            element = codes
            for code in getattr(term, "code", ()) or own_path(column, term.id):
                if code.guid not in elements:
                    elements[code.guid] = _add(
                        element, "Code", guid=code.guid, name=code.name, isCodable="false"
                    )
                element = elements[code.guid]
            element.set("isCodable", "true")
            # Before the codes below it, which may have come first.
            element.insert(0, _add(element, "Description", _definition(term)))
            guids[column, term.id] = code.guid
    return guids


def _definition(term: Any) -> str:
    if not isinstance(term, Theme):
        return getattr(term, "definition", "") or term.name
    lines = [
        f"{term.name}. {term.definition}",
        f"Include: {term.include}",
        f"Exclude: {term.exclude}",
        f"Research questions: {', '.join(term.research_questions)}",
    ]
    # The name of another program's code does not say its id.
    return "\n".join([*lines, f"{ID_LINE}{term.id}"] if term.code else lines)


def _add_case(cases: Any, kind: str, source_id: str, source_guid: str) -> None:
    case = _add(cases, "Case", guid=guid_of("case", kind, source_id), name=source_id or kind)
    _add_variables(case, kind, source_id)
    _add(case, "SourceRef", targetGUID=source_guid)


def _add_variables(parent: Any, kind: str, source_id: str) -> None:
    for variable, value in zip(CASE_VARIABLES, (kind, source_id), strict=True):
        if value:
            holder = _add(parent, "VariableValue")
            _add(holder, "VariableRef", targetGUID=guid_of("variable", variable))
            _add(holder, "TextValue", value)


def _add_source(
    sources: Any,
    rows: pd.DataFrame,
    name: str,
    guid: str,
    user: str,
    codes: Mapping[tuple[str, str], str],
) -> Any:
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
            guid=guid_of("selection", row["row_id"]),
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
                coding_guid = guid_of("coding", row["row_id"], column)
                coding = _add(selection, "Coding", guid=coding_guid, creatingUser=user)
                _add(coding, "CodeRef", targetGUID=codes[column, row[column]])
    return source


def _refuse_control_characters(rows: pd.DataFrame) -> None:
    problems = [
        Problem(MATRIX_FILE, line, str(column), repr(value), "text without control characters")
        for line, row in zip(rows.index, rows.to_dict("records"), strict=True)
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
