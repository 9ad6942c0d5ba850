"""Checks of printed figures against each other: each holds, fails or stays undecided."""
