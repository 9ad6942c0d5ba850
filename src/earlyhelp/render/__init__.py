"""Notebooks to HTML, PDF and Word."""
