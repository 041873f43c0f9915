"""The whole contract against a real PostgreSQL and a real Redis, each private to the run."""
