"""The built HTML pages joined into one document for each volume, before PDF or Word is made of it.

Every place that a link leads to gets an id of its own in all volumes. What a page may hold, and
what becomes of it:

- Headings, lists, tables, notes, citations, footnotes, definition lists and links: carried over. A
  definition list whose terms have ids of their own (findings, themes) becomes headings with text.
- Links inside a volume lead there. One out of it is `href="outside:N"`, and what names the other
  volume, section and page is `<span class="outside" data-index="N">`, N in the volume's `outside`.
- Code cells are left out.
- `<img src=... alt=...>` and inline `<svg role="img" aria-label=...>`: files; the `alt` or the
  `aria-label` is their alternative text.
- A table of class `ledger` keeps the columns in `LEDGER_COLUMNS`.
"""

from __future__ import annotations

import html
import posixpath
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pypandoc
from bs4 import BeautifulSoup
from bs4.element import Tag

from earlyhelp.render.elements import BLOCKS, HEADINGS
from earlyhelp.render.volumes import Contents, Volume
from earlyhelp.report import FONTS
from earlyhelp.study.problems import InputError, Problem

# What a page marks as being for the screen, by a section's class or a cell's tag.
MARKED = ".screen-only, .tag_screen-only"
# What only a browser needs.
SCREEN_ONLY = (
    f"{MARKED}, .headerlink, .rows, .cell_input, .cell details, .sd-summary-state-marker, "
    ".backrefs, script, style, button, svg, .citation > .label"
)
# Columns of the ledger that the paper shows, and their shares of its width.
LEDGER_COLUMNS = {"Claim": 28, "Place": 33, "Printed": 14, "Recomputed": 12, "Status": 13}
# Of text and figures on paper; Typst brings it along (`report.typ`).
FONT = "'Libertinus Serif'"
# A link says where it leads after the block that it stands in, tables in their caption.
CAPTIONS = ("caption", "figcaption")
SECTIONS_NAMED = 2
# Pages that are named one by one; of more the first and the last.
FEW_PAGES = 3
# Links that say by themselves where to look: numbers in the ledger, authors in the references.
SELF_EVIDENT = ".bibtex-citation a"
# What a row of the ledger has for an id begins so.
LEDGER_ROW = "ledger-"

# A drawing with links is no `img`, whose content would be hidden from assistive technology.
DRAWING_ROLES = ("img", "graphics-document document")
# A page's text, without what the theme puts around it.
_ARTICLE = re.compile(r"<article class=.bd-article\b.*</article>", re.DOTALL)
# Code is never printed: without it a page is half as long for the parser.
_CODE = re.compile(r'(<div class="highlight-python\b[^>]*>.*?<pre\b[^>]*>).*?(?=</pre>)', re.DOTALL)
_INLINE_SVG = re.compile(r"<svg\b[^>]*>.*?</svg>", re.DOTALL)


@dataclass(frozen=True)
class Chapter:
    """One page of the book.

    `body` is its article without what only a browser needs, `folded` the ids of what is folded
    there or for the screen alone, and so not printed; `incomplete` says that tables or figures
    are among them.
    """

    path: str
    part: str
    volume: Volume | None
    title: str
    body: Tag
    folded: frozenset[str] = frozenset()
    incomplete: bool = False


@dataclass(frozen=True)
class Outside:
    """Places outside a volume that one of its links, or a mention of some, leads to.

    Attributes
    ----------
    volume : Volume or None
        Where they are; None in the HTML book alone.
    section : str
        The section that they share, "" when the link's own words name it or they share none.
    labels : tuple of str
        Their labels there.
    in_brackets : bool
        Whether the sentence has opened brackets before.
    """

    volume: Volume | None
    section: str
    labels: tuple[str, ...] = ()
    in_brackets: bool = False

    def text(self, pages: Collection[int]) -> str:
        """Say where to look, given the pages of the labels.

        Examples
        --------
        >>> Outside(Volume("b", "Annex B: checks"), "Ledger", ("x",)).text([14])
        ' (Annex B, Ledger, page 14)'
        >>> Outside(Volume("b", "Annex B: checks"), "", ("x", "y", "z")).text([14, 15, 15])
        ' (Annex B, pages 14 and 15)'
        >>> Outside(Volume("b", "Annex B: checks"), "", ("x", "y", "z")).text([7, 59, 16])
        ' (Annex B, pages 7, 16 and 59)'
        """
        numbers = [*map(str, sorted(set(pages)))]
        if len(numbers) > FEW_PAGES:
            listed = f"{numbers[0]} to {numbers[-1]}"
        else:
            listed = " and ".join(filter(None, [", ".join(numbers[:-1]), *numbers[-1:]]))
        named = f"page{'s' * (len(numbers) > 1)} {listed}" if numbers else ""
        name = self.volume.name if self.volume else "HTML book"
        said = ", ".join(filter(None, (name, self.section, named)))
        return f", {said}" if self.in_brackets else f" ({said})"


