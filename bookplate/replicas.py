"""Checks that all addresses of a run belong to one service: each shows the same document as the first one."""

from typing import Any

from .contract.lines import DocumentError
from .contract.reading import parsed
from .discovery import Get, Page, asking, find_document, is_same_host
from .laws.law import DocumentLaw
from .run import Run
from .target.config import SetUpError
from .wire.replicas import origin_of

# The members of a document that name its own address: they may differ between replicas.
OF_THE_ADDRESS = ("servers", "host", "schemes")
OK = 200


def refuse_other_services(run: Run) -> None:
    """
    Raise SetUpError where an address of a run does not answer, or shows another document than the first one.

    Only GET requests are sent. Where the first address shows no document, nothing is compared. Servers that the suite
    has started are not asked: they all have the same document.
    """
    needs_service = any(not isinstance(law, DocumentLaw) and run.operations(law) for law in run.laws())
    if not (run.target.others and needs_service):
        return
    first, *others = run.target.ready("experiments").addresses
    with asking(run.admission) as get:
        place = place_of_document(run, first, get)
        if place is None:
            return
        shown = get(place)
        for other in others:
            there = origin_of(other) + place.removeprefix(origin_of(place))
            refuse_another_document(shown, place, get(there), there)


def place_of_document(run: Run, address: str, get: Get) -> str | None:
    """Return the URL at which an address shows its document; None where it shows none."""
    given = run.options.found or str(run.document.location)
    if is_same_host(given, address):
        return given
    try:
        return find_document(address, get)
    except SetUpError:
        return None


def refuse_another_document(shown: Page | None, place: str, other: Page | None, there: str) -> None:
    """Raise SetUpError where two pages do not show the same document."""
    if shown is None or shown.status != OK:
        return
    remedy = "replicas are servers of one release: mend the address, or deploy there what is deployed at the first"
    if other is None or other.status != OK:
        said = "gets no answer" if other is None else f"is answered {other.status}"
        raise SetUpError(f"{there} {said}, and {place} shows a document: {remedy}")
    if without_addresses(shown.text) != without_addresses(other.text):
        raise SetUpError(f"{there} shows another document than {place}: {remedy}")


def without_addresses(text: str) -> Any:
    """Return a document without the members that name its address; the text as it is where it cannot be parsed."""
    try:
        value = parsed(text, "document.yaml").value
    except DocumentError:
        return text
    if not isinstance(value, dict):
        return value
    return {name: member for name, member in value.items() if name not in OF_THE_ADDRESS}
