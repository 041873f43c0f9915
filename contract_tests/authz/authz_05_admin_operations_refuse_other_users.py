"""AUTHZ-05: admin operations refuse other users."""

from bookplate import experiment, fault
from bookplate.contract import Operation, is_for_admins
from bookplate.faults import Request, Steps
from bookplate.fixtures import Resources, Users

from ._shared import refused_to


@experiment("AUTHZ-05", source="OWASP API5:2023; x-access", applies=is_for_admins)
def test_admin_operations_refuse_other_users(operation: Operation, users: Users, resources: Resources) -> None:
    """What the document lets only admins do is refused to any user, to the one it is about as well, and not done."""
    prepared = resources.prepare(operation)
    refused_to([prepared.item.owner if prepared.item else users.owner, users.stranger], prepared, resources)


@fault(test_admin_operations_refuse_other_users)
def everybody_is_an_admin(request: Request) -> Steps:
    """Once an admin was there, whoever is signed in has that role."""
    sent = request.headers.get("authorization")
    if sent and "admin" in request.memory:
        request.headers["authorization"] = request.memory["admin"]
    answer = yield
    if request.path.endswith("/users") and answer.status == 200:
        request.memory["admin"] = sent
