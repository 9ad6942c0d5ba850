"""Columns that look as if they were about somebody who can be known by them."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from earlyhelp.study.problems import Problem

_WHOSE = "(your|full|first|last|middle|family|respondents?|participants?|childs?|parents?|workers?)"
# What a column is called, as words with underscores between.
_NAMED = {
    "names": rf"(what_is_)?({_WHOSE}_)*(names?|surname|forenames?|firstname|lastname|initials)",
    "e-mail addresses": r"(.*_)?e_?mail(_address(es)?)?",
    "telephone numbers": r"(.*_)?((tele)?phone|mobile)(_(number|no))?",
    "addresses": r"((home|postal|your|street)_)*address(_line)?(_\d)?|(.*_)?post_?code",
    "dates of birth": r"(.*_)?(date_of_birth|birth_?date|birthday|dob)",
    "NHS or insurance numbers": r"(.*_)?(nhs|ni|national_insurance|social_security)_(number|no)",
    "IP addresses": r"(.*_)?ip(_?addr(ess)?)?",
    "places of devices": r"(.*_)?(latitude|longitude)",
}
_EMAIL = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_PHONE = r"(?<![\w.])(?:\+44|0)[ ()-]{0,2}\d(?:[ ()-]{0,2}\d){8,9}(?![\w.])"
_POSTCODE = r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b"
# What stands in a cell, or in all of it.
_WITHIN = {"e-mail address": _EMAIL, "telephone number": _PHONE, "postcode": _POSTCODE}
_WHOLE = {"IP address": r"(\d{1,3}\.){3}\d{1,3}|([0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}"}
_LIKE_A_NAME = r"[A-ZÀ-Þ][a-zß-ÿ'’-]+( [A-Z]\.?)?( [A-ZÀ-Þ][A-Za-zÀ-ÿ'’-]+){1,2}"


def words_of(name: str) -> str:
    """Words of a name in small letters, with underscores between.

    Examples
    --------
    >>> words_of("The child\u2019s name?")
    'the_childs_name'
    """
    return re.sub(r"[^a-z0-9]+", "_", re.sub("['\u2019]", "", name.lower())).strip("_")


def by_name(name: str) -> str:
    """What a column holds by its name, if that is personal; or nothing.

    Examples
    --------
    >>> by_name("E-mail Address"), by_name("What is your name?"), by_name("Team name")
    ('e-mail addresses', 'names', '')
    """
    words = words_of(name)
    return next((kind for kind, like in _NAMED.items() if re.fullmatch(like, words)), "")


def by_content(values: pd.Series) -> tuple[str, list[int]]:
    """What personal data stand in the cells of a column, and in which rows.

    Parameters
    ----------
    values : Series of str

    Returns
    -------
    str, list of int
        Blank and no row where nothing looks personal. Cells that look like names count only where
        nearly all do and hardly one stands twice, which the names of roles or teams do.

    Examples
    --------
    >>> by_content(pd.Series(["Ring 01709 382121", "no"], index=[2, 3]))
    ('telephone number', [2])
    >>> by_content(pd.Series(["Team Manager", "Team Manager", "Team Leader"]))
    ('', [])
    """
    for kind, like in _WITHIN.items():
        if (found := values.str.contains(like)).any():
            return kind, values.index[found].tolist()
    filled = values[values != ""]
    for kind, like in _WHOLE.items():
        if len(filled) and (found := filled.str.fullmatch(like)).all():
            return kind, filled.index[found].tolist()
    if len(filled) and filled.map(_is_nhs_number).mean() > 0.5:
        return "NHS number", filled.index.tolist()
    alike = filled.str.fullmatch(_LIKE_A_NAME)
    if len(filled) >= 5 and alike.mean() > 0.8 and filled.nunique() > 0.8 * len(filled):
        return "name", filled.index[alike].tolist()
    return "", []


def problem(
    file: str, column: str, title: str, values: pd.Series, expected: str, but: Collection[str] = ()
) -> Problem | None:
    """Tell that a column looks personal; without showing it, for messages are passed on.

    Parameters
    ----------
    values : Series of str
        By the line of each.
    but : collection of str, optional
        What its cells may look like.

    Examples
    --------
    >>> values = pd.Series(["Ring 01709 382121", "no"], index=[2, 3])
    >>> print(problem("a.csv", "why", "Why not?", values, "nothing personal"))
    a.csv, row 2, column why: found what looks personal (telephone number); expected \
nothing personal
    """
    if kind := by_name(column) or by_name(title):
        return Problem(file, None, column, f"a column that looks like {kind}", expected)
    kind, rows = by_content(values)
    if kind in ("", *but):
        return None
    more = f" ({len(rows)} rows)" if len(rows) > 1 else ""
    return Problem(file, rows[0], column, f"what looks personal ({kind}){more}", expected)


def _is_nhs_number(text: str) -> bool:
    """Ten digits, the last of which checks the others (modulus 11)."""
    digits = (
        [int(digit) for digit in re.sub("[ -]", "", text)] if re.fullmatch(r"[\d -]+", text) else []
    )
    if len(digits) != 10:
        return False
    check = 11 - sum((10 - n) * digit for n, digit in enumerate(digits[:9])) % 11
    return check % 11 == digits[9]
