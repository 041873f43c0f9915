"""What several COND laws use."""

OTHER = '"of-nothing-at-all"'
