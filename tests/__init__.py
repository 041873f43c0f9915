"""White-box tests: the one place where both worlds may meet."""
