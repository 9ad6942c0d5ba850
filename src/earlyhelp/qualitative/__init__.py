"""What was said: framework matrix, triangulation, theory of change, exchange with other tools."""
