"""The pages of a book to its volumes on paper, as PDF and Word."""
