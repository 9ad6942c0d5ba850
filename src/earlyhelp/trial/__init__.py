"""The next trial: power, simulation, what the pilot tells, planning, criteria, next steps."""
