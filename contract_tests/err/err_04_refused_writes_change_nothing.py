"""ERR-04: refused writes change nothing."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from bookplate import NotChecked, Severity, control, expect, experiment, fault
from bookplate.contract import Operation, is_conditional_write, is_creator, look_up
from bookplate.faults import Request, Steps
from bookplate.fixtures import (
    WRONG_TYPE,
    Collection,
    PreparedRequest,
    Resources,
    SingleChange,
    changeable_places,
    changed_member,
    filterable_mark,
    first_member,
    items_shown,
    lists_with_item,
    members_of,
    with_changes,
    with_wrong_member,
    writable_places,
)


def is_write(operation: Operation) -> bool:
    """It makes, changes or deletes a resource that can be read."""
    return operation.method in ("PUT", "PATCH", "DELETE") or is_creator(operation)


@experiment("ERR-04", source="RFC 9110, section 15.5; RFC 5789, section 2", applies=is_write, severity=Severity.DATA)
def test_refused_writes_change_nothing(operation: Operation, resources: Resources) -> None:
    """
    After a write that is answered with an error, every resource reads as before the write.

    The writes are wrong in one thing each: a stale or missing If-Match, another media type, broken JSON, a member
    whose value has the wrong type (text for a number), a member that nobody knows, or a unique value that another item
    has. Where the target
    accepts one of them, this law says nothing about it. The same write without a mistake succeeds afterwards. What was
    made is looked for in lists: by their filter, else by walking through them, and there the right write shows.

    Why it matters: a client repeats or gives up a write that was refused. If a part of it was stored, a repetition makes
    it twice, and an item that nobody wanted stays.

    To mend it: check everything before the first write, and do all writes of a request in one transaction, which an
    error rolls back. A commit in between, or an autocommit, leaves a part behind.
    """
    prepared = resources.prepare(operation)
    views = Views(prepared, resources)
    content = valid_content(prepared, resources, views.mark)

    before = views.state()
    for wrong, trial in expect.each(wrong_writes(prepared, resources, content)):
        with trial:
            answer = resources.call(prepared, wrong.headers, body=wrong.body)
            after = views.state()
            if answer.status >= 400:
                observed = f"{wrong.mistake}: {answer.describe()}, and the write had an effect"
                expect.that(after == before, observed, expected="no effect", shown=[answer])
            elif operation.method == "DELETE":
                prepared = resources.prepare(operation)  # what was to be deleted is gone
                views = Views(prepared, resources)
                after = views.state()
            before = after
    right = {"If-Match": "*"} if is_conditional_write(operation) else {}
    made = control(resources.call(prepared, right, body=content or None), "a refused write without an effect")
    if is_creator(operation) and views.state() == before:
        raise NotChecked(f"no list shows what was made, so none would show what was refused: {made.describe()}")


# A longer list is not walked through for each refusal.
MOST_PAGES = 10


class Views:
    """
    What clients see of what an operation writes: the item, or of what it makes the items with a mark in lists.

    `mark` has the text by which these items are told, where it has to be sent. Raises NotChecked where no list can show them.
    """

    def __init__(self, prepared: PreparedRequest, resources: Resources) -> None:
        self.prepared = prepared
        self.resources = resources
        self.mark: list[SingleChange] = []
        self.wanted: dict[str, str] = {}
        self.text = ""
        self.filtered: list[Operation] = []
        self.walked: list[Operation] = []
        if is_creator(prepared.operation):
            self.filtered, self.wanted = filterable_mark(prepared.operation, resources)
            self.mark = [SingleChange(f"/{name}", text) for name, text in self.wanted.items()]
            if not self.filtered:
                self._mark_in_walks()

    def _mark_in_walks(self) -> None:
        """Find a free text that makes an item known in lists that have no filter for it."""
        creator = self.prepared.operation
        lists = lists_with_item(self.resources, creator)
        self.text = f"Author {self.resources.samples.unique()}"
        for place, schema in changeable_places(creator).items():
            self.walked = [each for each in lists if may_show(each, place)][:1]
            if self.walked and schema.is_free_text and schema.allows(self.text, request=True):
                self.mark = [SingleChange(place, self.text)]
                return
        raise NotChecked(
            "no list has a filter by which what was made would be found, or shows a free text of it: "
            "declare a list in x-pagination"
        )

    def state(self) -> list[Any]:
        """Return the marked items in each of the lists, or where there are none the item itself."""
        if self.filtered:
            return [sorted(map(str, items_shown(each, self.resources, self.wanted)[0])) for each in self.filtered]
        if self.walked:
            return [self._marked_in(each) for each in self.walked]
        found = self.resources.read(self.prepared)
        item = members_of(found)
        return [found.status, *(look_up(item, place) for place in writable_places(self.prepared.operation))]

    def _marked_in(self, lister: Operation) -> int:
        """Return how many items of a list have the mark; NotChecked where it is too long to be walked through."""
        parent = self.prepared.item if lister.path_parameters else None
        request = PreparedRequest(lister, self.prepared.caller, parent)
        if lister.pagination is None:
            return str(self.resources.call(request).json()).count(self.text)
        collection = Collection(lister, self.resources)
        collection.prepared = request
        pages = list(islice(collection.walk(min(100, collection.bounds[1])), MOST_PAGES + 1))
        if len(pages) > MOST_PAGES:
            raise NotChecked(
                f"{lister.id} has more than {MOST_PAGES} pages, and no filter: declare one in x-pagination"
            )
        return sum(self.text in str(item) for page in pages for item in page)


def may_show(lister: Operation, place: str) -> bool:
    """Tell whether the items of a list may show what is written at a place, as far as the document says."""
    members = lister.shown.properties if lister.shown and lister.pagination else {}
    return not members or first_member(place) in members or place.rpartition("/")[2] in members


STALE_TAG = '"of-nothing-at-all"'
NO_MEMBER = "no_member_of_anything"


class WrongWrite(NamedTuple):
    """A write that has to be refused, with the mistake in it."""

    mistake: str
    headers: Mapping[str, str]
    body: Any


def valid_content(prepared: PreparedRequest, resources: Resources, mark: list[SingleChange]) -> dict[str, Any]:
    """Return content that would make a marked item, or change a member of the item; nothing for a deletion."""
    operation = prepared.operation
    content: dict[str, Any] = {}
    if operation.method in ("POST", "PUT"):
        sample = resources.content(prepared) or {}
        if mark and not isinstance(sample, dict):
            raise NotChecked("the content is no object, so it has no member to be told by")
        content = with_changes(sample, mark) if mark else sample
    elif operation.required_members:
        sample = resources.content(prepared) or {}
        content = {name: value for name, value in sample.items() if name in operation.required_members}
    if operation.members and not is_creator(operation):
        name, value = changed_member(operation, resources.read(prepared))
        content[name] = value
    return content


def wrong_writes(prepared: PreparedRequest, resources: Resources, content: dict[str, Any]) -> Iterator[WrongWrite]:
    """Yield writes with this content that have one mistake each; what a mistake needs is made just before."""
    operation = prepared.operation
    headers: dict[str, str] = {}
    if is_conditional_write(operation):
        headers = {"If-Match": "*"}
        yield WrongWrite("no If-Match", {}, content or None)
        yield WrongWrite("a stale tag", {"If-Match": STALE_TAG}, content or None)
    if not operation.members:
        return

    yield WrongWrite("another media type", {**headers, "Content-Type": "text/unheard-of"}, content)
    yield WrongWrite("broken JSON", headers, json.dumps(content).encode()[:-1])
    beside = [name for name in operation.members if operation.method != "PATCH" or name not in content]
    wrong = with_wrong_member(operation, content, reversed(beside))
    if wrong is not None:
        name, wrong_content = wrong
        yield WrongWrite(f"'{name}' of another type", headers, wrong_content)
    yield WrongWrite("a member that nobody knows", headers, {**content, NO_MEMBER: "text"})
    if operation.unique and operation.documents(409):
        name, schema = next(iter(operation.unique.items()))
        one, other = resources.samples.equivalent(schema)
        creator = operation if is_creator(operation) else resources.origin(operation)
        resources.plant(creator, None, {f"/{name}": one})
        yield WrongWrite(f"'{name}' taken", headers, {**content, name: other})


def then_refused(status: int, *, is_due: bool) -> Steps:
    """Answer a write that has succeeded with an error."""
    answer = yield
    if is_due and answer.status < 400:
        answer.become(status, {})


@fault(test_refused_writes_change_nothing)
def written_before_it_is_validated(request: Request) -> Steps:
    """The valid members of a write are stored before the others are found invalid."""
    invalid = [name for name, value in request.members.items() if value == WRONG_TYPE]
    for name in invalid:
        request.take(name)
    yield from then_refused(422, is_due=bool(invalid))


@fault(test_refused_writes_change_nothing)
def known_members_are_stored_all_the_same(request: Request) -> Steps:
    """A write with a member that nobody knows is refused, and the members that are known are stored."""
    is_unknown = request.take(NO_MEMBER) is not None
    yield from then_refused(422, is_due=is_unknown)


@fault(test_refused_writes_change_nothing)
def stale_tag_is_noticed_late(request: Request) -> Steps:
    """A stale If-Match is noticed after the write."""
    is_stale = request.headers.get("if-match") == STALE_TAG
    if is_stale:
        request.headers["if-match"] = "*"
    yield from then_refused(412, is_due=is_stale)


@fault(test_refused_writes_change_nothing)
def half_of_a_conflict_is_written(request: Request) -> Steps:
    """A change whose unique value is taken is stored without that value."""
    taken = None
    if request.method in ("PUT", "PATCH"):
        taken = request.take("isbn")
    yield from then_refused(409, is_due=bool(taken))
