"""Small documents of another house, for the commands that take any."""

import json
from pathlib import Path
from typing import Any

THINGS = """\
openapi: 3.0.3
info: {title: Things, version: 1.0.0}
paths:
  /things:
    get:
      operationId: list_things
      security: []
      responses:
        '200':
          description: All things
          content:
            application/json:
              schema:
                type: array
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string, example: a spade}
                    size: {type: integer}
"""


def write_yaml(folder: Path, text: str = THINGS, name: str = "things.yaml") -> Path:
    """Write a text as a file of a folder, and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def write_json(folder: Path, raw: Any, name: str = "things.json") -> Path:
    """Write a document as JSON, one member a line and indented with tabs as many editors do; return its path."""
    path = folder / name
    path.write_text(json.dumps(raw, indent="\t"), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    """Return the number of the first line that holds a text."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)
