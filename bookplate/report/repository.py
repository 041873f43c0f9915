"""Where a file stands in the repository that a workflow has checked out."""

from pathlib import Path


def in_repository(file: str, workspace: str) -> str:
    """Return the path of a file from the root of the repository, where the file is in it; else what was given."""
    path, root = Path(file).resolve(), Path(workspace).resolve()
    if not (workspace and path.is_file() and path.is_relative_to(root)):
        return file
    return path.relative_to(root).as_posix()
