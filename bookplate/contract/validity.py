"""Whether a document is valid by the standard that it is written in, and its extension keys by their schema."""

from collections import Counter
from collections.abc import Callable, Iterator

from .consistency import (
    duplicate_paths,
    repeated_ids,
    repeated_parameters,
    undeclared_variables,
    unknown_schemes,
    unmatched_path_parameters,
)
from .document import Document
from .lines import Mistake
from .metaschema import invalid_openapi, invalid_schemas
from .own_keys import invalid_keys
from .values import invalid_defaults, invalid_examples

Find = Callable[[Document], Iterator[tuple[str, str]]]
FINDS: tuple[Find, ...] = (
    invalid_openapi,
    invalid_schemas,
    repeated_ids,
    duplicate_paths,
    unmatched_path_parameters,
    repeated_parameters,
    unknown_schemes,
    undeclared_variables,
    invalid_keys,
    invalid_defaults,
    invalid_examples,
)


def mistakes(document: Document) -> Iterator[Mistake]:
    """Yield each mistake of a document once: those that were met when it was read, and what breaks the standard."""
    told = Counter(mistake.place for mistake in document.mistakes)
    yield from document.mistakes
    seen: set[Mistake] = set()
    for find in FINDS:
        for mistake in found(find, document):
            # The first line on a place says it best: what was met when it was read, then what OpenAPI has there.
            if mistake not in seen and not told[mistake.place]:
                seen.add(mistake)
                yield mistake


def found(find: Find, document: Document) -> Iterator[Mistake]:
    """Yield what one of the steps finds; a step that a document of an unknown form stops has found what it could."""
    try:
        for pointer, text in find(document):
            yield Mistake(document.where(pointer), text)
    except RecursionError:
        return
