"""Extension keys as the model has them, each a fact; a mistake is one line with place and remedy."""

import pytest

from bookplate.contract import Access, AuthRole, CacheTerms, Counter, Filter, Origin, Pagination, Sort
from bookplate.contract.document import DocumentError
from bookplate.contract.predicates import has_cursors, has_opaque_cursors, is_owned, is_paged, is_walkable, may_lag

from .conftest import Read

NOTES = """
x-rate-limit:
  policies:
    reads: {limit: {free: 6, paid: 60}, window: 60, by: principal, tier: '#/components/schemas/Tier'}
    failures: {limit: 5, window: 900, by: body, pointer: /email, counts: failures}
x-size-limits: {content: 1000}
paths:
  /notes:
    get:
      operationId: list_notes
      x-rate-limit: [reads]
      x-cache: {store: 60, max-staleness: 5}
      x-counts: [{at: /total, items-of: list_notes}]
      x-pagination:
        style: page
        page: page
        size: size
        items: /items
        total: /total
        order: [-/created, /id]
        sort: {parameter: sort, keys: {title: [/title, /id]}}
        filters: {q: {at: [/title, /text], is: contains}, from: {at: /created, is: at-least}}
      parameters:
        - {name: page, in: query, schema: {type: integer}}
        - {name: size, in: query, schema: {type: integer}}
        - {name: sort, in: query, schema: {type: string}}
        - {name: q, in: query, schema: {type: string}}
        - {name: from, in: query, schema: {type: string, format: date-time}}
      responses: {'200': {description: A page.}}
    post:
      operationId: create_note
      x-rate-limit: []
      responses:
        '201': {description: Made., links: {read: {operationId: get_note, parameters: {note_id: $response.body#/number}}}}
  /notes/{note_id}:
    parameters: [{name: note_id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: get_note
      x-access: {allow: [owner, admin], owner: /owner, via: get_note, refusal: 404}
      responses: {'200': {description: A note.}}
    delete:
      operationId: delete_note
      x-clears: cache
      responses: {'204': {description: Gone.}}
  /tokens:
    post:
      operationId: log_in
      x-auth-role: {role: log-in, identifier: /name, secret: /password, access: /tokens/access, expires-in: /seconds}
      responses: {'200': {description: Signed in.}}
components: {schemas: {Tier: {type: string}}}
"""


def test_pages_are_typed(read: Read) -> None:
    operation = read(NOTES).operation("list_notes")

    assert operation.pagination == Pagination(
        style="page",
        place="page",
        size="size",
        items="/items",
        order=("-/created", "/id"),
        total="/total",
        sort=Sort("sort", {"title": ("/title", "/id")}),
        filters={"q": Filter(("/title", "/text"), "contains"), "from": Filter(("/created",), "at-least")},
    )
    assert is_paged(operation)
    assert is_walkable(operation)
    assert not has_cursors(operation)
    assert operation.key({"id": 7, "created": "today"}) == 7
    assert dict(operation.text_filters) == {"q": ("/title", "/text")}
    assert operation.pagination.pointers == {"/items", "/total", "/created", "/id", "/title", "/text"}


SEVERAL = """
paths:
  /notes:
    get:
      operationId: list_notes
      x-pagination:
        - {style: page, page: p, first: 0, size: n, items: '', total: 'header:X-Total-Count', next: 'header:Link', key: /name}
        - {style: cursor, cursor: after, size: n, items: '', next: 'item:/name', more: /more}
      responses: {'200': {description: A page.}}
  /notes/{label}:
    get:
      operationId: get_note
      responses: {'200': {description: A note.}}
"""


def test_a_list_may_have_several_styles_of_pages(read: Read) -> None:
    by_number, by_cursor = read(SEVERAL).operation("list_notes").in_each_style()

    assert by_number.pagination == Pagination(
        *("page", "p", "n", ""), total="header:X-Total-Count", next="header:Link", key="/name", first=0
    )
    assert by_cursor.pagination == Pagination("cursor", "after", "n", "", next="item:/name", more="/more")
    assert (is_paged(by_number), has_cursors(by_number)) == (True, False)
    assert (is_paged(by_cursor), has_cursors(by_cursor), has_opaque_cursors(by_cursor)) == (False, True, False)
    assert by_number.pagination.pointers == {"", "/name"}


def test_a_mistake_in_one_of_several_styles_has_its_line(read: Read) -> None:
    document = read(SEVERAL.replace("cursor: after, ", ""))

    assert document.operation("list_notes").pagination is None
    place, _, what = str(document.notices[0]).partition(": ")
    assert what.startswith("its x-pagination has no cursor: write style, items, and the parameter")
    assert place.endswith("openapi.yaml:9")


