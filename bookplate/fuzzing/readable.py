"""Checks of our own beside those of schemathesis: whether content can be read at all."""

from dataclasses import replace
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure, MalformedJson
from schemathesis.openapi.checks import ContentDeserializationError, JsonSchemaError

from ..contract.media import is_json
from ..wire.content import repeated_names, unreadable
from .session import content_of

# What a check finds of content that was not read, or that can be read in no way, is no finding beside ours.
ABOUT_CONTENT = (JsonSchemaError, MalformedJson, ContentDeserializationError)
# Checks whose findings are advice, whatever the law says that they are reported under.
ADVICE = ("content_is_unambiguous",)


class UnreadableContent(Failure):
    """Content is not what the header fields of its answer say."""


class AmbiguousContent(Failure):
    """Content can be read in more than one way."""


def content_is_readable(ctx: Any, response: Any, case: Any) -> None:
    """The codings of content can be undone, it ends where it should, and what says that it is JSON is JSON (RFC 8259)."""
    reason = unreadable_content(response)
    if reason:
        expected = "content that is what its header fields say"
        raise UnreadableContent(operation=case.operation.label, title=reason, message=expected)


def content_is_unambiguous(ctx: Any, response: Any, case: Any) -> None:
    """No object of a JSON text has two members of one name (RFC 8259, section 4)."""
    if unreadable_content(response) or unread(response) or not is_json(media_type_of(response)):
        return
    try:
        repeated = repeated_names(response.content or b"null")
    except (ValueError, RecursionError):
        return
    if repeated:
        title = f"two members are called '{repeated[0]}'"
        raise AmbiguousContent(operation=case.operation.label, title=title, message="a name for each member")


def register() -> None:
    """Let schemathesis run these checks beside its own; once for all."""
    for check in (content_is_readable, content_is_unambiguous):
        if check.__name__ not in schemathesis.checks.CHECKS.get_all_names():
            schemathesis.check(check)


def unread(response: Any) -> bool:
    """Tell whether the suite has not read all of the content of an answer."""
    return bool(content_of(response.request).unread)


def unreadable_content(response: Any) -> str:
    """Return why the content of an answer cannot be read; an empty text where it can, and where it was not read."""
    content = replace(content_of(response.request), body=response.content or b"")
    return unreadable(content, media_type_of(response))


def media_type_of(response: Any) -> str:
    values = response.headers.get("content-type") or [""]
    return str(values[0]).partition(";")[0].strip().lower()


def is_about_unread_content(failure: Failure, response: Any) -> bool:
    """Tell whether a failure says something of content that was not read, or that our own check finds unreadable."""
    return isinstance(failure, ABOUT_CONTENT) and (unread(response) or bool(unreadable_content(response)))
