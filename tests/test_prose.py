"""The book's prose: our own words, numbers by claim, citations and claims that exist.

`data/report_ngrams.txt` holds a truncated SHA-256 of every run of seven words of the published
report, so that its text need not be here.
"""

import csv
import re
from collections import Counter
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from earlyhelp.published.claims import claims_of
from earlyhelp.render.volumes import read_contents

ROOT = Path(__file__).parents[1]
NGRAMS = Path(__file__).parent / "data/report_ngrams.txt"
RUN, DIGITS = 7, 10

CHAPTERS = sorted((ROOT / "book").glob("*.md"))
# What else readers see of our words.
OTHERS = [
    *sorted((ROOT / "notebooks").glob("*.md")),
    *(
        ROOT / "data/rotherham" / name
        for name in (
            *("audit.yml", "codebook.yml", "datapackage.json", "instruments.yml"),
            *("next_steps.yml", "research_questions.yml", "study.yml", "sweep.yml"),
            *("theory_of_change.yml", "triangulation.yml", "words.yml"),
        )
    ),
    ROOT / "data/rotherham/claims.csv",
    ROOT / "data/rotherham/raw/framework_matrix.csv",
    ROOT / "README.md",
]
# Names may recur, the longer ones before those that they contain.
NAMES = (
    "Systemic training and feedback tools in Rotherham's Early Help",
    "What Works for Early Intervention and Children's Social Care",
    "Department for Levelling Up, Housing and Communities",
    "Early Help & Family Engagement",
    "Rotherham's Early Help",
    "Team Around the Family",
    "Edge of Care",
    "Readiness for trial",
)
FINDINGS = (
    "notebooks/index",
    "book/conclusion",
    "book/limitations",
    "notebooks/key_findings",
    "notebooks/feasibility_training",
    "notebooks/feasibility_tools",
    "notebooks/readiness",
)
# Numbers that are no results: places in the report and in this book, names, dates, licences.
NO_RESULT = re.compile(
    r"^#+ \d\.\d "
    r"|\b(?:[Qq]uestions?|RQ) \d\.\d"
    r"|\b(?:Section|Chapter) \d(?:\.\d)?"
    r"|\b(?:Figures?|Tables?) [A-Z\d]\.\d(?: to [A-Z\d]\.\d)?(?: and [A-Z\d]\.\d)?"
    r"|\b[EF]\.1\b"
    r"|\bA-\d\d"
    r"|\bLevel \d"
    r"|\bMay 2023"
    r"|\bBY-NC-ND 2\.0"
    r"|\bGraded Care Profile 2"
    r"|\bCovid-19",
    re.MULTILINE,
)


def words(text: str) -> list[str]:
    """Words in lower case, without punctuation and without the names that may recur."""
    text = " ".join(text.replace("’", "'").split())
    for name in NAMES:
        text = text.replace(name, " § ")
    return re.findall(r"§|[a-z0-9]+(?:'[a-z]+)?", text.lower())


def digest(run: list[str]) -> str:
    """The truncated hash of a run of words."""
    return sha256(" ".join(run).encode()).hexdigest()[:DIGITS]


@cache
def report_digests() -> frozenset[str]:
    """Hashes of all runs of the report."""
    return frozenset(NGRAMS.read_text("ascii").split())


def copied(text: str) -> list[str]:
    """Runs of seven words that the report has too; numbers of claims and targets are no words."""
    text = re.sub(r"\{claim\}`[^`]*`", " § ", text)
    text = re.sub(r"\{[a-z]+\}`([^`<]*)(?:<[^`]*>)?`", r"\1", text)
    found = words(text)
    runs = (found[start : start + RUN] for start in range(len(found) - RUN + 1))
    return [" ".join(run) for run in runs if digest(run) in report_digests()]


@pytest.mark.parametrize("path", [*CHAPTERS, *OTHERS], ids=lambda path: path.name)
def test_no_seven_words_of_the_report_in_a_row(path: Path) -> None:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as rows:
            said = ("summary", "subject", "population", "note")
            text = " § ".join(row.get(key, "") for row in csv.DictReader(rows) for key in said)
    else:
        text = path.read_text("utf-8")
    assert copied(text) == []


def test_copied_words_are_found() -> None:
    # The beginning of the report's title.
    title = "Piloting the implementation of systemic training and feedback tools"
    assert copied(f"We read: {title}, and more.") != []