ITEMS = "content: {application/json: {schema: {type: array, items: {type: object, properties: {%s: {}, made: {}}}}}}"


@pytest.mark.parametrize(
    ("member", "key", "origin"),
    [("id", "/id", Origin.DECLARED), ("label", "/label", Origin.GUESSED), ("title", None, None)],
)
def test_the_key_of_an_item_is_its_id_or_what_its_path_names(
    read: Read, member: str, key: str | None, origin: Origin | None
) -> None:
    """What a list is ordered by need not tell its items apart."""
    listed = f"responses: {{'200': {{description: A page., {ITEMS % member}}}}}"
    text = SEVERAL.replace("key: /name", "order: [/made]").replace("responses: {'200': {description: A page.}}", listed)

    fact = read(text).operation("list_notes").facts.key

    assert (fact and fact.value, fact and fact.origin) == (key, origin)


def test_access_roles_and_caches_are_typed(read: Read) -> None:
    document = read(NOTES)
    get, log_in = document.operation("get_note"), document.operation("log_in")

    assert get.access == Access(("owner", "admin"), owner="/owner", via=("get_note",), declared_refusal=404)
    assert (sorted(get.allow), get.refusal, is_owned(get)) == (["admin", "owner"], 404, True)
    assert log_in.auth_role == AuthRole(
        "log-in", identifier="/name", secret="/password", access="/tokens/access", expires_in="/seconds"
    )
    assert log_in.role == "log-in"
    assert log_in.role_pointer("secret") == "/password"
    assert log_in.role_value("access", {"tokens": {"access": "abc"}}) == "abc"
    assert document.operation("list_notes").cache == CacheTerms(store=60, max_staleness=5)
    assert document.operation("list_notes").counters == (Counter("/total", items_of="list_notes"),)
    assert document.operation("delete_note").clears == "cache"
    assert may_lag(document.operation("list_notes"))


def test_what_is_not_said_is_none(read: Read) -> None:
    create = read(NOTES).operation("create_note")

    assert (create.pagination, create.access, create.auth_role, create.cache) == (None, None, None, None)
    assert (create.role, create.allow, create.refusal, dict(create.text_filters)) == ("", frozenset(), None, {})
    assert create.role_value("access", {"access": "abc"}) is None
    with pytest.raises(DocumentError, match=r"openapi.yaml:\d+: the x-auth-role of create_note has no secret: "):
        create.role_pointer("secret")


def test_a_declared_fact_says_where_it_is_declared(read: Read) -> None:
    fact = read(NOTES).operation("get_note").facts.access

    assert fact is not None
    assert fact.origin is Origin.DECLARED
    assert fact.evidence.startswith("x-access in ")
    assert fact.evidence.endswith("openapi.yaml:40")


def test_links_and_paths_say_what_makes_an_item(read: Read) -> None:
    document = read(NOTES)
    create = document.operation("create_note")

    by_link, by_path = (document.creator(document.operation(name)) for name in ("get_note", "delete_note"))

    assert by_link is not None
    assert by_path is not None
    assert (by_link.value, by_path.value) == (create, create)
    assert by_link.evidence.startswith("a link of create_note")
    assert by_path.evidence == "the path of create_note is the one above"
    assert document.creator(document.operation("log_in")) is None


def test_links_say_where_an_identifier_stands(read: Read) -> None:
    document = read(NOTES)

    linked = document.identifiers(document.operation("create_note"))
    usual = document.identifiers(document.operation("log_in"))

    assert {name: fact.value for name, fact in linked.items()} == {"note_id": "/number"}
    assert {name: fact.value for name, fact in usual.items()} == {"note_id": "/id"}
    assert usual["note_id"].evidence == "no link of log_in says otherwise"


def test_limits_are_typed(read: Read) -> None:
    document = read(NOTES)
    reads, failures = document.policies["reads"], document.policies["failures"]

    assert (reads.quota, reads.tier, failures.quota) == (6, "#/components/schemas/Tier", 5)
    assert (failures.by, failures.pointer, failures.counts) == ("body", "/email", "failures")
    assert document.size_limits == {"content": 1000}
    assert document.operation("list_notes").policies == (reads,)
    assert [document.operation(name).names_policies for name in ("create_note", "get_note")] == [True, False]


def test_what_order_and_end_mean_is_read(read: Read) -> None:
    """Where missing values stand, how text is ordered, what ends with a log-in, and which check comes first."""
    text = NOTES.replace("sort: {parameter: ", "sort: {nulls: last, text: code-point, parameter: ")
    text = text.replace("role: log-in", "role: log-in, ends: others")
    document = read(text.replace("x-size-limits:", "x-check-order: [token, content]\nx-size-limits:"))
    pagination, log_in = document.operation("list_notes").pagination, document.operation("log_in")

    assert pagination is not None
    assert pagination.sort is not None
    assert (pagination.sort.nulls, pagination.sort.text) == ("last", "code-point")
    assert log_in.auth_role is not None
    assert log_in.auth_role.ends == "others"
    assert log_in.check_order == ("token", "content")


