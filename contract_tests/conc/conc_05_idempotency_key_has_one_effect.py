"""CONC-05: idempotency key has one effect."""

from dataclasses import replace
from functools import partial

from bookplate import NotChecked, expect, experiment, fault, said
from bookplate.contract import Operation
from bookplate.faults import Answer, Request, Steps
from bookplate.fixtures import Item, PreparedRequest, Resources, changed_member, without_pauses
from bookplate.wire import Exchange, race, succeeded

HEADER = "Idempotency-Key"
# Services mark an answer that is given again by this field, which no standard has.
REPLAYED = "Idempotent-Replayed"


def takes_keys(operation: Operation) -> bool:
    return operation.has_parameter(HEADER, "header")


@experiment("CONC-05", source="draft-ietf-httpapi-idempotency-key-header-07", applies=takes_keys)
def test_idempotency_key_has_one_effect(operation: Operation, resources: Resources) -> None:
    """
    A request with a repeated Idempotency-Key gets the first answer again; with other content it gets 422.

    It gets the first answer, with its Location and ETag, also after what was made has changed. Where the document declares
    Idempotent-Replayed, that is true in the repeated answer and not in the first one. The key of another caller is
    another key. Of many requests at once with one key, one takes effect; the others get its answer or 409, or
    a documented 503 with Retry-After, which shows nothing.

    Why it matters: a client that lost the answer sends the request again. If both take effect, an order is paid twice.

    To mend it: store the key with the caller, a hash of the content and the first answer, under a unique index, in
    the transaction of the write. Send the stored status, header fields and content again; answer 422 where the hash
    differs.
    """
    prepared = resources.prepare(operation)
    content = resources.samples.body(operation)
    key = {HEADER: resources.samples.unique()}
    key_of_race = {HEADER: resources.samples.unique()}

    first = succeeded(resources.call(prepared, key, body=content), "there is no effect to be had once")
    again = resources.call(prepared, key, body=content)
    expect.that(
        is_same(again, first),
        f"the same request with the same key again: {again.describe()}",
        expected=f"{first.status}, as before",
        shown=[first, again],
    )
    expect_same_fields(operation, first, again)
    changed_item = change(
        resources.name_in_scripts(resources.item(operation, prepared.caller, first, prepared.item)), resources
    )
    if changed_item is not None:
        later = resources.call(prepared, key, body=content)
        observed = f"after the item was changed: {later.describe()}"
        expect.that(is_same(later, first), observed, expected="the first answer", shown=[first, changed_item, later])

    texts = [name for name, value in content.items() if isinstance(value, str)]
    if texts:
        other_content = {**content, texts[0]: f"{content[texts[0]]}x"}
        changed = resources.call(prepared, key, body=other_content)
        expect.status(422, changed, what="other content", after=[first])

    if operation.secured:
        foreign = resources.call(replace(prepared, caller=resources.users.stranger), key, body=content)
        expect.that(
            not is_same(foreign, first),
            f"another caller's key: {foreign.describe()}",
            expected="an answer of its own",
            shown=[first, foreign],
        )

    expect_one_effect(without_pauses(race_of(resources, prepared, key_of_race), operation))


def expect_same_fields(operation: Operation, first: Exchange, again: Exchange) -> None:
    """Expect the fields of a repeated answer that say something of what was made to be those of the first one."""
    for name in ("location", "etag"):
        observed = f"{name} of the repeated answer is '{again.header(name)}'"
        expect.that(
            again.header(name) == first.header(name), observed, expected=f"'{first.header(name)}'", shown=[first, again]
        )
    if operation.success.header(REPLAYED) is not None:
        marks = first.header(REPLAYED), again.header(REPLAYED)
        observed = f"{REPLAYED} is {said(marks[0])} in the first answer, and {said(marks[1])} in the repeated one"
        expect.that(
            marks[0] != "true" == marks[1], observed, expected="'true' in the second alone", shown=[first, again]
        )


def change(item: Item, resources: Resources) -> Exchange | None:
    """Change a member of an item, and return the answer; None where no operation does, or it does not let the suite."""
    for operation in resources.document.operations:
        try:
            if operation.method == "PATCH" and resources.origin(operation) is item.creator:
                prepared = PreparedRequest(operation, item.owner, item)
                found = resources.read(prepared)
                name, value = changed_member(operation, found)
                answer = resources.write(prepared, found.header("etag"), {name: value})
                return answer if answer.status < 300 else None
        except NotChecked:
            continue
    return None


def race_of(resources: Resources, prepared: PreparedRequest, key: dict[str, str]) -> list[Exchange]:
    """Send the same new content six times at once, with one key."""
    content = resources.samples.body(prepared.operation)
    send = partial(resources.call, prepared, key, body=content)
    return race([send] * 6)


def expect_one_effect(answers: list[Exchange]) -> None:
    """Expect that each of these answers is 409 or equals the one that succeeded."""
    one = next((answer for answer in answers if answer.status < 300), answers[0])
    for answer in answers:
        expect.that(
            answer.status == 409 or is_same(answer, one),
            f"at once: {answer.describe()}",
            expected="409 or the same answer",
            shown=[one, answer],
        )


def is_same(one: Exchange, other: Exchange) -> bool:
    return one.status == other.status and one.json() == other.json()


@fault(test_idempotency_key_has_one_effect)
def keys_are_ignored(request: Request) -> None:
    """The Idempotency-Key is ignored: each request makes an item."""
    request.headers.pop("idempotency-key", None)


@fault(test_idempotency_key_has_one_effect, statuses=(422,))
def content_is_not_compared(request: Request, answer: Answer) -> None:
    """A key with other content is answered as a success."""
    if "idempotency-key" in request.headers:
        answer.become(201, {})


@fault(test_idempotency_key_has_one_effect)
def replay_has_another_status(request: Request, answer: Answer) -> None:
    """A repeated creation is answered 200 in place of 201."""
    if "idempotent-replayed" in answer.headers:
        answer.status = 200


@fault(test_idempotency_key_has_one_effect)
def losers_of_a_race_crash(request: Request, answer: Answer) -> None:
    """A repeated key is an unhandled exception of the store."""
    if "idempotent-replayed" in answer.headers or answer.status == 409:
        answer.become(500)


@fault(test_idempotency_key_has_one_effect)
def replay_shows_the_item_as_it_is(request: Request) -> Steps:
    """A repeated request gets the item as it is now, not the first answer."""
    answer = yield
    if request.method == "PATCH" and answer.status == 200:
        request.memory[answer.members.get("id")] = answer.json()
    elif answer.headers.get("idempotent-replayed") == "true" and answer.members.get("id") in request.memory:
        answer.rewrite(request.memory[answer.members["id"]])


@fault(test_idempotency_key_has_one_effect, statuses=(201,))
def replay_is_not_marked(request: Request, answer: Answer) -> None:
    """A repeated answer does not say that it is one."""
    answer.headers.pop("idempotent-replayed", None)
