"""Styles: how a value becomes text in a path, a query, a header, a cookie or a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The style where none is declared, by the place of the parameter.
USUAL = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True)
class Style:
    """
    How a value is written as text (OpenAPI 3.0.3, section 4.7.12.2, and 3.1, section 4.8.12.3, Style Values).

    `name` is simple, label, matrix, form, spaceDelimited, pipeDelimited or deepObject. `explode` says whether each item
    and each member is written by itself, `allow_reserved` whether reserved characters stay as they are.
    """

    name: str
    explode: bool
    allow_reserved: bool = False


FORM = Style("form", explode=True)


def style_of(declaration: Mapping[str, Any], usual: str) -> Style:
    """Return the style that a parameter or a member of a form declares; `usual` is the one where it does not."""
    name = str(declaration.get("style", usual))
    explode = declaration.get("explode", name == "form")
    return Style(name, bool(explode), bool(declaration.get("allowReserved")))
