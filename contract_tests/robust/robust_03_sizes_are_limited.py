"""ROBUST-03: sizes are limited."""

from bookplate import NotChecked, expect, experiment, fault
from bookplate.contract import Operation, is_bounded
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources, User
from bookplate.wire import Exchange


@experiment("ROBUST-03", source="#/x-size-limits; RFC 9110, section 15.5.14", owasp=("API4:2023",), applies=is_bounded)
def test_sizes_are_limited(operation: Operation, resources: Resources) -> None:
    """
    Content, target or header section above its documented size is refused with 413, 414 or 431, and nothing smaller.

    The refusal is an error of the documented form. A header section is tried with half of what is allowed: a client adds
    fields of its own.

    Why it matters: a server that reads everything is stopped by one large upload. One that refuses too early, or in a
    form that clients cannot read, breaks uploads that the document allows.

    To mend it: limit sizes in front of everything, by Content-Length and while content is read, with the numbers of
    the document. Make proxy and server allow as much, and let their refusals have the form of other errors.
    """
    sizes, shape = resources.document.size_limits, resources.document.error_shape
    tried = [name for name, status in REFUSALS.items() if name in sizes and operation.documents(status)]
    if not tried:
        raise NotChecked("the document says no sizes: add x-size-limits to its root")
    caller = caller_or_owner(operation, resources)
    media_type = shape.media_type if shape else ""

    for name, trial in expect.each(tried):
        with trial:
            limit = sizes[name]
            status = int(REFUSALS[name])
            allowed = limit // 2 if name == "headers" else limit

            large = send_sized(operation, resources, caller, name, limit + 1)
            is_refused = large.status == status and large.media_type == media_type
            observed = f"{name} of {limit + 1} bytes: {large.describe()[:300]}"
            defect = f"the size limit {name} refuses nothing" if large.status != status else ""
            expect.that(is_refused, observed, expected=f"{status}, a problem", shown=[large], defect=defect)

            small = send_sized(operation, resources, caller, name, allowed)
            observed = f"{name} of {allowed} bytes: {small.describe()[:300]}"
            expect.that(small.status != status, observed, expected="no refusal", shown=[small])


REFUSALS = {"target": "414", "headers": "431", "content": "413"}


def caller_or_owner(operation: Operation, resources: Resources) -> User:
    """Return a user that may call an operation; the owner, who need not, where there is none."""
    try:
        return resources.caller(operation)
    except NotChecked:
        return resources.maker(operation)


def send_sized(operation: Operation, resources: Resources, caller: User, name: str, size: int) -> Exchange:
    """Send a request that leads to nothing; its target, its header section or its content has a size in bytes."""
    target = operation.path.format_map(operation.nowhere)
    credential = caller.credential_for(operation)
    headers = []
    body = None
    if name == "target":
        target += "?undeclared="
        target += "x" * (size - len(resources.document.base_path + target))
    elif name == "headers":
        headers.append(("X-Padding", "x" * size))
    else:
        headers.append(("Content-Type", operation.media_type or "application/json"))
        body = b" " * size
    return resources.client.send(
        operation.method,
        target,
        headers,
        body,
        operation=operation,
        credential=credential,
        address=caller.address,
    )


@fault(test_sizes_are_limited, statuses=(413, 414, 431))
def everything_is_read(request: Request, answer: Answer) -> None:
    """A request of any size is read, and then found invalid."""
    answer.become(400)


@fault(test_sizes_are_limited)
def content_is_refused_too_early(request: Request, answer: Answer) -> None:
    """Content of more than a thousand bytes is refused."""
    if len(request.body) > 1000:
        answer.become(413)


@fault(test_sizes_are_limited, statuses=(413, 414, 431))
def too_large_is_refused_in_plain_text(request: Request, answer: Answer) -> None:
    """A request that is too large is refused in plain text, not in the form of other errors."""
    answer.headers["content-type"] = "text/plain"