def typed_numbers(text: str) -> list[str]:
    """Numbers in the prose that neither a claim gives nor name a place."""
    text = re.sub(
        r"\A---.*?\n---\n|```.*?```|\{[a-z:]+\}`[^`]*`|`[^`]*`|^\([^)\n]*\)=$|\]\(#[^)\n]*\)",
        " ",
        text,
        flags=re.S | re.M,
    )
    return re.findall(r"\S*\d\S*", NO_RESULT.sub(" ", text))


@pytest.mark.parametrize("chapter", FINDINGS)
def test_findings_type_no_numbers(chapter: str) -> None:
    assert typed_numbers((ROOT / f"{chapter}.md").read_text("utf-8")) == []


def test_typed_number_is_found() -> None:
    assert typed_numbers("Table 3.1: 64.7% and {claim}`b-1` of Level 6") == ["64.7%"]


def test_citations_have_an_entry() -> None:
    bibliography = (ROOT / "book/references.bib").read_text("utf-8")
    known = set(re.findall(r"^@\w+\{([^,]+),", bibliography, re.MULTILINE))
    pages = [*CHAPTERS, *(ROOT / "notebooks").glob("*.md")]
    text = "\n".join(path.read_text("utf-8") for path in pages)
    cited = {key for keys in re.findall(r"\{cite\}`([^`]+)`", text) for key in keys.split(",")}
    assert cited
    assert cited <= known


def test_what_confirms_a_threshold_has_an_entry_or_nothing_does() -> None:
    page = (ROOT / "book/instruments.md").read_text("utf-8")
    (table,) = re.findall(r"^:name: tbl-confirmed\n(.*?)^:::", page, re.MULTILINE | re.DOTALL)
    _, _, *rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) > 5
    unnamed = [row for row in rows if not re.search(r"\{cite\}|not confirmed", row.split("|")[3])]
    assert unnamed == []


def test_a_checklist_leads_to_sections_of_long_chapters() -> None:
    text = (ROOT / "book/checklists.md").read_text("utf-8")
    # Chapters that answer many items; the others are about one.
    long = "background|methods|results/(?:promise|trial|sample)"
    assert re.findall(rf"\{{doc\}}`(?:{long})`", text) == []


def test_every_item_of_a_checklist_has_its_place_or_is_not_reported() -> None:
    text = (ROOT / "book/checklists.md").read_text("utf-8")
    tables = re.findall(r"^:name: tbl-checklist-(\w+)\n(.*?)^:::", text, re.MULTILINE | re.DOTALL)
    rows = {
        name: [line.split("|")[1:3] for line in table.splitlines() if line.startswith("|")][2:]
        for name, table in tables
    }
    assert set(rows) == {"consort", "gramms", "tidier"}
    placed = re.compile(r"\{(?:ref|doc|numref)\}`|not reported")
    every = [row for table in rows.values() for row in table]
    assert [item for item, where in every if not placed.search(where)] == []
    # Training and tools have sections of the same name.
    assert re.findall(r"\{ref\}`rq-\d-\d-(?:training|tools)`", text) == []
    numbered = [re.findall(r"\((\d+)\)", item) for item, _ in rows["tidier"]]
    assert numbered == [[str(number)] for number in range(1, 13)]


def test_notes_of_claims_say_in_words_what_is_kept() -> None:
    notes = {claim.id: claim.note for claim in claims_of(ROOT / "data/rotherham")}
    terse = re.compile(r"our reading|\bread: |: a reading$")
    assert [name for name, note in notes.items() if terse.search(note)] == []


# A surname, what may follow it, and a year: "Gale et al. (2013)", "Donner & Klar (2000)".
NAMED = re.compile(
    r"([A-Z][a-z]+(?:'[A-Z])?[a-z]*|O'[A-Z][a-z]+)"
    r"(?:,? (?:and|&) [A-Z][a-z]+|, [A-Z][a-z]+(?:,? & [A-Z][a-z]+)?)*"
    r"(?: et al\.)?,? \(?((?:19|20)\d\d)(?!-[01]\d)\)?"
)
MONTHS = "January February March April May June July August September October November December"


def named_sources(text: str) -> set[tuple[str, str]]:
    """First author and year of every source that a text names in words."""
    return {(author, year) for author, year in NAMED.findall(text) if author not in MONTHS.split()}


