"""The error of everybody who finds a mistake in what the user wrote."""


class SetUpError(Exception):
    """The run cannot start or go on; the message is one line that names the remedy."""
