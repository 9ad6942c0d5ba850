"""A compendium of a team's own: what it is asked for, its data folder and the notebooks."""
