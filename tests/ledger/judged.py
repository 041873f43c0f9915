"""What a person says of a try: failures of services without a defect, real or false, and why defects were missed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Judgement:
    """What is said of a failure, such as "PAGE-01 list_products", or "ROBUST-02" for all operations."""

    service: str
    failure: str
    is_real: bool
    because: str


@dataclass(frozen=True)
class Miss:
    """Defects, as service and name, that were missed in a try for one reason, and what would see them."""

    kind: str
    defects: tuple[str, ...]
    because: str


WRAPPER = "The text by which the list is narrowed was sent beside the wrapper of the content, and not in it."
JUDGED = (
    Judgement("notes", "SCHEMA-04 listNotes", True, "The filter took a tag that its pattern forbids."),
    Judgement("shop", "SCHEMA-04 list_products", True, "The search took a text that is longer than its maximum."),
    Judgement("journal", "ROBUST-02", True, "A 405 named the methods of one route of the path, and not all."),
    Judgement("journal", "SCHEMA-04", True, "A number was taken for a date."),
    Judgement("tickets", "PAGE-01 listTickets", True, "Two tickets that were opened at once got one number."),
    Judgement("shop", "PAGE-01 list_products", False, WRAPPER),
    Judgement("shop", "PAGE-05 list_products", False, WRAPPER),
    Judgement("shop", "CACHE-03 list_products", False, WRAPPER),
)
MISSES = (
    Miss(
        "stopped by a false failure",
        ("shop total-of-the-page", "shop bound-left-out", "shop search-by-case"),
        "PAGE and CACHE-03 failed without the defect already, see above; PAGE-04 had nothing to count.",
    ),
    Miss(
        "stopped by a wrapper",
        ("shop patch-resets-others", "shop seller-from-content"),
        "STATE-02 and AUTHZ-06 look for members in the content itself, and not in its one wrapper.",
    ),
    Miss(
        "stopped by the sign-up",
        ("shop patch-by-anybody", "shop token-outlives-log-out", "shop email-by-case"),
        "A second user gets a new email and the username of the example again: 409, so that B is never there.",
    ),
    Miss(
        "cannot be declared",
        ("notes delete-by-anybody", "journal read-by-anybody"),
        "x-access needs a member that names the owner. A private item without one has no way to say that it is private.",
    ),
    Miss(
        "cannot be declared",
        ("notes tag-within-a-tag",),
        "A filter by one of several values (`/tags`) has no word in x-pagination, nor has a total in a header field.",
    ),
    Miss(
        "one item, one value",
        ("todos change-of-another", "journal put-loses-a-member", "notes stale-entity-tag"),
        "STATE-02 makes one item and puts what it has already; COND-01 changes one member. A second item as a witness,"
        " other values than before, and each member in turn would see them.",
    ),
    Miss(
        "not combined, no typical values",
        ("tickets sorted-as-text", "tickets filter-lost-by-sort", "todos change-moves-it"),
        "PAGE-05 sorts by 1 and 2, never by 9 and 10, filters without sorting, and changes nothing between two reads.",
    ),
    Miss(
        "status alone",
        ("notes cache-across-users", "todos head-is-refused"),
        "CACHE-06 compares statuses and not what is shown; CACHE-07 takes a 405 to HEAD for a method that is not offered.",
    ),
    Miss(
        "values that are not tried",
        ("todos long-text-is-cut", "journal last-day-crashes", "shop search-crashes", "tickets number-as-text"),
        "No text of the declared length, no first and last date, no lone bracket, no number as a text.",
    ),
    Miss(
        "written here, read there",
        ("notes text-crashes",),
        "ROBUST-05 reads a hostile text back where it was written, and not at the other operations of the item.",
    ),
    Miss(
        "hidden by a warning",
        ("notes empty-is-ignored",),
        "STATE-02 warns without the defect too: it expects null for an optional member that is left out and has no"
        " default.",
    ),
    Miss(
        "no law",
        (
            "shop password-is-cut",
            "notes half-a-password",
            "journal entries-are-inherited",
            "tickets closed-is-changed",
            "tickets read-opens-again",
        ),
        "No law tries nearly right passwords, looks at what an account leaves behind, or reads again what was changed by"
        " an action.",
    ),
)


def judged(service: str, failure: str) -> Judgement | None:
    """Return what was said of a failure, None where nobody has looked at it yet."""
    rule = failure.partition(" ")[0]
    return next((each for each in JUDGED if each.service == service and each.failure in (failure, rule)), None)
