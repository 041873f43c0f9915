"""What happens to the reference when PostgreSQL or Redis fail: one module for each, played with private servers."""
