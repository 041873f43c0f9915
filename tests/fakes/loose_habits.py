"""Habits that only a document allows which leaves its headers and problems to their standards."""

import re
import time
import uuid
from email.utils import formatdate
from typing import Any

from bookplate.faults.kit import Steps

from .variant import Answer, Asked


def limits(asked: Asked, answer: Answer) -> None:
    """Parameters of limits stand in another order, with spaces, beside others."""
    for name in ("ratelimit", "ratelimit-policy"):
        answer.change(name, lambda value: re.sub(r";(\w)=(\d+);(\w)=(\d+)", r'; qu="requests"; \3=\4; \1=\2', value))


def waits(asked: Asked, answer: Answer) -> None:
    """Retry-After is a date, and a second later than need be."""
    ahead = time.time() - time.monotonic()
    jumped = abs(asked.memory.get("ahead", ahead) - ahead) > 1
    # The server writes its own Date no more than once a second.
    asked.memory |= {"ahead": ahead, "pause": 1.2 if jumped else 0}
    answer.change("retry-after", lambda value: formatdate(time.time() + int(value) + 1, usegmt=True))


def places(asked: Asked, answer: Answer) -> None:
    """Location is absolute, or relative to what was asked for."""
    beside = asked.path.rpartition("/")[2]
    place = "" if f"/{beside}/" in answer.header("location") else f"http://{asked.header('host')}"
    answer.change("location", lambda value: place + value.removeprefix("" if place else "/api/"))


def links(asked: Asked, answer: Answer) -> None:
    """A link of a page has a relative target, and all relations that lead there."""
    found: dict[str, list[str]] = {}
    for query, relation in re.findall(r'<[^>?]*(\?[^>]*)>; rel="(\w+)"', answer.header("link")):
        found.setdefault(query, []).append(relation)
    answer.say("link", *(f'<{to}>; title="a, b"; rel="{" ".join(names)}"' for to, names in found.items()))


def caches(asked: Asked, answer: Answer) -> None:
    """Directives stand in another order and case, and caches in front have their say."""
    answer.change("cache-control", lambda value: " , ".join(reversed(value.title().split(", "))))
    answer.change("cache-status", lambda value: f"{value}; ttl=30, edge; fwd=miss; stored")
    if asked.path.endswith("/feed"):
        answer.say("vary", "*")


def challenges(asked: Asked, answer: Answer) -> None:
    """Names of schemes and parameters have another case, and another scheme comes first."""
    answer.change(
        "www-authenticate", lambda value: 'DPOP algs="ES256", ' + value.replace('Bearer realm="', 'bEARER Realm ="x')
    )


def problems(asked: Asked, answer: Answer) -> None:
    """Problems have types and titles of their own, and say when and where each of them came up."""
    kind = {"type": f"https://errors.example/{answer.status}/error", "title": "Nicht möglich"}
    if "problem" in answer.header("content-type"):
        once = {"instance": uuid.uuid4().urn, "timestamp": f"{time.time()}", "trace": {"span": uuid.uuid4().hex}}
        answer.rewrite(lambda body: body | kind | once)


def weak_tags(asked: Asked) -> Steps:
    """Lists, which nobody changes by their tag, have weak ones."""
    lists = asked.method in ("GET", "HEAD") and not asked.path[-1:].isdigit() and not asked.path.endswith("/me")
    asked.bend_tags(lambda value: re.sub(r'W/W/"[^"]*"', '"none"', value))
    answer: Any = yield
    answer.change("etag", lambda value: f"W/{value}" if lists else value)
