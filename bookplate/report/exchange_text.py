"""An exchange of a report as people read it: what was sent and what came back, cut where it is long."""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

MOST_CHARACTERS = 1200  # of content
MOST_LINES = 30  # of content
LONGEST_FIELD = 160  # characters
LONGEST_LINE = 120  # of JSON on one line: characters
# What stands for the address of the server, or of one of its replicas.
BASE = re.compile(r"\$\{(?P<name>BASE(?:_\d+)?)\}")
# What belongs to the connection, or is the same in every request of the suite.
NOT_SHOWN = ("host", "accept-encoding", "connection", "user-agent", "content-length")
ANYTHING = ("accept", "*/*")


def request_lines(exchange: Mapping[str, Any]) -> list[str]:
    """Return what was sent: the request line, the header fields and the content; where it is not kept, the first alone."""
    first = f"{exchange['method']} {target_of(exchange)}"
    sent = exchange.get("sent")
    if sent is None:
        return [shortened(first)]
    return [first, *fields(sent, without=NOT_SHOWN), *content(sent)]


def answer_lines(exchange: Mapping[str, Any]) -> list[str]:
    """Return what came back, as `request_lines` does; that no answer came where that is so."""
    status = int(exchange["status"])
    first = f"{status} {phrase_of(status)}".rstrip() if status else "no answer"
    received = exchange.get("received")
    return [first] if received is None else [first, *fields(received), *content(received)]


def target_of(exchange: Mapping[str, Any]) -> str:
    """Return the path and the query of a request; all of a URL that is none, as a law may have sent it broken on purpose."""
    url = str(exchange["url"])
    if server := BASE.match(url):
        url = url[server.end() :]
    try:
        split = urlsplit(url)
    except ValueError:
        return url
    return f"{split.path or '/'}{f'?{split.query}' if split.query else ''}"


def server_of(exchange: Mapping[str, Any]) -> str:
    """Return the name that a server has in scripts, such as BASE_2; empty where the request went elsewhere."""
    server = BASE.match(str(exchange["url"]))
    return server["name"] if server else ""


def at_servers(exchanges: Iterable[Mapping[str, Any]], among: Iterable[Mapping[str, Any]]) -> str:
    """
    Return the names of the servers that answered some exchanges, such as " at BASE_2".

    The text is empty where the first server answered all exchanges of `among`: then names would say nothing.
    """
    if {server_of(each) for each in among} <= {"", "BASE"}:
        return ""
    names = dict.fromkeys(filter(None, map(server_of, exchanges)))
    return f" at {' and '.join(names)}" if names else ""


def phrase_of(status: int) -> str:
    """Return the words that go with a status (RFC 9110, section 15); empty where the status is not registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def fields(message: Mapping[str, Any], without: Iterable[str] = ()) -> list[str]:
    """Return the header fields of a message, a line for each."""
    shown = [pair for pair in message["headers"] if pair[0].lower() not in without]
    return [shortened(f"{name}: {value}") for name, value in shown if (name.lower(), value) != ANYTHING]


def shortened(line: str) -> str:
    """Return a line that is not too long; the beginning of a longer one, and how much is left out."""
    if len(line) <= LONGEST_FIELD:
        return line
    return f"{line[:LONGEST_FIELD]} ... ({len(line) - LONGEST_FIELD:,} more characters)"


def content(message: Mapping[str, Any]) -> list[str]:
    """Return the content of a message below an empty line; of more than some lines the first ones, and how much is left."""
    if not message["bytes"]:
        return []
    text = laid_out(message["body"]).rstrip()
    kept = "\n".join(text[:MOST_CHARACTERS].splitlines()[:MOST_LINES])
    is_whole = len(kept) == len(text) and text
    left = [] if is_whole else [f"... (cut: {message['bytes']:,} bytes in all; report.json has more)"]
    return ["", *kept.splitlines(), *left]


def laid_out(text: str) -> str:
    """Return long JSON with a line for each member; any other text as it is."""
    if len(text) <= LONGEST_LINE:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
