"""A research compendium that recomputes and checks a mixed-methods pilot evaluation."""

import logging

# What matplotlib says of a user's own settings and its cache is nothing about the study, and would
# stand in a notebook. It speaks when it is imported, so this comes first.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