@dataclass
class Joined:
    """A volume: its chapters, what links of other volumes need in it, and what its own lead to."""

    chapters: list[Chapter] = field(default_factory=list)
    wanted: set[str] = field(default_factory=set)
    outside: list[Outside] = field(default_factory=list)

    def leads(self, places: Mapping[str, int], files: Mapping[Volume, str]) -> list[dict[str, str]]:
        """Say and link what is outside, given the pages of labels and the volumes' files."""
        found = []
        for item in self.outside:
            pages = [places[label] for label in item.labels]
            url = f"{quote(files[item.volume])}#page={pages[0]}" if item.volume else ""
            found.append({"text": item.text(pages), "url": url})
        return found


def read_chapters(pages: Path, contents: Contents, images: Path) -> list[Chapter]:
    """Read the pages in the order of the table of contents; write their figures to `images`.

    Raises
    ------
    InputError
        When there is no book in the folder.
    """
    front = pages / "index.html"
    if not front.is_file():
        raise InputError([Problem(str(pages), None, "", "no index.html", "a built HTML book")])
    soup = BeautifulSoup(front.read_text("utf-8"), "lxml")
    chapters = [
        _read_chapter(pages, path, part, contents.printed_in[part], images)
        for part, path in listed(soup)
    ]
    for drawing in images.glob("*.svg"):
        drawing.write_text(drawing.read_text("utf-8").replace(FONTS, FONT), "utf-8")
    return chapters


