"""What the service does when PostgreSQL, Redis or a migration fails: scenarios with private servers."""
