"""What a request passes through before and after its handler: one step a file, in the order that steps.py lists."""
