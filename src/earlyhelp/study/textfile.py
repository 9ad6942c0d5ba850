"""Files: read what somebody hands in, whatever stands in its place, and write one whole."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from earlyhelp.study.problems import InputError, Problem

# Characters that no text file needs and no spreadsheet shows (Unicode general category Cc but for
# tab, line feed and carriage return), and halves of a pair of surrogates, which no UTF-8 writes.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_REASONS = {
    errno.ENOENT: "no such file",
    errno.ELOOP: "a link that leads back to itself",
    errno.EACCES: "a file that may not be read",
    errno.EPERM: "a file that may not be read",
    errno.ENOTDIR: "a file where its folder should be",
    errno.ENAMETOOLONG: "a name that is too long",
}

# With these a spreadsheet begins a formula.
FORMULA = "=+@-"
# Digits of a number that somebody may write; a float holds every whole number of so many.
MOST_DIGITS = 15
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")


def read_number(text: str) -> int | float | None:
    """Read a number in plain digits: whole, with decimals after a full stop, or with an exponent.

    Returns
    -------
    int, float or None
        None for all else, such as ``1_0``, ``010``, ``nan``, ``1,5``, digits of other scripts, a
        blank beside it or more than `MOST_DIGITS` digits.

    Examples
    --------
    >>> [read_number(text) for text in ("37", "-0.5", "1_0", "010", "1,5")]
    [37, -0.5, None, None, None]
    """
    if not _NUMBER.fullmatch(text) or len(re.findall("[0-9]", text)) > MOST_DIGITS:
        return None
    return int(text) if re.fullmatch("[-+]?[0-9]+", text) else float(text)


def for_spreadsheets(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    A text that begins with apostrophes and goes on like one gets another, so that
    `from_spreadsheets` can tell the two. `book/_static/article.js` makes tables of the pages
    harmless.

    Examples
    --------
    >>> [for_spreadsheets(text) for text in ("=1+1", "@x", "-0.62", "a = b", "'=1")]
    ["'=1+1", "'@x", '-0.62', 'a = b', "''=1"]
    """
    bare = text.lstrip("'")
    return f"'{text}" if bare.startswith(tuple(FORMULA)) and read_number(bare) is None else text


def from_spreadsheets(text: str) -> str:
    """Give back the text that `for_spreadsheets` made harmless; any other stays as it is.

    Examples
    --------
    >>> [from_spreadsheets(text) for text in ("'=1+1", "=1+1", "'tis")]
    ['=1+1', '=1+1', "'tis"]
    """
    bare = text.removeprefix("'")
    return bare if for_spreadsheets(bare) == text else text


def is_there(path: Path) -> bool:
    """Whether anything stands at a path: a file, but also a folder or a link that leads nowhere.

    A file that may be missing is missing only where this is false; anything else in its place is
    for `read_text` to tell.

    Examples
    --------
    >>> is_there(Path("tests/studies/mini")), is_there(Path("nowhere"))
    (True, False)
    """
    return os.path.lexists(path)


def check_is_file(path: Path, expected: str) -> None:
    """Check that a path can be read to an end.

    Raises
    ------
    InputError
        When nothing is there, or a folder, a link to itself or no file at all (a named pipe or a
        device, which would never end).

    Examples
    --------
    >>> check_is_file(Path("tests/studies"), "a table")
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: studies: found a folder; expected a table
    """

    def problem(found: str) -> InputError:
        return InputError([Problem(path.name, None, "", found, expected)])

    try:
        mode = path.stat().st_mode
    except OSError as error:
        # A dangling link is told from a missing file: the first stands in the folder's listing.
        missing = error.errno == errno.ENOENT and is_there(path)
        found = "a link that leads nowhere" if missing else _REASONS.get(error.errno or 0)
        raise problem(found or f"a file that cannot be read ({error.strerror})") from None
    if stat.S_ISDIR(mode):
        raise problem("a folder")
    if not stat.S_ISREG(mode):
        raise problem("neither a file nor a folder")


def read_whole(path: Path, expected: str) -> bytes:
    """Read all bytes of a file.

    Raises
    ------
    InputError
        When `check_is_file` tells it, or the file may not be read.

    Examples
    --------
    >>> read_whole(Path("nowhere.csv"), "an export")
    Traceback (most recent call last):
    earlyhelp.study.problems.InputError: nowhere.csv: found no such file; expected an export
    """
    check_is_file(path, expected)
    try:
        return path.read_bytes()
    except OSError as error:
        found = _REASONS.get(error.errno or 0)
        found = found or f"a file that cannot be read ({error.strerror})"
        raise InputError([Problem(path.name, None, "", found, expected)]) from None


def read_text(path: Path, expected: str = "a text file in UTF-8") -> str:
    """Read a whole text file; line ends and all characters stay as they are.

    Parameters
    ----------
    path : Path
        A byte order mark at the start is left out.
    expected : str
        What should stand there, for the message.

    Raises
    ------
    InputError
        When `read_whole` or `decoded` tells it.

    Examples
    --------
    >>> read_text(Path("tests/studies/mini/study.yml")).splitlines()[1]
    'id: mini'
    """
    return decoded(path.name, read_whole(path, expected), expected)


def decoded(name: str, content: bytes, expected: str) -> str:
    r"""The text of a file that was read.

    Raises
    ------
    InputError
        When it is not UTF-8, or holds a control character.

    Examples
    --------
    >>> decoded("a.csv", b"caf\xc3\xa9", "a text file")
    'café'
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}, which is not UTF-8"
        raise InputError([Problem(name, row, "", found, expected)]) from None
    return shown_text(name, text, expected)


def shown_text(name: str, text: str, expected: str) -> str:
    """A text as it is, if it holds no control character.

    Raises
    ------
    InputError
        With the first control character.

    Examples
    --------
    >>> shown_text("a.csv", "one", "a text file")
    'one'
    """
    if control := CONTROL.search(text):
        row = text.count("\n", 0, control.start()) + 1
        found = f"the control character U+{ord(control[0]):04X}"
        raise InputError([Problem(name, row, "", found, expected)])
    return text


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        When it cannot be written.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp(), "note.txt")
    >>> write_whole(path, b"calm")
    >>> path.read_bytes()
    b'calm'
    """
    write_together({path: content})


def write_together(contents: dict[Path, bytes]) -> None:
    """Write several files, each whole, and none before all could be written.

    Raises
    ------
    InputError
        When one cannot be written.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> write_together({folder / "a.txt": b"one", folder / "b.txt": b"two"})
    >>> sorted(path.name for path in folder.iterdir())
    ['a.txt', 'b.txt']
    """
    partial = {path: path.with_name(f".{path.name}.partial") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            partial[path].write_bytes(content)
        for path in contents:
            partial[path].replace(path)
    except OSError as error:
        found = error.strerror or "an error"
        raise InputError(
            [Problem(str(path), None, "", found, "a file that can be written")]
        ) from None
    finally:
        for left in partial.values():
            left.unlink(missing_ok=True)
