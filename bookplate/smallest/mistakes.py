"""What of a request its document forbids: a smaller request may have no mistake that the found one has not."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..contract.media import MediaType, essence_of
from ..contract.operation import Operation
from ..contract.parameter import Parameter
from ..contract.schema import Schema
from ..contract.security import Carried
from .parts import CONTENT, Pair, Parts

BETWEEN = re.compile("[, |]")


def mistakes_of(request: Parts, operation: Operation, carried: Sequence[Carried] = ()) -> frozenset[str]:
    """
    Return in words what a request has that its operation forbids, or lacks that it needs.

    `carried` are the credentials that the operation asks for. A value that may be written in many ways is a mistake only
    where it is one in each of them.
    """
    found = set(mistakes_in_parameters(request, operation))
    found |= {
        f"the credentials in {part.name} are missing" for part in carried if not request.named(part.place, part.name)
    }
    if operation.body is not None:
        found |= set(mistakes_in_content(request, operation))
    return frozenset(found)


def mistakes_in_parameters(request: Parts, operation: Operation) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.place == "path":
            texts = texts_in_path(request, operation, parameter.name)
        else:
            texts = [pair.text for pair in request.named(parameter.place, parameter.name)]
        if not texts and parameter.required and parameter.place != "path":
            yield f"'{parameter.name}' is missing in the {parameter.place}"
        elif parameter.place == "path" and "" in texts:
            yield f"'{parameter.name}' in the path is empty"
        elif texts and not is_allowed(texts, parameter):
            yield f"'{parameter.name}' in the {parameter.place} breaks its schema"


def texts_in_path(request: Parts, operation: Operation, name: str) -> list[str]:
    """Return what stands for a parameter of the path, counted from the end: the path of the server stands before it."""
    segments = [*zip(reversed(operation.path.split("/")), reversed(request.segments), strict=False)]
    return [text for template, text in segments if template == f"{{{name}}}"]


def is_allowed(texts: Sequence[str], parameter: Parameter) -> bool:
    """Tell whether a schema allows a value in one of the ways in which it may have been written."""
    schema = parameter.schema
    return bool(schema.members) or any(schema.allows(reading, request=True) for reading in readings_of(texts, schema))


def readings_of(texts: Sequence[str], schema: Schema | None) -> Iterator[Any]:
    """Yield what texts of one name may be read as: in a URL and in a form everything is text."""
    yield texts[-1] if len(texts) == 1 else list(texts)
    yield as_json(texts[-1]) if len(texts) == 1 else [as_json(text) for text in texts]
    if len(texts) == 1 and (schema is None or schema.items is not None):
        parts = BETWEEN.split(texts[0])
        yield parts
        yield [as_json(part) for part in parts]


def as_json(text: str) -> Any:
    """Return what a text is in JSON; the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def mistakes_in_content(request: Parts, operation: Operation) -> Iterator[str]:
    assert operation.body is not None
    if CONTENT not in request.tree:
        if operation.body.required:
            yield "the content is missing"
        return
    media = media_type_of(request, operation)
    if media is None:
        yield "the content has a media type that is not documented"
        return
    if media.schema is None:
        return
    if request.written_as == "json":
        yield from (f"{place} of the content {said}" for place, said in media.schema.broken_by(request.tree[CONTENT]))
    elif request.written_as == "form":
        yield from mistakes_in_form(request.tree[CONTENT], media.schema)
    elif media.is_json:
        yield "the content is no JSON"


def media_type_of(request: Parts, operation: Operation) -> MediaType | None:
    assert operation.body is not None
    essence = essence_of(request.content_type)
    return next((each for each in operation.body.content.values() if each.essence == essence), None)


def mistakes_in_form(pairs: Sequence[Pair], schema: Schema) -> Iterator[str]:
    sent: dict[str, list[str]] = {}
    for pair in pairs:
        sent.setdefault(pair.plain_name, []).append(pair.text)
    yield from (f"'{name}' is missing in the form" for name in schema.required_members if name not in sent)
    for name, texts in sent.items():
        member = schema.members.get(name)
        if member is not None and not any(member.allows(each, request=True) for each in readings_of(texts, member)):
            yield f"'{name}' in the form breaks its schema"
