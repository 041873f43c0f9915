"""The server around the application: its sockets, its HTTP parser, its workers, its start and its stop."""
