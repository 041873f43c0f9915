"""What operators meet: faults of PostgreSQL and Redis, each played with private servers and told as a row."""
