"""Books, public to read, written by their owner or an admin."""
