"""Who sends the generated requests."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

from ..contract.document import Document
from ..contract.operation import Operation
from ..contract.security import Carried
from ..wire.credential import Credential
from ..wire.outcomes import NotChecked, Violation
from .turns import Turns

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class User(Protocol):
    @property
    def has_credentials(self) -> bool: ...
    def shown_to(self, operation: Operation, /) -> Credential: ...
    def secrets(self) -> Iterable[str]: ...


def credential_of(user: User, operation: Operation) -> Credential:
    """Return what a user shows to an operation; an empty credential where they do not hold what it asks for."""
    try:
        return user.shown_to(operation)
    except NotChecked:
        return Credential()


def carried_to(operation: Operation, document: Document) -> list[Carried]:
    """Return where credentials stand in a request of an operation, with empty texts."""
    schemes = document.security.named_in(operation.security)
    return [part for scheme in schemes if (part := scheme.carry("")) is not None]


def is_declared(document: Document, operation: Operation, credential: Credential) -> bool:
    """Tell whether an operation declares each part of a credential; the others no check of schemathesis takes away."""
    declared = {(part.place, part.name.lower()) for part in carried_to(operation, document)}
    parts = {"header": credential.headers, "cookie": credential.cookies, "query": credential.query}
    return all((place, name.lower()) in declared for place, values in parts.items() for name in values)


class Identity:
    """
    A user in the form in which schemathesis signs generated cases (an AuthProvider of it).

    `people` may have another user of the name by and by, or none. Each scenario waits for its turn, so that a user whom
    the one before has ended does not sign it.
    """

    def __init__(
        self, people: Mapping[str, User], name: str, operations: Mapping[str, Operation], turns: Turns
    ) -> None:
        self.people = people
        self.name = name
        self.operations = operations
        self.turns = turns

    def get(self, case: Any, context: Any) -> Credential | None:
        """Return what the case has to show; None where that is nothing."""
        self.turns.begin(context.operation.label)
        operation = self.operations.get(context.operation.definition.raw.get("operationId"))
        user = self.people.get(self.name)
        return (credential_of(user, operation) or None) if operation is not None and user is not None else None

    def set(self, case: Any, data: Credential, context: Any) -> None:
        """Let the case show it."""
        for name, value in data.headers.items():
            case.headers[name] = value
        for name, value in data.cookies.items():
            case.cookies[name] = value
        for name, value in data.query.items():
            case.query[name] = value


class LiveToken(AuthBase):
    """
    Signs requests with an account that is replaced once a request may have used it up.

    It signs when a request is sent, not when a case is generated: a phase generates all its cases
    before the first of them ends the session. A refused token is replaced only if it ever worked,
    so a target that refuses everybody costs one account. Where no account can be had, requests are sent without one. A
    request that is ready to be sent does not say of which operation it is: it shows what the operation `asking` asks for,
    one of those that are called so.
    """

    def __init__(self, disposable: Callable[[], User], names: dict[str, str], asking: Operation | None) -> None:
        self.disposable = disposable
        self.names = names
        self.asking = asking
        self.user: User | None = None
        self.worked = False
        self.has_given_up = False
        self.gave_up_because = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.is_ready():
            sign(request, self._credential)
            request.register_hook("response", self.note)
        return request

    def is_ready(self) -> bool:
        """Tell whether there is an account to sign with, made anew where need be; there is none where none can be made."""
        if self.user is not None or self.has_given_up:
            return self.user is not None
        try:
            self.user = self.disposable()
        except (NotChecked, Violation) as problem:
            self.has_given_up = True
            self.gave_up_because = str(problem)
            return False
        for secret in the_token_last(self.user):
            self.names.setdefault(secret, "$TOKEN")
        self.worked = False
        return True

    @property
    def _credential(self) -> Credential:
        return credential_of(self.user, self.asking) if self.user and self.asking else Credential()

    def note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        if not is_signed(response.request, self._credential):
            return
        accepted = 200 <= response.status_code < 300
        changed = accepted and response.request.method not in SAFE
        if changed or (response.status_code == 401 and self.worked):
            self.user = None
        self.worked = self.worked or accepted


def the_token_last(user: User) -> list[str]:
    """
    Return what proves who somebody is, the token last.

    All of it has one name in reports. What is known last under a name stands for it in a request that is sent again, and
    that shows a token.
    """
    return [*user.secrets()][::-1]


class CarefulToken(LiveToken):
    """Signs as an admin, and turns aside what would harm people: a write to one of them is done to a stand-in."""

    def __init__(
        self,
        admin: User,
        people: Collection[User],
        stand_in: User,
        own_account: tuple[str, Operation],
        names: dict[str, str],
        asking: Operation | None,
    ) -> None:
        super().__init__(lambda: admin, names, asking)
        self.aside: dict[str, str] = {}
        theirs = [facts(*own_account, user) for user in people]
        for name, value in facts(*own_account, stand_in).items():
            known = [each.get(name, value) for each in theirs]
            if len({value, *known}) == len(known) + 1:  # it tells people apart
                self.aside |= dict.fromkeys(known, value)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        address = urlsplit(str(request.url))
        if request.method not in SAFE:
            path = "/".join(self.aside.get(segment, segment) for segment in address.path.split("/"))
            request.url = urlunsplit(address._replace(path=path))
        return super().__call__(request)


def facts(url: str, operation: Operation, user: User) -> dict[str, str]:
    """Return what an account says of itself in words and numbers."""
    request = requests.Request("GET", url).prepare()
    sign(request, credential_of(user, operation))
    try:
        with requests.Session() as session:
            answer = session.send(request, timeout=10)
        body = answer.json() if answer.ok else {}
    except requests.RequestException:
        return {}
    return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}


def sign(request: requests.PreparedRequest, credential: Credential) -> None:
    """Let a request that is ready to be sent show a credential; what it shows already of the same name gives way."""
    replaced = {name.lower() for name in credential.headers}
    kept = [(name, str(value)) for name, value in request.headers.items() if name.lower() not in replaced]
    address = urlsplit(str(request.url))
    headers, target = credential.apply(kept, f"{address.path}?{address.query}" if address.query else address.path)
    request.headers.update(dict(headers))
    path, _, query = target.partition("?")
    request.url = urlunsplit(address._replace(path=path, query=query))


def is_signed(request: requests.PreparedRequest, credential: Credential) -> bool:
    """Tell whether a request shows a credential."""
    headers = [(name, str(value)) for name, value in request.headers.items()]
    return bool(credential) and credential.is_shown_by(headers, str(request.url))
