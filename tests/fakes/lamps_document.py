"""What the service of lamps promises, for each of its styles."""

from typing import Any

from bookplate.contract.pointer import put

from .lamps import DEFAULT, LARGEST, Paging, Style

Node = dict[str, Any]
ERROR: Node = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}},
}
CONTENT: Node = {
    "type": "object",
    "required": ["label"],
    "properties": {
        "label": {"type": "string", "minLength": 1, "maxLength": 80},
        "watts": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
        "maker": {
            "type": "object",
            "default": {},
            "properties": {"email": {"type": "string", "pattern": "@"}},
        },
    },
    "example": {"label": "desk", "watts": 7, "maker": {"email": "shop@example.com"}},
}


def document(style: Style) -> Node:
    """Return an OpenAPI document of the service in a style."""
    paths: Node = {style.collection: of_lamps(style), f"{style.collection}/{{{style.parameter}}}": of_lamp(style)}
    path = ""
    for parent in style.parents:
        path += f"/{parent}"
        paths[path] = of_parents(parent, path)
        path += f"/{{{parent}Id}}"
        paths[path] = of_parent(parent, path)
    schemas = {"Lamp": lamp(style), "NewLamp": CONTENT}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lamps", "version": "1.0.0"},
        "security": [{"token": []}],
        "paths": {name: {**item, **parameters(name)} for name, item in paths.items()},
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def parameters(path: str) -> Node:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    schema = {"type": "string"}
    listed = [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]
    return {"parameters": listed} if listed else {}


def lamp(style: Style) -> Node:
    """Return the schema of a lamp as it is shown."""
    shown: Node = {"type": "object", "required": ["label", "owner"], "properties": {"owner": {"type": "string"}}}
    shown["properties"] |= CONTENT["properties"]
    *outer, last = style.key.split("/")[1:] or [""]
    inner: Node = {last: {"type": "string"}} if last else {}
    for name in reversed(outer):
        inner = {name: {"type": "object", "properties": inner}}
    shown["properties"] |= inner
    return shown


def of_reference(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def wrapped(style: Style, schema: Node) -> Node:
    if not style.wrapper:
        return schema
    return {"type": "object", "required": [style.wrapper], "properties": {style.wrapper: schema}}


def json_of(schema: Node) -> Node:
    return {"application/json": {"schema": schema}}


def taken_content(style: Style) -> Node:
    return {"required": True, "content": json_of(wrapped(style, of_reference("NewLamp")))}


def creation(style: Style) -> Node:
    """Return the answer to a creation."""
    answer: Node = {"description": "Made, or soon to be."}
    if style.located:
        answer["headers"] = {"Location": {"schema": {"type": "string"}}}
    if style.shows and not style.later:
        answer["content"] = json_of(wrapped(style, of_reference("Lamp")))
    if style.later:
        answer["content"] = json_of({"type": "object", "properties": {"status": {"type": "string"}}})
    return answer


def access(style: Style, via: str = "get_lamp") -> Node:
    return {"allow": ["owner"], "owner": "/owner", "via": via, "refusal": 404}


def of_lamps(style: Style) -> Node:
    status = "202" if style.later else str(style.status)
    item: Node = {"get": of_list(style)}
    if not style.by_put:
        item["post"] = {
            "operationId": "make_lamp",
            "requestBody": taken_content(style),
            "responses": {status: creation(style), "4XX": ERROR},
        }
    return item


def of_lamp(style: Style) -> Node:
    tagged = {"ETag": {"required": True, "schema": {"type": "string"}}}
    shown = {
        "description": "One.",
        "headers": tagged,
        "content": json_of(wrapped(style, of_reference("Lamp"))),
    }
    match = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    changed = {"200": shown, "4XX": ERROR, "412": ERROR}
    if style.by_put:
        changed[str(style.status)] = creation(style)
    return {
        "get": {
            "operationId": "get_lamp",
            "x-access": access(style),
            "responses": {"200": shown, "304": {"description": "Known."}, "404": ERROR, "4XX": ERROR},
        },
        "put": {
            "operationId": "change_lamp",
            "parameters": [match],
            "x-access": access(style),
            "requestBody": taken_content(style),
            "responses": changed,
        },
        "delete": {
            "operationId": "delete_lamp",
            "x-access": access(style),
            "responses": {"204": {"description": "Gone."}, "404": ERROR, "4XX": ERROR},
        },
    }


def of_list(style: Style) -> Node:
    listed: Node = {"type": "array", "items": of_reference("Lamp")}
    for name in reversed(style.items.split("/")[1:]):
        listed = {"type": "object", "properties": {name: listed}}
    operation: Node = {
        "operationId": "list_lamps",
        "parameters": [{"name": "label", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Some.", "content": json_of(listed)}, "400": ERROR, "4XX": ERROR},
    }
    if style.pagings:
        operation["parameters"] += [each for paging in style.pagings for each in of_paging(paging)]
        operation["parameters"] = list({each["name"]: each for each in operation["parameters"]}.values())
        styles = [declared(style, paging) for paging in style.pagings]
        operation["x-pagination"] = styles[0] if len(styles) == 1 else styles
    return operation


def of_paging(paging: Paging) -> list[Node]:
    place: Node = {"type": "string"}
    if paging.style != "cursor":
        place = {"type": "integer", "minimum": paging.first, "maximum": 10**6}
    size = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": DEFAULT}
    named = {paging.place: place} | ({paging.size: size} if paging.size else {})
    return [{"name": name, "in": "query", "schema": schema} for name, schema in named.items()]


def declared(style: Style, paging: Paging) -> Node:
    """Return the x-pagination of one way through the list."""
    told: Node = {"style": paging.style, paging.style: paging.place, "items": style.items}
    told |= {"size": paging.size} if paging.size else {}
    told["filters"] = {"label": {"at": "/label", "is": "equal"}}
    for name, value in (("next", paging.next_in), ("more", paging.more_in), ("total", style.total_in)):
        if value:
            put(told, f"/{name}", value)
    if style.key not in ("/id", ""):
        told["key"] = style.key
    if paging.first and paging.style == "offset":
        told["first"] = paging.first
    return told


def of_parents(name: str, path: str) -> Node:
    made = {"description": "Made.", "content": json_of({"type": "object", "properties": {"id": {"type": "string"}}})}
    return {"post": {"operationId": f"make_{name}", "responses": {"201": made, "4XX": ERROR}}}


def of_parent(name: str, path: str) -> Node:
    shown = {"description": "One.", "content": json_of({"type": "object", "properties": {"id": {"type": "string"}}})}
    return {"get": {"operationId": f"get_{name}", "responses": {"200": shown, "4XX": ERROR}}}
