"""Where a coded passage begins and ends in its text, whatever its program counts in.

REFI-QDA 1.5, section 10.2, counts code points. NVivo counts the units of UTF-16, of which a
character outside the basic plane (an emoji) has two; ATLAS.ti counts a line end of two characters
as one (QualCoder's importer, refi.py, knows it too). A program counts in one way in all of its
texts, so that all passages of a project together tell in which.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

_ASTRAL = "[\U00010000-\U0010ffff]"
# What counts for more or less than its characters, by the reading's name; the standard's first.
READINGS = {
    "code-points": "(?!)",
    "utf-16": _ASTRAL,
    "code-points-lf": "\r\n",
    "utf-16-lf": f"{_ASTRAL}|\r\n",
}
STANDARD = next(iter(READINGS))
Span = tuple[int, int]


class SourceText:
    """A text that passages are cut out of.

    Examples
    --------
    >>> text = SourceText("\U0001f642 Good.")
    >>> text.span(2, 6, "code-points"), text.span(3, 7, "utf-16")
    ((2, 6), (2, 6))
    >>> text.span(1, 6, "utf-16") is None  # in the middle of the emoji
    True
    """

    def __init__(self, content: str) -> None:
        self.content = content
        self._counted = {reading: self._uneven(what) for reading, what in READINGS.items()}

    def _uneven(self, what: str) -> tuple[list[int], list[int]]:
        """Positions of what counts unevenly, and by how much positions lag behind after each."""
        found = list(re.finditer(what, self.content))
        lags = [1 if len(match[0]) == 2 else -1 for match in found]
        before = list(accumulate(lags, initial=0))
        return [match.start() - lag for match, lag in zip(found, before, strict=False)], before

    def _offset(self, position: int, reading: str) -> int | None:
        starts, lags = self._counted[reading]
        passed = bisect_left(starts, position)
        if passed and lags[passed] < lags[passed - 1] and position == starts[passed - 1] + 1:
            return None
        offset = position + lags[passed]
        return offset if 0 <= offset <= len(self.content) else None

    def span(self, start: int, end: int, reading: str) -> Span | None:
        """The characters, from one up to another, that two positions enclose.

        None when a position lies outside the text or within a character, or nothing lies between
        an end and a start after it.
        """
        first, last = self._offset(start, reading), self._offset(end, reading)
        return None if first is None or last is None or first > last else (first, last)

    def whole_words(self, span: Span) -> bool:
        """Whether a passage begins with no blank, and neither begins nor ends within a word."""
        return not self.content[span[0] : span[0] + 1].isspace() and not any(
            0 < at < len(self.content) and self.content[at - 1 : at + 1].isalnum() for at in span
        )

    def quoted(self, span: Span, name: str) -> bool:
        """Whether a passage's name is its text or the beginning of it, as programs name them."""
        said = " ".join(name.removesuffix("...").removesuffix("…").split())
        return bool(said) and " ".join(self.content[slice(*span)].split()).startswith(said)


class Placed(NamedTuple):
    """A passage as its program places it: its text, two positions and a name."""

    text: SourceText
    start: int
    end: int
    name: str


class Choice(NamedTuple):
    """The reading that fits best, and how each fits.

    Attributes
    ----------
    reading : str
    compared : int
        Passages whose place depends on the reading.
    fits : dict
        By reading, how many of these are named by their text, how many begin and end with whole
        words, and how many lie in their text.
    rivals : list of str
        Readings that fit as well and give other passages.
    """

    reading: str
    compared: int
    fits: dict[str, tuple[int, int, int]]
    rivals: list[str]


def choose(passages: Sequence[Placed]) -> Choice:
    """Find the reading of positions under which the most passages look like passages.

    Names that quote count most, then whole words, then lying in the text; of readings that fit
    equally the standard's is chosen, or the first of `READINGS`.

    Examples
    --------
    >>> text = SourceText("\U0001f642 It helps. It takes time.")
    >>> choose([Placed(text, 3, 12, ""), Placed(text, 13, 27, "")])[:2]
    ('utf-16', 2)
    """
    differing = []
    for text, start, end, name in passages:
        spans = {reading: text.span(start, end, reading) for reading in READINGS}
        if len(set(spans.values())) > 1:
            differing.append((text, spans, name))
    cuts = {reading: [spans[reading] for _, spans, _ in differing] for reading in READINGS}
    fits = {}
    for reading in READINGS:
        inside = [(text, span, name) for text, spans, name in differing if (span := spans[reading])]
        quoted = sum(text.quoted(span, name) for text, span, name in inside)
        words = sum(text.whole_words(span) for text, span, _ in inside)
        fits[reading] = (quoted, words, len(inside))
    best = max(fits, key=lambda reading: fits[reading])
    others: list[str] = []
    for reading in READINGS:
        known = [cuts[name] for name in (best, *others)]
        if fits[reading] == fits[best] and cuts[reading] not in known:
            others.append(reading)
    return Choice(best, len(differing), fits, others)
