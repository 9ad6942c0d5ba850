"""What a new compendium is asked for, in a module that the command line is quick to read."""

# What is asked for, and what is taken where nothing is said.
ASKED = {
    "arms": ("the arms, the reference last; one is enough", "Support, Usual support"),
    "clusters": ("teams, schools or the like, arm by arm", "A, B; C, D"),
    "waves": ("the surveys in order, each with its month", "Baseline 2026-01, Endline 2026-07"),
    "instruments": (
        "instruments, each with the range of its total or of so many items, and `lower` where "
        "less is better",
        "Wellbeing 7 items 1-5, Distress 0-27 lower",
    ),
    "questions": (
        "research questions by number, in your words or in those of the pages",
        "2.1; 3.3",
    ),
}
