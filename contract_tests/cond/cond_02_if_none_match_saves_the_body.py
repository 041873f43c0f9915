"""COND-02: if none match saves the body."""

from collections.abc import Container, Iterator, Mapping

from bookplate import NotChecked, expect, experiment, fault, partly
from bookplate.contract import Operation, is_conditional_read, may_lag
from bookplate.faults import Answer, Request
from bookplate.fixtures import PreparedRequest, Resources, User, find_in_answer, prepare_read
from bookplate.wire import Exchange, succeeded

from ._shared import etag_of, takes, unknown_tag

FIELD = "If-None-Match"
# Forms of If-None-Match; {} stands for the current ETag, {other} for one of something else.
WEAK = "W/{}"
FORMS = ("{}", WEAK, "{other}, {}", "*")
SAME_AS_200 = ("etag", "cache-control", "vary")
# The content is the same, and so are the links; a 304 need not have them unless the document declares them for it.
SAME_WHERE_DECLARED = ("link",)


@experiment("COND-02", source="RFC 9110, sections 13.1.2 and 15.4.5", applies=is_conditional_read)
def test_if_none_match_saves_the_body(operation: Operation, resources: Resources) -> None:
    """
    A GET whose If-None-Match has the current ETag, alone, weak, in a list, or is `*`, gets 304 without content.

    ETag, Cache-Control and Vary of the 304 are those of the 200. An ETag of something else gets 200. Where the document
    has a schema for If-None-Match, only forms that it allows are sent. After an item that the answer shows was changed or
    deleted, by its owner or by an admin, a strong ETag from before gets a 304 only where a plain GET shows the same as then.

    Why it matters: without the 304 each copy is loaded again, although nothing has changed. With a wrong 304 the client
    keeps showing content that is out of date.

    To mend it: parse If-None-Match as a list of entity tags, with `*` and weak ones, and compare without regard to
    `W/`. Compute the current ETag first, from the state after the last write. Send ETag, Vary and Link with the
    304, as with the 200.
    """
    prepared = resources.prepare(operation)
    forms = allowed_forms(operation, resources, prepared)

    for form, trial in expect.each(forms):
        with trial:
            whole, answer = ask_again(resources, prepared, form)
            named = f"If-None-Match {form.format('<ETag>', other='<another>')}"
            expect.status(304, answer, what=named, after=[whole])
            expect.that(not answer.body, f"{named}: the 304 has content", expected="no content", shown=[whole, answer])
            declared = [name for name in SAME_WHERE_DECLARED if operation.response(304).header(name) is not None]
            for name in (*SAME_AS_200, *declared):
                expect.equal(answer.header(name), whole.header(name), what=f"{name} of the 304", shown=[whole, answer])

    another = unknown_tag(operation, FIELD)
    if another is not None:
        other = resources.call(prepared, {FIELD: another})
        expect.status(200, other, what="If-None-Match of something else")
    expect_writes_end_copies(operation, resources)


def expect_writes_end_copies(operation: Operation, resources: Resources) -> None:
    """Change and delete an item that the operation shows, and ask after each write with the ETag from before."""
    try:
        copy = Copy(operation, resources)
    except NotChecked as reason:
        partly(f"writes after which a copy is old: {reason}", tested="a copy while nothing is written")
        return
    for (write, caller), trial in expect.each(copy.writes()):
        with trial:
            before = copy.read()
            written = copy.send(write, caller)
            asked = copy.read({FIELD: etag_of(before, operation)})
            after = copy.read()

            is_good = after.status == before.status and not copy.differs(before, after)
            expect.that(
                asked.status != 304 or is_good,
                f"the ETag from before {write.id} still gets a 304 after user {caller.name} has called it",
                expected=f"{after.status}, as without If-None-Match",
                shown=[before, written, asked, after],
            )


class Copy:
    """An answer that shows an item which can be written; NotChecked where there is none."""

    def __init__(self, operation: Operation, resources: Resources) -> None:
        self.operation = operation
        self.resources = resources
        creator = resources.creator_in(operation) if operation.pagination else resources.origin(operation)
        if creator.role or may_lag(operation):
            raise NotChecked("what it shows is behind, or is no item that a law makes")
        self.texts = {places[0]: f"Author {resources.samples.unique()}" for places in self._filters.values()}
        self.item = resources.plant(creator, None, self.texts)
        self.prepared = prepare_read(resources, operation, self.item)
        whole = self.read()
        if find_in_answer(operation, resources, whole, self.item) is None:
            raise NotChecked("it does not show what was made for it")
        if etag_of(whole, operation).startswith("W/"):
            raise NotChecked("a weak ETag may stay when the content changes")

    @property
    def _filters(self) -> dict[str, tuple[str, ...]]:
        """The first filter by which a list shows this item alone; none where it has none."""
        return dict(list(self.operation.text_filters.items())[:1])

    def read(self, headers: Mapping[str, str] | None = None) -> Exchange:
        """Read what shows the item, alone in a list where that can be filtered."""
        query = dict(zip(self._filters, self.texts.values(), strict=True))
        return self.resources.call(self.prepared, headers, query=query)

    def differs(self, before: Exchange, after: Exchange) -> bool:
        """Tell whether two answers show another content, beside what moves by itself."""
        return bool(self.resources.moving.changes(before, after, self.read))

    def writes(self) -> Iterator[tuple[Operation, User]]:
        """Yield what changes the item, by its owner and by an admin, and then what deletes it."""
        found = [each for each in self.resources.document.operations if self._writes_item(each)]
        for each in sorted(found, key=lambda operation: operation.method == "DELETE"):
            yield each, self.item.owner
            admin = self.resources.users.find("admin") if "admin" in each.allow else None
            if admin is not None and each.method != "DELETE":
                yield each, admin

    def _writes_item(self, operation: Operation) -> bool:
        is_write = operation.method in ("PUT", "PATCH", "DELETE") and bool(operation.path_parameters)
        for_owners = not operation.allow or {"owner", "user"} & operation.allow
        if not is_write or operation.role or not for_owners or operation.names_what_it_makes:
            return False
        try:
            return self.resources.origin(operation) is self.item.creator
        except NotChecked:
            return False

    def send(self, write: Operation, caller: User) -> Exchange:
        """Write the item as a caller; the texts by which a list shows it stay. NotChecked where that is refused."""
        prepared = PreparedRequest(write, caller, self.item)
        tag = self.resources.read(prepared).header("etag")
        body = None
        if write.body is not None:
            body = self.resources.content(prepared)
            kept = {place.removeprefix("/"): text for place, text in self.texts.items()}
            body = body | kept if isinstance(body, dict) else body
        return succeeded(self.resources.write(prepared, tag, body), "no write makes a copy old")


