"""AUTH-11: two spellings that log-in takes for one name have one account."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bookplate import NotChecked, NotExercised, expect, experiment, fault, partly
from bookplate.contract import Operation, Schema, has_role, member_at
from bookplate.faults import Request
from bookplate.fixtures import Entry, User, Users
from bookplate.wire import Exchange

from ._shared import sign_up_of


@experiment("AUTH-11", source="x-auth-role; RFC 8265, section 3", owasp=("API2:2023",), applies=has_role("register"))
def test_other_spellings_have_one_account(operation: Operation, users: Users) -> None:
    """
    Where log-in takes another spelling of a name for that name, a sign-up with it makes no second account.

    Spellings differ by case, by a space at the end, or by the Unicode form of a letter; those that `x-unique` calls
    equivalent have one account in any case. Where log-in tells them apart,
    each may have an account of its own; then each password opens its own account alone. A sign-up that refuses the
    other spelling is right in any case. A name that is taken, in the very same spelling, is refused, which shows that a
    success makes an account.

    Why it matters: with a second account of what log-in takes for one name, somebody takes over the mail, the name or
    the account of another.

    To mend it: bring a name into one form before it is looked up and before it is stored, by one function for both.
    Put the unique index on that form, so that two sign-ups at once cannot pass it.
    """
    twins = list(twins_of(operation, users))
    if not twins:
        raise NotExercised("the schema allows no other spelling of what people sign in with")
    for twin, trial in expect.each(twins):
        with trial:
            one_account_or_two(twin, users)


@dataclass(frozen=True)
class Twin:
    """Two spellings of one name, which differ in one `way`; the document may say that they are one."""

    way: str
    name: str
    other: str
    is_declared: bool = False


def twins_of(operation: Operation, users: Users) -> Iterator[Twin]:
    """Yield spellings that the schema of the sign-up allows; each name is a fresh one."""
    pointer = operation.role_pointer("identifier")
    schema = member_at(operation.body.schema if operation.body else None, pointer)
    is_address = "@" in users.entrance.fresh_identifier()
    if schema is not None and schema.is_unique:
        name, other = users.samples.equivalent(schema)
        yield from allowed(Twin("as x-unique says", name, other, is_declared=True), schema)
    name = users.entrance.fresh_identifier()
    yield from allowed(Twin("by case", name, other_case(name)), schema)
    if not is_address:
        name = users.entrance.fresh_identifier()
        yield from allowed(Twin("by a space at the end", name, f"{name} "), schema)
        name = f"{users.entrance.fresh_identifier()}é"
        decomposed = unicodedata.normalize("NFD", name)
        yield from allowed(Twin("by their Unicode form", name, decomposed), schema)


def other_case(name: str) -> str:
    """Return a name in the other case, without the host of an address, which has none."""
    local, at, host = name.partition("@")
    return f"{local.swapcase()}{at}{host}"


def allowed(twin: Twin, schema: Schema | None) -> Iterator[Twin]:
    """Yield a pair of spellings where they differ, and a schema allows both."""
    are_allowed = schema is None or all(schema.allows(each, request=True) for each in (twin.name, twin.other))
    if twin.name != twin.other and are_allowed:
        yield twin


def one_account_or_two(twin: Twin, users: Users) -> None:
    """Expect the other spelling to have no account where log-in knows it already, and else one that is its own."""
    try:
        user = users.disposable_called(twin.name)
    except NotChecked as refusal:
        partly(f"spellings that differ {twin.way}: {refusal}")
        return
    password = users.entrance.another_password(user)
    by_other_spelling = users.entrance.enter(twin.other, user.secret)
    same = users.entrance.sign_up_as(twin.name, password)
    signed_up = users.entrance.sign_up_as(twin.other, password)
    if signed_up.status >= 300:
        expect.no_server_error(signed_up, what=f"a name that differs {twin.way}")
        if signed_up.status != same.status:
            partly(f"spellings that differ {twin.way}: one is refused for another reason: {signed_up.describe()}")
        return
    opened = users.entrance.enter(twin.other, password)
    if same.status < 300 and not opened.is_open:
        raise NotChecked(f"a sign-up with a taken name succeeds, and does not say what it made: {same.describe()}")

    shown = [*sign_up_of(user), by_other_spelling.answer, same, signed_up]
    expect.that(
        not (twin.is_declared and same.status >= 300),
        f"two accounts have names that are one by x-unique: {signed_up.describe()}",
        expected="a refusal, as for the very same name",
        shown=shown,
    )
    expect.that(
        not by_other_spelling.is_open,
        f"two accounts have names that differ {twin.way}, which log-in takes for one: {signed_up.describe()}",
        expected="a refusal, or two names for log-in too",
        shown=shown,
        defect="sign-up and log-in compare names in two ways",
    )
    expect.that(
        opened.is_open,
        f"a name that differs {twin.way} is signed up, and cannot log in: {opened.answer.describe()}",
        expected="a success",
        shown=[*shown, opened.answer],
    )
    the_first_stays(twin, user, password, signed_up, users)


def the_first_stays(twin: Twin, user: User, password: str, signed_up: Exchange, users: Users) -> None:
    """Expect the first account to be opened by its own password and by no other."""
    own, foreign = users.entrance.enter(user.identifier, user.secret), users.entrance.enter(user.identifier, password)
    trials: list[tuple[Entry, bool]] = [(own, True), (foreign, False)]
    for entry, is_own in trials:
        expect.that(
            entry.is_open == is_own,
            f"after a sign-up that differs {twin.way}, the {'own' if is_own else 'other'} password of the first "
            f"account is answered {entry.answer.status}",
            expected="a success" if is_own else "a refusal",
            shown=[*sign_up_of(user), signed_up, entry.answer],
        )


@fault(test_other_spellings_have_one_account)
def sign_up_looks_at_case(request: Request) -> None:
    """A sign-up with a taken address in another case makes a second account."""
    email = request.members.get("email")
    if email and request.path.endswith("/register") and email != email.lower():
        request.put(email=f"another-{email}")
