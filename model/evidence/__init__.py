"""Evidence for any alliance after 1945: tables of the world's states, and composites made from them by a recipe."""