def listed(front: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield part and path of every page, as the sidebar of the front page lists them."""
    part = ""
    for item in front.select("nav.bd-docs-nav p.caption, nav.bd-docs-nav a.reference.internal"):
        if item.name == "p":
            part = item.get_text(" ", strip=True)
        else:
            path = str(item["href"])
            yield part, "index.html" if path == "#" else path


def _read_chapter(
    pages: Path, path: str, part: str, volume: Volume | None, images: Path
) -> Chapter:
    stem = path.removesuffix(".html").replace("/", "-")
    markup = extract_drawings((pages / path).read_text("utf-8"), stem, images)
    article = _ARTICLE.search(markup)
    assert article, f"{path} has no article"
    body = BeautifulSoup(_CODE.sub(r"\1", article[0]), "lxml").article
    assert body is not None
    unprinted = body.select(f":is(.cell details, {MARKED}) *, :is({MARKED})")
    folded = frozenset(str(item["id"]) for item in unprinted if item.has_attr("id"))
    incomplete = any(item.name in ("table", "figure") for item in unprinted)
    for element in body.select(SCREEN_ONLY):
        element.decompose()
    for number in body.select("a.claim.cell"):
        number.unwrap()
    for table in body.select("table.ledger"):
        _keep_columns(table, LEDGER_COLUMNS)
    for image in body.find_all("img"):
        source = pages / posixpath.dirname(path) / unquote(str(image["src"]))
        if source.is_file():
            shutil.copy(source, images)
        image["src"] = source.name
    heading = body.find("h1")
    title = " ".join(heading.get_text().split()) if heading else path
    return Chapter(path, part, volume, title, body, folded, incomplete)


def _keep_columns(table: Tag, names: Collection[str]) -> None:
    heads = [cell.get_text(strip=True) for cell in table.select("thead th")]
    for row in table.select("tr"):
        cells = row.find_all(["th", "td"], recursive=False)
        for head, cell in zip(heads, cells, strict=True):
            if head not in names:
                cell.decompose()


def extract_drawings(markup: str, stem: str, images: Path) -> str:
    """Write inline SVGs that are drawings, not icons, to files and refer to them as images.

    It works on the text because HTML parsers fold the case of SVG's names.
    """

    def replace(match: re.Match[str]) -> str:
        opening = match[0][: match[0].index(">") + 1]
        tag = BeautifulSoup(opening, "lxml").svg
        assert tag is not None
        if tag.get("role") not in DRAWING_ROLES:
            return match[0]
        name = f"{stem}-{match.start()}.svg"
        (images / name).write_text(match[0], encoding="utf-8")
        alt, classes = html.escape(str(tag.get("aria-label", ""))), " ".join(tag.get("class") or [])
        return f'<img src="{name}" alt="{alt}" class="{html.escape(classes)}">'

    return _INLINE_SVG.sub(replace, markup)


def join(chapters: list[Chapter]) -> dict[Volume, Joined]:
    """Turn the links of all chapters, and gather the chapters by volume.

    Raises
    ------
    InputError
        With every link inside the book that leads nowhere.
    """
    for chapter in chapters:
        _move_footnotes(chapter)
    places = {chapter.path: _Places(chapter) for chapter in chapters}
    volumes: dict[Volume, Joined] = {}
    for chapter in chapters:
        if chapter.volume:
            volumes.setdefault(chapter.volume, Joined()).chapters.append(chapter)
    problems: list[Problem] = []
    # A label is worth its room only where a link leads.
    used = {
        label
        for joined in volumes.values()
        for chapter in joined.chapters
        for label in _resolve(chapter, list(_targets(chapter, places, problems)), volumes)
    }
    if problems:
        raise InputError(problems)
    for joined in volumes.values():
        for chapter in joined.chapters:
            _label(chapter, used)
            _shape(chapter)
    return volumes


def _resolve(
    chapter: Chapter, links: list[tuple[Tag, _Target]], volumes: dict[Volume, Joined]
) -> Iterator[str]:
    """Let the links of a chapter lead to labels; return the labels."""
    assert chapter.volume is not None
    joined, out = volumes[chapter.volume], []
    for link, target in links:
        label, there = target.label, target.chapter.volume
        yield label
        if there == chapter.volume:
            link["href"] = f"#{label}"
            continue
        out.append((link, target))
        if there:
            volumes[there].wanted.add(label)
            link["href"] = f"outside:{len(joined.outside)}"
            joined.outside.append(Outside(there, "", (label,)))
    _mention(out, joined.outside)


class _Places:
    """The elements of a chapter that have an id."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter = chapter
        # Looked up for each link: a search through the page would take most of the time.
        self.ids = {str(element["id"]): element for element in chapter.body.select("[id]")}
        self.first = chapter.body.find("section")

    def find(self, fragment: str) -> _Target | None:
        element = self.ids.get(fragment) if fragment else self.first
        return _Target(self.chapter, fragment, _carrier(element)) if element else None


@dataclass(frozen=True)
class _Target:
    chapter: Chapter
    fragment: str
    carrier: Tag

    @property
    def label(self) -> str:
        if self.carrier.name in HEADINGS:
            return _heading_label(self.chapter.path, self.carrier)
        return _key(self.chapter.path, self.fragment)

    @property
    def section(self) -> str:
        """The heading of the section that it is in."""
        section = self.carrier.find_parent("section")
        heading = section.find(HEADINGS) if section else None
        return " ".join(heading.get_text().split()) if heading else self.chapter.title


def _targets(
    chapter: Chapter, places: dict[str, _Places], problems: list[Problem]
) -> Iterator[tuple[Tag, _Target]]:
    """Find where the links of a chapter lead inside the book; unwrap those to downloads."""
    for link in chapter.body.select("a[href]"):
        url = urlsplit(str(link["href"]))
        if url.scheme:
            continue
        folder = posixpath.dirname(chapter.path)
        path = posixpath.normpath(posixpath.join(folder, url.path)) if url.path else chapter.path
        fragment = unquote(url.fragment)
        if path not in places:
            link.unwrap()
        elif target := places[path].find(fragment):
            yield link, target
        elif fragment in places[path].chapter.folded:
            unprinted = replace(places[path].chapter, volume=None)
            yield link, _Target(unprinted, fragment, unprinted.body)
        else:
            text = f"a link to {path}#{fragment}"
            problems.append(Problem(chapter.path, None, "", text, "a place in the book"))


def _spoken_of(links: list[tuple[Tag, _Target]]) -> Iterable[list[tuple[Tag, _Target]]]:
    """Links that one mention speaks of: of one block, to one section of one volume."""
    blocks = [link.find_parent("table") or link.find_parent(BLOCKS) for link, _ in links]
    sections_of: dict[tuple[object, ...], set[str]] = {}
    for block, (link, target) in zip(blocks, links, strict=True):
        if not link.find_parent("caption"):
            sections_of.setdefault((id(block), target.chapter.volume), set()).add(target.section)
    groups: dict[tuple[object, ...], list[tuple[Tag, _Target]]] = {}
    for block, (link, target) in zip(blocks, links, strict=True):
        key = id(block), target.chapter.volume
        if link.find_parent("caption"):
            about: tuple[str, ...] = ("caption", target.chapter.path)
        else:
            # A table that leads to many sections has no room for their names.
            crowded = link.find_parent("table") and len(sections_of[key]) > SECTIONS_NAMED
            about = ("" if crowded else target.section,)
        groups.setdefault((*key, *about), []).append((link, target))
    return groups.values()


def _mention(links: list[tuple[Tag, _Target]], outside: list[Outside]) -> None:
    """Say once in each block where its links out of the volume lead.

    Links of a table's cells are spoken of at the end of its caption, those of a caption where they
    stand, by chapter.
    """
    evident = {
        id(link)
        for link, target in links
        if link.css.match(SELF_EVIDENT)
        or (target.fragment.startswith(LEDGER_ROW) and not link.find_parent("caption"))
    }
    groups = _spoken_of([(link, target) for link, target in links if id(link) not in evident])
    for group in groups:
        last, target = group[-1]
        in_caption = last.find_parent("caption")
        table = None if in_caption else last.find_parent("table")
        volume = target.chapter.volume
        sections = {target.chapter.title if in_caption else target.section for _, target in group}
        said = {" ".join(link.get_text().split()).casefold() for link, _ in group}
        section = sections.pop() if len(sections) == 1 else ""
        if section.casefold() in said:
            section = ""
        labels = tuple(dict.fromkeys(target.label for _, target in group)) if volume else ()
        mention = new_tag("span", class_="outside", data_index=str(len(outside)))
        caption = table.caption if table else None
        if caption:
            text = caption.select_one(".caption-text") or caption
            text.append(mention)
        elif not table:
            last.insert_after(mention)
        outside.append(Outside(volume, section, labels, _brackets_open(mention)))
    for link, target in links:
        if target.chapter.volume is None:
            link.unwrap()


def _brackets_open(place: Tag) -> bool:
    """Whether the text of the block before a place has more opening brackets than closing ones."""
    depth, block = 0, place.find_parent(BLOCKS)
    for text in place.find_all_previous(string=True):
        if not any(parent is block for parent in text.parents):
            break
        depth += text.count("(") - text.count(")")
    return depth > 0


def _key(path: str, fragment: str = "") -> str:
    """Typst label of a place: letters, digits, dots, hyphens and underscores."""
    place = f"{path.removesuffix('.html')}.{fragment}" if fragment else path.removesuffix(".html")
    return re.sub(r"[^A-Za-z0-9_.-]", "-", place)


def _move_footnotes(chapter: Chapter) -> None:
    """Put each footnote's text where it is first referred to; later references repeat its mark."""
    notes = {str(note["id"]): note for note in chapter.body.select("aside.footnote")}
    placed: set[str] = set()
    for reference in chapter.body.select("a.footnote-reference"):
        name = str(reference["href"]).removeprefix("#")
        kind = "footnote-again" if name in placed else "footnote"
        new = new_tag("span", id=f"note.{_key(chapter.path, name)}", class_=kind)
        if name not in placed:
            for paragraph in notes[name].find_all("p"):
                new.extend(list(paragraph.contents))
        placed.add(name)
        reference.replace_with(new)
    for leftover in chapter.body.select("hr.footnotes, aside.footnote-list"):
        leftover.decompose()


def _carrier(element: Tag) -> Tag:
    """Return the element that can carry a label: the heading, for a section and its aliases."""
    section = element if element.name == "section" else element.parent
    heading = section.find(HEADINGS, recursive=False) if section else None
    alias = element.name == "span" and not element.contents
    if isinstance(heading, Tag) and (element.name == "section" or alias):
        return heading
    return element


def _heading_label(path: str, heading: Tag) -> str:
    """Label of a heading; its first part tells the template how deep in the chapter it is."""
    section = heading.find_parent("section")
    name = str(section["id"]) if section else ""
    return f"{heading.name}.{_key(path, '' if heading.name == 'h1' else name)}"


def _label(chapter: Chapter, used: set[str]) -> None:
    """Give headings, and whatever is linked to, a unique id; take the other ids away."""
    body = chapter.body
    for entries in body.select("dl:not(.glossary)"):
        if all(term.select_one("[id]") for term in entries.find_all("dt", recursive=False)):
            entries["class"] = "entries"
    for heading in body.find_all(HEADINGS):
        heading["data-label"] = _heading_label(chapter.path, heading)
    for element in body.select("[id]:not(.footnote, .footnote-again)"):
        label = _key(chapter.path, str(element.attrs.pop("id")))
        if label not in used:
            continue
        if element.name in ("table", "figure"):
            element["id"] = label
        else:
            element.insert(0, new_tag("span", id=label, class_="anchor"))
    for heading in body.find_all(HEADINGS):
        heading["id"] = heading.attrs.pop("data-label")


def _shape(chapter: Chapter) -> None:
    """Make of the page's boxes what a document has: headings, paragraphs, notes and tables."""
    body = chapter.body
    for number, entries in enumerate(body.select("dl.entries")):
        _as_headings(entries, f"entry.{_key(chapter.path)}.{number}")
    # Below the part, which has a heading of its own.
    for heading in body.find_all(HEADINGS) if chapter.part else ():
        heading.name = f"h{min(int(heading.name[1]) + 1, 6)}"
    for wrapper in body.select("section, div:not(.admonition, .citation), span.pre"):
        wrapper.unwrap()
    for title in body.select("summary, p.admonition-title"):
        title.name = "strong"
        title.wrap(new_tag("p"))
    for side in ("right", "center"):
        for cell in body.select(f"table .text-{side}"):
            cell["style"] = f"text-align: {side}"
    for paragraph in body.select("th p:only-child, td p:only-child"):
        paragraph.unwrap()
    for header in body.select("tbody th"):
        _strengthen(header)


def _strengthen(header: Tag) -> None:
    """Make a row header strong, by which PDF knows it; what only names a row does not look so."""
    for text in header.find_all("p") or [header]:
        strong = new_tag("strong")
        strong.extend(list(text.contents))
        text.append(strong)
        if "name" in header.get_attribute_list("class"):
            strong.wrap(new_tag("span", class_="row-name"))


def _as_headings(entries: Tag, name: str) -> None:
    """Make headings of the terms of a list, below that of the section it stands in."""
    section = entries.find_parent("section")
    heading = section.find(HEADINGS) if section else None
    depth = min(int(heading.name[1]) + 1, 5) if heading else 2
    for number, term in enumerate(entries.find_all("dt", recursive=False)):
        term.name = f"h{depth}"
        term["id"] = f"{name}-{number}"
    for text in entries.find_all("dd", recursive=False):
        text.unwrap()
    entries.unwrap()


def to_html(joined: Joined) -> str:
    """Write a volume as one HTML document, its parts as headings."""
    part, written = "", []
    for number, chapter in enumerate(joined.chapters):
        # Only what follows the front page starts a page of its own.
        kind = "chapter run-on" if part else "chapter"
        written.append(f'<div class="{kind}" title="{html.escape(chapter.title)}"></div>')
        if chapter.part != part:
            part = chapter.part
            written.append(f'<h1 id="part.{number}">{html.escape(part)}</h1>')
        written.append(chapter.body.decode_contents())
    return "\n".join(written)


def converted(document: str, to: str, form: str, *options: str, output: Path | None = None) -> str:
    """Convert joined HTML by pandoc, with the filter of a form (`assets`)."""
    with as_file(files("earlyhelp.printing") / "assets" / f"{form}.lua") as filter_path:
        text: str = pypandoc.convert_text(
            document,
            to=to,
            format="html-auto_identifiers-smart",
            outputfile=output,
            extra_args=[f"--lua-filter={filter_path}", *options],
        )
    return text


def new_tag(name: str, **attributes: str) -> Tag:
    """Make an element; `class_` stands for its class."""
    tag = BeautifulSoup("", "lxml").new_tag(name)
    tag.attrs.update(
        {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    )
    return tag
