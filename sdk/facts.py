"""Facts: what a document says that the generators do not hand to their templates, in words that both clients share."""

import keyword
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from bookplate.contract import AuthRole, Document, Fact, Operation, Pagination, look_up

T = TypeVar("T")

# The members of a client that no tag may be called like.
TAKEN = ("close", "with_options")
# Requests of these roles are how a token is got: they carry none.
WITHOUT_TOKEN = ("register", "log-in", "refresh")
KEY = "Idempotency-Key"  # draft-ietf-httpapi-idempotency-key-header
REQUEST_ID = "X-Request-Id"  # where no field of the document has the format `request-id`
OF_BODY, OF_HEADER = "$response.body#/", "$response.header."
WIDTH = 96


def prepared(document: Document) -> dict[str, Any]:
    """Return the document as the generators read it: every operation has an id, in words with underscores between."""
    raw = document.plain()
    for operation in document.operations:
        look_up(raw, operation.pointer)["operationId"] = snake_case(operation.id)
    return raw


def facts_of(document: Document) -> dict[str, Any]:
    """Return what the templates ask for, as plain data without null."""
    raw = document.plain()
    operations = {snake_case(each.id): _operation(document, raw, each) for each in document.operations}
    _name_methods(operations)
    _take_links(document, raw, operations)
    return {
        "title": " ".join(document.info.title.split()),
        "version": " ".join(document.info.version.split()),
        "base_url": _base_url(raw),
        "base_path": document.base_path,
        "token": _token(document),
        "request_id": _request_id(document),
        "resources": _resources(raw, operations),
        "operations": operations,
        "refresh": next((name for name, each in operations.items() if each["role"] == "refresh"), ""),
    }


def words(text: str) -> list[str]:
    """Return the words of a name, in lower case: `listBooks` and `list_books` have the same two, as `HTTPThing` has."""
    parted = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", text)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", parted)]


def snake_case(text: str) -> str:
    """Return a name that is one in Python."""
    name = "_".join(words(text))
    return name if name[:1].isalpha() else f"_{name}"


def pascal_case(text: str) -> str:
    """Return a name as classes have them."""
    return "".join(word.capitalize() for word in words(text))


def camel_case(text: str) -> str:
    """Return a name as JavaScript writes them."""
    name = pascal_case(text)
    return name[:1].lower() + name[1:]


def _operation(document: Document, raw: dict[str, Any], operation: Operation) -> dict[str, Any]:
    told = look_up(raw, operation.pointer)
    role, paged = _declared(operation.facts.auth_role), _declared(operation.facts.pagination)
    successes = [status for status in operation.responses if status[0] == "2"]
    if not successes and "default" in operation.responses:
        successes = ["2XX"]  # the document has one answer for everything
    return {
        "id": snake_case(operation.id),
        "resource": _resource(operation.tag),
        "http": operation.method,
        "path": operation.path,
        "summary": _reflowed(told.get("summary", "")),
        "description": _reflowed(told.get("description", "")),
        "parameters": list(_parameters(raw, operation, told)),
        "has_content": operation.body is not None,
        "needs_content": operation.body is not None and operation.body.required,
        "successes": successes,
        "is_json": bool(_success_schema(raw, operation)),
        "answers": {
            status: _reflowed(response.description)
            for status, response in operation.responses.items()
            if status not in successes and status != "304"
        },
        "is_open": not operation.secured,
        "sends_token": bool(document.security_schemes) and (role is None or role.role not in WITHOUT_TOKEN),
        "key": KEY if operation.has_parameter(KEY, "header") else "",
        "has_tag": operation.takes_condition,
        "pages": _pages(raw, operation, paged) if paged else {},
        "tokens": _tokens(role) if role and role.access else {},
        "role": role.role if role else "",
        "signs_out": bool(role and role.role == "log-out"),
        "objects": {},
    }


def _declared(fact: Fact[T] | None) -> T | None:
    """Return what the document says itself: a client that rests on a guess would be wrong where the guess is."""
    return fact.value if fact is not None and fact.is_declared else None


