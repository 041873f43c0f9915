"""One router for each tag of the document."""
