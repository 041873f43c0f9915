"""The forms of the addresses that an operator writes into the settings: origins, path prefixes, databases and Redis."""
