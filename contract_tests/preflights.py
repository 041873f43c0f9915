"""Requests as browsers send them for pages of an origin, and what the answers allow (Fetch standard)."""

from .config import Config
from .exchange import Exchange
from .operation import Operation, has_body, takes_tokens
from .shelf import Shelf

ALLOW = "access-control-allow-"
# Browsers send these without asking whether they are allowed.
SAFELISTED_METHODS = {"GET", "HEAD", "POST"}


def origins_of(operation: Operation, config: Config) -> list[str]:
    """Return an origin of each group that may call an operation, as far as contract.toml names one."""
    groups = operation.origins
    known = [config.origin] if groups is None else [config.origin_of(group) for group in groups]
    return list(dict.fromkeys(origin for origin in known if origin is not None))


def to_name(operation: Operation) -> str:
    """Return what is missing in contract.toml where it names no origin that may call an operation."""
    if not operation.origins:
        return "contract.toml names no allowed origin"
    group = operation.origins[0]
    return f'contract.toml names no origin of {group}: write {group} = "https://..." under [origins]'


def listed(answer: Exchange, name: str) -> set[str]:
    """Return the parts of a header that is a list, in lower case."""
    parts = {part.strip() for part in (answer.header(name) or "").lower().split(",")}
    return parts - {""}


def lets(answer: Exchange, origin: str) -> bool:
    """Tell whether an answer allows an origin."""
    return answer.header(f"{ALLOW}origin") in (origin, "*")


def methods(answer: Exchange) -> set[str]:
    """Return the methods that a preflight lists."""
    return {method.upper() for method in listed(answer, f"{ALLOW}methods")}


def ask(
    shelf: Shelf, operation: Operation, method: str, headers: dict[str, str], body: bytes | None = None
) -> Exchange:
    """Send a request that leads to no item."""
    path = operation.path.format_map(operation.nowhere)
    return shelf.client.send(method, path, [*headers.items()], body, operation=operation)


def fields_of(operation: Operation) -> set[str]:
    """Return the header fields, in lower case, that a page has to ask for before it calls an operation."""
    fields = {parameter["name"].lower() for parameter in operation.parameters if parameter["in"] == "header"}
    if takes_tokens(operation):
        fields.add("authorization")
    if has_body(operation):
        fields.add("content-type")
    return fields


def preflight(
    shelf: Shelf, operation: Operation, origin: str, method: str = "", fields: set[str] | None = None
) -> Exchange:
    """Ask, as browsers do, for a request of an operation, or for one with another method on its path."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method or operation.method}
    if fields:
        asked["Access-Control-Request-Headers"] = ",".join(sorted(fields))
    return ask(shelf, operation, "OPTIONS", asked)
