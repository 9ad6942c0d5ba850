"""What printed figures determine about quantities that they do not print, and how it is told.

The functions of `within_arms`, `between_arms`, `scores` and `people` return tidy frames for
readers:

quantity, population
    What is asked, and of whom.
low, high : float
    Least and greatest over all data sets that agree with the printed figures.
values : tuple of float
    All values that occur, ascending, where a list of them is known, as exact as they are to be
    shown; otherwise empty.
decimals : int
    With how many it makes sense to show them.
status : {"determined", "bounded"}
    Determined means one value, equal as a fraction and not merely when rounded.
how : str
    How the range was found. An outer bound is one that no data set exceeds, though perhaps none
    attains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, copysign, floor, sqrt
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from earlyhelp.analysis.quantities import matching
from earlyhelp.possible.extremes import ATTAINED, EXACT, OUTER
from earlyhelp.possible.two_waves import Change, WaveFigures
from earlyhelp.published.identified import stored
from earlyhelp.published.identified.outcome import Outcome, compared, outcomes
from earlyhelp.published.identified.stored import Identified
from earlyhelp.published.numbers import number
from earlyhelp.published.printed import PrintedFigures, read_printed
from earlyhelp.study.design import Study, contrast, read_study, within_sentence
from earlyhelp.study.scoring_keys import Instruments, read_instruments

# How stored extremes were found, in words.
TOLD = {
    EXACT: "exact, over all data sets that agree with every printed figure of the arm",
    OUTER: OUTER,
}


@dataclass(frozen=True)
class IdentifiedSets:
    """Printed figures of a study and the sets that they identify.

    A measure is named by its scale's id, an arm by its own.
    """

    study: Study
    printed: PrintedFigures
    stored: Identified
    outcomes: Mapping[str, Outcome]
    instruments: Instruments

    @property
    def labels(self) -> dict[str, str]:
        """Words for arms, waves, instruments and scales, by id."""
        return self.study.labels | self.instruments.labels

    @property
    def arms(self) -> tuple[str, ...]:
        """Both arms, the treated one first."""
        return compared(self.study)

    @property
    def between(self) -> str:
        """Name of the difference between the arms."""
        return contrast(*self.arms)

    def words(self, *ids: str) -> str:
        """Labels of arms and waves as they stand within a sentence."""
        return ", ".join(within_sentence(self.study.labels[id]) for id in ids)

    def extreme(self, measure: str, arm: str, quantity: str) -> tuple[float, float, str]:
        """Stored least and greatest value, and whether they are exact."""
        row = self._rows(measure, arm, quantity).query("how != @ATTAINED").iloc[0]
        return float(row["low"]), float(row["high"]), str(row["how"])

    def attained(self, measure: str, arm: str, quantity: str) -> tuple[float, float]:
        """Least and greatest value of the data sets that were found."""
        row = self._rows(measure, arm, quantity).query("how == @ATTAINED").iloc[0]
        return float(row["low"]), float(row["high"])

    def has(self, measure: str, arm: str, quantity: str) -> bool:
        """Whether bounds of a quantity are stored."""
        return bool((self._rows(measure, arm, quantity)["how"] != ATTAINED).any())

    def _rows(self, measure: str, arm: str, quantity: str) -> pd.DataFrame:
        wanted = {"measure": measure, "arm": arm, "quantity": quantity}
        return matching(self.stored.extremes, wanted)

    def contrasts(self, measure: str) -> list[tuple[Change, Change]]:
        """Changes of both arms that occur together."""
        return stored.contrasts(self.stored, self.outcomes[measure])


def open_sets(study_folder: str | Path) -> IdentifiedSets | None:
    """Open what is stored of a study; None where nothing is, as with real data.

    Examples
    --------
    >>> list(open_sets("tests/studies/complete").outcomes)
    ['wai', 'compassion_satisfaction']
    >>> open_sets("tests/studies/mini") is None  # real data
    True
    """
    study = read_study(study_folder)
    tables = stored.read(study.folder)
    if study.provenance == "observed" or tables is None:
        return None
    printed = read_printed(study.folder)
    return IdentifiedSets(
        study, printed, tables, outcomes(study, printed), read_instruments(study.folder)
    )


class RangeRow(NamedTuple):
    """One quantity of one group: its range, the values if they are listed, and how it was found."""

    quantity: str
    population: str
    low: float
    high: float
    values: tuple[float, ...]
    decimals: int
    status: str
    how: str


def ranged(
    quantity: str,
    population: str,
    values: Iterable[Fraction | float],
    decimals: int,
    how: str,
    *,
    exact: bool = True,
    listed: bool = False,
) -> RangeRow:
    """Range of some values, whose ends occur if `exact`; `listed` are all that occur."""
    distinct = sorted(set(values))
    low, high = float(distinct[0]), float(distinct[-1])
    status = "determined" if exact and len(distinct) == 1 else "bounded"
    shown = tuple(map(float, distinct)) if listed else ()
    return RangeRow(quantity, population, low, high, shown, decimals, status, how)


def tidied(rows: Iterable[RangeRow]) -> pd.DataFrame:
    """Rows as a frame."""
    return pd.DataFrame(list(rows), columns=RangeRow._fields)


Ends = tuple[float, float]


def ends_of(values: Iterable[float]) -> Ends:
    """Least and greatest value."""
    listed = list(values)
    return min(listed), max(listed)


def bracketed(label: str, population: str, outer: Ends, found: Ends, decimals: int) -> RangeRow:
    """Outer bounds, and how near to them the data sets come that were found."""
    places = 10**decimals
    # Shown outwards, so the same digits at both ends are attained as shown.
    alike = floor(found[0] * places + 1e-6) == floor(outer[0] * places + 1e-6) and ceil(
        found[1] * places - 1e-6
    ) == ceil(outer[1] * places - 1e-6)
    if alike:
        how = "exact to the digits shown: data sets with both ends were found"
    else:
        shown = " and ".join(number(end, decimals) for end in found)
        how = f"{OUTER}; data sets with {shown} were found"
    return ranged(label, population, outer, decimals, how, exact=alike)


def signed_square(value: Fraction) -> Fraction:
    """Square with the sign of the value, so that no root has to be taken before values compare."""
    return value * abs(value)


def signed_root(square: Fraction) -> float:
    """Value of which this is the `signed_square`."""
    return copysign(sqrt(abs(square)), square)


def possible_spreads(wave: WaveFigures) -> Iterator[tuple[int, int]]:
    """Each sum with the least and the greatest n * (sum of squares) - sum**2 that goes with it."""
    assert wave.variance is not None
    first, last = wave.variance.whole(wave.n * (wave.n - 1))
    for total in possible_sums(wave):
        # The sum of squares is a whole number, odd or even as the sum is.
        squares = range(-(-(first + total**2) // wave.n), (last + total**2) // wave.n + 1)
        fitting = [square for square in squares if (square - total) % 2 == 0]
        for square in (fitting[0], fitting[-1]) if fitting else ():
            yield total, wave.n * square - total**2


def possible_sums(wave: WaveFigures) -> range:
    """Sums of scores that the printed mean leaves."""
    return range(wave.totals[0], wave.totals[1] + 1)