def test_what_mistakes_and_limits_mean_is_read(read: Read) -> None:
    """The status of a mistake, and what windows, announcements and refusals are."""
    text = NOTES.replace("x-size-limits:", "x-mistakes: {nul: 400, path-form: 404}\nx-size-limits:")
    said = read(
        text.replace("  policies:\n", "  windows: fixed\n  announces: all\n  refused: counted\n  policies:\n", 1)
    )
    unsaid = read(NOTES)

    assert said.operation("log_in").mistake_statuses == {"nul": 400, "path-form": 404}
    assert (said.policies["reads"].is_fixed, said.limits.announces_all, said.limits.counts_refused) == (True,) * 3
    assert unsaid.operation("log_in").mistake_statuses == {}
    assert (unsaid.policies["reads"].is_fixed, unsaid.limits.announces_all, unsaid.limits.counts_refused) == (
        False,
    ) * 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("x-size-limits:", "x-mistakes: {luck: 400}\nx-size-limits:", "its x-mistakes has 'luck', which is no known"),
        ("x-size-limits:", "x-mistakes: {nul: no}\nx-size-limits:", "its x-mistakes has nul, which is no integer"),
        ("x-cache: {store: 60, max-staleness: 5}", "x-cache: yes", "its x-cache is no object: write store: SECONDS"),
        ("x-cache: {store: 60, max-staleness: 5}", "x-cache: {max-staleness: 5}", "its x-cache has no store: write"),
        ("max-staleness: 5", "max-staleness: soon", "its x-cache has max-staleness, which is no integer: write"),
        ("items-of: list_notes", "of: list_notes", "its x-counts counts nothing, or two things: write at, and uses-of"),
        ("[{at: /total, items-of: list_notes}]", "all", "its x-counts is no list: write [{at, uses-of}] or"),
        ("x-clears: cache", "x-clears: all", "its x-clears is none of cache: write one of them"),
        (
            "store: 60, max",
            "store: 60, bypass-for: all, max",
            "its x-cache has bypass-for 'all', which is none of user",
        ),
        ("order: [-/created, /id]", "behind: end", "its x-pagination has behind 'end', which is none of last, before"),
        ("style: page", "style: book", "its x-pagination has style 'book', which is none of page, offset, cursor"),
        ("        page: page\n", "", "its x-pagination has no page: write style, items, and"),
        ("order: [-/created, /id]", "order: /id", "its x-pagination has order, which is no list of texts: write"),
        ("is: contains", "is: like", "its x-pagination has the filter q, whose `is` is none of equal"),
        (
            "sort: {parameter: ",
            "sort: {nulls: middle, parameter: ",
            "its x-pagination has a sort whose `nulls` is none of",
        ),
        ("sort: {parameter: ", "sort: {text: any, parameter: ", "its x-pagination has a sort whose `text` is none of"),
        ("role: log-in", "role: log-in, ends: all", "its x-auth-role has ends 'all', which is none of session"),
        (
            "x-size-limits:",
            "x-check-order: [luck]\nx-size-limits:",
            "its x-check-order is no list of known checks: write",
        ),
        ("sort: {parameter: sort, ", "sort: {", "its x-pagination has a sort without a parameter: write"),
        ("allow: [owner, admin]", "allow: owner", "its x-access has allow, which is no list of texts: write"),
        ("refusal: 404", "refusal: hide", "its x-access has refusal, which is no integer: write allow"),
        ("role: log-in", "role: enter", "its x-auth-role has role 'enter', which is none of register"),
        ("secret: /password", "secret: 7", "its x-auth-role has secret, which is no text: write role"),
        ("limit: 5, ", "", "policy 'failures' has no window or no limit that is a number"),
        ("{content: 1000}", "{content: big}", "its x-size-limits has content, which is no integer: write"),
    ],
)
def test_a_key_of_another_form_is_left_unread_with_a_notice(read: Read, old: str, new: str, told: str) -> None:
    """Other tools may use the same name: the run goes on, as if the key was not there."""
    assert old in NOTES

    document = read(NOTES.replace(old, new))

    notices = [str(notice) for notice in document.notices]
    place, _, what = notices[0].partition(": ")
    assert what.startswith(told)
    assert place.partition("openapi.yaml:")[2].isdigit()
    assert ": write " in what
    assert not any("\n" in notice for notice in notices)
    assert document.mistakes == ()
    assert len(document.operations) == 5
