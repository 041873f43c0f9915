"""CACHE-06: callers get their own answers."""

from collections import abc
from typing import Any

from bookplate import Severity, control, expect, experiment, fault, partly
from bookplate.contract import Operation, is_collection, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import Collection, PreparedRequest, Resources, User, items_on, prepare_read
from bookplate.wire import Exchange

from ._shared import answer_from_cache


def is_own_read(operation: Operation) -> bool:
    """It reads, and the document says which of the users who are signed in it admits; or it lists what they make."""
    return operation.method == "GET" and operation.secured and (operation.access is not None or is_own_list(operation))


def is_own_list(operation: Operation) -> bool:
    """It is a list that each user who is signed in may read, and which may show another one to each."""
    for_users = operation.access is None or "user" in operation.allow
    return operation.secured and is_collection(operation) and not operation.path_parameters and for_users


@experiment(
    "CACHE-06",
    source="RFC 9111, section 3.5; OWASP API1:2023; x-access",
    owasp=("API1:2023",),
    applies=is_own_read,
    severity=Severity.SECURITY,
)
def test_callers_get_their_own_answers(operation: Operation, resources: Resources) -> None:
    """
    When several callers ask for one URL in turn, each gets the answer that is meant for this caller.

    The first caller may read and gets 200. Another user gets the status that the document says. A request without a
    token gets 401, or 403 where the document has no 401. Then the first caller gets 200 again. An operation that shows
    an account shows the caller's own. A list shows the second user the same after the first one has read it as before:
    with what the second one has made, and without what the first one alone may see.

    Why it matters: a cache without the caller in its key shows private data of one user to all others.

    To mend it: make the caller a part of the key wherever the answer depends on the caller, as by the id of the
    account. Look at caches in front of the service too: they need `Cache-Control: private` or `Vary:
    Authorization`.
    """
    if operation.access is not None:
        expect_statuses(operation, resources)
    if is_own_list(operation):
        expect_own_items(operation, resources)


def expect_statuses(operation: Operation, resources: Resources) -> None:
    """Ask for one URL as several callers in turn, and expect the status that the document says for each."""
    prepared = prepare_read(resources, operation)
    pointer = resources.users.operation("log-in").role_pointer("identifier") if operation.role == "account" else None
    for_stranger = statuses_for_a_stranger(prepared, resources)
    without_token = 401 if operation.answers_with(401) else 403
    turns: list[tuple[User | None, int | abc.Collection[int]]] = [
        (prepared.caller, 200),
        (resources.users.stranger, for_stranger),
        (None, without_token),
        (prepared.caller, 200),
    ]

    answers: list[Exchange] = []
    for caller, status in turns:
        answer = resources.ask(prepared, caller)
        if not answers:
            control(answer, "a refusal of other callers")
        name = caller.name if caller else "a caller without a token"
        expect.status(status, answer, what=f"to {name}", after=answers)
        answers.append(answer)
        if pointer and caller and answer.status == 200:
            account = look_up(answer.json(), pointer)
            expect.equal(account, caller.identifier, what=f"the account shown to {name}", shown=answers)


def statuses_for_a_stranger(prepared: PreparedRequest, resources: Resources) -> abc.Collection[int]:
    """Return what another user is answered: as the document says, and where it does not as that user was answered first."""
    operation = prepared.operation
    if "user" in operation.allow or (operation.own_account is not None and operation.own_account.place == "token"):
        return (200,)
    if operation.declares_access:
        return operation.refusals
    return (resources.ask(prepared, resources.users.stranger).status,)


def expect_own_items(operation: Operation, resources: Resources) -> None:
    """
    Read a list as B right after a write, and again after another write and a read by A; expect no difference of A's making.

    What B sees at first says which items a list shows to whom: all of them, or one's own.
    """
    stranger = resources.users.stranger
    creator = resources.creator_in(operation)
    if creator.role or creator.path_parameters or not stranger.has_credentials:
        partly("the items of a list: nobody else makes one like them", tested="statuses")
        return
    both = OwnItems(operation, resources)
    both.plant(resources.users.owner)
    of_b = both.plant(stranger)
    before = both.read(stranger)
    if of_b not in both.keys(before):
        partly("the items of a list: it shows nobody what they have made", tested="statuses")
        return

    both.plant(resources.users.owner)
    of_a = both.read(resources.users.owner)
    after = both.read(stranger)

    shown = [before, of_a, after]
    expect.that(of_b in both.keys(after), "B no longer sees what B has made", expected="B's own items", shown=shown)
    foreign = set(both.keys(after)) & set(both.made_by(resources.users.owner))
    if not set(both.keys(before)) & set(both.made_by(resources.users.owner)):
        expect.that(not foreign, f"B is shown {len(foreign)} items of A", expected="B's own items", shown=shown)


class OwnItems:
    """A list, and what several users have made in it."""

    def __init__(self, operation: Operation, resources: Resources) -> None:
        self.collection = Collection(operation, resources)
        self.operation = operation
        self.resources = resources
        self.text = f"Author {resources.samples.unique()}"
        self.filters = dict(list(operation.text_filters.items())[:1])
        self.made: dict[str, list[Any]] = {}

    def plant(self, user: User) -> Any:
        """Make an item as a user, and return its key; all of them share a text where the list can be filtered by one."""
        fields = {places[0]: self.text for places in self.filters.values()}
        item = self.resources.plant(self.collection.creator, user, fields)
        key = self.collection.key(item.value)
        self.made.setdefault(user.name, []).append(key)
        return key

    def made_by(self, user: User) -> list[Any]:
        return self.made.get(user.name, [])

    def read(self, user: User) -> Exchange:
        """Read a long page as a user."""
        page = self.collection.page
        query = {**page.asking_for(self.collection.bounds[1]), **dict.fromkeys(self.filters, self.text)}
        return self.resources.ask(PreparedRequest(self.operation, user, None), user, **query)

    def keys(self, answer: Exchange) -> list[Any]:
        """Return the keys of the items that an answer shows."""
        return self.collection.keys([items_on(self.collection.page, answer) or []])


@fault(test_callers_get_their_own_answers)
def key_lacks_the_caller(request: Request) -> Steps:
    """The first answer to a URL is sent to all later callers."""
    yield from answer_from_cache(request, request.path)
