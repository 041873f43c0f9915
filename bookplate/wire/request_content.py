"""Content: how a value becomes the bytes of a request, by its media type."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from ..contract.media import MULTIPART, URL_ENCODED, Encoding, MediaType, essence_of, is_json
from ..contract.operation import Operation
from .exchange import Headers
from .styles import Pairs, delimiter_of, plain_text, styled

# What stands between the parts of a form. It is always the same, so that a script can be read.
BOUNDARY = "bookplate-part"
EXTENSIONS = {
    "application/json": "json",
    "application/pdf": "pdf",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/csv": "csv",
    "text/plain": "txt",
}
NO_ENCODING = Encoding()


def written(value: Any, media: MediaType | None, content_type: str) -> tuple[bytes, str]:
    """
    Return a value as content of a media type, and the Content-Type with all that the content needs of it.

    `media` is what the operation declares of that content, None where it declares nothing. Bytes stay as they are.
    """
    essence = essence_of(content_type)
    declared = media if media is not None and media.essence == essence else None
    if isinstance(value, bytes):
        return value, content_type
    if essence == MULTIPART and isinstance(value, dict):
        boundary = free_boundary(value)
        return multipart(value, declared, boundary), f"{MULTIPART}; boundary={boundary}"
    if essence == URL_ENCODED and isinstance(value, dict):
        return urlencode(form_pairs(value, declared)).encode(), content_type
    if is_json(essence) or not isinstance(value, str):
        return json.dumps(value, default=plain_text).encode(), content_type
    return value.encode(), content_type


def encoding_of(media: MediaType | None, name: str) -> Encoding:
    return media.encoding.get(name, NO_ENCODING) if media else NO_ENCODING


def form_pairs(value: dict[str, Any], media: MediaType | None) -> Pairs:
    """Return the pairs of a form (OpenAPI 3.0.3, section 4.7.14.3): an object is JSON where no style says otherwise."""
    pairs: Pairs = []
    for name, member in value.items():
        encoding = encoding_of(media, name)
        if is_json(essence_of(encoding.content_type)):
            pairs.append((name, json.dumps(member)))
        elif encoding.style is not None:
            delimiter = delimiter_of(encoding.style)
            pairs += [(key, delimiter.join(parts)) for key, parts in styled(name, member, encoding.style)]
        else:
            pairs += [(name, plain_text(each)) for each in (member if isinstance(member, list) else [member])]
    return pairs


def multipart(value: dict[str, Any], media: MediaType | None, boundary: str) -> bytes:
    """Return a form of parts (RFC 7578); a list is one part for each item."""
    lines = []
    for name, member in value.items():
        for each in member if isinstance(member, list) else [member]:
            head, content = part(name, each, encoding_of(media, name).content_type)
            lines += [f"--{boundary}".encode(), *head, b"", content]
    return b"\r\n".join([*lines, f"--{boundary}--".encode(), b""])


def part(name: str, value: Any, content_type: str) -> tuple[list[bytes], bytes]:
    """Return the header fields of a part and its content: a file, JSON for an object, text for all else."""
    disposition = f'Content-Disposition: form-data; name="{quoted(name)}"'
    if isinstance(value, bytes):
        of_file = content_type or "application/octet-stream"
        extension = EXTENSIONS.get(essence_of(of_file), "bin")
        disposition += f'; filename="{quoted(name)}.{extension}"'
        return [disposition.encode(), f"Content-Type: {of_file}".encode()], value
    structured = isinstance(value, dict | list) or is_json(essence_of(content_type))
    text = json.dumps(value, default=plain_text) if structured else plain_text(value)
    said = content_type or ("application/json" if structured else "")
    return [disposition.encode(), *([f"Content-Type: {said}".encode()] if said else [])], text.encode()


def quoted(name: str) -> str:
    """Return a name as a form quotes it (HTML, multipart/form-data encoding algorithm)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def free_boundary(value: dict[str, Any]) -> str:
    """Return a boundary that stands in no part (RFC 2046, section 5.1.1)."""
    return next(each for each in boundaries() if each not in str(value))


def boundaries() -> Iterator[str]:
    yield BOUNDARY
    number = 1
    while True:
        number += 1
        yield f"{BOUNDARY}-{number}"


def with_fields(pairs: Headers, required: Mapping[str, str]) -> Headers:
    """Return header fields with the required ones that are not among them; cookies stand beside each other."""
    given = {name.lower() for name, _ in pairs}
    added = [(name, value) for name, value in required.items() if name.lower() not in given]
    cookies = [value for name, value in required.items() if name.lower() == "cookie" and "cookie" in given]
    together = [(name, "; ".join([value, *cookies]) if name.lower() == "cookie" else value) for name, value in pairs]
    return [*together, *added]


def with_content(operation: Operation, body: Any, pairs: Headers) -> tuple[bytes, Headers]:
    """Return content as the media type that the header fields say, else as the one that the operation takes."""
    said = next((value for name, value in pairs if name.lower() == "content-type"), None)
    media = operation.body.media_type if operation.body else None
    content, content_type = written(body, media, said or operation.media_type or "application/json")
    if said is None:
        return content, [*pairs, ("Content-Type", content_type)]
    return content, [(name, content_type if name.lower() == "content-type" else value) for name, value in pairs]
