"""What of a document contradicts itself, by sentences of OpenAPI that no schema can say."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .document import Document
from .lines import escape
from .parameter import PLACES, TEMPLATE
from .servers import VARIABLE
from .structure import METHODS

Mistakes = Iterator[tuple[str, str]]
Raw = tuple[str, str, dict[str, Any], dict[str, Any]]  # path, pointer, operation and path item


def raw_operations(document: Document) -> Iterator[Raw]:
    """Yield every operation as plain data."""
    paths = document.source.raw.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict) and not path.startswith("x-"):
                yield path, f"/paths/{escape(path)}/{method}", item[method], item


def repeated_ids(document: Document) -> Mistakes:
    """Yield ids of more than one operation (OpenAPI 3.0.3, section 4.7.10, operationId)."""
    places: dict[str, dict[str, str]] = {}  # of each id, the pointer by the place: a shared path item has one place
    for _, pointer, operation, _ in raw_operations(document):
        if "operationId" in operation:
            place = document.where(f"{pointer}/operationId")
            places.setdefault(str(operation["operationId"]), {}).setdefault(place, pointer)
    for name, pointers in places.items():
        for pointer in pointers.values() if len(pointers) > 1 else ():
            yield pointer, f"operationId '{name}' stands {len(pointers)} times: rename one"


def duplicate_paths(document: Document) -> Mistakes:
    """Yield paths that differ in the names of their parameters alone (OpenAPI 3.0.3, section 4.7.8.1)."""
    paths = document.source.raw.get("paths")
    first: dict[str, str] = {}
    for path in paths if isinstance(paths, dict) else ():
        same = first.setdefault(TEMPLATE.sub("{}", path), path)
        if same != path:
            yield f"/paths/{escape(path)}", f"{path} is the same path as {same}: put their operations together"


def parameters_in(document: Document, holder: dict[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the place and the name of each parameter that an operation or a path item lists."""
    for number, node in enumerate(document.source.listed(holder.get("parameters"))):
        found = document.source.resolve(node)
        if isinstance(found, dict) and found.get("in") in PLACES and isinstance(found.get("name"), str):
            yield number, found["in"], found["name"]


def unmatched_path_parameters(document: Document) -> Mistakes:
    """Yield parameters that stand in the path alone, or in the list alone (OpenAPI 3.0.3, section 4.7.12.2)."""
    for path, pointer, operation, item in raw_operations(document):
        holders = (operation, item)
        listed = [node for holder in holders for node in document.source.listed(holder.get("parameters"))]
        if any(document.source.is_hole(node) for node in listed):
            continue
        declared = {name for holder in holders for _, place, name in parameters_in(document, holder) if place == "path"}
        templated = set(TEMPLATE.findall(path))
        for name in sorted(templated - declared):
            yield pointer, f"parameter '{name}' of {path} is not declared: declare it, with in: path"
        own = {name for _, place, name in parameters_in(document, operation) if place == "path"}
        for name in sorted(own - {name.strip("*.;?+/#") for name in templated} - templated):
            yield pointer, f"parameter '{name}' is not in {path}: mend its name here or in the path"


def repeated_parameters(document: Document) -> Mistakes:
    """Yield parameters that a list has twice (OpenAPI 3.0.3, section 4.7.10, parameters)."""
    for _, pointer, operation, item in raw_operations(document):
        for holder, at in ((operation, pointer), (item, pointer.rpartition("/")[0])):
            seen: Counter[tuple[str, str]] = Counter()
            for number, place, name in parameters_in(document, holder):
                seen[place, name] += 1
                if seen[place, name] > 1:
                    yield f"{at}/parameters/{number}", f"parameter '{name}' in {place} stands twice: remove one"


def unknown_schemes(document: Document) -> Mistakes:
    """Yield names of security schemes that are not declared (OpenAPI 3.0.3, section 4.7.30); 3.2 allows addresses too."""
    holders = [("", document.source.raw), *((pointer, raw) for _, pointer, raw, _ in raw_operations(document))]
    for pointer, holder in holders:
        for choice in document.source.listed(holder.get("security")):
            for name in choice if isinstance(choice, dict) else ():
                if name not in document.security_schemes and (document.version < "3.2" or "/" not in name):
                    text = f"security scheme '{name}' is not declared: add it to components/securitySchemes"
                    yield f"{pointer}/security", text


def undeclared_variables(document: Document) -> Mistakes:
    """Yield variables in the URL of a server that have no value (OpenAPI 3.0.3, section 4.7.5, variables)."""
    for item in document.source.items:
        if item.kind != "server":
            continue
        variables = item.node.get("variables")
        for name in VARIABLE.findall(str(item.node.get("url", ""))):
            if name not in (variables if isinstance(variables, dict) else {}):
                yield f"{item.pointer}/url", f"variable '{name}' of the server has no default: add it below variables"
