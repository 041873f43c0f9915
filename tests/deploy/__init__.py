"""What deploy/ has is run as it is shipped."""
