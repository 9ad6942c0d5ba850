"""What must hold of any finished book: the miniature, and the real one that `make test` builds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag
from lint import (
    LOWER_COUNT,
    RAW_ID,
    beside_status,
    lower_counts,
    of_the_screen,
    raw_ids,
    said_again,
    same_ends,
    undefined,
    zero_before_p,
    zero_in_p_cells,
)
from proof import proof
from pypdf import PageObject, PdfReader
from pypdf.generic import Destination

from earlyhelp.printing.joined import SCREEN_ONLY
from earlyhelp.printing.pdf import NAMED_ABOVE
from earlyhelp.render.volumes import PROVENANCE, Contents, Volume, read_contents
from earlyhelp.report.figures import RAISED
from earlyhelp.validate import FILES

ROOT = Path(__file__).parents[1]
BLOCKS = ("p", "li", "td", "th", "dt", "dd", "caption", "pre", "summary", "h2", "h3", "h4", "div")
MM = 72 / 25.4
LISTED = "(table|list)"
A4 = {(595, 842), (842, 595)}


@dataclass(frozen=True)
class Book:
    """A built book: its pages, its volumes and the table of contents that it was built from."""

    html: Path
    volumes: Path
    toc: Contents

    @cached_property
    def contents(self) -> list[str]:
        parts = self.toc.sphinx["parts"]
        chapters = [item["file"] for part in parts for item in part["chapters"]]
        return [f"{file}.html" for file in (self.toc.sphinx["root"], *chapters)]

    @cached_property
    def soups(self) -> dict[str, BeautifulSoup]:
        names = (path.relative_to(self.html) for path in sorted(self.html.rglob("*.html")))
        return {
            name.as_posix(): BeautifulSoup((self.html / name).read_text("utf-8"), "lxml")
            for name in names
            if name.parts[0] != "_static"
        }

    @cached_property
    def articles(self) -> dict[str, Tag]:
        return {name: self.soups[name].select_one("article.bd-article") for name in self.contents}

    @cached_property
    def elsewhere(self) -> re.Pattern[str]:
        """What names a place in another volume; a page may end anywhere in it."""
        headings = {
            solid(heading.get_text().removesuffix("#"))
            for article in self.articles.values()
            for heading in article.select("h1, h2, h3, h4")
        }
        sections = "|".join(
            r"\|*".join(text) for text in sorted(headings, key=len, reverse=True) if text
        )
        names = "|".join(r"\|*".join(solid(volume.name)) for volume in self.toc.volumes)
        page = r"\|*".join("page")
        pages = rf"(?:{page}\|*s\|*(?:to|and)|{page})"
        return re.compile(rf"(?:{names})\|*(?:{sections})?\|*{pages}|HTML\|*book\|*(?:{sections})?")

    @cached_property
    def printed(self) -> list[Printed]:
        return [Printed(self, volume) for volume in self.toc.volumes]


@dataclass(frozen=True)
class Printed:
    """One volume of a book."""

    book: Book
    volume: Volume

    @cached_property
    def articles(self) -> dict[str, Tag]:
        """Its chapters, by the names of their pages."""
        toc = self.book.toc
        parts = [("", [{"file": toc.sphinx["root"]}])]
        parts += [(part["caption"], part["chapters"]) for part in toc.sphinx["parts"]]
        return {
            f"{item['file']}.html": self.book.articles[f"{item['file']}.html"]
            for caption, chapters in parts
            if toc.printed_in[caption] == self.volume
            for item in chapters
        }

    @cached_property
    def path(self) -> Path:
        return self.book.volumes / f"earlyhelp-rotherham-{self.volume.id}.pdf"

    @cached_property
    def reader(self) -> PdfReader:
        return PdfReader(self.path)

    @cached_property
    def objects(self) -> list[dict]:
        tables = [*self.reader.xref.values(), self.reader.xref_objStm]
        found = [self.reader.get_object(number) for table in tables for number in table]
        return [item for item in found if isinstance(item, dict)]

    @cached_property
    def runs(self) -> list[list[tuple[float, float, float]]]:
        return [_runs(page) for page in self.reader.pages]

    @cached_property
    def chapters(self) -> list[Destination]:
        """Bookmarks of the chapters: the front page, and those directly below the parts."""
        titles = [_title(article) for article in self.articles.values()]
        upper = [
            mark
            for item in self.reader.outline
            for mark in (item if isinstance(item, list) else [item])
            if not isinstance(mark, list)
        ]
        found = []
        for mark in upper:
            if titles and mark.title == titles[0]:
                found.append(mark)
                titles.pop(0)
        return found

    @cached_property
    def starts(self) -> list[int]:
        return [self.reader.get_destination_page_number(mark) for mark in self.chapters]

    def chapter(self, number: int) -> list[str]:
        """Text of the pages of a chapter; it may begin and end within a page."""
        titles = [mark.title for mark in self.chapters]
        starts = [*self.starts, len(self.reader.pages) - 1]
        texts = [
            page.extract_text()
            for page in self.reader.pages[starts[number] : starts[number + 1] + 1]
        ]
        if number + 1 < len(titles):
            texts[-1] = _cut(texts[-1], titles[number + 1])[0]
        texts[0] = _cut(texts[0], titles[number])[1]
        return texts


def _cut(page: str, title: str) -> tuple[str, str]:
    """Text of a page before a title, and from there; its last line that is the title."""
    words = r"\s+".join(map(re.escape, title.split()))
    at = [match.start() for match in re.finditer(rf"(?m)^\s*{words}\s*$", page)][-1]
    return page[:at], page[at:]


def _flat(marks: list) -> list[Destination]:
    return [mark for item in marks for mark in (_flat(item) if isinstance(item, list) else [item])]


@pytest.fixture(scope="session", params=["mini", "rotherham"])
def book(request: pytest.FixtureRequest) -> Book:
    if request.param == "mini":
        html, volumes = (request.getfixturevalue(name) for name in ("built_book", "built_volumes"))
        return Book(html, volumes, read_contents(ROOT / "tests/books/mini"))
    html = ROOT / "_build/rotherham/html"
    assert html.is_dir(), "run `make report` first"
    # The published folder is whole: what is printed lies in it.
    return Book(html, html, read_contents(ROOT))


def test_pages_are_those_of_the_table_of_contents(book: Book) -> None:
    assert set(book.soups) - {"genindex.html", "search.html"} == set(book.contents)


def test_ids_are_unique_on_every_page(book: Book) -> None:
    for name, soup in book.soups.items():
        counted = Counter(tag["id"] for tag in soup.select("[id]"))
        assert [key for key, count in counted.items() if count > 1] == [], name


def test_nothing_is_fetched_from_elsewhere(book: Book) -> None:
    for name, soup in book.soups.items():
        fetched = [tag["src"] for tag in soup.select("[src]")]
        fetched += [tag["href"] for tag in soup.select("link[href]")]
        styles = "".join(tag.get_text() for tag in soup.select("style"))
        assert [url for url in fetched if urlsplit(url).netloc] == [], name
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", styles), name
    for sheet in book.html.rglob("*.css"):
        text = sheet.read_text("utf-8")
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", text), sheet.name


def test_every_link_inside_the_book_leads_somewhere(book: Book) -> None:
    for name in book.contents:
        for link in book.articles[name].select("a[href]"):
            target = urlsplit(link["href"])
            if target.scheme:
                continue
            path = ((book.html / name).parent / unquote(target.path)).resolve()
            page = path.relative_to(book.html.resolve()).as_posix() if target.path else name
            assert (book.html / page).exists(), (name, link["href"])
            if target.fragment:
                found = book.soups[page].find(id=unquote(target.fragment))
                assert found is not None, (name, link["href"])


def test_what_a_cell_shows_comes_before_its_code(book: Book) -> None:
    cells = [
        [child.name for child in cell.find_all(True, recursive=False)]
        for article in book.articles.values()
        for cell in article.select("div.cell:has(> div.cell_output)")
    ]
    assert ["div", "details"] in cells
    assert [names for names in cells if names[0] != "div"] == []


def test_every_figure_says_what_it_shows(book: Book) -> None:
    for name, article in book.articles.items():
        names = [image.get("alt", "") for image in article.select("img")]
        names += [svg.get("aria-label", "") for svg in article.select("svg:not([aria-hidden])")]
        for text in names:
            # At least three words: a file name, myst-nb's default, has one.
            assert len(text.split()) >= 3, (name, text)
            assert "_images" not in text, (name, text)


def unprinted(element: Tag) -> bool:
    return element.find_parent(lambda parent: bool(parent.css.match(SCREEN_ONLY))) is not None


def test_alternative_texts_lead_to_no_table_or_list_that_is_not_printed(book: Book) -> None:
    for name, article in book.articles.items():
        for figure in article.select("figure:has(img, svg)"):
            drawn = figure.select_one("img, svg")
            said = str(drawn.get("alt") or drawn.get("aria-label"))
            for printed, on_screen in re.findall(f"{LISTED} below|a {LISTED} in the HTML", said):
                kinds = {"table": "table", "list": ["ul", "dl"]}[printed or on_screen]
                below = figure.find_next(kinds)
                if not unprinted(figure):
                    assert unprinted(below) == bool(on_screen), (name, said)


def test_every_figure_and_table_is_numbered_and_captioned(book: Book) -> None:
    for name, article in book.articles.items():
        for element in article.select("figure, table"):
            caption = element.select_one("figcaption, caption")
            assert caption is not None, (name, element.get_text(" ", strip=True)[:80])
            assert re.match(r"(Figure|Table) \d+ \w", caption.get_text(strip=False).strip())


def test_no_number_of_the_prose_is_empty(book: Book) -> None:
    for name, article in book.articles.items():
        numbers = [text.get_text(strip=True) for text in article.select("a.claim")]
        assert all(numbers), name
        prose = (text for text in article.find_all(string=True) if not text.find_parent("pre"))
        assert "{claim" not in "".join(prose), name


def test_numbers_of_the_prose_have_one_form(book: Book) -> None:
    """Percent signs stand at their number, p has no leading zero; the checks show arithmetic."""
    for name, article in book.articles.items():
        texts = [text for text in article.find_all(string=True) if not text.find_parent("pre")]
        if name != "results/consistency.html":
            said = " ".join(" ".join(texts).split())
            assert re.findall(r".{30}\d %|.{20}\bp = 0\.", said) == [], name


def prose(article: Tag) -> BeautifulSoup:
    """What a page tells in sentences, whoever wrote them: no tables, captions, drawings or code."""
    copy = BeautifulSoup(str(article), "lxml")
    for element in copy.select(
        "table, figure, svg, .headerlink, .rows, .cell_input, .cell details, .citation"
    ):
        element.decompose()
    return copy


def sentences(article: Tag) -> list[str]:
    """Sentences of seven words or more of a page's prose, in plain words.

    Without those that hold a number, which may count alike in two places, the questions above the
    answers, and definition lists: entries of one form, as in a table.
    """
    copy = prose(article)
    for element in copy.select("dl, .admonition-title"):
        element.decompose()
    blocks = [block.get_text() for block in copy.select("p, li") if not block.select("p, li")]
    parts = [part for text in blocks for part in re.split(r"(?<=[.!?;])\s", text)]
    plain = [" ".join(re.findall(r"[a-z0-9'-]+", part.lower())) for part in parts]
    return [part for part in plain if len(part.split()) >= 7 and not re.search(r"\d", part)]


def test_no_sentence_stands_twice_in_a_book(book: Book) -> None:
    """Also of those that code writes; `test_prose` sees the sources."""
    found = Counter(one for article in book.articles.values() for one in sentences(article))
    assert [one for one, times in found.items() if times > 1] == []


# Words that a reader of the report is asked for: its chapters up to the discussion, with what code
# writes there, without tables, captions and the reference pages behind it.
NARRATIVE = 12_000


def test_the_narrative_is_no_longer_than_it_may_be(book: Book) -> None:
    report = book.toc.volumes[0]
    apparatus = ("How to read", "Appendices")
    parts = [part for part in book.toc.sphinx["parts"] if part["caption"] not in apparatus]
    told = [item for part in parts if book.toc.printed_in[part["caption"]] == report
            for item in part["chapters"]]  # fmt: skip
    pages = ["index.html", *(f"{item['file']}.html" for item in told)]
    words = sum(len(prose(book.articles[page]).get_text(" ").split()) for page in pages)
    assert words <= NARRATIVE


CODE = "code, pre, table.ledger"
# Titles of other people's work are not ours to explain; the list of abbreviations explains itself.
UNEXPLAINED = ("references.html", "reading_statuses.html")
TEXT = "p, li, dd, dt, td, th, caption, figcaption, h1, h2, h3, h4, summary"


def as_code(book: Book) -> set[str]:
    """Names of code that pages show as code, or in the ledger with the origin of a number."""
    shown = (item for article in book.articles.values() for item in article.select(CODE))
    return {name for item in shown for name in RAW_ID.findall(item.get_text(" "))}


def unexplained(book: Book, texts: Iterable[str]) -> list[str]:
    """Abbreviations that neither their first mention nor the list before the chapters explains."""
    terms = book.articles["reading_statuses.html"].select("dt")
    listed = set(re.findall(r"\w+", " ".join(term.get_text(" ") for term in terms)))
    return [told for told in undefined(texts) if told.partition(":")[0] not in listed]


def themes(book: Book) -> set[str]:
    """Ids of themes, by the places that links to them lead to."""
    places = (item for article in book.articles.values() for item in article.select("[id^=theme-]"))
    return {str(place["id"]).removeprefix("theme-") for place in places}


def blocks_of(article: Tag) -> list[str]:
    """What a reader reads of a page, block by block."""
    copy = BeautifulSoup(str(article), "lxml")
    for element in copy.select(f".headerlink, .rows, .cell_input, {CODE}, svg, script, style"):
        element.decompose()
    blocks = [block for block in copy.select(TEXT) if not block.select(TEXT)]
    return [" ".join(block.get_text().split()) for block in blocks]


def test_pages_have_none_of_the_faults_of_form(book: Book) -> None:
    allowed, named = as_code(book), themes(book)
    told = {name: blocks_of(book.articles[name]) for name in book.contents}
    for name, blocks in told.items():
        said = " ".join(blocks)
        assert same_ends(said) == [], name
        assert lower_counts(blocks) == [], name
        assert raw_ids(said, allowed, named) == [], name
        assert beside_status(book.articles[name]) == [], name
        assert said_again(book.articles[name]) == [], name
        assert zero_before_p(said) == [], name
        for table in book.articles[name].select("table"):
            rows = (row.select("th, td") for row in table.select("tr"))
            cells = [[cell.get_text().strip() for cell in row] for row in rows]
            assert zero_in_p_cells(cells) == [], name
    ours = (" ".join(blocks) for name, blocks in told.items() if name not in UNEXPLAINED)
    assert unexplained(book, ours) == []


def test_volumes_have_none_of_the_faults_of_form(book: Book) -> None:
    allowed, named, first = as_code(book), themes(book), []
    for printed in book.printed:
        texts = [page.extract_text() for page in printed.reader.pages]
        said = " ".join(" ".join(texts).split())
        assert same_ends(said) == [], printed.volume.id
        # Within lines: one may begin amid a sentence, and cells side by side are none.
        lines = (line for text in texts for line in text.splitlines())
        assert [line for line in lines if LOWER_COUNT.search(line)] == [], printed.volume.id
        assert raw_ids(said, allowed, named) == [], printed.volume.id
        assert of_the_screen(said) == [], printed.volume.id
        assert zero_before_p(said) == [], printed.volume.id
        # The lists before the first chapter repeat what is said later.
        chapters = range(len(printed.chapters))
        names = [*printed.articles]
        first += [
            " ".join(" ".join(printed.chapter(number)).split())
            for number in chapters
            if names[number] not in UNEXPLAINED
        ]
    assert unexplained(book, first) == []


def test_every_page_says_what_the_data_are(book: Book) -> None:
    for name, soup in book.soups.items():
        line = soup.select_one(".bd-header-announcement__content").get_text(strip=True)
        assert line == PROVENANCE["reconstructed"], name


def test_every_page_tells_how_to_cite_and_links_to_what_is_printed(book: Book) -> None:
    for name, soup in book.soups.items():
        cite = soup.select_one(".cite")
        assert "earlyhelp" in cite.get_text(), name
        links = {
            ((book.html / name).parent / unquote(link["href"])).resolve()
            for link in soup.select(".cite a, .downloads a:not([download])")
        }
        assert {path.parent for path in links} == {book.html.resolve()}, name
        assert len(links) == len(book.toc.volumes) + 1, name
        assert all((book.volumes / path.name).is_file() for path in links), name


def test_pdf_has_every_passage_of_every_chapter_and_no_other(book: Book) -> None:
    for printed in book.printed:
        for number, name in enumerate(printed.articles):
            _holds(book, name, printed.chapter(number), _opens(book, printed, number + 1))


ABOVE = ", ".join(f"table.{name} tbody th" for name in sorted(NAMED_ABOVE))


def _head(row: Tag) -> str:
    """What a header row has on paper, taken out of the page."""
    if NAMED_ABOVE.intersection(row.find_parent("table").get_attribute_list("class")):
        row.find(["th", "td"]).decompose()
    return row.extract().get_text()


def _holds(book: Book, name: str, pages: list[str], next_part: str) -> None:
    """Compare a chapter with its pages; they may end with the caption of the next part."""
    title, footer = solid(_title(book.articles[name])), solid(PROVENANCE["reconstructed"])
    pieces = [solid(page).replace(footer, "|") for page in pages]
    # The heading, and headers of further pages.
    rest = "".join(piece.removeprefix(title) for piece in pieces)
    rest = book.elsewhere.sub("", rest.removesuffix(solid(next_part)))
    seen = _seen(book.articles[name])
    # A header row stands again on every further page of its table.
    heads = [_head(row) for row in seen.select("thead tr")]
    for head in dict.fromkeys(_by_length(heads, least=1)):
        assert head in rest, f"{name}: no header row in the PDF"
        rest = rest.replace(head, "|")
    # So does the name of a row that goes over pages, below the header row.
    whole = solid(seen.get_text())
    for name_above in {solid(cell.get_text()) for cell in seen.select(ABOVE)}:
        again = rest.count(name_above) - whole.count(name_above)
        rest = rest.replace(f"||{name_above}", "||", max(again, 0))
    passages, drawn = _passages(seen), _drawn(book, name)
    # Long ones first: a short one may occur inside them. Under four letters nothing is proved.
    torn = []
    texts = [*((text, True) for text in passages), *((text, False) for text in drawn)]
    for text, written in sorted(texts, key=lambda item: -len(solid(item[0]))):
        # A short one of the page may stand inside another that is torn, whose turn comes first.
        if len(solid(text)) >= (6 if written else 4) and solid(text) in rest:
            rest = rest.replace(solid(text), "|", 1)
        elif written:
            torn.append(text)
    missing = []
    for text in torn:
        # Between its parts may stand what ends one page and begins the next.
        gapped = re.search(r"\|*".join(solid(text)), rest) if solid(text) else None
        if gapped:
            rest = rest.replace(gapped[0], "|", 1)
            continue
        words = LINE_ENDS.split(text)
        while words:
            # As much of it as stands together: a word alone may be found across two others, and a
            # raised letter in any word.
            ends = (n for n in range(len(words), 0, -1) if len(solid("".join(words[:n]))) >= 4)
            end = next((n for n in ends if solid("".join(words[:n])) in rest), 0)
            missing += words[:1] if not end and len(solid(words[0])) >= 4 else []
            rest = rest.replace(solid("".join(words[:end])), "|", 1) if end else rest
            words = words[end or 1 :]
    # In rows that go over pages one word may be taken for the end and the start of two others.
    there, here = (Counter(LINE_ENDS.split(" ".join(texts))) for texts in (passages, pages))
    missing = [word for word in missing if here[word] < there[word]]
    assert missing == [], f"{name}: in the pages, not in the PDF"
    digits, printed = (
        Counter(re.findall(r"\d", " ".join(text))) for text in (passages + heads, pages)
    )
    assert digits - printed == Counter(), f"{name}: digits lost in the PDF"
    # What may stand there besides: what is short.
    words = [word for text in torn for word in LINE_ENDS.split(text)]
    for text in _by_length([*passages, *drawn, *words], least=1):
        rest = rest.replace(text, "|", 1) if len(text) < 4 else rest
    assert re.findall(r"\w{4,}", rest) == [], f"{name}: in the PDF, not in the pages"


# A line may end at a space or after a hyphen.
LINE_ENDS = re.compile(r"[\s-]+")


def solid(text: str) -> str:
    """Letters only: how a PDF spaces them is no matter of content; digits are counted apart."""
    # A list of row ids, Q001 and so on, would be one letter over and over; so would statuses of
    # the numbers of a figure.
    return re.sub(rf"Q\d+|[\W\d_{''.join(RAISED.values())}]", "", text)


def _by_length(texts: list[str], least: int = 4) -> list[str]:
    letters = [solid(text) for text in texts]
    return sorted((text for text in letters if len(text) >= least), key=len, reverse=True)


def _title(article: Tag) -> str:
    heading = BeautifulSoup(str(article.select_one("h1")), "lxml")
    for link in heading.select(".headerlink"):
        link.decompose()
    return " ".join(heading.get_text().split())


def _seen(article: Tag) -> BeautifulSoup:
    """What a reader of the PDF sees: no code, no controls, no footnote marks, a narrow ledger."""
    copy = BeautifulSoup(str(article), "lxml")
    hidden = (
        ".headerlink, .rows, .cell_input, .cell details, .screen-only, .tag_screen-only, "
        ".backrefs, .citation > .label, h1, "
        "script, svg, .footnote-reference, .footnote > .label"
    )
    for element in copy.select(hidden):
        element.decompose()
    for table in copy.select("table.ledger"):
        heads = [cell.get_text(strip=True) for cell in table.select("thead th")]
        for row in table.select("tr"):
            for head, cell in zip(heads, row.select("th, td"), strict=True):
                if head not in ("Claim", "Place", "Printed", "Recomputed", "Status"):
                    cell.decompose()
    return copy


def _passages(seen: BeautifulSoup) -> list[str]:
    """Texts of the blocks that a reader sees."""
    texts: dict[int, str] = {}
    for string in seen.find_all(string=True):
        block = string.find_parent(BLOCKS)
        texts[id(block)] = texts.get(id(block), "") + string
    return [" ".join(text.split()) for text in texts.values() if solid(text)]


def _drawn(book: Book, name: str) -> list[str]:
    """Texts inside the figures of a page."""
    article = book.articles[name]
    files = [(book.html / name).parent / image["src"] for image in article.select("img")]
    drawings = [BeautifulSoup(file.read_text("utf-8"), "xml") for file in files]
    return [
        text.get_text()
        for drawing in (*drawings, article)
        for text in drawing.select("svg text:not(:has(tspan)), svg tspan")
    ]


def _opens(book: Book, printed: Printed, number: int) -> str:
    """Caption of the part that a chapter opens, and header of its page; they precede its title."""
    names = list(printed.articles)
    parts = book.toc.sphinx["parts"]
    opened = {f"{part['chapters'][0]['file']}.html": part["caption"] for part in parts}
    return opened.get(names[number], "") if number < len(names) else ""


@pytest.fixture(scope="session")
def volumes(book: Book) -> list[Printed]:
    return book.printed


def test_pdf_holds_figures_as_vectors(volumes: list[Printed]) -> None:
    for volume in volumes:
        assert [item for item in volume.objects if item.get("/Subtype") == "/Image"] == []


def test_pdf_is_tagged_with_language_and_title(volumes: list[Printed]) -> None:
    for volume in volumes:
        catalogue = volume.reader.trailer["/Root"]
        assert catalogue["/MarkInfo"]["/Marked"]
        assert catalogue["/Lang"] == "en-GB"
        assert volume.reader.metadata.title.endswith(volume.volume.heading)


def test_every_head_of_a_table_says_something(book: Book) -> None:
    for name, article in book.articles.items():
        assert all(head.get_text(strip=True) for head in article.select("th")), name


def test_pdf_tags_table_headers(volumes: list[Printed]) -> None:
    for volume in volumes:
        tables = [item for item in volume.objects if item.get("/S") == "/Table"]
        headers = [item for item in volume.objects if item.get("/S") == "/TH"]
        assert len(headers) >= 2 * len(tables) > 0
        scopes = [item["/A"][0]["/Scope"] for item in headers]
        printed = map(_seen, volume.articles.values())
        rows = [row for article in printed for row in article.select("tbody th")]
        # What stands above its row is the head of the columns below it.
        assert scopes.count("/Row") == sum(not row.css.match(ABOVE) for row in rows)


def test_pdf_embeds_every_font(volumes: list[Printed]) -> None:
    embedded = {"/FontFile", "/FontFile2", "/FontFile3"}
    for volume in volumes:
        descriptors = [item for item in volume.objects if item.get("/Type") == "/FontDescriptor"]
        assert descriptors
        assert all(embedded & set(item) for item in descriptors)


def test_pdf_pages_are_a4(volumes: list[Printed]) -> None:
    for volume in volumes:
        boxes = [page.mediabox for page in volume.reader.pages]
        assert {(round(box.width), round(box.height)) for box in boxes} <= A4


def test_pdf_bookmarks_lead_to_every_chapter(volumes: list[Printed]) -> None:
    for volume in volumes:
        titles = [_title(article) for article in volume.articles.values()]
        assert [mark.title for mark in volume.chapters] == titles
        for title, start in zip(titles, volume.starts, strict=True):
            assert solid(title) in solid(volume.reader.pages[start].extract_text())


def test_pdf_bookmarks_lead_to_every_entry(volumes: list[Printed]) -> None:
    for volume in volumes:
        marks = {" ".join(mark.title.split()) for mark in _flat(volume.reader.outline)}
        for article in volume.articles.values():
            entries = article.select("dl:not(.glossary) > dt:has([id])")
            assert {" ".join(entry.get_text().split()) for entry in entries} <= marks


def test_pdf_contents_give_the_page_of_every_chapter(volumes: list[Printed]) -> None:
    for volume in volumes:
        pages = volume.reader.pages[: volume.starts[0]]
        front = " ".join(page.extract_text() for page in pages)
        for mark, start in zip(volume.chapters, volume.starts, strict=True):
            pattern = re.escape(mark.title).replace(r"\ ", r"\s+") + r"[\s.]*(\d+)"
            assert str(start + 1) in re.findall(pattern, front), mark.title


def test_pdf_text_stays_inside_the_margins(volumes: list[Printed]) -> None:
    for volume in volumes:
        for page, runs in zip(volume.reader.pages, volume.runs, strict=True):
            left, right = 20 * MM, float(page.mediabox.width) - 20 * MM
            outside = [run for run in runs if run[0] < left or run[1] > right]
            assert outside == [], f"{volume.volume.name}, page {page.page_number + 1}"


def test_pdf_prints_nothing_below_seven_points(volumes: list[Printed]) -> None:
    for volume in volumes:
        small = [line for line in proof(volume.path) if " pt: " in line]
        assert small == [], volume.volume.name


def test_pdf_summary_takes_two_pages_and_the_report_at_most_fifty(volumes: list[Printed]) -> None:
    report = volumes[0]
    if len(report.articles) < 3:
        pytest.skip("the miniature is shorter")
    if "executive summary" not in report.chapters[0].title and len(report.chapters) < 10:
        pytest.skip("the miniature has no executive summary")
    assert "executive summary" in report.chapters[0].title
    assert report.starts[1] - report.starts[0] <= 2
    assert 40 <= len(report.reader.pages) <= 50


def test_pdf_prints_no_text_over_other_text(volumes: list[Printed]) -> None:
    for volume in volumes:
        for number, runs in enumerate(volume.runs, 1):
            starts = Counter((round(start), round(height)) for start, _, height in runs)
            twice = [place for place, count in starts.items() if count > 1]
            assert twice == [], f"{volume.volume.name}, page {number}"


def _runs(page: PageObject) -> list[tuple[float, float, float]]:
    """Left end, right end and height of every run of text, from the widths of its glyphs."""
    found: list[tuple[float, float, float]] = []
    font, size = "", 1.0

    def visit(operator: bytes, operands: list, cm: list[float], tm: list[float]) -> None:
        nonlocal font, size
        if operator == b"Tf":
            font, size = operands
        elif operator in (b"Tj", b"TJ"):
            pieces = operands[0] if operator == b"TJ" else operands
            shift = sum(-piece for piece in pieces if not isinstance(piece, (bytes, str)))
            glyphs = b"".join(
                piece if isinstance(piece, bytes) else piece.original_bytes
                for piece in pieces
                if isinstance(piece, (bytes, str))
            )
            codes = [int.from_bytes(glyphs[at : at + 2]) for at in range(0, len(glyphs), 2)]
            width = shift + sum(widths[font].get(code, 0) for code in codes)
            start = tm[4] * cm[0] + cm[4]
            end = start + width / 1000 * float(size) * tm[0] * cm[0]
            found.append((start, end, tm[5] * cm[3] + cm[5]))

    widths = {
        name: _glyph_widths(entry.get_object())
        for name, entry in page["/Resources"].get("/Font", {}).items()
    }
    page.extract_text(visitor_operand_before=visit)
    return found


def _glyph_widths(font: dict) -> dict[int, float]:
    """Widths of a composite font's glyphs, in thousandths of its size (ISO 32000-1, 9.7.4.3)."""
    widths: dict[int, float] = {}
    entries = list(font["/DescendantFonts"][0].get_object().get("/W", []))
    while entries:
        first, second = int(entries.pop(0)), entries.pop(0)
        if isinstance(second, list):
            widths.update({first + at: float(width) for at, width in enumerate(second)})
        else:
            widths.update(dict.fromkeys(range(first, int(second) + 1), float(entries.pop(0))))
    return widths


