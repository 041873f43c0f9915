"""A contract suite: black box, read from the document, run against anything."""
