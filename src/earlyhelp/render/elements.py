"""Elements of the pages' HTML, by what they are."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = ("p", "li", "dd", "dt", "figcaption", *HEADINGS)