def test_sources_are_found_in_text() -> None:
    text = (
        "Gale et al. (2013); Fincham 2008; Donner & Klar (2000); O'Cathain et al. (2010); May 2023"
    )
    assert named_sources(text) == {
        ("Gale", "2013"),
        ("Fincham", "2008"),
        ("Donner", "2000"),
        ("O'Cathain", "2010"),
    }


def test_every_source_that_is_named_has_an_entry() -> None:
    entries = (ROOT / "book/references.bib").read_text("utf-8").split("\n@")
    known = {
        (author[1], year[1])
        for entry in entries
        if (author := re.search(r"author = \{([^,{}]+),", entry))
        and (year := re.search(r"year = \{(\d{4})\}", entry))
    }
    texts = [*(ROOT / "data/rotherham").glob("*.yml"), *(ROOT / "src").rglob("*.py")]
    named = {one for path in texts for one in named_sources(path.read_text("utf-8"))}
    assert ("Fincham", "2008") in named
    assert named <= known


def test_numbers_of_the_prose_are_claims_that_data_answer() -> None:
    pages = [*CHAPTERS, *(ROOT / "notebooks").glob("*.md")]
    text = "\n".join(path.read_text("utf-8") for path in pages)
    named = set(re.findall(r"\{claim\}`([^`]+)`", text))
    known = {claim.id for claim in claims_of(ROOT / "data/rotherham") if claim.quantity}
    assert named
    assert named - known == set()


def sentences(text: str) -> list[str]:
    """Sentences of seven words or more of a page's prose, in plain words; claims keep their ids."""
    text = re.sub(
        r"\A---.*?\n---\n|```\{code-cell\}.*?```|^#[^\n]*$", "\n\n", text, flags=re.S | re.M
    )
    text = re.sub(r"\{(?!claim)[a-z:]+\}`[^`]*`", " ", text)  # links are no prose
    blocks = re.split(r"\n\s*\n|\n(?=[-|:*])", text)
    parts = [part for block in blocks for part in re.split(r"(?<=[.!?;])\s", block)]
    plain = [" ".join(re.findall(r"[a-z0-9'-]+", part.lower())) for part in parts]
    return [part for part in plain if len(part.split()) >= 7]


def test_no_sentence_stands_twice() -> None:
    pages = [*CHAPTERS, *(ROOT / "notebooks").glob("*.md")]
    found = Counter(one for page in pages for one in sentences(page.read_text("utf-8")))
    assert [one for one, times in found.items() if times > 1] == []


def test_a_sentence_that_stands_twice_is_found() -> None:
    text = "# A\n\nWhat is said here stands in two places. Short one.\n\n- x\n\n"
    assert sentences(text) == ["what is said here stands in two places"]


def opening(text: str) -> list[str]:
    """The sentences of a page's first paragraph."""
    paragraph = re.split(r"\n\s*\n", text.split("\n# ")[-1].removeprefix("# "))[1]
    # A sentence may begin with a link.
    plain = re.sub(r"\{[a-z:]+\}`[^`]*`", "Link", paragraph)
    return re.split(r"(?<=[.!?])\s+(?=[A-Z\"*])", plain.strip())


def reference_pages() -> list[str]:
    """What is read page by page: the annexes, and the theory of change."""
    contents = read_contents(ROOT)
    parts = [(part["caption"], part["chapters"]) for part in contents.sphinx["parts"]]
    annexes = [*contents.volumes][1:]
    names = [
        item["file"]
        for caption, chapters in parts
        if contents.printed_in[caption] in annexes
        for item in chapters
    ]
    return ["results/theory_of_change", *names]


@pytest.mark.parametrize("name", reference_pages())
def test_reference_pages_open_with_three_sentences(name: str) -> None:
    folder, _, file = name.rpartition("/")
    path = ROOT / ("notebooks" if folder else "book") / f"{file}.md"
    assert len(opening(path.read_text("utf-8"))) == 3, opening(path.read_text("utf-8"))


def test_an_opening_is_the_first_paragraph() -> None:
    text = "---\na: b\n---\n\n# Page\n\nOne {cite}`x2020`. Two, e.g. so.\nThree?\n\nNo more.\n"
    assert opening(text) == ["One Link.", "Two, e.g. so.", "Three?"]
