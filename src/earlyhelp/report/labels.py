"""Words for what tables name in code: the study's own, or else those of every study."""

from __future__ import annotations

import pandas as pd

LABELS = {
    "intervention": "Intervention",
    "comparison": "Comparison",
    "all": "All",
    "practitioners": "Practitioners",
    "baseline": "Baseline",
    "post_training": "Post-training",
    "endline": "Endline",
    "change": "Change",
    "working_hours": "Working hours",
    "child": "Children",
    "adult": "Adults",
}

# Designs of a trial (`power.DESIGNS`); "baseline" is also a wave.
DESIGN_LABELS = {
    "individual": "People randomised",
    "individual-baseline": "People with baseline",
    "parallel": "Teams, parallel",
    "baseline": "Teams with baseline",
    "stepped-wedge": "Teams, stepped wedge",
}


def label(name: object, frame: pd.DataFrame) -> str:
    """A name in words, as its table knows it (`quantities.labelled`).

    What nobody has a word for is shown as it stands, without underscores.
    """
    text = str(name)
    known: dict[str, str] = LABELS | frame.attrs.get("labels", {})
    return known.get(text, text.replace("_", " "))
