"""What looks personal, and what only seems to."""

from __future__ import annotations

import pandas as pd
import pytest

from earlyhelp.intake.personal import by_content, by_name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("First Name", "names"),
        ("What is your name?", "names"),
        ("Child’s surname", "names"),
        ("RecipientEmail", ""),
        ("Your e-mail address", "e-mail addresses"),
        ("Email", "e-mail addresses"),
        ("Mobile number", "telephone numbers"),
        ("Home address", "addresses"),
        ("Postcode", "addresses"),
        ("DOB", "dates of birth"),
        ("NHS number", "NHS or insurance numbers"),
        ("IP Address", "IP addresses"),
        ("LocationLatitude", ""),
    ],
)
def test_columns_that_are_called_so(name: str, kind: str) -> None:
    assert by_name(name) == kind


@pytest.mark.parametrize(
    "name",
    [
        *("Team name", "Name of your school", "emails sent", "I know how to address conflict"),
        *(
            "telephone_support",
            "shipping",
            "postcodes covered",
            "trip",
            "equipment",
            "Initial mood",
        ),
    ],
)
def test_columns_that_only_sound_so(name: str) -> None:
    assert by_name(name) == ""


@pytest.mark.parametrize(
    ("cells", "kind", "rows"),
    [
        (["", "see jo.b+x@mail.example.org!", ""], "e-mail address", [3]),
        (["01709 382121"], "telephone number", [2]),
        (["ok", "+44 (0)1709 382121", "07700900123"], "telephone number", [3, 4]),
        (["S60 1AE", "S60 1AF"], "postcode", [2, 3]),
        (["192.0.2.1", ""], "IP address", [2]),
        (["2001:db8:0:0:0:0:0:1"], "IP address", [2]),
        (["943 476 5919", "9434765870"], "NHS number", [2, 3]),
        (
            ["Ann Lee", "Bo Ash", "Cy O'Dell", "Di Fox-Roe", "Ed J. Poe"],
            "name",
            [2, 3, 4, 5, 6],
        ),
    ],
)
def test_cells_that_look_so(cells: list[str], kind: str, rows: list[int]) -> None:
    assert by_content(pd.Series(cells, range(2, 2 + len(cells)), dtype="str")) == (kind, rows)


@pytest.mark.parametrize(
    "cells",
    [
        ["P01", "P02", "R_2YPOQ602ER1jkf1"],
        ["37.5", "18.75", "0.123456789012"],
        ["2026-01-13", "13/01/2026 10:15"],
        ["1184502201", "1184512201", "1184522201"],
        ["Family Support Worker", "Team Manager"] * 4,
        ["3.1.4", "10:30", "a@b", "K9 dog", "10 or 11 of 12"],
        [],
    ],
)
def test_cells_that_only_seem_so(cells: list[str]) -> None:
    assert by_content(pd.Series(cells, dtype="str")) == ("", [])
