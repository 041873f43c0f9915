"""What runs beside the requests, from the start of the server to its end."""
