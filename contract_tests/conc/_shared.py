"""What several CONC laws use."""

# How many requests are sent at once.
AT_ONCE = 16
