"""What people call the thing that a path names: `/api/books/2` of `/books/{book_id}` is book 2."""

from urllib.parse import unquote

from .operation import Operation


def named_in(path: str, operation: Operation) -> str:
    """
    Return what the path of a request names, in words, such as `book 2`; `path` may begin with a base path.

    It is called as the part of the path before its id is, in the singular. What has no such part is called by its path.
    """
    template, given = operation.path.split("/"), path.split("/")[-len(operation.path.split("/")) :]
    for number in range(len(template) - 1, 0, -1):
        before = template[number - 1]
        if template[number].startswith("{") and before and "{" not in before and len(given) == len(template):
            return f"{singular(before.replace('-', ' ').replace('_', ' '))} {unquote(given[number])}"
    return f"what {path} names"


def singular(word: str) -> str:
    """Return one of what an English plural names, as far as its ending tells; other words stay as they are."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
