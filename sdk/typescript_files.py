"""The files of the TypeScript package that depend on the document, from the templates of sdk/typescript/templates."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from .facts import camel_case, pascal_case, words

TYPESCRIPT = Path(__file__).with_name("typescript")
# A name that the generator leaves as it is; what it makes of another one is its own affair.
PLAIN = re.compile(r"([A-Z][a-z0-9]+)+")
# Where each template's file goes.
FILES = {
    "src/client.ts": "client.ts.jinja",
    "src/index.ts": "index.ts.jinja",
    "package.json": "package.json.jinja",
    "tsconfig.json": "tsconfig.json.jinja",
    "example.mjs": "example.mjs.jinja",
    "README.md": "README.md.jinja",
}
# The classes of runtime/errors.ts.
ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "409": "Conflict",
    "412": "PreconditionFailed",
    "422": "UnprocessableContent",
    "428": "PreconditionRequired",
    "429": "RateLimited",
}


def typescript_files(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each file by its place in the package."""
    environment = Environment(
        loader=FileSystemLoader(TYPESCRIPT / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "camel": camel_case,
        "pascal": pascal_case,
        "quoted": quoted,
        "comment": lambda text: str(text).replace("*/", "*\\/"),
        "carrier": carrier,
        "item_type": item_type,
        "model_type": model_type,
        "error": lambda status: ERRORS.get(status, "ServerError" if status[0] == "5" else "ApiError"),
    }
    needed = json.loads((TYPESCRIPT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    package = "-".join([*words(facts["title"]), "client"])
    given = {"facts": facts, "package": package, "retry": needed["p-retry"]}
    example = environment.get_template("example.mjs.jinja").render(given).partition("\n\n")[2]
    return {name: environment.get_template(file).render(given, example=example) for name, file in FILES.items()}


def quoted(value: Any) -> str:
    """Return a value as JavaScript writes it, which JSON is."""
    return json.dumps(value, ensure_ascii=False)


def item_type(operation: Mapping[str, Any]) -> str:
    """Return the type of an item of a list: by its name, or by its place in the answer."""
    if PLAIN.fullmatch(operation["pages"]["item"]):
        return f"types.{operation['pages']['item']}"
    place = "".join(f"[{quoted(token)}]" for token in operation["pages"]["items"])
    return f"types.{pascal_case(operation['id'])}Response{place}[number]"


def model_type(filled: Mapping[str, Any]) -> str:
    """Return the type of what was read: by its name, or as what the operation that reads it ends with."""
    name = filled["model"]
    return f"types.{name}" if PLAIN.fullmatch(name) else f"types.{pascal_case(filled['operation'])}Response"


def carrier(operation: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    """Return the path parameter whose object carries the field that a parameter wants; empty where there is none."""
    filled = operation["objects"].get(parameter["name"], {})
    if "header" not in filled:
        return ""
    of_path = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
    found = (name for name in of_path if operation["objects"].get(name, {}).get("model") == filled["model"])
    return str(next(found, ""))
