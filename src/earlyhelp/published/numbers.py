"""Numbers as text: how printed ones are read, and the one way in which ours are rounded.

Tables, figures, sentences, ledger and audit take it from here, so that one number cannot stand as
31.2 in one place and as 31.3 in another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from numbers import Real

NUMBER_WORDS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
LONGEST_NUMBER = 15
# More values are told as a range.
FEW_LISTED = 5
# Columns of quantities that are p.
P_COLUMNS = ("p", "smallest_p")
# Decimals that tell a number from its neighbours, at most.
MOST_DECIMALS = 6
# Dashes that stand for a minus, and points at half height.
_TYPOGRAPHY = str.maketrans({**dict.fromkeys("−‐‑‒–—﹣-", "-"), **dict.fromkeys("·∙⋅‧", ".")})
_NUMBER = re.compile(r"[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?|\.[0-9]+)")


def printed_number(printed: str) -> Decimal:
    """Number that a printed figure states, with its printed decimals.

    ``"4.20"``, ``".238"``, ``"1,500"`` and number words up to twelve are read.
    A figure has at most `LONGEST_NUMBER` characters.

    Raises
    ------
    ValueError
        When it is not a number.

    Examples
    --------
    >>> printed_number("1,500"), printed_number(".238"), printed_number("twelve")
    (Decimal('1500'), Decimal('0.238'), Decimal('12'))
    """
    text = printed.strip().lower()
    if text in NUMBER_WORDS:
        return Decimal(NUMBER_WORDS.index(text))
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number as printed, such as 4.20 or 1,500, not {printed[:40]!r}")
    return Decimal(text.replace(",", ""))


class Ambiguous(ValueError):
    """A figure that could be two numbers; the message gives both."""


def plain(printed: str) -> str:
    """Write a figure as papers print it in plain digits, with its decimals.

    Typographic minus signs and points, a sign of per cent, asterisks of significance, a decimal
    comma, blanks between thousands and what `printed_number` knows are read. A comma before three
    digits could be either, so it is not; nor are two figures, such as "1, 20".

    Raises
    ------
    ValueError
        When it is not a number.
    Ambiguous
        When it could be two.

    Examples
    --------
    >>> plain("−2,22"), plain("·50"), plain("1 500,5"), plain("81.3 %"), plain("2.20**")
    ('-2.22', '0.50', '1500.5', '81.3', '2.20')
    >>> plain("3,456")
    Traceback (most recent call last):
    earlyhelp.published.numbers.Ambiguous: 3.456 or 3456, for the comma may be either
    """
    text = printed.translate(_TYPOGRAPHY).rstrip("* \t").removesuffix("%").strip()
    if re.fullmatch(r"([+-]\s*)?[0-9]{1,3}(\s[0-9]{3})+([.,][0-9]+)?|[+-]\s*[0-9.,]+", text):
        text = re.sub(r"\s", "", text)
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", text):
        ways = " or ".join(text.replace(",", mark) for mark in (".", ""))
        raise Ambiguous(f"{ways}, for the comma may be either")
    if re.fullmatch(r"[+-]?(0|[1-9][0-9]*)?,[0-9]+", text):
        text = text.replace(",", ".")
    return f"{printed_number(text):f}"


def round_like(value: float, printed: str) -> str:
    """Round half up to the decimals of a printed figure and write it the same way.

    Binary noise is cut off at twelve significant digits first, so that a tie is a tie.
    """
    pattern = printed_number(printed)
    number = Decimal(f"{value:.12g}").quantize(
        Decimal(1).scaleb(min(0, int(pattern.as_tuple().exponent))), rounding=ROUND_HALF_UP
    )
    number = number if number else abs(number)
    if printed.isalpha() and 0 <= number < len(NUMBER_WORDS):
        word = NUMBER_WORDS[int(number)]
        return word.capitalize() if printed[0].isupper() else word
    text = f"{number:,f}" if "," in printed else f"{number:f}"
    return text.replace("0.", ".", 1) if printed.startswith(".") and abs(number) < 1 else text


def with_unit(figure: str, unit: str) -> str:
    """Write a figure with its unit: a percent sign at digits, another unit behind a space.

    Examples
    --------
    >>> with_unit("64.7", "%"), with_unit("15", "minutes"), with_unit("23", "")
    ('64.7%', '15 minutes', '23')

    A share that is told in a word has none:

    >>> with_unit("three-quarters", "%")
    'three-quarters'
    """
    if unit == "%":
        return f"{figure}{unit}" if figure[-1:].isdigit() else figure
    return f"{figure} {unit}".strip()


def span(low: float, high: float, decimals: int) -> str:
    """Write a range, rounded outwards so that it loses none of its values.

    A range whose ends agree to twelve significant digits is one number: the last digits of a
    float must not widen it. A range without upper end is "at least" its lower end, and a dash
    stands where an end is not known.

    Examples
    --------
    >>> span(11.32, 27.84, 1)
    '11.3 to 27.9'
    >>> span(0.25, 0.25, 1), span(1.58, math.inf, 1)
    ('0.3', 'at least 1.5')
    """
    if math.isnan(low) or math.isnan(high):
        return number(None)
    if math.isinf(high):
        return f"at least {span(low, low + 1, decimals).partition(' to ')[0]}"
    ends = [Decimal(f"{end:.12g}") for end in (low, high)]
    if ends[0] == ends[1]:
        return number(low, decimals)
    rounded = [
        end.quantize(Decimal(1).scaleb(-decimals), way)
        for end, way in zip(ends, (ROUND_FLOOR, ROUND_CEILING), strict=True)
    ]
    return " to ".join(number(float(end), decimals) for end in rounded)


def few_or_span(values: Iterable[float], low: float, high: float, decimals: int) -> str:
    """Write values if they are few, or else the range that they lie in.

    Examples
    --------
    >>> few_or_span([0.2, 0.21, 0.4], 0.2, 0.4, 1), few_or_span([], 0.21, 0.4, 1)
    ('0.2 or 0.4', '0.2 to 0.4')
    """
    shown = list(dict.fromkeys(number(value, decimals) for value in values))
    return " or ".join(shown) if 1 <= len(shown) <= FEW_LISTED else span(low, high, decimals)


def value_or_range(low: float, high: float, values: Sequence[float], decimals: int) -> str:
    """All values if they are few, otherwise the range, rounded outwards so that it loses none.

    Ends that differ but would look alike are shown with as many decimals as it takes.

    Examples
    --------
    >>> value_or_range(-1.4, 2.7, (-1.4, 1.4, 2.7), 1), value_or_range(0.1036, 0.1038, (), 2)
    ('−1.4 or 1.4 or 2.7', '0.1036 to 0.1038')
    """
    alike = decimals
    while low != high and number(low, alike) == number(high, alike) and alike < MOST_DECIMALS:
        alike += 1
    return few_or_span(values if alike == decimals else (), low, high, alike)


def chance(probability: float) -> str:
    """Write a probability in percent; nothing that is possible has none.

    Examples
    --------
    >>> chance(0.834), chance(0.0042), chance(0.00002), chance(0.9999)
    ('83', '0.4', 'below 0.1', 'above 99.9')
    """
    percent = 100 * probability
    if percent < 0.1:
        return "below 0.1"
    if percent > 99.9:
        return "above 99.9"
    return number(percent, 0 if 1 <= percent <= 99 else 1)


def number(value: object, decimals: int = 0) -> str:
    """Round half up, as the report does, and keep trailing zeros; a dash for nothing.

    Examples
    --------
    >>> number(81.25, 1), number(4.2, 2), number(-3), number(None)
    ('81.3', '4.20', '−3', '–')
    """
    if isinstance(value, str):
        raise TypeError(f"a number or nothing, not the text {value!r}")
    if not isinstance(value, Real) or math.isnan(value):
        return "–"
    # repr gives the shortest decimal of a float: 81.25, not a neighbour in binary.
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded).replace("-", "−")


def p_value(value: object, decimals: int) -> str:
    """A p, which cannot be above one and so has no zero before its point.

    Examples
    --------
    >>> p_value(0.238, 3), p_value(1, 2), p_value(None, 2)
    ('.238', '1.00', '–')
    """
    return as_p(number(value, decimals))


def as_p(written: str) -> str:
    """Numbers of a text that are p, without the zero before their point.

    Examples
    --------
    >>> as_p("0.0358 to 0.0367"), as_p("p < 0.001"), as_p("1.00")
    ('.0358 to .0367', 'p < .001', '1.00')
    """
    return re.sub(r"\b(?<![\d.,])0(?=\.\d)", "", written)


def short(value: object) -> str:
    """At most two decimals, none that say nothing.

    Examples
    --------
    >>> short(2.5), short(2.0), short(1 / 3)
    ('2.5', '2', '0.33')
    """
    return number(value, 2).rstrip("0").rstrip(".")


def level(share: float) -> str:
    """A level such as that of an interval, in percent, with the decimals that it has.

    Examples
    --------
    >>> level(0.95), level(0.975)
    ('95%', '97.5%')
    """
    return f"{short(100 * share)}%"


def score_text(score: int | Fraction) -> str:
    """Write a score with all its decimals, or with two if they do not end.

    Examples
    --------
    >>> score_text(Fraction(3, 2)), score_text(Fraction(-1, 8)), score_text(Fraction(7, 3))
    ('1.5', '−0.125', '2.33')
    """
    decimal = Decimal(score.numerator) / score.denominator
    exact = f"{decimal:f}".replace("-", "−")
    return exact if Fraction(decimal) == score else short(score)


def roundings(low: float, high: float, decimals: int) -> list[float]:
    """What the numbers of a range may be rounded to.

    Examples
    --------
    >>> roundings(0.451, 0.462, 2), roundings(-0.231, -0.226, 2)
    ([0.45, 0.46], [-0.23])
    """
    first, last = (
        int(
            Decimal(f"{end:.12g}")
            .quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
            .scaleb(decimals)
        )
        for end in (low, high)
    )
    return [step / 10**decimals for step in range(first, last + 1)]
