"""What may be meant and may be a slip: a person looks at it, and nothing stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from earlyhelp.intake.mapping import MAPPING_FILE, recipes
from earlyhelp.intake.personal import words_of
from earlyhelp.study.design import STUDY_FILE, Study, read_study
from earlyhelp.study.dictionary import DATAPACKAGE_FILE
from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.raw import Pilot

# So often a number is given before it is common.
_COMMON = 3


def doubtful(pilot: Pilot) -> list[Problem]:
    """What a careful reader of a study folder would ask about.

    Examples
    --------
    >>> from earlyhelp.study.raw import open_pilot
    >>> [problem.found for problem in doubtful(open_pilot("tests/studies/single_arm"))]
    ['no `rows` of before, after']
    """
    return [*_taken_from_another(pilot.study), *_unfinished(pilot), *_codes(pilot)]


def _taken_from_another(study: Study) -> Iterator[Problem]:
    """Tell what a copy of another study's folder still has of that."""
    folder = study.folder.resolve()
    if words_of(study.id) != words_of(folder.name):
        expected = f"{folder.name!r}, as its folder is called"
        yield Problem(STUDY_FILE, None, "id", repr(study.id), expected)
    for path in sorted(folder.parent.glob(f"*/{STUDY_FILE}")):
        try:
            other = read_study(path.parent)
        except InputError:
            continue
        if path.parent != folder and other.title == study.title:
            found = f"{study.title!r}, as in {path.parent.name}"
            yield Problem(STUDY_FILE, None, "title", found, "a title of its own")
            return


def _unfinished(pilot: Pilot) -> Iterator[Problem]:
    """Tell files without rows, and files of which nobody would see that they were cut."""
    filled = []
    for resource in pilot.dictionary.resources:
        if pilot.raw[resource.name].empty:
            yield Problem(f"{resource.name}.csv", None, "", "no rows", "rows, if there are any yet")
        elif resource.rows is None:
            filled.append(resource.name)
    if filled:
        expected = "how many there are, so that a file cut short is told"
        yield Problem(DATAPACKAGE_FILE, None, "", f"no `rows` of {', '.join(filled)}", expected)


def _codes(pilot: Pilot) -> Iterator[Problem]:
    """Tell numbers such as 99 that a range allows and that are likely to mean no answer."""
    for resource in pilot.dictionary.resources:
        for field in resource.table.fields:
            values = pilot.raw[resource.name][field.name].dropna()
            if field.type not in ("integer", "number"):
                continue
            for code in dict.fromkeys((*far_codes([*values]), *_common_codes(values))):
                found = f"{code:g} in {(values == code).sum()} of {len(values)} rows"
                expected = (
                    f"a value, not a code for none, which stands under `missing` ({MAPPING_FILE}) "
                    f"or missingValues ({DATAPACKAGE_FILE})"
                )
                yield Problem(f"{resource.name}.csv", None, field.name, found, expected)


def far_codes(
    numbers: Sequence[float], lowest: float | None = None, highest: float | None = None
) -> list[float]:
    """Numbers that often stand for no answer, and are out of range or far from all others.

    Parameters
    ----------
    numbers : sequence of float
        In any order, and as often as they are given.
    lowest, highest : float, optional
        The range of values, where it is known.

    Examples
    --------
    >>> far_codes([3, 4, 99]), far_codes([55, 70, 99]), far_codes([55, 70, 99], 14, 70)
    ([99.0], [], [99.0])
    """
    codes = [float(code) for code in recipes().missing_codes if code in numbers]
    rest = [number for number in numbers if number not in codes]
    if not rest:
        return []
    low, high = min(0, *rest), max(10, 2 * max(rest))
    low = low if lowest is None else max(low, lowest)
    high = high if highest is None else min(high, highest)
    return [code for code in codes if not low <= code <= high]


def _common_codes(values: pd.Series) -> list[float]:
    """Codes that stand at an end, alone, and are given more often than any other number."""
    counts = values.value_counts()
    found = []
    for code in map(float, recipes().missing_codes):
        others = counts.drop(code, errors="ignore")
        often = counts.get(code, 0) >= max(_COMMON, others.max() + 1 if len(others) else 0)
        below, above = (others.index < code).any(), (others.index > code).any()
        alone = not others.index.isin([code - 1, code + 1]).any()
        if often and alone and not (below and above):
            found.append(code)
    return found
