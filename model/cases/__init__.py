"""Cases: an alliance, its states, its rivals and its record, as data."""
