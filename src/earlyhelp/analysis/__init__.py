"""From answers to numbers: participants, scores, feasibility, outcomes, readiness."""
