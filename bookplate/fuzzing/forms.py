"""What is received of a generated form: names with texts, whatever types the generator had in mind."""

import json
from collections.abc import Iterator
from typing import Any

from ..contract.media import MULTIPART, URL_ENCODED, essence_of
from ..contract.operation import Operation
from ..contract.schema import Schema


def reads_as_valid(operation: Operation, media_type: str, content: Any) -> bool:
    """
    Tell whether content of a form that was made to break its schema is valid as it is received.

    A form carries no types (HTML, section 4.10.21; RFC 7578, section 4.2): 7 and "7" are sent alike, and so are a null
    and an empty text.
    """
    schema = schema_of_form(operation, media_type)
    if schema is None or not isinstance(content, dict):
        return False
    members = schema.members
    received = {name: received_as(members.get(name), value) for name, value in content.items()}
    return schema.allows(received, request=True)


def schema_of_form(operation: Operation, media_type: str) -> Schema | None:
    """Return what a form of a media type has to be; None where that is no form, or is not described."""
    essence = essence_of(media_type)
    content = operation.body.content.values() if operation.body and essence in (URL_ENCODED, MULTIPART) else ()
    return next((each.schema for each in content if each.essence == essence), None)


def received_as(schema: Schema | None, value: Any) -> Any:
    """Return a member as a receiver may read it: the first reading that its schema allows, else its text."""
    found = list(readings(value))
    if schema is None:
        return found[0]
    return next((reading for reading in found if schema.allows(reading, request=True)), found[0])


def readings(value: Any) -> Iterator[Any]:
    """Yield what one part of a form may be read as, its text first; a list is one part for each item."""
    if isinstance(value, list):
        yield [text_of(each) for each in value]
    yield text_of(value)
    yield value
    if value is None:
        yield ""


def text_of(value: Any) -> Any:
    return value if isinstance(value, str | bytes) else json.dumps(value, default=str)
