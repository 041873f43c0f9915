"""How fast the reference is: beside another framework on equal work, and by itself on a large shelf."""
