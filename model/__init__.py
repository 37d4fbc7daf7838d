"""The world: its case, its law, its time, one step, many runs, and what they leave behind."""
