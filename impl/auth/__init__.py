"""Users register here, and sessions are begun, renewed and ended."""
