"""Look at every page in a real browser: `make test-pages`.

Opens the built book from disk in Chromium (found on the path, or named by CHROMIUM) and reports
every violation that axe finds, with all its rules, in light and dark and at seven widths; every
page that is wider than its window; and whatever of the claim cards, the search and the ledger does
not work. Takes about a quarter of an hour.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = (320, 390, 800, 1024, 1100, 1440, 1920)
SCHEMES = ("light", "dark")
ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]

# Whether a card lies on top at its lower end.
ON_TOP = """() => {
  const card = document.querySelector("#claim-card"), place = card.getBoundingClientRect();
  window.scrollBy(0, place.bottom - innerHeight / 2);
  const moved = card.getBoundingClientRect();
  return card.contains(document.elementFromPoint(moved.left + 5, moved.bottom - 5));
}"""
# A number comes to the lower end of the window, and whether its card is inside.
TO_THE_END = """link => scrollBy(0, link.getBoundingClientRect().bottom - innerHeight + 10)"""
INSIDE = "() => document.querySelector('#claim-card').getBoundingClientRect().bottom <= innerHeight"
# Whether the ledger's heads are seen above the row that the address names, and the row too.
IN_SIGHT = """() => {
  const heads = document.querySelector("table.ledger thead th").getBoundingClientRect();
  const row = document.getElementById(location.hash.slice(1)).getBoundingClientRect();
  return 0 <= heads.top && heads.bottom <= row.top && row.bottom <= innerHeight;
}"""
# Whether the ledger is wider than the box it lies in.
SCROLLS = """() => {
  const box = document.querySelector("table.ledger").closest(".pst-scrollable-table-container");
  return box.scrollWidth > box.clientWidth;
}"""


def violations(page: Page, axe: Axe) -> Iterator[str]:
    """What axe finds on an open page, an element a line."""
    for rule in axe.run(page).response["violations"]:
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:120]}"


def too_wide(page: Page) -> Iterator[str]:
    """The page, or a figure made for narrow screens, when it has to be scrolled sideways."""
    width, window = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    if width > window:
        yield f"{width} px wide"
    for figure in page.locator("figure:has(.narrow)").all():
        if figure.evaluate("figure => figure.scrollWidth > figure.clientWidth"):
            yield "a figure to be scrolled"


def look(browser: Browser, folder: Path) -> Iterator[str]:
    """Findings of every page, each with the schemes and widths where it is."""
    axe = Axe()
    # The theme leaves templates of its own among the static files.
    pages = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]
    for number, path in enumerate(pages, start=1):
        name = path.relative_to(folder).as_posix()
        print(f"{number} of {len(pages)}: {name}", file=sys.stderr)
        found = defaultdict(list)
        for scheme, width in product(SCHEMES, WIDTHS):
            size = {"width": width, "height": 900}
            page = browser.new_page(color_scheme=scheme, viewport=size)
            page.goto(path.as_uri(), wait_until="load")
            for finding in (*too_wide(page), *violations(page, axe)):
                found[finding].append(f"{scheme} {width}")
            page.close()
        for finding, places in found.items():
            yield f"{name}: {finding} ({', '.join(places)})"


def use(browser: Browser, folder: Path) -> Iterator[str]:
    """What does not work from disk: claim cards by keyboard, the search, the ledger."""
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    yield from use_cards(page, folder)
    page.goto((folder / "index.html").as_uri())
    yield from search(page, folder, page.locator("a.claim").first.inner_text())
    yield from use_ledger(page, folder)


def use_cards(page: Page, folder: Path) -> Iterator[str]:
    """What does not work of the cards of numbers in sentences and in tables."""
    page.goto((folder / "index.html").as_uri())
    page.locator("a.claim").first.focus()
    page.wait_for_selector("#claim-card")
    if "Printed" not in page.locator("#claim-card").inner_text():
        yield "index.html: a number's card does not say what is printed"
    page.keyboard.press("Escape")
    if page.locator("#claim-card").count():
        yield "index.html: Escape leaves the card open"
    middle = page.locator("a.claim").nth(page.locator("a.claim").count() // 2)
    middle.evaluate(TO_THE_END)
    middle.focus()
    page.wait_for_selector("#claim-card")
    if not page.evaluate(INSIDE):
        yield "index.html: the card of a number at the lower end of the window is below it"
    page.goto((folder / "results/sample.html").as_uri())
    raw_files = 0
    for cell in page.locator("table a.claim.cell:visible").all():
        cell.focus()
        page.wait_for_selector("#claim-card")
        # What cuts a card off is as good as no card.
        if not page.evaluate(ON_TOP):
            yield f"sample.html: the card of a table's {cell.inner_text()} is cut off"
        raw_files += page.locator("#claim-card a[href*='codebook.html#tbl-codebook-']").count()
    if not raw_files:
        yield "sample.html: no card leads to the columns of a raw file"


def search(page: Page, folder: Path, number: str) -> Iterator[str]:
    """What does not work of the search for a number."""
    page.goto((folder / "search.html").as_uri() + f"?q={number}")
    page.wait_for_function("!document.querySelector('#search-results h2 span')")
    found = page.locator("#search-results li")
    if not found.count():
        yield f"search.html: nothing is found for {number!r}"
    elif found.count() > page.locator("#search-results li p.context").count():
        yield f"search.html: not every page that is found for {number!r} has an excerpt"


def use_ledger(page: Page, folder: Path) -> Iterator[str]:
    """What does not work of the ledger: its heads, its filter, its table as CSV."""
    for width in (*WIDTHS, 960, 1200, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto((folder / "results/ledger.html").as_uri() + "#ledger-not-trained")
        page.reload()
        # On a phone a row is a list, and each cell says what it is.
        if width > 768 and not page.evaluate(IN_SIGHT):
            yield f"ledger.html: the heads are out of sight, or hide the row, at {width} px"
        if page.evaluate(SCROLLS):
            yield f"ledger.html: the table does not fit in its box at {width} px"
    page.set_viewport_size({"width": 1100, "height": 900})
    page.goto((folder / "results/ledger.html").as_uri())
    page.get_by_role("combobox", name="Status").select_option("contradicted")
    shown = page.locator("table.ledger tbody tr").count()
    if "contradicted" not in page.url:
        yield "ledger.html: the filter is not in the address"
    page.goto(page.url)
    page.reload()
    if page.locator("table.ledger tbody tr").count() != shown:
        yield "ledger.html: the address does not give the filter back"
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"Keep Table \d+ as CSV")).first.click()
    if not download.value.suggested_filename.endswith(".csv"):
        yield "ledger.html: a table cannot be downloaded as CSV"


def main(folder: Path) -> int:
    """Look and say what is found; 1 for a finding, 2 without a browser or a book."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not chromium or not (folder / "index.html").is_file():
        missing = "a built book" if chromium else "Chromium, on the path or named by CHROMIUM"
        print(f"make test-pages needs {missing}", file=sys.stderr)
        return 2
    with sync_playwright() as play:
        # Chromium refuses to run as root within its sandbox.
        rooted = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = play.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *rooted])
        found = [*use(browser, folder), *look(browser, folder)]
        browser.close()
    print("\n".join(found) or "No finding.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
