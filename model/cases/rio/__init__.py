"""The Inter-American Treaty of 1947 (the Treaty of Rio), with the Bolivarian Alliance and South America's Union."""
