"""The contract once more, in FastAPI, written from the document alone."""
