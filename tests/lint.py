"""Faults of form in what readers see, whoever wrote it: prose, data or code.

Eight kinds: a range from a number to the same number, a sentence that begins with a number word in
lower case, the id of something where its name should stand, an abbreviation before its definition,
a p with a zero before its point, a stop behind the frame of a status, a link that repeats the words
before it, the screen's words on paper.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from bs4.element import Tag

NUMBER = r"[−-]?\d(?:[\d.,]*\d)?%?"
SAME_ENDS = re.compile(rf"\b(?:between|from) ({NUMBER}) (?:and|to) \1(?![\d%]|[.,]\d)")
COUNTS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty)\b"
# After a full stop, not after an abbreviation's or a list's.
LOWER_COUNT = re.compile(rf"(?<=[a-z\d)%’”][.!?] ){COUNTS}.{{0,30}}")
RAW_ID = re.compile(r"(?<![\w./-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w./(])")
BRACKETS = re.compile(r"\(([^()]*)\)")
SCREEN_WORDS = re.compile(r"\b(?:(?:is|are) folded|unfold\w*|click\w*|hover\w*|tooltips?)\b")
# Words that a link and what leads to it may not have in common; fewer are a coincidence.
SHARED = 4
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


def raw_ids(text: str, allowed: Collection[str] = (), themes: Collection[str] = ()) -> list[str]:
    """Names in the form of code, but for those that stand somewhere as code; ids of themes."""
    inside = re.findall(r"[\w-]+", " ".join(BRACKETS.findall(text)))
    unnamed = {theme for theme in themes if "-" in theme}.intersection(inside)
    return sorted(unnamed.union(RAW_ID.findall(text)) - set(allowed))


def beside_status(article: Tag) -> list[str]:
    """Statuses with a stop right behind their frame, which looks and reads as after a space."""
    following = ((status, status.next_sibling) for status in article.select(".status"))
    return [
        f"{status.get_text()}{after[:20]}"
        for status, after in following
        if isinstance(after, str) and after[:1] in tuple(";,.:")
    ]


def said_again(article: Tag) -> list[str]:
    """Links behind a colon whose words are for the most part those of the sentence before it."""
    found = []
    for link in article.select("a"):
        before = link.previous_sibling
        if isinstance(before, str) and before.rstrip().endswith(":"):
            lead, name = _stems(re.split(r"[.;] ", before)[-1]), _stems(link.get_text())
            if len(lead & name) >= SHARED:
                found.append(link.get_text())
    return found


def of_the_screen(text: str) -> list[str]:
    """Words on paper for what only a screen can do."""
    return SCREEN_WORDS.findall(text)


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


def _stems(text: str) -> set[str]:
    return {word[:4].lower() for word in re.findall(r"[A-Za-z]{3,}", text)}


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[A-Za-z]+", text) if word not in SMALL]
