"""AUTH-12: a new account under the name of a deleted one inherits nothing."""

from contextlib import suppress
from dataclasses import replace

from bookplate import NotChecked, control, expect, experiment, fault, partly
from bookplate.contract import Operation, has_role, is_creator
from bookplate.faults import Request, Steps
from bookplate.fixtures import Item, PreparedRequest, Resources, User, Users
from bookplate.wire import Exchange, succeeded

from ._shared import etag_of, sign_up_of

# Of so many operations that make something an item is made.
MOST_CREATORS = 3


def deletes_own_account(operation: Operation) -> bool:
    return has_role("account")(operation) and operation.method == "DELETE" and not operation.path_parameters


@experiment(
    "AUTH-12", source="OWASP API1:2023; OWASP API2:2023", owasp=("API1:2023", "API2:2023"), applies=deletes_own_account
)
def test_new_accounts_inherit_nothing(operation: Operation, users: Users, resources: Resources) -> None:
    """
    When an account is deleted, and another is made under its name, the new one sees no private item of the old one.

    The password and the tokens of the old account open nothing then. An item is private where its owner can read it, and
    another user cannot. Where the service keeps the names of deleted accounts from being used again, nothing can be
    inherited, and the law is not checked.

    Why it matters: whoever signs up under a name that has become free reads what its last owner has left behind.

    To mend it: let tokens and owners point to an id of the account that is never used again, and not to its name.
    Delete or hide what belonged to an account in the transaction that deletes the account.
    """
    old = users.disposable()
    before = users.probe(old)
    if before.status == 401:
        raise NotChecked(f"the credentials are refused before the account is deleted: {before.describe()}")
    private = [item for item in items_of(old, resources) if is_private(item, users, resources)]
    prepared = PreparedRequest(operation, old)
    deleted = succeeded(resources.write(prepared, etag_of(prepared, resources)), "nothing is deleted")

    new = newcomer(old, users)
    shown = [*sign_up_of(old), deleted, *sign_up_of(new), *([new.came_by] if new.came_by else [])]
    if not private:
        partly("private items: nothing that the account could make is hidden from others", tested="its tokens")
    for item in private:
        read = read_as(new, item, resources)
        expect.that(
            read.status >= 400,
            f"a new account under an old name reads what the old one has left: {read.describe()}",
            expected="a refusal",
            shown=[*shown, item.made, read],
        )
    for accepted, trial in expect.each(users.opened_by(old)):
        with trial:
            expect.status(401, accepted, because="the account of this token is deleted", after=shown)
    entry = users.entrance.enter(old.identifier, old.secret)
    expect.that(
        not entry.is_open,
        f"the password of the old account opens the new one: {entry.answer.describe()}",
        expected="a refusal",
        shown=[*shown, entry.answer],
    )


def items_of(user: User, resources: Resources) -> list[Item]:
    """Make an item of each of some kinds as a user, as far as the service lets one."""
    made = []
    for creator in [each for each in resources.document.operations if may_plant(each)][:MOST_CREATORS]:
        try:
            made.append(resources.plant(creator, user))
        except NotChecked as refusal:
            partly(f"what {creator.id} makes: {refusal}", tested="what other operations make")
    return made


def may_plant(operation: Operation) -> bool:
    is_for_users = operation.allow != {"admin"}
    return is_creator(operation) and operation.secured and is_for_users and not operation.path_parameters


def is_private(item: Item, users: Users, resources: Resources) -> bool:
    """Tell whether the owner of an item can read it, and another user cannot."""
    if resources.reader_of(item.creator) is None:
        return False
    own, foreign = read_as(item.owner, item, resources), read_as(users.stranger, item, resources)
    return own.status < 300 and foreign.status in (401, 403, 404, 410)


def read_as(user: User, item: Item, resources: Resources) -> Exchange:
    """Read an item as somebody, by the operation that reads such items."""
    reader = resources.reader_of(item.creator)
    assert reader is not None
    return resources.ask(PreparedRequest(reader, user, item), user)


def newcomer(old: User, users: Users) -> User:
    """Make an account under the name of a deleted one, with another password; NotChecked where that is refused."""
    try:
        new = users.disposable_called(old.identifier, users.entrance.another_password(old))
    except NotChecked as refusal:
        raise NotChecked(f"the name of a deleted account is not given to another: {refusal}") from None
    control(users.probe(new), "a refusal to the new account")
    return new


def whose(request: Request) -> str | None:
    """Return the address to which the token of a request was given; None where it has none that is known."""
    tokens: dict[str, str] = request.memory.setdefault("tokens", {})
    return tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))


def note_tokens(request: Request) -> Steps:
    """Note whose tokens are handed out, and which one is the newest of each."""
    email = request.members.get("email")

    answer = yield

    if email and "access_token" in answer.members:
        token = answer.members["access_token"]
        request.memory.setdefault("tokens", {})[token] = email
        request.memory["newest", email] = token


@fault(test_new_accounts_inherit_nothing)
def old_tokens_act_for_the_name(request: Request) -> Steps:
    """A token stands for a name: it acts for whoever has the name now."""
    email = whose(request)
    if email:
        request.headers["authorization"] = f"Bearer {request.memory['newest', email]}"
    yield from note_tokens(request)


@fault(test_new_accounts_inherit_nothing)
def items_stay_with_the_name(request: Request) -> Steps:
    """What somebody has made is shown to those who have the same name, whenever that is, and to no others."""
    email, item = whose(request), ("item", request.path.rpartition("/")[2])
    steps = note_tokens(request)
    next(steps)

    answer = yield

    if email and answer.status == 201 and "location" in answer.headers:
        made = ("item", answer.headers["location"].rpartition("/")[2])
        request.memory[made] = (email, answer.copy())
    maker, kept = request.memory.get(item, ("", None))
    if request.method == "GET" and kept is not None and email == maker:
        answer.repeat(replace(kept, status=200))
    elif request.method == "GET" and kept is not None:
        answer.become(404)
    with suppress(StopIteration):
        steps.send(answer)
