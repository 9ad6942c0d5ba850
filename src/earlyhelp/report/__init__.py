"""What readers see: pages, tables, figures and drawings."""

# The families of the pages (`book/_static/report.css`) and of their figures; print has its own. It
# stands here because drawing needs libraries that replacing a family does not.
FONTS = (
    "'Source Sans 3', 'Source Sans Pro', 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', "
    "sans-serif"
)
