"""The people who own books."""
