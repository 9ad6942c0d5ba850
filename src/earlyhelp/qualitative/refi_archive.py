"""Files of other programs, hostile until shown otherwise: a zip file's members and their XML.

defusedxml refuses document type declarations, and with them every entity, before lxml, which alone
knows XML Schema, parses anything; defusedxml's own lxml interface is deprecated.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring as refuse_tricks
from lxml import etree

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import check_is_file

# Most that is read of one archive, and most that it may grow: text shrinks tenfold to thirtyfold.
READ_LIMIT = 64 * 2**20
GROWTH_LIMIT = 200
MEMBERS_LIMIT = 10_000
_UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error),
    *(EOFError, OSError, RuntimeError, NotImplementedError, ValueError),
)


class Archive:
    """The members of a zip file, read in memory within limits and never unpacked to disk.

    Raises
    ------
    InputError
        When the file is no whole zip file, or a member is encrypted, leads out of it or grows
        without measure.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
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

    def __enter__(self) -> Archive:
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

    def members(self, pattern: str) -> list[str]:
        """Members whose path matches a pattern (``PurePath.match``), whatever the case."""
        return [
            name
            for name in self._zip.namelist()
            if PurePosixPath(name.lower()).match(pattern.lower())
            and not name.startswith("__MACOSX/")
        ]

    def read(self, member: str) -> bytes:
        """Read a member within what is left of the limit."""
        try:
            with self._zip.open(member) as stream:
                content = stream.read(self._left + 1)
        except _UNREADABLE as error:
            found = f"a damaged {member}: {error}"
            raise self._error(found, "a whole zip file (.qdpx)") from None
        self._left -= len(content)
        if self._left < 0:
            expected = f"at most {READ_LIMIT // 2**20} MiB of XML and text"
            raise self._error(f"more than that up to {member}", expected)
        return content


def _growth(member: zipfile.ZipInfo) -> str:
    return f"{member.compress_size} bytes that grow to {member.file_size}"


def read_plain(path: Path) -> bytes:
    """Read a codebook, which is no archive.

    Raises
    ------
    InputError
        When it is no file, or larger than what is read of an archive.
    """
    expected = "a REFI-QDA codebook (.qdc)"
    check_is_file(path, expected)
    with path.open("rb") as stream:
        content = stream.read(READ_LIMIT + 1)
    if len(content) > READ_LIMIT:
        found = f"more than {READ_LIMIT // 2**20} MiB"
        raise InputError([Problem(path.name, None, "", found, expected)])
    return content


def parsed(content: bytes, name: str) -> Any:
    """Parse XML after refusing what no exchange needs.

    Raises
    ------
    InputError
        When it is not well-formed or has a document type declaration.
    """

    def error(found: str, expected: str) -> InputError:
        return InputError([Problem(name, None, "", found, expected)])

    try:
        refuse_tricks(content, forbid_dtd=True)
    except DefusedXmlException:
        raise error("a document type declaration", "XML without one") from None
    except (ParseError, LookupError, ValueError) as told:
        raise error(str(told), "well-formed XML") from None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as told:
        raise error(str(told), "well-formed XML") from None