def _parameters(raw: dict[str, Any], operation: Operation, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    item = look_up(raw, operation.pointer.rpartition("/")[0])
    for node in (*told.get("parameters", ()), *item.get("parameters", ())):
        parameter = _followed(raw, node)
        schema = _followed(raw, parameter.get("schema", {}))
        text = parameter.get("description") or schema.get("description") or ""
        if "default" in schema:
            text = f"{text} By default {str(schema['default']).lower()}."
        yield {
            "name": parameter["name"],
            "in": parameter["in"],
            "required": bool(parameter.get("required")),
            "description": " ".join(str(text).split()),
        }


def _pages(raw: dict[str, Any], operation: Operation, paged: Pagination) -> dict[str, Any]:
    schema = _success_schema(raw, operation)
    items = _followed(raw, _member(raw, schema, paged.items)) if schema else {}
    return {
        "style": paged.style,
        "parameter": paged.place,
        "first": paged.first if paged.first is not None else int(paged.style == "page"),
        "size": paged.size or "",
        "items": _tokens_of(paged.items),
        "pointer": paged.items,
        "next": paged.next or "",
        "more": paged.more or "",
        "total": paged.total or "",
        "item": _name_of(items.get("items", {})),
    }


def _tokens(role: AuthRole) -> dict[str, str]:
    return {
        "access": role.access or "",
        "refresh": role.refresh or "",
        "expires_in": role.expires_in or "",
    }


def _name_methods(operations: dict[str, dict[str, Any]]) -> None:
    """Name each method after its operation, without what its tag says already: `create_book` of `books` is `create`."""
    for each in operations.values():
        tag = set(words(each["resource"]))
        kept = [word for word in words(each["id"]) if not tag & {word, f"{word}s", f"{word}es", f"{word[:-1]}ies"}]
        each["method"] = "_".join(kept) or each["id"]
    counts = Counter((each["resource"], each["method"]) for each in operations.values())
    for each in operations.values():
        if counts[each["resource"], each["method"]] > 1:
            each["method"] = each["id"]
        if keyword.iskeyword(each["method"]):
            each["method"] += "_"


def _take_links(document: Document, raw: dict[str, Any], operations: dict[str, dict[str, Any]]) -> None:
    """Let a parameter take the object that a link of the document fills it from: its id, and the ETag that it came with."""
    for operation in document.operations:
        model = _name_of(_success_schema(raw, operation))
        for link in operation.success.links if model else ():
            target = operations.get(snake_case(link.operation_id), {"objects": {}})
            for name, expression in link.parameters.items():
                filled = {"model": model, "operation": snake_case(operation.id)}
                if expression.startswith(OF_BODY) and "/" not in expression.removeprefix(OF_BODY):
                    filled["member"] = expression.removeprefix(OF_BODY)
                elif expression.startswith(OF_HEADER):
                    filled["header"] = expression.removeprefix(OF_HEADER)
                if len(filled) == 3:
                    target["objects"].setdefault(re.sub(r"^(path|query|header)\.", "", name), filled)


def _success_schema(raw: dict[str, Any], operation: Operation) -> Any:
    """Return the schema of the first 2xx with JSON, as the document writes it, with its reference; {} without one."""
    told = {str(status): node for status, node in look_up(raw, operation.pointer).get("responses", {}).items()}
    for status in sorted(status for status in told if status[0] == "2") or ["default"]:
        for name, media in _followed(raw, told.get(status, {})).get("content", {}).items():
            if "json" in name:
                return media.get("schema", {})
    return {}


def _member(raw: dict[str, Any], schema: Any, pointer: str) -> Any:
    for token in _tokens_of(pointer):
        schema = _followed(raw, schema).get("properties", {}).get(token, {})
    return schema


def _tokens_of(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _name_of(schema: Any) -> str:
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    return str(reference).rpartition("/")[2] if "/schemas/" in reference else ""


def _followed(raw: dict[str, Any], node: Any) -> dict[str, Any]:
    while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
        node = look_up(raw, node["$ref"][1:])
    return node if isinstance(node, dict) else {}


def _base_url(raw: dict[str, Any]) -> str:
    """Return the address that the document names; a path without a host is none, and a template has to be filled."""
    url = str((raw.get("servers") or [{}])[0].get("url", ""))
    return url if re.match(r"https?://[^{}]+$", url) else ""


def _token(document: Document) -> dict[str, str]:
    """Return the header field that carries a token, and the word before it."""
    roles = [each.auth_role for each in document.operations if each.auth_role]
    prefix = next((role.prefix for role in roles if role.prefix), "")
    for scheme in document.security_schemes.values():
        carried = scheme.carry("", prefix)
        if carried and carried.place == "header" and not scheme.takes_password:
            return {"header": carried.name, "prefix": carried.text}
    return {"header": "Authorization", "prefix": "Bearer "}


def _request_id(document: Document) -> str:
    for operation in document.operations:
        for response in operation.responses.values():
            for header in response.headers.values():
                if header.schema.format == "request-id":
                    return header.name
    return REQUEST_ID


def _resources(raw: dict[str, Any], operations: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    told = {_resource(tag.get("name", "")): tag.get("description", "") for tag in raw.get("tags", ())}
    names = dict.fromkeys(each["resource"] for each in operations.values())
    return {
        name: {
            "description": _reflowed(told.get(name, "")),
            "operations": [each["id"] for each in operations.values() if each["resource"] == name],
        }
        for name in names
    }


def _resource(tag: str) -> str:
    name = snake_case(tag)
    return f"{name}_" if name in TAKEN or keyword.iskeyword(name) else name


def _reflowed(text: str) -> str:
    """Return prose with lines of one length; a table, a list and code stay as they are."""
    paragraphs = re.split(r"\n\s*\n", str(text).strip())
    return "\n\n".join(
        each if re.match(r"([|*-]|\d+\.|```| {4})", each) else textwrap.fill(each, WIDTH) for each in paragraphs
    )
