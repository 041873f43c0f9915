"""Reads files of a document: from disk or over HTTP, as JSON or YAML, in any Unicode encoding."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .content import Content
from .json_text import read_json
from .lines import DocumentError
from .yaml_text import read_yaml

# Gets a URL; DocumentError where no content comes.
Fetch = Callable[[str], bytes]
SECONDS = 20
ACCEPTED = "application/vnd.oai.openapi+json, application/json, application/yaml, */*;q=0.5"


def is_url(location: str) -> bool:
    """Tell whether a document is named by its URL."""
    return location.startswith(("http://", "https://"))


def read(location: str | Path, fetch: Fetch | None = None) -> Content:
    """
    Return the content of a file, or of a URL, which `fetch` gets.

    Raises DocumentError for what cannot be read, for another encoding than that of Unicode, and for a syntax mistake.
    """
    name = str(location)
    data = (fetch or fetched)(name) if is_url(name) else from_disk(Path(name))
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


def fetched(url: str, headers: Iterable[tuple[str, str]] = (), trust: ssl.SSLContext | None = None) -> bytes:
    """
    Return what a URL answers to a request with these header fields; this machine is asked without a proxy.

    `trust` says which certificates are taken; None means those that the machine trusts. DocumentError where no content
    comes.
    """
    host = urlsplit(url).hostname or ""
    is_here = host == "localhost" or host.startswith("127.") or host == "::1"
    proxies = urllib.request.ProxyHandler({} if is_here else None)
    secure = urllib.request.HTTPSHandler(context=trust)
    try:
        request = urllib.request.Request(url, headers={"Accept": ACCEPTED, **dict(headers)})
        with urllib.request.build_opener(proxies, secure).open(request, timeout=SECONDS) as answer:
            data = bytes(answer.read())
            return uncompressed(data) if is_compressed(answer.headers) else data
    except urllib.error.HTTPError as problem:
        raise DocumentError(f"{url}: is answered {problem.code}: name the document's own address") from problem
    except (OSError, ValueError, http.client.HTTPException, EOFError, zlib.error) as problem:
        reason = getattr(problem, "reason", problem)
        is_untrusted = isinstance(reason, ssl.SSLError)
        remedy = "name its certificates with --ca FILE" if is_untrusted else "start the server or mend the URL"
        raise DocumentError(f"{url}: cannot be read: {reason}: {remedy}") from problem


def is_compressed(headers: Mapping[str, str]) -> bool:
    """Tell whether content comes in gzip or deflate, which some servers send unasked (RFC 9110, section 8.4.1)."""
    return headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip", "deflate")


def uncompressed(data: bytes) -> bytes:
    """Return content that came in gzip or zlib; zlib.error for anything else."""
    return zlib.decompress(data, wbits=32 + zlib.MAX_WBITS)


def decoded(data: bytes, name: str) -> str:
    """Return the text of a file: UTF-8, UTF-16 or UTF-32, as its first bytes say (RFC 4627, section 3)."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise DocumentError(f"{name}:{line}: is not {encoding.upper()}: save it as UTF-8") from problem
