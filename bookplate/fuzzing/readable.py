"""A check of our own beside those of schemathesis: whether content can be read in one way alone."""

from dataclasses import replace
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure, MalformedJson
from schemathesis.openapi import checks

from ..contract.media import is_json
from ..wire.content import repeated_names, unreadable
from .session import content_of

# What a check finds of content that was not read, or that can be read in no way, is no finding: our law tells the latter.
# The oldest release that the wheel takes has no ContentDeserializationError.
NAMES = ("JsonSchemaError", "ContentDeserializationError")
ABOUT_CONTENT = (MalformedJson, *(getattr(checks, name) for name in NAMES if hasattr(checks, name)))
# Checks whose findings are advice, whatever the law says that they are reported under.
ADVICE = ("content_is_unambiguous",)


class AmbiguousContent(Failure):
    """Content can be read in more than one way."""


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
    """Let schemathesis run this check beside its own; once for all."""
    if content_is_unambiguous.__name__ not in schemathesis.checks.CHECKS.get_all_names():
        schemathesis.check(content_is_unambiguous)


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
    """Tell whether a failure says something of content that was not read, or that nobody can read."""
    return isinstance(failure, ABOUT_CONTENT) and (unread(response) or bool(unreadable_content(response)))
