"""What readers see: pages, tables, figures and drawings."""
