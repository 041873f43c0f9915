"""Search takes its text literally, in any case, in title or author and never across both."""

from urllib.parse import quote

import pytest

from ..people import Person, add_book, unused_name
from ..wire import Answer, Client


def search(client: Client, text: str, query: str = "") -> Answer:
    """Search for a text."""
    return client.ask("GET", f"/api/books/search?q={quote(text)}{query}")


def found(client: Client, text: str) -> list[str]:
    """Return the titles that a search finds."""
    return [each["title"] for each in search(client, text, "&per_page=100").json()["items"]]


@pytest.mark.parametrize("literal", ["100% {}", "_{}_", "{}\\", "{}'--", "%{}%", '{}"*', "[{}]^$.", "{}; DROP TABLE"])
def test_nothing_in_the_text_is_a_wildcard(client: Client, person: Person, literal: str) -> None:
    """Per cent, underscore, backslash, quotes and brackets stand for themselves."""
    name = unused_name("zq")
    title = literal.format(name)
    add_book(person.client, title=title)
    add_book(person.client, title=f"decoy {name} decoy")

    assert found(client, title) == [title]


@pytest.mark.parametrize("wildcard", ["%", "_", "%%", "_%_", "*", "?"])
def test_wildcard_alone_finds_only_itself(client: Client, person: Person, wildcard: str) -> None:
    """A text that would match everything elsewhere matches what contains it."""
    add_book(person.client, title=f"{unused_name('plain')}")

    assert all(wildcard in f"{each['title']}\n{each['author']}" for each in search(client, wildcard).json()["items"])


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Straße {}", "STRASSE {}"),
        ("STRASSE {}", "straße {}"),
        ("Ärger {}", "ärger {}"),
        ("ÉTÉ {}", "été {}"),
        ("Σίσυφος {}", "ΣΊΣΥΦΟΣ {}"),
        ("Ünal {}", "üNAL {}"),
        ("ﬁne {}", "FINE {}"),
        ("DŽungla {}", "džungla {}"),
        ("İzmir {}", "i̇zmir {}"),
    ],
)
def test_case_is_folded_as_unicode_folds_it(client: Client, person: Person, title: str, text: str) -> None:
    """Case does not matter, in any script, in the text as in the book."""
    name = unused_name("fold")
    added = add_book(person.client, title=title.format(name)).json()["title"]

    assert found(client, text.format(name)) == [added]


def test_author_is_searched_too(client: Client, person: Person) -> None:
    """A text in the author finds the book."""
    author = unused_name("Ursula")
    title = add_book(person.client, author=author).json()["title"]

    assert found(client, author.upper()[2:]) == [title]


def test_no_match_spans_title_and_author(client: Client, person: Person) -> None:
    """The end of a title and the start of an author are not one text, with or without a line break."""
    name = unused_name("edge")
    add_book(person.client, title=f"{name} left", author=f"right {name}")

    assert [found(client, text) for text in (f"{name} leftright", f"left{name}", f"{name} left right")] == [[]] * 3
    assert search(client, f"left\nright {name}").status == 400


@pytest.mark.parametrize("text", ["", "\x00", "a\x00b", "a\nb", "\r", "\u202e", "\u200b", " padded", "x" * 101])
def test_text_that_no_book_could_contain_is_refused(client: Client, text: str) -> None:
    """An empty, too long, padded or invisible text is a bad parameter, and NUL above all."""
    answer = search(client, text)

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (400, "/query/q")


def test_search_needs_its_text(client: Client) -> None:
    """Without `q` there is nothing to look for."""
    assert client.ask("GET", "/api/books/search").status == 400
    assert client.ask("GET", "/api/books/search?q=a&q=b").status == 400


def test_changed_text_is_what_is_found(client: Client, person: Person) -> None:
    """After a change the new title is found and the old one is not, and the author still is."""
    old, new, author = unused_name("old"), unused_name("new"), unused_name("author")
    added = add_book(person.client, title=old, author=author)
    target = added.header("Location") or ""
    assert found(client, old) == [old]
    person.client.ask("PATCH", target, {"title": new}, f"If-Match: {added.header('ETag')}")

    assert [found(client, text) for text in (old, new, author)] == [[], [new], [new]]


def test_pages_of_a_search_are_ordered_by_id(client: Client, person: Person) -> None:
    """A walk through the pages meets every match once, by ascending id, and its links keep the text."""
    name = unused_name("a&b=c #")
    added = [add_book(person.client, title=f"{name} {number}").json()["id"] for number in range(5)]
    target, met = f"/api/books/search?q={quote(name)}&per_page=2", []
    while target:
        page = client.ask("GET", target).json()
        met += [each["id"] for each in page["items"]]
        target = page["links"]["next"]

    assert met == added
