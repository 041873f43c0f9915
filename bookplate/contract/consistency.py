"""What of a document contradicts itself, by sentences of OpenAPI that no schema can say."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .document import Document
from .lines import escape
from .parameter import PLACES, TEMPLATE
from .servers import VARIABLE
from .structure import METHODS

NAME_OF_COMPONENT = re.compile(r"[a-zA-Z0-9._-]+")
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
    named: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for _, pointer, operation, _ in raw_operations(document):
        if "operationId" in operation:
            place = document.where(f"{pointer}/operationId")
            others = named.setdefault(str(operation["operationId"]), [])
            # The operations of a path item that two paths share stand at one place.
            if not any(place == their_place and operation == other for their_place, _, other in others):
                others.append((place, pointer, operation))
    for name, found in named.items():
        for _, pointer, _ in found if len(found) > 1 else ():
            yield pointer, f"operationId '{name}' stands {len(found)} times: rename one"


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


def misnamed_components(document: Document) -> Mistakes:
    """Yield names of components that 3.0 does not allow (section 4.7.7.1); the schema of later versions knows them."""
    components = document.source.raw.get("components")
    for kind, named in components.items() if isinstance(components, dict) and document.version == "3.0" else ():
        for name in named if isinstance(named, dict) and not kind.startswith("x-") else ():
            if not NAME_OF_COMPONENT.fullmatch(name):
                text = f"'{name}' is no name for a component: use letters, digits, '.', '-' and '_' alone"
                yield f"/components/{kind}/{escape(name)}", text


def unlisted_defaults(document: Document) -> Mistakes:
    """Yield defaults of server variables that are not among their values (OpenAPI 3.1, section 4.8.6.1)."""
    for item in document.source.items if document.version != "3.0" else ():
        variables = item.node.get("variables") if item.kind == "server" else None
        for name, node in variables.items() if isinstance(variables, dict) else ():
            values = node.get("enum") if isinstance(node, dict) else None
            if isinstance(values, list) and values and "default" in node and node["default"] not in values:
                text = f"the default of '{name}' is not among its values: add it to enum, or mend it"
                yield f"{item.pointer}/variables/{escape(name)}/default", text


def undeclared_variables(document: Document) -> Mistakes:
    """Yield variables in the URL of a server that have no value (OpenAPI 3.0.3, section 4.7.5, variables)."""
    for item in document.source.items:
        if item.kind != "server":
            continue
        variables = item.node.get("variables")
        for name in VARIABLE.findall(str(item.node.get("url", ""))):
            if name not in (variables if isinstance(variables, dict) else {}):
                yield f"{item.pointer}/url", f"variable '{name}' of the server has no default: add it below variables"
