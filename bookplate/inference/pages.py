"""Guessed pages, tried by two reads of each list."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..contract.document import Document
from ..contract.facts import Fact, Origin
from ..contract.inference.pages import TELLING, seen_pagination
from ..contract.operation import Operation
from ..contract.pagination import Pagination
from ..contract.pointer import look_up
from ..fixtures.session import Session
from ..fixtures.user import User
from ..wire.exchange import Exchange
from ..wire.links import links_of_field
from ..wire.outcomes import NotChecked, Violation

MOST_LISTS = 30
OK = 200


@dataclass(frozen=True)
class Tried:
    """What became of a guess: the fact that holds from now on, None where it was refuted, and what to tell."""

    operation: Operation
    fact: Fact[Pagination] | None
    message: str


def try_pages(session: Session) -> Iterator[Tried]:
    """
    Ask for two pages of each list whose pages are guessed, and yield what came of it.

    Lists below an item are left out: there may be no item yet. A list that shows too little stays a guess.
    """
    lists = [each for each in session.document.operations if is_guess(each) and not each.path_parameters]
    for operation in lists[:MOST_LISTS]:
        try:
            yield try_list(Reads(operation, session))
        except (NotChecked, Violation) as reason:
            fact = operation.facts.pagination
            yield Tried(operation, fact, f"{fact.evidence if fact else ''}: not confirmed: {reason}")


def is_guess(operation: Operation) -> bool:
    fact = operation.facts.pagination
    return fact is not None and fact.origin is Origin.GUESSED


class Reads:
    """Reads pages of one list, as A where the list asks for credentials."""

    def __init__(self, operation: Operation, session: Session) -> None:
        self.operation = operation
        self.session = session
        users = session.users
        self.user: User = users.owner if operation.secured else users.anonymous

    @property
    def document(self) -> Document:
        return self.session.document

    def page(self, **query: Any) -> Exchange:
        """Ask for a page; NotChecked where it is refused."""
        credential = self.user.credential_for(self.operation)
        asked = {**self.session.samples.query(self.operation), **query}
        answer = self.session.client.call(self.operation, query=asked, credential=credential, address=self.user.address)
        if answer.status != OK:
            raise NotChecked(answer.describe())
        return answer


def try_list(reads: Reads) -> Tried:
    operation, guess = reads.operation, reads.operation.facts.pagination
    assert guess is not None
    first = reads.page(**guess.value.asking_for(1))
    found = learned(reads, guess.value, first)
    items = look_up(first.json(), found.items)
    if not isinstance(items, list):
        return refuted(operation, guess, f"{first.describe()} with no list at '{found.items}'")
    guess = replace(guess, value=found)
    if len(items) != 1:
        return Tried(
            operation, guess, f"{guess.evidence}: not confirmed: {guess.value.size}=1 shows {len(items)} items"
        )
    if key_in(found, items[0]) is None:
        return refuted(operation, guess, f"its items have no {found.key}")
    return tried_by_second_page(reads, guess, items[0], next_page(reads, found, first))


def tried_by_second_page(reads: Reads, guess: Fact[Pagination], item: Any, second: Exchange | None) -> Tried:
    """Confirm a guess if the second page shows another item than the first one did, and refute it if it shows the same."""
    operation, found = reads.operation, guess.value
    others = look_up(second.json(), found.items) if second is not None else []
    is_same = bool(others) and key_in(found, others[0]) == key_in(found, item)
    if not others or (is_same and shows_one_alone(reads, found)):
        return Tried(operation, guess, f"{guess.evidence}: not confirmed: it has one item alone")
    if is_same:
        return refuted(operation, guess, f"`{found.place}` changes nothing: two pages show the same item")
    evidence = f"{guess.evidence}: confirmed by two requests"
    return Tried(operation, Fact(found, Origin.CONFIRMED, evidence), evidence)


def shows_one_alone(reads: Reads, found: Pagination) -> bool:
    """Tell whether a page of two items has one: behind the only page of a list, its service may show it again."""
    items = look_up(reads.page(**found.asking_for(2)).json(), found.items)
    return isinstance(items, list) and len(items) == 1


def learned(reads: Reads, guess: Pagination, first: Exchange) -> Pagination:
    """
    Return how the pages of a list hang together, as its first page shows; the guess where that shows nothing.

    A document knows more of members than one item shows: which are times, and which are lists that are empty here.
    """
    leads_on = any(relation == "next" for relation, _ in links_of_field(first.header("link") or ""))
    fields = {name for name in TELLING if first.header(name) is not None and (name != "Link" or leads_on)}
    parameter = reads.document.paths.parameter_below(reads.operation.path)
    seen = seen_pagination(reads.operation, parameter, first.json(), fields)
    if seen is None:
        return guess
    return replace(seen, filters={**seen.filters, **guess.filters}, sort=guess.sort or seen.sort)


def key_in(found: Pagination, item: Any) -> Any:
    return look_up(item, found.key or "/id")


def refuted(operation: Operation, guess: Fact[Pagination], reason: str) -> Tried:
    return Tried(
        operation, None, f"{guess.evidence}: refuted: {reason}: say in x-pagination how its pages hang together"
    )


def next_page(reads: Reads, found: Pagination, first: Exchange) -> Exchange | None:
    """Ask for the page after the first one; None where the answer says that there is none."""
    if found.style == "cursor":
        cursor = look_up(first.json(), found.next or "")
        return reads.page(**found.asking_for(1), **{found.place: cursor}) if cursor else None
    place = reads.operation.parameter(found.place)
    least = place.schema.minimum if place is not None else None
    usual = 0 if found.style == "offset" else 1 if least is None else int(least)
    return reads.page(**found.asking_for(1), **{found.place: (usual if found.first is None else found.first) + 1})
