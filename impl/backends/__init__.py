"""What keeps state or blocks: the database, the cache, the limiter, their connections, and the threads that wait for them."""
