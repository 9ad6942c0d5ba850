"""The next trial: assumptions, power, simulation, what the pilot tells, planning, criteria."""
