"""The node of a document that a sentence of specshift is about."""

import re

from ..contract.document import Document
from ..contract.place import Place

STEP = re.compile(r"(?P<kind>parameter|response|field) '?(?P<name>[^']+?)'?(?P<items>(\[\])*)$|(?P<body>request body)")


def find(document: Document, location: str) -> tuple[Place, bool]:
    """
    Return the node that a location in specshift's words leads to, and whether it leads there all the way.

    Such a location reads `GET /books > response 200 > field 'items'[] > field 'title'`.
    """
    head, *steps = location.split(" > ")
    method, _, path = head.rpartition(" ")
    place = Place.root(document)
    for key in ("paths", path, method.lower()) if method else ("paths", path) if "/" in path else (head,):
        below = place.below(key)
        if below is None:
            return place, False
        place = below
    for step in steps:
        below = step_down(place, step)
        if below is None:
            return place, False
        place = below
    return place, True


def step_down(place: Place, step: str) -> Place | None:
    match = STEP.match(step)
    if match is None:
        return None
    if match["body"]:
        below = place.below("requestBody")
    elif match["kind"] == "parameter":
        below = place.parameter(match["name"])
    elif match["kind"] == "response":
        below = place.below("responses", match["name"])
    else:
        below = place.schema().below("properties", match["name"])
    for _ in range(step.count("[]")):
        below = below.schema().below("items") if below is not None else None
    return below
