"""Data as MyST text."""

from __future__ import annotations

import re

# ASCII punctuation that Markdown could read as mark-up; the rest is kept legible.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|$~^:&@'\"-])")
# A number and a full stop would begin a list.
_LIST = re.compile(r"^(\d+)\.")


def escape(text: object) -> str:
    """Text as MyST shows it literally, on one line: data are never mark-up."""
    return _LIST.sub(r"\1\\.", _MARKUP.sub(r"\\\1", " ".join(str(text).split())))
