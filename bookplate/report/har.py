"""HAR: the requests that show failures, with their answers, for browsers and proxies (HTTP Archive 1.2)."""

import io
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from .. import __version__
from ..laws.verdict import Verdict
from .terminal import printable

SHOWN = (Verdict.FAILED.word, Verdict.WARNED.word, Verdict.ERROR.word)
# The suite speaks this version alone; an exchange does not keep it.
HTTP = "HTTP/1.1"
COMMENT = (
    "The exchanges of failures and warnings; of a flood the last ones alone. Secrets are hidden, long content is cut."
)


def har(runs: Iterable[Mapping[str, Any]]) -> str:
    """Return the exchanges of the results of runs as an HTTP Archive; each stands once, with what it shows."""
    stream = io.StringIO()
    with HarFile(stream, creator=Creator(name="bookplate", version=__version__), comment=COMMENT) as archive:
        for exchange, comment in commented(runs):
            seconds = exchange["seconds"] * 1000
            archive.add_entry(
                startedDateTime=exchange["started"],
                time=seconds,
                request=request_of(exchange),
                response=response_of(exchange),
                timings=Timings(send=0, wait=seconds, receive=0),
                comment=printable(comment),
            )
    return stream.getvalue()


def commented(runs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each exchange of failures and warnings that is known in full, the earliest first, with what it shows."""
    found: dict[tuple[str, str, str], tuple[Mapping[str, Any], list[str]]] = {}
    for finding in (finding for results in runs for finding in results["findings"] if finding["verdict"] in SHOWN):
        place = " ".join(text for text in (finding["rule"], finding["operation"]) if text)
        for exchange in finding["exchanges"]:
            if "sent" in exchange:
                key = (exchange["started"], exchange["method"], exchange["url"])
                shows = found.setdefault(key, (exchange, []))[1]
                shows.append(f"{finding['verdict']} {place}: {finding['observed']}"[:300])
    for _, (exchange, shows) in sorted(found.items(), key=lambda entry: entry[0][0]):
        yield exchange, "\n".join(dict.fromkeys(shows))


def request_of(exchange: Mapping[str, Any]) -> Request:
    sent = exchange["sent"]
    headers = records(sent["headers"])
    posted = PostData(mimeType=value_of("content-type", sent), text=sent["body"]) if sent["bytes"] else None
    query = [Record(name=name, value=value) for name, value in parse_qsl(query_of(exchange["address"]), True)]
    return Request(
        method=exchange["method"],
        url=exchange["address"],
        httpVersion=HTTP,
        headers=headers,
        queryString=query,
        postData=posted,
        bodySize=sent["bytes"],
    )


def response_of(exchange: Mapping[str, Any]) -> Response:
    received = exchange["received"]
    return Response(
        status=exchange["status"],
        statusText=phrase(exchange["status"]),
        httpVersion=HTTP,
        headers=records(received["headers"]),
        content=Content(size=received["bytes"], mimeType=value_of("content-type", received), text=received["body"]),
        redirectURL=value_of("location", received),
        bodySize=received["bytes"],
    )


def records(headers: Iterable[tuple[str, str]]) -> list[Record]:
    return [Record(name=name, value=value) for name, value in headers]


def value_of(name: str, message: Mapping[str, Any]) -> str:
    return next((str(value) for key, value in message["headers"] if key.lower() == name), "")


def query_of(url: str) -> str:
    """Return the query of a URL; nothing of one that is none, as a law may have sent it broken on purpose."""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def phrase(status: int) -> str:
    """Return the usual reason phrase of a status; what stands for an answer that never came has its own."""
    if status == 0:
        return "no answer"
    return HTTPStatus(status).phrase if status in {each.value for each in HTTPStatus} else ""
