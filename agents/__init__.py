"""How a state perceives, ties itself and chooses. Formulas need only numpy."""
