"""How others come to the suite: the action, the release, the versions of Python, the first minutes."""
