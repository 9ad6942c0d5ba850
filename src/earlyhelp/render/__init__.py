"""Executed notebooks and chapters to a book in HTML."""
