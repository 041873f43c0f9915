"""PROBE-04: no doors beside the document."""

import re
from collections.abc import Iterator

from bookplate import SHOULD, NotChecked, NotExercised, expect, experiment, fault
from bookplate.contract import Document, Operation
from bookplate.faults import Answer, Request
from bookplate.wire import Client, Exchange

# Where frameworks and servers show what is for their operators alone.
DOORS = (
    ".env",
    ".git/HEAD",
    "actuator",
    "actuator/env",
    "admin",
    "console",
    "debug",
    "debug/pprof/",
    "env",
    "internal",
    "metrics",
    "phpinfo.php",
    "server-status",
    "status",
    "swagger-ui/",
    "trace",
)
UNKNOWN = "no-such-page-at-all"
# Methods that every path may have.
ALWAYS = {"HEAD", "OPTIONS"}


@experiment("PROBE-04", source="OWASP API9:2023", owasp=("API9:2023",), level=SHOULD)
def test_no_doors_beside_the_document(
    operation: Operation, tried_operations: tuple[Operation, ...], client: Client, document: Document
) -> None:
    """
    A short list of common names for operators' pages leads nowhere, and Allow names no method that the document has not.

    They are asked for with GET and without a token, at the root and below the base path, once for the service. A service
    that answers any path alike says nothing by it.

    Why it matters: pages for operators show settings, memory and other users' requests. What nobody wrote down, nobody
    guards.

    To mend it: serve such pages on another port or only inside, and switch off what the framework adds in debug
    mode. Write Allow from the methods that the document has.
    """
    if operation is not tried_operations[0]:
        raise NotExercised("it is tried once")
    open_doors = [*doors(client, document)]
    methods = [*undeclared_methods(client, document)]

    shown = [answer for _, answer in [*open_doors, *methods]]
    names = ", ".join(name for name, _ in [*open_doors, *methods])
    expect.that(
        not names,
        f"beside the document there are {names}",
        expected="nothing that the document does not tell of",
        shown=shown[:5],
        defect="there is more than the document tells of",
    )


def doors(client: Client, document: Document) -> Iterator[tuple[str, Exchange]]:
    """Yield the pages of the list that are there, and that the document does not have."""
    known = {each.path.strip("/") for each in document.operations}
    origin = client.url.removesuffix(document.base_path)
    for base in dict.fromkeys((origin, client.url)):
        nothing = client.send("GET", f"{base}/{UNKNOWN}", [])
        if nothing.status < 400:
            raise NotChecked(f"any path is answered: {nothing.describe()}")
        for door in DOORS:
            if door.strip("/") in known:
                continue
            answer = client.send("GET", f"{base}/{door}", [])
            if answer.status < 300 or (answer.status in (401, 403) and nothing.status not in (401, 403)):
                yield answer.path, answer


def undeclared_methods(client: Client, document: Document) -> Iterator[tuple[str, Exchange]]:
    """Yield the methods that Allow names at a path without parameters, and that the document does not have there."""
    for path in sorted({each.path for each in document.operations if not each.path_parameters}):
        known = {each.method for each in document.operations if each.path == path} | ALWAYS
        answer = client.send("OPTIONS", path, [])
        allowed = set(re.findall("[A-Z]+", answer.header("allow") or ""))
        for method in sorted(allowed - known):
            yield f"{method} {path}", answer


@fault(test_no_doors_beside_the_document)
def settings_are_open(request: Request, answer: Answer) -> None:
    """The environment of the process is shown at /env."""
    if request.path.endswith("/env"):
        answer.become(200, {"DATABASE_URL": "made-up"})


@fault(test_no_doors_beside_the_document)
def a_method_is_not_told_of(request: Request, answer: Answer) -> None:
    """Allow names a method that the document does not have."""
    if request.method == "OPTIONS":
        answer.headers["allow"] = "GET, TRACE"
