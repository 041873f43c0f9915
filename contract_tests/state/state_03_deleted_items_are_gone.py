"""STATE-03: deleted items are gone."""

from dataclasses import replace

from bookplate import Violation, experiment, fault
from bookplate.contract import Operation
from bookplate.faults import Answer, Request
from bookplate.fixtures import Resources
from bookplate.wire import succeeded

from ._shared import is_deletion


@experiment("STATE-03", source="RFC 9110, section 9.3.5", applies=is_deletion, checks=("use_after_free",))
def test_deleted_items_are_gone(operation: Operation, resources: Resources) -> None:
    """What was deleted cannot be read or changed any more."""
    prepared = resources.prepare(operation)
    tag = resources.read(prepared).header("etag")
    gone = succeeded(resources.write(prepared, tag), "nothing was deleted")
    for other in resources.document.operations:
        if other.path == operation.path and other is not operation:
            answer = resources.write(replace(prepared, operation=other), tag)
            if answer.status < 400:
                raise Violation(f"after its deletion: {answer.describe()}", expected="404", exchanges=[gone, answer])


@fault(test_deleted_items_are_gone)
def deletion_is_pretended(request: Request, answer: Answer) -> None:
    """Deleting answers 204 and deletes nothing."""
    if request.method == "POST" and answer.status == 201:
        request.memory[answer.headers.get("location")] = answer.copy()
    elif request.method == "GET" and answer.status == 404 and request.path in request.memory:
        answer.repeat(request.memory[request.path])
        answer.status = 200
