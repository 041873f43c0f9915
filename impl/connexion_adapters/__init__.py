"""Everything that bends connexion, each with its reason and the upstream issue."""
