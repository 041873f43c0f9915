"""The paths of the document as they stand in requests."""

import re

from .contract import Contract, Json

CANONICAL_INTEGER = r"(?:0|-?[1-9][0-9]*)"


class Paths:
    """Finds the path of the document that a request is for, in one go over a few patterns."""

    def __init__(self, contract: Contract) -> None:
        types: dict[str, dict[str, str]] = {}
        for operation in contract.operations.values():
            types.setdefault(operation.path, {}).update(_types(operation.parameters, contract))
        self._plain = {contract.base_path + path: path for path in types if "{" not in path}
        self._patterns = [(_pattern(contract.base_path, path, types[path]), path) for path in types if "{" in path]

    def find(self, path: str) -> str | None:
        """Return a path such as /books/{book_id}; None where the document has none for it."""
        if path in self._plain:
            return self._plain[path]
        return next((template for pattern, template in self._patterns if pattern.fullmatch(path)), None)


def _types(parameters: list[Json], contract: Contract) -> dict[str, str]:
    in_path = [each for each in parameters if each["in"] == "path"]
    return {each["name"]: contract.resolve(each["schema"])["type"] for each in in_path}


def _pattern(base_path: str, path: str, types: dict[str, str]) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    literals = [re.escape(part) for part in parts[::2]]
    segments = [CANONICAL_INTEGER if types[name] == "integer" else "[^/]+" for name in parts[1::2]]
    joined = "".join(literal + segment for literal, segment in zip(literals, [*segments, ""], strict=True))
    return re.compile(re.escape(base_path) + joined)
