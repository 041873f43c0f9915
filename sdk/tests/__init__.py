"""The generated clients against the reference."""
