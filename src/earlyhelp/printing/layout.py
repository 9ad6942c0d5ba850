"""How wide the columns of a table are, and what is turned, on paper and in Word."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from bs4.element import Tag

from earlyhelp.printing.joined import new_tag
from earlyhelp.render.elements import HEADINGS

# What a cell holds alone and a reader takes in at one glance: a range that is not too long for it.
RANGE = re.compile(r"^(?=.{,13}$)[−\d.,%]+ to [−\d.,%]+$")


def turn_page(element: Tag) -> None:
    """Put an element on a landscape page, with the heading and the lead it stands under.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> page = BeautifulSoup("<body><h2>A</h2><img/></body>", "html.parser")
    >>> turn_page(page.img)
    >>> print(page.body)
    <body><div class="landscape"><h2>A</h2><img/></div></body>
    """
    before = element.find_previous_siblings(limit=2)
    page = element.wrap(new_tag("div", class_="landscape"))
    if before and "lead" in before[0].get_attribute_list("class"):
        page.insert(0, before.pop(0))
    if before and before[0].name in HEADINGS:
        page.insert(0, before[0])


def spans(cell: Tag) -> bool:
    """Whether a cell goes over several columns.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> spans(BeautifulSoup('<td colspan="2"></td>', "html.parser").td)
    True
    """
    return int(str(cell.get("colspan", "1"))) > 1


def column_widths(table: Tag) -> tuple[list[int], list[int]]:
    """Characters of each column's longest word and longest cell, and two for the gap.

    A word may end at a hyphen; a short range that a cell holds alone counts as one.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> cells = "<tr><td>one</td><td>two three</td></tr>"
    >>> column_widths(BeautifulSoup(f"<table>{cells}</table>", "html.parser").table)
    ([5, 7], [5, 11])
    >>> cells = "<tr><td>mop-up</td><td>0.2 to 0.4</td></tr>"
    >>> column_widths(BeautifulSoup(f"<table>{cells}</table>", "html.parser").table)
    ([6, 12], [8, 12])
    """
    narrow: dict[int, int] = {}
    wide: dict[int, int] = {}
    for row in table.select("tr"):
        for column, cell in enumerate(row.find_all(["th", "td"], recursive=False)):
            if spans(cell):
                continue
            text = " ".join(cell.get_text(" ").split())
            unbreakable = [
                *text.replace("-", "- ").split(),
                *(item.get_text() for item in cell.select(".status")),
                *RANGE.findall(text),
            ]
            longest = max(map(len, unbreakable), default=0)
            narrow[column] = max(narrow.get(column, 0), longest + 2)
            wide[column] = max(wide.get(column, 0), len(text) + 2)
    return list(narrow.values()), list(wide.values())


def shared(room: float, narrow: list[int], wide: list[int], table: Tag) -> list[float]:
    """Widths of columns that share a room: none below its longest word or above its longest cell.

    What is left over goes, a little at a time, to the column that makes the table lowest by it.

    Parameters
    ----------
    room : float
        Characters across the page.
    narrow, wide : list of int
        As `column_widths` has them.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> cells = "<tr><td>one</td><td>two three</td></tr>"
    >>> table = BeautifulSoup(f"<table>{cells}</table>", "html.parser").table
    >>> shared(14, *column_widths(table), table)
    [5.0, 9.0]
    """
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.select("tr")]
    text = np.zeros((len(rows), len(narrow)))
    for number, row in enumerate(rows):
        if not spans(row[0]):
            text[number, : len(row)] = [len(cell.get_text()) + 2 for cell in row]
    widths = np.array(narrow, dtype=float)
    while room - widths.sum() > 1 and (growing := [*np.flatnonzero(widths < wide)]):
        # A row is as high as its highest cell; a high power lets the others count where it is flat.
        tried = widths + 2 * np.eye(len(widths))[growing]
        heights = ((text / tried[:, None]) ** 8).sum(axis=2) ** (1 / 8)
        widths = tried[heights.sum(axis=1).argmin()]
    return [float(width) for width in widths]


def set_widths(table: Tag, widths: Sequence[float], room: float = 0) -> None:
    """Give the columns their shares of a room, or of the page where they take more.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> table = BeautifulSoup("<table></table>", "html.parser").table
    >>> set_widths(table, [10, 15], room=50)
    >>> print(table.colgroup)
    <colgroup><col style="width: 20.0%"/><col style="width: 30.0%"/></colgroup>
    """
    if unasked := table.find("colgroup"):
        unasked.decompose()
    columns = new_tag("colgroup")
    for width in widths:
        share = 100 * width / max(room, sum(widths))
        columns.append(new_tag("col", style=f"width: {share:.1f}%"))
    table.insert(0, columns)
    if caption := table.find("caption"):
        table.insert(0, caption)
