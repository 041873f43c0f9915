"""What is wrong with a service, in words that other operations share, where a check of schemathesis failed."""

from collections.abc import Callable, Mapping
from typing import Any

from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import (
    IgnoredAuth,
    JsonSchemaError,
    MissingContentType,
    MissingHeaders,
    ObjectLevelAuthorizationViolation,
    UndefinedContentType,
    UndefinedStatusCode,
)

from ..contract.operation import Operation
from ..wire.exchange import Exchange
from ..wire.outcomes import missing_check, missing_header

# Keywords whose message names the members that are missing or too many, and no value.
ABOUT_NAMES = ("required", "additionalProperties")


def defect_of(failure: Failure, operation: Operation, answer: Exchange) -> str:
    """Return the words for a defect that several operations may have; empty where it is one of this operation alone."""
    words = WORDS.get(type(failure))
    return words(failure, operation, answer) if words is not None else ""


def undocumented_status(failure: UndefinedStatusCode, operation: Operation, answer: Exchange) -> str:
    return f"the status {answer.status} with {answer.media_type or 'no content'} is answered, and not documented"


def undocumented_media_type(failure: UndefinedContentType, operation: Operation, answer: Exchange) -> str:
    return f"{answer.media_type} is answered with status {answer.status}, and not documented"


def no_content_type(failure: MissingContentType, operation: Operation, answer: Exchange) -> str:
    return missing_header("Content-Type")


def no_headers(failure: MissingHeaders, operation: Operation, answer: Exchange) -> str:
    return "; ".join(missing_header(name) for name in sorted(failure.missing_headers, key=str.lower))


def no_credentials_check(failure: IgnoredAuth, operation: Operation, answer: Exchange) -> str:
    return missing_check("credentials", operation.family)


def no_owner_check(failure: ObjectLevelAuthorizationViolation, operation: Operation, answer: Exchange) -> str:
    return missing_check("the owner", operation.family)


def broken_schema(failure: JsonSchemaError, operation: Operation, answer: Exchange) -> str:
    return f"below {operation.family}, {place(failure)} breaks its schema: {how_broken(failure)}"


WORDS: Mapping[type[Failure], Callable[[Any, Operation, Exchange], str]] = {
    UndefinedStatusCode: undocumented_status,
    UndefinedContentType: undocumented_media_type,
    MissingContentType: no_content_type,
    MissingHeaders: no_headers,
    IgnoredAuth: no_credentials_check,
    ObjectLevelAuthorizationViolation: no_owner_check,
    JsonSchemaError: broken_schema,
}


def place(failure: JsonSchemaError) -> str:
    """Return where in an answer the schema is broken, the same for each item of a list."""
    names = [str(name) for name in failure.instance_path if not isinstance(name, int)]
    return f"'{'/'.join(names)}' of the answer" if names else "the answer"


def how_broken(failure: JsonSchemaError) -> str:
    """Return the keyword of a schema that is broken, with the names of members where it is about names."""
    keyword = next((str(step) for step in reversed(failure.schema_path) if isinstance(step, str)), "schema")
    return f"{keyword}, {failure.validation_message}" if keyword in ABOUT_NAMES else keyword
