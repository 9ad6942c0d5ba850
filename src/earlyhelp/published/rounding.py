"""The one way in which readers see a number rounded, in tables, figures and sentences alike."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real


def number(value: object, decimals: int = 0) -> str:
    """Round half up, as the report does, and keep trailing zeros; a dash for nothing."""
    if not isinstance(value, Real) or math.isnan(value):
        return "–"
    # repr gives the shortest decimal of a float: 81.25, not a neighbour in binary.
    exact = Decimal(repr(float(value)))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return str(abs(rounded) if rounded == 0 else rounded).replace("-", "−")
