"""Printed figures: against the data, against each other, and what they determine."""
