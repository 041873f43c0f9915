"""What the document promises, read once at the start: its operations, limits, access and schemas."""
