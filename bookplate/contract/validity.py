"""Whether a document is valid by the standard that it is written in, and its extension keys by their schema."""

from collections import Counter
from collections.abc import Callable, Iterator

from .consistency import (
    duplicate_paths,
    misnamed_components,
    repeated_ids,
    repeated_parameters,
    undeclared_variables,
    unknown_schemes,
    unlisted_defaults,
    unmatched_path_parameters,
)
from .document import Document
from .lines import Mistake
from .metaschema import invalid_openapi, invalid_schemas
from .own_keys import invalid_keys
from .values import invalid_defaults, invalid_examples

Find = Callable[[Document], Iterator[tuple[str, str]]]
# A line with more nodes is no place by itself: most documents that services show are one line.
MOST_ON_A_LINE = 20
FINDS: tuple[Find, ...] = (
    invalid_openapi,
    invalid_schemas,
    repeated_ids,
    duplicate_paths,
    unmatched_path_parameters,
    repeated_parameters,
    unknown_schemes,
    undeclared_variables,
    unlisted_defaults,
    misnamed_components,
    invalid_keys,
    invalid_defaults,
    invalid_examples,
)


def mistakes(document: Document) -> Iterator[Mistake]:
    """Yield each mistake of a document once: those that were met when it was read, and what breaks the standard."""
    nodes_on = Counter(document.source.lines.values())
    told = {mistake.place for mistake in document.mistakes if nodes_on[mistake.place] <= MOST_ON_A_LINE}
    yield from document.mistakes
    seen: set[Mistake] = set()
    for find in FINDS:
        for pointer, text in found(find, document):
            place = document.where(pointer)
            is_crowded = nodes_on[place] > MOST_ON_A_LINE
            mistake = Mistake(place, f"at {pointer}: {text}" if is_crowded and pointer else text)
            # The first line on a place says it best: what was met when it was read, then what OpenAPI has there.
            if mistake not in seen and place not in told:
                seen.add(mistake)
                yield mistake


def found(find: Find, document: Document) -> Iterator[tuple[str, str]]:
    """Yield what one of the steps finds, each with its pointer; a step that a document of an unknown form stops has found what it could."""
    try:
        yield from find(document)
    except RecursionError:
        return
