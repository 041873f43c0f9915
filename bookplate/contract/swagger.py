"""
Reads a document of Swagger 2.0 as one of OpenAPI 3.0 that says the same.

What Swagger has for the whole document, by a name or as a default (`parameters`, `responses`, `consumes`, `produces`), is
written into each operation, because what it means there depends on the operation. What OpenAPI 3.0 has no word for is
told in a notice.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from .content import Content
from .lines import Mistake
from .media import essence_of
from .moved import Moved
from .structure import METHODS
from .swagger_schemas import SCHEMA_KEYS, Schemas

Node = dict[str, Any]

OF_MEDIA = ["consumes", "produces"]
OF_SERVERS = ["host", "basePath", "schemes"]
AT_THE_ROOT = frozenset(
    ["swagger", *OF_SERVERS, *OF_MEDIA, "paths", "definitions", "parameters", "responses", "securityDefinitions"]
)
IN_OPERATIONS = frozenset([*OF_MEDIA, "schemes", "parameters"])
URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
OF_FLOWS = ("authorizationUrl", "tokenUrl", "scopes")
ELSEWHERE = "stands in another file, which is not converted: what it says is not checked"
NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9._-]")  # OpenAPI 3.0.3, section 4.7.7.1


def is_swagger(content: Content) -> bool:
    """Tell whether the content of a file is a document of Swagger 2.0."""
    return isinstance(content.value, dict) and str(content.value.get("swagger", "")).startswith("2")


def as_openapi(content: Content) -> Content:
    """Return a document of Swagger 2.0 as one of OpenAPI 3.0, with a notice that says so."""
    told = (
        "is Swagger 2.0, and is read as OpenAPI 3.0; to have it as a file for --document, convert it with "
        f"`npx swagger2openapi {content.location} -o openapi.json`"
    )
    content.notices.append(Mistake(content.location, told))
    return Conversion(content).converted()


class Conversion:
    """One document on its way from Swagger 2.0 to OpenAPI 3.0."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.old: Node = content.value
        self.moved = Moved(content)
        self.schemas = Schemas(self.moved)
        self.schemes = names_of(mapping(self.old.get("securityDefinitions")))

    def converted(self) -> Content:
        """Return the whole document."""
        definitions = mapping(self.old.get("definitions"))
        schemes = mapping(self.old.get("securityDefinitions"))
        new: Node = {"openapi": "3.0.3", **{key: self.old[key] for key in self.old if key not in AT_THE_ROOT}}
        new["servers"] = self.servers()
        new["paths"] = self.paths(self.old.get("paths"))
        new["components"] = {
            "schemas": {name: self.schemas.convert(definitions[old]) for old, name in names_of(definitions).items()},
            "securitySchemes": {name: self.security_scheme(schemes[old]) for old, name in self.schemes.items()},
        }
        self.rename_schemes(new)
        return self.moved.laid_out(new)

    def servers(self) -> list[Node]:
        """Return where the document says that it is served; schemes that it does not name are those of its own URL."""
        base = "/" + str(self.old.get("basePath") or "").lstrip("/")
        if "host" not in self.old:
            return [{"url": base}]
        schemes = texts(self.old.get("schemes")) or [urlsplit(self.content.location).scheme or "https"]
        return [{"url": f"{scheme}://{self.old['host']}{base}"} for scheme in schemes]

    def rename_schemes(self, holder: Node) -> None:
        """Call the security schemes that the root or an operation asks for as they are called now."""
        if isinstance(holder.get("security"), list):
            holder["security"] = [
                {self.schemes.get(name, name): scopes for name, scopes in each.items()}
                if isinstance(each, dict)
                else each
                for each in holder["security"]
            ]

    def security_scheme(self, old: Any) -> Any:
        """Return a kind of credentials; one that has no form of Swagger as it is."""
        kind = old.get("type") if isinstance(old, dict) else None
        if kind == "basic":
            return self.moved.in_place_of(old, {**old, "type": "http", "scheme": "basic"})
        if kind != "oauth2":
            return old
        flow = str(old.get("flow"))
        told = {key: old[key] for key in OF_FLOWS if key in old}
        rest = {key: value for key, value in old.items() if key not in ("flow", *OF_FLOWS)}
        return self.moved.in_place_of(old, {**rest, "flows": {FLOWS.get(flow, flow): told}})

    # Operations.

    def paths(self, old: Any) -> Any:
        """Return each path with its operations; paths of no form of Swagger as they are."""
        return {path: self.path_item(path, old[path]) for path in old} if isinstance(old, dict) else old

    def path_item(self, path: str, old: Any) -> Any:
        """Return a path with its operations, each of which has all parameters of its own."""
        if path.startswith("x-") or not isinstance(old, dict):
            return old
        if "$ref" in old:
            self.moved.notice(old, ELSEWHERE)
        shared = self.all_resolved(old.get("parameters"))
        rest = {key: value for key, value in old.items() if key != "parameters"}
        changed = {key: self.operation(old[key], shared) for key in METHODS if isinstance(old.get(key), dict)}
        return self.moved.in_place_of(old, rest | changed)

    def operation(self, old: Node, shared: list[Any]) -> Node:
        """Return an operation, with the parameters of its path that it does not have itself."""
        own = self.all_resolved(old.get("parameters"))
        taken = [place_and_name(each) for each in own]
        parameters = [*(each for each in shared if place_and_name(each) not in taken), *own]
        new = {key: value for key, value in old.items() if key not in IN_OPERATIONS}
        if found := [
            self.parameter(each) for each in parameters if place_and_name(each)[0] not in ("body", "formData")
        ]:
            new["parameters"] = found
        if body := self.body(parameters, texts(old.get("consumes", self.old.get("consumes")))):
            new["requestBody"] = body
        if isinstance(old.get("responses"), dict):
            produces = texts(old.get("produces", self.old.get("produces")))
            responses = old["responses"]
            changed = {key: self.response(responses[key], produces) for key in responses if not key.startswith("x-")}
            new["responses"] = self.moved.in_place_of(responses, responses | changed)
        self.rename_schemes(new)
        return self.moved.in_place_of(old, new)

    def resolved(self, node: Any) -> Any:
        """Follow references within the document; what leads elsewhere, or nowhere, is left as it is."""
        passed: list[Any] = []
        while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node not in passed:
            passed.append(node)
            found = self.moved.at(node["$ref"])
            if found is None:
                if not node["$ref"].startswith("#"):
                    self.moved.notice(node, ELSEWHERE)
                return node
            node = found
        return node

    def all_resolved(self, parameters: Any) -> list[Any]:
        return [self.resolved(each) for each in parameters] if isinstance(parameters, list) else []

    def parameter(self, old: Any) -> Any:
        """Return a parameter of path, query or header."""
        if not isinstance(old, dict) or "$ref" in old:
            return old
        schema, style = self.schemas.with_style(old, str(old.get("in")))
        return self.moved.in_place_of(old, {**without_schema(old), "schema": schema, **style})

    def body(self, parameters: list[Any], consumes: list[str]) -> Node | None:
        """Return the content that an operation takes: its body, or a form of its form parameters; None for neither."""
        for each in parameters:
            if place_and_name(each)[0] == "body":
                media = {"schema": self.schemas.convert(each["schema"])} if "schema" in each else {}
                rest = {key: value for key, value in each.items() if key not in ("in", "name", "schema")}
                types = consumes or ["application/json"]
                return self.moved.in_place_of(each, {**rest, "content": dict.fromkeys(types, media)})
        form = [each for each in parameters if place_and_name(each)[0] == "formData"]
        return self.form(form, consumes) if form else None

    def form(self, parameters: list[Node], consumes: list[str]) -> Node:
        """Return a form whose members are form parameters; one with files travels in parts."""
        properties: Node = {}
        encoding: Node = {}
        for each in parameters:
            name = str(each.get("name"))
            schema, style = self.schemas.with_style(each, "formData")
            about = {key: each[key] for key in each if key == "description" or key.startswith("x-")}
            properties[name] = self.moved.in_place_of(each, schema | about)
            if style:
                encoding[name] = style
            if each.get("allowEmptyValue"):
                self.moved.notice(
                    each, "OpenAPI 3.0 cannot say that a member of a form may be empty: that is not checked"
                )
        required = [str(each.get("name")) for each in parameters if each.get("required") is True]
        schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        media = {"schema": schema, **({"encoding": encoding} if encoding else {})}
        has_files = any(each.get("type") == "file" for each in parameters)
        fitting = (
            [MULTIPART] if has_files else [each for each in consumes if essence_of(each) in (URL_ENCODED, MULTIPART)]
        )
        return {"content": dict.fromkeys(fitting or [URL_ENCODED], media), "required": bool(required)}

    def response(self, old: Any, produces: list[str]) -> Any:
        """Return a response; what it produces is said only where it has content."""
        old = self.resolved(old)
        if not isinstance(old, dict) or "$ref" in old:
            return old
        new = {key: value for key, value in old.items() if key not in ("schema", "examples", "headers")}
        if "headers" in old:
            new["headers"] = {name: self.header(node) for name, node in mapping(old["headers"]).items()}
        examples = mapping(old.get("examples"))
        if "schema" in old or examples:
            media = {"schema": self.schemas.convert(old["schema"])} if "schema" in old else {}
            new["content"] = {
                each: {**media, **({"example": examples[each]} if each in examples else {})}
                for each in [*produces, *examples] or ["*/*"]
            }
        return self.moved.in_place_of(old, new)

    def header(self, old: Any) -> Any:
        """Return a header field of an answer."""
        if not isinstance(old, dict):
            return old
        schema, style = self.schemas.with_style(old, "header")
        return self.moved.in_place_of(old, {**without_schema(old), "schema": schema, **style})


def mapping(node: Any) -> Node:
    """Return a node that is an object; empty where it is none."""
    return node if isinstance(node, dict) else {}


def texts(node: Any) -> list[str]:
    """Return the texts in a list; none where it is no list."""
    return [each for each in node if isinstance(each, str)] if isinstance(node, list) else []


def place_and_name(parameter: Any) -> tuple[str, str]:
    """Return what tells a parameter from others: where it is, and its name."""
    return str(mapping(parameter).get("in")), str(mapping(parameter).get("name"))


def without_schema(holder: Node) -> Node:
    """Return a parameter or a header without what says which values it has."""
    gone = SCHEMA_KEYS | {"schema", "collectionFormat"}
    return {key: value for key, value in holder.items() if key not in gone}


def names_of(named: Node) -> dict[str, str]:
    """Return the name of each component in OpenAPI 3.0, by its name in Swagger, which may have any characters."""
    names: dict[str, str] = {}
    for old in named:
        new = NOT_IN_NAMES.sub("_", old)
        while new != old and (new in named or new in names.values()):
            new += "_"
        names[old] = new
    return names
