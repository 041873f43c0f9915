"""How a fault says which promise it breaks. It was written from the sentence alone, before any law was tried on it."""

import base64
import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from bookplate.faults import Answer, Request
from bookplate.faults.kit import SteppedFault, in_steps


@dataclass(frozen=True)
class Written:
    """
    A fault of a promise: the ids of the promises that it breaks, and of the laws that are played on it, likeliest first.

    It is called as the faults beside laws are: up to its `yield` it bends the request, then the answer.
    """

    function: Callable[..., Any]
    promises: tuple[str, ...]
    laws: tuple[str, ...]
    steps: SteppedFault


def breaks(
    *promises: str, laws: str, statuses: Container[int] = range(600)
) -> Callable[[Callable[..., Any]], SteppedFault]:
    """Declare a fault of promises; it bends only answers with these statuses. `laws` are ids between spaces."""

    def declare(function: Callable[..., Any]) -> SteppedFault:
        steps = in_steps(function, statuses)
        vars(steps)["written"] = Written(function, promises, tuple(laws.split()), steps)
        return steps

    return declare


def caller(request: Request) -> str:
    """Return the credentials of a request as they stand; an empty text where it has none."""
    return request.headers.get("authorization", "")


def claims(request: Request) -> dict[str, Any]:
    """Return the claims of the token of a request; none where it has no token that can be read."""
    parts = caller(request).split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def is_routed(request: Request) -> bool:
    """Tell whether a path may be one of the document."""
    return request.path.startswith(("/api/auth/", "/api/users", "/api/books", "/api/admin/", "/api/health"))


def items_of(answer: Answer) -> list[dict[str, Any]]:
    """Return the items of a page; none where an answer is no page."""
    items = answer.members.get("items")
    return items if answer.status == 200 and isinstance(items, list) else []


def put_items(answer: Answer, items: list[dict[str, Any]]) -> None:
    """Let a page show these items."""
    if items_of(answer):
        answer.put(items=items)


def put_inside(answer: Answer, name: str, **members: Any) -> None:
    """Give an object inside of the content these members, where there is such an object."""
    inside = answer.members.get(name)
    if isinstance(inside, dict):
        answer.put(**{name: inside | members})


def objects(answer: Answer, member: str) -> list[dict[str, Any]]:
    """Return the objects of a success that have a member: the content itself, or the items of a page."""
    if answer.status >= 300:
        return []
    return [each for each in [answer.members, *items_of(answer)] if member in each]


def put_member(answer: Answer, member: str, change: Callable[[Any], Any]) -> None:
    """Change a member of a success, in the content itself and in the items of a page."""
    if answer.status >= 300 or not answer.members:
        return
    content = answer.members
    for each in [content, *items_in(content)]:
        if member in each:
            each[member] = change(each[member])
    if content != answer.members:
        answer.rewrite(content)


def items_in(content: dict[str, Any]) -> list[dict[str, Any]]:
    items = content.get("items")
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
