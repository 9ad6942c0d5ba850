"""A research compendium that recomputes and checks a mixed-methods pilot evaluation."""
