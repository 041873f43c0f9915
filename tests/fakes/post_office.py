"""
A post office: parcels, and labels on them; an honest service with one defect at a time, which shows in a later request.

Each defect needs a small part of what was sent before; the rest of those requests has nothing to do with it.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from .quarry import CRASH, JSON, PROBLEM, Answer, refusal, shown

TEXT: JSON = {"type": "string", "minLength": 1, "maxLength": 40}
PARCEL: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["to", "items"],
    "properties": {
        "to": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {"name": TEXT, "street": TEXT},
        },
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["what"],
                "properties": {"what": TEXT, "is_fragile": {"type": "boolean"}},
            },
        },
        "insured_for": {"type": "integer", "minimum": 1, "maximum": 9999},
        "greeting": TEXT,
    },
}
LABEL: JSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": TEXT, "colour": {"enum": ["red", "blue"]}, "is_large": {"type": "boolean"}},
}
MADE: JSON = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
REFUSALS: JSON = {status: shown(PROBLEM, "application/problem+json") for status in ("400", "404", "405", "415", "422")}


def created(operation: str, parameter: str) -> JSON:
    link = {"operationId": operation, "parameters": {parameter: "$response.body#/id"}}
    return {"description": "It is there.", "content": {"application/json": {"schema": MADE}}, "links": {"made": link}}


def by(name: str) -> list[JSON]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]


def body(schema: JSON) -> JSON:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


DOCUMENT: JSON = {
    "openapi": "3.1.0",
    "info": {"title": "Post office", "version": "1.0.0"},
    "security": [],
    "paths": {
        "/parcels": {
            "post": {
                "operationId": "send_parcel",
                "requestBody": body(PARCEL),
                "responses": {"201": created("add_label", "parcel"), **REFUSALS},
            }
        },
        "/parcels/{parcel}/labels": {
            "post": {
                "operationId": "add_label",
                "parameters": by("parcel"),
                "requestBody": body(LABEL),
                "responses": {"201": created("show_label", "label"), **REFUSALS},
            }
        },
        "/labels/{label}": {
            "get": {
                "operationId": "show_label",
                "parameters": by("label"),
                "responses": {"200": shown({"type": "object"}), **REFUSALS},
            }
        },
    },
}
ROUTES = {
    re.compile("/parcels"): ("POST",),
    re.compile("/parcels/(?P<of>[^/]+)/labels"): ("POST",),
    re.compile("/labels/(?P<label>[^/]+)"): ("GET", "HEAD"),
}


@dataclass(frozen=True)
class Label:
    """A label, and the parcel that it is on."""

    content: JSON
    parcel: JSON


@dataclass
class PostOffice:
    """The service; `is_broken` tells whether a label that is asked for is answered with a crash."""

    is_broken: Callable[[Label], bool] = lambda label: False
    parcels: dict[str, JSON] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        path = urlsplit(target).path
        route = next((pattern for pattern in ROUTES if pattern.fullmatch(path)), None)
        if route is None:
            return refusal(404, "nothing is here")
        if method not in ROUTES[route]:
            return refusal(405, "not offered", {"Allow": ", ".join(ROUTES[route])})
        named = re.fullmatch(route, path)
        assert named is not None
        with self.lock:
            if method == "POST":
                return self.made(named.groupdict().get("of"), headers, body)
            return self.label(named["label"])

    def made(self, of: str | None, headers: Mapping[str, str], body: bytes) -> Answer:
        """Make a parcel, or a label on one."""
        if of is not None and of not in self.parcels:
            return refusal(404, "no such parcel")
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return refusal(415, "it is no JSON")
        try:
            content = json.loads(body)
        except ValueError:
            return refusal(400, "it is no JSON")
        if not Draft202012Validator(PARCEL if of is None else LABEL).is_valid(content):
            return refusal(422, "it has not the form that it has to have")
        made = str(uuid.uuid4())
        if of is None:
            self.parcels[made] = content
        else:
            self.labels[made] = Label(content, self.parcels[of])
        return 201, {}, {"id": made}

    def label(self, name: str) -> Answer:
        found = self.labels.get(name)
        if found is None:
            return refusal(404, "no such label")
        return CRASH if self.is_broken(found) else (200, {}, found.content)


def breaks_with_a_greeting_in_blue(label: Label) -> bool:
    return "greeting" in label.parcel and label.content.get("colour") == "blue"


def written(folder: Path) -> Path:
    """Write the document as a file and return its path."""
    path = folder / "post_office.json"
    path.write_text(json.dumps(DOCUMENT, indent=1), encoding="utf-8")
    return path
