"""ROBUST-03: sizes are limited."""

from contextlib import suppress

from bookplate import NotChecked, Violation, experiment, fault
from bookplate.contract import Operation, is_bounded
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, User
from bookplate.wire import Exchange

REFUSALS = {"target": "414", "headers": "431", "content": "413"}


@experiment("ROBUST-03", source="#/x-rate-limit/sizes; RFC 9110, section 15.5.14", applies=is_bounded)
def test_sizes_are_limited(operation: Operation, resources: Resources) -> None:
    """
    What is larger than the document's sizes is refused with 413, 414 and 431, and nothing smaller.

    A header section is tried with half of what is allowed: what else stands in it is the client's affair.
    """
    sizes, shape = resources.document.sizes, resources.document.error_shape
    tried = [name for name, status in REFUSALS.items() if name in sizes and operation.documents(status)]
    if not tried:
        raise NotChecked("the document says no sizes: add `sizes` to its x-rate-limit")
    caller = resources.users.owner
    with suppress(NotChecked):
        caller = resources.caller(operation)
    for name in tried:
        limit, status = sizes[name], int(REFUSALS[name])
        large = send_sized(operation, resources, caller, name, limit + 1)
        if large.status != status or large.media_type != (shape.media_type if shape else ""):
            observed = f"{name} of {limit + 1} bytes: {large.describe()[:300]}"
            raise Violation(observed, expected=f"{status}, a problem", exchanges=[large])
        allowed = limit // 2 if name == "headers" else limit
        small = send_sized(operation, resources, caller, name, allowed)
        if small.status == status:
            raise Violation(
                f"{name} of {allowed} bytes: {small.describe()[:300]}", expected="no refusal", exchanges=[small]
            )


def send_sized(operation: Operation, resources: Resources, caller: User, name: str, size: int) -> Exchange:
    """Send a request whose target, header section or content has a size in bytes, and which leads to nothing."""
    target = operation.path.format_map(operation.nowhere)
    headers = [*caller.headers().items()] if operation.secured else []
    body = None
    if name == "target":
        target += "?undeclared="
        target += "x" * (size - len(resources.document.base_path + target))
    elif name == "headers":
        headers.append(("X-Padding", "x" * size))
    else:
        headers.append(("Content-Type", operation.media_type or "application/json"))
        body = b" " * size
    return resources.client.send(operation.method, target, headers, body, operation=operation, address=caller.address)


@fault(test_sizes_are_limited, statuses=(413, 414, 431))
def everything_is_read(request: Request, answer: Answer) -> None:
    """However large a request is, it is read and found invalid."""
    answer.become(400)


@fault(test_sizes_are_limited)
def the_end_comes_early(request: Request, answer: Answer) -> None:
    """Content of a thousand bytes is too large already."""
    answer.become(413, where=len(request.body) > 1000)


@fault(test_sizes_are_limited, statuses=(413, 414, 431))
def too_large_in_the_servers_own_words(request: Request, answer: Answer) -> None:
    """What is too large is refused by a layer that knows no problems."""
    answer.headers["content-type"] = "text/plain"
