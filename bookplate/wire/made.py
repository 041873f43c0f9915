"""What an answer has made, such as an id or an entity tag, and the later requests that use it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .connection import SAFE_METHODS
from .content import parse_json
from .exchange import Exchange

LOCATION, TAG = "location", "etag"
# A text of fewer letters may stand in a request by chance: it counts as an id, and behind the path of what has made it.
FEWEST_LETTERS = 8
IDENTIFIER = re.compile(r"/(?:[^/]*[_-])?id$|/[^/]*Id$", re.ASCII)
MOST_LEVELS = 20  # of content that is looked at


@dataclass(frozen=True)
class Made:
    """A value of an answer; `place` is a JSON pointer (RFC 6901), or the header field that has it."""

    place: str
    value: Any

    @property
    def text(self) -> str:
        return str(self.value)

    @property
    def is_telling(self) -> bool:
        """Whether a request that sends the text uses this value, and no other one by chance."""
        return is_long(self.text) or self.place == LOCATION or IDENTIFIER.search(self.place) is not None


def made_in(answer: Exchange) -> Iterator[Made]:
    """Yield the values of an answer that its request has not sent: of the content, the last of a Location, and the tag."""
    sent = texts_sent(answer)
    for place, value in leaves(answer.json_or_none()):
        if str(value) and str(value) not in sent:
            yield Made(place, value)
    last = unquote(urlsplit(answer.header(LOCATION) or "").path.rstrip("/").rpartition("/")[2])
    if last:
        yield Made(LOCATION, last)
    if tag := answer.header(TAG):
        yield Made(TAG, tag)


def leaves(node: Any, pointer: str = "", levels: int = MOST_LEVELS) -> Iterator[tuple[str, Any]]:
    """Yield each text and number of some JSON, with its pointer."""
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(node, dict):
        members = node.items()
    elif isinstance(node, list):
        members = enumerate(node)
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield pointer, node
    for key, member in members if levels else ():
        name = str(key).replace("~", "~0").replace("/", "~1")
        yield from leaves(member, f"{pointer}/{name}", levels - 1)


def uses(request: Exchange, text: str, maker: Exchange) -> bool:
    """Tell whether a request uses what an earlier answer has made: a short text only where it stands behind the maker's path."""
    if request.number <= maker.number:
        return False
    if not is_long(text):
        made = f"{maker.path.rstrip('/')}/{quote(text, safe='')}"
        return re.match(rf"{re.escape(made)}(?=/|$)", request.path) is not None
    fields = [value for _, value in request.request_headers]
    content = request.request_body.decode(errors="replace")
    return any(text in sent for sent in (unquote(request.url), content, *fields))


def depends_on(request: Exchange, maker: Exchange) -> bool:
    """Tell whether a request uses something that an earlier answer has made."""
    return any(each.is_telling and uses(request, each.text, maker) for each in made_in(maker))


def is_long(text: str) -> bool:
    return len(text) >= FEWEST_LETTERS


class Makers:
    """The writes that have made something, by what they have made."""

    def __init__(self) -> None:
        self.by_text: dict[str, list[Exchange]] = {}

    def note(self, answer: Exchange, secrets: Collection[str] = ()) -> None:
        """Keep an answer that has made something; of a long text, which is made once, who has shown it first."""
        if answer.method in SAFE_METHODS or not 200 <= answer.status < 300:
            return
        for each in made_in(answer):
            is_known = each.text in self.by_text and is_long(each.text)
            if each.is_telling and each.text not in secrets and not is_known:
                self.by_text.setdefault(each.text, []).append(answer)

    def before(self, exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
        """Return exchanges with those that have made what they use, and what those use, in their order."""
        found = dict.fromkeys(exchanges)
        pending = list(exchanges)
        while pending:
            request = pending.pop()
            for maker in self.of(request):
                if maker not in found:
                    found[maker] = None
                    pending.append(maker)
        return tuple(sorted(found, key=lambda each: each.number))

    def of(self, request: Exchange) -> Iterator[Exchange]:
        """Yield for each value that a request uses the answer that made it."""
        for text in texts_sent(request):
            last = [maker for maker in self.by_text.get(text, ()) if uses(request, text, maker)]
            yield from last[-1:]


def texts_sent(request: Exchange) -> set[str]:
    """Return the texts that a request sends: segments of its path, values of its query and header fields, and its content."""
    split = urlsplit(request.url)
    query = [unquote(pair.partition("=")[2]) for pair in split.query.split("&")]
    fields = [value for _, value in request.request_headers]
    content = [str(value) for _, value in leaves(content_of(request))]
    return {*map(unquote, split.path.split("/")), *query, *fields, *content} - {""}


def content_of(request: Exchange) -> Any:
    """Return the content of a request as JSON; None where it is none."""
    try:
        return parse_json(request.request_body)
    except (ValueError, RecursionError):
        return None
