"""Everything that bends connexion 3.3; each file says why, and goes the day connexion mends it."""
