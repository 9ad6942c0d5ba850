"""Faults of form in what readers see, whoever wrote it: prose, data or code.

Five kinds: a range from a number to the same number, a sentence that begins with a number word in
lower case, the id of something where its name should stand, an abbreviation before its definition,
a p with a zero before its point.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

NUMBER = r"[−-]?\d(?:[\d.,]*\d)?%?"
SAME_ENDS = re.compile(rf"\b(?:between|from) ({NUMBER}) (?:and|to) \1(?![\d%]|[.,]\d)")
COUNTS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty)\b"
# After a full stop, not after an abbreviation's or a list's.
LOWER_COUNT = re.compile(rf"(?<=[a-z\d)%’”][.!?] ){COUNTS}.{{0,30}}")
RAW_ID = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w./(])")
ABBREVIATION = re.compile(r"(?<![\w./&-])([A-Z]{2,6})s?(?![\w/&]|[.-]\w)")
ZERO = r"(?<![\w.,])0\.\d+"
# Up to a verb or sign that leads to its number.
P_SAID = re.compile(rf"\bp (?:[a-z]+ ){{0,5}}?(?:is|from|below|above|[=<>≤≥]=?) {ZERO}")
P_HEAD = re.compile(r"p(?: of .*)?|Smallest p\b.*|.*: p")
# What everybody knows, licences, and names that stand for nothing else.
KNOWN = {
    *("API", "BY", "CC", "CSV", "GP", "HM", "HTML", "IP", "ISBN"),
    *("MIT", "NC", "ND", "NHS", "PDF", "SHA", "SPSS", "UK", "URL", "UW"),
    *("YAML", "AQDA", "ATLAS", "DEBIT", "CRT", "GRAMMS", "GRIM", "MAXQDA", "QDA", "REFI"),
}
SMALL = {"of", "and", "the", "for", "a", "in"}


def same_ends(text: str) -> list[str]:
    """Ranges between a number and itself."""
    return [found[0] for found in SAME_ENDS.finditer(text)]


def lower_counts(blocks: Iterable[str]) -> list[str]:
    """Sentences that begin with a number word in lower case; of a block also the first."""
    found = []
    for block in blocks:
        # What does not end as a sentence is an entry of a list or a table.
        if re.match(rf"{COUNTS}.*[.!?]$", block):
            found.append(block[:40])
        found += LOWER_COUNT.findall(block)
    return found


def zero_before_p(text: str) -> list[str]:
    """Sayings of a p that write it as 0.33 and not as .33."""
    return [found[0] for found in P_SAID.finditer(text)]


def zero_in_p_cells(rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells of a table, its first row the heads, that write a p with the zero.

    A head says of a column that it holds p, another cell of a row.
    """
    heads, *others = rows
    return [
        cell
        for row in others
        for head, cell in zip(heads, row, strict=False)
        if re.search(ZERO, cell) and any(P_HEAD.fullmatch(said) for said in (head, row[0]))
    ]


def raw_ids(text: str, allowed: Collection[str] = ()) -> list[str]:
    """Names in the form of code, but for those that stand somewhere as code."""
    return sorted(set(RAW_ID.findall(text)) - set(allowed))


def undefined(texts: Iterable[str]) -> Iterator[str]:
    """Abbreviations whose first mention, in the order of the texts, does not say what they mean."""
    known = set(KNOWN)
    for text in texts:
        for found in ABBREVIATION.finditer(text):
            name = found[1]
            # Points of the rule by which findings are rated: their letters are in its list.
            if name in known or (name != "SD" and re.fullmatch("[SDNK]+", name)):
                continue
            known.add(name)
            before, after = text[: found.start()], text[found.end() :]
            if not _defined(name, before[-120:], after[:120]):
                yield f"{name}: {before[-40:]}{found[0]}{after[:20]}"


def _defined(name: str, before: str, after: str) -> bool:
    in_brackets = re.search(r"[a-z]+ \($", before) and re.match(r"[),]", after)
    return bool(in_brackets) or any(
        "".join(word[0] for word in words).upper() == name
        for words in (_words(before)[-len(name) :], _words(after)[: len(name)])
    )


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[A-Za-z]+", text) if word not in SMALL]
