"""What several CONC laws use."""

MAKERS = 16
