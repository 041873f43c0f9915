"""JSON (RFC 8259) with the line of every node."""

import json
import re
from bisect import bisect_left
from typing import Any, NoReturn

from .content import Content, number
from .lines import DocumentError, escape

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def read_json(text: str, location: str) -> Content:
    """
    Return the content of a JSON text; a syntax mistake raises DocumentError.

    Mistakes that can be read past: a name that stands twice in an object, where the last one counts, and half a
    surrogate pair.
    """
    content = Content(location)
    try:
        content.value = json.loads(text, parse_int=number, parse_float=number, parse_constant=refuse_constant)
        Scan(text, content).run()
    except json.JSONDecodeError as problem:
        raise DocumentError(f"{location}:{problem.lineno}: JSON: {problem.msg}: mend the line") from problem
    except RecursionError as problem:
        raise DocumentError(f"{location}:1: JSON: is nested too deep: make it flatter") from problem
    except ValueError as problem:
        raise DocumentError(f"{location}:1: JSON: {problem}: write it as a text") from problem
    if content.mistakes:
        content.value = without_surrogates(content.value)
    return content


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python reads and JSON does not have."""
    raise ValueError(f"{name} is no number")


def without_surrogates(value: Any) -> Any:
    """Return plain data with halves of surrogate pairs replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(member) for key, member in value.items()}
    return [without_surrogates(member) for member in value] if isinstance(value, list) else value


class Scan:
    """Walks over the tokens of a JSON text whose syntax is right, and notes the line of each node."""

    def __init__(self, text: str, content: Content) -> None:
        self.content = content
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.tokens = TOKEN.finditer(text)

    def run(self) -> None:
        """Mark every node in the content; tell the names that stand twice, and half a surrogate pair."""
        token = next(self.tokens)
        self.content.mark("", self.line(token))
        self.value(token, "")

    def line(self, token: re.Match[str]) -> int:
        """Return the line of a token."""
        return bisect_left(self.newlines, token.start()) + 1

    def value(self, token: re.Match[str], pointer: str) -> None:
        """Walk over the value that begins with a token."""
        if token.group() == "{":
            self.members(pointer)
        elif token.group() == "[":
            self.items(pointer)
        else:
            self.decoded(token)

    def members(self, pointer: str) -> None:
        """Walk over the members of an object, up to its end."""
        names: set[str] = set()
        token = next(self.tokens)
        while token.group() != "}":
            name = self.decoded(token)
            if name in names:
                self.content.mistaken(
                    self.line(token), f"key '{name}' stands twice, and the last one counts: remove one"
                )
            names.add(name)
            below = f"{pointer}/{escape(name)}"
            self.content.mark(below, self.line(token))
            next(self.tokens)  # the colon
            self.value(next(self.tokens), below)
            token = self.after_comma()

    def items(self, pointer: str) -> None:
        """Walk over the items of an array, up to its end."""
        number_of_items = 0
        token = next(self.tokens)
        while token.group() != "]":
            below = f"{pointer}/{number_of_items}"
            self.content.mark(below, self.line(token))
            self.value(token, below)
            number_of_items += 1
            token = self.after_comma()

    def after_comma(self) -> re.Match[str]:
        """Return the next token that is no comma."""
        token = next(self.tokens)
        return next(self.tokens) if token.group() == "," else token

    def decoded(self, token: re.Match[str]) -> str:
        """Return the text of a token."""
        written = token.group()
        if "\\u" not in written:
            return written[1:-1] if "\\" not in written else str(json.loads(written))
        return self.content.text_at(self.line(token), str(json.loads(written)))
