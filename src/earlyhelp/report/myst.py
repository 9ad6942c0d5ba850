"""Data and statuses as MyST text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from earlyhelp.published.statuses import STATUSES

# In an output's metadata: the statuses of what it shows.
CLAIMED = "earlyhelp"
# What a figure's caption begins and ends with.
TITLE, CAPTION = "earlyhelp-title", "earlyhelp-caption"
# ASCII punctuation that Markdown could read as mark-up; the rest is kept legible.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|$~^:&@'\"-])")
# A number and a full stop would begin a list.
_LIST = re.compile(r"^(\d+)\.")


def escape(text: object) -> str:
    r"""Text as MyST shows it literally, on one line: data are never mark-up.

    Examples
    --------
    >>> escape("a|b <i> $5")
    'a\\|b \\<i\\> \\$5'
    """
    return _LIST.sub(r"\1\\.", _MARKUP.sub(r"\\\1", " ".join(str(text).split())))


def badge(status: str) -> str:
    """A status as a labelled badge; told apart by its word, not by colour alone."""
    if status not in STATUSES:
        raise KeyError(f"no status {status!r}: one of {', '.join(STATUSES)}")
    return f"[{status}]{{.status .status-{status.replace(' ', '-')}}}"


# The first letter of each status, but for one that another has.
LETTERS = {status: status[0] for status in STATUSES} | {"design fact": "f", "not testable": "t"}


def statuses() -> str:
    r"""The table that explains them all, as MyST.

    Examples
    --------
    >>> print(*statuses().splitlines()[:4], sep="\n")
    :::{table} The statuses.
    :name: tbl-statuses
    <BLANKLINE>
    | Status | Letter | A number with it is |
    """
    rows = [
        f"| {badge(status)} | {LETTERS[status]} | {means[0].upper()}{means[1:]} |"
        for status, means in STATUSES.items()
    ]
    head = [":::{table} The statuses.", ":name: tbl-statuses", ""]
    columns = ["| Status | Letter | A number with it is |", "|---|---|---|"]
    return "\n".join([*head, *columns, *rows, ":::"])


def mark(status: str) -> str:
    """A status as a letter behind a number of a table whose caption explains it."""
    return f" {{sup}}`{LETTERS[status]}`"


def readings(ids: Iterable[str]) -> str:
    """Links to readings and assumptions on their page."""
    return ", ".join(f"[{one}](#{one.lower()})" for one in ids)
