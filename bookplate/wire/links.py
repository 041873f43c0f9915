"""Links in header fields (RFC 8288, section 3)."""

import re
from collections.abc import Iterator

LINK = re.compile(r"<([^>]*)>([^<]*)")
RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


def links_of_field(field: str) -> Iterator[tuple[str, str]]:
    """Yield each relation, in lower case, and each target of the links of a Link field."""
    for target, parameters in LINK.findall(field):
        found = RELATION.search(parameters)
        for relation in (found[1] or found[2]).lower().split() if found else ():
            yield relation, target