def test_the_page_for_own_pilots_lists_every_file(book: Book) -> None:
    if "own_pilot.html" not in book.contents:
        pytest.skip("the miniature has no such page")
    terms = book.articles["own_pilot.html"].select("dt code")
    assert [term.get_text() for term in terms] == [file.name for file in FILES]


def test_themes_rows_questions_and_outcomes_lead_to_one_another(book: Book) -> None:
    if "results/framework.html" not in book.contents:
        pytest.skip("the miniature has no framework matrix")
    matrix = book.articles["results/framework.html"]
    theory = book.articles["results/theory_of_change.html"]
    themes = {theme["id"]: theme.find_parent("dt") for theme in matrix.select("[id^=theme-]")}
    rows = {row["id"]: row.find_parent("tr") for row in matrix.select("td [id]")}
    assert themes
    assert rows
    # From a theme to its rows and question, and from every row back to its theme and question.
    led_to: dict[str, set[str]] = {}
    for theme, term in themes.items():
        leads = _fragments(term.find_next_sibling("dd"))
        assert any(lead.startswith("framework-rq-") for lead in leads), theme
        led_to[theme] = leads & rows.keys()
        assert led_to[theme], theme
    for row, line in rows.items():
        (theme,) = (lead for lead in _fragments(line.th) if lead.startswith("theme-"))
        assert row in led_to[theme], (row, theme)
        section = line.find_parent("section")
        heads = {section["id"], *(str(one["id"]) for one in section.select(":scope > span[id]"))}
        assert any(head.startswith("framework-rq-") for head in heads), (row, heads)
    # From a row to its outcome, and from the outcome back to the row: in the table and in the list.
    outcomes = {
        (row, lead)
        for row in rows
        for lead in _fragments(matrix.find(id=row).find_parent("p") or matrix.find(id=row).parent)
        if lead.startswith("outcome-evidence-")
    }
    assert outcomes
    for row, outcome in outcomes:
        assert row in _fragments(theory.find(id=outcome).find_parent("tr")), (row, outcome)
        assert any({row, outcome} <= _fragments(item) for item in theory.select("dd li")), row


def _fragments(tag: Tag) -> set[str]:
    """What a part of a page points at."""
    return {urlsplit(str(link["href"])).fragment for link in tag.select("a[href]")}
