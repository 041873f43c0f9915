"""What a law is, how laws are found, and what can be said of them."""
