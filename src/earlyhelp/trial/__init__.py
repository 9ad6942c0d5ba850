"""The next trial: power, simulation, design grid, progression criteria, what the pilot tells."""
