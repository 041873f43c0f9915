"""Reads files of a document: from disk or over HTTP, as JSON or YAML, in any Unicode encoding."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from .content import Content
from .json_text import read_json
from .lines import DocumentError
from .yaml_text import read_yaml

SECONDS = 20
ACCEPTED = "application/vnd.oai.openapi+json, application/json, application/yaml, */*;q=0.5"


def is_url(location: str) -> bool:
    """Tell whether a document is named by its URL."""
    return location.startswith(("http://", "https://"))


def read(location: str | Path) -> Content:
    """
    Return the content of a file or of a URL.

    Raises DocumentError for what cannot be read, for another encoding than that of Unicode, and for a syntax mistake.
    """
    name = str(location)
    data = fetched(name) if is_url(name) else from_disk(Path(name))
    return parsed(decoded(data, name), name)


def parsed(text: str, name: str) -> Content:
    """Return the content of a text: JSON where it begins like JSON, else YAML, whose own flow style may begin so too."""
    if not text.lstrip().startswith(("{", "[")):
        return read_yaml(text, name)
    try:
        return read_json(text, name)
    except DocumentError:
        if not Path(urlsplit(name).path).suffix.lower().startswith(".y"):
            raise
        return read_yaml(text, name)


def from_disk(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DocumentError(f"{path}: cannot be read: {problem.strerror}") from problem


def fetched(url: str) -> bytes:
    """Return what a URL answers; this machine is asked without a proxy."""
    host = urlsplit(url).hostname or ""
    is_here = host == "localhost" or host.startswith("127.") or host == "::1"
    proxies = urllib.request.ProxyHandler({} if is_here else None)
    request = urllib.request.Request(url, headers={"Accept": ACCEPTED})
    try:
        with urllib.request.build_opener(proxies).open(request, timeout=SECONDS) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as problem:
        raise DocumentError(f"{url}: is answered {problem.code}: name the document's own address") from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        raise DocumentError(f"{url}: cannot be read: {reason}: start the server or mend the URL") from problem


def decoded(data: bytes, name: str) -> str:
    """Return the text of a file: UTF-8, UTF-16 or UTF-32, as its first bytes say (RFC 4627, section 3)."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise DocumentError(f"{name}:{line}: is not {encoding.upper()}: save it as UTF-8") from problem
