"""Every data set that printed figures allow: one group, two waves, ends, and a random walk."""