def allowed_forms(operation: Operation, resources: Resources, prepared: PreparedRequest) -> list[str]:
    """Return the forms of If-None-Match that the document allows; NotChecked where it allows none."""
    tag = current_tag(operation, resources, prepared)
    allowed = [form for form in FORMS if takes(operation, FIELD, written(operation, form, tag))]
    left_out = [form.format("<ETag>", other="<another>") for form in FORMS if form not in allowed]
    if not allowed:
        raise NotChecked(f"the schema of If-None-Match allows neither the ETag {tag} nor `*`: correct it")
    if left_out:
        partly(f"If-None-Match {' and '.join(left_out)}: its schema does not allow it", tested="other forms of it")
    return allowed


def current_tag(operation: Operation, resources: Resources, prepared: PreparedRequest) -> str:
    whole = succeeded(resources.call(prepared), "there is nothing to hold a copy of")
    return etag_of(whole, operation)


def written(operation: Operation, form: str, tag: str) -> str:
    """Return a form of If-None-Match with the current ETag and another one put in."""
    sent = tag.removeprefix("W/") if form == WEAK else tag
    return form.format(sent, other=unknown_tag(operation, FIELD))


def ask_again(resources: Resources, prepared: PreparedRequest, form: str) -> tuple[Exchange, Exchange]:
    """Ask, and ask again with the ETag of the answer; up to three times where the content changes in between."""
    operation = prepared.operation
    for _ in range(3):
        whole = succeeded(resources.call(prepared), "there is nothing to hold a copy of")
        tag = etag_of(whole, operation)
        answer = resources.call(prepared, {FIELD: written(operation, form, tag)})
        if answer.status != 200 or answer.header("etag") == tag:
            return whole, answer
    raise NotChecked(f"each read shows another ETag, so that no copy is good for a second one: {answer.summary()}")


@fault(test_if_none_match_saves_the_body)
def copies_are_always_sent_again(request: Request) -> None:
    """If-None-Match is ignored."""
    request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def tags_are_compared_as_text(request: Request) -> None:
    """If-None-Match is compared as text: a list, a weak ETag and `*` never match."""
    value = request.headers.get("if-none-match", "")
    if not value.startswith('"') or "," in value:
        request.headers.pop("if-none-match", None)


@fault(test_if_none_match_saves_the_body)
def every_copy_is_good(request: Request, answer: Answer) -> None:
    """Every If-None-Match is answered 304, whatever ETag it has."""
    if "if-none-match" in request.headers and answer.status == 200:
        answer.status = 304
        answer.body = b""


@fault(test_if_none_match_saves_the_body, statuses=(304,))
def the_304_is_bare(request: Request, answer: Answer) -> None:
    """A 304 has no ETag."""
    answer.headers.pop("etag", None)


@fault(test_if_none_match_saves_the_body, statuses=(304,))
def the_304_has_no_links(request: Request, answer: Answer) -> None:
    """A 304 has no Link."""
    answer.headers.pop("link", None)


def answer_304_for_known_tags(request: Request, answer: Answer, cleared_by: Container[str]) -> None:
    """Answer 304 to each tag that an answer of this path had since the last write with one of these methods."""
    tag = answer.headers.get("etag")
    if request.method == "GET" and request.headers.get("if-none-match") in request.memory.get(request.path, ()):
        answer.status = 304
        answer.body = b""
    elif request.method == "GET" and tag:
        request.memory.setdefault(request.path, set()).add(tag)
    elif request.method in cleared_by and answer.status < 300:
        request.memory.clear()


@fault(test_if_none_match_saves_the_body)
def copies_outlive_a_change(request: Request, answer: Answer) -> None:
    """A copy is taken for good after what it shows was changed."""
    answer_304_for_known_tags(request, answer, ("POST", "DELETE"))


@fault(test_if_none_match_saves_the_body)
def copies_outlive_a_deletion(request: Request, answer: Answer) -> None:
    """A copy of a list is taken for good after an item of it was deleted."""
    answer_304_for_known_tags(request, answer, ("POST", "PUT", "PATCH"))


@fault(test_if_none_match_saves_the_body)
def copies_outlive_the_writes_of_others(request: Request, answer: Answer) -> None:
    """A copy is taken for good after another user than the one who made the first write has changed what it shows."""
    if request.method in ("POST", "PUT", "PATCH", "DELETE") and answer.status < 300:
        request.memory.setdefault("writer", request.headers.get("authorization"))
    is_first = request.memory.get("writer") == request.headers.get("authorization")
    request.memory = request.memory.setdefault("tags", {})
    answer_304_for_known_tags(request, answer, ("POST", "PUT", "PATCH", "DELETE") if is_first else ())
