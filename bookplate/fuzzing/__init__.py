"""Generated requests: the one room that knows schemathesis."""
